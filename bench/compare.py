# SPDX-License-Identifier: Apache-2.0
"""Compares a run with a baseline, pair by pair, and says what moved.

python -m bench.compare bench/results/nvidia-h200 build/gpu

Each is a file of results or a folder of them. A pair is a row of the same suite and key; it moved
when it changed by more than its noise: three times what the middle halves of both measurements
spread, and at least 5 % and 0.2 us. Peers are the control: where they moved, it was the machine.
Exit code: 0 nothing of this library became slower or went missing, 1 something did, 2 the two do
not compare: another device, or no suite in common.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from dataclasses import dataclass
from pathlib import Path

from bench.peers.measure import OWN, Row, Suite, device_kind, load

LEAST_PART, LEAST_MICROSECONDS, SPREADS = 0.05, 0.2, 3.0


class IncomparableError(Exception):
    """Of two results nothing can be said."""


@dataclass(frozen=True)
class Pair:
    suite: str
    before: Row
    after: Row

    @property
    def ratio(self) -> float:
        return self.after.microseconds / self.before.microseconds

    @property
    def noise(self) -> float:
        """Part of the time that a change must pass."""
        spread = SPREADS * (self.before.spread + self.after.spread) / 2
        return max(LEAST_PART, LEAST_MICROSECONDS / self.before.microseconds, spread)

    @property
    def moved(self) -> str:
        if self.ratio > 1 + self.noise:
            return "slower"
        return "faster" if self.ratio < 1 / (1 + self.noise) else ""

    @property
    def own(self) -> bool:
        return self.before.way.startswith(OWN)


@dataclass(frozen=True)
class Comparison:
    pairs: list[Pair]
    missing: list[tuple[str, Row]]
    """Of this library, in the baseline only."""

    @property
    def passed(self) -> bool:
        return not self.missing and not any(p.own and p.moved == "slower" for p in self.pairs)

    def text(self) -> str:
        own = [pair for pair in self.pairs if pair.own]
        peers = [pair.ratio for pair in self.pairs if not pair.own]
        lines = []
        for pair in sorted(own, key=lambda pair: -pair.ratio):
            if pair.moved:
                lines.append(
                    f"{pair.moved}  {pair.ratio:6.2f} x  {pair.before.microseconds:10.2f} ->"
                    f" {pair.after.microseconds:10.2f} us  (noise {pair.noise:.0%})"
                    f"  {pair.suite}: {name(pair.before)}"
                )
        lines += [f"missing  {suite}: {name(row)}" for suite, row in self.missing]
        count = {what: sum(pair.moved == what for pair in own) for what in ("slower", "faster")}
        lines.append(
            f"{len(own)} pairs: {count['slower']} slower, {count['faster']} faster,"
            f" {len(self.missing)} missing"
        )
        if peers:
            lines.append(f"peers, for control: median {statistics.median(peers):.2f} x")
        return "\n".join(lines)


def name(row: Row) -> str:
    threads = f"{row.threads} threads" if row.threads else ""
    return ", ".join(filter(None, [row.work, row.cache, threads, row.way]))


def suites(path: Path) -> dict[str, Suite]:
    files = [path] if path.is_file() else sorted(path.glob("*.json"))
    return {suite.suite: suite for suite in map(load, files)}


def compare(before: dict[str, Suite], after: dict[str, Suite]) -> Comparison:
    """Suites that only one side has are left out; rows are not."""
    pairs, missing = [], []
    common = sorted(before.keys() & after.keys())
    if not common:
        raise IncomparableError(f"no suite in common: {sorted(before)} and {sorted(after)}")
    for suite in common:
        kinds = device_kind(before[suite]), device_kind(after[suite])
        if kinds[0] != kinds[1]:
            raise IncomparableError(
                f"{suite}: the baseline is of {kinds[0]}, the run of {kinds[1]}"
            )
        found = {row.key: row for row in after[suite].rows}
        for row in before[suite].rows:
            if row.key in found:
                pairs.append(Pair(suite, row, found[row.key]))
            elif row.way.startswith(OWN):
                missing.append((suite, row))
    return Comparison(pairs, missing)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("baseline", type=Path)
    parser.add_argument("run", type=Path)
    arguments = parser.parse_args()
    try:
        compared = compare(suites(arguments.baseline), suites(arguments.run))
    except IncomparableError as error:
        print(error, file=sys.stderr)
        return 2
    print(compared.text())
    return 0 if compared.passed else 1


if __name__ == "__main__":
    sys.exit(main())
