# SPDX-License-Identifier: Apache-2.0
"""Build backend of the wheel: meson-python, and a tag that says what the wheel needs.

meson-python takes a package with machine code for a Python extension and tags the wheel for one
Python. This package has none: it opens a C library through cffi, so that one wheel serves them all.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import mesonpy
from mesonpy import (  # noqa: F401 - the other hooks of the backend are meson-python's own
    build_editable,
    build_sdist,
    get_requires_for_build_editable,
    get_requires_for_build_sdist,
)


def get_requires_for_build_wheel(config_settings: dict[Any, Any] | None = None) -> list[str]:
    """What building a wheel needs: what meson-python needs, and `wheel` for the tag."""
    return [*mesonpy.get_requires_for_build_wheel(config_settings), "wheel>=0.40"]


def build_wheel(
    wheel_directory: str,
    config_settings: dict[Any, Any] | None = None,
    metadata_directory: str | None = None,
) -> str:
    """Builds a wheel for any Python 3 on this platform and returns its file name."""
    built = mesonpy.build_wheel(wheel_directory, config_settings, metadata_directory)
    path = Path(wheel_directory) / built
    command = [sys.executable, "-m", "wheel", "tags", "--remove"]
    command += ["--python-tag", "py3", "--abi-tag", "none", str(path)]
    retagged = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return retagged.stdout.strip().splitlines()[-1]
