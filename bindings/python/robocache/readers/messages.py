# SPDX-License-Identifier: Apache-2.0
"""From messages to columns: one schema for ROS, protobuf and JSON, one way to flatten it.

A `Record` becomes dotted names, an array of constant length becomes [N,k] (or `name.0.x`,
`name.1.x` for an array of records), a time becomes int64 nanoseconds. Arrays whose length varies
are left out, with the lengths as the reason. The message header is not a field: its stamp becomes
the header stamps.

Streams of images, point clouds and the like (a byte array in messages above `PAYLOAD_SIZE`) are
stamped and weighed; their fields are not decoded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..recording import Content
from .kinds import classify
from .stamps import numbers_to_ns, time_name

BATCH = 4096
BATCH_BYTES = 16_000_000
"""As many messages, or bytes of them, are held before they are flattened into arrays."""
PAYLOAD_SIZE = 4096
"""Bytes of a message from which a byte array in it counts as a payload."""
MAX_WIDTH = 4096
"""Longest array that becomes a field."""


@dataclass(frozen=True)
class Leaf:
    """A number, flag or text. Text has dtype object; None lets NumPy infer the dtype."""

    dtype: Any
    unit: str | None = None


@dataclass(frozen=True)
class Time:
    """Seconds and nanoseconds under their names in the message."""

    seconds: str
    nanoseconds: str


@dataclass(frozen=True)
class Stamp:
    """A time as one plain number."""

    unit: str | None


@dataclass(frozen=True)
class Array:
    """A list of `item`; bytes are an Array of uint8 with no fixed length."""

    item: Node
    fixed: bool = False


@dataclass(frozen=True)
class Record:
    """Named members, in order."""

    members: dict[str, Node]


Node = Leaf | Time | Stamp | Array | Record


def has_payload(node: Node) -> bool:
    """Whether a byte array of open length is anywhere in the message."""
    if isinstance(node, Record):
        return any(has_payload(member) for member in node.members.values())
    if isinstance(node, Array):
        is_bytes = isinstance(node.item, Leaf) and np.dtype(node.item.dtype).str in ("|u1", "|i1")
        return has_payload(node.item) or (is_bytes and not node.fixed)
    return False


def only_stamp(node: Record) -> Record:
    """The schema without anything but the members that can hold the message's own stamp."""
    return Record(
        {
            name: member
            for name, member in node.members.items()
            if (name == "header" and isinstance(member, Record))
            or (isinstance(member, Time | Stamp) and time_name(name)[0])
        }
    )


