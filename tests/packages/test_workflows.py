# SPDX-License-Identifier: Apache-2.0
"""GitHub's workflows: their form, what they may do, and that they run what is here."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import builds
import pytest

GITHUB = builds.ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").iterdir())
ACTIONLINT = "github.com/rhysd/actionlint/cmd/actionlint@v1.7.7"


def test_form(tmp_path: Path) -> None:
    go = shutil.which("go")
    if go is None:
        pytest.skip("go, which builds actionlint, is not installed: robocache[runtimes]")
    kept = builds.ROOT / "build" / "runtimes"
    environment = os.environ | {
        "GOBIN": str(tmp_path),
        "GOCACHE": str(kept / "go-build"),
        "GOFLAGS": "-modcacherw",
        "GOPATH": str(kept / "go"),
    }
    made = subprocess.run(
        [go, "install", ACTIONLINT], env=environment, cwd=tmp_path, capture_output=True, text=True
    )
    if made.returncode:
        pytest.skip(f"go install {ACTIONLINT}: {made.stderr.splitlines()[0]}")
    # Without shellcheck, whose findings depend on whether it is here.
    command = [tmp_path / "actionlint", "-no-color", "-shellcheck=", *WORKFLOWS]
    done = subprocess.run(command, cwd=builds.ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_security() -> None:
    zizmor = shutil.which("zizmor")
    if zizmor is None:
        pytest.skip("zizmor is not installed: robocache[dev]")
    done = subprocess.run([zizmor, "--offline", "--quiet", GITHUB], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_pinned_and_small(workflow: Path) -> None:
    text = workflow.read_text()
    used = re.findall(r"uses: (.*)$", text, re.M)
    assert used
    assert [u for u in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", u)] == []
    # Nothing may be done that a job does not ask for.
    assert "\npermissions: {}\n" in text
    assert "secrets." not in text


def test_they_run_what_the_checkout_has() -> None:
    commands = re.findall(
        r"run: ((?:make|scripts/|\.ci/).*)$", "".join(w.read_text() for w in WORKFLOWS), re.M
    )
    targets = re.findall(r"^(\w+):", (builds.ROOT / "Makefile").read_text(), re.M)
    for program, *words in map(str.split, commands):
        if program == "make":
            assert words[0] in targets
        else:
            assert os.access(builds.ROOT / program, os.X_OK)
    released = (builds.ROOT / "docs" / "releasing.md").read_text()
    assert {c for c in commands if c.startswith("make")} <= set(released.splitlines())
    assert {c.split()[0] for c in commands} == {"make", "scripts/try-wheel", ".ci/run"}
