// SPDX-License-Identifier: Apache-2.0
//! Many sensors on one clock, and the gradient.

use std::ptr;

use robocache_sys::{self as sys, rc_fuse_options, rc_resample_options, rc_stream};

use crate::context::Context;
use crate::error::Result;
use crate::resample::{Quality, RawOptions, ResampleOptions};
use crate::tensor::{Raw, TensorView, TensorViewMut};
use crate::workspace::Workspace;

/// Most streams of one call.
pub const MAX_STREAMS: usize = sys::RC_MAX_STREAMS as usize;

/// One sensor: its samples, its clock, its rules, and what is wanted of it alone.
#[derive(Debug, Default)]
#[must_use]
pub struct Stream<'a> {
    values: Option<TensorView<'a>>,
    source_times: Option<TensorView<'a>>,
    width: i64,
    options: ResampleOptions<'a>,
    quality: Quality<'a>,
    output: Option<TensorViewMut<'a>>,
    grad_output: Option<TensorView<'a>>,
    grad_values: Option<TensorViewMut<'a>>,
}

impl<'a> Stream<'a> {
    /// Samples and their times, as in [`Context::resample`].
    pub fn new(values: TensorView<'a>, source_times: impl Into<TensorView<'a>>) -> Self {
        Self { values: Some(values), source_times: Some(source_times.into()), ..Self::default() }
    }

    /// A stream that is absent from this call: its `width` channels are filled and not valid.
    pub fn absent(width: usize) -> Self {
        Self { width: i64::try_from(width).unwrap_or(i64::MAX), ..Self::default() }
    }

    /// The stream's layout and rules.
    pub fn options(mut self, options: ResampleOptions<'a>) -> Self {
        self.options = options;
        self
    }

    /// The stream's quality outputs.
    pub fn quality(mut self, quality: Quality<'a>) -> Self {
        self.quality = quality;
        self
    }

    /// [`Context::fuse`] without an output for all: receives this stream's values alone.
    pub fn output(mut self, output: impl Into<TensorViewMut<'a>>) -> Self {
        self.output = Some(output.into());
        self
    }

    /// [`Context::fuse_backward`] without a gradient of the output of all: that of this stream's.
    pub fn grad_output(mut self, gradient: impl Into<TensorView<'a>>) -> Self {
        self.grad_output = Some(gradient.into());
        self
    }

    /// [`Context::fuse_backward`]: receives the gradient of the values, where it is wanted.
    pub fn grad_values(mut self, gradient: impl Into<TensorViewMut<'a>>) -> Self {
        self.grad_values = Some(gradient.into());
        self
    }
}

/// What concerns all streams of a fuse.
#[derive(Clone, Copy, Debug, Default)]
#[must_use]
pub struct FuseOptions<'a> {
    target_offsets: Option<TensorView<'a>>,
}

impl<'a> FuseOptions<'a> {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// `i64` `[B+1]`: target times are packed; see [`ResampleOptions::target_offsets`].
    pub fn target_offsets(mut self, offsets: impl Into<TensorView<'a>>) -> Self {
        self.target_offsets = Some(offsets.into());
        self
    }
}

/// What a fuse writes. A [`TensorViewMut`] of values converts into it.
#[derive(Debug, Default)]
#[must_use]
pub struct FuseOutputs<'a> {
    values: Option<TensorViewMut<'a>>,
    valid: Option<TensorViewMut<'a>>,
    workspace: Option<Workspace<'a>>,
}

impl<'a> FuseOutputs<'a> {
    /// Nothing yet: every stream has an output of its own.
    pub fn new() -> Self {
        Self::default()
    }

    /// `[B,T,D1+D2+...]`, `[M,...]` or `[T,...]` as in [`Context::resample`], in the order of the
    /// streams.
    pub fn values(mut self, output: impl Into<TensorViewMut<'a>>) -> Self {
        self.values = Some(output.into());
        self
    }

    /// `bool` or `u8`, `[B,T,streams]` (`[M,streams]`, `[T,streams]`): 1 where the stream's
    /// channels are neither filled nor NaN.
    pub fn valid(mut self, output: impl Into<TensorViewMut<'a>>) -> Self {
        self.valid = Some(output.into());
        self
    }

    /// Memory that the call works in, at least what [`Context::fuse_workspace_size`] says.
    pub fn workspace(mut self, workspace: Workspace<'a>) -> Self {
        self.workspace = Some(workspace);
        self
    }
}

impl<'a> From<TensorViewMut<'a>> for FuseOutputs<'a> {
    fn from(values: TensorViewMut<'a>) -> Self {
        Self::new().values(values)
    }
}

/// Which of a stream's tensors a call uses.
#[derive(Clone, Copy)]
enum Direction {
    Forward,
    Backward,
}

