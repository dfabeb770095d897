# SPDX-License-Identifier: Apache-2.0
"""rc_resample against a plain Python model of resample.h: every rule, and rules combined.

Copies, linear curves and aggregates agree to the bit; the curves that are evaluated in float64
within a few roundings of the result.
"""

import math

import ml_dtypes
import numpy as np
import pytest
import reference
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import robocache as rc

FLOATS = {
    "float16": np.float16,
    "bfloat16": ml_dtypes.bfloat16,
    "float32": np.float32,
    "float64": np.float64,
}
INTEGERS = {name: np.dtype(name) for name in ("uint8", "int8", "int16", "int32")}
DTYPES = FLOATS | INTEGERS
EPSILON = {"float16": 2.0**-10, "bfloat16": 2.0**-7, "float32": 2.0**-23, "float64": 2.0**-52}
COPIES = ("previous", "next", "nearest", "last")
SCALAR_MODES = ("linear", "previous", "next", "nearest", "pchip", "angle", *reference.AGGREGATES)

CONTEXTS = [
    rc.Context("cpu", threads, simd=simd) for threads, simd in ((1, "baseline"), (2, "auto"))
]

SHIFTS = (0, 2**62, -(2**62), 2**63 - 64, -(2**63) + 64, 1_700_000_000_000_000_000)
LIMIT = 20  # times are drawn from -LIMIT to LIMIT


@st.composite
def groups(draw):
    modes = draw(st.lists(st.sampled_from((*SCALAR_MODES, "slerp")), min_size=1, max_size=3))
    made, begin = [], 0
    for mode in modes:
        count = 4 if mode == "slerp" else draw(st.integers(1, 2))
        made.append((begin, count, mode))
        begin += count
    return made


@st.composite
def sample_values(draw, channel_groups, samples, dtype):
    modes = {mode for _, _, mode in channel_groups}
    width = sum(count for _, count, _ in channel_groups)
    if dtype in INTEGERS:
        low, high = (0, 40) if dtype == "uint8" else (-40, 40)
        number = st.integers(low, high).map(float)
    else:
        number = st.integers(-40, 40).map(lambda i: i / 8)
        odd = [math.nan]
        if not modes & {"pchip", "slerp", "angle"}:
            odd += [math.inf, -math.inf]
        number = st.one_of(number, number, number, st.sampled_from(odd))
    rows = [draw(st.lists(number, min_size=width, max_size=width)) for _ in range(samples)]
    for begin, _, mode in channel_groups:
        for row in rows:
            if mode == "slerp" and not any(row[begin : begin + 4]):
                row[begin] = 1.0
    return rows


@st.composite
def cases(draw):
    channel_groups = draw(groups())
    index_mode = draw(st.sampled_from((*SCALAR_MODES, "slerp")))
    modes = {mode for _, _, mode in channel_groups}
    time_dtype = draw(st.sampled_from(("int64", "int64", "float64", "float32")))
    in_ticks = time_dtype == "int64"

    def span(low):
        ticks = st.integers(low, 2 * LIMIT)
        return draw(ticks if in_ticks else ticks.map(lambda i: i / 4))

    order = draw(st.sampled_from(("check", "sort", "drop")))
    times = draw(st.lists(st.integers(-LIMIT, LIMIT), max_size=8))
    times = sorted(times) if order == "check" else times
    targets = draw(st.lists(st.integers(-LIMIT - 8, LIMIT + 8), min_size=1, max_size=8))
    rules = reference.Rules(
        outside=draw(st.sampled_from(("hold", "fill", "extrapolate"))),
        fill_value=draw(st.sampled_from((0.0, -7.0, 3.0))),
        order=order,
        duplicates=draw(st.sampled_from(("last", "first", "mean"))),
        skip_nan=draw(st.booleans()),
    )
    if draw(st.booleans()):
        rules.max_gap = span(1)
    if modes & set(reference.AGGREGATES) or index_mode in reference.AGGREGATES:
        rules.window = (span(1), span(0)) if draw(st.booleans()) else (span(0), span(1))
    if in_ticks:
        shift = draw(st.sampled_from(SHIFTS))
        times, targets = [t + shift for t in times], [t + shift for t in targets]
    else:
        times, targets = [t / 4 for t in times], [t / 4 for t in targets]
    if draw(st.integers(0, 2)) == 0:
        rules.offset = draw(st.integers(-9, 9)) if in_ticks else draw(st.integers(-9, 9)) / 4
        rules.drift = draw(st.sampled_from((0.0, 0.25, -0.5, 1e-3)))
        rules.reference = draw(st.sampled_from(times)) if times else 0
        rules.reference = rules.reference if in_ticks else float(rules.reference)
    dtype = draw(st.sampled_from(list(DTYPES)))
    values = draw(sample_values(channel_groups, len(times), dtype))
    outs = list(FLOATS)
    if dtype in INTEGERS and modes <= set(COPIES) and rules.duplicates != "mean":
        outs.append(dtype)
        rules.fill_value = abs(rules.fill_value)
    out = draw(st.sampled_from(outs))
    return channel_groups, index_mode, rules, times, values, targets, time_dtype, dtype, out


