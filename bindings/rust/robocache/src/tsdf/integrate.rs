// SPDX-License-Identifier: Apache-2.0
//! Depth images into a volume.

use robocache_sys::{self as sys, rc_tsdf_flag, rc_tsdf_integrate_options};

use crate::context::Context;
use crate::error::Result;
use crate::tensor::{Raw, TensorView};
use crate::tsdf::{TsdfWeight, Volume};
use crate::voxelize::Grid;

/// How depth images are integrated.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct TsdfIntegrateOptions<'a> {
    truncation: f64,
    depth_scale: f64,
    max_depth: f64,
    max_weight: f64,
    weighting: TsdfWeight,
    flags: u32,
    color_images: Option<TensorView<'a>>,
}

impl<'a> TsdfIntegrateOptions<'a> {
    /// All else at its default; `truncation` is the truncation distance, in the unit of the grid:
    /// finite, greater than 0.
    pub fn new(truncation: f64) -> Self {
        Self {
            truncation,
            depth_scale: 0.0,
            max_depth: 0.0,
            max_weight: 0.0,
            weighting: TsdfWeight::Constant,
            flags: 0,
            color_images: None,
        }
    }

    /// Units of the grid per unit of depth; by default, or by 0, 0.001 for `u16` (millimetres to
    /// metres) and 1 for `f32`.
    pub fn depth_scale(mut self, scale: f64) -> Self {
        self.depth_scale = scale;
        self
    }

    /// Greatest depth that counts, in the unit of the grid; any by default, or by 0.
    pub fn max_depth(mut self, depth: f64) -> Self {
        self.max_depth = depth;
        self
    }

    /// Limit of the weight; none by default, or by 0.
    pub fn max_weight(mut self, weight: f64) -> Self {
        self.max_weight = weight;
        self
    }

    /// What an observation counts.
    pub fn weighting(mut self, weighting: TsdfWeight) -> Self {
        self.weighting = weighting;
        self
    }

    /// Does not observe what lies farther than the truncation distance in front of a surface, which
    /// otherwise is observed as free space.
    pub fn no_carving(mut self) -> Self {
        self.flags |= rc_tsdf_flag::RC_TSDF_NO_CARVING.0;
        self
    }

    /// `u8` or `f32` `[K,H,W,3]` (`[H,W,3]`): colours, registered to the depth, for the volume's
    /// [`color`](Volume::color).
    pub fn color_images(mut self, images: TensorView<'a>) -> Self {
        self.color_images = Some(images);
        self
    }
}

/// Distance fields. Cameras are pinholes that look along +z, x to the right, y down; the centre of
/// pixel (u, v) is at (u, v). Intrinsics are `[[fx, 0, cx], [0, fy, cy], [0, 0, 1]]`; poses take
/// camera coordinates to those of the volume. Both are `f64` or `f32` in CPU memory, also for CUDA
/// contexts. Depth is along the camera's z; 0, negative, not finite and greater than `max_depth` is
/// no measurement.
impl Context {
    /// Integrates depth images into a volume, frame by frame in their order.
    ///
    /// - `depth`: `u16` or `f32` `[K,H,W]`, or `[H,W]` for one frame.
    /// - `intrinsics`: `[3,3]` for all frames, or `[K,3,3]`.
    /// - `poses`: `[K,4,4]`, or `[4,4]` for one frame.
    /// - `volume`: of the grid's dims, read and written.
    ///
    /// ```
    /// use robocache::{Context, Grid, TensorView, TensorViewMut, TsdfIntegrateOptions, Volume};
    ///
    /// // One pixel that looks along z and sees a wall 2 m ahead; eight voxels of half a metre.
    /// let (mut tsdf, mut weight) = ([0.0_f32; 8], [0.0_f32; 8]);
    /// let eye3 = [1.0_f64, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0];
    /// let eye4 = [1.0_f64, 0., 0., 0., 0., 1., 0., 0., 0., 0., 1., 0., 0., 0., 0., 1.];
    /// Context::cpu()?.tsdf_integrate(
    ///     TensorView::new(&[2000_u16], &[1, 1])?,
    ///     TensorView::new(&eye3, &[3, 3])?,
    ///     TensorView::new(&eye4, &[4, 4])?,
    ///     &Grid::new([-0.25, -0.25, 0.0], [0.5; 3], [1, 1, 8]),
    ///     &TsdfIntegrateOptions::new(0.5),
    ///     Volume::new(
    ///         TensorViewMut::new(&mut tsdf, &[1, 1, 8])?,
    ///         TensorViewMut::new(&mut weight, &[1, 1, 8])?,
    ///     ),
    /// )?;
    /// assert_eq!(tsdf, [1.0, 1.0, 1.0, 0.5, -0.5, 0.0, 0.0, 0.0]);
    /// assert_eq!(weight, [1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0]);
    /// # Ok::<(), robocache::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidArgument`](crate::ErrorCode::InvalidArgument): a shape or value that does not fit;
    /// overlapping outputs. [`InvalidData`](crate::ErrorCode::InvalidData): intrinsics or poses
    /// that are not as said above; the message names the frame and nothing has been written.
    /// [`UnsupportedDtype`](crate::ErrorCode::UnsupportedDtype),
    /// [`UnsupportedLayout`](crate::ErrorCode::UnsupportedLayout),
    /// [`UnsupportedOption`](crate::ErrorCode::UnsupportedOption),
    /// [`DeviceMismatch`](crate::ErrorCode::DeviceMismatch), [`Cuda`](crate::ErrorCode::Cuda).
    pub fn tsdf_integrate(
        &self,
        depth: TensorView<'_>,
        intrinsics: TensorView<'_>,
        poses: TensorView<'_>,
        grid: &Grid,
        options: &TsdfIntegrateOptions<'_>,
        volume: Volume<'_>,
    ) -> Result<()> {
        let depth = Raw::input(&depth);
        let intrinsics = Raw::input(&intrinsics);
        let poses = Raw::input(&poses);
        let color_images = Raw::input(&options.color_images);
        let tsdf = Raw::output(&volume.tsdf);
        let weight = Raw::output(&volume.weight);
        let color = Raw::output(&volume.color);
        let raw = rc_tsdf_integrate_options {
            flags: options.flags,
            truncation: options.truncation,
            depth_scale: options.depth_scale,
            max_depth: options.max_depth,
            max_weight: options.max_weight,
            weighting: options.weighting as i32,
            color_images: color_images.pointer(),
            color: color.pointer_mut(),
            ..rc_tsdf_integrate_options::INIT
        };
        // SAFETY: all tensors describe memory that this call borrows.
        self.call(|context| unsafe {
            sys::rc_tsdf_integrate(
                context,
                depth.pointer(),
                intrinsics.pointer(),
                poses.pointer(),
                grid.raw(),
                &raw,
                tsdf.pointer_mut(),
                weight.pointer_mut(),
            )
        })
    }
}
