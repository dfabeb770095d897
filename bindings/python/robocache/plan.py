# SPDX-License-Identifier: Apache-2.0
"""What an alignment will do, decided before the work: streams, stamps, modes, clock.

Reads what the recording holds and its stamps; computes no value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

import robocache as rc

from .modes import AGGREGATES, SELECTIONS, refusal, suggest
from .recording import Field, RecordedStream, Recording, RecordingError, Stamps
from .selection import select
from .units import NANOSECONDS_PER_SECOND, nanoseconds, rate_in_hertz, show_duration

Duration = float | str
Span = Literal["union", "overlap"]
Outside = Literal["hold", "fill", "extrapolate"]
Order = Literal["check", "sort", "drop"]
Duplicates = Literal["last", "first", "mean"]

MAX_OUTPUT_BYTES = 16 << 30
GAP_WORTH_A_NOTE = 10
"""A bridged gap is mentioned when it is this many times the usual step."""


@dataclass(frozen=True)
class Column:
    """One field of the result."""

    name: str
    mode: str
    field: Field
    is_index: bool = False
    """The number of the message itself, for streams without fields."""

    @property
    def interpolated(self) -> bool:
        """Whether values are computed; else samples are handed on as they are."""
        return not self.field.discrete or self.mode not in SELECTIONS

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the result: that of the field, or the float type it is computed in."""
        given = self.field.values.dtype
        if not self.interpolated:
            return given
        narrow = given.kind == "f" and given.itemsize <= 4
        return np.dtype(np.float32 if narrow else np.float64)

    @property
    def width(self) -> int:
        """Channels per tick."""
        return self.field.width

    @property
    def labels(self) -> list[str] | None:
        """Names of the channels; None for a single one."""
        if self.field.values.ndim == 1:
            return None
        if self.field.order is not None:
            return [f"{self.name}.{axis}" for axis in self.field.order]
        return [f"{self.name}[{channel}]" for channel in range(self.width)]


@dataclass(frozen=True)
class Source:
    """One stream as it goes in."""

    name: str
    type_name: str
    times: NDArray[np.int64]
    stamps: Stamps
    columns: Sequence[Column]
    max_gap_ns: int | None
    backward: int
    """Stamps that are earlier than the one before."""
    duplicates: int
    """Stamps equal to another, after sorting."""
    usual_step_ns: float
    widest_gap_ns: int


@dataclass(frozen=True)
class Plan:
    """All decisions of an alignment, before the work."""

    recording: Recording
    sources: Sequence[Source]
    clock: NDArray[np.int64]
    rate: Fraction | None
    clock_stream: str | None
    """The stream whose stamps are the clock, else None."""
    span: Span
    outside: Outside
    order: Order
    duplicates: Duplicates
    skip_nan: bool
    window_ns: tuple[int, int] | None
    notes: Sequence[str]

    @property
    def columns(self) -> list[tuple[Source, Column]]:
        return [(source, column) for source in self.sources for column in source.columns]


