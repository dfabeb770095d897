// SPDX-License-Identifier: Apache-2.0
//! Points to a grid in full, and the gradient.

use robocache_sys::{self as sys, rc_voxelize_flag, rc_voxelize_options};

use crate::context::Context;
use crate::error::Result;
use crate::gradient::Gradient;
use crate::tensor::{Raw, TensorView, TensorViewMut};
use crate::voxelize::{Grid, Reduce};
use crate::workspace::Workspace;

/// How to voxelize, and how the points lie: by default the occupancy of one cloud, or of `[B,N,3]`.
#[derive(Clone, Copy, Debug, Default)]
#[must_use]
pub struct VoxelizeOptions<'a> {
    offsets: Option<TensorView<'a>>,
    lengths: Option<TensorView<'a>>,
    features: Option<TensorView<'a>>,
    reduce: Reduce,
    fill_value: f64,
    feature_bound: f64,
    flags: u32,
}

impl<'a> VoxelizeOptions<'a> {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// `i64` `[B+1]`: points and features are packed; cloud b has the points `offsets[b]` to
    /// `offsets[b+1]-1`.
    pub fn offsets(mut self, offsets: impl Into<TensorView<'a>>) -> Self {
        self.offsets = Some(offsets.into());
        self
    }

    /// `i64` `[B]`: points that count in each cloud of `[B,N,3]`. Not with `offsets`.
    pub fn lengths(mut self, lengths: impl Into<TensorView<'a>>) -> Self {
        self.lengths = Some(lengths.into());
        self
    }

    /// `[N,F]`, or `[B,N,F]` beside points `[B,N,3]`: a float type, `u8` or `i16`. Required by sum,
    /// mean, max and min; the others refuse it.
    pub fn features(mut self, features: TensorView<'a>) -> Self {
        self.features = Some(features);
        self
    }

    /// What a voxel receives from its points.
    pub fn reduce(mut self, reduce: Reduce) -> Self {
        self.reduce = reduce;
        self
    }

    /// What sum, mean, max and min give to voxels without points; 0 by default.
    pub fn fill_value(mut self, value: f64) -> Self {
        self.fill_value = value;
        self
    }

    /// Bound of the absolute value of `bf16`, `f32` and `f64` features in sum and mean; a feature
    /// beyond it counts as the bound. With it results do not depend on how a cloud is cut into
    /// calls; without, or with 0, the range is measured.
    pub fn feature_bound(mut self, bound: f64) -> Self {
        self.feature_bound = bound;
        self
    }

    /// Adds to what the output holds: occupancy keeps ones, count and sum add, max and min compare,
    /// mean weighs the old mean by the old count. Reductions of features need
    /// [`counts`](VoxelizeOutputs::counts).
    pub fn accumulate(mut self) -> Self {
        self.flags |= rc_voxelize_flag::RC_VOXELIZE_ACCUMULATE.0;
        self
    }

    /// Trusts offsets and lengths, which saves the time to check them.
    ///
    /// # Safety
    ///
    /// Offsets do not decrease and lie in 0 to N; lengths lie in 0 to N.
    pub unsafe fn skip_validation(mut self) -> Self {
        self.flags |= rc_voxelize_flag::RC_VOXELIZE_SKIP_VALIDATION.0;
        self
    }
}

/// What [`Context::voxelize`] writes. A [`TensorViewMut`] of voxels converts into it.
#[derive(Debug)]
#[must_use]
pub struct VoxelizeOutputs<'a> {
    voxels: TensorViewMut<'a>,
    counts: Option<TensorViewMut<'a>>,
    stats: Option<TensorViewMut<'a>>,
    workspace: Option<Workspace<'a>>,
}

impl<'a> VoxelizeOutputs<'a> {
    /// The voxels alone, as [`Reduce`] says; one cloud has no axis B. The strides decide the order
    /// in memory. Every element is written, but for `accumulate`.
    pub fn new(voxels: impl Into<TensorViewMut<'a>>) -> Self {
        Self { voxels: voxels.into(), counts: None, stats: None, workspace: None }
    }

    /// `i32` `[B,X,Y,Z]`: the number of points of each voxel.
    pub fn counts(mut self, output: impl Into<TensorViewMut<'a>>) -> Self {
        self.counts = Some(output.into());
        self
    }

    /// `i64` `[B,3]`: columns of [`VoxelStat`](crate::VoxelStat).
    pub fn stats(mut self, output: impl Into<TensorViewMut<'a>>) -> Self {
        self.stats = Some(output.into());
        self
    }

    /// Memory that the call works in, at least what [`Context::voxelize_workspace_size`] says.
    pub fn workspace(mut self, workspace: Workspace<'a>) -> Self {
        self.workspace = Some(workspace);
        self
    }
}

