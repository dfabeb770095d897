# SPDX-License-Identifier: Apache-2.0
"""A release as docs/releasing.md makes it: what its files hold, and that the sources build."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import builds
import pytest

# A release is made once: in one of pytest's processes.
pytestmark = pytest.mark.xdist_group("release")

LIBRARY = "robocache/librobocache.so.1"
# Recordings, arrays, clouds and what compilers write.
FOREIGN = re.compile(
    r"\.(bag|mcap|db3|ulg|h5|hdf5|parquet|npz|npy|pcd|ply|bin|pcap|so(\.\d+)?|a|o|pyc|whl|gz)$"
)


def sources(release: Path) -> Path:
    (archive,) = (release / "dist").glob("*.tar.gz")
    return archive


def test_checksums_are_of_all_files(release: Path) -> None:
    lines = (release / "dist" / "SHA256SUMS").read_text().splitlines()
    listed = dict(reversed(line.split("  ")) for line in lines)
    written = {p.name for p in (release / "dist").iterdir()} - {"SHA256SUMS"}
    assert set(listed) == written
    assert len(written) == 5
    for name, digest in listed.items():
        assert hashlib.sha256((release / "dist" / name).read_bytes()).hexdigest() == digest


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_parts_are_listed_as_cyclonedx_has_it(release: Path, machine: str) -> None:
    validation = pytest.importorskip("cyclonedx.validation.json", reason="no cyclonedx-python-lib")
    schema = pytest.importorskip("cyclonedx.schema")
    (described,) = (release / "dist").glob(f"*_{machine}.cdx.json")
    text = described.read_text()
    assert validation.JsonStrictValidator(schema.SchemaVersion.V1_6).validate_str(text) is None
    parts = json.loads(text)
    package = parts["metadata"]["component"]
    wheel = described.with_name(described.name.replace(".cdx.json", ".whl"))
    assert package["hashes"][0]["content"] == hashlib.sha256(wheel.read_bytes()).hexdigest()
    names = {part["name"] for part in parts["components"]}
    assert names == {"libstdc++", "cffi", "numpy"}
    assert all(part["licenses"] for part in parts["components"] if part["name"] == "libstdc++")
    (own,) = (d for d in parts["dependencies"] if d["ref"] == package["bom-ref"])
    assert set(own["dependsOn"]) == names


def test_sources_are_what_was_committed(release: Path) -> None:
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=release, check=True, capture_output=True, text=True
    ).stdout.splitlines()
    # Links to folders are left out: the Rust crate has some, to the sources that it is packed with.
    tracked = [name for name in tracked if not (release / name).is_dir()]
    with tarfile.open(sources(release)) as archive:
        names = [Path(*Path(m.name).parts[1:]).as_posix() for m in archive if m.isfile()]
    assert sorted(names) == sorted([*tracked, "PKG-INFO"])
    assert {"LICENSE", "README.md", "docs/index.md", "tests/api/fuse.c"} <= set(names)
    assert [name for name in names if FOREIGN.search(name)] == []
    assert sources(release).stat().st_size < 3_000_000


def test_sources_build_without_git_and_to_the_same_library(release: Path, tmp_path: Path) -> None:
    with tarfile.open(sources(release)) as archive:
        # Python before 3.11.4 has no filters. The archive is our own.
        filters = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        archive.extractall(tmp_path, **filters)
    (folder,) = tmp_path.iterdir()
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-build-isolation", "--no-deps"]
    command += ["-C", "setup-args=-Dcuda=disabled", "-C", "setup-args=-Doptimization=0", "-w", "."]
    # What a cache gives back would be the same for no merit of the sources.
    environment = os.environ | {"CCACHE_DISABLE": "1"}
    subprocess.run([*command, "."], cwd=folder, env=environment, check=True)
    (built,) = folder.glob("*.whl")
    (released,) = (release / "dist").glob(built.name)
    with zipfile.ZipFile(built) as ours, zipfile.ZipFile(released) as theirs:
        assert sorted(ours.namelist()) == sorted(theirs.namelist())
        assert ours.read(LIBRARY) == theirs.read(LIBRARY)


def test_wheel_of_the_other_machine_runs_there(release: Path, tmp_path: Path) -> None:
    """C, since Python of another machine is not at hand: the program in README."""
    emulator = shutil.which("qemu-aarch64")
    if emulator is None:
        pytest.skip("qemu-aarch64 is not installed (Debian: qemu-user)")
    (wheel,) = (release / "dist").glob("*_aarch64.whl")
    with zipfile.ZipFile(wheel) as archive:
        library = archive.extract(LIBRARY, tmp_path)
    readme = (builds.ROOT / "README.md").read_text()
    example = re.search(r"^```c\n(.*?)^```\n+```text\n(.*?)^```", readme, re.M | re.S)
    assert example
    (tmp_path / "example.c").write_text(example[1])
    command = ["aarch64-linux-gnu-gcc", "-std=c99", f"-I{builds.ROOT / 'include'}", "example.c"]
    command += [library, f"-Wl,-rpath,{Path(library).parent}", "-o", "example"]
    subprocess.run(command, cwd=tmp_path, check=True)
    run = [emulator, "-L", "/usr/aarch64-linux-gnu", "./example"]
    printed = subprocess.run(run, cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    assert printed == example[2]
