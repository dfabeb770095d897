# SPDX-License-Identifier: Apache-2.0
"""Distance fields and depth images as Python functions: kinds, outputs, what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from equality import assert_same_bits
from frameworks import MAKERS, dtype_of, kind_of, to_numpy

import robocache as rc

CAMERA = np.array([[20.0, 0, 7.5], [0, 20, 5.5], [0, 0, 1]])
HERE = np.eye(4)
ORIGIN, EDGE, DIMS = (-0.5, -0.4, 0.5), 0.1, (10, 8, 12)
RNG = np.random.default_rng(7)
DEPTH = (1 + RNG.random((3, 12, 16)) / 8).astype(np.float32)
MILLIMETRES = (DEPTH * 1000).astype(np.uint16)
COLORS = RNG.integers(0, 256, (3, 12, 16, 3)).astype(np.uint8)
POSES = np.stack([HERE, HERE, HERE])
POSES[1:, :3, 3] = [[0.05, 0, 0], [0, 0.05, -0.1]]


def volume(**options: Any) -> rc.TsdfVolume:
    return rc.TsdfVolume(ORIGIN, EDGE, DIMS, truncation=0.3, **options)


def arrays() -> tuple[np.ndarray, np.ndarray]:
    return np.zeros(DIMS, np.float32), np.zeros(DIMS, np.float32)


def test_a_volume_is_the_functions_on_its_arrays() -> None:
    kept = volume(weighting="dropoff", carve=False, max_weight=2.5, color=True)
    kept.integrate(DEPTH, CAMERA, POSES, color=COLORS, max_depth=1.1)
    tsdf, weight = arrays()
    color = np.zeros((*DIMS, 3), np.float32)
    rc.tsdf_integrate(
        DEPTH,
        CAMERA,
        POSES,
        tsdf,
        weight,
        ORIGIN,
        EDGE,
        truncation=0.3,
        color_images=COLORS,
        color=color,
        weighting="dropoff",
        carve=False,
        max_weight=2.5,
        max_depth=1.1,
    )
    assert weight.any()
    assert_same_bits([kept.tsdf, kept.weight, kept.color], [tsdf, weight, color])
    got = kept.extract_points(normals=True, min_weight=1.0)
    expected = rc.tsdf_extract_points(
        tsdf, weight, ORIGIN, EDGE, color=color, normals=True, min_weight=1.0
    )
    assert expected.total > 10
    assert_same_bits(got, expected)
    points = rc.depth_to_points(DEPTH, CAMERA, POSES).reshape(-1, 3)
    kept = volume(weighting="inverse_square")
    stats = kept.integrate_points(points, sensor_origins=[0, 0, 0], stats=True)
    tsdf, weight = arrays()
    rc.tsdf_from_points(
        points,
        tsdf,
        weight,
        ORIGIN,
        EDGE,
        truncation=0.3,
        sensor_origins=np.zeros(3),
        weighting="inverse_square",
    )
    assert weight.any()
    assert_same_bits([kept.tsdf, kept.weight], [tsdf, weight])
    assert stats.shape == (1, 3)


def test_defaults_of_a_volume() -> None:
    made = rc.TsdfVolume(0, (0.1, 0.2, 0.15), 4)
    assert made.truncation == pytest.approx(0.8)
    assert (made.origin, made.voxel_size) == ((0.0, 0.0, 0.0), (0.1, 0.2, 0.15))
    assert made.dims == (4, 4, 4)
    assert made.color is None
    assert made.extract_points().points.shape == (0, 3)


def test_one_frame_and_many() -> None:
    whole, split = volume(), volume()
    whole.integrate(MILLIMETRES, CAMERA, POSES)
    for depth, pose in zip(MILLIMETRES, POSES, strict=True):
        split.integrate(depth, CAMERA.tolist(), pose.tolist())
    assert_same_bits([split.tsdf, split.weight], [whole.tsdf, whole.weight])
    each = volume()
    each.integrate(MILLIMETRES, np.stack([CAMERA] * 3), POSES)
    assert_same_bits([each.tsdf], [whole.tsdf])
    scaled = volume()
    scaled.integrate(MILLIMETRES, CAMERA, POSES, depth_scale=0.001)
    assert_same_bits([scaled.tsdf], [whole.tsdf])


def test_volumes_lie_in_any_order_of_memory() -> None:
    tsdf, weight = arrays()
    turned = np.zeros(DIMS[::-1], np.float32).transpose(2, 1, 0)
    for field in (tsdf, turned):
        rc.tsdf_integrate(DEPTH, CAMERA, POSES, field, weight * 1, ORIGIN, EDGE, truncation=0.3)
    assert tsdf.any()
    assert_same_bits([turned], [tsdf])


def test_surface_of_a_capacity() -> None:
    made = volume()
    made.integrate(DEPTH, CAMERA, POSES)
    whole = made.extract_points(normals=True)
    assert (whole.points.shape, whole.colors) == ((int(whole.total), 3), None)
    few = made.extract_points(normals=True, capacity=5)
    assert few.total == whole.total
    assert_same_bits(few[:2], [part[:5] for part in whole[:2]])
    many = made.extract_points(capacity=int(whole.total) + 3, dtype="float64")
    assert many.points.dtype == np.float64
    assert many.normals is None
    assert np.isnan(many.points[-3:]).all()
    np.testing.assert_array_equal(many.points[:-3].astype(np.float32), whole.points)
    assert made.extract_points(capacity=0).points.shape == (0, 3)


def test_depth_to_points() -> None:
    depth = DEPTH.copy()
    depth[0, 3, 4] = np.nan
    v, u = np.mgrid[:12, :16]
    rays = np.stack([(u - 7.5) / 20, (v - 5.5) / 20, np.ones_like(u)], -1)
    got = rc.depth_to_points(depth, CAMERA, dtype="float64")
    np.testing.assert_allclose(got, rays * depth[..., None].astype(np.float64), rtol=1e-15)
    assert np.isnan(got[0, 3, 4]).all()
    moved = rc.depth_to_points(depth, CAMERA, POSES, dtype="float64")
    np.testing.assert_allclose(moved, got + POSES[:, None, None, :3, 3], rtol=1e-14)
    out = np.empty((12, 16, 3), np.float32)
    assert rc.depth_to_points(depth[1], CAMERA, out=out) is out
    assert_same_bits([out], [got[1].astype(np.float32)])
    far = rc.depth_to_points(MILLIMETRES[0], CAMERA, max_depth=1.05)
    np.testing.assert_array_equal(np.isnan(far[..., 2]), MILLIMETRES[0] > 1050)


@pytest.mark.parametrize("maker", ["numpy", "torch"])
def test_volumes_of_every_kind_that_can_be_written(maker: str) -> None:
    like = MAKERS[maker](np.zeros(1), "float32")
    made = volume(like=like, color=True)
    given = [MAKERS[maker](array, "float32") for array in (DEPTH, COLORS)]
    made.integrate(given[0], MAKERS[maker](CAMERA, "float64"), POSES, color=given[1])
    expected = volume(color=True)
    expected.integrate(DEPTH, CAMERA, POSES, color=COLORS.astype(np.float32))
    surfaces = [one.extract_points(normals=True) for one in (made, expected)]
    for one, other in zip(surfaces[0], surfaces[1], strict=True):
        assert kind_of(one) == maker
        np.testing.assert_array_equal(to_numpy(one), other)
    assert [kind_of(one) for one in (made.tsdf, made.weight, made.color)] == [maker] * 3


@pytest.mark.parametrize("maker", MAKERS)
def test_images_and_clouds_of_every_kind(maker: str) -> None:
    """They may be of another kind than the volume."""
    kind = "numpy" if maker == "dlpack" else maker
    points = rc.depth_to_points(MAKERS[maker](DEPTH, "float32"), CAMERA, POSES)
    expected = rc.depth_to_points(DEPTH, CAMERA, POSES)
    assert (kind_of(points), dtype_of(points)) == (kind, "float32")
    np.testing.assert_array_equal(to_numpy(points), expected)
    made, plain = volume(), volume()
    made.integrate_points(
        MAKERS[maker](expected.reshape(3, -1, 3), "float32"), sensor_origins=POSES[:, :3, 3].copy()
    )
    plain.integrate_points(expected.reshape(3, -1, 3), sensor_origins=POSES[:, :3, 3].copy())
    assert plain.weight.any()
    assert_same_bits([made.tsdf, made.weight], [plain.tsdf, plain.weight])


TSDF, WEIGHT = arrays()
VOLUME = (TSDF, WEIGHT, ORIGIN, EDGE)
FRAMES = (DEPTH, CAMERA, POSES)
CLOUD = np.ones((5, 3))
STONE = np.zeros(DIMS, np.float32)
STONE.flags.writeable = False


def changed(matrix: np.ndarray, at: tuple[int, ...], value: float) -> np.ndarray:
    made = matrix.copy()
    made[at] = value
    return made


def integrate(*arguments: Any, **options: Any) -> Callable[[], Any]:
    return lambda: rc.tsdf_integrate(*arguments, **{"truncation": 0.3} | options)


def from_points(*arguments: Any, **options: Any) -> Callable[[], Any]:
    return lambda: rc.tsdf_from_points(*arguments, **{"truncation": 0.3} | options)


BAD: dict[str, tuple[type[Exception], str, Callable[[], Any]]] = {
    "float64 depth": (
        rc.UnsupportedDtypeError,
        "depth: expected uint16 or float32",
        integrate(DEPTH.astype("f8"), CAMERA, POSES, *VOLUME),
    ),
    "a row of depth": (
        ValueError,
        r"depth: expected \[H,W\]",
        integrate(DEPTH[0, 0], CAMERA, POSES, *VOLUME),
    ),
    "a singular camera": (
        rc.InvalidDataError,
        "intrinsics, frame 0: .*greater than 0",
        integrate(DEPTH, changed(CAMERA, (0, 0), 0), POSES, *VOLUME),
    ),
    "a skewed camera": (
        rc.InvalidDataError,
        "intrinsics, frame 0",
        integrate(DEPTH, changed(CAMERA, (0, 1), 1), POSES, *VOLUME),
    ),
    "a camera of text": (
        TypeError,
        "intrinsics: expected numbers; got str",
        integrate(DEPTH, "pinhole", POSES, *VOLUME),
    ),
    "a camera of two rows": (
        ValueError,
        r"intrinsics: expected \[3,3\]",
        integrate(DEPTH, CAMERA[:2], POSES, *VOLUME),
    ),
    "no pose": (
        TypeError,
        "poses: expected numbers; got None",
        integrate(DEPTH, CAMERA, None, *VOLUME),
    ),
    "a pose too few": (
        ValueError,
        r"poses: expected \[3,4,4\]",
        integrate(DEPTH, CAMERA, POSES[:2], *VOLUME),
    ),
    "a pose that shears": (
        rc.InvalidDataError,
        "poses, frame 1: expected a rotation",
        integrate(DEPTH, CAMERA, changed(POSES, (1, 0, 1), 0.5), *VOLUME),
    ),
    "no truncation": (
        TypeError,
        "truncation: expected a number; got None",
        integrate(*FRAMES, *VOLUME, truncation=None),
    ),
    "truncation": (
        ValueError,
        "truncation: expected .*greater than 0",
        integrate(*FRAMES, *VOLUME, truncation=0),
    ),
    "flat voxels": (ValueError, "voxel_size", integrate(*FRAMES, TSDF, WEIGHT, ORIGIN, 0)),
    "depth_scale": (
        ValueError,
        "depth_scale: expected .*greater",
        integrate(*FRAMES, *VOLUME, depth_scale=-1),
    ),
    "max_depth": (
        TypeError,
        "max_depth: expected a number",
        integrate(*FRAMES, *VOLUME, max_depth="far"),
    ),
    "weighting": (
        ValueError,
        "weighting: expected one of 'constant'",
        integrate(*FRAMES, *VOLUME, weighting="linear"),
    ),
    "float64 tsdf": (
        rc.UnsupportedDtypeError,
        "tsdf: expected float32",
        integrate(*FRAMES, TSDF.astype("f8"), WEIGHT, ORIGIN, EDGE),
    ),
    "a slice of tsdf": (
        ValueError,
        r"tsdf: expected \[X,Y,Z\]",
        integrate(*FRAMES, TSDF[0], WEIGHT, ORIGIN, EDGE),
    ),
    "no tsdf": (
        TypeError,
        "tsdf: expected an array.*None",
        integrate(*FRAMES, None, WEIGHT, ORIGIN, EDGE),
    ),
    "tsdf of stone": (
        rc.UnsupportedLayoutError,
        "tsdf: expected a writable array",
        integrate(*FRAMES, STONE, WEIGHT, ORIGIN, EDGE),
    ),
    "weight of another shape": (
        ValueError,
        "weight: expected",
        integrate(*FRAMES, TSDF, WEIGHT[1:], ORIGIN, EDGE),
    ),
    "weight in tsdf": (
        ValueError,
        "expected memory of its own",
        integrate(*FRAMES, TSDF, TSDF, ORIGIN, EDGE),
    ),
    "images without color": (
        ValueError,
        "color: expected a tensor",
        integrate(*FRAMES, *VOLUME, color_images=COLORS),
    ),
    "no direction": (
        ValueError,
        "expected either normals or sensor_origins",
        from_points(CLOUD, *VOLUME),
    ),
    "two directions": (
        ValueError,
        "expected either normals or sensor_origins",
        from_points(CLOUD, *VOLUME, normals=CLOUD, sensor_origins=[0, 0, 0]),
    ),
    "normals of other points": (
        ValueError,
        r"normals: expected \[5,3\]",
        from_points(CLOUD, *VOLUME, normals=CLOUD[1:]),
    ),
    "a flat sensor": (
        ValueError,
        r"sensor_origins: expected \[3\]",
        from_points(CLOUD, *VOLUME, sensor_origins=[0, 0]),
    ),
    "distance of normals": (
        ValueError,
        "weighting: expected",
        from_points(CLOUD, *VOLUME, normals=CLOUD, weighting="inverse_square"),
    ),
    "offsets": (
        rc.InvalidDataError,
        "offsets: .*got 6",
        from_points(CLOUD, *VOLUME, normals=CLOUD, offsets=[0, 6]),
    ),
    "half a row": (
        ValueError,
        "capacity: expected an int",
        lambda: rc.tsdf_extract_points(*VOLUME, capacity=1.5),
    ),
    "negative capacity": (
        ValueError,
        "capacity: .*at least 0",
        lambda: rc.tsdf_extract_points(*VOLUME, capacity=-1),
    ),
    "min_weight": (
        ValueError,
        "min_weight: expected",
        lambda: rc.tsdf_extract_points(*VOLUME, min_weight=-1),
    ),
    "color of a shape": (
        ValueError,
        "color: expected",
        lambda: rc.tsdf_extract_points(*VOLUME, color=TSDF),
    ),
    "points of bytes": (
        rc.UnsupportedDtypeError,
        "got int8",
        lambda: rc.depth_to_points(DEPTH, CAMERA, dtype="int8"),
    ),
    "out of a shape": (
        ValueError,
        r"out: expected shape \(3, 12, 16, 3\)",
        lambda: rc.depth_to_points(DEPTH, CAMERA, out=np.zeros((12, 16, 3), np.float32)),
    ),
    "volume without voxels": (
        ValueError,
        "dims: expected at least 1",
        lambda: rc.TsdfVolume(0, 1, 0),
    ),
    "volume of flat voxels": (
        ValueError,
        "voxel_size: expected",
        lambda: rc.TsdfVolume(0, (1, 0, 1), 4),
    ),
    "volume without truncation": (
        ValueError,
        "truncation: expected",
        lambda: rc.TsdfVolume(0, 1, 4, truncation=0),
    ),
    "volume like a list": (
        TypeError,
        "like: expected an array",
        lambda: rc.TsdfVolume(0, 1, 4, like=[1]),
    ),
    "a volume's colours": (
        ValueError,
        "color: expected images",
        lambda: volume(color=True).integrate(*FRAMES),
    ),
    "colours of a volume without": (
        ValueError,
        "color: expected None",
        lambda: volume().integrate(*FRAMES, color=COLORS),
    ),
    "colours of points": (
        ValueError,
        "color: .*points have none",
        lambda: volume(color=True).integrate_points(CLOUD, normals=CLOUD),
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_changes_nothing(case: str) -> None:
    error, message, call = BAD[case]
    with pytest.raises(error, match=message):
        call()
    assert not TSDF.any()
    assert not WEIGHT.any()


def test_jax_volumes_are_refused() -> None:
    jax = pytest.importorskip("jax")
    like = jax.numpy.zeros(1)
    with pytest.raises(ValueError, match=r"like: .*JAX"):
        volume(like=like)
    with pytest.raises(rc.UnsupportedLayoutError, match=r"tsdf: .*JAX"):
        rc.tsdf_integrate(
            DEPTH, CAMERA, POSES, jax.numpy.zeros(DIMS), WEIGHT, ORIGIN, EDGE, truncation=1
        )
