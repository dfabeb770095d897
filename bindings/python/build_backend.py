# SPDX-License-Identifier: Apache-2.0
"""Build backend of the wheel: meson-python, and tags that say what the wheel needs.

meson-python takes a package with machine code for a Python extension and tags the wheel for one
Python. This package has none: it opens a C library through cffi, so that one wheel serves them all.
On which systems that library loads is auditwheel's to say.
"""

from __future__ import annotations

import json
import re
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

# What a wheel promises. A library that would load from an older glibc on says no more than this.
PROMISED = (2, 28)


def get_requires_for_build_wheel(config_settings: dict[Any, Any] | None = None) -> list[str]:
    """What building a wheel needs: what meson-python needs, and what finds and writes the tags."""
    required = mesonpy.get_requires_for_build_wheel(config_settings)
    return [*required, "auditwheel>=6.8", "wheel>=0.40"]


def build_wheel(
    wheel_directory: str,
    config_settings: dict[Any, Any] | None = None,
    metadata_directory: str | None = None,
) -> str:
    """Builds a wheel for any Python 3 on this platform and returns its file name."""
    built = mesonpy.build_wheel(wheel_directory, config_settings, metadata_directory)
    path = Path(wheel_directory) / built
    tags = ["--python-tag", "py3", "--abi-tag", "none", "--platform-tag", platform(path)]
    retagged = run("wheel", "tags", "--remove", *tags, str(path))
    return retagged.strip().splitlines()[-1]


def platform(wheel: Path) -> str:
    """The platforms that the library in `wheel` loads on."""
    tag: str = json.loads(run("auditwheel", "show", "--json", str(wheel)))["overall_tag"]
    glibc = re.fullmatch(r"manylinux_(\d+)_(\d+)_(\w+)", tag)
    if glibc and (int(glibc[1]), int(glibc[2])) < PROMISED:
        return "manylinux_{}_{}_{}".format(*PROMISED, glibc[3])
    return tag


def run(module: str, *arguments: str) -> str:
    """What a Python program prints."""
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
