// SPDX-License-Identifier: Apache-2.0
//! Depth images to points.

use robocache_sys as sys;

use crate::context::Context;
use crate::error::Result;
use crate::tensor::{Raw, TensorView, TensorViewMut};

/// What a number of a depth image means.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct DepthUnit {
    /// Units of length per unit of depth; 0 = 0.001 for `u16` (millimetres to metres), 1 for `f32`.
    pub scale: f64,
    /// Greatest depth that counts, in units of length; 0 = any.
    pub max_depth: f64,
}

impl Context {
    /// Points of depth images: `((u - cx) / fx * z, (v - cy) / fy * z, z)`, taken by the pose where
    /// there is one; NaN where there is no measurement.
    ///
    /// - `depth`, `intrinsics`, `poses`: as in [`tsdf_integrate`](Self::tsdf_integrate); without
    ///   poses the points are in camera coordinates.
    /// - `points`: `f32` or `f64` `[K,H,W,3]`, `[H,W,3]` for `[H,W]`.
    ///
    /// ```
    /// use robocache::{Context, DepthUnit, TensorView, TensorViewMut};
    ///
    /// let intrinsics = [2.0_f64, 0.0, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0, 1.0];
    /// let mut points = [0.0_f32; 6];
    /// Context::cpu()?.depth_to_points(
    ///     TensorView::new(&[1000_u16, 3000], &[1, 2])?,
    ///     TensorView::new(&intrinsics, &[3, 3])?,
    ///     None,
    ///     DepthUnit::default(),
    ///     TensorViewMut::new(&mut points, &[1, 2, 3])?,
    /// )?;
    /// assert_eq!(points, [0.0, 0.0, 1.0, 1.5, 0.0, 3.0]);
    /// # Ok::<(), robocache::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`tsdf_integrate`](Self::tsdf_integrate).
    pub fn depth_to_points<'a>(
        &self,
        depth: TensorView<'_>,
        intrinsics: TensorView<'_>,
        poses: impl Into<Option<TensorView<'a>>>,
        unit: DepthUnit,
        points: TensorViewMut<'_>,
    ) -> Result<()> {
        let poses = poses.into();
        let depth = Raw::input(&depth);
        let intrinsics = Raw::input(&intrinsics);
        let poses = Raw::input(&poses);
        let points = Raw::output(&points);
        // SAFETY: all tensors describe memory that this call borrows.
        self.call(|context| unsafe {
            sys::rc_depth_to_points(
                context,
                depth.pointer(),
                intrinsics.pointer(),
                poses.pointer(),
                unit.scale,
                unit.max_depth,
                points.pointer_mut(),
            )
        })
    }
}
