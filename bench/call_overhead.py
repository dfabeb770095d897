# SPDX-License-Identifier: Apache-2.0
"""Host time of one call: of C, of Python, and what validation adds.

python bench/call_overhead.py [--output build/bench]

A batch of training windows (32 x 50 samples of 16 channels at 32 x 32 targets), and one sample at
one target, which leaves the call and no work. On CUDA it is the time until a call returns; the work
itself is waited for outside of it.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from peers.measure import surroundings

import robocache as rc
from robocache._arrays import View, reader_of
from robocache._library import load, raise_status
from robocache._options import rule_maker

try:
    import torch

    import robocache.torch
except ImportError:
    torch = None

SHAPES = {"batch": (32, 50, 32, 16), "one sample": (1, 1, 1, 1)}
"""Rows, samples, targets and channels."""


@dataclass(frozen=True)
class Row:
    """Host time of a call, with validation and without."""

    device: str
    shape: str
    call: str
    microseconds: float
    without_validation: float


def host_time(call: Callable[[], object], wait: Callable[[], object], batches: int = 31) -> float:
    """Microseconds of a call in the fastest batch, since others only add to it; batches are short
    enough for a CUDA stream's queue."""
    count = 100
    times = []
    for batch in range(batches + 3):
        begin = time.perf_counter()
        for _ in range(count):
            call()
        passed = time.perf_counter() - begin
        wait()
        if batch >= 3:  # The first ones warm up.
            times.append(passed / count * 1e6)
    return min(times)


def c_call(context: rc.Context, arrays: list[Any], validate: bool) -> Callable[[], object]:
    """`rc_resample` with its structs at hand, as a C program has them; a call through cffi costs
    about 0.1 us more."""
    views = []
    for array in arrays:
        views.append(View())
        reader_of(array)(views[-1], array, "array", 0)
    values, source, target, out = [view.pointer for view in views]
    rules = rule_maker("linear", "hold", 0.0, None, "check", "last", False, None, None, validate)(
        True
    )
    library, handle = load(), context.handle
    function = library.rc_resample

    def call() -> None:
        status = function(handle, values, source, target, rules.struct, out)
        if status:
            raise_status(library, status)

    call.borrowed = views, rules  # The structs point into these.
    return call


def calls(context: rc.Context, arrays: list[Any]) -> Iterator[tuple[str, Any]]:
    """The ways to call, each a function of `validate` that gives the call."""
    values, source, target, out = arrays
    kind = type(values).__module__.partition(".")[0]
    if kind == "numpy" or context.device != "cpu":
        yield "C", lambda validate: c_call(context, arrays, validate)

    def python(**options: Any) -> Callable[[bool], Any]:
        return lambda validate: (
            lambda: rc.resample(
                values, source, target, context=context, validate=validate, **options
            )
        )

    yield f"Python, {kind}, out given", python(out=out)
    yield f"Python, {kind}", python()
    if torch is not None and isinstance(values, torch.Tensor):
        yield (
            "robocache.torch",
            lambda validate: (
                lambda: robocache.torch.resample(values, source, target, validate=validate)
            ),
        )


def measure(device: str, to_device: Callable[[np.ndarray], Any]) -> Iterator[Row]:
    """All calls on a device with arrays of a kind."""
    random = np.random.default_rng(7)
    for name, (rows, samples, targets, channels) in SHAPES.items():
        arrays = [
            random.normal(size=(rows, samples, channels)).astype(np.float32),
            np.cumsum(random.integers(1, 20, (rows, samples)), axis=1),
            np.sort(random.integers(0, 500, (rows, targets)), axis=1),
            np.empty((rows, targets, channels), np.float32),
        ]
        with rc.Context(device, threads=1) as context:
            for call, make in calls(context, [to_device(array) for array in arrays]):
                with_and_without = (
                    host_time(make(validate), context.synchronize) for validate in (True, False)
                )
                yield Row(device, name, call, *with_and_without)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, help="folder for call_overhead.json")
    arguments = parser.parse_args()

    rows = list(measure("cpu", np.asarray))
    versions = {"numpy": np.__version__}
    if torch is not None:
        versions["torch"] = torch.__version__
        rows += measure("cpu", torch.from_numpy)
        if rc.devices()[1]["available"]:
            versions["gpu"] = torch.cuda.get_device_name()
            rows += measure("cuda", lambda array: torch.from_numpy(array).cuda())
    where = surroundings(**versions)
    print(", ".join(f"{name} {value}" for name, value in where.items()))
    print()
    print("| on | shape | call | us | without validation |")
    print("|---|---|---|--:|--:|")
    for row in rows:
        print(
            f"| {row.device} | {row.shape} | {row.call} | {row.microseconds:.1f}"
            f" | {row.without_validation:.1f} |"
        )
    if arguments.output:
        arguments.output.mkdir(parents=True, exist_ok=True)
        path = arguments.output / "call_overhead.json"
        content = {"surroundings": where, "rows": [asdict(row) for row in rows]}
        path.write_text(json.dumps(content, indent=2) + "\n")


if __name__ == "__main__":
    main()
