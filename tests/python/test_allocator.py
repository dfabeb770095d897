# SPDX-License-Identifier: Apache-2.0
"""Workspace from the caller: two functions of Python, or PyTorch's caching allocator."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import robocache as rc

RNG = np.random.default_rng(7)
VALUES = RNG.normal(size=(6, 400, 5)).astype(np.float32)
TIMES = RNG.integers(0, 4000, size=(6, 400))
TARGETS = RNG.integers(-50, 4500, size=(6, 100))
EXPECTED = rc.resample(VALUES, TIMES, TARGETS, order="sort")


class Heap:
    """Aligned blocks of NumPy, counted."""

    def __init__(self) -> None:
        self.blocks: dict[int, tuple[int, Any]] = {}
        self.taken = 0

    def allocate(self, size: int, alignment: int, stream: int) -> int:
        assert stream == 0
        memory = np.empty(size + alignment, np.uint8)
        address = -(-memory.ctypes.data // alignment) * alignment
        self.blocks[address] = size, memory
        self.taken += size
        return address

    def deallocate(self, address: int, size: int, _stream: int) -> None:
        assert self.blocks.pop(address)[0] == size


def sorted_with(context: rc.Context, *arrays: Any) -> Any:
    arrays = arrays or (VALUES, TIMES, TARGETS)
    return rc.resample(*arrays, order="sort", context=context)


def test_workspace_comes_from_the_caller_and_goes_back() -> None:
    heap = Heap()
    with rc.Context("cpu", allocator=(heap.allocate, heap.deallocate)) as context:
        np.testing.assert_array_equal(sorted_with(context), EXPECTED)
        assert heap.taken >= TIMES.shape[1] * 8
        sorted_with(context)
    assert heap.blocks == {}


@pytest.mark.parametrize("fails", ["gives none", "raises"])
def test_out_of_memory_leaves_the_context_usable(fails: str, caplog: Any) -> None:
    heap, empty = Heap(), True

    def allocate(size: int, alignment: int, stream: int) -> int:
        if not empty:
            return heap.allocate(size, alignment, stream)
        if fails == "raises":
            raise MemoryError("full")
        return 0

    with rc.Context("cpu", allocator=(allocate, heap.deallocate)) as context:
        with pytest.raises(rc.OutOfMemoryError, match="got none from the allocator"):
            sorted_with(context)
        assert ("allocator: MemoryError: full" in caplog.text) == (fails == "raises")
        empty = False
        np.testing.assert_array_equal(sorted_with(context), EXPECTED)


def test_allocators_that_are_refused() -> None:
    with pytest.raises(rc.InvalidArgumentError, match=r"allocator: expected None unless"):
        rc.Context("cpu", allocator="torch")
    with pytest.raises(rc.InvalidArgumentError, match=r"allocator: expected 'torch' .*'jemalloc'"):
        rc.Context("cpu", allocator="jemalloc")


@pytest.mark.skipif(
    not rc.devices()[1]["available"], reason=f"no CUDA device: {rc.devices()[1]['reason']}"
)
@pytest.mark.usefixtures("first_device")
def test_the_caching_allocator_of_torch() -> None:
    torch = pytest.importorskip("torch")
    arrays = [torch.from_numpy(array).cuda() for array in (VALUES, TIMES, TARGETS)]
    with rc.Context("cuda", allocator="torch") as context:
        rc.resample(*arrays, order="sort", context=context)
        before = torch.cuda.memory_stats()["allocated_bytes.all.allocated"]
        got = sorted_with(context, *arrays)
        taken = torch.cuda.memory_stats()["allocated_bytes.all.allocated"] - before
        # The result and the workspace are PyTorch's; the latter is back with it.
        assert taken >= got.nbytes + TIMES.nbytes
        held = torch.cuda.memory_allocated()
        got = sorted_with(context, *arrays)
        assert torch.cuda.memory_allocated() == held
        context.synchronize()
    np.testing.assert_array_equal(got.cpu().numpy(), EXPECTED)
