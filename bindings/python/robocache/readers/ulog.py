# SPDX-License-Identifier: Apache-2.0
"""PX4 ULog files. Every topic instance is a stream: `sensor_gyro`, or `sensor_gyro_0`,
`sensor_gyro_1` where there are several. The topic's `timestamp` (microseconds since boot) gives
the header stamps; quaternions are in PX4's order, wxyz.
"""

from __future__ import annotations

import contextlib
import io
import re
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..recording import Content, Progress, RecordedStream, Recording, RecordingError
from .guard import reading, require
from .items import array_of, join_items
from .kinds import classify
from .stamps import numbers_to_ns

MAGIC = b"ULog\x01\x12\x35"
_INNER_ITEM = re.compile(r"\[(\d+)\]")


def open_ulog(path: Path) -> Recording:
    """Open a ULog file. The whole file is read."""
    library = require("pyulog", "ulog", path)
    with reading(path, "damaged ULog file"):
        _refuse_cut_file(path)
        # The library prints what it finds wrong; here that becomes the error or a note.
        with contextlib.redirect_stdout(io.StringIO()):
            log = library.ULog(str(path))
    topics = [data.name for data in log.data_list]
    by_name = {
        data.name if topics.count(data.name) == 1 else f"{data.name}_{data.multi_id}": data
        for data in log.data_list
    }

    def load(wanted: Sequence[str], progress: Progress | None) -> Mapping[str, Content]:
        contents = {}
        with reading(path, "damaged ULog file"):
            for name in wanted:
                contents[name] = _content(by_name[name])
                if progress:
                    progress(len(contents), len(wanted))
        return contents

    streams = [
        RecordedStream(name, data.name, len(data.data["timestamp"]))
        for name, data in by_name.items()
    ]
    notes = []
    if log.dropouts:
        lost = sum(dropout.duration for dropout in log.dropouts)
        notes.append(f"{len(log.dropouts)} dropouts reported by the logger, {lost} ms in all")
    if log.file_corruption:
        notes.append("damaged parts of the file were skipped")
    metadata = {
        **log.msg_info_dict,
        "dropouts": [(one.timestamp * 1000, one.duration * 10**6) for one in log.dropouts],
    }
    return Recording(path, "ULog", streams, load, metadata=metadata, notes=notes)


def _refuse_cut_file(path: Path) -> None:
    """Walk from message to message: the last one has to end where the file ends."""
    content = path.read_bytes()
    position = 16
    while position + 3 <= len(content):
        position += 3 + struct.unpack_from("<H", content, position)[0]
    if position != len(content):
        raise RecordingError(path, f"truncated ULog file: it ends at byte {len(content)}, "
                                   f"inside the message that ends at {position}")  # fmt: skip


def _content(data: Any) -> Content:
    types = {field.field_name: field.type_str for field in data.field_data}
    columns = {
        name: values.astype(np.bool_) if types[name] == "bool" else values
        for name, values in data.data.items()
    }
    header = numbers_to_ns(columns.pop("timestamp"), "us")
    texts = {array_of(name) for name in columns if types[name] == "char"}
    arrays = {
        _INNER_ITEM.sub(r".\1", name): _texts(values) if name in texts else values
        for name, values in join_items(columns).items()
    }
    return Content(header, None, classify(arrays, order="wxyz"))


def _texts(values: NDArray[Any]) -> NDArray[Any]:
    rows = [row.tobytes().partition(b"\0")[0].decode("utf-8", "replace") for row in values]
    return np.array(rows, object)
