# SPDX-License-Identifier: Apache-2.0
"""Resampling on the CPU next to NumPy, SciPy, PyTorch and pandas.

One recording of 1 000 000 frames of 32 float32 channels at about 1 kHz with jittered stamps, asked
for at 500 000 regular times. Every way is checked against a float64 oracle before it is timed.
"""

from __future__ import annotations

import argparse
import os
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
from measure import Row, copy_rate, median_seconds, report, save, surroundings

TOLERANCE = 2e-6
"""Of values in [-1, 1]: float32 weights and results, and float64 seconds in the peers."""


class Work:
    """The recording, the targets, and what must come out of each mode."""

    def __init__(self, frames: int, channels: int, ratio: int) -> None:
        rng = np.random.default_rng(0)
        step = 1_000_000
        jitter = rng.integers(0, step // 2, frames)
        self.values = rng.uniform(-1, 1, (frames, channels)).astype(np.float32)
        self.source_times = np.arange(frames, dtype=np.int64) * step + jitter
        self.target_times = np.arange(frames // ratio, dtype=np.int64) * (step * ratio) + step // 2
        self.source_seconds = self.source_times * 1e-9
        self.target_seconds = self.target_times * 1e-9
        self.output = np.empty((len(self.target_times), channels), np.float32)
        self.bytes = sum(
            array.nbytes
            for array in (self.values, self.source_times, self.target_times, self.output)
        )

    def oracle(self, mode: str) -> NDArray[np.float64]:
        """What `mode` gives, in float64 from exact time differences."""
        later = np.searchsorted(self.source_times, self.target_times, side="right")
        last = len(self.source_times) - 1
        earlier, later = np.clip(later - 1, 0, last), np.clip(later, 0, last)
        first = self.values[earlier].astype(np.float64)
        if mode == "previous":
            return first
        span = self.source_times[later] - self.source_times[earlier]
        elapsed = self.target_times - self.source_times[earlier]
        weight = np.clip(elapsed / np.maximum(span, 1), 0, 1)
        return first + weight[:, None] * (self.values[later] - first)


def robocache_call(work: Work, mode: str, threads: int) -> Callable[[], Any]:
    context = rc.Context(device="cpu", threads=threads)
    return lambda: rc.resample(
        work.values,
        work.source_times,
        work.target_times,
        mode=mode,
        out=work.output,
        context=context,
    )


def numpy_call(work: Work) -> Callable[[], Any]:
    columns = np.ascontiguousarray(work.values.T)

    def call() -> NDArray[Any]:
        for channel, column in enumerate(columns):
            work.output[:, channel] = np.interp(work.target_seconds, work.source_seconds, column)
        return work.output

    return call


def scipy_call(work: Work) -> Callable[[], Any]:
    return lambda: interp1d(
        work.source_seconds,
        work.values,
        axis=0,
        copy=False,
        assume_sorted=True,
        bounds_error=False,
        fill_value=(work.values[0], work.values[-1]),
    )(work.target_seconds)


def torch_call(work: Work) -> Callable[[], Any]:
    values, output = torch.from_numpy(work.values), torch.from_numpy(work.output)
    source, target = torch.from_numpy(work.source_times), torch.from_numpy(work.target_times)

    def call() -> NDArray[Any]:
        later = torch.searchsorted(source, target, right=True).clamp_(1, len(source) - 1)
        earlier = later - 1
        begin = source[earlier]
        weight = ((target - begin).double() / (source[later] - begin)).clamp_(0, 1).float()
        torch.lerp(values[earlier], values[later], weight[:, None], out=output)
        return work.output

    return call


def pandas_linear_call(work: Work) -> Callable[[], Any]:
    frame = pandas.DataFrame(work.values, index=work.source_times)

    def call() -> NDArray[Any]:
        union = frame.reindex(frame.index.union(work.target_times))
        filled = union.interpolate("index", limit_direction="both")
        return filled.loc[work.target_times].to_numpy()

    return call


def pandas_previous_call(work: Work) -> Callable[[], Any]:
    samples = pandas.DataFrame(work.values)
    samples.insert(0, "time", work.source_times)
    targets = pandas.DataFrame({"time": work.target_times})

    def call() -> NDArray[Any]:
        return pandas.merge_asof(targets, samples, on="time").iloc[:, 1:].to_numpy()

    return call


def ways(work: Work, threads: int) -> Iterator[tuple[str, str, Callable[[], Any]]]:
    """Work, name and call of each way; PyTorch's is the only peer that uses threads."""
    yield "linear", "robocache", robocache_call(work, "linear", threads)
    yield "linear", "torch gather + lerp", torch_call(work)
    if threads == 1:
        yield "linear", "numpy.interp per channel", numpy_call(work)
        yield "linear", "scipy interp1d", scipy_call(work)
        yield "linear", "pandas reindex + interpolate", pandas_linear_call(work)
    yield "previous", "robocache", robocache_call(work, "previous", threads)
    if threads == 1:
        yield "previous", "pandas merge_asof", pandas_previous_call(work)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=1_000_000)
    parser.add_argument("--channels", type=int, default=32)
    parser.add_argument("--ratio", type=int, default=2, help="source frames per target")
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--output", type=Path, default=Path("build/bench"))
    arguments = parser.parse_args()

    work = Work(arguments.frames, arguments.channels, arguments.ratio)
    oracles = {mode: work.oracle(mode) for mode in ("linear", "previous")}
    cores = len(os.sched_getaffinity(0))
    copies = {threads: copy_rate(threads) for threads in sorted({1, cores})}
    rows = []
    for threads, rate in copies.items():
        torch.set_num_threads(threads)
        for mode, name, call in ways(work, threads):
            work.output.fill(np.nan)
            error = float(np.abs(np.asarray(call()) - oracles[mode]).max())
            if not error <= TOLERANCE:
                raise SystemExit(f"{name}: largest error {error} is above {TOLERANCE}")
            seconds = median_seconds(call, arguments.repeats)
            speed = work.bytes / seconds
            rows.append(Row(mode, name, threads, seconds * 1e3, speed / 1e9, speed / rate, error))

    where = surroundings(
        robocache=rc.__version__,
        numpy=np.__version__,
        scipy=scipy.__version__,
        torch=torch.__version__,
        pandas=pandas.__version__,
    )
    title = f"{arguments.frames} frames x {arguments.channels} float32, {arguments.ratio}:1"
    print(title, report(rows, copies, where), sep="\n")
    print("written:", save(arguments.output, "resample", rows, copies, where))


if __name__ == "__main__":
    main()
