// SPDX-License-Identifier: Apache-2.0
//! What a context measures.

use std::time::Duration;

use robocache_sys::{rc_op, rc_op_metrics};

/// Operations that are measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
#[non_exhaustive]
pub enum Operation {
    /// [`resample`](crate::Context::resample)
    Resample = rc_op::RC_OP_RESAMPLE.0,
    /// [`resample_backward`](crate::Context::resample_backward)
    ResampleBackward = rc_op::RC_OP_RESAMPLE_BACKWARD.0,
    /// [`fuse`](crate::Context::fuse)
    Fuse = rc_op::RC_OP_FUSE.0,
    /// [`fuse_backward`](crate::Context::fuse_backward)
    FuseBackward = rc_op::RC_OP_FUSE_BACKWARD.0,
    /// [`voxelize`](crate::Context::voxelize)
    Voxelize = rc_op::RC_OP_VOXELIZE.0,
    /// [`voxelize_backward`](crate::Context::voxelize_backward)
    VoxelizeBackward = rc_op::RC_OP_VOXELIZE_BACKWARD.0,
    /// [`voxelize_sparse`](crate::Context::voxelize_sparse)
    VoxelizeSparse = rc_op::RC_OP_VOXELIZE_SPARSE.0,
    /// [`pointcloud_bounds`](crate::Context::pointcloud_bounds)
    PointcloudBounds = rc_op::RC_OP_POINTCLOUD_BOUNDS.0,
    /// [`tsdf_integrate`](crate::Context::tsdf_integrate)
    TsdfIntegrate = rc_op::RC_OP_TSDF_INTEGRATE.0,
    /// [`tsdf_from_points`](crate::Context::tsdf_from_points)
    TsdfFromPoints = rc_op::RC_OP_TSDF_FROM_POINTS.0,
    /// [`tsdf_extract_points`](crate::Context::tsdf_extract_points)
    TsdfExtractPoints = rc_op::RC_OP_TSDF_EXTRACT_POINTS.0,
    /// [`depth_to_points`](crate::Context::depth_to_points)
    DepthToPoints = rc_op::RC_OP_DEPTH_TO_POINTS.0,
}

/// What one operation of a context did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metrics {
    /// Calls that succeeded.
    pub calls: u64,
    /// Target times served; points read; pixels of depth images; voxels of a volume read.
    pub items: u64,
    /// Bytes of inputs and outputs, each counted once.
    pub bytes: u64,
    /// Over all calls: wall time of the call on the CPU, device time by events on CUDA.
    pub total: Duration,
    /// Of the quickest call.
    pub min: Duration,
    /// Of the slowest call.
    pub max: Duration,
}

impl Metrics {
    pub(crate) fn from_raw(raw: &rc_op_metrics) -> Self {
        Self {
            calls: raw.calls,
            items: raw.items,
            bytes: raw.bytes,
            total: Duration::from_nanos(raw.total_ns),
            min: Duration::from_nanos(raw.min_ns),
            max: Duration::from_nanos(raw.max_ns),
        }
    }
}
