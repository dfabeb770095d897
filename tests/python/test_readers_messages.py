# SPDX-License-Identifier: Apache-2.0
"""ROS bags and MCAP files read back as they were written."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import make_recordings as make
import numpy as np
import pytest

from robocache.readers import open_recording
from robocache.recording import Content, Recording, RecordingError

pytest.importorskip("rosbags")
pytest.importorskip("mcap")

MADE = make.samples()

WRITERS: dict[str, Callable[[Path], Path]] = {
    "ros1": lambda folder: make.write_ros1(folder / "one.bag", MADE),
    "ros2-sqlite3": lambda folder: make.write_ros2(folder / "two", MADE, "SQLITE3"),
    "ros2-mcap": lambda folder: make.write_ros2(folder / "three", MADE, "MCAP"),
    "db3": lambda folder: next(make.write_ros2(folder / "four", MADE, "SQLITE3").glob("*.db3")),
    "mcap-cdr": lambda folder: make.write_mcap(folder / "five.mcap", MADE, "cdr"),
    "mcap-ros1": lambda folder: make.write_mcap(folder / "six.mcap", MADE, "ros1"),
}
FORMATS = {
    "ros1": "ROS 1 bag",
    "ros2-sqlite3": "ROS 2 bag",
    "ros2-mcap": "ROS 2 bag",
    "db3": "ROS 2 bag",
    "mcap-cdr": "MCAP",
    "mcap-ros1": "MCAP",
}


@pytest.fixture(params=sorted(WRITERS))
def recording(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    with open_recording(WRITERS[request.param](tmp_path)) as opened:
        assert opened.format == FORMATS[request.param]
        yield opened


def test_streams_are_listed_with_type_and_count(recording: Recording) -> None:
    listed = [(one.name, one.type_name.replace("/msg", ""), one.count)
              for one in recording.streams.values()]  # fmt: skip
    assert listed == [
        ("/camera", "sensor_msgs/Image", 20),
        ("/flag", "std_msgs/Bool", 20),
        ("/imu", "sensor_msgs/Imu", 20),
        ("/joints", "sensor_msgs/JointState", 20),
    ]


def test_stamps_are_exact_nanoseconds(recording: Recording) -> None:
    imu = recording.streams["/imu"]
    np.testing.assert_array_equal(imu.header_ns, MADE.header_ns)
    np.testing.assert_array_equal(imu.receive_ns, MADE.receive_ns)
    assert imu.times().source == "header"
    np.testing.assert_array_equal(imu.times("receive").ns, MADE.receive_ns)


def test_messages_without_a_header_have_receive_stamps_only(recording: Recording) -> None:
    flag = recording.streams["/flag"]
    assert flag.header_ns is None
    assert flag.times().source == "receive"
    with pytest.raises(RecordingError, match="'/flag' has no header stamps, only receive stamps"):
        flag.times("header")


def test_nested_fields_come_under_dotted_names(recording: Recording) -> None:
    fields = recording.streams["/imu"].fields
    assert list(fields) == [
        "orientation", "orientation_covariance",
        "angular_velocity.x", "angular_velocity.y", "angular_velocity.z",
        "angular_velocity_covariance",
        "linear_acceleration.x", "linear_acceleration.y", "linear_acceleration.z",
        "linear_acceleration_covariance",
    ]  # fmt: skip
    np.testing.assert_array_equal(fields["angular_velocity.y"].values, MADE.rate[:, 1])
    assert fields["angular_velocity.y"].unit == "rad/s"
    np.testing.assert_array_equal(fields["orientation_covariance"].values, MADE.covariance)


def test_a_quaternion_is_one_field(recording: Recording) -> None:
    orientation = recording.streams["/imu"].fields["orientation"]
    np.testing.assert_array_equal(orientation.values, MADE.orientation)
    assert (orientation.kind, orientation.order) == ("quaternion", "xyzw")


def test_arrays_of_constant_length_are_fields_and_others_are_named(recording: Recording) -> None:
    joints = recording.streams["/joints"]
    assert list(joints.fields) == ["name", "position"]
    assert joints.fields["name"].values[5].tolist() == ["a", "b"]
    assert joints.fields["name"].kind == "text"
    np.testing.assert_array_equal(joints.fields["position"].values[:, 1], -np.arange(20.0))
    assert joints.left_out == {
        "velocity": "0 to 2 items per message",
        "effort": "0 items per message",
    }


def test_flags_keep_their_dtype(recording: Recording) -> None:
    flag = recording.streams["/flag"].fields["data"]
    assert flag.values.dtype == np.bool_
    assert flag.kind == "flag"
    assert flag.discrete
    np.testing.assert_array_equal(flag.values, np.arange(20) % 2 == 1)


def test_images_are_stamped_and_weighed_but_not_decoded(recording: Recording) -> None:
    camera = recording.streams["/camera"]
    np.testing.assert_array_equal(camera.header_ns, MADE.header_ns)
    assert camera.fields == {}
    assert camera.payload_bytes is not None
    assert 20 * 64 * 80 <= camera.payload_bytes < 20 * (64 * 80 + 100)


def test_only_the_streams_asked_for_are_decoded(recording: Recording) -> None:
    decoded: list[str] = []
    load = recording._load

    def spy(names: Any, progress: Any) -> dict[str, Content]:
        decoded.extend(names)
        return dict(load(names, progress))

    recording._load = spy
    assert recording.streams["/flag"].fields["data"].width == 1
    recording.load(["/flag", "/imu"])
    recording.load(["/flag", "/imu"])
    assert decoded == ["/flag", "/imu"]


def test_progress_ends_with_all_messages(recording: Recording) -> None:
    seen: list[tuple[int, int]] = []
    recording.load(progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (80, 80)


def test_what_was_decoded_outlives_the_file(tmp_path: Path) -> None:
    with open_recording(WRITERS["ros1"](tmp_path)) as recording:
        recording.load()
    assert recording.streams["/imu"].fields["orientation"].values.shape == (20, 4)
    recording.close()


def test_more_messages_than_one_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("robocache.readers.messages.BATCH", 7)
    with open_recording(WRITERS["ros1"](tmp_path)) as recording:
        imu, joints = recording.streams["/imu"], recording.streams["/joints"]
        np.testing.assert_array_equal(imu.fields["orientation"].values, MADE.orientation)
        assert joints.left_out["velocity"] == "0 to 2 items per message"


def test_clouds_that_are_empty_at_first_are_payloads_too(tmp_path: Path) -> None:
    from rosbags.rosbag1 import Writer
    from rosbags.typesys import Stores, get_typestore

    store = get_typestore(Stores.ROS1_NOETIC)
    kind = "sensor_msgs/msg/CompressedImage"
    stamp, header = store.types["builtin_interfaces/msg/Time"], store.types["std_msgs/msg/Header"]
    with Writer(tmp_path / "late.bag") as writer:
        connection = writer.add_connection("/x", kind, typestore=store)
        for row, size in enumerate((0, 10, 10_000, 20_000)):
            message = store.types[kind](header(0, stamp(row, 5), "x"), "jpeg", np.zeros(size, "u1"))
            writer.write(connection, row, store.serialize_ros1(message, kind))
    with open_recording(tmp_path / "late.bag") as recording:
        stream = recording.streams["/x"]
        assert stream.fields == {}
        assert stream.payload_bytes is not None
        assert stream.payload_bytes > 30_010
        assert stream.times().ns.tolist() == [row * 10**9 + 5 for row in range(4)]


def test_a_topic_of_two_types_is_two_streams(tmp_path: Path) -> None:
    from rosbags.rosbag1 import Writer
    from rosbags.typesys import Stores, get_typestore

    store = get_typestore(Stores.ROS1_NOETIC)
    with Writer(tmp_path / "two.bag") as writer:
        for kind in ("std_msgs/msg/Bool", "std_msgs/msg/Int32"):
            connection = writer.add_connection("/x", kind, typestore=store)
            writer.write(connection, 5, store.serialize_ros1(store.types[kind](1), kind))
    with open_recording(tmp_path / "two.bag") as recording:
        assert list(recording.streams) == ["/x [std_msgs/msg/Bool]", "/x [std_msgs/msg/Int32]"]
        values = [one.fields["data"].values for one in recording.streams.values()]
    assert [one.dtype.name for one in values] == ["bool", "int32"]


def test_a_header_that_was_never_filled_in_gives_way_to_receive_stamps(tmp_path: Path) -> None:
    unset = make.samples()
    unset.header_ns[:] = 0
    with open_recording(make.write_ros1(tmp_path / "unset.bag", unset)) as recording:
        imu = recording.streams["/imu"]
        assert imu.times().source == "receive"
        np.testing.assert_array_equal(imu.times("header").ns, np.zeros(20))


def test_unknown_orientations_are_still_quaternions(tmp_path: Path) -> None:
    partly = make.samples()
    partly.orientation[3] = 0.0
    with open_recording(make.write_ros1(tmp_path / "partly.bag", partly)) as recording:
        assert recording.streams["/imu"].fields["orientation"].kind == "quaternion"
    partly.orientation[:] = 0.0
    with open_recording(make.write_ros1(tmp_path / "never.bag", partly)) as recording:
        orientation = recording.streams["/imu"].fields["orientation"]
    assert (orientation.kind, orientation.order) == ("vector", None)
    assert orientation.values.shape == (20, 4)


class TestMcap:
    """What only MCAP files can hold."""

    def test_json_fields(self, tmp_path: Path) -> None:
        with open_recording(make.write_mcap(tmp_path / "j.mcap", MADE, "json")) as recording:
            imu = recording.streams["/imu"]
            assert (imu.count, imu.declared_rate) == (20, 100.0)
            np.testing.assert_array_equal(imu.header_ns, MADE.header_ns)
            np.testing.assert_array_equal(imu.fields["orientation"].values, MADE.orientation)
            assert imu.fields["orientation"].kind == "quaternion"
            np.testing.assert_array_equal(imu.fields["covariance"].values, MADE.covariance)
            np.testing.assert_array_equal(imu.fields["angular_velocity.z"].values, MADE.rate[:, 2])
            assert np.flatnonzero(np.isnan(imu.fields["temperature"].values)).tolist() == [3]
            assert imu.fields["count"].values.dtype == np.int64
            assert imu.fields["label"].values[:2].tolist() == ["turning", "level"]

    def test_header_stamps_without_a_header(self, tmp_path: Path) -> None:
        with open_recording(make.write_mcap(tmp_path / "j.mcap", MADE, "json")) as recording:
            published, numbered = recording.streams["/published"], recording.streams["/numbered"]
            np.testing.assert_array_equal(published.header_ns, MADE.header_ns)
            np.testing.assert_array_equal(numbered.header_ns, MADE.header_ns)
            np.testing.assert_array_equal(numbered.receive_ns, MADE.receive_ns)
            assert numbered.fields == {}

    def test_a_header_stamp_in_seconds(self, tmp_path: Path) -> None:
        from mcap.writer import Writer

        with (tmp_path / "s.mcap").open("wb") as file:
            writer = Writer(file)
            writer.start()
            channel = writer.register_channel("/x", "json", 0)
            for row in range(3):
                text = b'{"header": {"stamp": %.1f}, "t": "noon", "v": [1, %d]}' % (row / 2, row)
                writer.add_message(channel, row + 10**9, text, row + 10**9)
            writer.finish()
        with open_recording(tmp_path / "s.mcap") as recording:
            stream = recording.streams["/x"]
            assert stream.times().ns.tolist() == [0, 500_000_000, 1_000_000_000]
            assert stream.times().source == "header"
            assert stream.fields["t"].kind == "text"
            assert stream.fields["v"].values.tolist() == [[1, 0], [1, 1], [1, 2]]

    @pytest.mark.parametrize("name", ["ros2idl", "omgidl"])
    def test_definitions_in_idl(self, tmp_path: Path, name: str) -> None:
        from mcap.writer import Writer

        inner = "module demo { module msg { struct Inner { double value; int32 count; }; }; };"
        outer = "module demo { module msg { struct Outer { demo::msg::Inner inner; }; }; };"
        rule = "=" * 80
        text = f"{rule}\nIDL: demo/msg/Inner\n{inner}\n{rule}\nIDL: demo/msg/Outer\n{outer}\n"
        with (tmp_path / "i.mcap").open("wb") as file:
            writer = Writer(file)
            writer.start()
            schema = writer.register_schema("demo/msg/Outer", name, text.encode())
            channel = writer.register_channel("/x", "cdr", schema)
            writer.add_message(channel, 5, b"\0\1\0\0" + struct.pack("<di", 2.5, -3), 5)
            writer.finish()
        with open_recording(tmp_path / "i.mcap") as recording:
            fields = recording.streams["/x"].fields
            assert fields["inner.value"].values.tolist() == [2.5]
            assert fields["inner.count"].values.tolist() == [-3]
            assert fields["inner.count"].values.dtype == np.int32

    def test_a_file_without_index(self, tmp_path: Path) -> None:
        from mcap.writer import IndexType

        bare = make.write_mcap(
            tmp_path / "bare.mcap", MADE, "cdr", use_statistics=False, use_summary_offsets=False,
            repeat_channels=False, repeat_schemas=False, use_chunking=False,
            index_types=IndexType.NONE,
        )  # fmt: skip
        with open_recording(bare) as recording:
            assert {one.count for one in recording.streams.values()} == {20}
            np.testing.assert_array_equal(recording.streams["/imu"].header_ns, MADE.header_ns)

    def test_an_encoding_that_is_not_decoded_keeps_its_stamps(self, tmp_path: Path) -> None:
        from mcap.writer import Writer

        with (tmp_path / "f.mcap").open("wb") as file:
            writer = Writer(file)
            writer.start()
            channel = writer.register_channel("/x", "flatbuffer", 0)
            writer.add_message(channel, 17, b"abc", 17)
            writer.finish()
        with open_recording(tmp_path / "f.mcap") as recording:
            stream = recording.streams["/x"]
            assert stream.times().ns.tolist() == [17]
            assert stream.left_out == {"*": "message encoding 'flatbuffer' is not decoded"}

    def test_protobuf(self, tmp_path: Path) -> None:
        pytest.importorskip("mcap_protobuf")
        from google.protobuf import descriptor_pb2, timestamp_pb2
        from google.protobuf.descriptor_pool import DescriptorPool
        from google.protobuf.message_factory import GetMessageClass
        from mcap.writer import Writer

        field = descriptor_pb2.FieldDescriptorProto
        file = descriptor_pb2.FileDescriptorProto(
            name="pose.proto", package="demo", syntax="proto3",
            dependency=["google/protobuf/timestamp.proto"],
        )  # fmt: skip
        quaternion = file.message_type.add(name="Quaternion")
        for number, axis in enumerate("xyzw", 1):
            quaternion.field.add(name=axis, number=number, type=field.TYPE_DOUBLE, label=1)
        pose = file.message_type.add(name="Pose")
        pose.field.add(name="timestamp", number=1, type=field.TYPE_MESSAGE, label=1,
                       type_name=".google.protobuf.Timestamp")  # fmt: skip
        pose.field.add(name="rotation", number=2, type=field.TYPE_MESSAGE, label=1,
                       type_name=".demo.Quaternion")  # fmt: skip
        pose.field.add(name="force", number=3, type=field.TYPE_FLOAT, label=3)
        pose.field.add(name="touching", number=4, type=field.TYPE_BOOL, label=1)
        pose.field.add(name="previous", number=5, type=field.TYPE_MESSAGE, label=1,
                       type_name=".demo.Pose")  # fmt: skip
        stamp_file = descriptor_pb2.FileDescriptorProto()
        timestamp_pb2.DESCRIPTOR.CopyToProto(stamp_file)
        pool = DescriptorPool()
        pool.Add(stamp_file)
        pool.Add(file)
        message_class = GetMessageClass(pool.FindMessageTypeByName("demo.Pose"))
        with (tmp_path / "p.mcap").open("wb") as out:
            writer = Writer(out)
            writer.start()
            schema = writer.register_schema(
                "demo.Pose", "protobuf",
                descriptor_pb2.FileDescriptorSet(file=[stamp_file, file]).SerializeToString(),
            )  # fmt: skip
            channel = writer.register_channel("/pose", "protobuf", schema)
            for row, ns in enumerate(MADE.header_ns):
                message = message_class(force=[1.0, row], touching=row > 3)
                message.timestamp.FromNanoseconds(int(ns))
                for axis, value in zip("xyzw", MADE.orientation[row], strict=True):
                    setattr(message.rotation, axis, value)
                writer.add_message(channel, int(ns), message.SerializeToString(), int(ns))
            writer.finish()
        with open_recording(tmp_path / "p.mcap") as recording:
            stream = recording.streams["/pose"]
            np.testing.assert_array_equal(stream.header_ns, MADE.header_ns)
            np.testing.assert_array_equal(stream.fields["rotation"].values, MADE.orientation)
            assert stream.fields["rotation"].kind == "quaternion"
            assert stream.fields["force"].values.dtype == np.float32
            np.testing.assert_array_equal(stream.fields["force"].values[:, 1], np.arange(20))
            assert stream.fields["touching"].kind == "flag"
