# SPDX-License-Identifier: Apache-2.0
"""Real recordings, not part of the project, found in the folder that ROBOCACHE_DATA names.

What is asserted of them was measured when they were chosen, apart from these readers.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from robocache.inspection import InspectionReport, StreamReport, inspect
from robocache.readers import open_recording

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("ROBOCACHE_DATA", ROOT / ".." / "shared" / "data"))
MS = 1_000_000


@cache
def report_of(name: str, library: str) -> InspectionReport:
    pytest.importorskip(library)
    if not (DATA / name).is_file():
        pytest.skip(f"{name} is not in {DATA}: set ROBOCACHE_DATA")
    with open_recording(DATA / name) as recording:
        return inspect(recording)


def stream_of(report: InspectionReport, name: str) -> StreamReport:
    return next(stream for stream in report.streams if stream.name == name)


class TestHusky:
    """A ROS 1 bag of a wheeled robot outdoors."""

    @pytest.fixture
    def report(self) -> InspectionReport:
        return report_of("husky.bag", "rosbags")

    @pytest.mark.parametrize(
        ("name", "count", "rate"),
        [
            ("/imu/data", 11865, 30.01),
            ("/husky_velocity_controller/odom", 3952, 9.99),
            ("/fix", 989, 2.5),
        ],
    )
    def test_rates(self, report: InspectionReport, name: str, count: int, rate: float) -> None:
        stream = stream_of(report, name)
        assert stream.count == count
        assert stream.rate == pytest.approx(rate, abs=0.006)
        assert stream.stamps == "header"
        assert stream.duration_s == pytest.approx(395, abs=0.5)

    def test_the_imu_is_received_late(self, report: InspectionReport) -> None:
        delay = stream_of(report, "/imu/data").delay_ns
        assert delay is not None
        assert (round(delay.min / MS), round(delay.max / MS)) == (21, 36)

    def test_odometry_steps(self, report: InspectionReport) -> None:
        odometry = stream_of(report, "/husky_velocity_controller/odom")
        assert odometry.largest_gap is not None
        assert round(odometry.largest_gap.length_ns / MS) == 208

    def test_quaternions(self, report: InspectionReport) -> None:
        fields = {one.name: one for one in stream_of(report, "/imu/data").fields}
        assert fields["orientation"].kind == "quaternion"
        assert fields["orientation"].norm_min == pytest.approx(1.0)
        assert fields["angular_velocity.z"].unit == "rad/s"

    def test_suggested_clock(self, report: InspectionReport) -> None:
        assert report.suggested_clock is not None
        assert report.suggested_clock.rate == 30.0
        assert report.set_aside == {}


class TestPx4:
    """A ULog of an autopilot."""

    @pytest.fixture
    def report(self) -> InspectionReport:
        return report_of("px4.ulg", "pyulog")

    @pytest.mark.parametrize(
        ("name", "median_rate", "rate"),
        [
            ("sensor_combined", 250.0, 247.8),
            ("vehicle_attitude", 83.3, 93.7),
            ("actuator_controls_0", 49.9, 47.4),
            ("actuator_outputs", 20.9, 19.0),
            ("vehicle_local_position", 10.0, 9.8),
            ("vehicle_status", 4.5, 4.3),
            ("cpuload", 1.0, 1.0),
        ],
    )
    def test_rates(
        self, report: InspectionReport, name: str, median_rate: float, rate: float
    ) -> None:
        stream = stream_of(report, name)
        assert stream.median_rate == pytest.approx(median_rate, abs=0.06)
        assert stream.rate == pytest.approx(rate, abs=0.06)

    def test_largest_sensor_gap(self, report: InspectionReport) -> None:
        gap = stream_of(report, "sensor_combined").largest_gap
        assert gap is not None
        assert gap.length_ns / MS == pytest.approx(64.8, abs=0.05)

    def test_stamps_that_say_nothing(self, report: InspectionReport) -> None:
        equal = {one.name: one.first_ns for one in report.streams if one.all_equal}
        # Two are zero throughout, the third holds the time of its one change.
        assert equal == {
            "commander_state": 2_069_758_000,
            "ekf2_innovations": 0,
            "sensor_preflight": 0,
        }
        assert set(report.set_aside) == set(equal)

    def test_dropouts(self, report: InspectionReport) -> None:
        assert report.notes == ("4 dropouts reported by the logger, 119 ms in all",)

    def test_the_attitude_is_a_quaternion(self, report: InspectionReport) -> None:
        fields = {one.name: one for one in stream_of(report, "vehicle_attitude").fields}
        assert (fields["q"].kind, fields["q"].width) == ("quaternion", 4)
        assert fields["q"].norm_max == pytest.approx(1.0, abs=1e-6)


class TestXioImu:
    """A CSV of a 9-axis IMU."""

    def test_facts(self) -> None:
        report = report_of("xio_imu.csv", "pyarrow")
        stream = stream_of(report, "xio_imu")
        assert stream.count == 13514
        assert stream.rate == pytest.approx(99.85, abs=0.01)
        assert len(stream.gaps) == 10
        assert stream.largest_gap is not None
        assert stream.largest_gap.length_ns / MS == pytest.approx(30.2, abs=0.05)
        assert {one.unit for one in stream.fields} == {"deg/s", "g", "uT"}

    def test_steps(self) -> None:
        pytest.importorskip("pyarrow")
        if not (DATA / "xio_imu.csv").is_file():
            pytest.skip(f"xio_imu.csv is not in {DATA}: set ROBOCACHE_DATA")
        with open_recording(DATA / "xio_imu.csv") as recording:
            steps = np.diff(recording.streams["xio_imu"].times().ns) / MS
        assert (round(steps.min(), 2), round(steps.max(), 1)) == (7.56, 30.2)
