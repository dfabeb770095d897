# SPDX-License-Identifier: Apache-2.0
"""ROS 1 bags, and ROS 2 bags as folders (sqlite3 or MCAP storage) or as bare .db3 files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..recording import Content, Progress, RecordedStream, Recording, RecordingError
from .guard import reading, require
from .messages import Array, Leaf, Node, Record, StreamBuilder, Time, load_streams, name_streams

# Units of the standard messages (REP 103), by message type and leading members.
_UNITS: Mapping[str, Mapping[str, str]] = {
    "geometry_msgs/msg/Accel": {"linear": "m/s^2", "angular": "rad/s^2"},
    "geometry_msgs/msg/Pose": {"position": "m"},
    "geometry_msgs/msg/Transform": {"translation": "m"},
    "geometry_msgs/msg/Twist": {"linear": "m/s", "angular": "rad/s"},
    "geometry_msgs/msg/Wrench": {"force": "N", "torque": "N*m"},
    "sensor_msgs/msg/FluidPressure": {"fluid_pressure": "Pa"},
    "sensor_msgs/msg/Imu": {"angular_velocity": "rad/s", "linear_acceleration": "m/s^2"},
    "sensor_msgs/msg/LaserScan": {"ranges": "m", "angle_min": "rad", "angle_max": "rad"},
    "sensor_msgs/msg/MagneticField": {"magnetic_field": "T"},
    "sensor_msgs/msg/NavSatFix": {"latitude": "deg", "longitude": "deg", "altitude": "m"},
    "sensor_msgs/msg/Range": {"range": "m"},
    "sensor_msgs/msg/Temperature": {"temperature": "degC"},
}
_DTYPES = {"string": object, "wstring": object, "char": np.uint8, "byte": np.uint8,
           "wchar": np.uint16, "float128": np.longdouble}  # fmt: skip


def open_ros(path: Path) -> Recording:
    """Open a `.bag`, a ROS 2 bag folder or a `.db3`. Topics become streams; the message's own
    stamp gives the header stamps, the recorder's clock the receive stamps."""
    highlevel = require("rosbags.highlevel", "ros", path)
    typesys = require("rosbags.typesys", "ros", path)
    is_ros2 = path.suffix != ".bag"
    if path.suffix == ".db3":
        _refuse_cut_sqlite(path)
    with reading(path, "not a readable ROS bag"):
        # Bags from before ROS 2 Iron carry no definitions: the standard messages are known then.
        fallback = typesys.get_typestore(typesys.Stores.ROS2_HUMBLE)
        bag = highlevel.AnyReader([path], default_typestore=fallback if is_ros2 else None)
        bag.open()
    # One topic may have several connections (publishers).
    names = name_streams((id(one), one.topic, one.msgtype) for one in bag.connections)
    groups: dict[str, list[Any]] = {}
    for connection in bag.connections:
        groups.setdefault(names[id(connection)], []).append(connection)

    def load(wanted: Sequence[str], progress: Progress | None) -> Mapping[str, Content]:
        connections = [connection for name in wanted for connection in groups[name]]

        def messages() -> Iterator[tuple[str, bytes, int, None]]:
            for connection, receive_ns, raw in bag.messages(connections):
                yield names[id(connection)], raw, receive_ns, None

        with reading(path, "damaged ROS bag"):
            builders = {
                name: ros_builder(bag.typestore, bag.deserialize, groups[name][0].msgtype)
                for name in wanted
            }
            total = sum(connection.msgcount for connection in connections)
            return load_streams(builders, messages(), total, progress)

    streams = [
        RecordedStream(name, group[0].msgtype, sum(one.msgcount for one in group))
        for name, group in groups.items()
    ]
    return Recording(path, "ROS 2 bag" if is_ros2 else "ROS 1 bag", streams, load, close=bag.close)


def ros_builder(
    typestore: Any, deserialize: Callable[[bytes, str], Any], type_name: str
) -> StreamBuilder:
    """A builder for one ROS topic; of a type without a definition only the receive stamps."""
    if type_name not in typestore.fielddefs:
        unknown = {"*": f"the bag has no definition of {type_name}"}
        return StreamBuilder(lambda raw: None, lambda batch: Record({}), left_out=unknown)
    schema = _record(typestore, type_name, {})
    return StreamBuilder(lambda raw: deserialize(raw, type_name), lambda batch: schema)


def _record(typestore: Any, type_name: str, units: Mapping[str, str]) -> Record:
    _, members = typestore.fielddefs[type_name]
    units = units or _UNITS.get(type_name, {})
    return Record({name: _node(typestore, kind, units.get(name)) for name, kind in members})


def _node(typestore: Any, kind: Any, unit: str | None) -> Node:
    tag, detail = kind
    if tag.name == "BASE":
        return Leaf(_DTYPES.get(detail[0], detail[0]), unit)
    if tag.name == "NAME":
        if detail in ("builtin_interfaces/msg/Time", "builtin_interfaces/msg/Duration"):
            return Time("sec", "nanosec")
        inherited = dict.fromkeys("xyzw", unit) if unit else {}
        return _record(typestore, detail, inherited)
    item, _ = detail
    return Array(_node(typestore, item, unit), fixed=tag.name == "ARRAY")


def _refuse_cut_sqlite(path: Path) -> None:
    """SQLite notices missing pages only when it comes to them; its header knows the number."""
    with reading(path, "not readable"):
        with path.open("rb") as file:
            head = file.read(100)
        size = path.stat().st_size
    page = int.from_bytes(head[16:18], "big")
    expected = int.from_bytes(head[28:32], "big") * (65536 if page == 1 else page)
    if len(head) < 100 or size < expected:
        raise RecordingError(path, f"truncated: {size} bytes of {max(expected, 100)}")
