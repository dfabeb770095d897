# SPDX-License-Identifier: Apache-2.0
"""`inspect` on synthetic recordings whose faults are known."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from robocache.inspection import InspectionReport, StreamReport, inspect
from robocache.readers.kinds import classify
from robocache.recording import Content, RecordedStream, Recording, RecordingError

MS = 1_000_000
START = 1_700_000_000_000_000_000


def recording_of(
    streams: Mapping[str, Content], rates: Mapping[str, float] | None = None
) -> Recording:
    """A recording that is not from a file."""
    listed = []
    for name, content in streams.items():
        stamps = content.header_ns if content.header_ns is not None else content.receive_ns
        assert stamps is not None
        rate = (rates or {}).get(name)
        listed.append(RecordedStream(name, "test", len(stamps), declared_rate=rate))
    return Recording(
        "made.up", "test", listed, lambda names, progress: {name: streams[name] for name in names}
    )


def clock(count: int, step_ms: float, start_ms: float = 0.0) -> np.ndarray:
    return START + np.rint((start_ms + np.arange(count) * step_ms) * MS).astype(np.int64)


def report_on(header: Sequence[int] | np.ndarray, **more: Any) -> StreamReport:
    content = Content(np.asarray(header, np.int64), None)
    return inspect(recording_of({"s": content}, **more)).streams[0]


def test_a_clean_stream() -> None:
    report = report_on(clock(101, 20.0))
    assert (report.count, report.duration_s) == (101, 2.0)
    assert report.rate == pytest.approx(50.0, abs=1e-9)
    assert report.median_rate == pytest.approx(50.0, abs=1e-9)
    assert report.jitter_ns is not None
    assert report.jitter_ns.max == 0.0
    assert (report.gaps, report.duplicates, report.backward) == ((), 0, 0)
    assert (report.first_ns, report.last_ns) == (START, START + 2000 * MS)
    assert report.usable


def test_gaps_are_found_where_they_are() -> None:
    stamps = np.delete(clock(100, 10.0), [40, 70, 71, 72])
    report = report_on(stamps)
    assert [(gap.start_ns - START, gap.length_ns) for gap in report.gaps] == [
        (390 * MS, 20 * MS),
        (690 * MS, 40 * MS),
    ]
    assert report.largest_gap == report.gaps[1]
    assert report.median_rate == pytest.approx(100.0)
    assert report.rate == pytest.approx(95 / 0.99)


def test_the_gap_factor_is_the_threshold() -> None:
    recording = recording_of({"s": Content(START + MS * np.array([0, 10, 20, 30, 47, 57]), None)})
    assert inspect(recording).streams[0].gaps == ()
    assert len(inspect(recording, gap_factor=1.6).streams[0].gaps) == 1
    with pytest.raises(ValueError, match="gap_factor: expected more than 1, got 1"):
        inspect(recording, gap_factor=1)


def test_duplicate_and_backward_stamps() -> None:
    report = report_on(START + MS * np.array([0, 10, 10, 20, 15, 30, 40, 40, 40]))
    assert (report.duplicates, report.backward) == (3, 1)
    assert not report.all_equal


def test_jitter_percentiles() -> None:
    steps = np.full(1000, 10 * MS)
    steps[::10] += 2 * MS  # a tenth of the steps is 2 ms long
    report = report_on(START + np.concatenate([[0], np.cumsum(steps)]))
    jitter = report.jitter_ns
    assert jitter is not None
    assert (jitter.p50, jitter.p95, jitter.p99, jitter.max) == (0.0, 2 * MS, 2 * MS, 2 * MS)


def test_all_equal_stamps() -> None:
    content = {"dead": Content(np.zeros(50, np.int64), None), "live": Content(clock(50, 10), None)}
    report = inspect(recording_of(content))
    dead = report.streams[0]
    assert dead.all_equal
    assert not dead.usable
    assert (dead.duplicates, dead.rate, dead.jitter_ns) == (49, None, None)
    assert report.set_aside == {"dead": "all 50 stamps are equal"}
    assert report.suggested_clock is not None
    assert report.suggested_clock.rate == 100.0


@pytest.mark.parametrize("count", [0, 1])
def test_too_few_samples_to_say_anything(count: int) -> None:
    report = inspect(recording_of({"s": Content(clock(count, 10.0), None)}))
    stream = report.streams[0]
    assert (stream.rate, stream.median_rate, stream.jitter_ns, stream.gaps) == (None,) * 3 + ((),)
    assert not stream.all_equal
    assert stream.first_ns == (START if count else None)
    assert report.set_aside == {"s": f"{count} messages"}
    assert report.suggested_clock is None


def test_header_against_receive_stamps() -> None:
    header = clock(100, 10.0)
    late = np.where(np.arange(100) % 2 == 0, 20 * MS, 30 * MS)
    report = inspect(recording_of({"s": Content(header, header + late)})).streams[0]
    delay = report.delay_ns
    assert delay is not None
    assert (delay.min, delay.median, delay.max) == (20 * MS, 25 * MS, 30 * MS)
    assert delay.header_jitter is not None
    assert delay.receive_jitter is not None
    assert (delay.header_jitter.max, delay.receive_jitter.max) == (0.0, 20 * MS)
    assert report.stamps == "header"


def test_receive_stamps_on_request() -> None:
    header = clock(10, 10.0)
    recording = recording_of({"s": Content(header, header + 5 * MS)})
    report = inspect(recording, stamps="receive").streams[0]
    assert (report.stamps, report.first_ns) == ("receive", START + 5 * MS)
    with pytest.raises(RecordingError, match="has no receive stamps"):
        inspect(recording_of({"s": Content(header, None)}), stamps="receive")


def test_a_declared_rate_that_is_wrong() -> None:
    stamps = clock(301, 1000 / 29.0)
    report = report_on(stamps, rates={"s": 30.0})
    assert report.declared_rate == 30.0
    assert report.declared_drift_s == pytest.approx(300 / 29 - 300 / 30, abs=1e-6)
    given = inspect(recording_of({"s": Content(stamps, None)}), declared_rates={"s": 29.0})
    assert given.streams[0].declared_drift_s == pytest.approx(0.0, abs=1e-8)


def test_nan_quaternion_norms_and_sign_flips() -> None:
    quaternion = np.tile([0.0, 0.0, 0.6, 0.8], (6, 1))
    quaternion[2:4] *= -1.0
    quaternion[5] *= 1.01
    value = np.array([0.0, np.nan, 2.0, np.nan, 4.0, 5.0])
    fields = classify({"q": quaternion, "v": value, "n": np.arange(6)})
    report = inspect(recording_of({"s": Content(clock(6, 10), None, fields)})).streams[0]
    found = {field.name: field for field in report.fields}
    assert found["v"].nan == 2
    assert (found["n"].dtype, found["n"].nan) == ("int64", 0)
    assert found["q"].sign_flips == 2
    assert found["q"].norm_min == pytest.approx(1.0)
    assert found["q"].norm_max == pytest.approx(1.01)
    assert found["v"].norm_min is None


def make_report(**streams: np.ndarray) -> InspectionReport:
    return inspect(recording_of({name: Content(one, None) for name, one in streams.items()}))


def test_the_overlap_is_where_all_streams_run() -> None:
    report = make_report(early=clock(1000, 10.0), late=clock(100, 100.0, start_ms=2000.0))
    assert report.overlap_start_ns == START + 2000 * MS
    assert report.overlap_stop_ns == START + 9990 * MS
    assert report.set_aside == {}
    suggested = report.suggested_clock
    assert suggested is not None
    assert (suggested.start_ns, suggested.stop_ns) == (START + 2000 * MS, START + 9990 * MS)
    assert suggested.rate == 100.0
    assert "early" in suggested.why


def test_a_stream_on_another_clock_is_set_aside() -> None:
    report = make_report(a=clock(100, 10.0), b=clock(50, 20.0), boot=clock(100, 10.0) - START)
    assert list(report.set_aside) == ["boot"]
    assert report.set_aside["boot"].startswith("without it the overlap is 0.98 s instead of 0 s")
    assert report.overlap_stop_ns == START + 980 * MS


def test_of_two_streams_that_never_meet_the_longer_one_is_kept() -> None:
    report = make_report(a=clock(200, 10.0), b=clock(100, 10.0, start_ms=1e6))
    assert list(report.set_aside) == ["b"]
    assert report.overlap_start_ns == START


def test_a_stream_that_starts_late_is_kept() -> None:
    report = make_report(a=clock(100, 10.0), late=clock(40, 10.0, start_ms=590.0))
    assert report.set_aside == {}
    assert report.overlap_start_ns == START + 590 * MS


@pytest.mark.parametrize(
    ("step_ms", "rate"),
    [(4.0, 100.0), (33.3, 30.0), (10.02, 100.0), (1000 / 44, 44.0), (1000 / 37.6, 38.0)],
)
def test_suggested_rates_are_usual_ones(step_ms: float, rate: float) -> None:
    suggested = make_report(s=clock(200, step_ms)).suggested_clock
    assert suggested is not None
    assert suggested.rate == rate


def test_cameras_set_the_pace() -> None:
    camera = Content(None, clock(30, 100.0), payload_bytes=10**6)
    report = inspect(recording_of({"camera": camera, "imu": Content(clock(1000, 3.0), None)}))
    assert report.suggested_clock is not None
    assert report.suggested_clock.rate == 10.0
    assert "camera" in report.suggested_clock.why


def faulty() -> Recording:
    """One stream of each fault that the table speaks of."""
    header = clock(200, 10.0)
    rng = np.random.default_rng(1)
    fields = classify({"v": np.where(np.arange(200) == 7, np.nan, 1.0)})
    return recording_of(
        {
            "clean": Content(header, None),
            "dead": Content(np.zeros(50, np.int64), None),
            "gappy": Content(np.delete(header, [50, 51]), None, fields, {"list": "0 to 2 items"}),
            "late": Content(header[100:], header[100:] + rng.integers(0, 40, 100) * MS),
            "twice": Content(np.sort(np.concatenate([header, header[:3]])), None),
            "empty": Content(np.empty(0, np.int64), None),
            "camera": Content(None, clock(20, 100.0), payload_bytes=3_000_000),
        },
        {"clean": 90.0},
    )


def test_the_json_form_is_plain_and_exact() -> None:
    report = inspect(faulty())
    read_back = json.loads(json.dumps(report.to_json(), allow_nan=False))
    clean = next(one for one in read_back["streams"] if one["name"] == "clean")
    assert clean["first_ns"] == START
    assert clean["declared_rate"] == 90.0
    gappy = next(one for one in read_back["streams"] if one["name"] == "gappy")
    assert gappy["gaps"] == [{"start_ns": START + 490 * MS, "length_ns": 30 * MS}]
    assert read_back["set_aside"]["dead"] == "all 50 stamps are equal"


def test_the_table_says_what_stands_out() -> None:
    rich_console = pytest.importorskip("rich.console")
    from robocache.inspection_table import render

    out = io.StringIO()
    rich_console.Console(file=out, width=160).print(render(inspect(faulty())))
    text = out.getvalue()
    for line in (
        "1 gap, the longest 30 ms at 0.490 s (median step 10 ms)",
        "all 50 stamps are equal (0 ns)",
        "3 stamps equal to the one before",
        "starts 1 s after the first stream",
        "declared 90 Hz, measured 100 Hz: times counted from the declared rate are off by up to",
        "received 0 ns to 39 ms after its header stamps",
        "messages with NaN: v 1",
        "list left out: 0 to 2 items",
        "3 MB of images, clouds or other bytes, not decoded",
        "10 Hz over the 0.900 s in which all streams run",
    ):
        assert line in text


@pytest.mark.parametrize("extension", ["png", "svg"])
def test_the_timeline_is_drawn(tmp_path: Path, extension: str) -> None:
    pytest.importorskip("matplotlib")
    from robocache.timeline import plot_timeline

    recording = faulty()
    out = tmp_path / f"timeline.{extension}"
    plot_timeline(recording, inspect(recording), out)
    content = out.read_bytes()
    if extension == "png":
        assert content.startswith(b"\x89PNG")
    else:
        # A gap is red; the lane without stamps says so.
        assert b"#d62728" in content
        assert b"all 50 stamps are equal" in content


def test_a_recording_that_says_nothing_is_drawn_too(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    from robocache.timeline import plot_timeline

    recording = recording_of({"dead": Content(np.zeros(5, np.int64), None)})
    plot_timeline(recording, inspect(recording), tmp_path / "dead.png")
    assert (tmp_path / "dead.png").stat().st_size > 1000
