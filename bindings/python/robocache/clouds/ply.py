# SPDX-License-Identifier: Apache-2.0
"""PLY: the vertices of point clouds and meshes, ascii or binary, read and written."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..readers.guard import reading
from ..recording import RecordingError
from .cloud import Cloud, from_columns

MAGIC = b"ply"
_TYPES = {
    "char": "i1", "int8": "i1", "uchar": "u1", "uint8": "u1", "short": "i2", "int16": "i2",
    "ushort": "u2", "uint16": "u2", "int": "i4", "int32": "i4", "uint": "u4", "uint32": "u4",
    "float": "f4", "float32": "f4", "double": "f8", "float64": "f8",
}  # fmt: skip
_ORDERS = {"ascii": "=", "binary_little_endian": "<", "binary_big_endian": ">"}
_LONGEST_HEADER = 1000
"""Lines; more than that is no header."""


class _Element(NamedTuple):
    """What the header says of one element: its rows and their properties."""

    name: str
    rows: int
    properties: list[tuple[str, str]]
    """Name and type of each; a list has the type "list"."""


def read_ply(path: Path) -> Cloud:
    """Read the element `vertex`; faces and whatever else comes after it are left alone."""
    with reading(path, "damaged PLY file"), path.open("rb") as file:
        encoding, elements = _header(file)
        if encoding not in _ORDERS:
            raise ValueError(f"format {encoding!r}, expected one of {', '.join(_ORDERS)}")
        for element in elements:
            if any(kind == "list" for _, kind in element.properties):
                raise ValueError(f"element {element.name!r} has lists before the vertices")
            rows = _rows(file, element, encoding)
            if len(rows) != element.rows:
                raise RecordingError(
                    path,
                    f"truncated PLY file: expected {element.rows} of element {element.name!r},"
                    f" got {len(rows)}",
                )
            if element.name == "vertex":
                columns = {
                    name: np.ascontiguousarray(rows[name], rows[name].dtype.newbyteorder("="))
                    for name, _ in element.properties
                }
                return from_columns(path, "PLY", columns)
        raise ValueError("no element 'vertex'")


def write_ply(
    path: Path,
    points: NDArray[Any],
    normals: NDArray[Any] | None = None,
    colors: NDArray[np.uint8] | None = None,
) -> None:
    """Write points [N,3], normals [N,3] and colours [N,3] as binary vertices, float32."""
    groups = [(points, ("x", "y", "z"), "f4", "float")]
    if normals is not None:
        groups.append((normals, ("nx", "ny", "nz"), "f4", "float"))
    if colors is not None:
        groups.append((colors, ("red", "green", "blue"), "u1", "uchar"))
    lines = ["ply", "format binary_little_endian 1.0", f"element vertex {len(points)}"]
    lines += [f"property {kind} {name}" for _, names, _, kind in groups for name in names]
    dtype = np.dtype([(name, f"<{code}") for _, names, code, _ in groups for name in names])
    rows = np.empty(len(points), dtype)
    for values, names, _, _ in groups:
        for name, column in zip(names, np.asarray(values).T, strict=True):
            rows[name] = column
    with path.open("wb") as file:
        file.write("\n".join([*lines, "end_header\n"]).encode())
        file.write(rows.tobytes())


def _header(file: IO[bytes]) -> tuple[str, list[_Element]]:
    encoding = "none"
    elements: list[_Element] = []
    for _ in range(_LONGEST_HEADER):
        line = file.readline()
        words = line.decode("ascii").split()
        if words == ["end_header"]:
            return encoding, elements
        if not line:
            break
        if words[:1] == ["format"]:
            encoding = words[1]
        elif words[:1] == ["element"]:
            elements.append(_Element(words[1], int(words[2]), []))
        elif words[:1] == ["property"]:
            kind = "list" if words[1] == "list" else _TYPES[words[1]]
            elements[-1].properties.append((words[-1], kind))
    raise ValueError("the header has no end")


def _rows(file: IO[bytes], element: _Element, encoding: str) -> NDArray[Any]:
    dtype = np.dtype([(name, _ORDERS[encoding] + kind) for name, kind in element.properties])
    if encoding != "ascii":
        data = file.read(element.rows * dtype.itemsize)
        return np.frombuffer(data, dtype, count=len(data) // max(dtype.itemsize, 1))
    lines = [line for line in islice(file, element.rows) if line.strip()]
    return np.atleast_1d(np.loadtxt(lines, dtype)) if lines else np.empty(0, dtype)
