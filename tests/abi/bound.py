# SPDX-License-Identifier: Apache-2.0
"""Runs a client and compares the functions that the dynamic linker bound, each at its first call,
with those of release 0.1 in the version map: it called every one, in the file that was meant."""

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

from frozen import FIRST_NODE
from symbols import differences, mapped

BINDING = re.compile(r"binding file (\S+) \[0\] to (\S+) \[0\]: normal symbol `(rc_\w+)' \[(\S+)\]")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--client", type=Path, required=True)
    parser.add_argument("--library", type=Path, required=True)
    parser.add_argument("--map", type=Path, required=True)
    arguments = parser.parse_args()

    library = arguments.library.resolve()
    environment = {**os.environ, "LD_DEBUG": "bindings", "LD_LIBRARY_PATH": str(library.parent)}
    environment.pop("LD_BIND_NOW", None)
    client = subprocess.run([arguments.client], env=environment, capture_output=True, text=True)
    calls = [b for b in BINDING.findall(client.stderr) if Path(b[0]).samefile(arguments.client)]
    problems = [
        line for line in client.stderr.splitlines() if not re.match(r"\s*\d+:\s", line)
    ]  # what the client itself says
    problems += [f"{name}: from {file}" for _, file, name, _ in calls if Path(file) != library]
    problems += differences(
        {symbol for symbol in mapped(arguments.map) if symbol.endswith(f"@@{FIRST_NODE}")},
        "the map",
        {f"{name}@@{node}" for _, _, name, node in calls},
        "the calls",
    )
    print("\n".join(problems) or f"{len(calls)} functions called in {library}")
    return client.returncode != 0 or len(problems) > 0


if __name__ == "__main__":
    sys.exit(main())
