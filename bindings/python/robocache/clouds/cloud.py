# SPDX-License-Identifier: Apache-2.0
"""What a point cloud looks like once it is read, whatever format it came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import robocache as rc

from ..readers.stamps import find_time, numbers_to_ns, time_name
from ..recording import RecordingError

AXES = ("x", "y", "z")
_NORMALS = (("nx", "ny", "nz"), ("normal_x", "normal_y", "normal_z"))
_FEATURE_TYPES = ("float16", "float32", "float64", "uint8", "int16")
"""Types of features that `robocache.voxelize` takes of NumPy."""


@dataclass(frozen=True)
class Cloud:
    """Points and what is known of each; row i of every array belongs to point i."""

    path: Path
    format: str
    """Such as "PCD" or "Ouster capture"."""
    points: NDArray[Any]
    """[N,3], float32 or float64, as the file has them."""
    features: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    """Other columns [N] by name, in the types of the file; colours are uint8 `r`, `g`, `b`."""
    normals: NDArray[Any] | None = None
    """[N,3] of the type of `points`."""
    stamps: NDArray[np.int64] | None = None
    """[N], nanoseconds: when each point was measured."""
    pose: NDArray[np.float64] | None = None
    """[4,4], sensor to the coordinates of the points, where the file says it."""
    notes: Sequence[str] = ()
    """Lines for people: what was left out, and why."""

    def __len__(self) -> int:
        return len(self.points)

    def columns(self, names: Sequence[str]) -> NDArray[Any]:
        """[N,F]: features by name, `x`, `y`, `z`, `nx`, `ny` and `nz` among them, in one type that
        holds them all and that `robocache.voxelize` takes.

        Raises `InvalidArgumentError` for a name that the cloud does not have.
        """
        known = dict(zip(AXES, self.points.T, strict=True))
        if self.normals is not None:
            known.update(zip(_NORMALS[0], self.normals.T, strict=True))
        known.update(self.features)
        for name in names:
            if name not in known:
                raise rc.InvalidArgumentError(
                    f"features: {self.path} has no {name!r}; it has {', '.join(known)}"
                )
        chosen = [known[name] for name in names]
        common = np.result_type(*chosen)
        if common.name not in _FEATURE_TYPES:
            # Integers of up to 16 bits fit the 24 of float32.
            small = common.kind in "biu" and common.itemsize <= 2
            common = np.dtype(np.float32 if small else np.float64)
        return np.stack([column.astype(common) for column in chosen], axis=1)


def from_columns(
    path: Path,
    format: str,
    columns: Mapping[str, NDArray[Any]],
    *,
    pose: NDArray[np.float64] | None = None,
    notes: Sequence[str] = (),
) -> Cloud:
    """A cloud of named columns [N]; names mean what they usually do, in any case:

    `x`, `y`, `z`; `nx`, `ny`, `nz` or `normal_x` ...: normals; `rgb`, `rgba`: packed colours;
    `red`, `green`, `blue`: colours; `time`, `timestamp`, `stamp`, `t`, with or without a unit as in
    `time_ns`: stamps. The rest are features.
    """
    left = {name.lower(): values for name, values in columns.items()}
    if missing := [axis for axis in AXES if axis not in left]:
        raise RecordingError(
            path,
            f"expected columns x, y and z; got {', '.join(columns) or 'none'}"
            f" (without {', '.join(missing)})",
        )
    points = _together([left.pop(axis) for axis in AXES])
    normals = None
    for names in _NORMALS:
        if all(name in left for name in names):
            normals = _together([left.pop(name) for name in names]).astype(points.dtype)
            break
    stamps, told = _stamps(left)
    return Cloud(path, format, points, _colours(left), normals, stamps, pose, (*notes, *told))


def _together(columns: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """[N,3] float32 or float64 that holds the columns as they are."""
    common = np.result_type(*columns)
    if common.kind != "f" or common.itemsize not in (4, 8):
        exact = common.itemsize <= 2
        common = np.dtype(np.float32 if exact else np.float64)
    return np.stack([column.astype(common) for column in columns], axis=1)


def _stamps(
    columns: dict[str, NDArray[Any]],
) -> tuple[NDArray[np.int64] | None, Sequence[str]]:
    """Stamps of the column that has them, which is taken out; else why there are none."""
    name = find_time(columns)
    if name is None or columns[name].dtype.kind not in "iuf":
        return None, ()
    try:
        stamps = numbers_to_ns(columns[name], time_name(name)[1])
    except ValueError as error:
        return None, (f"column {name!r} stays a feature: {error}",)
    del columns[name]
    return stamps, ()


def _colours(columns: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """The columns with colours as `r`, `g`, `b` (`a`)."""
    short = {"red": "r", "green": "g", "blue": "b", "alpha": "a"}
    unpacked: dict[str, NDArray[Any]] = {}
    for name, values in columns.items():
        if name in ("rgb", "rgba") and values.dtype.itemsize == 4:
            packed = np.ascontiguousarray(values).view(np.uint32)
            for shift, channel in zip((16, 8, 0, 24), name.ljust(3, "a"), strict=False):
                unpacked[channel] = (packed >> np.uint32(shift)).astype(np.uint8)
        else:
            unpacked[short.get(name, name)] = values
    return unpacked
