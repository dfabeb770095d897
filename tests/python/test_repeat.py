# SPDX-License-Identifier: Apache-2.0
"""Calls of `resample` and `fuse` that repeat an earlier one but for their arrays' memory: the same
results and the same words as the first."""

from __future__ import annotations

import logging
import math
import threading
from typing import Any

import numpy as np
import pytest

import robocache as rc
from robocache._repeat import Repeats, of_thread

SOURCE = np.array([0, 100, 250, 400])
TARGET = np.array([-10, 0, 50, 250, 399, 500])
TIMES = 4
"""In full, in full and kept, and twice as kept."""


def call(values: Any = None, source: Any = SOURCE, target: Any = TARGET, **options: Any) -> Any:
    if values is None:
        values = np.arange(8, dtype=np.float32).reshape(4, 2)
    return rc.resample(values, source, target, **options)


def is_kept() -> bool:
    return any(repeat is not None for repeat in of_thread.repeats._known.values())


@pytest.fixture(autouse=True)
def nothing_known() -> None:
    of_thread.repeats = Repeats()


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"mode": "nearest"},
        {"mode": [rc.Channels(0, 1, "previous"), rc.Channels(1, 1, "linear")]},
        {"outside": "fill", "fill_value": -7, "max_gap": 120},
        {"dtype": "float64", "validate": False, "backend": "cpu"},
        {"context": rc.Context("cpu", threads=1)},
    ],
    ids=str,
)
@pytest.mark.parametrize("kind", ["numpy", "torch"])
def test_repeats_give_what_new_arrays_ask_for(options: dict[str, Any], kind: str) -> None:
    make = np.asarray if kind == "numpy" else pytest.importorskip("torch").from_numpy
    random = np.random.default_rng(1)
    for _ in range(TIMES):
        values = random.normal(size=(4, 2)).astype(np.float32)
        source = np.sort(random.integers(0, 500, 4))
        expected = call(values, source.tolist(), **options)
        given = make(values), make(source), make(TARGET)
        assert np.array_equal(np.asarray(call(*given, **options)), expected)
        out = make(np.empty_like(expected))
        assert call(*given, out=out, **options) is out
        assert np.array_equal(np.asarray(out), expected)
    assert is_kept()


def test_a_new_result_for_each_call() -> None:
    results = [call() for _ in range(TIMES)]
    results[-1][:] = 0
    assert np.array_equal(results[-2], results[0])
    assert results[-2].any()


def fuse(*streams: rc.Stream, target: Any = TARGET, **options: Any) -> Any:
    return rc.fuse(streams, target, **options)


@pytest.mark.parametrize("kind", ["numpy", "torch"])
def test_repeats_of_fuse_give_what_new_arrays_ask_for(kind: str) -> None:
    make = np.asarray if kind == "numpy" else pytest.importorskip("torch").from_numpy
    random = np.random.default_rng(2)
    for _ in range(TIMES):
        values = random.normal(size=(4, 2)).astype(np.float32)
        more = random.normal(size=(4, 3)).astype(np.float32)
        one = random.normal(size=3)
        source, other = np.sort(random.integers(0, 500, 4)), np.sort(random.integers(0, 500, 3))
        absent = rc.Stream(None, width=2, fill_value=-1)
        expected, valid = fuse(
            rc.Stream(values, source.tolist()),
            rc.Stream(more, source.tolist(), mode="previous", outside="fill"),
            absent,
            rc.Stream(one, other.tolist(), max_gap=300, offset=7),
        )
        stamps = make(source)
        streams = (
            rc.Stream(make(values), stamps),
            rc.Stream(make(more), stamps, mode="previous", outside="fill"),
            absent,
            rc.Stream(make(one), make(other), max_gap=300, offset=7),
        )
        got, got_valid = fuse(*streams, target=make(TARGET))
        assert np.array_equal(np.asarray(got), expected)
        assert np.array_equal(np.asarray(got_valid), valid)
        out = make(np.empty_like(expected))
        got, got_valid = fuse(*streams, target=make(TARGET), out=out)
        assert got is out
        assert np.array_equal(np.asarray(out), expected)
        assert np.array_equal(np.asarray(got_valid), valid)
    assert is_kept()


@pytest.mark.parametrize(
    ("name", "one", "other"),
    [
        ("fill_value", 0.0, -0.0),
        ("mode", "linear", "next"),
        ("offset", 0, 60),
        ("max_gap", None, 120),
        ("outside", "fill", "hold"),
        ("skip_nan", False, True),
    ],
)
def test_rules_of_streams_are_told_apart(name: str, one: Any, other: Any) -> None:
    values = np.array([[1, 2], [math.nan, 3], [4, 5], [6, 7]], np.float32)

    def make(source: Any, option: Any) -> Any:
        rules = {"outside": "fill", name: option}
        return fuse(rc.Stream(values, SOURCE), rc.Stream(values, source, **rules))[0].tobytes()

    expected = [make(SOURCE.tolist(), option) for option in (one, other)]
    for _ in range(TIMES):
        assert [make(SOURCE, option) for option in (one, other)] == expected


