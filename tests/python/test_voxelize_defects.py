# SPDX-License-Identifier: Apache-2.0
"""Defects that other libraries shipped with points, one test each, named after the defect."""

import native
import numpy as np
import pytest
from voxel_cases import FEATURE_REDUCTIONS

import robocache as rc

# Ranges and voxels of detectors that people train: along one axis, lowest, highest, edge.
RANGES = [(-39.68, 39.68, 0.16), (-54.0, 54.0, 0.075), (-0.64, 0.64, 0.005), (0.0, 69.12, 0.16)]
UNIT = (0.0, 1.0)


def cells_of(points, origin, voxel_size, dims):
    """The cell of each point that the library finds; -1 for points that were left out."""
    voxels = rc.voxelize_sparse(
        points, voxel_size, origin=origin, dims=dims, reduce=None, capacity=len(points)
    )
    rows = np.asarray(voxels.point_to_voxel)
    return np.where(rows[:, None] < 0, -1, voxels.coords[rows, 1:])


def floors_of(points, origin, voxel_size, dims):
    """The same by NumPy."""
    dtype = points.dtype
    floors = np.floor((points - np.array(origin, dtype)) / np.array(voxel_size, dtype))
    inside = ((floors >= 0) & (floors < np.array(dims, np.float64))).all(axis=1)
    return np.where(inside[:, None], floors, -1).astype(np.int64)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_point_at_the_upper_bound_lands_in_the_next_voxel_or_cloud(dtype):
    """x = max is the first cell of the next row, y = max of the next plane, z = max of the next
    cloud in memory, unless it counts as outside, on each axis."""
    points = np.full((2, 4, 3), 0.5, dtype)
    points[:, 0, 0] = points[:, 1, 1] = points[:, 2, 2] = 3.0
    points[:, 3] = 3.0
    got = rc.voxelize(points, *UNIT, (3, 3, 3), reduce="count", stats=True)
    assert not got.grid.any()
    assert got.stats.tolist() == [[4, 0, 0]] * 2
    cells = cells_of(points[0], (0, 0, 0), (1, 1, 1), (3, 3, 3))
    assert (cells == -1).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("low", "high", "edge"), RANGES)
def test_the_largest_number_below_the_maximum_is_written_out_of_bounds(low, high, edge, dtype):
    """Below the bound as a number, at `dims` after the division: outside, and nothing around the
    grid changes."""
    dims = round((high - low) / edge)
    below = np.nextafter(dtype(high), dtype(low))
    line = np.array([np.nextafter(below, dtype(low)), below, dtype(high), dtype(low)])
    points = np.stack(np.meshgrid(line, line, [dtype(0)]), axis=-1).reshape(-1, 3)
    memory = np.full(dims * dims + 2000, 7, np.uint8)
    out = memory[1000:-1000].reshape(dims, dims, 1)
    grid = (low, low, -1), (edge, edge, 2), (dims, dims, 1)
    got = rc.voxelize(points, *grid, reduce="occupancy", out=out, stats=True)
    expected = floors_of(points, *grid)
    inside = expected[expected[:, 0] >= 0]
    np.testing.assert_array_equal(np.argwhere(out), np.unique(inside, axis=0))
    assert np.ravel(got.stats).tolist() == [len(points) - len(inside), 0, 0]
    assert (memory[:1000] == 7).all()
    assert (memory[-1000:] == 7).all()


def test_the_largest_number_below_the_maximum_divides_to_the_maximum():
    """The case of the test above that does harm: float32 rounds the quotient up to `dims`."""
    low, high, edge = map(np.float32, RANGES[0])
    below = np.nextafter(high, low)
    assert np.floor((below - low) / edge) == 496
    points = np.array([[below, 0.5, 0.5]], np.float32)
    got = rc.voxelize(points, (low, 0, 0), (edge, 1, 1), (496, 1, 1), stats=True)
    assert not got.grid.any()
    assert np.ravel(got.stats).tolist() == [1, 0, 0]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_points_that_are_no_numbers_land_in_voxel_0(dtype, bad, axis):
    points = np.full((3, 3), 0.5, dtype)
    points[1, axis] = bad
    got = rc.voxelize(points, *UNIT, (2, 2, 2), reduce="count", stats=True)
    assert got.grid[0, 0, 0] == 2
    assert got.grid.sum() == 2
    assert np.ravel(got.stats).tolist() == [0, 1, 0]
    voxels = rc.voxelize_sparse(points, 1.0, origin=0.0, dims=(2, 2, 2), reduce=None)
    assert np.asarray(voxels.point_to_voxel).tolist() == [0, -1, 0]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int16])
