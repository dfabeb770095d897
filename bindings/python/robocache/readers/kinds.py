# SPDX-License-Identifier: Apache-2.0
"""What a field means, claimed only where its name and its values agree.

- *quaternion*: [N,4] floats with a telling name (`q`, `quat...`, `orientation`, `rotation`), or
  four scalars that end in x, y, z and w. Every row is NaN, of unit length, or zero (how ROS says
  that the orientation is unknown), and at least one is of unit length. Four scalars become one
  field in the order xyzw, be it only for their name.
- *angle*: a name such as `yaw` or `heading`, values within one turn, and at least one jump of
  almost a full turn. An angle that never wraps is interpolated like any scalar.
- *flag*: bool. *text*: strings. *vector*: other [N,k]. *scalar*: the rest.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..recording import Field, Kind, QuaternionOrder

_QUATERNION_NAME = re.compile(
    r"^(q|quat|quaternion|orientation|rotation)([_\d].*)?$|_(q|quat|quaternion|orientation)$", re.I
)
_COMPONENT = re.compile(r"^(?P<prefix>.*?)[._ ]?(?P<axis>[xyzw])$", re.I)
_ANGLE_NAME = re.compile(r"(^|_)(yaw|pitch|roll|heading|course|bearing|theta|angle)$", re.I)
_NOT_AN_ANGLE = re.compile(r"rate|vel|speed|acc|torque|thrust", re.I)
_UNIT_LENGTH_TOLERANCE = 0.02


def classify(
    arrays: Mapping[str, NDArray[Any]],
    units: Mapping[str, str | None] | None = None,
    *,
    order: QuaternionOrder = "xyzw",
) -> dict[str, Field]:
    """Fields of one stream from its columns; `order` is that of [N,4] quaternion columns."""
    units = units or {}
    fields: dict[str, Field] = {}
    for name, values, joined in _join_quaternions(arrays):
        kind = _kind_of(name, values, units.get(name), joined)
        found = ("xyzw" if joined else order) if kind == "quaternion" else None
        fields[name] = Field(name, values, units.get(name), kind, found)
    return fields


def quaternion_norms(values: NDArray[Any]) -> NDArray[np.float64]:
    """Lengths of the rows of [N,4] that hold no NaN."""
    with np.errstate(over="ignore", invalid="ignore"):  # Damaged values may be of any size.
        norms = np.linalg.norm(values.astype(np.float64), axis=1)
    return norms[~np.isnan(norms)]


def _are_quaternions(values: NDArray[Any]) -> bool:
    norms = quaternion_norms(values)
    unit = np.abs(norms - 1.0) <= _UNIT_LENGTH_TOLERANCE
    return bool(unit.any() and (unit | (norms == 0.0)).all())


def _join_quaternions(arrays: Mapping[str, NDArray[Any]]) -> list[tuple[str, NDArray[Any], bool]]:
    """The columns, with x, y, z, w of one quaternion as one, which is marked."""
    groups: dict[str, dict[str, str]] = {}
    for name, values in arrays.items():
        match = _COMPONENT.match(name)
        if match and values.ndim == 1 and values.dtype.kind == "f":
            groups.setdefault(match["prefix"], {})[match["axis"].lower()] = name
    quaternion_of: dict[str, str] = {}
    stacked: dict[str, NDArray[Any]] = {}
    for prefix, members in groups.items():
        if len(members) == 4 and prefix not in arrays:
            values = np.stack([arrays[members[axis]] for axis in "xyzw"], axis=1)
            if _quaternion_name(prefix) or _are_quaternions(values):
                quaternion = prefix or "quaternion"
                stacked[quaternion] = values
                quaternion_of.update(dict.fromkeys(members.values(), quaternion))
    names = dict.fromkeys(quaternion_of.get(name, name) for name in arrays)
    return [
        (name, stacked[name], True) if name in stacked else (name, arrays[name], False)
        for name in names
    ]


def _quaternion_name(name: str) -> bool:
    return _QUATERNION_NAME.search(_leaf(name)) is not None


def _leaf(name: str) -> str:
    return re.split(r"[.:/ ]", name)[-1]


def _kind_of(name: str, values: NDArray[Any], unit: str | None, joined: bool) -> Kind:
    if values.dtype.kind == "O":
        return "text"
    if values.dtype.kind == "b":
        return "flag"
    if values.ndim == 1:
        return "angle" if _is_angle(name, values, unit) else "scalar"
    named = joined or (values.shape[1] == 4 and _quaternion_name(name))
    if named and values.dtype.kind == "f" and _are_quaternions(values):
        return "quaternion"
    return "vector"


def _is_angle(name: str, values: NDArray[Any], unit: str | None) -> bool:
    if values.dtype.kind != "f" or unit not in (None, "rad"):
        return False
    finite = values[np.isfinite(values)].astype(np.float64)
    named = _ANGLE_NAME.search(_leaf(name)) and not _NOT_AN_ANGLE.search(name)
    if not named or finite.size < 2:
        return False
    turn = 2.0 * np.pi
    low, high = finite.min(), finite.max()
    within_a_turn = (low >= -np.pi - 1e-3 and high <= np.pi + 1e-3) or (
        low >= -1e-3 and high <= turn + 1e-3
    )
    return bool(within_a_turn and np.abs(np.diff(finite)).max() > 0.9 * turn)
