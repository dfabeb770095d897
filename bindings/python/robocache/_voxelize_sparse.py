# SPDX-License-Identifier: Apache-2.0
"""Points to lists of occupied voxels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from robocache import _autograd
from robocache._bounds import bounds_on_host
from robocache._call import Call, Place, start
from robocache._library import ffi
from robocache._options import choice
from robocache._voxelize import backward as dense_backward
from robocache._voxelize import make_job
from robocache._voxels import (
    OF_FEATURES,
    REDUCTIONS,
    BoundCloud,
    Cloud,
    Features,
    Triple,
    bind_cloud,
    bind_features,
    check_count,
    flags_of,
    make_grid,
    number,
    positive,
    reduced_dtype,
    triple,
    whole_dims,
)
from robocache.context import Context
from robocache.errors import InvalidArgumentError

_INT32_MAX = 2**31 - 1


class SparseVoxels(NamedTuple):
    """Occupied voxels, in the order of (cloud, x, y, z); M rows."""

    coords: Any
    """int32 [M,4], or int64 where the grid needs it: cloud, x, y, z; -1 in rows without a voxel."""
    features: Any
    """[M,F]: reduced features; None without `reduce`."""
    counts: Any
    """int32 [M]: points of each voxel."""
    point_to_voxel: Any
    """int32 [N] or [B,N]: the row of each point, -1 for points that were left out."""
    total: Any
    """int64 []: occupied voxels, also when M is less."""
    points: Any
    """[M,K,F]: features of the first K points of each voxel; None without `max_points`."""
    stats: Any
    """int64 [B,3]: points that were left out, because they are outside, not finite, or in a voxel
    beyond `capacity`."""
    origin: tuple[float, float, float]
    """The least corner of the grid."""
    dims: tuple[int, int, int]
    """X, Y, Z of the grid."""


class Job(NamedTuple):
    """Everything of a call but its features."""

    cloud: Cloud
    origin: tuple[float, float, float]
    voxel_size: tuple[float, float, float]
    dims: tuple[int, int, int]
    reduce: str | None
    dtype: Any
    capacity: int | None
    max_points: int | None
    fill_value: float
    feature_bound: float
    flags: int
    place: Place


def voxelize_sparse(
    points: Any,
    voxel_size: Triple,
    *,
    origin: Triple | None = None,
    dims: Any = None,
    reduce: str | None = "mean",
    features: Any = None,
    offsets: Any = None,
    lengths: Any = None,
    capacity: int | None = None,
    max_points: int | None = None,
    fill_value: float = 0,
    feature_bound: float | None = None,
    dtype: Any = None,
    validate: bool = True,
    backend: str = "auto",
    context: Context | None = None,
    stream: Any = None,
) -> SparseVoxels:
    """Lists the occupied voxels and reduces the points of each.

    Parameters
    ----------
    points : array
        As in `voxelize`.
    voxel_size : float or (x, y, z)
        Edges of a voxel.
    origin : float or (x, y, z), optional
        The least corner of the grid. Default: the least coordinates of all clouds.
    dims : int or (X, Y, Z), optional
        Number of voxels. Default: enough for the greatest coordinates of all clouds.
    reduce : {"sum", "mean", "max", "min"}, optional
        Reduction of the features; None: no features.
    features : array, optional
        As in `voxelize`; default: the points themselves ("mean" gives centroids).
    offsets, lengths
        As in `voxelize`.
    capacity : int, optional
        M, the rows of the results; voxels beyond it, in the order above, are lost: `total` and
        `stats` tell. Default: as many as are occupied.
    max_points : int, optional
        K: also give the features of the first K points of each voxel, in the order of the input
        (hard voxelization).
    fill_value : float
        What rows and points that nothing fills receive.
    feature_bound, dtype, validate
        As in `voxelize`.
    backend, context, stream
        As in `resample`; "auto" follows the device of `points`.

    Returns
    -------
    SparseVoxels
        Of the kind and on the device of `points`.

    Raises
    ------
    As `voxelize`.

    Notes
    -----
    On CUDA the defaults of `origin`, `dims` and `capacity` wait for the device; with all three
    given the call does not.

    PyTorch: `features` that require a gradient give `SparseVoxels.features` that carries it, once
    differentiable; not with `max_points`.

    The result is the same for any order of the points, but for `points`, whose order is that of the
    input.

    Examples
    --------
    >>> import numpy as np, robocache as rc
    >>> cloud = np.array([[0.0, 0.0, 0.0], [0.5, 0.0, 0.0], [2.5, 0.0, 0.0]])
    >>> voxels = rc.voxelize_sparse(cloud, 1.0)
    >>> voxels.coords
    array([[0, 0, 0, 0],
           [0, 2, 0, 0]], dtype=int32)
    >>> voxels.features
    array([[0.25, 0.  , 0.  ],
           [2.5 , 0.  , 0.  ]])
    """
    if reduce is not None:
        choice("reduce", reduce, {name: REDUCTIONS[name] for name in sorted(OF_FEATURES)})
    check_count("capacity", capacity, 1)
    check_count("max_points", max_points, 0)
    cloud, place = Cloud(points, offsets, lengths), Place(backend, context, stream)
    size = triple("voxel_size", voxel_size)
    corner, shape = _grid(cloud, place, size, origin, dims)
    job = Job(
        cloud,
        corner,
        size,
        shape,
        reduce,
        dtype,
        capacity,
        max_points,
        number("fill_value", fill_value),
        positive("feature_bound", feature_bound),
        flags_of(False, validate),
        place,
    )
    if not _autograd.wanted(features):
        return _forward(job, features)
    if reduce is None or max_points is not None:
        raise InvalidArgumentError(
            "features: expected a tensor without gradient, which `reduce` passes on and"
            " `max_points` does not; got requires_grad=True (detach it)"
        )
    return _differentiable(job, reduce, features)


def _grid(
    cloud: Cloud, place: Place, size: tuple[float, float, float], origin: Any, dims: Any
) -> tuple[tuple[float, float, float], tuple[int, int, int]]:
    """Origin and dims, from the bounds of the clouds where they are not given."""
    if origin is not None and dims is not None:
        return triple("origin", origin), whole_dims(dims)
    if not (all(np.isfinite(size)) and min(size) > 0):
        raise InvalidArgumentError(
            f"voxel_size: expected finite numbers greater than 0; got {size}"
        )
    if origin is not None and not all(np.isfinite(triple("origin", origin))):
        raise InvalidArgumentError(f"origin: expected finite numbers; got {origin!r}")
    host = bounds_on_host(cloud, place).reshape(-1, 2, 3)
    # As the library computes: float16 in float32.
    real = np.float64 if host.dtype == np.float64 else np.float32
    host = host[np.isfinite(host[:, 0, 0])].astype(real)
    if len(host) == 0:
        return (
            (0.0, 0.0, 0.0) if origin is None else triple("origin", origin),
            (1, 1, 1) if dims is None else whole_dims(dims),
        )
    least, greatest = host[:, 0].min(0), host[:, 1].max(0)
    corner = triple("origin", least if origin is None else origin)
    if dims is not None:
        return corner, whole_dims(dims)
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        last = np.floor((greatest - np.asarray(corner, real)) / np.asarray(size, real))
    needed = np.maximum(last.astype(np.float64) + 1, 1)
    if not math.prod(needed.tolist()) < 2.0**63:
        raise InvalidArgumentError(
            "voxel_size: expected a grid of fewer than 2^63 voxels over the bounds of the points;"
            f" got {needed.tolist()} voxels along x, y and z (give origin and dims)"
        )
    x, y, z = needed.astype(np.int64).tolist()
    return corner, (x, y, z)


def _forward(job: Job, features: Any) -> SparseVoxels:
    with start("voxelize_sparse", job.place, "points", job.cloud.points) as call:
        cloud = bind_cloud(call, job.cloud)
        options = ffi.new("rc_voxelize_sparse_options*")
        options.struct_size = ffi.sizeof("rc_voxelize_sparse_options")
        options.flags = job.flags
        options.offsets, options.lengths = cloud.offsets, cloud.lengths
        options.fill_value = job.fill_value
        options.feature_bound = job.feature_bound
        bound = None
        if job.reduce is None and job.max_points is None:
            if features is not None:
                raise InvalidArgumentError(
                    "features: expected None without reduce and max_points; got an array"
                )
        else:
            bound = bind_features(call, features, cloud.points)
        rows = job.capacity or _most_rows(job, cloud)
        widest = max(*job.dims, cloud.clouds)
        index = "int32" if widest <= _INT32_MAX else "int64"
        coords, coords_view = call.output(None, "coords", (rows, 4), index)
        lists = _outputs(call, job, options, bound, rows)
        lists["coords"] = coords
        point_to_voxel, view = call.output(None, "point_to_voxel", cloud.points.shape[:-1], "int32")
        options.point_to_voxel = view.pointer
        total, view = call.output(None, "total", (), "int64", scalar=True)
        options.total = view.pointer
        stats, view = call.output(None, "stats", (cloud.clouds, 3), "int64")
        options.stats = view.pointer
        call.check(
            call.lib.rc_voxelize_sparse(
                call.context.handle,
                cloud.points.pointer,
                make_grid(job.origin, job.voxel_size, job.dims),
                options,
                coords_view.pointer,
            )
        )
        if job.capacity is None:
            found = int(call.wait_for(total))
            if found < rows:
                lists = {
                    name: None if array is None else call.framework.head(array, found)
                    for name, array in lists.items()
                }
    return SparseVoxels(
        lists["coords"],
        lists["features"],
        lists["counts"],
        point_to_voxel,
        total,
        lists["points"],
        stats,
        job.origin,
        job.dims,
    )


def _differentiable(job: Job, reduce: str, features: Any) -> SparseVoxels:
    """The same, with results tied to the features by PyTorch's gradient."""
    made: dict[str, Any] = {}

    def forward(given: Sequence[Any]) -> tuple[list[Any], int]:
        made.update(_forward(job, given[0])._asdict())
        return [made.pop("features")], 1

    def backward(gradients: Sequence[Any], given: Sequence[Any], _: Any) -> list[Any]:
        return [_backward(job, reduce, gradients[0], given[0], made["point_to_voxel"])]

    (reduced,) = _autograd.run(forward, backward, [features], None, {"points": job.cloud.points})
    return SparseVoxels(features=reduced, **made)


