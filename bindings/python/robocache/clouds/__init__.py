# SPDX-License-Identifier: Apache-2.0
"""Reading point clouds: `read_cloud` takes the format from the first bytes and the name of a file.

PCD is read by its own well-kept library, imported when a file asks for it, and brought by the extra
`cloud` of the package. The other formats need NumPy alone.
"""

from __future__ import annotations

from pathlib import Path

from ..readers.guard import reading
from ..recording import RecordingError
from . import arrays, binary, ouster, pcd, ply, text
from .cloud import Cloud

_KNOWN = "PCD, PLY, KITTI and nuScenes .bin, NPY, NPZ, CSV, Ouster .pcap with .json"

__all__ = ["Cloud", "read_cloud"]


def read_cloud(
    path: str | Path,
    *,
    columns: int | None = None,
    metadata: str | Path | None = None,
    scan: int | None = None,
) -> Cloud:
    """Read a point cloud of any format that is known.

    Args:
        path: The file.
        columns: .bin: float32 per point, if not the 4 of KITTI or the 5 of nuScenes (.pcd.bin).
        metadata: Ouster: the sensor's JSON. Default: beside the capture, with its name.
        scan: Ouster: the one scan to read, from 0. Default: all, in the sensor's coordinates.

    Returns:
        The cloud. Points that a sensor marks as no return (NaN in PCD and PLY) are kept where the
        format keeps them; of Ouster captures only returns are read.

    Raises:
        RecordingError: The file is missing, empty, truncated, damaged, not permitted, of no known
            format, lacks coordinates, or its library is not installed.
    """
    path = Path(path)
    with reading(path, "not readable"):
        if not path.exists():
            raise RecordingError(path, "no such file or folder")
        if path.is_dir():
            raise RecordingError(path, f"expected a file, got a folder; known are {_KNOWN}")
        with path.open("rb") as file:
            head = file.read(1024)
    if not head:
        raise RecordingError(path, "the file is empty")
    name = path.name.lower()
    if pcd.begins(head):
        return pcd.read_pcd(path)
    if head.startswith(ply.MAGIC):
        return ply.read_ply(path)
    if head.startswith(arrays.NPY_MAGIC):
        return arrays.read_npy(path)
    if head.startswith(arrays.NPZ_MAGIC) and name.endswith(".npz"):
        return arrays.read_npz(path)
    if name.endswith((".pcap", ".pcapng")):
        return ouster.read_capture(path, None if metadata is None else Path(metadata), scan)
    if name.endswith(".bin"):
        return binary.read_bin(path, columns)
    if name.endswith(text.SUFFIXES):
        return text.read_text(path)
    raise RecordingError(path, f"unknown format; known are {_KNOWN}")
