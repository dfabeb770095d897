# SPDX-License-Identifier: Apache-2.0
"""Training a transformer on windows drawn from stored episodes: what the data costs of a step.

    python -m bench.training [--output build/bench]

Episodes of four sensors, each with its own rate, lie in the GPU's memory. Every step draws 256 of
them, and in each a window of 64 ticks of one clock, and trains on it. The same loop runs on

- robocache: drawing and `rc.fuse` with `sequence_ids`, captured in a CUDA graph that every step
  replays;
- the same, called anew in every step;
- PyTorch's functions on the GPU: `searchsorted`, gathers and `lerp`, which is what people write;
- a DataLoader whose workers call `numpy.interp` for each channel;
- one batch again and again, which is the step without data;

with the model called kernel by kernel, with the model's work in a CUDA graph, and with all of the
step in one. Before that each makes batches alone.

Every way is checked against numpy.interp in float64 before it is timed. "busy" is the share of a
step in which the GPU runs a kernel of the model, "loading" the device time of making a batch, both
from the profiler; "waits" is the share, between events, in which the model's stream waits for a
batch or makes it.
"""

from __future__ import annotations

import argparse
import enum
import itertools
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

import robocache as rc
from bench.peers.measure import OWN, Suite, Time, cores, surroundings

SECOND = 1_000_000_000
SENSORS = {"joints": (14, 100), "force": (6, 500), "pose": (7, 60), "embedding": (32, 30)}
"""Channels and samples per second."""
WIDTH = sum(width for width, _ in SENSORS.values())
ACTIONS = SENSORS["joints"][0]
TICKS = 64
RATE = 20
"""Ticks of a window, and how many there are in a second."""
LONGEST = 30 * SECOND
ROUNDS = 5
MADE_AHEAD = 40
"""Batches that are drawn before time is taken: more than a DataLoader has ready."""


@dataclass(frozen=True)
class Size:
    """How much of everything."""

    episodes: int = 1000
    windows: int = 256
    layers: int = 8
    features: int = 512
    steps: int = 15


class Sensor(NamedTuple):
    """Samples of all episodes, packed one behind the other."""

    values: Any
    times: Any
    offsets: Any


class Windows(NamedTuple):
    """Which to read: an episode each, and its ticks."""

    episodes: Tensor
    targets: Tensor


