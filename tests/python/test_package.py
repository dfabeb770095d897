# SPDX-License-Identifier: Apache-2.0
"""The wheel: one for every Python 3 on this platform, with the library and its types inside."""

from __future__ import annotations

import re
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import pytest

import robocache
from robocache.extras import EXTRAS

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def installed() -> Distribution:
    try:
        return distribution("robocache")
    except PackageNotFoundError:
        pytest.skip("robocache is not installed from a wheel")


def test_wheel_serves_every_python(installed: Distribution) -> None:
    described = installed.read_text("WHEEL") or ""
    assert re.findall(r"^Tag: (\w+-\w+)-", described, re.MULTILINE) == ["py3-none"]
    assert "Root-Is-Purelib: false" in described


def test_wheel_carries_the_library_and_types(installed: Distribution) -> None:
    files = {str(path) for path in installed.files or []}
    assert {"robocache/librobocache.so.1", "robocache/py.typed"} <= files
    # pip writes byte code of its own; the wheel brings none.
    assert not [name for name in files if name.endswith((".c", ".cpp", ".h", ".a"))]


def test_bare_package_needs_numpy_and_cffi_only(installed: Distribution) -> None:
    bare = [name for name in installed.requires or [] if "extra ==" not in name]
    assert sorted(re.split(r"[<>=]", name)[0] for name in bare) == ["cffi", "numpy"]


def test_messages_name_the_extras_that_there_are(installed: Distribution) -> None:
    brought: dict[str, set[str]] = {extra: set() for extra in EXTRAS}
    for requirement in installed.requires or []:
        name, _, extra = requirement.partition("; extra == ")
        if extra.strip("\"'") in brought:
            brought[extra.strip("\"'")].add(re.split(r"[<>=]", name)[0])
    assert brought == {extra: set(names) for extra, names in EXTRAS.items()}


def test_one_version(installed: Distribution) -> None:
    header = (ROOT / "include" / "robocache" / "version.h").read_text()
    numbers = re.findall(r"#define RC_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)", header)
    assert installed.version == robocache.__version__ == ".".join(numbers)
    assert f"## [{installed.version}]" in (ROOT / "CHANGELOG.md").read_text()
