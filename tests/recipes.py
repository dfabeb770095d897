# SPDX-License-Identifier: Apache-2.0
"""Runs a recipe, a page of docs/how-to, from an empty folder as its reader would.

A block right after a line that is only a file's name in code and a colon is written to that file.
Blocks fenced as sh are run in order; a text block right after one is what it must print.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

BLOCK = re.compile(
    r"(?:^`(?P<file>[^`\n]+)`:\n+)?^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.M | re.S
)


def run(document: Path, folder: Path, environment: dict[str, str], timeout: float = 600) -> str:
    """Runs all of `document` in `folder` and returns what it printed."""
    printed, latest = "", None
    for block in BLOCK.finditer(document.read_text()):
        text = block["text"]
        if block["file"]:
            path = folder / block["file"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        elif block["language"] == "sh":
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", text],
                cwd=folder,
                env=environment,
                capture_output=True,
                text=True,
                timeout=timeout,
            )
            assert done.returncode == 0, f"{document.name}\n{text}\n{done.stdout}\n{done.stderr}"
            latest = done.stdout
            printed += done.stdout
            continue
        elif block["language"] == "text" and latest is not None:
            assert latest == text, f"{document.name}: expected\n{text}\ngot\n{latest}"
        latest = None
    assert printed, f"{document.name} runs nothing that prints"
    return printed
