# SPDX-License-Identifier: Apache-2.0
"""voxelize.h as it is worded: point by point, sums in Python's integers, dictionaries as grids."""

import math
from collections import defaultdict
from dataclasses import dataclass, field

import exact
import numpy as np

OUTSIDE, NOT_FINITE, OVER_CAPACITY = range(3)

# Units of a feature are 2^-s: of float16 this s, of wider floats this one less the exponent.
EXACT_UNITS = {"uint8": 0, "int16": 0, "float16": 24}
BITS_OF_RANGE = {"bfloat16": 38, "float32": 38, "float64": 62}


@dataclass(frozen=True)
class Grid:
    origin: tuple
    voxel_size: tuple
    dims: tuple


@dataclass
class Cloud:
    """Points of one cloud and where they fall."""

    cells: list
    stats: list = field(default_factory=lambda: [0, 0, 0])
    points_of: dict = field(default_factory=lambda: defaultdict(list))

    @property
    def inside(self):
        return [i for i, cell in enumerate(self.cells) if cell is not None]


def cells(points, grid):
    """floor((p - origin) / voxel_size) as NumPy has it, of all points, as floats."""
    compute = np.float64 if points.dtype == np.float64 else np.float32
    origin, size = np.array(grid.origin).astype(compute), np.array(grid.voxel_size).astype(compute)
    with np.errstate(all="ignore"):
        return np.floor((points.astype(compute) - origin) / size)


def locate(points, grid):
    """The cell of each point, None where it is left out; points of each cell in their order."""
    floors = cells(points, grid)
    inside = ((floors >= 0) & (floors < np.array(grid.dims, np.float64))).all(axis=1)
    finite = np.isfinite(points.astype(np.float64)).all(axis=1)
    cloud = Cloud([None] * len(points))
    for i in range(len(points)):
        if not finite[i]:
            cloud.stats[NOT_FINITE] += 1
        elif not inside[i]:
            cloud.stats[OUTSIDE] += 1
        else:
            cloud.cells[i] = tuple(map(int, floors[i]))
            cloud.points_of[cloud.cells[i]].append(i)
    return cloud


def units(column, inside, name, bound=0.0):
    """s of one channel of one cloud."""
    if name in EXACT_UNITS:
        return EXACT_UNITS[name]
    largest = bound
    if not bound:
        magnitudes = [abs(column[i]) for i in inside if math.isfinite(column[i])]
        largest = max(magnitudes, default=0.0)
    return BITS_OF_RANGE[name] - (math.frexp(largest)[1] if largest else 0)


def exact_sum(values, s, bound=0.0):
    """Sum of integers, or what NaN and infinities make of it."""
    if not all(map(math.isfinite, values)):
        return sum(x for x in values if not math.isfinite(x))
    if bound:
        values = [min(max(x, -bound), bound) for x in values]
    with np.errstate(under="ignore", over="ignore"):
        total = sum(map(int, np.rint(np.ldexp(np.array(values, np.float64), s))))
        return float(np.ldexp(float(total), -s))


def order_of_zeros(x):
    return (x, not math.copysign(1, x) < 0)


def extreme(values, reduce):
    if any(map(math.isnan, values)):
        return math.nan
    return (max if reduce == "max" else min)(values, key=order_of_zeros)


def reduced(values, reduce, s, bound=0.0):
    """One channel of one voxel, in float64."""
    if reduce in ("max", "min"):
        return extreme(values, reduce)
    total = exact_sum(values, s, bound)
    return total / len(values) if reduce == "mean" else total


def narrow(x, name):
    """A float64 in the type of the output."""
    return exact.rounded(x, name) if name in exact.FORMATS else x


def dense(points, grid, reduce, features=None, bound=0.0, fill_value=0.0, out="float32"):
    """One cloud: the output in float64, counts, stats."""
    cloud = locate(points, grid)
    counts = np.zeros(grid.dims, np.int64)
    for cell, members in cloud.points_of.items():
        counts[cell] = len(members)
    if reduce == "count":
        return counts, counts, cloud.stats
    if reduce == "occupancy":
        return np.minimum(counts, 1), counts, cloud.stats
    output = np.full((*grid.dims, features.shape[1]), narrow(fill_value, out), np.float64)
    for c, column in enumerate(features.astype(np.float64).T.tolist()):
        s = units(column, cloud.inside, features.dtype.name, bound)
        for cell, members in cloud.points_of.items():
            value = reduced([column[i] for i in members], reduce, s, bound)
            output[(*cell, c)] = narrow(value, out)
    return output, counts, cloud.stats


def backward(grad_output, points, grid, reduce, features, out="float32"):
    """Gradient of one cloud with respect to its features, in float64."""
    cloud = locate(points, grid)
    channels = grad_output.shape[-1]
    gradient = np.zeros((len(points), channels))
    for cell, members in cloud.points_of.items():
        for c in range(channels):
            g = float(grad_output[(*cell, c)])
            if reduce in ("max", "min"):
                column = features[:, c].astype(np.float64).tolist()
                value = extreme([column[i] for i in members], reduce)
                first = next(i for i in members if has_value(column[i], value))
                gradient[first, c] = narrow(g, out)
            else:
                share = g / len(members) if reduce == "mean" else g
                gradient[members, c] = narrow(share, out)
    return gradient


def has_value(x, value):
    return math.isnan(x) if math.isnan(value) else order_of_zeros(x) == order_of_zeros(value)


@dataclass
class Sparse:
    coords: list
    counts: list
    reduced: np.ndarray
    hard: np.ndarray
    point_to_voxel: list
    total: int
    stats: list


def sparse(
    clouds, grid, capacity, reduce="mean", features=None, room=1, bound=0.0, fill=0.0, out="float32"
):
    """All clouds of a call: lists of points and of features. The rows that voxels fill alone."""
    located = [locate(points, grid) for points in clouds]
    rows = [(b, *cell) for b, cloud in enumerate(located) for cell in sorted(cloud.points_of)]
    kept = {row: m for m, row in enumerate(rows[:capacity])}
    members = [located[row[0]].points_of[row[1:]] for row in kept]
    stats = [
        [*cloud.stats[:2], sum(c is not None and (b, *c) not in kept for c in cloud.cells)]
        for b, cloud in enumerate(located)
    ]
    to_voxel = [
        -1 if cell is None else kept.get((b, *cell), -1)
        for b, cloud in enumerate(located)
        for cell in cloud.cells
    ]
    channels = features[0].shape[1] if features else 0
    result = np.zeros((len(kept), channels))
    hard = np.full((len(kept), room, channels), narrow(fill, out), np.float64)
    for b, cloud in enumerate(located):
        for c in range(channels):
            column = features[b][:, c].astype(np.float64).tolist()
            s = units(column, cloud.inside, features[b].dtype.name, bound)
            for row, m in kept.items():
                if row[0] == b:
                    values = [column[i] for i in members[m]]
                    result[m, c] = narrow(reduced(values, reduce, s, bound), out)
                    hard[m, : len(values), c] = values[:room]
    return Sparse(list(kept), [len(m) for m in members], result, hard, to_voxel, len(rows), stats)


def bounds(points):
    """Least and greatest coordinates of the finite points; NaN where there is none."""
    finite = points[np.isfinite(points).all(axis=1)]
    if not len(finite):
        return np.full((2, 3), np.nan, points.dtype)
    return np.stack([finite.min(axis=0), finite.max(axis=0)])
