# SPDX-License-Identifier: Apache-2.0
"""Bad arguments: each its own exception, and a message that names it."""

from __future__ import annotations

import datetime
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import robocache as rc
from robocache import _library, errors

ROOT = Path(__file__).resolve().parents[2]
TIMES = np.array([0, 10, 20, 30])
TABLE = np.arange(12.0).reshape(4, 3)
NAN_TIMES = np.array([0.0, np.nan, 2.0, 3.0])


def call(**changes: Any) -> Any:
    arguments = {"values": TABLE, "source_times": TIMES, "target_times": [5, 15]}
    return rc.resample(**{**arguments, **changes})


def test_every_status_has_an_exception_of_its_own() -> None:
    lib = _library.load()
    codes = _library.enumerators("rc_status_code", "RC_")
    assert {code for name, code in codes.items() if name != "success"} == set(errors.BY_CODE)
    for code, error in errors.BY_CODE.items():
        assert _library.ffi.string(lib.rc_status_name(code)).decode() == error.name
        assert issubclass(error, rc.RobocacheError)


@pytest.mark.parametrize(
    ("error", "builtin"),
    [
        (rc.InvalidArgumentError, ValueError),
        (rc.InvalidHandleError, ValueError),
        (rc.InvalidDataError, ValueError),
        (rc.UnsupportedDtypeError, TypeError),
        (rc.UnsupportedLayoutError, ValueError),
        (rc.UnsupportedOptionError, NotImplementedError),
        (rc.DeviceMismatchError, ValueError),
        (rc.BackendUnavailableError, RuntimeError),
        (rc.OutOfMemoryError, MemoryError),
        (rc.WorkspaceTooSmallError, MemoryError),
        (rc.CapacityExceededError, ValueError),
        (rc.CudaError, RuntimeError),
        (rc.VersionMismatchError, ImportError),
        (rc.InternalError, RuntimeError),
    ],
)
def test_exceptions_are_what_a_python_user_would_catch(
    error: type[rc.RobocacheError], builtin: type[Exception]
) -> None:
    with pytest.raises(builtin, match=r"why") as caught:
        raise error("why")
    assert caught.value.message == "why"
    assert pickle.loads(pickle.dumps(caught.value)).message == "why"


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"mode": "cubic"}, ValueError, "mode: expected one of 'linear', .*; got 'cubic'"),
        ({"mode": 3}, TypeError, "mode: expected a name or a list of Channels; got 3"),
        ({"mode": [3]}, TypeError, r"mode: expected Channels\(begin, count, mode\)"),
        (
            {"mode": [rc.Channels(0, 3, "cubic")]},
            ValueError,
            r"mode\[0\].mode: expected one of .*; got 'cubic'",
        ),
        ({"mode": [rc.Channels(0, 4, "nearest")]}, rc.InvalidArgumentError, r"channels\[0\]: "),
        (
            {"mode": [rc.Channels(0, 2, "nearest"), rc.Channels(1, 2, "angle")]},
            rc.InvalidArgumentError,
            "channels: expected groups that do not overlap",
        ),
        ({"mode": "slerp"}, rc.InvalidArgumentError, "channels: expected a multiple of 4"),
        ({"mode": "mean"}, rc.InvalidArgumentError, "window: expected one"),
        ({"window": 10}, rc.InvalidArgumentError, "window: expected none"),
        ({"mode": "mean", "window": (1, 2, 3)}, ValueError, r"window: expected \(before, after\)"),
        ({"mode": "mean", "window": -5}, rc.InvalidArgumentError, "window.before: "),
        ({"outside": "wrap"}, ValueError, "outside: expected one of 'hold', .*; got 'wrap'"),
        ({"order": "any"}, ValueError, "order: expected one of 'check', .*; got 'any'"),
        ({"duplicates": 1}, ValueError, "duplicates: expected one of 'last', .*; got 1"),
        ({"max_gap": 0}, ValueError, "max_gap: expected a positive span, or None for any; got 0"),
        ({"max_gap": -1}, ValueError, "max_gap: "),
        ({"max_gap": 0.5}, TypeError, "max_gap: expected int ticks or a timedelta, .* got 0.5"),
        ({"max_gap": "1s"}, TypeError, "max_gap: expected a number or a timedelta; got '1s'"),
        ({"max_gap": 2**63}, ValueError, "max_gap: expected ticks that fit int64"),
        (
            {"max_gap": np.timedelta64(1, "ps")},
            ValueError,
            "max_gap: expected whole nanoseconds",
        ),
        ({"max_gap": np.timedelta64("NaT", "s")}, ValueError, "max_gap: expected weeks to"),
        ({"max_gap": np.timedelta64(1, "M")}, ValueError, "max_gap: expected weeks to"),
        ({"clock": rc.ClockMap(0.5)}, TypeError, "clock.offset: expected int ticks"),
        ({"clock": rc.ClockMap(0, -1.0)}, rc.InvalidArgumentError, "clock.drift: "),
        ({"dtype": "float8"}, TypeError, "dtype: expected one of .*; got 'float8'"),
        ({"dtype": "int32"}, rc.UnsupportedDtypeError, "output: .*"),
        ({"backend": "tpu"}, ValueError, "backend: expected 'auto', 'cpu' or 'cuda'; got 'tpu'"),
        (
            {"backend": "cuda"},
            rc.DeviceMismatchError,
            "resample: backend: expected that of values, which lies on cpu; got 'cuda'",
        ),
        ({"context": "cpu"}, TypeError, "context: expected a robocache.Context; got str"),
        ({"stream": 1}, rc.InvalidArgumentError, "stream: expected NULL on the CPU"),
        ({"stream": "main"}, TypeError, "stream: expected an int handle or a stream"),
        ({"source_times": [0, 20, 10, 30]}, rc.InvalidDataError, "source_times: .*2"),
        ({"source_times": NAN_TIMES, "target_times": [1.0]}, rc.InvalidDataError, "source_times"),
        (
            {"source_times": TIMES.astype(float), "target_times": np.array([1.0, np.inf])},
            rc.InvalidDataError,
            "target_times",
        ),
        ({"source_times": TIMES[:3]}, rc.InvalidArgumentError, "source_times: expected times"),
        ({"source_times": TIMES.astype(np.int32)}, rc.UnsupportedDtypeError, "source_times: "),
        ({"target_times": np.array([0.5])}, rc.UnsupportedDtypeError, "target_times: .*int64"),
        ({"target_times": np.zeros((2, 2, 2), int)}, rc.InvalidArgumentError, "target_times: "),
        ({"target_times": np.array(5)}, rc.InvalidArgumentError, "target_times: "),
        ({"source_times": ["a", "b", "c", "d"]}, rc.UnsupportedDtypeError, "source_times: "),
        ({"values": np.zeros((1, 1, 4, 3))}, rc.InvalidArgumentError, "values: "),
        ({"values": TABLE.astype(np.int64)}, rc.UnsupportedDtypeError, "values: .*int64"),
        ({"offsets": [0, 2, 5]}, rc.InvalidDataError, "offsets"),
        ({"offsets": [0, 3, 2]}, rc.InvalidDataError, "offsets"),
        ({"offsets": []}, rc.InvalidArgumentError, "offsets: expected at least 1 entry"),
        ({"offsets": [0.0, 4.0]}, rc.UnsupportedDtypeError, "offsets: expected int64"),
        ({"offsets": [0, 4], "lengths": [4]}, rc.InvalidArgumentError, "lengths: "),
        ({"values": TABLE[None], "lengths": [5]}, rc.InvalidDataError, "lengths"),
        ({"values": TABLE[None], "lengths": [1, 2]}, rc.InvalidArgumentError, "lengths: "),
        ({"offsets": [0, 4], "sequence_ids": [1]}, rc.InvalidDataError, "sequence_ids"),
        ({"target_offsets": [0, 3]}, rc.InvalidDataError, "target_offsets"),
        ({"fill_value": 0.5, "values": TABLE.astype("u1"), "mode": "previous"}, ValueError, "fill"),
    ],
)
def test_bad_arguments(changes: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call(**changes)
    # And nothing of it stays behind.
    np.testing.assert_array_equal(call(), [[1.5, 2.5, 3.5], [4.5, 5.5, 6.5]])


def test_a_refusal_does_not_depend_on_what_was_asked_before() -> None:
    """Equal numbers of different types are not the same rule."""
    call(max_gap=100)
    with pytest.raises(TypeError, match=r"max_gap: expected int ticks"):
        call(max_gap=100.0)
    call(mode="mean", window=(50, 50))
    with pytest.raises(TypeError, match=r"window\[0\]: expected int ticks"):
        call(mode="mean", window=(50.0, 50.0))
    call(clock=rc.ClockMap(1))
    with pytest.raises(TypeError, match=r"clock.offset: expected int ticks"):
        call(clock=rc.ClockMap(1.0))


@pytest.mark.parametrize(
    "gap",
    [
        1500,
        np.int64(1500),
        np.timedelta64(1500, "ns"),
        np.timedelta64(1500_000, "ps"),
        np.timedelta64(3, "500ns"),
    ],
)
def test_spans_are_converted_exactly(gap: Any) -> None:
    times = np.array([0, 1500, 3001])
    got = rc.resample(np.arange(3.0), times, [750, 2000], max_gap=gap, fill_value=-1.0)
    np.testing.assert_array_equal(got, [0.5, -1.0])


def test_long_spans_keep_their_last_nanosecond() -> None:
    day = datetime.timedelta(days=10_000, microseconds=1)
    exact = 864_000_000_000_001_000
    times = np.array([0, exact, 2 * exact + 1])
    got = rc.resample(np.zeros(3), times, [1, exact + 1], max_gap=day, quality=True)
    np.testing.assert_array_equal(got.valid, [True, False])
    np.testing.assert_array_equal(got.reason, [0, rc.Reason.GAP])


def test_spans_of_float_times_are_seconds() -> None:
    times = np.array([0.0, 0.25, 1.0])
    for gap in (0.5, np.timedelta64(500, "ms"), datetime.timedelta(seconds=0.5)):
        got = rc.resample(np.arange(3.0), times, [0.125, 0.5], max_gap=gap, fill_value=9.0)
        np.testing.assert_array_equal(got, [0.5, 9.0])


def test_reasons_are_those_of_the_header() -> None:
    header = _library.enumerators("rc_reason", "RC_REASON_")
    assert {reason.name.lower(): int(reason) for reason in rc.Reason if reason} == header


def test_the_declarations_are_those_of_the_headers() -> None:
    script = ROOT / "bindings" / "python" / "generate_cdef.py"
    subprocess.run([sys.executable, str(script), "--check"], check=True)


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROBOCACHE_LIBRARY", "/nowhere/librobocache.so.1")
    monkeypatch.setattr(_library, "_FILE_NAME", "absent")
    with pytest.raises(rc.BackendUnavailableError, match=r"/nowhere/librobocache.so.1 cannot be"):
        _library.load.__wrapped__()
    monkeypatch.delenv("ROBOCACHE_LIBRARY")
    with pytest.raises(rc.BackendUnavailableError, match=r"or its path in .* got neither"):
        _library.load.__wrapped__()


def test_an_older_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    path = _library.library_path()
    found = _library.ffi.string(_library.load().rc_version_string()).decode()
    monkeypatch.setattr(_library, "_VERSION", (999, 0, 0))
    monkeypatch.setattr(_library, "VERSION", "999.0.0")
    expected = f"expected version 999.0.0 or newer, got {found} from {path}"
    with pytest.raises(rc.VersionMismatchError, match=expected):
        _library.load.__wrapped__()


def test_a_library_of_another_kind_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROBOCACHE_LIBRARY", "libc.so.6")
    monkeypatch.setattr(_library, "_FILE_NAME", "absent")
    with pytest.raises(rc.VersionMismatchError, match=r"libc.so.6 is another library"):
        _library.load.__wrapped__()


def test_installation_is_described_without_a_library(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise rc.BackendUnavailableError("librobocache: gone")

    monkeypatch.setattr("robocache.health.load", fail)
    found = rc.check_installation()
    assert (found["ok"], found["error"]) == (False, "librobocache: gone")
    assert rc.health_check()["status"] == "unhealthy"


def test_the_installation_here_is_healthy(capsys: pytest.CaptureFixture[str]) -> None:
    found = rc.health_check()
    assert (found["status"], found["checks"]["cpu"]) == ("healthy", "ok")
    assert found["config"] == rc.get_config()
    assert found["devices"][0]["device"] == "cpu"
    rc.print_health_check()
    assert f"robocache {rc.__version__}: healthy" in capsys.readouterr().out


@pytest.mark.parametrize("size", [0.0, -0.0, 1e-170, 1e-160, 1e-150, 1e-149, 1.0, np.nan])
def test_quaternions_of_length_zero(size: float) -> None:
    """Zero is what the squares of the components add up to in float64."""
    values, times = np.array([[0.0, 0, 0, 1], [0, size, 0, 0]]), np.arange(2)
    if size * size == 0:
        with pytest.raises(rc.InvalidDataError, match="one of length zero at row 0, index 1"):
            rc.resample(values, times, times, mode="slerp")
    else:
        result = rc.resample(values, times, times, mode="slerp")
        np.testing.assert_array_equal(result, values)
