# SPDX-License-Identifier: Apache-2.0
"""What every benchmark shares: how a call is timed, and the one form that results have.

A benchmark makes a `Suite`, adds one `Row` for each way to do each piece of work, prints
`suite.text()` and calls `suite.save(folder)`, which writes FOLDER/SUITE.json and .csv. What reads
them (bench/report.py, bench/compare.py) uses `load`.
"""

from __future__ import annotations

import csv
import datetime
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

OWN = "robocache"
"""The way that all others are compared with."""


@dataclass(frozen=True)
class Time:
    """Seconds of a call: the median of its repeats, and how far their middle half spreads, as a
    part of it."""

    seconds: float
    spread: float

    @classmethod
    def of(cls, times: Sequence[float]) -> Time:
        median = statistics.median(times)
        low, _, high = statistics.quantiles(times, n=4) if len(times) > 1 else (median,) * 3
        return cls(median, (high - low) / median)


@dataclass(frozen=True)
class Row:
    """One way to do one piece of work. Its key is (work, cache, threads, way)."""

    work: str
    """Names the case; different cases have different names."""
    way: str
    """`robocache`, or what it is compared with."""
    microseconds: float
    spread: float = 0.0
    """Of the repeats, as a part of the time."""
    group: str = ""
    """Part of the suite that the case is in."""
    axes: Mapping[str, int | float | str] = field(default_factory=dict)
    """What the case is, one entry an axis."""
    cache: str = ""
    """`cold`: inputs are rotated over more than twice the cache; `warm`: they stay in it."""
    threads: int = 0
    """Of the host; 0 where a GPU does the work."""
    bytes: int = 0
    """That must move; 0 where time is not about bytes."""
    floor: float = 0.0
    """Microseconds in which as many bytes are copied, measured in the same run."""
    share: float = 0.0
    """Of the copy rate: floor / microseconds."""
    error: float | None = None
    """Largest difference from the oracle; None where the result is not numbers."""
    more: Mapping[str, float] = field(default_factory=dict)
    """Other figures of this row, by name: speedup, efficiency, workspace_bytes, ..."""

    @property
    def key(self) -> tuple[str, str, int, str]:
        return self.work, self.cache, self.threads, self.way


