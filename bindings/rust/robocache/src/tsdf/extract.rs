// SPDX-License-Identifier: Apache-2.0
//! The surface out of a volume.

use robocache_sys::{self as sys, rc_tsdf_extract_options};

use crate::context::Context;
use crate::error::Result;
use crate::tensor::{Raw, TensorView, TensorViewMut};
use crate::voxelize::Grid;
use crate::workspace::Workspace;

/// How the surface is taken out of a volume: by default of all voxels that were seen.
#[derive(Clone, Copy, Debug, Default)]
#[must_use]
pub struct TsdfExtractOptions<'a> {
    min_weight: f64,
    color: Option<TensorView<'a>>,
}

impl<'a> TsdfExtractOptions<'a> {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Voxels of less weight do not count; any weight above 0 does by default, or by 0.
    pub fn min_weight(mut self, weight: f64) -> Self {
        self.min_weight = weight;
        self
    }

    /// `f32` `[X,Y,Z,3]`: what the output `colors` is made of.
    pub fn color(mut self, color: TensorView<'a>) -> Self {
        self.color = Some(color);
        self
    }
}

/// What [`Context::tsdf_extract_points`] writes. A [`TensorViewMut`] of points converts into it.
#[derive(Debug)]
#[must_use]
pub struct TsdfExtractOutputs<'a> {
    points: TensorViewMut<'a>,
    normals: Option<TensorViewMut<'a>>,
    colors: Option<TensorViewMut<'a>>,
    total: Option<TensorViewMut<'a>>,
    workspace: Option<Workspace<'a>>,
}

impl<'a> TsdfExtractOutputs<'a> {
    /// The points alone: `f32` or `f64` `[M,3]`; M may be 0 to learn `total` alone. Rows that no
    /// point fills are NaN.
    pub fn new(points: impl Into<TensorViewMut<'a>>) -> Self {
        Self { points: points.into(), normals: None, colors: None, total: None, workspace: None }
    }

    /// `f32` `[M,3]`: unit vectors out of the surface.
    pub fn normals(mut self, output: impl Into<TensorViewMut<'a>>) -> Self {
        self.normals = Some(output.into());
        self
    }

    /// `f32` `[M,3]`: colours, which need [`TsdfExtractOptions::color`].
    pub fn colors(mut self, output: impl Into<TensorViewMut<'a>>) -> Self {
        self.colors = Some(output.into());
        self
    }

    /// `i64` `[1]`: points of the surface, also when M is less.
    pub fn total(mut self, output: impl Into<TensorViewMut<'a>>) -> Self {
        self.total = Some(output.into());
        self
    }

    /// Memory that the call works in, at least what [`Context::tsdf_extract_points_workspace_size`]
    /// says.
    pub fn workspace(mut self, workspace: Workspace<'a>) -> Self {
        self.workspace = Some(workspace);
        self
    }
}

impl<'a> From<TensorViewMut<'a>> for TsdfExtractOutputs<'a> {
    fn from(points: TensorViewMut<'a>) -> Self {
        Self::new(points)
    }
}

/// The tensors of options and outputs, for as long as a call lasts.
struct RawOptions<'a> {
    min_weight: f64,
    color: Raw<'a>,
    normals: Raw<'a>,
    colors: Raw<'a>,
    total: Raw<'a>,
}

impl<'a> RawOptions<'a> {
    fn new(options: &'a TsdfExtractOptions<'a>, outputs: &'a TsdfExtractOutputs<'a>) -> Self {
        Self {
            min_weight: options.min_weight,
            color: Raw::input(&options.color),
            normals: Raw::output(&outputs.normals),
            colors: Raw::output(&outputs.colors),
            total: Raw::output(&outputs.total),
        }
    }

