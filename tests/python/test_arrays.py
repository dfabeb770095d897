# SPDX-License-Identifier: Apache-2.0
"""The array edge: every kind in, the same kind out, nothing copied, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from frameworks import MAKERS, OldProducer, dtype_of, kind_of, on_cpu, to_numpy
from numpy.lib.stride_tricks import as_strided

import robocache as rc
from robocache._arrays import View, reader_of


def read(view: View, array: Any, name: str, stream: int) -> None:
    reader_of(array)(view, array, name, stream)


TIMES = np.array([0, 10, 20, 30])
TARGETS = np.array([-5, 0, 4, 15, 30, 99])
TABLE = np.array([[0, 1, 2], [10, 11, 12], [40, 20, 60], [50, 60, 70]], np.float64)
FLOATS = ("float16", "bfloat16", "float32", "float64")
INTEGERS = ("uint8", "int8", "int16", "int32")


def interp(values: np.ndarray) -> np.ndarray:
    """Linear, held outside; exact here, for the table's numbers are small."""
    return np.stack([np.interp(TARGETS, TIMES, column) for column in values.T], axis=-1)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("maker", MAKERS)
def test_floats_in_and_out(maker: str, dtype: str) -> None:
    values = MAKERS[maker](TABLE, dtype)
    got = rc.resample(values, TIMES, TARGETS)
    # Who has DLPack and nothing else gets NumPy.
    assert kind_of(got) == ("numpy" if maker == "dlpack" else maker)
    assert dtype_of(got) == dtype
    assert got.shape == (6, 3)
    np.testing.assert_array_equal(to_numpy(got), interp(TABLE))


@pytest.mark.parametrize("dtype", [*INTEGERS, "bool"])
@pytest.mark.parametrize("maker", MAKERS)
def test_integers_stay_when_samples_are_copied(maker: str, dtype: str) -> None:
    table = TABLE % 2 if dtype == "bool" else TABLE
    if maker == "dlpack" and dtype == "bool" and np.lib.NumpyVersion(np.__version__) < "2.0.0":
        pytest.skip("NumPy 1 gives no DLPack of bool")
    values = MAKERS[maker](table, dtype)
    got = rc.resample(values, TIMES, TARGETS, mode="previous")
    assert dtype_of(got) == dtype
    np.testing.assert_array_equal(to_numpy(got), table[[0, 0, 0, 1, 3, 3]])


@pytest.mark.parametrize("dtype", INTEGERS)
def test_integers_become_float32_when_interpolated(dtype: str) -> None:
    got = rc.resample(TABLE.astype(dtype), TIMES, TARGETS)
    assert got.dtype == np.float32
    np.testing.assert_array_equal(got, interp(TABLE))


@pytest.mark.parametrize("dtype", FLOATS)
def test_result_type_on_request(dtype: str) -> None:
    if dtype == "bfloat16":
        pytest.importorskip("ml_dtypes")
    got = rc.resample(TABLE.astype(np.float32), TIMES, TARGETS, dtype=dtype)
    assert dtype_of(got) == dtype
    np.testing.assert_array_equal(to_numpy(got), interp(TABLE))


def test_result_type_may_be_the_framework_s_own() -> None:
    torch = pytest.importorskip("torch")
    got = rc.resample(torch.from_numpy(TABLE), TIMES, TARGETS, dtype=torch.bfloat16)
    assert got.dtype is torch.bfloat16
    assert rc.resample(TABLE, TIMES, TARGETS, dtype=np.float32).dtype == np.float32
    assert rc.resample(TABLE, TIMES, TARGETS, dtype=float).dtype == np.float64


@pytest.mark.parametrize("maker", MAKERS)
def test_quality_is_of_the_values_kind(maker: str) -> None:
    got = rc.resample(MAKERS[maker](TABLE, "float32"), TIMES, TARGETS, quality=True)
    expected = "numpy" if maker == "dlpack" else maker
    assert [kind_of(part) for part in got] == [expected] * 5
    # 64 bits also of JAX, which is used to 32.
    assert [dtype_of(part) for part in got] == ["float32", "bool", "uint8", "int64", "int64"]
    np.testing.assert_array_equal(to_numpy(got.age), [-5, 0, 4, 5, 0, 69])
    np.testing.assert_array_equal(to_numpy(got.source_index), [0, 0, 0, 1, 3, 3])


def test_ages_in_jax_are_exact() -> None:
    jax = pytest.importorskip("jax")
    got = rc.resample(on_cpu(jax, [0, 0]), [0, 1], [2**60 + 2], quality=True)
    assert np.asarray(got.age).tolist() == [2**60 + 1]