@dataclass
class Suite:
    """What one command measured, and where."""

    suite: str
    surroundings: dict[str, Any]
    copy: dict[int, float]
    """Gigabytes per second, read and written, of a copy by so many threads; 0 threads: the GPU."""
    rows: list[Row] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    """What this library did wrong: none of it is timed."""

    def right(self, work: str, way: str, error: float, tolerance: float) -> bool:
        """Whether a result may be timed. A wrong peer is left out, aloud; where this library is
        wrong, the command fails after the rest was measured."""
        if error <= tolerance:
            return True
        self.leave_out(work, way, f"largest error {error} is above {tolerance}")
        return False

    def leave_out(self, work: str, way: str, reason: str) -> None:
        """Says that a way is not measured, and why."""
        said = f"left out: {work}: {way}: {reason}"
        print(said, flush=True)
        if way.startswith(OWN):
            self.failed.append(said)

    def add(
        self,
        work: str,
        way: str,
        taken: Time,
        *,
        group: str = "",
        axes: Mapping[str, int | float | str] | None = None,
        cache: str = "",
        threads: int = 0,
        bytes: int = 0,
        error: float | None = None,
        **more: float,
    ) -> Row:
        """Adds a row and says it on standard output, for the impatient."""
        floor = bytes / self.copy[threads] * 1e-3 if bytes else 0.0
        us = taken.seconds * 1e6
        row = Row(
            work, way, us, taken.spread, group, axes or {}, cache, threads, int(bytes), floor,
            floor / us, error, more,
        )  # fmt: skip
        if row.key in {other.key for other in self.rows}:
            raise ValueError(f"{self.suite}: expected one row of {row.key}, got another")
        self.rows.append(row)
        share = f"{row.share:5.0%}" if bytes else "     "
        print(f"{us:12.2f} us {share}  {way}: {', '.join(filter(None, [work, cache]))}", flush=True)
        return row

    def text(self) -> str:
        """The rows as Markdown."""
        copies = [
            f"{rate:.1f} GB/s" + (f" by {threads} threads" if threads else "")
            for threads, rate in self.copy.items()
        ]
        where = self.surroundings
        head = [f"{where['device']}, {where['date']}, commit {where['commit']}"]
        head += [f"copy: {', '.join(copies)}"] if copies else []
        return "; ".join(head) + "\n\n" + table(self.rows)

    def save(self, folder: Path) -> Path:
        """Writes FOLDER/SUITE.json and FOLDER/SUITE.csv."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.suite}.json"
        rows = ",\n    ".join(json.dumps(_rounded(asdict(row))) for row in self.rows)
        head = {
            "suite": self.suite,
            "surroundings": self.surroundings,
            "copy": {str(threads): round(rate, 3) for threads, rate in self.copy.items()},
        }
        text = json.dumps(head, indent=2)[:-2]
        path.write_text(text + ',\n  "rows": [\n    ' + rows + "\n  ]\n}\n")
        with path.with_suffix(".csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([one.name for one in fields(Row)])
            for row in self.rows:
                values = _rounded(asdict(row)).values()
                writer.writerow([json.dumps(v) if isinstance(v, dict) else v for v in values])
        return path

    def finish(self, folder: Path) -> None:
        """Prints the table, writes the files and tells where. Exits where something failed."""
        print()
        print(self.text())
        print("written:", self.save(folder))
        if self.failed:
            sys.exit("\n".join(self.failed))


def _rounded(value: Any) -> Any:
    """Six digits of each float: what is measured has fewer."""
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    return float(f"{value:.6g}") if isinstance(value, float) else value


def load(path: Path) -> Suite:
    """What `Suite.save` wrote."""
    content = json.loads(path.read_text())
    copy = {int(threads): rate for threads, rate in content["copy"].items()}
    rows = [Row(**row) for row in content["rows"]]
    return Suite(content["suite"], content["surroundings"], copy, rows)


def best_peer(rows: Sequence[Row]) -> Row | None:
    """The fastest of the rows that is not this library."""
    peers = [row for row in rows if not row.way.startswith(OWN)]
    return min(peers, key=lambda row: row.microseconds, default=None)


def cases(rows: Sequence[Row]) -> list[dict[str, Row]]:
    """The rows of each (work, cache, threads), by way."""
    found: dict[tuple[str, str, int], dict[str, Row]] = {}
    for row in rows:
        found.setdefault(row.key[:3], {})[row.way] = row
    return list(found.values())


def table(rows: Sequence[Row]) -> str:
    """Markdown: a line for each case, a column of microseconds for each way to do it. What nobody
    fills is left out; shares, errors and further figures are those of this library."""
    lines = cases(rows)
    first = [next(iter(line.values())) for line in lines]
    own = [line.get(OWN) for line in lines]
    ways = sorted(dict.fromkeys(row.way for row in rows), key=lambda way: not way.startswith(OWN))

    def times_as_long(line: dict[str, Row]) -> str:
        peer = best_peer(list(line.values()))
        return f"{peer.microseconds / line[OWN].microseconds:.2f} x" if peer and OWN in line else ""

    columns: list[tuple[str, list[str]]] = [
        ("work", [row.work for row in first]),
        ("cache", [row.cache for row in first]),
        ("threads", [str(row.threads or "") for row in first]),
        ("MB", [f"{row.bytes / 1e6:,.1f}" if row.bytes else "" for row in first]),
        ("floor", [microseconds(row.floor) if row.bytes else "" for row in first]),
    ]
    for way in ways:
        columns.append(
            (way, [microseconds(line[way].microseconds) if way in line else "" for line in lines])
        )
        if way == OWN:
            columns.append(
                ("of copy", [f"{row.share:.0%}" if row and row.bytes else "" for row in own])
            )
    columns.append(("best peer is", [times_as_long(line) for line in lines]))
    errors = ["" if row is None or row.error is None else f"{row.error:.0e}" for row in own]
    columns.append(("error", errors))
    for name in dict.fromkeys(name for row in own if row for name in row.more):
        cells = [f"{row.more[name]:,.4g}" if row and name in row.more else "" for row in own]
        columns.append((name.replace("_", " "), cells))
    columns = [column for column in columns if any(column[1])]
    titles = "| " + " | ".join(title for title, _ in columns) + " |"
    rule = "|" + "|".join("---" if t in ("work", "cache") else "--:" for t, _ in columns) + "|"
    body = zip(*(cells for _, cells in columns), strict=True)
    return "\n".join([titles, rule, *("| " + " | ".join(cells) + " |" for cells in body)])


def microseconds(us: float) -> str:
    """Three digits at least."""
    digits = 2 if us < 10 else 1 if us < 1000 else 0
    return f"{us:,.{digits}f}"


ENOUGH = 0.4
"""Seconds over which short calls are repeated: others on the machine come and go."""


def wall_time(call: Callable[[], object], repeats: int) -> Time:
    """Of a call on the CPU, after one that warms up; `repeats` at least."""
    call()
    times: list[float] = []
    while len(times) < repeats or sum(times) < ENOUGH:
        begin = time.perf_counter()
        call()
        times.append(time.perf_counter() - begin)
    return Time.of(times)


def copy_rate(threads: int, repeats: int = 9, size: int = 1 << 28) -> float:
    """Gigabytes per second, read and written, of a copy of `size` bytes by so many threads."""
    import numpy as np

    source = np.random.default_rng(0).integers(0, 256, size, dtype=np.uint8)
    target = np.empty_like(source)
    target.fill(1)
    parts = list(zip(np.array_split(source, threads), np.array_split(target, threads), strict=True))
    with ThreadPoolExecutor(threads) as pool:

        def copy() -> None:
            list(pool.map(lambda part: np.copyto(part[1], part[0]), parts))

        return 2 * size / wall_time(copy, repeats).seconds / 1e9


def cores() -> int:
    """Processors that this process may run on."""
    return len(os.sched_getaffinity(0))


def copy_rates() -> dict[int, float]:
    """Of one thread, of two, four and so on, and of all."""
    some = {1 << k for k in range(cores().bit_length())}
    return {threads: copy_rate(threads) for threads in sorted({*some, cores()})}


def processor() -> str:
    """The processor's own name, where the system tells it."""
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def commit() -> str:
    """Of the checkout; where there is none, as in an archive, what ROBOCACHE_COMMIT says."""
    said = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=12"],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
    )
    return os.environ.get("ROBOCACHE_COMMIT") or said.stdout.strip() or "unknown"


