# SPDX-License-Identifier: Apache-2.0
"""`deskew` against SciPy and against motion that is known in closed form."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
import pytest
from equality import assert_same_bits

import robocache as rc

RNG = np.random.default_rng(7)
STILL = np.array([0.0, 0, 0, 0, 0, 0, 1])


def matrices(poses: np.ndarray) -> np.ndarray:
    """[P,4,4] of [P,7], by another formula than the library's."""
    x, y, z, w = poses[:, 3:].T
    made = np.tile(np.eye(4), (len(poses), 1, 1))
    made[:, :3, 3] = poses[:, :3]
    made[:, 0, :3] = np.stack(
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)], 1
    )
    made[:, 1, :3] = np.stack(
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)], 1
    )
    made[:, 2, :3] = np.stack(
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)], 1
    )
    return made


def drive(count: int = 12) -> tuple[np.ndarray, np.ndarray]:
    """Times and poses of a sensor that moves and turns unevenly."""
    times = np.cumsum(RNG.integers(50, 150, count)) * 1_000_000
    quaternions = RNG.normal(size=(count, 4))
    quaternions /= np.linalg.norm(quaternions, axis=1, keepdims=True)
    return times, np.concatenate([RNG.normal(size=(count, 3)) * 10, quaternions], 1)


def cloud(times: np.ndarray, count: int = 500) -> tuple[np.ndarray, np.ndarray]:
    """Points and stamps between the first and the last pose, in no order."""
    return RNG.normal(size=(count, 3)) * 30, RNG.integers(times[0], times[-1] + 1, count)


@pytest.mark.parametrize("matrix", [False, True])
@pytest.mark.parametrize("reference", [False, True])
def test_it_is_what_scipy_says(matrix: bool, reference: bool) -> None:
    spatial = pytest.importorskip("scipy.spatial.transform")
    times, poses = drive()
    points, stamps = cloud(times)
    turn = spatial.Slerp(times, spatial.Rotation.from_quat(poses[:, 3:]))

    def place(when: Any) -> np.ndarray:
        return np.stack([np.interp(when, times, poses[:, axis]) for axis in range(3)], -1)

    expected = turn(stamps).apply(points) + place(stamps)
    then = int(times[3] + 12_345) if reference else None
    if then is not None:
        expected = turn(then).inv().apply(expected - place(then))
    given = matrices(poses) if matrix else poses
    got = rc.deskew(points, stamps, times, given, reference_time=then)
    np.testing.assert_allclose(got, expected, atol=1e-11)


def test_a_wall_seen_while_turning_is_flat_again() -> None:
    """A sensor that turns half a turn and drives by sees a plane; its own coordinates bend it."""
    stamps = np.arange(1000)
    angle = np.pi * stamps / 1000
    world = np.stack([np.full(1000, 5.0), RNG.uniform(-4, 4, 1000), RNG.uniform(0, 2, 1000)], 1)
    place = np.stack([0.001 * stamps, 0.002 * stamps, 0 * stamps], 1)
    cos, sin = np.cos(angle), np.sin(angle)
    x, y, z = (world - place).T
    seen = np.stack([cos * x + sin * y, -sin * x + cos * y, z], 1)
    assert np.ptp(seen[:, 0]) > 5
    times = np.array([0, 400, 1000])
    half = np.pi * times / 2000
    poses = np.stack(
        [0.001 * times, 0.002 * times, 0 * half, 0 * half, 0 * half, np.sin(half), np.cos(half)], 1
    )
    flat = rc.deskew(seen, stamps, times, poses)
    np.testing.assert_allclose(flat, world, atol=1e-12)
    there = rc.deskew(seen, stamps, times, poses, reference_time=250)
    np.testing.assert_allclose(there[250], seen[250], atol=1e-12)


def test_poses_that_do_not_move_change_nothing() -> None:
    points = RNG.normal(size=(50, 3)).astype(np.float32)
    stamps = np.arange(50)
    assert_same_bits([rc.deskew(points, stamps, [0, 100], [STILL, STILL])], [points])
    # A quaternion and its negative are the same rotation.
    assert_same_bits([rc.deskew(points, stamps, [0, 100], [STILL, [0] * 6 + [-1]])], [points])
    # Rotations by half a turn, where three of the four ways to a quaternion divide by zero.
    for axis in range(3):
        turned = np.diag(np.where(np.arange(4) == axis, 1.0, -1.0))
        turned[3, 3] = 1
        got = rc.deskew(points, stamps, [0, 100], np.stack([turned, turned]))
        np.testing.assert_array_equal(got, points @ turned[:3, :3].astype(np.float32))


