// SPDX-License-Identifier: Apache-2.0
//! Rules and layout of a stream.

use std::ptr;

use robocache_sys::{self as sys, rc_resample_flag, rc_resample_options};

use crate::context::Context;
use crate::error::Result;
use crate::resample::{Channels, Duplicates, Mode, Order, Outside, Quality};
use crate::tensor::{Raw, TensorView};
use crate::time::{ClockMap, Span, Window};
use crate::workspace::Workspace;

/// How to resample, and how the samples lie: by default linear, held outside, source times checked,
/// neither samples nor targets packed.
///
/// ```
/// use robocache::{Mode, Outside, ResampleOptions};
///
/// let options = ResampleOptions::new()
///     .mode(Mode::Previous)
///     .outside(Outside::Fill)
///     .fill_value(f64::NAN)
///     .max_gap(100_000_000_i64);
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct ResampleOptions<'a> {
    offsets: Option<TensorView<'a>>,
    lengths: Option<TensorView<'a>>,
    sequence_ids: Option<TensorView<'a>>,
    target_offsets: Option<TensorView<'a>>,
    channels: Vec<Channels>,
    /// The rules that are numbers. Its pointers are set for a call only.
    rules: rc_resample_options,
}

// SAFETY: the pointers in `rules` are NULL; all else is Send and Sync.
unsafe impl Send for ResampleOptions<'_> {}
// SAFETY: as above.
unsafe impl Sync for ResampleOptions<'_> {}

impl Default for ResampleOptions<'_> {
    fn default() -> Self {
        Self {
            offsets: None,
            lengths: None,
            sequence_ids: None,
            target_offsets: None,
            channels: Vec::new(),
            rules: rc_resample_options::INIT,
        }
    }
}

impl<'a> ResampleOptions<'a> {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// `i64` `[E+1]`: values `[N,D]` and source times `[N]` are packed; sequence e holds the
    /// samples `offsets[e]` to `offsets[e+1]-1`.
    pub fn offsets(mut self, offsets: impl Into<TensorView<'a>>) -> Self {
        self.offsets = Some(offsets.into());
        self
    }

    /// `i64` `[E]`: samples that count in each sequence of `[E,S,D]`, 0 to S. Not with `offsets`.
    pub fn lengths(mut self, lengths: impl Into<TensorView<'a>>) -> Self {
        self.lengths = Some(lengths.into());
        self
    }

    /// `i64` `[B]`: the sequence that each row of the output reads, 0 to E-1.
    pub fn sequence_ids(mut self, ids: impl Into<TensorView<'a>>) -> Self {
        self.sequence_ids = Some(ids.into());
        self
    }

    /// `i64` `[B+1]`: target times `[M]` are packed; row b has the targets `target_offsets[b]` to
    /// `target_offsets[b+1]-1`. Not in a stream of a fuse, where they are the call's.
    pub fn target_offsets(mut self, offsets: impl Into<TensorView<'a>>) -> Self {
        self.target_offsets = Some(offsets.into());
        self
    }

    /// Mode of the channels that no group names, and of the index outputs.
    pub fn mode(mut self, mode: Mode) -> Self {
        self.rules.mode = mode as i32;
        self
    }

    /// Groups of channels with modes of their own, in any order, without overlap; at most
    /// [`MAX_CHANNEL_GROUPS`](crate::MAX_CHANNEL_GROUPS).
    pub fn channels(mut self, groups: impl Into<Vec<Channels>>) -> Self {
        self.channels = groups.into();
        self
    }

    /// What a target before the first or after the last sample receives.
    pub fn outside(mut self, outside: Outside) -> Self {
        self.rules.outside = outside as i32;
        self
    }

    /// What to do with source times that step backward.
    pub fn order(mut self, order: Order) -> Self {
        self.rules.order = order as i32;
        self
    }

    /// Which of several samples with equal times counts.
    pub fn duplicates(mut self, duplicates: Duplicates) -> Self {
        self.rules.duplicates = duplicates as i32;
        self
    }

