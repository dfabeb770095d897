# SPDX-License-Identifier: Apache-2.0
"""`robocache align`: from a recording to one table on one clock."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from itertools import groupby
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

import robocache as rc

from .. import align as alignment
from ..aligned import Aligned
from ..files import whole_file
from ..plan import Duplicates, Order, Outside, Plan, Span
from ..plots import picture, plot_aligned
from ..readers import open_recording
from ..rerun_files import log_aligned, rerun_file
from ..selection import select
from ..units import show_duration
from ..writers import writer_for
from .options import File, Json, Plot, Rerun, TimeColumn, TimeUnit, WhichStamps
from .terminal import console, print_json, progress, reports_errors, warn

_FIELDS_SHOWN = 60


@reports_errors
def align(
    file: File,
    output: Annotated[
        Path,
        typer.Option(
            "-o", "--output", metavar="OUT", help="File to write: .parquet, .h5, .hdf5 or .npz."
        ),
    ],
    rate: Annotated[
        str | None,
        typer.Option(metavar="HZ", help="Rate of the clock, exact: 20, 12.5 or 30000/1001."),
    ] = None,
    clock: Annotated[
        str | None,
        typer.Option(metavar="stream:NAME", help="Take the stamps of a stream as the clock."),
    ] = None,
    streams: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Streams or fields to take, by pattern: /imu, 'odom*', odom:pose.position. "
            "May be repeated. Default: all.",
        ),
    ] = None,
    mode: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=MODE",
            help="Interpolation of streams or fields: linear, previous, next, nearest, pchip, "
            "slerp, angle, mean, sum, min, max, last. May be repeated.",
        ),
    ] = None,
    max_gap: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[NAME=]TIME",
            help="Widest gap to bridge, such as 100ms or gps=1s. May be repeated. Default: any.",
        ),
    ] = None,
    window: Annotated[
        str | None,
        typer.Option(
            metavar="BEFORE[,AFTER]",
            help="What mean, sum, min, max and last look at. Default: one period before.",
        ),
    ] = None,
    span: Annotated[
        Span, typer.Option(help="Run while any, or only while all streams run.")
    ] = "union",
    start: Annotated[
        str | None, typer.Option(metavar="TIME", help="Begin so long after the first stamp.")
    ] = None,
    stop: Annotated[
        str | None, typer.Option(metavar="TIME", help="End so long after the first stamp.")
    ] = None,
    stamps: WhichStamps = None,
    outside: Annotated[
        Outside,
        typer.Option(
            help="What a stream gives before its first and after its last sample; fill: nothing."
        ),
    ] = "fill",
    order: Annotated[
        Order, typer.Option(help="Stamps that step backward: sort them, drop them or refuse them.")
    ] = "sort",
    duplicates: Annotated[
        Duplicates, typer.Option(help="Which of samples with equal stamps counts.")
    ] = "last",
    skip_nan: Annotated[
        bool, typer.Option("--skip-nan", help="Interpolate across NaN within a channel.")
    ] = False,
    time_column: TimeColumn = None,
    time_unit: TimeUnit = None,
    plot: Plot = None,
    rerun: Rerun = None,
    json: Json = False,
) -> None:
    """Put the streams of a recording on one clock and write them as one table with validity."""
    writer = writer_for(output)
    if output.exists() and file.exists() and output.samefile(file):
        raise rc.InvalidArgumentError(f"{output}: is the recording itself")
    with (
        whole_file(output) as written,
        picture(plot) if plot else nullcontext() as drawing,
        rerun_file(rerun) if rerun else nullcontext() as logged,
        open_recording(file, time_column=time_column, time_unit=time_unit) as recording,
    ):
        with progress("decoding") as advance:
            select(recording, streams or (), progress=advance)
        with progress("aligning") as advance:
            aligned = alignment.align(
                recording,
                rate=rate,
                clock=clock,
                streams=streams or (),
                modes=dict(_assignment(text, "--mode") for text in mode or ()),
                max_gap=_max_gaps(max_gap or ()),
                window=None if window is None else _window(window),
                span=span,
                start=start,
                stop=stop,
                stamps=stamps,
                outside=outside,
                order=order,
                duplicates=duplicates,
                skip_nan=skip_nan,
                progress=advance,
                announce=None if json else print_plan,
            )
        writer(aligned, written)
        if drawing is not None:
            plot_aligned(recording, aligned, drawing)
        if logged is not None:
            log_aligned(recording, aligned, logged)
    for note in aligned.notes:
        warn(f"{file}: {note}")
    if json:
        print_json(
            {
                "output": str(output),
                "plot": None if plot is None else str(plot),
                "rerun": None if rerun is None else str(rerun),
                "metadata": aligned.metadata,
            }
        )
    else:
        print_result(aligned, output, plot, rerun)


def print_plan(plan: Plan) -> None:
    """Which field gets which mode, before the work."""
    table = Table("stream", "stamps", "samples", "usual step", "mode", "fields", box=None)
    for source in plan.sources:
        facts: tuple[str, ...] = (
            source.name,
            source.stamps,
            str(len(source.times)),
            show_duration(source.usual_step_ns),
        )
        columns = sorted(source.columns, key=lambda column: column.mode)
        for mode, group in groupby(columns, key=lambda column: column.mode):
            names = [column.field.name for column in group]
            table.add_row(*facts, mode, _shortened(names))
            facts = ("",) * len(facts)
    console().print(table)


def print_result(aligned: Aligned, output: Path, plot: Path | None, rerun: Path | None) -> None:
    """How much of each stream there is on the clock."""
    table = Table("stream", "valid ticks", "share", box=None)
    for stream, valid in aligned.valid.items():
        table.add_row(stream, str(int(valid.sum())), f"{valid.mean():.1%}")
    out = console()
    out.print(table)
    clock = aligned.metadata["clock"]
    pace = f"{clock['rate_hz']} Hz" if clock["rate_hz"] else f"the stamps of {clock['stream']}"
    out.print(
        f"{output}: {len(aligned)} rows at {pace}, {len(aligned.flat())} columns"
        + (f"; picture: {plot}" if plot else "")
        + (f"; Rerun: {rerun}" if rerun else ""),
        markup=False,
        soft_wrap=True,
    )


def _shortened(names: Sequence[str]) -> str:
    shown: list[str] = []
    for name in names:
        if shown and len(", ".join([*shown, name])) > _FIELDS_SHOWN:
            return f"{', '.join(shown)} and {len(names) - len(shown)} more"
        shown.append(name)
    return ", ".join(shown)


def _assignment(text: str, option: str) -> tuple[str, str]:
    name, equals, value = text.rpartition("=")
    if not (name and equals and value):
        raise rc.InvalidArgumentError(f"{option}: expected NAME=VALUE, got {text!r}")
    return name, value


def _max_gaps(texts: Sequence[str]) -> dict[str, str]:
    """By pattern of streams; what has no name holds for all and comes first."""
    named = [text if "=" in text else f"*={text}" for text in texts]
    return dict(_assignment(text, "--max-gap") for text in sorted(named, key=_is_named))


def _is_named(text: str) -> bool:
    return not text.startswith("*=")


def _window(text: str) -> tuple[str, str]:
    before, _, after = text.partition(",")
    return before, after or "0"
