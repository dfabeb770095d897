# SPDX-License-Identifier: Apache-2.0
"""Host time of one call: of C, of Python, what validation adds, and of what others call.

python -m bench.call_overhead [--device cuda]

Some windows of samples at some targets (CALLS in bench/cases.py), and one sample at one target,
which leaves the call and no work. On CUDA it is the time until a call returns; the work itself is
waited for outside of it, and the eager calls of others are timed beside ours.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

import robocache as rc
from bench.cases import CALLS
from bench.peers.measure import OWN, Suite, Time, surroundings
from robocache._arrays import View, reader_of
from robocache._library import load, raise_status
from robocache._options import rule_maker

try:
    import torch

    import robocache.torch
except ImportError:
    torch = None

BATCHES, BATCH = 31, 100
"""Batches of calls, short enough for a CUDA stream's queue."""

WARM_UP = 1.0
"""Seconds of calls before the first one is timed: processors and devices that were idle take a part
of that to reach their clocks."""

Call = Callable[[], object]


def warm_up(call: Call, wait: Call) -> None:
    end = time.perf_counter() + WARM_UP
    while time.perf_counter() < end:
        for _ in range(BATCH):
            call()
        wait()


def host_time(call: Call, wait: Call) -> Time:
    """Of a call in the fastest batch, since others only add to it, and how far the middle half of
    the batches spreads."""
    times = []
    for batch in range(BATCHES + 3):
        begin = time.perf_counter()
        for _ in range(BATCH):
            call()
        passed = time.perf_counter() - begin
        wait()
        if batch >= 3:  # The first ones warm up.
            times.append(passed / BATCH)
    return Time(min(times), Time.of(times).spread)


def c_call(context: rc.Context, arrays: list[Any], validate: bool) -> Call:
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


def own_calls(context: rc.Context, arrays: list[Any]) -> Iterator[tuple[str, Any]]:
    """The ways to call, each a function of `validate` that gives the call."""
    values, source, target, out = arrays
    kind = type(values).__module__.partition(".")[0]
    if kind == "numpy" or context.device != "cpu":
        yield "C", lambda validate: c_call(context, arrays, validate)

    def python(**options: Any) -> Callable[[bool], Call]:
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


def peer_calls(arrays: list[Any]) -> Iterator[tuple[str, Call]]:
    """What others call with the same tensors on a GPU."""
    from bench.peers.resample_cuda import all_streams, compiled, triton_call

    values, source, target, out = arrays
    rest = target, None, "linear", torch.float32
    function = compiled()
    yield "Triton", triton_call(values, source, target, None, out)
    yield "torch.compile", lambda: function([(values, source)], *rest)
    yield "torch", lambda: all_streams([(values, source)], *rest)


def measure(suite: Suite, device: str, to_device: Callable[[np.ndarray], Any]) -> None:
    """All calls on a device with arrays of a kind."""
    random = np.random.default_rng(7)
    for name, (rows, samples, targets, channels) in CALLS.items():
        arrays = [
            to_device(array)
            for array in (
                random.normal(size=(rows, samples, channels)).astype(np.float32),
                np.cumsum(random.integers(1, 20, (rows, samples)), axis=1),
                np.sort(random.integers(0, 500, (rows, targets)), axis=1),
                np.empty((rows, targets, channels), np.float32),
            )
        ]
        case = f"{name} (B{rows} S{samples} T{targets} D{channels})"
        threads = 1 if device == "cpu" else 0
        axes = {"B": rows, "S": samples, "T": targets, "D": channels}
        with rc.Context(device, threads=1) as context:
            wait = context.synchronize
            if not suite.rows:
                warm_up(c_call(context, arrays, validate=True), wait)
            for way, make in own_calls(context, arrays):
                for validate in (True, False):
                    suite.add(
                        f"{case}: {way}",
                        OWN if validate else f"{OWN}, no validation",
                        host_time(make(validate), wait),
                        group=name,
                        axes=axes | {"call": way},
                        threads=threads,
                    )
                if device == "cuda" and way == "Python, torch, out given" and samples > 1:
                    for peer, call in peer_calls(arrays):
                        suite.add(
                            f"{case}: {way}",
                            peer,
                            host_time(call, wait),
                            group=name,
                            axes=axes | {"call": way},
                        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    parser.add_argument("--output", type=Path, default=Path("build/bench"))
    arguments = parser.parse_args()

    versions = {"robocache": rc.__version__, "numpy": np.__version__}
    if torch is not None:
        versions["torch"] = torch.__version__
    if arguments.device == "cuda":
        suite = Suite("calls-cuda", surroundings(torch.cuda.get_device_name(), **versions), {})
        measure(suite, "cuda", lambda array: torch.from_numpy(array).cuda())
    else:
        suite = Suite("calls-cpu", surroundings(**versions), {})
        measure(suite, "cpu", np.asarray)
        if torch is not None:
            measure(suite, "cpu", torch.from_numpy)
    suite.finish(arguments.output)


if __name__ == "__main__":
    main()