def test_outside() -> None:
    points, stamps = np.zeros((4, 3)), np.array([-100, 0, 100, 300])
    poses = np.array([STILL, [1, 0, 0, 0, 0, 0, 1]])
    nan = float("nan")
    for outside, expected in {
        "hold": [0, 0, 1, 1],
        "fill": [nan, 0, 1, nan],
        "extrapolate": [-1, 0, 1, 3],
    }.items():
        got = rc.deskew(points, stamps, [0, 100], poses, outside=outside)
        np.testing.assert_array_equal(got[:, 0], expected)
    got = rc.deskew(points, stamps, [0, 100], poses, max_gap=100)
    np.testing.assert_array_equal(got[:, 0], [0, 0, 1, nan])


def test_points_without_a_return_stay_nan() -> None:
    points = np.ones((3, 3))
    points[1] = np.nan
    got = rc.deskew(points, [0, 50, 100], [0, 100], [STILL, STILL])
    np.testing.assert_array_equal(got, points)


def test_stamps_of_columns() -> None:
    times, poses = drive()
    points, stamps = cloud(times, 60)
    image = RNG.normal(size=(5, 60, 3))
    got = rc.deskew(image, stamps, times, poses)
    each = rc.deskew(image.reshape(-1, 3), np.tile(stamps, 5), times, poses)
    assert_same_bits([got], [each.reshape(5, 60, 3)])
    rows = rc.deskew(image, stamps[:5, None], times, poses)
    assert_same_bits([rows[2]], [rc.deskew(image[2], np.repeat(stamps[2], 60), times, poses)])
    assert rc.deskew(points[:0], stamps[:0], times, poses).shape == (0, 3)


def test_times_of_every_kind() -> None:
    times, poses = drive()
    points, stamps = cloud(times)
    then = int(times[5] + 7)
    expected = rc.deskew(points, stamps, times, poses, reference_time=then, max_gap=10**9)
    got = rc.deskew(
        points,
        stamps.astype("M8[ns]"),
        times.astype("M8[ns]"),
        poses,
        reference_time=np.datetime64(then, "ns"),
        max_gap=datetime.timedelta(seconds=1),
    )
    assert_same_bits([got], [expected])
    got = rc.deskew(points, stamps * 1e-9, times * 1e-9, poses, reference_time=then * 1e-9)
    np.testing.assert_allclose(got, expected, atol=1e-6)
    got = rc.deskew(points, stamps.tolist(), times.tolist(), poses.tolist(), reference_time=then)
    assert_same_bits([got], [expected])


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_results_are_rounded_once(dtype: str) -> None:
    times, poses = drive()
    points, stamps = cloud(times)
    points = points.astype(dtype)
    exact = rc.deskew(points.astype(np.float64), stamps, times, poses)
    assert_same_bits([rc.deskew(points, stamps, times, poses)], [exact.astype(dtype)])
    assert_same_bits([rc.deskew(points, stamps, times, poses, dtype="float64")], [exact])


def test_views_are_read_where_they_lie() -> None:
    times, poses = drive()
    points, stamps = cloud(times)
    wide = np.concatenate([points, stamps[:, None]], 1)
    before = wide.copy()
    expected = rc.deskew(points, stamps, times, poses)
    assert_same_bits([rc.deskew(wide[:, :3], stamps, times, poses)], [expected])
    backward = rc.deskew(points[::-1], stamps[::-1].copy(), times, poses)
    assert_same_bits([backward], [expected[::-1]])
    np.testing.assert_array_equal(wide, before)


def test_tensors_give_the_same_bits() -> None:
    torch = pytest.importorskip("torch")
    times, poses = drive()
    points, stamps = cloud(times)
    given = [torch.from_numpy(array) for array in (points, stamps, times, poses)]
    for options in ({}, {"reference_time": int(times[4]), "dtype": "float32"}):
        got = rc.deskew(*given, **options)
        assert isinstance(got, torch.Tensor)
        assert_same_bits([got.numpy()], [rc.deskew(points, stamps, times, poses, **options)])


def test_gradient_of_the_points() -> None:
    torch = pytest.importorskip("torch")
    times, poses = drive()
    points, stamps = cloud(times, 5)
    moving = torch.from_numpy(points).requires_grad_()
    torch.autograd.gradcheck(lambda given: rc.deskew(given, stamps, times, poses), moving)


