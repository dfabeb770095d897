# SPDX-License-Identifier: Apache-2.0
"""Output files: by their extension, and either whole or not there."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import InvalidArgumentError


def extension_of(path: Path, *known: str) -> str:
    """The extension of `path` in small letters. `InvalidArgumentError` where it is not `known`."""
    extension = path.suffix.lower()
    if extension not in known:
        got = repr(path.suffix) if path.suffix else "none"
        raise InvalidArgumentError(
            f"{path}: expected an extension of {', '.join(known)}, got {got}"
        )
    return extension


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A temporary file beside `path` to write to; it takes the name `path` when the block ends
    well and vanishes when it does not, interruption included.

    Raises `OSError` at once where `path` cannot be written.
    """
    if path.is_dir():
        raise IsADirectoryError(f"{path}: is a directory")
    try:
        handle, name = tempfile.mkstemp(
            suffix=path.suffix, prefix=f".{path.stem}-", dir=path.parent
        )
    except OSError as error:
        raise type(error)(f"{path}: cannot write here: {error.strerror}") from error
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
