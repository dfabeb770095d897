# SPDX-License-Identifier: Apache-2.0
"""Points to grids on the CPU next to NumPy, Open3D and the Point Cloud Library.

python -m bench.peers.voxelize [--order scan random]

Float32 points with four float32 features, anywhere in a cube of voxels and a little beyond it, or
on a surface as a scan gives them. Every way is checked against a float64 oracle before it is timed;
Open3D's and PCL's rows are only there where they are installed (PCL: its program pcl_voxel_grid,
which tells the time of the filter alone).
"""

from __future__ import annotations

import argparse
import importlib.util
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import robocache as rc
from bench.cases import Voxelize, voxelize_cpu
from bench.peers.measure import OWN, Suite, Time, copy_rates, surroundings, wall_time

TOLERANCE = 2e-5
"""Of means of coordinates up to some tens, in float32."""

SIZE = np.float32(0.125)
"""Edge of a voxel: a power of two, for which PCL's product with the reciprocal is a quotient."""

GridArray = NDArray[Any]
Call = Callable[[], GridArray]


class Work:
    """A cloud, its features, its grid, and the cells of its points."""

    def __init__(self, case: Voxelize) -> None:
        rng = np.random.default_rng(0)
        points, edge = case.points, case.edge
        self.case, self.edge, self.size = case, edge, edge * float(SIZE)
        if case.order == "scan":
            turn = np.linspace(0, 128 * np.pi, points)
            reach = self.size * (0.3 + 0.1 * np.sin(3 * turn))
            cloud = self.size / 2 + np.stack([reach * np.cos(turn), reach * np.sin(turn), 0 * turn])
            cloud[2] = np.linspace(0, self.size, points)
            cloud = cloud.T + rng.uniform(-0.05, 0.05, (points, 3))
        else:
            cloud = rng.uniform(-0.01 * self.size, self.size, (points, 3))
        self.points = cloud.astype(np.float32)
        self.features = rng.uniform(-1, 1, (points, 4)).astype(np.float32)
        cells, self.inside = self.cells()
        self.rows, self.row_of = np.unique(cells, return_inverse=True)
        self.counts = np.bincount(self.row_of)

    def cells(self) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """The cell of each point that has one, and which have."""
        place = np.floor(self.points / SIZE)
        inside = ((place >= 0) & (place < self.edge)).all(axis=1)
        x, y, z = place[inside].astype(np.int64).T
        return (x * self.edge + y) * self.edge + z, inside

    def means(self, values: NDArray[np.float32]) -> NDArray[np.float64]:
        """Means of the values of each occupied voxel, in the order of cells."""
        wide = values[self.inside].astype(np.float64)
        sums = [np.bincount(self.row_of, weights=column) for column in wide.T]
        return np.stack(sums, axis=1) / self.counts[:, None]

    def dense(self, rows: GridArray) -> GridArray:
        """What is known of the occupied voxels, as a grid with zeros elsewhere."""
        grid = np.zeros((self.edge**3, *rows.shape[1:]), rows.dtype)
        grid[self.rows] = rows
        return grid.reshape(self.edge, self.edge, self.edge, *rows.shape[1:])

    def oracle(self) -> GridArray:
        reduce = self.case.reduce
        if reduce == "occupancy":
            return self.dense(np.ones(len(self.rows), np.uint8))
        if reduce == "count":
            return self.dense(self.counts)
        if reduce == "mean":
            return self.dense(self.means(self.features))
        if reduce == "max":
            greatest = np.full((len(self.rows), 4), -np.inf, np.float32)
            np.maximum.at(greatest, self.row_of, self.features[self.inside])
            return self.dense(greatest)
        return self.means(self.points)


def own(work: Work, threads: int) -> Call:
    context, reduce = rc.Context(device="cpu", threads=threads), work.case.reduce
    if reduce == "centroids":

        def centroids() -> GridArray:
            voxels = rc.voxelize_sparse(
                work.points,
                SIZE,
                origin=0,
                dims=work.edge,
                capacity=len(work.points),
                context=context,
            )
            return voxels.features[: int(voxels.total)]

        return centroids
    features = work.features if work.case.features else None
    out = np.empty(
        (work.edge,) * 3 + ((4,) if features is not None else ()),
        {"occupancy": np.uint8, "count": np.int32}.get(reduce, np.float32),
    )
    return lambda: rc.voxelize(
        work.points,
        0,
        SIZE,
        work.edge,
        reduce=reduce,
        features=features,
        out=out,
        context=context,
    )


def by_numpy(work: Work) -> Call:
    """What people write by hand: floor, ravel, then unique or bincount."""
    size, shape = work.edge**3, (work.edge,) * 3

    def occupancy() -> GridArray:
        grid = np.zeros(size, np.uint8)
        grid[work.cells()[0]] = 1
        return grid.reshape(shape)

    def count() -> GridArray:
        return np.bincount(work.cells()[0], minlength=size).reshape(shape)

    def mean() -> GridArray:
        cells, inside = work.cells()
        counts = np.maximum(np.bincount(cells, minlength=size), 1)
        columns = work.features[inside].T
        sums = [np.bincount(cells, weights=column, minlength=size) for column in columns]
        return (np.stack(sums, axis=1) / counts[:, None]).astype(np.float32).reshape(*shape, 4)

    def greatest() -> GridArray:
        cells, inside = work.cells()
        grid = np.full((size, 4), -np.inf, np.float32)
        np.maximum.at(grid, cells, work.features[inside])
        grid[np.isinf(grid)] = 0
        return grid.reshape(*shape, 4)

    def centroids() -> GridArray:
        cells, inside = work.cells()
        _, row_of, counts = np.unique(cells, return_inverse=True, return_counts=True)
        sums = [np.bincount(row_of, weights=column) for column in work.points[inside].T]
        return np.stack(sums, axis=1) / counts[:, None]

    calls = {"mean": mean, "max": greatest, "occupancy": occupancy, "count": count}
    return calls.get(work.case.reduce, centroids)


