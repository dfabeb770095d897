# SPDX-License-Identifier: Apache-2.0
"""Resampling and fusing on the CPU next to NumPy, SciPy, PyTorch and pandas.

python -m bench.peers.resample

The cases of `resample_cpu` in bench/cases.py: recordings with jittered int64 stamps and regular
targets. Every way is checked against a float64 oracle before it is timed.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import scipy
import torch
from numpy.typing import NDArray
from scipy.interpolate import interp1d

import robocache as rc
from bench.cases import Resample, resample_cpu
from bench.peers.measure import OWN, Suite, copy_rates, surroundings, wall_time

TOLERANCE = 2e-6
"""Of values in [-1, 1]: float32 weights and results, and float64 seconds in the peers."""

STEP = 1_000_000
"""Mean time between samples of the densest stream, in nanoseconds."""

Call = Callable[[], NDArray[Any]]


class Stream:
    """Samples of one sensor, their times, and where the targets lie among them."""

    def __init__(self, case: Resample, samples: int, width: int, target: NDArray[np.int64]) -> None:
        rng = np.random.default_rng(samples)
        step = STEP * case.samples // samples
        self.values = rng.uniform(-1, 1, (samples, width)).astype(np.float32)
        self.times = np.arange(samples) * step + rng.integers(0, step // 2, samples)
        self.seconds = self.times * 1e-9
        after = np.searchsorted(self.times, target, side="right")
        self.earlier = np.clip(after - 1, 0, samples - 1)
        self.later = np.clip(after, 0, samples - 1)

    def oracle(self, mode: str, target: NDArray[np.int64]) -> NDArray[np.float64]:
        """What `mode` gives, in float64 from exact time differences."""
        first = self.values[self.earlier].astype(np.float64)
        if mode == "previous":
            return first
        span = self.times[self.later] - self.times[self.earlier]
        weight = np.clip((target - self.times[self.earlier]) / np.maximum(span, 1), 0, 1)
        return first + weight[:, None] * (self.values[self.later] - first)


class Work:
    """The recording of a case, the targets, and what must come out."""

    def __init__(self, case: Resample) -> None:
        self.case = case
        ratio = case.samples // case.targets
        self.targets = np.arange(case.targets) * (STEP * ratio) + STEP // 2
        self.target_seconds = self.targets * 1e-9
        samples = case.stream_samples or (case.samples,)
        self.streams = [
            Stream(case, s, d, self.targets) for s, d in zip(samples, case.widths, strict=True)
        ]
        self.oracle = np.concatenate(
            [stream.oracle(case.mode, self.targets) for stream in self.streams], axis=1
        )
        self.output = np.empty(self.oracle.shape, np.float32)

    def bytes(self) -> int:
        touched = []
        for stream in self.streams:
            rows = np.zeros(len(stream.times), np.bool_)
            rows[stream.earlier] = True
            if self.case.mode == "linear":
                rows[stream.later] = True
            touched.append(int(rows.sum()))
        times = self.targets.nbytes + sum(stream.times.nbytes for stream in self.streams)
        return self.case.bytes(touched, len(self.targets), times)


def own(work: Work, threads: int) -> Call:
    context = rc.Context(device="cpu", threads=threads)
    if work.case.fuses:
        streams = [rc.Stream(stream.values, stream.times) for stream in work.streams]
        return lambda: rc.fuse(streams, work.targets, out=work.output, context=context)[0]
    (stream,) = work.streams
    return lambda: rc.resample(
        stream.values,
        stream.times,
        work.targets,
        mode=work.case.mode,
        out=work.output,
        context=context,
    )


def by_stream(work: Work, function: Callable[[Stream], NDArray[Any]]) -> Call:
    """Streams one after the other into their part of the output."""

    def call() -> NDArray[Any]:
        first = 0
        for stream in work.streams:
            width = stream.values.shape[1]
            work.output[:, first : first + width] = function(stream)
            first += width
        return work.output

    return call


def by_numpy(work: Work) -> Call:
    columns = [np.ascontiguousarray(stream.values.T) for stream in work.streams]

    def call() -> NDArray[Any]:
        channel = 0
        for stream, rows in zip(work.streams, columns, strict=True):
            for column in rows:
                out = work.output[:, channel]
                out[:] = np.interp(work.target_seconds, stream.seconds, column)
                channel += 1
        return work.output

    return call


def by_scipy(work: Work) -> Call:
    return by_stream(
        work,
        lambda stream: interp1d(
            stream.seconds,
            stream.values,
            axis=0,
            copy=False,
            assume_sorted=True,
            bounds_error=False,
            fill_value=(stream.values[0], stream.values[-1]),
        )(work.target_seconds),
    )


def by_torch(work: Work) -> Call:
    output, target = torch.from_numpy(work.output), torch.from_numpy(work.targets)
    tensors = [
        (torch.from_numpy(stream.values), torch.from_numpy(stream.times)) for stream in work.streams
    ]

    def call() -> NDArray[Any]:
        first = 0
        for values, source in tensors:
            after = torch.searchsorted(source, target, right=True)
            out = output[:, first : first + values.shape[1]]
            first += values.shape[1]
            if work.case.mode == "previous":
                out.copy_(values[(after - 1).clamp_(0)])
                continue
            later = after.clamp_(1, len(source) - 1)
            earlier = later - 1
            begin = source[earlier]
            weight = ((target - begin).double() / (source[later] - begin)).clamp_(0, 1).float()
            torch.lerp(values[earlier], values[later], weight[:, None], out=out)
        return work.output

    return call


def by_reindex(work: Work) -> Call:
    frames = {
        stream: pandas.DataFrame(stream.values, index=stream.times) for stream in work.streams
    }

    def one(stream: Stream) -> NDArray[Any]:
        frame = frames[stream]
        union = frame.reindex(frame.index.union(work.targets))
        filled = union.interpolate("index", limit_direction="both")
        return filled.loc[work.targets].to_numpy()

    return by_stream(work, one)


def by_merge_asof(work: Work) -> Call:
    frames = {}
    for stream in work.streams:
        frames[stream] = pandas.DataFrame(stream.values)
        frames[stream].insert(0, "time", stream.times)
    targets = pandas.DataFrame({"time": work.targets})

    def one(stream: Stream) -> NDArray[Any]:
        return pandas.merge_asof(targets, frames[stream], on="time").iloc[:, 1:].to_numpy()

    return by_stream(work, one)


def ways(work: Work, threads: int, most: int) -> Iterator[tuple[str, Call]]:
    """PyTorch's is the only peer that uses threads: it is timed with one and with all."""
    yield OWN, own(work, threads)
    if threads in (1, most):
        yield "torch gather + lerp", by_torch(work)
    if threads > 1:
        return
    if work.case.mode == "previous":
        yield "pandas merge_asof", by_merge_asof(work)
        return
    yield "numpy.interp per channel", by_numpy(work)
    yield "scipy interp1d", by_scipy(work)
    yield "pandas reindex + interpolate", by_reindex(work)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--groups", nargs="*", help="only these of bench/cases.py")
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--output", type=Path, default=Path("build/bench"))
    arguments = parser.parse_args()

    where = surroundings(
        robocache=rc.__version__,
        numpy=np.__version__,
        scipy=scipy.__version__,
        torch=torch.__version__,
        pandas=pandas.__version__,
    )
    suite = Suite("resample-cpu", where, copy_rates())
    for case in resample_cpu():
        if arguments.groups and case.group not in arguments.groups:
            continue
        work = Work(case)
        moved = work.bytes()
        for threads in suite.copy:
            torch.set_num_threads(threads)
            for way, call in ways(work, threads, max(suite.copy)):
                work.output.fill(np.nan)
                error = float(np.abs(np.asarray(call()) - work.oracle).max())
                if not suite.right(case.work, way, error, TOLERANCE):
                    continue
                suite.add(
                    case.work,
                    way,
                    wall_time(call, arguments.repeats),
                    group=case.group,
                    axes=case.axes,
                    threads=threads,
                    bytes=moved,
                    error=error,
                )
    suite.finish(arguments.output)


if __name__ == "__main__":
    main()
