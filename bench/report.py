# SPDX-License-Identifier: Apache-2.0
"""Makes the page about speed out of results, targets and the text in bench/performance.md.in.

python -m bench.report                        # bench/results -> docs/performance.md, docs/images
python -m bench.report --check                # is the page what this command makes?
python -m bench.report --record build/gpu     # takes new results into bench/results first
python -m bench.report --results build/bench --page build/bench/report.md    # of this machine

Lines of the text that are `{{targets PART}}`, `{{suite NAME}}` or `{{pictures}}` are replaced, for
each device that has results.
"""

from __future__ import annotations

import argparse
import importlib.util
import re
import sys
from pathlib import Path

from bench.limits import LIMITS
from bench.peers.measure import OWN, Suite, device_kind, load, microseconds, table
from bench.targets import TARGETS, Target, Verdict, is_of_processor, judge

HERE = Path(__file__).parent
DIRECTIVE = re.compile(r"^\{\{(\w+) ?(.*)\}\}$", re.MULTILINE)

Results = dict[str, dict[str, Suite]]
"""Suites by name, for each kind of device."""


def load_results(folder: Path) -> Results:
    """All suites in a folder and those below it."""
    results: Results = {}
    for path in sorted(folder.rglob("*.json")):
        suite = load(path)
        suites = results.setdefault(device_kind(suite), {})
        if suite.suite in suites:
            raise SystemExit(f"{folder}: expected one {suite.suite} of a device, got {path} too")
        suites[suite.suite] = suite
    if not results:
        raise SystemExit(f"{folder}: expected results (*.json), got none")
    # GPUs first.
    return dict(sorted(results.items(), key=lambda one: all(map(is_of_processor, one[1]))))


def record(results: Results, folder: Path) -> None:
    """Keeps results as those of record: FOLDER/DEVICE/SUITE.json."""
    for kind, suites in results.items():
        for suite in suites.values():
            suite.save(folder / kind)
            (folder / kind / f"{suite.suite}.csv").unlink()  # The page and compare read JSON.


def page(text: str, results: Results, pictures: str) -> str:
    """The text with its lines replaced; `pictures` is where they lie, as the page sees it."""

    def replace(found: re.Match[str]) -> str:
        what, name = found.groups()
        if what == "targets":
            return targets(name, results)
        if what == "suite":
            return suite_tables(name, results)
        if what == "pictures":
            return "\n".join(
                f"![{caption} on {kind}]({pictures}/{kind}-{picture}.svg)"
                for kind in results
                for picture, caption in (("roofline", "Rates"), ("bars", "Peers"))
            )
        raise SystemExit(f"expected targets, suite or pictures, got {found[0]}")

    return DIRECTIVE.sub(replace, text)


def verdicts(part: str, suites: dict[str, Suite]) -> list[tuple[Target, Verdict | None]]:
    """Of the targets of a part that are such a device's; None for those that were not
    measured."""
    processor = all(map(is_of_processor, suites))
    return [
        (target, judge(target, suites[target.suite]) if target.suite in suites else None)
        for target in TARGETS
        if target.part == part and target.processor == processor
    ]


def targets(part: str, results: Results) -> str:
    """The table of a part for each device that has something of it, and what limits the rest."""
    parts = []
    for suites in results.values():
        judged = verdicts(part, suites)
        found = [verdict for _, verdict in judged if verdict]
        if not found:
            continue
        device = suites[found[0].target.suite].surroundings["device"]
        met = sum(verdict.met for verdict in found)
        head = f"{device}: {met} of {len(judged)} reached"
        if len(found) < len(judged):
            head += f", {len(judged) - len(found)} not measured"
        lines = [head + ".", ""]
        lines += ["| target | reach | worst | reached | case | us | peer | floor |"]
        lines += ["|---|--:|--:|---|---|--:|--:|--:|"]
        lines += [_target_line(target, verdict) for target, verdict in judged]
        limits = [
            f"- {target.work}: {limit}"
            for target, verdict in judged
            if not (verdict and verdict.met)
            for limit in [limit_of(verdict) if verdict else LIMITS.get(target.work)]
            if limit
        ]
        parts.append("\n".join(lines + (["", "What limits:", "", *limits] if limits else [])))
    return "\n\n".join(parts) or "Not measured."


