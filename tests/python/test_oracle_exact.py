# SPDX-License-Identifier: Apache-2.0
"""Numbers that have one right answer, against exact fractions, to the bit."""

import math
from fractions import Fraction

import exact
import ml_dtypes
import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

import robocache as rc

LOW, HIGH = -(2**63), 2**63 - 1
FLOATS = {
    "float16": np.float16,
    "bfloat16": ml_dtypes.bfloat16,
    "float32": np.float32,
    "float64": np.float64,
}
ticks = st.one_of(
    st.integers(LOW, HIGH),
    st.integers(0, 1000).map(lambda i: LOW + i),
    st.integers(0, 1000).map(lambda i: HIGH - i),
    st.integers(-1000, 1000),
)
float32s = st.floats(width=32, allow_nan=False, allow_infinity=False)
float64s = st.floats(allow_nan=False, allow_infinity=False)


def ints(*times):
    return np.array(times, np.int64)


@given(a=ticks, b=ticks, c=ticks)
def test_weight_of_int64_times(a, b, c):
    """Differences up to 2^64 are exact; each is rounded once to float64, and so is the quotient."""
    t0, t, t1 = sorted((a, b, c))
    assume(t0 < t1)
    found = rc.resample_index(ints(t0, t1), ints(t), dtype="float64")
    if t in (t0, t1):
        assert found.weight[0] == 0
        assert found.source_index[0] == [t0, t1].index(t)
    else:
        assert found.weight[0] == exact.weight(t, t0, t1)
        assert (found.source_index[0], found.next_index[0]) == (0, 1)


@given(a=ticks, b=ticks, c=ticks, v0=float32s, v1=float32s)
def test_linear_in_float32(a, b, c, v0, v1):
    t0, t, t1 = sorted((a, b, c))
    assume(t0 < t < t1)
    got = rc.resample(np.array([v0, v1], np.float32), ints(t0, t1), ints(t))
    expected = exact.linear(v0, v1, exact.weight(t, t0, t1), "float32")
    np.testing.assert_array_equal(got, np.float32(expected))


@given(a=ticks, b=ticks, c=ticks, v0=float64s, v1=float64s)
def test_linear_in_float64(a, b, c, v0, v1):
    t0, t, t1 = sorted((a, b, c))
    assume(t0 < t < t1)
    got = rc.resample(np.array([v0, v1]), ints(t0, t1), ints(t))
    expected = exact.linear(v0, v1, exact.weight(t, t0, t1), "float64")
    np.testing.assert_array_equal(got, expected)


@given(v0=float32s, v1=float32s, w=st.integers(1, 2**24 - 1), out=st.sampled_from(list(FLOATS)))
def test_linear_into_every_float(v0, v1, w, out):
    """float32 arithmetic, then one rounding to the type of the result."""
    got = rc.resample(np.array([v0, v1], np.float32), ints(0, 2**24), ints(w), dtype=out)
    expected = exact.linear(v0, v1, w / 2**24, "float32")
    assert float(got[0]) == exact.rounded(expected, out)


def neighbourhood(name):
    """Numbers where a rounding to this format can go wrong: each power of two, halves of units."""
    precision, smallest, largest = exact.FORMATS[name]
    numbers = []
    for exponent in range(smallest - 2, largest + 2):
        for step in (0, 1, -1):
            for unit in (precision, precision + 1):
                try:
                    x = math.ldexp(1, exponent) * (1 + step * math.ldexp(1, -unit))
                    y = math.ldexp(1, exponent) * (1 + 3 * step * math.ldexp(1, -unit))
                except OverflowError:
                    continue
                numbers += [x, -x, y, np.nextafter(x, math.inf), np.nextafter(x, -math.inf)]
    largest_number = (2 - 2.0 ** (1 - precision)) * 2.0**largest
    tie = largest_number + 2.0 ** (largest - precision)
    if math.isfinite(tie):
        numbers += [largest_number, tie, np.nextafter(tie, 0), np.nextafter(tie, math.inf)]
    return np.array([*numbers, 0.0, -0.0, math.inf, -math.inf])


