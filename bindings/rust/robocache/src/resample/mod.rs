// SPDX-License-Identifier: Apache-2.0
//! Values of a trajectory at any times, and the gradient.

mod options;
mod outputs;
mod rules;

use robocache_sys as sys;

pub(crate) use options::RawOptions;
pub use options::ResampleOptions;
pub use outputs::{Quality, ResampleOutputs};
pub use rules::{Channels, Duplicates, MAX_CHANNEL_GROUPS, Mode, Order, Outside, Reason};

use crate::context::Context;
use crate::error::Result;
use crate::gradient::Gradient;
use crate::tensor::{Raw, TensorView};

/// Resampling. Letters of shapes: E sequences that are stored, B rows of the output, S samples of
/// each sequence or N of all packed, T targets of each row or M of all packed, D channels.
impl Context {
    /// Resamples trajectories to other times.
    ///
    /// - `values`: `[E,S,D]`; or `[S,D]`, one sequence; or `[N,D]` with offsets. `f16`, `bf16`,
    ///   `f32`, `f64`, `u8`, `i8`, `i16` or `i32`. `None` for index outputs only.
    /// - `source_times`: `i64` ticks, or `f64` or `f32` seconds, `[E,S]`; or `[S]`, shared by all
    ///   sequences; or `[N]` with offsets. Not decreasing (see [`Order`]), finite.
    /// - `target_times`: the same type, `[B,T]`; or `[T]`, shared by all rows; or `[M]` with target
    ///   offsets. In any order (sorted is fastest), finite.
    /// - `outputs`: values of a float type, or of the type of integer values where the mode copies
    ///   them; quality outputs.
    ///
    /// ```
    /// use robocache::{Context, ResampleOptions, TensorView, TensorViewMut};
    ///
    /// let context = Context::cpu()?;
    /// let mut output = [0.0_f32; 4];
    /// context.resample(
    ///     TensorView::new(&[1.0_f32, 2.0, 6.0], &[3, 1])?,
    ///     &[0_i64, 10, 30],
    ///     &[5_i64, 10, 20, 40],
    ///     &ResampleOptions::new(),
    ///     TensorViewMut::new(&mut output, &[4, 1])?,
    /// )?;
    /// assert_eq!(output, [1.5, 2.0, 4.0, 6.0]);
    /// # Ok::<(), robocache::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidArgument`](crate::ErrorCode::InvalidArgument): a precondition above; overlapping
    /// outputs. [`InvalidData`](crate::ErrorCode::InvalidData): times that step backward or are not
    /// finite, offsets, lengths or ids out of range, a quaternion of length zero; nothing has been
    /// written (on CUDA [`synchronize`](Self::synchronize) returns it).
    /// [`UnsupportedDtype`](crate::ErrorCode::UnsupportedDtype),
    /// [`UnsupportedLayout`](crate::ErrorCode::UnsupportedLayout),
    /// [`UnsupportedOption`](crate::ErrorCode::UnsupportedOption),
    /// [`DeviceMismatch`](crate::ErrorCode::DeviceMismatch),
    /// [`OutOfMemory`](crate::ErrorCode::OutOfMemory),
    /// [`WorkspaceTooSmall`](crate::ErrorCode::WorkspaceTooSmall),
    /// [`Cuda`](crate::ErrorCode::Cuda).
    pub fn resample<'a>(
        &self,
        values: impl Into<Option<TensorView<'a>>>,
        source_times: impl Into<TensorView<'a>>,
        target_times: impl Into<TensorView<'a>>,
        options: &ResampleOptions<'_>,
        outputs: impl Into<ResampleOutputs<'a>>,
    ) -> Result<()> {
        let (values, outputs) = (values.into(), outputs.into());
        let (source_times, target_times) = (source_times.into(), target_times.into());
        let raw_values = Raw::input(&values);
        let source = Raw::input(&source_times);
        let target = Raw::input(&target_times);
        let output = Raw::output(&outputs.values);
        let tensors = RawOptions::new(options, &outputs.quality);
        let raw = tensors.raw(outputs.workspace.as_ref(), self)?;
        // SAFETY: all tensors describe memory that this call borrows.
        self.call(|context| unsafe {
            sys::rc_resample(
                context,
                raw_values.pointer(),
                source.pointer(),
                target.pointer(),
                &raw,
                output.pointer_mut(),
            )
        })
    }

    /// Bytes of workspace that [`resample`](Self::resample) with the same arguments needs: exact,
    /// from shapes and options alone. Zero unless the order is [`Order::Sort`] or [`Order::Drop`].
    ///
    /// # Errors
    ///
    /// Those of `resample` that shapes and options can cause.
    pub fn resample_workspace_size<'a>(
        &self,
        values: impl Into<Option<TensorView<'a>>>,
        source_times: impl Into<TensorView<'a>>,
        target_times: impl Into<TensorView<'a>>,
        options: &ResampleOptions<'_>,
        outputs: &ResampleOutputs<'_>,
    ) -> Result<u64> {
        let values = values.into();
        let (source_times, target_times) = (source_times.into(), target_times.into());
        let raw_values = Raw::input(&values);
        let source = Raw::input(&source_times);
        let target = Raw::input(&target_times);
        let output = Raw::output(&outputs.values);
        let tensors = RawOptions::new(options, &outputs.quality);
        let raw = tensors.raw(outputs.workspace.as_ref(), self)?;
        // SAFETY: only descriptions are read.
        self.size(|context, size| unsafe {
            sys::rc_resample_workspace_size(
                context,
                raw_values.pointer(),
                source.pointer(),
                target.pointer(),
                &raw,
                output.pointer(),
                size,
            )
        })
    }

    /// Gradient of [`resample`](Self::resample) with respect to the values. Every element of the
    /// gradient is written, with zero where no target reads the sample. The contributions to a
    /// sample are added in `f64` in the order of rows and targets, so that equal inputs give equal
    /// bits.
    ///
    /// - `grad_output`: gradient of the output: its shape, any float type.
    /// - `values`: as in `resample`, of a float type; may be `None` when no mode is pchip, slerp,
    ///   min or max and `skip_nan` is off.
    /// - `gradient`: the shape of the values, any float type.
    ///
    /// ```
    /// use robocache::{Context, ResampleOptions, TensorView, TensorViewMut};
    ///
    /// let mut gradient = [0.0_f32; 2];
    /// Context::cpu()?.resample_backward(
    ///     TensorView::new(&[1.0_f32], &[1, 1])?,
    ///     None,
    ///     &[0_i64, 4],
    ///     &[1_i64],
    ///     &ResampleOptions::new(),
    ///     TensorViewMut::new(&mut gradient, &[2, 1])?,
    /// )?;
    /// assert_eq!(gradient, [0.75, 0.25]);
    /// # Ok::<(), robocache::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of `resample`.
    pub fn resample_backward<'a>(
        &self,
        grad_output: TensorView<'_>,
        values: impl Into<Option<TensorView<'a>>>,
        source_times: impl Into<TensorView<'a>>,
        target_times: impl Into<TensorView<'a>>,
        options: &ResampleOptions<'_>,
        gradient: impl Into<Gradient<'a>>,
    ) -> Result<()> {
        let (values, gradient) = (values.into(), gradient.into());
        let (source_times, target_times) = (source_times.into(), target_times.into());
        let grad_output = Raw::input(&grad_output);
        let raw_values = Raw::input(&values);
        let source = Raw::input(&source_times);
        let target = Raw::input(&target_times);
        let output = Raw::output(&gradient.output);
        let none = Quality::new();
        let tensors = RawOptions::new(options, &none);
        let raw = tensors.raw(gradient.workspace.as_ref(), self)?;
        // SAFETY: all tensors describe memory that this call borrows.
        self.call(|context| unsafe {
            sys::rc_resample_backward(
                context,
                grad_output.pointer(),
                raw_values.pointer(),
                source.pointer(),
                target.pointer(),
                &raw,
                output.pointer_mut(),
            )
        })
    }

    /// Bytes of workspace that [`resample_backward`](Self::resample_backward) with the same
    /// arguments needs: exact, from shapes and options alone.
    ///
    /// # Errors
    ///
    /// Those of `resample_backward` that shapes and options can cause.
    pub fn resample_backward_workspace_size<'a>(
        &self,
        grad_output: TensorView<'_>,
        values: impl Into<Option<TensorView<'a>>>,
        source_times: impl Into<TensorView<'a>>,
        target_times: impl Into<TensorView<'a>>,
        options: &ResampleOptions<'_>,
        gradient: &Gradient<'_>,
    ) -> Result<u64> {
        let values = values.into();
        let (source_times, target_times) = (source_times.into(), target_times.into());
        let grad_output = Raw::input(&grad_output);
        let raw_values = Raw::input(&values);
        let source = Raw::input(&source_times);
        let target = Raw::input(&target_times);
        let output = Raw::output(&gradient.output);
        let none = Quality::new();
        let tensors = RawOptions::new(options, &none);
        let raw = tensors.raw(gradient.workspace.as_ref(), self)?;
        // SAFETY: only descriptions are read.
        self.size(|context, size| unsafe {
            sys::rc_resample_backward_workspace_size(
                context,
                grad_output.pointer(),
                raw_values.pointer(),
                source.pointer(),
                target.pointer(),
                &raw,
                output.pointer(),
                size,
            )
        })
    }
}
