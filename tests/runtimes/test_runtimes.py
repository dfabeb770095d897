# SPDX-License-Identifier: Apache-2.0
"""The recipes of docs/how-to that open the library at run time: each from an empty folder, all with
the same lines, which are those of the Python package to the bit."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import builds
import numpy as np
import pytest
import recipes
import toolchains

import robocache as rc
from robocache._library import ffi

HERE = Path(__file__).parent
RUNTIMES = ["ctypes", "dlopen", "go", "java", "luajit", "node"]
LAYOUTS = {
    "ctypes": ("layout.py", "python3 layout.py"),
    "go": ("layout.go", "go run layout.go librobocache.go"),
    "java": ("Layout.java", "java --enable-native-access=ALL-UNNAMED Layout.java"),
    "luajit": ("layout.lua", "luajit layout.lua"),
    "node": ("layout.mjs", "node layout.mjs"),
}
STRUCTS = ["device", "dtype", "tensor", "duration", "window", "clock_map"]
STRUCTS += ["context_options", "resample_options", "stream", "fuse_options"]
MS = 1_000_000
START = 1_700_000_000_000_000_000


@dataclass
class Recipe:
    """A page of docs/how-to that was followed: what it printed, and its last command."""

    folder: Path
    environment: dict[str, str]
    printed: str
    program: str

    def run(
        self, command: str, given: str = "", **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Runs a command where the page was followed."""
        return subprocess.run(
            ["bash", "-euc", command],
            input=given,
            cwd=self.folder,
            env=self.environment | environment,
            capture_output=True,
            text=True,
            timeout=300,
        )


def follow(runtime: str, folder: Path, installed_environment: dict[str, str]) -> Recipe:
    page = HERE.parents[1] / "docs" / "how-to" / f"{runtime}.md"
    text = page.read_text()
    environment = {k: v for k, v in installed_environment.items() if k != "ROBOCACHE_LIBRARY"}
    downloads, program = folder / "downloads", folder / "program"
    downloads.mkdir()
    program.mkdir()
    getattr(toolchains, runtime)(text, downloads, environment)
    printed = recipes.run(page, program, environment)
    commands = [m["text"] for m in recipes.BLOCK.finditer(text) if m["language"] == "sh"]
    return Recipe(program, environment, printed, commands[-1])


def align() -> tuple[np.ndarray, list[str]]:
    """What the Python package makes of the samples: the table, and the lines of the recipes."""
    i, k = np.arange(51), np.array([0, 1, 2, 3, 7, 8, 9, 10])
    wheel = (1 + i * i / 2000).astype(np.float32)[:, None]
    position = np.stack([0.5 + k / 7, 2 - k / 9], axis=1).astype(np.float32)
    position_times = START + 100 * MS * k
    streams = [
        rc.Stream(wheel, START + 20 * MS * i),
        rc.Stream(position, position_times, max_gap=150 * MS),
    ]
    clock = START + 125 * MS * np.arange(9)
    table, valid = rc.fuse(streams, clock)
    lines = [
        f"{125 * row:4} ms  {a:.9f}  {x:.9f} {y:.9f}  valid {first:d} {second:d}"
        for row, ((a, x, y), (first, second)) in enumerate(zip(table, valid, strict=True))
    ]
    position_times[2] = START
    with pytest.raises(rc.InvalidDataError) as refused:
        rc.fuse(streams, clock)
    return table, [*lines, f"{refused.value.name}: {refused.value.message}"]


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_runtime(
    runtime: str, prefix: Path, installed_environment: dict[str, str], tmp_path: Path
) -> None:
    recipe = follow(runtime, tmp_path, installed_environment)
    check_lines(recipe)
    check_library_by_its_path(recipe, prefix)
    check_older_library(recipe)
    if runtime in LAYOUTS:
        check_structs(recipe, *LAYOUTS[runtime])


def check_lines(recipe: Recipe) -> None:
    """They are those of the package, and tell every bit: nine decimals of float32 from 0.1 to 4."""
    table, lines = align()
    printed = recipe.printed.splitlines()[-len(lines) :]
    assert printed == lines
    columns = [line.split()[2:5] for line in printed[:-1]]
    assert np.array(columns, np.float32).tobytes() == table.tobytes()


def check_library_by_its_path(recipe: Recipe, prefix: Path) -> None:
    (library,) = prefix.rglob("librobocache.so.1")
    found = recipe.run(recipe.program, ROBOCACHE_LIBRARY=str(library), LD_LIBRARY_PATH="")
    assert found.returncode == 0, found.stderr
    assert recipe.printed.endswith(found.stdout)
    assert len(found.stdout.splitlines()) > 1
    missing = recipe.run(recipe.program, ROBOCACHE_LIBRARY="/nowhere/librobocache.so.1")
    assert missing.returncode != 0
    assert missing.stdout == ""
    assert "open" in missing.stderr


def check_older_library(recipe: Recipe) -> None:
    older = builds.target("tests/abi/older/librobocache.so.1")
    refused = recipe.run(recipe.program, ROBOCACHE_LIBRARY=str(older))
    assert refused.returncode != 0
    assert refused.stdout == ""
    assert (
        f"rc_check_version: header_version: expected at most 0.0.9, the version of {older},"
        f" got {rc.__version__}"
    ) in refused.stderr


def check_structs(recipe: Recipe, source: str, command: str) -> None:
    """Sizes and offsets that the wrapper declares are those of the headers."""
    shutil.copy(HERE / source, recipe.folder)
    answers = {}
    for name in [f"rc_{struct}" for struct in STRUCTS]:
        struct = ffi.typeof(name)
        answers[name] = str(ffi.sizeof(struct))
        answers |= {f"{name} {field}": str(at.offset) for field, at in struct.fields}
    asked = recipe.run(command, "\n".join(answers) + "\n")
    assert asked.returncode == 0, asked.stderr
    assert dict(zip(answers, asked.stdout.split(), strict=True)) == answers


def test_structs_have_no_hidden_padding() -> None:
    """Java and others spell padding out; docs/how-to/runtimes.md promises that there is none."""
    structs = [ffi.typeof(name) for name in ffi.list_types()[0] if name.startswith("rc_")]
    fields = [(kind, kind.fields) for kind in structs if kind.kind == "struct" and kind.fields]
    assert {f"rc_{name}" for name in STRUCTS} <= {kind.cname for kind, _ in fields}
    for kind, members in fields:
        sizes = [ffi.sizeof(field.type) for _, field in members]
        assert [field.offset for _, field in members] == list(np.cumsum([0, *sizes[:-1]])), kind
        assert ffi.sizeof(kind) == sum(sizes), kind
