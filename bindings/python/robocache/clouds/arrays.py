# SPDX-License-Identifier: Apache-2.0
"""NumPy's own files as clouds.

NPY: [N,3] or wider, columns beyond x, y, z named `column_3` ...; or records whose fields are the
columns. NPZ: `points` ([N,3] or wider) or `x`, `y`, `z`; `normals` [N,3]; any other array of N rows
is a column, or several.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..readers.guard import reading
from .cloud import AXES, Cloud, from_columns

NPY_MAGIC = b"\x93NUMPY"
NPZ_MAGIC = b"PK"


def read_npy(path: Path) -> Cloud:
    """Read one array."""
    with reading(path, "damaged NPY file"):
        array = np.load(path, allow_pickle=False)
        if array.dtype.names:
            rows = array.reshape(-1)
            columns = {name: rows[name] for name in array.dtype.names}
        else:
            columns = _spread("points", array, AXES)
    return from_columns(path, "NPY", columns)


def read_npz(path: Path) -> Cloud:
    """Read the arrays of a cloud."""
    with reading(path, "damaged NPZ file"), np.load(path, allow_pickle=False) as arrays:
        columns: dict[str, NDArray[Any]] = {}
        named: Mapping[str, NDArray[Any]] = {name: arrays[name] for name in arrays.files}
        key = "points" if "points" in named else "x"
        rows = len(named[key]) if key in named and named[key].ndim else 0
        for name, array in named.items():
            if name == "points":
                columns.update(_spread(name, array, AXES))
            elif name == "normals":
                columns.update(_spread(name, array, ("nx", "ny", "nz")))
            elif array.ndim in (1, 2) and len(array) == rows and array.dtype.kind in "biuf":
                columns.update({name: array} if array.ndim == 1 else _spread(name, array, ()))
    return from_columns(path, "NPZ", columns)


def _spread(name: str, array: NDArray[Any], names: tuple[str, ...]) -> dict[str, NDArray[Any]]:
    """Columns of [N,k]: the names given, then `column_3` of points, else `name_0` ..."""
    if array.ndim != 2 or array.shape[1] < len(names) or array.dtype.kind not in "biuf":
        raise ValueError(
            f"expected {name} of numbers [N,{len(names)}] or wider,"
            f" got {array.dtype} {list(array.shape)}"
        )
    stem = "column" if names == AXES else name
    rest = [f"{stem}_{index}" for index in range(len(names), array.shape[1])]
    return dict(zip([*names, *rest], array.T, strict=True))
