# SPDX-License-Identifier: Apache-2.0
"""Aligned tables as files: Parquet, HDF5, NPZ. The layouts are described in docs/aligned-files.md.

`read_metadata` gives the document back, whatever the format.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._arrow import METADATA
from .aligned import TIME, Aligned, put, valid_name
from .extras import require
from .files import extension_of, whole_file

NPZ_METADATA = "metadata"


def write(aligned: Aligned, path: str | Path) -> None:
    """Write to `path` in the format of its extension; whole or not at all."""
    path = Path(path)
    writer = writer_for(path)
    with whole_file(path) as temporary:
        writer(aligned, temporary)


def writer_for(path: Path) -> Callable[[Aligned, Path], None]:
    """The writer of the extension of `path`.

    `InvalidArgumentError` for an extension that has none, `ImportError` where its library is
    missing.
    """
    writer = _WRITERS[extension_of(path, *_WRITERS)]
    if writer is _write_parquet:
        require("pyarrow", "table")
    elif writer is _write_hdf5:
        require("h5py", "hdf5")
    return writer


def read_metadata(path: str | Path) -> dict[str, Any]:
    """The metadata document of a file that `write` made."""
    path = Path(path)
    writer = writer_for(path)
    if writer is _write_parquet:
        from pyarrow import parquet

        return json.loads(parquet.read_schema(path).metadata[METADATA.encode()])
    if writer is _write_hdf5:
        import h5py

        with h5py.File(path) as file:
            return json.loads(file.attrs[METADATA])
    with np.load(path) as arrays:
        return json.loads(str(arrays[NPZ_METADATA]))


def _write_parquet(aligned: Aligned, path: Path) -> None:
    from pyarrow import parquet

    parquet.write_table(aligned.to_arrow(), path, compression="zstd")


def _write_hdf5(aligned: Aligned, path: Path) -> None:
    import h5py

    groups = _group_names(aligned)
    with h5py.File(path, "w") as file:
        file.attrs[METADATA] = json.dumps(aligned.metadata)
        _dataset(file, TIME, aligned.clock, {"unit": "ns"})
        for name, values in aligned.columns.items():
            about = aligned.metadata["columns"][name]
            attributes = {key: about[key] for key in ("unit", "mode") if about[key] is not None}
            _dataset(file, f"values/{groups[about['stream']]}/{about['field']}", values, attributes)
        for stream, valid in aligned.valid.items():
            _dataset(file, f"valid/{groups[stream]}", valid, {})


def _dataset(file: Any, name: str, values: NDArray[Any], attributes: Mapping[str, str]) -> None:
    import h5py

    dtype = h5py.string_dtype() if values.dtype.kind == "O" else values.dtype
    dataset = file.create_dataset(name, data=values, dtype=dtype, compression="gzip", shuffle=True)
    dataset.attrs.update(attributes)


def _group_names(aligned: Aligned) -> dict[str, str]:
    """One HDF5 group per stream: `/imu/data` is `imu.data`, since groups that nest would let a
    stream `/arm/state` meet a field `state` of a stream `/arm`."""
    groups = {stream: stream.strip("/").replace("/", ".") for stream in aligned.valid}
    if len(set(groups.values())) < len(groups):
        groups = {stream: stream.replace("/", "%2F") for stream in aligned.valid}
    return groups


def _write_npz(aligned: Aligned, path: Path) -> None:
    arrays: dict[str, Any] = {
        TIME: aligned.clock,
        NPZ_METADATA: np.array(json.dumps(aligned.metadata)),
    }
    for name, values in aligned.columns.items():
        # Text as fixed-width unicode: object arrays would need pickle to be read.
        put(arrays, name, values.astype(str) if values.dtype.kind == "O" else values)
    for stream, valid in aligned.valid.items():
        put(arrays, valid_name(stream), valid)
    np.savez_compressed(path, **arrays)


_WRITERS: dict[str, Callable[[Aligned, Path], None]] = {
    ".parquet": _write_parquet,
    ".h5": _write_hdf5,
    ".hdf5": _write_hdf5,
    ".npz": _write_npz,
}
