// SPDX-License-Identifier: Apache-2.0
//! How far clouds reach.

use robocache_sys as sys;

use crate::context::Context;
use crate::error::Result;
use crate::tensor::{Raw, TensorView, TensorViewMut};

/// How the points lie: by default one cloud `[N,3]`, or `[B,N,3]`.
#[derive(Clone, Copy, Debug, Default)]
#[must_use]
pub struct CloudLayout<'a> {
    offsets: Option<TensorView<'a>>,
    lengths: Option<TensorView<'a>>,
}

impl<'a> CloudLayout<'a> {
    /// Neither packed nor of lengths of their own.
    pub fn new() -> Self {
        Self::default()
    }

    /// `i64` `[B+1]`: points are packed; cloud b has the points `offsets[b]` to `offsets[b+1]-1`.
    pub fn offsets(mut self, offsets: impl Into<TensorView<'a>>) -> Self {
        self.offsets = Some(offsets.into());
        self
    }

    /// `i64` `[B]`: points that count in each cloud of `[B,N,3]`. Not with `offsets`.
    pub fn lengths(mut self, lengths: impl Into<TensorView<'a>>) -> Self {
        self.lengths = Some(lengths.into());
        self
    }
}

impl Context {
    /// Least and greatest coordinates of each cloud, over its points whose coordinates are all
    /// finite.
    ///
    /// - `bounds`: `[B,2,3]`, of one cloud `[2,3]`, the type of the points: the least, then the
    ///   greatest x, y, z. NaN for a cloud without a finite point.
    ///
    /// ```
    /// use robocache::{CloudLayout, Context, TensorView, TensorViewMut};
    ///
    /// let points = [0.0_f64, 1.0, 2.0, -1.0, f64::NAN, 9.0, 3.0, -4.0, 5.0];
    /// let mut bounds = [0.0_f64; 6];
    /// Context::cpu()?.pointcloud_bounds(
    ///     TensorView::new(&points, &[3, 3])?,
    ///     &CloudLayout::new(),
    ///     TensorViewMut::new(&mut bounds, &[2, 3])?,
    /// )?;
    /// assert_eq!(bounds, [0.0, -4.0, 2.0, 3.0, 1.0, 5.0]);
    /// # Ok::<(), robocache::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`voxelize`](Self::voxelize).
    pub fn pointcloud_bounds(
        &self,
        points: TensorView<'_>,
        layout: &CloudLayout<'_>,
        bounds: TensorViewMut<'_>,
    ) -> Result<()> {
        let points = Raw::input(&points);
        let offsets = Raw::input(&layout.offsets);
        let lengths = Raw::input(&layout.lengths);
        let bounds = Raw::output(&bounds);
        // SAFETY: all tensors describe memory that this call borrows.
        self.call(|context| unsafe {
            sys::rc_pointcloud_bounds(
                context,
                points.pointer(),
                offsets.pointer(),
                lengths.pointer(),
                bounds.pointer_mut(),
            )
        })
    }
}
