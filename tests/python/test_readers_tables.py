# SPDX-License-Identifier: Apache-2.0
"""ULog, HDF5, Parquet and CSV read back as they were written; times and units of plain columns."""

from __future__ import annotations

from pathlib import Path

import make_recordings as make
import numpy as np
import pytest

from robocache.readers import open_recording
from robocache.readers.kinds import classify
from robocache.readers.stamps import find_time, numbers_to_ns, split_unit, text_to_ns, time_name
from robocache.recording import RecordingError

MADE = make.samples()


class TestUlog:
    def test_topics_and_instances(self, tmp_path: Path) -> None:
        pytest.importorskip("pyulog")
        with open_recording(make.write_ulog(tmp_path / "log.ulg", MADE)) as log:
            assert list(log.streams) == ["imu_0", "imu_1", "status"]
            assert log.metadata["sys_name"] == "PX4"
            assert log.notes == ("1 dropouts reported by the logger, 119 ms in all",)
            imu, status = log.streams["imu_1"], log.streams["status"]
            np.testing.assert_array_equal(imu.header_ns, MADE.header_ns // 1000 * 1000)
            assert imu.receive_ns is None
            wxyz = np.roll(MADE.orientation, 1, axis=1).astype(np.float32)
            np.testing.assert_array_equal(imu.fields["q"].values, wxyz)
            assert (imu.fields["q"].kind, imu.fields["q"].order) == ("quaternion", "wxyz")
            np.testing.assert_array_equal(imu.fields["rate"].values, MADE.rate)
            assert imu.fields["ok"].values.dtype == np.bool_
            assert imu.fields["label"].values.tolist() == ["level"] * 20
            assert status.fields["mode"].values.dtype == np.uint8


class TestHdf5:
    def test_a_group_with_a_time_is_a_stream(self, tmp_path: Path) -> None:
        pytest.importorskip("h5py")
        with open_recording(make.write_hdf5(tmp_path / "log.h5", MADE)) as file:
            assert list(file.streams) == ["/imu"]
            imu = file.streams["/imu"]
            assert (imu.count, imu.declared_rate) == (20, 100.0)
            np.testing.assert_array_equal(imu.header_ns, MADE.header_ns)
            np.testing.assert_array_equal(imu.fields["orientation"].values, MADE.orientation)
            assert imu.fields["orientation"].kind == "quaternion"
            np.testing.assert_array_equal(imu.fields["state.rate"].values, MADE.rate)
            assert imu.fields["state.rate"].unit == "rad/s"
            assert imu.fields["label"].values[0] == "level"
            assert imu.fields["ok"].kind == "flag"
            assert imu.left_out == {
                "calibration": "shape (3, 3) does not fit 20 stamps",
                "picture": "uint8 (4, 4, 3) per sample",
            }

    def test_robomimic_episodes_take_their_rate_from_the_environment(self, tmp_path: Path) -> None:
        h5py = pytest.importorskip("h5py")
        with h5py.File(tmp_path / "demo.hdf5", "w") as file:
            file.create_group("data").attrs["env_args"] = '{"env_kwargs": {"control_freq": 20}}'
            for episode in ("demo_0", "demo_1"):
                file[f"data/{episode}/actions"] = np.zeros((5, 7))
                file[f"data/{episode}/obs/robot0_eef_quat"] = np.tile([0.0, 0, 0, 1], (5, 1))
        with open_recording(tmp_path / "demo.hdf5") as recording:
            assert list(recording.streams) == ["/data/demo_0", "/data/demo_1"]
            demo = recording.streams["/data/demo_1"]
            assert demo.declared_rate == 20.0
            np.testing.assert_array_equal(demo.header_ns, np.arange(5) * 50_000_000)
            assert list(demo.fields) == ["actions", "obs.robot0_eef_quat"]
            assert demo.fields["obs.robot0_eef_quat"].kind == "quaternion"

    def test_the_root_group_takes_the_name_of_the_file(self, tmp_path: Path) -> None:
        h5py = pytest.importorskip("h5py")
        with h5py.File(tmp_path / "episode.h5", "w") as file:
            file["time"] = np.array([1, 2, 3])
            file["time"].attrs["unit"] = "milliseconds"
            file["qpos"] = np.zeros((3, 14))
            file["force/t"] = np.array([0.1, 0.2])
            file["force/value"] = np.array([1.0, 2.0])
        with open_recording(tmp_path / "episode.h5") as recording:
            assert list(recording.streams) == ["/force", "episode"]
            root, force = recording.streams["episode"], recording.streams["/force"]
            assert root.times().ns.tolist() == [1_000_000, 2_000_000, 3_000_000]
            assert list(root.fields) == ["qpos"]
            assert force.times().ns.tolist() == [100_000_000, 200_000_000]

    def test_no_time_anywhere(self, tmp_path: Path) -> None:
        h5py = pytest.importorskip("h5py")
        with h5py.File(tmp_path / "x.h5", "w") as file:
            file["action"] = np.zeros((5, 14))
        with pytest.raises(RecordingError, match="no group has a time dataset"):
            open_recording(tmp_path / "x.h5")


class TestParquet:
    def test_columns(self, tmp_path: Path) -> None:
        pytest.importorskip("pyarrow")
        with open_recording(make.write_parquet(tmp_path / "log.parquet", MADE)) as recording:
            table = recording.streams["log"]
            assert table.declared_rate == 100.0
            np.testing.assert_array_equal(table.header_ns, MADE.header_ns)
            np.testing.assert_array_equal(table.fields["orientation"].values, MADE.orientation)
            assert table.fields["orientation"].kind == "quaternion"
            np.testing.assert_array_equal(table.fields["rate"].values, MADE.rate)
            assert table.fields["rate"].unit == "rad/s"
            assert table.fields["ok"].values.dtype == np.bool_
            assert table.left_out == {"ragged": "0 to 2 items per row"}

    def test_lerobot_episodes(self, tmp_path: Path) -> None:
        pa = pytest.importorskip("pyarrow")
        import pyarrow.parquet as pq

        (tmp_path / "meta").mkdir()
        (tmp_path / "meta" / "info.json").write_text('{"fps": 50}')
        data = tmp_path / "data" / "chunk-000"
        data.mkdir(parents=True)
        seconds = np.tile(np.arange(4, dtype=np.float32) / np.float32(50), 2)
        columns = {
            "timestamp": seconds,
            "episode_index": np.repeat([3, 4], 4),
            "action": [[float(row), 0.0] for row in range(8)],
        }
        pq.write_table(pa.table(columns), data / "file-000.parquet")
        with open_recording(data / "file-000.parquet") as recording:
            assert list(recording.streams) == ["episode_000003", "episode_000004"]
            episode = recording.streams["episode_000004"]
            assert episode.declared_rate == 50.0
            # float32 seconds are off by up to 2 ns here; nothing else may be.
            np.testing.assert_allclose(episode.header_ns, np.arange(4) * 20_000_000, atol=2)
            np.testing.assert_array_equal(episode.fields["action"].values[:, 0], [4, 5, 6, 7])


class TestCsv:
    def test_columns_and_exact_stamps(self, tmp_path: Path) -> None:
        pytest.importorskip("pyarrow")
        with open_recording(make.write_csv(tmp_path / "imu.csv", MADE)) as recording:
            table = recording.streams["imu"]
            np.testing.assert_array_equal(table.header_ns, MADE.header_ns)
            assert list(table.fields) == ["Gyroscope X", "Gyroscope Y", "q", "count"]
            np.testing.assert_array_equal(table.fields["Gyroscope X"].values, MADE.rate[:, 0])
            assert table.fields["Gyroscope X"].unit == "deg/s"
            np.testing.assert_array_equal(table.fields["q"].values, MADE.orientation)
            assert (table.fields["q"].kind, table.fields["q"].order) == ("quaternion", "xyzw")
            assert table.fields["count"].discrete

    @pytest.mark.parametrize(
        ("header", "values", "expected"),
        [
            ("t", ["0.1", "0.3"], [100_000_000, 300_000_000]),
            ("stamp_ms", ["5", "7.5"], [5_000_000, 7_500_000]),
            ("timestamp", ["1700000000123456789", "1700000000123456790"],
             [1700000000123456789, 1700000000123456790]),
            ("time [us]", ["1", "2"], [1000, 2000]),
            ("time", ["2023-11-14T22:13:20.000000001Z", "2023-11-14T22:13:21Z"],
             [1700000000_000000001, 1700000001_000000000]),
        ],
    )  # fmt: skip
    def test_times(
        self, tmp_path: Path, header: str, values: list[str], expected: list[int]
    ) -> None:
        pytest.importorskip("pyarrow")
        rows = "".join(f"{value},1.0\n" for value in values)
        (tmp_path / "x.csv").write_text(f"{header},v\n{rows}")
        with open_recording(tmp_path / "x.csv") as recording:
            assert recording.streams["x"].times().ns.tolist() == expected

    def test_time_column_and_unit_by_hand(self, tmp_path: Path) -> None:
        pytest.importorskip("pyarrow")
        (tmp_path / "x.tsv").write_text("clock\tv\n5\t1\n9\t2\n")
        with open_recording(tmp_path / "x.tsv", time_column="clock", time_unit="us") as recording:
            assert recording.streams["x"].times().ns.tolist() == [5000, 9000]

    def test_whole_numbers_of_an_open_unit_are_refused(self, tmp_path: Path) -> None:
        pytest.importorskip("pyarrow")
        (tmp_path / "x.csv").write_text("t,v\n5,1\n9,2\n")
        recording = open_recording(tmp_path / "x.csv")
        with pytest.raises(RecordingError, match=r"x\.csv: column 't': the unit .* is open"):
            recording.load()

    def test_what_hands_and_spreadsheets_write(self, tmp_path: Path) -> None:
        pytest.importorskip("pyarrow")
        (tmp_path / "x.csv").write_bytes(
            b"\xef\xbb\xbftime (s); yaw (deg) ;yaw (rad); n\r\n0.5; 90.0;1.5 ; 1\r\n1.5;91;;2\r\n"
        )
        with open_recording(tmp_path / "x.csv") as recording:
            table = recording.streams["x"]
            assert table.times().ns.tolist() == [500_000_000, 1_500_000_000]
            assert {name: field.unit for name, field in table.fields.items()} == {
                "yaw (deg)": "deg", "yaw (rad)": "rad", "n": None,
            }  # fmt: skip
            assert table.fields["yaw (deg)"].values.tolist() == [90.0, 91.0]
            np.testing.assert_array_equal(table.fields["yaw (rad)"].values, [1.5, np.nan])
            assert table.fields["n"].values.tolist() == [1, 2]

    def test_two_columns_of_one_name(self, tmp_path: Path) -> None:
        pytest.importorskip("pyarrow")
        (tmp_path / "x.csv").write_text("t,a,a\n0.5,1,2\n")
        with pytest.raises(RecordingError, match="several columns are named 'a'"):
            open_recording(tmp_path / "x.csv")

    def test_a_header_without_rows(self, tmp_path: Path) -> None:
        pytest.importorskip("pyarrow")
        (tmp_path / "x.csv").write_text("t,a\n")
        with open_recording(tmp_path / "x.csv") as recording:
            assert recording.streams["x"].count == 0
            assert recording.streams["x"].times().ns.tolist() == []

    def test_items_of_an_array_are_one_field(self, tmp_path: Path) -> None:
        pytest.importorskip("pyarrow")
        (tmp_path / "x.csv").write_text(
            "t,q[1],q[0],gap[0],gap[2],mixed[0],mixed[1]\n0.5,2.0,1.0,5.0,6.0,7,8.5\n"
        )
        with open_recording(tmp_path / "x.csv") as recording:
            fields = recording.streams["x"].fields
            assert list(fields) == ["q", "gap[0]", "gap[2]", "mixed[0]", "mixed[1]"]
            assert fields["q"].values.tolist() == [[1.0, 2.0]]


class TestStamps:
    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("Time (s)", (True, "s")), ("timestamp_ns", (True, "ns")), ("t", (True, None)),
            ("stamp [ms]", (True, "ms")), ("time us", (True, "us")), ("timestamp", (True, None)),
            ("runtime", (False, None)), ("temperature", (False, None)), ("rms", (False, None)),
        ],
    )  # fmt: skip
    def test_time_name(self, name: str, expected: tuple[bool, str | None]) -> None:
        assert time_name(name)[0] == expected[0]
        if expected[0]:
            assert time_name(name) == expected

    def test_timestamp_comes_before_t(self) -> None:
        assert find_time(["t", "x", "timestamp_us"]) == "timestamp_us"
        assert find_time(["x", "y"]) is None

    def test_split_unit(self) -> None:
        assert split_unit("Gyroscope X (deg/s)") == ("Gyroscope X", "deg/s")
        assert split_unit("plain") == ("plain", None)

    def test_seconds_since_1970_in_text_lose_nothing(self) -> None:
        assert text_to_ns(["1700000000.123456789", "1.5e9"], None).tolist() == [
            1_700_000_000_123_456_789,
            1_500_000_000_000_000_000,
        ]

    def test_float_seconds_since_1970_are_the_nearest_nanosecond_of_the_float(self) -> None:
        from fractions import Fraction

        seconds = 1_700_000_000 + np.arange(1000) / 997
        exact = [round(Fraction(one) * 10**9) for one in seconds.tolist()]
        assert numbers_to_ns(seconds, "s").tolist() == exact

    @pytest.mark.parametrize(
        ("values", "problem"),
        [
            (np.array([0.0, np.nan]), "time in row 1 is nan"),
            (np.array([1, 2**62]), "do not fit int64"),
            (np.array([3, 4]), "unit of whole-number times is open"),
        ],
    )
    def test_what_is_no_time(self, values: np.ndarray, problem: str) -> None:
        unit = "s" if values.max() > 10 else None
        with pytest.raises(ValueError, match=problem):
            numbers_to_ns(values, unit)


