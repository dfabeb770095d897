# SPDX-License-Identifier: Apache-2.0
"""Arguments and options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

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
