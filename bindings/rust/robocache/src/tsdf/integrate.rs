// SPDX-License-Identifier: Apache-2.0
//! Depth images into a volume.

use robocache_sys::{self as sys, rc_tsdf_flag, rc_tsdf_integrate_options};

use crate::context::Context;
use crate::error::Result;
use crate::tensor::{Raw, TensorView};
use crate::tsdf::{TsdfWeight, Volume};
use crate::voxelize::Grid;
use crate::workspace::Workspace;

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

/// What [`Context::tsdf_integrate`] writes. A [`Volume`] converts into it.
#[derive(Debug)]
#[must_use]
pub struct TsdfIntegrateOutputs<'a> {
    volume: Volume<'a>,
    workspace: Option<Workspace<'a>>,
}

impl<'a> TsdfIntegrateOutputs<'a> {
    /// The volume.
    pub fn new(volume: Volume<'a>) -> Self {
        Self { volume, workspace: None }
    }

    /// Memory that the call works in, at least what [`Context::tsdf_integrate_workspace_size`]
    /// says.
    pub fn workspace(mut self, workspace: Workspace<'a>) -> Self {
        self.workspace = Some(workspace);
        self
    }
}

impl<'a> From<Volume<'a>> for TsdfIntegrateOutputs<'a> {
    fn from(volume: Volume<'a>) -> Self {
        Self::new(volume)
    }
}

/// The tensors of a call, for as long as it lasts.
struct RawTensors<'a> {
    options: &'a TsdfIntegrateOptions<'a>,
    depth: Raw<'a>,
    intrinsics: Raw<'a>,
    poses: Raw<'a>,
    color_images: Raw<'a>,
    tsdf: Raw<'a>,
    weight: Raw<'a>,
    color: Raw<'a>,
}

impl<'a> RawTensors<'a> {
    fn new(
        depth: &'a TensorView<'a>,
        intrinsics: &'a TensorView<'a>,
        poses: &'a TensorView<'a>,
        options: &'a TsdfIntegrateOptions<'a>,
        outputs: &'a TsdfIntegrateOutputs<'a>,
    ) -> Self {
        Self {
            options,
            depth: Raw::input(depth),
            intrinsics: Raw::input(intrinsics),
            poses: Raw::input(poses),
            color_images: Raw::input(&options.color_images),
            tsdf: Raw::output(&outputs.volume.tsdf),
            weight: Raw::output(&outputs.volume.weight),
            color: Raw::output(&outputs.volume.color),
        }
    }

    /// The C struct of options. It points into `self`, which must stay where it is.
    fn raw(
        &self,
        workspace: Option<&Workspace<'_>>,
        context: &Context,
    ) -> Result<rc_tsdf_integrate_options> {
        let (workspace, workspace_size) = Workspace::raw(workspace, context)?;
        Ok(rc_tsdf_integrate_options {
            flags: self.options.flags,
            truncation: self.options.truncation,
            depth_scale: self.options.depth_scale,
            max_depth: self.options.max_depth,
            max_weight: self.options.max_weight,
            weighting: self.options.weighting as i32,
            color_images: self.color_images.pointer(),
            color: self.color.pointer_mut(),
            workspace,
            workspace_size,
            ..rc_tsdf_integrate_options::INIT
        })
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
    /// - `outputs`: a volume of the grid's dims, read and written.
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
    pub fn tsdf_integrate<'a>(
        &self,
        depth: TensorView<'_>,
        intrinsics: TensorView<'_>,
        poses: TensorView<'_>,
        grid: &Grid,
        options: &TsdfIntegrateOptions<'_>,
        outputs: impl Into<TsdfIntegrateOutputs<'a>>,
    ) -> Result<()> {
        let outputs = outputs.into();
        let tensors = RawTensors::new(&depth, &intrinsics, &poses, options, &outputs);
        let raw = tensors.raw(outputs.workspace.as_ref(), self)?;
        // SAFETY: all tensors describe memory that this call borrows.
        self.call(|context| unsafe {
            sys::rc_tsdf_integrate(
                context,
                tensors.depth.pointer(),
                tensors.intrinsics.pointer(),
                tensors.poses.pointer(),
                grid.raw(),
                &raw,
                tensors.tsdf.pointer_mut(),
                tensors.weight.pointer_mut(),
            )
        })
    }

    /// Bytes of workspace that [`tsdf_integrate`](Self::tsdf_integrate) with the same arguments
    /// needs: exact, from shapes and options alone.
    ///
    /// # Errors
    ///
    /// Those of `tsdf_integrate` that shapes, options and cameras can cause.
    pub fn tsdf_integrate_workspace_size(
        &self,
        depth: TensorView<'_>,
        intrinsics: TensorView<'_>,
        poses: TensorView<'_>,
        grid: &Grid,
        options: &TsdfIntegrateOptions<'_>,
        outputs: &TsdfIntegrateOutputs<'_>,
    ) -> Result<u64> {
        let tensors = RawTensors::new(&depth, &intrinsics, &poses, options, outputs);
        let raw = tensors.raw(None, self)?;
        // SAFETY: only descriptions are read.
        self.size(|context, size| unsafe {
            sys::rc_tsdf_integrate_workspace_size(
                context,
                tensors.depth.pointer(),
                tensors.intrinsics.pointer(),
                tensors.poses.pointer(),
                grid.raw(),
                &raw,
                tensors.tsdf.pointer(),
                tensors.weight.pointer(),
                size,
            )
        })
    }
}