impl<'a> From<TensorViewMut<'a>> for VoxelizeOutputs<'a> {
    fn from(voxels: TensorViewMut<'a>) -> Self {
        Self::new(voxels)
    }
}

/// The tensors of options and outputs, for as long as a call lasts.
struct RawOptions<'a> {
    options: &'a VoxelizeOptions<'a>,
    offsets: Raw<'a>,
    lengths: Raw<'a>,
    features: Raw<'a>,
    counts: Raw<'a>,
    stats: Raw<'a>,
}

impl<'a> RawOptions<'a> {
    fn new(options: &'a VoxelizeOptions<'a>, outputs: Option<&'a VoxelizeOutputs<'a>>) -> Self {
        Self {
            options,
            offsets: Raw::input(&options.offsets),
            lengths: Raw::input(&options.lengths),
            features: Raw::input(&options.features),
            counts: Raw::output(outputs.and_then(|outputs| outputs.counts.as_ref())),
            stats: Raw::output(outputs.and_then(|outputs| outputs.stats.as_ref())),
        }
    }

    /// The C struct. It points into `self`, which must stay where it is.
    fn raw(
        &self,
        workspace: Option<&Workspace<'_>>,
        context: &Context,
    ) -> Result<rc_voxelize_options> {
        let (workspace, workspace_size) = Workspace::raw(workspace, context)?;
        Ok(rc_voxelize_options {
            flags: self.options.flags,
            offsets: self.offsets.pointer(),
            lengths: self.lengths.pointer(),
            features: self.features.pointer(),
            reduce: self.options.reduce as i32,
            fill_value: self.options.fill_value,
            feature_bound: self.options.feature_bound,
            counts: self.counts.pointer_mut(),
            stats: self.stats.pointer_mut(),
            workspace,
            workspace_size,
            ..rc_voxelize_options::INIT
        })
    }
}

