# SPDX-License-Identifier: Apache-2.0
"""The shared library: where it is, and whether it serves this package."""

from __future__ import annotations

import functools
import importlib.resources
import os
from pathlib import Path
from typing import Any, NoReturn

import _cffi_backend
from cffi import FFI

from robocache._cdef import CDEF
from robocache.errors import (
    BY_CODE,
    BackendUnavailableError,
    InternalError,
    VersionMismatchError,
)

# The first field of an `rc_tensor`; written as a number it needs no pointer object.
_MEMORY = "typedef struct { uint64_t data; } rc_tensor_memory;"

ffi = FFI()
ffi.cdef(CDEF + _MEMORY)  # At once: each call starts a parser, for milliseconds.

HEADER: Any = ffi.dlopen(None)
"""Constants and enumerators of the headers; they need no library."""

from_buffer = _cffi_backend.FFI().from_buffer
"""`ffi.from_buffer` as modules have it that cffi generates: in C, which takes a third less time."""

_VERSION = (HEADER.RC_VERSION_MAJOR, HEADER.RC_VERSION_MINOR, HEADER.RC_VERSION_PATCH)
VERSION = ".".join(map(str, _VERSION))
ABI_VERSION: int = HEADER.RC_ABI_VERSION

_FILE_NAME = f"librobocache.so.{ABI_VERSION}"
_ENVIRONMENT = "ROBOCACHE_LIBRARY"


def enumerators(enum: str, prefix: str) -> dict[str, int]:
    """Lower-case names of an enum of the headers without their prefix, and their numbers."""
    names: dict[str, int] = ffi.typeof(f"enum {enum}").relements
    return {
        name.removeprefix(prefix).lower(): names[name]
        for name in sorted(names, key=names.__getitem__)
    }


def library_path() -> Path:
    """The file that `load` opens: ``ROBOCACHE_LIBRARY`` where it is set, else the one inside the
    package.

    Raises
    ------
    BackendUnavailableError
        There is neither.
    """
    chosen = os.environ.get(_ENVIRONMENT)
    if chosen:
        return Path(chosen)
    # An editable installation has it in its build folder.
    inside = Path(str(importlib.resources.files("robocache") / _FILE_NAME))
    if inside.exists():
        return inside
    raise BackendUnavailableError(
        f"librobocache: expected {inside}, or its path in the environment variable"
        f" {_ENVIRONMENT}; got neither"
    )


@functools.lru_cache(maxsize=1)
def load() -> Any:
    """Opens the shared library, once, without giving its symbols to other libraries.

    Raises
    ------
    BackendUnavailableError
        The file is not there, or the loader refuses it.
    VersionMismatchError
        The library is older than this package; the message names both versions and the file.
    """
    path = library_path()
    try:
        lib = ffi.dlopen(str(path), ffi.RTLD_NOW | ffi.RTLD_LOCAL)
    except OSError as error:
        raise BackendUnavailableError(f"librobocache: {path} cannot be loaded: {error}") from error
    try:
        major, minor, patch = _VERSION
        status = lib.rc_check_version(major * 1_000_000 + minor * 1_000 + patch)
        found = ffi.string(lib.rc_version_string()).decode()
    except AttributeError as error:
        raise VersionMismatchError(f"librobocache: {path} is another library: {error}") from error
    if status != HEADER.RC_SUCCESS:
        raise VersionMismatchError(
            f"librobocache: expected version {VERSION} or newer, got {found} from {path}"
        )
    return lib


def raise_status(lib: Any, status: int) -> NoReturn:
    """Raises the exception of a status that is not success, with the library's message."""
    message = ffi.string(lib.rc_last_error_message()).decode("utf-8", "replace")
    raise BY_CODE.get(status, InternalError)(message)
