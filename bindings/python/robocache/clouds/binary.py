# SPDX-License-Identifier: Apache-2.0
"""Files of nothing but float32, as KITTI (`.bin`) and nuScenes (`.pcd.bin`) have their clouds."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..readers.guard import reading
from ..recording import RecordingError
from .cloud import Cloud, from_columns

_NAMES = ("x", "y", "z", "intensity", "ring")
_FORMATS = {4: "KITTI", 5: "nuScenes"}


def read_bin(path: Path, columns: int | None = None) -> Cloud:
    """Read rows of x, y, z, intensity (and ring); columns beyond these are `column_5` ..."""
    count = columns or (5 if path.name.lower().endswith(".pcd.bin") else 4)
    if count < 3:
        raise RecordingError(path, f"expected at least 3 columns (x, y, z), got {count}")
    names = [*_NAMES[:count], *(f"column_{index}" for index in range(len(_NAMES), count))]
    with reading(path, "not readable"):
        size = path.stat().st_size
        if size % (4 * count):
            fits = [other for other in _FORMATS if size % (4 * other) == 0]
            hint = f"; it would fit {fits[0]} columns" if fits else ""
            raise RecordingError(
                path,
                f"truncated, or no cloud of {count} float32 per point: expected a multiple of"
                f" {4 * count} bytes, got {size}{hint}",
            )
        rows = np.fromfile(path, "<f4").reshape(-1, count)
    return from_columns(path, _FORMATS.get(count, "float32"), dict(zip(names, rows.T, strict=True)))