def test_the_maximum_of_negative_features_is_zero(dtype):
    features = np.array([[-3, -5], [-4, -2]], dtype)
    points = np.full((2, 3), 0.5)
    got = rc.voxelize(points, *UNIT, (1, 1, 2), reduce="max", features=features, fill_value=-9)
    assert got[0, 0].tolist() == [[-3, -2], [-9, -9]]
    got = rc.voxelize(points, *UNIT, (1, 1, 1), reduce="min", features=-features)
    assert got.ravel().tolist() == [3, 2]
    voxels = rc.voxelize_sparse(points, 1.0, reduce="max", features=features)
    assert voxels.features[0].tolist() == [-3, -2]


def test_float32_index_arithmetic_beyond_2_to_the_24_voxels():
    """Cells 2^24 and 2^24 + 1 in memory are one cell to an index in float32."""
    dims = (257, 256, 256)
    points = np.array([[256.5, 0.5, 0.5], [256.5, 0.5, 1.5], [256.5, 255.5, 255.5]], np.float32)
    got = rc.voxelize(points, *UNIT, dims)
    assert np.flatnonzero(got).tolist() == [2**24, 2**24 + 1, 257 * 2**16 - 1]
    assert cells_of(points, (0, 0, 0), (1, 1, 1), dims).tolist() == points.astype(int).tolist()


def test_float32_index_along_one_axis_beyond_2_to_the_24_voxels():
    """Neighbours stay apart in float64, however long the axis."""
    points = np.full((4, 3), 0.5)
    points[:, 0] = [2**24, 2**24 + 1, 2**40 + 1, 2**51 - 1]
    cells = cells_of(points, (0, 0, 0), (1, 1, 1), (2**51, 1, 1))
    assert cells[:, 0].tolist() == [2**24, 2**24 + 1, 2**40 + 1, 2**51 - 1]


def test_int32_keys_wrap_at_batch_24():
    """32 clouds in a grid of 1440 x 1440 x 40: keys pass 2^31 in cloud 25, 2^32 in none."""
    dims = (1440, 1440, 40)
    rng = np.random.default_rng(0)
    cells = rng.integers(0, dims, (32, 50, 3))
    voxels = rc.voxelize_sparse(
        (cells + 0.5).astype(np.float32), 1.0, origin=0.0, dims=dims, reduce=None, capacity=1600
    )
    clouds = np.repeat(np.arange(32), 50)[:, None]
    expected = np.unique(np.concatenate([clouds, cells.reshape(-1, 3)], axis=1), axis=0)
    np.testing.assert_array_equal(voxels.coords[: int(voxels.total)], expected)


def test_grids_of_2_to_the_31_voxels_and_more():
    """An hour of driving in voxels of a centimetre: 2^62 of them."""
    dims = (2**22, 2**22, 2**18)
    cells = np.array(
        [[0, 0, 0], [0, 2**13, 1], [1, 0, 0], [2**22 - 1, 2**22 - 1, 2**18 - 1]], np.int64
    )
    points = cells * 0.01 + 0.005
    found = cells_of(points[::-1].copy(), (0, 0, 0), (0.01, 0.01, 0.01), dims)
    np.testing.assert_array_equal(found[::-1], cells)


def test_bits_of_2_to_the_31_voxels_and_more():
    """2^31 + 2^21 voxels in 257 MiB; the first, the last, and those about bit 2^31."""
    dims = (1025, 1024, 2048)
    cells = np.array([[0, 0, 0], [1023, 1023, 2047], [1024, 0, 0], [1024, 1023, 2047]])
    got = rc.voxelize(cells + 0.5, *UNIT, dims, reduce="occupancy_bits")
    assert got.shape == (1025, 1024, 256)
    where = np.argwhere(got)
    assert where.tolist() == [[0, 0, 0], [1023, 1023, 255], [1024, 0, 0], [1024, 1023, 255]]
    assert got[tuple(where.T)].tolist() == [1, 128, 1, 128]


def test_more_voxels_than_int64_counts():
    with pytest.raises(rc.InvalidArgumentError, match="2\\^63"):
        rc.voxelize_sparse(np.zeros((1, 3)), 1.0, origin=0.0, dims=(2**21, 2**21, 2**21))
    with pytest.raises(rc.InvalidArgumentError, match="2\\^63"):
        rc.voxelize_sparse(np.zeros((2, 1, 3)), 1.0, origin=0.0, dims=(2**21, 2**21, 2**20))


