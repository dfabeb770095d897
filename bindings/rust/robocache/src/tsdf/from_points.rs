// SPDX-License-Identifier: Apache-2.0
//! Points into a volume.

use robocache_sys::{self as sys, rc_tsdf_flag, rc_tsdf_from_points_options};

use crate::context::Context;
use crate::error::{Error, ErrorCode, Result};
use crate::tensor::{Raw, TensorView, TensorViewMut};
use crate::tsdf::{TsdfWeight, Volume};
use crate::voxelize::Grid;
use crate::workspace::Workspace;

/// How points are integrated, and how they lie. One of `normals` and `sensor_origins` is required.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct TsdfFromPointsOptions<'a> {
    truncation: f64,
    max_weight: f64,
    weighting: TsdfWeight,
    flags: u32,
    offsets: Option<TensorView<'a>>,
    lengths: Option<TensorView<'a>>,
    normals: Option<TensorView<'a>>,
    sensor_origins: Option<TensorView<'a>>,
}

impl<'a> TsdfFromPointsOptions<'a> {
    /// All else at its default; `truncation` is the truncation distance, in the unit of the grid:
    /// finite, greater than 0.
    pub fn new(truncation: f64) -> Self {
        Self {
            truncation,
            max_weight: 0.0,
            weighting: TsdfWeight::Constant,
            flags: 0,
            offsets: None,
            lengths: None,
            normals: None,
            sensor_origins: None,
        }
    }

    /// Limit of the weight; none by default, or by 0.
    pub fn max_weight(mut self, weight: f64) -> Self {
        self.max_weight = weight;
        self
    }

    /// What an observation counts. The weights that have z need `sensor_origins`.
    pub fn weighting(mut self, weighting: TsdfWeight) -> Self {
        self.weighting = weighting;
        self
    }

    /// Does not observe free space between the truncation distance and the sensor.
    pub fn no_carving(mut self) -> Self {
        self.flags |= rc_tsdf_flag::RC_TSDF_NO_CARVING.0;
        self
    }

    /// `i64` `[B+1]`: points are packed; cloud b has the points `offsets[b]` to `offsets[b+1]-1`.
    /// All clouds go into the one volume.
    pub fn offsets(mut self, offsets: impl Into<TensorView<'a>>) -> Self {
        self.offsets = Some(offsets.into());
        self
    }

    /// `i64` `[B]`: points that count in each cloud of `[B,N,3]`. Not with `offsets`.
    pub fn lengths(mut self, lengths: impl Into<TensorView<'a>>) -> Self {
        self.lengths = Some(lengths.into());
        self
    }

    /// The type and shape of the points, any length but 0: normals that point out of the surface. A
    /// point observes along its normal, and never carves.
    pub fn normals(mut self, normals: TensorView<'a>) -> Self {
        self.normals = Some(normals);
        self
    }

    /// `f64` or `f32` `[3]` for all clouds or `[B,3]`: where the sensor stood. A point observes
    /// along the ray from there.
    pub fn sensor_origins(mut self, origins: impl Into<TensorView<'a>>) -> Self {
        self.sensor_origins = Some(origins.into());
        self
    }

    /// Trusts offsets and lengths, which saves the time to check them.
    ///
    /// # Safety
    ///
    /// Offsets do not decrease and lie in 0 to N; lengths lie in 0 to N.
    pub unsafe fn skip_validation(mut self) -> Self {
        self.flags |= rc_tsdf_flag::RC_TSDF_SKIP_VALIDATION.0;
        self
    }
}

/// What [`Context::tsdf_from_points`] writes. A [`Volume`] converts into it.
#[derive(Debug)]
#[must_use]
pub struct TsdfFromPointsOutputs<'a> {
    volume: Volume<'a>,
    stats: Option<TensorViewMut<'a>>,
    workspace: Option<Workspace<'a>>,
}

impl<'a> TsdfFromPointsOutputs<'a> {
    /// The volume alone, without colour.
    pub fn new(volume: Volume<'a>) -> Self {
        Self { volume, stats: None, workspace: None }
    }

    /// `i64` `[B,3]`: columns of [`VoxelStat`](crate::VoxelStat).
    pub fn stats(mut self, output: impl Into<TensorViewMut<'a>>) -> Self {
        self.stats = Some(output.into());
        self
    }

    /// Memory that the call works in, at least what [`Context::tsdf_from_points_workspace_size`]
    /// says.
    pub fn workspace(mut self, workspace: Workspace<'a>) -> Self {
        self.workspace = Some(workspace);
        self
    }
}

impl<'a> From<Volume<'a>> for TsdfFromPointsOutputs<'a> {
    fn from(volume: Volume<'a>) -> Self {
        Self::new(volume)
    }
}

/// The tensors of options and outputs, for as long as a call lasts.
struct RawOptions<'a> {
    options: &'a TsdfFromPointsOptions<'a>,
    offsets: Raw<'a>,
    lengths: Raw<'a>,
    normals: Raw<'a>,
    sensor_origins: Raw<'a>,
    stats: Raw<'a>,
}

