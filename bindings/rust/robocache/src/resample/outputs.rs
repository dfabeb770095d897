// SPDX-License-Identifier: Apache-2.0
//! What a resample writes.

use crate::tensor::TensorViewMut;
use crate::workspace::Workspace;

/// What is known of each target beside its value. Each output has the shape of the values without
/// their channels; all but `valid` and the NaN of `reason` follow the times alone.
#[derive(Debug, Default)]
#[must_use]
pub struct Quality<'a> {
    pub(crate) valid: Option<TensorViewMut<'a>>,
    pub(crate) reason: Option<TensorViewMut<'a>>,
    pub(crate) source_index: Option<TensorViewMut<'a>>,
    pub(crate) next_index: Option<TensorViewMut<'a>>,
    pub(crate) weight: Option<TensorViewMut<'a>>,
    pub(crate) age: Option<TensorViewMut<'a>>,
}

impl<'a> Quality<'a> {
    /// None of them.
    pub fn new() -> Self {
        Self::default()
    }

    /// `bool` or `u8`: 1 where no channel was filled or is NaN, else 0.
    pub fn valid(mut self, output: impl Into<TensorViewMut<'a>>) -> Self {
        self.valid = Some(output.into());
        self
    }

    /// [`Reason`](crate::Reason) or `u8`.
    pub fn reason(mut self, output: impl Into<TensorViewMut<'a>>) -> Self {
        self.reason = Some(output.into());
        self
    }

    /// `i64`: the sample that the mode reads, along the sample axis of the values; of linear,
    /// pchip, slerp and angle the earlier one of the bracket; of aggregates the newest of the
    /// window; -1 where the target is filled.
    pub fn source_index(mut self, output: impl Into<TensorViewMut<'a>>) -> Self {
        self.source_index = Some(output.into());
        self
    }

    /// `i64`: the later sample of the bracket; equal to `source_index` where one sample is read.
    pub fn next_index(mut self, output: impl Into<TensorViewMut<'a>>) -> Self {
        self.next_index = Some(output.into());
        self
    }

    /// `f32` or `f64`: the weight of `next_index`; 0 where one sample is read.
    pub fn weight(mut self, output: impl Into<TensorViewMut<'a>>) -> Self {
        self.weight = Some(output.into());
        self
    }

    /// `i64` ticks or `f64` seconds, as the times: the target less the newest sample that is not
    /// later; before the first sample less that one (negative). `i64::MAX` or infinity for an empty
    /// sequence.
    pub fn age(mut self, output: impl Into<TensorViewMut<'a>>) -> Self {
        self.age = Some(output.into());
        self
    }
}

/// What a resample writes: values, quality outputs, or both. A [`TensorViewMut`] of values converts
/// into it.
#[derive(Debug, Default)]
#[must_use]
pub struct ResampleOutputs<'a> {
    pub(crate) values: Option<TensorViewMut<'a>>,
    pub(crate) quality: Quality<'a>,
    pub(crate) workspace: Option<Workspace<'a>>,
}

impl<'a> ResampleOutputs<'a> {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// `[B,T,D]`; `[M,D]` for packed targets; `[T,D]` where values are `[S,D]` and there are no
    /// sequence ids.
    pub fn values(mut self, output: impl Into<TensorViewMut<'a>>) -> Self {
        self.values = Some(output.into());
        self
    }

    /// Quality outputs.
    pub fn quality(mut self, quality: Quality<'a>) -> Self {
        self.quality = quality;
        self
    }

    /// Memory that the call works in, at least what
    /// [`resample_workspace_size`](crate::Context::resample_workspace_size) says.
    pub fn workspace(mut self, workspace: Workspace<'a>) -> Self {
        self.workspace = Some(workspace);
        self
    }
}

impl<'a> From<TensorViewMut<'a>> for ResampleOutputs<'a> {
    fn from(values: TensorViewMut<'a>) -> Self {
        Self::new().values(values)
    }
}
