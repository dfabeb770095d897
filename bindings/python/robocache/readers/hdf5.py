# SPDX-License-Identifier: Apache-2.0
"""HDF5 files. The convention, which robomimic's files fit:

- A group that holds a time dataset [N] (`timestamp`, `time`, `stamp` or `t`, with a unit as in
  `time_ns` or in the attribute `unit`) is a stream. All datasets in it and below it whose first
  axis has N rows are its fields, `obs.joint_pos` for `obs/joint_pos`; one that does not fit is
  left out, and so are images (more than two axes). The root group takes the name of the file.
- Without a time dataset, a group that states its rate (attribute `rate`, `fps`, ...; robomimic:
  `control_freq` in `env_args`) in itself or above is a stream with stamps 0, 1/rate, 2/rate ...
- Attributes `unit` of datasets and `rate` of groups are kept.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..recording import Content, Progress, RecordedStream, Recording, RecordingError
from .guard import reading, require
from .kinds import classify
from .stamps import declared_rate, find_time, numbers_to_ns, rate_to_ns, time_name, time_unit_of

MAGIC = b"\x89HDF\r\n\x1a\n"


@dataclass(frozen=True)
class _Found:
    """A group that is a stream: with a time dataset, or with a rate, or with both."""

    group: Any
    time: str | None
    rate: float | None
    count: int


def open_hdf5(path: Path, *, time_unit: str | None = None) -> Recording:
    """Open an HDF5 file. Datasets are read when their stream is."""
    library = require("h5py", "hdf5", path)
    with reading(path, "damaged HDF5 file"):
        file = library.File(path, "r")
    found: dict[str, _Found] = {}
    try:
        with reading(path, "damaged HDF5 file"):
            _find_streams(library, file, None, found)
            streams = [
                RecordedStream(
                    one.group.name if one.group.name != "/" else path.stem,
                    "HDF5 group",
                    one.count,
                    declared_rate=one.rate,
                    metadata=_attributes(one.group),
                )
                for one in found.values()
            ]
            metadata = _attributes(file)
        if not found:
            raise RecordingError(
                path, "no group has a time dataset (timestamp, time, stamp, t) or states its rate"
            )
    except RecordingError:
        file.close()
        raise
    by_name = {stream.name: one for stream, one in zip(streams, found.values(), strict=True)}

    def load(wanted: Sequence[str], progress: Progress | None) -> Mapping[str, Content]:
        contents = {}
        for name in wanted:
            with reading(path, f"group {name!r}"):
                contents[name] = _content(library, by_name[name], set(found), time_unit)
            if progress:
                progress(len(contents), len(wanted))
        return contents

    return Recording(path, "HDF5", streams, load, close=file.close, metadata=metadata)


def _find_streams(library: Any, group: Any, rate: float | None, found: dict[str, _Found]) -> None:
    """Collect the streams in and below a group; `rate` is what the groups above it state."""
    rate = _rate(group) or rate
    datasets = {n: d for n, d in group.items() if isinstance(d, library.Dataset) and d.ndim >= 1}
    time = find_time(name for name, dataset in datasets.items() if dataset.ndim == 1)
    if time is not None:
        found[group.name] = _Found(group, time, rate, len(datasets[time]))
    elif rate is not None and datasets:
        found[group.name] = _Found(group, None, rate, max(len(d) for d in datasets.values()))
    # Below a stream, groups without a time of their own are its fields, whatever the rate.
    below = None if group.name in found else rate
    for child in group.values():
        if isinstance(child, library.Group):
            _find_streams(library, child, below, found)


def _content(library: Any, found: _Found, streams: set[str], time_unit: str | None) -> Content:
    group, time, count = found.group, found.time, found.count
    if time is not None:
        unit = time_name(time)[1] or time_unit_of(_text(group[time].attrs.get("unit")))
        header = numbers_to_ns(group[time][()], unit or time_unit)
    else:
        assert found.rate is not None  # A group without either is no stream.
        header = rate_to_ns(count, found.rate)
    arrays: dict[str, NDArray[Any]] = {}
    units: dict[str, str | None] = {}
    left_out: dict[str, str] = {}

    def visit(parent: Any, prefix: str) -> None:
        for key, item in parent.items():
            name = f"{prefix}{key}"
            if isinstance(item, library.Group):
                if item.name not in streams:
                    visit(item, f"{name}.")
            elif name == time:
                continue
            elif item.ndim == 0 or len(item) != count:
                left_out[name] = f"shape {item.shape} does not fit {count} stamps"
            elif item.ndim > 2 or item.dtype.names or item.dtype.kind not in "biufOS":
                left_out[name] = f"{item.dtype} {item.shape[1:]} per sample"
            else:
                arrays[name] = _values(item)
                units[name] = _text(item.attrs.get("unit"))

    visit(group, "")
    return Content(header, None, classify(arrays, units), left_out)


def _values(dataset: Any) -> NDArray[Any]:
    values = dataset[()]
    if values.dtype.kind in "OS":
        texts = [_text(value) or "" for value in values.flat]
        return np.array(texts, object).reshape(values.shape)
    return values


def _rate(group: Any) -> float | None:
    attributes = _attributes(group)
    rate = declared_rate(attributes)
    if rate is None and isinstance(attributes.get("env_args"), str):
        try:
            rate = declared_rate(json.loads(attributes["env_args"]).get("env_kwargs", {}))
        except (ValueError, AttributeError):
            return None
    return rate


def _attributes(group: Any) -> dict[str, Any]:
    return {
        key: _text(value) if isinstance(value, bytes) else value
        for key, value in group.attrs.items()
    }


def _text(value: Any) -> str | None:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if isinstance(value, str) else None
