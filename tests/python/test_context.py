# SPDX-License-Identifier: Apache-2.0
"""Contexts: devices, ends, threads, metrics, the log."""

from __future__ import annotations

import gc
import logging
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import robocache as rc
from robocache import context as contexts

TIMES = np.arange(1000) * 10
VALUES = np.random.default_rng(1).normal(size=(1000, 8)).astype(np.float32)
TARGETS = np.arange(0, 9990, 7)
EXPECTED = rc.resample(VALUES, TIMES, TARGETS)


def cuda_reason() -> str:
    """Why there is no CUDA device; "" where there is one."""
    found = rc.devices()[1]
    return "" if found["available"] else found["reason"]


def test_a_context_says_where_it_is_and_why() -> None:
    context = rc.Context("cpu")
    assert (context.device, context.closed) == ("cpu", False)
    assert "cpu" in context.reason.lower()
    assert repr(context) == "<robocache.Context cpu>"


def test_auto_is_cuda_or_else_the_cpu() -> None:
    context = rc.Context()
    assert context.device == ("cpu" if cuda_reason() else "cuda:0")


@pytest.mark.parametrize("device", ["cuda", "cuda:0", "cuda:1"])
def test_a_device_that_is_not_there_is_no_other_device(device: str) -> None:
    reason = cuda_reason()
    if not reason:
        pytest.skip("there is a CUDA device")
    with pytest.raises(rc.BackendUnavailableError, match=r"rc_context_create: ") as caught:
        rc.Context(device)
    assert reason in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"device": "tpu"}, ValueError, r"device: expected 'auto', 'cpu', .*; got 'tpu'"),
        ({"device": "cuda:x"}, ValueError, r"device: expected 'auto', 'cpu', .*; got 'cuda:x'"),
        ({"device": 0}, ValueError, r"device: expected 'auto', 'cpu', .*; got 0"),
        ({"threads": -1}, rc.InvalidArgumentError, r"threads"),
        ({"threads": 1025}, rc.InvalidArgumentError, r"threads"),
        ({"workspace_limit": 0}, ValueError, r"workspace_limit: expected bytes above 0"),
        ({"stream": 1}, rc.InvalidArgumentError, r"stream: expected NULL on the CPU"),
        (
            {"simd": "sse9"},
            ValueError,
            r"simd: expected one of auto, baseline, avx2, avx512, neon; got 'sse9'",
        ),
    ],
)
def test_bad_contexts(arguments: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        rc.Context(**{"device": "cpu", **arguments})


def test_the_end_of_a_context() -> None:
    with rc.Context("cpu") as context:
        np.testing.assert_array_equal(
            rc.resample(VALUES, TIMES, TARGETS, context=context), EXPECTED
        )
    assert context.closed
    assert repr(context) == "<robocache.Context closed>"
    context.close()
    with pytest.raises(rc.InvalidHandleError, match=r"rc_resample: context"):
        rc.resample(VALUES, TIMES, TARGETS, context=context)
    with pytest.raises(rc.InvalidHandleError, match=r"rc_context_synchronize: context"):
        context.synchronize()


def test_contexts_are_collected() -> None:
    context = rc.Context("cpu")
    rc.resample(VALUES, TIMES, TARGETS, context=context)
    ended = weakref.ref(context)
    del context
    gc.collect()
    assert ended() is None


@pytest.mark.parametrize("threads", [0, 1, 3])
@pytest.mark.parametrize("simd", ["auto", "baseline"])
def test_threads_and_instruction_sets_change_no_bit(threads: int, simd: str) -> None:
    with rc.Context("cpu", threads, simd=simd) as context:
        got = rc.resample(VALUES, TIMES, TARGETS, context=context)
    np.testing.assert_array_equal(got.view(np.uint32), EXPECTED.view(np.uint32))


def test_a_workspace_limit_that_is_too_small_says_what_is_needed() -> None:
    with rc.Context("cpu", workspace_limit=16) as context:
        with pytest.raises(rc.WorkspaceTooSmallError, match=r"\d+ bytes"):
            rc.resample(VALUES, TIMES, TARGETS, order="sort", context=context)
        np.testing.assert_array_equal(
            rc.resample(VALUES, TIMES, TARGETS, context=context), EXPECTED
        )


def test_every_thread_has_a_default_context_of_its_own() -> None:
    found = {}

    def work(name: int) -> None:
        found[name] = contexts.default_context(contexts.CPU)
        assert contexts.default_context(contexts.CPU) is found[name]
        np.testing.assert_array_equal(rc.resample(VALUES, TIMES, TARGETS), EXPECTED)

    threads = [threading.Thread(target=work, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(context) for context in found.values()}) == 4


def test_the_context_of_a_thread_ends_with_it() -> None:
    ended = []

    def work() -> None:
        rc.resample(VALUES, TIMES, TARGETS)
        ended.append(weakref.ref(contexts.default_context(contexts.CPU)))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    gc.collect()
    assert ended[0]() is None


def test_threads_that_share_a_context_wait_for_each_other() -> None:
    with rc.Context("cpu", 2) as context, ThreadPoolExecutor(8) as pool:
        results = pool.map(
            lambda _: rc.resample(VALUES, TIMES, TARGETS, context=context), range(64)
        )
        for got in results:
            np.testing.assert_array_equal(got, EXPECTED)


def test_a_call_inside_a_call_has_scratch_of_its_own() -> None:
    class Curious:
        """A producer that resamples while it is being read."""

        def __dlpack__(self, **arguments: Any) -> Any:
            np.testing.assert_array_equal(rc.resample(VALUES, TIMES, TARGETS), EXPECTED)
            return VALUES.__dlpack__(**arguments)

        def __dlpack_device__(self) -> tuple[int, int]:
            return 1, 0

    np.testing.assert_array_equal(rc.resample(Curious(), TIMES, TARGETS), EXPECTED)


def test_metrics_count_what_was_done() -> None:
    with rc.Context("cpu") as context:
        rc.resample(VALUES, TIMES, TARGETS, context=context)
        assert context.metrics()["resample"].calls == 0
        context.enable_metrics()
        rc.resample(VALUES, TIMES, TARGETS, context=context)
        rc.resample(VALUES, TIMES, TARGETS, context=context)
        rc.fuse([rc.Stream(VALUES, TIMES)], TARGETS, context=context)
        found = context.metrics()
        assert list(found) == [
            "resample",
            "resample_backward",
            "fuse",
            "fuse_backward",
            "voxelize",
            "voxelize_backward",
            "voxelize_sparse",
            "pointcloud_bounds",
            "tsdf_integrate",
            "tsdf_from_points",
            "tsdf_extract_points",
            "depth_to_points",
        ]
        assert (found["resample"].calls, found["resample"].items) == (2, 2 * len(TARGETS))
        assert found["resample"].bytes >= 2 * EXPECTED.nbytes
        assert 0 < found["resample"].min_ns <= found["resample"].max_ns
        assert found["resample"].max_ns <= found["resample"].total_ns
        assert found["fuse"].calls == 1
        context.reset_metrics()
        assert context.metrics()["resample"] == rc.OperationMetrics(0, 0, 0, 0, 0, 0)


def test_metrics_of_all_contexts(capsys: pytest.CaptureFixture[str]) -> None:
    rc.enable_metrics()
    try:
        rc.resample(VALUES, TIMES, TARGETS)
        rc.print_metrics()
        printed = capsys.readouterr().out.splitlines()
        assert printed[0].split()[:3] == ["context", "operation", "calls"]
        assert ["cpu", "resample", "1"] in [line.split()[:3] for line in printed]
        rc.enable_metrics()
        rc.print_metrics()
        assert "nothing was measured" in capsys.readouterr().out
    finally:
        rc.enable_metrics(False)


def test_the_log_tells_of_default_contexts(caplog: pytest.LogCaptureFixture) -> None:
    thread = threading.Thread(target=lambda: rc.resample(VALUES, TIMES, TARGETS), name="logged")
    with caplog.at_level(logging.INFO, "robocache"):
        thread.start()
        thread.join()
    assert any(text.startswith("default context of thread logged: ") for text in caplog.messages)


def test_nothing_to_wait_for_on_the_cpu() -> None:
    with rc.Context("cpu") as context:
        context.synchronize()
        context.clear_error()
        context.set_stream(None)
        assert context.stream == 0
        with pytest.raises(rc.InvalidArgumentError, match=r"stream: expected NULL on the CPU"):
            context.set_stream(5)


@pytest.mark.parametrize("attribute", ["cuda_stream", "ptr", "__cuda_stream__"])
def test_streams_of_frameworks_are_numbers(attribute: str) -> None:
    value = (lambda self: (0, 7)) if attribute == "__cuda_stream__" else 7
    stream = type("Stream", (), {attribute: value})()
    assert contexts.stream_handle(stream) == 7
    assert contexts.stream_handle(7) == 7


@pytest.mark.parametrize("stream", ["main", True, -1, 1.5])
def test_streams_that_are_none(stream: Any) -> None:
    with pytest.raises(TypeError, match=r"stream: expected an int handle or a stream"):
        contexts.stream_handle(stream)


def test_contexts_may_be_made_while_they_are_counted() -> None:
    def make(_: int) -> None:
        rc.Context("cpu", 1).close()

    with ThreadPoolExecutor(4) as pool:
        made = pool.map(make, range(400))
        for _ in range(200):
            contexts.live_contexts()
        assert list(made) == [None] * 400
