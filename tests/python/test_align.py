# SPDX-License-Identifier: Apache-2.0
"""`align`: the plan it makes, and that what it gives is what the library gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import robocache as rc
from robocache.align import align
from robocache.plan import make_plan
from robocache.readers.kinds import classify
from robocache.recording import Content, RecordedStream, Recording, RecordingError

SECOND = 1_000_000_000
EPOCH = 1_700_000_000 * SECOND


def recording(**streams: tuple[Any, Mapping[str, Any]]) -> Recording:
    """A recording in memory: stamps (int64 ns) and columns by stream."""
    contents = {
        name: Content(
            np.asarray(stamps, np.int64),
            None,
            classify({field: np.asarray(values) for field, values in columns.items()}),
        )
        for name, (stamps, columns) in streams.items()
    }
    listed = [
        RecordedStream(name, "test", len(content.header_ns)) for name, content in contents.items()
    ]
    return Recording("made.up", "test", listed, lambda names, _: {n: contents[n] for n in names})


def every(step_ns: int, count: int, first: int = EPOCH) -> np.ndarray:
    return first + step_ns * np.arange(count, dtype=np.int64)


@pytest.fixture
def arm() -> Recording:
    """Poses at 50 Hz, late temperatures in float32 at 7 Hz, and a state that changes."""
    random = np.random.default_rng(3)
    q = random.normal(size=(100, 4))
    return recording(
        pose=(
            every(20_000_000, 100),
            {
                "position": random.normal(size=(100, 3)),
                "q": q / np.linalg.norm(q, axis=1, keepdims=True),
            },
        ),
        temperature=(
            every(142_857_143, 9, EPOCH + 700_000_001),
            {"celsius": random.normal(size=9).astype(np.float32)},
        ),
        state=(
            EPOCH + np.array([0, 300, 301, 1200]) * 1_000_000,
            {
                "step": np.array([0, 2**53 + 1, 2**62 + 3, -(2**63)], np.int64),
                "name": np.array(["idle", "reach", "grasp", "done"], object),
                "closed": np.array([False, False, True, True]),
            },
        ),
    )


def test_values_are_those_of_fuse_called_by_hand(arm: Recording) -> None:
    aligned = align(arm, rate=30, max_gap="150ms")
    pose, temperature = arm.streams["pose"], arm.streams["temperature"]
    values = np.hstack([pose.fields["position"].values, pose.fields["q"].values])
    rules = {"max_gap": 150_000_000, "outside": "fill", "fill_value": np.nan}
    modes = [rc.Channels(0, 3, "linear"), rc.Channels(3, 4, "slerp")]
    clock = rc.target_clock(EPOCH, EPOCH + 99 * 20_000_000 + 1, 30)
    by_hand, valid = rc.fuse([rc.Stream(values, pose.times().ns, mode=modes, **rules)], clock)
    warm, warm_valid = rc.fuse(
        [rc.Stream(temperature.fields["celsius"].values[:, None], temperature.times().ns, **rules)],
        clock,
    )
    np.testing.assert_array_equal(aligned.clock, clock)
    np.testing.assert_array_equal(aligned.columns["pose:position"], by_hand[:, :3])
    np.testing.assert_array_equal(aligned.columns["pose:q"], by_hand[:, 3:])
    np.testing.assert_array_equal(aligned.columns["temperature:celsius"], warm[:, 0])
    assert aligned.columns["temperature:celsius"].dtype == np.float32
    np.testing.assert_array_equal(aligned.valid["pose"], valid[:, 0])
    np.testing.assert_array_equal(aligned.valid["temperature"], warm_valid[:, 0])
    assert 0 < aligned.valid["temperature"].sum() < len(clock)


def test_modes_are_chosen_by_kind(arm: Recording) -> None:
    assert align(arm, rate=5).modes == {
        "pose:position": "linear",
        "pose:q": "slerp",
        "temperature:celsius": "linear",
        "state:step": "previous",
        "state:name": "previous",
        "state:closed": "previous",
    }


def test_integers_text_and_flags_come_through_exactly(arm: Recording) -> None:
    aligned = align(arm, rate=10, streams=["state"])
    assert len(aligned) == 13
    expected = [0] * 3 + [2**53 + 1] + [2**62 + 3] * 8 + [-(2**63)]
    assert aligned.columns["state:step"].tolist() == expected
    assert aligned.columns["state:step"].dtype == np.int64
    assert aligned.columns["state:name"].tolist() == ["idle"] * 3 + ["reach"] + ["grasp"] * 8 + [
        "done"
    ]
    assert aligned.columns["state:closed"].tolist() == [False] * 4 + [True] * 9


def test_what_is_not_valid_is_empty(arm: Recording) -> None:
    aligned = align(arm, rate=10, span="union")
    outside = ~aligned.valid["state"]
    assert outside.sum() == 7
    assert set(aligned.columns["state:step"][outside]) == {0}
    assert set(aligned.columns["state:name"][outside]) == {""}
    assert not aligned.columns["state:closed"][outside].any()
    assert np.isnan(aligned.columns["temperature:celsius"][~aligned.valid["temperature"]]).all()
    held = align(arm, rate=10, outside="hold")
    assert all(valid.all() for valid in held.valid.values())
    assert held.columns["state:name"][-1] == "done"


def test_nan_in_the_recording_stays_and_leaves_the_stream_valid() -> None:
    made = recording(a=(every(SECOND, 3), {"x": [0.0, np.nan, 2.0], "y": [0.0, 1.0, 2.0]}))
    aligned = align(made, rate=2)
    np.testing.assert_array_equal(aligned.columns["a:x"], [0.0, np.nan, np.nan, np.nan, 2.0])
    np.testing.assert_array_equal(aligned.columns["a:y"], [0.0, 0.5, 1.0, 1.5, 2.0])
    assert aligned.valid["a"].all()
    bridged = align(made, rate=2, skip_nan=True)
    np.testing.assert_array_equal(bridged.columns["a:x"], [0.0, 0.5, 1.0, 1.5, 2.0])


@pytest.mark.parametrize(
    ("rate", "ticks"),
    [
        (20, [0, 50_000_000, 100_000_000]),
        ("12.5", [0, 80_000_000]),
        (12.5, [0, 80_000_000]),
        ("30000/1001", [0, 33_366_666, 66_733_333, 100_100_000]),
        (Fraction(30000, 1001), [0, 33_366_666, 66_733_333, 100_100_000]),
    ],
)
def test_the_clock_is_exact(rate: Any, ticks: Sequence[int]) -> None:
    made = recording(a=(EPOCH + np.array([0, 100_100_000]), {"x": [0.0, 1.0]}))
    assert (align(made, rate=rate).clock - EPOCH).tolist() == ticks


def test_a_stream_can_be_the_clock(arm: Recording) -> None:
    aligned = align(arm, clock="stream:state")
    np.testing.assert_array_equal(aligned.clock, arm.streams["state"].times().ns)
    assert aligned.valid["state"].all()
    assert aligned.metadata["clock"]["stream"] == "state"
    assert aligned.metadata["clock"]["rate_hz"] is None


def test_span_start_and_stop_cut_the_clock(arm: Recording) -> None:
    overlap = align(arm, rate=10, span="overlap")
    assert overlap.clock[0] == EPOCH + 700_000_001
    assert overlap.clock[-1] <= EPOCH + 1_200_000_000
    assert all(valid.all() for valid in overlap.valid.values())
    cut = align(arm, rate=10, start="300ms", stop=0.5)
    assert ((cut.clock - EPOCH) // 1_000_000).tolist() == [300, 400, 500]


def test_max_gap_by_stream() -> None:
    stamps = EPOCH + np.array([0, 1, 2, 9, 10]) * SECOND
    made = recording(
        fast=(stamps, {"x": np.arange(5.0)}),
        slow=(stamps, {"x": np.arange(5.0)}),
    )
    aligned = align(made, rate=1, max_gap={"*": "2s", "slow": 7})
    assert aligned.valid["fast"].tolist() == [True] * 3 + [False] * 6 + [True] * 2
    assert aligned.valid["slow"].all()
    assert np.isnan(aligned.columns["fast:x"][3:9]).all()


def test_a_wide_bridged_gap_is_noted() -> None:
    stamps = EPOCH + np.array([0, 1, 2, 3, 50, 51]) * SECOND
    made = recording(a=(stamps, {"x": np.arange(6.0)}))
    [note] = align(made, rate=1).notes
    assert note == "a: a gap of 47 s is bridged (usual step 1 s); max_gap would mark it"
    assert align(made, rate=1, max_gap=5).notes == []


def test_backward_and_equal_stamps_are_noted_and_handled() -> None:
    stamps = EPOCH + np.array([0, 2, 1, 3, 3]) * SECOND
    made = recording(a=(stamps, {"x": [0.0, 2.0, 1.0, 9.0, 3.0]}))
    notes = ["a: 1 stamps step backward, sorted", "a: 1 stamps equal another"]
    in_order = align(made, rate=1)
    assert in_order.notes == notes
    np.testing.assert_array_equal(in_order.columns["a:x"], [0.0, 1.0, 2.0, 3.0])
    dropped = align(made, rate=1, order="drop", duplicates="first")
    assert dropped.notes[0] == "a: 1 stamps step backward, late ones dropped"
    np.testing.assert_array_equal(dropped.columns["a:x"], [0.0, 1.0, 2.0, 9.0])
    np.testing.assert_array_equal(align(made, rate=1, duplicates="mean").columns["a:x"][3], 6.0)
    with pytest.raises(
        RecordingError, match=r"'a': 1 stamps step backward, the first at index 2 by 1 s"
    ):
        align(made, rate=1, order="check")


def test_streams_without_time_are_left_out_unless_named() -> None:
    made = recording(
        good=(every(SECOND, 3), {"x": [0.0, 1.0, 2.0]}),
        stuck=([7, 7, 7], {"x": [0.0, 1.0, 2.0]}),
        empty=([], {"x": np.zeros(0)}),
    )
    aligned = align(made, rate=1)
    assert list(aligned.valid) == ["good"]
    assert aligned.notes == [
        "empty: left out, it has no messages",
        "stuck: left out, all 3 stamps are 7",
    ]
    with pytest.raises(RecordingError, match="stream 'stuck': all 3 stamps are 7"):
        align(made, rate=1, streams=["stuck"])
    with pytest.raises(RecordingError, match="no stream has stamps to align"):
        align(recording(stuck=([7, 7], {"x": [0.0, 1.0]})), rate=1)


def test_zero_quaternions_become_nan_with_a_note() -> None:
    q = np.tile([0.0, 0.0, 0.0, 1.0], (5, 1))
    q[2] = 0.0
    aligned = align(recording(imu=(every(SECOND, 5), {"orientation": q})), rate=1)
    assert aligned.notes == ["imu:orientation: 1 quaternions of length zero are taken as NaN"]
    got = aligned.columns["imu:orientation"]
    assert np.isnan(got[2]).all()
    np.testing.assert_array_equal(np.delete(got, 2, 0), np.delete(q, 2, 0))


def test_streams_without_fields_give_the_index_of_the_nearest_message() -> None:
    made = recording(
        camera=(EPOCH + np.array([0, 40, 100]) * 1_000_000, {}),
        arm=(every(10_000_000, 13), {"x": np.arange(13.0)}),
    )
    aligned = align(made, rate=50)
    assert aligned.columns["camera:index"].tolist() == [0, 0, 1, 1, 2, 2, -1]
    assert aligned.valid["camera"].tolist() == [True] * 6 + [False]
    assert aligned.metadata["columns"]["camera:index"]["kind"] == "index"


def test_aggregates_take_one_period_unless_told() -> None:
    made = recording(force=(every(100_000_000, 21), {"n": np.arange(21.0)}))
    means = align(made, rate=1, modes={"force:n": "mean"})
    np.testing.assert_array_equal(means.columns["force:n"], [0.0, 5.5, 15.5])
    assert means.metadata["rules"]["window_ns"] == [SECOND, 0]
    wide = align(made, rate=1, modes={"force:n": "max"}, window=("100ms", "200ms"))
    np.testing.assert_array_equal(wide.columns["force:n"], [2.0, 12.0, 20.0])
    with pytest.raises(rc.InvalidArgumentError, match="window: the aggregates need one"):
        align(made, clock="force", modes={"force": "mean"})


def test_integers_can_be_interpolated_on_request() -> None:
    made = recording(adc=(every(SECOND, 3), {"volt": np.array([0, 10, 30], np.int16)}))
    column = align(made, rate=2, modes={"adc:volt": "linear"}).columns["adc:volt"]
    np.testing.assert_array_equal(column, [0.0, 5.0, 10.0, 20.0, 30.0])
    assert column.dtype == np.float64


def test_more_streams_than_one_call_takes() -> None:
    names = [f"s{number:03}" for number in range(70)]
    made = recording(
        **{name: (every(SECOND, 3), {"x": np.full(3, float(i))}) for i, name in enumerate(names)}
    )
    aligned = align(made, rate=1)
    assert [aligned.columns[f"{name}:x"][1] for name in names] == list(range(70))


def test_progress_and_plan_are_told(arm: Recording) -> None:
    steps: list[tuple[int, int]] = []
    plans: list[Any] = []
    align(arm, rate=5, progress=lambda done, total: steps.append((done, total)),
          announce=plans.append)  # fmt: skip
    assert steps[-1] == (6, 6)
    assert steps == sorted(steps)
    assert [source.name for source in plans[0].sources] == ["pose", "state", "temperature"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "rate, clock: expected exactly one of them"),
        ({"rate": 1, "clock": "pose"}, "rate, clock: expected exactly one of them"),
        ({"rate": 0}, "rate: expected a rate in hertz above 0"),
        ({"rate": -5}, "rate: expected a rate in hertz above 0"),
        ({"rate": "nan"}, "rate: expected a rate in hertz above 0"),
        ({"rate": "1/0"}, "rate: expected a rate in hertz above 0"),
        ({"rate": 1, "max_gap": "5 parsecs"}, "max_gap: expected seconds or a number with"),
        ({"rate": 1, "max_gap": 0}, "max_gap: expected a duration above 0, got 0"),
        ({"rate": 1, "span": "all"}, "span: expected one of union, overlap, got 'all'"),
        ({"rate": 1, "outside": "x"}, "outside: expected one of hold, fill, extrapolate, got 'x'"),
        ({"rate": 1, "order": "x"}, "order: expected one of check, sort, drop, got 'x'"),
        ({"rate": 1, "duplicates": "x"}, "duplicates: expected one of last, first, mean, got 'x'"),
        ({"rate": 1, "stamps": "x"}, "stamps: expected one of header, receive, got 'x'"),
        ({"rate": 1, "start": "soon"}, "start: expected seconds or a number with"),
        (
            {"rate": 1, "modes": {"pose:position": "mean"}, "window": 0},
            "window: expected durations",
        ),
    ],
)
def test_arguments_that_no_recording_satisfies(
    arm: Recording, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(rc.InvalidArgumentError) as error:
        make_plan(arm, **arguments)
    assert str(error.value).startswith(message)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"streams": ["pole"]}, "no stream 'pole'; did you mean 'pose'?"),
        ({"streams": ["pose:postion"]}, "no field 'postion' in 'pose'; did you mean 'position'?"),
        ({"modes": {"pose:q": "lerp"}}, "mode 'lerp' of pose:q: expected one of linear, previous"),
        ({"modes": {"pose:position": "slerp"}}, "mode 'slerp' of pose:position: slerp takes"),
        ({"modes": {"state:name": "linear"}}, "mode 'linear' of state:name: text take previous"),
        ({"modes": {"state:closed": "mean"}}, "mode 'mean' of state:closed: flags take previous"),
        ({"stamps": "receive"}, "stream 'pose' has no receive stamps"),
        ({"start": 5, "stop": 6}, "start 5 to stop 6 holds no time: the recording lasts 1.98 s"),
        ({"rate": 10**12}, "the clock would have 1980000000001 ticks of"),
    ],
)
def test_what_this_recording_cannot_satisfy(
    arm: Recording, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(RecordingError) as error:
        make_plan(arm, **{"rate": 10, **arguments})
    assert error.value.problem.startswith(message)


def test_streams_that_do_not_overlap() -> None:
    made = recording(
        early=(every(SECOND, 3), {"x": np.zeros(3)}),
        late=(every(SECOND, 3, EPOCH + 9 * SECOND), {"x": np.zeros(3)}),
    )
    with pytest.raises(RecordingError, match="'late' starts after 'early' ends"):
        align(made, rate=1, span="overlap")
    assert len(align(made, rate=1)) == 12


def test_a_clock_that_is_several_streams(arm: Recording) -> None:
    with pytest.raises(RecordingError, match="expected one stream, got pose, state, temperature"):
        align(arm, clock="*")


def test_align_opens_and_closes_a_path(tmp_path: Path) -> None:
    path = tmp_path / "imu.csv"
    path.write_text("time_s,x\n0.0,0.0\n0.5,1.0\n1.0,2.0\n")
    np.testing.assert_array_equal(align(path, rate=4).columns["imu:x"], np.arange(5) / 2)


def test_pandas_gets_a_flat_table(arm: Recording) -> None:
    pytest.importorskip("pandas")
    frame = align(arm, rate=10).to_pandas()
    assert frame.index.name == "time_ns"
    assert frame.index.dtype == np.int64
    assert frame["state:step"].dtype == np.int64
    assert [name for name in frame if name.startswith("pose:")] == [
        "pose:position[0]", "pose:position[1]", "pose:position[2]",
        "pose:q.x", "pose:q.y", "pose:q.z", "pose:q.w",
    ]  # fmt: skip
    assert frame["valid:pose"].dtype == bool
