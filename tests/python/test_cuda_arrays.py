# SPDX-License-Identifier: Apache-2.0
"""Arrays on a CUDA device: kinds, lists, streams that are not current, devices that differ."""

from __future__ import annotations

import numpy as np
import pytest
from cuda_frameworks import MAKERS, cupy_cuda, jax_cuda, same_bits, torch_cuda
from frameworks import kind_of

import robocache as rc

if not rc.devices()[1]["available"]:
    pytest.skip(f"no CUDA device: {rc.devices()[1]['reason']}", allow_module_level=True)

pytestmark = pytest.mark.usefixtures("first_device")

RNG = np.random.default_rng(7)
VALUES = RNG.normal(size=(4, 500, 8)).astype(np.float32)
TIMES = np.cumsum(RNG.integers(1, 20, size=(4, 500)), axis=1)
TARGETS = RNG.integers(-50, 6000, size=(4, 300))
EXPECTED = rc.resample(VALUES, TIMES, TARGETS, quality=True)


@pytest.mark.parametrize("maker", ["torch", "cupy"])
def test_the_same_kind_with_the_same_bits(maker: str) -> None:
    make = MAKERS[maker]
    got = rc.resample(make(VALUES), make(TIMES), make(TARGETS), quality=True)
    for part, expected in zip(got, EXPECTED, strict=True):
        assert kind_of(part) == maker
        same_bits(part, expected)


def test_jax() -> None:
    values, times, targets = map(jax_cuda, (VALUES, TIMES, TARGETS))
    got = rc.resample(values, times, targets, quality=True)
    for part, expected in zip(got, EXPECTED, strict=True):
        assert kind_of(part) == "jax"
        assert part.devices() == values.devices()
        same_bits(part, expected)


def test_kinds_may_be_mixed() -> None:
    got = rc.resample(torch_cuda(VALUES), cupy_cuda(TIMES), torch_cuda(TARGETS))
    assert kind_of(got) == "torch"
    same_bits(got, EXPECTED.values)


def test_lists_are_copied_to_the_device() -> None:
    got = rc.resample(torch_cuda(VALUES[0]), TIMES[0].tolist(), TARGETS[0].tolist())
    same_bits(got, EXPECTED.values[0])


@pytest.mark.parametrize("which", ["source_times", "target_times", "out"])
def test_an_array_elsewhere_is_refused_by_name(which: str) -> None:
    arguments = {
        "source_times": torch_cuda(TIMES),
        "target_times": torch_cuda(TARGETS),
        "out": torch_cuda(EXPECTED.values),
    }
    arguments[which] = arguments[which].cpu()
    name = "output" if which == "out" else which
    with pytest.raises(rc.DeviceMismatchError, match=rf"{name}: "):
        rc.resample(torch_cuda(VALUES), **arguments)


def test_backends_follow_the_values() -> None:
    values, times, targets = map(torch_cuda, (VALUES, TIMES, TARGETS))
    same_bits(rc.resample(values, times, targets, backend="cuda"), EXPECTED.values)
    with pytest.raises(rc.DeviceMismatchError, match=r"which lies on cuda:0; got 'cpu'"):
        rc.resample(values, times, targets, backend="cpu")
    message = "values: expected memory of cpu, got cuda:0"
    with rc.Context("cpu") as context, pytest.raises(rc.DeviceMismatchError, match=message):
        rc.resample(values, times, targets, context=context)


@pytest.mark.parametrize("form", ["object", "handle", "context"])
def test_another_stream_waits_for_inputs_and_keeps_them(form: str) -> None:
    torch = pytest.importorskip("torch")
    times, targets = map(torch_cuda, (TIMES, TARGETS))
    stream = torch.cuda.Stream()
    chosen = {
        "object": {"stream": stream},
        "handle": {"stream": stream.cuda_stream},
        "context": {"context": rc.Context("cuda", stream=stream)},
    }[form]
    base = torch_cuda(VALUES)
    torch.cuda.synchronize()
    torch.cuda._sleep(50_000_000)
    values = base * 1
    got = rc.resample(values, times, targets, **chosen)
    # Freed and made again at once: PyTorch must not hand out the memory that is still read.
    del values
    for _ in range(4):
        torch.full_like(base, float("nan"))
    stream.synchronize()
    same_bits(got, EXPECTED.values)


def test_many_calls_keep_no_memory() -> None:
    torch = pytest.importorskip("torch")
    values, times, targets = map(torch_cuda, (VALUES, TIMES, TARGETS))
    rc.resample(values, times, targets)
    torch.cuda.synchronize()
    before = torch.cuda.memory_allocated()
    for _ in range(2000):
        rc.resample(values, times, targets)
    torch.cuda.synchronize()
    assert torch.cuda.memory_allocated() == before
