# SPDX-License-Identifier: Apache-2.0
"""Element types by name ("float32"): the common language of the frameworks and the C interface."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from robocache._library import HEADER
from robocache.errors import UnsupportedDtypeError

CODES: dict[str, tuple[int, int]] = {
    **{f"int{bits}": (HEADER.RC_DTYPE_INT, bits) for bits in (8, 16, 32, 64)},
    **{f"uint{bits}": (HEADER.RC_DTYPE_UINT, bits) for bits in (8, 16, 32, 64)},
    **{f"float{bits}": (HEADER.RC_DTYPE_FLOAT, bits) for bits in (16, 32, 64)},
    "bfloat16": (HEADER.RC_DTYPE_BFLOAT, 16),
    # The bytes of booleans are 0 and 1: the library reads and writes them as uint8.
    "bool": (HEADER.RC_DTYPE_UINT, 8),
}
"""DLPack type code and bits of each name."""

NAMES: dict[tuple[int, int], str] = {
    **{code: name for name, code in CODES.items() if name != "bool"},
    (HEADER.RC_DTYPE_BOOL, 8): "bool",
}
"""Name of each DLPack type code and bits."""

FLOATS = frozenset({"float16", "bfloat16", "float32", "float64"})

_NUMPY = {np.dtype(name): name for name in CODES if name != "bfloat16"}


def numpy_name(dtype: np.dtype[Any]) -> str | None:
    """Name of a NumPy dtype; None when the C interface has no such type or not this byte order."""
    name = _NUMPY.get(dtype)
    if name is None and dtype.name == "bfloat16":
        _NUMPY[dtype] = name = "bfloat16"
    return name


@functools.cache
def numpy_dtype(name: str) -> np.dtype[Any]:
    """NumPy dtype of a name; bfloat16 is that of the ml_dtypes package."""
    if name != "bfloat16":
        return np.dtype(name)
    try:
        import ml_dtypes
    except ImportError:
        raise UnsupportedDtypeError(
            "dtype: bfloat16 NumPy arrays need the package ml_dtypes (pip install ml_dtypes)"
        ) from None
    dtype: np.dtype[Any] = np.dtype(ml_dtypes.bfloat16)
    return dtype


@functools.lru_cache(maxsize=256)
def dtype_name(dtype: Any) -> str:
    """Name of a dtype that a caller gave: a name, or a dtype of NumPy, PyTorch, CuPy or JAX.

    Raises
    ------
    UnsupportedDtypeError
        It is none of the types of the C interface.
    """
    name = str(dtype).removeprefix("torch.")
    if name in CODES:
        return name
    try:
        found = numpy_name(np.dtype(dtype))
    except TypeError:
        found = None
    if found is None:
        raise UnsupportedDtypeError(f"dtype: expected one of {', '.join(CODES)}; got {dtype!r}")
    return found
