# SPDX-License-Identifier: Apache-2.0
"""The gates of the binary interface bite: each passes as things are, and fails, naming the thing,
after one change that would break a program."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import builds
import pytest

FOLDER = Path(__file__).parent
HEADERS = builds.ROOT / "include"
MAP = builds.ROOT / "lib" / "librobocache.map"
FROZEN = FOLDER / "client_0_1" / "robocache" / "robocache.h"
BASELINE = FOLDER / "librobocache.abi"

Change = tuple[str, str]
"""Of a text: what, and what instead."""


def changed(source: Path, target: Path, change: Change) -> Path:
    text = source.read_text()
    assert change[0] in text, f"{source} has no {change[0]!r} to be changed"
    target.write_text(text.replace(*change, 1))
    return target


def headers(folder: Path, name: str, change: Change) -> Path:
    """A copy of the public headers with a change in one."""
    shutil.copytree(HEADERS, folder)
    changed(HEADERS / "robocache" / name, folder / "robocache" / name, change)
    return folder


def gate(script: str, *arguments: object) -> tuple[int, str]:
    command = [sys.executable, str(FOLDER / script), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout + done.stderr


def c_headers(folder: Path) -> list[Path]:
    return sorted((folder / "robocache").glob("*.h"))


# 1: exported symbols, the version map and the headers agree.


def exported_symbols(version_map: Path = MAP, folder: Path = HEADERS) -> tuple[int, str]:
    library = builds.target("lib/librobocache.so.1")
    fixed = ["--nm", "nm", "--library", library, "--map", version_map]
    return gate("symbols.py", *fixed, *c_headers(folder))


def test_exported_symbols_as_they_are() -> None:
    assert exported_symbols()[0] == 0


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (("rc_fuse;", "rc_fuse;\n  rc_fuse_more;"), "rc_fuse_more@@ROBOCACHE_0.1: in the map"),
        (("rc_fuse;", "rc_join;"), "rc_fuse@@ROBOCACHE_0.1: in the library, not in the map"),
        (("  rc_fuse;\n", ""), "rc_fuse@@ROBOCACHE_0.1: in the library, not in the map"),
        (("ROBOCACHE_0.1", "ROBOCACHE_0.2"), "rc_fuse@@ROBOCACHE_0.1: in the library"),
    ],
    ids=["added", "renamed", "removed", "moved"],
)
def test_exported_symbols_against_another_map(change: Change, named: str, tmp_path: Path) -> None:
    status, said = exported_symbols(changed(MAP, tmp_path / "other.map", change))
    assert status == 1
    assert named in said


def test_exported_symbols_against_another_header(tmp_path: Path) -> None:
    change = ("rc_status rc_stream_init(", "rc_status rc_stream_begin(")
    status, said = exported_symbols(folder=headers(tmp_path / "include", "fuse.h", change))
    assert status == 1
    assert "rc_stream_begin: in the headers, not in the library" in said


# 2: names in the archive.


def test_prefix(tmp_path: Path) -> None:
    archive = builds.target("lib/librobocache_static.a")
    assert gate("prefix.py", "nm", archive)[0] == 0
    source, other = tmp_path / "stranger.c", tmp_path / "other.a"
    source.write_text("int round_to_even(int x) { return x & ~1; }\n")
    subprocess.run(["cc", "-c", source, "-o", source.with_suffix(".o")], check=True)
    script = f"create {other}\naddlib {archive}\naddmod {source.with_suffix('.o')}\nsave\n"
    subprocess.run(["ar", "-M"], input=script, text=True, check=True)
    status, said = gate("prefix.py", "nm", other)
    assert status == 1
    assert said.split() == ["round_to_even"]


# 3: the library against the baseline.


def baseline(path: Path) -> tuple[int, str]:
    if shutil.which("abidiff") is None:
        pytest.skip("abidiff is not installed (Debian: abigail-tools)")
    library = builds.target("tests/abi/librobocache.so.1")
    return gate("compare.py", "--headers", HEADERS, "--baseline", path, "--library", library)


def test_baseline_as_it_is() -> None:
    assert baseline(BASELINE)[0] == 0


def test_baseline_with_a_function_that_is_gone(tmp_path: Path) -> None:
    text = BASELINE.read_text()
    function = re.search(r" *<function-decl name='rc_fuse' .*?</function-decl>\n", text, re.S)
    symbol = re.search(r" *<elf-symbol name='rc_fuse' .*\n", text)
    assert function is not None
    assert symbol is not None
    other = tmp_path / "other.abi"
    for part in (function[0], symbol[0]):
        text = text.replace(part, part + part.replace("rc_fuse'", "rc_joined'"), 1)
    other.write_text(text)
    status, said = baseline(other)
    assert status & 8, said
    assert "rc_joined" in said


def test_baseline_with_another_struct(tmp_path: Path) -> None:
    text = BASELINE.read_text()
    struct = re.search(
        r"<class-decl name='rc_stream' size-in-bits='448' .*?</class-decl>", text, re.S
    )
    assert struct is not None
    shorter = struct[0].replace("size-in-bits='448'", "size-in-bits='384'")
    field = r"<data-member [^>]*offset-in-bits='384'>.*?</data-member>"
    shorter = re.sub(field, "", shorter, flags=re.S)
    other = tmp_path / "other.abi"
    other.write_text(text.replace(struct[0], shorter))
    status, said = baseline(other)
    assert status & 4, said
    assert "grad_values" in said


# 4: layouts and numbers.


def layout(folder: Path) -> tuple[int, str]:
    fixed = ["--cc", "cc", "--cxx", "c++", "--include", folder, "--standard", "c11"]
    return gate("compiles.py", *fixed, FOLDER / "layout.c", FOLDER / "numbers.c")


def test_layout_as_it_is() -> None:
    assert layout(HEADERS)[0] == 0


LAYOUTS = [
    ("fuse.h", ("  uint32_t reserved;\n", "  uint64_t reserved;\n"), "size of rc_stream"),
    ("tensor.h", ("  uint64_t byte_offset;\n", ""), "size of rc_tensor"),
    (
        "resample.h",
        ("  int32_t mode;\n  int32_t reserved;", "  int32_t reserved;\n  int32_t mode;"),
        "rc_channels.mode",
    ),
    ("resample.h", ("RC_MODE_SLERP = 5", "RC_MODE_SLERP = 15"), "RC_MODE_SLERP"),
    ("status.h", ("RC_ERROR_INTERNAL = 900", "RC_ERROR_INTERNAL = 901"), "RC_ERROR_INTERNAL"),
]


@pytest.mark.parametrize(("name", "change", "named"), LAYOUTS)
def test_layout_of_other_headers(name: str, change: Change, named: str, tmp_path: Path) -> None:
    status, said = layout(headers(tmp_path / "include", name, change))
    assert status == 1
    assert f'static assertion failed: "{named}"' in said


# The frozen declarations of release 0.1.


def frozen(folder: Path, version_map: Path = MAP) -> tuple[int, str]:
    return gate("frozen.py", "--frozen", FROZEN, "--map", version_map, *c_headers(folder))


def released(folder: Path) -> Path:
    """Headers of a release after 0.1.0, which may add."""
    version = folder / "robocache" / "version.h"
    changed(version, version, ("RC_VERSION_MINOR 1", "RC_VERSION_MINOR 2"))
    return folder


def test_frozen_as_it_is(tmp_path: Path) -> None:
    assert frozen(HEADERS)[0] == 0


@pytest.mark.parametrize(
    ("name", "change", "named"),
    [
        *LAYOUTS[:1],
        ("fuse.h", ("int64_t num_streams,", "int32_t num_streams,"), "function rc_fuse: was"),
        ("fuse.h", ("rc_stream_init(", "rc_stream_begin("), "function rc_stream_init: was"),
        ("resample.h", ("RC_ORDER_DROP = 2", "RC_ORDER_SKIP = 2"), "RC_ORDER_DROP = 2 is gone"),
        ("fuse.h", ("RC_MAX_STREAMS 64", "RC_MAX_STREAMS 32"), "macro RC_MAX_STREAMS: was '64'"),
        ("status.h", ("typedef int32_t rc_status;", "typedef int64_t rc_status;"), "rc_status"),
        ("resample.h", ("  int64_t count;\n", "  int64_t number;\n"), "struct rc_channels: was"),
    ],
)
def test_frozen_against_a_change(name: str, change: Change, named: str, tmp_path: Path) -> None:
    other = headers(tmp_path / "include", name, change)
    for folder in (other, released(other)):
        status, said = frozen(folder)
        assert status == 1
        assert named.removeprefix("size of ") in said


ADDITIONS = [
    ("fuse.h", ("  uint64_t workspace_size;\n", "  uint64_t workspace_size;\n  int64_t more;\n")),
    ("resample.h", ("RC_ORDER_DROP = 2", "RC_ORDER_DROP = 2,\n  RC_ORDER_NEW = 3")),
    (
        "status.h",
        (
            "RC_API const char* rc_status_name",
            "RC_API void rc_new(void);\nRC_API const char* rc_status_name",
        ),
    ),
]


@pytest.mark.parametrize(("name", "change"), ADDITIONS)
def test_frozen_against_an_addition(name: str, change: Change, tmp_path: Path) -> None:
    """Not in 0.1.0 itself: the copy would not be that release's. Welcome afterwards."""
    other = headers(tmp_path / "include", name, change)
    status, said = frozen(other)
    assert status == 1
    assert "not in release 0.1: " in said
    assert frozen(released(other))[0] == 0


def test_frozen_against_another_map(tmp_path: Path) -> None:
    other = changed(MAP, tmp_path / "other.map", ("rc_fuse;", "rc_fuse;\n  rc_fuse_more;"))
    status, said = frozen(HEADERS, other)
    assert status == 1
    assert "rc_fuse_more: in node ROBOCACHE_0.1 of the map, not in the frozen header" in said
