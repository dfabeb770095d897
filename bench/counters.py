# SPDX-License-Identifier: Apache-2.0
"""What limits each kernel: hardware counters of the library's kernels, by Nsight Compute.

python -m bench.counters [--match 'D7|occupancy'] [--output build/bench] [--page FILE]

Runs the cases of bench/cases.py under `ncu`, each once after one call that warms up, with empty
caches and the clocks as they are. Writes counters-cuda.json, .csv and .md, and puts the table
between the two marks of a page (docs/design/counters.md). Where `ncu` is missing or may not read
counters it says so and exits with 77. Needs PyTorch and Triton.
"""

from __future__ import annotations

import argparse
import csv
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from bench.cases import resample_cuda, tsdf_cuda, voxelize_cuda
from bench.pages import replace_tables
from bench.peers.measure import Row, Suite, surroundings

SECTORS = "l1tex__average_t_sectors_per_request_pipe_lsu_mem_global_op"
COUNTERS = {
    "us": ("gpu__time_duration.sum", 1e-3),
    "read MB": ("dram__bytes_read.sum", 1e-6),
    "written MB": ("dram__bytes_write.sum", 1e-6),
    "DRAM %": ("dram__throughput.avg.pct_of_peak_sustained_elapsed", 1),
    "L2 %": ("lts__throughput.avg.pct_of_peak_sustained_elapsed", 1),
    "fabric %": ("lts__ltcfabric2ltc_cycles_active.avg.pct_of_peak_sustained_elapsed", 1),
    "L2 hits %": ("lts__t_sector_hit_rate.pct", 1),
    "L1 %": ("l1tex__throughput.avg.pct_of_peak_sustained_active", 1),
    "sectors a load": (f"{SECTORS}_ld.ratio", 1),
    "a store": (f"{SECTORS}_st.ratio", 1),
    "a red": (f"{SECTORS}_red.ratio", 1),
    "issue %": ("smsp__issue_active.avg.pct_of_peak_sustained_active", 1),
    "occupancy %": ("sm__warps_active.avg.pct_of_peak_sustained_active", 1),
    "registers": ("launch__registers_per_thread", 1),
    "shared KB": ("launch__shared_mem_per_block", 1e-3),
    "blocks": ("launch__grid_size", 1),
    "threads a block": ("launch__block_size", 1),
    "instructions": ("smsp__inst_executed.sum", 1),
}
"""What a column shows: ncu's name of it in base units, and what to multiply that with."""

STALL = re.compile(r"smsp__average_warps_issue_stalled_(\w+)_per_issue_active\.ratio")
"""Warps that wait for one reason at each instruction issued."""

LEAST = 0.03
"""Part of the time of a case that a kernel of the table takes at least."""

MARK = "spin_kernel"
"""torch.cuda._sleep's, which stands in front of those of each case."""


def case_calls(match: str) -> Iterator[tuple[str, Callable[[], Callable[[], Any]]]]:
    """Name of each case, and what makes its inputs and gives the call."""
    from bench.peers import resample_cuda as resample
    from bench.peers import tsdf_cuda as tsdf
    from bench.peers import voxelize_cuda as voxelize

    prepared: list[tuple[Callable[[], Iterator[Any]], Callable[[Any], Callable[[], Any]]]] = [
        (resample_cuda, resample.prepare_own),
        (voxelize_cuda, voxelize.prepare_own),
        (tsdf_cuda, tsdf.prepare_own),
    ]
    seen: set[str] = set()  # a case that is timed cold and warm comes twice
    for cases, prepare in prepared:
        for case in cases():
            if case.work not in seen and re.search(match, case.work):
                seen.add(case.work)
                yield case.work, partial(prepare, case)


def run_cases(match: str) -> None:
    """What ncu looks at: a mark and one call of each case."""
    import torch

    for _, prepare in case_calls(match):
        call = prepare()
        call()
        torch.cuda.synchronize()
        torch.cuda.empty_cache()  # ncu saves and restores what is allocated
        torch.cuda.profiler.start()
        torch.cuda._sleep(1)
        call()
        torch.cuda.synchronize()
        torch.cuda.profiler.stop()
        del call
        torch.cuda.empty_cache()


def kernel_name(full: str) -> str:
    """Without namespaces, arguments and what a template was given."""
    name = re.sub(r"\(anonymous namespace\)::|<unnamed>::|unnamed>::", "", full)
    name = re.sub(r"^void ", "", name).split("(")[0].split("<")[0]
    return name.split("::")[-1]


