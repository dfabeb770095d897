# SPDX-License-Identifier: Apache-2.0
"""CUDA for AArch64: the compiler of scripts/cuda-toolkit makes objects of that machine here."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import builds
import pytest

OBJECT = "kernels/libkernels_cuda.a.p/voxelize_bounds_cuda.cu.o"


def test_kernels_compile_for_aarch64(tmp_path: Path) -> None:
    if not (builds.ROOT / ".tools" / "cuda" / "complete").exists():
        pytest.skip("no CUDA compiler in .tools/cuda; `make cuda` brings it")
    if shutil.which("aarch64-linux-gnu-g++") is None:
        pytest.skip("aarch64-linux-gnu-g++ is not installed (Debian: g++-aarch64-linux-gnu)")
    command = f"""
      eval "$(MACHINE=aarch64 scripts/cuda-toolkit)"
      meson setup --cross-file scripts/cross/aarch64-linux-gnu.ini '{tmp_path}' \
        -Dcuda=enabled -Dgpu_arch=90 -Dtests=disabled -Dbench=disabled -Ddocs=disabled
      ninja -C '{tmp_path}' {OBJECT}
    """
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command], cwd=builds.ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    header = (tmp_path / OBJECT).read_bytes()[:20]
    aarch64 = (183).to_bytes(2, "little")
    assert header[:4] == b"\x7fELF"
    assert header[18:20] == aarch64
