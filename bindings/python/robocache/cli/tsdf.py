# SPDX-License-Identifier: Apache-2.0
"""`robocache tsdf`: from depth images to the points of a surface."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

import robocache as rc

from .. import depth_demo
from ..clouds.ply import write_ply
from ..depth_frames import read_depth_folder
from ..files import extension_of, whole_file
from ..grid_plots import plot_surface
from ..plots import picture
from ..rerun_files import log_surface, rerun_file
from ..tsdf_scene import Scene, integrate
from .options import Bounds, Json, Memory, Plot, Rerun, Voxel, WhichUp, edges
from .terminal import console, print_json, progress, reports_errors, warn


@reports_errors
def tsdf(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="DEPTH_DIR",
            help="Depth images with intrinsics and poses: TUM RGB-D, 7-Scenes, Open3D, ScanNet.",
            show_default=False,
        ),
    ],
    output: Annotated[
        Path,
        typer.Option("-o", "--output", metavar="OUT", help="Points and normals to write: .ply."),
    ],
    voxel: Voxel = "0.02",
    bounds: Bounds = None,
    truncation: Annotated[
        float | None,
        typer.Option(metavar="LENGTH", help="Truncation distance. Default: four voxels."),
    ] = None,
    max_depth: Annotated[
        float | None, typer.Option(metavar="LENGTH", help="Greatest depth that counts.")
    ] = None,
    min_weight: Annotated[
        float | None,
        typer.Option(metavar="N", help="Leave out voxels that fewer images have seen."),
    ] = None,
    intrinsics: Annotated[
        str | None,
        typer.Option(metavar="FILE|FX,FY,CX,CY", help="Default: looked for in the folder."),
    ] = None,
    depth_scale: Annotated[
        float | None,
        typer.Option(metavar="METRES", help="Of a unit of depth. Default: by layout and type."),
    ] = None,
    demo: Annotated[
        bool,
        typer.Option("--demo", help="First make DEPTH_DIR: a known scene, then measured against."),
    ] = False,
    memory: Memory = 4.0,
    plot: Plot = None,
    up: WhichUp = "z",
    rerun: Rerun = None,
    json: Json = False,
) -> None:
    """Fuse depth images into a distance field and write the points of its surface."""
    size = edges(voxel)
    extension_of(output, ".ply")
    with (
        whole_file(output) as written,
        picture(plot) if plot else nullcontext() as drawing,
        rerun_file(rerun) if rerun else nullcontext() as logged,
    ):
        if demo:
            depth_demo.write_frames(folder)
        frames = read_depth_folder(folder, intrinsics=intrinsics, depth_scale=depth_scale)
        with progress("integrating") as advance:
            scene = integrate(
                frames,
                size,
                bounds=bounds,
                truncation=truncation,
                max_depth=max_depth,
                min_weight=min_weight,
                memory_gib=memory,
                progress=advance,
            )
        write_ply(written, scene.points, scene.normals, scene.colors)
        spacing = min(size)
        if drawing is not None:
            title = (
                f"{folder.name}: {len(frames)} images, {len(scene.points)} points of the surface"
            )
            plot_surface(scene.points, scene.normals, scene.colors, spacing, title, drawing, up)
        if logged is not None:
            log_surface(scene.points, scene.colors, spacing, logged)
    for note in frames.notes:
        warn(f"{folder}: {note}")
    error = _error(scene) if demo else None
    if json:
        print_json(
            {
                "output": str(output),
                "plot": None if plot is None else str(plot),
                "rerun": None if rerun is None else str(rerun),
                "error_m": error,
                "metadata": scene.metadata,
            }
        )
    else:
        _print_result(scene, error, [path for path in (output, plot, rerun) if path is not None])


def _error(scene: Scene) -> dict[str, float]:
    """How far the points are from the known scene, metres."""
    away = depth_demo.distance(scene.points.astype(np.float64))
    if len(away) == 0:
        raise rc.InvalidArgumentError("bounds: expected some of the scene inside; got none")
    return {"mean": float(away.mean()), "median": float(np.median(away)), "max": float(away.max())}


def _print_result(scene: Scene, error: dict[str, float] | None, files: list[Path]) -> None:
    volume, about = scene.volume, scene.metadata
    dims = " x ".join(map(str, volume.dims))
    lines = [
        f"images: {len(scene.frames)}, {'with' if scene.colors is not None else 'without'} colours",
        f"voxels: {about['observed']} observed of {dims}, truncation {volume.truncation:g}",
        f"surface: {len(scene.points)} points",
    ]
    if error is not None:
        lines.append(
            "distance from the known scene: "
            + ", ".join(f"{name} {1e3 * value:.2f} mm" for name, value in error.items())
        )
    out = console()
    for line in [*lines, f"written: {', '.join(map(str, files))}"]:
        out.print(line, markup=False, soft_wrap=True)
