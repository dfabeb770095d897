# SPDX-License-Identifier: Apache-2.0
"""Captures of Ouster lidars: a pcap with the sensor's metadata beside it, as JSON.

Points are computed as Ouster's sensor documentation says, in metres in the sensor's frame, column
by column as they were measured. Ouster's own SDK would do it too, but pins versions of packages
that other readers here need newer.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..readers.guard import reading
from ..recording import RecordingError
from .cloud import Cloud
from .pcap import datagrams


class _Channel(NamedTuple):
    """Where one quantity lies in a pixel: `(number & mask) << shift`, little-endian."""

    name: str
    offset: int
    type: str
    mask: int
    shift: int = 0


class _Profile(NamedTuple):
    """How the packets of one lidar profile are laid out; sizes in bytes."""

    pixel: int
    returns: tuple[tuple[_Channel, ...], ...]
    """Channels of the first return, then of the second; "range" is in millimetres."""
    packet_header: int = 32
    packet_footer: int = 32
    column_header: int = 12
    column_footer: int = 0


def _range19(offset: int) -> _Channel:
    return _Channel("range", offset, "u4", 0x7FFFF)


_PROFILES = {
    "LEGACY": _Profile(
        12,
        (
            (
                _Channel("range", 0, "u4", 0xFFFFF),
                _Channel("reflectivity", 4, "u1", 0xFF),
                _Channel("signal", 6, "u2", 0xFFFF),
                _Channel("near_ir", 8, "u2", 0xFFFF),
            ),
        ),
        packet_header=0,
        packet_footer=0,
        column_header=16,
        column_footer=4,
    ),
    "RNG19_RFL8_SIG16_NIR16": _Profile(
        12,
        (
            (
                _range19(0),
                _Channel("reflectivity", 4, "u1", 0xFF),
                _Channel("signal", 6, "u2", 0xFFFF),
                _Channel("near_ir", 8, "u2", 0xFFFF),
            ),
        ),
    ),
    "RNG19_RFL8_SIG16_NIR16_DUAL": _Profile(
        16,
        (
            (
                _range19(0),
                _Channel("reflectivity", 3, "u1", 0xFF),
                _Channel("signal", 8, "u2", 0xFFFF),
                _Channel("near_ir", 12, "u2", 0xFFFF),
            ),
            (
                _range19(4),
                _Channel("reflectivity", 7, "u1", 0xFF),
                _Channel("signal", 10, "u2", 0xFFFF),
                _Channel("near_ir", 12, "u2", 0xFFFF),
            ),
        ),
    ),
    "RNG15_RFL8_NIR8": _Profile(
        4,
        (
            (
                _Channel("range", 0, "u2", 0x7FFF, 3),
                _Channel("reflectivity", 2, "u1", 0xFF),
                _Channel("near_ir", 3, "u1", 0xFF, 4),
            ),
        ),
    ),
}


@dataclass(frozen=True)
class _Sensor:
    """What the metadata say of the sensor; angles in radians, lengths in millimetres."""

    profile: _Profile
    rows: int
    columns: int
    columns_per_packet: int
    altitude: NDArray[np.float64]
    azimuth: NDArray[np.float64]
    beam: tuple[float, float]
    """x and z of the beam's origin in the rotating frame."""
    to_sensor: NDArray[np.float64]

    @property
    def column_size(self) -> int:
        profile = self.profile
        return profile.column_header + self.rows * profile.pixel + profile.column_footer

    @property
    def packet_size(self) -> int:
        columns = self.columns_per_packet * self.column_size
        return self.profile.packet_header + columns + self.profile.packet_footer


class _Columns(NamedTuple):
    """All valid columns of a capture, in its order."""

    stamps: NDArray[np.int64]
    measurement: NDArray[np.int64]
    scan: NDArray[np.int64]
    pixels: NDArray[np.uint8]
    """[columns, rows, bytes of a pixel]."""


def read_capture(path: Path, metadata: Path | None = None, scan: int | None = None) -> Cloud:
    """Read the returns of all scans of a capture, or of one; each with its column's stamp.

    Features: `range` in metres, `reflectivity`, `near_ir`, `signal` where the profile has it, `row`
    of the beam, `scan`.
    """
    metadata = metadata or path.with_suffix(".json")
    if not metadata.exists():
        raise RecordingError(
            path, f"expected the sensor's metadata in {metadata}, got no such file"
        )
    with reading(metadata, "not the metadata of an Ouster sensor"):
        sensor = _sensor(json.loads(metadata.read_text()))
    with reading(path, "damaged capture"):
        columns = _columns(path, sensor, metadata)
        scans = int(columns.scan[-1]) + 1
        if scan is not None:
            if not 0 <= scan < scans:
                raise RecordingError(path, f"expected a scan from 0 to {scans - 1}, got {scan}")
            kept = columns.scan == scan
            columns = _Columns(*(values[kept] for values in columns))
        return _cloud(path, sensor, columns)


