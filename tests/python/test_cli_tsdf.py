# SPDX-License-Identifier: Apache-2.0
"""`robocache tsdf`: a known scene from depth images, layouts of folders, what is refused."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from command_line import Run

pytest.importorskip("typer", reason="typer is not installed: robocache[cli]")
pytest.importorskip("rich", reason="rich is not installed: robocache[cli]")
pytest.importorskip("PIL", reason="pillow is not installed: robocache[depth]")

from PIL import Image

from robocache import depth_demo
from robocache.clouds import read_cloud
from robocache.depth_frames import read_depth_folder
from robocache.recording import RecordingError

POSES = depth_demo.poses()
FX, FY, CX, CY = depth_demo.INTRINSICS[[0, 1, 0, 1], [0, 1, 2, 2]].tolist()
SOME = ("--voxel", 0.05)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The frames of the demo, made once."""
    folder = tmp_path_factory.mktemp("scene") / "frames"
    depth_demo.write_frames(folder)
    return folder


def depth_of(index: int) -> np.ndarray:
    return depth_demo.render(POSES[index])[0]


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_depth_of_the_demo_is_on_its_surfaces() -> None:
    depth = depth_of(5).astype(np.float64) / 1000
    v, u = np.indices(depth.shape)
    camera = np.stack([(u - CX) / FX * depth, (v - CY) / FY * depth, depth], axis=-1)
    points = camera.reshape(-1, 3) @ POSES[5, :3, :3].T + POSES[5, :3, 3]
    assert depth_demo.distance(points).max() < 1e-3


def test_demo(robocache: Run, tmp_path: Path) -> None:
    """The surface is where the scene is: closer than a tenth of a voxel on average."""
    pytest.importorskip("matplotlib")
    out, picture = tmp_path / "scene.ply", tmp_path / "scene.png"
    code, printed, errors = robocache(
        "tsdf", tmp_path / "frames", "--demo", "--voxel", 0.03, "-o", out, "--plot", picture,
        "--json",
    )  # fmt: skip
    assert (code, errors) == (0, "")
    document = json.loads(printed)
    assert document["error_m"]["median"] < 0.001
    assert document["error_m"]["mean"] < 0.003
    cloud = read_cloud(out)
    assert len(cloud) == document["metadata"]["surface_points"] > 10_000
    points = cloud.points.astype(np.float64)
    assert depth_demo.distance(points).mean() == pytest.approx(document["error_m"]["mean"])
    # Normals point out of the surfaces: up from the floor, away from the middle of the ball.
    floor = (abs(points[:, 2]) < 0.005) & (np.linalg.norm(points[:, :2], axis=1) > 1.2)
    assert np.median(cloud.normals[floor, 2]) > 0.99
    centre, radius = depth_demo.BALLS[0]
    away = points - centre
    ball = (abs(np.linalg.norm(away, axis=1) - radius) < 0.01) & (points[:, 2] > 0.2)
    outward = (cloud.normals[ball] * away[ball] / radius).sum(axis=1)
    assert np.median(outward) > 0.99
    # The ball is orange.
    red, _, blue = np.median(cloud.columns(["r", "g", "b"])[ball], axis=0)
    assert red > 2 * blue
    pixels = np.asarray(Image.open(picture).convert("RGB")).astype(int)
    assert (pixels[..., 0] > 3 * pixels[..., 2]).sum() > 5000


def test_a_second_demo_takes_the_place_of_the_first(scene: Path) -> None:
    (scene / "poses.txt").write_text("")
    depth_demo.write_frames(scene)
    assert len(read_depth_folder(scene)) == depth_demo.FRAMES


