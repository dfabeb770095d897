# SPDX-License-Identifier: Apache-2.0
"""Today's Python package and programs on an older library: one sentence that names both versions
and the file, never a crash (onnxruntime #25547)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import builds
import pytest

OLDER = "0.0.9"
FOLDER = Path(__file__).parent


@pytest.fixture(scope="module")
def older() -> Path:
    return builds.target("tests/abi/older/librobocache.so.1")


@pytest.fixture(scope="module")
def today() -> Path:
    return builds.target("lib/librobocache.so.1")


def run(command: list[str], library: Path) -> subprocess.CompletedProcess[str]:
    """Runs with `library` as the only one."""
    environment = {**os.environ, "ROBOCACHE_LIBRARY": str(library)}
    environment["LD_LIBRARY_PATH"] = str(library.parent)
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)


def version(library: Path) -> str:
    from cffi import FFI

    ffi = FFI()
    ffi.cdef("const char* rc_version_string(void);")
    return ffi.string(ffi.dlopen(str(library)).rc_version_string()).decode()


def test_the_older_library_is_one(older: Path, today: Path) -> None:
    assert version(older) == OLDER
    assert version(today) != OLDER


RESAMPLE = "rc.resample(np.zeros((2, 1)), np.arange(2), np.arange(2))"


@pytest.mark.parametrize("use", ["rc.Context('cpu')", RESAMPLE, "rc.target_clock(0, 9, 1)"])
def test_python_package(use: str, older: Path, today: Path) -> None:
    program = [sys.executable, "-c", f"import numpy as np; import robocache as rc; {use}"]
    served = run(program, today)
    assert served.returncode == 0, served.stderr
    refused = run(program, older)
    assert refused.returncode == 1
    assert refused.stderr.splitlines()[-1] == (
        "robocache.errors.VersionMismatchError: librobocache: expected version"
        f" {version(today)} or newer, got {OLDER} from {older}"
    )


def test_python_doctor(older: Path) -> None:
    """The command that people run when something is wrong says it, too."""
    pytest.importorskip("typer")
    refused = run([sys.executable, "-m", "robocache", "doctor"], older)
    assert refused.returncode == 1
    text = " ".join((refused.stdout + refused.stderr).split())
    assert f"got {OLDER} from {older}" in text
    assert "Traceback" not in text


def test_another_library_altogether() -> None:
    refused = run(
        [sys.executable, "-c", "import robocache; robocache.Context()"], Path("libm.so.6")
    )
    assert refused.returncode == 1
    assert "VersionMismatchError: librobocache: libm.so.6 is another library" in refused.stderr


def test_c_program(tmp_path: Path, older: Path, today: Path) -> None:
    program = tmp_path / "guarded"
    compile_ = ["cc", "-I", str(builds.ROOT / "include"), str(FOLDER / "guarded.c"), str(today)]
    subprocess.run([*compile_, "-o", str(program)], check=True)
    served = run([str(program)], today)
    assert (served.returncode, served.stdout.strip()) == (0, version(today))
    refused = run([str(program)], older)
    assert refused.returncode == 1
    assert refused.stderr == (
        f"rc_check_version: header_version: expected at most {OLDER}, the version of {older},"
        f" got {version(today)}\n"
    )