TWO = np.array([STILL, STILL])
POINTS = np.zeros((3, 3))
SQUARE = np.tile(np.eye(4), (2, 1, 1))


def changed(matrix: np.ndarray, at: tuple[int, ...], value: float) -> np.ndarray:
    made = matrix.copy()
    made[at] = value
    return made


@pytest.mark.parametrize(
    ("error", "message", "points", "stamps", "times", "poses", "options"),
    [
        (rc.InvalidDataError, "stamps: expected finite", POINTS, [0, np.nan, 1], [0.0, 1], TWO, {}),
        (rc.InvalidDataError, "pose_times: .* step backward", POINTS, [0, 1, 2], [5, 3], TWO, {}),
        (
            rc.InvalidDataError,
            "pose_times: expected finite",
            POINTS,
            [0.0, 1, 2],
            [0, np.inf],
            TWO,
            {},
        ),
        (rc.UnsupportedDtypeError, "stamps: .*pose_times", POINTS, [0, 1, 2], [5.0, 8], TWO, {}),
        (ValueError, "pose_times: .* 2 samples", POINTS, [0, 1, 2], [5, 8, 9], TWO, {}),
        (ValueError, r"stamps: .*\(3,\).*got \(2,\)", POINTS, [0, 1], [5, 8], TWO, {}),
        (ValueError, r"stamps: .*got \(\)", POINTS, np.array(1), [5, 8], TWO, {}),
        (ValueError, r"points: expected shape \[N,3\]", np.zeros((3, 4)), [0], [5, 8], TWO, {}),
        (rc.UnsupportedDtypeError, "points: ", POINTS.astype(int), [0, 1, 2], [5, 8], TWO, {}),
        (rc.UnsupportedDtypeError, "dtype: ", POINTS, [0, 1, 2], [5, 8], TWO, {"dtype": "int8"}),
        (TypeError, "points: expected an array", [[0, 0, 0]], [0], [5, 8], TWO, {}),
        (TypeError, "poses: expected numbers", POINTS, [0, 1, 2], [5, 8], "ab", {}),
        (ValueError, r"poses: .*\[P,4,4\] or \[P,7\]", POINTS, [0, 1, 2], [5, 8], TWO[:, :6], {}),
        (
            rc.InvalidDataError,
            r"poses\[1\]: expected a quaternion",
            POINTS,
            [0, 1, 2],
            [5, 8],
            changed(TWO, (1, 6), 0.5),
            {},
        ),
        (
            rc.InvalidDataError,
            r"poses\[1\]: expected a rotation",
            POINTS,
            [0, 1, 2],
            [5, 8],
            changed(SQUARE, (1, 0, 0), 1.1),
            {},
        ),
        (
            rc.InvalidDataError,
            r"poses\[0\]: expected a rotation .*reflection",
            POINTS,
            [0, 1, 2],
            [5, 8],
            changed(SQUARE, (0, 2, 2), -1.0),
            {},
        ),
        (
            rc.InvalidDataError,
            r"poses\[0\]: expected a last row",
            POINTS,
            [0, 1, 2],
            [5, 8],
            changed(SQUARE, (0, 3, 0), 1.0),
            {},
        ),
        (
            rc.InvalidDataError,
            r"poses\[1\]: expected finite",
            POINTS,
            [0, 1, 2],
            [5, 8],
            changed(SQUARE, (1, 0, 3), np.nan),
            {},
        ),
        (ValueError, "outside: ", POINTS, [0, 1, 2], [5, 8], TWO, {"outside": "wrap"}),
        (TypeError, "reference_time: ", POINTS, [0, 1, 2], [5, 8], TWO, {"reference_time": 0.5}),
    ],
)
def test_bad_input(
    error: type[Exception],
    message: str,
    points: Any,
    stamps: Any,
    times: Any,
    poses: Any,
    options: dict[str, Any],
) -> None:
    with pytest.raises(error, match=message):
        rc.deskew(points, stamps, times, poses, **options)


def test_jax_is_refused_by_name() -> None:
    jax = pytest.importorskip("jax")
    with pytest.raises(TypeError, match=r"points: .*numpy\.asarray"):
        rc.deskew(jax.numpy.zeros((3, 3)), [0, 1, 2], [5, 8], TWO)
