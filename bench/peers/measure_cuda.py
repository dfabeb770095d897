# SPDX-License-Identifier: Apache-2.0
"""What the peer benchmarks on a GPU share: time by events around replays of graphs, copy rate, and
the table and its JSON."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch


def event_seconds(call: Callable[[], Any], repeats: int) -> float:
    """Median time between events around a call."""
    times = []
    for _ in range(3 + repeats):
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        begin.record()
        call()
        end.record()
        end.synchronize()
        times.append(begin.elapsed_time(end) * 1e-3)
    return statistics.median(times[3:])


def graph_seconds(calls: list[Callable[[], Any]], repeats: int) -> float:
    """Median device time of a call, the calls one behind the other in a graph."""
    for call in calls:
        call()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        for call in calls:
            call()
    return event_seconds(graph.replay, repeats) / len(calls)


def copy_rate() -> float:
    """Bytes per second, read and written, of a copy that moves 2 GiB."""
    source = torch.rand(1 << 28, device="cuda")
    target = torch.empty_like(source)
    return 2 * source.nbytes / event_seconds(lambda: target.copy_(source), 30)


def cache_bytes() -> int:
    """Of the L2."""
    return int(torch.cuda.get_device_properties(0).L2_cache_size)


def report(path: Path, where: dict[str, Any], copy: float, table: str, rows: Sequence[Any]) -> None:
    """Prints the table under what it was measured with, and writes its rows as JSON."""
    print(f"{where['device']}, {where['date']}, commit {where['commit']}")
    print(f"copy: {copy / 1e9:.0f} GB/s", table, sep="\n\n")
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {"surroundings": where, "copy": copy, "rows": [asdict(row) for row in rows]}
    path.write_text(json.dumps(content, indent=2) + "\n")
    print("written:", path)
