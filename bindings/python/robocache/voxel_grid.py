# SPDX-License-Identifier: Apache-2.0
"""From a cloud to a grid that knows where it stands: what `robocache voxelize` does.

The file that `write_grid` makes is described in docs/how-to/voxelize.md.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import robocache as rc

from .clouds import Cloud

SCHEMA = "robocache.grid/1"
Triple = tuple[float, float, float]

GIB = 2**30
_OF_FEATURES = ("sum", "mean", "max", "min")
_FLOAT32_CELLS = 2**20
"""Voxels from 0 beyond which float32 coordinates are too coarse: 1/8 voxel is lost there."""
_WHOLE = 1e-6
"""Part of a voxel by which bounds may miss a whole number of them."""


@dataclass(frozen=True)
class VoxelGrid:
    """Occupied voxels of a cloud, as a dense grid or as a list."""

    cloud: Cloud
    reduce: str
    feature_names: tuple[str, ...]
    """Of the last axis of `values`; empty where there is none."""
    origin: Triple
    voxel_size: Triple
    dims: tuple[int, int, int]
    sparse: bool
    values: NDArray[Any] | None
    """Dense: [X,Y,Z] or [X,Y,Z,F]. Sparse: [M,F], None without features."""
    counts: NDArray[np.int32] | None
    """Points of each voxel: dense [X,Y,Z], None where `values` tells; sparse [M]."""
    coords: NDArray[np.int64]
    """[M,3]: x, y, z of the occupied voxels, in this order."""
    outside: int
    not_finite: int
    notes: tuple[str, ...]

    @property
    def centres(self) -> NDArray[np.float64]:
        """[M,3]: the middles of the occupied voxels."""
        return np.asarray(self.origin) + (self.coords + 0.5) * np.asarray(self.voxel_size)

    @property
    def metadata(self) -> dict[str, Any]:
        """What the numbers mean, for JSON."""
        return {
            "schema": SCHEMA,
            "robocache": rc.__version__,
            "source": {"file": self.cloud.path.name, "format": self.cloud.format},
            "grid": {
                "origin": list(self.origin),
                "voxel_size": list(self.voxel_size),
                "dims": list(self.dims),
                "sparse": self.sparse,
            },
            "reduce": self.reduce,
            "features": list(self.feature_names),
            "points": {
                "read": len(self.cloud),
                "outside": self.outside,
                "not_finite": self.not_finite,
            },
            "occupied": len(self.coords),
            "notes": list(self.notes),
        }


def voxelize_cloud(
    cloud: Cloud,
    voxel_size: Triple,
    *,
    bounds: Sequence[float] | None = None,
    reduce: str = "occupancy",
    features: Sequence[str] = (),
    sparse: bool = False,
    memory_gib: float = 4.0,
) -> VoxelGrid:
    """Voxelize a cloud with `robocache.voxelize` or, `sparse`, with `robocache.voxelize_sparse`.

    Args:
        cloud: Of any format.
        voxel_size: Edges of a voxel, in the unit of the points.
        bounds: Least x, y, z, greatest x, y, z. Default: those of the cloud, widened to multiples
            of the voxel's edges, so that the voxels of several clouds coincide.
        reduce: "occupancy", "count", "sum", "mean", "max" or "min".
        features: Columns to reduce, by name. Default: x, y and z.
        sparse: List the occupied voxels instead of filling a grid.
        memory_gib: Largest dense result to make.

    Raises:
        InvalidArgumentError: An argument breaks a rule; no point is finite; the grid is larger than
            `memory_gib`, with how large it would be.
    """
    if any(not np.isfinite(edge) or edge <= 0 for edge in voxel_size):
        raise rc.InvalidArgumentError(f"voxel: expected finite edges above 0; got {voxel_size}")
    if features and reduce not in _OF_FEATURES:
        raise rc.InvalidArgumentError(
            f"features: expected none with reduce={reduce!r}; got {', '.join(features)}"
        )
    points, notes = _precise(cloud, voxel_size)
    origin, dims = _extent(cloud, points, voxel_size, bounds)
    columns, names = None, tuple(features)
    if reduce in _OF_FEATURES:
        names = names or ("x", "y", "z")
        columns = cloud.columns(names)
    if sparse:
        listed = rc.voxelize_sparse(
            points,
            voxel_size,
            origin=origin,
            dims=dims,
            reduce=None if columns is None else reduce,
            features=columns,
        )
        values, counts, stats = listed.features, listed.counts, listed.stats
        coords = listed.coords[:, 1:]
    else:
        check_memory(dims, _bytes_per_voxel(reduce, columns), memory_gib)
        dense = rc.voxelize(
            points,
            origin,
            voxel_size,
            dims,
            reduce=reduce,
            features=columns,
            counts=columns is not None,
            stats=True,
        )
        values, counts, stats = dense.grid, dense.counts, dense.stats
        coords = np.argwhere(values if counts is None else counts)
    outside, not_finite, _ = stats.reshape(-1).tolist()
    return VoxelGrid(
        cloud, reduce, names, origin, voxel_size, dims, sparse, values, counts, coords, outside,
        not_finite, (*cloud.notes, *notes),
    )  # fmt: skip


def write_grid(grid: VoxelGrid, path: Path) -> None:
    """Write the arrays of a grid, where it stands, and its metadata, as NPZ."""
    arrays: dict[str, Any] = {
        "origin": np.array(grid.origin),
        "voxel_size": np.array(grid.voxel_size),
        "metadata": np.array(json.dumps(grid.metadata)),
    }
    if grid.sparse:
        arrays["coords"] = grid.coords
    if grid.values is not None:
        arrays["features" if grid.sparse else "grid"] = grid.values
    if grid.counts is not None:
        arrays["counts"] = grid.counts
    np.savez_compressed(path, **arrays)


def _precise(cloud: Cloud, voxel_size: Triple) -> tuple[NDArray[Any], tuple[str, ...]]:
    """The points, in float64 where float32 would place them by a coarser measure than theirs."""
    points = cloud.points
    if points.dtype == np.float64 or len(points) == 0:
        return points, ()
    farthest = np.nan_to_num(np.abs(rc.bounds(points))).max(axis=0)
    if (farthest / voxel_size < _FLOAT32_CELLS).all():
        return points, ()
    step = float(np.spacing(np.float32(farthest.max())))
    return points.astype(np.float64), (
        f"coordinates up to {farthest.max():.0f} are stored in steps of {step:g}, the grid is"
        " computed in float64",
    )


def _extent(
    cloud: Cloud, points: NDArray[Any], voxel_size: Triple, bounds: Sequence[float] | None
) -> tuple[Triple, tuple[int, int, int]]:
    """Origin and dims."""
    if bounds is not None:
        return box(bounds, voxel_size)
    edges = np.asarray(voxel_size)
    low, high = np.asarray(rc.bounds(points), np.float64)
    if np.isnan(low).any():
        raise rc.InvalidArgumentError(f"{cloud.path}: has no finite point among {len(points)}")
    origin = np.floor(low / edges) * edges
    return _whole(origin, np.floor((high - origin) / edges) + 1)


def box(bounds: Sequence[float], voxel_size: Triple) -> tuple[Triple, tuple[int, int, int]]:
    """Origin and dims of the grid over least x, y, z and greatest x, y, z."""
    origin, high = np.reshape(np.asarray(bounds, np.float64), (2, 3))
    if not (np.isfinite(bounds).all() and (origin < high).all()):
        raise rc.InvalidArgumentError(
            "bounds: expected x0 y0 z0 x1 y1 z1, finite, the first three less than the others;"
            f" got {' '.join(f'{value:g}' for value in bounds)}"
        )
    return _whole(origin, np.maximum(np.ceil((high - origin) / voxel_size - _WHOLE), 1))


def _whole(
    origin: NDArray[np.float64], needed: NDArray[np.float64]
) -> tuple[Triple, tuple[int, int, int]]:
    if needed.prod() >= 2.0**63:
        raise rc.InvalidArgumentError(
            f"voxel: expected fewer than 2^63 voxels; got {_times(needed)} (larger voxels or"
            " narrower bounds)"
        )
    x0, y0, z0 = origin.tolist()
    x, y, z = needed.astype(np.int64).tolist()
    return (x0, y0, z0), (x, y, z)


def check_memory(dims: tuple[int, int, int], each: int, limit_gib: float) -> None:
    """Refuses a grid of more than `limit_gib` at so many bytes per voxel."""
    needed = dims[0] * dims[1] * dims[2] * each / GIB
    if needed > limit_gib:
        raise rc.InvalidArgumentError(
            f"voxel: a dense grid of {_times(dims)} voxels of {each} bytes takes {needed:.1f} GiB,"
            f" more than the {limit_gib:g} GiB allowed (--memory); larger voxels or narrower bounds"
            " take less"
        )


def _bytes_per_voxel(reduce: str, columns: NDArray[Any] | None) -> int:
    if columns is None:
        return 4 if reduce == "count" else 1
    return 4 + columns.shape[1] * max(columns.itemsize, 4)  # The counts, and features.


def _times(numbers: Any) -> str:
    return " x ".join(f"{number:.0f}" for number in numbers)