impl<'a> RawOptions<'a> {
    fn new(options: &'a TsdfFromPointsOptions<'a>, outputs: &'a TsdfFromPointsOutputs<'a>) -> Self {
        Self {
            options,
            offsets: Raw::input(&options.offsets),
            lengths: Raw::input(&options.lengths),
            normals: Raw::input(&options.normals),
            sensor_origins: Raw::input(&options.sensor_origins),
            stats: Raw::output(&outputs.stats),
        }
    }

    /// The C struct. It points into `self`, which must stay where it is.
    fn raw(
        &self,
        workspace: Option<&Workspace<'_>>,
        context: &Context,
    ) -> Result<rc_tsdf_from_points_options> {
        let (workspace, workspace_size) = Workspace::raw(workspace, context)?;
        Ok(rc_tsdf_from_points_options {
            flags: self.options.flags,
            truncation: self.options.truncation,
            max_weight: self.options.max_weight,
            weighting: self.options.weighting as i32,
            offsets: self.offsets.pointer(),
            lengths: self.lengths.pointer(),
            normals: self.normals.pointer(),
            sensor_origins: self.sensor_origins.pointer(),
            stats: self.stats.pointer_mut(),
            workspace,
            workspace_size,
            ..rc_tsdf_from_points_options::INIT
        })
    }
}

fn refuse_color(outputs: &TsdfFromPointsOutputs<'_>) -> Result<()> {
    if outputs.volume.color.is_none() {
        return Ok(());
    }
    let message = "tsdf_from_points: volume: expected one without color; points have none";
    Err(Error::new(ErrorCode::InvalidArgument, message))
}

impl Context {
    /// Integrates points into a volume: all points of a call as one observation of each voxel,
    /// whatever their order.
    ///
    /// - `points`: as in [`voxelize`](Self::voxelize).
    /// - `outputs`: a volume of the grid's dims, read and written.
    ///
    /// ```
    /// use robocache::{Context, Grid, TensorView, TensorViewMut, TsdfFromPointsOptions, Volume};
    ///
    /// // A point that a sensor at the origin saw 2 m ahead; four voxels of a metre.
    /// let (mut tsdf, mut weight) = ([0.0_f32; 4], [0.0_f32; 4]);
    /// Context::cpu()?.tsdf_from_points(
    ///     TensorView::new(&[0.0_f64, 0.0, 2.0], &[1, 3])?,
    ///     &Grid::new([-0.5, -0.5, 0.0], [1.0; 3], [1, 1, 4]),
    ///     &TsdfFromPointsOptions::new(1.0).sensor_origins(&[0.0_f64; 3]),
    ///     Volume::new(
    ///         TensorViewMut::new(&mut tsdf, &[1, 1, 4])?,
    ///         TensorViewMut::new(&mut weight, &[1, 1, 4])?,
    ///     ),
    /// )?;
    /// assert_eq!(tsdf, [1.0, 0.5, -0.5, 0.0]);
    /// assert_eq!(weight, [1.0, 1.0, 1.0, 0.0]);
    /// # Ok::<(), robocache::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`voxelize`](Self::voxelize);
    /// [`InvalidArgument`](crate::ErrorCode::InvalidArgument) for a volume with colour.
    pub fn tsdf_from_points<'a>(
        &self,
        points: TensorView<'_>,
        grid: &Grid,
        options: &TsdfFromPointsOptions<'_>,
        outputs: impl Into<TsdfFromPointsOutputs<'a>>,
    ) -> Result<()> {
        let outputs = outputs.into();
        refuse_color(&outputs)?;
        let points = Raw::input(&points);
        let tsdf = Raw::output(&outputs.volume.tsdf);
        let weight = Raw::output(&outputs.volume.weight);
        let tensors = RawOptions::new(options, &outputs);
        let raw = tensors.raw(outputs.workspace.as_ref(), self)?;
        // SAFETY: all tensors describe memory that this call borrows.
        self.call(|context| unsafe {
            sys::rc_tsdf_from_points(
                context,
                points.pointer(),
                grid.raw(),
                &raw,
                tsdf.pointer_mut(),
                weight.pointer_mut(),
            )
        })
    }

    /// Bytes of workspace that [`tsdf_from_points`](Self::tsdf_from_points) with the same arguments
    /// needs: exact, from shapes and options alone.
    ///
    /// # Errors
    ///
    /// Those of `tsdf_from_points` that shapes and options can cause.
    pub fn tsdf_from_points_workspace_size(
        &self,
        points: TensorView<'_>,
        grid: &Grid,
        options: &TsdfFromPointsOptions<'_>,
        outputs: &TsdfFromPointsOutputs<'_>,
    ) -> Result<u64> {
        refuse_color(outputs)?;
        let points = Raw::input(&points);
        let tsdf = Raw::output(&outputs.volume.tsdf);
        let weight = Raw::output(&outputs.volume.weight);
        let tensors = RawOptions::new(options, outputs);
        let raw = tensors.raw(None, self)?;
        // SAFETY: only descriptions are read.
        self.size(|context, size| unsafe {
            sys::rc_tsdf_from_points_workspace_size(
                context,
                points.pointer(),
                grid.raw(),
                &raw,
                tsdf.pointer(),
                weight.pointer(),
                size,
            )
        })
    }
}