def make_plan(
    recording: Recording,
    *,
    rate: float | Fraction | str | None = None,
    clock: str | None = None,
    streams: Sequence[str] | None = None,
    modes: Mapping[str, str] | None = None,
    max_gap: Duration | Mapping[str, Duration] | None = None,
    window: Duration | tuple[Duration, Duration] | None = None,
    span: Span = "union",
    start: Duration | None = None,
    stop: Duration | None = None,
    stamps: Stamps | None = None,
    outside: Outside = "fill",
    order: Order = "sort",
    duplicates: Duplicates = "last",
    skip_nan: bool = False,
) -> Plan:
    """Decide how `align` would go about it; arguments and errors are those of `align`."""
    if (rate is None) == (clock is None):
        raise rc.InvalidArgumentError("rate, clock: expected exactly one of them")
    for argument, value, allowed in (
        ("span", span, Span),
        ("stamps", stamps or "header", Stamps),
        ("outside", outside, Outside),
        ("order", order, Order),
        ("duplicates", duplicates, Duplicates),
    ):
        if value not in get_args(allowed):
            names = ", ".join(get_args(allowed))
            raise rc.InvalidArgumentError(f"{argument}: expected one of {names}, got {value!r}")
    hertz = None if rate is None else rate_in_hertz(rate)
    notes: list[str] = []
    chosen = select(recording, streams or ())
    chosen_modes = _choose_modes(recording, chosen, modes or {})
    gaps = _choose_gaps(recording, chosen, max_gap)
    sources = []
    for stream, fields in chosen:
        source = _source(stream, fields, chosen_modes, gaps[stream.name], stamps, order)
        problem = _no_time(source)
        if problem is None:
            sources.append(source)
            notes.extend(_stamp_notes(source, order))
        elif not streams:
            notes.append(f"{stream.name}: left out, {problem}")
        else:
            raise RecordingError(recording.path, f"stream {stream.name!r}: {problem}")
    if not sources:
        raise RecordingError(recording.path, "no stream has stamps to align")
    first, last = _range(recording, sources, span, start, stop)
    clock_stream = None
    if hertz is not None:
        ticks = (last - first) * hertz // NANOSECONDS_PER_SECOND + 1
        _check_size(recording, sources, int(ticks))
        targets = rc.target_clock(first, last + 1, hertz)
    elif clock is not None:
        clock_stream, targets = _stamps_of(recording, clock, stamps, first, last)
        _check_size(recording, sources, len(targets))
    return Plan(
        recording,
        sources,
        targets,
        hertz,
        clock_stream,
        span,
        outside,
        order,
        duplicates,
        skip_nan,
        _window(window, hertz, sources),
        notes,
    )


def _choose_modes(
    recording: Recording,
    chosen: Sequence[tuple[RecordedStream, Sequence[Field]]],
    overrides: Mapping[str, str],
) -> dict[str, str]:
    names = {
        (stream.name, field.name): f"{stream.name}:{field.name}"
        for stream, fields in chosen
        for field in fields
    }
    modes = {
        names[stream.name, field.name]: suggest(field)
        for stream, fields in chosen
        for field in fields
    }
    for pattern, mode in overrides.items():
        for stream, fields in select(recording, [pattern]):
            for field in fields:
                why = refusal(field, mode)
                if why is not None:
                    raise RecordingError(
                        recording.path, f"mode {mode!r} of {stream.name}:{field.name}: {why}"
                    )
                if (stream.name, field.name) in names:
                    modes[names[stream.name, field.name]] = mode
    return modes


def _choose_gaps(
    recording: Recording,
    chosen: Sequence[tuple[RecordedStream, Sequence[Field]]],
    max_gap: Duration | Mapping[str, Duration] | None,
) -> dict[str, int | None]:
    by_pattern = max_gap if isinstance(max_gap, Mapping) else {"*": max_gap}
    gaps: dict[str, int | None] = dict.fromkeys((stream.name for stream, _ in chosen))
    for pattern, duration in by_pattern.items():
        if duration is None:
            continue
        gap_ns = nanoseconds(duration, "max_gap")
        if gap_ns <= 0:
            raise rc.InvalidArgumentError(f"max_gap: expected a duration above 0, got {duration!r}")
        for stream, _ in select(recording, [pattern]):
            if stream.name in gaps:
                gaps[stream.name] = gap_ns
    return gaps


def _source(
    stream: RecordedStream,
    fields: Sequence[Field],
    modes: Mapping[str, str],
    max_gap_ns: int | None,
    stamps: Stamps | None,
    order: Order,
) -> Source:
    times, clock = stream.times(stamps)
    columns = [
        Column(name, modes[name], field)
        for name, field in ((f"{stream.name}:{field.name}", field) for field in fields)
    ] or [_index_of(stream)]
    steps = np.diff(times)
    backward = int((steps < 0).sum())
    if backward and order == "check":
        index = int(np.argmax(steps < 0)) + 1
        raise RecordingError(
            stream.recording.path,
            f"stream {stream.name!r}: {backward} stamps step backward, the first at index {index} "
            f"by {show_duration(-int(steps[index - 1]))}; order sort or drop takes them",
        )
    if backward:
        steps = np.diff(np.sort(times))
    moving = steps[steps > 0]
    return Source(
        stream.name,
        stream.type_name,
        times,
        clock,
        columns,
        max_gap_ns,
        backward,
        int((steps == 0).sum()),
        float(np.median(moving)) if len(moving) else 0.0,
        int(moving.max()) if len(moving) else 0,
    )


