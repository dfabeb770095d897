# SPDX-License-Identifier: Apache-2.0
"""The guard on the CPU kernels' instructions: counts repeat, what moves is found and named."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import builds
import pytest

from bench import instructions
from bench.instructions import Run

pytestmark = pytest.mark.xdist_group("instructions")

PROGRAM = "bench/instructions"
Check = Callable[..., int]


@pytest.fixture(scope="module")
def counted() -> Run:
    """What this build counts."""
    if not shutil.which("valgrind"):
        pytest.skip("no valgrind (Debian: valgrind)")
    run = instructions.count(builds.target(PROGRAM))
    assert len(run.counts) >= 19
    assert min(run.counts.values()) > 1000
    return run


@pytest.fixture
def check(counted: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Check:
    """The command's exit code, with these counts recorded; it counts as `counted` did."""
    monkeypatch.setattr(instructions, "count", lambda program: counted)
    path = tmp_path / "recorded.json"

    def run(recorded: dict[str, dict[str, int]], *options: str) -> int:
        path.write_text(json.dumps(recorded))
        return instructions.main([PROGRAM, "--recorded", str(path), *options])

    return run


def doctored(run: Run, factor: float) -> tuple[str, dict[str, dict[str, int]]]:
    """With one count recorded as so many times what it is, and whose it is."""
    work = next(work for work in run.counts if work.endswith("linear, 32 float32"))
    return work, {run.compiler: {**run.counts, work: round(run.counts[work] * factor)}}


def test_counts_are_the_same_in_every_run(counted: Run) -> None:
    assert instructions.count(builds.target(PROGRAM)) == counted


def test_what_is_recorded_passes(
    check: Check, counted: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(doctored(counted, 1.005)[1], "--required") == 0
    assert "within 1%" in capsys.readouterr().out


@pytest.mark.parametrize(("factor", "moved"), [(0.95, "+5.3%"), (1.05, "-4.8%")])
def test_a_doctored_count_fails(
    check: Check, counted: Run, capsys: pytest.CaptureFixture[str], factor: float, moved: str
) -> None:
    work, recorded = doctored(counted, factor)
    assert check(recorded) == 1
    first, *_ = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{work}: ")
    assert first.endswith(moved)


def test_works_come_and_go_by_name(
    check: Check, counted: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    work, _ = doctored(counted, 1)
    others = {name: count for name, count in counted.counts.items() if name != work}
    assert check({counted.compiler: {**others, "baseline: gone": 5}}) == 1
    said = capsys.readouterr().out
    assert f"{work}: {counted.counts[work]:,} instructions, none recorded" in said
    assert "baseline: gone: recorded, and not run" in said


def test_a_level_that_the_processor_lacks_is_no_loss(check: Check, counted: Run) -> None:
    assert check({counted.compiler: {**counted.counts, "avx4096: all": 5}}) == 0


@pytest.mark.parametrize(("options", "code"), [((), 77), (("--required",), 1)])
def test_an_unknown_compiler_is_named(
    check: Check, capsys: pytest.CaptureFixture[str], options: tuple[str, ...], code: int
) -> None:
    assert check({"gcc 1.0, x86_64, glibc 2.0": {"baseline: all": 1}}, *options) == code
    said = capsys.readouterr().out
    assert "no counts recorded for" in said
    assert "gcc 1.0" in said


def test_without_valgrind(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "")
    assert instructions.main([PROGRAM]) == 77
    assert capsys.readouterr().out == "skipped: valgrind is not installed (Debian: valgrind)\n"
