# SPDX-License-Identifier: Apache-2.0
"""What is to be reached, and which rows of which suite decide it.

A target is reached where the worst of the cases that decide it reaches it: computed from results,
never typed. What stands in the way of the others is told in bench/limits.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bench.peers.measure import OWN, Row, Suite, best_peer, cases

Ways = dict[str, Row]
"""The rows of one case, by way."""


@dataclass(frozen=True)
class Figure:
    """What is looked at in a case: None where the case has no such thing."""

    of: Callable[[Ways, Suite], float | None]
    unit: str = ""
    """%: a part of one; us; x; or what the number counts."""
    most: bool = False
    """The target is a most, not a least."""
    against: tuple[str, ...] = ("",)
    """What the names of the peers in question begin with."""

    def peer(self, ways: Ways) -> Row | None:
        """The fastest of the peers in question."""
        return best_peer([row for way, row in ways.items() if way.startswith(self.against)])

    def text(self, value: float) -> str:
        if self.unit == "%":
            return f"{value:.1%}" if abs(value) < 0.1 else f"{value:.0%}"
        digits = 2 if abs(value) < 10 else 1 if abs(value) < 100 else 0
        number = f"{value:,.{digits}f}"
        return (number.rstrip("0").rstrip(".") if "." in number else number) + f" {self.unit}"


def faster_than(name: str = "") -> Figure:
    """Time of the fastest peer of that name over ours; of any where none is named."""

    def of(ways: Ways, _: Suite) -> float | None:
        peer = figure.peer(ways)
        return peer.microseconds / ways[OWN].microseconds if peer else None

    figure = Figure(of, "x", against=(name,))
    return figure


def _simd(ways: Ways, _: Suite) -> float | None:
    baseline = ways.get(f"{OWN}, baseline")
    return baseline.microseconds / ways[OWN].microseconds if baseline else None


def more(name: str, unit: str = "", most: bool = False) -> Figure:
    """One of the further figures of our row."""
    return Figure(lambda ways, _: ways[OWN].more.get(name), unit, most)


def _unchecked(ways: Ways, _: Suite) -> float | None:
    row = ways.get(f"{OWN}, no validation")
    return ways[OWN].microseconds / row.microseconds - 1 if row else None


def _over_empty(ways: Ways, suite: Suite) -> float:
    (empty,) = (row for row in suite.rows if row.way == "empty kernel")
    return ways[OWN].microseconds - empty.microseconds


def _against_dense(ways: Ways, suite: Suite) -> float | None:
    """Share of the copy rate of packed episodes over that of dense ones of as many bytes."""
    own = ways[OWN]
    (dense,) = (
        row
        for row in suite.rows
        if row.way == OWN and row.group == own.group and row.axes["D"] == own.axes["D"]
        and "ragged" not in row.work
    )  # fmt: skip
    return own.share / dense.share


def _efficiency(ways: Ways, suite: Suite) -> float:
    """Of so many threads, against one; where memory bounds it, against what memory gives."""
    own = ways[OWN]
    (one,) = (
        row
        for row in suite.rows
        if (row.way, row.work, row.cache, row.threads) == (OWN, own.work, own.cache, 1)
    )
    ideal = max(one.microseconds / own.threads, own.floor)
    return ideal / own.microseconds


SHARE = Figure(lambda ways, _: ways[OWN].share, "%")
MICROSECONDS = Figure(lambda ways, _: ways[OWN].microseconds, "us", most=True)
VALIDATION = Figure(_unchecked, "%", most=True)
OVER_EMPTY = Figure(_over_empty, "us", most=True)
AGAINST_DENSE = Figure(_against_dense, "%")
EFFICIENCY = Figure(_efficiency, "%")
SIMD = Figure(_simd, "x")


def is_of_processor(suite: str) -> bool:
    """By the name of the suite."""
    return suite.endswith("-cpu") or (suite.startswith("c-") and suite != "c-cuda")


@dataclass(frozen=True)
class Target:
    part: str
    """GPU; CPU; peers: faster than the best of the others on every shape that is measured."""
    work: str
    """Its name, unique in its part."""
    suite: str
    figure: Figure
    aim: float
    rows: Callable[[Row], bool]
    """Whether our row of a case decides it."""

    @property
    def processor(self) -> bool:
        """Whether it is a processor's, not a GPU's."""
        return is_of_processor(self.suite)

    @property
    def reach(self) -> str:
        return f"{'<=' if self.figure.most else '>='} {self.figure.text(self.aim)}"


@dataclass(frozen=True)
class Verdict:
    """What a suite says about a target: the worst of the cases that decide it."""

    target: Target
    value: float
    worst: Ways
    reached: int
    """Cases that reach it."""
    cases: int

    @property
    def met(self) -> bool:
        return self.reached == self.cases


def judge(target: Target, suite: Suite) -> Verdict | None:
    """None where the suite has no row that decides it."""
    found: list[tuple[float, Ways]] = []
    for ways in cases(suite.rows):
        if OWN in ways and target.rows(ways[OWN]):
            value = target.figure.of(ways, suite)
            if value is not None:
                found.append((value, ways))
    if not found:
        return None
    pick = max if target.figure.most else min
    value, worst = pick(found, key=lambda one: one[0])
    good = [v <= target.aim if target.figure.most else v >= target.aim for v, _ in found]
    return Verdict(target, value, worst, sum(good), len(good))


def _large(row: Row) -> bool:
    """Cold resampling and fusing that no cache helps, windows and ragged episodes aside."""
    return row.cache == "cold" and row.group in ("width", "type", "times", "fuse-large")


def _narrow(row: Row) -> bool:
    return row.axes["D"] in (3, 7)


def _small(row: Row) -> bool:
    return row.group in ("small", "fuse") and (row.axes["B"], row.axes["D"]) in ((32, 16), (4, 588))


def _voxels(
    reduce: str, order: str = "", features: str = "", points: int = 10_000_000
) -> Callable[[Row], bool]:
    return lambda row: (
        row.axes["reduce"] in reduce.split("/")
        and row.axes["points"] == points
        and (not order or row.axes["order"] == order)
        and (not features or row.axes["features"] == features)
    )


def _call(group: str, call: str) -> Callable[[Row], bool]:
    return lambda row: row.group == group and str(row.axes["call"]) == call


def _group(name: str) -> Callable[[Row], bool]:
    return lambda row: row.group == name


def _shards(gpus: int) -> Callable[[Row], bool]:
    return lambda row: row.axes["gpus"] == gpus and row.axes["input"] == "in the GPU's memory"


def _any(row: Row) -> bool:
    return True


def _gpu() -> Iterator[Target]:
    def add(
        suite: str, work: str, figure: Figure, aim: float, rows: Callable[[Row], bool]
    ) -> Target:
        return Target("GPU", work, suite, figure, aim, rows)

    large = "resample and fuse, large, cold"
    wide = lambda row: _large(row) and not _narrow(row)  # noqa: E731
    narrow = lambda row: _large(row) and _narrow(row)  # noqa: E731
    yield add("resample-cuda", f"{large}: of the copy rate", SHARE, 0.9, wide)
    yield add("resample-cuda", f"{large}, D = 3 and 7: of the copy rate", SHARE, 0.8, narrow)
    yield add("resample-cuda", f"{large}: validation adds", VALIDATION, 0.05, _large)
    for name in ("torch.compile", "Triton"):
        yield add("resample-cuda", f"{large}: against {name}", faster_than(name), 1.2, _large)
    small = "resample B32 S50 T32 D16 and fuse of three streams B4"
    yield add("resample-cuda", f"{small}: over an empty kernel", OVER_EMPTY, 1.5, _small)
    yield add("resample-cuda", f"{small}: against every peer", faster_than(), 1.0, _small)
    yield add(
        "resample-cuda",
        "ragged episodes: of the dense figure per byte",
        AGAINST_DENSE,
        0.85,
        lambda row: "ragged" in row.work,
    )
    yield add(
        "resample-cuda",
        "windows from a store of 10^6 frames: of the copy rate",
        SHARE,
        0.7,
        _group("windows"),
    )
    yield add(
        "resample-cuda",
        "fuse of n streams: of the bytes-bound time of its streams",
        SHARE,
        1 / 1.05,
        _group("fuse-large"),
    )
    for reduce, order, aim in [
        ("occupancy", "random", 65),
        ("occupancy", "coherent", 50),
        ("count", "random", 80),
        ("count", "coherent", 70),
    ]:
        work = f"{reduce}, 10M {order} points, 256^3"
        yield add("voxelize-cuda", work, MICROSECONDS, aim, _voxels(reduce, order))
    for order, aim in [("random", 300), ("coherent", 230)]:
        work = f"mean and max of 4 float32, 10M {order} points"
        rows = _voxels("mean/max", order, "float32")
        yield add("voxelize-cuda", work, MICROSECONDS, aim, rows)
    rows = _voxels("mean/max", features="float16")
    yield add("voxelize-cuda", "mean and max of 4 float16, 10M points", MICROSECONDS, 220, rows)
    rows = _voxels("sparse mean")
    yield add("voxelize-cuda", "sparse mean of 4 float32, 10M points", MICROSECONDS, 450, rows)
    rows = _voxels("hard", points=250_000)
    yield add("voxelize-cuda", "hard voxelization, 250k points", MICROSECONDS, 50, rows)
    work = "32 depth frames 640x480 into a 256^3 TSDF"
    yield add("tsdf-cuda", work, MICROSECONDS, 500, lambda row: row.axes["frames"] == 32)
    yield add(
        "voxelize-cuda",
        "mean and max against the float-atomic torch scatter",
        faster_than("torch scatter"),
        5.0,
        lambda row: row.axes["reduce"] in ("mean", "max"),
    )
    call = "Python, torch, out given"
    work = "host time of a Python call, out given"
    yield add("calls-cuda", work, MICROSECONDS, 8, _call("batch", call))
    yield add("calls-cuda", "host time of a C call", MICROSECONDS, 3, _call("batch", "C"))
    point, none = more("workspace_a_point", "B", most=True), more("workspace", "B", most=True)
    yield add("voxelize-cuda", "voxelize: workspace a point", point, 24, _any)
    yield add("resample-cuda", "resample and fuse: workspace", none, 0, _any)
    for gpus, least in [(2, 0.97), (4, 0.95), (8, 0.93)]:
        work = f"{gpus} GPUs, independent shards: efficiency"
        yield add("multi-gpu", work, more("efficiency", "%"), least, _shards(gpus))
    work = "training on windows drawn from stored episodes"
    yield add("training", f"{work}: busy with the model", more("busy", "%"), 0.95, _any)
    loading = more("loading", "%", most=True)
    yield add("training", f"{work}: loading and resampling", loading, 0.03, _any)


def _cpu() -> Iterator[Target]:
    def add(
        suite: str, work: str, figure: Figure, aim: float, rows: Callable[[Row], bool]
    ) -> Target:
        return Target("CPU", work, suite, figure, aim, rows)

    one, several = (lambda row: row.threads == 1), (lambda row: row.threads > 1)
    large = "resample and fuse, large"
    yield add("resample-cpu", f"{large}, one thread: of a copy", SHARE, 0.85, one)
    yield add(
        "resample-cpu", f"{large}, several threads: of a copy by as many", SHARE, 0.85, several
    )
    work = f"{large}: parallel efficiency until memory bounds it"
    yield add("resample-cpu", work, EFFICIENCY, 0.9, several)
    for name, aim in [
        ("numpy.interp", 20),
        ("scipy", 20),
        ("torch", 4),
        ("pandas merge_asof", 50),
        ("pandas reindex", 50),
    ]:
        yield add("resample-cpu", f"resample and fuse against {name}", faster_than(name), aim, _any)
    for name in ("numpy", "Open3D", "PCL"):
        work = f"voxelize, one thread, against {name}"
        yield add("voxelize-cpu", work, faster_than(name), 10, one)
    for op in ("resample", "fuse", "voxelize", "tsdf"):
        yield add(f"c-{op}", f"{op}: the best SIMD level against baseline", SIMD, 1, _any)
    for call, aim in [("C", 2), ("Python, numpy, out given", 5)]:
        work = f"one small call (B1 S50 T32 D16), {call}"
        yield add("calls-cpu", work, MICROSECONDS, aim, _call("window", call))


def _peers() -> Iterator[Target]:
    def add(suite: str, work: str, rows: Callable[[Row], bool]) -> Target:
        return Target("peers", work, suite, faster_than(), 1.0, rows)

    for group in ("small", "large", "width", "type", "times", "windows", "fuse", "fuse-large"):
        work = f"{'' if group.startswith('fuse') else 'resample, '}{group}"
        yield add("resample-cuda", work, _group(group))
    for points, name in [(500_000, "500k"), (10_000_000, "10M")]:
        for reduce in ("occupancy", "count", "mean", "max", "sparse mean"):
            if reduce != "sparse mean" or points > 500_000:
                yield add(
                    "voxelize-cuda", f"{reduce}, {name} points", _voxels(reduce, points=points)
                )
    yield add("voxelize-cuda", "hard, 250k points", _voxels("hard", points=250_000))
    yield add("tsdf-cuda", "depth frames into a TSDF", _any)
    for suite in ("resample-cpu", "voxelize-cpu", "tsdf-cpu"):
        yield add(suite, suite.removesuffix("-cpu") + " on a CPU", _any)
    eager = _call("batch", "Python, torch, out given")
    yield add("calls-cuda", "host time of an eager Python call", eager)


TARGETS = (*_gpu(), *_cpu(), *_peers())
