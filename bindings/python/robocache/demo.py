# SPDX-License-Identifier: Apache-2.0
"""A recording with a known truth: how far off is each way of aligning it?

A 7-joint arm moves along analytic curves. Its sensors sample them at their own, jittering rates,
which are not quite the rates they declare; the pose sensor has a gap and flips the sign of its
quaternions, the camera loses frames, the force sensor starts late, the gripper reports twice a
second and when something changes. All of it from one seed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import merge
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import robocache as rc

from .align import align
from .aligned import Aligned
from .files import whole_file
from .readers import open_recording
from .recording import Progress, Recording

Array = NDArray[np.floating[Any]]

START_NS = 1_700_000_000_000_000_000
SECONDS = 20.0
RATE = 50
SEED = 7

GRIPPER_CYCLE_NS = 3_100_000_000
GRIPPER_CLOSES_NS = 1_800_000_000


@dataclass(frozen=True)
class Sensor:
    """How one sensor of the arm samples, and how it is off."""

    topic: str
    type_name: str
    declared_rate: float
    real_rate: float
    late: float = 0.0
    """Seconds before the first sample."""
    gap: tuple[float, float] | None = None
    """Seconds from and to which there is no sample."""
    lost: float = 0.0
    """Share of the samples that never arrive."""
    events: tuple[int, ...] = ()
    """Instants, in ns from the start, at which it reports besides."""

    def sample_times(self, random: np.random.Generator) -> NDArray[np.int64]:
        """When it samples: seconds from the start, jittering by 15 % of the step, as ns."""
        step = 1.0 / self.real_rate
        times = np.arange(self.late, SECONDS, step)
        times = times + step * np.clip(0.15 * random.standard_normal(len(times)), -0.45, 0.45)
        keep = (times >= self.late) & (times < SECONDS) & (random.random(len(times)) >= self.lost)
        if self.gap is not None:
            keep &= (times < self.gap[0]) | (times > self.gap[1])
        regular = np.round(times[keep] * 1e9).astype(np.int64)
        return START_NS + np.union1d(regular, np.array(self.events, np.int64))


def gripper_changes() -> Iterator[int]:
    """When the gripper closes and opens, in ns from the start."""
    cycles = range(0, int(SECONDS * 1e9) - GRIPPER_CYCLE_NS, GRIPPER_CYCLE_NS)
    for cycle in cycles:
        yield from (cycle + GRIPPER_CLOSES_NS, cycle + GRIPPER_CYCLE_NS)


JOINTS = Sensor("/joint_states", "sensor_msgs/msg/JointState", 100.0, 99.3)
POSE = Sensor("/tool/pose", "geometry_msgs/msg/PoseStamped", 50.0, 49.6, gap=(11.0, 11.8))
WRENCH = Sensor("/tool/wrench", "geometry_msgs/msg/WrenchStamped", 1000.0, 996.0, late=2.5)
CAMERA = Sensor("/camera", "sensor_msgs/msg/Image", 30.0, 30000 / 1001, lost=0.04)
GRIPPER = Sensor(
    "/gripper", "robocache_demo/msg/Gripper", 2.0, 2.0, events=tuple(gripper_changes())
)
SENSORS = (JOINTS, POSE, WRENCH, CAMERA, GRIPPER)

MAX_GAPS = {sensor.topic: "100ms" for sensor in SENSORS if sensor is not GRIPPER}
"""The gripper's state holds until it reports another, however long that takes."""

WIDTH, HEIGHT = 96, 64
GRIPPER_DEFINITION = "std_msgs/Header header\nbool closed\n"


def _seconds(ns: NDArray[np.int64]) -> Array:
    return (ns - START_NS) / 1e9


def true_joints(ns: NDArray[np.int64]) -> Array:
    """[T,7] radians; the last joint turns on and on and is reported in (-pi, pi]."""
    t = _seconds(ns)[:, np.newaxis]
    joint = np.arange(7)
    angles: Array = (0.9 - 0.08 * joint) * np.sin(
        2 * np.pi * (0.23 + 0.05 * joint) * t + 0.7 * joint
    )
    angles[:, 6] = 1.9 * t[:, 0] + 0.3 * np.sin(2.2 * t[:, 0])
    return _wrap(angles)


def true_position(ns: NDArray[np.int64]) -> Array:
    """[T,3] metres."""
    t = _seconds(ns)
    return np.stack(
        [
            0.45 + 0.12 * np.sin(2 * np.pi * 0.31 * t),
            0.18 * np.sin(2 * np.pi * 0.47 * t + 0.4),
            0.35 + 0.08 * np.cos(2 * np.pi * 0.62 * t) + 0.02 * np.sin(2 * np.pi * 1.7 * t),
        ],
        axis=1,
    )


