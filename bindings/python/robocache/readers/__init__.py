# SPDX-License-Identifier: Apache-2.0
"""Opening recordings: `open_recording` finds the format by the first bytes of the file.

Each format is read by its own well-kept library, imported when a file asks for it; the extras
`ros`, `mcap`, `ulog`, `hdf5` and `table` of the package bring them.
"""

from __future__ import annotations

from pathlib import Path

from ..recording import Recording, RecordingError
from . import hdf5, mcap, ros, table, ulog
from .guard import reading
from .stamps import NS_PER_UNIT

_ROS1_MAGIC = b"#ROSBAG V"
_SQLITE_MAGIC = b"SQLite format 3\0"
_TEXT_SUFFIXES = (".csv", ".tsv")
_KNOWN = "ROS 1 and 2 bags, MCAP, ULog, HDF5, Parquet, CSV"

__all__ = ["open_recording"]


def open_recording(
    path: str | Path, *, time_column: str | None = None, time_unit: str | None = None
) -> Recording:
    """Open a recording of any format that is known.

    Args:
        path: A file, or the folder of a ROS 2 bag.
        time_column: CSV and Parquet: the column that holds the time, if not the one found by name.
        time_unit: CSV, Parquet and HDF5: "s", "ms", "us" or "ns", where names do not say it.

    Returns:
        The recording; close it or use it as a context manager. Streams are decoded when asked for.

    Raises:
        RecordingError: The file is missing, empty, truncated, damaged, not permitted, of no known
            format, or its library is not installed. Damage further inside may only be found, and
            raised, when the stream that it is in is decoded.
        ValueError: `time_unit` is none of the four.
    """
    if time_unit is not None and time_unit not in NS_PER_UNIT:
        raise ValueError(f"time_unit: expected s, ms, us or ns, got {time_unit!r}")
    path = Path(path)
    recording = _open(path, time_column, time_unit)
    if not recording.streams:
        recording.close()
        raise RecordingError(path, f"the {recording.format} holds no streams")
    return recording


def _open(path: Path, time_column: str | None, time_unit: str | None) -> Recording:
    with reading(path, "not readable"):
        if not path.exists():
            raise RecordingError(path, "no such file or folder")
        if path.is_dir():
            if not (path / "metadata.yaml").exists():
                raise RecordingError(path, "a folder without metadata.yaml is no ROS 2 bag")
            return ros.open_ros(path)
        with path.open("rb") as file:
            head = file.read(16)
    if not head:
        raise RecordingError(path, "the file is empty")
    if head.startswith((_ROS1_MAGIC, _SQLITE_MAGIC)):
        return ros.open_ros(path)
    if head.startswith(mcap.MAGIC):
        return mcap.open_mcap(path)
    if head.startswith(ulog.MAGIC):
        return ulog.open_ulog(path)
    if head.startswith(hdf5.MAGIC):
        return hdf5.open_hdf5(path, time_unit=time_unit)
    if head.startswith(table.PARQUET_MAGIC):
        return table.open_parquet(path, time_column=time_column, time_unit=time_unit)
    if path.suffix.lower() in _TEXT_SUFFIXES:
        return table.open_csv(path, time_column=time_column, time_unit=time_unit)
    raise RecordingError(path, f"unknown format; known are {_KNOWN}")
