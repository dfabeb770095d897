# SPDX-License-Identifier: Apache-2.0
"""Arrays of every framework on the first CUDA device, for tests that hold for all of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from frameworks import kind_of


def torch_cuda(array: np.ndarray) -> Any:
    return pytest.importorskip("torch").from_numpy(array).cuda()


def cupy_cuda(array: np.ndarray) -> Any:
    return pytest.importorskip("cupy").asarray(array)


def jax_cuda(array: np.ndarray) -> Any:
    jax = pytest.importorskip("jax")
    try:
        device = jax.devices("cuda")[0]
    except RuntimeError as error:
        pytest.skip(f"JAX has no CUDA device: {error}")
    with jax.enable_x64(True):
        return jax.device_put(array, device)


def back(array: Any) -> np.ndarray:
    """An array of the device as NumPy."""
    if kind_of(array) == "torch":
        return array.cpu().numpy()
    return array.get() if kind_of(array) == "cupy" else np.asarray(array)


MAKERS = {"torch": torch_cuda, "cupy": cupy_cuda, "jax": jax_cuda}


def same_bits(got: Any, expected: np.ndarray) -> None:
    found = back(got)
    assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
    assert found.tobytes() == expected.tobytes()
