# SPDX-License-Identifier: Apache-2.0
"""Gate: a program written for release 0.1 still means today what it meant then.

client_0_1/robocache/robocache.h holds the declarations of release 0.1. As long as the headers say
0.1.0 they are the same; from then on there are only additions. The functions are those of the first
node of the version map.

With --update the copy is written anew: `meson compile -C build abi-frozen`. It may be until 0.1.0
is entered in CHANGELOG.md, and never after.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from symbols import differences, mapped

HEAD = """\
/* SPDX-License-Identifier: Apache-2.0 */
/* Declarations of release 0.1 as its headers had them; see tests/abi/frozen.py. */
/* clang-format off */
#pragma once

#include <stdint.h>
"""
# An included file stands before the files that include it.
ORDER = ["export", "status", "version", "tensor", "context"]
ORDER += ["device", "resample", "fuse", "voxelize", "tsdf"]
FIRST_NODE = "ROBOCACHE_0.1"

MACRO = re.compile(r"^#define (\w+)((?:\\\n|[^\n])*)", re.MULTILINE)
FUNCTION = re.compile(r"RC_API\s+([^;{}]*?\b(\w+)\([^;{}]*\));")
STRUCT = re.compile(r"typedef struct (\w+) \{([^}]*)\} \w+;")
ENUM = re.compile(r"enum (\w+) \{([^}]*)\};")
TYPE = re.compile(r"typedef (?!struct \w+ \{)([^;{}]*);")
# What grows with every release: the version, and the initialisers of structs that grow.
GROWING = re.compile(r"RC_VERSION_(MAJOR|MINOR|PATCH)|RC_\w+_INIT")


def flat(headers: list[Path]) -> str:
    """The headers as one text without comments, inclusions and guards."""
    by_name = {header.stem: header.read_text() for header in headers}
    missing = set(by_name) - {*ORDER, "robocache"}
    assert not missing, f"{missing}: not in ORDER"
    text = "".join(re.sub(r"^#endif\s*\Z", "", by_name[name], flags=re.M) for name in ORDER)
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    text = re.sub(r"^#(include|(ifndef|define) ROBOCACHE_\w+_H).*\n", "", text, flags=re.M)
    text = re.sub(r"\s*\n(?=.)", "\n", text)
    return re.sub(r"^(?=typedef|enum|RC_BEGIN|#if)", "\n", text, flags=re.M)


def one_space(text: str) -> str:
    return " ".join(text.replace("\\\n", " ").split())


def items(body: str, separator: str) -> list[str]:
    return [one_space(item) for item in body.split(separator) if item.strip()]


def compare(then: str, now: str) -> list[str]:
    """What of `then` is no longer so."""
    problems = []

    def same(kind: str, before: dict[str, str], after: dict[str, str]) -> None:
        for name, text in before.items():
            if after.get(name) != text:
                problems.append(f"{kind} {name}: was {text!r}, is {after.get(name)!r}")

    def texts(pattern: re.Pattern[str], text: str) -> dict[str, str]:
        return {m[2]: one_space(m[1]) for m in pattern.finditer(text)}

    def macros(text: str) -> dict[str, str]:
        found = {m[1]: one_space(m[2]) for m in MACRO.finditer(text)}
        return {name: value for name, value in found.items() if not GROWING.fullmatch(name)}

    def types(text: str) -> dict[str, str]:
        return {one_space(m[1]): one_space(m[1]) for m in TYPE.finditer(text)}

    same("function", texts(FUNCTION, then), texts(FUNCTION, now))
    same("macro", macros(then), macros(now))
    same("type", types(then), types(now))

    enums = {m[1]: items(m[2], ",") for m in ENUM.finditer(now)}
    for m in ENUM.finditer(then):
        gone = set(items(m[2], ",")) - set(enums.get(m[1], []))
        problems += [f"enum {m[1]}: {enumerator} is gone" for enumerator in sorted(gone)]

    structs = {m[1]: items(m[2], ";") for m in STRUCT.finditer(now)}
    for m in STRUCT.finditer(then):
        before, after = items(m[2], ";"), structs.get(m[1], [])
        grows = before[0] == "uint32_t struct_size"
        if (after[: len(before)] if grows else after) != before:
            problems.append(f"struct {m[1]}: was {before}, is {after}")
    return problems


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frozen", type=Path, required=True)
    parser.add_argument("--map", type=Path, required=True)
    parser.add_argument("--update", action="store_true")
    parser.add_argument("headers", type=Path, nargs="+")
    arguments = parser.parse_args()

    now = flat(arguments.headers)
    if arguments.update:
        arguments.frozen.write_text(HEAD + now.rstrip() + "\n")
        return 0

    then = arguments.frozen.read_text()
    version = [re.search(rf"RC_VERSION_{part} (\d+)", now) for part in ("MAJOR", "MINOR", "PATCH")]
    problems = compare(then, now)
    if [part and part[1] for part in version] == ["0", "1", "0"]:
        problems += [f"not in release 0.1: {problem}" for problem in compare(now, then)]
    functions = {m[2] for m in FUNCTION.finditer(then)}
    nodes = {symbol.split("@@")[0] for symbol in mapped(arguments.map) if FIRST_NODE in symbol}
    problems += differences(nodes, f"node {FIRST_NODE} of the map", functions, "the frozen header")
    print("\n".join(problems) or f"{len(functions)} functions")
    if problems:
        print(
            "Before 0.1.0 is released, if the change is meant: meson compile -C <build> abi-frozen"
        )
    return len(problems) > 0


if __name__ == "__main__":
    sys.exit(main())