def command() -> str:
    """As a reader types it at the root of the checkout: `python -m bench.peers.resample ...`; where
    to is the reader's affair."""
    root = Path(__file__).parents[2]
    arguments = [*sys.argv[1:]]
    if "--output" in arguments:
        at = arguments.index("--output")
        del arguments[at : at + 2]
    script = Path(sys.argv[0]).resolve()
    if script.is_relative_to(root) and script.suffix == ".py":
        module = ".".join(script.relative_to(root).with_suffix("").parts)
        return " ".join(["python -m", module, *arguments])
    return " ".join([script.name, *arguments])


def surroundings(device: str = "", **versions: str) -> dict[str, Any]:
    """Where and from what the figures come; `device` is the GPU's name, or nothing for the CPU."""
    return {
        "device": device or f"{processor()}, {cores()} cores",
        "processor": processor(),
        "cores": cores(),
        "date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
        "commit": commit(),
        "command": command(),
        "versions": {"python": platform.python_version(), **versions},
    }


def device_kind(suite: Suite) -> str:
    """Folder of results of such a device: its name in small letters, `nvidia-h200`."""
    name = re.sub(r"\((r|tm)\)|@.*?(?=,|$)", "", suite.surroundings["device"].lower())
    return re.sub(r"[^a-z0-9]+", "-", name).strip("-")
