# SPDX-License-Identifier: Apache-2.0
"""Pictures of results, two for each device: rates under their roof, and what peers take."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bench.peers.measure import OWN, Row, Suite, best_peer, cases

OPERATIONS = {"resample": "#1f77b4", "fuse": "#2ca02c", "voxelize": "#d62728", "tsdf": "#9467bd"}
BARS = 40
"""Most cases of the second picture: the largest of each group."""


def draw(results: dict[str, dict[str, Suite]], folder: Path) -> None:
    """Writes FOLDER/DEVICE-roofline.svg and FOLDER/DEVICE-bars.svg; equal results, equal files."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams.update(
        {
            "svg.hashsalt": "robocache",
            "svg.fonttype": "none",
            "font.size": 9,
            "savefig.bbox": "tight",
        }
    )
    folder.mkdir(parents=True, exist_ok=True)
    for kind, suites in results.items():
        for name, figure in (("roofline", roofline(suites)), ("bars", bars(suites))):
            figure.savefig(folder / f"{kind}-{name}.svg", metadata={"Date": None})


def roofline(suites: dict[str, Suite]) -> Any:
    """Rate of each case over the bytes that it must move; the roof is the copy, and on a GPU the
    time of an empty kernel."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4.2))
    axes = figure.subplots()
    axes.set(xscale="log", yscale="log", xlabel="MB that must move", ylabel="GB/s")
    seen: set[str] = set()
    for suite in suites.values():
        for ways in cases(suite.rows):
            own = ways.get(OWN)
            operation = str(own.axes.get("op", "")) if own else ""
            if own is None or not own.bytes or operation not in OPERATIONS:
                continue
            peer = best_peer(list(ways.values()))
            if peer:
                axes.plot(*_rate(peer), "o", color="0.7", fillstyle="none", markersize=4,
                          label=_once("best peer", seen))  # fmt: skip
            axes.plot(*_rate(own), "o", color=OPERATIONS[operation], markersize=4,
                      label=_once(operation, seen))  # fmt: skip
    low, high = axes.get_xlim()
    copies = {n: rate for suite in suites.values() for n, rate in suite.copy.items()}
    for threads, rate in copies.items():
        label = f"copy, {threads} thread{'s' * (threads > 1)}" if threads else "copy"
        axes.axhline(rate, color="black", linewidth=0.8, linestyle="--" if threads > 1 else "-")
        axes.text(high, rate, " " + label, va="center", fontsize=8)
    empty = [row for suite in suites.values() for row in suite.rows if row.way == "empty kernel"]
    if empty:
        edge = max(copies.values()) * empty[0].microseconds * 1e-3
        bound = [low, edge]
        axes.plot(bound, [mb / empty[0].microseconds * 1e3 for mb in bound], "k-", linewidth=0.8)
    axes.set_xlim(low, high)
    axes.grid(True, which="major", linewidth=0.3)
    if seen:
        axes.legend(fontsize=8)
    return figure


def _rate(row: Row) -> tuple[list[float], list[float]]:
    return [row.bytes / 1e6], [row.bytes / row.microseconds * 1e-3]


def _once(label: str, seen: set[str]) -> str | None:
    """A label for the legend, the first time."""
    if label in seen:
        return None
    seen.add(label)
    return label


def bars(suites: dict[str, Suite]) -> Any:
    """How much longer than this library the others take, case by case."""
    from matplotlib.figure import Figure

    compared: list[tuple[str, dict[str, float]]] = []
    for suite in suites.values():
        for ways in cases(suite.rows):
            own = ways.get(OWN)
            if own is None or own.threads > 1:
                continue
            ratios = {
                way: row.microseconds / own.microseconds
                for way, row in ways.items()
                if not way.startswith(OWN)
            }
            if ratios:
                compared.append((", ".join(filter(None, [own.work, own.cache])), ratios))
    step = max(1, -(-len(compared) // BARS))
    compared = compared[::step]
    peers = list(dict.fromkeys(way for _, ratios in compared for way in ratios))
    figure = Figure(figsize=(7, 0.8 + 0.22 * max(4, len(compared))))
    axes = figure.subplots()
    for index, peer in enumerate(peers):
        points = [(ratios[peer], y) for y, (_, ratios) in enumerate(compared) if peer in ratios]
        axes.plot(*zip(*points, strict=True), "o", markersize=5, color=f"C{index % 10}", label=peer)
    for y, (_, ratios) in enumerate(compared):
        best = min(ratios.values())
        axes.barh(
            y, best - 1, left=1, color="#2ca02c" if best >= 1 else "#d62728", height=0.5, alpha=0.4
        )
    axes.axvline(1, color="black", linewidth=0.8)
    axes.set(xscale="log", xlabel="time of a peer / time of robocache; bars: the best of them")
    axes.set_yticks(range(len(compared)), [work for work, _ in compared], fontsize=7)
    axes.invert_yaxis()
    axes.grid(True, axis="x", linewidth=0.3)
    if peers:
        axes.legend(
            loc="upper center",
            bbox_to_anchor=(0.3, -0.6 / figure.get_figheight()),
            ncols=3,
            fontsize=8,
        )
    return figure
