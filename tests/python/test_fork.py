# SPDX-License-Identifier: Apache-2.0
"""Children made by fork, as the workers of a PyTorch DataLoader are."""

from __future__ import annotations

import multiprocessing
import os
import threading
import traceback
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import robocache as rc
from robocache import context as contexts

TIMES = np.arange(20_000) * 10
VALUES = np.random.default_rng(2).normal(size=(20_000, 8)).astype(np.float32)
TARGETS = np.arange(0, 199_000, 7)
SECONDS = 60


def run_in_child(work: Callable[[], None]) -> int:
    """Exit code of a forked child that does some work; a hang is a failure."""

    def guarded() -> None:
        try:
            work()
        except BaseException:
            traceback.print_exc()
            os._exit(1)

    child = multiprocessing.get_context("fork").Process(target=guarded)
    child.start()
    child.join(SECONDS)
    if child.exitcode is None:
        child.kill()
        pytest.fail(f"the child hung for {SECONDS} s")
    return child.exitcode


def check(context: rc.Context | None = None) -> None:
    got = rc.resample(VALUES, TIMES, TARGETS, context=context)
    np.testing.assert_array_equal(got[::1000], rc.resample(VALUES, TIMES, TARGETS[::1000]))


def test_a_child_goes_on_after_its_parent_used_a_context() -> None:
    check()
    parents = contexts.default_context(contexts.CPU)

    def work() -> None:
        check()
        assert contexts.default_context(contexts.CPU) is not parents

    assert run_in_child(work) == 0
    check()
    assert contexts.default_context(contexts.CPU) is parents


@pytest.mark.parametrize("threads", [0, 1, 4])
def test_a_child_goes_on_with_a_context_of_its_parent(threads: int) -> None:
    with rc.Context("cpu", threads) as context:
        check(context)
        assert run_in_child(lambda: check(context)) == 0
        check(context)


def test_a_child_may_end_a_context_of_its_parent() -> None:
    with rc.Context("cpu", 4) as context:
        check(context)
        assert run_in_child(context.close) == 0
        check(context)


def test_a_child_is_not_held_by_calls_of_other_threads() -> None:
    """Locks that other threads hold at the fork are never released in the child."""
    stop = threading.Event()
    context = rc.Context("cpu", 2)

    def busy() -> None:
        while not stop.is_set():
            rc.resample(VALUES, TIMES, TARGETS, context=context)

    threads = [threading.Thread(target=busy) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(5):
            assert run_in_child(check) == 0
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def test_a_child_of_a_child() -> None:
    check()

    def work() -> None:
        check()
        assert run_in_child(check) == 0

    assert run_in_child(work) == 0


def test_workers_use_one_thread() -> None:
    made: list[Any] = []
    original = rc.Context.__init__

    def spy(self: rc.Context, device: str, threads: int = 0) -> None:
        made.append(threads)
        original(self, device, threads)

    def work() -> None:
        rc.Context.__init__ = spy
        check()
        assert made == [1]

    assert run_in_child(work) == 0


@pytest.mark.parametrize(("start", "workers"), [("fork", 3), ("spawn", 1)])
def test_dataloader_workers(start: str, workers: int) -> None:
    torch = pytest.importorskip("torch")
    check()
    loader = torch.utils.data.DataLoader(
        Episodes(),
        batch_size=4,
        num_workers=workers,
        multiprocessing_context=start,
        timeout=SECONDS,
    )
    batches = torch.cat(list(loader))
    expected = torch.stack([Episodes()[index] for index in range(len(Episodes()))])
    assert torch.equal(batches, expected)


class Episodes:
    """A data set whose items are resampled where they are loaded."""

    def __len__(self) -> int:
        return 24

    def __getitem__(self, index: int) -> Any:
        import torch

        values = torch.from_numpy(VALUES)
        start = int(TIMES[index * 100])
        return rc.resample(values, TIMES, rc.target_clock(start, start + 5_000, "250000"))
