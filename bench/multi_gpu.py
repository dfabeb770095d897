# SPDX-License-Identifier: Apache-2.0
"""The library on 1, 2, 4 and 8 GPUs of one host: independent shards, a context and a thread each.

    python -m bench.multi_gpu [--output build/bench]

Every GPU has inputs of its own. They lie in its memory, or in pinned memory of the host: then they
are copied into one of two buffers while the other one is worked on. Calls on what lies in a GPU's
memory are replayed from a graph, as in the other suites, and also made one by one: from threads of
Python, which take turns at its lock. Each shard's result is compared with the CPU's, to the bit,
before anything is timed. A row's time is that in which all GPUs have done one call each, from a
start in common to the end of the last. "efficiency" is the mean time of the same GPUs, each working
alone, by this time.
"""

from __future__ import annotations

import argparse
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

import robocache as rc
from bench.peers.measure import OWN, Suite, Time, surroundings
from bench.peers.measure_cuda import copy_rate

COUNTS = (1, 2, 4, 8)
STEP = 1_000_000
"""Mean time between samples, in nanoseconds."""
CELL = 0.1
SECONDS = 0.25
"""Least duration of a round: threads that begin together begin up to some milliseconds apart."""
ROUNDS = 7
CAPTURED = 16
"""Calls of a graph."""


@dataclass(frozen=True)
class Work:
    """One operation: its inputs, and the call that writes its result."""

    name: str
    make: Callable[[torch.Generator], list[Tensor]]
    empty: Callable[[str], Tensor]
    """The result on a device."""
    call: Callable[[Sequence[Tensor], Tensor, rc.Context], object]


