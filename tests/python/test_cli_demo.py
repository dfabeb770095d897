# SPDX-License-Identifier: Apache-2.0
"""The demo: its recording, its numbers against the known truth, what it writes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("typer", reason="typer is not installed: robocache[cli]")
pytest.importorskip("mcap", reason="mcap is not installed: robocache[mcap]")
pytest.importorskip("rosbags", reason="rosbags is not installed: robocache[mcap]")
pytest.importorskip("pyarrow", reason="pyarrow is not installed: robocache[table]")
pytest.importorskip("matplotlib", reason="matplotlib is not installed: robocache[plot]")

from robocache import demo as arm
from robocache.cli.app import run
from robocache.writers import read_metadata


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> arm.Demo:
    return arm.run(tmp_path_factory.mktemp("demo") / "arm.mcap")


# How far linear interpolation may be off: step^2 / 8 times the largest second derivative. The step
# is 1.9 times the usual one at most (jitter of 45 % either way), three times where frames are lost.
STEP = {sensor: 1.9 / sensor.real_rate for sensor in arm.SENSORS}
JOINT_ACCELERATION = max(
    (0.9 - 0.08 * joint) * (2 * np.pi * (0.23 + 0.05 * joint)) ** 2 for joint in range(6)
)
TOOL_ACCELERATION = np.linalg.norm(
    [
        0.12 * (2 * np.pi * 0.31) ** 2,
        0.18 * (2 * np.pi * 0.47) ** 2,
        0.08 * (2 * np.pi * 0.62) ** 2 + 0.02 * (2 * np.pi * 1.7) ** 2,
    ]
)
BOUNDS = {
    "joints": 1e3 * STEP[arm.JOINTS] ** 2 / 8 * JOINT_ACCELERATION,
    "tool position": 1e3 * STEP[arm.POSE] ** 2 / 8 * TOOL_ACCELERATION,
    "gripper closed": 0.0,
    "camera frame": 1e3 * 3 * STEP[arm.CAMERA] / 2,
}


@pytest.mark.parametrize("signal", BOUNDS)
def test_errors_stay_below_what_theory_allows(found: arm.Demo, signal: str) -> None:
    assert found.errors[signal]["robocache"].max <= BOUNDS[signal]


@pytest.mark.parametrize("signal", ["joints", "tool position", "tool orientation", "force"])
@pytest.mark.parametrize("method", ["hold-last", "nearest", "i / fps"])
def test_other_ways_are_several_times_worse(found: arm.Demo, signal: str, method: str) -> None:
    ours, theirs = found.errors[signal]["robocache"], found.errors[signal][method]
    assert ours.rms < theirs.rms / 3
    assert ours.max < theirs.max


@pytest.mark.parametrize("signal", ["gripper closed", "camera frame"])
def test_what_can_only_be_selected_is_never_worse(found: arm.Demo, signal: str) -> None:
    ours = found.errors[signal]["robocache"]
    for method in arm.METHODS:
        assert ours.rms <= found.errors[signal][method].rms
    assert ours.rms < found.errors[signal]["i / fps"].rms


def test_late_sensor_and_gap_are_not_valid(found: arm.Demo) -> None:
    seconds = (found.aligned.clock - arm.START_NS) / 1e9
    wrench, pose = found.aligned.valid["/tool/wrench"], found.aligned.valid["/tool/pose"]
    assert not wrench[seconds < arm.WRENCH.late].any()
    assert wrench[(seconds > arm.WRENCH.late + 0.01) & (seconds < 19.9)].all()
    assert not pose[(seconds > 11.1) & (seconds < 11.7)].any()
    assert pose[(seconds > 0.1) & (seconds < 10.9)].all()


def test_the_recording_is_what_it_claims(found: arm.Demo) -> None:
    streams = found.recording.streams
    for sensor in arm.SENSORS:
        stream = streams[sensor.topic]
        assert stream.type_name == sensor.type_name
        assert stream.declared_rate == sensor.declared_rate
        assert (stream.receive_ns > stream.header_ns).all()
        assert (np.diff(stream.receive_ns) >= 0).all()
    flips = np.einsum(
        "ij,ij->i",
        streams["/tool/pose"].fields["pose.orientation"].values[1:],
        streams["/tool/pose"].fields["pose.orientation"].values[:-1],
    )
    assert (flips < 0).sum() > 100
    joints = streams["/joint_states"]
    np.testing.assert_array_equal(
        joints.fields["position"].values, arm.true_joints(joints.header_ns)
    )


def test_equal_bits_every_time(found: arm.Demo, tmp_path: Path) -> None:
    arm.write_recording(tmp_path / "again.mcap")
    assert (tmp_path / "again.mcap").read_bytes() == found.recording.path.read_bytes()


def test_the_command_prints_and_writes(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], found: arm.Demo
) -> None:
    assert run(["demo", "-o", str(tmp_path / "new")]) == 0
    printed, errors = capfd.readouterr()
    assert errors == ""
    for signal in arm.SIGNALS:
        assert signal.name in printed
    for method in arm.METHODS:
        assert method in printed
    names = sorted(path.name for path in (tmp_path / "new").iterdir())
    assert names == ["arm.mcap", "arm.parquet", "arm.png"]
    metadata = read_metadata(tmp_path / "new" / "arm.parquet")
    assert metadata["columns"]["/joint_states:position"]["mode"] == "angle"
    assert metadata["columns"]["/tool/pose:pose.orientation"]["mode"] == "slerp"
    assert metadata["clock"]["ticks"] == len(found.aligned)


def test_json(tmp_path: Path, capfd: pytest.CaptureFixture[str], found: arm.Demo) -> None:
    assert run(["demo", "-o", str(tmp_path), "--json"]) == 0
    document = json.loads(capfd.readouterr().out)
    assert set(document) == {"files", "ticks", "rate_hz", "units", "errors", "notes"}
    for signal, by_method in document["errors"].items():
        for method, error in by_method.items():
            assert error["rms"] == found.errors[signal][method].rms
            assert error["max"] == found.errors[signal][method].max
