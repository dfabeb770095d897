# SPDX-License-Identifier: Apache-2.0
"""A picture of when each stream of a recording has samples: one lane per stream."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .extras import require
from .inspection import InspectionReport, StreamReport
from .recording import Recording
from .units import show_duration

_BINS = 1200
"""Columns of a density lane."""
_TICK_SAMPLES = 400
"""Up to as many samples a lane shows each one, above it their density."""
_LANE = 0.62
_LANE_COLOR = "#2f6db3"
_GAP_COLOR = "#d62728"
_OVERLAP_COLOR = "#e6f2e6"
_QUIET_COLOR = "#8a8a8a"


def plot_timeline(recording: Recording, report: InspectionReport, out: str | Path) -> None:
    """Write the timeline of an inspected recording as a picture.

    Blue where samples are (paler where fewer than the median rate promises), red where a gap is,
    green behind the time that all streams have in common; rates on the right.

    Args:
        recording: The recording, still open.
        report: What `inspect` said of it.
        out: The file; its extension chooses the format (`.png`, `.svg`, `.pdf`).

    Raises:
        ImportError: matplotlib is not installed; the message names the extra that brings it.
    """
    require("matplotlib", "plot")
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    lanes = len(report.streams)
    figure = Figure(figsize=(12.0, 1.7 + 0.36 * max(lanes, 2)), dpi=130, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    start, stop = _range(report)
    if report.overlap_start_ns is not None and report.overlap_stop_ns is not None:
        left, right = _seconds(np.array([report.overlap_start_ns, report.overlap_stop_ns]), start)
        if left < right:
            axes.axvspan(left, right, color=_OVERLAP_COLOR, zorder=0)
    for lane, stream in enumerate(report.streams):
        times = recording.streams[stream.name].times(stream.stamps).ns
        _draw_lane(axes, lane, stream, times, start, stop)
    _decorate(axes, report, start, stop)
    figure.savefig(out)


def _range(report: InspectionReport) -> tuple[int, int]:
    """The time that the streams with a common time cover; without any, that of all."""
    shown = [one for one in report.streams if one.name not in report.set_aside] or report.streams
    firsts = [one.first_ns for one in shown if one.first_ns is not None]
    lasts = [one.last_ns for one in shown if one.last_ns is not None]
    return (min(firsts), max(lasts)) if firsts and max(lasts) > min(firsts) else (0, 10**9)


def _seconds(ns: NDArray[np.int64], start: int) -> NDArray[np.float64]:
    return (ns - start) / 1e9


def _draw_lane(
    axes: Any, lane: int, stream: StreamReport, times: NDArray[np.int64], start: int, stop: int
) -> None:
    shown = times[(times >= start) & (times <= stop)]
    if not stream.usable or not shown.size:
        why = f"all {stream.count} stamps are equal" if stream.all_equal else "no samples here"
        axes.text((stop - start) / 2e9, lane, why, ha="center", va="center", color=_QUIET_COLOR,
                  style="italic", fontsize=8)  # fmt: skip
        return
    low, high = lane - _LANE / 2, lane + _LANE / 2
    if shown.size <= _TICK_SAMPLES:
        axes.vlines(_seconds(shown, start), low, high, color=_LANE_COLOR, linewidth=0.8, zorder=2)
    else:
        density = _density(np.sort(_seconds(shown, start)), stream)
        axes.imshow(
            density[np.newaxis, :], cmap=_density_map(), vmin=0.0, vmax=1.0, aspect="auto",
            extent=(*_seconds(np.array([shown.min(), shown.max()]), start), high, low),
            interpolation="nearest", zorder=2,
        )  # fmt: skip
    _draw_gaps(axes, stream, start, stop, low, high)


def _density(seconds: NDArray[np.float64], stream: StreamReport) -> NDArray[np.float64]:
    """Samples per bin as a share of what the median rate promises.

    Counted between the samples, too, so that few samples per bin make no pattern of their own.
    """
    edges = np.linspace(seconds[0], seconds[-1], _BINS + 1)
    counts = np.diff(np.interp(edges, seconds, np.arange(len(seconds))))
    return counts / ((edges[1] - edges[0]) * (stream.median_rate or 1.0))


def _draw_gaps(
    axes: Any, stream: StreamReport, start: int, stop: int, low: float, high: float
) -> None:
    from matplotlib.patches import Rectangle

    thinnest = (stop - start) / 1e9 / _BINS * 2  # A gap of a millisecond has to be seen, too.
    for gap in stream.gaps:
        length = max(gap.length_ns / 1e9, thinnest)
        middle = (gap.start_ns + gap.length_ns / 2 - start) / 1e9
        axes.add_patch(
            Rectangle((middle - length / 2, low), length, high - low, color=_GAP_COLOR, zorder=3,
                      linewidth=0)
        )  # fmt: skip


def _density_map() -> Any:
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("density", ["#ffffff", "#a9c6e8", _LANE_COLOR])


def _decorate(axes: Any, report: InspectionReport, start: int, stop: int) -> None:
    from matplotlib.patches import Patch

    duration = (stop - start) / 1e9
    axes.set_xlim(-0.01 * duration, 1.01 * duration)
    axes.set_ylim(len(report.streams) - 0.4, -0.6)
    axes.set_yticks(range(len(report.streams)), [one.name for one in report.streams], fontsize=8.5)
    axes.set_xlabel(f"seconds since {start / 1e9:.3f} s")
    right = axes.secondary_yaxis("right")
    right.set_yticks(
        range(len(report.streams)), [_label(one) for one in report.streams], fontsize=8.5
    )
    for side in (axes, right):
        side.tick_params(axis="y", length=0)
    for spine in (*axes.spines.values(), *right.spines.values()):
        spine.set_visible(False)
    axes.spines["bottom"].set_visible(True)
    axes.set_title(f"{Path(report.path).name}  ({report.format})", loc="left", fontsize=11)
    axes.legend(
        handles=[
            Patch(color=_LANE_COLOR, label="samples"),
            Patch(color=_GAP_COLOR, label="gap"),
            Patch(color=_OVERLAP_COLOR, label="all streams run"),
        ],
        ncols=3, fontsize=8, frameon=False, loc="lower right", bbox_to_anchor=(1.0, 1.0),
        borderaxespad=0.2, handlelength=1.2,
    )  # fmt: skip


def _label(stream: StreamReport) -> str:
    if stream.rate is None:
        return f"{stream.count} samples"
    label = f"{stream.rate:.4g} Hz"
    gap = stream.largest_gap
    if gap is None:
        return label
    gaps = f"{len(stream.gaps)} gap{'s' if len(stream.gaps) > 1 else ''}"
    return f"{label}, {gaps} up to {show_duration(gap.length_ns)}"
