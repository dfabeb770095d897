# SPDX-License-Identifier: Apache-2.0
"""The wheel: its tags, what is in it, its size, and what an update and a removal leave behind."""

from __future__ import annotations

import json
import platform
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import builds
import pytest

# A wheel is built once: in one of pytest's processes.
pytestmark = pytest.mark.xdist_group("wheel")

PACKAGE = builds.ROOT / "bindings" / "python" / "robocache"
LIBRARY = "robocache/librobocache.so.1"
SIZE = builds.ROOT / "scripts" / "wheel_size.py"


def module(name: str, *arguments: str | Path) -> str:
    command = [sys.executable, "-m", name, *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_one_wheel_for_all_pythons(wheel: Path) -> None:
    assert wheel.name.endswith(f"-py3-none-manylinux_2_28_{platform.machine()}.whl")


def test_auditwheel_finds_the_tag_kept(wheel: Path) -> None:
    found = json.loads(module("auditwheel", "show", "--json", wheel))
    glibc = re.fullmatch(r"manylinux_2_(\d+)_\w+", found["overall_tag"])
    assert glibc, found
    assert int(glibc[1]) <= 28
    assert found["external_libs"] == {}


def test_the_whole_package_and_nothing_else(wheel: Path) -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "."],
        cwd=PACKAGE,
        capture_output=True,
        text=True,
    )
    if tracked.returncode:
        pytest.skip("not a checkout")
    expected = {f"robocache/{name}" for name in tracked.stdout.split()} | {LIBRARY}
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if ".dist-info/" not in name]
    assert len(names) == len(set(names))
    assert set(names) == expected
    assert {"robocache/py.typed", "robocache/cli/app.py", "robocache/clouds/pcd.py"} <= expected


def test_library_is_the_one_that_the_c_tests_run_on(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        assert archive.read(LIBRARY) == (builds.folder() / "lib" / Path(LIBRARY).name).read_bytes()


def test_size(wheel: Path) -> None:
    subprocess.run([sys.executable, SIZE, wheel], check=True)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "3.0 MB, without CUDA: expected less than 3 MB"),
        (b"cudaGetDeviceCount", "20.0 MB, with CUDA: expected less than 20 MB"),
    ],
)
def test_larger_wheels_are_refused(content: bytes, said: str, tmp_path: Path) -> None:
    made = tmp_path / "made.whl"
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(LIBRARY, content + bytes(20_000_000 if content else 3_000_000))
    done = subprocess.run([sys.executable, SIZE, made], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == f"made.whl: {said}\n"


def obsolete(wheel: Path, folder: Path) -> Path:
    """An older version of `wheel`, with a module that it no longer has."""
    module("wheel", "unpack", "--dest", folder, wheel)
    (unpacked,) = folder.iterdir()
    (described,) = unpacked.glob("*.dist-info")
    metadata = described / "METADATA"
    metadata.write_text(
        re.sub(r"^Version: .*$", "Version: 0.0.1", metadata.read_text(), flags=re.M)
    )
    described.rename(unpacked / "robocache-0.0.1.dist-info")
    (unpacked / "robocache" / "gone.py").touch()
    module("wheel", "pack", "--dest-dir", folder, unpacked)
    shutil.rmtree(unpacked)
    (packed,) = folder.iterdir()
    return packed


def test_an_update_and_a_removal_leave_nothing_behind(wheel: Path, tmp_path: Path) -> None:
    environment = tmp_path / "environment"
    venv.create(environment, with_pip=True)

    def pip(*arguments: str | Path) -> None:
        subprocess.run([environment / "bin" / "pip", "--quiet", *arguments], check=True)

    def own() -> set[str]:
        files = [path.relative_to(environment) for path in environment.rglob("*")]
        return {path.name for path in files if "robocache" in str(path)}

    old = tmp_path / "old"
    old.mkdir()
    pip("install", "--no-deps", "--no-index", obsolete(wheel, old))
    assert {"gone.py", "robocache-0.0.1.dist-info"} <= own()
    pip("install", "--no-deps", "--no-index", "--upgrade", wheel)
    assert not {"gone.py", "robocache-0.0.1.dist-info"} & own()
    assert Path(LIBRARY).name in own()
    pip("uninstall", "--yes", "robocache")
    assert own() == set()


def test_an_editable_installation_takes_what_was_built(
    same_build: list[str], tmp_path: Path
) -> None:
    program = f"""
import site
site.addsitedir({str(tmp_path)!r})
import robocache
print(robocache.__file__, robocache.get_config()["library"])
"""
    with builds.locked(builds.folder()):
        module("pip", "install", *same_build, "--target", tmp_path, "--editable", builds.ROOT)
        command = [sys.executable, "-c", program]
        printed = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True)
    built = builds.folder() / "bindings" / "python" / Path(LIBRARY).name
    assert printed.stdout.split() == [str(PACKAGE / "__init__.py"), str(built)]
