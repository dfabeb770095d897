# SPDX-License-Identifier: Apache-2.0
"""Results that are too large for the caches are written past them: the same bits, and no others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import robocache as rc

BYTES = 40 << 20
"""Of a result; those of more than 32 MiB are written past the caches."""


def recording(channels: int, dtype: str) -> tuple[Any, Any, Any, str]:
    """Values, their times, as many targets as give such a result, and a mode for them."""
    random = np.random.default_rng(channels)
    values = random.integers(0, 100 if dtype == "int8" else 200, (1000, channels)).astype(dtype)
    source = np.sort(random.integers(0, 10**9, 1000))
    targets = BYTES // (channels * np.dtype(dtype).itemsize)
    target = np.sort(random.integers(-(10**6), 10**9 + 10**6, targets))
    return values, source, target, "nearest" if "int" in dtype else "linear"


def assert_same_as_parts(result: Any, values: Any, source: Any, target: Any, mode: str) -> None:
    """A part of the targets gives a result that is too small for that."""
    for part in np.array_split(np.arange(len(target)), 5):
        expected = rc.resample(values, source, target[part], mode=mode)
        assert result[part].tobytes() == expected.tobytes()


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize(
    ("channels", "dtype", "skew"),
    [
        (7, "float32", 0),
        (16, "float32", 3),
        (3, "float16", 5),
        (129, "uint8", 1),
        (33, "float64", 1),
    ],
)
def test_a_large_result_is_that_of_its_parts(
    channels: int, dtype: str, skew: int, threads: int
) -> None:
    values, source, target, mode = recording(channels, dtype)
    targets = len(target)
    memory = np.full(targets * channels + 2 * skew + 2, 77, dtype)
    out = memory[skew + 1 : skew + 1 + targets * channels].reshape(targets, channels)
    with rc.Context("cpu", threads=threads) as context:
        rc.resample(values, source, target, mode=mode, out=out, context=context)
    assert_same_as_parts(out, values, source, target, mode)
    around = np.concatenate([memory[: skew + 1], memory[skew + 1 + targets * channels :]])
    assert (around == 77).all()


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize(
    ("channels", "gap", "dtype"),
    [
        (128, 1, "float32"),
        (130, 20, "float32"),
        (263, 5, "float16"),
        (515, 2, "uint8"),
        (7, 3, "int8"),
    ],
)
def test_columns_of_a_large_table_are_written_alone(
    channels: int, gap: int, dtype: str, threads: int
) -> None:
    values, source, target, mode = recording(channels, dtype)
    table = np.full((len(target), gap + channels + gap), 77, dtype)
    out = table[:, gap:-gap]
    with rc.Context("cpu", threads=threads) as context:
        rc.resample(values, source, target, mode=mode, out=out, context=context)
    assert_same_as_parts(out, values, source, target, mode)
    assert (table[:, :gap] == 77).all()
    assert (table[:, -gap:] == 77).all()


def test_rows_of_a_large_result_are_those_of_each() -> None:
    random = np.random.default_rng(3)
    values = random.normal(size=(9, 50, 31)).astype(np.float32)
    source = np.sort(random.integers(0, 10**6, (9, 50)), axis=1)
    target = np.sort(random.integers(0, 10**6, (9, BYTES // (9 * 31 * 4))), axis=1)
    together = rc.resample(values, source, target)
    for row in range(9):
        alone = rc.resample(values[row], source[row], target[row])
        assert together[row].tobytes() == alone.tobytes()