def test_silent_drop_at_max_voxels():
    """The lowest voxels stay, whenever their points came; what is lost is told."""
    rng = np.random.default_rng(1)
    points = rng.permutation(np.repeat(np.arange(10), 7))[:, None] + np.full(3, 0.5)
    voxels = rc.voxelize_sparse(points, 1.0, origin=0.0, dims=(10, 10, 10), capacity=4)
    assert int(voxels.total) == 10
    assert np.ravel(voxels.stats).tolist() == [0, 0, 42]
    assert voxels.coords.tolist() == [[0, i, i, i] for i in range(4)]
    assert voxels.counts.tolist() == [7] * 4
    rows = np.asarray(voxels.point_to_voxel)
    np.testing.assert_array_equal(rows, np.where(points[:, 0] < 4, np.floor(points[:, 0]), -1))


@pytest.mark.parametrize("reduce", ["occupancy", "count", *FEATURE_REDUCTIONS])
def test_all_points_outside_launch_nothing(reduce):
    points = np.full((100, 3), 5.0, np.float32)
    features = np.ones((100, 2), np.float32) if reduce in FEATURE_REDUCTIONS else None
    got = rc.voxelize(points, *UNIT, (2, 3, 4), reduce=reduce, features=features, stats=True)
    assert not got.grid.any()
    assert np.ravel(got.stats).tolist() == [100, 0, 0]
    voxels = rc.voxelize_sparse(points, 1.0, origin=0.0, dims=(2, 3, 4), reduce=None)
    assert int(voxels.total) == 0
    assert (np.asarray(voxels.point_to_voxel) == -1).all()


@pytest.mark.parametrize("threads", [1, 4])
def test_which_points_a_full_voxel_keeps_depends_on_who_comes_first(threads):
    """The first K in the order of the input, in every voxel, also where threads share the work."""
    rng = np.random.default_rng(2)
    cells = rng.integers(0, 4, (50_000, 3))
    features = np.arange(50_000, dtype=np.float64)[:, None]
    with rc.Context("cpu", threads) as context:
        voxels = rc.voxelize_sparse(
            cells + 0.5,
            1.0,
            origin=0.0,
            dims=(4, 4, 4),
            features=features,
            max_points=5,
            context=context,
        )
    rows = np.asarray(voxels.point_to_voxel)
    for row in range(64):
        np.testing.assert_array_equal(voxels.points[row, :, 0], np.flatnonzero(rows == row)[:5])


@pytest.mark.parametrize("reduce", FEATURE_REDUCTIONS)
def test_results_that_change_from_run_to_run(reduce):
    """Sums of floats in the order in which threads arrive; here over and over, with four."""
    rng = np.random.default_rng(3)
    points = rng.normal(size=(60_000, 3)).astype(np.float32)
    features = (rng.normal(size=(60_000, 4)) * 10.0 ** rng.integers(-6, 6, 4)).astype(np.float32)
    grid = (-2.0, -2.0, -2.0), (0.5, 0.5, 0.5), (8, 8, 8)
    options = {"reduce": reduce, "features": features}
    with rc.Context("cpu", 4) as context:
        found = {
            rc.voxelize(points, *grid, context=context, **options).tobytes() for _ in range(10)
        }
        found_sparse = {
            rc.voxelize_sparse(points, 0.5, context=context, **options).features.tobytes()
            for _ in range(10)
        }
    assert len(found) == len(found_sparse) == 1


def test_byte_offset_ignored():
    """Points that begin 24 bytes into their allocation, other points in front of them."""
    memory = np.array([[9.0, 9.0, 9.0], [0.5, 0.5, 0.5], [1.5, 0.5, 0.5]])
    out = np.zeros((2, 1, 1), np.uint8)
    status, message = native.voxelize(
        rc.Context("cpu", 1), native.Tensor(memory[1:], 24), (0, 0, 0), (1, 1, 1), (2, 1, 1), out
    )
    assert status == 0, message
    assert out.ravel().tolist() == [1, 1]


MILLIMETRES = [
    (np.float32, (0, 0, 0), (0.1, 0.05, 0.02)),
    (np.float32, (-39.68, -51.2, -5), (0.16, 0.2, 0.075)),
    (np.float32, (-0.64, -0.5, -0.3), (0.005, 0.01, 0.003)),
    (np.float64, (0, 0, 0), (0.1, 0.05, 0.02)),
    (np.float64, (-39.68, -51.2, -5), (0.16, 0.2, 0.075)),
]


