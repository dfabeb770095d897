# SPDX-License-Identifier: Apache-2.0
"""The commands, put together."""

from __future__ import annotations

import logging
from typing import Annotated, Any

import typer

import robocache as rc

from .align import align
from .demo import demo
from .doctor import doctor
from .inspect import inspect
from .terminal import BAD_INPUT, INTERRUPTED, warn
from .tsdf import tsdf
from .voxelize import voxelize

app = typer.Typer(
    help="Robot recordings to model-ready tensors: many sensors on one clock, points on grids.",
    pretty_exceptions_enable=False,
)
app.command()(inspect)
app.command()(align)
app.command()(voxelize)
app.command()(tsdf)
app.command()(demo)
app.command()(doctor)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"robocache {rc.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
    verbose: Annotated[
        int, typer.Option("-v", "--verbose", count=True, help="Log more; twice: debug.")
    ] = 0,
) -> None:
    level = {0: logging.WARNING, 1: logging.INFO}.get(verbose, logging.DEBUG)
    logging.basicConfig(level=level, format="%(name)s: %(levelname)s: %(message)s")
    logging.getLogger().setLevel(level)


# The base of all errors in the way a command is called, in click as in typer's own copy of it.
_UsageError: Any = typer.BadParameter.__mro__[1]


def run(arguments: list[str]) -> int:
    """Run one command and give its exit code; wrong arguments are one line, like wrong files."""
    try:
        return app(arguments, prog_name="robocache", standalone_mode=False) or 0
    except _UsageError as error:
        warn(" ".join(error.format_message().split()))
        return BAD_INPUT
    except typer.Abort:
        warn("interrupted")
        return INTERRUPTED
