# SPDX-License-Identifier: Apache-2.0
"""MCAP files with ROS 1, ROS 2 (CDR), JSON or protobuf messages.

Receive stamps are the log times. Header stamps are the stamps in the messages, else the publish
times where they differ from the log times. Channel metadata named `rate`, `fps`, ... gives the
declared rate.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..recording import Content, Progress, RecordedStream, Recording, RecordingError
from .guard import reading, require
from .messages import (
    Array,
    Leaf,
    Node,
    Record,
    Stamp,
    StreamBuilder,
    Time,
    load_streams,
    name_streams,
)
from .ros import ros_builder
from .stamps import declared_rate, time_name

MAGIC = b"\x89MCAP0\r\n"

_TIME_KEYS = (("sec", "nanosec"), ("sec", "nsec"), ("secs", "nsecs"), ("seconds", "nanos"))
_PROTOBUF_TIMES = ("google.protobuf.Timestamp", "google.protobuf.Duration")
_PROTOBUF_DTYPES = {
    "INT32": np.int32, "INT64": np.int64, "UINT32": np.uint32, "UINT64": np.uint64,
    "DOUBLE": np.float64, "FLOAT": np.float32, "BOOL": np.bool_, "ENUM": np.int32,
    "STRING": object,
}  # fmt: skip


def open_mcap(path: Path) -> Recording:
    """Open an MCAP file, indexed or not. Topics become streams."""
    library = require("mcap.reader", "mcap", path)
    with reading(path, "not readable"):
        file = path.open("rb")
    try:
        with reading(path, "damaged MCAP file"):
            _refuse_cut_file(path, file)
            reader = library.make_reader(file)
            channels, schemas, counts = _list_channels(reader)
    except RecordingError:
        file.close()
        raise
    types = {
        id: schemas[channel.schema_id].name if channel.schema_id else channel.message_encoding
        for id, channel in channels.items()
    }
    names = name_streams((id, channel.topic, types[id]) for id, channel in channels.items())

    def load(wanted: Sequence[str], progress: Progress | None) -> Mapping[str, Content]:
        chosen = {id: name for id, name in names.items() if name in wanted}
        topics = [channels[id].topic for id in chosen]

        def messages() -> Iterator[tuple[str, bytes, int, int]]:
            for _, channel, message in reader.iter_messages(topics=topics):
                if channel.id in chosen:
                    yield chosen[channel.id], message.data, message.log_time, message.publish_time

        with reading(path, "damaged MCAP file"):
            builders = {
                name: _builder(path, channels[id], schemas.get(channels[id].schema_id))
                for id, name in chosen.items()
            }
            return load_streams(builders, messages(), sum(counts[id] for id in chosen), progress)

    streams: dict[str, RecordedStream] = {}
    for id, name in names.items():
        count = counts[id] + (streams[name].count if name in streams else 0)
        metadata = channels[id].metadata
        streams[name] = RecordedStream(
            name, types[id], count, declared_rate=declared_rate(metadata), metadata=metadata
        )
    return Recording(path, "MCAP", list(streams.values()), load, close=file.close)


def _refuse_cut_file(path: Path, file: Any) -> None:
    file.seek(0, 2)
    size = file.tell()
    file.seek(max(0, size - len(MAGIC)))
    if size < 2 * len(MAGIC) or file.read() != MAGIC:
        raise RecordingError(path, f"truncated MCAP file: no end mark at byte {size}")
    file.seek(0)


def _list_channels(reader: Any) -> tuple[dict[int, Any], dict[int, Any], dict[int, int]]:
    """Channels, schemas and message counts, from the summary if the file has one."""
    summary = reader.get_summary()
    if summary is not None and summary.statistics is not None:
        counts = summary.statistics.channel_message_counts
        return (
            dict(summary.channels),
            dict(summary.schemas),
            {id: counts.get(id, 0) for id in summary.channels},
        )
    channels: dict[int, Any] = {}
    schemas: dict[int, Any] = {}
    found: dict[int, int] = {}
    for schema, channel, _ in reader.iter_messages(log_time_order=False):
        channels[channel.id] = channel
        if schema is not None:
            schemas[schema.id] = schema
        found[channel.id] = found.get(channel.id, 0) + 1
    return channels, schemas, found


def _builder(path: Path, channel: Any, schema: Any | None) -> StreamBuilder:
    encoding = channel.message_encoding
    if encoding in ("cdr", "ros1") and schema is not None:
        return _ros_builder(path, encoding, schema)
    if encoding == "json":
        return StreamBuilder(json.loads, _json_schema, _json_get)
    if encoding == "protobuf" and schema is not None:
        library = require("mcap_protobuf.decoder", "mcap", path)
        decode = library.DecoderFactory().decoder_for(encoding, schema)
        return StreamBuilder(decode, lambda batch: _protobuf_schema(batch[0].DESCRIPTOR, ()))
    return StreamBuilder(
        lambda raw: None,
        lambda batch: Record({}),
        left_out={"*": f"message encoding {encoding!r} is not decoded"},
    )


def _ros_builder(path: Path, encoding: str, schema: Any) -> StreamBuilder:
    typesys = require("rosbags.typesys", "mcap", path)
    normalize = require("rosbags.typesys.msg", "mcap", path).normalize_msgtype
    typestore = typesys.get_typestore(typesys.Stores.EMPTY)
    text, type_name = schema.data.decode(), normalize(schema.name)
    if schema.encoding in ("ros1msg", "ros2msg"):
        typestore.register(typesys.get_types_from_msg(text, type_name))
    elif schema.encoding in ("ros2idl", "omgidl"):
        types = {}
        for part in filter(str.strip, text.split("=" * 80 + "\n")):
            idl = part.partition("\n")[2] if part.startswith("IDL: ") else part
            types.update(typesys.get_types_from_idl(idl))
        typestore.register(types)
    decode: Callable[[bytes, str], Any] = (
        typestore.deserialize_ros1 if encoding == "ros1" else typestore.deserialize_cdr
    )
    return ros_builder(typestore, decode, type_name)


def _json_get(record: Any, member: str) -> Any:
    return record.get(member) if isinstance(record, dict) else None


def _json_schema(batch: Sequence[Any]) -> Record:
    node = _json_node(batch)
    if not isinstance(node, Record):
        raise ValueError(f"expected JSON objects, got {type(batch[0]).__name__}")
    _find_stamps(node, batch)
    header = node.members.get("header")
    if isinstance(header, Record):
        _find_stamps(header, [record.get("header") for record in batch])
    return node


def _find_stamps(node: Record, batch: Sequence[Any]) -> None:
    """Members that are a time by their name and a number throughout become stamps."""
    for name, member in node.members.items():
        is_time, unit = time_name(name)
        if is_time and isinstance(member, Leaf):
            values = [_json_get(record, name) for record in batch]
            if np.array(values).dtype.kind in "iuf":
                node.members[name] = Stamp(unit)


def _json_node(column: Sequence[Any]) -> Node:
    """The schema that fits all values; null counts as missing."""
    there = [value for value in column if value is not None]
    if there and all(isinstance(value, dict) for value in there):
        keys = list(dict.fromkeys(key for value in there for key in value))
        if len(there) == len(column):
            for seconds, nanoseconds in _TIME_KEYS:
                if set(keys) == {seconds, nanoseconds}:
                    return Time(seconds, nanoseconds)
        return Record({key: _json_node([value.get(key) for value in there]) for key in keys})
    if there and all(isinstance(value, list) for value in there) and len(there) == len(column):
        return Array(_json_node([item for value in there for item in value]))
    numbers = all(isinstance(value, int | float) for value in there)
    return Leaf(np.float64 if numbers and len(there) < len(column) else None)


def _protobuf_schema(descriptor: Any, above: tuple[str, ...]) -> Record:
    members: dict[str, Node] = {}
    for field in descriptor.fields:
        message = field.message_type
        if message is None:
            kind = next(
                name
                for name in _PROTOBUF_DTYPES
                if field.cpp_type == getattr(field, f"CPPTYPE_{name}")
            )
            is_bytes = field.type == field.TYPE_BYTES
            node: Node = Array(Leaf(np.uint8)) if is_bytes else Leaf(_PROTOBUF_DTYPES[kind])
        elif message.full_name in _PROTOBUF_TIMES:
            node = Time("seconds", "nanos")
        elif message.GetOptions().map_entry or message.full_name in (*above, descriptor.full_name):
            continue  # Maps and messages that contain themselves have no fixed columns.
        else:
            node = _protobuf_schema(message, (*above, descriptor.full_name))
        repeated = (
            field.is_repeated
            if hasattr(field, "is_repeated")
            else field.label == field.LABEL_REPEATED
        )
        members[field.name] = Array(node) if repeated else node
    return Record(members)
