# SPDX-License-Identifier: Apache-2.0
"""What holds for any input: to the bit, whatever the machine is asked to do the work with."""

import ctypes
import ctypes.util
import math
import platform

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import robocache as rc

WINDOWED = ("mean", "sum", "min", "max", "last")
MODES = ("linear", "previous", "next", "nearest", "pchip", "angle", "slerp", *WINDOWED)
CONTEXTS = {
    "one thread": rc.Context("cpu", 1),
    "two threads": rc.Context("cpu", 2),
    "four threads": rc.Context("cpu", 4),
    "baseline": rc.Context("cpu", 1, simd="baseline"),
    "chunks": rc.Context("cpu", 1, 3_000),
    "chunks, three threads": rc.Context("cpu", 3, 5_000),
}


def bits(array):
    kind = f"u{array.dtype.itemsize}"
    return np.ascontiguousarray(array).view(kind)


def assert_same_bits(got, expected):
    for one, other in zip(got, expected, strict=True):
        np.testing.assert_array_equal(bits(one), bits(other))


def everything(seed, mode, dtype=np.float32, rows=40, samples=25, targets=300):
    """Arguments of a call large enough for many tasks, with dirty times and bad values."""
    rng = np.random.default_rng(seed)
    scale = 10.0 ** rng.integers(-42, 30, 8)
    with np.errstate(over="ignore"):  # infinities are welcome
        values = (rng.normal(size=(rows, samples, 8)) * scale).astype(dtype)
    if mode != "slerp":
        values[rng.random(values.shape) < 0.03] = np.nan
    else:
        values = rng.normal(size=values.shape).astype(dtype)
    times = np.cumsum(rng.integers(-3, 9, (rows, samples)), axis=1)
    wanted = rng.integers(-10, 100, (rows, targets))
    options = {
        "mode": mode,
        "outside": ["hold", "extrapolate"][seed % 2],
        "order": ["sort", "drop"][seed // 2 % 2],
        "duplicates": ["last", "mean"][seed % 2],
        "skip_nan": bool(seed % 3 == 0),
        "window": (12, 3) if mode in WINDOWED else None,
        "max_gap": [None, 20][seed // 3 % 2],
        "quality": True,
    }
    return (values, times, wanted), options


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_threads_simd_and_chunks_change_no_bit(mode, seed, dtype):
    arguments, options = everything(seed, mode, dtype)
    results = [rc.resample(*arguments, context=context, **options) for context in CONTEXTS.values()]
    for other in results[1:]:
        assert_same_bits(other, results[0])


@pytest.mark.parametrize("mode", MODES)
def test_rows_together_are_rows_alone(mode):
    """A batch in one call, in two, and a row at a time."""
    (values, times, targets), options = everything(1, mode)
    whole = rc.resample(values, times, targets, **options)
    for b in range(0, len(values), 7):
        alone = rc.resample(values[b], times[b], targets[b], **options)
        assert_same_bits(alone, [part[b] for part in whole])


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("seed", [2, 3], ids=["plain", "skip_nan"])
def test_targets_together_are_targets_alone(mode, seed):
    """Where the search starts does not matter, nor what targets before have found."""
    (values, times, targets), options = everything(seed, mode, rows=1)
    whole = rc.resample(values[0], times[0], targets[0], **options)
    for i in range(0, targets.shape[1], 11):
        alone = rc.resample(values[0], times[0], targets[0, i : i + 1], **options)
        assert_same_bits([part[0] for part in alone], [part[i] for part in whole])


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("shift", [2**62, -(2**62), 1_700_000_000_000_000_000])
def test_shifted_int64_times_change_nothing(mode, shift):
    (values, times, targets), options = everything(3, mode)
    expected = rc.resample(values, times, targets, **options)
    got = rc.resample(values, times + shift, targets + shift, **options)
    assert_same_bits(got, expected)


any_bits = st.integers(0, 2**64 - 1)


@given(
    words=st.lists(any_bits, min_size=1, max_size=12),
    gaps=st.lists(st.integers(0, 5), min_size=12, max_size=12),
    mode=st.sampled_from(["linear", "previous", "next", "nearest", "pchip", "angle"]),
    size=st.sampled_from([2, 4, 8]),
    outside=st.sampled_from(["hold", "fill", "extrapolate"]),
)
def test_equal_times_give_samples_untouched(words, gaps, mode, size, outside):
    """Any bits at all, NaN payloads and infinities among the neighbours too."""
    values = np.array(words, np.uint64).astype(f"u{size}").view(f"f{size}")
    times = np.cumsum(gaps[: len(words)])
    got = rc.resample(values, times, times, mode=mode, outside=outside, quality=True)
    last_of_equal = np.searchsorted(times, times, "right") - 1
    np.testing.assert_array_equal(bits(got.values), bits(values)[last_of_equal])
    np.testing.assert_array_equal(got.source_index, last_of_equal)
    assert not (got.reason & ~np.uint8(rc.Reason.NAN)).any()


@given(
    knots=st.lists(st.integers(-(2**10), 2**10), min_size=2, max_size=6),
    parts=st.lists(st.sampled_from([1, 2, 4, 8]), min_size=5, max_size=5),
    dtype=st.sampled_from([np.float32, np.float64]),
    time_dtype=st.sampled_from([np.int64, np.float64, np.float32]),
)
def test_refining_a_piecewise_linear_signal_changes_nothing(knots, parts, dtype, time_dtype):
    """Samples added on the lines, at dyadic points, where all arithmetic is exact."""
    coarse = np.arange(len(knots)) * 8
    fine = np.unique(np.concatenate([k * 8 + np.arange(0, 9, 8 // n) for k, n in enumerate(parts)]))
    fine = fine[fine <= coarse[-1]]
    targets = np.arange(-4, 8 * len(knots) * 4) / 4
    targets = targets[targets == np.rint(targets)] if time_dtype == np.int64 else targets
    values = np.interp(fine, coarse, knots).astype(dtype)
    expected = rc.resample(
        np.array(knots, dtype), coarse.astype(time_dtype), targets.astype(time_dtype)
    )
    got = rc.resample(values, fine.astype(time_dtype), targets.astype(time_dtype))
    np.testing.assert_array_equal(got, expected)


limited = st.floats(-(2.0**100), 2.0**100, width=32)


@given(a=limited, b=limited, n=st.integers(2, 50))
def test_linear_does_not_leave_its_samples(a, b, n):
    """Monotone between the samples, and on them at both ends."""
    targets = np.arange(n + 1)
    got = rc.resample(np.array([a, b], np.float32), np.array([0, n]), targets)
    assert got[0] == np.float32(a)
    assert got[-1] == np.float32(b)
    low, high = min(a, b), max(a, b)
    slack = np.spacing(np.float32(max(abs(low), abs(high))))
    assert got.min() >= low - slack
    assert got.max() <= high + slack


@given(times=st.lists(st.integers(0, 30), min_size=1, max_size=15), n=st.integers(1, 20))
def test_sorting_and_asking_again_is_the_identity(times, n):
    """What was resampled, resampled at its own times, stays."""
    values = np.random.default_rng(n).normal(size=(len(times), 2))
    targets = np.arange(n)
    once = rc.resample(values, np.array(times), targets, order="sort")
    np.testing.assert_array_equal(rc.resample(once, targets, targets), once)


def in_float_environment(set_environment, restore):
    """Results of every mode while the caller's thread computes otherwise, and without."""
    pairs = []
    for mode in MODES:
        arguments, options = everything(1, mode, rows=6, targets=100)
        expected = rc.resample(*arguments, context=CONTEXTS["one thread"], **options)
        set_environment()
        try:
            # Threads that start now take the caller's environment over.
            with rc.Context("cpu", 1) as one, rc.Context("cpu", 3) as three:
                found = [rc.resample(*arguments, context=c, **options) for c in (one, three)]
        finally:
            restore()
        pairs += [(got, expected) for got in found]
    return pairs


def test_flush_to_zero_of_the_caller_changes_no_bit():
    torch = pytest.importorskip("torch")
    if not torch.set_flush_denormal(True):
        pytest.skip("this processor does not flush subnormal numbers")
    torch.set_flush_denormal(False)
    tiny = np.full((2, 1), 1e-40, np.float32)

    def flush():
        torch.set_flush_denormal(True)

    for got, expected in in_float_environment(flush, lambda: torch.set_flush_denormal(False)):
        assert_same_bits(got, expected)
    flush()
    try:
        got = rc.resample(tiny, np.array([0, 2]), np.array([1]))
    finally:
        torch.set_flush_denormal(False)
    assert got[0, 0] == tiny[0, 0]


@pytest.mark.skipif(platform.machine() != "x86_64", reason="numbers of fenv.h are x86-64's")
@pytest.mark.parametrize("rounding", [0x400, 0x800, 0xC00], ids=["down", "up", "to zero"])
def test_rounding_of_the_caller_changes_no_bit(rounding):
    libm = ctypes.CDLL(ctypes.util.find_library("m"))
    for got, expected in in_float_environment(
        lambda: libm.fesetround(rounding), lambda: libm.fesetround(0)
    ):
        assert_same_bits(got, expected)
    assert libm.fegetround() == 0


@pytest.mark.skipif(platform.machine() != "x86_64", reason="numbers of fenv.h are x86-64's")
def test_environment_and_exceptions_of_the_caller_stay():
    libm = ctypes.CDLL(ctypes.util.find_library("m"))
    libm.fesetround(0x800)
    libm.feclearexcept(0x3D)
    rc.resample(np.array([0.1, math.inf]), np.array([0, 3]), np.array([1, 2]))
    rounding, raised = libm.fegetround(), libm.fetestexcept(0x3D)
    libm.fesetround(0)
    assert rounding == 0x800
    assert raised & 0x01 == 0, "the invalid operations are the library's own"