/// The C structs of all streams, for as long as a call lasts. Each vector points into the one
/// before it, and stays where it is.
struct RawStreams<'a> {
    _tensors: Vec<RawStream<'a>>,
    _options: Vec<rc_resample_options>,
    _structs: Vec<rc_stream>,
    pointers: Vec<*const rc_stream>,
}

/// The tensors of one stream.
struct RawStream<'a> {
    values: Raw<'a>,
    source_times: Raw<'a>,
    width: i64,
    options: RawOptions<'a>,
    output: Raw<'a>,
    grad_values: Raw<'a>,
}

impl<'a> RawStream<'a> {
    fn new(stream: &'a Stream<'a>, direction: Direction) -> Self {
        let (output, grad_values) = match direction {
            Direction::Forward => (Raw::output(&stream.output), Raw::output(None)),
            Direction::Backward => {
                (Raw::input(&stream.grad_output), Raw::output(&stream.grad_values))
            }
        };
        Self {
            values: Raw::input(&stream.values),
            source_times: Raw::input(&stream.source_times),
            width: stream.width,
            options: RawOptions::new(&stream.options, &stream.quality),
            output,
            grad_values,
        }
    }

    fn raw(&self, options: &rc_resample_options) -> rc_stream {
        rc_stream {
            values: self.values.pointer(),
            source_times: self.source_times.pointer(),
            options,
            width: self.width,
            output: self.output.pointer_mut(),
            grad_values: self.grad_values.pointer_mut(),
            ..rc_stream::INIT
        }
    }
}

impl<'a> RawStreams<'a> {
    fn new(streams: &'a [Stream<'a>], direction: Direction, context: &Context) -> Result<Self> {
        let tensors: Vec<_> =
            streams.iter().map(|stream| RawStream::new(stream, direction)).collect();
        let options: Vec<_> = tensors
            .iter()
            .map(|stream| stream.options.raw(None, context))
            .collect::<Result<_>>()?;
        let structs: Vec<_> =
            tensors.iter().zip(&options).map(|(stream, options)| stream.raw(options)).collect();
        let pointers = structs.iter().map(ptr::from_ref).collect();
        Ok(Self { _tensors: tensors, _options: options, _structs: structs, pointers })
    }

    fn pointer(&self) -> *const *const rc_stream {
        self.pointers.as_ptr()
    }

    fn count(&self) -> i64 {
        self.pointers.len() as i64
    }
}

/// Fusing. It is, to the bit, [`resample`](Self::resample) of each stream with the same target
/// times, concatenated along the channels.
impl Context {
    /// Puts many streams on one clock.
    ///
    /// - `streams`: 1 to [`MAX_STREAMS`], at least one of them present. All have the same number of
    ///   rows; sequences, samples, widths, types and rules are each stream's own, but all times of
    ///   the call are of one type. They are borrowed mutably because their outputs are written.
    /// - `target_times`: as in [`resample`](Self::resample), for all streams.
    /// - `outputs`: of a type that every stream may be converted to.
    ///
    /// A call makes a few small vectors, whatever the workspace.
    ///
    /// ```
    /// use robocache::{Context, FuseOptions, FuseOutputs, Mode, ResampleOptions, Stream};
    /// use robocache::{TensorView, TensorViewMut};
    ///
    /// let joint = TensorView::new(&[0.0_f64, 1.0, 2.0], &[3, 1])?;
    /// let gripper = TensorView::new(&[0_u8, 1], &[2, 1])?;
    /// let mut table = [0.0_f64; 6];
    /// let mut valid = [false; 6];
    /// Context::cpu()?.fuse(
    ///     &mut [
    ///         Stream::new(joint, &[0_i64, 10, 20]),
    ///         Stream::new(gripper, &[3_i64, 12]).options(
    ///             ResampleOptions::new().mode(Mode::Previous).max_gap(5_i64).fill_value(-1.0),
    ///         ),
    ///     ],
    ///     &[5_i64, 10, 15],
    ///     &FuseOptions::new(),
    ///     FuseOutputs::new()
    ///         .values(TensorViewMut::new(&mut table, &[3, 2])?)
    ///         .valid(TensorViewMut::new(&mut valid, &[3, 2])?),
    /// )?;
    /// assert_eq!(table, [0.5, 0.0, 1.0, -1.0, 1.5, 1.0]);
    /// assert_eq!(valid, [true, true, true, false, true, true]);
    /// # Ok::<(), robocache::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`resample`](Self::resample); the message names the stream by its index. Nothing is
    /// written when a stream is refused.
    pub fn fuse<'a>(
        &self,
        streams: &mut [Stream<'_>],
        target_times: impl Into<TensorView<'a>>,
        options: &FuseOptions<'_>,
        outputs: impl Into<FuseOutputs<'a>>,
    ) -> Result<()> {
        let outputs = outputs.into();
        let streams = RawStreams::new(streams, Direction::Forward, self)?;
        let target_times = target_times.into();
        let target = Raw::input(&target_times);
        let target_offsets = Raw::input(&options.target_offsets);
        let output = Raw::output(&outputs.values);
        let valid = Raw::output(&outputs.valid);
        let (workspace, workspace_size) = Workspace::raw(outputs.workspace.as_ref(), self)?;
        let raw = rc_fuse_options {
            target_offsets: target_offsets.pointer(),
            valid: valid.pointer_mut(),
            workspace,
            workspace_size,
            ..rc_fuse_options::INIT
        };
        // SAFETY: all tensors describe memory that this call borrows.
        self.call(|context| unsafe {
            sys::rc_fuse(
                context,
                streams.pointer(),
                streams.count(),
                target.pointer(),
                &raw,
                output.pointer_mut(),
            )
        })
    }

