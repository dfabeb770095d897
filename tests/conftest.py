# SPDX-License-Identifier: Apache-2.0
"""What the suites beside each other share: the library as it is installed."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def prefix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The installed tree: headers, library, pkg-config and CMake files.

    It comes out of the build folder that ROBOCACHE_BUILD names, build/release by default, and lies
    elsewhere than that folder was set up for: what is installed can be moved.
    """
    build = Path(os.environ.get("ROBOCACHE_BUILD", ROOT / "build" / "release")).resolve()
    if not (build / "build.ninja").exists():
        pytest.skip(f"no build of the library in {build}; `make build`, or set ROBOCACHE_BUILD")
    staged = tmp_path_factory.mktemp("installed")
    command = ["meson", "install", "-C", str(build), "--no-rebuild", "--quiet"]
    command += ["--destdir", str(staged), "--tags", "runtime,devel"]
    subprocess.run(command, check=True)
    (description,) = staged.rglob("robocache.pc")
    return next(p.parent for p in description.parents if (p.parent / "include").is_dir())


@pytest.fixture(scope="session")
def installed_environment(prefix: Path) -> dict[str, str]:
    """The environment of somebody who has installed the library into `prefix`."""
    (description,) = prefix.rglob("robocache.pc")
    return {
        **os.environ,
        "CMAKE_PREFIX_PATH": str(prefix),
        "LD_LIBRARY_PATH": str(description.parents[1]),
        "PKG_CONFIG_PATH": str(description.parent),
        "ROBOCACHE_SOURCE": str(ROOT),
    }
