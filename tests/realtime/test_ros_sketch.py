# SPDX-License-Identifier: Apache-2.0
"""The node in docs/how-to/realtime.md fits the headers of bench/realtime: it is compiled, against a
stub of rclcpp."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import builds

STUB = Path(__file__).parent / "ros_stub.hpp"


def test_the_sketch_compiles(tmp_path: Path) -> None:
    page = (builds.ROOT / "docs" / "how-to" / "realtime.md").read_text()
    (sketch,) = re.findall(r"^```cpp\n(.*?)^```$", page, re.M | re.S)
    for header in re.findall(r"#include <(\w+/[\w/]+\.hpp)>", sketch):
        path = tmp_path / header
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'#include "{STUB}"\n')
    source = tmp_path / "fusion_node.cpp"
    source.write_text(sketch)
    command = ["c++", "-std=c++17", "-fsyntax-only", "-Wall", "-Wextra", "-Werror"]
    command += [f"-I{tmp_path}", f"-I{builds.ROOT}", f"-I{builds.ROOT / 'include'}", str(source)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
