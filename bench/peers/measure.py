# SPDX-License-Identifier: Apache-2.0
"""What every peer benchmark shares: time, copy rate, the machine, the table and its JSON."""

from __future__ import annotations

import datetime
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Row:
    """One way to do the work: its median time, and what that is worth."""

    work: str
    name: str
    threads: int
    milliseconds: float
    gigabytes_per_second: float
    share_of_copy: float
    largest_error: float


def median_seconds(call: Callable[[], object], repeats: int) -> float:
    """Median time of a call, after one that warms up."""
    call()
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        call()
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


def copy_rate(threads: int, repeats: int = 9, size: int = 1 << 28) -> float:
    """Bytes per second, read and written, of a copy of `size` bytes by so many threads."""
    source = np.random.default_rng(0).integers(0, 256, size, dtype=np.uint8)
    target = np.empty_like(source)
    target.fill(1)
    parts = list(zip(np.array_split(source, threads), np.array_split(target, threads), strict=True))
    with ThreadPoolExecutor(threads) as pool:

        def copy() -> None:
            list(pool.map(lambda part: np.copyto(part[1], part[0]), parts))

        seconds = median_seconds(copy, repeats)
    return 2 * size / seconds


def processor() -> str:
    """The processor's own name, where the system tells it."""
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def surroundings(**versions: str) -> dict[str, Any]:
    """Where and from what the figures come."""
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=12"],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
    )
    return {
        "command": " ".join(["python", *sys.argv]),
        "commit": commit.stdout.strip() or "unknown",
        "date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
        "processor": processor(),
        "cores": len(os.sched_getaffinity(0)),
        "python": platform.python_version(),
        **versions,
    }


def report(rows: list[Row], copies: dict[int, float], where: dict[str, Any]) -> str:
    """The rows as Markdown; ratios are to this library's row of the same work and threads."""
    own = {(row.work, row.threads): row for row in rows if row.name == "robocache"}
    lines = [
        f"{where['processor']}, {where['cores']} cores, {where['date']}, commit {where['commit']}",
        "copy: " + ", ".join(f"{rate / 1e9:.1f} GB/s at {n} threads" for n, rate in copies.items()),
        "",
        "| work | with | threads | ms | GB/s | of copy | robocache is | largest error |",
        "|---|---|--:|--:|--:|--:|--:|--:|",
    ]
    for row in rows:
        base = own[row.work, row.threads]
        lines.append(
            f"| {row.work} | {row.name} | {row.threads} | {row.milliseconds:.2f}"
            f" | {row.gigabytes_per_second:.2f} | {row.share_of_copy:.0%}"
            f" | {row.milliseconds / base.milliseconds:.1f} x | {row.largest_error:.1e} |"
        )
    return "\n".join(lines)


def save(folder: Path, name: str, rows: list[Row], copies: dict[int, float], where: Any) -> Path:
    """Writes everything to `folder/name.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    content = {"surroundings": where, "copy": copies, "rows": [asdict(row) for row in rows]}
    path.write_text(json.dumps(content, indent=2) + "\n")
    return path
