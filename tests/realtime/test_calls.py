# SPDX-License-Identifier: Apache-2.0
"""Which operations a thread with a deadline may call: with a workspace of the caller's and one CPU
thread they take no memory and no lock, from the first call on."""

from __future__ import annotations

import os
import subprocess

import builds
import pytest


@pytest.mark.parametrize(
    "operation",
    [
        "resample",
        "resample_backward",
        "fuse",
        "fuse_backward",
        "fuse_workspace_size",
        "voxelize",
        "voxelize_backward",
        "voxelize_sparse",
        "pointcloud_bounds",
        "tsdf_integrate",
        "depth_to_points",
        "tsdf_from_points",
        "tsdf_extract_points",
    ],
)
def test_takes_no_memory_and_no_lock(operation: str) -> None:
    program = builds.target("tests/realtime/realtime_calls")
    guard = builds.target("tests/realtime/librealtime_guard.so")
    environment = {**os.environ, "LD_PRELOAD": str(guard)}
    done = subprocess.run([program, operation], env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
