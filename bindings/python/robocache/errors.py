# SPDX-License-Identifier: Apache-2.0
"""Exceptions: one per status of the C interface, each also what a Python user would catch."""

from __future__ import annotations


class RobocacheError(Exception):
    """Base of all errors of this package.

    Attributes
    ----------
    code : int
        Status of the C interface, 100 for ``RC_ERROR_INVALID_ARGUMENT``.
    name : str
        Name of that status.
    message : str
        What went wrong: function, argument, expected, got.
    """

    code = 0
    name = ""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class InvalidArgumentError(RobocacheError, ValueError):
    """An argument breaks a rule: rank, shape, a value out of range, overlapping memory."""

    code, name = 100, "RC_ERROR_INVALID_ARGUMENT"


class InvalidHandleError(RobocacheError, ValueError):
    """A context that was closed."""

    code, name = 110, "RC_ERROR_INVALID_HANDLE"


class InvalidDataError(RobocacheError, ValueError):
    """What an array holds breaks a rule: times that step backward, NaN times, bad offsets."""

    code, name = 120, "RC_ERROR_INVALID_DATA"


class UnsupportedDtypeError(RobocacheError, TypeError):
    """A dtype that the operation does not take."""

    code, name = 200, "RC_ERROR_UNSUPPORTED_DTYPE"


class UnsupportedLayoutError(RobocacheError, ValueError):
    """Negative or misaligned strides, more than 8 dimensions, a read-only output."""

    code, name = 210, "RC_ERROR_UNSUPPORTED_LAYOUT"


class UnsupportedOptionError(RobocacheError, NotImplementedError):
    """An option, or a combination of options, that this library or device does not offer."""

    code, name = 220, "RC_ERROR_UNSUPPORTED_OPTION"


class DeviceMismatchError(RobocacheError, ValueError):
    """An array lies on another device than the call runs on."""

    code, name = 300, "RC_ERROR_DEVICE_MISMATCH"


class BackendUnavailableError(RobocacheError, RuntimeError):
    """The device that was asked for is not there; the message says why."""

    code, name = 310, "RC_ERROR_BACKEND_UNAVAILABLE"


class OutOfMemoryError(RobocacheError, MemoryError):
    """Workspace could not be had; the context stays usable."""

    code, name = 400, "RC_ERROR_OUT_OF_MEMORY"


class WorkspaceTooSmallError(RobocacheError, MemoryError):
    """The call needs more workspace than the context's limit; the message says how much."""

    code, name = 410, "RC_ERROR_WORKSPACE_TOO_SMALL"


class CapacityExceededError(RobocacheError, ValueError):
    """A result has more elements than there is room for."""

    code, name = 420, "RC_ERROR_CAPACITY_EXCEEDED"


class CudaError(RobocacheError, RuntimeError):
    """CUDA reported an error of its own; the message carries its name."""

    code, name = 500, "RC_ERROR_CUDA"


class VersionMismatchError(RobocacheError, ImportError):
    """The shared library is older than this package."""

    code, name = 600, "RC_ERROR_VERSION_MISMATCH"


class InternalError(RobocacheError, RuntimeError):
    """A defect of the library."""

    code, name = 900, "RC_ERROR_INTERNAL"


BY_CODE = {error.code: error for error in RobocacheError.__subclasses__()}
"""Exception of each status of the C interface."""
