# SPDX-License-Identifier: Apache-2.0
"""The command line on real recordings, found in the folder that ROBOCACHE_DATA names."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("typer", reason="typer is not installed: robocache[cli]")
parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
pytest.importorskip("matplotlib", reason="matplotlib is not installed: robocache[plot]")

from robocache.cli.app import run  # noqa: E402 - it needs typer
from robocache.writers import read_metadata  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("ROBOCACHE_DATA", ROOT / ".." / "shared" / "data"))


def aligned(tmp_path: Path, name: str, library: str, *options: str) -> tuple[dict, dict]:
    """The flat table as arrays, and the metadata."""
    pytest.importorskip(library)
    if not (DATA / name).is_file():
        pytest.skip(f"{name} is not in {DATA}: set ROBOCACHE_DATA")
    out, picture = tmp_path / "out.parquet", tmp_path / "out.png"
    assert run(["align", str(DATA / name), *options, "-o", str(out), "--plot", str(picture)]) == 0
    assert picture.stat().st_size > 20_000
    table = parquet.read_table(out)
    return {name: table[name].to_numpy() for name in table.column_names}, read_metadata(out)


def test_husky(tmp_path: Path) -> None:
    table, metadata = aligned(tmp_path, "husky.bag", "rosbags", "--rate", "20")
    assert len(table["time_ns"]) == 7907
    assert (np.diff(table["time_ns"]) == 50_000_000).all()
    assert metadata["streams"]["/imu/data"]["samples"] == 11865
    for stream in ("/imu/data", "/husky_velocity_controller/odom", "/fix"):
        assert table[f"valid:{stream}"].mean() > 0.99
    fixed = table["valid:/fix"]
    assert 42.3 < table["/fix:latitude"][fixed].min() <= table["/fix:latitude"][fixed].max() < 42.4
    q = np.stack([table[f"/imu/data:orientation.{axis}"] for axis in "xyzw"], axis=1)
    norms = np.linalg.norm(q[table["valid:/imu/data"]], axis=1)
    np.testing.assert_allclose(norms, 1.0, atol=1e-9)
    assert metadata["columns"]["/imu/data:orientation"]["mode"] == "slerp"


def test_px4(tmp_path: Path) -> None:
    table, metadata = aligned(tmp_path, "px4.ulg", "pyulog", "--rate", "50")
    assert 3400 < len(table["time_ns"]) < 3500
    assert metadata["columns"]["vehicle_attitude:q"]["mode"] == "slerp"
    assert metadata["columns"]["vehicle_attitude:q"]["order"] == "wxyz"
    assert metadata["columns"]["vehicle_status:nav_state"]["mode"] == "previous"
    left_out = [note for note in metadata["notes"] if "left out, all" in note]
    assert {note.partition(":")[0] for note in left_out} == {
        "commander_state", "ekf2_innovations", "sensor_preflight",
    }  # fmt: skip
    assert table["vehicle_local_position:ref_timestamp"].dtype == np.uint64


def test_px4_gaps_are_marked(tmp_path: Path) -> None:
    table, _ = aligned(
        tmp_path, "px4.ulg", "pyulog", "--rate", "250", "--streams", "sensor_combined",
        "--max-gap", "30ms",
    )  # fmt: skip
    valid = table["valid:sensor_combined"]
    assert 0 < (~valid).sum() < 0.1 * len(valid)
    assert np.isnan(table["sensor_combined:gyro_rad[0]"][~valid]).all()


def test_xio(tmp_path: Path) -> None:
    table, metadata = aligned(tmp_path, "xio_imu.csv", "pyarrow", "--rate", "100")
    assert len(table["time_ns"]) == 13533
    assert table["valid:xio_imu"].all()
    assert metadata["columns"]["xio_imu:Gyroscope X"]["unit"] == "deg/s"
