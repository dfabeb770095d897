# SPDX-License-Identifier: Apache-2.0
"""What validation adds to the work of a call: device time by CUDA events, wall time on the CPU.

python -m bench.validation [--device cpu]

Validation reads all times, offsets and ids of a call. That is little beside the values of one
recording, and all of the work where a few windows are read out of a large store.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import robocache as rc
from bench.peers.measure import OWN, Suite, Time, cores, surroundings

ToDevice = Callable[[np.ndarray], Any]
Call = Callable[[rc.Context, bool], object]

RANDOM = np.random.default_rng(7)

ROUNDS, CALLS = 5, 40
"""All launches of a round fit the stream's queue."""


def recording(to_device: ToDevice, rows: int, samples: int, targets: int, width: int) -> list[Any]:
    """Values and times at about 1 kHz, and targets among them."""
    values = RANDOM.standard_normal((rows, samples, width), np.float32)
    times = np.cumsum(RANDOM.integers(500_000, 1_500_000, (rows, samples)), axis=1)
    asked = np.sort(RANDOM.integers(0, times.max(), (rows, targets)), axis=1)
    return [to_device(array) for array in (values, times, asked)]


def cases(to_device: ToDevice) -> Iterator[tuple[str, str, Call]]:
    """What is done, the operation that measures it, and the call."""
    batch = recording(to_device, 32, 50, 32, 16)
    yield (
        "batch: 32 windows of 50 samples, 16 channels, 32 targets each",
        "resample",
        lambda context, validate: rc.resample(*batch, context=context, validate=validate),
    )
    long = recording(to_device, 1, 1_000_000, 500_000, 32)
    yield (
        "recording: 1 000 000 samples, 32 channels, 500 000 targets",
        "resample",
        lambda context, validate: rc.resample(*long, context=context, validate=validate),
    )
    values, times, _ = recording(to_device, 10_000, 1_000, 1, 16)
    ids = to_device(RANDOM.integers(0, 10_000, 256))
    asked = to_device(np.sort(RANDOM.integers(0, 1_000_000_000, (256, 32)), axis=1))
    yield (
        "store: 10 000 sequences of 1000 samples, 16 channels; 256 windows of 32 targets",
        "resample",
        lambda context, validate: rc.resample(
            values, times, asked, sequence_ids=ids, context=context, validate=validate
        ),
    )
    sensors = [recording(to_device, 32, 200, 1, 8)[:2] for _ in range(16)]
    clock = to_device(np.sort(RANDOM.integers(0, 200_000_000, (32, 100)), axis=1))
    yield (
        "fuse: 16 streams of 32 windows of 200 samples, 8 channels, 100 targets each",
        "fuse",
        lambda context, validate: rc.fuse(
            [rc.Stream(*one, validate=validate) for one in sensors], clock, context=context
        ),
    )


def fastest(
    context: rc.Context, operation: str, call: Callable[[], object], hold: Callable[[], object]
) -> Time:
    """Of the fastest call, since others only add to it, and how far those of the rounds spread."""
    times = []
    for _ in range(1 + ROUNDS):  # The first one warms up.
        context.reset_metrics()
        hold()
        for _ in range(CALLS):
            call()
        context.synchronize()
        times.append(context.metrics()[operation].min_ns / 1e9)
    return Time(min(times[1:]), Time.of(times[1:]).spread)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cuda", choices=("cpu", "cuda"))
    parser.add_argument("--output", type=Path, default=Path("build/bench"))
    arguments = parser.parse_args()

    device, versions = "", {"robocache": rc.__version__, "numpy": np.__version__}
    to_device: ToDevice = np.asarray
    hold: Callable[[], object] = int  # Nothing.
    if arguments.device == "cuda":
        import torch

        device, versions["torch"] = torch.cuda.get_device_name(), torch.__version__

        def to_device(array: np.ndarray) -> Any:
            return torch.from_numpy(array).to("cuda:0")

        def hold() -> None:
            """Keeps the stream busy until the calls of a round are in its queue: what is measured
            is the device and not the host."""
            torch.cuda._sleep(50_000_000)

    name = f"validation-{arguments.device}"
    suite = Suite(name, surroundings(device, **versions), {})
    with rc.Context(arguments.device) as context:
        context.enable_metrics()
        for work, operation, call in cases(to_device):
            with_and_without = [
                fastest(context, operation, partial(call, context, validate), hold)
                for validate in (True, False)
            ]
            adds = with_and_without[0].seconds / with_and_without[1].seconds - 1
            threads = cores() if arguments.device == "cpu" else 0
            suite.add(work, OWN, with_and_without[0], threads=threads, validation_adds=adds)
            suite.add(work, f"{OWN}, no validation", with_and_without[1], threads=threads)
    suite.finish(arguments.output)


if __name__ == "__main__":
    main()
