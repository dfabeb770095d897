# SPDX-License-Identifier: Apache-2.0
"""What each runtime needs on the machine; what is not there is a skip that names it.

Downloads are kept in build/runtimes, so that only the first run needs the network.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / "build" / "runtimes"
GO = "extra: runtimes; Debian 13: golang-go"
NODE = "extra: runtimes; Debian: nodejs npm"


def tool(name: str, package: str) -> str:
    """Path of a program; `package` says what brings it."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"no {name} ({package})")
    return found


def fetch(command: list[str], folder: Path, environment: dict[str, str]) -> None:
    """Runs a download of the recipe ahead of it; offline is no failure of the recipe."""
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"{' '.join(command)}: {done.stderr.splitlines()[0]}")


def ctypes(page: str, folder: Path, environment: dict[str, str]) -> None:
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"


def dlopen(page: str, folder: Path, environment: dict[str, str]) -> None:
    tool("cc", "Debian: gcc")
    tool("pkg-config", "Debian: pkg-config")


def go(page: str, folder: Path, environment: dict[str, str]) -> None:
    version = subprocess.run(
        [tool("go", GO), "env", "GOVERSION"], capture_output=True, text=True, check=True
    ).stdout.strip()
    if tuple(map(int, re.findall(r"\d+", version)[:2])) < (1, 21):
        pytest.skip(f"{version}; Go 1.21 or newer is needed ({GO})")
    environment |= {
        "GOPATH": str(CACHE / "go"),
        "GOCACHE": str(CACHE / "go-build"),
        "GOFLAGS": f"{os.environ.get('GOFLAGS', '')} -modcacherw".strip(),
        "GOTOOLCHAIN": "local",
        "CGO_ENABLED": "0",
    }
    (module,) = re.findall(r"go get (\S+)", page)
    fetch(["go", "mod", "download", module], folder, environment)


def java(page: str, folder: Path, environment: dict[str, str]) -> None:
    """Puts the newest JDK of the machine first: the default one may be older."""
    homes = [Path(os.environ["JAVA_HOME"])] if "JAVA_HOME" in os.environ else []
    homes += [Path(found).resolve().parents[1] for found in [shutil.which("javac")] if found]
    homes += Path("/usr/lib/jvm").glob("*")
    newest = max(map(jdk, homes), default=(0, Path()))
    if newest[0] < 22:
        pytest.skip("no JDK 22 or newer (Debian 13: openjdk-25-jdk-headless)")
    environment["PATH"] = f"{newest[1] / 'bin'}:{environment['PATH']}"


def jdk(home: Path) -> tuple[int, Path]:
    """Version of a JDK, 0 where there is none."""
    if not (home / "bin" / "javac").exists() or not (home / "release").exists():
        return 0, home
    release = re.search(r'JAVA_VERSION="(\d+)', (home / "release").read_text())
    return int(release[1]) if release else 0, home


def luajit(page: str, folder: Path, environment: dict[str, str]) -> None:
    tool("luajit", "Debian: luajit")


def node(page: str, folder: Path, environment: dict[str, str]) -> None:
    tool("node", NODE)
    tool("npm", NODE)
    environment |= {
        "npm_config_audit": "false",
        "npm_config_cache": str(CACHE / "npm"),
        "npm_config_fund": "false",
        "npm_config_loglevel": "error",
        "npm_config_prefer_offline": "true",
        "npm_config_update_notifier": "false",
    }
    (package,) = re.findall(r"npm install (\S+)", page)
    fetch(["npm", "install", "--prefix", ".", package], folder, environment)
