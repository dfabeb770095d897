# SPDX-License-Identifier: Apache-2.0
"""Points to dense grids."""

from __future__ import annotations

from typing import Any, NamedTuple

from robocache import _autograd
from robocache._call import Call, Place, start
from robocache._frameworks import Shape
from robocache._library import ffi
from robocache._options import choice
from robocache._voxels import (
    OF_FEATURES,
    REDUCTIONS,
    BoundCloud,
    Cloud,
    Features,
    Triple,
    bind_cloud,
    bind_features,
    flags_of,
    make_grid,
    number,
    positive,
    reduced_dtype,
)
from robocache.context import Context
from robocache.errors import InvalidArgumentError


class Voxelized(NamedTuple):
    """A grid and what is known of it."""

    grid: Any
    """[B,X,Y,Z(,F)], or as `voxelize` says."""
    counts: Any
    """int32 [B,X,Y,Z]: points of each voxel; None unless asked for."""
    stats: Any
    """int64 [B,3]: points that were left out, because they are outside, not finite, or (never in a
    dense grid) over capacity; None unless asked for."""


class Job(NamedTuple):
    """Everything of a call but its features and its results."""

    cloud: Cloud
    grid: Any
    reduce: str
    flags: int
    place: Place
    fill_value: float
    feature_bound: float