def _backward(job: Job, reduce: str, gradient: Any, features: Any, point_to_voxel: Any) -> Any:
    """Gradient of the features: that of a dense grid of one row, whose voxels are the rows."""
    rows = max(gradient.shape[0], 1)
    at = point_to_voxel.reshape(-1).double() + 0.5
    points = at.new_full((at.shape[0], 3), 0.5)
    points[:, 0] = at
    tail = features.shape[point_to_voxel.ndim :]
    line = make_job(
        Cloud(points, None, None), make_grid(0.0, 1.0, (rows, 1, 1)), reduce, 0, job.place
    )
    if gradient.shape[0] == 0:
        gradient = gradient.new_zeros((1, *tail))
    found = dense_backward(
        line, gradient.reshape(rows, 1, 1, *tail), features.reshape(at.shape[0], *tail)
    )
    return found.reshape(features.shape)


def _most_rows(job: Job, cloud: BoundCloud) -> int:
    """As many voxels as there can be."""
    x, y, z = job.dims
    positions = int(np.prod(cloud.points.shape[:-1], dtype=object))
    return max(1, min(positions, max(x, 1) * max(y, 1) * max(z, 1) * max(cloud.clouds, 1)))


def _outputs(
    call: Call, job: Job, options: Any, bound: Features | None, rows: int
) -> dict[str, Any]:
    """The results that have a row per voxel, set in the options."""
    lists: dict[str, Any] = {"features": None, "points": None}
    lists["counts"], view = call.output(None, "counts", (rows,), "int32")
    options.counts = view.pointer
    if bound is None:
        return lists
    options.features = bound.pointer
    if job.reduce is not None:
        options.reduce = REDUCTIONS[job.reduce]
        dtype = reduced_dtype(job.reduce, bound, job.dtype)
        lists["features"], view = call.output(
            None, "reduced", (rows, *bound.tail), dtype, bound.scalar
        )
        options.reduced = view.pointer
    if job.max_points is not None:
        lists["points"], view = call.output(
            None, "hard", (rows, job.max_points, *bound.tail), bound.dtype, bound.scalar
        )
        options.hard = view.pointer
    return lists
