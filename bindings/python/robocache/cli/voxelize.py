# SPDX-License-Identifier: Apache-2.0
"""`robocache voxelize`: from a point cloud to a grid."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Literal

import typer

import robocache as rc

from ..clouds import read_cloud
from ..files import extension_of, whole_file
from ..grid_plots import plot_grid
from ..plots import picture
from ..rerun_files import log_grid, rerun_file
from ..voxel_grid import VoxelGrid, voxelize_cloud, write_grid
from .options import Bounds, Json, Memory, Plot, Rerun, Voxel, WhichUp, edges
from .terminal import console, print_json, reports_errors, warn


@reports_errors
def voxelize(
    cloud: Annotated[
        Path,
        typer.Argument(
            metavar="CLOUD",
            help="PCD, PLY, KITTI or nuScenes .bin, NPY, NPZ, CSV, or Ouster .pcap with .json.",
            show_default=False,
        ),
    ],
    voxel: Voxel,
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="OUT", help="File to write: .npz.")
    ],
    bounds: Bounds = None,
    reduce: Annotated[
        Literal["occupancy", "count", "sum", "mean", "max", "min"],
        typer.Option(help="What a voxel gets of its points."),
    ] = "occupancy",
    features: Annotated[
        str | None,
        typer.Option(
            metavar="NAME,...",
            help="Columns that sum, mean, max and min reduce, such as intensity or r,g,b. "
            "Default: x,y,z.",
        ),
    ] = None,
    sparse: Annotated[
        bool, typer.Option("--sparse", help="List the occupied voxels instead of filling a grid.")
    ] = False,
    scan: Annotated[
        int | None, typer.Option(metavar="K", help="Ouster: one scan, from 0. Default: all.")
    ] = None,
    metadata: Annotated[
        Path | None, typer.Option(metavar="JSON", help="Ouster: the sensor's metadata.")
    ] = None,
    columns: Annotated[
        int | None, typer.Option(metavar="N", help=".bin: float32 per point, if not 4 or 5.")
    ] = None,
    memory: Memory = 4.0,
    plot: Plot = None,
    up: WhichUp = "z",
    rerun: Rerun = None,
    json: Json = False,
) -> None:
    """Voxelize a point cloud; says how many points were read, dropped and why, and draws it."""
    size = edges(voxel)
    extension_of(output, ".npz")
    if output.exists() and cloud.exists() and output.samefile(cloud):
        raise rc.InvalidArgumentError(f"{output}: is the cloud itself")
    with (
        whole_file(output) as written,
        picture(plot) if plot else nullcontext() as drawing,
        rerun_file(rerun) if rerun else nullcontext() as logged,
    ):
        grid = voxelize_cloud(
            read_cloud(cloud, columns=columns, metadata=metadata, scan=scan),
            size,
            bounds=bounds,
            reduce=reduce,
            features=[name.strip() for name in features.split(",")] if features else (),
            sparse=sparse,
            memory_gib=memory,
        )
        write_grid(grid, written)
        if drawing is not None:
            plot_grid(grid, drawing, up)
        if logged is not None:
            log_grid(grid, logged)
    for note in grid.notes:
        warn(f"{cloud}: {note}")
    if json:
        print_json(
            {
                "output": str(output),
                "plot": None if plot is None else str(plot),
                "rerun": None if rerun is None else str(rerun),
                "metadata": grid.metadata,
            }
        )
    else:
        _print_result(grid, [path for path in (output, plot, rerun) if path is not None])


def _print_result(grid: VoxelGrid, files: list[Path]) -> None:
    dims = " x ".join(map(str, grid.dims))
    corner = ", ".join(f"{value:g}" for value in grid.origin)
    share = len(grid.coords) / (grid.dims[0] * grid.dims[1] * grid.dims[2])
    out = console()
    for line in (
        f"points: {len(grid.cloud)} read, {grid.outside} outside, {grid.not_finite} not finite",
        f"voxels: {len(grid.coords)} occupied of {dims} ({share:.3%}), from {corner}",
        f"written: {', '.join(map(str, files))}",
    ):
        out.print(line, markup=False, soft_wrap=True)