def voxelize(
    points: Any,
    origin: Triple,
    voxel_size: Triple,
    dims: Any,
    *,
    reduce: str = "occupancy",
    features: Any = None,
    offsets: Any = None,
    lengths: Any = None,
    fill_value: float = 0,
    feature_bound: float | None = None,
    dtype: Any = None,
    out: Any = None,
    accumulate: bool = False,
    counts: Any = False,
    stats: bool = False,
    validate: bool = True,
    backend: str = "auto",
    context: Context | None = None,
    stream: Any = None,
) -> Any:
    """Reduces the points of each voxel of a dense grid.

    A point lies in voxel ``numpy.floor((p - origin) / voxel_size)``, to the bit: in float64 for
    float64 points, else in float32. Points outside, and points with a coordinate that is NaN or
    infinite, are left out and counted. The result does not depend on the order of the points, on
    the number of threads or on the device.

    Letters of shapes: B clouds, N points, F features; X, Y, Z voxels along each axis.

    Parameters
    ----------
    points : array
        [N,3], one cloud; or [B,N,3]; or [N,3] with `offsets`. float16, float32 or float64; large
        map coordinates belong in float64. NumPy, PyTorch, CuPy, JAX, or anything with DLPack.
        Never copied: ``cloud[:, :3]`` of a wider array is read where it lies.
    origin : float or (x, y, z)
        The least corner of the grid, in the unit of the points.
    voxel_size : float or (x, y, z)
        Edges of a voxel.
    dims : int or (X, Y, Z)
        Number of voxels.
    reduce : {"occupancy", "occupancy_bits", "count", "sum", "mean", "max", "min"}
        What a voxel receives: 1; one bit, eight voxels along z to a byte, the lowest bit first; the
        number of its points; or, channel by channel, a reduction of their features.
    features : array, optional
        [N,F] or [N] ([B,N,F] or [B,N]): float16, bfloat16, float32, float64, uint8 or int16.
        Default for reductions of features: the points themselves ("mean" gives centroids).
    offsets : int64 [B+1], optional
        Clouds are packed: cloud b holds points offsets[b] to offsets[b+1]-1.
    lengths : int64 [B], optional
        Points that count in each cloud of [B,N,3].
    fill_value : float
        What reductions of features give to voxels without points.
    feature_bound : float, optional
        Bound of the absolute value of float features in "sum" and "mean"; greater ones count as the
        bound. Default: the range is measured, channel by channel and cloud by cloud. With a bound,
        results do not depend on how a cloud is cut into calls.
    dtype : optional
        Type of reduced features: a float, or of "max" and "min" also the features' own. Default:
        the features' own, but float32 for sums and means of integers.
    out : array, optional
        Written and returned. Its strides define its layout.
    accumulate : bool
        Add to what `out` holds. Reductions of features need `counts`, an array, for it.
    counts : bool or int32 [B,X,Y,Z]
        Return the number of points of each voxel too; an array is written, or added to with
        `accumulate`.
    stats : bool
        Return what was left out too.
    validate : bool
        False trusts offsets and lengths.
    backend, context, stream
        As in `resample`; "auto" follows the device of `points`.

    Returns
    -------
    array or Voxelized
        [B,X,Y,Z], one cloud [X,Y,Z]: uint8, or int32 of "count"; with one more axis F of reduced
        features that have one; "occupancy_bits" [B,X,Y,(Z+7)//8]. `Voxelized` where `counts` or
        `stats` are asked for. Of the kind and on the device of `points`.

    Raises
    ------
    InvalidArgumentError, TypeError
        An argument breaks a rule above.
    InvalidDataError
        Offsets or lengths out of range. On CUDA `Context.synchronize` raises it.
    UnsupportedDtypeError, UnsupportedLayoutError, DeviceMismatchError, OutOfMemoryError

    Notes
    -----
    Sums are exact for float16, uint8 and int16 features; for bfloat16 and float32 they are made of
    multiples of 2^-38 of the range (float64: 2^-62), and means are that close to the exact ones.

    PyTorch: `features` that require a gradient give a result that carries it, once differentiable.

    CUDA and threads: as `resample`.

    Examples
    --------
    >>> import numpy as np, robocache as rc
    >>> cloud = np.array([[0.1, 0.1, 0.1], [0.2, 0.1, 0.1], [1.5, 0.1, 0.1]])
    >>> rc.voxelize(cloud, 0.0, 1.0, (2, 1, 1), reduce="count").ravel()
    array([2, 1], dtype=int32)
    """
    if counts is None:
        counts = False
    for name, array in (("out", out), ("counts", None if counts is True else counts)):
        if accumulate and array is None:
            raise InvalidArgumentError(f"{name}: expected an array to accumulate into; got none")
    job = make_job(
        Cloud(points, offsets, lengths),
        make_grid(origin, voxel_size, dims),
        reduce,
        flags_of(accumulate, validate),
        Place(backend, context, stream),
        fill_value,
        feature_bound,
    )
    if _autograd.wanted(features) and reduce in OF_FEATURES:
        results = _autograd.run(
            lambda given: (forward(job, given[0], dtype, None, counts, stats), 1),
            lambda gradients, given, _: [backward(job, gradients[0], given[0])],
            [features],
            out,
            {"points": points},
        )
    else:
        results = tuple(forward(job, features, dtype, out, counts, stats))
    if counts is False and not stats:
        return results[0]
    rest = list(results[1:])
    return Voxelized(
        results[0], None if counts is False else rest.pop(0), rest.pop(0) if stats else None
    )


def voxelize_backward(
    grad_output: Any,
    points: Any,
    origin: Triple,
    voxel_size: Triple,
    dims: Any,
    features: Any,
    *,
    reduce: str,
    offsets: Any = None,
    lengths: Any = None,
    validate: bool = True,
    backend: str = "auto",
    context: Context | None = None,
    stream: Any = None,
) -> Any:
    """Gives the gradient of `voxelize` with respect to the features.

    PyTorch tensors that require a gradient need no call of this; it serves other frameworks. "sum"
    passes the gradient of a voxel to each of its points, "mean" divides it by their number, "max"
    and "min" pass it to the first point that has the value.

    Parameters
    ----------
    grad_output : array
        Gradient of the result of `voxelize`: of its shape, of a float type.
    features : array
        As in `voxelize`, of a float type.
    reduce : {"sum", "mean", "max", "min"}

    Others as in `voxelize`, with the same arguments.

    Returns
    -------
    array
        The shape and type of `features`; zero for points that were left out.

    Raises
    ------
    As `voxelize`.
    """
    choice("reduce", reduce, {name: REDUCTIONS[name] for name in sorted(OF_FEATURES)})
    job = make_job(
        Cloud(points, offsets, lengths),
        make_grid(origin, voxel_size, dims),
        reduce,
        flags_of(False, validate),
        Place(backend, context, stream),
    )
    return backward(job, grad_output, features)


