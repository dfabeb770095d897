# SPDX-License-Identifier: Apache-2.0
"""Gate: the objects of a SIMD level leave no function behind that another level could be given.

Of equal weak functions the linker keeps one. Were it one that was compiled for AVX2, the baseline
would fail on processors without. The baseline itself may use templates of the standard library.
"""

import subprocess
import sys
from pathlib import Path


def main() -> int:
    nm, archive = sys.argv[1:]
    level = Path(archive).stem.removeprefix("libkernels_")
    lines = subprocess.run(
        [nm, "--defined-only", "--demangle", archive], check=True, capture_output=True, text=True
    ).stdout.splitlines()
    symbols = [line.split(maxsplit=2)[1:] for line in lines if len(line.split(maxsplit=2)) == 3]
    weak = [name for kind, name in symbols if kind == "W"]
    own = ["std::", f"rc::{level}::"] if level == "baseline" else [f"rc::{level}::"]
    shared = sorted({name for name in weak if not any(space in name for space in own)})
    entries = [name for kind, name in symbols if kind == "T"]
    print(
        "\n".join(shared) or f"{len(entries)} entries, {len(weak)} weak functions, all of {level}"
    )
    return len(shared) > 0 or not entries


if __name__ == "__main__":
    sys.exit(main())
