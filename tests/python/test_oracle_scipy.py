# SPDX-License-Identifier: Apache-2.0
"""Curves against SciPy and NumPy."""

import numpy as np
import pytest
from scipy.interpolate import PchipInterpolator, interp1d
from scipy.spatial.transform import Rotation, Slerp

import robocache as rc


@pytest.fixture
def rng():
    return np.random.default_rng(20260101)


def jittered(rng, samples, rate=100.0):
    """Increasing times of a sensor whose period is anything but even."""
    return np.cumsum(rng.uniform(0.05, 3.0, samples)) / rate


def outside_and_inside(rng, times, targets=400):
    reach = times[-1] - times[0] + 0.1
    return np.concatenate([rng.uniform(times[0] - reach, times[-1] + reach, targets), times])


@pytest.mark.parametrize("samples", [2, 3, 10, 1000])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_linear_is_numpy_interp(rng, samples, dtype):
    times = jittered(rng, samples)
    values = rng.normal(size=(samples, 5)).astype(dtype)
    targets = outside_and_inside(rng, times)
    got = rc.resample(values, times, targets)
    expected = np.stack([np.interp(targets, times, column) for column in values.T], 1)
    np.testing.assert_allclose(got, expected, rtol=0, atol=8 * np.finfo(dtype).eps)


@pytest.mark.parametrize(
    ("outside", "fill_value"), [("extrapolate", "extrapolate"), ("fill", -3.0), ("hold", None)]
)
def test_linear_is_scipy_interp1d(rng, outside, fill_value):
    times = jittered(rng, 50)
    values = rng.normal(size=(50, 3))
    targets = outside_and_inside(rng, times)
    fill_value = (values[0], values[-1]) if fill_value is None else fill_value
    oracle = interp1d(times, values, axis=0, bounds_error=False, fill_value=fill_value)
    got = rc.resample(values, times, targets, outside=outside, fill_value=-3.0)
    np.testing.assert_allclose(got, oracle(targets), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("mode", ["previous", "next", "nearest"])
def test_copies_are_scipy_interp1d(rng, mode):
    """Ties of nearest go down, as SciPy's "nearest" does."""
    times = np.arange(20) * 2.0
    values = rng.normal(size=(20, 2))
    targets = np.concatenate([np.arange(0, 38.5, 0.5), rng.uniform(0, 38, 100)])
    oracle = interp1d(times, values, axis=0, kind=mode)
    np.testing.assert_array_equal(rc.resample(values, times, targets, mode=mode), oracle(targets))


def shape(name, rng, samples):
    """Signals where a monotone cubic has to decide."""
    t = np.linspace(0, 1, samples)
    return {
        "noise": rng.normal(size=samples),
        "monotone": np.cumsum(rng.exponential(size=samples)),
        "plateaus": np.repeat(rng.normal(size=samples), 3)[:samples],
        "steps": (t > 0.5) * 1.0,
        "zigzag": np.arange(samples) % 2 * 1.0,
        "tiny": rng.normal(size=samples) * 1e-200,
        "huge": rng.normal(size=samples) * 1e200,
        "far": 1e9 + rng.normal(size=samples),
        "constant": np.full(samples, 0.1),
        "steep end": np.where(np.arange(samples) == 0, 100.0, -np.arange(samples)),
    }[name]


SHAPES = [
    "noise",
    "monotone",
    "plateaus",
    "steps",
    "zigzag",
    "tiny",
    "huge",
    "far",
    "constant",
    "steep end",
]


@pytest.mark.parametrize("samples", [2, 3, 4, 5, 60])
@pytest.mark.parametrize("name", SHAPES)
def test_pchip_is_scipy(rng, name, samples):
    times = jittered(rng, samples)
    values = shape(name, rng, samples)
    targets = outside_and_inside(rng, times, 200)
    expected = PchipInterpolator(times, values)(targets)
    got = rc.resample(values, times, targets, mode="pchip", outside="extrapolate")
    scale = np.abs(values).max() + np.abs(expected)
    assert np.all(np.abs(got - expected) <= 1e-11 * scale)


@pytest.mark.parametrize("name", SHAPES)
def test_pchip_of_int64_times_is_that_of_seconds(rng, name):
    """Nanoseconds since 1970, in which seconds as float64 would be off by a quarter microsecond."""
    since_start = np.cumsum(rng.integers(10**5, 10**8, 40))
    values = shape(name, rng, 40)
    targets = rng.integers(since_start[0], since_start[-1], 200)
    epoch = 1_700_000_000_000_000_000
    expected = PchipInterpolator(since_start * 1e-9, values)(targets * 1e-9)
    got = rc.resample(values, since_start + epoch, targets + epoch, mode="pchip")
    np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-12 * np.abs(values).max())


def test_pchip_stays_between_its_samples(rng):
    times, values = jittered(rng, 200), rng.normal(size=200)
    targets = np.sort(rng.uniform(times[0], times[-1], 5000))
    got = rc.resample(values, times, targets, mode="pchip")
    right = np.searchsorted(times, targets, "right").clip(1, 199)
    low = np.minimum(values[right - 1], values[right])
    high = np.maximum(values[right - 1], values[right])
    assert np.all(got >= low - 1e-12)
    assert np.all(got <= high + 1e-12)


def as_rotation(quaternions):
    return Rotation.from_quat(quaternions)


def same_rotation(got, expected, tolerance):
    """Quaternions of unit length that turn alike: q and -q do."""
    np.testing.assert_allclose(np.linalg.norm(got, axis=-1), 1, atol=tolerance)
    angle = (as_rotation(got) * as_rotation(expected).inv()).magnitude()
    assert angle.max() <= tolerance


