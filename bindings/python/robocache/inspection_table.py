# SPDX-License-Identifier: Apache-2.0
"""An inspection report for people: a table of streams, what stands out, the suggested clock."""

from __future__ import annotations

from collections.abc import Iterator

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from .inspection import InspectionReport, StreamReport
from .units import show_duration

_NOTICEABLE_DELAY_NS = 5_000_000
_LATE_SHARE = 0.05
_LISTED = 5


def render(report: InspectionReport) -> RenderableType:
    """The report as something that `rich.console.Console.print` takes."""
    parts: list[RenderableType] = [_head(report), _table(report)]
    found = [(stream.name, line) for stream in report.streams for line in remarks(stream, report)]
    if found or report.notes:
        lines = Table.grid(padding=(0, 2))
        for note in report.notes:
            lines.add_row("", escape(note))
        last = None
        for name, line in found:
            lines.add_row("" if name == last else f"[bold]{escape(name)}[/]", escape(line))
            last = name
        parts += [Text(), Text("What stands out", style="bold underline"), lines]
    parts += [Text(), _clock(report)]
    return Group(*parts)


def remarks(stream: StreamReport, report: InspectionReport) -> Iterator[str]:
    """What a user should know of one stream before using it, a sentence each."""
    if stream.all_equal:
        yield f"all {stream.count} stamps are equal ({stream.first_ns} ns): they say nothing"
    elif stream.duplicates:
        yield f"{_times(stream.duplicates, 'stamp')} equal to the one before"
    if stream.backward:
        yield f"{_times(stream.backward, 'stamp')} before the one before"
    gap = stream.largest_gap
    if gap is not None and stream.first_ns is not None:
        at = (gap.start_ns - stream.first_ns) / 1e9
        typical = 1e9 / stream.median_rate if stream.median_rate else 0.0
        yield (
            f"{_times(len(stream.gaps), 'gap')}, the longest {show_duration(gap.length_ns)} at "
            f"{at:.3f} s (median step {show_duration(typical)})"
        )
    yield from _late(stream, report)
    declared, drift = stream.declared_rate, stream.declared_drift_s
    if stream.rate and declared and drift is not None and drift > 1.0 / declared:
        yield (
            f"declared {declared:g} Hz, measured {stream.rate:.4g} Hz: times counted "
            f"from the declared rate are off by up to {drift:.3g} s"
        )
    delay = stream.delay_ns
    if delay is not None and max(abs(delay.min), abs(delay.max)) > _NOTICEABLE_DELAY_NS:
        least, most = show_duration(delay.min), show_duration(delay.max)
        yield f"received {least} to {most} after its header stamps"
        header, receive = delay.header_jitter, delay.receive_jitter
        if header and receive and receive.p95 > max(10 * header.p95, _NOTICEABLE_DELAY_NS):
            yield (
                f"receive stamps jitter by {show_duration(receive.p95)}, header stamps by "
                f"{show_duration(header.p95)} (95 %)"
            )
    yield from _values(stream)


def _values(stream: StreamReport) -> Iterator[str]:
    with_nan = [f"{field.name} {field.nan}" for field in stream.fields if field.nan]
    if with_nan:
        more = f" and {len(with_nan) - _LISTED} more fields" if len(with_nan) > _LISTED else ""
        yield f"messages with NaN: {', '.join(with_nan[:_LISTED])}{more}"
    for field in stream.fields:
        if field.norm_min is not None and field.norm_max is not None:
            if max(abs(field.norm_min - 1), abs(field.norm_max - 1)) > 1e-3:
                yield (
                    f"{field.name}: quaternions of length {field.norm_min:.4g} "
                    f"to {field.norm_max:.4g}"
                )
            if field.sign_flips:
                yield f"{field.name}: {_times(field.sign_flips, 'sign flip')} of the quaternion"
    if stream.payload_bytes is not None:
        yield f"{stream.payload_bytes / 1e6:.3g} MB of images, clouds or other bytes, not decoded"
    for name, reason in stream.left_out.items():
        yield reason if name == "*" else f"{name} left out: {reason}"


def _late(stream: StreamReport, report: InspectionReport) -> Iterator[str]:
    """Streams that make the common time shorter than the recording."""
    together = [one for one in report.streams if one.name not in report.set_aside]
    if stream not in together:
        if not stream.all_equal:
            yield f"set aside: {report.set_aside[stream.name]}"
        return
    first = min(one.first_ns for one in together if one.first_ns is not None)
    last = max(one.last_ns for one in together if one.last_ns is not None)
    assert stream.first_ns is not None  # a stream with a common time has samples
    assert stream.last_ns is not None
    if stream.first_ns - first > _LATE_SHARE * (last - first):
        yield f"starts {(stream.first_ns - first) / 1e9:.3g} s after the first stream"
    if last - stream.last_ns > _LATE_SHARE * (last - first):
        yield f"ends {(last - stream.last_ns) / 1e9:.3g} s before the last stream"


def _head(report: InspectionReport) -> Text:
    messages = sum(stream.count for stream in report.streams)
    head = Text()
    head.append(report.path, style="bold")
    head.append(f"  {report.format}, {_times(len(report.streams), 'stream')}, ")
    head.append(_times(messages, "message"))
    return head


def _table(report: InspectionReport) -> Table:
    table = Table(box=SIMPLE_HEAD, header_style="bold", padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("stream", overflow="fold")
    for title in ("mes-\nsages", "dura-\ntion s", "rate\nHz", "median\nHz", "jitter\np95 ms",
                  "jitter\nmax ms", "gaps", "longest\nms", "equal\nstamps", "back-\nward",
                  "delay\nms"):  # fmt: skip
        table.add_column(title, justify="right")
    for stream in report.streams:
        jitter, delay, gap = stream.jitter_ns, stream.delay_ns, stream.largest_gap
        table.add_row(
            Text(stream.name),
            str(stream.count),
            _number(stream.duration_s),
            _number(stream.rate),
            _number(stream.median_rate),
            _ms(jitter.p95) if jitter else "-",
            _ms(jitter.max) if jitter else "-",
            _warn(len(stream.gaps)),
            _ms(gap.length_ns) if gap else "-",
            _warn(stream.duplicates),
            _warn(stream.backward),
            f"{_ms(delay.min)}..{_ms(delay.max)}" if delay else "-",
        )
    return table


def _clock(report: InspectionReport) -> Text:
    clock = report.suggested_clock
    text = Text()
    text.append("Suggested clock  ", style="bold underline")
    if clock is None:
        text.append("none: no common time of the streams")
        return text
    seconds = (clock.stop_ns - clock.start_ns) / 1e9
    text.append(f"{clock.rate:g} Hz", style="bold green")
    text.append(f" over the {seconds:.3f} s in which all streams run")
    if report.set_aside:
        text.append(f" (but {', '.join(report.set_aside)})")
    text.append(f"; {clock.why}")
    return text


def _warn(count: int) -> Text:
    return Text(str(count), style="yellow") if count else Text("-")


def _times(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _ms(ns: float) -> str:
    """Milliseconds to three digits, but nothing finer than a microsecond."""
    ms = ns / 1e6
    return f"{round(ms, 3):.3g}" if abs(ms) < 100 else f"{ms:.0f}"
