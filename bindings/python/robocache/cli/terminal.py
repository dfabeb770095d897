# SPDX-License-Identifier: Apache-2.0
"""What all commands share: where they print, how they show progress, how they fail."""

from __future__ import annotations

import functools
import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

import robocache as rc

from ..recording import RecordingError

BAD_INPUT = 2
INTERRUPTED = 130
_WIDTH_IN_FILES = 120

Command = TypeVar("Command", bound=Callable[..., None])
logger = logging.getLogger("robocache.cli")


def console(*, stderr: bool = False) -> Console:
    """Standard output or standard error; made for each use, so that it follows redirection."""
    found = Console(stderr=stderr, highlight=False)
    return (
        found
        if found.is_terminal
        else Console(stderr=stderr, highlight=False, width=_WIDTH_IN_FILES)
    )


def print_json(document: Any) -> None:
    """One JSON document on standard output."""
    print(json.dumps(document, indent=2, allow_nan=False))


def warn(line: str) -> None:
    """One line on standard error."""
    console(stderr=True).print(f"robocache: {line}", markup=False, soft_wrap=True)


@contextmanager
def progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error while the block runs, only where someone is looking."""
    error = console(stderr=True)
    if not error.is_terminal:
        yield lambda _done, _total: None
        return
    bar = Progress(
        TextColumn(what),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=error,
        transient=True,
    )
    with bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def reports_errors(command: Command) -> Command:
    """Turns what users can cause into one line and an exit code; `-v` adds the traceback."""

    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        try:
            command(*args, **kwargs)
        except (RecordingError, rc.RobocacheError, OSError, ImportError) as error:
            logger.debug("", exc_info=error)
            warn(_one_line(error))
            raise typer.Exit(BAD_INPUT) from None
        except KeyboardInterrupt:
            warn("interrupted")
            raise typer.Exit(INTERRUPTED) from None

    return run  # type: ignore[return-value]


def _one_line(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return " ".join(str(error).split())
