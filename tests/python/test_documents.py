# SPDX-License-Identifier: Apache-2.0
"""Runs the examples of the documents as they stand, and follows their links.

Blocks fenced as python, bash or c are run in order, those of one document in one folder; python
blocks of a document share their variables. A text block right after one is what it must print.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import robocache

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted(
    path.relative_to(ROOT)
    for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("tests/**/*.md")]
)
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def blocks(document: Path) -> list[tuple[str, str, str | None]]:
    """Language, text and expected output of each example."""
    found = FENCE.findall((ROOT / document).read_text())
    examples = []
    for index, (language, text) in enumerate(found):
        follower = found[index + 1] if index + 1 < len(found) else ("", "")
        if language in ("python", "bash", "c"):
            examples.append((language, text, follower[1] if follower[0] == "text" else None))
    return examples


WITH_EXAMPLES = [document for document in DOCUMENTS if blocks(document)]


def compile_c(text: str, folder: Path) -> list[str]:
    """Compiles a C example as a user would and returns the command that runs it."""
    compiler = shutil.which(os.environ.get("CC", "cc"))
    if compiler is None:
        pytest.skip("no C compiler")
    source = folder / "example.c"
    source.write_text(text)
    library = Path(robocache.get_config()["library"])
    command = [compiler, "-std=c99", "-Wall", "-Wextra", "-Werror", f"-I{ROOT / 'include'}"]
    command += [str(source), str(library), f"-Wl,-rpath,{library.parent}", "-o", "example"]
    subprocess.run(command, cwd=folder, check=True)
    return ["./example"]


@pytest.mark.parametrize("document", WITH_EXAMPLES, ids=str)
def test_examples_run(document: Path, tmp_path: Path) -> None:
    python = ""
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    for language, text, expected in blocks(document):
        if language == "python":
            for framework in re.findall(r"^import (torch|jax)$", text, re.MULTILINE):
                pytest.importorskip(framework)
            command = [sys.executable, "-c", f"{python}\nprint(end='\\0')\n{text}"]
            python += text
        elif language == "bash":
            command = ["bash", "-euc", text]
        else:
            command = compile_c(text, tmp_path)
        run = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300
        )
        assert run.returncode == 0, f"{text}\n{run.stdout}\n{run.stderr}"
        if expected is not None:
            assert run.stdout.rpartition("\0")[2] == expected


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_links_lead_somewhere(document: Path) -> None:
    text = FENCE.sub("", (ROOT / document).read_text())
    missing = [
        target
        for target in LINK.findall(text)
        if "://" not in target and not (ROOT / document).parent.joinpath(target).exists()
    ]
    assert missing == []


def test_reference_names_everything() -> None:
    pytest.importorskip("typer")
    command = [sys.executable, str(ROOT / "docs" / "generate_reference.py"), "--check"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def test_readme_shows_each_interface() -> None:
    assert {language for language, _, _ in blocks(Path("README.md"))} == {"python", "bash", "c"}
