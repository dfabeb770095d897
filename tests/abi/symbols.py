# SPDX-License-Identifier: Apache-2.0
"""Gate: the library exports what the map lists and the headers declare, and nothing else."""

import argparse
import re
import subprocess
import sys
from pathlib import Path


def exported(nm: str, library: Path) -> set[str]:
    """Names with the version node they were released under."""
    lines = subprocess.run(
        [nm, "--dynamic", "--defined-only", "--format=posix", library],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    return {name for name, kind, *_ in map(str.split, lines) if kind != "A"}


def mapped(version_map: Path) -> set[str]:
    text = re.sub(r"/\*.*?\*/", "", version_map.read_text(), flags=re.DOTALL)
    return {
        f"{symbol}@@{node}"
        for node, body in re.findall(
            r"([\w.]+) \{\s*global:(.*?)(?:local:|\})", text, flags=re.DOTALL
        )
        for symbol in re.findall(r"(\w+);", body)
    }


def declared(headers: list[Path]) -> set[str]:
    text = "".join(header.read_text() for header in headers)
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    return set(re.findall(r"^RC_API [^;(]*?\b(\w+)\(", text, flags=re.MULTILINE))


def differences(expected: set[str], expected_in: str, got: set[str], got_in: str) -> list[str]:
    return [f"{name}: in {expected_in}, not in {got_in}" for name in sorted(expected - got)] + [
        f"{name}: in {got_in}, not in {expected_in}" for name in sorted(got - expected)
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nm", required=True)
    parser.add_argument("--library", type=Path, required=True)
    parser.add_argument("--map", type=Path, required=True)
    parser.add_argument("headers", type=Path, nargs="+")
    arguments = parser.parse_args()

    symbols = exported(arguments.nm, arguments.library)
    names = {symbol.split("@")[0] for symbol in symbols}
    problems = differences(mapped(arguments.map), "the map", symbols, "the library")
    problems += differences(declared(arguments.headers), "the headers", names, "the library")
    print("\n".join(problems) or f"{len(symbols)} symbols")
    return len(problems) > 0


if __name__ == "__main__":
    sys.exit(main())
