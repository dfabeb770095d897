# SPDX-License-Identifier: Apache-2.0
"""resample, its index and its gradient as Python offers them: shapes, options, PyTorch's graph."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pytest
from frameworks import MAKERS, dtype_of, kind_of, to_numpy

import robocache as rc

TIMES = np.array([0, 10, 20, 30])
RNG = np.random.default_rng(3)
BATCH = RNG.normal(size=(2, 4, 3))
PACKED = RNG.normal(size=(7, 3))
PACKED_TIMES = np.array([0, 10, 20, 0, 5, 10, 15])


def interp(values: np.ndarray, times: np.ndarray, targets: Any) -> np.ndarray:
    columns = [np.interp(targets, times, column) for column in values.T]
    return np.stack(columns, axis=-1)


@pytest.mark.parametrize(
    ("arguments", "shape"),
    [
        ({"values": BATCH, "source_times": TIMES, "target_times": [1, 2]}, (2, 2, 3)),
        ({"values": BATCH, "source_times": np.tile(TIMES, (2, 1)), "target_times": [1]}, (2, 1, 3)),
        ({"values": BATCH, "source_times": TIMES, "target_times": np.ones((2, 5), int)}, (2, 5, 3)),
        ({"values": BATCH[0], "source_times": TIMES, "target_times": [1, 2]}, (2, 3)),
        (
            {"values": BATCH[0], "source_times": TIMES, "target_times": np.ones((1, 2), int)},
            (1, 2, 3),
        ),
        ({"values": BATCH[0, :, 0], "source_times": TIMES, "target_times": [1, 2]}, (2,)),
        (
            {
                "values": BATCH[0],
                "source_times": TIMES,
                "target_times": [1, 2],
                "sequence_ids": [0, 0, 0],
            },
            (3, 2, 3),
        ),
        (
            {
                "values": PACKED,
                "source_times": PACKED_TIMES,
                "target_times": [1],
                "offsets": [0, 3, 7],
            },
            (2, 1, 3),
        ),
        (
            {
                "values": PACKED[:, 0],
                "source_times": PACKED_TIMES,
                "target_times": [1, 2, 3, 4],
                "offsets": [0, 3, 7],
                "target_offsets": [0, 1, 4],
            },
            (4,),
        ),
        (
            {
                "values": PACKED,
                "source_times": PACKED_TIMES,
                "target_times": np.ones((5, 2), int),
                "offsets": [0, 3, 7],
                "sequence_ids": [1, 0, 1, 1, 0],
            },
            (5, 2, 3),
        ),
        ({"values": BATCH[:0], "source_times": TIMES, "target_times": [1]}, (0, 1, 3)),
        ({"values": BATCH[:, :, :0], "source_times": TIMES, "target_times": [1]}, (2, 1, 0)),
        ({"values": BATCH, "source_times": TIMES, "target_times": []}, (2, 0, 3)),
    ],
)
def test_shapes(arguments: dict[str, Any], shape: tuple[int, ...]) -> None:
    got = rc.resample(**arguments, quality=True)
    assert got.values.shape == shape
    lead = shape if np.ndim(arguments["values"]) == 1 else shape[:-1]
    assert {part.shape for part in got[1:]} == {lead}


def test_packed_rows_equal_their_sequences() -> None:
    offsets, ids = [0, 3, 7], [1, 0, 1]
    targets = RNG.integers(-2, 22, size=(3, 6))
    got = rc.resample(PACKED, PACKED_TIMES, targets, offsets=offsets, sequence_ids=ids)
    for row, sequence in enumerate(ids):
        part = slice(offsets[sequence], offsets[sequence + 1])
        expected = rc.resample(PACKED[part], PACKED_TIMES[part], targets[row])
        np.testing.assert_array_equal(got[row], expected)


def test_a_pose_in_one_call() -> None:
    pose = np.array([[0, 0, 0, 0, 0, 0, 1], [1, 2, 3, 0, 0, 1, 0]], np.float64)
    mode = [rc.Channels(0, 3, "linear"), rc.Channels(3, 4, "slerp")]
    got = rc.resample(pose, [0, 100], [50], mode=mode)
    half = np.sqrt(0.5)
    np.testing.assert_allclose(got, [[0.5, 1, 1.5, 0, 0, half, half]], atol=1e-15)
    np.testing.assert_array_equal(rc.resample(pose, [0, 100], [50], mode=mode[1]), got)


def test_integers_stay_when_groups_that_copy_cover_all_channels() -> None:
    table = np.array([[1, 2], [3, 4]], np.uint8)
    groups = [rc.Channels(0, 1, "previous"), rc.Channels(1, 1, "next")]
    got = rc.resample(table, [0, 100], [30], mode=groups)
    assert got.dtype == np.uint8
    np.testing.assert_array_equal(got, [[1, 4]])
    # The channel that no group names is linear.
    assert rc.resample(table, [0, 100], [30], mode=groups[:1]).dtype == np.float32
    assert (
        rc.resample(table, [0, 100], [30], mode="previous", duplicates="mean").dtype == np.float32
    )


def test_windows() -> None:
    values, times = np.array([1.0, 2.0, 4.0, 8.0]), TIMES
    one = rc.resample(values, times, [20], mode="sum", window=20)
    pair = rc.resample(values, times, [20], mode="sum", window=(20, 10))
    assert (one[0], pair[0]) == (6.0, 14.0)


def test_clock_map() -> None:
    clock = rc.ClockMap(offset=5, drift=0.5, reference=10)
    mapped = TIMES + 5 + (TIMES - 10) // 2
    targets = np.arange(0, 50, 3)
    got = rc.resample(BATCH[0], TIMES, targets, clock=clock)
    np.testing.assert_array_equal(got, rc.resample(BATCH[0], mapped, targets))
    seconds = rc.ClockMap(offset=np.timedelta64(500, "ms"))
    got = rc.resample(np.array([0.0, 1.0]), [0.0, 1.0], [1.0], clock=seconds)
    assert got[0] == 0.5


def test_reasons_can_be_named() -> None:
    got = rc.resample(np.zeros(4), TIMES, [-1, 5, 31], outside="fill", quality=True)
    assert rc.Reason(int(got.reason[0])) is rc.Reason.BEFORE_FIRST
    assert rc.Reason(int(got.reason[1])) is rc.Reason.NONE
    assert rc.Reason(int(got.reason[2])) is rc.Reason.AFTER_LAST
    assert got.valid.tolist() == [False, True, False]
    assert (got.values[~got.valid] == 0).all()


def test_without_validation_bad_times_pass() -> None:
    got = rc.resample(np.zeros(3), [0, 20, 10], [5], validate=False)
    assert got.shape == (1,)


@pytest.mark.parametrize("maker", [name for name in MAKERS if name != "dlpack"])
def test_index(maker: str) -> None:
    source = MAKERS[maker](TIMES, "float32")
    got = rc.resample_index(source, [4.0, 20.0, 99.0], outside="fill")
    assert kind_of(got.weight) == maker
    assert dtype_of(got.weight) == "float32"
    np.testing.assert_array_equal(to_numpy(got.source_index), [0, 2, -1])
    np.testing.assert_array_equal(to_numpy(got.next_index)[:2], [1, 2])
    np.testing.assert_array_equal(to_numpy(got.weight)[:2], np.float32([0.4, 0]))
    np.testing.assert_array_equal(to_numpy(got.valid), [True, True, False])


def test_index_gathers_what_resample_gives() -> None:
    targets = RNG.integers(-5, 40, size=20)
    found = rc.resample_index(TIMES, targets, dtype="float64")
    weight = found.weight[:, None]
    gathered = (1 - weight) * BATCH[0][found.source_index] + weight * BATCH[0][found.next_index]
    np.testing.assert_allclose(gathered, rc.resample(BATCH[0], TIMES, targets), rtol=1e-14)


def test_index_of_rows() -> None:
    assert rc.resample_index(TIMES, np.ones((3, 2), int)).weight.shape == (3, 2)
    assert rc.resample_index(np.tile(TIMES, (2, 1)), [1]).weight.shape == (2, 1)
    packed = rc.resample_index(PACKED_TIMES, [1, 6], offsets=[0, 3, 7])
    np.testing.assert_array_equal(packed.source_index, [[0, 0], [3, 4]])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_backward_is_the_transpose(dtype: str) -> None:
    targets = RNG.integers(-5, 40, size=(2, 9))
    values = BATCH.astype(dtype)
    gradient = RNG.normal(size=(2, 9, 3)).astype(dtype)
    back = rc.resample_backward(gradient, values, TIMES, targets)
    assert (back.shape, back.dtype) == (values.shape, values.dtype)
    forward = rc.resample(values, TIMES, targets)
    left, right = np.sum(forward * gradient, dtype="f8"), np.sum(values * back, dtype="f8")
    np.testing.assert_allclose(left, right, rtol=1e-5 if dtype == "float32" else 1e-12)
    out = np.empty_like(values)
    assert rc.resample_backward(gradient, values, TIMES, targets, out=out) is out
    np.testing.assert_array_equal(out, back)


def test_backward_of_a_signal_without_channels() -> None:
    back = rc.resample_backward(np.ones(2), BATCH[0, :, 0], TIMES, [5, 30])
    np.testing.assert_array_equal(back, [0.5, 0.5, 0, 1])


def test_backward_without_values() -> None:
    with pytest.raises(TypeError, match=r"values: expected an array; got None"):
        rc.resample_backward(np.ones(2), None, TIMES, [5, 30])


MODES = ["linear", "previous", "next", "nearest", "pchip", "slerp", "angle", "mean", "sum", "last"]


@pytest.mark.parametrize("mode", MODES)
def test_torch_gradients(mode: str) -> None:
    torch = pytest.importorskip("torch")
    values = torch.from_numpy(RNG.normal(size=(2, 4, 4))).requires_grad_()
    targets = torch.from_numpy(RNG.integers(1, 30, size=(2, 5)))
    window = 25 if mode in ("mean", "sum", "last") else None

    def run(given: Any) -> Any:
        return rc.resample(given, torch.from_numpy(TIMES), targets, mode=mode, window=window)

    assert torch.autograd.gradcheck(run, values)


def test_torch_gradients_beside_quality() -> None:
    torch = pytest.importorskip("torch")
    values = torch.ones(4, 3, requires_grad=True)
    got = rc.resample(values, TIMES, [5, 30], quality=True)
    assert got.values.requires_grad
    assert not any(part.requires_grad for part in got[1:])
    got.values.sum().backward()
    np.testing.assert_array_equal(values.grad[:, 0], [0.5, 0.5, 0, 1])


def test_torch_graph_is_not_cut_silently() -> None:
    torch = pytest.importorskip("torch")
    values = torch.ones(4, 3, requires_grad=True)
    with pytest.raises(rc.InvalidArgumentError, match=r"out: expected None"):
        rc.resample(values, TIMES, [5], out=torch.empty(1, 3))
    with torch.no_grad():
        assert not rc.resample(values, TIMES, [5]).requires_grad
    scaled = values * 1
    total = rc.resample(scaled, TIMES, [5]).sum()
    with torch.no_grad():
        scaled.add_(1)
    with pytest.raises(RuntimeError, match=r"modified by an inplace operation"):
        total.backward()


def test_the_log_says_where_a_call_ran(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "robocache"):
        rc.resample(BATCH, TIMES, [5])
    assert "resample: values on cpu: runs there" in caplog.messages


@pytest.mark.parametrize("backend", [None, "auto", "cpu"])
def test_resample_trajectories(backend: str | None) -> None:
    got = rc.resample_trajectories(BATCH, TIMES, [5, 99], backend=backend)
    np.testing.assert_array_equal(got, rc.resample(BATCH, TIMES, [5, 99]))
