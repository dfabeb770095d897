// SPDX-License-Identifier: Apache-2.0
//! Spans of time, clocks, and how one maps onto another.

use std::ops::Range;
use std::ptr;

use robocache_sys::{self as sys, rc_clock_map, rc_duration, rc_window};

use crate::error::{Error, ErrorCode, Result, check};

/// A span of time in the unit of the times: ticks beside `i64` times, seconds beside `f64` and
/// `f32` times. `100_000_000_i64.into()` and `0.1.into()` are spans too.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Span {
    /// Of `i64` times, nanoseconds as a rule.
    Ticks(i64),
    /// Of float times.
    Seconds(f64),
}

impl Default for Span {
    fn default() -> Self {
        Self::Ticks(0)
    }
}

impl From<i64> for Span {
    fn from(ticks: i64) -> Self {
        Self::Ticks(ticks)
    }
}

impl From<f64> for Span {
    fn from(seconds: f64) -> Self {
        Self::Seconds(seconds)
    }
}

impl Span {
    pub(crate) fn raw(self) -> rc_duration {
        match self {
            Self::Ticks(ticks) => rc_duration { ticks, seconds: 0.0 },
            Self::Seconds(seconds) => rc_duration { ticks: 0, seconds },
        }
    }
}

/// What an aggregate reaches back and ahead from its target: the samples with
/// `t - before < time <= t + after`. Neither is negative, and not both are zero.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Window {
    /// Back.
    pub before: Span,
    /// Ahead.
    pub after: Span,
}

impl Window {
    /// Back alone, as causal filters have it.
    pub fn before(span: impl Into<Span>) -> Self {
        Self { before: span.into(), ..Self::default() }
    }

    /// As far back as ahead.
    pub fn around(span: impl Into<Span>) -> Self {
        let span = span.into();
        Self { before: span, after: span }
    }

    pub(crate) fn raw(self) -> rc_window {
        rc_window { before: self.before.raw(), after: self.after.raw() }
    }
}

/// Maps source times onto the target's clock: `t + offset + drift * (t - reference)`. Of `i64`
/// times the product is taken in `f64` and rounded to the nearest tick, ties to even.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ClockMap {
    /// Where the drift is zero.
    pub reference: Span,
    /// What the target's clock is ahead there.
    pub offset: Span,
    /// Seconds gained per second: finite, greater than -1.
    pub drift: f64,
}

impl ClockMap {
    pub(crate) fn raw(self) -> rc_clock_map {
        rc_clock_map {
            reference: self.reference.raw(),
            offset: self.offset.raw(),
            drift: self.drift,
        }
    }
}

/// A rate in hertz as a fraction: 30, or 30000/1001.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rate {
    /// At least 1.
    pub numerator: i64,
    /// At least 1.
    pub denominator: i64,
}

impl Rate {
    /// `hertz` ticks a second.
    pub const fn hertz(hertz: i64) -> Self {
        Self::new(hertz, 1)
    }

    /// `numerator / denominator` ticks a second.
    pub const fn new(numerator: i64, denominator: i64) -> Self {
        Self { numerator, denominator }
    }
}

/// An exact clock without drift: tick k is
/// `start + floor(k * ticks_per_second * denominator / numerator)` for all k with tick k < end.
///
/// ```
/// use robocache::{Rate, target_clock};
///
/// let ticks = target_clock(0..100_000_000, 1_000_000_000, Rate::new(30_000, 1_001))?;
/// assert_eq!(ticks, [0, 33_366_666, 66_733_333]);
/// # Ok::<(), robocache::Error>(())
/// ```
///
/// # Errors
///
/// [`InvalidArgument`](ErrorCode::InvalidArgument): an end before the start, ticks per second or a
/// part of the rate below 1. [`OutOfMemory`](ErrorCode::OutOfMemory): more ticks than fit.
pub fn target_clock(span: Range<i64>, ticks_per_second: i64, rate: Rate) -> Result<Vec<i64>> {
    let count = target_clock_into(span.clone(), ticks_per_second, rate, &mut [])?;
    let mut ticks = Vec::new();
    ticks.try_reserve_exact(count).map_err(|_| {
        Error::new(ErrorCode::OutOfMemory, format!("target_clock: no room for {count} ticks"))
    })?;
    ticks.resize(count, 0);
    target_clock_into(span, ticks_per_second, rate, &mut ticks)?;
    Ok(ticks)
}

/// As [`target_clock`], into memory of the caller; returns how many ticks the clock has. With an
/// empty slice it only counts.
///
/// # Errors
///
/// As [`target_clock`], and [`CapacityExceeded`](ErrorCode::CapacityExceeded): the clock has more
/// ticks than `ticks` has room for, which is not empty; the first ones were written.
pub fn target_clock_into(
    span: Range<i64>,
    ticks_per_second: i64,
    rate: Rate,
    ticks: &mut [i64],
) -> Result<usize> {
    let mut count = 0;
    let pointer = if ticks.is_empty() { ptr::null_mut() } else { ticks.as_mut_ptr() };
    // SAFETY: `ticks` has room for as many as it is said to, and `count` is there for the call.
    check(unsafe {
        sys::rc_target_clock(
            span.start,
            span.end,
            ticks_per_second,
            rate.numerator,
            rate.denominator,
            ticks.len() as i64,
            pointer,
            &mut count,
        )
    })?;
    Ok(usize::try_from(count).unwrap_or_default())
}
