# SPDX-License-Identifier: Apache-2.0
"""Points to grids on a GPU next to what people write with scatter functions of PyTorch and CuPy.

python -m bench.peers.voxelize_cuda [--reduce occupancy count mean max 'sparse mean' hard]

CUDA events around replays of CUDA graphs; "cold" rows rotate over more memory than the L2 holds
twice, "warm" ones read one cloud again. Every way is checked against sums in float64 before it is
timed. PyTorch's sparse rows ask the device for sizes, so that no graph can hold them: they and
CuPy's are timed call by call. Workspace is what our call takes beside its results.
"""

from __future__ import annotations

import argparse
import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch

import robocache as rc
from bench.cases import Voxelize, voxelize_cuda
from bench.peers.measure import OWN, Suite
from bench.peers.measure_cuda import (
    cuda_suite,
    event_time,
    flush,
    graph_time,
    sets_that_flush,
    workspace_of,
)

VOXEL = 0.1
TOLERANCE = {"": 0.0, "float32": 1e-5, "float16": 1e-3}
"""By the type of features in [-1, 1]: sums of a few in any order, and a rounded result."""

DENSE = ("occupancy", "count", "mean", "max")

Call = Callable[[], torch.Tensor]


class Cloud:
    """Points in a cube of voxels, one in a hundred outside, with four features."""

    def __init__(self, case: Voxelize, seed: int) -> None:
        random = torch.Generator("cuda").manual_seed(seed)
        shape = {"generator": random, "device": "cuda"}
        self.case, self.edge = case, case.edge
        points = torch.rand(case.points, 3, **shape) * 1.0033 - 0.0033
        self.points = points * (case.edge * VOXEL)
        if case.order == "coherent":
            self.points = self.points[self.cells().argsort()]
        self.features: torch.Tensor | None = None
        if case.features:
            features = torch.rand(case.points, 4, **shape) * 2 - 1
            self.features = features.to(getattr(torch, case.features))

    def cells(self) -> torch.Tensor:
        """The voxel of each point; behind the last one, where it has none."""
        # By a number PyTorch multiplies with the reciprocal, which puts some points elsewhere; by a
        # tensor it divides.
        f = torch.floor(self.points / torch.full((), VOXEL, device="cuda"))
        inside = ((f >= 0) & (f < self.edge)).all(1)
        x, y, z = f.long().unbind(1)
        return torch.where(inside, (x * self.edge + y) * self.edge + z, self.edge**3)

    def oracle(self) -> torch.Tensor:
        """In float64, a row for each voxel, or for each that holds a point."""
        cells, voxels = self.cells(), self.edge**3
        counts = torch.bincount(cells, minlength=voxels + 1)[:-1]
        if self.case.reduce == "occupancy":
            return (counts > 0).double()
        if self.case.reduce == "count":
            return counts.double()
        if self.case.reduce == "hard":
            return by_torch_hard(self)()[: int((counts > 0).sum())].double()
        assert self.features is not None
        grid = torch.zeros(voxels + 1, 4, dtype=torch.float64, device="cuda")
        if self.case.reduce == "max":
            index, features = cells[:, None].expand(-1, 4), self.features.double()
            return grid.scatter_reduce_(0, index, features, "amax", include_self=False)[:-1]
        means = grid.index_add_(0, cells, self.features.double())[:-1]
        means /= counts.clamp(min=1)[:, None]
        return means if self.case.reduce == "mean" else means[counts > 0]

    def occupied(self) -> int:
        cells = self.cells()
        return len(cells[cells < self.edge**3].unique())


def own_with_all(cloud: Cloud, context: rc.Context | None = None) -> Callable[[], Any]:
    """Our call, which gives all of its results."""
    case = cloud.case
    if case.reduce in DENSE:
        kind = {"occupancy": "uint8", "count": "int32"}.get(case.reduce, case.features)
        shape = (case.edge,) * 3 + ((4,) if case.features else ())
        out = torch.empty(shape, dtype=getattr(torch, kind), device="cuda")
        return lambda: rc.voxelize(
            cloud.points,
            0.0,
            VOXEL,
            cloud.edge,
            reduce=case.reduce,
            features=cloud.features,
            out=out,
            context=context,
        )
    hard = case.reduce == "hard"
    return lambda: rc.voxelize_sparse(
        cloud.points,
        VOXEL,
        origin=0.0,
        dims=cloud.edge,
        reduce=None if hard else "mean",
        features=cloud.features,
        capacity=case.points,
        max_points=case.kept if hard else None,
        context=context,
    )


def own(cloud: Cloud) -> Call:
    call = own_with_all(cloud)
    if cloud.case.reduce == "hard":
        return lambda: call().points
    if cloud.case.reduce == "sparse mean":
        return lambda: call().features
    return call


def by_torch(cloud: Cloud) -> Call:
    voxels, reduce = cloud.edge**3, cloud.case.reduce
    features = None if cloud.features is None else cloud.features.float()
    ones = torch.ones(len(cloud.points), dtype=torch.int32, device="cuda")

    def zeros(*tail: int, dtype: torch.dtype) -> torch.Tensor:
        return torch.zeros(voxels + 1, *tail, dtype=dtype, device="cuda")

    def call() -> torch.Tensor:
        cells = cloud.cells()
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


