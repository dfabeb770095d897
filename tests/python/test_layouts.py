# SPDX-License-Identifier: Apache-2.0
"""Every way in which samples, times and results may lie, against one sequence at a time."""

import ml_dtypes
import numpy as np
import pytest

import robocache as rc

FLOATS = {
    "float16": np.float16,
    "bfloat16": ml_dtypes.bfloat16,
    "float32": np.float32,
    "float64": np.float64,
}
INTEGERS = {name: np.dtype(name) for name in ("uint8", "int8", "int16", "int32")}
TIMES = ["int64", "float64", "float32"]
RULES = [
    {"mode": "linear", "outside": "extrapolate"},
    {"mode": "nearest", "outside": "fill", "fill_value": 9},
    {"mode": "mean", "window": (3, 1)},
    {"mode": [rc.Channels(1, 4, "slerp"), rc.Channels(0, 1, "pchip")], "outside": "extrapolate"},
    {"mode": "linear", "skip_nan": True, "max_gap": 7},
    {"mode": "linear", "order": "sort", "duplicates": "mean"},
]


def rule_id(rules):
    return "+".join(str(v) if not isinstance(v, list) else "pose" for v in rules.values())


@pytest.fixture
def rng():
    return np.random.default_rng(3)


class Store:
    """Four sequences of unequal length, one of them empty, one of a single sample."""

    def __init__(self, rng, ordered=True):
        self.lengths = np.array([7, 0, 1, 5])
        self.offsets = np.array([2, 9, 9, 10, 15])
        self.values, self.times = rng.normal(size=(18, 6)), rng.integers(0, 40, 18)
        self.values[[3, 11], 5] = np.nan
        if ordered:
            for e in range(4):
                self.times[self.slice(e)] = np.sort(self.times[self.slice(e)])

    def slice(self, e):
        return slice(self.offsets[e], self.offsets[e + 1])

    def padded(self):
        """[E,S,D] whose padding must not be read: values of 1e30, times of the far past."""
        values, times = np.full((4, 7, 6), 1e30), np.full((4, 7), -(10**9))
        for e, n in enumerate(self.lengths):
            values[e, :n], times[e, :n] = self.values[self.slice(e)], self.times[self.slice(e)]
        return values, times

    def alone(self, e, targets, rules):
        s = self.slice(e)
        return rc.resample(self.values[s], self.times[s], targets, quality=True, **rules)


def assert_same(got, expected, index_shift=0):
    np.testing.assert_array_equal(got.values, expected.values)
    np.testing.assert_array_equal(got.valid, expected.valid)
    np.testing.assert_array_equal(got.reason, expected.reason)
    np.testing.assert_array_equal(got.age, expected.age)
    shifted = np.where(expected.source_index < 0, -1, expected.source_index + index_shift)
    np.testing.assert_array_equal(got.source_index, shifted)


def row(result, at):
    return rc.Resampled(*(part[at] for part in result))


@pytest.mark.parametrize("rules", RULES, ids=rule_id)
@pytest.mark.parametrize("packed_samples", [False, True])
@pytest.mark.parametrize("packed_targets", [False, True])
@pytest.mark.parametrize("ids", [None, [3, 0, 0, 2, 1, 3]])
def test_stored_and_packed(rng, rules, packed_samples, packed_targets, ids):
    store = Store(rng, ordered=rules.get("order") != "sort")
    rows = range(4) if ids is None else ids
    if packed_samples:
        values, times, layout = store.values, store.times, {"offsets": store.offsets}
    else:
        values, times = store.padded()
        layout = {"lengths": store.lengths}
    if ids is not None:
        layout["sequence_ids"] = np.array(ids)
    if packed_targets:
        counts = rng.integers(0, 9, len(rows))
        target_offsets = np.concatenate([[0], np.cumsum(counts)])
        targets = rng.integers(-5, 45, target_offsets[-1])
        layout["target_offsets"] = target_offsets
        parts = [slice(target_offsets[b], target_offsets[b + 1]) for b in range(len(rows))]
    else:
        targets = rng.integers(-5, 45, (len(rows), 8))
        parts = list(range(len(rows)))
    for threads in (1, 2):
        got = rc.resample(
            values,
            times,
            targets,
            quality=True,
            context=rc.Context("cpu", threads),
            **layout,
            **rules,
        )
        for e, part in zip(rows, parts, strict=True):
            shift = store.offsets[e] if packed_samples else 0
            assert_same(row(got, part), store.alone(e, targets[part], rules), shift)


