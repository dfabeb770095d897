// SPDX-License-Identifier: Apache-2.0
#![doc = include_str!("../README.md")]
#![deny(missing_docs)]
#![deny(rustdoc::broken_intra_doc_links)]

mod context;
mod context_options;
#[cfg(feature = "cudarc")]
pub mod cuda;
mod device;
mod element;
mod error;
mod fuse;
mod gradient;
mod metrics;
#[cfg(feature = "ndarray")]
mod ndarray;
mod resample;
mod tensor;
mod time;
mod tsdf;
mod version;
mod voxelize;
mod workspace;

pub use context::Context;
pub use context_options::{Allocator, ContextOptions, LogLevel, SimdLevel};
pub use device::{Device, DeviceInfo, cuda_device_count, device_info};
pub use element::{DType, Element};
pub use error::{Error, ErrorCode, Result};
pub use fuse::{FuseOptions, FuseOutputs, MAX_STREAMS, Stream};
pub use gradient::Gradient;
pub use metrics::{Metrics, Operation};
pub use resample::{
    Channels, Duplicates, MAX_CHANNEL_GROUPS, Mode, Order, Outside, Quality, Reason,
    ResampleOptions, ResampleOutputs,
};
pub use tensor::{MAX_NDIM, TensorView, TensorViewMut};
pub use time::{ClockMap, Rate, Span, Window, target_clock, target_clock_into};
pub use tsdf::{
    DepthUnit, TsdfExtractOptions, TsdfExtractOutputs, TsdfFromPointsOptions,
    TsdfFromPointsOutputs, TsdfIntegrateOptions, TsdfIntegrateOutputs, TsdfWeight, Volume,
};
pub use version::{HEADER_VERSION, build_info, check_version, version, version_string};
pub use voxelize::{
    CloudLayout, Grid, Reduce, VoxelStat, VoxelizeOptions, VoxelizeOutputs, VoxelizeSparseOptions,
    VoxelizeSparseOutputs,
};
pub use workspace::Workspace;