    /// The C struct. It points into `self`, which must stay where it is.
    fn raw(
        &self,
        workspace: Option<&Workspace<'_>>,
        context: &Context,
    ) -> Result<rc_tsdf_extract_options> {
        let (workspace, workspace_size) = Workspace::raw(workspace, context)?;
        Ok(rc_tsdf_extract_options {
            min_weight: self.min_weight,
            color: self.color.pointer(),
            normals: self.normals.pointer_mut(),
            point_colors: self.colors.pointer_mut(),
            total: self.total.pointer_mut(),
            workspace,
            workspace_size,
            ..rc_tsdf_extract_options::INIT
        })
    }
}

impl Context {
    /// Lists the points where the field crosses zero between two neighbouring voxels that count, in
    /// the order of (x, y, z) of the lesser voxel, then of the axis. Where there are more than
    /// there is room for, the first are kept.
    ///
    /// - `tsdf`, `weight`: `f32` `[X,Y,Z]`.
    ///
    /// ```
    /// use robocache::{Context, Grid, TensorView, TensorViewMut};
    /// use robocache::{TsdfExtractOptions, TsdfExtractOutputs};
    ///
    /// let (mut points, mut total) = ([0.0_f32; 3], [0_i64]);
    /// Context::cpu()?.tsdf_extract_points(
    ///     TensorView::new(&[1.0_f32, 0.25, -0.75], &[1, 1, 3])?,
    ///     TensorView::new(&[1.0_f32; 3], &[1, 1, 3])?,
    ///     &Grid::new([-0.5, -0.5, 0.0], [1.0; 3], [1, 1, 3]),
    ///     &TsdfExtractOptions::new(),
    ///     TsdfExtractOutputs::new(TensorViewMut::new(&mut points, &[1, 3])?).total(&mut total),
    /// )?;
    /// assert_eq!((points, total), ([0.0, 0.0, 1.75], [1]));
    /// # Ok::<(), robocache::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`tsdf_integrate`](Self::tsdf_integrate).
    pub fn tsdf_extract_points<'a>(
        &self,
        tsdf: TensorView<'_>,
        weight: TensorView<'_>,
        grid: &Grid,
        options: &TsdfExtractOptions<'_>,
        outputs: impl Into<TsdfExtractOutputs<'a>>,
    ) -> Result<()> {
        let outputs = outputs.into();
        let tsdf = Raw::input(&tsdf);
        let weight = Raw::input(&weight);
        let points = Raw::output(&outputs.points);
        let tensors = RawOptions::new(options, &outputs);
        let raw = tensors.raw(outputs.workspace.as_ref(), self)?;
        // SAFETY: all tensors describe memory that this call borrows.
        self.call(|context| unsafe {
            sys::rc_tsdf_extract_points(
                context,
                tsdf.pointer(),
                weight.pointer(),
                grid.raw(),
                &raw,
                points.pointer_mut(),
            )
        })
    }

    /// Bytes of workspace that [`tsdf_extract_points`](Self::tsdf_extract_points) with the same
    /// arguments needs: exact, from shapes and options alone.
    ///
    /// # Errors
    ///
    /// Those of `tsdf_extract_points` that shapes and options can cause.
    pub fn tsdf_extract_points_workspace_size(
        &self,
        tsdf: TensorView<'_>,
        weight: TensorView<'_>,
        grid: &Grid,
        options: &TsdfExtractOptions<'_>,
        outputs: &TsdfExtractOutputs<'_>,
    ) -> Result<u64> {
        let tsdf = Raw::input(&tsdf);
        let weight = Raw::input(&weight);
        let points = Raw::output(&outputs.points);
        let tensors = RawOptions::new(options, outputs);
        let raw = tensors.raw(None, self)?;
        // SAFETY: only descriptions are read.
        self.size(|context, size| unsafe {
            sys::rc_tsdf_extract_points_workspace_size(
                context,
                tsdf.pointer(),
                weight.pointer(),
                grid.raw(),
                &raw,
                points.pointer(),
                size,
            )
        })
    }
}