def true_orientation(ns: NDArray[np.int64]) -> Array:
    """[T,4] unit quaternions, xyzw: yaw, then pitch, then roll."""
    t = _seconds(ns)
    half_roll, half_pitch, half_yaw = (
        0.5 * (0.6 * np.sin(2 * np.pi * 0.41 * t)),
        0.5 * (0.5 * np.sin(2 * np.pi * 0.29 * t + 1.0)),
        0.5 * (0.8 * t),
    )
    sr, cr = np.sin(half_roll), np.cos(half_roll)
    sp, cp = np.sin(half_pitch), np.cos(half_pitch)
    sy, cy = np.sin(half_yaw), np.cos(half_yaw)
    return np.stack(
        [
            sr * cp * cy - cr * sp * sy,
            cr * sp * cy + sr * cp * sy,
            cr * cp * sy - sr * sp * cy,
            cr * cp * cy + sr * sp * sy,
        ],
        axis=1,
    )


def true_force(ns: NDArray[np.int64]) -> Array:
    """[T,3] newtons: slow load, and contacts that ring at 9 Hz."""
    t = _seconds(ns)
    ringing = np.exp(-3.0 * (t % 2.0)) * np.sin(2 * np.pi * 9.0 * (t % 2.0))
    slow = 2 * np.pi * 0.4 * t
    return np.stack([4 * np.sin(slow), 3 * np.cos(slow), 12 + 15 * ringing], axis=1)


def true_closed(ns: NDArray[np.int64]) -> NDArray[np.bool_]:
    """[T]: whether the gripper is closed."""
    return (ns - START_NS) % GRIPPER_CYCLE_NS >= GRIPPER_CLOSES_NS


def _wrap(angles: Array) -> Array:
    return np.pi - (np.pi - angles) % (2 * np.pi)


def write_recording(path: Path) -> None:
    """Write the arm's recording as MCAP with ROS 2 messages."""
    from mcap.writer import Writer

    random = np.random.default_rng(SEED)
    typestore = _typestore()
    with whole_file(path) as temporary, temporary.open("wb") as file:
        writer = Writer(file)
        writer.start(profile="ros2", library=f"robocache {rc.__version__}")
        streams = []
        for sensor in SENSORS:
            definition, _ = typestore.generate_msgdef(sensor.type_name, ros_version=2)
            schema = writer.register_schema(sensor.type_name, "ros2msg", definition.encode())
            channel = writer.register_channel(
                sensor.topic, "cdr", schema, {"rate": f"{sensor.declared_rate:g}"}
            )
            streams.append(_messages(typestore, sensor, channel, random))
        for log_time, channel, sequence, data in merge(*streams, key=lambda message: message[0]):
            writer.add_message(channel, log_time, data, log_time, sequence)
        writer.finish()


def _typestore() -> Any:
    from rosbags.typesys import Stores, get_types_from_msg, get_typestore

    typestore = get_typestore(Stores.ROS2_HUMBLE)
    typestore.register(get_types_from_msg(GRIPPER_DEFINITION, GRIPPER.type_name))
    return typestore


def _messages(
    typestore: Any, sensor: Sensor, channel: int, random: np.random.Generator
) -> Iterator[tuple[int, int, int, bytes]]:
    """Receive stamp, channel, number and bytes of every message of one sensor."""
    stamps = sensor.sample_times(random)
    delay = np.round(1e6 * (2.0 + random.exponential(4.0, len(stamps)))).astype(np.int64)
    receive = np.maximum.accumulate(stamps + delay)
    for index, fields in enumerate(_fields(typestore.types, sensor, stamps, random)):
        nanoseconds = int(stamps[index])
        header = typestore.types["std_msgs/msg/Header"](
            stamp=typestore.types["builtin_interfaces/msg/Time"](*divmod(nanoseconds, 10**9)),
            frame_id="base",
        )
        message = typestore.types[sensor.type_name](header=header, **fields)
        data = bytes(typestore.serialize_cdr(message, sensor.type_name))
        yield int(receive[index]), channel, index, data


def _fields(
    types: Mapping[str, Any],
    sensor: Sensor,
    stamps: NDArray[np.int64],
    random: np.random.Generator,
) -> Iterator[dict[str, Any]]:
    """What each message of one sensor holds beside its header."""
    vector, point = types["geometry_msgs/msg/Vector3"], types["geometry_msgs/msg/Point"]
    if sensor is JOINTS:
        names, nothing = [f"joint_{i}" for i in range(1, 8)], np.empty(0)
        for angles in true_joints(stamps):
            yield {"name": names, "position": angles, "velocity": nothing, "effort": nothing}
    elif sensor is POSE:
        pose, quaternion = types["geometry_msgs/msg/Pose"], types["geometry_msgs/msg/Quaternion"]
        signs = np.where(random.random((len(stamps), 1)) < 0.3, -1.0, 1.0)
        turned = signs * true_orientation(stamps)
        for position, orientation in zip(true_position(stamps), turned, strict=True):
            yield {"pose": pose(point(*position), quaternion(*orientation))}
    elif sensor is WRENCH:
        wrench = types["geometry_msgs/msg/Wrench"]
        for force in true_force(stamps):
            yield {"wrench": wrench(vector(*force), vector(*(0.05 * force)))}
    elif sensor is CAMERA:
        for position in true_position(stamps):
            yield {
                "height": HEIGHT,
                "width": WIDTH,
                "encoding": "mono8",
                "is_bigendian": 0,
                "step": WIDTH,
                "data": _picture(position),
            }
    elif sensor is GRIPPER:
        for closed in true_closed(stamps):
            yield {"closed": bool(closed)}


