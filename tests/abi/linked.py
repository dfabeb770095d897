# SPDX-License-Identifier: Apache-2.0
"""A program linked with a function of a later release runs with that release. With today's library
the loader refuses it at its start, and names the file and the version node that it lacks."""

import os
import subprocess
import sys
from pathlib import Path

_, program, today, later = sys.argv


def run(library: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "LD_LIBRARY_PATH": str(Path(library).resolve().parent)}
    return subprocess.run([program], env=environment, capture_output=True, text=True)


assert run(later).returncode == 0, run(later)
refused = run(today)
print(refused.stderr)
assert refused.returncode == 1, refused
sentence = f"{Path(today).resolve()}: version `ROBOCACHE_99.0' not found (required by {program})"
assert sentence in refused.stderr
