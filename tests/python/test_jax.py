# SPDX-License-Identifier: Apache-2.0
"""JAX: arrays through DLPack on every device, and `robocache.jax` inside traced code on the CPU."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import robocache as rc

jax = pytest.importorskip("jax")

import robocache.jax as rcj  # noqa: E402

RNG = np.random.default_rng(7)
VALUES = RNG.normal(size=(3, 50, 4)).astype(np.float32)
TIMES = np.cumsum(RNG.integers(1, 20, size=(3, 50)), axis=1)
TARGETS = RNG.integers(-20, 600, size=(3, 20))


def _devices() -> list[Any]:
    reason = "" if rc.devices()[1]["available"] else rc.devices()[1]["reason"]
    try:
        jax.devices("cuda")
    except RuntimeError as error:
        reason = reason or f"JAX has none: {error}"
    mark = pytest.mark.skipif(reason != "", reason=f"no CUDA device: {reason}")
    return ["cpu", pytest.param("cuda", marks=mark)]


@pytest.fixture(autouse=True)
def sixty_four_bits() -> Iterator[None]:
    with jax.enable_x64(True):
        yield


def on(device: str, *arrays: np.ndarray) -> list[Any]:
    return [jax.device_put(array, jax.devices(device)[0]) for array in arrays]


def same(got: Any, expected: np.ndarray) -> None:
    assert isinstance(got, jax.Array)
    assert got.dtype == expected.dtype
    np.testing.assert_array_equal(np.asarray(got).view(np.uint8), expected.view(np.uint8))


@pytest.mark.parametrize("device", _devices())
def test_arrays_are_taken_and_given(device: str) -> None:
    values, times, targets = on(device, VALUES, TIMES, TARGETS)
    got = rc.resample(values, times, targets, quality=True)
    for one, other in zip(got, rc.resample(VALUES, TIMES, TARGETS, quality=True), strict=True):
        assert one.devices() == values.devices()
        same(one, other)
    expected = rc.fuse([rc.Stream(VALUES, TIMES), rc.Stream(VALUES, TIMES, mode="next")], TARGETS)
    fused = rc.fuse([rc.Stream(values, times), rc.Stream(values, times, mode="next")], targets)
    for one, other in zip(fused, expected, strict=True):
        same(one, other)


@pytest.mark.parametrize("device", _devices())
def test_gradients_of_arrays(device: str) -> None:
    weights = RNG.normal(size=(3, 20, 4)).astype(np.float32)
    got = rc.resample_backward(*on(device, weights, VALUES, TIMES, TARGETS))
    same(got, rc.resample_backward(weights, VALUES, TIMES, TARGETS))


PACKED = {
    "offsets": np.array([0, 20, 20, 50]),
    "sequence_ids": np.array([2, 0, 2, 1]),
    "target_offsets": np.array([0, 5, 5, 9, 12]),
}
CALLS: dict[str, tuple[tuple[np.ndarray, ...], dict[str, Any]]] = {
    "linear": ((VALUES, TIMES, TARGETS), {}),
    "pchip": ((VALUES, TIMES, TARGETS), {"mode": "pchip", "max_gap": 15, "fill_value": np.nan}),
    "groups": ((VALUES, TIMES, TARGETS), {"mode": [rc.Channels(0, 4, "slerp")]}),
    "window": ((VALUES, TIMES, TARGETS), {"mode": "mean", "window": [30, 10], "outside": "fill"}),
    "half": ((VALUES, TIMES, TARGETS), {"dtype": "bfloat16", "clock": rc.ClockMap(5, 1e-3)}),
    "integers": ((VALUES.astype(np.int16), TIMES, TARGETS), {"mode": "previous"}),
    "signal": ((VALUES[0, :, 0], TIMES[0], TARGETS[0]), {}),
    "seconds": ((VALUES, TIMES.astype(np.float32), TARGETS.astype(np.float32)), {}),
    "lengths": ((VALUES, TIMES, TARGETS), {"lengths": np.array([50, 7, 1])}),
    "packed": ((VALUES[0], TIMES[0].copy(), TARGETS.ravel()[:12]), {"order": "sort", **PACKED}),
}


@pytest.mark.parametrize("call", CALLS)
def test_jit_gives_equal_bits(call: str) -> None:
    arrays, options = CALLS[call]
    expected = rc.resample(*arrays, **options)
    layout = {name: on("cpu", value)[0] for name, value in options.items() if name in LAYOUT}
    rules = {name: value for name, value in options.items() if name not in LAYOUT}
    traced = jax.jit(lambda arrays, layout: rcj.resample(*arrays, **layout, **rules))
    same(traced(on("cpu", *arrays), layout), expected)
    same(rcj.resample(*on("cpu", *arrays), **layout, **rules), expected)


LAYOUT = ("offsets", "lengths", "target_offsets", "sequence_ids")


@pytest.mark.parametrize("x64", [True, False])
def test_quality_of_traced_code(x64: bool) -> None:
    arrays = VALUES, TIMES.astype(np.float32), TARGETS.astype(np.float32)
    arrays = arrays if not x64 else (VALUES, TIMES, TARGETS)
    options = {"outside": "fill", "max_gap": 12, "quality": True}
    expected = rc.resample(*arrays, **options)
    with jax.enable_x64(x64):
        given = on("cpu", *arrays)
        got = jax.jit(lambda *arrays: rcj.resample(*arrays, **options))(*given)
        assert isinstance(got, rc.Resampled)
        kinds = {"int64": "int64", "float64": "float64"} if x64 else NARROW
        for one, other in zip(got, expected, strict=True):
            same(one, other.astype(kinds.get(str(other.dtype), other.dtype)))
        gradient = jax.grad(lambda v: rcj.resample(v, *given[1:], **options).values.sum())(given[0])
        ones = np.ones(expected.values.shape, np.float32)
        rules = {"outside": "fill", "max_gap": 12}
        same(gradient, rc.resample_backward(ones, *arrays, **rules))


NARROW = {"int64": "int32", "float64": "float32"}
"""What JAX makes of 64 bits unless it is told not to."""


def streams_of(values: list[Any], times: Any, layout: dict[str, Any]) -> list[rc.Stream]:
    """Three streams, the second one absent."""
    return [
        rc.Stream(values[0], times, mode=[rc.Channels(0, 4, "slerp")], offset=3, **layout),
        rc.Stream(None, width=2, fill_value=7.0),
        rc.Stream(values[1], times, mode="previous", outside="fill", max_gap=9, **layout),
    ]


@pytest.mark.parametrize("separate", [False, True])
@pytest.mark.parametrize("packed", [False, True])
def test_fuse_in_traced_code(separate: bool, packed: bool) -> None:
    values, times, targets, layout, rows = [VALUES, VALUES[..., :2] + 1], TIMES, TARGETS, {}, {}
    if packed:
        values, times, targets = [one[0] for one in values], TIMES[0], TARGETS.ravel()[:12]
        layout = {"offsets": PACKED["offsets"], "sequence_ids": PACKED["sequence_ids"]}
        layout |= {"order": "sort"}
        rows = {"target_offsets": PACKED["target_offsets"]}
    rows |= {"separate": separate}
    expected, expected_valid = rc.fuse(streams_of(values, times, layout), targets, **rows)

    def call(values: list[Any], arrays: dict[str, Any]) -> Any:
        kept = layout | {name: arrays[name] for name in layout if name in LAYOUT}
        options = rows | {name: arrays[name] for name in rows if name in LAYOUT}
        return rcj.fuse(streams_of(values, arrays["times"], kept), arrays["targets"], **options)

    given = on("cpu", *values)
    arrays = {"times": times, "targets": targets, **layout, **rows}
    named = {name: on("cpu", one)[0] for name, one in arrays.items() if isinstance(one, np.ndarray)}
    for function in (call, jax.jit(call)):
        out, valid = function(given, named)
        same(valid, expected_valid)
        pairs = zip(out, expected, strict=True) if separate else [(out, expected)]
        for one, other in pairs:
            same(one, other)

    def loss(values: list[Any]) -> Any:
        out, _ = call(values, named)
        return sum((one**2).sum() for one in out) if separate else (out**2).sum()

    doubled = [2 * one for one in expected] if separate else 2 * expected
    wanted = rc.fuse_backward(doubled, streams_of(values, times, layout), targets, **rows)
    for one, other in zip(jax.jit(jax.grad(loss))(given), [wanted[0], wanted[2]], strict=True):
        same(one, other)


def test_fuse_of_nothing_is_refused() -> None:
    with pytest.raises(rc.InvalidArgumentError, match="streams: expected at least one"):
        rcj.fuse([rc.Stream(None, width=2)], on("cpu", TARGETS)[0])


@pytest.mark.parametrize("mode", ["linear", "pchip"])
def test_grad_is_that_of_resample_backward(mode: str) -> None:
    values, times, targets = on("cpu", VALUES, TIMES, TARGETS)

    def loss(values: Any) -> Any:
        return (rcj.resample(values, times, targets, mode=mode, fill_value=3.0) ** 2).sum()

    result = rc.resample(VALUES, TIMES, TARGETS, mode=mode)
    expected = rc.resample_backward(2 * result, VALUES, TIMES, TARGETS, mode=mode)
    same(jax.jit(jax.grad(loss))(values), expected)


def test_vmap_is_a_loop() -> None:
    values, times, targets = on("cpu", VALUES, TIMES, TARGETS)
    mapped = jax.jit(jax.vmap(rcj.resample, (0, None, 0)))(values, times[0], targets)
    same(mapped, np.stack([rc.resample(VALUES[i], TIMES[0], TARGETS[i]) for i in range(3)]))


def test_large_arrays_do_not_hang() -> None:
    values = RNG.normal(size=(200_000, 16)).astype(np.float32)
    times, targets = np.arange(200_000), np.arange(100_000) * 2
    traced = jax.jit(lambda *arrays: rcj.resample(*arrays) + 1)
    same(traced(*on("cpu", values, times, targets)), values[::2] + 1)


def test_faults_are_told() -> None:
    values, times, targets = on("cpu", VALUES, TIMES[:, ::-1].copy(), TARGETS)
    with pytest.raises(Exception, match=r"source_times: .*row 0"):
        jax.jit(rcj.resample)(values, times, targets).block_until_ready()
    with pytest.raises(rc.InvalidArgumentError, match=r"mode: expected one of .*'cubic'"):
        rcj.resample(values, times, targets, mode="cubic")


@pytest.mark.parametrize("device", _devices()[1:])
def test_a_gpu_is_refused_in_traced_code(device: str) -> None:
    with pytest.raises(NotImplementedError, match="cuda"):
        jax.jit(rcj.resample)(*on(device, VALUES, TIMES, TARGETS))
