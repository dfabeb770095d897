# SPDX-License-Identifier: Apache-2.0
"""What a field means, claimed only where its name and its values agree.

- *quaternion*: [N,4] floats with a telling name (`q`, `quat...`, `orientation`, `rotation`), or
  four scalars that end in x, y, z and w, whose rows all have unit length. Four scalars become one
  field in the order xyzw. `order` stays set where only some rows have unit length, the kind is
  then "vector": interpolating rotations across zero quaternions is not defined.
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
    for name, values, named_components in _join_quaternions(arrays):
        unit = units.get(name)
        kind, found_order = _kind_of(name, values, unit, "xyzw" if named_components else order)
        if named_components:
            found_order = "xyzw"
        fields[name] = Field(name, values, unit, kind, found_order)
    return fields


def quaternion_norms(values: NDArray[Any]) -> NDArray[np.float64]:
    """Lengths of the rows of [N,4] that hold no NaN."""
    norms = np.linalg.norm(values.astype(np.float64), axis=1)
    return norms[~np.isnan(norms)]


def _unit_rows(values: NDArray[Any]) -> NDArray[np.bool_]:
    return np.abs(quaternion_norms(values) - 1.0) <= _UNIT_LENGTH_TOLERANCE


def _join_quaternions(arrays: Mapping[str, NDArray[Any]]) -> list[tuple[str, NDArray[Any], bool]]:
    groups: dict[str, dict[str, str]] = {}
    for name, values in arrays.items():
        match = _COMPONENT.match(name)
        if match and values.ndim == 1 and values.dtype.kind == "f":
            groups.setdefault(match["prefix"], {})[match["axis"].lower()] = name
    joined: dict[str, tuple[str, NDArray[Any]]] = {}
    for prefix, names in groups.items():
        if len(names) == 4:
            values = np.stack([arrays[names[axis]] for axis in "xyzw"], axis=1)
            unit = _unit_rows(values)
            if _quaternion_name(prefix) or (unit.size and unit.all()):
                first = min(names.values(), key=list(arrays).index)
                joined[first] = (prefix or "quaternion", values)
                joined.update({name: ("", values) for name in names.values() if name != first})
    result = []
    for name, values in arrays.items():
        new_name, new_values = joined.get(name, (name, values))
        if new_name:
            result.append((new_name, new_values, name in joined))
    return result


def _quaternion_name(name: str) -> bool:
    return _QUATERNION_NAME.search(re.split(r"[.:/ ]", name)[-1]) is not None


def _kind_of(
    name: str, values: NDArray[Any], unit: str | None, order: QuaternionOrder
) -> tuple[Kind, QuaternionOrder | None]:
    if values.dtype.kind == "O":
        return "text", None
    if values.dtype.kind == "b":
        return "flag", None
    if values.ndim == 2:
        if values.shape[1] == 4 and values.dtype.kind == "f" and _quaternion_name(name):
            unit_length = _unit_rows(values)
            if unit_length.size and unit_length.all():
                return "quaternion", order
            if unit_length.any():
                return "vector", order
        return "vector", None
    return ("angle" if _is_angle(name, values, unit) else "scalar"), None


def _is_angle(name: str, values: NDArray[Any], unit: str | None) -> bool:
    leaf = re.split(r"[.:/ ]", name)[-1]
    if values.dtype.kind != "f" or unit not in (None, "rad") or not _ANGLE_NAME.search(leaf):
        return False
    finite = values[np.isfinite(values)].astype(np.float64)
    if _NOT_AN_ANGLE.search(name) or finite.size < 2:
        return False
    turn = 2.0 * np.pi
    low, high = finite.min(), finite.max()
    within_a_turn = (low >= -np.pi - 1e-3 and high <= np.pi + 1e-3) or (
        low >= -1e-3 and high <= turn + 1e-3
    )
    return bool(within_a_turn and np.abs(np.diff(finite)).max() > 0.9 * turn)