def make_job(
    cloud: Cloud,
    grid: Any,
    reduce: str,
    flags: int,
    place: Place,
    fill_value: float = 0.0,
    feature_bound: float | None = None,
) -> Job:
    choice("reduce", reduce, REDUCTIONS)
    bound = positive("feature_bound", feature_bound)
    return Job(cloud, grid, reduce, flags, place, number("fill_value", fill_value), bound)


def _options(call: Call, job: Job, cloud: BoundCloud) -> Any:
    options = ffi.new("rc_voxelize_options*")
    options.struct_size = ffi.sizeof("rc_voxelize_options")
    options.flags = job.flags
    options.offsets, options.lengths = cloud.offsets, cloud.lengths
    options.reduce = REDUCTIONS[job.reduce]
    options.fill_value = job.fill_value
    options.feature_bound = job.feature_bound
    return options


def result_shape(reduce: str, voxels: Shape, features: Features | None) -> Shape:
    """Shape of a grid, from that of its voxels [B,X,Y,Z] or [X,Y,Z]."""
    if reduce == "occupancy_bits":
        voxels = (*voxels[:-1], (voxels[-1] + 7) // 8)
    return voxels if features is None else (*voxels, *features.tail)


def result_type(reduce: str, features: Features | None, dtype: Any) -> str:
    if features is not None:
        return reduced_dtype(reduce, features, dtype)
    if dtype is not None:
        raise InvalidArgumentError(f"dtype: expected None for reduce={reduce!r}; got {dtype!r}")
    return "int32" if reduce == "count" else "uint8"


def forward(job: Job, features: Any, dtype: Any, out: Any, counts: Any, stats: bool) -> list[Any]:
    """The grid, then counts and stats where they are asked for."""
    with start("voxelize", job.place, "points", job.cloud.points) as call:
        cloud = bind_cloud(call, job.cloud)
        options = _options(call, job, cloud)
        bound = None
        if features is not None and job.reduce not in OF_FEATURES:
            raise InvalidArgumentError(
                f"features: expected None for reduce={job.reduce!r}; got an array"
            )
        if job.reduce in OF_FEATURES:
            bound = bind_features(call, features, cloud.points)
            options.features = bound.pointer
        voxels = (*cloud.lead, *job.grid.dims)
        shape = result_shape(job.reduce, voxels, bound)
        scalar = bound is not None and bound.scalar
        kind = result_type(job.reduce, bound, dtype)
        result, view = call.output(out, "out", shape, kind, scalar)
        results = [result]
        if counts is not False:
            array, counted = call.output(
                None if counts is True else counts, "counts", voxels, "int32"
            )
            options.counts = counted.pointer
            results.append(array)
        if stats:
            array, told = call.output(None, "stats", (cloud.clouds, 3), "int64")
            options.stats = told.pointer
            results.append(array)
        call.check(
            call.lib.rc_voxelize(
                call.context.handle, cloud.points.pointer, job.grid, options, view.pointer
            )
        )
    return results


def backward(job: Job, grad_output: Any, features: Any) -> Any:
    with start("voxelize_backward", job.place, "points", job.cloud.points) as call:
        cloud = bind_cloud(call, job.cloud)
        options = _options(call, job, cloud)
        options.fill_value = options.feature_bound = 0  # of the forward call alone
        bound = bind_features(call, features, cloud.points)
        options.features = bound.pointer
        gradient = call.read(grad_output, "grad_output")
        if bound.scalar:
            gradient.append_axis()
        shape = cloud.points.shape[:-1] + bound.tail
        result, view = call.output(None, "grad_features", shape, bound.dtype, bound.scalar)
        call.check(
            call.lib.rc_voxelize_backward(
                call.context.handle,
                gradient.pointer,
                cloud.points.pointer,
                job.grid,
                options,
                view.pointer,
            )
        )
    return result