@pytest.mark.parametrize("rules", RULES[:4], ids=rule_id)
def test_shared_times_and_targets(rng, rules):
    values = rng.normal(size=(3, 9, 6))
    times = np.sort(rng.integers(0, 40, 9))
    targets = rng.integers(-5, 45, 20)
    got = rc.resample(values, times, targets, quality=True, **rules)
    for e in range(3):
        assert_same(row(got, e), rc.resample(values[e], times, targets, quality=True, **rules))
    tiled = rc.resample(
        values, np.tile(times, (3, 1)), np.tile(targets, (3, 1)), quality=True, **rules
    )
    for one, other in zip(got, tiled, strict=True):
        np.testing.assert_array_equal(one, other)


def layouts_of(array):
    """The same numbers, laid out in memory in other ways."""
    yield "compact", array.copy()
    yield "transposed", np.asfortranarray(array)
    wide = np.full((*array.shape[:-1], array.shape[-1] + 3), 77, array.dtype)
    wide[..., 2:-1] = array
    yield "columns of a wider one", wide[..., 2:-1]
    sparse = np.full([2 * n for n in array.shape], 77, array.dtype)
    sparse[tuple(slice(1, None, 2) for _ in array.shape)] = array
    yield "every second", sparse[tuple(slice(1, None, 2) for _ in array.shape)]
    buffer = np.zeros(array.nbytes + 64, np.uint8)
    start = 8 - buffer.ctypes.data % 8 + array.itemsize
    moved = buffer[start : start + array.nbytes].view(array.dtype).reshape(array.shape)
    moved[...] = array
    yield "from a byte offset", moved


@pytest.mark.parametrize("rules", RULES, ids=rule_id)
def test_strides_of_inputs(rng, rules):
    values = rng.normal(size=(3, 9, 6))
    times = np.sort(rng.integers(0, 40, (3, 9)))
    targets = rng.integers(-5, 45, (3, 20))
    expected = rc.resample(values, times, targets, **rules)
    for name, v in layouts_of(values):
        np.testing.assert_array_equal(rc.resample(v, times, targets, **rules), expected, name)
    for name, t in layouts_of(times):
        np.testing.assert_array_equal(rc.resample(values, t, targets, **rules), expected, name)
    for name, t in layouts_of(targets):
        np.testing.assert_array_equal(rc.resample(values, times, t, **rules), expected, name)


@pytest.mark.parametrize("rules", RULES, ids=rule_id)
def test_strides_of_outputs(rng, rules):
    """Results land where the strides say, and nothing beside them is touched."""
    values = rng.normal(size=(3, 9, 6)).astype(np.float32)
    times = np.sort(rng.integers(0, 40, (3, 9)))
    targets = rng.integers(-5, 45, (3, 20))
    expected = rc.resample(values, times, targets, **rules)
    for name, out in layouts_of(np.zeros((3, 20, 6), np.float32)):
        base = out if out.base is None else out.base
        rest = base.copy()
        assert rc.resample(values, times, targets, out=out, **rules) is out
        np.testing.assert_array_equal(out, expected, name)
        out[...] = 0
        np.testing.assert_array_equal(base, rest, name)


@pytest.mark.parametrize("rules", RULES, ids=rule_id)
def test_broadcast_inputs(rng, rules):
    """Stride 0 along each axis of values, times and targets."""
    for axis in range(3):
        shape = [3, 9, 6]
        shape[axis] = 1
        values = np.broadcast_to(rng.normal(size=shape), (3, 9, 6))
        times = np.broadcast_to(np.sort(rng.integers(0, 40, 9)), (3, 9))
        targets = np.broadcast_to(rng.integers(0, 40, (3, 1)), (3, 20))
        got = rc.resample(values, times, targets, **rules)
        expected = rc.resample(values.copy(), times.copy(), targets.copy(), **rules)
        np.testing.assert_array_equal(got, expected)


def test_strided_index_arrays(rng):
    store = Store(rng)
    spread = np.zeros((5, 3), np.int64)
    spread[:, 1] = store.offsets
    targets = rng.integers(-5, 45, (4, 8))
    got = rc.resample(store.values, store.times, targets, offsets=spread[:, 1], quality=True)
    expected = rc.resample(store.values, store.times, targets, offsets=store.offsets, quality=True)
    assert_same(got, expected)


@pytest.mark.parametrize("dtype", [*FLOATS, *INTEGERS])
@pytest.mark.parametrize("out", FLOATS)
@pytest.mark.parametrize("times", TIMES)
def test_every_pair_of_types(rng, dtype, out, times):
    """Small integers at quarters: every type holds the exact result."""
    values = rng.integers(0, 16, (6, 5)).astype((FLOATS | INTEGERS)[dtype])
    source = np.arange(6) * 4
    targets = np.array([-3, 0, 2, 5, 7, 12, 19, 20, 33])
    exact = np.stack(
        [np.interp(targets, source, column.astype(np.float64)) for column in values.T], 1
    )
    for simd in ("baseline", "auto"):
        context = rc.Context("cpu", 1, simd=simd)
        got = rc.resample(
            values, source.astype(times), targets.astype(times), dtype=out, context=context
        )
        assert got.dtype == FLOATS[out]
        np.testing.assert_array_equal(got.astype(np.float64), exact)
        strided = rc.resample(
            np.asfortranarray(values),
            source.astype(times),
            targets.astype(times),
            dtype=out,
            context=context,
        )
        np.testing.assert_array_equal(strided, got)


