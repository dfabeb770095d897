# SPDX-License-Identifier: Apache-2.0
"""Lidar time: each point goes to where the sensor was when it was measured."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robocache._arrays import owner_of, place_of
from robocache._dtypes import dtype_name
from robocache._frameworks import JAX, NUMPY, Numpy
from robocache._options import Channels, Duration, duration
from robocache._resample import resample
from robocache.context import Context
from robocache.errors import (
    InvalidArgumentError,
    InvalidDataError,
    RobocacheError,
    UnsupportedDtypeError,
)

_MODE = (Channels(0, 3, "linear"), Channels(3, 4, "slerp"))
_FLOATS = ("float16", "float32", "float64")
_TOLERANCE = 1e-3
"""How far from rigid a pose may be, as for the poses of cameras."""

_NAMES = {
    "rc_resample": "deskew",
    "resample": "deskew",
    "values": "poses",
    "source_times": "pose_times",
    "target_times": "stamps",
}
"""Of arguments: those of `resample` and those here."""


def deskew(
    points: Any,
    stamps: Any,
    pose_times: Any,
    poses: Any,
    *,
    reference_time: Duration | np.datetime64 | None = None,
    outside: str = "hold",
    max_gap: Duration | None = None,
    dtype: Any = None,
    backend: str = "auto",
    context: Context | None = None,
) -> Any:
    """Takes the motion of a sensor out of its points.

    The pose at the stamp of each point is interpolated with `resample`, the translation linearly
    and the rotation along the shorter arc at constant speed, and takes the point to the world; from
    there, with `reference_time`, to the sensor as it was at that one time.

    Parameters
    ----------
    points : array
        [N,3], float16, float32 or float64, in the sensor's coordinates, unit of the translations;
        or any [...,3], such as [H,W,3]. NaN stays NaN. NumPy, PyTorch or CuPy.
    stamps : array or list
        [N]: when each point was measured: int64 ticks (nanoseconds are usual), datetime64, or float
        seconds. For [...,3] any shape that broadcasts: [W] for the columns of [H,W,3], which is
        faster than a stamp for each point.
    pose_times : array or list
        [P], of the same type as `stamps`; not decreasing.
    poses : array
        [P,4,4], a rotation and a translation above ``[0, 0, 0, 1]``; or [P,7], x, y, z, qx, qy, qz,
        qw. Sensor to world. Read on the CPU: arrays of a device are copied, which waits.
    reference_time : int, float or datetime64, optional
        Give the points in the sensor's coordinates at that time. Default: in the world's.
    outside : {"hold", "fill", "extrapolate"}
        Points before the first or after the last pose: take that pose, are NaN, or go on as between
        the outermost two poses.
    max_gap : int, float or timedelta, optional
        Widest gap between poses to bridge, and greatest distance to hold over; points beyond are
        NaN. int ticks for int64 times, seconds for float times.
    dtype : optional
        float16, float32 or float64. Default: that of `points`; large map coordinates belong in
        float64.
    backend, context
        As in `resample`; "auto" follows the device of `points`.

    Returns
    -------
    array
        The shape of `points`, of their kind and on their device. Computed in float64, rounded once.

    Raises
    ------
    InvalidArgumentError, TypeError
        An argument breaks a rule above.
    InvalidDataError
        Stamps or times of poses that are NaN or infinite, times of poses that step backward
        (on CUDA `Context.synchronize` raises it and calls them `target_times` and `source_times`);
        a pose that is not rigid within 1e-3, or not finite.
    UnsupportedDtypeError, DeviceMismatchError, OutOfMemoryError

    Notes
    -----
    One pose per scan, as odometry gives, leaves the points after the last of them without a pose
    behind: "extrapolate" goes on at the speed of the last scan, "hold" leaves the last scan skewed.

    Examples
    --------
    >>> import numpy as np, robocache as rc
    >>> poses = np.array([[0.0, 0, 0, 0, 0, 0, 1], [1.0, 0, 0, 0, 0, 0, 1]])
    >>> rc.deskew(np.zeros((3, 3)), [0, 50, 100], [0, 100], poses)
    array([[0. , 0. , 0. ],
           [0.5, 0. , 0. ],
           [1. , 0. , 0. ]])
    """
    framework, device = place_of(points, "points")
    if framework is JAX:
        raise TypeError("points: expected NumPy, PyTorch or CuPy; got JAX (use numpy.asarray)")
    xp = framework.namespace
    if framework is NUMPY:
        points = np.asarray(points)
    shape = tuple(points.shape)
    if len(shape) < 2 or shape[-1] != 3:
        raise InvalidArgumentError(f"points: expected shape [N,3]; got {shape}")
    _require_float("points", points.dtype)
    result_type = _require_float("dtype", points.dtype if dtype is None else dtype)
    stamps = _broadcast(stamps, shape[:-1], framework, device)
    samples = framework.from_numpy(_seven(poses), device)

    def poses_at(times: Any) -> Any:
        with _names_of_deskew():
            found = resample(
                samples,
                pose_times,
                times,
                mode=_MODE,
                outside=outside,
                fill_value=np.nan,
                max_gap=max_gap,
                dtype="float64",
                backend=backend,
                context=context,
            )
        return xp.asarray(found)

    at = poses_at(stamps.reshape(-1)).reshape((*stamps.shape, 7))
    moved = _columns(framework.cast(points, "float64"))
    moved = _plus(_rotated(_columns(at)[3:], moved), _columns(at)[:3])
    if reference_time is not None:
        then = _columns(poses_at(_one_time(reference_time, stamps, framework, device)))
        minus = [-part for part in then]
        moved = _rotated([*minus[3:6], then[6]], _plus(moved, minus[:3]))
    return framework.cast(xp.stack(moved, -1), result_type)


def _require_float(name: str, dtype: Any) -> str:
    found = dtype_name(dtype)
    if found not in _FLOATS:
        raise UnsupportedDtypeError(f"{name}: expected one of {', '.join(_FLOATS)}; got {found}")
    return found


def _broadcast(stamps: Any, shape: tuple[int, ...], framework: Numpy, device: Any) -> Any:
    """Stamps as an array whose shape ends as that of the points does."""
    if isinstance(stamps, (list, tuple, range)):
        stamps = framework.from_numpy(np.asarray(stamps), device)
    elif owner_of(stamps) is NUMPY:
        stamps = np.asarray(stamps)
    given = tuple(stamps.shape)
    wanted = shape[len(shape) - len(given) :]
    if (
        not given
        or len(given) > len(shape)
        or any(one not in (1, other) for one, other in zip(given, wanted, strict=True))
    ):
        raise InvalidArgumentError(
            f"stamps: expected one per point, {shape}, or a shape that broadcasts to that;"
            f" got {given}"
        )
    return stamps


def _one_time(reference: Any, stamps: Any, framework: Numpy, device: Any) -> Any:
    """A reference time as an array of the type of the stamps."""
    name = str(stamps.dtype).removeprefix("torch.")
    ticks, seconds = duration("reference_time", reference, not name.startswith("float"))
    if name.startswith("float"):
        return framework.from_numpy(np.asarray([seconds], name), device)
    return framework.from_numpy(np.asarray([ticks], np.int64), device)


@contextlib.contextmanager
def _names_of_deskew() -> Iterator[None]:
    """Errors of `resample` in the words of this module's arguments."""
    try:
        yield
    except (RobocacheError, TypeError) as error:
        spelled = "|".join(_NAMES)
        message = re.sub(rf"\b({spelled})\b", lambda found: _NAMES[found[0]], str(error))
        raise type(error)(message) from error