def sensor(
    random: torch.Generator, rows: int, samples: int, width: int, lasts: int
) -> list[Tensor]:
    """Values in [-1, 1], and times with jitter that fill the same time at any rate."""
    device, step = random.device, lasts // samples
    values = torch.rand(rows, samples, width, generator=random, device=device) * 2 - 1
    jitter = torch.randint(0, step // 2, (rows, samples), generator=random, device=device)
    return [values, torch.arange(samples, device=device) * step + jitter]


def clock(random: torch.Generator, targets: int, lasts: int) -> Tensor:
    return torch.arange(targets, device=random.device) * (lasts // targets) + STEP // 3


def resample(rows: int) -> Work:
    samples, targets, width = 1000, 500, 32
    lasts = samples * STEP

    def make(random: torch.Generator) -> list[Tensor]:
        return [*sensor(random, rows, samples, width, lasts), clock(random, targets, lasts)]

    return Work(
        f"resample f32 B{rows} S{samples} T{targets} D{width}",
        make,
        lambda device: torch.empty(rows, targets, width, device=device),
        lambda inputs, out, context: rc.resample(*inputs, out=out, context=context),
    )


def fuse(rows: int) -> Work:
    kinds, targets = ((150, 512), (500, 64), (1000, 12)), 250
    lasts = 1000 * STEP

    def make(random: torch.Generator) -> list[Tensor]:
        inputs = []
        for samples, width in kinds:
            values, times = sensor(random, rows, samples, width, lasts)
            inputs += [values.bfloat16(), times]
        return [*inputs, clock(random, targets, lasts)]

    def call(inputs: Sequence[Tensor], out: Tensor, context: rc.Context) -> object:
        *streams, targets = inputs
        pairs = zip(streams[::2], streams[1::2], strict=True)
        return rc.fuse([rc.Stream(*pair) for pair in pairs], targets, out=out, context=context)

    width = sum(width for _, width in kinds)
    shape = ", ".join(f"{s}x{d}" for s, d in kinds)
    return Work(
        f"fuse bf16 B{rows} ({shape}) T{targets}",
        make,
        lambda device: torch.empty(rows, targets, width, device=device, dtype=torch.bfloat16),
        call,
    )


def voxelize(points: int, edge: int) -> Work:
    def make(random: torch.Generator) -> list[Tensor]:
        where = torch.rand(points, 3, generator=random, device=random.device) * (edge * CELL)
        return [where, torch.rand(points, 4, generator=random, device=random.device) * 2 - 1]

    def call(inputs: Sequence[Tensor], out: Tensor, context: rc.Context) -> object:
        return rc.voxelize(
            inputs[0], (0.0,) * 3, (CELL,) * 3, (edge,) * 3, reduce="mean", features=inputs[1],
            out=out, context=context,
        )  # fmt: skip

    return Work(
        f"voxelize mean of 4 f32, {points:,} points, {edge}^3",
        make,
        lambda device: torch.empty(edge, edge, edge, 4, device=device),
        call,
    )


class Shard:
    """One GPU's part of a work."""

    def __init__(self, work: Work, index: int) -> None:
        self.work, self.index, self.device = work, index, f"cuda:{index}"
        self.context = rc.Context(self.device)
        self.streams = [torch.cuda.Stream(self.device) for _ in range(2)]
        with self.on(0):
            self.inputs = work.make(torch.Generator(self.device).manual_seed(index))
            self.pinned = [
                torch.empty_like(one, device="cpu", pin_memory=True).copy_(one)
                for one in self.inputs
            ]
            self.buffers = [[torch.empty_like(one) for one in self.inputs] for _ in range(2)]
            self.out = work.empty(self.device)
            self.free = [torch.cuda.Event() for _ in range(2)]
        self.graph = self.captured()
        self.thread = ThreadPoolExecutor(1)
        self.bytes = sum(one.nbytes for one in self.inputs)

    def on(self, stream: int) -> torch.cuda.StreamContext:
        """0: of the work; 1: of the copies."""
        return torch.cuda.stream(self.streams[stream])

    def captured(self) -> torch.cuda.CUDAGraph:
        """CAPTURED calls on the inputs in the GPU's memory."""
        graph = torch.cuda.CUDAGraph()
        self.resident(1)
        with torch.cuda.device(self.device), torch.cuda.graph(graph, stream=self.streams[0]):
            for _ in range(CAPTURED):
                self.work.call(self.inputs, self.out, self.context)
        return graph

    def replays(self, turns: int) -> None:
        with self.on(0):
            for _ in range(turns):
                self.graph.replay()
        self.context.synchronize()

    def resident(self, turns: int) -> None:
        with self.on(0):
            for _ in range(turns):
                self.work.call(self.inputs, self.out, self.context)
        self.context.synchronize()

    def copies(self, turns: int) -> None:
        with self.on(1):
            for _ in range(turns):
                for buffer, one in zip(self.buffers[0], self.pinned, strict=True):
                    buffer.copy_(one, non_blocking=True)
        self.streams[1].synchronize()

    def pipeline(self, turns: int) -> None:
        for turn in range(turns):
            buffers, free = self.buffers[turn % 2], self.free[turn % 2]
            with self.on(1):
                self.streams[1].wait_event(free)
                for buffer, one in zip(buffers, self.pinned, strict=True):
                    buffer.copy_(one, non_blocking=True)
                copied = self.streams[1].record_event()
            with self.on(0):
                self.streams[0].wait_event(copied)
                self.work.call(buffers, self.out, self.context)
                free.record()
        self.context.synchronize()

    def check(self, cpu: rc.Context) -> None:
        """The results of each way, against the CPU's, to the bit."""
        expected = self.work.empty("cpu")
        self.work.call(self.pinned, expected, cpu)
        for way in (self.replays, self.resident, self.pipeline):
            with self.on(0):
                self.out.fill_(float("nan"))
            way(2)
            if not torch.equal(self.out.cpu().view(torch.uint8), expected.view(torch.uint8)):
                raise ValueError(f"{self.work.name}: {self.device}: {way.__name__}: not the CPU's")

    def close(self) -> None:
        self.thread.shutdown()
        self.graph.reset()
        self.context.close()


class Way(NamedTuple):
    """How the calls of a row are made."""

    place: str
    name: str
    take: Callable[[Shard, int], None]
    """Takes so many turns."""
    calls: int = 1
    """Of a turn."""


WAYS = (
    Way("in the GPU's memory", OWN, Shard.replays, CAPTURED),
    Way("in the GPU's memory, called by Python's threads", OWN, Shard.resident),
    Way("in pinned memory", OWN, Shard.pipeline),
    Way("in pinned memory", f"{OWN}, the copy alone", Shard.copies),
)


def together(shards: Sequence[Shard], way: Way, turns: int) -> float:
    """Seconds of a call, of all at once: from a start in common to the end of the last."""
    barrier = threading.Barrier(len(shards))

    def run(shard: Shard) -> tuple[float, float]:
        barrier.wait()
        begin = time.perf_counter()
        way.take(shard, turns)
        return begin, time.perf_counter()

    futures = [shard.thread.submit(run, shard) for shard in shards]
    begins, ends = zip(*(future.result() for future in futures), strict=True)
    return (max(ends) - min(begins)) / (turns * way.calls)


def rounds(shards: Sequence[Shard], way: Way, turns: int) -> Time:
    together(shards, way, turns)
    return Time.of([together(shards, way, turns) for _ in range(ROUNDS)])


def measure(suite: Suite, work: Work, counts: Sequence[int]) -> None:
    shards = [Shard(work, index) for index in range(max(counts))]
    with rc.Context("cpu") as cpu:
        for shard in shards:
            shard.check(cpu)
    for way in WAYS:
        together(shards[:1], way, 2)
        turns = max(2, round(SECONDS / (together(shards[:1], way, 2) * way.calls)))
        alone = [rounds([shard], way, turns) for shard in shards]
        for count in counts:
            taken = rounds(shards[:count], way, turns) if count > 1 else alone[0]
            mean = sum(one.seconds for one in alone[:count]) / count
            suite.add(
                f"{work.name}, {way.place}, {count} GPU{'s' * (count > 1)}",
                way.name,
                taken,
                group=way.place,
                axes={"gpus": count, "input": way.place},
                efficiency=mean / taken.seconds,
                input_gigabytes_per_second=count * shards[0].bytes / taken.seconds / 1e9,
            )
    for shard in shards:
        shard.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--output", type=Path, default=Path("build/bench"))
    parser.add_argument("--small", action="store_true", help="to try the command")
    arguments = parser.parse_args()
    gpus = torch.cuda.device_count()
    counts = [count for count in COUNTS if count <= gpus]
    for count in COUNTS:
        if count > gpus:
            print(f"skipped: {count} GPUs: this machine has {gpus}")
    if not counts:
        return

    part = 16 if arguments.small else 1
    works = [resample(8192 // part), fuse(4096 // part), voxelize(10_000_000 // part, 256)]
    where = surroundings(torch.cuda.get_device_name(), torch=torch.__version__)
    suite = Suite("multi-gpu", where, {0: copy_rate()})
    for work in works:
        measure(suite, work, counts)
        torch.cuda.empty_cache()
    suite.finish(arguments.output)


if __name__ == "__main__":
    main()