class StreamBuilder:
    """Collects the messages of one stream and ends as its `Content`."""

    def __init__(
        self,
        decode: Callable[[bytes], Any],
        schema: Callable[[Sequence[Any]], Record],
        get: Callable[[Any, str], Any] = getattr,
        *,
        left_out: Mapping[str, str] | None = None,
    ) -> None:
        """`decode` makes a message of bytes, `schema` describes a batch of messages, `get` reads
        one member of a record, `left_out` says what is known not to be decoded."""
        self._decode = decode
        self._schema = schema
        self._get = get
        self._batch: list[Any] = []
        self._columns: dict[str, list[NDArray[Any]]] = {}
        self._units: dict[str, str | None] = {}
        self._stamps: set[str] = set()
        self._lengths: dict[str, tuple[int, int]] = {}
        self._left_out = dict(left_out or {})
        self._receive: list[int] = []
        self._publish: list[int] = []
        self._bytes = 0
        self._batch_bytes = 0
        self._is_payload: bool | None = None  # Open until the first message of some size.

    def add(self, raw: bytes, receive_ns: int, publish_ns: int | None = None) -> None:
        """Take one message. `publish_ns` is the sender's stamp where the container has one."""
        self._receive.append(receive_ns)
        self._publish.append(receive_ns if publish_ns is None else publish_ns)
        self._bytes += len(raw)
        message = self._decode(raw)
        if self._is_payload is None and len(raw) > PAYLOAD_SIZE:
            self._is_payload = has_payload(self._schema([message]))
        self._batch.append(message)
        self._batch_bytes += len(raw)
        if len(self._batch) == BATCH or self._batch_bytes > BATCH_BYTES:
            self._flush()

    def finish(self) -> Content:
        """All that was added."""
        self._flush()
        varying = [name for name, (least, most) in self._lengths.items() if least != most]
        for name in varying:
            least, most = self._lengths[name]
            self._left_out[name] = f"{least} to {most} items per message"
        arrays = {}
        for name, parts in self._columns.items():
            if any(name == array or name.startswith(array + ".") for array in varying):
                continue
            values = np.concatenate(parts)
            if len(values) == len(self._receive):
                arrays[name] = values
            else:
                self._left_out[name] = f"in {len(values)} of {len(self._receive)} messages"
        header = self._header_ns(arrays)
        receive = np.array(self._receive, np.int64)
        if self._is_payload:
            return Content(header, receive, payload_bytes=self._bytes)
        arrays = {name: v for name, v in arrays.items() if not name.startswith("header.")}
        return Content(header, receive, classify(arrays, self._units), self._left_out)

    def _header_ns(self, arrays: dict[str, NDArray[Any]]) -> NDArray[np.int64] | None:
        for name in ("header.stamp", *arrays):
            if name in self._stamps & arrays.keys() and time_name(name.removeprefix("header."))[0]:
                return arrays.pop(name)
        # MCAP: a publish time equal to the log time only says that it was not known.
        if self._publish != self._receive:
            return np.array(self._publish, np.int64)
        return None

    def _flush(self) -> None:
        if self._batch:
            schema = self._schema(self._batch)
            if self._is_payload:
                schema = only_stamp(schema)
            self._add_record("", schema, self._batch)
            self._batch = []
            self._batch_bytes = 0

    def _add_record(self, name: str, node: Record, column: Sequence[Any]) -> None:
        for member, sub in node.members.items():
            values = [self._get(record, member) for record in column]
            self._add(f"{name}.{member}" if name else member, sub, values)

    def _add(self, name: str, node: Node, column: Sequence[Any]) -> None:
        if isinstance(node, Record):
            self._add_record(name, node, column)
        elif isinstance(node, Array):
            self._add_array(name, node, column)
        elif isinstance(node, Time):
            get = self._get
            stamps = [
                int(get(time, node.seconds)) * 10**9 + int(get(time, node.nanoseconds))
                for time in column
            ]
            self._stamps.add(name)
            self._append(name, np.array(stamps, np.int64), "ns")
        elif isinstance(node, Stamp):
            self._stamps.add(name)
            self._append(name, numbers_to_ns(np.array(column), node.unit), "ns")
        else:
            self._append(name, np.array(column, node.dtype), node.unit)

    def _add_array(self, name: str, node: Array, column: Sequence[Any]) -> None:
        lengths = [len(items) for items in column]
        least, most = min(lengths), max(lengths)
        if name in self._lengths:
            least, most = min(least, self._lengths[name][0]), max(most, self._lengths[name][1])
        self._lengths[name] = (least, most)
        if least != most:
            return
        if most == 0 or most > MAX_WIDTH:
            self._left_out[name] = f"{most} items per message"
        elif isinstance(node.item, Leaf):
            rows = [np.frombuffer(v, np.uint8) if isinstance(v, bytes) else v for v in column]
            self._append(name, np.array(rows, node.item.dtype), node.item.unit)
        else:
            for index in range(most):
                self._add(f"{name}.{index}", node.item, [items[index] for items in column])

    def _append(self, name: str, values: NDArray[Any], unit: str | None) -> None:
        if values.dtype.kind in "US":
            values = values.astype(object)
        if values.dtype.kind == "O" and not all(isinstance(v, str) for v in values.flat):
            self._left_out[name] = "neither numbers nor text"
            return
        self._columns.setdefault(name, []).append(values)
        self._units[name] = unit


def name_streams(channels: Iterable[tuple[int, str, str]]) -> dict[int, str]:
    """Stream names of `(id, topic, type)`: the topic, with the type if the topic has several."""
    found = list(channels)
    types: dict[str, set[str]] = {}
    for _, topic, type_name in found:
        types.setdefault(topic, set()).add(type_name)
    return {
        id: topic if len(types[topic]) == 1 else f"{topic} [{type_name}]"
        for id, topic, type_name in found
    }


def load_streams(
    builders: dict[str, StreamBuilder],
    messages: Iterator[tuple[str, bytes, int, int | None]],
    total: int,
    progress: Callable[[int, int], None] | None,
) -> dict[str, Content]:
    """Feed `(stream, raw, receive_ns, publish_ns)` to the builders and finish them."""
    done = 0
    for done, (name, raw, receive_ns, publish_ns) in enumerate(messages, 1):
        builders[name].add(raw, receive_ns, publish_ns)
        if progress and done % BATCH == 0:
            progress(done, total)
    if progress:
        progress(done, total)
    return {name: builder.finish() for name, builder in builders.items()}
