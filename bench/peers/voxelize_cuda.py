# SPDX-License-Identifier: Apache-2.0
"""Points to grids on a GPU next to what people write with PyTorch's scatter functions.

CUDA events around replays of CUDA graphs; small clouds are rotated over more memory than the L2
holds, and timed once more with one that stays there. Every way is checked against sums in float64
before it is timed. PyTorch's sparse rows ask the device for sizes, so that no graph can hold them:
they are timed call by call.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

import robocache as rc
from measure import surroundings
from measure_cuda import copy_rate, event_seconds, graph_seconds, report

VOXEL = 0.1
TOLERANCE = 1e-5
"""Of means of values in [-1, 1]: float32 sums of a few features in any order."""


@dataclass(frozen=True)
class Row:
    """One way to do the work: its median time, and what that is worth."""

    work: str
    points: str
    name: str
    microseconds: float
    gigabytes_per_second: float
    share_of_copy: float
    largest_error: float


class Cloud:
    """Points in a cube of voxels, one in a hundred outside, with four features."""

    def __init__(self, count: int, edge: int, seed: int, ordered: bool, dtype: torch.dtype) -> None:
        random = torch.Generator("cuda").manual_seed(seed)
        shape = {"generator": random, "device": "cuda"}
        self.edge = edge
        self.points = (torch.rand(count, 3, **shape) * 1.0033 - 0.0033) * (edge * VOXEL)
        if ordered:  # neighbours in the list are neighbours in space
            self.points = self.points[cells_of(self.points, edge).argsort()]
        self.features = (torch.rand(count, 4, **shape) * 2 - 1).to(dtype)

    def grid(self, *tail: int, dtype: torch.dtype) -> torch.Tensor:
        return torch.empty(self.edge, self.edge, self.edge, *tail, dtype=dtype, device="cuda")


def cells_of(points: torch.Tensor, edge: int) -> torch.Tensor:
    """The voxel of each point; behind the last one, where it has none."""
    # By a number PyTorch multiplies with the reciprocal, which puts some points elsewhere; by a
    # tensor it divides.
    f = torch.floor(points / torch.full((), VOXEL, device=points.device))
    inside = ((f >= 0) & (f < edge)).all(1)
    x, y, z = f.long().unbind(1)
    return torch.where(inside, (x * edge + y) * edge + z, edge**3)


def own_dense(reduce: str) -> Callable[[Cloud], Callable[[], Any]]:
    def prepare(cloud: Cloud) -> Callable[[], Any]:
        features = None if reduce in ("occupancy", "count") else cloud.features
        kind = {"occupancy": torch.uint8, "count": torch.int32}.get(reduce, cloud.features.dtype)
        out = cloud.grid(*(() if features is None else (4,)), dtype=kind)
        return lambda: rc.voxelize(
            cloud.points, 0.0, VOXEL, cloud.edge, reduce=reduce, features=features, out=out
        )

    return prepare


def torch_dense(reduce: str) -> Callable[[Cloud], Callable[[], Any]]:
    def prepare(cloud: Cloud) -> Callable[[], Any]:
        edge, voxels = cloud.edge, cloud.edge**3
        features = cloud.features.float()
        ones = torch.ones(len(cloud.points), dtype=torch.int32, device="cuda")

        def zeros(*tail: int, dtype: torch.dtype) -> torch.Tensor:
            return torch.zeros(voxels + 1, *tail, dtype=dtype, device="cuda")

        def call() -> Any:
            cells = cells_of(cloud.points, edge)
            if reduce == "occupancy":
                return zeros(dtype=torch.uint8).index_fill_(0, cells, 1)[:-1]
            counts = zeros(dtype=torch.int32).index_add_(0, cells, ones)
            if reduce == "count":
                return counts[:-1]
            if reduce == "mean":
                sums = zeros(4, dtype=torch.float32).index_add_(0, cells, features)
                return (sums / counts.clamp(min=1)[:, None]).to(cloud.features.dtype)[:-1]
            grid = torch.full((voxels + 1, 4), -torch.inf, device="cuda")
            grid.scatter_reduce_(0, cells[:, None].expand(-1, 4), features, "amax")
            return torch.where(counts[:, None] > 0, grid, 0).to(cloud.features.dtype)[:-1]

        return call

    return prepare


def dense_oracle(reduce: str, cloud: Cloud) -> torch.Tensor:
    cells = cells_of(cloud.points, cloud.edge)
    counts = torch.bincount(cells, minlength=cloud.edge**3 + 1)[:-1]
    if reduce == "occupancy":
        return (counts > 0).double()
    if reduce == "count":
        return counts.double()
    features = cloud.features.double()
    grid = torch.zeros(cloud.edge**3 + 1, 4, dtype=torch.float64, device="cuda")
    if reduce == "mean":
        return grid.index_add_(0, cells, features)[:-1] / counts.clamp(min=1)[:, None]
    index = cells[:, None].expand(-1, 4)
    return grid.scatter_reduce_(0, index, features, "amax", include_self=False)[:-1]


def own_sparse(cloud: Cloud) -> Callable[[], Any]:
    def call() -> Any:
        voxels = rc.voxelize_sparse(
            cloud.points,
            VOXEL,
            origin=0.0,
            dims=cloud.edge,
            features=cloud.features,
            capacity=len(cloud.points),
        )
        return voxels.features

    return call


def torch_sparse(cloud: Cloud) -> Callable[[], Any]:
    def call() -> Any:
        cells = cells_of(cloud.points, cloud.edge)
        _, rows, counts = torch.unique(cells, return_inverse=True, return_counts=True)
        sums = torch.zeros(len(counts), 4, device="cuda").index_add_(0, rows, cloud.features)
        return sums / counts[:, None]

    return call


def sparse_oracle(cloud: Cloud) -> torch.Tensor:
    grid = dense_oracle("mean", cloud)
    return grid[dense_oracle("occupancy", cloud) > 0]


HARD_POINTS = 10


def own_hard(cloud: Cloud) -> Callable[[], Any]:
    def call() -> Any:
        voxels = rc.voxelize_sparse(
            cloud.points,
            VOXEL,
            origin=0.0,
            dims=cloud.edge,
            reduce=None,
            features=cloud.features,
            capacity=len(cloud.points),
            max_points=HARD_POINTS,
        )
        return voxels.points

    return call


def torch_hard(cloud: Cloud) -> Callable[[], Any]:
    def call() -> Any:
        cells = cells_of(cloud.points, cloud.edge)
        cells, order = cells.sort(stable=True)
        _, rows, counts = torch.unique_consecutive(cells, return_inverse=True, return_counts=True)
        rank = torch.arange(len(rows), device="cuda") - (counts.cumsum(0) - counts)[rows]
        kept = (rank < HARD_POINTS) & (cells < cloud.edge**3)
        out = torch.zeros(len(cloud.points), HARD_POINTS, 4, device="cuda")
        out[rows[kept], rank[kept]] = cloud.features[order[kept]]
        return out

    return call


class Table:
    """Rows, as they are measured."""

    def __init__(self, repeats: int) -> None:
        self.repeats = repeats
        self.copy = copy_rate()
        self.rows: list[Row] = []

    def add(
        self,
        work: str,
        label: str,
        name: str,
        prepare: Callable[[Cloud], Callable[[], Any]],
        clouds: list[Cloud],
        oracle: torch.Tensor,
        bytes_moved: float,
        captured: bool = True,
    ) -> None:
        calls = [prepare(cloud) for cloud in clouds]
        result = calls[0]().double().reshape(-1, *oracle.shape[1:])[: len(oracle)]
        error = float((result - oracle).abs().max())
        tolerance = TOLERANCE if clouds[0].features.dtype == torch.float32 else 1e-3
        if not error <= tolerance:
            raise SystemExit(f"{work}, {label}: {name}: largest error {error} > {tolerance}")
        if captured:
            seconds = graph_seconds(calls, self.repeats)
        else:
            seconds = event_seconds(calls[0], self.repeats)
        speed = bytes_moved / seconds
        share = speed / self.copy
        self.rows.append(Row(work, label, name, seconds * 1e6, speed / 1e9, share, error))
        torch.cuda.empty_cache()

    def text(self) -> str:
        own = {(row.work, row.points): row for row in self.rows if row.name == "robocache"}
        lines = [
            "| work | points | with | us | GB/s | of copy | robocache is | largest error |",
            "|---|---|---|--:|--:|--:|--:|--:|",
        ]
        for row in self.rows:
            base = own[row.work, row.points].microseconds
            lines.append(
                f"| {row.work} | {row.points} | {row.name} | {row.microseconds:.1f}"
                f" | {row.gigabytes_per_second:.0f} | {row.share_of_copy:.0%}"
                f" | {row.microseconds / base:.1f} x | {row.largest_error:.1e} |"
            )
        return "\n".join(lines)


def measure_dense(table: Table, reduce: str, dtype: torch.dtype, label: str, clouds: Any) -> None:
    first = clouds[0]
    plain = reduce in ("occupancy", "count")
    work = reduce if plain else f"{reduce} of 4 {str(dtype).removeprefix('torch.')}"
    size = {"occupancy": 1, "count": 4}.get(reduce, 4 * first.features.itemsize)
    moved = first.points.nbytes + first.edge**3 * size + (0 if plain else first.features.nbytes)
    oracle = dense_oracle(reduce, first)
    if not plain:
        oracle = oracle.reshape(-1, 4)
    table.add(work, label, "robocache", own_dense(reduce), clouds, oracle, moved)
    table.add(work, label, "torch scatter", torch_dense(reduce), clouds, oracle, moved)


def measure_sparse(table: Table, label: str, cloud: Cloud) -> None:
    oracle = sparse_oracle(cloud)
    inputs = cloud.points.nbytes + cloud.features.nbytes + len(cloud.points) * 4
    moved = inputs + len(oracle) * (16 + 16 + 4)
    work = "sparse mean of 4 float32"
    table.add(work, label, "robocache", own_sparse, [cloud], oracle, moved)
    table.add(
        work, label, "torch unique + scatter", torch_sparse, [cloud], oracle, moved, captured=False
    )


def measure_hard(table: Table, label: str, cloud: Cloud) -> None:
    occupied = int(dense_oracle("occupancy", cloud).sum())
    oracle = torch_hard(cloud)()[:occupied].double()
    inputs = cloud.points.nbytes + cloud.features.nbytes + len(cloud.points) * 4
    moved = inputs + len(cloud.points) * (16 + 4 + HARD_POINTS * 16)
    work = f"hard voxels of {HARD_POINTS} points"
    table.add(work, label, "robocache", own_hard, [cloud], oracle, moved)
    table.add(work, label, "torch sort + scatter", torch_hard, [cloud], oracle, moved, False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=30)
    parser.add_argument("--output", type=Path, default=Path("build/bench"))
    arguments = parser.parse_args()

    table = Table(arguments.repeats)
    reductions = ("occupancy", "count", "mean", "max")
    for count, edge, ordered, many in [
        (500_000, 128, False, 1),
        (500_000, 128, False, 8),
        (10_000_000, 256, False, 1),
        (10_000_000, 256, True, 1),
    ]:
        order = "in order" if ordered else "in no order"
        cache = ", cold" if many > 1 else ", in L2" if count < 1_000_000 else ""
        label = f"{count:,} {order}, {edge}^3{cache}"
        clouds = [Cloud(count, edge, seed, ordered, torch.float32) for seed in range(many)]
        for reduce in reductions:
            measure_dense(table, reduce, torch.float32, label, clouds)
        if count > 1_000_000:
            measure_sparse(table, label, clouds[0])
            for cloud in clouds:
                cloud.features = cloud.features.half()
            measure_dense(table, "mean", torch.float16, label, clouds)
    measure_hard(table, "250,000 in no order, 64^3", Cloud(250_000, 64, 0, False, torch.float32))

    where = surroundings(
        device=torch.cuda.get_device_name(), robocache=rc.__version__, torch=torch.__version__
    )
    report(arguments.output / "voxelize_cuda.json", where, table.copy, table.text(), table.rows)


if __name__ == "__main__":
    main()
