# SPDX-License-Identifier: Apache-2.0
"""The command `robocache`. What it does is in the functions that it calls; see `robocache.align`,
`robocache.inspection`, `robocache.demo`."""

from __future__ import annotations

import signal
import sys
from types import FrameType


def main() -> None:
    """Entry point of `robocache` and of `python -m robocache`. Ends the process."""
    try:
        from .app import run
    except ModuleNotFoundError as error:
        if error.name not in ("typer", "rich"):
            raise
        sys.exit(_needs_extra(error.name))
    signal.signal(signal.SIGTERM, _end)
    sys.exit(run(sys.argv[1:] or ["--help"]))


def _needs_extra(module: str) -> int:
    line = f'robocache: {module} is not installed: pip install "robocache[cli]"'
    print(line, file=sys.stderr)
    return 2


def _end(number: int, frame: FrameType | None) -> None:
    """Leave through the blocks that remove unfinished files."""
    sys.exit(128 + number)
