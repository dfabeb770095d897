# SPDX-License-Identifier: Apache-2.0
"""What no compiler checks of the CUDA sources: a kernel that may begin before the one in front of
it has ended waits for it first (kernels/common/cuda_early.h)."""

from __future__ import annotations

import re

import builds
import pytest

FILES = sorted(
    path for path in (builds.ROOT / "kernels").rglob("*") if path.suffix in {".cu", ".cuh", ".h"}
)
BEHIND = re.compile(r"(?<!void )launch_early\(\s*(\w+)")
KERNEL = re.compile(
    r"__global__ void(?:\s+__launch_bounds__\([^()]*\))?\s+(\w+)\([^{;]*\{\n(.*?)\n\}\n", re.DOTALL
)
WAITS_FIRST = re.compile(r"\s*(if \([^()]*\) \{\s*)?(let_next_begin\(\);\s*)?wait_for_former\(\);")
CHOSEN = "kernel"
"""What a file names a kernel that it chooses: all of its own count then."""


def early_kernels() -> dict[str, str]:
    """The bodies of kernels that are launched early, by name."""
    bodies: dict[str, str] = {}
    for path in FILES:
        text = path.read_text()
        here = dict(KERNEL.findall(text))
        names = set(BEHIND.findall(text))
        bodies |= {name: body for name, body in here.items() if name in names or CHOSEN in names}
        assert names - {CHOSEN} <= here.keys(), path
    return bodies


EARLY = early_kernels()


def test_there_are_some() -> None:
    assert {"rank_cells", "reduce_tiles", "resample_lines", "sort_batch"} <= EARLY.keys()


@pytest.mark.parametrize("name", EARLY)
def test_it_waits_first(name: str) -> None:
    assert WAITS_FIRST.match(EARLY[name]), EARLY[name].partition("\n")[0]
