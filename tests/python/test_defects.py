# SPDX-License-Identifier: Apache-2.0
"""Defects that other libraries shipped, one test each, named after the defect."""

import threading
import time

import native
import numpy as np
import pytest

import robocache as rc

EPOCH = 1_700_000_000_000_000_000
CURVES = ["linear", "pchip", "angle", "previous", "next", "nearest"]


def test_float32_seconds_since_1970():
    """3000 stamps of a 1 kHz sensor become 1 or 2 as float32 seconds, which step by 128 s; as int64
    nanoseconds they stay apart, and values between them are exact."""
    stamps = EPOCH + np.arange(3000) * 1_000_000
    assert len(np.unique((stamps * 1e-9).astype(np.float32))) <= 2
    values = np.arange(3000.0)
    got = rc.resample(values, stamps, stamps[:-1] + 250_000, quality=True)
    np.testing.assert_array_equal(got.values, np.arange(2999) + 0.25)
    np.testing.assert_array_equal(got.source_index, np.arange(2999))
    assert np.all(got.age == 250_000)
    as_float32 = rc.resample(values.astype(np.float32), stamps, stamps[:-1] + 250_000)
    np.testing.assert_array_equal(as_float32, np.arange(2999, dtype=np.float32) + 0.25)


def test_float64_seconds_since_1970_step_by_a_quarter_microsecond():
    """What float64 seconds hold is what is used; no float32 on the way."""
    stamps = 1.7e9 + np.arange(2000) * 2.0**-11
    got = rc.resample(np.arange(2000, dtype=np.float32), stamps, stamps[:-1] + 2.0**-13)
    np.testing.assert_array_equal(got, np.arange(1999, dtype=np.float32) + 0.25)


