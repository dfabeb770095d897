# SPDX-License-Identifier: Apache-2.0
"""The page about speed: made of results, never typed."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from results import row, suite

from bench import report
from bench.limits import LIMITS
from bench.peers.measure import OWN
from bench.targets import MICROSECONDS, SHARE, TARGETS, Target, faster_than, judge

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = (ROOT / "bench" / "performance.md.in").read_text()


def target(figure, aim, name="a target", rows=lambda row: True):
    return Target("GPU", name, "example", figure, aim, rows)


@pytest.mark.parametrize(("microseconds", "met"), [(9.9, True), (10.0, True), (10.1, False)])
def test_a_most(microseconds, met):
    verdict = judge(target(MICROSECONDS, 10), suite("example", row(microseconds=microseconds)))
    assert verdict.met is met
    assert verdict.value == microseconds


def test_the_worst_case_decides():
    rows = row("a", share=0.95), row("b", share=0.5), row("c", share=0.91)
    verdict = judge(target(SHARE, 0.9), suite("example", *rows))
    assert not verdict.met
    assert (verdict.value, verdict.reached, verdict.cases) == (0.5, 2, 3)
    assert verdict.worst[OWN].work == "b"


def test_rows_that_do_not_decide_are_left_out():
    rows = row("a", share=0.95, group="large"), row("b", share=0.1, group="small")
    one = target(SHARE, 0.9, rows=lambda row: row.group == "large")
    assert judge(one, suite("example", *rows)).met


def test_the_fastest_of_the_peers_decides():
    rows = (
        row(microseconds=10.0),
        row(way="torch", microseconds=50.0),
        row(way="Triton", microseconds=9.0),
    )
    made = suite("example", *rows)
    assert judge(target(faster_than(), 1.0), made).value == pytest.approx(0.9)
    assert judge(target(faster_than("torch"), 1.0), made).value == pytest.approx(5.0)
    assert judge(target(faster_than("pandas"), 1.0), made) is None


def test_our_own_variants_are_no_peers():
    made = suite("example", row(), row(way=f"{OWN}, no validation", microseconds=1.0))
    assert judge(target(faster_than(), 1.0), made) is None


def test_page_says_what_results_say(monkeypatch):
    monkeypatch.setattr(report, "TARGETS", [target(MICROSECONDS, 10), target(SHARE, 0.9, "other")])
    monkeypatch.setattr(report, "LIMITS", {"a target": "the cat"})

    def lines(microseconds):
        results = {"gpu": {"example": suite("example", row(microseconds=microseconds, share=0.95))}}
        return report.page("head\n{{targets GPU}}\ntail\n", results, "images")

    good, bad = lines(9.0), lines(11.0)
    assert "NVIDIA Example: 2 of 2 reached." in good
    assert "| a target | <= 10 us | 9 us | yes |" in good
    assert "the cat" not in good
    assert "NVIDIA Example: 1 of 2 reached." in bad
    assert "| a target | <= 10 us | 11 us | **no**, 0 of 1 |" in bad
    assert "- a target: the cat" in bad
    assert good.startswith("head\n")
    assert good.endswith("\ntail\n")


def test_what_was_not_measured_is_said(monkeypatch):
    other = Target("GPU", "other", "absent", SHARE, 0.9, lambda row: True)
    monkeypatch.setattr(report, "TARGETS", [target(MICROSECONDS, 10), other])
    results = {"gpu": {"example": suite("example", row())}}
    assert "1 of 2 reached, 1 not measured" in report.targets("GPU", results)
    assert "| other | >= 90% | | not measured |" in report.targets("GPU", results)
    assert report.targets("CPU", results) == "Not measured."


def test_a_suite_names_its_command_and_device():
    results = {"gpu": {"example": suite("example", row(group="large"), row("b", group="small"))}}
    text = report.page("{{suite example}}", results, "images")
    assert "`python -m bench.example`" in text
    assert "NVIDIA Example; 2026-01-31; commit 0123456789ab" in text
    assert text.index("large:") < text.index("small:")


def test_unknown_lines_of_the_text_are_refused():
    with pytest.raises(SystemExit, match="expected targets, suite or pictures, got"):
        report.page("{{suites x}}", {}, "images")


def test_results_of_one_device_are_one_file_each(tmp_path):
    suite("example", row()).save(tmp_path / "a")
    suite("example", row()).save(tmp_path / "b")
    with pytest.raises(SystemExit, match="expected one example of a device"):
        report.load_results(tmp_path)


def test_no_results_are_an_error(tmp_path):
    with pytest.raises(SystemExit, match="expected results"):
        report.load_results(tmp_path)


def test_recorded_results_are_those_of_the_run(tmp_path):
    suite("example", row()).save(tmp_path / "run")
    report.record(report.load_results(tmp_path / "run"), tmp_path / "kept")
    assert [path.relative_to(tmp_path / "kept") for path in (tmp_path / "kept").rglob("*.*")] == [
        Path("nvidia-example/example.json")
    ]
    assert report.load_results(tmp_path / "kept") == report.load_results(tmp_path / "run")


def test_every_target_has_a_name_of_its_own_and_limits_are_of_targets():
    names = [(target.part, target.work) for target in TARGETS]
    assert len(names) == len(set(names))
    assert LIMITS.keys() <= {work for _, work in names}


def test_every_suite_that_decides_is_on_the_page():
    shown = set(re.findall(r"^\{\{suite (.+)\}\}$", TEMPLATE, re.MULTILINE))
    assert {target.suite for target in TARGETS} <= shown


def check(*options):
    command = [sys.executable, "-m", "bench.report", "--check", *map(str, options)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_page_is_made_of_the_committed_results():
    made = check()
    assert made.returncode == 0, made.stderr


def test_a_page_that_does_not_follow_its_results_is_found(tmp_path):
    results = tmp_path / "results"
    shutil.copytree(ROOT / "bench" / "results", results)
    path = sorted(results.rglob("*.json"))[0]
    text = path.read_text()
    time = re.search(r'"microseconds": ([0-9.]+)', text)
    path.write_text(text.replace(time[0], f'"microseconds": {float(time[1]) * 3}', 1))
    made = check("--results", results)
    assert made.returncode == 1
    assert "is not what" in made.stderr


def test_pictures_of_equal_results_are_equal(tmp_path):
    pytest.importorskip("matplotlib")
    from bench.pictures import draw

    axes = {"op": "resample"}
    rows = row(axes=axes), row(way="torch", microseconds=25.0, axes=axes), row("b", axes=axes)
    results = {"gpu": {"example": suite("example", *rows)}}
    for folder in ("one", "other"):
        draw(results, tmp_path / folder)
    for name in ("gpu-roofline.svg", "gpu-bars.svg"):
        picture = (tmp_path / "one" / name).read_bytes()
        assert b"<svg" in picture
        assert picture == (tmp_path / "other" / name).read_bytes()


def test_a_peer_that_is_near_the_floor_is_a_limit(monkeypatch):
    monkeypatch.setattr(report, "LIMITS", {})
    rows = row(microseconds=10.0, floor=5.0), row(way="torch", microseconds=40.0)
    judged = judge(target(faster_than("torch"), 20), suite("example", *rows))
    assert report.limit_of(judged) == "torch takes 8.0 times the floor."
    judged = judge(target(faster_than("torch"), 6), suite("example", *rows))
    assert report.limit_of(judged) == ""