def _seven(poses: Any) -> NDArray[np.float64]:
    """Poses as [P,7] on the CPU."""
    if not isinstance(poses, (list, tuple)):
        poses = owner_of(poses).to_numpy(poses)
    try:
        given = np.asarray(poses, np.float64)
    except (TypeError, ValueError):
        raise TypeError(f"poses: expected numbers; got {type(poses).__name__}") from None
    if given.ndim == 3 and given.shape[1:] == (4, 4):
        _refuse(~np.isfinite(given).all((1, 2)), "finite numbers", given)
        rotations = given[:, :3, :3]
        products = rotations @ rotations.transpose(0, 2, 1)
        rigid = (abs(products - np.eye(3)) <= _TOLERANCE).all((1, 2))
        rigid &= np.linalg.det(rotations) > 0
        _refuse(~rigid, f"a rotation (orthonormal within {_TOLERANCE:g}, not a reflection)", given)
        _refuse(abs(given[:, 3] - (0, 0, 0, 1)).any(1), "a last row of [0, 0, 0, 1]", given)
        return np.concatenate([given[:, :3, 3], _quaternions(rotations)], 1)
    if given.ndim == 2 and given.shape[1] == 7:
        _refuse(~np.isfinite(given).all(1), "finite numbers", given)
        lengths = np.linalg.norm(given[:, 3:], axis=1)
        _refuse(
            abs(lengths - 1) > _TOLERANCE, f"a quaternion of length 1 within {_TOLERANCE:g}", given
        )
        return given
    raise InvalidArgumentError(f"poses: expected shape [P,4,4] or [P,7]; got {given.shape}")


def _refuse(wrong: Any, expected: str, poses: NDArray[np.float64]) -> None:
    if wrong.any():
        index = int(wrong.argmax())
        raise InvalidDataError(f"poses[{index}]: expected {expected}; got {poses[index].tolist()}")


def _quaternions(rotations: NDArray[np.float64]) -> NDArray[np.float64]:
    """x, y, z, w of [P,3,3]: the longest row of ``4 q q^T``, whose entries are sums of those of a
    rotation, brought to length 1."""
    (a, b, c), (d, e, f), (g, h, i) = rotations.transpose(1, 2, 0)
    rows = np.array(
        [
            [1 + a - e - i, b + d, c + g, h - f],
            [b + d, 1 - a + e - i, f + h, c - g],
            [c + g, f + h, 1 - a - e + i, d - b],
            [h - f, c - g, d - b, 1 + a + e + i],
        ]
    )
    longest = rows.diagonal().argmax(1)
    chosen = rows[longest, :, np.arange(len(rotations))]
    unit: NDArray[np.float64] = chosen / np.linalg.norm(chosen, axis=1, keepdims=True)
    return unit


# Plain products and sums of columns, so that all frameworks give the same bits.


def _columns(array: Any) -> list[Any]:
    return [array[..., column] for column in range(array.shape[-1])]


def _plus(one: Sequence[Any], other: Sequence[Any]) -> list[Any]:
    return [left + right for left, right in zip(one, other, strict=True)]


def _cross(one: Sequence[Any], other: Sequence[Any]) -> list[Any]:
    (a, b, c), (x, y, z) = one, other
    return [b * z - c * y, c * x - a * z, a * y - b * x]


def _rotated(quaternion: Sequence[Any], vector: Sequence[Any]) -> list[Any]:
    """``v + w t + u x t`` with ``t = 2 u x v``, of a unit quaternion (u, w)."""
    *axis, w = quaternion
    twice = [2 * part for part in _cross(axis, vector)]
    return _plus(_plus(vector, [w * part for part in twice]), _cross(axis, twice))
