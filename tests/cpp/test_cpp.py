# SPDX-License-Identifier: Apache-2.0
"""The C++ header, and the files for pkg-config and CMake, used from the installed tree."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import recipes

ROOT = Path(__file__).resolve().parents[2]
HEADERS = ROOT / "include" / "robocache"
PACKAGES = {"cc": "gcc", "c++": "g++", "cmake": "cmake", "pkg-config": "pkg-config"}


def need(*programs: str) -> None:
    for program in programs:
        if shutil.which(program) is None:
            pytest.skip(f"no {program} (Debian: {PACKAGES[program]})")


def run(
    *command: object, folder: Path, environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.mark.parametrize("page", ["c", "cpp"])
def test_recipe(page: str, tmp_path: Path, installed_environment: dict[str, str]) -> None:
    need(*PACKAGES)
    recipes.run(ROOT / "docs" / "how-to" / f"{page}.md", tmp_path, installed_environment)


def version() -> list[int]:
    text = (HEADERS / "version.h").read_text()
    return [
        int(re.search(rf"^#define RC_VERSION_{part} (\d+)", text, re.M)[1])
        for part in ("MAJOR", "MINOR", "PATCH")
    ]


MAJOR, MINOR, PATCH = version()
VERSION = f"{MAJOR}.{MINOR}.{PATCH}"
NEXT = f"{MAJOR}.{MINOR}.{PATCH + 1}"


@pytest.mark.parametrize(
    ("wanted", "served"),
    [
        ("", True),
        ("0.0.1", True),
        (VERSION, True),
        (f"{VERSION} EXACT", True),
        (f"0.0.1...{VERSION}", True),
        (NEXT, False),
        (str(MAJOR + 1), False),
        ("0.0.1 EXACT", False),
        (f"0.0.1...<{VERSION}", False),
        (f"{NEXT}...{MAJOR + 2}", False),
    ],
)
def test_find_package(
    wanted: str, served: bool, tmp_path: Path, installed_environment: dict[str, str]
) -> None:
    """Any release from the wanted one on; what is too new is refused, with what there is."""
    need("cmake", "cc")
    (tmp_path / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.19)\n"
        "project(consumer C)\n"
        f"find_package(robocache {wanted} REQUIRED)\n"
        "find_package(robocache REQUIRED)\n"  # a second time, as two parts of a project do
        'message(STATUS "found ${robocache_VERSION}")\n'
    )
    done = run("cmake", ".", folder=tmp_path, environment=installed_environment)
    text = " ".join((done.stdout + done.stderr).split())
    assert (done.returncode == 0) == served, text
    if served:
        assert f"found {VERSION}" in text
    else:
        assert re.search(
            'Could not find a configuration file for package "robocache" that'
            " (is compatible with|exactly matches) requested version",
            text,
        )
        assert f"robocacheConfig.cmake, version: {VERSION}" in text


def test_pkg_config_refuses_what_is_too_new(
    tmp_path: Path, installed_environment: dict[str, str]
) -> None:
    need("pkg-config")
    for wanted, served in ((VERSION, True), (NEXT, False)):
        done = run(
            *("pkg-config", "--print-errors", f"robocache >= {wanted}"),
            folder=tmp_path,
            environment=installed_environment,
        )
        assert (done.returncode == 0) == served, done.stderr
    assert f"robocache >= {NEXT}" in done.stderr
    assert VERSION in done.stderr


def test_older_languages_are_refused(tmp_path: Path, prefix: Path) -> None:
    need("c++")
    (tmp_path / "old.cpp").write_text("#include <robocache/robocache.hpp>\n")
    done = run(
        *("c++", "-std=c++14", "-fsyntax-only", f"-I{prefix}/include", "old.cpp"),
        folder=tmp_path,
        environment={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
    )
    assert done.returncode != 0
    assert "robocache.hpp needs C++17 or newer: compile with -std=c++17" in done.stderr


PARTS = {
    "library.cpp": """
        #include <robocache/robocache.hpp>
        bool on_cpu(const robocache::Context& context) {
          return context.device().device_type == robocache::cpu.device_type;
        }
    """,
    "program.cpp": """
        #include <robocache/robocache.hpp>
        bool on_cpu(const robocache::Context& context);
        int main() {
          robocache::ContextOptions options;
          options.device_type = robocache::DeviceType::cpu;
          return on_cpu(robocache::Context(options)) ? 0 : 1;
        }
    """,
}


def test_parts_of_two_releases_do_not_link(
    tmp_path: Path, prefix: Path, installed_environment: dict[str, str]
) -> None:
    """The types of two releases of the header may differ: to hand one to the other is refused by
    the linker, which names both, and does not crash."""
    need("c++", "pkg-config")
    newer = tmp_path / "newer"
    shutil.copytree(prefix / "include", newer)
    header = newer / "robocache" / "version.h"
    text = header.read_text()
    bumped = text.replace(f"RC_VERSION_MINOR {MINOR}", f"RC_VERSION_MINOR {MINOR + 1}")
    assert bumped != text
    header.write_text(bumped)
    for name, source in PARTS.items():
        (tmp_path / name).write_text(source)
    compiler = "c++ -std=c++17"
    link = "program.o library.o $(pkg-config --libs robocache) -o program"

    def build(include: Path) -> subprocess.CompletedProcess[str]:
        script = f"{compiler} -I{prefix}/include -c program.cpp\n"
        script += f"{compiler} -I{include} -c library.cpp\n"
        script += f"{compiler} {link}\n./program\n"
        return run("sh", "-euc", script, folder=tmp_path, environment=installed_environment)

    same = build(prefix / "include")
    assert same.returncode == 0, same.stderr
    mixed = build(newer)
    assert mixed.returncode != 0
    assert f"undefined reference to `on_cpu(robocache::v{MAJOR}_{MINOR}::Context" in mixed.stderr


# Defaults of C++ members take the place of the first; reasons and columns are bits and indices of
# arrays, which C++ reads by the names of C.
NOT_IN_CPP = re.compile(r"rc_\w+_init|RC_SUCCESS|RC_DTYPE_\w+|RC_REASON_\w+|RC_STAT_\w+")


def test_nothing_of_c_is_missing() -> None:
    """Every function and every enumerator of the C headers is in the C++ ones."""
    c = "".join(path.read_text() for path in HEADERS.glob("*.h"))
    c = re.sub(r"/\*.*?\*/", "", c, flags=re.S)
    names = set(re.findall(r"^RC_API [^;(]*?\b(rc_\w+)\(", c, re.M))
    names |= set(re.findall(r"\b(RC_\w+) = \d+", c))
    assert len(names) > 80
    cpp = "".join(path.read_text() for path in (HEADERS / "cpp").glob("*.hpp"))
    cpp = re.sub(r"/\*.*?\*/", "", cpp, flags=re.S)
    missing = names - set(re.findall(r"\bRC_\w+|\brc_\w+", cpp))
    assert {name for name in missing if not NOT_IN_CPP.fullmatch(name)} == set()
