# SPDX-License-Identifier: Apache-2.0
"""Arguments and options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

import robocache as rc

from ..grid_plots import Up
from ..recording import Stamps

File = Annotated[
    Path,
    typer.Argument(
        metavar="FILE",
        help="ROS 1 or 2 bag, MCAP, ULog, HDF5, Parquet or CSV.",
        show_default=False,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead.")]
Plot = Annotated[
    Path | None,
    typer.Option(metavar="PNG", help="Draw a picture into this file (.png, .svg or .pdf)."),
]
WhichStamps = Annotated[
    Stamps | None,
    typer.Option(help="Which stamps to use. Default: header stamps where a stream has them."),
]
TimeColumn = Annotated[
    str | None,
    typer.Option(help="CSV and Parquet: the column of the time, if its name does not say so."),
]
TimeUnit = Annotated[
    Literal["s", "ms", "us", "ns"] | None,
    typer.Option(help="CSV, Parquet and HDF5: unit of the time."),
]
Voxel = Annotated[
    str,
    typer.Option(metavar="EDGE[,Y,Z]", help="Edges of a voxel, in the unit of the input (metres)."),
]
Bounds = Annotated[
    tuple[float, float, float, float, float, float] | None,
    typer.Option(
        metavar="X0 Y0 Z0 X1 Y1 Z1",
        help="Box to fill. Default: around all points.",
        show_default=False,
    ),
]
Memory = Annotated[
    float, typer.Option(metavar="GIB", help="Largest grid to make; a larger one is refused.")
]
WhichUp = Annotated[Up, typer.Option(help="Axis that points up in the picture; cameras: -y.")]
Rerun = Annotated[
    Path | None,
    typer.Option(metavar="RRD", help="Write a recording for the Rerun viewer into this file."),
]


def edges(text: str) -> tuple[float, float, float]:
    """Of a voxel: `0.1` or `0.1,0.1,0.2`."""
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) not in (1, 3) or not all(0 < number < float("inf") for number in numbers):
        raise rc.InvalidArgumentError(
            f"--voxel: expected one edge, or three with commas, above 0; got {text!r}"
        )
    x, y, z = numbers * (3 // len(numbers))
    return x, y, z
