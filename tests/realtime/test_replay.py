# SPDX-License-Identifier: Apache-2.0
"""The replay in real time: what it fuses is what `rc.fuse` makes of the samples that had come by
then, it marks what is stale, and after start-up it takes no memory and no lock."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import builds
import logs
import numpy as np
import pytest

DATA = Path(os.environ.get("ROBOCACHE_DATA", builds.ROOT.parent / "shared" / "data"))
HUSKY = [
    *("/imu/data:orientation", "/imu/data:angular_velocity.?", "/imu/data:linear_acceleration.?"),
    *("*odom:pose.pose", "*odom:twist.twist", "/fix:latitude", "/fix:longitude", "/fix:altitude"),
]


@pytest.fixture(scope="module")
def replay() -> Path:
    return builds.target("bench/realtime/replay")


@pytest.fixture(scope="module")
def guard() -> Path:
    return builds.target("tests/realtime/librealtime_guard.so")


@pytest.fixture(scope="module")
def synthetic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("logs") / "synthetic.log"
    logs.write_synthetic(path)
    return path


@pytest.fixture(scope="module")
def husky(tmp_path_factory: pytest.TempPathFactory) -> Path:
    recording = DATA / "husky.bag"
    if not recording.exists():
        pytest.skip(f"no {recording}; set ROBOCACHE_DATA")
    pytest.importorskip("rosbags")
    path = tmp_path_factory.mktemp("logs") / "husky.log"
    assert logs.script.main([str(recording), str(path), *HUSKY]) == 0
    return path


def run(replay: Path, log: Path, *arguments: object, **environment: str) -> Any:
    command = [str(replay), str(log), "--json", *map(str, arguments)]
    settings = {**os.environ, **environment}
    done = subprocess.run(command, env=settings, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def refused(replay: Path, *arguments: object) -> str:
    command = [str(replay), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert done.stdout == ""
    return done.stderr


# Online is offline.

DISTURBED = ("--late-ms", 80, "--drop", 0.1, "--seed", 3)


@pytest.mark.parametrize("disturbance", [(), DISTURBED], ids=["as recorded", "disturbed"])
@pytest.mark.parametrize("delay_ms", [0, 30])
@pytest.mark.parametrize("speed", [0, 2])
def test_online_equals_offline(
    replay: Path,
    synthetic: Path,
    tmp_path: Path,
    speed: float,
    delay_ms: int,
    disturbance: tuple[object, ...],
) -> None:
    check_equality(replay, synthetic, tmp_path, 3, speed, delay_ms, disturbance)


@pytest.mark.parametrize("disturbance", [(), DISTURBED], ids=["as recorded", "disturbed"])
def test_online_equals_offline_on_a_real_recording(
    replay: Path, husky: Path, tmp_path: Path, disturbance: tuple[object, ...]
) -> None:
    check_equality(replay, husky, tmp_path, 97, 0, 30, disturbance)


def check_equality(
    replay: Path,
    path: Path,
    folder: Path,
    every: int,
    speed: float,
    delay_ms: int,
    disturbance: tuple[object, ...],
) -> None:
    settings = ["--rate", 40, "--window", 12, "--delay-ms", delay_ms, "--speed", speed]
    traced = folder / "trace"
    report = run(replay, path, *settings, *disturbance, "--trace", traced)
    log, trace = logs.Log(path), logs.Trace(traced)
    assert len(trace.ticks) == report["ticks"] > 150
    assert len(trace.delivered) == report["messages"]
    assert len(np.unique(trace.delivered)) == len(trace.delivered)
    kept = len(trace.delivered) / len(log.messages)
    assert (0.87 < kept < 0.93) if disturbance else kept == 1
    assert all(sensor["lost"] == 0 for sensor in report["sensors"].values())
    for tick in range(0, len(trace.ticks), every):
        output, valid = logs.offline(log, trace, tick, 25 * logs.MS, delay_ms * logs.MS)
        assert trace.ticks[tick]["output"].tobytes() == output.tobytes(), tick
        assert trace.ticks[tick]["valid"].tobytes() == valid.tobytes(), tick
    assert np.abs(trace.ticks["output"][-1]).max() > 0


def test_at_once_is_the_same_each_time(replay: Path, synthetic: Path, tmp_path: Path) -> None:
    for name in "ab":
        run(replay, synthetic, "--speed", 0, *DISTURBED, "--trace", tmp_path / name)
    run(replay, synthetic, "--speed", 0, *DISTURBED[:-1], 4, "--trace", tmp_path / "c")
    a, b, c = ((tmp_path / name).read_bytes() for name in "abc")
    assert a == b
    assert a != c


# What is late, lost and stale.


def test_stale_sensors_are_marked(replay: Path, synthetic: Path, tmp_path: Path) -> None:
    report = run(replay, synthetic, "--speed", 0, "--trace", tmp_path / "trace")
    log, trace = logs.Log(synthetic), logs.Trace(tmp_path / "trace")
    now = trace.ticks["now_ns"]
    for index, stream in enumerate(log.streams):
        own = log.messages[log.messages["stream"] == index]
        # The newest stamp of what has come; before the first message there is none.
        arrived = np.searchsorted(own["arrival_ns"], now, side="right")
        newest = np.maximum.accumulate(own["stamp_ns"])[arrived - 1]
        fresh = (arrived > 0) & (now - newest <= stream.max_gap_ns)
        np.testing.assert_array_equal(trace.ticks["valid"][:, -1, index], fresh)
        assert report["sensors"][stream.name]["stale"] == (~fresh).sum()
        overtaken = own["stamp_ns"][1:] < np.maximum.accumulate(own["stamp_ns"])[:-1]
        assert report["sensors"][stream.name]["overtaken"] == overtaken.sum()
    silent = (now - logs.EPOCH) // logs.MS
    silent = (silent > logs.SILENCE[0] + 110) & (silent < logs.SILENCE[1])
    assert silent.sum() > 30
    assert not trace.ticks["valid"][silent, -1, 1].any()
    assert not trace.ticks["output"][silent, -1, 7:9].any()
    assert trace.ticks["valid"][silent, -1, 2].all()
    assert report["sensors"]["imu"]["overtaken"] > 50


def test_messages_that_find_no_room_are_counted(replay: Path, synthetic: Path) -> None:
    """At one tick in five seconds the ring of 256 cannot hold the IMU."""
    report = run(replay, synthetic, "--speed", 0, "--rate", 0.2)
    assert report["sensors"]["imu"]["lost"] > 0
    assert report["sensors"]["imu"]["taken"] >= 256
    assert report["sensors"]["fix"]["lost"] == 0


# No memory, no lock.


@pytest.mark.parametrize("speed", [0, 5])
@pytest.mark.parametrize("disturbance", [(), DISTURBED], ids=["as recorded", "disturbed"])
def test_no_allocation_and_no_lock_after_start_up(
    replay: Path, guard: Path, synthetic: Path, speed: float, disturbance: tuple[object, ...]
) -> None:
    report = run(replay, synthetic, "--speed", speed, *disturbance, LD_PRELOAD=str(guard))
    assert report["ticks"] > 200


def test_no_allocation_on_a_real_recording(replay: Path, guard: Path, husky: Path) -> None:
    assert run(replay, husky, "--speed", 0, LD_PRELOAD=str(guard))["ticks"] > 10000


@pytest.mark.parametrize(
    ("call", "named"),
    [
        ("operator delete(operator new(1))", "malloc"),
        ("free(calloc(1, 1))", "calloc"),
        ("free(aligned_alloc(64, 64))", "aligned_alloc"),
        ("free(first)", "free"),
        ("static std::mutex mutex; mutex.lock()", "pthread_mutex_lock"),
    ],
)
def test_the_guard_bites(call: str, named: str, guard: Path, tmp_path: Path) -> None:
    source = tmp_path / "greedy.cpp"
    source.write_text(
        "#include <cstdlib>\n#include <mutex>\n#include <new>\n"
        'extern "C" __attribute__((weak)) void realtime_steady(int);\n'
        "void* volatile first;\n"
        f"int main() {{ first = malloc(1); realtime_steady(1); {call}; realtime_steady(0); }}\n"
    )
    program = tmp_path / "greedy"
    subprocess.run(["c++", "-std=c++17", source, "-o", program, "-pthread"], check=True)
    environment = {**os.environ, "LD_PRELOAD": str(guard)}
    done = subprocess.run([program], env=environment, capture_output=True, text=True)
    assert done.returncode < 0
    assert done.stderr == f"{named} was called after start-up\n"


# The clock.


def test_it_keeps_pace(replay: Path, synthetic: Path) -> None:
    """Two seconds of the log at double speed, with whatever priority the system grants."""
    report = run(replay, synthetic, "--speed", 2, "--seconds", 2, "--priority", 50)
    assert report["ticks"] in (100, 101, 102, 103)
    assert report["tick to output"]["count"] == report["ticks"]
    for name in ("rc_fuse", "message to output", "tick to output", "timer late"):
        times = report[name]
        assert 0 <= times["p50_ns"] <= times["p99_ns"] <= times["max_ns"]
    assert 0 < report["rc_fuse"]["p50_ns"] < report["tick to output"]["max_ns"]
    if report["refused"]:
        assert "SCHED_FIFO: " in report["refused"] or "mlockall: " in report["refused"]


# What is refused.


def test_options_are_checked(replay: Path, synthetic: Path) -> None:
    assert refused(replay, synthetic, "--speed", "-1") == "--speed: expected 0 to 1000, got -1\n"
    assert refused(replay, synthetic, "--window", "many").startswith(
        "--window: expected 1 to 10000"
    )
    assert "usage: replay LOG" in refused(replay)
    assert "usage: replay LOG" in refused(replay, synthetic, "--loud")
    assert refused(replay, synthetic, "--speed", 0, "--drop", 1).endswith("no message arrives\n")


def test_logs_are_checked(replay: Path, synthetic: Path, tmp_path: Path) -> None:
    whole = synthetic.read_bytes()
    log = logs.Log(synthetic)
    messages = len(whole) - log.values.nbytes - log.messages.nbytes

    def spoil(at: int, value: int) -> bytes:
        return whole[:at] + value.to_bytes(8, "little", signed=True) + whole[at + 8 :]

    cases = {
        b"": "expected a message log, got 0 bytes",
        b"x" * 100: "expected a message log of version 1",
        whole[:-8]: f"expected {len(whole)} bytes, got {len(whole) - 8}",
        spoil(8, -1): "expected counts that fit the file",
        spoil(24, 1 << 60): "expected counts that fit the file",
        spoil(40 + 96, 0): "stream 0 is not one",
        spoil(messages + 32 + 16, 3): "message 1 is not one",
        spoil(messages + 32 + 24, len(log.values)): "message 1 is not one",
        spoil(messages + 32, 0): "message 1 is not one",
    }
    path = tmp_path / "spoilt.log"
    assert "No such file" in refused(replay, path)
    for data, problem in cases.items():
        path.write_bytes(data)
        assert refused(replay, path) == f"{path}: {problem}\n"


# From a recording to a log.


def test_write_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "arm.csv"
    lines = [f"{0.01 * i:.3f},{i / 8},{i % 2},{i * i}" for i in range(50)]
    table.write_text("time_s,angle,grip,force\n" + "\n".join(lines) + "\n")
    path = tmp_path / "arm.log"
    assert logs.script.main([str(table), str(path), "*:angle", "*:grip", "--max-gap", "0.1"]) == 0
    assert "50 messages of 2 values" in capsys.readouterr().out
    log = logs.Log(path)
    (stream,) = log.streams
    assert stream.max_gap_ns == 100 * logs.MS
    assert [(g.begin, g.count, g.mode) for g in stream.groups] == [
        (0, 1, "linear"),
        (1, 1, "previous"),
    ]
    times, values = log.samples(0, np.arange(50))
    np.testing.assert_array_equal(times, 10 * logs.MS * np.arange(50))
    np.testing.assert_array_equal(log.messages["arrival_ns"], times)
    np.testing.assert_array_equal(values, [[i / 8, i % 2] for i in range(50)])


def test_write_log_refuses_in_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert logs.script.main([str(tmp_path / "none.bag"), str(tmp_path / "log")]) == 1
    assert capsys.readouterr().err == f"{tmp_path / 'none.bag'}: no such file or folder\n"


def test_a_quaternion_of_length_zero_is_unknown(tmp_path: Path, replay: Path) -> None:
    """ROS says "orientation unknown" with zeroes; the node goes on and the sensor is not valid."""
    path = tmp_path / "log"
    times = logs.EPOCH + 10 * logs.MS * np.arange(30)
    values = np.tile([0.0, 0, 0, 1], (30, 1))
    values[10:20] = 0
    cleaned = logs.script.without_zero_quaternions(values)[0]
    source = logs.script.Source("imu", times, times, cleaned, [(0, 4, "slerp")], 100 * logs.MS)
    logs.script.write_log(path, [source])
    run(replay, path, "--speed", 0, "--rate", 100, "--window", 1, "--trace", tmp_path / "trace")
    valid = logs.Trace(tmp_path / "trace").ticks["valid"][:, 0, 0]
    assert 0 < valid.sum() < len(valid)