def _index_of(stream: RecordedStream) -> Column:
    field = Field("index", np.arange(stream.count))
    return Column(f"{stream.name}:{field.name}", "nearest", field, is_index=True)


def _no_time(source: Source) -> str | None:
    count = len(source.times)
    if count == 0:
        return "it has no messages"
    if count > 1 and source.times.min() == source.times.max():
        return f"all {count} stamps are {source.times[0]}"
    return None


def _stamp_notes(source: Source, order: Order) -> Iterator[str]:
    if source.backward:
        what = "sorted" if order == "sort" else "late ones dropped"
        yield f"{source.name}: {source.backward} stamps step backward, {what}"
    if source.duplicates:
        yield f"{source.name}: {source.duplicates} stamps equal another"
    bridged = source.max_gap_ns is None or source.widest_gap_ns <= source.max_gap_ns
    if bridged and source.widest_gap_ns > GAP_WORTH_A_NOTE * source.usual_step_ns:
        yield (
            f"{source.name}: a gap of {show_duration(source.widest_gap_ns)} is bridged "
            f"(usual step {show_duration(source.usual_step_ns)}); max_gap would mark it"
        )


def _range(
    recording: Recording,
    sources: Sequence[Source],
    span: Span,
    start: Duration | None,
    stop: Duration | None,
) -> tuple[int, int]:
    firsts = [int(source.times.min()) for source in sources]
    lasts = [int(source.times.max()) for source in sources]
    origin = min(firsts)
    first, last = (origin, max(lasts)) if span == "union" else (max(firsts), min(lasts))
    if first > last:
        late, early = sources[int(np.argmax(firsts))], sources[int(np.argmin(lasts))]
        raise RecordingError(
            recording.path,
            f"the streams do not overlap: {late.name!r} starts after {early.name!r} ends",
        )
    if start is not None:
        first = max(first, origin + nanoseconds(start, "start"))
    if stop is not None:
        last = min(last, origin + nanoseconds(stop, "stop"))
    if first > last:
        raise RecordingError(
            recording.path,
            f"start {start!r} to stop {stop!r} holds no time: the recording lasts "
            f"{show_duration(max(lasts) - origin)}",
        )
    return first, last


def _stamps_of(
    recording: Recording, clock: str, stamps: Stamps | None, first: int, last: int
) -> tuple[str, NDArray[np.int64]]:
    found = select(recording, [clock.removeprefix("stream:")])
    if len(found) != 1:
        names = ", ".join(stream.name for stream, _ in found)
        raise RecordingError(recording.path, f"clock {clock!r}: expected one stream, got {names}")
    stream = found[0][0]
    targets = np.unique(stream.times(stamps).ns)
    targets = targets[(targets >= first) & (targets <= last)]
    if not len(targets):
        raise RecordingError(recording.path, f"clock {clock!r}: no stamp lies in the range")
    return stream.name, targets


def _check_size(recording: Recording, sources: Sequence[Source], ticks: int) -> None:
    row = sum(
        column.width * column.dtype.itemsize for source in sources for column in source.columns
    )
    if ticks * row > MAX_OUTPUT_BYTES:
        first = min(sources, key=lambda source: source.times.min())
        last = max(sources, key=lambda source: source.times.max())
        raise RecordingError(
            recording.path,
            f"the clock would have {ticks} ticks of {row} bytes, from {first.name!r} to "
            f"{last.name!r}; choose streams, start, stop or a lower rate",
        )


def _window(
    window: Duration | tuple[Duration, Duration] | None,
    rate: Fraction | None,
    sources: Sequence[Source],
) -> tuple[int, int] | None:
    needed = any(column.mode in AGGREGATES for source in sources for column in source.columns)
    if window is None:
        if not needed:
            return None
        if rate is None:
            raise rc.InvalidArgumentError(
                "window: the aggregates need one where a stream is the clock"
            )
        return round(NANOSECONDS_PER_SECOND / rate), 0
    before, after = window if isinstance(window, tuple) else (window, 0)
    window_ns = nanoseconds(before, "window"), nanoseconds(after, "window")
    if min(window_ns) < 0 or max(window_ns) == 0:
        raise rc.InvalidArgumentError(f"window: expected durations, not both 0, got {window!r}")
    return window_ns
