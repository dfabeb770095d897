# SPDX-License-Identifier: Apache-2.0
"""From a recording to one table on one clock.

`align` makes a plan (`robocache.plan`) and runs it: one `rc.fuse` call per type for all columns
that are interpolated, index lookups for those that are handed on as they are and must not pass
through floats.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import robocache as rc

from ._library import HEADER
from .aligned import SCHEMA, Aligned
from .modes import AGGREGATES, without_zero_quaternions
from .plan import Column, Duplicates, Duration, Order, Outside, Plan, Source, Span, make_plan
from .readers import open_recording
from .recording import Progress, Recording, RecordingError, Stamps


def align(
    recording: Recording | str | Path,
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
    context: rc.Context | None = None,
    progress: Progress | None = None,
    announce: Callable[[Plan], None] | None = None,
) -> Aligned:
    """Put the streams of a recording on one clock.

    Parameters
    ----------
    recording
        An open recording, or the path of one.
    rate
        Of the clock, in hertz, exact: 20, 12.5, `"29.97"`, `"30000/1001"` or a Fraction. The clock
        starts at the first stamp and does not drift.
    clock
        Instead of `rate`: the name of a stream whose stamps are the clock (`"stream:"` may stand
        before it).
    streams
        What to take, as `robocache.selection.select` reads it: `"/imu/data"`, `"odom*"`,
        `"odom:pose.pose.position"`. Default: all. Streams that say nothing about time (no message,
        or several that share a single stamp) are left out with a note unless they are named.
    modes
        Interpolation by the same patterns: `{"imu:q": "slerp"}`. Later entries win. Default:
        quaternions slerp, angles angle, integers, flags and text previous, the rest linear; streams
        without fields nearest.
    max_gap
        Widest gap to bridge, in seconds or as `"100ms"`; or by pattern of streams. Exactly as wide
        is bridged. Default: any.
    window
        What mean, sum, min, max and last look at: so long before each tick, or `(before, after)`.
        Default: one period of the clock before it.
    span
        Where a clock of `rate` runs: `"union"`, from the first to the last stamp of all streams;
        `"overlap"`, where all streams have stamps.
    start, stop
        Cut the clock, counted from the first stamp of the union. `stop` is included.
    stamps
        `"header"` or `"receive"`. Default: header stamps where a stream has them.
    outside
        Before the first and after the last sample of a stream: `"fill"` (not valid), `"hold"` or
        `"extrapolate"` (both valid).
    order
        Stamps that step backward: `"sort"` them, `"drop"` the samples that step back (both are
        noted), or `"check"`: refuse them.
    duplicates
        Of samples with equal stamps the `"last"` or `"first"` counts, or the `"mean"` (of columns
        that are handed on as they are the last).
    skip_nan
        Interpolate across NaN in a channel instead of handing it on.
    context
        Where to compute. Default: the calling thread's CPU context.
    progress
        Called with the columns done and the columns in all.
    announce
        Called with the plan, before the work.

    Returns
    -------
    Aligned
        Columns, validity, clock, modes, units and notes.

    Raises
    ------
    RecordingError
        The file, or what was asked of it: a stream or field that is not there, stamps that cannot
        be used, a clock that would not fit in memory.
    InvalidArgumentError
        Arguments that no recording could satisfy.
    """
    opened = recording if isinstance(recording, Recording) else open_recording(recording)
    try:
        plan = make_plan(
            opened,
            rate=rate,
            clock=clock,
            streams=streams,
            modes=modes,
            max_gap=max_gap,
            window=window,
            span=span,
            start=start,
            stop=stop,
            stamps=stamps,
            outside=outside,
            order=order,
            duplicates=duplicates,
            skip_nan=skip_nan,
        )
        if announce is not None:
            announce(plan)
        return run(plan, context=context, progress=progress)
    finally:
        if opened is not recording:
            opened.close()


def run(
    plan: Plan, *, context: rc.Context | None = None, progress: Progress | None = None
) -> Aligned:
    """Do what the plan says. `progress` is told of columns done and columns in all."""
    notes = list(plan.notes)
    columns: dict[str, NDArray[Any]] = {}
    valid: dict[str, NDArray[np.bool_]] = {}

    def advance() -> None:
        if progress is not None:
            progress(len(columns), len(plan.columns))

    try:
        for dtype in (np.dtype(np.float32), np.dtype(np.float64)):
            for batch in _batches(plan.sources, dtype):
                columns.update(_interpolate(plan, batch, dtype, context, notes))
                advance()
        for source in plan.sources:
            taken, valid[source.name] = _take(plan, source, context)
            columns.update(taken)
            advance()
    except rc.RobocacheError as error:
        raise RecordingError(plan.recording.path, str(error)) from error
    in_order = {column.name: columns[column.name] for _, column in plan.columns}
    return Aligned(plan.clock, in_order, valid, _metadata(plan, valid, notes))


def _rules(plan: Plan, source: Source, modes: Collection[str]) -> dict[str, Any]:
    return {
        "outside": plan.outside,
        "max_gap": source.max_gap_ns,
        "order": plan.order,
        "window": None if set(modes).isdisjoint(AGGREGATES) else plan.window_ns,
    }


def _interpolate(
    plan: Plan,
    batch: Sequence[tuple[Source, Sequence[Column]]],
    dtype: np.dtype[Any],
    context: rc.Context | None,
    notes: list[str],
) -> Iterator[tuple[str, NDArray[Any]]]:
    """All streams of the batch in one call, cut into columns."""
    streams = [
        rc.Stream(
            np.concatenate([_channels(column, dtype, notes) for column in columns], axis=1),
            source.times,
            mode=_channel_groups(columns),
            fill_value=np.nan,
            skip_nan=plan.skip_nan,
            duplicates=plan.duplicates,
            **_rules(plan, source, {column.mode for column in columns}),
        )
        for source, columns in batch
    ]
    output, _ = rc.fuse(streams, plan.clock, context=context)
    begin = 0
    for _, columns in batch:
        for column in columns:
            values = output[:, begin : begin + column.width]
            yield column.name, values[:, 0] if column.labels is None else values
            begin += column.width


def _take(
    plan: Plan, source: Source, context: rc.Context | None
) -> tuple[dict[str, NDArray[Any]], NDArray[np.bool_]]:
    """The columns of one stream that are not computed, and where the stream is valid."""
    columns: dict[str, NDArray[Any]] = {}
    valid = np.ones(len(plan.clock), bool)
    for mode in sorted({column.mode for column in source.columns}):
        found = rc.resample_index(
            source.times,
            plan.clock,
            mode=mode,
            duplicates="first" if plan.duplicates == "first" else "last",
            context=context,
            **_rules(plan, source, {mode}),
        )
        valid &= found.valid.astype(bool)
        for column in source.columns:
            if column.mode == mode and not column.interpolated:
                columns[column.name] = _gather(column, found.source_index)
    return columns, valid


def _metadata(
    plan: Plan, valid: Mapping[str, NDArray[np.bool_]], notes: Sequence[str]
) -> dict[str, Any]:
    """The document described in docs/aligned-files.md."""
    return {
        "schema": SCHEMA,
        "robocache": rc.__version__,
        "source": {"file": plan.recording.path.name, "format": plan.recording.format},
        "clock": {
            "unit": "ns",
            "rate_hz": None if plan.rate is None else str(plan.rate),
            "stream": plan.clock_stream,
            "span": plan.span,
            "first_ns": int(plan.clock[0]),
            "last_ns": int(plan.clock[-1]),
            "ticks": len(plan.clock),
        },
        "rules": {
            "outside": plan.outside,
            "order": plan.order,
            "duplicates": plan.duplicates,
            "skip_nan": plan.skip_nan,
            "window_ns": None if plan.window_ns is None else list(plan.window_ns),
        },
        "streams": {
            source.name: {
                "type": source.type_name,
                "stamps": source.stamps,
                "samples": len(source.times),
                "backward_stamps": source.backward,
                "duplicate_stamps": source.duplicates,
                "max_gap_ns": source.max_gap_ns,
                "valid_ticks": int(valid[source.name].sum()),
            }
            for source in plan.sources
        },
        "columns": {
            column.name: {
                "stream": source.name,
                "field": column.field.name,
                "mode": column.mode,
                "unit": column.field.unit,
                "kind": "index" if column.is_index else column.field.kind,
                "order": column.field.order,
                "labels": column.labels,
            }
            for source, column in plan.columns
        },
        "notes": list(notes),
    }


def _batches(
    sources: Sequence[Source], dtype: np.dtype[Any]
) -> Iterator[list[tuple[Source, list[Column]]]]:
    """Columns of one type by stream, columns of one mode side by side, in calls that fit."""
    parts = []
    for source in sources:
        columns = [column for column in source.columns if column.interpolated]
        columns = [column for column in columns if column.dtype == dtype]
        if columns:
            parts.append((source, sorted(columns, key=lambda column: column.mode)))
    for begin in range(0, len(parts), HEADER.RC_MAX_STREAMS):
        yield parts[begin : begin + HEADER.RC_MAX_STREAMS]


def _channel_groups(columns: Sequence[Column]) -> list[rc.Channels]:
    """One group per mode; `columns` are sorted by it."""
    groups: list[rc.Channels] = []
    begin = 0
    for mode in dict.fromkeys(column.mode for column in columns):
        count = sum(column.width for column in columns if column.mode == mode)
        groups.append(rc.Channels(begin, count, mode))
        begin += count
    return groups


def _channels(column: Column, dtype: np.dtype[Any], notes: list[str]) -> NDArray[Any]:
    """Values of one column as [N,k] of `dtype`."""
    values = column.field.values.reshape(len(column.field.values), column.width)
    if column.mode == "slerp":
        values, zeros = without_zero_quaternions(values)
        if zeros:
            notes.append(f"{column.name}: {zeros} quaternions of length zero are taken as NaN")
    return values.astype(dtype, copy=False)


def _gather(column: Column, index: NDArray[np.int64]) -> NDArray[Any]:
    """The samples at `index` as they are; where it is -1 what stands for nothing."""
    values = column.field.values
    gathered = values[np.maximum(index, 0)]
    if column.is_index:
        gathered[index < 0] = -1
    else:
        gathered[index < 0] = "" if values.dtype.kind == "O" else values.dtype.type(0)
    return gathered