def test_what_is_printed(robocache: Run, scene: Path, tmp_path: Path) -> None:
    code, printed, errors = robocache(
        "tsdf", scene, *SOME, "--bounds", -1, -1, -0.2, 1, 1, 1.2, "--max-depth", 4,
        "--truncation", 0.15, "--min-weight", 2, "-o", tmp_path / "s.ply",
    )  # fmt: skip
    assert (code, errors) == (0, "")
    assert "images: 32, with colours" in printed
    assert "observed of 40 x 40 x 28, truncation 0.15" in printed
    assert "surface: " in printed
    points = read_cloud(tmp_path / "s.ply").points
    assert (points >= [-1, -1, -0.2]).all()
    assert (points <= [1, 1, 1.2]).all()
    assert left_in(tmp_path) == ["s.ply"]


def test_rerun(robocache: Run, scene: Path, tmp_path: Path) -> None:
    pytest.importorskip("rerun", reason="rerun-sdk is not installed: robocache[rerun]")
    code, _, _ = robocache(
        "tsdf", scene, *SOME, "-o", tmp_path / "s.ply", "--rerun", tmp_path / "s.rrd"
    )
    assert code == 0
    assert (tmp_path / "s.rrd").stat().st_size > 10_000


def quaternions(poses: np.ndarray) -> np.ndarray:
    """[K,4] xyzw of rotations, by SciPy."""
    rotation = pytest.importorskip("scipy.spatial.transform").Rotation
    return rotation.from_matrix(poses[:, :3, :3]).as_quat()


