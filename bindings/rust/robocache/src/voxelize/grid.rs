// SPDX-License-Identifier: Apache-2.0
//! A box of voxels, and what is told of its points.

use robocache_sys::{self as sys, rc_grid, rc_reduce, rc_voxel_stat};

/// A box of voxels, in the unit of the points. Voxel (i, j, k) reaches from `origin` +
/// (i, j, k) * `voxel_size` up to, not including, the next one.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct Grid(rc_grid);

impl Grid {
    /// A grid.
    ///
    /// - `origin`: the least corner: finite, also in `f32` unless points are `f64`.
    /// - `voxel_size`: edges of one voxel: finite, greater than 0, also in `f32` unless points are
    ///   `f64`.
    /// - `dims`: voxels along x, y, z: at least 1.
    ///
    /// The operation that uses the grid refuses other values.
    pub fn new(origin: [f64; 3], voxel_size: [f64; 3], dims: [usize; 3]) -> Self {
        let dims = dims.map(|length| i64::try_from(length).unwrap_or(i64::MAX));
        Self(rc_grid { origin, voxel_size, dims })
    }

    /// The least corner.
    pub fn origin(&self) -> [f64; 3] {
        self.0.origin
    }

    /// Edges of one voxel.
    pub fn voxel_size(&self) -> [f64; 3] {
        self.0.voxel_size
    }

    /// Voxels along x, y, z.
    pub fn dims(&self) -> [usize; 3] {
        self.0.dims.map(|length| length as usize)
    }

    pub(crate) fn raw(&self) -> &rc_grid {
        &self.0
    }
}

/// What a voxel receives from its points.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u32)]
#[non_exhaustive]
pub enum Reduce {
    /// 1 where there is a point, else 0: `bool` or `u8`, `[B,X,Y,Z]`.
    #[default]
    Occupancy = rc_reduce::RC_REDUCE_OCCUPANCY.0,
    /// The number of points: `i32`, `[B,X,Y,Z]`.
    Count = rc_reduce::RC_REDUCE_COUNT.0,
    /// The sum of the features: a float type, `[B,X,Y,Z,F]`.
    Sum = rc_reduce::RC_REDUCE_SUM.0,
    /// Their mean: a float type, `[B,X,Y,Z,F]`.
    Mean = rc_reduce::RC_REDUCE_MEAN.0,
    /// The largest feature, channel by channel: a float type or that of the features,
    /// `[B,X,Y,Z,F]`.
    Max = rc_reduce::RC_REDUCE_MAX.0,
    /// The least feature, channel by channel: as `Max`.
    Min = rc_reduce::RC_REDUCE_MIN.0,
    /// Occupancy, eight voxels along z to a byte, the lowest bit first: `u8`, `[B,X,Y,(Z+7)/8]`.
    OccupancyBits = rc_reduce::RC_REDUCE_OCCUPANCY_BITS.0,
}

/// Columns of the `stats` outputs, `i64` `[B,3]`: points that were left out, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
#[non_exhaustive]
pub enum VoxelStat {
    /// Finite, and outside the grid.
    Outside = rc_voxel_stat::RC_STAT_OUTSIDE.0,
    /// A coordinate is NaN or infinite.
    NotFinite = rc_voxel_stat::RC_STAT_NOT_FINITE.0,
    /// In a voxel that a sparse result had no room for.
    OverCapacity = rc_voxel_stat::RC_STAT_OVER_CAPACITY.0,
}

impl VoxelStat {
    /// Number of columns.
    pub const COUNT: usize = sys::RC_NUM_VOXEL_STATS as usize;
}
