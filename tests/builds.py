# SPDX-License-Identifier: Apache-2.0
"""What tests need of the build folder, built when they ask for it."""

from __future__ import annotations

import fcntl
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def folder() -> Path:
    """The build folder that ROBOCACHE_BUILD names, build/release by default."""
    build = Path(os.environ.get("ROBOCACHE_BUILD", ROOT / "build" / "release")).resolve()
    if not (build / "build.ninja").exists():
        pytest.skip(f"no build of the library in {build}; `make build`, or set ROBOCACHE_BUILD")
    return build


@contextmanager
def locked(build: Path) -> Iterator[None]:
    """One test process builds at a time."""
    with (build / "tests.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def target(name: str) -> Path:
    """Builds `name`, a path within the build folder."""
    build = folder()
    with locked(build):
        done = subprocess.run(["ninja", "-C", str(build), name], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return build / name
