// SPDX-License-Identifier: Apache-2.0
//! The volume, and what an observation counts.

use robocache_sys::rc_tsdf_weight;

use crate::tensor::TensorViewMut;

/// Weight of an observation with the measured depth z (distance from the sensor for points) and the
/// signed distance d, truncation t.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u32)]
#[non_exhaustive]
pub enum TsdfWeight {
    /// 1.
    #[default]
    Constant = rc_tsdf_weight::RC_TSDF_WEIGHT_CONSTANT.0,
    /// 1 / z^2, at most 2^64 (64 of a point).
    InverseSquare = rc_tsdf_weight::RC_TSDF_WEIGHT_INVERSE_SQUARE.0,
    /// 1 for d >= -e, falling linearly to 0 at d = -t, where e is the largest edge of a voxel, at
    /// most t.
    Dropoff = rc_tsdf_weight::RC_TSDF_WEIGHT_DROPOFF.0,
    /// 1 / z^2 times the same.
    InverseSquareDropoff = rc_tsdf_weight::RC_TSDF_WEIGHT_INVERSE_SQUARE_DROPOFF.0,
}

/// A truncated signed distance field that is being built, in any memory order.
#[derive(Debug)]
#[must_use]
pub struct Volume<'a> {
    pub(crate) tsdf: TensorViewMut<'a>,
    pub(crate) weight: TensorViewMut<'a>,
    pub(crate) color: Option<TensorViewMut<'a>>,
}

impl<'a> Volume<'a> {
    /// - `tsdf`: `f32` `[X,Y,Z]`, the signed distance of each voxel's centre to the surface,
    ///   divided by the truncation distance and limited to \[-1, 1\], positive in front of the
    ///   surface.
    /// - `weight`: `f32` `[X,Y,Z]`, 0 where nothing has been seen yet: all zero at first. What
    ///   `tsdf` holds there is not read.
    pub fn new(tsdf: impl Into<TensorViewMut<'a>>, weight: impl Into<TensorViewMut<'a>>) -> Self {
        Self { tsdf: tsdf.into(), weight: weight.into(), color: None }
    }

    /// `f32` `[X,Y,Z,3]`: the average colour, in the unit of the images, which are then required.
    pub fn color(mut self, color: impl Into<TensorViewMut<'a>>) -> Self {
        self.color = Some(color.into());
        self
    }
}
