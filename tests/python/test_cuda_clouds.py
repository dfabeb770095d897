# SPDX-License-Identifier: Apache-2.0
"""Clouds, grids and distance fields on a GPU: every framework, equal to the CPU to the bit."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest
from cuda_frameworks import MAKERS, back, same_bits, torch_cuda
from frameworks import kind_of

import robocache as rc

if not rc.devices()[1]["available"]:
    pytest.skip(f"no CUDA device: {rc.devices()[1]['reason']}", allow_module_level=True)

pytestmark = pytest.mark.usefixtures("first_device")

RNG = np.random.default_rng(7)
POINTS = (RNG.normal(size=(3, 4000, 3)) * 4).astype(np.float32)
POINTS[:, ::97, 1] = np.nan
FEATURES = RNG.normal(size=(3, 4000, 5)).astype(np.float32)
LENGTHS = np.array([4000, 0, 1234])
GRID = ((-8.0, -8.0, -4.0), (0.5, 0.4, 1.0), (32, 40, 9))
OF_FEATURES = ("sum", "mean", "max", "min")
CAMERA = np.array([[60.0, 0, 39.5], [0, 60, 29.5], [0, 0, 1]])
DEPTH = (1 + RNG.random((4, 60, 80)) / 8).astype(np.float32)
COLORS = RNG.integers(0, 256, (4, 60, 80, 3)).astype(np.uint8)
POSES = np.tile(np.eye(4), (4, 1, 1))
POSES[1:, :3, 3] = RNG.normal(size=(3, 3)) / 20
VOLUME = ((-0.6, -0.5, 0.5), 0.05, (24, 20, 20))


def all_same(got: Iterable[Any], expected: Iterable[Any], kind: str) -> None:
    for one, other in zip(got, expected, strict=True):
        if isinstance(other, np.ndarray):
            assert kind_of(one) == kind
            same_bits(one, other)
        else:
            assert one == other


@pytest.mark.parametrize("reduce", ["occupancy", "occupancy_bits", "count", *OF_FEATURES])
@pytest.mark.parametrize("maker", MAKERS)
def test_voxelize(maker: str, reduce: str) -> None:
    make = MAKERS[maker]
    options: dict[str, Any] = {"reduce": reduce, "counts": True, "stats": True}
    features = FEATURES if reduce in OF_FEATURES else None
    expected = rc.voxelize(POINTS, *GRID, features=features, lengths=LENGTHS, **options)
    given = None if features is None else make(features)
    got = rc.voxelize(make(POINTS), *GRID, features=given, lengths=make(LENGTHS), **options)
    all_same(got, expected, maker)
    listed = rc.voxelize(make(POINTS), *GRID, features=given, lengths=LENGTHS.tolist(), **options)
    all_same(listed, expected, maker)


@pytest.mark.parametrize("reduce", OF_FEATURES)
@pytest.mark.parametrize("maker", MAKERS)
def test_voxelize_backward(maker: str, reduce: str) -> None:
    make = MAKERS[maker]
    seed = RNG.normal(size=(3, *GRID[2], 5)).astype(np.float32)
    expected = rc.voxelize_backward(seed, POINTS, *GRID, FEATURES, reduce=reduce)
    got = rc.voxelize_backward(make(seed), make(POINTS), *GRID, make(FEATURES), reduce=reduce)
    all_same([got], [expected], maker)


@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize("capacity", [None, 50, 20_000])
def test_voxelize_sparse(maker: str, capacity: int | None) -> None:
    make = MAKERS[maker]
    options: dict[str, Any] = {"capacity": capacity, "max_points": 3}
    expected = rc.voxelize_sparse(POINTS, 0.7, features=FEATURES, lengths=LENGTHS, **options)
    got = rc.voxelize_sparse(
        make(POINTS), 0.7, features=make(FEATURES), lengths=make(LENGTHS), **options
    )
    all_same(got, expected, maker)
    all_same([rc.bounds(make(POINTS))], [rc.bounds(POINTS)], maker)


@pytest.mark.parametrize("shift", [0, 1])
@pytest.mark.parametrize("cells", [62, 64, 100_000])
@pytest.mark.parametrize("in_order", [False, True])
def test_occupancy_by_words_and_by_bytes(in_order: bool, cells: int, shift: int) -> None:
    """Where points lie apart, and where they are in order; grids that are whole words, and not."""
    torch = pytest.importorskip("torch")
    points = np.zeros((50_000, 3), np.float32)
    points[:, 2] = RNG.uniform(-1, 1.1 * cells, len(points))
    if in_order:
        points = points[np.argsort(points[:, 2])]
    out = torch.full((cells + 2,), 7, dtype=torch.uint8, device="cuda")
    grid = out[shift : shift + cells].view(1, 1, cells)
    rc.voxelize(torch_cuda(points), 0.0, 1.0, (1, 1, cells), out=grid)
    same_bits(grid, rc.voxelize(points, 0.0, 1.0, (1, 1, cells)))
    assert (out[:shift] == 7).all()
    assert (out[shift + cells :] == 7).all()


@pytest.mark.parametrize("cells", [2**19, 2**19 + 1])
@pytest.mark.parametrize("capacity", [400_000, 1000])
@pytest.mark.parametrize("max_points", [None, 3])
def test_cells_that_have_counters(max_points: int | None, capacity: int, cells: int) -> None:
    """As many cells as may have a counter each, and one more; some of them crowded."""
    points = np.full((360_000, 3), 0.5, np.float32)
    points[:, 2] = RNG.uniform(-1, cells + 1, len(points))
    points[::3, 2] = RNG.integers(0, 5, len(points[::3])) * 70_000 + 500
    options: dict[str, Any] = {"origin": 0.0, "dims": (1, 1, cells), "reduce": None}
    options |= {"capacity": capacity, "max_points": max_points}
    features = None if max_points is None else points
    expected = rc.voxelize_sparse(points, 1.0, features=features, **options)
    given = torch_cuda(points)
    got = rc.voxelize_sparse(given, 1.0, features=None if max_points is None else given, **options)
    all_same(got, expected, "torch")


@pytest.mark.parametrize("maker", ["torch", "cupy"])
def test_volumes(maker: str) -> None:
    make = MAKERS[maker]
    origin, edge, dims = VOLUME
    options: dict[str, Any] = {"truncation": 0.2, "weighting": "inverse_square_dropoff"}
    made = rc.TsdfVolume(origin, edge, dims, color=True, like=make(DEPTH), **options)
    expected = rc.TsdfVolume(origin, edge, dims, color=True, **options)
    made.integrate(make(DEPTH), make(CAMERA), make(POSES), color=make(COLORS))
    expected.integrate(DEPTH, CAMERA, POSES, color=COLORS)
    assert expected.weight.any()
    for one in ("tsdf", "weight", "color"):
        all_same([getattr(made, one)], [getattr(expected, one)], maker)
    for capacity in (None, 10):
        got = made.extract_points(normals=True, capacity=capacity)
        all_same(got, expected.extract_points(normals=True, capacity=capacity), maker)
    points = rc.depth_to_points(DEPTH, CAMERA, POSES).reshape(4, -1, 3)
    all_same([rc.depth_to_points(make(DEPTH), CAMERA, POSES).reshape(4, -1, 3)], [points], maker)
    made = rc.TsdfVolume(origin, edge, dims, truncation=0.2, like=make(DEPTH))
    expected = rc.TsdfVolume(origin, edge, dims, truncation=0.2)
    sensors = np.ascontiguousarray(POSES[:, :3, 3])
    stats = made.integrate_points(make(points), sensor_origins=make(sensors), stats=True)
    all_same(
        [stats, made.tsdf, made.weight],
        [
            expected.integrate_points(points, sensor_origins=sensors, stats=True),
            expected.tsdf,
            expected.weight,
        ],
        maker,
    )


@pytest.mark.parametrize("maker", ["torch", "cupy"])
@pytest.mark.parametrize("reference", [None, 31_000])
def test_deskew(maker: str, reference: int | None) -> None:
    make = MAKERS[maker]
    times = np.arange(5) * 25_000
    quaternions = RNG.normal(size=(5, 4))
    quaternions /= np.linalg.norm(quaternions, axis=1, keepdims=True)
    poses = np.concatenate([RNG.normal(size=(5, 3)), quaternions], 1)
    stamps = RNG.integers(-1000, 101_000, 4000)
    options: dict[str, Any] = {"reference_time": reference, "outside": "extrapolate"}
    expected = rc.deskew(POINTS[0], stamps, times, poses, **options)
    for given in (poses, make(poses)):
        got = rc.deskew(make(POINTS[0]), make(stamps), make(times), given, **options)
        # Frameworks give NaN other payloads.
        np.testing.assert_array_equal(back(got), expected, strict=True)


def test_results_that_are_read_back_wait_for_their_stream() -> None:
    """The rows of a sparse result are counted on a stream that is not current, and late."""
    torch = pytest.importorskip("torch")
    points, features = torch_cuda(POINTS), torch_cuda(FEATURES)
    expected = rc.voxelize_sparse(POINTS, 0.7, features=FEATURES)
    volume = rc.TsdfVolume(*VOLUME, truncation=0.2)
    volume.integrate(DEPTH, CAMERA, POSES)
    surface = volume.extract_points()
    tsdf, weight = torch_cuda(volume.tsdf), torch_cuda(volume.weight)
    side = torch.cuda.Stream()
    for _ in range(3):
        with torch.cuda.stream(side):
            torch.cuda._sleep(50_000_000)
        got = rc.voxelize_sparse(points, 0.7, features=features, stream=side)
        all_same(got, expected, "torch")
        with torch.cuda.stream(side):
            torch.cuda._sleep(50_000_000)
        found = rc.tsdf_extract_points(tsdf, weight, *VOLUME[:2], stream=side)
        side.synchronize()
        all_same(found, surface, "torch")


def test_wrong_offsets_are_told_when_the_device_is_waited_for() -> None:
    points, offsets = torch_cuda(POINTS[0]), torch_cuda(np.array([0, 5000]))
    with rc.Context("cuda") as context:
        rc.voxelize(points, *GRID, offsets=offsets, context=context)
        with pytest.raises(rc.InvalidDataError, match=r"offsets: .*got 5000"):
            context.synchronize()
        with pytest.raises(rc.InvalidDataError, match=r"offsets: .*got 5000"):
            rc.voxelize_sparse(points, 1.0, offsets=offsets, context=context)
        got = rc.voxelize(points, *GRID, context=context)
        same_bits(got, rc.voxelize(POINTS[0], *GRID))


@pytest.mark.parametrize("which", ["features", "out", "counts"])
def test_an_array_elsewhere_is_refused_by_name(which: str) -> None:
    arrays = {"features": FEATURES, "out": np.zeros((3, *GRID[2], 5), np.float32)}
    arrays["counts"] = np.zeros((3, *GRID[2]), np.int32)
    given = {name: torch_cuda(array) for name, array in arrays.items()}
    given[which] = given[which].cpu()
    name = "output" if which == "out" else which
    with pytest.raises(rc.DeviceMismatchError, match=rf"{name}: .*cuda:0, got cpu"):
        rc.voxelize(torch_cuda(POINTS), *GRID, reduce="mean", **given)


def test_a_call_that_knows_its_sizes_does_not_wait() -> None:
    """With origin, dims and capacity the call comes back before the stream is done."""
    torch = pytest.importorskip("torch")
    points = torch_cuda(POINTS)
    options: dict[str, Any] = {"origin": -9.0, "dims": 40, "capacity": 11000}
    rc.voxelize_sparse(points, 0.5, **options)
    torch.cuda.synchronize()
    torch.cuda._sleep(1_000_000_000)
    voxels = rc.voxelize_sparse(points, 0.5, **options)
    assert not torch.cuda.current_stream().query()
    all_same(voxels, rc.voxelize_sparse(POINTS, 0.5, **options), "torch")
    assert back(voxels.total) < 11000
