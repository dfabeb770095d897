# SPDX-License-Identifier: Apache-2.0
"""Message logs and traces of bench/realtime, as arrays; and a robot that was never there."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any, NamedTuple

import builds
import numpy as np
from numpy.typing import NDArray

import robocache as rc


def _script(name: str) -> Any:
    path = builds.ROOT / "bench" / "realtime" / f"{name}.py"
    specification = importlib.util.spec_from_file_location(name, path)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules[name] = module
    specification.loader.exec_module(module)
    return module


script = _script("write_log")

MS = 1_000_000
EPOCH = 1_700_000_000_000_000_000
SILENCE = (2_000, 2_900)
"""Milliseconds during which the synthetic arm says nothing."""


def samples(rng: np.random.Generator, period_ms: float, seconds: float) -> NDArray[np.int64]:
    """Stamps about `period_ms` apart, one in twenty of them missing."""
    times = np.arange(0, seconds * 1000, period_ms) * MS
    times = times + rng.uniform(0, 0.2 * period_ms * MS, len(times))
    return EPOCH + times[rng.random(len(times)) > 0.05].astype(np.int64)


def write_synthetic(path: Path, seconds: float = 5) -> list[Any]:
    """An IMU whose messages overtake each other, an arm that falls silent, a slow receiver."""
    rng = np.random.default_rng(17)

    imu = samples(rng, 10, seconds)
    orientation = rng.normal(size=(len(imu), 4))
    orientation /= np.linalg.norm(orientation, axis=1, keepdims=True)
    imu_values = np.concatenate([orientation, rng.normal(size=(len(imu), 3))], axis=1)
    imu_arrival = imu + rng.integers(2 * MS, 25 * MS, len(imu))
    order = np.argsort(imu_arrival, kind="stable")

    arm = samples(rng, 20, seconds)
    since = (arm - EPOCH) // MS
    arm = arm[(since < SILENCE[0]) | (since > SILENCE[1])]

    fix = samples(rng, 200, seconds)
    sources = [
        script.Source(
            "imu",
            imu_arrival[order],
            imu[order],
            imu_values[order],
            [(0, 4, "slerp"), (4, 3, "linear")],
            50 * MS,
        ),
        script.Source(
            "arm",
            arm + 3 * MS,
            arm,
            np.stack([rng.uniform(-3, 3, len(arm)), rng.integers(0, 4, len(arm))], axis=1),
            [(0, 1, "angle"), (1, 1, "previous")],
            100 * MS,
        ),
        script.Source(
            "fix", fix + 60 * MS, fix, rng.normal(size=(len(fix), 3)), [(0, 3, "linear")], 500 * MS
        ),
    ]
    script.write_log(path, sources)
    return sources


class Stream(NamedTuple):
    """One stream of a log."""

    name: str
    width: int
    groups: list[rc.Channels]
    max_gap_ns: int


class Log:
    """A message log, read as its format says."""

    def __init__(self, path: Path) -> None:
        data = path.read_bytes()
        at = 0

        def take(dtype: Any, count: int) -> NDArray[Any]:
            nonlocal at
            part = np.frombuffer(data, dtype, count, at)
            at += part.nbytes
            return part

        (header,) = take(script.HEADER, 1)
        assert header["magic"] == script.MAGIC
        streams = take(script.STREAM, header["num_streams"])
        groups = take(script.GROUP, header["num_groups"])
        self.messages = take(script.MESSAGE, header["num_messages"])
        self.values = take(np.float64, header["num_values"])
        assert at == len(data)
        modes = {number: name for name, number in script.enumerators("rc_mode", "RC_MODE_").items()}
        self.streams = []
        for one in streams:
            own = groups[one["first_group"] : one["first_group"] + one["num_groups"]]
            channels = [
                rc.Channels(int(g["begin"]), int(g["count"]), modes[g["mode"]]) for g in own
            ]
            name = one["name"].decode()
            self.streams.append(Stream(name, int(one["width"]), channels, int(one["max_gap_ns"])))

    def samples(
        self, stream: int, messages: NDArray[np.int64]
    ) -> tuple[NDArray[Any], NDArray[Any]]:
        """Stamps and values of these of its messages."""
        chosen = self.messages[messages]
        assert (chosen["stream"] == stream).all()
        width = np.arange(self.streams[stream].width)
        return chosen["stamp_ns"], self.values[chosen["first_value"][:, None] + width]


class Trace:
    """What the ticks of a replay saw and made."""

    def __init__(self, path: Path) -> None:
        data = path.read_bytes()
        ticks, sensors, steps, width, delivered = np.frombuffer(data, np.int64, 5).tolist()
        self.delivered = np.frombuffer(data, np.int64, delivered, 40)

        def padded(size: int) -> int:
            return (size + 7) // 8 * 8

        record = np.dtype(
            {
                "names": ["now_ns", "taken", "output", "valid"],
                "formats": [
                    "i8",
                    ("i8", (sensors,)),
                    ("f4", (steps, width)),
                    ("u1", (steps, sensors)),
                ],
                "offsets": [
                    0,
                    8,
                    8 + 8 * sensors,
                    8 + 8 * sensors + padded(4 * steps * width),
                ],
                "itemsize": 8 + 8 * sensors + padded(4 * steps * width) + padded(steps * sensors),
            }
        )
        self.ticks = np.frombuffer(data, record, ticks, 40 + self.delivered.nbytes)
        self.steps = steps


def offline(
    log: Log, trace: Trace, tick: int, period_ns: int, delay_ns: int
) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """`rc.fuse` of all the samples that had come by a tick, however old."""
    now = trace.ticks[tick]["now_ns"]
    targets = now - delay_ns - period_ns * np.arange(trace.steps - 1, -1, -1)
    owner = log.messages["stream"][trace.delivered]
    streams = []
    for index, stream in enumerate(log.streams):
        came = trace.delivered[owner == index][: trace.ticks[tick]["taken"][index]]
        times, values = log.samples(index, came)
        streams.append(
            rc.Stream(
                values,
                times,
                mode=stream.groups,
                outside="hold",
                max_gap=stream.max_gap_ns,
                order="sort",
            )
        )
    output, valid = rc.fuse(streams, targets, dtype="float32", backend="cpu")
    return output, valid