    /// Bytes of workspace that [`fuse`](Self::fuse) with the same arguments needs: exact, from
    /// shapes and options alone.
    ///
    /// # Errors
    ///
    /// Those of `fuse` that shapes and options can cause.
    pub fn fuse_workspace_size<'a>(
        &self,
        streams: &[Stream<'_>],
        target_times: impl Into<TensorView<'a>>,
        options: &FuseOptions<'_>,
        outputs: &FuseOutputs<'_>,
    ) -> Result<u64> {
        let streams = RawStreams::new(streams, Direction::Forward, self)?;
        let target_times = target_times.into();
        let target = Raw::input(&target_times);
        let target_offsets = Raw::input(&options.target_offsets);
        let output = Raw::output(&outputs.values);
        let valid = Raw::output(&outputs.valid);
        let raw = rc_fuse_options {
            target_offsets: target_offsets.pointer(),
            valid: valid.pointer_mut(),
            ..rc_fuse_options::INIT
        };
        // SAFETY: only descriptions are read.
        self.size(|context, size| unsafe {
            sys::rc_fuse_workspace_size(
                context,
                streams.pointer(),
                streams.count(),
                target.pointer(),
                &raw,
                output.pointer(),
                size,
            )
        })
    }

    /// Gradient of [`fuse`](Self::fuse) with respect to the values of each stream that has
    /// [`grad_values`](Stream::grad_values).
    ///
    /// - `grad_output`: gradient of the output of all; `None` where each stream has
    ///   [`grad_output`](Stream::grad_output).
    /// - `workspace`: at least what
    ///   [`fuse_backward_workspace_size`](Self::fuse_backward_workspace_size) says, or `None`.
    ///
    /// # Errors
    ///
    /// Those of [`resample_backward`](Self::resample_backward).
    pub fn fuse_backward<'a>(
        &self,
        grad_output: impl Into<Option<TensorView<'a>>>,
        streams: &mut [Stream<'_>],
        target_times: impl Into<TensorView<'a>>,
        options: &FuseOptions<'_>,
        workspace: Option<Workspace<'_>>,
    ) -> Result<()> {
        let grad_output = grad_output.into();
        let streams = RawStreams::new(streams, Direction::Backward, self)?;
        let gradient = Raw::input(&grad_output);
        let target_times = target_times.into();
        let target = Raw::input(&target_times);
        let target_offsets = Raw::input(&options.target_offsets);
        let (workspace, workspace_size) = Workspace::raw(workspace.as_ref(), self)?;
        let raw = rc_fuse_options {
            target_offsets: target_offsets.pointer(),
            workspace,
            workspace_size,
            ..rc_fuse_options::INIT
        };
        // SAFETY: all tensors describe memory that this call borrows.
        self.call(|context| unsafe {
            sys::rc_fuse_backward(
                context,
                gradient.pointer(),
                streams.pointer(),
                streams.count(),
                target.pointer(),
                &raw,
            )
        })
    }

    /// Bytes of workspace that [`fuse_backward`](Self::fuse_backward) with the same arguments
    /// needs: exact, from shapes and options alone.
    ///
    /// # Errors
    ///
    /// Those of `fuse_backward` that shapes and options can cause.
    pub fn fuse_backward_workspace_size<'a>(
        &self,
        grad_output: impl Into<Option<TensorView<'a>>>,
        streams: &[Stream<'_>],
        target_times: impl Into<TensorView<'a>>,
        options: &FuseOptions<'_>,
    ) -> Result<u64> {
        let grad_output = grad_output.into();
        let streams = RawStreams::new(streams, Direction::Backward, self)?;
        let gradient = Raw::input(&grad_output);
        let target_times = target_times.into();
        let target = Raw::input(&target_times);
        let target_offsets = Raw::input(&options.target_offsets);
        let raw =
            rc_fuse_options { target_offsets: target_offsets.pointer(), ..rc_fuse_options::INIT };
        // SAFETY: only descriptions are read.
        self.size(|context, size| unsafe {
            sys::rc_fuse_backward_workspace_size(
                context,
                gradient.pointer(),
                streams.pointer(),
                streams.count(),
                target.pointer(),
                &raw,
                size,
            )
        })
    }
}