def _picture(position: Array) -> NDArray[np.uint8]:
    """What the camera sees: the tool as a bright spot on a dark table, from above."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    row, column = HEIGHT * (0.5 - position[1]), WIDTH * position[0]
    distance_squared = (rows - row) ** 2 + (columns - column) ** 2
    return (40 + 200 * np.exp(-distance_squared / 20)).astype(np.uint8).ravel()


@dataclass(frozen=True)
class Signal:
    """One row of the demo's table: which columns, what is true, how far off in which unit."""

    name: str
    unit: str
    sensor: Sensor
    columns: Sequence[str]
    truth: Callable[[NDArray[np.int64]], NDArray[Any]]
    error: Callable[[NDArray[Any], NDArray[Any]], Array]


def _distance(got: NDArray[Any], true: NDArray[Any]) -> Array:
    return np.linalg.norm(got - true, axis=1)


def _joint_error(got: NDArray[Any], true: NDArray[Any]) -> Array:
    return np.abs(_wrap(got - true)).max(axis=1) * 1e3


def _turn(got: NDArray[Any], true: NDArray[Any]) -> Array:
    """Angle between rotations; by the chord, which stays exact for small angles."""
    got = got / np.linalg.norm(got, axis=1, keepdims=True)
    chord = np.minimum(np.linalg.norm(got - true, axis=1), np.linalg.norm(got + true, axis=1))
    return 4e3 * np.arcsin(chord / 2)


SIGNALS = (
    Signal("joints", "mrad", JOINTS, ("position",), true_joints, _joint_error),
    Signal(
        "tool position",
        "mm",
        POSE,
        ("pose.position.x", "pose.position.y", "pose.position.z"),
        true_position,
        lambda got, true: 1e3 * _distance(got, true),
    ),
    Signal("tool orientation", "mrad", POSE, ("pose.orientation",), true_orientation, _turn),
    Signal(
        "force",
        "N",
        WRENCH,
        ("wrench.force.x", "wrench.force.y", "wrench.force.z"),
        true_force,
        _distance,
    ),
    Signal(
        "gripper closed",
        "wrong",
        GRIPPER,
        ("closed",),
        lambda ns: true_closed(ns)[:, np.newaxis],
        lambda got, true: (got != true)[:, 0].astype(np.float64),
    ),
    Signal(
        "camera frame",
        "ms away",
        CAMERA,
        ("index",),
        lambda ns: ns[:, np.newaxis],
        lambda got, true: np.abs(got - true)[:, 0] / 1e6,
    ),
)


@dataclass(frozen=True)
class Error:
    """How far off one method is in one signal, over the ticks where the signal is valid."""

    rms: float
    max: float


METHODS = ("robocache", "hold-last", "nearest", "i / fps")


@dataclass(frozen=True)
class Demo:
    """What the demo found."""

    recording: Recording
    aligned: Aligned
    errors: Mapping[str, Mapping[str, Error]]
    """By signal, then by method."""


def run(path: Path, progress: Progress | None = None) -> Demo:
    """Write the recording to `path`, read it back, align it, and measure."""
    write_recording(path)
    with open_recording(path) as recording:
        recording.load(progress=progress)
    aligned = align(
        recording, rate=RATE, max_gap=MAX_GAPS, modes={f"{JOINTS.topic}:position": "angle"}
    )
    errors = {
        signal.name: {method: _measure(signal, method, recording, aligned) for method in METHODS}
        for signal in SIGNALS
    }
    return Demo(recording, aligned, errors)


def _measure(signal: Signal, method: str, recording: Recording, aligned: Aligned) -> Error:
    valid = aligned.valid[signal.sensor.topic]
    got = _by_method(signal, method, recording, aligned)[valid]
    error = signal.error(got, signal.truth(aligned.clock[valid]))
    return Error(float(np.sqrt(np.mean(error**2))), float(error.max()))


def _by_method(signal: Signal, method: str, recording: Recording, aligned: Aligned) -> NDArray[Any]:
    """[T,k] of one signal on the clock, aligned in one of the ways people do it."""
    topic = signal.sensor.topic
    stream = recording.streams[topic]
    stamps = stream.times().ns
    if method == "robocache":
        columns = [aligned.columns[f"{topic}:{name}"] for name in signal.columns]
        if signal.sensor is CAMERA:
            columns = [stamps[columns[0]]]
        return np.column_stack(columns)
    samples = (
        stamps[:, np.newaxis]
        if signal.sensor is CAMERA
        else np.column_stack([stream.fields[name].values for name in signal.columns])
    )
    mode = {"hold-last": "previous", "nearest": "nearest", "i / fps": "nearest"}[method]
    times = stamps
    if method == "i / fps":
        # What is left when stamps are thrown away: the first one, and the rate on the label.
        ns_per_sample = 1e9 / signal.sensor.declared_rate
        times = stamps[0] + np.round(np.arange(len(stamps)) * ns_per_sample).astype(np.int64)
    return samples[rc.resample_index(times, aligned.clock, mode=mode).source_index]
