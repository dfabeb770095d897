# SPDX-License-Identifier: Apache-2.0
"""Packages that only some of the work needs, and the extras of this package that bring them."""

from __future__ import annotations

import importlib
from importlib import metadata
from types import ModuleType

EXTRAS = {
    "cli": ("rich", "typer"),
    "cloud": ("pypcd4",),
    "depth": ("pillow",),
    "hdf5": ("h5py",),
    "jax": ("jax",),
    "mcap": ("mcap", "mcap-protobuf-support", "rosbags"),
    "plot": ("matplotlib",),
    "rerun": ("matplotlib", "rerun-sdk"),
    "ros": ("rosbags",),
    "table": ("pyarrow",),
    "torch": ("torch",),
    "ulog": ("pyulog",),
}
"""Distributions by extra, as in pyproject.toml."""


def require(module: str, extra: str) -> ModuleType:
    """The module, or an `ImportError` that says which extra brings it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ImportError(f'{module} is not installed: pip install "robocache[{extra}]"') from error


def installed() -> dict[str, dict[str, str | None]]:
    """Version of each distribution by extra, None where it is absent."""
    return {extra: {name: _version(name) for name in names} for extra, names in EXTRAS.items()}


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None