/// Voxelizing. Letters of shapes: B clouds, N points of each or of all packed, F features of a
/// point, X, Y, Z voxels along each axis.
///
/// Clouds are `[N,3]`, one; or `[B,N,3]`; or `[N,3]` with offsets: `f16`, `f32` or `f64`, in the
/// unit of the grid. Points outside, and points with a coordinate that is not finite, are left out
/// and counted in `stats`. The result does not depend on the order of the points.
impl Context {
    /// Reduces the points of each voxel of a grid.
    ///
    /// ```
    /// use robocache::{Context, Grid, Reduce, TensorView, TensorViewMut, VoxelizeOptions};
    ///
    /// let points = [0.5_f32, 0.5, 0.5, 0.6, 0.5, 0.5, 1.5, 0.5, 0.5, 9.0, 0.0, 0.0];
    /// let mut counts = [0_i32; 2];
    /// Context::cpu()?.voxelize(
    ///     TensorView::new(&points, &[4, 3])?,
    ///     &Grid::new([0.0; 3], [1.0; 3], [2, 1, 1]),
    ///     &VoxelizeOptions::new().reduce(Reduce::Count),
    ///     TensorViewMut::new(&mut counts, &[2, 1, 1])?,
    /// )?;
    /// assert_eq!(counts, [2, 1]);
    /// # Ok::<(), robocache::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidArgument`](crate::ErrorCode::InvalidArgument): a shape or value that does not fit;
    /// overlapping outputs. [`InvalidData`](crate::ErrorCode::InvalidData): offsets or lengths out
    /// of range; nothing has been written (on CUDA [`synchronize`](Self::synchronize) returns it).
    /// [`UnsupportedDtype`](crate::ErrorCode::UnsupportedDtype),
    /// [`UnsupportedLayout`](crate::ErrorCode::UnsupportedLayout),
    /// [`UnsupportedOption`](crate::ErrorCode::UnsupportedOption),
    /// [`DeviceMismatch`](crate::ErrorCode::DeviceMismatch),
    /// [`OutOfMemory`](crate::ErrorCode::OutOfMemory),
    /// [`WorkspaceTooSmall`](crate::ErrorCode::WorkspaceTooSmall),
    /// [`Cuda`](crate::ErrorCode::Cuda).
    pub fn voxelize<'a>(
        &self,
        points: TensorView<'_>,
        grid: &Grid,
        options: &VoxelizeOptions<'_>,
        outputs: impl Into<VoxelizeOutputs<'a>>,
    ) -> Result<()> {
        let outputs = outputs.into();
        let points = Raw::input(&points);
        let output = Raw::output(&outputs.voxels);
        let tensors = RawOptions::new(options, Some(&outputs));
        let raw = tensors.raw(outputs.workspace.as_ref(), self)?;
        // SAFETY: all tensors describe memory that this call borrows.
        self.call(|context| unsafe {
            sys::rc_voxelize(context, points.pointer(), grid.raw(), &raw, output.pointer_mut())
        })
    }

    /// Bytes of workspace that [`voxelize`](Self::voxelize) with the same arguments needs: exact,
    /// from shapes and options alone.
    ///
    /// # Errors
    ///
    /// Those of `voxelize` that shapes and options can cause.
    pub fn voxelize_workspace_size(
        &self,
        points: TensorView<'_>,
        grid: &Grid,
        options: &VoxelizeOptions<'_>,
        outputs: &VoxelizeOutputs<'_>,
    ) -> Result<u64> {
        let points = Raw::input(&points);
        let output = Raw::output(&outputs.voxels);
        let tensors = RawOptions::new(options, Some(outputs));
        let raw = tensors.raw(None, self)?;
        // SAFETY: only descriptions are read.
        self.size(|context, size| unsafe {
            sys::rc_voxelize_workspace_size(
                context,
                points.pointer(),
                grid.raw(),
                &raw,
                output.pointer(),
                size,
            )
        })
    }

    /// Gradient of [`voxelize`](Self::voxelize) with respect to the features, for sum, mean, max
    /// and min without `accumulate`. Sum passes the gradient of a voxel to each of its points; mean
    /// divides it by their number; max and min pass it to the first point, in the order of the
    /// input, that has the value. Points that were left out get zero.
    ///
    /// - `grad_output`: gradient of the voxels: their shape, any float type.
    /// - `options`: as in `voxelize`, without a bound; features are needed by max and min alone, of
    ///   a float type.
    /// - `gradient`: `[N,F]` or `[B,N,F]`, any float type.
    ///
    /// ```
    /// use robocache::{Context, Grid, Reduce, TensorView, TensorViewMut, VoxelizeOptions};
    ///
    /// let points = [0.2_f32, 0.0, 0.0, 0.8, 0.0, 0.0, 7.0, 0.0, 0.0];
    /// let mut gradient = [0.0_f32; 3];
    /// Context::cpu()?.voxelize_backward(
    ///     TensorView::new(&[6.0_f32], &[1, 1, 1, 1])?,
    ///     TensorView::new(&points, &[3, 3])?,
    ///     &Grid::new([0.0; 3], [1.0; 3], [1, 1, 1]),
    ///     &VoxelizeOptions::new().reduce(Reduce::Mean),
    ///     TensorViewMut::new(&mut gradient, &[3, 1])?,
    /// )?;
    /// assert_eq!(gradient, [3.0, 3.0, 0.0]);
    /// # Ok::<(), robocache::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of `voxelize`.
    pub fn voxelize_backward<'a>(
        &self,
        grad_output: TensorView<'_>,
        points: TensorView<'_>,
        grid: &Grid,
        options: &VoxelizeOptions<'_>,
        gradient: impl Into<Gradient<'a>>,
    ) -> Result<()> {
        let gradient = gradient.into();
        let grad_output = Raw::input(&grad_output);
        let points = Raw::input(&points);
        let output = Raw::output(&gradient.output);
        let tensors = RawOptions::new(options, None);
        let raw = tensors.raw(gradient.workspace.as_ref(), self)?;
        // SAFETY: all tensors describe memory that this call borrows.
        self.call(|context| unsafe {
            sys::rc_voxelize_backward(
                context,
                grad_output.pointer(),
                points.pointer(),
                grid.raw(),
                &raw,
                output.pointer_mut(),
            )
        })
    }

    /// Bytes of workspace that [`voxelize_backward`](Self::voxelize_backward) with the same
    /// arguments needs: exact, from shapes and options alone.
    ///
    /// # Errors
    ///
    /// Those of `voxelize_backward` that shapes and options can cause.
    pub fn voxelize_backward_workspace_size(
        &self,
        grad_output: TensorView<'_>,
        points: TensorView<'_>,
        grid: &Grid,
        options: &VoxelizeOptions<'_>,
        gradient: &Gradient<'_>,
    ) -> Result<u64> {
        let grad_output = Raw::input(&grad_output);
        let points = Raw::input(&points);
        let output = Raw::output(&gradient.output);
        let tensors = RawOptions::new(options, None);
        let raw = tensors.raw(None, self)?;
        // SAFETY: only descriptions are read.
        self.size(|context, size| unsafe {
            sys::rc_voxelize_backward_workspace_size(
                context,
                grad_output.pointer(),
                points.pointer(),
                grid.raw(),
                &raw,
                output.pointer(),
                size,
            )
        })
    }
}