@pytest.mark.parametrize("samples", [2, 3, 100])
def test_slerp_is_scipy(rng, samples):
    times = jittered(rng, samples)
    q = Rotation.random(samples, rng=rng).as_quat()
    q *= rng.choice([-1.0, 1.0], (samples, 1))
    targets = np.concatenate([rng.uniform(times[0], times[-1], 300), times])
    expected = Slerp(times, as_rotation(q))(targets).as_quat()
    same_rotation(rc.resample(q, times, targets, mode="slerp"), expected, 1e-12)


@pytest.mark.parametrize(
    "turn", [0.0, 1e-300, 1e-12, 1e-9, 1e-8, 2e-8, 1e-6, 1e-3, 1.0, 3.0, 3.1415, np.pi - 1e-6]
)
@pytest.mark.parametrize("sign", [1, -1])
def test_slerp_turns_evenly(turn, sign):
    """From no turn at all to nearly half a turn: in each part of the time that part of the turn."""
    axis = np.array([1.0, -2.0, 2.0]) / 3
    parts = np.linspace(0, 1, 33)
    q = np.array(
        [Rotation.identity().as_quat(), sign * Rotation.from_rotvec(turn * axis).as_quat()]
    )
    got = rc.resample(q, np.array([0.0, 1.0]), parts, mode="slerp")
    np.testing.assert_allclose(np.linalg.norm(got, axis=1), 1, atol=1e-15)
    assert np.all(got[:-1, 3] > 0), "the sign of the earlier sample is kept"
    turned = as_rotation(got).as_rotvec()
    np.testing.assert_allclose(turned, parts[:, None] * turn * axis, atol=4e-16 + 1e-9 * turn**2)


@pytest.mark.parametrize("turn", [1e-12, 1e-9, 9e-9, 1e-8, 1e-5, 0.1, 2.0])
@pytest.mark.parametrize("periods", [-2.5, 3.0, 1e4, 1e7, 1e9])
def test_slerp_extrapolates_on_the_sphere(turn, periods):
    """However far: a gyroscope's drift continued for an hour is still a rotation."""
    q = np.array([[0, 0, 0, 1], Rotation.from_rotvec([0, 0, turn]).as_quat()])
    got = rc.resample(
        q, np.array([0.0, 1.0]), np.array([periods]), mode="slerp", outside="extrapolate"
    )
    expected = Rotation.from_rotvec([[0, 0, turn * periods]]).as_quat()
    # What the rounding of the two samples makes of the axis and of the turns.
    same_rotation(got, expected, 1e-15 * (10 + abs(periods) + 1 / turn))


def test_slerp_normalises_and_takes_any_order_of_components(rng):
    times = np.array([0.0, 1.0])
    q = rng.normal(size=(2, 4))
    targets = np.linspace(0.1, 0.9, 9)
    expected = Slerp(times, as_rotation(q))(targets).as_quat()
    same_rotation(rc.resample(q * [[1e-3], [1e3]], times, targets, mode="slerp"), expected, 1e-12)
    wxyz = rc.resample(np.roll(q, 1, axis=1), times, targets, mode="slerp")
    same_rotation(np.roll(wxyz, -1, axis=1), expected, 1e-12)


def test_slerp_of_several_quaternions_beside_positions(rng):
    times = jittered(rng, 30)
    targets = rng.uniform(times[0], times[-1], 100)
    q = [Rotation.random(30, rng=rng).as_quat() for _ in range(2)]
    x = rng.normal(size=(30, 3))
    modes = [rc.Channels(3, 8, "slerp"), rc.Channels(0, 3, "linear")]
    got = rc.resample(np.hstack([x, *q]), times, targets, mode=modes)
    np.testing.assert_allclose(got[:, :3], interp1d(times, x, axis=0)(targets), atol=1e-12)
    for i in range(2):
        expected = Slerp(times, as_rotation(q[i]))(targets).as_quat()
        same_rotation(got[:, 3 + 4 * i : 7 + 4 * i], expected, 1e-12)


@pytest.mark.parametrize("low", [-np.pi, 0.0])
@pytest.mark.parametrize("speed", [0.3, 2.0, 40.0])
def test_angle_is_linear_on_the_unwrapped_angle(rng, low, speed):
    """A wheel that turns either way; its angle is wrapped, the oracle's is not."""
    times = jittered(rng, 300)
    true = np.cumsum(rng.normal(size=300)) * speed * 0.01
    steps = np.clip(np.diff(true), -3.0, 3.0)
    true = np.concatenate([[0.0], np.cumsum(steps)])
    wrapped = (true - low) % (2 * np.pi) + low
    targets = rng.uniform(times[0], times[-1], 2000)
    got = rc.resample(wrapped, times, targets, mode="angle")
    expected = np.interp(targets, times, np.unwrap(wrapped))
    off = (got - expected) / (2 * np.pi)
    np.testing.assert_allclose(off, np.rint(off), atol=1e-12)
    assert got.min() >= low - 1e-12
    assert got.max() <= low + 2 * np.pi + 1e-12


def test_angle_extrapolates_the_shorter_arc():
    got = rc.resample(
        np.array([3.0, -3.0]),
        np.array([0.0, 1.0]),
        np.array([-1.0, 2.0]),
        mode="angle",
        outside="extrapolate",
    )
    step = 2 * np.pi - 6
    np.testing.assert_allclose(got, [3 - step, -3 + step], rtol=1e-14)