@pytest.mark.parametrize(("dtype", "origin", "edges"), MILLIMETRES)
def test_multiplying_by_a_reciprocal_moves_points_to_another_voxel(dtype, origin, edges):
    """On a lattice of millimetres, which sensors and CAD give, voxels of whole millimetres."""
    millimetres = np.arange(200_000)
    points = np.stack([millimetres * 0.001 + o for o in origin], axis=1).astype(dtype)
    dims = tuple(int(200 / edge) + 2 for edge in edges)
    expected = floors_of(points, origin, edges, dims)
    np.testing.assert_array_equal(cells_of(points, origin, edges, dims), expected)
    edges = np.array(edges, dtype)
    by_reciprocal = np.floor((points - np.array(origin, dtype)) * (1 / edges))
    differs = (by_reciprocal != np.floor((points - np.array(origin, dtype)) / edges)).mean(axis=0)
    assert differs.max() > 0.0005, "the lattice shows the defect where a library has it"


class TestNothing:
    """Sizes of 0 and 1."""

    @pytest.mark.parametrize("reduce", ["occupancy", "count", *FEATURE_REDUCTIONS])
    def test_no_points(self, reduce):
        features = np.zeros((0, 2), np.float32) if reduce in FEATURE_REDUCTIONS else None
        got = rc.voxelize(
            np.zeros((0, 3), np.float32),
            *UNIT,
            (2, 2, 2),
            reduce=reduce,
            features=features,
            fill_value=3 if features is not None else 0,
            counts=True,
            stats=True,
        )
        assert (got.grid == (0 if features is None else 3)).all()
        assert not got.counts.any()
        assert np.ravel(got.stats).tolist() == [0, 0, 0]

    def test_no_points_are_no_voxels(self):
        voxels = rc.voxelize_sparse(
            np.zeros((0, 3)), 1.0, origin=0.0, dims=(1, 1, 1), features=np.zeros((0, 2))
        )
        assert int(voxels.total) == 0
        assert np.asarray(voxels.point_to_voxel).shape == (0,)

    def test_no_clouds(self):
        got = rc.voxelize(
            np.zeros((0, 5, 3), np.float32), *UNIT, (2, 2, 2), reduce="count", stats=True
        )
        assert got.grid.shape == (0, 2, 2, 2)
        assert got.stats.shape == (0, 3)

    def test_no_clouds_packed(self):
        got = rc.voxelize(
            np.zeros((4, 3), np.float32), *UNIT, (2, 2, 2), offsets=np.array([0]), stats=True
        )
        assert got.grid.shape == (0, 2, 2, 2)

    def test_no_features(self):
        got = rc.voxelize(
            np.zeros((4, 3)), *UNIT, (2, 2, 2), reduce="mean", features=np.zeros((4, 0))
        )
        assert got.shape == (2, 2, 2, 0)

    @pytest.mark.parametrize("reduce", FEATURE_REDUCTIONS)
    def test_one_voxel(self, reduce):
        points = np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.999, 0.999, 0.999]])
        features = np.array([[1.0], [50.0], [3.0]])
        got = rc.voxelize(points, *UNIT, (1, 1, 1), reduce=reduce, features=features)
        assert got.item() == {"sum": 4.0, "mean": 2.0, "max": 3.0, "min": 1.0}[reduce]

    def test_points_in_front_of_and_behind_all_clouds(self):
        """Offsets need not begin at 0 nor end at N: such points belong to no cloud."""
        points = np.full((5, 3), 0.5)
        got = rc.voxelize(
            points, *UNIT, (1, 1, 1), reduce="count", offsets=np.array([1, 3, 3]), stats=True
        )
        assert got.grid.ravel().tolist() == [2, 0]
        assert got.stats.tolist() == [[0, 0, 0]] * 2
        voxels = rc.voxelize_sparse(
            points, 1.0, origin=0.0, dims=(1, 1, 1), reduce=None, offsets=np.array([1, 3, 3])
        )
        assert np.asarray(voxels.point_to_voxel).tolist() == [-1, 0, 0, -1, -1]


def test_counts_wrap_beyond_2_to_the_31():
    """As the header says, and a mean that follows them does not."""
    counts = np.full((1, 1, 1), 2**31 - 1, np.int32)
    rc.voxelize(np.full((3, 3), 0.5), *UNIT, (1, 1, 1), reduce="count", out=counts, accumulate=True)
    assert counts.item() == -(2**31) + 2
