# SPDX-License-Identifier: Apache-2.0
"""What is right and wrong with the timing and the values of a recording.

Per stream, with dt the steps between the stamps as recorded:

- *rate* is (N - 1) / (last - first), *median rate* 1 / median dt of the steps forward; they differ
  where samples are missing or bunched.
- *jitter* is |dt - median dt|.
- A *gap* is a step longer than `gap_factor` times the median dt (1.75: one lost sample shows, the
  jitter of a loaded machine mostly does not).
- *duplicates* are steps of zero, *backward* are steps below zero.
- *delay* is the receive stamp minus the header stamp.
- *declared drift* is the largest |t_i - (t_0 + i / declared rate)|: how wrong time stamps are that
  are made by counting frames.

The suggested clock covers the time in which all streams run. Streams that cannot take part (fewer
than two samples, all stamps equal) and those without which the overlap would be more than four
times as long are set aside, and named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .readers.kinds import quaternion_norms
from .recording import Field, Progress, RecordedStream, Recording, Stamps

GAP_FACTOR = 1.75
MAX_SUGGESTED_RATE = 100.0
_WORTH_LEAVING_OUT = 4
_COMMON_RATES = (1, 2, 4, 5, 10, 12.5, 15, 20, 24, 25, 30, 40, 50, 60, 75, 80, 90, 100)


@dataclass(frozen=True)
class Gap:
    """A step between two stamps that is too long."""

    start_ns: int
    length_ns: int


@dataclass(frozen=True)
class Spread:
    """Percentiles of a duration, in ns."""

    p50: float
    p95: float
    p99: float
    max: float


@dataclass(frozen=True)
class Delay:
    """Receive stamps minus header stamps, in ns, and how evenly either is spaced."""

    min: int
    median: float
    p95: float
    max: int
    header_jitter: Spread | None
    receive_jitter: Spread | None


@dataclass(frozen=True)
class FieldReport:
    """One field. `nan` counts messages with a NaN; norms and flips are of quaternions."""

    name: str
    kind: str
    dtype: str
    width: int
    unit: str | None
    nan: int
    norm_min: float | None = None
    norm_max: float | None = None
    sign_flips: int | None = None


@dataclass(frozen=True)
class StreamReport:
    """One stream; what cannot be told (of too few samples, say) is None."""

    name: str
    type_name: str
    count: int
    stamps: Stamps
    first_ns: int | None
    last_ns: int | None
    duration_s: float | None
    rate: float | None
    median_rate: float | None
    declared_rate: float | None
    declared_drift_s: float | None
    jitter_ns: Spread | None
    gaps: tuple[Gap, ...]
    duplicates: int
    backward: int
    all_equal: bool
    delay_ns: Delay | None
    fields: tuple[FieldReport, ...]
    left_out: Mapping[str, str]
    payload_bytes: int | None

    @property
    def largest_gap(self) -> Gap | None:
        """The longest of `gaps`."""
        return max(self.gaps, key=lambda gap: gap.length_ns, default=None)

    @property
    def usable(self) -> bool:
        """Whether its stamps say when its samples were taken."""
        return self.count >= 2 and not self.all_equal


@dataclass(frozen=True)
class SuggestedClock:
    """Target times `start_ns + k / rate`, up to `stop_ns`."""

    start_ns: int
    stop_ns: int
    rate: float
    why: str


@dataclass(frozen=True)
class InspectionReport:
    """All that `inspect` found. `to_json` has the same names."""

    path: str
    format: str
    notes: tuple[str, ...]
    metadata: Mapping[str, Any]
    streams: tuple[StreamReport, ...]
    overlap_start_ns: int | None
    overlap_stop_ns: int | None
    set_aside: Mapping[str, str]
    suggested_clock: SuggestedClock | None

    def to_json(self) -> dict[str, Any]:
        """Only dicts, lists, strings, numbers and None; stamps stay exact integers."""
        return _plain(asdict(self))


def inspect(
    recording: Recording,
    *,
    stamps: Stamps | None = None,
    gap_factor: float = GAP_FACTOR,
    declared_rates: Mapping[str, float] | None = None,
    progress: Progress | None = None,
) -> InspectionReport:
    """Measure every stream of a recording.

    Args:
        recording: An open recording; all of it gets decoded, but for images and point clouds.
        stamps: "header" or "receive"; by default as `RecordedStream.times`.
        gap_factor: Steps longer than this times the median step are gaps; above 1.
        declared_rates: Rates in Hz by stream name, in place of those that the recording states.
        progress: Called with messages decoded and messages in all.

    Raises:
        RecordingError: The recording is damaged, or a stream lacks the stamps asked for.
        ValueError: `gap_factor` is not above 1.
    """
    if not gap_factor > 1.0:
        raise ValueError(f"gap_factor: expected more than 1, got {gap_factor}")
    recording.load(progress=progress)
    rates = declared_rates or {}
    reports = tuple(
        _stream_report(stream, stamps, gap_factor, rates.get(name, stream.declared_rate))
        for name, stream in recording.streams.items()
    )
    together, set_aside = _running_together(reports)
    start, stop = _overlap(together) if together else (None, None)
    return InspectionReport(
        path=str(recording.path),
        format=recording.format,
        notes=recording.notes,
        metadata=recording.metadata,
        streams=reports,
        overlap_start_ns=start,
        overlap_stop_ns=stop,
        set_aside=set_aside,
        suggested_clock=_suggest_clock(together),
    )


def _stream_report(
    stream: RecordedStream, stamps: Stamps | None, gap_factor: float, declared: float | None
) -> StreamReport:
    ns, source = stream.times(stamps)
    steps = np.diff(ns)
    typical = _typical_step(steps)
    span = int(ns.max() - ns.min()) if ns.size else 0
    gaps = np.flatnonzero(steps > gap_factor * typical) if typical else np.empty(0, np.intp)
    return StreamReport(
        name=stream.name,
        type_name=stream.type_name,
        count=len(ns),
        stamps=source,
        first_ns=int(ns.min()) if ns.size else None,
        last_ns=int(ns.max()) if ns.size else None,
        duration_s=span / 1e9 if ns.size else None,
        rate=(len(ns) - 1) * 1e9 / span if span else None,
        median_rate=1e9 / typical if typical else None,
        declared_rate=declared,
        declared_drift_s=_declared_drift(ns, declared) if declared and ns.size else None,
        jitter_ns=_jitter(steps),
        gaps=tuple(Gap(int(ns[row]), int(steps[row])) for row in gaps),
        duplicates=int((steps == 0).sum()),
        backward=int((steps < 0).sum()),
        all_equal=ns.size >= 2 and span == 0,
        delay_ns=_delay(stream),
        fields=tuple(_field_report(field) for field in stream.fields.values()),
        left_out=stream.left_out,
        payload_bytes=stream.payload_bytes,
    )


def _typical_step(steps: NDArray[np.int64]) -> float:
    """Median of the steps forward, 0 if there is none."""
    forward = steps[steps > 0]
    return float(np.median(forward)) if forward.size else 0.0


def _jitter(steps: NDArray[np.int64]) -> Spread | None:
    typical = _typical_step(steps)
    if not typical:
        return None
    deviation = np.abs(steps - typical)
    p50, p95, p99 = np.percentile(deviation, [50, 95, 99])
    return Spread(float(p50), float(p95), float(p99), float(deviation.max()))


def _declared_drift(ns: NDArray[np.int64], rate: float) -> float:
    counted = np.arange(len(ns)) / rate
    return float(np.abs((ns - ns[0]) / 1e9 - counted).max())


def _delay(stream: RecordedStream) -> Delay | None:
    header, receive = stream.header_ns, stream.receive_ns
    if header is None or receive is None or not header.any():
        return None
    delay = receive - header
    return Delay(
        min=int(delay.min()),
        median=float(np.median(delay)),
        p95=float(np.percentile(delay, 95)),
        max=int(delay.max()),
        header_jitter=_jitter(np.diff(header)),
        receive_jitter=_jitter(np.diff(receive)),
    )


def _field_report(field: Field) -> FieldReport:
    values = field.values
    nan = 0
    if values.dtype.kind == "f":
        missing = np.isnan(values)
        nan = int((missing if values.ndim == 1 else missing.any(axis=1)).sum())
    described = field.name, field.kind, str(values.dtype), field.width, field.unit, nan
    if field.order is None:
        return FieldReport(*described)
    norms = quaternion_norms(values)
    there = values[~np.isnan(values).any(axis=1)].astype(np.float64)
    flips = int((np.einsum("ij,ij->i", there[1:], there[:-1]) < 0.0).sum())
    if not norms.size:
        return FieldReport(*described)
    return FieldReport(*described, float(norms.min()), float(norms.max()), flips)


def _overlap(reports: Sequence[StreamReport]) -> tuple[int, int]:
    """Last start and first end; the end lies before the start if there is no overlap."""
    return (
        max(report.first_ns for report in reports if report.first_ns is not None),
        min(report.last_ns for report in reports if report.last_ns is not None),
    )


def _running_together(
    reports: Sequence[StreamReport],
) -> tuple[list[StreamReport], dict[str, str]]:
    """Streams with a common time, and why each of the others is none of them."""
    set_aside: dict[str, str] = {}
    together = []
    for report in reports:
        if report.usable:
            together.append(report)
        else:
            equal = f"all {report.count} stamps are equal"
            set_aside[report.name] = equal if report.all_equal else f"{report.count} messages"
    while len(together) > 1:
        start, stop = _overlap(together)
        gains = []
        for report in together:
            others = [one for one in together if one is not report]
            other_start, other_stop = _overlap(others)
            gains.append((other_stop - other_start, report))
        longest, odd_one = max(gains, key=lambda gain: gain[0])
        if longest <= max(_WORTH_LEAVING_OUT * (stop - start), 0):
            break
        together.remove(odd_one)
        set_aside[odd_one.name] = (
            f"without it the overlap is {longest / 1e9:.3g} s instead of "
            f"{max(stop - start, 0) / 1e9:.3g} s"
        )
    return together, set_aside


def _suggest_clock(together: Sequence[StreamReport]) -> SuggestedClock | None:
    """The rate of the slowest camera or other payload, else of the fastest sensor up to 100 Hz."""
    rated = [(one.median_rate, one) for one in together if one.median_rate]
    if not rated:
        return None
    start, stop = _overlap(together)
    if stop <= start:
        return None
    pictures = [(rate, one) for rate, one in rated if one.payload_bytes is not None]
    if pictures:
        rate, report = min(pictures, key=lambda pair: pair[0])
        why = f"the rate of {report.name}, the slowest stream of images or clouds"
    else:
        rate, report = max(rated, key=lambda pair: pair[0])
        why = f"the rate of {report.name}, the fastest stream"
    why += f" ({rate:.4g} Hz)"
    if rate > MAX_SUGGESTED_RATE:
        rate = MAX_SUGGESTED_RATE
        why += f", limited to {rate:g} Hz"
    return SuggestedClock(start, stop, _round_rate(rate), why)


def _round_rate(rate: float) -> float:
    """A usual rate if one is within 2 %, else two digits."""
    nearest = min(_COMMON_RATES, key=lambda common: abs(common - rate))
    return float(nearest) if abs(nearest - rate) <= 0.02 * rate else float(f"{rate:.2g}")


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, np.generic | np.ndarray):
        return _plain(value.tolist())
    if value is None or isinstance(value, str | int | bool):
        return value
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    return str(value)
