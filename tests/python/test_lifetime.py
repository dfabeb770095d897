# SPDX-License-Identifier: Apache-2.0
"""Who owns memory: capsules are taken once and given back once, and nothing leaks."""

from __future__ import annotations

import ctypes
import gc
import resource
import sys
import weakref
from typing import Any

import numpy as np
import pytest
from frameworks import on_cpu

import robocache as rc
from robocache._dlpack import Borrowed
from robocache._library import ffi

TIMES = np.arange(8) * 10
TARGETS = np.array([3, 25])
VALUES = np.arange(24, dtype=np.float64).reshape(8, 3)
EXPECTED = rc.resample(VALUES, TIMES, TARGETS)

new_capsule = ctypes.pythonapi.PyCapsule_New
new_capsule.restype = ctypes.py_object
new_capsule.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
capsule_name = ctypes.pythonapi.PyCapsule_GetName
capsule_name.restype, capsule_name.argtypes = ctypes.c_char_p, [ctypes.py_object]


class Producer:
    """A DLPack producer that counts how often its tensors come back."""

    def __init__(self, versioned: bool, major: int = 1, flags: int = 0) -> None:
        self.array = VALUES.copy()
        self.versioned, self.major, self.flags = versioned, major, flags
        self.capsules: list[Any] = []
        self.given_back = 0
        self._kept: list[Any] = []
        self.stream: Any = "never asked"

    def __dlpack_device__(self) -> tuple[int, int]:
        return 1, 0

    def __dlpack__(self, *, stream: Any = None, max_version: Any = None, copy: Any = None) -> Any:
        assert max_version >= (1, 0)
        assert copy is False
        self.stream = stream
        kind = "DLManagedTensorVersioned" if self.versioned else "DLManagedTensor"
        managed = ffi.new(f"{kind}*")

        @ffi.callback(f"void({kind}*)")
        def deleter(given: Any) -> None:
            assert given == managed
            self.given_back += 1

        shape = ffi.new("int64_t[]", self.array.shape)
        tensor = managed.dl_tensor
        # Half of the address lies in the offset, which must be honoured.
        tensor.data = ffi.cast("void*", self.array.ctypes.data - 64)
        tensor.byte_offset = 64
        tensor.device.device_type, tensor.ndim, tensor.shape = 1, 2, shape
        tensor.dtype.code, tensor.dtype.bits, tensor.dtype.lanes = 2, 64, 1
        managed.deleter = deleter
        if self.versioned:
            managed.major, managed.flags = self.major, self.flags
        self._kept += [managed, deleter, shape]
        name = b"dltensor_versioned" if self.versioned else b"dltensor"
        capsule = new_capsule(int(ffi.cast("uintptr_t", managed)), name, None)
        self.capsules.append(capsule)
        return capsule


@pytest.mark.parametrize("versioned", [False, True])
def test_a_capsule_is_taken_once_and_given_back_once(versioned: bool) -> None:
    producer = Producer(versioned)
    np.testing.assert_array_equal(rc.resample(producer, TIMES, TARGETS), EXPECTED)
    assert len(producer.capsules) == producer.given_back == 1
    used = b"used_dltensor_versioned" if versioned else b"used_dltensor"
    assert capsule_name(producer.capsules[0]) == used
    assert producer.stream is None
    for _ in range(3):
        rc.resample(producer, TIMES, TARGETS)
    gc.collect()
    assert len(producer.capsules) == producer.given_back == 4


@pytest.mark.parametrize("versioned", [False, True])
def test_a_capsule_is_given_back_when_the_call_fails(versioned: bool) -> None:
    producer = Producer(versioned)
    with pytest.raises(rc.InvalidArgumentError):
        rc.resample(producer, TIMES[:3], TARGETS)
    with pytest.raises(TypeError):
        rc.resample(producer, "times", TARGETS)
    assert len(producer.capsules) == producer.given_back
    with pytest.raises(rc.InvalidArgumentError, match=r"out: expected shape"):
        rc.resample(VALUES, TIMES, TARGETS, out=producer)
    assert len(producer.capsules) == producer.given_back


def test_all_capsules_of_fuse_are_given_back() -> None:
    producers = [Producer(True), Producer(False), Producer(True)]
    got, _ = rc.fuse([rc.Stream(one, TIMES) for one in producers], TARGETS)
    np.testing.assert_array_equal(got, np.concatenate([EXPECTED] * 3, axis=1))
    assert [one.given_back for one in producers] == [1, 1, 1]


def test_a_capsule_that_somebody_took_is_refused() -> None:
    capsule = VALUES.__dlpack__()
    borrowed = Borrowed(capsule)
    with pytest.raises(TypeError, match=r"a DLPack capsule that nobody took yet"):
        Borrowed(capsule)
    borrowed.give_back()
    borrowed.give_back()


def test_a_capsule_of_a_later_dlpack_is_refused_and_left_alone() -> None:
    producer = Producer(True, major=2)
    with pytest.raises(TypeError, match=r"values: expected DLPack 1.x; got 2.0"):
        rc.resample(producer, TIMES, TARGETS)
    assert capsule_name(producer.capsules[0]) == b"dltensor_versioned"
    assert producer.given_back == 0


