# SPDX-License-Identifier: Apache-2.0
"""PCD, the format of the Point Cloud Library: ascii, binary, binary_compressed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..readers.guard import reading, require
from ..recording import RecordingError
from .cloud import Cloud, from_columns

_KEYWORDS = (b"VERSION", b"FIELDS", b"# .PCD")


def begins(head: bytes) -> bool:
    """Whether a file that begins like this is a PCD file: comments, then its header."""
    lines = [line.strip() for line in head.splitlines()]
    first = next((line for line in lines if line and not line.startswith(b"#")), b"")
    return head.startswith(_KEYWORDS) or first.startswith(_KEYWORDS)


def read_pcd(path: Path) -> Cloud:
    """Read all fields; those of several values become `name_0`, `name_1` ..., padding is left out.

    Organized clouds are read row by row. The viewpoint is the pose, if it says anything.
    """
    library = require("pypcd4", "cloud", path)
    with reading(path, "damaged PCD file"):
        read = library.PointCloud.from_path(path)
        header, rows = read.metadata, read.pc_data
        rows = np.atleast_1d(rows)  # One point of an ascii file comes without an axis.
        if header.width * header.height != header.points:
            raise RecordingError(
                path,
                f"damaged PCD file: {header.points} points are not"
                f" {header.width} x {header.height}",
            )
        if len(rows) != header.points:
            raise RecordingError(
                path, f"truncated PCD file: expected {header.points} points, got {len(rows)}"
            )
        columns = {
            _plain(name): rows[name] for name in rows.dtype.names or () if name.isidentifier()
        }
        return from_columns(path, "PCD", columns, pose=_pose(header.viewpoint))


def _plain(name: str) -> str:
    """`range__0001`, the library's name of the second value of `range`, as `range_1`."""
    stem, underscores, index = name.rpartition("__")
    return f"{stem}_{int(index)}" if underscores and index.isdigit() else name


def _pose(viewpoint: Any) -> NDArray[np.float64] | None:
    """[4,4] of x, y, z, qw, qx, qy, qz; None for the default, which says nothing."""
    x, y, z, qw, qx, qy, qz = viewpoint
    norm = qw * qw + qx * qx + qy * qy + qz * qz
    if tuple(viewpoint) == (0, 0, 0, 1, 0, 0, 0) or norm == 0:
        return None
    s = 2 / norm
    return np.array(
        [
            [1 - s * (qy * qy + qz * qz), s * (qx * qy - qz * qw), s * (qx * qz + qy * qw), x],
            [s * (qx * qy + qz * qw), 1 - s * (qx * qx + qz * qz), s * (qy * qz - qx * qw), y],
            [s * (qx * qz - qy * qw), s * (qy * qz + qx * qw), 1 - s * (qx * qx + qy * qy), z],
            [0, 0, 0, 1],
        ]
    )