class TestLayouts:
    """Four frames of the demo, laid out as others do; the same images and poses come out."""

    COUNT = 4

    def check(self, folder: Path, **options: object) -> None:
        frames = read_depth_folder(folder, **options)
        assert len(frames) == self.COUNT
        np.testing.assert_allclose(frames.intrinsics, depth_demo.INTRINSICS)
        np.testing.assert_allclose(frames.poses, POSES[: self.COUNT], atol=1e-6)
        for index in range(self.COUNT):
            depth = frames.depth(index) * (frames.depth_scale or 1e-3)
            np.testing.assert_allclose(depth, depth_of(index) * 1e-3, atol=2e-4)

    def images(self, folder: Path, name: str = "{:d}.png", factor: int = 1) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for index in range(self.COUNT):
            Image.fromarray(depth_of(index) * np.uint16(factor)).save(folder / name.format(index))

    def test_tum(self, tmp_path: Path) -> None:
        """Poses are interpolated at the images' stamps: here the motion is one straight line, and
        the stamps of the poses lie between those of the images."""
        self.images(tmp_path / "depth", factor=5)
        self.images(tmp_path / "rgb")
        stamps = 1305031102.160407 + 0.03 * np.arange(self.COUNT)
        for name in ("depth", "rgb"):
            rows = [f"{stamp:.6f} {name}/{k}.png" for k, stamp in enumerate(stamps)]
            (tmp_path / f"{name}.txt").write_text("# timestamp filename\n" + "\n".join(rows))
        start, end = POSES[0, :3, 3], POSES[3, :3, 3]
        turn = quaternions(POSES)[0]
        rows = []
        for share in np.linspace(-0.5, 1.5, 9):
            place = start + share * (end - start)
            numbers = [*place, *turn]
            rows.append(f"{stamps[0] + share * 0.09:.6f} " + " ".join(map(str, numbers)))
        (tmp_path / "groundtruth.txt").write_text("# ground truth\n" + "\n".join(rows))
        frames = read_depth_folder(tmp_path, intrinsics=f"{FX},{FY},{CX},{CY}")
        expected = np.linspace(start, end, self.COUNT)
        np.testing.assert_allclose(frames.poses[:, :3, 3], expected, atol=1e-5)
        np.testing.assert_allclose(frames.poses[:, :3, :3], POSES[[0] * 4, :3, :3], atol=1e-9)
        assert frames.depth_scale == 1 / 5000
        np.testing.assert_allclose(frames.depth(1) / 5000, depth_of(1) / 1000)
        assert [path.name for path in frames.colors] == [f"{k}.png" for k in range(4)]

    def test_tum_frames_without_a_pose_are_left_out(self, tmp_path: Path) -> None:
        self.images(tmp_path / "depth")
        rows = [f"{k}.0 depth/{k}.png" for k in range(4)]
        (tmp_path / "depth.txt").write_text("\n".join(rows))
        rows = [f"{stamp} 1 2 3 0 0 0 1" for stamp in (0.95, 1.02, 2.96, 2.99)]
        (tmp_path / "groundtruth.txt").write_text("\n".join(rows))
        frames = read_depth_folder(tmp_path, intrinsics=f"{FX},{FY},{CX},{CY}")
        assert [path.name for path in frames.files] == ["1.png"]
        assert frames.notes == ("3 of 4 images have no pose and are left out",)

    def test_seven_scenes(self, tmp_path: Path) -> None:
        self.images(tmp_path, "frame-{:06d}.depth.png")
        for index in range(self.COUNT):
            np.savetxt(tmp_path / f"frame-{index:06d}.pose.txt", POSES[index], delimiter="\t ")
        self.check(tmp_path, intrinsics=f"{FX},{FY},{CX},{CY}")
        usual = read_depth_folder(tmp_path)
        np.testing.assert_array_equal(usual.intrinsics, [[585, 0, 320], [0, 585, 240], [0, 0, 1]])

    def test_open3d(self, tmp_path: Path) -> None:
        self.images(tmp_path / "depth", "{:05d}.png")
        log = ""
        for index in range(self.COUNT):
            matrix = "\n".join(" ".join(f"{v:.8f}" for v in row) for row in POSES[index])
            log += f"{index} {index} {index + 1}\n{matrix}\n"
        (tmp_path / "trajectory.log").write_text(log)
        document = {
            "width": 320,
            "height": 240,
            "intrinsic_matrix": [FX, 0, 0, 0, FY, 0, CX, CY, 1],
        }
        (tmp_path / "camera_intrinsic.json").write_text(json.dumps(document))
        self.check(tmp_path)

    def test_scannet(self, tmp_path: Path) -> None:
        """Numbers without leading zeroes: 10 comes after 9."""
        self.images(tmp_path / "depth", "1{:d}.png")
        shutil.move(tmp_path / "depth" / "10.png", tmp_path / "depth" / "9.png")
        (tmp_path / "pose").mkdir()
        for index, name in enumerate(("9", "11", "12", "13")):
            np.savetxt(tmp_path / "pose" / f"{name}.txt", POSES[index])
        (tmp_path / "intrinsic").mkdir()
        camera = np.eye(4)
        camera[:3, :3] = depth_demo.INTRINSICS
        np.savetxt(tmp_path / "intrinsic" / "intrinsic_depth.txt", camera)
        self.check(tmp_path)

    @pytest.mark.parametrize("rows", ["12", "16", "4x4", "8"])
    def test_plain_arrays(self, tmp_path: Path, rows: str) -> None:
        """float32 metres as .npy; poses in each of the forms of poses.txt."""
        for index in range(self.COUNT):
            np.save(tmp_path / f"{index}.npy", depth_of(index) / 1000)
        poses = POSES[: self.COUNT]
        table = {
            "12": poses[:, :3].reshape(-1, 12),
            "16": poses.reshape(-1, 16),
            "4x4": poses.reshape(-1, 4),
            "8": np.column_stack([np.arange(4), poses[:, :3, 3], quaternions(poses)]),
        }[rows]
        np.savetxt(tmp_path / "poses.txt", table)
        np.savetxt(tmp_path / "intrinsics.txt", [[FX, FY, CX, CY]])
        frames = read_depth_folder(tmp_path)
        assert frames.depth(0).dtype == np.float32
        self.check(tmp_path, depth_scale=1.0)

    def test_no_measurement(self, tmp_path: Path, scene: Path) -> None:
        """65535 is how 7-Scenes says so."""
        shutil.copytree(scene, tmp_path / "frames")
        blank = depth_of(0)
        blank[0] = 65535
        Image.fromarray(blank).save(tmp_path / "frames" / "depth" / "0000.png")
        assert (read_depth_folder(tmp_path / "frames").depth(0)[0] == 0).all()