@pytest.mark.parametrize("out", ["float16", "bfloat16", "float32"])
@pytest.mark.parametrize("simd", ["baseline", "auto"])
@pytest.mark.parametrize("strided", [False, True])
def test_float64_narrows_once(out, simd, strided):
    """Ties to even, subnormals, overflow; through the loop over runs and element by element."""
    x = neighbourhood(out)
    values = np.zeros((1, len(x) * 2))[:, ::2] if strided else np.empty((1, len(x)))
    values[0] = x
    got = rc.resample(values, ints(0), ints(0), dtype=out, context=rc.Context("cpu", 1, simd=simd))
    expected = np.array([exact.rounded(v, out) for v in x.tolist()])
    np.testing.assert_array_equal(got[0].astype(np.float64), expected)
    np.testing.assert_array_equal(np.signbit(got[0]), np.signbit(expected))


@pytest.mark.parametrize("out", ["float16", "bfloat16"])
@pytest.mark.parametrize("simd", ["baseline", "auto"])
def test_float32_narrows_once(out, simd):
    with np.errstate(over="ignore"):
        x = neighbourhood(out).astype(np.float32)
    context = rc.Context("cpu", 1, simd=simd)
    copied = rc.resample(x[None], ints(0), ints(0), dtype=out, context=context)[0]
    # Between two equal samples the curve is the sample; infinities make NaN.
    finite = x[np.isfinite(x)]
    curved = rc.resample(
        np.stack([finite, finite]), ints(0, 2), ints(1), dtype=out, context=context
    )[0]
    for got, given_values in ((copied, x), (curved, finite)):
        expected = [exact.rounded(v, out) for v in given_values.tolist()]
        np.testing.assert_array_equal(got.astype(np.float64), expected)


@pytest.mark.parametrize("name", ["float16", "bfloat16"])
def test_all_16_bit_floats_widen_exactly(name):
    values = np.arange(65536, dtype=np.uint16).view(FLOATS[name])
    for wide in ("float32", "float64"):
        got = rc.resample(values[None], ints(0), ints(0), dtype=wide)[0]
        with np.errstate(invalid="ignore"):  # signalling NaN
            np.testing.assert_array_equal(got, values.astype(wide))


@pytest.mark.parametrize("name", ["uint8", "int8", "int16", "int32"])
def test_integers_round_once(name):
    """Copies to float types; and curves, whose ends are rounded to float32 first."""
    info = np.iinfo(name)
    x = np.unique(
        np.clip([0, 1, 255, 2**24 + 1, -(2**24) - 1, 32767, info.min, info.max], info.min, info.max)
    ).astype(name)
    for out in FLOATS:
        got = rc.resample(x[None], ints(0), ints(0), dtype=out)[0].astype(np.float64)
        assert got.tolist() == [exact.round_to(Fraction(int(v)), out) for v in x]
    got = rc.resample(np.stack([x, x[::-1]]), ints(0, 4), ints(1))[0]
    ends = [exact.rounded(float(v), "float32") for v in x]
    expected = [exact.linear(a, b, 0.25, "float32") for a, b in zip(ends, ends[::-1], strict=True)]
    assert got.astype(np.float64).tolist() == expected


@given(a=ticks, b=ticks)
def test_age_of_int64_times(a, b):
    """Exact, and at the ends of int64 where it does not fit."""
    got = rc.resample(np.zeros(1), ints(a), ints(b), quality=True).age[0]
    assert got == min(max(b - a, LOW), HIGH)


@given(a=ticks, b=ticks, gap=st.integers(1, HIGH), mode=st.sampled_from(["linear", "previous"]))
def test_max_gap_of_int64_times(a, b, gap, mode):
    """A gap exactly as wide is bridged, a hold exactly as long is held, also above 2^63."""
    t0, t1 = sorted((a, b))
    assume(t1 - t0 > 1)
    target = t1 - 1
    wide = t1 - t0 > gap if mode == "linear" else target - t0 > gap
    got = rc.resample(np.ones(2), ints(t0, t1), ints(target), mode=mode, max_gap=gap, quality=True)
    assert got.valid[0] == (not wide)
    assert got.reason[0] == (
        (rc.Reason.GAP if mode == "linear" else rc.Reason.STALE) if wide else 0
    )


