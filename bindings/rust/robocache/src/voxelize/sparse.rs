// SPDX-License-Identifier: Apache-2.0
//! The occupied voxels alone.

use robocache_sys::{self as sys, rc_voxelize_flag, rc_voxelize_sparse_options};

use crate::context::Context;
use crate::error::Result;
use crate::tensor::{Raw, TensorView, TensorViewMut};
use crate::voxelize::{Grid, Reduce};
use crate::workspace::Workspace;

/// How to voxelize sparsely, and how the points lie: by default the coordinates of the voxels
/// alone.
#[derive(Clone, Copy, Debug, Default)]
#[must_use]
pub struct VoxelizeSparseOptions<'a> {
    offsets: Option<TensorView<'a>>,
    lengths: Option<TensorView<'a>>,
    features: Option<TensorView<'a>>,
    reduce: Option<Reduce>,
    fill_value: f64,
    feature_bound: f64,
    flags: u32,
}

impl<'a> VoxelizeSparseOptions<'a> {
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

    /// `[N,F]`, or `[B,N,F]` beside points `[B,N,3]`: what the outputs `reduced` and `hard` are
    /// made of.
    pub fn features(mut self, features: TensorView<'a>) -> Self {
        self.features = Some(features);
        self
    }

    /// Sum, mean, max or min: what the output `reduced` holds.
    pub fn reduce(mut self, reduce: Reduce) -> Self {
        self.reduce = Some(reduce);
        self
    }

    /// Of rows of `reduced` and points of `hard` that no point fills; 0 by default.
    pub fn fill_value(mut self, value: f64) -> Self {
        self.fill_value = value;
        self
    }

    /// As [`VoxelizeOptions::feature_bound`](crate::VoxelizeOptions::feature_bound).
    pub fn feature_bound(mut self, bound: f64) -> Self {
        self.feature_bound = bound;
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

/// What [`Context::voxelize_sparse`] writes. A [`TensorViewMut`] of coordinates converts into it.
///
/// M is the number of voxels that there is room for, K that of points in a hard voxel.
#[derive(Debug)]
#[must_use]
pub struct VoxelizeSparseOutputs<'a> {
    coords: TensorViewMut<'a>,
    reduced: Option<TensorViewMut<'a>>,
    counts: Option<TensorViewMut<'a>>,
    hard: Option<TensorViewMut<'a>>,
    point_to_voxel: Option<TensorViewMut<'a>>,
    total: Option<TensorViewMut<'a>>,
    stats: Option<TensorViewMut<'a>>,
    workspace: Option<Workspace<'a>>,
}

impl<'a> VoxelizeSparseOutputs<'a> {
    /// The coordinates alone: `i32` or `i64` `[M,4]`, M at least 1: cloud, x, y, z of each voxel,
    /// -1 in rows that no voxel fills.
    pub fn new(coords: impl Into<TensorViewMut<'a>>) -> Self {
        Self {
            coords: coords.into(),
            reduced: None,
            counts: None,
            hard: None,
            point_to_voxel: None,
            total: None,
            stats: None,
            workspace: None,
        }
    }

    /// `[M,F]`: reduced features of each voxel.
    pub fn reduced(mut self, output: impl Into<TensorViewMut<'a>>) -> Self {
        self.reduced = Some(output.into());
        self
    }

    /// `i32` `[M]`: all points of each voxel; 0 in rows that no voxel fills.
    pub fn counts(mut self, output: impl Into<TensorViewMut<'a>>) -> Self {
        self.counts = Some(output.into());
        self
    }

    /// `[M,K,F]`, the type of the features: the features of the first K points of each voxel in the
    /// order of the input.
    pub fn hard(mut self, output: impl Into<TensorViewMut<'a>>) -> Self {
        self.hard = Some(output.into());
        self
    }

    /// `i32` or `i64`, `[N]` or `[B,N]`: the row of `coords` of each point; -1 for points that were
    /// left out.
    pub fn point_to_voxel(mut self, output: impl Into<TensorViewMut<'a>>) -> Self {
        self.point_to_voxel = Some(output.into());
        self
    }

    /// `i64` `[1]`: occupied voxels, also when M is less.
    pub fn total(mut self, output: impl Into<TensorViewMut<'a>>) -> Self {
        self.total = Some(output.into());
        self
    }

    /// `i64` `[B,3]`: columns of [`VoxelStat`](crate::VoxelStat).
    pub fn stats(mut self, output: impl Into<TensorViewMut<'a>>) -> Self {
        self.stats = Some(output.into());
        self
    }

    /// Memory that the call works in, at least what [`Context::voxelize_sparse_workspace_size`]
    /// says.
    pub fn workspace(mut self, workspace: Workspace<'a>) -> Self {
        self.workspace = Some(workspace);
        self
    }
}

impl<'a> From<TensorViewMut<'a>> for VoxelizeSparseOutputs<'a> {
    fn from(coords: TensorViewMut<'a>) -> Self {
        Self::new(coords)
    }
}

/// The tensors of options and outputs, for as long as a call lasts.
struct RawOptions<'a> {
    options: &'a VoxelizeSparseOptions<'a>,
    offsets: Raw<'a>,
    lengths: Raw<'a>,
    features: Raw<'a>,
    reduced: Raw<'a>,
    counts: Raw<'a>,
    hard: Raw<'a>,
    point_to_voxel: Raw<'a>,
    total: Raw<'a>,
    stats: Raw<'a>,
}

