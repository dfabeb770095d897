# SPDX-License-Identifier: Apache-2.0
"""`robocache voxelize`: grids, what is said of them, pictures, and what is refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from command_line import Run

import robocache as rc

pytest.importorskip("typer", reason="typer is not installed: robocache[cli]")
pytest.importorskip("rich", reason="rich is not installed: robocache[cli]")

from robocache.clouds import read_cloud
from robocache.voxel_grid import voxelize_cloud

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("ROBOCACHE_DATA", ROOT / ".." / "shared" / "data"))


@pytest.fixture
def cloud(tmp_path: Path) -> Path:
    """A floor of 2 m by 1 m, one point per 5 cm, a post, one point far off, one that is none."""
    x, y = np.meshgrid(np.arange(40) * 0.05 + 0.01, np.arange(20) * 0.05 + 0.01, indexing="ij")
    floor = np.stack([x.ravel(), y.ravel(), np.full(800, 0.01)], axis=1)
    post = np.stack([np.full(40, 0.51), np.full(40, 0.51), np.arange(40) * 0.025], axis=1)
    points = np.concatenate([floor, post, [[90, 0.01, 0.01], [np.nan, 0, 0]]]).astype(np.float32)
    path = tmp_path / "yard.npz"
    colours = np.tile(np.array([[10, 20, 30]], np.uint8), (len(points), 1))
    np.savez(
        path,
        points=points,
        intensity=np.arange(len(points), dtype=np.float32),
        **dict(zip("rgb", colours.T, strict=True)),
    )
    return path


BOX = ("--bounds", 0, 0, 0, 2, 1, 1)


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_occupancy_in_a_box(robocache: Run, cloud: Path, tmp_path: Path) -> None:
    out = tmp_path / "grid.npz"
    code, printed, errors = robocache("voxelize", cloud, "--voxel", 0.1, *BOX, "-o", out)
    assert (code, errors) == (0, "")
    assert "points: 842 read, 1 outside, 1 not finite" in printed
    assert "voxels: 209 occupied of 20 x 10 x 10 (10.450%), from 0, 0, 0" in printed
    assert f"written: {out}" in printed
    with np.load(out) as file:
        assert set(file.files) == {"grid", "origin", "voxel_size", "metadata"}
        points = np.load(cloud)["points"]
        np.testing.assert_array_equal(
            file["grid"], rc.voxelize(points, (0, 0, 0), 0.1, (20, 10, 10))
        )
        np.testing.assert_array_equal(file["voxel_size"], [0.1] * 3)
        document = json.loads(str(file["metadata"]))
    assert document["points"] == {"read": 842, "outside": 1, "not_finite": 1}
    assert document["occupied"] == 209


@pytest.mark.parametrize("reduce", ["sum", "mean", "max", "min"])
@pytest.mark.parametrize("sparse", [False, True])
def test_features(robocache: Run, cloud: Path, tmp_path: Path, reduce: str, sparse: bool) -> None:
    out = tmp_path / "grid.npz"
    options = ["--sparse"] if sparse else []
    code, printed, _ = robocache(
        "voxelize", cloud, "--voxel", "0.1,0.2,0.25", *BOX, "--reduce", reduce, "--features",
        "intensity,z", "-o", out, "--json", *options,
    )  # fmt: skip
    assert code == 0
    metadata = json.loads(printed)["metadata"]
    assert metadata["grid"]["dims"] == [20, 5, 4]
    assert metadata["features"] == ["intensity", "z"]
    arrays = np.load(cloud)
    features = np.stack([arrays["intensity"], arrays["points"][:, 2]], axis=1)
    expected = rc.voxelize(
        arrays["points"], (0, 0, 0), (0.1, 0.2, 0.25), (20, 5, 4), reduce=reduce,
        features=features, counts=True,
    )  # fmt: skip
    with np.load(out) as file:
        if sparse:
            x, y, z = file["coords"].T
            np.testing.assert_array_equal(file["features"], expected.grid[x, y, z])
            np.testing.assert_array_equal(file["counts"], expected.counts[x, y, z])
            assert len(x) == np.count_nonzero(expected.counts) == metadata["occupied"]
        else:
            np.testing.assert_array_equal(file["grid"], expected.grid)
            np.testing.assert_array_equal(file["counts"], expected.counts)


def test_count_and_sparse_occupancy(robocache: Run, cloud: Path, tmp_path: Path) -> None:
    dense, listed = tmp_path / "count.npz", tmp_path / "list.npz"
    assert (
        robocache("voxelize", cloud, "--voxel", 0.1, *BOX, "--reduce", "count", "-o", dense)[0] == 0
    )
    assert robocache("voxelize", cloud, "--voxel", 0.1, *BOX, "--sparse", "-o", listed)[0] == 0
    with np.load(dense) as count, np.load(listed) as file:
        assert count["grid"].sum() == 840
        np.testing.assert_array_equal(np.argwhere(count["grid"]), file["coords"])
        np.testing.assert_array_equal(count["grid"][tuple(file["coords"].T)], file["counts"])


def test_bounds_of_the_cloud_hold_every_point(robocache: Run, cloud: Path, tmp_path: Path) -> None:
    out = tmp_path / "grid.npz"
    code, printed, _ = robocache("voxelize", cloud, "--voxel", 0.3, "--sparse", "-o", out)
    assert code == 0
    assert "842 read, 0 outside, 1 not finite" in printed
    with np.load(out) as file:
        assert file["counts"].sum() == 841
        np.testing.assert_allclose(file["origin"] / 0.3, np.round(file["origin"] / 0.3), atol=1e-9)


@pytest.mark.parametrize(
    "options", [(), ("--sparse",), ("--reduce", "mean", "--features", "r,g,b")]
)
@pytest.mark.parametrize("up", ["z", "-y"])
def test_pictures(
    robocache: Run, cloud: Path, tmp_path: Path, options: tuple[str, ...], up: str
) -> None:
    image = pytest.importorskip("PIL.Image", reason="pillow is not installed: robocache[depth]")
    pytest.importorskip("matplotlib")
    picture = tmp_path / "out.png"
    code, printed, errors = robocache(
        "voxelize", cloud, "--voxel", 0.1, *BOX, "-o", tmp_path / "g.npz", "--plot", picture,
        f"--up={up}", *options,
    )  # fmt: skip
    assert (code, errors) == (0, "")
    assert f"{tmp_path / 'g.npz'}, {picture}" in printed
    pixels = np.asarray(image.open(picture).convert("RGB")).reshape(-1, 3).astype(int)
    view = (abs(pixels - 255).max(axis=1) > 60).mean()
    assert view > 0.03, "there is something to see"
    if "r,g,b" in options:
        # Shading darkens a colour and keeps its hue; text is grey.
        hue = (pixels[:, 2] > 2 * pixels[:, 0]) & (pixels[:, 2] < 40)
        assert hue.sum() > 10000


def test_a_grid_without_points_is_drawn(robocache: Run, cloud: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    code, printed, _ = robocache(
        "voxelize", cloud, "--voxel", 1, "--bounds", 5, 5, 5, 7, 7, 7, "-o", tmp_path / "g.npz",
        "--plot", tmp_path / "g.png",
    )  # fmt: skip
    assert code == 0
    assert "841 outside, 1 not finite" in printed
    assert "0 occupied of 2 x 2 x 2" in printed


def test_rerun(robocache: Run, cloud: Path, tmp_path: Path) -> None:
    pytest.importorskip("rerun", reason="rerun-sdk is not installed: robocache[rerun]")
    recording = tmp_path / "out.rrd"
    code, printed, _ = robocache(
        "voxelize", cloud, "--voxel", 0.1, *BOX, "-o", tmp_path / "g.npz", "--rerun", recording
    )
    assert code == 0
    assert str(recording) in printed
    assert verified(recording) == {"/voxels", "/points"}
    assert left_in(tmp_path) == ["g.npz", "out.rrd", "yard.npz"]


def test_rerun_of_an_alignment(robocache: Run, tmp_path: Path) -> None:
    pytest.importorskip("rerun", reason="rerun-sdk is not installed: robocache[rerun]")
    pytest.importorskip("pyarrow", reason="pyarrow is not installed: robocache[table]")
    table = tmp_path / "imu.csv"
    table.write_text("time_s,gyro.x,count\n" + "".join(f"{k / 10},{k},{k}\n" for k in range(20)))
    recording = tmp_path / "out.rrd"
    code, printed, _ = robocache(
        "align", table, "--rate", 20, "-o", tmp_path / "o.npz", "--rerun", recording
    )
    assert code == 0
    assert f"; Rerun: {recording}" in printed
    assert verified(recording) == {
        f"/{kind}/imu/{field}" for kind in ("raw", "aligned") for field in ("gyro.x", "count")
    }


def verified(recording: Path) -> set[str]:
    """The entities of a recording that Rerun itself finds no fault with."""
    rerun = [sys.executable, "-m", "rerun", "rrd"]
    subprocess.run([*rerun, "verify", str(recording)], check=True, capture_output=True)
    printed = subprocess.run(
        [*rerun, "print", str(recording)], check=True, capture_output=True, text=True
    )
    # Older versions print components as entity:Archetype:component.
    words = (printed.stdout + printed.stderr).replace(",", " ").replace(":", " ").split()
    return {word for word in words if word.startswith(("/voxels", "/points", "/raw", "/aligned"))}


WRONG = [
    (["{dir}/missing.pcd", "--voxel", "1"], "{dir}/missing.pcd: no such file or folder"),
    (["{cloud}"], "Missing option '--voxel'"),
    (["{cloud}", "--voxel", "0"], "--voxel: expected one edge, or three with commas, above 0; got"),
    (["{cloud}", "--voxel", "1,2"], "--voxel: expected one edge, or three"),
    (["{cloud}", "--voxel", "nan"], "--voxel: expected one edge, or three"),
    (["{cloud}", "--voxel", "wide"], "--voxel: expected one edge, or three"),
    (["{cloud}", "--voxel", "1", "--bounds", "0", "0", "0", "1", "0", "1"], "bounds: expected x0"),
    (["{cloud}", "--voxel", "1", "--bounds", "0", "0", "0", "1", "nan", "1"], "bounds: expected"),
    (["{cloud}", "--voxel", "1", "--reduce", "median"], "Invalid value for '--reduce'"),
    (["{cloud}", "--voxel", "1", "--reduce", "mean", "--features", "ring"],
     "features: {cloud} has no 'ring'; it has x, y, z, intensity"),
    (["{cloud}", "--voxel", "1", "--features", "intensity"],
     "features: expected none with reduce='occupancy'; got intensity"),
    (["{cloud}", "--voxel", "0.001"], "voxel: a dense grid of 89992 x 951 x 976 voxels of 1 bytes"),
    (["{cloud}", "--voxel", "0.02", "--memory", "0.001"], "voxel: a dense grid of "),
    (["{cloud}", "--voxel", "1e-8"], "voxel: expected fewer than 2^63 voxels; got "),
    (["{dir}/none.npz", "--voxel", "1"], "{dir}/none.npz: has no finite point among 2"),
    (["{cloud}", "--voxel", "1", "--plot", "p.gif"], "p.gif: expected an extension of .png"),
    (["{cloud}", "--voxel", "1", "--rerun", "p.bag"], "p.bag: expected an extension of .rrd, got"),
    (["{cloud}", "--voxel", "1", "--up", "w"], "Invalid value for '--up'"),
]  # fmt: skip


@pytest.mark.parametrize(("command", "message"), WRONG, ids=[" ".join(c) for c, _ in WRONG])
def test_what_is_wrong_is_one_line(
    robocache: Run, cloud: Path, tmp_path: Path, command: list[str], message: str
) -> None:
    np.savez(tmp_path / "none.npz", points=np.full((2, 3), np.nan))
    names = {"cloud": cloud, "dir": tmp_path}
    arguments = [argument.format_map(names) for argument in command]
    code, printed, errors = robocache("voxelize", *arguments, "-o", tmp_path / "out.npz")
    assert (code, printed) == (2, "")
    assert errors.startswith("robocache: " + message.format_map(names)), errors
    assert errors.count("\n") == 1
    assert left_in(tmp_path) == ["none.npz", "yard.npz"]


def test_output_that_is_not_right(robocache: Run, cloud: Path, tmp_path: Path) -> None:
    before = cloud.read_bytes()
    for out, message in (
        (tmp_path / "out.pcd", "expected an extension of .npz, got '.pcd'"),
        (cloud, "is the cloud itself"),
        (tmp_path / "none" / "out.npz", "cannot write here: No such file or directory"),
    ):
        code, _, errors = robocache("voxelize", cloud, "--voxel", 1, "-o", out)
        assert (code, errors) == (2, f"robocache: {out}: {message}\n")
    assert cloud.read_bytes() == before


def test_coarse_coordinates_are_computed_in_float64(tmp_path: Path) -> None:
    """Northings of UTM in float32, in voxels of less than their step of half a metre."""
    points = np.array([[512000.0, 5403000.5, 300.0], [512010, 5403010, 310]], np.float32)
    np.save(tmp_path / "utm.npy", points)
    grid = voxelize_cloud(read_cloud(tmp_path / "utm.npy"), (0.3, 0.3, 0.3), sparse=True)
    assert "stored in steps of 0.5" in grid.notes[0]
    expected = np.floor((points.astype(np.float64) - grid.origin) / 0.3)
    np.testing.assert_array_equal(grid.coords, expected)


@pytest.mark.parametrize(
    ("name", "voxel", "occupied"),
    [
        ("ouster_os1.pcap", 0.2, 96967),
        ("room_scan1.pcd", 0.05, 27906),
        ("car_cloud400.csv", 0.2, 16122),
    ],
)
def test_real_clouds(
    robocache: Run, tmp_path: Path, name: str, voxel: float, occupied: int
) -> None:
    """As many voxels as NumPy finds, and a picture."""
    if not (DATA / name).is_file():
        pytest.skip(f"{name} is not in {DATA}: set ROBOCACHE_DATA")
    pytest.importorskip("matplotlib")
    if name.endswith(".pcd"):
        pytest.importorskip("pypcd4")
    out, picture = tmp_path / "grid.npz", tmp_path / "picture.png"
    code, printed, _ = robocache(
        "voxelize", DATA / name, "--voxel", voxel, "-o", out, "--plot", picture
    )
    assert code == 0
    assert f"voxels: {occupied} occupied" in printed
    assert picture.stat().st_size > 100_000
    points = read_cloud(DATA / name).points
    with np.load(out) as file:
        real = points.dtype
        cells = np.floor((points - file["origin"].astype(real)) / file["voxel_size"].astype(real))
        assert len(np.unique(cells, axis=0)) == occupied == np.count_nonzero(file["grid"])
