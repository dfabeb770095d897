// SPDX-License-Identifier: Apache-2.0
//! Where a gradient goes.

use crate::tensor::TensorViewMut;
use crate::workspace::Workspace;

/// Where a gradient is written, and memory to work in. A [`TensorViewMut`] converts into it.
#[derive(Debug)]
#[must_use]
pub struct Gradient<'a> {
    pub(crate) output: TensorViewMut<'a>,
    pub(crate) workspace: Option<Workspace<'a>>,
}

impl<'a> Gradient<'a> {
    /// The gradient goes into `output`.
    pub fn new(output: impl Into<TensorViewMut<'a>>) -> Self {
        Self { output: output.into(), workspace: None }
    }

    /// Memory that the call works in, at least what the `..._backward_workspace_size` of the
    /// operation says.
    pub fn workspace(mut self, workspace: Workspace<'a>) -> Self {
        self.workspace = Some(workspace);
        self
    }
}

impl<'a> From<TensorViewMut<'a>> for Gradient<'a> {
    fn from(output: TensorViewMut<'a>) -> Self {
        Self::new(output)
    }
}