def by_torch_unique(cloud: Cloud) -> Call:
    def call() -> torch.Tensor:
        cells = cloud.cells()
        _, rows, counts = torch.unique(cells, return_inverse=True, return_counts=True)
        sums = torch.zeros(len(counts), 4, device="cuda").index_add_(0, rows, cloud.features)
        return sums / counts[:, None]

    return call


def by_torch_hard(cloud: Cloud) -> Call:
    kept_of_voxel = cloud.case.kept

    def call() -> torch.Tensor:
        cells, order = cloud.cells().sort(stable=True)
        _, rows, counts = torch.unique_consecutive(cells, return_inverse=True, return_counts=True)
        rank = torch.arange(len(rows), device="cuda") - (counts.cumsum(0) - counts)[rows]
        kept = (rank < kept_of_voxel) & (cells < cloud.edge**3)
        out = torch.zeros(len(cloud.points), kept_of_voxel, 4, device="cuda")
        out[rows[kept], rank[kept]] = cloud.features[order[kept]]
        return out

    return call


def by_cupy(cloud: Cloud) -> Call:
    import cupy as cp
    import cupyx

    edge, voxels, reduce = cloud.edge, cloud.edge**3, cloud.case.reduce
    points = cp.asarray(cloud.points)
    features = None if cloud.features is None else cp.asarray(cloud.features.float())
    dtype = None if cloud.features is None else cp.dtype(cloud.case.features)

    def call() -> torch.Tensor:
        place = cp.floor(points / cp.float32(VOXEL))
        inside = ((place >= 0) & (place < edge)).all(1)
        x, y, z = place.astype(cp.int32).T
        cells = cp.where(inside, (x * edge + y) * edge + z, voxels)
        if reduce == "occupancy":
            grid = cp.zeros(voxels + 1, cp.uint8)
            grid[cells] = 1
            return torch.as_tensor(grid, device="cuda")[:-1]
        counts = cp.zeros(voxels + 1, cp.int32)
        cupyx.scatter_add(counts, cells, 1)
        if reduce == "count":
            return torch.as_tensor(counts, device="cuda")[:-1]
        if reduce == "mean":
            grid = cp.zeros((voxels + 1, 4), cp.float32)
            cupyx.scatter_add(grid, cells, features)
            grid /= cp.maximum(counts, 1)[:, None]
        else:
            grid = cp.full((voxels + 1, 4), -cp.inf, cp.float32)
            cupyx.scatter_max(grid, cells, features)
            grid = cp.where(counts[:, None] > 0, grid, 0)
        return torch.as_tensor(grid.astype(dtype, copy=False), device="cuda")[:-1]

    return call


def ways(case: Voxelize) -> Iterator[tuple[str, Callable[[Cloud], Call], bool]]:
    """Way, call, and whether a graph can hold it."""
    yield OWN, own, True
    if case.reduce == "hard":
        yield "torch sort + scatter", by_torch_hard, False
    elif case.reduce == "sparse mean":
        yield "torch unique + scatter", by_torch_unique, False
    else:
        yield "torch scatter", by_torch, True
        # The host time of its calls would be most of what a small cloud takes.
        if case.points > 1_000_000 and importlib.util.find_spec("cupy"):
            yield "CuPy scatter", by_cupy, False


def error_of(result: torch.Tensor, oracle: torch.Tensor) -> float:
    got = result.reshape(-1, *oracle.shape[1:])[: len(oracle)]
    return float((got.double() - oracle).abs().max())


def prepare_own(case: Voxelize) -> Call:
    """Our call on inputs of its own, to profile."""
    return own(Cloud(case, 0))


def measure(suite: Suite, case: Voxelize, repeats: int) -> None:
    """All ways of one case."""
    first = Cloud(case, 0)
    moved, cold = case.bytes(first.occupied()), case.cache == "cold"
    clouds = [first] + [
        Cloud(case, seed) for seed in range(1, sets_that_flush(moved) if cold else 1)
    ]
    before = flush(moved) if cold else None
    oracle = first.oracle()
    for way, prepare, captured in ways(case):
        calls = [prepare(cloud) for cloud in clouds]
        error = error_of(calls[0](), oracle)
        if not suite.right(case.work, way, error, TOLERANCE[case.features]):
            continue
        more = {}
        if way == OWN:
            with rc.Context("cuda", allocator="torch") as context:
                workspace = workspace_of(own_with_all(first, context))
            more["workspace_a_point"] = workspace / case.points
        if captured:
            taken = graph_time(calls, repeats, before)
        else:
            taken = event_time(calls[0], repeats, before)
        suite.add(
            case.work,
            way,
            taken,
            group=case.reduce if case.points > 1_000_000 else f"{case.points:,} points",
            axes=case.axes,
            cache=case.cache,
            bytes=moved,
            error=error,
            **more,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=30)
    parser.add_argument("--reduce", nargs="*", help="only these")
    parser.add_argument("--output", type=Path, default=Path("build/bench"))
    arguments = parser.parse_args()

    suite = cuda_suite("voxelize-cuda")
    for case in voxelize_cuda():
        if not arguments.reduce or case.reduce in arguments.reduce:
            measure(suite, case, arguments.repeats)
            torch.cuda.empty_cache()
    suite.finish(arguments.output)


if __name__ == "__main__":
    main()