class TestKinds:
    def test_an_angle_has_to_wrap(self) -> None:
        turning = np.linspace(0.0, 20.0, 200)
        wrapped = (turning + np.pi) % (2 * np.pi) - np.pi
        fields = classify(
            {
                "yaw": wrapped, "pitch": 0.1 * np.sin(turning), "heading": turning % (2 * np.pi),
                "rates.yaw": wrapped, "yaw_rate": wrapped, "value": wrapped,
            }
        )  # fmt: skip
        kinds = {name: field.kind for name, field in fields.items()}
        assert kinds == {
            "yaw": "angle", "pitch": "scalar", "heading": "angle",
            "rates.yaw": "scalar", "yaw_rate": "scalar", "value": "scalar",
        }  # fmt: skip

    def test_degrees_are_not_radians(self) -> None:
        wrapped = np.tile([3.0, -3.0], 10)
        assert classify({"yaw": wrapped}, {"yaw": "deg"})["yaw"].kind == "scalar"
        assert classify({"yaw": wrapped}, {"yaw": "rad"})["yaw"].kind == "angle"

    def test_four_joints_are_no_quaternion(self) -> None:
        joints = np.random.default_rng(0).normal(size=(10, 4))
        assert classify({"q": joints})["q"].kind == "vector"

    def test_corners_of_a_box_stay_scalars(self) -> None:
        corners = {f"box.{axis}": np.arange(3.0) for axis in "xyzw"}
        assert list(classify(corners)) == list(corners)