def test_a_read_only_capsule_is_read_and_not_written() -> None:
    producer = Producer(True, flags=1)
    np.testing.assert_array_equal(rc.resample(producer, TIMES, TARGETS), EXPECTED)
    with pytest.raises(rc.UnsupportedLayoutError, match=r"out: expected a writable array"):
        rc.resample(VALUES, TIMES, TIMES, out=producer)
    assert producer.given_back == 2


def test_out_may_be_a_dlpack_producer() -> None:
    producer = Producer(True)
    assert rc.resample(VALUES * 2, TIMES, TIMES, out=producer) is producer
    np.testing.assert_array_equal(producer.array, VALUES * 2)
    assert producer.given_back == 1


@pytest.mark.parametrize("fails", [False, True])
def test_no_array_is_kept_after_a_call(fails: bool) -> None:
    arrays = [VALUES.copy(), TIMES.copy(), TARGETS.copy(), np.array([0, 8])]
    before = [sys.getrefcount(array) for array in arrays]
    if fails:
        arrays[3][1] = 9
        with pytest.raises(rc.InvalidDataError):
            rc.resample(*arrays[:3], offsets=arrays[3])
    else:
        rc.resample(*arrays[:3], offsets=arrays[3], quality=True)
    assert [sys.getrefcount(array) for array in arrays] == before


def test_graphs_of_gradients_are_freed_by_their_last_reference() -> None:
    torch = pytest.importorskip("torch")
    points, features = torch.from_numpy(VALUES), torch.ones(8, 2, requires_grad=True)
    gc.disable()
    try:
        voxels = rc.voxelize_sparse(points, 6.0, features=features)
        grid = rc.voxelize(points, 0.0, 6.0, 4, reduce="max", features=features)
        gone = [weakref.ref(one) for one in (voxels.coords, voxels.features, grid)]
        (voxels.features.sum() + grid.sum()).backward()
        del voxels, grid
        assert [one() for one in gone] == [None] * 3
    finally:
        gc.enable()


def test_results_outlive_everything() -> None:
    with rc.Context("cpu") as context:
        got = rc.resample(VALUES.copy(), TIMES, TARGETS, context=context, quality=True)
    gc.collect()
    np.testing.assert_array_equal(got.values, EXPECTED)
    assert got.valid.all()


def _call_numpy() -> None:
    rc.resample(VALUES, TIMES, TARGETS, quality=True)


def _call_capsules() -> None:
    rc.resample(_Numpy(), TIMES, TARGETS)


class _Numpy:
    """NumPy behind its DLPack."""

    def __dlpack__(self, **arguments: Any) -> Any:
        return VALUES.__dlpack__(**arguments)

    def __dlpack_device__(self) -> tuple[int, int]:
        return 1, 0


def _call_fuse() -> None:
    rc.fuse([rc.Stream(VALUES, TIMES), rc.Stream(_Numpy(), TIMES)], TARGETS)


def _call_and_fail() -> None:
    with pytest.raises(rc.InvalidArgumentError):
        rc.resample(VALUES, TIMES[:3], TARGETS)


def _call_torch() -> None:
    torch = pytest.importorskip("torch")
    values = torch.from_numpy(VALUES).requires_grad_()
    rc.resample(values, TIMES, TARGETS).sum().backward()


def _call_jax() -> None:
    jax = pytest.importorskip("jax")
    rc.resample(on_cpu(jax, VALUES), TIMES, TARGETS)


def _call_voxelize() -> None:
    rc.voxelize(VALUES, 0.0, 6.0, 4, reduce="mean", counts=True, stats=True)
    rc.voxelize_sparse(_Numpy(), 6.0, max_points=2)


def _call_voxelize_torch() -> None:
    torch = pytest.importorskip("torch")
    points, features = torch.from_numpy(VALUES), torch.ones(8, 2, requires_grad=True)
    rc.voxelize(points, 0.0, 6.0, 4, reduce="max", features=features).sum().backward()
    rc.voxelize_sparse(points, 6.0, features=features).features.sum().backward()


def _call_volume() -> None:
    volume = rc.TsdfVolume(0.0, 6.0, 4)
    volume.integrate_points(VALUES, normals=VALUES + 1, stats=True)
    volume.extract_points(normals=True)


def _call_deskew() -> None:
    rc.deskew(VALUES, TIMES, [0, 100], np.eye(4)[None].repeat(2, 0), reference_time=5)


def _call_context() -> None:
    rc.Context("cpu").close()


@pytest.mark.parametrize(
    ("call", "times"),
    [
        (_call_numpy, 10_000),
        (_call_capsules, 10_000),
        (_call_fuse, 10_000),
        (_call_and_fail, 10_000),
        (_call_torch, 3_000),
        (_call_jax, 1_000),
        (_call_voxelize, 3_000),
        (_call_voxelize_torch, 1_000),
        (_call_volume, 3_000),
        (_call_deskew, 3_000),
        (_call_context, 3_000),
    ],
)
def test_many_calls_leak_nothing(call: Any, times: int) -> None:
    # As long as caches of frameworks grow most: PyTorch with CUDA keeps 600 objects of its first
    # thousand gradients, 134 of the next 3,000.
    for _ in range(1_200):
        call()
    gc.collect()
    blocks, peak = sys.getallocatedblocks(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(times):
        call()
    gc.collect()
    # One leaked object or kilobyte a call would show as thousands; caches of frameworks may grow.
    assert sys.getallocatedblocks() - blocks < 200 + times / 10
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak < times
