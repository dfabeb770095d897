# SPDX-License-Identifier: Apache-2.0
"""Loops that train: batches drawn in a captured graph, shards on every GPU, equal to the CPU."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import robocache as rc

torch = pytest.importorskip("torch")
if not torch.cuda.is_available():
    pytest.skip("PyTorch finds no CUDA device", allow_module_level=True)

EPISODES, SAMPLES, ROWS, TICKS, SPAN = 20, 400, 64, 16, 20_000


def store(device: str, seed: int) -> list[tuple[Any, Any]]:
    """Values and times of two sensors in every episode."""
    random = torch.Generator().manual_seed(seed)
    sensors = []
    for width, samples in ((7, SAMPLES), (3, SAMPLES // 4)):
        values = torch.randn(EPISODES, samples, width, generator=random)
        steps = torch.randint(1, 2 * SPAN // samples, (EPISODES, samples), generator=random)
        sensors.append((values.to(device), steps.cumsum(1).to(device)))
    return sensors


def batch(sensors: list[tuple[Any, Any]], episodes: Any, targets: Any, **options: Any) -> Any:
    streams = [rc.Stream(*one, sequence_ids=episodes, validate=False) for one in sensors]
    return rc.fuse(streams, targets, **options)[0]


def bits(tensor: Any) -> bytes:
    return bytes(tensor.cpu().numpy().tobytes())


def test_a_captured_batch_has_other_windows_at_each_replay() -> None:
    sensors, on_host = store("cuda", 0), store("cpu", 0)
    clock = torch.arange(TICKS, device="cuda") * 50

    def draw() -> tuple[Any, Any, Any]:
        episodes = torch.randint(EPISODES, (ROWS,), device="cuda")
        targets = torch.randint(SPAN, (ROWS, 1), device="cuda") + clock
        return episodes, targets, batch(sensors, episodes, targets)

    draw()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        episodes, targets, result = draw()
    seen = set()
    for _ in range(3):
        graph.replay()
        expected = batch(on_host, episodes.cpu(), targets.cpu())
        assert bits(result) == bits(expected)
        seen.add(bits(result))
    assert len(seen) == 3


def test_every_gpu_serves_a_shard_of_its_own() -> None:
    count = torch.cuda.device_count()
    if count < 2:
        pytest.skip("one GPU; two or more are needed")

    def serve(index: int) -> list[bytes]:
        """Of the same thread: its device stays current, whatever the library does."""
        device = f"cuda:{index}"
        torch.cuda.set_device(index)
        sensors = store(device, index)
        episodes = torch.arange(ROWS, device=device) % EPISODES
        targets = torch.arange(ROWS * TICKS, device=device).view(ROWS, TICKS) * 19
        results = []
        with rc.Context(device) as context:
            for turn in range(20):
                out = batch(sensors, episodes, targets + turn, context=context)
                assert torch.cuda.current_device() == index
                results.append(bits(out))
            context.synchronize()
        return results

    with ThreadPoolExecutor(count) as threads:
        results = list(threads.map(serve, range(count)))
    for index, found in enumerate(results):
        sensors = store("cpu", index)
        episodes = torch.arange(ROWS) % EPISODES
        targets = torch.arange(ROWS * TICKS).view(ROWS, TICKS) * 19
        expected = [bits(batch(sensors, episodes, targets + turn)) for turn in range(20)]
        assert found == expected