impl<'a> RawOptions<'a> {
    fn new(options: &'a VoxelizeSparseOptions<'a>, outputs: &'a VoxelizeSparseOutputs<'a>) -> Self {
        Self {
            options,
            offsets: Raw::input(&options.offsets),
            lengths: Raw::input(&options.lengths),
            features: Raw::input(&options.features),
            reduced: Raw::output(&outputs.reduced),
            counts: Raw::output(&outputs.counts),
            hard: Raw::output(&outputs.hard),
            point_to_voxel: Raw::output(&outputs.point_to_voxel),
            total: Raw::output(&outputs.total),
            stats: Raw::output(&outputs.stats),
        }
    }

    /// The C struct. It points into `self`, which must stay where it is.
    fn raw(
        &self,
        workspace: Option<&Workspace<'_>>,
        context: &Context,
    ) -> Result<rc_voxelize_sparse_options> {
        let (workspace, workspace_size) = Workspace::raw(workspace, context)?;
        Ok(rc_voxelize_sparse_options {
            flags: self.options.flags,
            offsets: self.offsets.pointer(),
            lengths: self.lengths.pointer(),
            features: self.features.pointer(),
            reduce: self.options.reduce.map_or(0, |reduce| reduce as i32),
            fill_value: self.options.fill_value,
            feature_bound: self.options.feature_bound,
            reduced: self.reduced.pointer_mut(),
            counts: self.counts.pointer_mut(),
            hard: self.hard.pointer_mut(),
            point_to_voxel: self.point_to_voxel.pointer_mut(),
            total: self.total.pointer_mut(),
            stats: self.stats.pointer_mut(),
            workspace,
            workspace_size,
            ..rc_voxelize_sparse_options::INIT
        })
    }
}

impl Context {
    /// Lists the occupied voxels and reduces the points of each. Rows are in the order of (cloud,
    /// x, y, z). Where more voxels are occupied than there is room for, the first ones are kept,
    /// `total` tells the whole number and `stats` the points that were lost; that is not an error.
    ///
    /// ```
    /// use robocache::{Context, Grid, Reduce, TensorView, TensorViewMut};
    /// use robocache::{VoxelizeSparseOptions, VoxelizeSparseOutputs};
    ///
    /// let points = [0.5_f32, 0.5, 0.5, 0.6, 0.5, 0.5, 1.5, 0.5, 0.5];
    /// let intensity = [1.0_f32, 2.0, 4.0];
    /// let (mut coords, mut means, mut total) = ([0_i32; 4 * 3], [0.0_f32; 3], [0_i64]);
    /// Context::cpu()?.voxelize_sparse(
    ///     TensorView::new(&points, &[3, 3])?,
    ///     &Grid::new([0.0; 3], [1.0; 3], [2, 1, 1]),
    ///     &VoxelizeSparseOptions::new()
    ///         .features(TensorView::new(&intensity, &[3, 1])?)
    ///         .reduce(Reduce::Mean),
    ///     VoxelizeSparseOutputs::new(TensorViewMut::new(&mut coords, &[3, 4])?)
    ///         .reduced(TensorViewMut::new(&mut means, &[3, 1])?)
    ///         .total(&mut total),
    /// )?;
    /// assert_eq!(total, [2]);
    /// assert_eq!(coords, [0, 0, 0, 0, 0, 1, 0, 0, -1, -1, -1, -1]);
    /// assert_eq!(means, [1.5, 4.0, 0.0]);
    /// # Ok::<(), robocache::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`voxelize`](Self::voxelize).
    pub fn voxelize_sparse<'a>(
        &self,
        points: TensorView<'_>,
        grid: &Grid,
        options: &VoxelizeSparseOptions<'_>,
        outputs: impl Into<VoxelizeSparseOutputs<'a>>,
    ) -> Result<()> {
        let outputs = outputs.into();
        let points = Raw::input(&points);
        let coords = Raw::output(&outputs.coords);
        let tensors = RawOptions::new(options, &outputs);
        let raw = tensors.raw(outputs.workspace.as_ref(), self)?;
        // SAFETY: all tensors describe memory that this call borrows.
        self.call(|context| unsafe {
            sys::rc_voxelize_sparse(
                context,
                points.pointer(),
                grid.raw(),
                &raw,
                coords.pointer_mut(),
            )
        })
    }

    /// Bytes of workspace that [`voxelize_sparse`](Self::voxelize_sparse) with the same arguments
    /// needs: exact, from shapes and options alone.
    ///
    /// # Errors
    ///
    /// Those of `voxelize_sparse` that shapes and options can cause.
    pub fn voxelize_sparse_workspace_size(
        &self,
        points: TensorView<'_>,
        grid: &Grid,
        options: &VoxelizeSparseOptions<'_>,
        outputs: &VoxelizeSparseOutputs<'_>,
    ) -> Result<u64> {
        let points = Raw::input(&points);
        let coords = Raw::output(&outputs.coords);
        let tensors = RawOptions::new(options, outputs);
        let raw = tensors.raw(None, self)?;
        // SAFETY: only descriptions are read.
        self.size(|context, size| unsafe {
            sys::rc_voxelize_sparse_workspace_size(
                context,
                points.pointer(),
                grid.raw(),
                &raw,
                coords.pointer(),
                size,
            )
        })
    }
}
