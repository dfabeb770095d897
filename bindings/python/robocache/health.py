# SPDX-License-Identifier: Apache-2.0
"""What is installed, which devices there are, and whether they compute what they should."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import sys
from typing import Any, TextIO

import numpy as np

from robocache._library import ABI_VERSION, HEADER, VERSION, ffi, library_path, load, raise_status
from robocache._resample import resample
from robocache.context import Context
from robocache.errors import RobocacheError

_PACKAGES = ("numpy", "cffi", "torch", "cupy", "jax", "ml_dtypes")


def get_config() -> dict[str, Any]:
    """Versions, paths and limits of this package and its library.

    Returns
    -------
    dict
        ``version``, ``api_version`` (number of the C interface), ``library`` (path),
        ``library_version``, ``build`` (how it was built), ``max_streams``,
        ``max_channel_groups``, ``cpu_count`` (cores that the process may use).

    Raises
    ------
    BackendUnavailableError, VersionMismatchError
        The library cannot be loaded.
    """
    lib = load()
    return {
        "version": VERSION,
        "api_version": ABI_VERSION,
        "library": str(library_path()),
        "library_version": ffi.string(lib.rc_version_string()).decode(),
        "build": ffi.string(lib.rc_build_info()).decode(),
        "max_streams": HEADER.RC_MAX_STREAMS,
        "max_channel_groups": HEADER.RC_MAX_CHANNEL_GROUPS,
        "cpu_count": len(os.sched_getaffinity(0)),
    }


def devices() -> list[dict[str, Any]]:
    """The CPU and each CUDA device; without any of these, the reason why under "cuda".

    Returns
    -------
    list of dict
        ``device``, ``available``, ``name``, ``instruction_set``, ``processors``,
        ``total_memory`` (bytes), ``driver_version``, ``runtime_version``, ``reason``.
    """
    lib = load()
    count = ffi.new("int32_t*")
    _check(lib, lib.rc_device_count(HEADER.RC_DEVICE_CUDA, count))
    found = [_device(lib, "cpu", HEADER.RC_DEVICE_CPU, 0)]
    if count[0] == 0:
        return [*found, _device(lib, "cuda", HEADER.RC_DEVICE_CUDA, 0)]
    indices = range(count[0])
    return found + [_device(lib, f"cuda:{i}", HEADER.RC_DEVICE_CUDA, i) for i in indices]


def _device(lib: Any, label: str, kind: int, index: int) -> dict[str, Any]:
    struct = ffi.new("rc_device_properties*")
    struct.struct_size = ffi.sizeof("rc_device_properties")
    _check(lib, lib.rc_device_info(kind, index, struct))
    numbers = ("processors", "total_memory", "driver_version", "runtime_version")
    texts = ("name", "instruction_set", "reason")
    return {
        "device": label,
        "available": bool(struct.available),
        **{field: getattr(struct, field) for field in numbers},
        **{field: ffi.string(getattr(struct, field)).decode("utf-8", "replace") for field in texts},
    }


def _check(lib: Any, status: int) -> None:
    if status:
        raise_status(lib, status)


def check_installation() -> dict[str, Any]:
    """Tells what is installed; never raises.

    Returns
    -------
    dict
        ``ok`` (the library loads and serves this package), ``error`` (why not, else ""),
        ``python``, ``platform``, ``packages`` (name to version, None where absent), and where it is
        ``ok`` also ``config`` (`get_config`) and ``devices`` (`devices`).
    """
    found: dict[str, Any] = {
        "ok": True,
        "error": "",
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": {name: _package_version(name) for name in _PACKAGES},
    }
    try:
        return found | {"config": get_config(), "devices": devices()}
    except RobocacheError as error:
        return found | {"ok": False, "error": str(error)}


def _package_version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def health_check() -> dict[str, Any]:
    """Makes a context on each device there is and, on the CPU, compares a small result.

    Returns
    -------
    dict
        What `check_installation` gives, ``status`` ("healthy" or "unhealthy") and ``checks``: per
        check, "ok" or what went wrong.
    """
    found = check_installation()
    checks: dict[str, str] = {"library": "ok" if found["ok"] else found["error"]}
    for device in found.get("devices", []):
        if device["available"]:
            checks[device["device"]] = _check_device(device["device"])
    healthy = all(result == "ok" for result in checks.values())
    return found | {"status": "healthy" if healthy else "unhealthy", "checks": checks}


def _check_device(device: str) -> str:
    try:
        with Context(device) as context:
            context.synchronize()
            if device != "cpu":
                return "ok"
            times = np.array([0, 100], np.int64)
            got = resample(np.array([0.0, 10.0]), times, times // 4, context=context)
    except RobocacheError as error:
        return str(error)
    return "ok" if got.tolist() == [0.0, 2.5] else f"expected [0.0, 2.5]; got {got.tolist()}"


def print_health_check(file: TextIO | None = None) -> None:
    """Prints `health_check`, one line a fact.

    Parameters
    ----------
    file
        Where to; default: standard output.
    """
    found = health_check()
    lines = [f"robocache {VERSION}: {found['status']}"]
    lines += [f"  check {name}: {result}" for name, result in found["checks"].items()]
    for device in found.get("devices", []):
        what = f"{device['name']}, {device['instruction_set']}"
        lines.append(f"  {device['device']}: {what if device['available'] else device['reason']}")
    if found["ok"]:
        lines.append(f"  library: {found['config']['library']}")
        lines.append(f"  build: {found['config']['build']}")
    versions = found["packages"].items()
    packages = ", ".join(f"{name} {version or '(absent)'}" for name, version in versions)
    lines.append(f"  packages: python {found['python']}, {packages}")
    print("\n".join(lines), file=file or sys.stdout)
