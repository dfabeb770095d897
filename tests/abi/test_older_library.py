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


def compiled(folder: Path, today: Path, *arguments: object) -> str:
    """A program of today's headers and library."""
    program = folder / "program"
    include = builds.ROOT / "include"
    command = [*map(str, arguments), "-I", str(include), str(today), "-o", str(program)]
    subprocess.run(command, check=True)
    return str(program)


def check_program(program: str, older: Path, today: Path) -> None:
    served = run([program], today)
    assert (served.returncode, served.stdout.strip()) == (0, version(today)), served.stderr
    refused = run([program], older)
    assert refused.returncode == 1
    assert refused.stderr == (
        f"rc_check_version: header_version: expected at most {OLDER}, the version of {older},"
        f" got {version(today)}\n"
    )


def test_c_program(tmp_path: Path, older: Path, today: Path) -> None:
    """Bound lazily, so that it gets to ask; it also uses a function that the older one lacks."""
    program = compiled(tmp_path, today, "cc", "-Wl,-z,lazy", FOLDER / "guarded.c")
    check_program(program, older, today)


@pytest.mark.parametrize("options", [[], ["-DROBOCACHE_NO_EXCEPTIONS", "-fno-exceptions"]])
def test_cpp_program(options: list[str], tmp_path: Path, older: Path, today: Path) -> None:
    program = compiled(tmp_path, today, "c++", "-std=c++17", *options, FOLDER / "guarded.cpp")
    check_program(program, older, today)


def test_c_program_bound_at_its_start(tmp_path: Path, older: Path, today: Path) -> None:
    """Where the linker binds everything at once, the loader names program and function."""
    program = compiled(tmp_path, today, "cc", "-Wl,-z,now", FOLDER / "guarded.c")
    assert run([program], today).returncode == 0
    refused = run([program], older)
    assert refused.returncode == 127
    missing = "symbol lookup error: {}: undefined symbol: rc_tsdf_extract_options_init"
    assert missing.format(program) in refused.stderr
