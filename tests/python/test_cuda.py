# SPDX-License-Identifier: Apache-2.0
"""Arrays on a GPU: every framework, on its own stream, equal to the CPU to the bit."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import robocache as rc

RANDOM = np.random.default_rng(7)


def _gpu() -> str:
    try:
        rc.Context("cuda").close()
    except rc.BackendUnavailableError as error:
        return str(error)
    return ""


pytestmark = [
    pytest.mark.skipif(_gpu() != "", reason=_gpu()),
    pytest.mark.usefixtures("first_device"),
]


def _torch(array: np.ndarray) -> Any:
    return pytest.importorskip("torch").from_numpy(array).cuda()


def _cupy(array: np.ndarray) -> Any:
    return pytest.importorskip("cupy").asarray(array)


def _jax(array: np.ndarray) -> Any:
    jax = pytest.importorskip("jax")
    return jax.device_put(array, jax.devices("gpu")[0])


def _to_numpy(array: Any) -> np.ndarray:
    if hasattr(array, "cpu"):
        return array.cpu().numpy()
    return array.get() if hasattr(array, "get") else np.asarray(array)


FRAMEWORKS = {"torch": _torch, "cupy": _cupy, "jax": _jax}


def _recording(dtype: str = "float32") -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    values = RANDOM.normal(size=(5, 200, 7)).astype(dtype)
    source = np.cumsum(RANDOM.uniform(0.001, 0.02, size=(5, 200)), axis=1).astype("float32")
    target = RANDOM.uniform(-0.1, 2.5, size=(5, 333)).astype("float32")
    return values, source, target


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("mode", ["linear", "previous", "nearest", "pchip", "angle"])
def test_equals_the_cpu(framework: str, mode: str) -> None:
    to_gpu = FRAMEWORKS[framework]
    arrays = _recording()
    expected = rc.resample(*arrays, mode=mode, quality=True)
    got = rc.resample(*map(to_gpu, arrays), mode=mode, quality=True)
    assert type(got.values) is type(to_gpu(arrays[0]))
    for name in ("values", "valid", "reason"):
        one, other = _to_numpy(getattr(got, name)), getattr(expected, name)
        assert one.tobytes() == other.tobytes(), name


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_fuse_equals_the_cpu(framework: str) -> None:
    to_gpu = FRAMEWORKS[framework]
    recordings = [_recording() for _ in range(3)]
    target = recordings[0][2]
    expected, valid = rc.fuse([rc.Stream(v, s) for v, s, _ in recordings], target)
    got, got_valid = rc.fuse(
        [rc.Stream(to_gpu(v), to_gpu(s)) for v, s, _ in recordings], to_gpu(target)
    )
    assert _to_numpy(got).tobytes() == expected.tobytes()
    assert _to_numpy(got_valid).tobytes() == valid.tobytes()


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("order", ["sort", "drop"])
def test_unordered_samples_equal_the_cpu(framework: str, order: str) -> None:
    to_gpu = FRAMEWORKS[framework]
    values, source, target = _recording()
    source = RANDOM.permuted(source, axis=1)
    arrays = (values, source, target)
    expected = rc.resample(*arrays, order=order, quality=True)
    got = rc.resample(*map(to_gpu, arrays), order=order, quality=True)
    for name in ("values", "valid", "reason"):
        one, other = _to_numpy(getattr(got, name)), getattr(expected, name)
        assert one.tobytes() == other.tobytes(), name


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("mode", ["linear", "pchip"])
def test_gradients_equal_the_cpu(framework: str, mode: str) -> None:
    to_gpu = FRAMEWORKS[framework]
    arrays = _recording()
    weights = RANDOM.normal(size=(5, 333, 7)).astype("float32")
    expected = rc.resample_backward(weights, *arrays, mode=mode)
    got = rc.resample_backward(to_gpu(weights), *map(to_gpu, arrays), mode=mode)
    assert _to_numpy(got).tobytes() == expected.tobytes()


def test_gradients_of_a_fuse_flow_through_torch() -> None:
    torch = pytest.importorskip("torch")
    recordings = [_recording() for _ in range(3)]
    target = recordings[0][2]
    weights = RANDOM.normal(size=(5, 333, 21)).astype("float32")
    gradients = []
    for to_device in (torch.from_numpy, _torch):
        values = [to_device(v).requires_grad_() for v, _, _ in recordings]
        streams = [
            rc.Stream(v, to_device(s)) for v, (_, s, _) in zip(values, recordings, strict=True)
        ]
        out, _ = rc.fuse(streams, to_device(target))
        out.backward(to_device(weights))
        gradients.append([_to_numpy(v.grad).tobytes() for v in values])
    assert gradients[0] == gradients[1]


def test_out_and_the_current_stream_of_torch() -> None:
    torch = pytest.importorskip("torch")
    arrays = _recording()
    expected = rc.resample(*arrays)
    values, source, target = map(_torch, arrays)
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        # At first both libraries load their kernels and take memory: CUDA may wait then.
        for cycles in (0, 50_000_000):
            torch.cuda._sleep(cycles)
            late = values * 1
            out = torch.empty(5, 333, 7, device="cuda")
            result = rc.resample(late, source, target, out=out)
        assert not stream.query()
    stream.synchronize()
    assert result is out
    assert _to_numpy(out).tobytes() == expected.tobytes()


def test_a_graph_of_torch_follows_its_data() -> None:
    torch = pytest.importorskip("torch")
    values, source, target = map(_torch, _recording())
    out = torch.empty(5, 333, 7, device="cuda")
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        rc.resample(values, source, target, out=out)
    values.mul_(2).add_(1)
    graph.replay()
    torch.cuda.synchronize()
    expected = rc.resample(values.cpu(), source.cpu(), target.cpu())
    assert torch.equal(out.cpu(), expected)


def test_a_fault_in_data_waits_for_the_context() -> None:
    values, source, target = _recording()
    source[3, 17] = -1
    arrays = [_torch(array) for array in (values, source, target)]
    with rc.Context("cuda") as context:
        rc.resample(*arrays, context=context)
        with pytest.raises(rc.InvalidDataError, match=r"source_times: .* at row 3, index 17"):
            context.synchronize()
        context.clear_error()
        context.synchronize()


def test_contexts_close_while_work_is_on_its_way() -> None:
    """Drivers crash that have to destroy a memory pool before a free has passed, not every time."""
    torch = pytest.importorskip("torch")
    arrays = [_torch(array) for array in _recording()]
    for _ in range(300):
        with rc.Context("cuda") as context:
            rc.resample(*arrays, context=context)
            torch.cuda._sleep(300_000)
    torch.cuda.synchronize()


def test_a_wrong_device_is_an_error() -> None:
    values, source, target = _recording()
    with pytest.raises(rc.DeviceMismatchError):
        rc.resample(_torch(values), source, target)
    with pytest.raises(rc.DeviceMismatchError):
        rc.resample(values, source, target, backend="cuda")


def _calls() -> dict[str, Callable[[], Any]]:
    """Small calls of every kind, over the same tensors."""
    torch = pytest.importorskip("torch")
    values, source, target = map(_torch, _recording())
    moving = values.clone().requires_grad_()
    streams = [rc.Stream(values, source), rc.Stream(moving, source, order="sort")]

    def gradient() -> None:
        torch.autograd.grad(rc.fuse(streams, target)[0].sum(), moving)

    def fault() -> None:
        with pytest.raises(rc.DeviceMismatchError):
            rc.resample(values, source, target.cpu())

    return {
        "resample": lambda: rc.resample(values, source, target, quality=True),
        "sorted": lambda: rc.resample(values, source, target, order="sort"),
        "lists": lambda: rc.resample(values[0], source[0], [0.5, 1.0]),
        "gradient": gradient,
        "fault": fault,
        "context": lambda: rc.Context("cuda").close(),
    }


@pytest.mark.parametrize(
    ("name", "times"),
    [
        ("resample", 10_000),
        ("sorted", 10_000),
        ("lists", 10_000),
        ("gradient", 10_000),
        ("fault", 10_000),
        ("context", 1_000),
    ],
)
def test_many_calls_leak_nothing(name: str, times: int) -> None:
    call = _calls()[name]
    torch = sys.modules["torch"]

    def held() -> tuple[int, int, int]:
        gc.collect()
        torch.cuda.synchronize()
        free, total = torch.cuda.mem_get_info()
        return total - free, torch.cuda.memory_allocated(), sys.getallocatedblocks()

    for _ in range(300):
        call()
    device, tensors, blocks = held()
    for _ in range(3):
        for _ in range(times):
            call()
        before, (device, tensors_then, blocks_then) = device, held()
        # A leaked kilobyte a call would show as 10 MB; pools grow in steps of 2 MB and more. Others
        # may take memory of the device meanwhile, but hardly in every round.
        if device - before <= 4 << 20:
            break
    else:
        pytest.fail(f"{device - before} bytes of the device were kept by {times} calls")
    assert tensors_then == tensors
    assert blocks_then - blocks < 200 + times / 10


@pytest.mark.skipif(len(rc.devices()) < 3, reason="one CUDA device; this needs two")
def test_two_devices_in_one_process() -> None:
    torch = pytest.importorskip("torch")
    arrays = _recording()
    expected = rc.resample(*arrays)
    weights = RANDOM.normal(size=expected.shape).astype(np.float32)
    gradient = rc.resample_backward(weights, *arrays)
    tensors = [[torch.from_numpy(one).to(f"cuda:{index}") for one in arrays] for index in (0, 1)]
    contexts = [rc.Context(f"cuda:{index}") for index in (0, 1)]
    for current in (0, 1):
        with torch.cuda.device(current):
            for index in (0, 1, 0, 1):
                for options in ({}, {"context": contexts[index]}):
                    got = rc.resample(*tensors[index], **options)
                    assert torch.cuda.current_device() == current
                    assert got.device == torch.device("cuda", index)
                    assert _to_numpy(got).tobytes() == expected.tobytes()
                moving = tensors[index][0].clone().requires_grad_()
                out = rc.resample(moving, *tensors[index][1:])
                seed = torch.from_numpy(weights).to(out.device)
                (got,) = torch.autograd.grad(out, moving, seed)
                assert _to_numpy(got).tobytes() == gradient.tobytes()
                assert torch.cuda.current_device() == current
    # The device is that of the first argument; what lies elsewhere is named, the first of several.
    elsewhere = "expected memory of cuda:0, got cuda:1"
    (values, *_), (others, *times) = tensors
    with pytest.raises(rc.DeviceMismatchError, match=f"source_times: {elsewhere}"):
        rc.resample(values, *times)
    with pytest.raises(rc.DeviceMismatchError, match=f"values: {elsewhere}"):
        rc.resample(others, *times, context=contexts[0])
    with pytest.raises(rc.DeviceMismatchError, match=rf"streams\[0\]: source_times: {elsewhere}"):
        rc.fuse([rc.Stream(values, times[0])], times[1])


@pytest.mark.skipif(len(rc.devices()) < 3, reason="one CUDA device; this needs two")
def test_a_fault_stays_on_its_device() -> None:
    torch = pytest.importorskip("torch")
    values, source, target = _recording()
    source[3, 17] = -1
    tensors = [torch.from_numpy(one).to("cuda:1") for one in (values, source, target)]
    with rc.Context("cuda:0") as first, rc.Context("cuda:1") as second:
        rc.resample(*tensors, context=second)
        first.synchronize()
        with pytest.raises(rc.InvalidDataError, match=r"source_times: .* at row 3, index 17"):
            second.synchronize()
