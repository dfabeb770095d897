# SPDX-License-Identifier: Apache-2.0
"""Array items that come as columns of their own, `name[0]`, `name[1]` ..., put back together."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

_ITEM = re.compile(r"^(?P<array>.+)\[(?P<index>\d+)\]$")


def array_of(name: str) -> str:
    """The array that a column is an item of, or its own name."""
    match = _ITEM.match(name)
    return match["array"] if match else name


def join_items(columns: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """The columns, with all items of an array as one [N,k] in the place of its first.

    Items stay apart where one is missing in between, or where they are not of one dtype.
    """
    members: dict[str, list[str]] = {}
    for name in columns:
        members.setdefault(array_of(name), []).append(name)
    joined: dict[str, NDArray[Any]] = {}
    for array, names in members.items():
        items = [f"{array}[{index}]" for index in range(len(names))]
        values = [columns[name] for name in names]
        alike = len({(one.dtype, one.ndim) for one in values}) == 1 and values[0].ndim == 1
        if set(items) == set(names) and alike:
            joined[array] = np.stack([columns[item] for item in items], axis=1)
        else:
            joined.update(zip(names, values, strict=True))
    return joined
