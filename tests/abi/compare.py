# SPDX-License-Identifier: Apache-2.0
"""Gate: the binary interface is that of the committed baseline, tests/abi/librobocache.abi.

With --update the baseline is written anew: `meson compile -C build abi-baseline`. Until 0.1.0 is
entered in CHANGELOG.md it may move, with a reason; from then on there are only additions.
"""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

SKIPPED = 77
# abidiff's exit code is a set of bits: 1 error, 2 usage, 4 change, 8 incompatible change.
FAILED = 1 | 2
# Of any machine.
INTERFACE = ["--exported-interfaces-only", "--no-architecture"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--library", type=Path, required=True)
    parser.add_argument("--headers", type=Path, required=True)
    parser.add_argument("--baseline", type=Path, required=True)
    parser.add_argument("--update", action="store_true")
    arguments = parser.parse_args()

    if shutil.which("abidw") is None or shutil.which("abidiff") is None:
        print("skipped: abidw and abidiff are not installed (Debian: abigail-tools)")
        return SKIPPED
    if arguments.update:
        # What is behind the handles is left out: the headers do not describe it.
        command = ["abidw", "--headers-dir", arguments.headers, "--drop-private-types", *INTERFACE]
        command += ["--no-show-locs", "--no-corpus-path", "--no-comp-dir-path", "--no-elf-needed"]
        command += ["--out-file", arguments.baseline, arguments.library]
        return subprocess.run(command).returncode
    # Without the headers: abidiff would take every type of the baseline, which has no file names,
    # for a private one, and pass over its changes.
    command = ["abidiff", *INTERFACE, arguments.baseline, arguments.library]
    result = subprocess.run(command).returncode
    if result != 0 and result & FAILED == 0:
        print("If the change is meant: meson compile -C <build> abi-baseline")
    return result


if __name__ == "__main__":
    sys.exit(main())
