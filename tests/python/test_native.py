# SPDX-License-Identifier: Apache-2.0
"""What only C programs use: byte offsets, a workspace of the caller's, every quality output."""

import itertools

import native
import numpy as np
import pytest

import robocache as rc


@pytest.fixture
def context():
    return rc.Context("cpu", 2)


@pytest.fixture
def rng():
    return np.random.default_rng(13)


def test_byte_offset_of_every_tensor(context, rng):
    """Data pointers that lie before the first element, on memory that holds something else."""
    values, times = rng.normal(size=(5, 2)), np.arange(5) * 4
    targets = np.array([1, 6, 16])
    expected = rc.resample(values, times, targets, quality=True)
    out, valid = np.zeros((3, 2)), np.zeros(3, np.uint8)
    source, weight = np.zeros(3, np.int64), np.zeros(3, np.float32)
    age, next_index, reason = np.zeros(3, np.int64), np.zeros(3, np.int64), np.zeros(3, np.uint8)
    offset = 64
    status, message = native.resample(
        context,
        *(native.Tensor(array, offset) for array in (values, times, targets, out)),
        valid=native.Tensor(valid, offset),
        source_index=native.Tensor(source, offset),
        next_index=native.Tensor(next_index, offset),
        weight=native.Tensor(weight, offset),
        reason=native.Tensor(reason, offset),
        age=native.Tensor(age, offset),
    )
    assert status == 0, message
    np.testing.assert_array_equal(out, expected.values)
    np.testing.assert_array_equal(valid, expected.valid)
    np.testing.assert_array_equal(source, expected.source_index)
    np.testing.assert_array_equal(age, expected.age)
    assert weight.tolist() == [0.25, 0.5, 0]
    assert next_index.tolist() == [1, 2, 4]
    assert reason.tolist() == [0, 0, 0]


@pytest.mark.parametrize("strided", [False, True])
def test_indices_beside_values_gather_the_values(context, rng, strided):
    """source_index, next_index and weight say what linear does, in strided outputs too."""
    values, times = rng.normal(size=(3, 9, 2)), np.sort(rng.integers(0, 50, (3, 9)))
    targets = rng.integers(-5, 55, (3, 30))
    stretch = 3 if strided else 1

    def make(dtype):
        return np.zeros((3, 30 * stretch), dtype)[:, ::stretch]

    out, source, following = np.zeros((3, 30, 2)), make(np.int64), make(np.int64)
    weight = make(np.float64)
    status, message = native.resample(
        context,
        values,
        times,
        targets,
        out,
        source_index=source,
        next_index=following,
        weight=weight,
        outside=2,
    )
    assert status == 0, message
    rows = np.arange(3)[:, None]
    w = weight[..., None]
    gathered = (1 - w) * values[rows, source] + w * values[rows, following]
    np.testing.assert_allclose(out, gathered, rtol=1e-12, atol=1e-12)
    got = rc.resample_index(times, targets, outside="extrapolate", dtype="float64")
    np.testing.assert_array_equal(got.source_index, source)
    np.testing.assert_array_equal(got.next_index, following)
    np.testing.assert_array_equal(got.weight, weight)


@pytest.mark.parametrize("packed", [False, True])
def test_workspace_of_the_caller_is_exactly_enough(context, rng, packed):
    """The size that the query names serves and is not overrun; a byte less is refused."""
    values = rng.normal(size=(12, 1) if packed else (3, 4, 1))
    times = rng.integers(0, 9, 12 if packed else (3, 4))
    targets, out = np.arange(5), np.zeros((3, 5, 1))
    fields = {"order": 1}
    if packed:
        fields["offsets"] = np.array([0, 4, 8, 12])
    size = native.workspace_size(context, values, times, targets, out, **fields)
    assert size > 0
    memory = np.full(size + 64, 0xA5, np.uint8)
    start = -memory.ctypes.data % 16
    workspace = native.ffi.cast("void*", memory.ctypes.data + start)
    expected = rc.resample(
        values, times, targets, order="sort", offsets=fields.get("offsets"), context=context
    )
    status, message = native.resample(
        context, values, times, targets, out, workspace=workspace, workspace_size=size, **fields
    )
    assert status == 0, message
    np.testing.assert_array_equal(out, expected)
    assert np.all(memory[:start] == 0xA5)
    assert np.all(memory[start + size :] == 0xA5)
    with pytest.raises(rc.WorkspaceTooSmallError, match=str(size)):
        raise_status(
            native.resample(
                context,
                values,
                times,
                targets,
                out,
                workspace=workspace,
                workspace_size=size - 1,
                **fields,
            )
        )


def raise_status(result):
    from robocache._library import raise_status as raise_it

    if result[0]:
        raise_it(native.load(), result[0])


def test_no_order_needs_no_workspace(context):
    arguments = np.zeros((2, 3)), np.arange(2), np.arange(4), np.zeros((4, 3))
    assert native.workspace_size(context, *arguments) == 0


@pytest.mark.parametrize("mode", ["linear", "pchip", "nearest", "slerp", "mean", "last"])
@pytest.mark.parametrize("dtype", [np.int64, np.float64])
def test_wrong_times_without_validation_touch_no_other_memory(context, rng, mode, dtype):
    """Times in any disorder: what comes out is some mixture of the samples, and nothing else."""
    values = np.full((40, 4), 0.5)
    guarded = np.full((120, 4), 1e300)
    guarded[40:80] = values
    options = {"window": ((6, 0.0), (3, 0.0)) if dtype == np.int64 else ((0, 6.0), (0, 3.0))}
    for skip, _ in itertools.product((0, 1), range(20)):
        times = rng.integers(-20, 20, 40).astype(dtype)
        targets = rng.integers(-30, 30, 60).astype(dtype)
        if dtype == np.float64:
            times[rng.integers(0, 40, 5)] = [np.nan, np.inf, -np.inf, np.nan, 0]
            targets[:3] = [np.nan, np.inf, -np.inf]
        out = np.zeros((60, 4))
        fields = options if mode in ("mean", "last") else {}
        status, message = native.resample(
            context, guarded[40:80], times, targets, out, mode=mode, flags=2 | skip, **fields
        )
        assert status == 0, message
        assert np.all((np.abs(out) <= 1e6) | np.isnan(out))


def test_struct_of_a_later_version(context):
    """Longer is accepted as long as what this library does not know is zero."""
    ffi = native.ffi
    values, times = np.array([[0.0], [1.0]]), np.array([0, 4])
    targets, out = np.array([1]), np.zeros((1, 1))
    made, kept = native.options()
    size = ffi.sizeof("rc_resample_options")
    longer = ffi.new("char[]", size + 32)
    ffi.memmove(longer, made, size)
    later = ffi.cast("rc_resample_options*", longer)
    later.struct_size = size + 32
    tensors = [native.Tensor(array) for array in (values, times, targets, out)]
    pointers = [tensor.pointer for tensor in tensors]
    lib = native.load()

    def call():
        return lib.rc_resample(context.handle, *pointers[:3], later, pointers[3])

    assert call() == 0
    assert out[0, 0] == 0.25
    longer[size + 31] = b"\x01"
    with pytest.raises(rc.UnsupportedOptionError):
        raise_status((call(), ""))
    later.struct_size = 8
    with pytest.raises(rc.InvalidArgumentError, match="struct_size"):
        raise_status((call(), ""))
    assert not kept