def test_words_for_faults_in_streams_are_those_of_a_first_call() -> None:
    values, backward = np.zeros((4, 2), np.float32), SOURCE[::-1].copy()
    with pytest.raises(rc.InvalidDataError) as first:
        fuse(rc.Stream(values, SOURCE), rc.Stream(values, backward))
    for _ in range(TIMES):
        fuse(rc.Stream(values, SOURCE), rc.Stream(values, SOURCE))
        with pytest.raises(rc.InvalidDataError) as again:
            fuse(rc.Stream(values, SOURCE), rc.Stream(values, backward))
        assert str(again.value) == str(first.value)
    assert is_kept()


def test_gradients_of_streams_are_never_left_out() -> None:
    torch = pytest.importorskip("torch")
    values = torch.ones(4, 2, requires_grad=True)
    source, target = torch.from_numpy(SOURCE), torch.from_numpy(TARGET)
    with torch.no_grad():
        for _ in range(TIMES):
            assert not fuse(rc.Stream(values, source), target=target)[0].requires_grad
    assert fuse(rc.Stream(values, source), target=target)[0].requires_grad


@pytest.mark.parametrize("kind", ["numpy", "torch"])
def test_layouts_are_told_apart(kind: str) -> None:
    make = np.asarray if kind == "numpy" else pytest.importorskip("torch").from_numpy
    wide = np.arange(32, dtype=np.float32).reshape(4, 8)
    source, target = make(SOURCE), make(TARGET)
    for _ in range(TIMES):
        for values in (wide[:, :2], wide[:, ::4], np.ascontiguousarray(wide[:, :2])):
            expected = call(values.copy(), SOURCE.tolist())
            assert np.array_equal(np.asarray(call(make(values), source, target)), expected)
            out = np.empty((2, 6), np.float32).T
            call(make(values), source, target, out=make(out))
            assert np.array_equal(out, expected)
    assert is_kept()


@pytest.mark.parametrize("kind", ["numpy", "torch"])
def test_strides_that_are_never_taken_make_no_difference(kind: str) -> None:
    make = np.asarray if kind == "numpy" else pytest.importorskip("torch").from_numpy
    wide = np.arange(64, dtype=np.float32).reshape(8, 8)
    column = np.empty((3, 6, 7), np.float32)
    for _ in range(TIMES):
        for values in (wide[:4, 3:4], wide[:4, 3:4].copy(), wide[None, 3, :4, None][0]):
            expected = call(values, SOURCE.tolist())
            for out in (np.empty((6, 1), np.float32), column[1, :, 2:3], column[:1, :, 0].T):
                call(make(values), make(SOURCE), make(TARGET), out=make(out))
                assert np.array_equal(out, expected)
    assert is_kept()


def test_arrays_that_change_in_place_are_noticed() -> None:
    values, out = np.arange(8, dtype=np.float32).reshape(4, 2), np.empty((6, 2), np.float32)
    for _ in range(TIMES):
        call(values, out=out)
    assert is_kept()
    out.flags.writeable = False
    with pytest.raises(rc.UnsupportedLayoutError, match="out: expected a writable array"):
        call(values, out=out)
    out.flags.writeable = True
    out.resize((2, 6), refcheck=False)
    with pytest.raises(rc.InvalidArgumentError, match="out: expected shape"):
        call(values, out=out)
    values.resize((2, 4), refcheck=False)
    with pytest.raises(rc.InvalidArgumentError):
        call(values)


def test_tensors_that_change_in_place_are_noticed() -> None:
    torch = pytest.importorskip("torch")
    values, out = torch.ones(4, 2), torch.empty(6, 2)
    source, target = torch.from_numpy(SOURCE), torch.from_numpy(TARGET)
    for _ in range(TIMES):
        call(values, source, target, out=out)
    assert is_kept()
    values.data = torch.arange(16.0).reshape(4, 4)[:, ::2]
    call(values, source, target, out=out)
    assert np.array_equal(out.numpy(), call(values.numpy()))
    out.requires_grad_()
    with pytest.raises(rc.InvalidArgumentError, match="out: expected a tensor without gradient"):
        call(values, source, target, out=out)
    out.requires_grad_(False).resize_(2, 6)
    with pytest.raises(rc.InvalidArgumentError, match="out: expected shape"):
        call(values, source, target, out=out)


@pytest.mark.filterwarnings("ignore:Sparse CSR")
@pytest.mark.parametrize("layout", ["to_sparse", "to_sparse_csr", "to_mkldnn"])
def test_tensors_that_are_not_dense_are_refused_as_the_first_time(layout: str) -> None:
    torch = pytest.importorskip("torch")
    source, target = torch.from_numpy(SOURCE), torch.from_numpy(TARGET)
    other = getattr(torch.ones(4, 2), layout)()
    # Tensors without strides of their own claim some.
    claimed = (1, 0) if layout == "to_mkldnn" else (0, 0)
    for _ in range(TIMES):
        call(torch.ones(4, 2), source, target)
        call(torch.ones(8).as_strided((4, 2), claimed), source, target)
        with pytest.raises(rc.UnsupportedLayoutError, match="values: expected a dense tensor"):
            call(other, source, target)
        with pytest.raises(rc.UnsupportedLayoutError, match="values: expected a dense tensor"):
            fuse(rc.Stream(other, source), target=target)


