# SPDX-License-Identifier: Apache-2.0
"""What the functions that voxelize share: clouds, grids, features."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from typing import Any, NamedTuple

import numpy as np

from robocache._arrays import Shape, View
from robocache._call import Call
from robocache._dtypes import FLOATS, dtype_name
from robocache._library import HEADER, enumerators, ffi
from robocache.errors import InvalidArgumentError

REDUCTIONS = enumerators("rc_reduce", "RC_REDUCE_")
OF_FEATURES = {"sum", "mean", "max", "min"}
EXTREMES = {"max", "min"}

Triple = float | Sequence[float]
"""One number for all axes, or x, y, z."""


class Cloud(NamedTuple):
    """The points of a call and how they are cut into clouds."""

    points: Any
    offsets: Any
    lengths: Any


class BoundCloud(NamedTuple):
    """A cloud as the C interface takes it."""

    points: View
    offsets: Any
    lengths: Any
    lead: Shape
    """[B] of the results; () for one cloud."""
    clouds: int


class Features(NamedTuple):
    """Features as the C interface takes them."""

    pointer: Any
    dtype: str
    tail: Shape
    """[F] of the results; () where features have no axis of their own."""
    width: int

    @property
    def scalar(self) -> bool:
        """The library sees an axis of one that the caller's arrays have not."""
        return not self.tail


def bind_cloud(call: Call, cloud: Cloud) -> BoundCloud:
    points = call.read(cloud.points, "points")
    offsets = lengths = ffi.NULL
    lead = lead_of(points.shape, None)
    if cloud.offsets is not None:
        view = call.read_integers(cloud.offsets, "offsets")
        offsets = view.pointer
        lead = lead_of(points.shape, view.shape)
    if cloud.lengths is not None:
        lengths = call.read_integers(cloud.lengths, "lengths").pointer
    return BoundCloud(points, offsets, lengths, lead, lead[0] if lead else 1)


def lead_of(points: Shape, offsets: Shape | None) -> Shape:
    """[B] of a result, from the shapes of points and offsets; () for one cloud."""
    if offsets is not None:
        return (max(offsets[0] - 1, 0),) if offsets else ()
    return points[:1] if len(points) == 3 else ()


def bind_features(call: Call, features: Any, points: View) -> Features:
    """`features`, or the points themselves where there are none."""
    if features is None:
        return Features(points.pointer, points.dtype, points.shape[-1:], points.shape[-1])
    view = call.read(features, "features")
    scalar = len(view.shape) == len(points.shape) - 1
    if scalar:
        view.append_axis()
    if not view.shape:
        raise InvalidArgumentError("features: expected one row per point; got a scalar")
    return Features(view.pointer, view.dtype, () if scalar else view.shape[-1:], view.shape[-1])


def reduced_dtype(reduce: str, features: Features, dtype: Any) -> str:
    """Type of reduced features: as asked for, else their own if it can hold them, else float32."""
    if dtype is not None:
        return dtype_name(dtype)
    if features.dtype in FLOATS or reduce in EXTREMES:
        return features.dtype
    return "float32"


def triple(name: str, value: Any) -> tuple[float, float, float]:
    """x, y, z of an argument."""
    try:
        numbers = np.asarray(value, np.float64)
    except (TypeError, ValueError):
        numbers = None
    if numbers is None or value is None:
        raise TypeError(f"{name}: expected a number or three; got {value!r}")
    if numbers.shape not in ((), (3,)):
        raise InvalidArgumentError(f"{name}: expected a number or three; got {value!r}")
    x, y, z = numbers.tolist() if numbers.ndim else [float(numbers)] * 3
    return x, y, z


def make_grid(origin: Any, voxel_size: Any, dims: Any) -> Any:
    """An `rc_grid*`."""
    grid = ffi.new("rc_grid*")
    grid.origin = triple("origin", origin)
    grid.voxel_size = triple("voxel_size", voxel_size)
    grid.dims = whole_dims(dims)
    return grid


def whole_dims(dims: Any) -> tuple[int, int, int]:
    """X, Y, Z of an argument."""
    numbers = np.asarray(dims)
    if numbers.shape not in ((), (3,)) or numbers.dtype.kind not in "iu":
        raise InvalidArgumentError(f"dims: expected an int or three; got {dims!r}")
    x, y, z = numbers.tolist() if numbers.ndim else [int(numbers)] * 3
    if min(x, y, z) < 1:
        raise InvalidArgumentError(f"dims: expected at least 1 along each axis; got {dims!r}")
    return x, y, z


def flags_of(accumulate: bool, validate: bool) -> int:
    flags: int = HEADER.RC_VOXELIZE_ACCUMULATE if accumulate else 0
    return flags | (0 if validate else HEADER.RC_VOXELIZE_SKIP_VALIDATION)


def positive(name: str, value: float | None) -> float:
    """The C interface's number of a limit that may be left out."""
    if value is None:
        return 0.0
    if not number(name, value) > 0:
        raise InvalidArgumentError(
            f"{name}: expected a number greater than 0, or None; got {value!r}"
        )
    return float(value)


def number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (Real, np.generic)):
        raise TypeError(f"{name}: expected a number; got {value!r}")
    return float(value)


def check_count(name: str, value: Any, least: int) -> None:
    """Refuses what is neither None nor a whole number of at least this."""
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise InvalidArgumentError(f"{name}: expected an int of at least {least}; got {value!r}")
