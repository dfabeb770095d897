# SPDX-License-Identifier: Apache-2.0
"""Packages for the tests beside this file."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import builds
import pytest
import recipes

ROOT = builds.ROOT
TOOLS = {"auditwheel": "auditwheel", "mesonpy": "meson-python", "wheel": "wheel"}
PROGRAMS = {"aarch64-linux-gnu-g++": "g++-aarch64-linux-gnu", "git": "git", "make": "make"}


def need(modules: dict[str, str]) -> None:
    for module, package in modules.items():
        pytest.importorskip(module, reason=f"{package} is not installed: robocache[dev]")


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
def wheel(same_build: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of the library that the other tests run on, out of their build folder."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", *same_build]
    with builds.locked(builds.folder()):
        subprocess.run([*command, "-w", str(folder), str(ROOT)], check=True)
    (built,) = folder.iterdir()
    return built


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A checkout in which docs/releasing.md was followed, with a library that compiles quickly."""
    need(TOOLS | {"build.env": "build", "cyclonedx": "cyclonedx-python-lib"})
    for program, package in PROGRAMS.items():
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed (Debian: {package})")
    folder = tmp_path_factory.mktemp("release")
    commit_copy(folder)
    # The tools of this environment serve.
    (folder / ".venv").mkdir()
    for done in ("tools.done", "package.done"):
        (folder / ".venv" / done).touch()
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
    environment = inherited | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHON": sys.executable,
        "CUDA": "disabled",
        "WHEEL_OPTIONS": "-Doptimization=0",
    }
    recipes.run(ROOT / "docs" / "releasing.md", folder, environment)
    yield folder
    shutil.rmtree(folder)  # half a gigabyte, which pytest would keep


def commit_copy(folder: Path) -> None:
    """A repository in `folder`, of the files of this checkout as they are now."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if listed.returncode:
        pytest.skip("not a checkout: releases are made from one")
    for name in filter(None, listed.stdout.split("\0")):
        if os.path.lexists(ROOT / name):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name, follow_symlinks=False)
    author = ["-c", "user.name=test", "-c", "user.email=test@localhost"]
    for arguments in (["init", "-q"], ["add", "-A"], [*author, "commit", "-qm", "test"]):
        subprocess.run(["git", *arguments], cwd=folder, check=True)
