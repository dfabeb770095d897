# SPDX-License-Identifier: Apache-2.0
"""What benchmarks on a GPU share: time by events around replays of graphs, and the copy rate."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch

import robocache as rc
from bench.peers.measure import Suite, Time, surroundings

SETS = 64
"""Most sets of inputs of a case."""

AHEAD = 600_000
"""Clocks that the GPU spins before a time begins, while the host puts the work on the stream. The
time of an idle GPU would begin when the host asks for the first event, 3 to 17 us ahead of it."""

LEAST = 1e-3
"""Seconds of a graph that holds calls more than once: to begin and to end it takes 2 us."""


def event_time(
    call: Callable[[], Any], repeats: int = 30, before: Callable[[], Any] | None = None
) -> Time:
    """Between events around a call, after three that warm up. `before` is done ahead of each."""
    times = []
    for _ in range(3 + repeats):
        if before:
            before()
        torch.cuda._sleep(AHEAD)
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        begin.record()
        call()
        end.record()
        end.synchronize()
        times.append(begin.elapsed_time(end) * 1e-3)
    return Time.of(times[3:])


def captured(calls: list[Callable[[], Any]]) -> torch.cuda.CUDAGraph:
    """The calls one behind the other in a graph."""
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        for call in calls:
            call()
    return graph


def graph_time(
    calls: list[Callable[[], Any]], repeats: int = 30, before: Callable[[], Any] | None = None
) -> Time:
    """Device time of a call in a graph of all calls that is replayed. Without `before` the graph
    holds them as many times as take LEAST."""
    for call in calls:
        call()
    if not before:
        once = event_time(captured(calls).replay, 3).seconds
        calls = calls * math.ceil(LEAST / once)
    taken = event_time(captured(calls).replay, repeats, before)
    return Time(taken.seconds / len(calls), taken.spread)


def cache_bytes() -> int:
    """Of the L2."""
    return int(torch.cuda.get_device_properties(0).L2_cache_size)


def sets_that_flush(moved: int) -> int:
    """Sets of inputs, each of which moves so many bytes, that take more than twice the L2, but not
    more than SETS: a case whose sets take less is timed behind `flush`."""
    return min(SETS, math.ceil(2.5 * cache_bytes() / moved))


def flush(moved: int) -> Callable[[], Any] | None:
    """What empties the L2 before each replay of a cold case whose sets do not see to it."""
    if SETS * moved > 2 * cache_bytes():
        return None
    return torch.empty(4 * cache_bytes(), dtype=torch.uint8, device="cuda").zero_


def workspace_of(call: Callable[[], Any]) -> int:
    """Bytes that a call takes beside its results; its context has PyTorch's allocator."""
    call()
    torch.cuda.synchronize()
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    result = call()
    torch.cuda.synchronize()
    results = torch.cuda.memory_allocated() - before
    most = torch.cuda.max_memory_allocated() - before
    del result
    return most - results


def copy_rate() -> float:
    """Gigabytes per second, read and written, of a kernel that moves 2 GiB."""
    source = torch.rand(1 << 28, device="cuda")
    target = torch.empty_like(source)
    return 2 * source.nbytes / event_time(lambda: torch.neg(source, out=target)).seconds / 1e9


def cuda_suite(name: str, **versions: str) -> Suite:
    """A suite of this GPU, its copy rate measured now."""
    where = surroundings(
        torch.cuda.get_device_name(),
        robocache=rc.__version__,
        torch=torch.__version__,
        **versions,
    )
    return Suite(name, where, {0: copy_rate()})
