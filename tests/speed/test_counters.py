# SPDX-License-Identifier: Apache-2.0
"""`python -m bench.counters`: what it reads of ncu's log, and what it says without ncu."""

from __future__ import annotations

import csv
import shutil

import pytest
from results import suite

from bench import counters
from bench.pages import replace_tables

STALLED = "smsp__average_warps_issue_stalled_{}_per_issue_active.ratio"
TIME = counters.COUNTERS["us"][0]
READ = counters.COUNTERS["read MB"][0]


@pytest.fixture
def log(tmp_path):
    """ncu's CSV: names, units, then a line for each launch."""

    def write(*launches):
        names = ["ID", "Kernel Name", TIME, READ, *map(STALLED.format, ["wait", "barrier"])]
        path = tmp_path / "ncu.csv"
        with path.open("w", newline="") as file:
            file.write("==PROF== Connected\n")
            writer = csv.writer(file, quoting=csv.QUOTE_ALL)
            writer.writerow(names)
            writer.writerow(["", "", "ns", "byte", "inst", "inst"])
            for number, (kernel, *values) in enumerate(launches):
                writer.writerow([number, kernel, *values])
        return path

    return write


MARK = (f"at::cuda::<unnamed>::{counters.MARK}(long)", "1,000", "0", "0", "0")


def test_kernels_belong_to_the_case_whose_mark_is_before_them(log):
    path = log(
        MARK,
        ("void rc::<unnamed>::copy_rows<float>(const float *)", "2,500", "3,000,000", "1.0", "3.0"),
        MARK,
        ("sort(int)", "1,000", "n/a", "0", "0"),
        ("sort(int)", "4,000", "n/a", "0", "0"),
    )
    found = suite("counters-cuda")
    counters.read_log(path, ["one", "two"], found)
    assert [(row.work, row.way) for row in found.rows] == [
        ("one", "copy_rows"),
        ("two", "sort"),
        ("two", "sort #2"),
    ]
    first = found.rows[0]
    assert first.microseconds == pytest.approx(2.5)
    assert first.more["read MB"] == pytest.approx(3.0)
    assert counters.stalls(first) == [(3.0, "barrier"), (1.0, "wait")]
    assert "read MB" not in found.rows[1].more


def test_the_table_names_what_warps_wait_for_and_leaves_out_what_takes_no_time(log):
    launches = [("big(int)", "1,000", "0", "1.0", "3.0"), ("tiny(int)", "20", "0", "1.0", "0")]
    found = suite("counters-cuda")
    counters.read_log(log(MARK, *launches), ["one"], found)
    text = counters.table(found.rows)
    assert "| one | `big` | 1.0 | 0 |" in text
    assert "barrier 75%, wait 25%" in text
    assert "tiny" not in text


def test_without_ncu_it_says_so(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(SystemExit) as stopped:
        counters.profile("", tmp_path / "ncu.csv")
    assert stopped.value.code == 77
    assert "skipped: ncu (Nsight Compute) is not here" in capsys.readouterr().out


def test_tables_of_a_page_are_replaced_and_nothing_else(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- tables -->\nold\n<!-- end of tables -->\nafter\n")
    for tables in ("first\n", "second\n"):
        replace_tables(page, tables)
    expected = "before\n<!-- tables -->\n\nsecond\n\n<!-- end of tables -->\nafter\n"
    assert page.read_text() == expected
    page.write_text("no marks")
    with pytest.raises(ValueError, match="expected the lines"):
        replace_tables(page, "")
