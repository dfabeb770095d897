# SPDX-License-Identifier: Apache-2.0
"""Turns what the benchmarks of the C interface wrote into results.

python -m bench.google build/release/bench/*.json

Each file NAME.json, as Google Benchmark (or bench_cuda) leaves it under `meson test --benchmark`,
becomes the suite c-NAME. The best SIMD level of a case is `robocache`, the others bear their name.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.peers.measure import OWN, Suite, Time, surroundings

LEVELS = ("auto", "baseline", "AVX2", "AVX-512", "NEON")
"""As rc_simd_level counts them."""


@dataclass(frozen=True)
class Run:
    """One of the repeats of a benchmark."""

    seconds: float
    moved: float
    """Bytes."""
    axes: dict[str, int | str]


MICROSECONDS = {"ns": 1e-3, "us": 1.0, "ms": 1e3, "s": 1e6}


def parse(name: str) -> tuple[str, dict[str, int]]:
    """`dense/mean/N:500000/threads:1/real_time` is the work `dense mean`, and its arguments."""
    parts = [part for part in name.split("/") if part != "real_time"]
    arguments = dict(part.split(":") for part in parts if ":" in part)
    work = " ".join(part for part in parts if ":" not in part)
    return work, {key: int(value) for key, value in arguments.items()}


def convert(name: str, content: dict[str, Any]) -> Suite:
    """The suite of one file."""
    device, cores = content["context"].get("device", ""), content["context"].get("num_cpus", 0)
    found: dict[tuple[str, int], dict[int, list[Run]]] = {}
    copies: dict[int, float] = {}
    for run in content["benchmarks"]:
        if run.get("error_occurred") or run["run_type"] != "iteration":
            continue
        work, axes = parse(run["name"])
        seconds = run["real_time"] * MICROSECONDS[run["time_unit"]] * 1e-6
        threads = 0 if device else axes.pop("threads", 1) or cores
        if work == "copy":
            copies[threads] = max(run["bytes_per_second"] / 1e9, copies.get(threads, 0))
            continue
        level = axes.pop("simd", 0)
        text = " ".join([work, *(f"{key}{value}" for key, value in axes.items())])
        moved = run.get("bytes_per_second", 0) * seconds
        runs = found.setdefault((text, threads), {}).setdefault(level, [])
        runs.append(Run(seconds, moved, {"op": work if device else name, **axes}))
    suite = Suite(f"c-{name}", surroundings(device), copies)
    suite.surroundings["command"] = "meson test --benchmark"
    for (work, threads), levels in found.items():
        best = 0 if 0 in levels else max(levels)
        for level, runs in levels.items():
            suite.add(
                work,
                OWN if level == best else f"{OWN}, {LEVELS[level]}",
                Time.of([run.seconds for run in runs]),
                axes=runs[0].axes,
                threads=threads,
                bytes=round(runs[0].moved) if threads in copies else 0,
            )
    return suite


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--output", type=Path, default=Path("build/bench"))
    arguments = parser.parse_args()
    for path in arguments.files:
        content = json.loads(path.read_text())
        convert(path.stem, content).finish(arguments.output)


if __name__ == "__main__":
    main()
