// SPDX-License-Identifier: Apache-2.0
//! How a value is made from samples.

use std::ops::Range;

use bitflags::bitflags;
use robocache_sys::{
    self as sys, rc_channels, rc_duplicates, rc_mode, rc_order, rc_outside, rc_reason,
};

use crate::element::{DType, Element};

/// Most channel groups of one stream.
pub const MAX_CHANNEL_GROUPS: usize = sys::RC_MAX_CHANNEL_GROUPS as usize;

/// How a value is made from samples. Below, (t0, v0) and (t1, v1) are the samples around the target
/// t: t0 the last that is not later, t1 the first that is later. A target that equals the time of a
/// sample gives that sample untouched in all modes before [`Mean`](Self::Mean).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u32)]
#[non_exhaustive]
pub enum Mode {
    /// On the straight line from v0 to v1.
    #[default]
    Linear = rc_mode::RC_MODE_LINEAR.0,
    /// v0: the last sample that is not later.
    Previous = rc_mode::RC_MODE_PREVIOUS.0,
    /// The first sample that is not earlier.
    Next = rc_mode::RC_MODE_NEXT.0,
    /// The sample closest in time; of two equally close ones the earlier.
    Nearest = rc_mode::RC_MODE_NEAREST.0,
    /// Monotone cubic, as SciPy's `PchipInterpolator`, its end slopes included.
    Pchip = rc_mode::RC_MODE_PCHIP.0,
    /// Quaternions of unit length (any order of components, four channels each) along the shorter
    /// great arc. Inputs are normalised; of q and -q the sign of the earlier sample is kept.
    Slerp = rc_mode::RC_MODE_SLERP.0,
    /// Radians, linear along the shorter arc modulo 2 pi; wrapped where the arc crosses the seam.
    Angle = rc_mode::RC_MODE_ANGLE.0,
    /// Of the samples in the [`Window`](crate::Window): their mean.
    Mean = rc_mode::RC_MODE_MEAN.0,
    /// Of the samples in the window: their sum.
    Sum = rc_mode::RC_MODE_SUM.0,
    /// Of the samples in the window: the least.
    Min = rc_mode::RC_MODE_MIN.0,
    /// Of the samples in the window: the greatest.
    Max = rc_mode::RC_MODE_MAX.0,
    /// Of the samples in the window: the newest.
    Last = rc_mode::RC_MODE_LAST.0,
}

/// What a target before the first or after the last sample receives. Exactly on the first or last
/// sample is not outside. Aggregates do not use this rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u32)]
#[non_exhaustive]
pub enum Outside {
    /// The first or the last sample.
    #[default]
    Hold = rc_outside::RC_OUTSIDE_HOLD.0,
    /// The fill value; not valid.
    Fill = rc_outside::RC_OUTSIDE_FILL.0,
    /// The curve of the first or last bracket, however wide, continued; `Previous`, `Next` and
    /// `Nearest` hold, and so does a sequence of one sample. `max_gap` limits how far.
    Extrapolate = rc_outside::RC_OUTSIDE_EXTRAPOLATE.0,
}

/// What to do with source times that step backward.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u32)]
#[non_exhaustive]
pub enum Order {
    /// Refuse them, with the row and the index.
    #[default]
    Check = rc_order::RC_ORDER_CHECK.0,
    /// Sort the samples by time; samples of equal time keep their order.
    Sort = rc_order::RC_ORDER_SORT.0,
    /// Leave out every sample that is earlier than one before it.
    Drop = rc_order::RC_ORDER_DROP.0,
}

/// Which of several samples with equal times counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u32)]
#[non_exhaustive]
pub enum Duplicates {
    /// The last.
    #[default]
    Last = rc_duplicates::RC_DUPLICATES_LAST.0,
    /// The first.
    First = rc_duplicates::RC_DUPLICATES_FIRST.0,
    /// Their mean; of quaternions the normalised mean after aligning signs.
    Mean = rc_duplicates::RC_DUPLICATES_MEAN.0,
}

bitflags! {
    /// Why a target has no value of its own, or one that is not plain: an element of
    /// [`Quality::reason`](crate::Quality::reason).
    #[repr(transparent)]
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct Reason: u8 {
        /// The target is earlier than the first sample.
        const BEFORE_FIRST = rc_reason::RC_REASON_BEFORE_FIRST.0 as u8;
        /// The target is later than the last sample.
        const AFTER_LAST = rc_reason::RC_REASON_AFTER_LAST.0 as u8;
        /// The samples around the target are farther apart than `max_gap`. Filled.
        const GAP = rc_reason::RC_REASON_GAP.0 as u8;
        /// The sample to hold is farther from the target than `max_gap`. Filled.
        const STALE = rc_reason::RC_REASON_STALE.0 as u8;
        /// A channel is NaN, or `skip_nan` found no finite sample.
        const NAN = rc_reason::RC_REASON_NAN.0 as u8;
        /// The sequence or the window has no sample, or the stream is absent. Filled.
        const EMPTY = rc_reason::RC_REASON_EMPTY.0 as u8;
        const _ = !0;
    }
}

// SAFETY: it is a transparent u8, and any u8 is one.
unsafe impl Element for Reason {
    const DTYPE: DType = DType::U8;
}

/// Channels that have a mode of their own.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct Channels(rc_channels);

impl Channels {
    /// The channels of `range` are interpolated by `mode`. Of [`Mode::Slerp`] they are quaternions,
    /// four channels each.
    ///
    /// ```
    /// use robocache::{Channels, Mode};
    ///
    /// let pose = [Channels::new(0..3, Mode::Linear), Channels::new(3..7, Mode::Slerp)];
    /// ```
    pub fn new(range: Range<usize>, mode: Mode) -> Self {
        let signed = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        let (begin, end) = (signed(range.start), signed(range.end));
        Self(rc_channels { begin, count: end - begin, mode: mode as i32, reserved: 0 })
    }
}
