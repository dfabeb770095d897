# SPDX-License-Identifier: Apache-2.0
"""Choosing streams and fields of a recording by name.

    STREAM           every field of the stream
    STREAM:FIELD     one field, or every field below a dotted name

`/odom:pose.pose.position.x` is one field, `/odom:pose.pose` everything under the pose. Both parts
may be shell patterns (`/camera/*`, `/imu:*.x`), and the leading slash of a stream may be left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase

from .recording import Field, Progress, RecordedStream, Recording, RecordingError


def select(
    recording: Recording, names: Sequence[str] = (), *, progress: Progress | None = None
) -> list[tuple[RecordedStream, list[Field]]]:
    """Streams with the fields chosen of them, in the order of the recording.

    Args:
        recording: An open recording. Streams that are chosen get decoded.
        names: What to choose; nothing chooses everything.
        progress: Called with messages decoded and messages in all.

    Raises:
        RecordingError: A name fits nothing; the message suggests names that are there.
    """
    chosen: dict[str, set[str]] = {}
    wanted = [name.partition(":") for name in names or ["*"]]
    matches = [_streams(recording, stream) for stream, _, _ in wanted]
    needed = dict.fromkeys(name for found in matches for name in found)
    recording.load(list(needed), progress=progress)
    for (_, colon, field), streams in zip(wanted, matches, strict=True):
        hits = 0
        for name in streams:
            stream = recording.streams[name]
            fields = [one for one in stream.fields if not colon or _below(one, field)]
            if fields or not colon:
                chosen.setdefault(name, set()).update(fields)
            hits += len(fields)
        if colon and not hits:
            raise _no_field(recording, streams, field)
    return [
        (stream, [field for key, field in stream.fields.items() if key in chosen[name]])
        for name, stream in recording.streams.items()
        if name in chosen
    ]


def _streams(recording: Recording, pattern: str) -> list[str]:
    found = [
        name
        for name in recording.streams
        if fnmatchcase(name, pattern) or fnmatchcase(name, f"/{pattern}")
    ]
    if not found:
        hint = _hint(pattern, [*recording.streams, *(n.strip("/") for n in recording.streams)])
        raise RecordingError(recording.path, f"no stream {pattern!r}{hint}")
    return found


def _below(name: str, pattern: str) -> bool:
    return name == pattern or fnmatchcase(name, pattern) or fnmatchcase(name, f"{pattern}.*")


def _no_field(recording: Recording, streams: Sequence[str], field: str) -> RecordingError:
    there = [name for stream in streams for name in recording.streams[stream].fields]
    for stream in streams:
        for name, reason in recording.streams[stream].left_out.items():
            if _below(name, field):
                return RecordingError(
                    recording.path, f"field {field!r} of {stream!r} cannot be used: {reason}"
                )
    where = repr(streams[0]) if len(streams) == 1 else f"{len(streams)} streams"
    return RecordingError(recording.path, f"no field {field!r} in {where}{_hint(field, there)}")


def _hint(name: str, there: Iterable[str]) -> str:
    names = list(dict.fromkeys(there))
    close = get_close_matches(name, names, n=3, cutoff=0.5)
    if close:
        return "; did you mean " + " or ".join(repr(one) for one in close) + "?"
    if not names:
        return "; there are none"
    return "; there are " + ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")
