# SPDX-License-Identifier: Apache-2.0
"""fuse as Python offers it: equal to resample of each stream, absent streams, gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from frameworks import MAKERS, dtype_of, kind_of, to_numpy

import robocache as rc

RNG = np.random.default_rng(5)
TARGETS = RNG.integers(-50, 450, size=(2, 16))


def sensors(dtype: str = "float64") -> list[tuple[np.ndarray, np.ndarray, dict[str, Any]]]:
    """Three sensors of two rows with clocks, widths and rules of their own."""
    return [
        (RNG.normal(size=(2, 40, 3)).astype(dtype), np.arange(40) * 10, {}),
        (
            RNG.normal(size=(2, 12, 7)).astype(dtype),
            np.sort(RNG.integers(0, 400, size=(2, 12))),
            {
                "mode": [rc.Channels(0, 3, "pchip"), rc.Channels(3, 4, "slerp")],
                "outside": "fill",
                "fill_value": -1.0,
            },
        ),
        (
            RNG.normal(size=(2, 9)).astype(dtype),
            np.tile(np.arange(9) * 40, (2, 1)),
            {"max_gap": 30},
        ),
    ]


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_fuse_is_the_concatenation_of_resamples(dtype: str) -> None:
    parts = sensors(dtype)
    got, valid = rc.fuse([rc.Stream(v, t, **rules) for v, t, rules in parts], TARGETS)
    expected = [rc.resample(v, t, TARGETS, quality=True, **rules) for v, t, rules in parts]
    expected_values = [one.values.reshape(2, 16, -1) for one in expected]
    np.testing.assert_array_equal(got, np.concatenate(expected_values, axis=-1))
    np.testing.assert_array_equal(valid, np.stack([one.valid for one in expected], axis=-1))
    assert (got.dtype, valid.dtype) == (np.dtype(dtype), np.dtype(bool))


@pytest.mark.parametrize("maker", [name for name in MAKERS if name != "dlpack"])
def test_fuse_gives_the_kind_it_takes(maker: str) -> None:
    parts = sensors("float32")
    streams = [rc.Stream(MAKERS[maker](v, "float32"), t, **rules) for v, t, rules in parts]
    got, valid = rc.fuse(streams, TARGETS)
    plain, plain_valid = rc.fuse([rc.Stream(v, t, **r) for v, t, r in parts], TARGETS)
    assert (kind_of(got), kind_of(valid)) == (maker, maker)
    np.testing.assert_array_equal(to_numpy(got), plain)
    np.testing.assert_array_equal(to_numpy(valid), plain_valid)


def test_separate_results() -> None:
    parts = sensors()
    streams = [rc.Stream(v, t, **r) for v, t, r in parts]
    got, valid = rc.fuse(streams, TARGETS, separate=True)
    assert isinstance(got, list)
    for one, (values, times, rules) in zip(got, parts, strict=True):
        np.testing.assert_array_equal(one, rc.resample(values, times, TARGETS, **rules))
    assert valid.shape == (2, 16, 3)
    outs = [np.empty_like(one) for one in got]
    again, _ = rc.fuse(
        [rc.Stream(v, t, **r) for v, t, r in parts], TARGETS, separate=True, out=outs
    )
    assert all(a is b for a, b in zip(again, outs, strict=True))
    np.testing.assert_array_equal(outs[1], got[1])


@pytest.mark.parametrize("separate", [False, True])
def test_absent_streams_are_filled_and_not_valid(separate: bool) -> None:
    values = np.arange(8.0).reshape(1, 4, 2)
    streams = [
        rc.Stream(None, width=2, fill_value=9.0),
        rc.Stream(values, np.arange(4) * 10),
        rc.Stream(None, width=1),
    ]
    got, valid = rc.fuse(streams, [5, 10], separate=separate)
    if separate:
        assert [one.shape for one in got] == [(1, 2, 2), (1, 2, 2), (1, 2, 1)]
        got = np.concatenate(got, axis=-1)
    np.testing.assert_array_equal(got, [[[9, 9, 1, 2, 0], [9, 9, 2, 3, 0]]])
    np.testing.assert_array_equal(valid[0], [[False, True, False]] * 2)


@pytest.mark.parametrize(
    ("types", "modes", "expected"),
    [
        (("float32", "float32"), ("linear", "linear"), "float32"),
        (("float32", "float64"), ("linear", "linear"), "float64"),
        (("float16", "float32"), ("linear", "linear"), "float32"),
        (("uint8", "float16"), ("linear", "linear"), "float32"),
        (("uint8", "uint8"), ("previous", "previous"), "uint8"),
        (("uint8", "int16"), ("previous", "previous"), "float32"),
        (("uint8", "uint8"), ("previous", "linear"), "float32"),
    ],
)
def test_type_of_the_concatenation(
    types: tuple[str, str], modes: tuple[str, str], expected: str
) -> None:
    streams = [
        rc.Stream(np.ones((2, 3), dtype), [0, 10], mode=mode)
        for dtype, mode in zip(types, modes, strict=True)
    ]
    assert dtype_of(rc.fuse(streams, [5])[0]) == expected
    assert dtype_of(rc.fuse(streams, [5], dtype="float64")[0]) == "float64"


def test_packed_streams_and_targets() -> None:
    values, times = RNG.normal(size=(5, 2)), np.array([0, 10, 0, 10, 20])
    other = RNG.normal(size=(2, 3, 1))
    streams = [
        rc.Stream(values, times, offsets=[0, 2, 5]),
        rc.Stream(other, [0, 10, 20], lengths=[2, 3], sequence_ids=[1, 0]),
    ]
    got, valid = rc.fuse(streams, [1, 2, 15], target_offsets=[0, 1, 3])
    first = rc.resample(values, times, [1, 2, 15], offsets=[0, 2, 5], target_offsets=[0, 1, 3])
    second = rc.resample(
        other,
        [0, 10, 20],
        [1, 2, 15],
        lengths=[2, 3],
        sequence_ids=[1, 0],
        target_offsets=[0, 1, 3],
    )
    np.testing.assert_array_equal(got, np.concatenate([first, second], axis=-1))
    assert valid.shape == (3, 2)


def test_offset_is_a_clock() -> None:
    values = RNG.normal(size=(4, 2))
    late = rc.fuse([rc.Stream(values, [0, 10, 20, 30], offset=7)], [7, 12, 40])[0]
    clock = rc.ClockMap(np.timedelta64(7, "ns"))
    mapped = rc.fuse([rc.Stream(values, [0, 10, 20, 30], clock=clock)], [7, 12, 40])[0]
    np.testing.assert_array_equal(late, rc.resample(values, [0, 10, 20, 30], [0, 5, 33]))
    np.testing.assert_array_equal(late, mapped)


def test_lists_take_the_type_of_the_arrays() -> None:
    values = np.array([0.0, 10.0])
    seconds = np.array([0.0, 1.0], np.float32)
    streams = [rc.Stream(values, [0, 1]), rc.Stream(values, seconds)]
    np.testing.assert_array_equal(rc.fuse(streams, [0.5])[0], [[5.0, 5.0]])


def test_out_is_written() -> None:
    wide = np.zeros((3, 6))
    out = wide[:, 1:5:2]
    streams = [rc.Stream(np.array([0.0, 10.0]), [0, 10]), rc.Stream(np.array([1.0, 1.0]), [0, 10])]
    got, _ = rc.fuse(streams, [1, 2, 3], out=out)
    assert got is out
    np.testing.assert_array_equal(wide, [[0, k, 0, 1, 0, 0] for k in (1, 2, 3)])


@pytest.mark.parametrize(
    ("streams", "arguments", "error", "message"),
    [
        ([], {}, rc.InvalidArgumentError, "num_streams: "),
        (
            [rc.Stream(None, width=2)],
            {},
            rc.InvalidArgumentError,
            "expected at least one with values",
        ),
        ([rc.Stream(np.ones(2), [10, 0])], {}, rc.InvalidDataError, r"streams\[0\].*source_times"),
        (
            [rc.Stream(np.ones(2), [0, 1]), rc.Stream(np.ones(2), [0, 1], mode="cubic")],
            {},
            ValueError,
            "mode: expected one of",
        ),
        (
            [rc.Stream(np.ones(2), [0, 1]), rc.Stream(np.ones((2, 2), ">f4"), [0, 1])],
            {},
            rc.UnsupportedDtypeError,
            r"streams\[1\].values: expected one of",
        ),
        (
            [rc.Stream(np.ones((2, 2, 1)), [0, 1]), rc.Stream(np.ones((3, 2, 1)), [0, 1])],
            {},
            rc.InvalidArgumentError,
            r"streams\[1\]",
        ),
        (
            [rc.Stream(np.ones(2), [0, 1])],
            {"separate": True, "out": []},
            ValueError,
            "out: expected a list of 1 arrays, one per stream; got 0",
        ),
        (
            [rc.Stream(np.ones(2), [0, 1])],
            {"backend": "cuda"},
            rc.DeviceMismatchError,
            r"fuse: backend: expected that of streams\[0\].values, which lies on cpu",
        ),
    ],
)
def test_bad_streams(
    streams: list[rc.Stream], arguments: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        rc.fuse(streams, [0], **arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"values": None}, "width: expected the number of channels of an absent stream; got 0"),
        ({"values": np.ones(2)}, "times: expected the times of the values; got None"),
        (
            {"values": np.ones(2), "times": [0, 1], "offset": 1, "clock": rc.ClockMap(1)},
            "offset: expected none beside clock",
        ),
    ],
)
def test_bad_stream(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(rc.InvalidArgumentError, match=message):
        rc.Stream(**arguments)


@pytest.mark.parametrize("separate", [False, True])
def test_backward_is_that_of_each_stream(separate: bool) -> None:
    parts = sensors()
    streams = [rc.Stream(v, t, **r) for v, t, r in parts] + [rc.Stream(None, width=2)]
    outputs, _ = rc.fuse(streams, TARGETS, separate=True)
    gradients = [RNG.normal(size=one.shape) for one in outputs]
    joint = np.concatenate([one.reshape(2, 16, -1) for one in gradients], axis=-1)
    got = rc.fuse_backward(gradients if separate else joint, streams, TARGETS, separate=separate)
    assert got[3] is None
    for (values, times, rules), gradient, back in zip(parts, gradients, got, strict=False):
        rules = {name: rule for name, rule in rules.items() if name != "fill_value"}
        expected = rc.resample_backward(gradient, values, times, TARGETS, **rules)
        np.testing.assert_array_equal(back, expected)


@pytest.mark.parametrize("separate", [False, True])
def test_torch_gradients(separate: bool) -> None:
    torch = pytest.importorskip("torch")
    moving = torch.from_numpy(RNG.normal(size=(1, 4, 2))).requires_grad_()
    still = torch.from_numpy(RNG.normal(size=(1, 3, 1)))
    also = torch.from_numpy(RNG.normal(size=(1, 5, 4))).requires_grad_()

    def run(first: Any, second: Any) -> Any:
        streams = [
            rc.Stream(first, np.arange(4) * 10),
            rc.Stream(still, np.arange(3) * 10),
            rc.Stream(None, width=2),
            rc.Stream(second, np.arange(5) * 10, mode="pchip"),
        ]
        got, valid = rc.fuse(streams, [3, 12, 44], separate=separate)
        assert not valid.requires_grad
        return tuple(got) if separate else got

    assert torch.autograd.gradcheck(run, (moving, also))


def test_known_names() -> None:
    vision, proprio, force = (RNG.normal(size=(2, 5, width)) for width in (4, 3, 2))
    times, targets = np.arange(5) * 10, [5, 17]
    two = rc.fused_multimodal_alignment(vision, times, proprio, times, target_t=targets)
    three = rc.fused_multimodal_alignment(vision, times, proprio, times, force, times, targets)
    expected = np.concatenate(
        [rc.resample(values, times, targets) for values in (vision, proprio, force)], axis=-1
    )
    np.testing.assert_array_equal(two, expected[..., :7])
    np.testing.assert_array_equal(three, expected)
    by_place = rc.fuse_multimodal(vision, times, proprio, times, force, times, targets)
    by_name = rc.fuse_multimodal(vision, times, proprio, times, target_times=targets, backend="cpu")
    np.testing.assert_array_equal(by_place, expected)
    np.testing.assert_array_equal(by_name, expected[..., :7])
    for bad in [(), (vision, times)]:
        with pytest.raises(ValueError, match=r"fuse_multimodal: expected values and times of each"):
            rc.fuse_multimodal(*bad)
