# SPDX-License-Identifier: Apache-2.0
"""Small recordings of every format, written with the libraries that others write them with.

All of them hold what `samples()` says, so that one test can ask every reader for the same.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

EPOCH_NS = 1_700_000_000_123_456_789


@dataclass
class Samples:
    """An IMU: stamps that no float64 of seconds can hold, uneven, and received late."""

    header_ns: np.ndarray
    receive_ns: np.ndarray
    orientation: np.ndarray
    rate: np.ndarray
    covariance: np.ndarray


def samples(count: int = 20) -> Samples:
    rng = np.random.default_rng(7)
    header = EPOCH_NS + np.arange(count) * 10_000_000 + rng.integers(0, 999, count)
    orientation = rng.normal(size=(count, 4))
    orientation /= np.linalg.norm(orientation, axis=1, keepdims=True)
    return Samples(
        header,
        header + rng.integers(1_000_000, 3_000_000, count),
        orientation,
        rng.normal(size=(count, 3)),
        rng.normal(size=(count, 9)),
    )


def ros_messages(typestore: Any, made: Samples) -> list[tuple[str, str, list[Any]]]:
    """(topic, type, messages): an IMU, joints of which one list varies, images, and a flag."""
    types = typestore.types
    stamp = types["builtin_interfaces/msg/Time"]
    header_type = types["std_msgs/msg/Header"]
    is_ros1 = "seq" in header_type.__dataclass_fields__

    def header(ns: int) -> Any:
        time = stamp(int(ns) // 10**9, int(ns) % 10**9)
        return header_type(7, time, "base") if is_ros1 else header_type(time, "base")

    vector = types["geometry_msgs/msg/Vector3"]
    imus, joints, images, flags = [], [], [], []
    for row, ns in enumerate(made.header_ns):
        x, y, z, w = (float(v) for v in made.orientation[row])
        rate = vector(*(float(v) for v in made.rate[row]))
        imus.append(
            types["sensor_msgs/msg/Imu"](
                header(ns), types["geometry_msgs/msg/Quaternion"](x, y, z, w), made.covariance[row],
                rate, made.covariance[row], vector(0.0, 0.0, 9.81), made.covariance[row],
            )
        )  # fmt: skip
        joints.append(
            types["sensor_msgs/msg/JointState"](
                header(ns), ["a", "b"], np.array([row, -row], np.float64),
                np.zeros(row % 3), np.zeros(0),
            )
        )  # fmt: skip
        images.append(
            types["sensor_msgs/msg/Image"](
                header(ns), 64, 80, "mono8", 0, 80, np.full(64 * 80, row, np.uint8)
            )
        )
        flags.append(types["std_msgs/msg/Bool"](bool(row % 2)))
    return [
        ("/imu", "sensor_msgs/msg/Imu", imus),
        ("/joints", "sensor_msgs/msg/JointState", joints),
        ("/camera", "sensor_msgs/msg/Image", images),
        ("/flag", "std_msgs/msg/Bool", flags),
    ]


def write_ros1(path: Path, made: Samples) -> Path:
    from rosbags.rosbag1 import Writer
    from rosbags.typesys import Stores, get_typestore

    typestore = get_typestore(Stores.ROS1_NOETIC)
    writer = Writer(path)
    writer.set_compression(Writer.CompressionFormat.BZ2)
    with writer:
        for topic, kind, messages in ros_messages(typestore, made):
            connection = writer.add_connection(topic, kind, typestore=typestore)
            for ns, message in zip(made.receive_ns, messages, strict=True):
                writer.write(connection, int(ns), typestore.serialize_ros1(message, kind))
    return path


def write_ros2(path: Path, made: Samples, storage: str) -> Path:
    from rosbags.rosbag2 import StoragePlugin, Writer
    from rosbags.typesys import Stores, get_typestore

    typestore = get_typestore(Stores.ROS2_HUMBLE)
    with Writer(path, version=9, storage_plugin=StoragePlugin[storage]) as writer:
        for topic, kind, messages in ros_messages(typestore, made):
            connection = writer.add_connection(topic, kind, typestore=typestore)
            for ns, message in zip(made.receive_ns, messages, strict=True):
                writer.write(connection, int(ns), typestore.serialize_cdr(message, kind))
    return path


def write_mcap(path: Path, made: Samples, encoding: str, **writer_options: Any) -> Path:
    """`encoding`: ros1, cdr or json."""
    from mcap.writer import Writer

    with path.open("wb") as file:
        writer = Writer(file, **writer_options)
        writer.start()
        if encoding == "json":
            _write_json(writer, made)
        else:
            _write_ros_messages(writer, made, encoding)
        writer.finish()
    return path


def _write_ros_messages(writer: Any, made: Samples, encoding: str) -> None:
    from rosbags.typesys import Stores, get_typestore

    is_ros1 = encoding == "ros1"
    typestore = get_typestore(Stores.ROS1_NOETIC if is_ros1 else Stores.ROS2_HUMBLE)
    for topic, kind, messages in ros_messages(typestore, made):
        definition, _ = typestore.generate_msgdef(kind, ros_version=1 if is_ros1 else 2)
        name = kind.replace("/msg/", "/") if is_ros1 else kind
        schema = writer.register_schema(name, "ros1msg" if is_ros1 else "ros2msg",
                                        definition.encode())  # fmt: skip
        channel = writer.register_channel(topic, encoding, schema)
        serialize = typestore.serialize_ros1 if is_ros1 else typestore.serialize_cdr
        for ns, message in zip(made.receive_ns, messages, strict=True):
            writer.add_message(channel, int(ns), bytes(serialize(message, kind)), int(ns))


def json_imu(made: Samples, row: int) -> dict[str, Any]:
    ns = int(made.header_ns[row])
    return {
        "header": {"stamp": {"sec": ns // 10**9, "nanosec": ns % 10**9}, "frame_id": "base"},
        "orientation": dict(zip("xyzw", made.orientation[row].tolist(), strict=True)),
        "angular_velocity": dict(zip("xyz", made.rate[row].tolist(), strict=True)),
        "covariance": made.covariance[row].tolist(),
        "temperature": None if row == 3 else 20.5,
        "count": row,
        "label": "level" if row % 2 else "turning",
    }


def _write_json(writer: Any, made: Samples) -> None:
    schema = writer.register_schema("Imu", "jsonschema", b"{}")
    channel = writer.register_channel("/imu", "json", schema, {"rate": "100"})
    published = writer.register_channel("/published", "json", schema)
    numbered = writer.register_channel("/numbered", "json", schema)
    for row, ns in enumerate(made.receive_ns):
        text = json.dumps(json_imu(made, row)).encode()
        writer.add_message(channel, int(ns), text, int(ns))
        header = int(made.header_ns[row])
        writer.add_message(published, int(ns), b'{"value": 1.5}', header)
        writer.add_message(numbered, int(ns), b'{"timestamp_ns": %d}' % header, int(ns))


def ulog_message(kind: str, body: bytes) -> bytes:
    return struct.pack("<HB", len(body), ord(kind)) + body


def write_ulog(path: Path, made: Samples) -> Path:
    """Two instances of an IMU topic and one of another, times in microseconds."""
    formats = [
        "imu:uint64_t timestamp;float[4] q;double[3] rate;bool ok;char[8] label;",
        "status:uint64_t timestamp;uint8_t mode;",
    ]
    parts = [b"ULog\x01\x12\x35\x01" + struct.pack("<Q", 0), ulog_message("B", bytes(40))]
    parts += [ulog_message("F", text.encode()) for text in formats]
    parts.append(ulog_message("I", bytes([len("char[3] sys_name")]) + b"char[3] sys_namePX4"))
    for instance, (topic, id) in enumerate((("imu", 0), ("imu", 1), ("status", 2))):
        parts.append(ulog_message("A", struct.pack("<BH", instance % 2, id) + topic.encode()))
    for row, ns in enumerate(made.header_ns):
        us = int(ns) // 1000
        x, y, z, w = made.orientation[row]
        imu = struct.pack("<Q4f3d?8s", us, w, x, y, z, *made.rate[row], row % 2 == 0, b"level")
        for id in (0, 1):
            parts.append(ulog_message("D", struct.pack("<H", id) + imu))
        parts.append(ulog_message("D", struct.pack("<HQB", 2, us, row % 4)))
    parts.append(ulog_message("O", struct.pack("<H", 119)))
    path.write_bytes(b"".join(parts))
    return path


def write_hdf5(path: Path, made: Samples) -> Path:
    import h5py

    with h5py.File(path, "w") as file:
        imu = file.create_group("imu")
        imu.attrs["rate"] = 100.0
        imu["timestamp_ns"] = made.header_ns
        imu["orientation"] = made.orientation
        imu["state/rate"] = made.rate
        imu["state/rate"].attrs["unit"] = "rad/s"
        imu["ok"] = np.arange(len(made.header_ns)) % 2 == 0
        imu["label"] = ["level"] * len(made.header_ns)
        imu["picture"] = np.zeros((len(made.header_ns), 4, 4, 3), np.uint8)
        imu["calibration"] = np.eye(3)
    return path


def write_parquet(path: Path, made: Samples) -> Path:
    import pyarrow as pa
    import pyarrow.parquet as pq

    quaternion = pa.FixedSizeListArray.from_arrays(made.orientation.ravel(), 4)
    columns = {
        "time_ns": pa.array(made.header_ns),
        "orientation": quaternion,
        "rate": pa.array(made.rate.tolist()),
        "ok": pa.array([row % 2 == 0 for row in range(len(made.header_ns))]),
        "label": pa.array(["level"] * len(made.header_ns)),
        "ragged": pa.array([[1.0] * (row % 3) for row in range(len(made.header_ns))]),
    }
    table = pa.table(columns)
    field = table.schema.field("rate").with_metadata({"unit": "rad/s"})
    schema = table.schema.set(table.schema.get_field_index("rate"), field)
    pq.write_table(table.cast(schema).replace_schema_metadata({"rate": "100"}), path)
    return path


def write_csv(path: Path, made: Samples) -> Path:
    lines = ["Time (s),Gyroscope X (deg/s),Gyroscope Y (deg/s),qw,qx,qy,qz,count"]
    for row, ns in enumerate(made.header_ns):
        x, y, z, w = made.orientation[row].tolist()
        rate = made.rate[row].tolist()
        time = f"{ns // 10**9}.{ns % 10**9:09d}"
        lines.append(f"{time},{rate[0]!r},{rate[1]!r},{w!r},{x!r},{y!r},{z!r},{row}")
    path.write_text("\n".join(lines) + "\n")
    return path