def limit_of(verdict: Verdict) -> str:
    """What stands in the way: what bench/limits.py tells, and, where the peer is nearer to a copy
    than the aim is to the peer, that."""
    target, row = verdict.target, verdict.worst[OWN]
    peer = target.figure.peer(verdict.worst)
    told = [LIMITS[target.work]] if target.work in LIMITS else []
    if (
        target.figure.unit == "x"
        and peer
        and row.bytes
        and peer.microseconds / row.floor < target.aim
    ):
        told.append(f"{peer.way} takes {peer.microseconds / row.floor:.1f} times the floor.")
    return " ".join(told)


def _target_line(target: Target, verdict: Verdict | None) -> str:
    if verdict is None:
        return f"| {target.work} | {target.reach} | | not measured | | | | |"
    row = verdict.worst[OWN]
    peer = target.figure.peer(verdict.worst)
    threads = f"{row.threads} threads" if row.threads > 1 else ""
    cells = [
        target.work,
        target.reach,
        target.figure.text(verdict.value),
        "yes" if verdict.met else f"**no**, {verdict.reached} of {verdict.cases}",
        ", ".join(filter(None, [row.work, row.cache, threads])),
        microseconds(row.microseconds),
        f"{microseconds(peer.microseconds)} {peer.way}" if peer else "",
        microseconds(row.floor) if row.bytes else "",
    ]
    return "| " + " | ".join(cells) + " |"


def suite_tables(name: str, results: Results) -> str:
    """A suite as it was measured on each device: where, by which command, a table a group."""
    parts = []
    for suites in results.values():
        if name not in suites:
            continue
        suite = suites[name]
        where = suite.surroundings
        versions = ", ".join(f"{what} {version}" for what, version in where["versions"].items())
        copies = ", ".join(
            f"{rate:,.0f} GB/s" + (f" by {n} thread{'s' * (n > 1)}" if n else "")
            for n, rate in suite.copy.items()
        )
        parts.append(
            f"`{where['command']}`  \n{where['device']}; {where['date']}; commit {where['commit']};"
            f" {versions}" + (f"; copy: {copies}" if copies else "")
        )
        for group in dict.fromkeys(row.group for row in suite.rows):
            rows = table([row for row in suite.rows if row.group == group])
            parts.append(f"{group}:\n\n{rows}" if group else rows)
    return "\n\n".join(parts) or "Not measured."


def summary(results: Results) -> str:
    """A line for each target that was measured, for a terminal."""
    lines = []
    for part in dict.fromkeys(target.part for target in TARGETS):
        for kind, suites in results.items():
            for target, verdict in verdicts(part, suites):
                if not verdict:
                    continue
                state = "reached" if verdict.met else f"{verdict.reached} of {verdict.cases}"
                unsaid = "" if verdict.met or limit_of(verdict) else "  (no limit is told)"
                lines.append(
                    f"{state:>10}  {target.figure.text(verdict.value):>9}  {target.reach:>10}"
                    f"  {kind}, {part}: {target.work}{unsaid}"
                )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, default=HERE / "results")
    parser.add_argument("--page", type=Path, default=HERE.parent / "docs" / "performance.md")
    parser.add_argument("--record", type=Path, metavar="FOLDER")
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()

    if arguments.record:
        record(load_results(arguments.record), arguments.results)
    results = load_results(arguments.results)
    text = page((HERE / "performance.md.in").read_text(), results, "images")
    if arguments.check:
        if arguments.page.read_text() != text:
            sys.exit(f"{arguments.page} is not what `python -m bench.report` makes of the results")
        return
    arguments.page.parent.mkdir(parents=True, exist_ok=True)
    arguments.page.write_text(text)
    if importlib.util.find_spec("matplotlib"):
        from bench.pictures import draw

        draw(results, arguments.page.parent / "images")
    else:
        print("no pictures: matplotlib is not installed")
    print(summary(results))
    print("written:", arguments.page)


if __name__ == "__main__":
    main()