def test_jax_results_share_no_memory() -> None:
    jax = pytest.importorskip("jax")
    values = on_cpu(jax, TABLE)
    first = rc.resample(values, TIMES, TARGETS)
    second = rc.resample(values, TIMES, -TARGETS)
    assert first.unsafe_buffer_pointer() != second.unsafe_buffer_pointer()
    np.testing.assert_array_equal(first, interp(TABLE))
    np.testing.assert_array_equal((first + 1).block_until_ready(), interp(TABLE) + 1)


def test_kinds_may_be_mixed_and_the_result_follows_the_values() -> None:
    torch = pytest.importorskip("torch")
    got = rc.resample(torch.from_numpy(TABLE), TIMES, torch.from_numpy(TARGETS))
    assert kind_of(got) == "torch"
    got = rc.resample(TABLE, torch.from_numpy(TIMES), TARGETS.tolist())
    assert kind_of(got) == "numpy"
    np.testing.assert_array_equal(got, interp(TABLE))


@pytest.mark.parametrize(
    "view",
    [
        pytest.param(lambda wide: wide[1::2, ::4], id="steps"),
        pytest.param(lambda wide: wide[2:6, 1:4], id="slice"),
        pytest.param(lambda wide: wide.T[:4, :3], id="transposed"),
        pytest.param(lambda wide: as_strided(wide, (4, 3), (0, 8)), id="broadcast"),
    ],
)
@pytest.mark.parametrize("maker", ["numpy", "torch", "dlpack"])
def test_strided_inputs_are_read_in_place(view: Any, maker: str) -> None:
    wide = np.arange(90, dtype=np.float64).reshape(9, 10)
    array = view(wide)
    if maker == "torch":
        torch = pytest.importorskip("torch")
        base = torch.from_numpy(wide)
        array = base.as_strided(array.shape, [s // 8 for s in array.strides], _offset(wide, array))
    if maker == "dlpack":
        array = OldProducer(array)
    described = View()
    read(described, array, "values", 0)
    address = int(described.memory.data) + described.pointer.byte_offset
    assert address == wide.ctypes.data + 8 * _offset(wide, view(wide))
    described.release()
    got = rc.resample(array, TIMES, TARGETS)
    np.testing.assert_array_equal(to_numpy(got), interp(view(wide)))


def _offset(base: np.ndarray, array: np.ndarray) -> int:
    return (array.ctypes.data - base.ctypes.data) // 8


def test_a_contiguous_array_is_read_in_place() -> None:
    described = View()
    read(described, TABLE, "values", 0)
    assert described.memory.data == TABLE.ctypes.data
    assert list(described.pointer.shape[0:2]) == [4, 3]


def test_one_view_describes_one_array_after_another() -> None:
    described = View()
    for array in (TABLE, TABLE.T, TIMES, TABLE.astype(np.float32)[:, 0], TABLE):
        read(described, array, "values", 0)
        pointer = described.pointer
        assert list(pointer.shape[0 : pointer.ndim]) == list(array.shape)
        assert pointer.dtype.bits == array.itemsize * 8
        described.release()


def test_read_only_inputs_are_welcome() -> None:
    values, times = TABLE.copy(), TIMES.copy()
    values.flags.writeable = times.flags.writeable = False
    np.testing.assert_array_equal(rc.resample(values, times, TARGETS), interp(TABLE))


@pytest.mark.parametrize("maker", ["numpy", "torch"])
def test_out_is_written_in_its_own_layout_and_returned(maker: str) -> None:
    wide = np.full((3, 2, 6), -1.0)
    out = wide[:, 1, :].T
    if maker == "torch":
        out = pytest.importorskip("torch").from_numpy(wide)[:, 1, :].T
    assert rc.resample(TABLE, TIMES, TARGETS, out=out) is out
    np.testing.assert_array_equal(wide[:, 1, :].T, interp(TABLE))
    assert (wide[:, 0, :] == -1).all()


def test_out_s_type_decides_when_it_is_given() -> None:
    out = np.empty((6, 3), np.float32)
    rc.resample(TABLE, TIMES, TARGETS, out=out)
    np.testing.assert_array_equal(out, interp(TABLE))


@pytest.mark.parametrize(
    ("out", "error", "message"),
    [
        (np.empty((6, 2)), rc.InvalidArgumentError, r"out: expected shape \(6, 3\); got \(6, 2\)"),
        (np.broadcast_to(0.0, (6, 3)), rc.UnsupportedLayoutError, "out: expected a writable array"),
        ([0.0] * 6, TypeError, "out: expected an array .* got list"),
        (np.empty((6, 3), np.int64), rc.UnsupportedDtypeError, "output: .*int64"),
    ],
)
def test_bad_out(out: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        rc.resample(TABLE, TIMES, TARGETS, out=out)


def test_jax_arrays_are_not_written() -> None:
    jax = pytest.importorskip("jax")
    with pytest.raises(rc.UnsupportedLayoutError, match=r"out: expected a writable array; JAX's"):
        rc.resample(TABLE, TIMES, TARGETS, out=on_cpu(jax, np.zeros((6, 3))))


def test_jax_tracers_are_refused() -> None:
    jax = pytest.importorskip("jax")
    with pytest.raises(Exception, match=r"traced|[Tt]racer"):
        jax.jit(lambda values: rc.resample(values, TIMES, TARGETS))(on_cpu(jax, TABLE))


def test_a_signal_without_channels() -> None:
    got = rc.resample(TABLE[:, 0], TIMES, TARGETS)
    np.testing.assert_array_equal(got, np.interp(TARGETS, TIMES, TABLE[:, 0]))
    rows = rc.resample(TABLE.T.copy(), np.tile(TIMES, (3, 1)), TARGETS)
    np.testing.assert_array_equal(rows, interp(TABLE).T)
    out = np.empty(12)[::2]
    assert rc.resample(TABLE[:, 1], TIMES, TARGETS, out=out) is out
    np.testing.assert_array_equal(out, np.interp(TARGETS, TIMES, TABLE[:, 1]))


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ([0, 10, 20, 30], TARGETS),
        (TIMES, TARGETS.tolist()),
        (range(0, 40, 10), tuple(TARGETS.tolist())),
        ([0.0, 10.0, 20.0, 30.0], TARGETS.tolist()),
        (TIMES.astype(np.float32), TARGETS.tolist()),
        (TIMES.tolist(), TARGETS.astype(np.float64)),
    ],
)
def test_times_may_be_lists(source: Any, target: Any) -> None:
    np.testing.assert_array_equal(rc.resample(TABLE, source, target), interp(TABLE))


def test_an_empty_list_of_targets() -> None:
    assert rc.resample(TABLE, TIMES, []).shape == (0, 3)
    assert rc.resample(TABLE, TIMES.astype(np.float64), []).shape == (0, 3)


def test_layout_may_be_lists() -> None:
    packed = rc.resample(
        TABLE, TIMES, [0, 5, 25], offsets=[0, 2, 4], target_offsets=[0, 2, 3], sequence_ids=[0, 1]
    )
    np.testing.assert_array_equal(packed, [[0, 1, 2], [5, 6, 7], [45, 40, 65]])
    padded = rc.resample(TABLE[None], TIMES, [25], lengths=[2])
    np.testing.assert_array_equal(padded, [[[10, 11, 12]]])


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_datetimes_are_nanoseconds(unit: str) -> None:
    epoch = np.datetime64("2024-03-01T12:00:00", unit)
    times = epoch + TIMES.astype(f"m8[{unit}]")
    targets = epoch + TARGETS.astype(f"m8[{unit}]")
    np.testing.assert_array_equal(rc.resample(TABLE, times, targets), interp(TABLE))
    mixed = rc.resample(TABLE, times, targets.astype("M8[ns]").astype(np.int64))
    np.testing.assert_array_equal(mixed, interp(TABLE))
    listed = rc.resample(TABLE, times, list(targets))
    np.testing.assert_array_equal(listed, interp(TABLE))


def test_datetimes_in_nanoseconds_are_read_in_place() -> None:
    times = TIMES.astype("M8[ns]")
    described = View()
    read(described, times, "source_times", 0)
    assert described.memory.data == times.ctypes.data
    assert described.dtype == "int64"


@pytest.mark.parametrize(
    ("times", "error", "message"),
    [
        (np.array(["NaT", "2020", "2021", "2022"], "M8[ns]"), rc.InvalidDataError, "got NaT"),
        (
            np.array([1, 1500, 2000, 3000], "M8[ps]"),
            rc.InvalidArgumentError,
            "source_times: expected times that are whole nanoseconds",
        ),
        (
            np.array(["1000", "2020", "2021", "3000"], "M8[D]"),
            rc.InvalidArgumentError,
            "whole nanoseconds of int64",
        ),
        (np.arange(4).astype("m8"), rc.UnsupportedDtypeError, "expected times with a unit"),
    ],
)
def test_datetimes_that_have_no_nanosecond(
    times: np.ndarray, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        rc.resample(TABLE, times, TARGETS)


def test_pandas_series_go_through_numpy() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(TABLE, index=pandas.to_datetime(TIMES))
    got = rc.resample(frame[0], frame.index, pandas.to_datetime(TARGETS))
    np.testing.assert_array_equal(got, np.interp(TARGETS, TIMES, TABLE[:, 0]))


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        (None, TypeError, "values: expected an array; got None"),
        ([[0.0], [1.0]], TypeError, "values: expected an array .*; got list"),
        ("text", TypeError, "values: expected an array .*; got str"),
        (
            TABLE.astype(np.complex64),
            rc.UnsupportedDtypeError,
            "values: expected one of .*complex64",
        ),
        (TABLE.astype(">f8"), rc.UnsupportedDtypeError, "values: expected one of .*>f8"),
        (TABLE.astype(object), rc.UnsupportedDtypeError, "values: expected one of .*'O'"),
        (np.ones((1,) * 9), rc.UnsupportedLayoutError, "values: expected fewer than 8 dimensions"),
        (np.ma.masked_equal(TABLE, 1.0), TypeError, "values: expected a plain array, .* masked"),
        (TABLE[::-1], rc.UnsupportedLayoutError, "values: .*stride"),
        (
            np.zeros(4, "u1, f4")["f1"],
            rc.UnsupportedLayoutError,
            r"values: expected strides of whole elements of 4 bytes; got \(5,\) bytes",
        ),
    ],
)
def test_values_that_are_refused(values: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        rc.resample(values, TIMES, TARGETS)


def test_torch_tensors_that_are_refused() -> None:
    torch = pytest.importorskip("torch")
    table = torch.from_numpy(TABLE)
    with pytest.raises(rc.UnsupportedLayoutError, match=r"values: expected a dense tensor"):
        rc.resample(table.to_sparse(), TIMES, TARGETS)
    with pytest.raises(rc.InvalidArgumentError, match=r"values: expected a tensor on cpu or cuda"):
        rc.resample(table.to("meta"), TIMES, TARGETS)
    with pytest.raises(rc.UnsupportedDtypeError, match=r"values: expected one of .*complex128"):
        rc.resample(table.to(torch.complex128), TIMES, TARGETS)
    moving = torch.tensor([1.0], dtype=torch.float64, requires_grad=True)
    with pytest.raises(rc.InvalidArgumentError, match=r"target_times: .*requires_grad=True"):
        rc.resample(table, TIMES.astype(float), moving)


def test_a_dlpack_device_that_is_neither_cpu_nor_cuda() -> None:
    class Elsewhere(OldProducer):
        def __dlpack_device__(self) -> tuple[int, int]:
            return 8, 0

    with pytest.raises(rc.InvalidArgumentError, match=r"values: .* got DLPack device type 8"):
        rc.resample(Elsewhere(TABLE), TIMES, TARGETS)


class CudaArray:
    """Something with `__cuda_array_interface__`; the memory is never read."""

    def __init__(self, **fields: Any) -> None:
        self.fields = fields

    @property
    def __cuda_array_interface__(self) -> dict[str, Any]:
        plain = {"shape": (4, 3), "typestr": "<f4", "data": (0x7000_0000, False), "version": 3}
        return plain | self.fields


def test_cuda_array_interface_is_described() -> None:
    described = View()
    read(described, CudaArray(strides=(4, 16)), "values", 0)
    assert described.memory.data == 0x7000_0000
    assert (described.shape, described.strides, described.dtype) == ((4, 3), (1, 4), "float32")
    assert described.device == (2, 0)
    read(described, CudaArray(stream=7, data=(16, True)), "values", 7)
    assert described.read_only
    assert described.strides is None


def test_cuda_array_interface_names_its_stream() -> None:
    with pytest.raises(rc.InvalidArgumentError, match=r"values: .*stream 7 \(pass stream=7\)"):
        read(View(), CudaArray(stream=7), "values", 0)


@pytest.mark.parametrize(
    ("fields", "error", "message"),
    [
        ({"typestr": "<c8"}, rc.UnsupportedDtypeError, "values: expected one of .*<c8"),
        ({"strides": (5, 4)}, rc.UnsupportedLayoutError, "values: expected strides of whole"),
    ],
)
def test_cuda_array_interface_that_is_refused(
    fields: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        read(View(), CudaArray(**fields), "values", 0)
