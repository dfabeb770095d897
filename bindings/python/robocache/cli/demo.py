# SPDX-License-Identifier: Apache-2.0
"""`robocache demo`: an arm with a known truth, aligned, measured and drawn."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from .. import demo as arm
from ..plots import picture, plot_aligned
from ..writers import write
from .options import Json
from .terminal import console, print_json, progress, reports_errors


@reports_errors
def demo(
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="DIR", help="Folder for what it makes.")
    ] = Path("robocache-demo"),
    json: Json = False,
) -> None:
    """Make the recording of an arm, align it, and measure the error against the known truth."""
    output.mkdir(parents=True, exist_ok=True)
    files = {kind: output / f"arm.{kind}" for kind in ("mcap", "parquet", "png")}
    with picture(files["png"]) as drawing:
        with progress("decoding") as advance:
            found = arm.run(files["mcap"], progress=advance)
        write(found.aligned, files["parquet"])
        plot_aligned(found.recording, found.aligned, drawing)
    if json:
        print_json(_document(found, files))
    else:
        out = console()
        out.print(_table(found))
        for path in files.values():
            out.print(str(path), markup=False, soft_wrap=True)


def _table(found: arm.Demo) -> Table:
    table = Table(
        "signal",
        "unit",
        *(f"{method}\nrms   max" for method in arm.METHODS),
        title=f"Error against the known truth at {arm.RATE} Hz, {len(found.aligned)} ticks",
        caption="Over the ticks at which the signal is valid. i / fps: stamps thrown away, "
        "sample i taken to be i / declared rate after the first.",
    )
    for column in table.columns[2:]:
        column.justify = "right"
    for signal in arm.SIGNALS:
        errors = found.errors[signal.name]
        table.add_row(
            signal.name,
            signal.unit,
            *(f"{_number(errors[m].rms)}  {_number(errors[m].max)}" for m in arm.METHODS),
        )
    return table


def _number(value: float) -> str:
    return f"{value:#.3g}".rjust(7)


def _document(found: arm.Demo, files: dict[str, Path]) -> dict[str, Any]:
    return {
        "files": {kind: str(path) for kind, path in files.items()},
        "ticks": len(found.aligned),
        "rate_hz": arm.RATE,
        "units": {signal.name: signal.unit for signal in arm.SIGNALS},
        "errors": {
            signal: {method: asdict(error) for method, error in by_method.items()}
            for signal, by_method in found.errors.items()
        },
        "notes": found.aligned.notes,
    }
