# SPDX-License-Identifier: Apache-2.0
"""What a recording looks like once it is open, whatever format it came from.

A `Recording` holds streams by name; a `RecordedStream` holds the stamps of its messages and its
fields; a `Field` is one array with one row per message. Readers (`robocache.readers`) make them,
`robocache.inspection` and the command line take them. A stream is decoded the first time that its
stamps or fields are asked for; `Recording.load` decodes several in one pass over the file.

Stamps are int64 nanoseconds. A stream may have two of each message:

- *header* stamps: when the sensor took the sample, as the sender wrote it (ROS `header.stamp`,
  ULog `timestamp`, the time column of a table);
- *receive* stamps: when the recorder got the message (ROS bags and MCAP).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .errors import RobocacheError

Stamps = Literal["header", "receive"]
Kind = Literal["scalar", "vector", "quaternion", "angle", "flag", "text"]
QuaternionOrder = Literal["xyzw", "wxyz"]
Progress = Callable[[int, int], None]
"""Called with the messages decoded so far and the messages to decode in all."""


class RecordingError(RobocacheError):
    """A recording that cannot be read, or that lacks what was asked for.

    The message is one line: where (`path`), then what (`problem`). It has no status of the C
    interface: `code` is 0.
    """

    def __init__(self, path: str | Path, problem: str) -> None:
        self.path = Path(path)
        self.problem = " ".join(problem.split())
        super().__init__(f"{self.path}: {self.problem}")


@dataclass(frozen=True)
class Field:
    """One quantity of a stream: `values[i]` belongs to the stream's i-th message.

    `values` is [N] or [N,k] in the dtype of the recording; text is an object array of `str`, which
    no interpolation can take. `kind` is only claimed where name, type and values agree, see
    `robocache.readers.kinds`: "quaternion" is [N,4] with components in `order` (None for all other
    kinds), "angle" is in radians and wraps, "flag" is bool.
    """

    name: str
    """Dotted name within the message, such as `pose.pose.position.x`."""
    values: NDArray[Any]
    unit: str | None = None
    kind: Kind = "scalar"
    order: QuaternionOrder | None = None

    @property
    def width(self) -> int:
        """Channels per message: k of [N,k], 1 of [N]."""
        return 1 if self.values.ndim == 1 else self.values.shape[1]

    @property
    def discrete(self) -> bool:
        """Whether values between two samples mean nothing: integers, flags, text."""
        return self.values.dtype.kind != "f"


class Times(NamedTuple):
    """Stamps of one stream and which of its two clocks they come from."""

    ns: NDArray[np.int64]
    source: Stamps


@dataclass(frozen=True)
class Content:
    """What a reader decodes of one stream."""

    header_ns: NDArray[np.int64] | None
    receive_ns: NDArray[np.int64] | None
    fields: Mapping[str, Field] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)
    payload_bytes: int | None = None


class RecordedStream:
    """One topic of a recording. Decoded when first asked for more than name, type and count."""

    def __init__(
        self,
        name: str,
        type_name: str,
        count: int,
        *,
        declared_rate: float | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        self.name = name
        self.type_name = type_name
        """Message type, such as `sensor_msgs/msg/Imu`, or the kind of container."""
        self.count = count
        """Number of messages."""
        self.declared_rate = declared_rate
        """Rate in Hz that the recording itself states for this stream, true or not."""
        self.metadata = dict(metadata or {})
        self._recording: Recording | None = None

    def __repr__(self) -> str:
        return f"RecordedStream({self.name!r}, {self.type_name!r}, count={self.count})"

    @property
    def recording(self) -> Recording:
        """The recording that the stream belongs to."""
        if self._recording is None:
            raise ValueError(f"stream {self.name!r} belongs to no recording yet")
        return self._recording

    @property
    def _content(self) -> Content:
        return self.recording.content(self.name)

    @property
    def header_ns(self) -> NDArray[np.int64] | None:
        """Header stamps [N], or None where the messages have none."""
        return self._content.header_ns

    @property
    def receive_ns(self) -> NDArray[np.int64] | None:
        """Receive stamps [N], or None where the format keeps none."""
        return self._content.receive_ns

    @property
    def fields(self) -> Mapping[str, Field]:
        """Fields by dotted name, in the order of the message."""
        return self._content.fields

    @property
    def left_out(self) -> Mapping[str, str]:
        """Fields that are in the recording but not in `fields`, with the reason."""
        return self._content.left_out

    @property
    def payload_bytes(self) -> int | None:
        """Size of all messages of an image, point cloud or other blob stream, else None.

        Such a stream has stamps and no fields.
        """
        return self._content.payload_bytes

    def times(self, stamps: Stamps | None = None) -> Times:
        """The stamps to work with.

        `None` takes the header stamps where they exist and were filled in, else the receive
        stamps. Naming one that the stream does not have is a `RecordingError`.
        """
        header, receive = self.header_ns, self.receive_ns
        if stamps is None:
            # A header whose stamps are all zero was never filled in by its sender.
            unset = header is None or (receive is not None and not header.any())
            stamps = "receive" if unset and receive is not None else "header"
        chosen = header if stamps == "header" else receive
        if chosen is None:
            there = "header" if header is not None else "receive"
            raise RecordingError(
                self.recording.path,
                f"stream {self.name!r} has no {stamps} stamps, only {there} stamps",
            )
        return Times(chosen, stamps)


Load = Callable[[Sequence[str], "Progress | None"], Mapping[str, Content]]


class Recording:
    """An open recording. Close it, or use it as a context manager, to release its file.

    Made by `robocache.readers.open_recording`. Not thread-safe.
    """

    def __init__(
        self,
        path: str | Path,
        format: str,
        streams: Sequence[RecordedStream],
        load: Load,
        *,
        close: Callable[[], None] = lambda: None,
        metadata: Mapping[str, Any] | None = None,
        notes: Sequence[str] = (),
    ) -> None:
        self.path = Path(path)
        self.format = format
        """Such as "ROS 1 bag" or "MCAP"."""
        self.streams: Mapping[str, RecordedStream] = {
            stream.name: stream for stream in sorted(streams, key=lambda stream: stream.name)
        }
        self.metadata = dict(metadata or {})
        """What the file says about the whole recording, as its format has it."""
        self.notes = tuple(notes)
        """Lines for people, such as the dropouts that a logger reported."""
        self._load = load
        self._close = close
        self._contents: dict[str, Content] = {}
        for stream in streams:
            stream._recording = self

    def load(self, names: Sequence[str] | None = None, *, progress: Progress | None = None) -> None:
        """Decode the named streams (all by default) in one pass, unless they already are."""
        wanted = [
            name
            for name in (self.streams if names is None else names)
            if name not in self._contents
        ]
        if wanted:
            self._contents.update(self._load(wanted, progress))

    def content(self, name: str) -> Content:
        """What is decoded of one stream; decodes it if need be."""
        self.load([name])
        return self._contents[name]

    def close(self) -> None:
        """Release the file. Streams that were decoded stay usable. May be called twice."""
        close, self._close = self._close, lambda: None
        close()

    def __enter__(self) -> Recording:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