class Store:
    """Episodes of 10 to 30 s of every sensor, in the GPU's memory; each begins at time 0."""

    def __init__(self, size: Size) -> None:
        self.size = size
        self.random = torch.Generator("cuda").manual_seed(1)
        self.clock = torch.from_numpy(rc.target_clock(0, TICKS * SECOND // RATE, RATE)).cuda()
        lasts = 10 + 20 * self._uniform(size.episodes)
        self.starts = ((lasts - TICKS / RATE) * SECOND).long()
        """Latest start of a window."""
        self.sensors = [self._sensor(lasts, *kind) for kind in SENSORS.values()]

    def _uniform(self, *shape: int) -> Tensor:
        return torch.rand(*shape, generator=self.random, device="cuda", dtype=torch.float64)

    def _sensor(self, lasts: Tensor, width: int, rate: int) -> Sensor:
        lengths = (lasts * rate).long() + 2
        zero = torch.zeros(1, dtype=torch.int64, device="cuda")
        offsets = torch.cat([zero, lengths.cumsum(0)])
        count = int(offsets[-1])
        index = torch.arange(count, device="cuda") - offsets[:-1].repeat_interleave(lengths)
        times = ((index + 0.4 * self._uniform(count)) * (SECOND / rate)).long()
        phase = 6 * self._uniform(width) + times[:, None] * (self._uniform(width) / SECOND)
        return Sensor(phase.sin().float(), times, offsets)

    def draw(self) -> Windows:
        """Windows at random."""
        count = self.size.windows
        episodes = torch.randint(self.size.episodes, (count,), generator=self.random, device="cuda")
        starts = (self._uniform(count) * self.starts[episodes]).long()
        return Windows(episodes, starts[:, None] + self.clock)


# ---- The ways to make the batch of some windows: bfloat16 [windows, ticks, channels].

Way = Callable[[Windows], Tensor]


def by_robocache(store: Store) -> Way:
    """`validate=False`: the times of the store were checked once, when it was filled."""
    with rc.Context("cuda") as context:
        streams = [rc.Stream(s.values, s.times, offsets=s.offsets) for s in store.sensors]
        rc.fuse(streams, store.clock, context=context)
        context.synchronize()

    def make(windows: Windows) -> Tensor:
        streams = [
            rc.Stream(
                s.values,
                s.times,
                offsets=s.offsets,
                sequence_ids=windows.episodes,
                validate=False,
            )
            for s in store.sensors
        ]
        return rc.fuse(streams, windows.targets, dtype=torch.bfloat16)[0]

    return make


def by_torch(store: Store) -> Way:
    """A search among the samples of all episodes, by (episode, time)."""
    keys = []
    for sensor in store.sensors:
        episodes = torch.arange(store.size.episodes, device="cuda")
        each = episodes.repeat_interleave(sensor.offsets.diff())
        keys.append(each * LONGEST * 2 + sensor.times)

    def make(windows: Windows) -> Tensor:
        wanted = windows.episodes[:, None] * (LONGEST * 2) + windows.targets
        parts = []
        for sensor, key in zip(store.sensors, keys, strict=True):
            first = sensor.offsets[windows.episodes][:, None] + 1
            last = sensor.offsets[windows.episodes + 1][:, None] - 1
            later = torch.searchsorted(key, wanted, right=True).clamp(first, last)
            begin, end = sensor.times[later - 1], sensor.times[later]
            weight = ((windows.targets - begin).float() / (end - begin).float()).clamp(0, 1)
            parts.append(
                torch.lerp(sensor.values[later - 1], sensor.values[later], weight[..., None])
            )
        return torch.cat(parts, -1).bfloat16()

    return make


def interpolate(sensors: list[Sensor], episode: int, targets: np.ndarray) -> np.ndarray:
    """One window by numpy.interp, channel by channel; of each sensor the part that it needs."""
    parts = []
    for values, times, offsets in sensors:
        first, last = offsets[episode], offsets[episode + 1]
        source = times[first:last]
        begin = max(np.searchsorted(source, targets[0]) - 1, 0)
        end = np.searchsorted(source, targets[-1], side="right") + 1
        part = values[first:last][begin:end]
        parts += [np.interp(targets, source[begin:end], channel) for channel in part.T]
    return np.stack(parts, -1)


class RandomWindows(torch.utils.data.IterableDataset):
    """Windows at random out of a store in the host's memory."""

    def __init__(self, store: Store) -> None:
        self.sensors = [Sensor(*(one.cpu().numpy() for one in s)) for s in store.sensors]
        self.starts, self.clock = store.starts.cpu().numpy(), store.clock.cpu().numpy()

    def __iter__(self) -> Iterator[np.ndarray]:
        worker = torch.utils.data.get_worker_info()
        random = np.random.default_rng(worker.seed)
        while True:
            episode = random.integers(len(self.starts))
            targets = int(random.random() * self.starts[episode]) + self.clock
            yield interpolate(self.sensors, episode, targets).astype(np.float32)


def check(way: Way, store: Store) -> float:
    """Largest error of a batch, against float64."""
    windows = store.draw()
    batch = way(windows).double().cpu().numpy()
    on_host = [Sensor(*(one.cpu().numpy() for one in s)) for s in store.sensors]
    exact = [
        interpolate(on_host, episode, targets)
        for episode, targets in zip(*(one.cpu().numpy() for one in windows), strict=True)
    ]
    error = float(np.abs(batch - np.stack(exact)).max())
    if not error < 4e-3:  # half a unit in the last place of bfloat16, below 1
        raise ValueError(f"expected batches within 4e-3 of numpy.interp, got {error}")
    return error


# ---- The loops' sources of batches.


def called(way: Way, store: Store) -> Iterator[Tensor]:
    while True:
        yield way(store.draw())


def replayed(way: Way, store: Store) -> Iterator[Tensor]:
    """Each batch lies where the one before it lay."""
    graph = torch.cuda.CUDAGraph()
    graph.register_generator_state(store.random)
    with torch.cuda.graph(graph, capture_error_mode="thread_local"):
        batch = way(store.draw())
    while True:
        graph.replay()
        yield batch


def from_workers(store: Store, workers: int) -> Iterator[Tensor]:
    loader = torch.utils.data.DataLoader(
        RandomWindows(store),
        batch_size=store.size.windows,
        num_workers=workers,
        pin_memory=True,
    )
    for batch in loader:
        yield batch.to("cuda", non_blocking=True).bfloat16()


# ---- The model.


class Model(nn.Module):
    """Predicts the next joint positions from all sensors up to now."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.embed = nn.Linear(WIDTH, size.features)
        self.place = nn.Parameter(torch.randn(TICKS, size.features) * 0.02)
        layer = nn.TransformerEncoderLayer(
            size.features, size.features // 64, 4 * size.features, dropout=0.0,
            activation="gelu", batch_first=True, norm_first=True,
        )  # fmt: skip
        self.layers = nn.TransformerEncoder(layer, size.layers, enable_nested_tensor=False)
        self.head = nn.Linear(size.features, ACTIONS)
        mask = nn.Transformer.generate_square_subsequent_mask(TICKS)
        self.register_buffer("mask", mask)

    def forward(self, batch: Tensor) -> Tensor:
        hidden = self.layers(self.embed(batch) + self.place, mask=self.mask, is_causal=True)
        return self.head(hidden)


class Graph(enum.Enum):
    """What of a step is captured in a CUDA graph."""

    NONE = "kernel by kernel"
    MODEL = "the model in a graph"
    STEP = "all in a graph"


class Measured(NamedTuple):
    """A step, and shares of it."""

    taken: Time
    busy: float
    """In which the GPU runs a kernel of the model."""
    loading: float
    """Device time of making a batch, wherever; of the DataLoader that of its copy."""
    waits: float
    """In which the model's stream waits for a batch, or makes it."""


class Loop:
    """The usual steps, with what measures them."""

    def __init__(self, store: Store, batches: Iterator[Tensor], graph: Graph) -> None:
        torch.manual_seed(0)
        self.size, self.batches = store.size, batches
        self.model = Model(self.size).cuda().bfloat16()
        self.optimizer = torch.optim.AdamW(
            self.model.parameters(), lr=1e-4, fused=True, capturable=True
        )
        self.batch = torch.empty_like(next(batches))
        self.loading = device_seconds(lambda: next(batches), 8)
        self.replay = None if graph is Graph.NONE else self._capture(store, graph)
        self.events: list[list[torch.cuda.Event]] = []

    def _capture(self, store: Store, graph: Graph) -> torch.cuda.CUDAGraph:
        captured = torch.cuda.CUDAGraph()
        captured.register_generator_state(store.random)
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):  # warms up what must not be captured
                self._train(self.batch.copy_(next(self.batches)))
        torch.cuda.current_stream().wait_stream(stream)
        self.optimizer.zero_grad(set_to_none=True)
        # What the thread of a DataLoader that pins memory does meanwhile is no part of it.
        with torch.cuda.graph(captured, capture_error_mode="thread_local"):
            self._train(next(self.batches) if graph is Graph.STEP else self.batch)
        if graph is Graph.STEP:
            self.batches = itertools.repeat(self.batch)
        return captured

    def _train(self, batch: Tensor) -> None:
        self.optimizer.zero_grad(set_to_none=True)
        predicted = self.model(batch)[:, :-1]
        loss = nn.functional.mse_loss(predicted.float(), batch[:, 1:, :ACTIONS].float())
        loss.backward()
        self.optimizer.step()

    def step(self) -> None:
        begin, ready = events = [torch.cuda.Event(enable_timing=True) for _ in range(2)]
        begin.record()
        batch = next(self.batches)
        if self.replay is None:
            ready.record()
            self._train(batch)
        else:
            self.batch.copy_(batch)
            ready.record()
            self.replay.replay()
        self.events.append(events)

    def run(self, steps: int) -> float:
        """Seconds of a step."""
        self.events.clear()
        torch.cuda.synchronize()
        begin = time.perf_counter()
        for _ in range(steps):
            self.step()
        torch.cuda.synchronize()
        return (time.perf_counter() - begin) / steps

    def measure(self) -> Measured:
        self.run(10)
        for _ in range(MADE_AHEAD):
            next(self.batches)
        seconds, waits = [], []
        for _ in range(ROUNDS):
            seconds.append(self.run(self.size.steps))
            milliseconds = [begin.elapsed_time(ready) for begin, ready in self.events]
            waits.append(statistics.mean(milliseconds) * 1e-3 / seconds[-1])
        taken = Time.of(seconds)
        model = device_seconds(self.step, 4) - self.loading
        busy, loading = model / taken.seconds, self.loading / taken.seconds
        return Measured(taken, busy, loading, statistics.median(waits))


def alone(batches: Iterator[Tensor], count: int) -> Time:
    """Of a batch, where nothing else is done."""
    for _ in range(MADE_AHEAD):
        next(batches)
    seconds = []
    for _ in range(ROUNDS):
        torch.cuda.synchronize()
        begin = time.perf_counter()
        for _ in range(count):
            next(batches)
        torch.cuda.synchronize()
        seconds.append((time.perf_counter() - begin) / count)
    return Time.of(seconds)


def device_seconds(call: Callable[[], object], calls: int) -> float:
    """Of a call, in which the GPU runs a kernel or copies."""
    torch.cuda.synchronize()
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CUDA]) as profile:
        for _ in range(calls):
            call()
        torch.cuda.synchronize()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trace.json"
        profile.export_chrome_trace(str(path))
        events = json.loads(path.read_text())["traceEvents"]
    kinds = ("kernel", "gpu_memcpy", "gpu_memset")
    spans = [(e["ts"], e["ts"] + e["dur"]) for e in events if e.get("cat") in kinds]
    return covered(spans) / calls * 1e-6


