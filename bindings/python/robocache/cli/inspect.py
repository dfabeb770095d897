# SPDX-License-Identifier: Apache-2.0
"""`robocache inspect`: what is in a recording, and how good its stamps are."""

from __future__ import annotations

from contextlib import nullcontext

from .. import inspection, inspection_table
from ..plots import picture
from ..readers import open_recording
from .options import File, Json, Plot, TimeColumn, TimeUnit, WhichStamps
from .terminal import console, print_json, progress, reports_errors


@reports_errors
def inspect(
    file: File,
    json: Json = False,
    plot: Plot = None,
    stamps: WhichStamps = None,
    time_column: TimeColumn = None,
    time_unit: TimeUnit = None,
) -> None:
    """Rates, jitter, gaps, stamps and values of every stream, and a clock that would suit."""
    with (
        picture(plot) if plot else nullcontext() as drawing,
        open_recording(file, time_column=time_column, time_unit=time_unit) as recording,
    ):
        with progress("decoding") as advance:
            report = inspection.inspect(recording, stamps=stamps, progress=advance)
        if drawing is not None:
            from ..timeline import plot_timeline

            plot_timeline(recording, report, drawing)
    if json:
        print_json(report.to_json())
    else:
        console().print(inspection_table.render(report))