def _sensor(document: Mapping[str, Any]) -> _Sensor:
    """Of metadata of any firmware: older ones are flat, newer ones have sections."""
    known: dict[str, Any] = {}
    for section in (document, *(one for one in document.values() if isinstance(one, dict))):
        known.update(section)
    layout = known.get("lidar_data_format") or known.get("data_format") or {}
    name = layout.get("udp_profile_lidar", "LEGACY")
    if name not in _PROFILES:
        raise ValueError(f"lidar profile {name!r}; known are {', '.join(_PROFILES)}")
    altitude = np.radians(np.asarray(known["beam_altitude_angles"], np.float64))
    azimuth = np.radians(np.asarray(known["beam_azimuth_angles"], np.float64))
    rows = int(layout.get("pixels_per_column", len(altitude)))
    if altitude.shape != (rows,) or azimuth.shape != (rows,):
        raise ValueError(f"expected {rows} beam angles, got {len(altitude)} and {len(azimuth)}")
    to_lidar = known.get("beam_to_lidar_transform")
    beam = (
        (float(to_lidar[3]), float(to_lidar[11]))
        if to_lidar
        else (float(known["lidar_origin_to_beam_origin_mm"]), 0.0)
    )
    to_sensor = np.asarray(known["lidar_to_sensor_transform"], np.float64).reshape(4, 4)
    columns = layout.get("columns_per_frame") or known["lidar_mode"].split("x")[0]
    per_packet = int(layout.get("columns_per_packet", 16))
    return _Sensor(
        _PROFILES[name], rows, int(columns), per_packet, altitude, azimuth, beam, to_sensor
    )


def _columns(path: Path, sensor: _Sensor, metadata: Path) -> _Columns:
    packets, sizes = [], set()
    for payload in datagrams(path):
        sizes.add(len(payload))
        if len(payload) == sensor.packet_size:
            packets.append(payload)
    if not packets:
        got = f"datagrams of {', '.join(map(str, sorted(sizes)))} bytes" if sizes else "no datagram"
        raise RecordingError(
            path, f"expected packets of {sensor.packet_size} bytes as {metadata} says, got {got}"
        )
    profile = sensor.profile
    data = np.frombuffer(b"".join(packets), np.uint8).reshape(len(packets), -1)
    body = data[:, profile.packet_header : sensor.packet_size - profile.packet_footer]
    columns = body.reshape(-1, sensor.column_size)
    stamps = _number(columns, 0, "u8").astype(np.int64)
    measurement = _number(columns, 8, "u2").astype(np.int64)
    if profile.packet_header:
        frames = np.repeat(_number(data, 2, "u2"), sensor.columns_per_packet)
        valid = _number(columns, 10, "u2") & 1 == 1
    else:
        frames = _number(columns, 10, "u2")
        valid = _number(columns, sensor.column_size - 4, "u4") == 0xFFFFFFFF
    valid &= measurement < sensor.columns
    if not valid.any():
        raise RecordingError(path, "no packet has a valid column")
    pixels = columns[:, profile.column_header : profile.column_header + sensor.rows * profile.pixel]
    # A frame's number is of 16 bits and comes again, so scans are told by its change.
    scan = np.cumsum(np.diff(frames[valid], prepend=frames[valid][:1]) != 0)
    return _Columns(
        stamps[valid],
        measurement[valid],
        scan,
        pixels[valid].reshape(-1, sensor.rows, profile.pixel),
    )


def _cloud(path: Path, sensor: _Sensor, columns: _Columns) -> Cloud:
    points, stamps, features = [], [], []
    for channels in sensor.profile.returns:
        values = {channel.name: _values(columns.pixels, channel) for channel in channels}
        column, row = np.nonzero(values["range"])
        ranges = values["range"][column, row].astype(np.float64)
        points.append(_positions(sensor, columns.measurement[column], row, ranges))
        stamps.append(columns.stamps[column])
        features.append(
            {
                **{name: one[column, row] for name, one in values.items()},
                "range": (ranges * 1e-3).astype(np.float32),
                "row": row.astype(np.uint16),
                "scan": columns.scan[column].astype(np.uint16),
            }
        )
    pixels = columns.pixels[..., 0].size * len(features)
    returns = sum(map(len, points))
    scans = len(np.unique(columns.scan))
    return Cloud(
        path,
        "Ouster capture",
        np.concatenate(points),
        {name: np.concatenate([one[name] for one in features]) for name in features[0]},
        stamps=np.concatenate(stamps),
        notes=(f"scans: {scans}; pixels without a return: {pixels - returns} of {pixels}",),
    )


def _values(pixels: NDArray[np.uint8], channel: _Channel) -> NDArray[Any]:
    """[columns, rows], in the smallest type that holds the channel's values."""
    values = _number(pixels, channel.offset, channel.type).astype(np.uint32)
    values = (values & np.uint32(channel.mask)) << np.uint32(channel.shift)
    return values.astype(np.min_scalar_type(channel.mask << channel.shift))


def _positions(
    sensor: _Sensor,
    measurement: NDArray[np.int64],
    row: NDArray[np.int64],
    ranges: NDArray[np.float64],
) -> NDArray[np.float32]:
    """[N,3] metres: a beam leaves its origin on the rotor, turned by encoder and beam angles."""
    x0, z0 = sensor.beam
    encoder = 2 * np.pi * (1 - measurement / sensor.columns)
    turn = encoder - sensor.azimuth[row]
    length = ranges - np.hypot(x0, z0)
    level = length * np.cos(sensor.altitude[row])
    lidar = np.stack(
        [
            level * np.cos(turn) + x0 * np.cos(encoder),
            level * np.sin(turn) + x0 * np.sin(encoder),
            length * np.sin(sensor.altitude[row]) + z0,
        ],
        axis=1,
    )
    placed = lidar @ sensor.to_sensor[:3, :3].T + sensor.to_sensor[:3, 3]
    return (placed * 1e-3).astype(np.float32)


def _number(rows: NDArray[np.uint8], offset: int, kind: str) -> NDArray[Any]:
    """The little-endian number at an offset of each row (the last axis)."""
    size = np.dtype(kind).itemsize
    taken = np.ascontiguousarray(rows[..., offset : offset + size])
    return taken.view(f"<{kind}")[..., 0]