class TestWrong:
    """Folders that are not right; each is one line that names the file."""

    @pytest.fixture
    def folder(self, scene: Path, tmp_path: Path) -> Path:
        shutil.copytree(scene, tmp_path / "frames")
        return tmp_path / "frames"

    @pytest.fixture
    def fails(self, robocache: Run, folder: Path, tmp_path: Path) -> Callable[..., str]:
        def call(*options: object) -> str:
            code, printed, errors = robocache(
                "tsdf", folder, *SOME, "-o", tmp_path / "s.ply", *options
            )
            assert (code, printed) == (2, "")
            assert errors.count("\n") == 1
            assert left_in(tmp_path) == ["frames"]
            return errors

        return call

    def test_options(self, fails: Callable[..., str], folder: Path) -> None:
        assert "expected an extension of .ply, got '.obj'" in fails("-o", "s.obj")
        assert "bounds: expected x0 y0 z0 x1 y1 z1" in fails("--bounds", 0, 0, 0, 0, 1, 1)
        assert "voxels of 20 bytes takes " in fails("--voxel", 0.002)
        assert "intrinsics: expected a file or fx,fy,cx,cy" in fails("--intrinsics", "1,2,3")
        (folder / "mine.txt").touch()
        assert "new or empty folder" in fails("--demo")
        assert "truncation: expected a finite length above 0" in fails("--truncation", -1)
        assert "no depth image has a measurement" in fails("--max-depth", 0.01)
        with pytest.raises(RecordingError, match="none: expected a folder of depth images"):
            read_depth_folder(folder / "none")

    def test_parts_that_are_missing(self, fails: Callable[..., str], folder: Path) -> None:
        (folder / "intrinsics.json").rename(folder / "other")
        assert f"{folder}: no intrinsics: expected *intrinsic*.json" in fails()
        (folder / "poses.txt").rename(folder / "unknown")
        assert f"{folder}: no poses: expected groundtruth.txt" in fails()
        shutil.rmtree(folder / "depth")
        assert f"{folder}: no depth images: expected depth.txt" in fails()

    def test_parts_that_do_not_fit(self, fails: Callable[..., str], folder: Path) -> None:
        poses = (folder / "poses.txt").read_text()
        (folder / "poses.txt").write_text(poses[: len(poses) // 2].rpartition("\n")[0])
        assert "poses.txt: expected 32 poses, one per image, got 1" in fails()
        (folder / "poses.txt").write_text(poses.replace("\n", " 7\n"))
        assert "expected lines of 8, 12 or 16 numbers or 4x4 matrices, got [17]" in fails()
        (folder / "poses.txt").write_text(poses.replace("1.000000000\n", "word\n", 1))
        assert "poses.txt: expected numbers: could not convert string" in fails()
        crooked = POSES.copy()
        crooked[20, 0, 0] += 0.5
        np.savetxt(folder / "poses.txt", crooked.reshape(-1, 16))
        assert "poses" in fails()
        np.savetxt(folder / "poses.txt", np.full((32, 16), np.nan))
        assert "none of 32 depth images has a pose" in fails()

    def test_images_that_are_not_right(self, fails: Callable[..., str], folder: Path) -> None:
        victim = folder / "depth" / "0003.png"
        whole = victim.read_bytes()
        victim.write_bytes(whole[:900])
        assert f"{victim}: damaged depth image: " in fails()
        Image.fromarray(np.zeros((240, 320), np.uint8)).save(victim)
        assert "expected [H,W] of uint16 or floats, got uint8 [240, 320]" in fails()
        Image.fromarray(np.zeros((240, 321), np.uint16)).save(victim)
        assert f"{victim}: expected images of 240 x 320 pixels" in fails()
        victim.write_bytes(whole)
        (folder / "color" / "0004.png").write_bytes(b"no picture")
        assert "0004.png: damaged image: " in fails()
        (folder / "intrinsics.json").write_text("{}")
        assert "intrinsics.json: not the intrinsics of a camera: fx" in fails()