@given(a=ticks, b=ticks, c=ticks)
def test_nearest_of_int64_times(a, b, c):
    t0, t, t1 = sorted((a, b, c))
    got = rc.resample(
        np.array([0.0, 1.0]), ints(t0, t1), ints(t), mode="nearest", duplicates="first"
    )
    assert got[0] == (1 if t1 - t < t - t0 else 0)


@given(
    times=st.lists(ticks, min_size=1, max_size=5).map(sorted),
    t=ticks,
    before=st.one_of(st.integers(0, HIGH), st.integers(0, 2000)),
    after=st.one_of(st.integers(0, HIGH), st.integers(0, 2000)),
)
@example(times=[LOW, 0], t=LOW + 5, before=6, after=0)
@example(times=[0, HIGH], t=HIGH - 5, before=0, after=6)
def test_windows_at_the_ends_of_int64(times, t, before, after):
    """A window that would reach past the first or last int64 holds all there is."""
    assume(before or after)
    times = sorted(set(times))
    inside = [x for x in times if t - before < x <= t + after]
    got = rc.resample(
        np.ones(len(times)),
        np.array(times),
        ints(t),
        mode="sum",
        window=(before, after),
        fill_value=-1,
    )
    assert got[0] == (len(inside) if inside else -1)


@given(
    t=ticks,
    offset=st.one_of(ticks, st.integers(-50, 50)),
    drift=st.sampled_from([0.0, 1e-6, -1e-6, 0.25, -0.5]),
    reference=ticks,
)
def test_clock_map_of_int64_times(t, offset, drift, reference):
    """t + offset + drift * (t - reference): the product in float64, to even; the sum saturates."""
    product = round(drift * float(t - reference))
    assume(LOW <= product <= HIGH)
    mapped = min(max(t + offset + product, LOW), HIGH)
    found = rc.resample(
        np.zeros(1), ints(t), ints(0), quality=True, clock=rc.ClockMap(offset, drift, reference)
    )
    assert found.age[0] == min(max(-mapped, LOW), HIGH)


RATES = [
    12.5,
    "29.97",
    "30000/1001",
    Fraction(1, 3),
    1,
    60,
    1000,
    "1e9",
    3_000_000_000,
    Fraction(7, 10**12),
    Fraction(10**9 + 7, 10**9 + 9),
    2**40,
]


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("start", [0, -1, 1_700_000_000_000_000_001, LOW, HIGH - 1_000_000])
def test_target_clock(rate, start):
    """Every tick is the floor of its exact time, and the clock ends before `stop`."""
    exact_rate = Fraction(str(rate))
    ticks_wanted = 1000
    stop = min(start + math.floor(ticks_wanted * 10**9 / exact_rate), HIGH)
    got = rc.target_clock(start, stop, rate).tolist()
    expected = []
    for k in range(ticks_wanted + 2):
        tick = start + math.floor(k * 10**9 / exact_rate)
        if tick < stop:
            expected.append(tick)
    assert got == expected


def test_target_clock_of_a_year_does_not_drift():
    """One tick in 29.97 s of NTSC, over a year: the last tick is still exact."""
    stop = 365 * 86_400 * 10**9
    rate = Fraction(30000, 1001 * 1000)
    got = rc.target_clock(0, stop, rate)
    assert len(got) == math.ceil(stop * rate / 10**9)
    assert got[-1] == math.floor((len(got) - 1) * 10**9 / rate)


def test_target_clock_over_all_of_int64():
    got = rc.target_clock(LOW, HIGH, Fraction(1, 2**33))
    period = 2**33 * 10**9
    assert got.tolist() == list(range(LOW, HIGH, period))


def test_target_clock_that_is_empty():
    assert rc.target_clock(5, 5, 10).tolist() == []


def test_target_clock_with_more_ticks_than_int64_counts():
    with pytest.raises(rc.InvalidArgumentError, match="2\\^63"):
        rc.target_clock(0, 4, 2**62, ticks_per_second=1)
