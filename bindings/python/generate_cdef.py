# SPDX-License-Identifier: Apache-2.0
"""Writes robocache/_cdef.py, the declarations that cffi reads, from the C headers.

python bindings/python/generate_cdef.py          rewrites the file
python bindings/python/generate_cdef.py --check  fails when the file is not what it would write
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
HEADERS = HERE.parents[1] / "include"
TARGET = HERE / "robocache" / "_cdef.py"

FILE = '''# SPDX-License-Identifier: Apache-2.0
"""Generated from include/robocache by generate_cdef.py; do not edit."""

CDEF = """\\
{declarations}
"""
'''


def headers_in_order(name: str, seen: list[str]) -> list[str]:
    """Names of the headers that `name` includes, itself last, each one once."""
    text = (HEADERS / name).read_text(encoding="utf-8")
    for included in re.findall(r'^#include "(.+)"', text, re.MULTILINE):
        if included not in seen:
            headers_in_order(included, seen)
    if name not in seen:
        seen.append(name)
    return seen


def declarations_of(name: str) -> str:
    """What cffi can read of a header: integer constants, types and functions."""
    text = (HEADERS / name).read_text(encoding="utf-8")
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    text = text.replace("\\\n", "")
    constants = re.findall(r"^#define +\w+ +\d+ *$", text, re.MULTILINE)
    text = re.sub(r"^#.*$", "", text, flags=re.MULTILINE)
    text = re.sub(r"\b(RC_API|RC_BEGIN_DECLARATIONS|RC_END_DECLARATIONS)\b ?", "", text)
    lines = [re.sub(r"\s+$", "", line) for line in text.splitlines()]
    return "\n".join(constants + [line for line in lines if line])


def generate() -> str:
    """The text of robocache/_cdef.py."""
    names = headers_in_order("robocache/robocache.h", [])
    parts = [declarations_of(name) for name in names if name != "robocache/export.h"]
    return FILE.format(declarations="\n".join(part for part in parts if part))


def main() -> int:
    """Entry of the command line."""
    parser = argparse.ArgumentParser(description="Writes robocache/_cdef.py from the C headers.")
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    check = parser.parse_args().check
    text = generate()
    if not check:
        TARGET.write_text(text, encoding="utf-8")
        return 0
    if TARGET.exists() and TARGET.read_text(encoding="utf-8") == text:
        return 0
    print(f"{TARGET} is not what the headers say; run {Path(__file__).name}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