def covered(spans: list[tuple[float, float]]) -> float:
    """Length of the union."""
    length, reached = 0.0, -np.inf
    for begin, end in sorted(spans):
        length += max(0.0, end - max(begin, reached))
        reached = max(reached, end)
    return length


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--output", type=Path, default=Path("build/bench"))
    parser.add_argument("--small", action="store_true", help="to try the command")
    parser.add_argument("--workers", type=int, default=max(1, min(16, cores()) - 2))
    arguments = parser.parse_args()
    if not torch.cuda.is_available():
        print("skipped: PyTorch finds no CUDA device")
        return

    size = Size(episodes=50, windows=32, layers=2, steps=4) if arguments.small else Size()
    store = Store(size)
    suite = Suite(
        "training", surroundings(torch.cuda.get_device_name(), torch=torch.__version__), {}
    )
    windows = f"{size.windows} windows of {TICKS} ticks of {WIDTH} channels"
    work = f"a step: {size.layers} layers of {size.features}, {windows}"
    own, eager = by_robocache(store), by_torch(store)
    errors = {own: check(own, store), eager: check(eager, store)}
    batch = own(store.draw())
    same = itertools.repeat(batch)
    workers = from_workers(store, arguments.workers)
    from_numpy = f"DataLoader, numpy.interp, {arguments.workers} workers"

    for name, batches in (
        (OWN, replayed(own, store)),
        (f"{OWN}, called anew", called(own, store)),
        ("torch on the GPU", called(eager, store)),
        (from_numpy, workers),
    ):
        suite.add(f"a batch: {windows}", name, alone(batches, 30), group="a batch")
    ways: list[tuple[Graph, str, Way | None, Iterator[Tensor]]] = [
        (Graph.STEP, OWN, own, called(own, store))
    ]
    for graph in (Graph.MODEL, Graph.NONE):
        ways += [
            (graph, f"{OWN}, one batch again and again", None, same),
            (graph, OWN, own, replayed(own, store)),
            (graph, f"{OWN}, called anew", own, called(own, store)),
            (graph, "torch on the GPU", eager, called(eager, store)),
            (graph, from_numpy, None, workers),
        ]
    for graph, name, way, batches in ways:
        found = Loop(store, batches, graph).measure()
        suite.add(
            f"{work}, {graph.value}", name, found.taken, error=errors.get(way),
            group=graph.value,
            busy=found.busy, loading=found.loading, waits=found.waits,
            windows_per_second=size.windows / found.taken.seconds,
        )  # fmt: skip
        print(f"  busy {found.busy:.1%}, loading {found.loading:.2%}, waits {found.waits:.2%}")
    suite.finish(arguments.output)


if __name__ == "__main__":
    main()