def test_a_call_inside_of_a_call_has_memory_of_its_own() -> None:
    values, other = np.ones((4, 2), np.float32), np.full((4, 2), 2, np.float32)
    for _ in range(TIMES):
        call(values)
    _, repeat = of_thread.repeats._last
    template = repeat._templates[-1]
    memory_of, inside = template.memory_of, []

    def interrupted(array: Any) -> Any:
        template.memory_of = memory_of
        inside.append(call(other))
        return memory_of(array)

    template.memory_of = interrupted
    assert np.array_equal(call(values), np.ones((6, 2)))
    assert np.array_equal(inside[0], np.full((6, 2), 2))


@pytest.mark.parametrize(
    ("name", "one", "other"),
    [
        ("fill_value", 0.0, -0.0),
        ("fill_value", math.nan, 1.0),
        ("skip_nan", False, True),
        ("mode", "linear", "next"),
        ("dtype", None, "float64"),
    ],
)
def test_rules_are_told_apart(name: str, one: Any, other: Any) -> None:
    values = np.array([[1, 2], [math.nan, 3], [4, 5], [6, 7]], np.float32)
    expected = {
        at: call(values, SOURCE.tolist(), outside="fill", **{name: option})
        for at, option in enumerate((one, other))
    }
    for _ in range(TIMES):
        for at, option in enumerate((one, other)):
            got = call(values, outside="fill", **{name: option})
            assert got.dtype == expected[at].dtype
            assert got.tobytes() == expected[at].tobytes()


def test_types_of_max_gap_are_told_apart() -> None:
    for _ in range(TIMES):
        call(max_gap=100)
        with pytest.raises(TypeError, match="max_gap: expected int ticks"):
            call(max_gap=100.0)


def test_words_for_faults_in_data_are_those_of_a_first_call() -> None:
    backward = SOURCE[::-1].copy()
    with pytest.raises(rc.InvalidDataError) as first:
        call(source=backward)
    for _ in range(TIMES):
        call()
        with pytest.raises(rc.InvalidDataError) as again:
            call(source=backward)
        assert str(again.value) == str(first.value)
    assert is_kept()


def test_outputs_that_share_memory_are_refused_again() -> None:
    values = np.zeros((6, 2), np.float32)
    for _ in range(TIMES):
        call(values[:4], out=np.empty((6, 2), np.float32))
        with pytest.raises(rc.InvalidArgumentError, match="output: expected memory of its own"):
            call(values[:4], out=values)


def test_rules_that_cannot_be_looked_up_are_refused() -> None:
    for _ in range(TIMES):
        call()
        with pytest.raises(TypeError, match="unhashable"):
            call(outside=["hold"])
        with pytest.raises(rc.InvalidArgumentError, match="outside: expected one of"):
            call(outside="keep")
        with pytest.raises(TypeError, match="must be real number"):
            call(fill_value="x")


def test_a_closed_context_is_refused() -> None:
    context = rc.Context("cpu", threads=1)
    for _ in range(TIMES):
        call(context=context)
    context.close()
    with pytest.raises(rc.InvalidHandleError):
        call(context=context)


def test_arrays_of_a_call_are_not_kept() -> None:
    import weakref

    class Watched(np.ndarray):
        pass

    values = np.arange(8, dtype=np.float32).reshape(4, 2)
    for _ in range(TIMES):
        call(values)
    watch = weakref.ref(values)
    del values
    assert watch() is None
    assert call(np.ones((4, 2), np.float32).view(Watched)).shape == (6, 2)


def test_threads_have_their_own() -> None:
    failures = []

    def work(seed: int) -> None:
        random = np.random.default_rng(seed)
        for _ in range(200):
            values = random.normal(size=(4, 2)).astype(np.float32)
            if not np.array_equal(call(values), call(values, SOURCE.tolist())):
                failures.append(seed)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def test_the_log_sees_each_call(caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(TIMES):
        call()
    with caplog.at_level(logging.DEBUG, logger="robocache"):
        call()
    assert "resample: values on cpu: runs there" in caplog.text


def test_gradients_are_never_left_out() -> None:
    torch = pytest.importorskip("torch")
    values = torch.ones(4, 2, requires_grad=True)
    source, target = torch.from_numpy(SOURCE), torch.from_numpy(TARGET)
    with torch.no_grad():
        for _ in range(TIMES):
            assert not call(values, source, target).requires_grad
    assert call(values, source, target).requires_grad


def test_memory_for_signatures_is_bounded() -> None:
    for count in range(1, 600):
        call(target=np.arange(count))
    assert len(of_thread.repeats._known) <= 256
