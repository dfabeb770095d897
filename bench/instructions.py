# SPDX-License-Identifier: Apache-2.0
"""Instructions of the CPU kernels, counted by callgrind, against those that are recorded.

    python -m bench.instructions build/release/bench/instructions [--update] [--required]

Time on a shared machine moves by half. The number of instructions is the same in every run, and
changes by less than a percent unless the kernels or the compiler change: a test can hold it.
Counts are recorded for a compiler and its C library, in bench/instructions.json. More of them, by
over a percent, are a loss of speed, or the price of something, which the change explains. Fewer
fail too, for the gain would go unguarded; `--update` records both. AVX-512 is not counted: valgrind
does not know it.

Exit code: 0 as recorded, 77 skipped, by name, else 1.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

RECORDED = Path(__file__).with_suffix(".json")
TOLERANCE = 0.01
"""Greatest change that passes, as a part of what is recorded."""
COUNTED = "counted"
"""The function of the program whose calls are counted."""
SKIPPED = 77

Counts = Mapping[str, int]


class NotCountedError(Exception):
    """Why nothing can be said."""


class Run(NamedTuple):
    """What the program said of itself, and the instructions of each of its calls."""

    compiler: str
    counts: Counts


def count(program: Path) -> Run:
    """Runs the program under callgrind."""
    if not shutil.which("valgrind"):
        raise NotCountedError("valgrind is not installed (Debian: valgrind)")
    with tempfile.TemporaryDirectory() as folder:
        command = ["valgrind", "--quiet", "--tool=callgrind", f"--toggle-collect={COUNTED}"]
        command += [f"--dump-after={COUNTED}", f"--callgrind-out-file={folder}/part", str(program)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{' '.join(command)}\n{done.stderr}exit code {done.returncode}")
        compiler, *works = done.stdout.splitlines()
        parts = [Path(folder, f"part.{number + 1}") for number in range(len(works))]
        counts = {work: total(part) for work, part in zip(works, parts, strict=True)}
    if not counts or not all(counts.values()):
        raise SystemExit(f"expected instructions of every call, got {counts}")
    return Run(compiler, counts)


def total(part: Path) -> int:
    """Instructions in one part of callgrind's output."""
    return int(re.findall(r"^totals: (\d+)$", part.read_text(), re.MULTILINE)[0])


def read(path: Path) -> dict[str, Counts]:
    """The counts that are recorded, by compiler."""
    recorded: dict[str, Counts] = json.loads(path.read_text()) if path.exists() else {}
    return recorded


def compare(found: Counts, recorded: Counts) -> list[str]:
    """A line for each work whose count is not the recorded one. A level that this processor lacks
    is no difference."""
    levels = {work.partition(":")[0] for work in found}
    lines = []
    for work in {**recorded, **found}:
        if work not in recorded:
            lines.append(f"{work}: {found[work]:,} instructions, none recorded")
        elif work not in found:
            if work.partition(":")[0] in levels:
                lines.append(f"{work}: recorded, and not run")
        elif abs(moved := found[work] / recorded[work] - 1) > TOLERANCE:
            lines.append(
                f"{work}: {found[work]:,} instructions, {recorded[work]:,} recorded: {moved:+.1%}"
            )
    return lines


def main(given: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("program", type=Path, help="bench/instructions of a release build")
    parser.add_argument("--update", action="store_true", help="record what is counted now")
    parser.add_argument("--required", action="store_true", help="fail where nothing is recorded")
    parser.add_argument("--recorded", type=Path, default=RECORDED, help="the file of counts")
    arguments = parser.parse_args(given)
    try:
        run = count(arguments.program)
        recorded = read(arguments.recorded)
        if arguments.update:
            recorded[run.compiler] = run.counts
            arguments.recorded.write_text(json.dumps(recorded, indent=1) + "\n")
            print(f"recorded: {len(run.counts)} counts of {run.compiler}")
            return 0
        if run.compiler not in recorded:
            raise NotCountedError(
                f"no counts recorded for {run.compiler}; there are {', '.join(recorded)}"
            )
    except NotCountedError as reason:
        print(f"{'failed' if arguments.required else 'skipped'}: {reason}")
        return 1 if arguments.required else SKIPPED
    lines = compare(run.counts, recorded[run.compiler])
    print(*lines, sep="\n", end="\n" if lines else "")
    same = len(run.counts) - len(lines)
    print(f"{run.compiler}: {same} of {len(run.counts)} counts within {TOLERANCE:.0%}")
    if lines:
        print(f"to record them: python -m bench.instructions {arguments.program} --update")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