@pytest.mark.parametrize("dtype", [*FLOATS, "int16", "uint8"])
@pytest.mark.parametrize("out", FLOATS)
def test_runs_of_every_width(rng, dtype, out):
    """Vector code has bodies and remainders; both give what one channel alone gives."""
    wide = rng.normal(size=(2, 70)) * 1e3 if dtype in FLOATS else rng.integers(0, 100, (2, 70))
    values = wide.astype((FLOATS | INTEGERS)[dtype])
    times, targets = np.array([0, 7]), np.array([0, 1, 3, 6, 7])
    alone = np.concatenate(
        [rc.resample(values[:, [c]], times, targets, dtype=out) for c in range(70)], axis=1
    )
    for width in (1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 70):
        for columns in (slice(0, width), slice(70 - width, 70)):
            for simd in ("baseline", "auto"):
                got = rc.resample(
                    np.ascontiguousarray(values[:, columns]),
                    times,
                    targets,
                    dtype=out,
                    context=rc.Context("cpu", 1, simd=simd),
                )
                np.testing.assert_array_equal(got, alone[:, columns])


@pytest.mark.parametrize("dtype", [*FLOATS, *INTEGERS])
@pytest.mark.parametrize("mode", ["previous", "next", "nearest", "last"])
def test_copies_keep_the_type(rng, dtype, mode):
    values = rng.integers(0, 100, (6, 3)).astype((FLOATS | INTEGERS)[dtype])
    window = (10, 0) if mode == "last" else None
    got = rc.resample(values, np.arange(6), np.arange(6), mode=mode, window=window)
    assert got.dtype == values.dtype
    np.testing.assert_array_equal(got, values)


@pytest.mark.parametrize("rules", RULES, ids=rule_id)
def test_unsorted_targets(rng, rules):
    """A permutation of the targets permutes the results."""
    times = np.sort(rng.integers(0, 1000, 60))
    values = rng.normal(size=(60, 6))
    targets = np.sort(rng.integers(-50, 1050, 500))
    order = rng.permutation(500)
    expected = rc.resample(values, times, targets, quality=True, **rules)
    got = rc.resample(values, times, targets[order], quality=True, **rules)
    assert_same(got, row(expected, order))


@pytest.mark.parametrize(
    ("values", "times", "targets", "shape"),
    [
        ((0, 5, 2), (0, 5), (0, 4), (0, 4, 2)),
        ((2, 0, 2), (2, 0), (2, 4), (2, 4, 2)),
        ((2, 5, 0), (2, 5), (2, 4), (2, 4, 0)),
        ((2, 5, 2), (2, 5), (2, 0), (2, 0, 2)),
    ],
)
def test_sizes_of_zero(values, times, targets, shape):
    got = rc.resample(
        np.ones(values), np.zeros(times), np.zeros(targets), fill_value=7, quality=True
    )
    assert got.values.shape == shape
    assert got.valid.shape == shape[:2]
    if values[1] == 0:
        assert np.all(got.values == 7)
        assert not got.valid.any()
        assert np.all(got.reason == rc.Reason.EMPTY)
        assert np.all(np.isinf(got.age))


@pytest.mark.parametrize("limit", [3_000, 20_000])
@pytest.mark.parametrize("order", ["sort", "drop"])
def test_packed_sequences_in_chunks(rng, limit, order):
    """Many packed sequences, sorted a few at a time; forward and backward."""
    counts = rng.integers(0, 60, 300)
    offsets = 5 + np.concatenate([[0], np.cumsum(counts)])
    values, times = rng.normal(size=(offsets[-1] + 3, 2)), rng.integers(0, 99, offsets[-1] + 3)
    targets, gradient = rng.integers(0, 99, (300, 20)), rng.normal(size=(300, 20, 2))
    results = []
    for context in (rc.Context("cpu", 1), rc.Context("cpu", 2, limit)):
        options = {"offsets": offsets, "order": order, "context": context}
        forward = rc.resample(values, times, targets, **options)
        backward = rc.resample_backward(gradient, values, times, targets, **options)
        results.append((forward, backward))
    np.testing.assert_array_equal(results[0][0], results[1][0])
    np.testing.assert_array_equal(results[0][1], results[1][1])
