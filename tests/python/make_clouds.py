# SPDX-License-Identifier: Apache-2.0
"""Files of point clouds, byte by byte as their formats are described."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np

PCD_TYPES = {"f": "F", "u": "U", "i": "I"}


def pcd_header(
    rows: np.ndarray, data: str, *, height: int = 1, viewpoint: str = "0 0 0 1 0 0 0"
) -> str:
    types = [rows.dtype[name] for name in rows.dtype.names]
    return "\n".join(
        [
            "# .PCD v0.7 - Point Cloud Data file format",
            "VERSION 0.7",
            f"FIELDS {' '.join(rows.dtype.names)}",
            f"SIZE {' '.join(str(one.itemsize) for one in types)}",
            f"TYPE {' '.join(PCD_TYPES[one.kind] for one in types)}",
            f"COUNT {' '.join('1' for _ in types)}",
            f"WIDTH {len(rows) // height}",
            f"HEIGHT {height}",
            f"VIEWPOINT {viewpoint}",
            f"POINTS {len(rows)}",
            f"DATA {data}",
            "",
        ]
    )


def write_pcd(path: Path, rows: np.ndarray, data: str, **header) -> None:
    """`data`: ascii, binary or binary_compressed. Compressed without any match: LZF's literals."""
    head = pcd_header(rows, data, **header).encode()
    if data == "ascii":
        body = "".join(" ".join(f"{value!s}" for value in row) + "\n" for row in rows).encode()
    elif data == "binary":
        body = rows.tobytes()
    else:
        plain = b"".join(np.ascontiguousarray(rows[name]).tobytes() for name in rows.dtype.names)
        runs = [plain[begin : begin + 32] for begin in range(0, len(plain), 32)]
        packed = b"".join(bytes([len(run) - 1]) + run for run in runs)
        body = struct.pack("<II", len(packed), len(plain)) + packed
    path.write_bytes(head + body)


PLY_TYPES = {"f4": "float", "f8": "double", "u1": "uchar", "u2": "ushort", "i4": "int"}
PLY_ORDERS = {"ascii": "=", "binary_little_endian": "<", "binary_big_endian": ">"}


def write_ply(path: Path, rows: np.ndarray, encoding: str, faces: int = 0) -> None:
    """Vertices, then triangles of the first three, as meshes have them."""
    lines = ["ply", f"format {encoding} 1.0", "comment by hand", f"element vertex {len(rows)}"]
    for name in rows.dtype.names:
        lines.append(f"property {PLY_TYPES[rows.dtype[name].str[1:]]} {name}")
    lines += [f"element face {faces}", "property list uchar int vertex_indices", "end_header", ""]
    head = "\n".join(lines).encode()
    order = PLY_ORDERS[encoding]
    if encoding == "ascii":
        body = "".join(" ".join(f"{value!s}" for value in row) + "\n" for row in rows)
        body = (body + "3 0 1 2\n" * faces).encode()
    else:
        ordered = np.dtype([(n, rows.dtype[n].newbyteorder(order)) for n in rows.dtype.names])
        body = rows.astype(ordered).tobytes() + struct.pack(order + "Biii", 3, 0, 1, 2) * faces
    path.write_bytes(head + body)


def write_pcap(
    path: Path,
    datagrams: list[bytes],
    *,
    order: str = "<",
    link: int = 1,
    mtu: int = 65000,
    nanoseconds: bool = False,
) -> None:
    """UDP over IPv4, in fragments of `mtu` bytes, the later ones of a datagram first."""
    magic = 0xA1B23C4D if nanoseconds else 0xA1B2C3D4
    out = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65535, link)]
    for number, payload in enumerate(datagrams):
        udp = struct.pack(">HHHH", 7502, 7502, 8 + len(payload), 0) + payload
        pieces = [(begin, udp[begin : begin + mtu]) for begin in range(0, len(udp), mtu)]
        for begin, piece in reversed(pieces):
            more = 0x2000 if begin + len(piece) < len(udp) else 0
            header = struct.pack(
                ">BBHHHBBH4s4s", 0x45, 0, 20 + len(piece), number, more | begin // 8, 64, 17, 0,
                b"\x0a\0\0\1", b"\x0a\0\0\2",
            )  # fmt: skip
            packet = {1: bytes(12) + b"\x08\x00", 113: bytes(16), 101: b""}[link] + header + piece
            out.append(struct.pack(order + "IIII", number, 0, len(packet), len(packet)) + packet)
    path.write_bytes(b"".join(out))


class Lidar:
    """An Ouster sensor of 4 beams and 32 columns, whose packets hold what it is told."""

    ROWS, COLUMNS, PER_PACKET = 4, 32, 16
    ALTITUDE = (20.0, 0.0, -10.0, -30.0)
    PROFILES = (
        "LEGACY",
        "RNG19_RFL8_SIG16_NIR16",
        "RNG19_RFL8_SIG16_NIR16_DUAL",
        "RNG15_RFL8_NIR8",
    )

    def __init__(self, profile: str, beam_offset: float = 0.0, azimuth: float = 0.0) -> None:
        self.profile, self.beam_offset, self.azimuth = profile, beam_offset, azimuth

    def metadata(self, *, sections: bool = False) -> str:
        beams = {
            "beam_altitude_angles": self.ALTITUDE,
            "beam_azimuth_angles": (self.azimuth,) * self.ROWS,
            "lidar_origin_to_beam_origin_mm": self.beam_offset,
        }
        frame = {"lidar_to_sensor_transform": np.eye(4).ravel().tolist()}
        layout = {
            "pixels_per_column": self.ROWS,
            "columns_per_packet": self.PER_PACKET,
            "columns_per_frame": self.COLUMNS,
            "udp_profile_lidar": self.profile,
        }
        if sections:
            document = {
                "beam_intrinsics": beams,
                "lidar_intrinsics": frame,
                "lidar_data_format": layout,
            }
        else:
            document = {**beams, **frame, "data_format": layout, "lidar_mode": "32x10"}
        return json.dumps(document)

    def packets(self, scans: int, pixel, valid=lambda scan, column: True) -> list[bytes]:
        """`pixel(scan, column, row)` gives its bytes; stamps are 1 ms per column."""
        legacy = self.profile == "LEGACY"
        found = []
        for scan in range(scans):
            frame = (65535 + scan) % 65536  # The number of a frame wraps.
            for begin in range(0, self.COLUMNS, self.PER_PACKET):
                body = b""
                for column in range(begin, begin + self.PER_PACKET):
                    stamp = (scan * self.COLUMNS + column) * 1_000_000
                    good = valid(scan, column)
                    pixels = b"".join(pixel(scan, column, row) for row in range(self.ROWS))
                    if legacy:
                        body += struct.pack("<QHHI", stamp, column, frame, 0) + pixels
                        body += struct.pack("<I", 0xFFFFFFFF if good else 0)
                    else:
                        body += struct.pack("<QHH", stamp, column, int(good)) + pixels
                header = b"" if legacy else struct.pack("<HH", 1, frame) + bytes(28)
                found.append(header + body + (b"" if legacy else bytes(32)))
        return found

    def write(self, path: Path, packets: list[bytes], **pcap) -> None:
        write_pcap(path, [b"an imu packet", *packets], **pcap)
        path.with_suffix(".json").write_text(self.metadata())
