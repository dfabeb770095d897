# SPDX-License-Identifier: Apache-2.0
"""Where foreign parsers meet untrusted files: what they raise becomes one line for the user."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from .. import extras
from ..recording import RecordingError


def require(module: str, extra: str, path: Path) -> ModuleType:
    """Import a library that reads this kind of file, or say which extra brings it."""
    try:
        return extras.require(module, extra)
    except ImportError as error:
        raise RecordingError(path, str(error)) from error


@contextmanager
def reading(path: Path, what: str) -> Iterator[None]:
    """Turn whatever a parser raises into a `RecordingError` that says `what` could not be done.

    Parsers let corrupt bytes surface as almost any exception (struct.error, KeyError, MemoryError,
    AssertionError), so all of them are caught here, and only here.
    """
    try:
        yield
    except RecordingError:
        raise
    except PermissionError as error:
        raise RecordingError(path, f"{what}: permission denied") from error
    except Exception as error:
        detail = str(error).strip().strip("'\"")
        name = type(error).__name__
        raise RecordingError(path, f"{what}: {detail or name}") from error
