# SPDX-License-Identifier: Apache-2.0
"""Which interpolation a recorded field gets."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .recording import Field

AGGREGATES = ("mean", "sum", "min", "max", "last")
SELECTIONS = ("previous", "next", "nearest", "last")
"""Modes that hand on one sample as it is: all that flags and text can take."""
MODES = ("linear", "previous", "next", "nearest", "pchip", "slerp", "angle", *AGGREGATES)


def suggest(field: Field) -> str:
    """The mode that does no harm: quaternions turn, angles wrap, discrete values are held."""
    if field.kind == "quaternion":
        return "slerp"
    if field.kind == "angle":
        return "angle"
    return "previous" if field.discrete else "linear"


def refusal(field: Field, mode: str) -> str | None:
    """Why `field` cannot take `mode`; None where it can."""
    if mode not in MODES:
        return f"expected one of {', '.join(MODES)}"
    if mode == "slerp" and field.width % 4:
        return f"slerp takes quaternions of 4 channels, the field has {field.width}"
    if field.values.dtype.kind not in "fiu" and mode not in SELECTIONS:
        what = "flags" if field.values.dtype.kind == "b" else "text"
        return f"{what} take {', '.join(SELECTIONS)} only"
    return None


def without_zero_quaternions(values: NDArray[Any]) -> tuple[NDArray[Any], int]:
    """[N,4k] with NaN in place of quaternions of length zero, and how many there were.

    Zero is how ROS says "orientation unknown"; no rotation can be made of it.
    """
    quaternions = values.reshape(len(values), -1, 4)
    zero = ~quaternions.any(axis=2)
    if not zero.any():
        return values, 0
    cleaned = quaternions.copy()
    cleaned[zero] = np.nan
    return cleaned.reshape(values.shape), int(zero.sum())