@pytest.mark.parametrize("mode", CURVES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("past", [1, 10**6, 2**62])
def test_target_past_the_last_sample_extrapolated_by_accident(mode, dtype, past):
    """Nobody asked for extrapolation: the first or last sample is held, and `reason` says so."""
    values = np.array([1.0, 2.0, 3.0], dtype)
    times = np.array([0, 10, 20])
    got = rc.resample(values, times, np.array([20 + past, -past]), mode=mode, quality=True)
    assert got.values.tolist() == [3.0, 1.0]
    assert got.reason.tolist() == [rc.Reason.AFTER_LAST, rc.Reason.BEFORE_FIRST]


@pytest.mark.parametrize("mode", CURVES)
@pytest.mark.parametrize("outside", ["hold", "fill", "extrapolate"])
def test_exact_ends_count_as_outside(mode, outside):
    times = np.array([0.1, 0.2, 0.30000000000000004])
    values = np.array([1.0, 2.0, 4.0])
    got = rc.resample(values, times, times, mode=mode, outside=outside, fill_value=-1, quality=True)
    assert got.values.tolist() == values.tolist()
    assert got.reason.tolist() == [0, 0, 0]


def test_index_interpolation_that_ignores_time_stamps():
    """A sensor with jitter and a dropout measures a ramp; sample numbers divided by a rate are far
    off where the stamps are right."""
    rng = np.random.default_rng(1)
    stamps = np.cumsum(rng.integers(5_000_000, 15_000_000, 200))
    stamps[120:] += 2_000_000_000
    truth = stamps * 1e-9
    targets = rng.integers(stamps[0], stamps[-1], 500)
    got = rc.resample(truth, stamps, targets)
    np.testing.assert_allclose(got, targets * 1e-9, rtol=1e-14)
    rate = (len(stamps) - 1) / (stamps[-1] - stamps[0])
    by_index = np.interp((targets - stamps[0]) * rate, np.arange(200), truth)
    assert np.abs(by_index - targets * 1e-9).max() > 0.5


@pytest.mark.parametrize("mode", ["linear", "slerp", "mean"])
def test_results_that_change_from_run_to_run(mode):
    """Forward and backward, with as many threads as it likes, over and over."""
    rng = np.random.default_rng(2)
    values = rng.normal(size=(16, 50, 4)).astype(np.float32)
    times = np.sort(rng.uniform(0, 1, (16, 50)), axis=1)
    targets, ids = rng.uniform(0, 1, (200, 100)), rng.integers(0, 16, 200)
    options = {"mode": mode, "sequence_ids": ids, "window": (0.2, 0) if mode == "mean" else None}
    gradient = rng.normal(size=(200, 100, 4)).astype(np.float32)
    with rc.Context("cpu", 4) as context:
        forward = {
            rc.resample(values, times, targets, context=context, **options).tobytes()
            for _ in range(15)
        }
        backward = {
            rc.resample_backward(
                gradient, values, times, targets, context=context, **options
            ).tobytes()
            for _ in range(15)
        }
    assert len(forward) == len(backward) == 1


def test_byte_offset_ignored():
    """A tensor that begins 24 bytes into its allocation, values that differ in front of it."""
    memory = np.arange(10.0)
    values, out = memory[3:7].reshape(4, 1), np.zeros((1, 1))
    status, message = native.resample(
        rc.Context("cpu", 1), native.Tensor(values, 24), np.arange(4), np.array([2]), out
    )
    assert status == 0, message
    assert out[0, 0] == 5.0


def test_newer_header_on_an_older_library():
    """The library says that it is too old, instead of reading what is not there."""
    lib = native.load()
    later = (rc._library.HEADER.RC_VERSION_MAJOR + 1) * 1_000_000
    with pytest.raises(rc.VersionMismatchError, match=rc.__version__):
        rc._library.raise_status(lib, lib.rc_check_version(later))


def test_process_global_current_stream():
    """Contexts share nothing: threads that use one each get what each gets alone."""
    rng = np.random.default_rng(3)
    jobs = [
        (rng.normal(size=(2000, 8)), np.sort(rng.integers(0, 10**6, 2000)), threads)
        for threads in (1, 2, 1, 2)
    ]
    targets = rng.integers(0, 10**6, 5000)
    alone = [rc.resample(v, t, targets, mode="pchip") for v, t, _ in jobs]
    together: list[list[bytes]] = [[] for _ in jobs]

    def work(index):
        values, times, threads = jobs[index]
        with rc.Context("cpu", threads) as context:
            for _ in range(20):
                got = rc.resample(values, times, targets, mode="pchip", context=context)
                together[index].append(got.tobytes())

    workers = [threading.Thread(target=work, args=(index,)) for index in range(len(jobs))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    for expected, found in zip(alone, together, strict=True):
        assert found == [expected.tobytes()] * 20


def test_max_gap_bridged_in_silence():
    """A second without data is no straight line: it is filled, and said so."""
    times = np.array([0, 10, 1_000_000_010, 1_000_000_020])
    got = rc.resample(
        np.arange(4.0),
        times,
        np.array([5, 500, 1_000_000_015]),
        max_gap=100,
        fill_value=np.nan,
        quality=True,
    )
    np.testing.assert_array_equal(got.values, [0.5, np.nan, 2.5])
    assert got.valid.tolist() == [True, False, True]
    assert got.reason[1] == rc.Reason.GAP


def test_quaternion_averaged_component_by_component():
    """Half way between q and -q is q, not nothing; a quarter turn in 90 steps has unit length."""
    q = np.array([[0, 0, 0, 1.0], [0, 0, 0, -1.0]])
    assert rc.resample(q, [0, 2], [1], mode="slerp").tolist() == [[0, 0, 0, 1]]
    turn = np.array([[0, 0, 0, 1.0], [0, 0, np.sqrt(0.5), np.sqrt(0.5)]])
    got = rc.resample(turn, [0, 90], np.arange(91), mode="slerp")
    np.testing.assert_allclose(np.linalg.norm(got, axis=1), 1, rtol=1e-15)


def test_angle_averaged_across_the_seam():
    """Half way between 179 and -179 degrees is 180, not 0."""
    got = rc.resample(np.deg2rad([179.0, -179.0]), [0, 2], [1], mode="angle")
    assert abs(got[0]) == pytest.approx(np.pi)


@pytest.mark.parametrize("kind", ["NaN", "equal times"])
def test_long_runs_cost_the_square_of_their_length(kind):
    """A sensor that starts late leaves a column of NaN; a stuck clock, one time for all."""
    samples = 200_000
    values, times = np.arange(samples, dtype=float), np.arange(samples)
    targets = np.arange(samples)
    if kind == "NaN":
        values[1 : samples // 2] = np.nan
    else:
        times[: samples // 2] = samples // 2
        targets = np.clip(targets, samples // 2, None)
    start = time.monotonic()
    with rc.Context("cpu", 1) as context:
        got = rc.resample(values, times, targets, skip_nan=kind == "NaN", context=context)
    np.testing.assert_array_equal(got[samples // 2 :], np.arange(samples // 2, samples))
    assert time.monotonic() - start < 30, "linear takes 0.1 s, quadratic several minutes"