    /// What targets without a value receive; 0 by default. For integer outputs an integer of their
    /// range.
    pub fn fill_value(mut self, value: f64) -> Self {
        self.rules.fill_value = value;
        self
    }

    /// Widest gap to bridge, and greatest distance to hold over; exactly as wide is bridged. Any by
    /// default, or by zero. Aggregates do not use it.
    pub fn max_gap(mut self, span: impl Into<Span>) -> Self {
        self.rules.max_gap = span.into().raw();
        self
    }

    /// What the aggregates aggregate over; they require it, the other modes refuse it.
    pub fn window(mut self, window: Window) -> Self {
        self.rules.window = window.raw();
        self
    }

    /// How source times map onto the target's clock; by default they share one.
    pub fn clock(mut self, map: ClockMap) -> Self {
        self.rules.clock = map.raw();
        self
    }

    /// Treats each channel (a quaternion counts as one) as if it had only its finite samples,
    /// instead of letting NaN and infinities through.
    pub fn skip_nan(mut self) -> Self {
        self.rules.flags |= rc_resample_flag::RC_RESAMPLE_SKIP_NAN.0;
        self
    }

    /// Trusts times, offsets, lengths, ids and quaternions, which saves the time to check them.
    ///
    /// # Safety
    ///
    /// Offsets, lengths and ids are as their methods say. What wrong times and quaternions give is
    /// unspecified.
    pub unsafe fn skip_validation(mut self) -> Self {
        self.rules.flags |= rc_resample_flag::RC_RESAMPLE_SKIP_VALIDATION.0;
        self
    }
}

/// The options of one stream and its quality outputs, for as long as a call lasts.
pub(crate) struct RawOptions<'a> {
    options: &'a ResampleOptions<'a>,
    offsets: Raw<'a>,
    lengths: Raw<'a>,
    sequence_ids: Raw<'a>,
    target_offsets: Raw<'a>,
    valid: Raw<'a>,
    reason: Raw<'a>,
    source_index: Raw<'a>,
    next_index: Raw<'a>,
    weight: Raw<'a>,
    age: Raw<'a>,
}

impl<'a> RawOptions<'a> {
    pub(crate) fn new(options: &'a ResampleOptions<'a>, quality: &'a Quality<'a>) -> Self {
        Self {
            options,
            offsets: Raw::input(&options.offsets),
            lengths: Raw::input(&options.lengths),
            sequence_ids: Raw::input(&options.sequence_ids),
            target_offsets: Raw::input(&options.target_offsets),
            valid: Raw::output(&quality.valid),
            reason: Raw::output(&quality.reason),
            source_index: Raw::output(&quality.source_index),
            next_index: Raw::output(&quality.next_index),
            weight: Raw::output(&quality.weight),
            age: Raw::output(&quality.age),
        }
    }

    /// The C struct. It points into `self`, which must stay where it is.
    pub(crate) fn raw(
        &self,
        workspace: Option<&Workspace<'_>>,
        context: &Context,
    ) -> Result<rc_resample_options> {
        let channels = &self.options.channels;
        let (workspace, workspace_size) = Workspace::raw(workspace, context)?;
        Ok(rc_resample_options {
            offsets: self.offsets.pointer(),
            lengths: self.lengths.pointer(),
            sequence_ids: self.sequence_ids.pointer(),
            target_offsets: self.target_offsets.pointer(),
            channels: if channels.is_empty() { ptr::null() } else { channels.as_ptr().cast() },
            num_channels: channels.len() as i64,
            valid: self.valid.pointer_mut(),
            reason: self.reason.pointer_mut(),
            source_index: self.source_index.pointer_mut(),
            next_index: self.next_index.pointer_mut(),
            weight: self.weight.pointer_mut(),
            age: self.age.pointer_mut(),
            workspace,
            workspace_size,
            ..self.options.rules
        })
    }
}

const _: () = assert!(size_of::<Channels>() == size_of::<sys::rc_channels>());
