# SPDX-License-Identifier: Apache-2.0
"""Recordings for the Rerun viewer: aligned tables as time series, grids and surfaces in space."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .aligned import Aligned
from .extras import require
from .files import extension_of, whole_file
from .grid_plots import height_colors
from .recording import Recording
from .splats import Array
from .voxel_grid import VoxelGrid

_TIMELINE = "time"
_SUFFIX = ".rrd"


@contextmanager
def rerun_file(path: Path) -> Iterator[Any]:
    """A recording stream into a file that is whole or not there, as `whole_file`. Refuses at once
    what could not be written: another extension, or no Rerun."""
    extension_of(path, _SUFFIX)
    rerun = require("rerun", "rerun")
    with whole_file(path) as temporary:
        stream = rerun.RecordingStream("robocache")
        stream.save(temporary)
        try:
            yield stream
        finally:
            stream.flush()
            stream.disconnect()


def log_aligned(recording: Recording, aligned: Aligned, stream: Any) -> None:
    """Each stream's raw samples under `raw`, and its columns under `aligned` where it is valid."""
    rerun = require("rerun", "rerun")
    for name, values in aligned.columns.items():
        about = aligned.metadata["columns"][name]
        source = recording.streams[about["stream"]]
        valid = aligned.valid[about["stream"]]
        if values.dtype.kind not in "biuf" or about["kind"] == "index":
            continue
        path = [part for part in (about["stream"].strip("/"), about["field"]) if part]
        times = source.times(aligned.metadata["streams"][about["stream"]]["stamps"]).ns
        raw = source.fields[about["field"]].values
        for kind, ticks, numbers in (
            ("aligned", aligned.clock[valid], values[valid]),
            ("raw", times, raw),
        ):
            stream.send_columns(
                "/".join([kind, *path]),
                indexes=[rerun.TimeColumn(_TIMELINE, **_timestamps(ticks))],
                columns=rerun.Scalars.columns(scalars=numbers.astype(np.float64)),
            )


def _timestamps(ns: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
    """Dates for times since 1970, durations for all others."""
    since_1970 = len(ns) > 0 and int(ns[0]) > 10**17
    if since_1970:
        return {"timestamp": ns.astype("datetime64[ns]")}
    return {"duration": ns.astype("timedelta64[ns]")}


def log_grid(grid: VoxelGrid, stream: Any) -> None:
    """Occupied voxels as boxes, and the points."""
    rerun = require("rerun", "rerun")
    stream.log("/", rerun.ViewCoordinates.RIGHT_HAND_Z_UP, static=True)
    centres = grid.centres
    stream.log(
        "voxels",
        rerun.Boxes3D(
            centers=centres,
            half_sizes=np.broadcast_to(np.asarray(grid.voxel_size) / 2, centres.shape),
            colors=height_colors(centres),
            fill_mode="solid",
        ),
        static=True,
    )
    points = grid.cloud.points[np.isfinite(grid.cloud.points).all(axis=1)]
    _log_points("points", points.astype(np.float64), None, min(grid.voxel_size) / 8, stream)


def log_surface(
    points: NDArray[Any], colors: NDArray[np.uint8] | None, spacing: float, stream: Any
) -> None:
    """Points of a surface."""
    _log_points("surface", points.astype(np.float64), colors, spacing / 2, stream)


def _log_points(
    name: str, points: Array, colors: NDArray[np.uint8] | None, radius: float, stream: Any
) -> None:
    rerun = require("rerun", "rerun")
    if colors is None:
        colors = height_colors(points)
    stream.log(name, rerun.Points3D(points, colors=colors, radii=radius), static=True)
