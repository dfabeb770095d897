# SPDX-License-Identifier: Apache-2.0
"""Gate: the objects of a SIMD level leave no function behind that another level could be given.

Of equal weak functions the linker keeps one. Were it one that was compiled for AVX2, the baseline
would fail on processors without.
"""

import subprocess
import sys
from pathlib import Path


def main() -> int:
    nm, archive = sys.argv[1:]
    level = Path(archive).stem.removeprefix("libkernels_")
    lines = subprocess.run(
        [nm, "--defined-only", archive], check=True, capture_output=True, text=True
    ).stdout.splitlines()
    symbols = [line.split()[1:] for line in lines if len(line.split()) == 3]
    weak = [name for kind, name in symbols if kind == "W"]
    # As names are mangled: some are too long for a demangler.
    own = f"2rc{len(level)}{level}"
    shared = sorted({name for name in weak if own not in name})
    entries = [name for kind, name in symbols if kind == "T"]
    print(
        "\n".join(shared) or f"{len(entries)} entries, {len(weak)} weak functions, all of {level}"
    )
    return len(shared) > 0 or not entries


if __name__ == "__main__":
    sys.exit(main())
