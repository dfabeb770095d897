# SPDX-License-Identifier: Apache-2.0
"""Turns a recording that the package reads into a message log that `replay` maps.

    python bench/realtime/write_log.py husky.bag husky.log /imu/data:orientation /fix:altitude

The format is at the head of message_log.h. Each stream becomes the numbers of its fields side by
side, each message the time at which the recorder got it and the stamp of its sensor.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from robocache._library import enumerators
from robocache.modes import suggest, without_zero_quaternions
from robocache.readers import open_recording
from robocache.recording import Field, RecordedStream, RecordingError
from robocache.selection import select

MAGIC = b"RCMSGS\0\1"
HEADER = np.dtype(
    [
        ("magic", "S8"),
        *((f"num_{part}", "<i8") for part in ("streams", "groups", "messages", "values")),
    ]
)
STREAM = np.dtype(
    [
        ("name", "S96"),
        *(
            (key, "<i8")
            for key in ("width", "first_group", "num_groups", "period_ns", "max_gap_ns")
        ),
    ]
)
GROUP = np.dtype([("begin", "<i8"), ("count", "<i8"), ("mode", "<i4"), ("reserved", "<i4")])
MESSAGE = np.dtype([(key, "<i8") for key in ("arrival_ns", "stamp_ns", "stream", "first_value")])


class Source(NamedTuple):
    """One stream, ready to be written."""

    name: str
    arrival_ns: NDArray[np.int64]
    stamp_ns: NDArray[np.int64]
    values: NDArray[np.float64]
    """[N, width]."""
    groups: list[tuple[int, int, str]]
    """First channel, number of channels, mode."""
    max_gap_ns: int


def write_log(path: Path, sources: Sequence[Source]) -> None:
    """Writes the messages of all sources in the order of their arrival."""
    modes = enumerators("rc_mode", "RC_MODE_")
    streams = np.zeros(len(sources), STREAM)
    groups, messages, values = [], [], []
    written = 0
    for index, source in enumerate(sources):
        name = source.name.encode()
        if len(name) >= STREAM["name"].itemsize:
            raise ValueError(f"stream {source.name!r}: expected a name of less than 96 bytes")
        count, width = source.values.shape
        period = int(np.median(np.diff(np.sort(source.stamp_ns)))) if count > 1 else 1
        first = len(groups)
        groups += [(begin, size, modes[mode], 0) for begin, size, mode in source.groups]
        streams[index] = (name, width, first, len(source.groups), max(period, 1), source.max_gap_ns)
        part = np.zeros(count, MESSAGE)
        part["arrival_ns"], part["stamp_ns"] = source.arrival_ns, source.stamp_ns
        part["stream"] = index
        part["first_value"] = written + width * np.arange(count)
        messages.append(part)
        values.append(source.values.ravel())
        written += source.values.size
    arrived = np.concatenate(messages)
    arrived = arrived[np.argsort(arrived["arrival_ns"], kind="stable")]
    header = np.array([(MAGIC, len(sources), len(groups), len(arrived), written)], HEADER)
    with path.open("wb") as file:
        for block in (header, streams, np.array(groups, GROUP), arrived, *values):
            file.write(np.ascontiguousarray(block).tobytes())


def source_of(
    stream: RecordedStream, fields: Sequence[Field], max_gap: float | None
) -> Source | None:
    """The numbers of a stream; None where it has none, or no time."""
    numeric = [field for field in fields if field.values.dtype.kind in "biuf"]
    stamps, _ = stream.times()
    if not numeric or len(stamps) < 2 or stamps.min() == stamps.max():
        return None
    columns: list[NDArray[Any]] = []
    groups = []
    begin = 0
    for field in numeric:
        mode = suggest(field)
        column = field.values.reshape(len(stamps), -1).astype(np.float64)
        columns.append(without_zero_quaternions(column)[0] if mode == "slerp" else column)
        groups.append((begin, field.width, mode))
        begin += field.width
    arrival = stamps if stream.receive_ns is None else stream.receive_ns
    period = float(np.median(np.diff(np.sort(stamps))))
    gap = 2.5 * period if max_gap is None else max_gap * 1e9
    values = np.concatenate(columns, axis=1)
    return Source(stream.name, arrival, stamps, values, groups, max(int(gap), 1))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("recording", type=Path)
    parser.add_argument("log", type=Path)
    parser.add_argument("select", nargs="*", help="STREAM or STREAM:FIELD; default: all numbers")
    parser.add_argument(
        "--max-gap", type=float, help="seconds to bridge and to hold; default: 2.5 periods"
    )
    options = parser.parse_args(arguments)
    try:
        with open_recording(options.recording) as recording:
            chosen = select(recording, options.select)
            sources = [source_of(*one, options.max_gap) for one in chosen]
            kept = [source for source in sources if source is not None]
            if not kept:
                raise RecordingError(options.recording, "no numbers with times")
            write_log(options.log, kept)
    except RecordingError as error:
        print(error, file=sys.stderr)
        return 1
    for source in kept:
        print(f"{source.name}: {len(source.values)} messages of {source.values.shape[1]} values")
    return 0


if __name__ == "__main__":
    sys.exit(main())