def keywords(rules):
    """Rules in the words of Python's functions."""
    clock = None
    if (rules.offset, rules.drift, rules.reference) != (0, 0, 0):
        clock = rc.ClockMap(rules.offset, rules.drift, rules.reference)
    return {
        "outside": rules.outside,
        "max_gap": rules.max_gap,
        "order": rules.order,
        "duplicates": rules.duplicates,
        "clock": clock,
    }


def is_slerp_of_two_signs(channel_groups, rules):
    """Means of quaternions may be at right angles but for a rounding: the sign is then free."""
    return rules.duplicates == "mean" and any(mode == "slerp" for _, _, mode in channel_groups)


def assert_elements(got, expected, channel_groups, rules, out):
    for begin, count, mode in channel_groups:
        columns = slice(begin, begin + count)
        x, y = got[:, columns], np.asarray(expected)[:, columns]
        if mode not in reference.IN_FLOAT64 and rules.duplicates != "mean":
            np.testing.assert_array_equal(x, y)
            continue
        tolerance = 4 * EPSILON[out] + 1e-12
        if mode == "angle":
            # Either side of the seam is the same direction.
            np.testing.assert_array_equal(np.isnan(x), np.isnan(y))
            turns = np.nan_to_num((x - y) / (2 * math.pi))
            np.testing.assert_allclose(turns - np.rint(turns), 0, atol=16 * tolerance)
            continue
        np.testing.assert_allclose(x, y, rtol=tolerance, atol=1e3 * tolerance)


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(case=cases(), context=st.sampled_from(CONTEXTS))
def test_equals_the_model(case, context):
    channel_groups, _, rules, times, values, targets, time_dtype, dtype, out = case
    if is_slerp_of_two_signs(channel_groups, rules):
        rules.duplicates = "last"
    expected = reference.resample(
        times, values, targets, channel_groups, "linear", rules, dtype, out
    )
    width = sum(count for _, count, _ in channel_groups)
    source = np.array(times, time_dtype)
    wanted = np.array(targets, time_dtype)
    array = np.array(values, np.float64).reshape(len(times), width).astype(DTYPES[dtype])
    used = {mode for _, _, mode in channel_groups}
    got = rc.resample(
        array,
        source,
        wanted,
        mode=[rc.Channels(*group) for group in channel_groups],
        fill_value=rules.fill_value,
        skip_nan=rules.skip_nan,
        window=rules.window if used & set(reference.AGGREGATES) else None,
        dtype=out,
        quality=True,
        context=context,
        **keywords(rules),
    )
    assert got.values.dtype == DTYPES[out]
    assert got.reason.tolist() == expected["reason"]
    assert got.valid.tolist() == expected["valid"]
    assert got.source_index.tolist() == expected["source_index"]
    assert got.age.tolist() == expected["age"]
    assert_elements(got.values.astype(np.float64), expected["values"], channel_groups, rules, out)


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(case=cases(), context=st.sampled_from(CONTEXTS))
def test_indices_equal_the_model(case, context):
    _, mode, rules, times, _, targets, time_dtype, _, _ = case
    if mode not in reference.AGGREGATES:
        rules.window = None
    expected = reference.resample(times, None, targets, [], mode, rules, "float64", "float64")
    got = rc.resample_index(
        np.array(times, time_dtype),
        np.array(targets, time_dtype),
        mode=mode,
        window=rules.window,
        dtype="float64",
        context=context,
        **keywords(rules),
    )
    assert got.source_index.tolist() == expected["source_index"]
    assert got.next_index.tolist() == expected["next_index"]
    assert got.weight.tolist() == expected["weight"]
    filled = [index < 0 for index in expected["source_index"]]
    assert got.valid.tolist() == [not one for one in filled]


@pytest.mark.parametrize("mode", SCALAR_MODES)
def test_model_knows_every_mode(mode):
    """A sequence of one sample, asked at its time: each mode gives it."""
    window = (1, 0) if mode in reference.AGGREGATES else None
    made = reference.resample(
        [5],
        [[2.5]],
        [5],
        [(0, 1, mode)],
        mode,
        reference.Rules(window=window),
        "float64",
        "float64",
    )
    assert made["values"] == [[2.5]]
    assert made["source_index"] == [0]
