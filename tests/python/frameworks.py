# SPDX-License-Identifier: Apache-2.0
"""Arrays of every framework that is installed, for tests that hold for all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest


def _numpy(array: np.ndarray, dtype: str) -> Any:
    if dtype == "bfloat16":
        dtype = pytest.importorskip("ml_dtypes").bfloat16
    return array.astype(dtype)


def _torch(array: np.ndarray, dtype: str) -> Any:
    torch = pytest.importorskip("torch")
    return torch.from_numpy(array).to(getattr(torch, dtype))


def _jax(array: np.ndarray, dtype: str) -> Any:
    jax = pytest.importorskip("jax")
    if dtype.endswith("64") and not jax.config.jax_enable_x64:
        pytest.skip("JAX has no 64-bit types unless jax_enable_x64 is on")
    return on_cpu(jax, array, dtype)


def on_cpu(jax: Any, array: Any, dtype: str = "float32") -> Any:
    """An array of JAX on the CPU, also where there is a GPU, which JAX would take."""
    with jax.default_device(jax.devices("cpu")[0]):
        return jax.numpy.asarray(array, dtype)


class OldProducer:
    """Anything with DLPack as it was before 1.0: no max_version, no copy."""

    def __init__(self, array: np.ndarray) -> None:
        self.array = array

    def __dlpack__(self, stream: Any = None) -> Any:
        return self.array.__dlpack__(stream=stream)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.array.__dlpack_device__()


def _old_dlpack(array: np.ndarray, dtype: str) -> Any:
    if dtype == "bfloat16":
        pytest.skip("NumPy gives no DLPack of bfloat16")
    return OldProducer(array.astype(dtype))


MAKERS: dict[str, Callable[[np.ndarray, str], Any]] = {
    "numpy": _numpy,
    "torch": _torch,
    "jax": _jax,
    "dlpack": _old_dlpack,
}


def kind_of(array: Any) -> str:
    """Name of the framework of an array."""
    return type(array).__module__.split(".")[0].removesuffix("lib")


def to_numpy(array: Any) -> np.ndarray:
    """An array of any framework as float64 or int64, exact for all types below 64 bits."""
    if kind_of(array) == "torch":
        array = array.detach().double() if array.is_floating_point() else array
        return array.numpy()
    wide = np.asarray(array)
    return wide if wide.dtype.kind in "iub" else wide.astype(np.float64)


def dtype_of(array: Any) -> str:
    """Name of an array's dtype: "bfloat16"."""
    return str(array.dtype).removeprefix("torch.")
