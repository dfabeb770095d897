# SPDX-License-Identifier: Apache-2.0
"""Gradients against central differences, transposes and counts."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

import robocache as rc

LINEAR_MODES = ["linear", "previous", "next", "nearest", "mean", "sum", "last"]
CURVED_MODES = ["pchip", "min", "max", "angle", "slerp"]
WINDOWED = {"mean", "sum", "min", "max", "last"}


@pytest.fixture
def rng():
    return np.random.default_rng(7)


def window_of(mode):
    return (0.35, 0.2) if mode in WINDOWED else None


def quaternions(rng, samples):
    return Rotation.random(samples, rng=rng).as_quat() * rng.uniform(0.5, 2, (samples, 1))


def values_for(mode, rng, samples):
    if mode == "slerp":
        return quaternions(rng, samples)
    if mode == "angle":
        return rng.uniform(-np.pi, np.pi, (samples, 2))
    return rng.normal(size=(samples, 2))


def assert_gradient(values, times, targets, rng, tolerance=2e-7, **options):
    """resample_backward against what resample does when each sample moves a little."""
    out = rc.resample(values, times, targets, **options)
    weights = rng.normal(size=out.shape)
    backward = {k: v for k, v in options.items() if k != "fill_value"}
    got = rc.resample_backward(weights, values, times, targets, **backward)
    step = 1e-6
    expected = np.zeros_like(values)
    for index in np.ndindex(values.shape):
        if not np.isfinite(values[index]):
            continue
        ahead, back = values.copy(), values.copy()
        ahead[index] += step
        back[index] -= step
        difference = rc.resample(ahead, times, targets, **options) - rc.resample(
            back, times, targets, **options
        )
        expected[index] = np.nansum(weights * difference) / (2 * step)
    np.testing.assert_allclose(got, expected, rtol=1e-5, atol=tolerance)
    return got


def outside_and_inside(rng, times, targets=60):
    return np.concatenate(
        [rng.uniform(times[0] - 0.4, times[-1] + 0.4, targets), times[:3], times[-1:]]
    )


@pytest.mark.parametrize("mode", LINEAR_MODES + CURVED_MODES)
@pytest.mark.parametrize("outside", ["hold", "fill", "extrapolate"])
@pytest.mark.parametrize("samples", [1, 2, 3, 12])
def test_finite_differences(rng, mode, outside, samples):
    times = np.cumsum(rng.uniform(0.05, 0.4, samples))
    values = values_for(mode, rng, samples)
    targets = outside_and_inside(rng, times)
    assert_gradient(
        values, times, targets, rng, 2e-6, mode=mode, outside=outside, window=window_of(mode)
    )


@pytest.mark.parametrize("mode", LINEAR_MODES + CURVED_MODES)
@pytest.mark.parametrize("duplicates", ["last", "first", "mean"])
def test_duplicates(rng, mode, duplicates):
    times = np.array([0.0, 0.0, 0.3, 0.5, 0.5, 0.5, 0.9, 1.0, 1.0])
    values = values_for(mode, rng, len(times))
    targets = outside_and_inside(rng, times)
    assert_gradient(
        values,
        times,
        targets,
        rng,
        mode=mode,
        duplicates=duplicates,
        outside="extrapolate",
        window=window_of(mode),
    )


@pytest.mark.parametrize("mode", LINEAR_MODES + CURVED_MODES)
@pytest.mark.parametrize("duplicates", ["last", "first", "mean"])
def test_skip_nan(rng, mode, duplicates):
    times = np.array([0.0, 0.1, 0.1, 0.4, 0.5, 0.7, 0.7, 0.7, 1.0, 1.1])
    values = values_for(mode, rng, len(times))
    values[0, 0] = values[4, 1] = values[6, 0] = np.nan
    values[8, 0] = np.inf
    targets = outside_and_inside(rng, times)
    got = assert_gradient(
        values,
        times,
        targets,
        rng,
        mode=mode,
        duplicates=duplicates,
        skip_nan=True,
        outside="extrapolate",
        window=window_of(mode),
    )
    assert np.all(got[~np.isfinite(values)] == 0)


@pytest.mark.parametrize("mode", ["linear", "previous", "pchip", "slerp"])
def test_max_gap(rng, mode):
    times = np.array([0.0, 0.1, 0.2, 0.9, 1.0, 1.1, 1.15])
    values = values_for(mode, rng, len(times))
    targets = outside_and_inside(rng, times, 200)
    assert_gradient(values, times, targets, rng, mode=mode, max_gap=0.25)


@pytest.mark.parametrize("order", ["sort", "drop"])
@pytest.mark.parametrize("mode", ["linear", "pchip", "mean", "slerp"])
def test_dirty_order(rng, mode, order):
    times = np.array([0.0, 0.3, 0.1, 0.1, 0.6, 0.5, 0.9, 0.8, 1.0])
    values = values_for(mode, rng, len(times))
    targets = rng.uniform(-0.2, 1.2, 60)
    assert_gradient(
        values,
        times,
        targets,
        rng,
        mode=mode,
        order=order,
        window=window_of(mode),
        clock=rc.ClockMap(0.05, 1e-2, 0.2),
    )


@pytest.mark.parametrize("turn", [0.0, 1e-9, 1e-6, 1e-5, 3e-4, 0.5, 3.0])
@pytest.mark.parametrize("sign", [1, -1])
def test_slerp_of_any_turn(rng, turn, sign):
    base = Rotation.random(rng=rng)
    other = base * Rotation.from_rotvec([0, turn, 0])
    values = np.array([base.as_quat() * 1.5, sign * other.as_quat() * 0.7])
    targets = np.array([-1.0, 0.1, 0.25, 0.5, 0.9, 3.0])
    times = np.array([0.0, 1.0])
    assert_gradient(values, times, targets, rng, 1e-5, mode="slerp", outside="extrapolate")


@pytest.mark.parametrize("name", ["zigzag", "monotone", "steep end", "overshoot at the end"])
def test_pchip_of_any_shape(rng, name):
    values = {
        "zigzag": np.arange(8) % 2 + 0.1 * rng.normal(size=8),
        "monotone": np.cumsum(rng.exponential(size=8)),
        "steep end": np.array([100.0, 0.1, -0.2, 3.0, 3.5, 3.6, 9.0, -50.0]),
        "overshoot at the end": np.array([0.0, 0.1, 8.0, 9.0, 1.0, 0.9, 0.8, 20.0]),
    }[name][:, None]
    times = np.cumsum(rng.uniform(0.1, 1.0, 8))
    targets = outside_and_inside(rng, times, 100)
    assert_gradient(values, times, targets, rng, 1e-5, mode="pchip", outside="extrapolate")


@pytest.mark.parametrize("mode", LINEAR_MODES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_exact_transpose(rng, mode, dtype):
    """What is linear in the values is a matrix; its transpose times powers of two has no rounding
    but that of the weights."""
    times = np.arange(9.0)
    targets = np.array([-1.0, 0.0, 0.25, 2.5, 2.5, 4.0, 7.75, 8.0, 11.0])
    window = (2.0, 0.0) if mode in WINDOWED else None
    options = {"mode": mode, "window": window}
    matrix = rc.resample(np.eye(9, dtype=dtype), times, targets, **options)
    g = (2.0 ** rng.integers(-3, 3, (9, 9))).astype(dtype)
    got = rc.resample_backward(g, np.zeros((9, 9), dtype), times, targets, **options)
    np.testing.assert_array_equal(got, matrix.T @ g)


@pytest.mark.parametrize("mode", [*LINEAR_MODES, "pchip"])
def test_repeated_sequence_ids(rng, mode):
    """Rows that read one sequence add up; a sequence that no row reads gets zero."""
    times = np.sort(rng.uniform(0, 1, (4, 6)))
    values = rng.normal(size=(4, 6, 3))
    ids = np.array([2, 0, 2, 2, 1])
    targets = rng.uniform(-0.1, 1.1, (5, 20))
    options = {"mode": mode, "window": window_of(mode), "outside": "extrapolate"}
    g = rng.normal(size=(5, 20, 3))
    got = rc.resample_backward(g, values, times, targets, sequence_ids=ids, **options)
    expected = np.zeros_like(values)
    for row, e in enumerate(ids):
        expected[e] += rc.resample_backward(g[row], values[e], times[e], targets[row], **options)
    np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-13)
    assert np.all(got[3] == 0)


@pytest.mark.parametrize("order", ["check", "sort"])
@pytest.mark.parametrize("limit", [None, 110])
def test_packed_and_unused_samples(rng, order, limit):
    """Samples before the first and behind the last sequence receive zero."""
    offsets = np.array([2, 5, 5, 9])
    times = np.concatenate([[9, 9], [0, 1, 2], [0, 1, 2, 3], [0, 0]]).astype(np.int64)
    values = rng.normal(size=(11, 2))
    targets = np.array([1, 2, 0, 3, 1, 5], np.int64)
    target_offsets = np.array([0, 3, 4, 6])
    g = rng.normal(size=(6, 2))
    out = np.full_like(values, np.nan)
    got = rc.resample_backward(
        g,
        values,
        times,
        targets,
        offsets=offsets,
        target_offsets=target_offsets,
        out=out,
        order=order,
        context=rc.Context("cpu", 2, workspace_limit=limit),
    )
    assert got is out
    expected = np.zeros_like(values)
    for row in range(3):
        s = slice(offsets[row], offsets[row + 1])
        t = slice(target_offsets[row], target_offsets[row + 1])
        expected[s] = rc.resample_backward(g[t], values[s], times[s], targets[t])
    np.testing.assert_array_equal(got, expected)
    assert np.all(got[[0, 1, 9, 10]] == 0)


def test_samples_past_the_lengths_get_zero(rng):
    times = np.tile(np.arange(5), (3, 1))
    values = rng.normal(size=(3, 5, 2))
    lengths = np.array([5, 2, 0])
    g = np.ones((3, 4, 2))
    out = np.full_like(values, np.nan)
    rc.resample_backward(g, values, times, np.array([0, 1, 3, 9]), lengths=lengths, out=out)
    np.testing.assert_array_equal(out[0].sum(0), [4, 4])
    np.testing.assert_array_equal(out[1], [[1, 1], [3, 3], [0, 0], [0, 0], [0, 0]])
    np.testing.assert_array_equal(out[2], 0)


def test_min_and_max_choose_the_first_of_equal_samples():
    times, values = np.arange(4), np.array([5.0, 1.0, 1.0, 5.0])
    for mode, expected in (("min", [0, 1, 0, 0]), ("max", [1, 0, 0, 0])):
        got = rc.resample_backward(
            np.ones(1), values, times, np.array([3]), mode=mode, window=(10, 0)
        )
        assert got.tolist() == expected


def test_filled_targets_pass_none():
    values, times = np.ones((2, 1)), np.array([0, 10])
    targets = np.array([-1, 5, 11])
    got = rc.resample_backward(np.ones((3, 1)), values, times, targets, outside="fill", max_gap=9)
    assert got.tolist() == [[0], [0]]


@pytest.mark.parametrize("mode", ["linear", "mean", "slerp"])
def test_equal_bits_for_any_threads_and_chunks(rng, mode):
    """Sums whose order matters: large and small gradients to the same few samples."""
    times = np.sort(rng.uniform(0, 1, (30, 8)))
    values = rng.normal(size=(30, 8, 4)).astype(np.float32)
    ids = rng.integers(0, 30, 500)
    targets = rng.uniform(0, 1, (500, 50))
    g = (rng.normal(size=(500, 50, 4)) * 10.0 ** rng.integers(-6, 6, (500, 50, 1))).astype("f4")
    options = {"mode": mode, "window": window_of(mode), "sequence_ids": ids, "order": "sort"}
    results = [
        rc.resample_backward(
            g, values, times, targets, context=rc.Context("cpu", threads, limit), **options
        )
        for threads, limit in ((1, None), (2, None), (4, None), (3, 5_000), (1, None))
    ]
    for other in results[1:]:
        np.testing.assert_array_equal(other.view(np.uint32), results[0].view(np.uint32))


@pytest.mark.parametrize("separate", [False, True])
def test_fuse_backward_is_that_of_each_stream(rng, separate):
    times = [np.sort(rng.uniform(0, 1, n)) for n in (20, 5, 9)]
    values = [rng.normal(size=(20, 3)), quaternions(rng, 5), rng.normal(size=(9, 1))]
    values[2] = values[2].astype(np.float32)
    modes = ["linear", "slerp", "pchip"]
    streams = [rc.Stream(v, t, mode=m) for v, t, m in zip(values, times, modes, strict=True)]
    streams.insert(1, rc.Stream(None, width=2))
    targets = rng.uniform(-0.1, 1.1, 40)
    widths = [3, 2, 4, 1]
    g = rng.normal(size=(40, 10))
    parts = np.split(g, np.cumsum(widths)[:-1], axis=1)
    parts = [np.ascontiguousarray(part) for part in parts]
    got = rc.fuse_backward(parts if separate else g, streams, targets, separate=separate)
    assert got[1] is None
    for i, (v, t, m) in zip((0, 2, 3), zip(values, times, modes, strict=True), strict=True):
        expected = rc.resample_backward(parts[i], v, t, targets, mode=m)
        np.testing.assert_array_equal(got[i], expected)