def in_order_of_cells(work: Work, means: GridArray) -> GridArray:
    """Rows of centroids sorted by the cell they lie in."""
    x, y, z = np.floor(means / float(SIZE)).T
    return means[np.lexsort((z, y, x))]


def by_open3d(work: Work) -> Iterator[tuple[str, Call]]:
    """Its grid has no end: it gets the points that are inside of ours."""
    import open3d as o3d

    inside = work.points[work.inside]
    tensors = o3d.t.geometry.PointCloud(o3d.core.Tensor(inside))
    vectors = o3d.geometry.PointCloud(o3d.utility.Vector3dVector(inside))
    bounds = np.zeros(3), np.full(3, work.size)
    yield (
        "Open3D t.voxel_down_sample",
        lambda: tensors.voxel_down_sample(float(SIZE)).point.positions.numpy(),
    )
    yield (
        "Open3D voxel_down_sample_and_trace",
        lambda: np.asarray(vectors.voxel_down_sample_and_trace(float(SIZE), *bounds)[0].points),
    )


def pcl_time(work: Work) -> tuple[Time, GridArray]:
    """Time of PCL's filter, and what it gives."""
    with tempfile.TemporaryDirectory() as folder:
        source, made, plain = (f"{folder}/{name}.pcd" for name in ("source", "made", "plain"))
        points = work.points[work.inside]
        head = (
            "VERSION 0.7\nFIELDS x y z\nSIZE 4 4 4\nTYPE F F F\nCOUNT 1 1 1\n"
            f"WIDTH {len(points)}\nHEIGHT 1\nVIEWPOINT 0 0 0 1 0 0 0\nPOINTS {len(points)}\n"
            "DATA binary\n"
        )
        Path(source).write_bytes(head.encode() + points.tobytes())
        leaf = ",".join([str(SIZE)] * 3)
        times = []
        for _ in range(5):
            said = subprocess.run(
                ["pcl_voxel_grid", source, made, "-leaf", leaf],
                check=True,
                capture_output=True,
                text=True,
            )
            filtered = re.search(r"Computing.*?\[done, .*?([0-9.e+]+).*? ms", said.stdout, re.S)
            if filtered is None:
                raise SystemExit(f"pcl_voxel_grid: expected a time, got {said.stdout!r}")
            times.append(float(filtered[1]) / 1e3)
        subprocess.run(
            ["pcl_convert_pcd_ascii_binary", made, plain, "1"], check=True, capture_output=True
        )
        said_first, _, body = Path(plain).read_bytes().partition(b"DATA binary\n")
    count = int(said_first.partition(b"POINTS ")[2])
    return Time.of(times), np.frombuffer(body, "<f4", 3 * count).reshape(-1, 3)


def ways(work: Work, threads: int) -> Iterator[tuple[str, Call]]:
    yield OWN, own(work, threads)
    if threads > 1:
        return
    yield "numpy", by_numpy(work)
    if work.case.reduce == "centroids" and importlib.util.find_spec("open3d"):
        yield from by_open3d(work)


def error_of(work: Work, result: GridArray, oracle: GridArray) -> float:
    """Largest difference, infinite where the shapes differ."""
    if work.case.reduce == "centroids":
        result = in_order_of_cells(work, np.asarray(result, np.float64))
    if result.shape != oracle.shape:
        return float("inf")
    return float(np.abs(result - oracle.astype(np.float64)).max())


def measure(suite: Suite, case: Voxelize, repeats: int) -> None:
    """All ways of one case."""
    work = Work(case)
    oracle, moved = work.oracle(), case.bytes(len(work.rows))

    def add(way: str, threads: int, taken: Time, error: float) -> None:
        if not suite.right(case.work, way, error, TOLERANCE):
            return
        suite.add(
            case.work,
            way,
            taken,
            group=case.order,
            axes=case.axes,
            threads=threads,
            bytes=moved,
            error=error,
        )

    for threads in suite.copy:
        for way, call in ways(work, threads):
            error = error_of(work, call(), oracle)
            add(way, threads, wall_time(call, repeats), error)
        if case.reduce == "centroids" and threads == 1 and shutil.which("pcl_voxel_grid"):
            taken, result = pcl_time(work)
            add("PCL VoxelGrid", 1, taken, error_of(work, result, oracle))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--order", nargs="*", help="only these of bench/cases.py")
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--output", type=Path, default=Path("build/bench"))
    arguments = parser.parse_args()

    where = surroundings(robocache=rc.__version__, numpy=np.__version__)
    suite = Suite("voxelize-cpu", where, copy_rates())
    for case in voxelize_cpu():
        if not arguments.order or case.order in arguments.order:
            measure(suite, case, arguments.repeats)
    suite.finish(arguments.output)


if __name__ == "__main__":
    main()