def numbers(line: dict[str, str]) -> dict[str, float]:
    found = {}
    for name, text in line.items():
        try:
            found[name] = float(text.replace(",", ""))
        except (AttributeError, ValueError):
            continue  # a name, or n/a
    return found


def read_log(path: Path, works: Sequence[str], suite: Suite) -> None:
    """Adds a row for each kernel of ncu's CSV."""
    lines = [line for line in path.read_text().splitlines() if line.startswith('"')]
    at = -1
    for line in csv.DictReader(lines):
        name = kernel_name(line["Kernel Name"] or "")
        if not line["ID"]:
            continue  # the line of units
        if name == MARK:
            at += 1
            continue
        values = numbers(line)
        more = {
            column: values[counter] * scale
            for column, (counter, scale) in COUNTERS.items()
            if counter in values
        }
        for counter, value in values.items():
            if reason := STALL.fullmatch(counter):
                more["stall " + reason[1].replace("_", " ")] = value
        us = more.pop("us")
        others = [row for row in suite.rows if row.work == works[at]]
        same = sum(row.way.split(" #")[0] == name for row in others)
        way = f"{name} #{same + 1}" if same else name
        suite.rows.append(Row(works[at], way, us, cache="cold", more=more))


def stalls(row: Row) -> list[tuple[float, str]]:
    """Why warps waited, most of it first."""
    reasons = [
        (value, name.removeprefix("stall "))
        for name, value in row.more.items()
        if name.startswith("stall ") and name != "stall selected"
    ]
    return sorted(reasons, reverse=True)


def table(rows: Sequence[Row]) -> str:
    """Markdown: a line for each kernel that takes a part of its case's time."""
    columns = [name for name in COUNTERS if name not in ("us", "instructions")]
    titles = ["work", "kernel", "us", *columns, "warps wait most for"]
    lines = ["| " + " | ".join(titles) + " |"]
    lines.append("|---|---|" + "--:|" * (len(titles) - 3) + "---|")
    whole: dict[str, float] = {}
    for row in rows:
        whole[row.work] = whole.get(row.work, 0.0) + row.microseconds
    for row in rows:
        if row.microseconds < LEAST * whole[row.work]:
            continue
        cells = [row.work, f"`{row.way}`", f"{row.microseconds:,.1f}"]
        for name in columns:
            value = row.more.get(name)
            cells.append(
                "" if value is None else f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
            )
        total = sum(value for value, _ in stalls(row)) or 1.0
        most = [f"{name} {value / total:.0%}" for value, name in stalls(row)[:2]]
        lines.append("| " + " | ".join([*cells, ", ".join(most)]) + " |")
    return "\n".join(lines) + "\n"


def profile(match: str, log: Path) -> None:
    """Runs this file's cases under ncu."""
    ncu = shutil.which("ncu")
    if ncu is None:
        print("skipped: ncu (Nsight Compute) is not here")
        sys.exit(77)
    metrics = [counter for counter, _ in COUNTERS.values()]
    metrics.append("regex:" + STALL.pattern)
    done = subprocess.run(
        [
            *(ncu, "--clock-control", "none", "--profile-from-start", "off", "--csv"),
            *("--page", "raw", "--print-units", "base", "--log-file", str(log)),
            *("--metrics", ",".join(metrics)),
            *(sys.executable, "-m", "bench.counters", "--inside", "--match", match),
        ],
        check=False,
    )
    said = log.read_text() if log.exists() else ""
    if '"ID"' not in said:
        reason = "\n".join(line for line in said.splitlines() if line.startswith("==ERROR=="))
        print(f"skipped: ncu reads no counters on this machine: {reason or 'it says nothing'}")
        sys.exit(77)
    if done.returncode != 0:
        sys.exit(f"a case failed under ncu, exit code {done.returncode}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--match", default="", help="regular expression of the cases' names")
    parser.add_argument("--output", type=Path, default=Path("build/bench"))
    parser.add_argument("--page", type=Path, help="Markdown whose table is to be replaced")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.inside:
        run_cases(arguments.match)
        return

    import torch

    works = [work for work, _ in case_calls(arguments.match)]
    suite = Suite("counters-cuda", surroundings(torch.cuda.get_device_name()), {})
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "ncu.csv"
        profile(arguments.match, log)
        read_log(log, works, suite)
    print("written:", suite.save(arguments.output))
    where = suite.surroundings
    head = f"{where['device']}, {where['date']}, commit {where['commit']}, `{where['command']}`"
    text = head + "\n\n" + table(suite.rows)
    (arguments.output / "counters-cuda.md").write_text(text)
    if arguments.page:
        replace_tables(arguments.page, text)
    print(text)


if __name__ == "__main__":
    main()
