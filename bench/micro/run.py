# SPDX-License-Identifier: Apache-2.0
"""What the GPU of this machine can do, as tables.

python -m bench.micro.run build-gpu/bench/micro/micro [--output build/bench] [--page FILE]

Runs the program of this folder, writes micro-cuda.json, .csv and .md, and puts the tables between
the two marks of a page (docs/design/machine.md).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bench.pages import replace_tables
from bench.peers.measure import Row, Suite, surroundings

Line = dict[str, Any]
"""One measurement, as the program writes it: work, with, order, footprint, us, bytes, ..."""


def megabytes(footprint: int) -> str:
    return f"{footprint / 1e6:,.0f} MB"


def gigabytes_a_second(line: Line) -> float:
    return float(line["bytes"] / line["us"] * 1e-3)


def billions_a_second(line: Line) -> float:
    return float(line["operations"] / line["us"] * 1e-3)


def to_suite(measured: dict[str, Any]) -> Suite:
    large = 8 * measured["l2_bytes"]
    lines = measured["rows"]
    copies = [
        gigabytes_a_second(line)
        for line in lines
        if line["work"] == "copy" and line["footprint"] > large
    ]
    suite = Suite("micro-cuda", surroundings(measured["device"]), {0: max(copies)})
    clocks = measured["megahertz"] * measured["multiprocessors"]  # in a microsecond
    for line in lines:
        more = {}
        if line["operations"]:
            more["billions a second"] = billions_a_second(line)
        if line["sectors"]:
            more["sectors a clock and multiprocessor"] = line["sectors"] / line["us"] / clocks
        where = [line["order"], megabytes(line["footprint"]) if line["footprint"] else ""]
        work = ", ".join(filter(None, [line["work"], *where]))
        suite.rows.append(Row(work, line["with"], line["us"], bytes=int(line["bytes"]), more=more))
    return suite


def table(
    lines: Sequence[Line], corner: str, column: Callable[[Line], str], cell: Callable[[Line], str]
) -> str:
    """A row for each `with`."""
    titles = list(dict.fromkeys(map(column, lines)))
    text = [f"| {corner} | " + " | ".join(titles) + " |", "|---|" + "--:|" * len(titles)]
    for way in dict.fromkeys(line["with"] for line in lines):
        cells = {column(line): cell(line) for line in lines if line["with"] == way}
        text.append(f"| {way} | " + " | ".join(cells.get(title, "") for title in titles) + " |")
    return "\n".join(text) + "\n"


def page(measured: dict[str, Any], suite: Suite) -> str:
    clocks = measured["megahertz"] * measured["multiprocessors"]
    where = suite.surroundings

    def of(*works: str, order: str = "") -> list[Line]:
        return [x for x in measured["rows"] if x["work"] in works and order in x["order"]]

    def footprint(line: Line) -> str:
        return megabytes(line["footprint"])

    def rate(line: Line) -> str:
        return f"{gigabytes_a_second(line):,.0f}"

    def sectors(line: Line) -> str:
        return f"{billions_a_second(line):.0f} ({line['sectors'] / line['us'] / clocks:.2f})"

    parts = [
        f"{measured['device']}, {measured['multiprocessors']} multiprocessors at "
        f"{measured['megahertz']:,.0f} MHz, {measured['l2_bytes'] / 1e6:.0f} MB of L2, "
        f"{where['date']}, commit {where['commit']}, `{where['command']}`\n",
        "Microseconds of an empty kernel, one of many in a graph:\n",
        table(
            of("empty kernel"), "launch", lambda _: "microseconds", lambda line: f"{line['us']:.2f}"
        ),
        "From end to end, GB/s; a copy counts what it reads and what it writes:\n",
        table(
            sorted(of("copy", "read", "write"), key=lambda x: (x["work"], x["footprint"])),
            "with",
            lambda line: f"{line['work']}, {footprint(line)}",
            rate,
        ),
    ]
    for order, what in [
        ("random", "to anywhere"),
        ("coherent", "ascending, 1.6 elements further each lane"),
        ("repeated", "ascending, eight lanes to each element"),
    ]:
        parts.append(
            f"One lane each {what}: billions a second (sectors a clock and multiprocessor), by "
            "what the elements take:\n"
        )
        parts.append(table(of("scatter", order=order), "operation", footprint, sectors))
    for order in ("random", "coherent"):
        parts.append(
            f"Loads of {order} rows, GB/s (sectors a clock and multiprocessor), by what all rows "
            "take:\n"
        )
        parts.append(
            table(
                of("gather", order=order),
                "load",
                footprint,
                lambda line: f"{rate(line)} ({line['sectors'] / line['us'] / clocks:.2f})",
            )
        )
    parts += [
        "Bulk copies into shared memory from anywhere in 1 GiB, GB/s, four stages a block, as many "
        "blocks as there is room for:\n",
        table(of("bulk gather"), "bytes", lambda line: line["order"], rate),
        "Shared memory, lanes a clock and multiprocessor:\n",
        table(
            of("shared memory"),
            "operation",
            lambda line: line["order"],
            lambda line: f"{line['operations'] / line['us'] / clocks:.2f}",
        ),
        "Shared memory of other blocks, any word of any block of the cluster, lanes a clock and "
        "multiprocessor:\n",
        table(
            of("cluster"),
            "operation",
            lambda line: line["order"],
            lambda line: f"{line['operations'] / line['us'] / clocks:.2f}",
        ),
        "Where ascending int64 targets lie among a row's times, picoseconds a target:\n",
        table(
            [x for x in measured["rows"] if x["work"].startswith("search")],
            "way",
            lambda line: line["work"].removeprefix("search "),
            lambda line: f"{line['us'] / line['operations'] * 1e6:.1f}",
        ),
    ]
    return "\n".join(parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program", type=Path, help="what meson built of this folder")
    parser.add_argument("--output", type=Path, default=Path("build/bench"))
    parser.add_argument("--page", type=Path, help="Markdown whose tables are to be replaced")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "micro.json"
        done = subprocess.run([arguments.program.resolve(), "--json", path], check=False)
        if done.returncode != 0:
            sys.exit(done.returncode)
        measured = json.loads(path.read_text())
    suite = to_suite(measured)
    print("written:", suite.save(arguments.output))
    text = page(measured, suite)
    (arguments.output / "micro-cuda.md").write_text(text)
    if arguments.page:
        replace_tables(arguments.page, text)


if __name__ == "__main__":
    main()
