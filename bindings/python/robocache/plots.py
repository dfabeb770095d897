# SPDX-License-Identifier: Apache-2.0
"""A picture of an alignment: raw samples, aligned curves, and where there is nothing to align."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .aligned import Aligned
from .extras import require
from .files import extension_of, whole_file
from .recording import Recording

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PICTURES = (".png", ".svg", ".pdf")
MAX_PANELS = 8
MAX_PANELS_PER_STREAM = 3
MAX_CURVES = 4
CLOSE_TICKS = 80
"""Ticks of the closer look, unless a gap asks for more."""
CROWDED = 250
"""Raw samples beyond which they are drawn as dots, not as rings."""
MAX_DOTS = 3000
"""Raw samples drawn per curve; more than the picture has pixels would only cost time."""

_AXIS = re.compile(r"(.+)[._ ][xyz]", re.IGNORECASE)
_SHADE, _TEXT = "#dee2e6", "#343a40"
_LINES = ("#1971c2", "#2f9e44", "#9c36b5", "#e8590c")


@dataclass(frozen=True)
class Curve:
    """One channel: raw samples and what became of them."""

    label: str
    raw: NDArray[np.float64]
    aligned: NDArray[np.float64]

    @property
    def moves(self) -> bool:
        """Whether it ever changes."""
        finite = self.aligned[np.isfinite(self.aligned)]
        return bool(len(finite)) and bool((finite != finite[0]).any())


@dataclass(frozen=True)
class Panel:
    """Channels of one stream that belong together, such as x, y and z."""

    stream: str
    title: str
    unit: str | None
    held: bool
    curves: Sequence[Curve]

    @property
    def interest(self) -> float:
        """How much there is to see: curves that move before steps, steps before constants."""
        numbers = np.concatenate([curve.aligned for curve in self.curves])
        distinct = len(np.unique(numbers[np.isfinite(numbers)]))
        if distinct < 2:
            return 0.0
        return min(distinct, 500) / 500 + (0.0 if self.held else 1.0) + 0.1 * len(self.curves)


def plot_aligned(recording: Recording, aligned: Aligned, path: str | Path) -> None:
    """Draw the most telling channels of each stream over time into `path` (PNG, SVG or PDF).

    Circles are raw samples, lines the aligned values; a panel is shaded where its stream is not
    valid. On the right the same, closer. Of more than MAX_PANELS streams those with most to see
    are drawn.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    panels = telling_panels(recording, aligned)
    origin, end = int(aligned.clock[0]), int(aligned.clock[-1])
    figure = Figure(figsize=(16, 10), dpi=100, layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.subplots(len(panels), 2, sharex="col", squeeze=False, width_ratios=(3, 2))
    spans = ((origin, max(end, origin + 1)), telling_span(aligned, panels))
    for row, panel in zip(grid, panels, strict=True):
        for axes, span in zip(row, spans, strict=True):
            _draw(axes, panel, recording, aligned, span)
        _title(row[0], row[1], panel)
    for axes, span in zip(grid[-1], spans, strict=True):
        axes.set_xlim((span[0] - origin) / 1e9, (span[1] - origin) / 1e9)
        axes.set_xlabel("seconds from the first tick", color=_TEXT)
    clock = aligned.metadata["clock"]
    pace = (
        f"at {clock['rate_hz']} Hz" if clock["rate_hz"] else f"at the stamps of {clock['stream']}"
    )
    figure.suptitle(
        f"{aligned.metadata['source']['file']} {pace}: {len(aligned)} ticks. "
        "Circles: samples. Lines: aligned. Shaded: not valid. Right: a closer look.",
        color=_TEXT,
        fontsize=13,
    )
    figure.savefig(path)


@contextmanager
def picture(path: Path) -> Iterator[Path]:
    """A temporary file to draw into, as `whole_file`. Refuses at once what could not be drawn: an
    extension that is not in PICTURES, or no Matplotlib."""
    extension_of(path, *PICTURES)
    require("matplotlib", "plot")
    with whole_file(path) as temporary:
        yield temporary


def telling_panels(recording: Recording, aligned: Aligned) -> list[Panel]:
    """The panels of each stream that show most, in the order of the streams."""
    by_stream: dict[str, list[Panel]] = {stream: [] for stream in aligned.valid}
    for panel in _panels(recording, aligned):
        by_stream[panel.stream].append(panel)
    for panels in by_stream.values():
        panels.sort(key=lambda panel: -panel.interest)
    lively = sorted((found for found in by_stream.values() if found), key=lambda p: -p[0].interest)
    each = min(max(MAX_PANELS // max(len(lively), 1), 1), MAX_PANELS_PER_STREAM)
    drawn = {panels[0].stream for panels in lively[:MAX_PANELS]}
    return [panel for name, found in by_stream.items() if name in drawn for panel in found[:each]]


def _panels(recording: Recording, aligned: Aligned) -> Iterator[Panel]:
    groups: dict[str, list[str]] = {}
    for name, values in aligned.columns.items():
        if values.dtype.kind != "O" and "covariance" not in name:
            axis = _AXIS.fullmatch(name)
            groups.setdefault(axis[1] if axis else name, []).append(name)
    for title, names in groups.items():
        about = aligned.metadata["columns"][names[0]]
        curves = [curve for name in names for curve in _curves(recording, aligned, name)]
        curves = [curve for curve in curves if curve.moves] or curves
        held = about["mode"] in ("previous", "next", "nearest")
        yield Panel(about["stream"], title, about["unit"], held, curves[:MAX_CURVES])


def _curves(recording: Recording, aligned: Aligned, name: str) -> Iterator[Curve]:
    about = aligned.metadata["columns"][name]
    stream = recording.streams[about["stream"]]
    values: NDArray[Any] = aligned.columns[name]
    index = about["kind"] == "index"
    raw: NDArray[Any] = np.arange(stream.count) if index else stream.fields[about["field"]].values
    raw, values = raw.astype(np.float64), values.astype(np.float64)
    if about["labels"] is None:
        yield Curve(re.split("[._ ]", name)[-1], raw, values)
        return
    if about["kind"] == "quaternion":
        raw, values = _without_flips(raw), _without_flips(values)
    for channel, label in enumerate(about["labels"]):
        yield Curve(label.removeprefix(name).strip("."), raw[:, channel], values[:, channel])


def _without_flips(quaternions: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same rotations with signs that do not jump: q and -q are one, but look like two."""
    there = np.flatnonzero(np.isfinite(quaternions).all(axis=1))
    smooth = quaternions.copy()
    if len(there):
        rows = quaternions[there]
        flips = np.where(np.einsum("ij,ij->i", rows[1:], rows[:-1]) < 0.0, -1.0, 1.0)
        first = 1.0 if rows[0, int(np.argmax(np.abs(rows[0])))] > 0.0 else -1.0
        smooth[there] = rows * (first * np.concatenate([[1.0], np.cumprod(flips)]))[:, np.newaxis]
    return smooth


def telling_span(aligned: Aligned, panels: Sequence[Panel]) -> tuple[int, int]:
    """Where to look closely, in ns: at the longest gap inside a stream, else where most moves;
    wide enough to see both samples and ticks."""
    clock = aligned.clock
    step = int(np.median(np.diff(clock))) if len(clock) > 1 else 1
    gaps = [
        (int(clock[end] - clock[begin]), int(clock[begin] + clock[end]) // 2)
        for panel in panels
        for begin, end in _runs(~aligned.valid[panel.stream])
        if begin > 0 and end < len(clock)
    ]
    length, centre = max(gaps, default=(0, int(clock[_liveliest(panels)])))
    half = min(max(CLOSE_TICKS * step, 2 * length), int(clock[-1] - clock[0])) // 2
    centre = min(max(centre, int(clock[0]) + half), int(clock[-1]) - half)
    return centre - half, max(centre + half, centre - half + 1)


def _liveliest(panels: Sequence[Panel]) -> int:
    """The tick around which the curves, each measured by its own range, travel farthest."""
    way = np.zeros(len(panels[0].curves[0].aligned))
    for curve in (curve for panel in panels if not panel.held for curve in panel.curves):
        steps = np.nan_to_num(np.abs(np.diff(curve.aligned, prepend=curve.aligned[:1])))
        way += steps / (steps.max() or 1.0)
    return int(np.argmax(np.convolve(way, np.ones(min(CLOSE_TICKS, len(way))), mode="same")))


def _draw(
    axes: Axes, panel: Panel, recording: Recording, aligned: Aligned, span: tuple[int, int]
) -> None:
    origin = int(aligned.clock[0])
    stamps = aligned.metadata["streams"][panel.stream]["stamps"]
    times = recording.streams[panel.stream].times(stamps).ns
    samples = np.flatnonzero((times >= span[0]) & (times <= span[1]))
    samples = samples[:: max(1, len(samples) // MAX_DOTS)]
    ticks = np.flatnonzero((aligned.clock >= span[0]) & (aligned.clock <= span[1]))
    seconds = (aligned.clock[ticks] - origin) / 1e9
    valid = aligned.valid[panel.stream][ticks]
    crowded = len(samples) > CROWDED
    for curve, colour in zip(panel.curves, _LINES, strict=False):
        axes.plot(
            (times[samples] - origin) / 1e9,
            curve.raw[samples],
            "o",
            color=colour,
            alpha=0.5,
            markersize=2.5 if crowded else 6,
            markerfacecolor=colour if crowded else "none",
            markeredgewidth=0 if crowded else 0.8,
        )
        axes.plot(
            seconds,
            np.where(valid, curve.aligned[ticks], np.nan),
            color=colour,
            linewidth=1.1,
            marker="." if len(ticks) <= 2 * CLOSE_TICKS else None,
            markersize=3,
            drawstyle="steps-post" if panel.held else "default",
            label=curve.label,
        )
    for begin, end in _runs(~valid):
        axes.axvspan(
            seconds[max(begin - 1, 0)],
            seconds[min(end, len(seconds) - 1)],
            color=_SHADE,
            zorder=0,
            linewidth=0,
        )
    axes.tick_params(labelsize=8, colors=_TEXT)
    axes.ticklabel_format(axis="y", useOffset=False)
    axes.spines[["top", "right"]].set_visible(False)
    axes.margins(y=0.12)


def _title(whole: Axes, close: Axes, panel: Panel) -> None:
    unit = f" [{panel.unit}]" if panel.unit else ""
    whole.set_title(f"{panel.title}{unit}", loc="left", fontsize=10, color=_TEXT, pad=3)
    if len(panel.curves) > 1:
        close.legend(
            loc="lower right",
            bbox_to_anchor=(1.0, 1.0),
            borderaxespad=0.1,
            fontsize=8,
            ncols=len(panel.curves),
            frameon=False,
        )


def _runs(mask: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """Begin and end of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]])))
    yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
