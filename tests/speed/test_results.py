# SPDX-License-Identifier: Apache-2.0
"""The form of results, the cases and their bytes, and what is read from benchmarks of the C
interface."""

from __future__ import annotations

import csv
import dataclasses
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from results import row, suite

from bench import cases, google
from bench.peers.measure import OWN, Time, device_kind, load, table


def test_what_is_saved_is_loaded(tmp_path):
    made = suite(
        "example", row(), row(way="torch", microseconds=123456.789, more={"launches": 3.0})
    )
    assert load(made.save(tmp_path)) == dataclasses.replace(
        made,
        rows=[
            made.rows[0],
            dataclasses.replace(made.rows[1], microseconds=123457.0, share=4.05e-8),
        ],
    )
    with (tmp_path / "example.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert [line["way"] for line in lines] == [OWN, "torch"]
    assert float(lines[1]["microseconds"]) == 123457


def test_floor_and_share_come_from_the_copy_rate():
    made = suite("example")
    added = made.add("w", OWN, Time(10e-6, 0.1), bytes=20_000_000, cache="cold")
    assert added.floor == pytest.approx(5)  # 20 MB at 4000 GB/s
    assert added.share == pytest.approx(0.5)


def test_a_case_that_is_measured_twice_is_refused():
    made = suite("example")
    made.add("w", OWN, Time(1e-6, 0))
    with pytest.raises(ValueError, match=r"expected one row of .*'w'"):
        made.add("w", OWN, Time(2e-6, 0))


def test_a_wrong_peer_is_left_out_and_we_fail_after_the_rest(tmp_path, capsys):
    made = suite("example", row())
    assert made.right("w", "torch", 1e-7, 1e-6)
    assert not made.right("w", "torch", 2e-6, 1e-6)
    assert not made.right("w", "Triton", float("nan"), 1e-6)
    made.finish(tmp_path / "peers")
    assert "left out: w: torch: largest error 2e-06 is above 1e-06" in capsys.readouterr().out
    assert not made.right("w", OWN, 2e-6, 1e-6)
    with pytest.raises(SystemExit, match="left out: w: robocache: largest error 2e-06"):
        made.finish(tmp_path / "own")
    assert load(tmp_path / "own" / "example.json").rows == made.rows


def test_median_and_spread():
    assert Time.of([3.0, 1.0, 2.0, 100.0, 2.5]) == Time(2.5, pytest.approx((51.5 - 1.5) / 2.5))


def test_table_has_a_line_for_a_case_and_a_column_for_a_way():
    text = table([row(), row(way="torch", microseconds=25.0), row("other")]).splitlines()
    assert text[0].startswith("| work | cache | MB | floor | robocache | of copy | torch |")
    assert len(text) == 4
    assert "| 10.0 | 0% | 25.0 | 2.50 x |" in text[2]


def test_kind_of_a_device():
    assert device_kind(suite("e", device="NVIDIA H200")) == "nvidia-h200"
    xeon = "Intel(R) Xeon(R) Processor @ 2.00GHz, 4 cores"
    assert device_kind(suite("e", device=xeon)) == "intel-xeon-processor-4-cores"


@pytest.mark.parametrize(
    "table_of",
    [cases.resample_cuda, cases.resample_cpu, cases.voxelize_cuda, cases.voxelize_cpu,
     cases.tsdf_cuda, cases.tsdf_cpu],
)  # fmt: skip
def test_every_case_has_a_name_of_its_own(table_of):
    names = [(case.work, getattr(case, "cache", "")) for case in table_of()]
    assert len(names) == len(set(names)) > 0


def test_bytes_that_must_move():
    # 10M points of 12 bytes, four features of 4, 256^3 voxels of four: 129 us at 4240 GB/s.
    cloud = cases.Voxelize("mean", 10_000_000, 256, "random", "float32")
    assert cloud.bytes(1) == 10_000_000 * 28 + 256**3 * 16
    occupancy = cases.Voxelize("occupancy", 10_000_000, 256, "random")
    assert occupancy.bytes(1) == 10_000_000 * 12 + 256**3
    hard = cases.Voxelize("hard", 1000, 64, "random", "float32")
    assert hard.bytes(7) == 1000 * 28 + 1000 * 4 + 7 * (16 + 10 * 16 + 4)
    resample = cases.Resample("g", 2, 10, 5, (3,), "bfloat16", "float32")
    assert resample.bytes([20], 10, 240) == 20 * 3 * 2 + 10 * 3 * 4 + 240
    fuse = cases.Resample("g", 1, 10, 5, (3, 4), stream_samples=(10, 20))
    assert fuse.bytes([10, 8], 5, 0) == (10 * 3 + 8 * 4 + 5 * 7) * 4


def google_run(name, time, **rest):
    run = {"name": name, "run_type": "iteration", "real_time": time, "time_unit": "us"}
    return {**run, **rest}


def test_benchmarks_of_the_c_interface_become_results():
    content = {
        "context": {"num_cpus": 4},
        "benchmarks": [
            google_run("copy/real_time", 100, bytes_per_second=20e9),
            google_run("sort/N:9/threads:1/simd:1/real_time", 30, bytes_per_second=1e9),
            google_run("sort/N:9/threads:1/simd:2/real_time", 10, bytes_per_second=3e9),
            google_run("sort/N:9/threads:1/simd:2/real_time", 11, bytes_per_second=2.7e9),
            google_run("sort/N:9/threads:1/simd:2/real_time", 9, bytes_per_second=3.3e9),
            google_run("sort/N:9/threads:1/simd:2_mean", 99, run_type="aggregate"),
            google_run("sort/N:9/threads:0/simd:0/real_time", 5),
            google_run("sort/N:9/threads:1/simd:4", 1, error_occurred=True),
        ],
    }
    made = google.convert("sort", content)
    assert made.suite == "c-sort"
    assert [(r.work, r.threads, r.way, round(r.microseconds, 6)) for r in made.rows] == [
        ("sort N9", 1, f"{OWN}, baseline", 30),
        ("sort N9", 1, OWN, 10),
        ("sort N9", 4, OWN, 5),
    ]
    assert made.rows[1].bytes == 30_000
    assert made.rows[1].share == pytest.approx(0.15)
    assert made.rows[1].spread == pytest.approx(0.2)


def test_the_c_benchmarks_write_csv():
    """It wants the same counters of every run."""
    root = Path(__file__).resolve().parents[2]
    build = Path(os.environ.get("ROBOCACHE_BUILD", root / "build" / "release"))
    program = build / "bench" / "bench_resample"
    if shutil.which("ninja") is None:
        pytest.skip("no bench_resample: no ninja")
    target = program.relative_to(build)
    known = subprocess.run(
        ["ninja", "-C", build, "-t", "query", target], capture_output=True, check=False
    )
    if known.returncode:
        pytest.skip("no bench_resample: no Google Benchmark (Debian: libbenchmark-dev)")
    subprocess.run(["ninja", "-C", build, target], capture_output=True, check=True)
    options = ["--benchmark_filter=copy|S:50/", "--benchmark_min_time=0.001"]
    command = [program, *options, "--benchmark_format=csv"]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = list(csv.DictReader(run.stdout.splitlines()))
    assert [line["speedup"] for line in lines] == ["1", "0"]
