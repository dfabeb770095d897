# SPDX-License-Identifier: Apache-2.0
"""Packages for the tests beside this file, each built once for all of pytest's processes."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import builds
import pytest
import recipes

ROOT = builds.ROOT
TOOLS = {"auditwheel": "auditwheel", "mesonpy": "meson-python", "wheel": "wheel"}


def need(modules: dict[str, str]) -> None:
    for module, package in modules.items():
        pytest.importorskip(module, reason=f"{package} is not installed: robocache[dev]")


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Callable[[Path], None]], Path]:
    """once(name, make) is a folder that `make` has filled in one of pytest's processes."""
    common = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        common = common.parent

    def filled(name: str, make: Callable[[Path], None]) -> Path:
        folder, complete = common / name, common / f"{name}.complete"
        with (common / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not complete.exists():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                make(folder)
                complete.touch()
        return folder

    return filled


@pytest.fixture(scope="session")
def same_build() -> list[str]:
    """pip's options that take the build folder of the other tests as it was set up."""
    need(TOOLS)
    build = builds.folder()
    described = subprocess.run(
        ["meson", "introspect", "--buildoptions", str(build)], check=True, capture_output=True
    ).stdout
    options = {o["name"]: o["value"] for o in json.loads(described) if o["section"] == "user"}
    if options["python"] != "enabled":
        pytest.skip(f"{build} was not made by `make build`")
    arguments = ["--no-build-isolation", "--no-deps", "-C", f"build-dir={build}"]
    for name, value in options.items():
        text = ",".join(value) if isinstance(value, list) else value
        arguments += ["-C", f"setup-args=-D{name}={text}"]
    return arguments


@pytest.fixture(scope="session")
def wheel(once: Callable[[str, Callable[[Path], None]], Path], same_build: list[str]) -> Path:
    """The wheel of the library that the other tests run on, out of their build folder."""

    def make(folder: Path) -> None:
        command = [sys.executable, "-m", "pip", "wheel", "--quiet", *same_build]
        with builds.locked(builds.folder()):
            subprocess.run([*command, "-w", str(folder), str(ROOT)], check=True)

    (built,) = once("wheel", make).iterdir()
    return built


@pytest.fixture(scope="session")
def release(once: Callable[[str, Callable[[Path], None]], Path]) -> Path:
    """A checkout in which docs/releasing.md was followed, with a library that compiles quickly."""
    need(TOOLS | {"build": "build", "cyclonedx": "cyclonedx-python-lib"})
    for program, package in {
        "make": "make",
        "git": "git",
        "aarch64-linux-gnu-g++": "g++-aarch64-linux-gnu",
    }.items():
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed (Debian: {package})")
    if not (ROOT / ".git").exists():
        pytest.skip("not a checkout: releases are made from one")

    def make(folder: Path) -> None:
        listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout
        for name in filter(None, names.split("\0")):
            if (ROOT / name).exists():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, folder / name)
        author = ["-c", "user.name=test", "-c", "user.email=test@localhost"]
        for arguments in (["init", "-q"], ["add", "-A"], [*author, "commit", "-qm", "test"]):
            subprocess.run(["git", *arguments], cwd=folder, check=True)
        # The tools of this environment serve.
        environment = folder / ".venv"
        environment.mkdir()
        for done in ("tools.done", "package.done"):
            (environment / done).touch()
        recipes.run(ROOT / "docs" / "releasing.md", folder, releasing())

    return once("release", make)


def releasing() -> dict[str, str]:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
    return inherited | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHON": sys.executable,
        "CUDA": "disabled",
        "WHEEL_OPTIONS": "-Doptimization=0",
    }
