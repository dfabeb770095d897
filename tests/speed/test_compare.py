# SPDX-License-Identifier: Apache-2.0
"""`python -m bench.compare`: what moved between two runs, and its exit code."""

from __future__ import annotations

import sys

import pytest
from results import row, suite

from bench import compare


def run(monkeypatch, capsys, tmp_path, before, after):
    """Exit code and output for a baseline and a run, each a suite."""
    for folder, one in (("before", before), ("after", after)):
        one.save(tmp_path / folder)
    arguments = ["compare", str(tmp_path / "before"), str(tmp_path / "after")]
    monkeypatch.setattr(sys, "argv", arguments)
    code = compare.main()
    output = capsys.readouterr()
    return code, output.out + output.err


@pytest.fixture
def compared(monkeypatch, capsys, tmp_path):
    return lambda before, after: run(monkeypatch, capsys, tmp_path, before, after)


def test_equal_runs_pass(compared):
    code, text = compared(suite("e", row()), suite("e", row()))
    assert code == 0
    assert "1 pairs: 0 slower, 0 faster, 0 missing" in text


def test_a_slower_row_fails_and_is_named(compared):
    before = suite("e", row("a"), row("b"))
    code, text = compared(before, suite("e", row("a"), row("b", microseconds=12.0)))
    assert code == 1
    assert "slower    1.20 x" in text
    assert "e: b, cold, robocache" in text
    assert "a, cold" not in text


def test_a_faster_row_is_told_and_passes(compared):
    code, text = compared(suite("e", row()), suite("e", row(microseconds=5.0)))
    assert code == 0
    assert "faster    0.50 x" in text


@pytest.mark.parametrize(
    ("before", "after", "spread", "code"),
    [
        (10.0, 10.4, 0.0, 0),  # within 5 %
        (10.0, 10.6, 0.0, 1),
        (1.0, 1.15, 0.0, 0),  # within 0.2 us
        (1.0, 1.25, 0.0, 1),
        (10.0, 12.0, 0.08, 0),  # the repeats themselves spread by 8 %
        (10.0, 13.0, 0.08, 1),
    ],
)
def test_noise(compared, before, after, spread, code):
    one = suite("e", row(microseconds=before, spread=spread))
    other = suite("e", row(microseconds=after, spread=spread))
    assert compared(one, other)[0] == code


def test_a_slower_peer_is_no_failure_but_told(compared):
    before = suite("e", row(), row(way="torch", microseconds=20.0))
    code, text = compared(before, suite("e", row(), row(way="torch", microseconds=30.0)))
    assert code == 0
    assert "peers, for control: median 1.50 x" in text


def test_a_row_that_is_gone_fails(compared):
    code, text = compared(suite("e", row("a"), row("b")), suite("e", row("a")))
    assert code == 1
    assert "missing  e: b, cold, robocache" in text


def test_a_peer_that_is_gone_and_a_new_row_are_no_failure(compared):
    code, _ = compared(suite("e", row(), row(way="torch")), suite("e", row(), row("new")))
    assert code == 0


def test_other_cache_and_threads_are_other_rows(compared):
    before = suite("e", row(cache="warm", threads=1), row(cache="warm", threads=4))
    after = suite("e", row(cache="warm", threads=1), row(cache="cold", threads=4))
    code, text = compared(before, after)
    assert code == 1
    assert "missing  e: some work, warm, 4 threads, robocache" in text


def test_another_device_does_not_compare(compared):
    code, text = compared(suite("e", row()), suite("e", row(), device="NVIDIA Other"))
    assert code == 2
    assert "the baseline is of nvidia-example, the run of nvidia-other" in text


def test_nothing_in_common_does_not_compare(compared):
    code, text = compared(suite("e", row()), suite("f", row()))
    assert code == 2
    assert "no suite in common" in text


def test_a_single_file(monkeypatch, capsys, tmp_path):
    path = suite("e", row()).save(tmp_path)
    monkeypatch.setattr(sys, "argv", ["compare", str(path), str(path)])
    assert compare.main() == 0
