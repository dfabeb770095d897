# SPDX-License-Identifier: Apache-2.0
"""Folders of depth images with the camera's intrinsics and poses, in the layouts in common use.

`read_depth_folder` looks for each of the three by itself:

- *depth*: the files that `depth.txt` lists with their stamps (TUM RGB-D); `frame-*.depth.png`
  (7-Scenes); else `*.png` and `*.npy` in `depth/` (Open3D, ScanNet) or in the folder itself, in the
  order of the numbers in their names;
- *poses*, camera to world: `frame-*.pose.txt` beside the images; a 4x4 matrix per image in `pose/`
  or `poses/`; a trajectory `*.log` of Open3D; or `groundtruth.txt`, `trajectory.txt`, `poses.txt`:
  lines "stamp x y z qx qy qz qw" (interpolated at the images' stamps where these are known), lines
  of 12 or 16 numbers, or 4x4 matrices one after another;
- *intrinsics*: a file whose name has "intrinsic" or "camera": JSON with `intrinsic_matrix`
  (Open3D), `K`, or `fx`, `fy`, `cx`, `cy`; or text: a matrix, or these four numbers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import robocache as rc

from .readers.guard import reading, require
from .readers.stamps import text_to_ns
from .recording import RecordingError

MILLIMETRE = 1e-3
_TUM_SCALE = 1 / 5000
"""Metres per unit in the images that `depth.txt` lists."""
_SEVEN_SCENES = np.array([[585.0, 0, 320], [0, 585, 240], [0, 0, 1]])
"""Of all cameras of 7-Scenes, whose folders do not say it."""
_NO_DEPTH = 65535
"""What 7-Scenes and others write where nothing was measured."""
_MAX_POSE_GAP_NS = 100_000_000
_COLOUR_DISTANCE_NS = 20_000_000
_SUFFIXES = (".png", ".npy")
_TRAJECTORIES = ("groundtruth.txt", "trajectory.txt", "poses.txt")
_COLOURS = ("color", "image", "rgb")

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class DepthFrames:
    """Depth images, not yet read, and where the camera was."""

    folder: Path
    files: Sequence[Path]
    poses: Matrix
    """[K,4,4], camera to world."""
    intrinsics: Matrix
    """[3,3]."""
    depth_scale: float | None
    """Metres per unit of depth; None: what the type of the images implies."""
    colors: Sequence[Path] | None
    """Images registered to the depth, one per file; None where there are none."""
    notes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.files)

    def depth(self, index: int) -> NDArray[Any]:
        """[H,W], uint16 or float32."""
        return _depth(self.files[index])

    def color(self, index: int) -> NDArray[np.uint8]:
        """[H,W,3]."""
        if self.colors is None:
            raise ValueError(f"{self.folder} has no colours")
        path = self.colors[index]
        image = require("PIL.Image", "depth", path)
        with reading(path, "damaged image"), image.open(path) as opened:
            return np.asarray(opened.convert("RGB"))


def read_depth_folder(
    folder: str | Path, *, intrinsics: str | None = None, depth_scale: float | None = None
) -> DepthFrames:
    """Find the images of a folder, its poses and its intrinsics.

    Args:
        folder: Of one of the layouts above.
        intrinsics: A file, or "fx,fy,cx,cy". Default: looked for in the folder.
        depth_scale: Metres per unit of depth. Default: 1/5000 of the images that `depth.txt` lists,
            else millimetres for integers and metres for floats.

    Returns:
        The frames that have a pose; what was left out is in its notes.

    Raises:
        RecordingError: One of the three is missing, damaged, or does not fit the others.
    """
    folder = Path(folder)
    with reading(folder, "not readable"):
        if not folder.is_dir():
            raise RecordingError(folder, "expected a folder of depth images, got none")
        files, stamps = _files(folder)
        poses = _poses(folder, files, stamps)
        camera, scale, colors = _intrinsics(folder, intrinsics), depth_scale, None
        if stamps is not None:
            scale = scale or _TUM_SCALE
            colors = _listed_colors(folder, stamps)
        else:
            colors = _beside(folder, files)
    known = np.isfinite(poses).all(axis=(1, 2))
    if not known.any():
        raise RecordingError(folder, f"none of {len(files)} depth images has a pose")
    lost = int((~known).sum())
    kept = np.flatnonzero(known)
    return DepthFrames(
        folder,
        [files[index] for index in kept],
        poses[known],
        camera,
        scale,
        None if colors is None else [colors[index] for index in kept],
        (f"{lost} of {len(files)} images have no pose and are left out",) if lost else (),
    )


def _depth(path: Path) -> NDArray[Any]:
    with reading(path, "damaged depth image"):
        if path.suffix.lower() == ".npy":
            image = np.load(path, allow_pickle=False)
            if image.dtype.kind == "f":
                image = image.astype(np.float32)
        else:
            pillow = require("PIL.Image", "depth", path)
            with pillow.open(path) as opened:
                image = np.asarray(opened)
            if image.dtype == np.int32:  # How older versions of Pillow read 16 bits.
                image = image.astype(np.uint16)
        if image.ndim != 2 or image.dtype not in (np.uint16, np.float32):
            raise ValueError(
                f"expected [H,W] of uint16 or floats, got {image.dtype} {list(image.shape)}"
            )
        if image.dtype == np.uint16:
            return np.where(image == _NO_DEPTH, np.uint16(0), image)
        return image


def _files(folder: Path) -> tuple[list[Path], NDArray[np.int64] | None]:
    """The images, and their stamps where a list states them."""
    listed = folder / "depth.txt"
    if listed.is_file():
        stamps, files = _list(listed)
        return files, stamps
    found = sorted(folder.glob("frame-*.depth.png"))
    if not found:
        inner = folder / "depth"
        place = inner if inner.is_dir() else folder
        found = [file for file in place.iterdir() if file.suffix.lower() in _SUFFIXES]
        found.sort(key=_numbers)
    if not found:
        raise RecordingError(
            folder,
            "no depth images: expected depth.txt, frame-*.depth.png, or .png and .npy in the folder"
            " or in its depth/",
        )
    return found, None


def _list(path: Path) -> tuple[NDArray[np.int64], list[Path]]:
    """A list of TUM: lines "stamp file", comments with #."""
    with reading(path, "not a list of stamps and files"):
        lines = [line.split() for line in path.read_text().splitlines()]
        rows = [words for words in lines if words and not words[0].startswith("#")]
        if not rows or any(len(words) != 2 for words in rows):
            raise ValueError("expected lines of a stamp and a file")
        return text_to_ns([stamp for stamp, _ in rows], "s"), [path.parent / f for _, f in rows]


def _numbers(path: Path) -> list[Any]:
    """`10.png` after `9.png`."""
    parts = re.split(r"(\d+)", path.name)
    return [int(part) if part.isdigit() else part for part in parts]


def _poses(folder: Path, files: Sequence[Path], stamps: NDArray[np.int64] | None) -> Matrix:
    """[K,4,4], NaN for images without a pose."""
    for each in (
        lambda file: file.with_name(file.name.replace(".depth.png", ".pose.txt")),
        lambda file: folder / "pose" / f"{file.stem}.txt",
        lambda file: folder / "poses" / f"{file.stem}.txt",
    ):
        if each(files[0]) != files[0] and each(files[0]).is_file():
            return np.stack([_matrix(each(file), (4, 4)) for file in files])
    logs = sorted(folder.glob("*.log")) + sorted(folder.glob("scene/trajectory.log"))
    if logs:
        return _as_many(logs[0], _log(logs[0]), files)
    for name in _TRAJECTORIES:
        path = folder / name
        if path.is_file():
            return _trajectory(path, files, stamps)
    raise RecordingError(
        folder,
        f"no poses: expected {', '.join(_TRAJECTORIES)}, a .log, pose/*.txt or frame-*.pose.txt",
    )


def _as_many(path: Path, poses: Matrix, files: Sequence[Path]) -> Matrix:
    if len(poses) != len(files):
        raise RecordingError(path, f"expected {len(files)} poses, one per image, got {len(poses)}")
    return poses


def _log(path: Path) -> Matrix:
    """A trajectory of Open3D: three integers, then four rows of a matrix, for each image."""
    numbers = _table(path)
    with reading(path, "not a trajectory of Open3D"):
        values = [row for row in numbers if len(row) == 4]
        return np.asarray(values).reshape(-1, 4, 4)


def _trajectory(path: Path, files: Sequence[Path], stamps: NDArray[np.int64] | None) -> Matrix:
    rows = _table(path)
    with reading(path, "not a trajectory"):
        widths = {len(row) for row in rows}
        table = np.asarray(rows, np.float64) if len(widths) == 1 else np.empty((0, 0))
        if widths == {4} and len(rows) % 4 == 0:
            return _as_many(path, table.reshape(-1, 4, 4), files)
        if widths in ({12}, {16}):
            poses = np.tile(np.eye(4), (len(table), 1, 1))
            poses[:, : table.shape[1] // 4] = table.reshape(len(table), -1, 4)
            return _as_many(path, poses, files)
        if widths != {8}:
            raise ValueError(
                f"expected lines of 8, 12 or 16 numbers or 4x4 matrices, got {sorted(widths)}"
            )
        if stamps is None:
            return _as_many(path, _rigid(table[:, 1:]), files)
        texts = [line.split()[0] for line in _lines(path)]
        return _rigid(
            rc.resample(
                table[:, 1:],
                text_to_ns(texts, "s"),
                stamps,
                mode=[rc.Channels(0, 3, "linear"), rc.Channels(3, 4, "slerp")],
                outside="fill",
                fill_value=np.nan,
                max_gap=_MAX_POSE_GAP_NS,
            )
        )


def _rigid(rows: Matrix) -> Matrix:
    """[K,4,4] of rows x, y, z, qx, qy, qz, qw; NaN stays NaN."""
    x, y, z, w = (rows[:, 3:] / np.linalg.norm(rows[:, 3:], axis=1, keepdims=True)).T
    poses = np.zeros((len(rows), 4, 4))
    poses[:, 0, :3] = np.stack(
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)], 1
    )
    poses[:, 1, :3] = np.stack(
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)], 1
    )
    poses[:, 2, :3] = np.stack(
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)], 1
    )
    poses[:, :3, 3] = rows[:, :3]
    poses[:, 3, 3] = 1
    return poses


def _intrinsics(folder: Path, given: str | None) -> Matrix:
    if given is not None and not Path(given).is_file():
        numbers = given.split(",")
        with reading(Path(given), "intrinsics: expected a file or fx,fy,cx,cy"):
            fx, fy, cx, cy = map(float, numbers)
        return np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1]])
    if given is not None:
        return _camera(Path(given))
    found = [
        path
        for pattern in ("*intrinsic*", "*camera*", "intrinsic/*depth*", "../*intrinsic*")
        for path in sorted(folder.glob(pattern))
        if path.suffix.lower() in (".json", ".txt")
    ]
    if found:
        return _camera(found[0])
    if next(folder.glob("frame-*.depth.png"), None) is not None:
        return _SEVEN_SCENES
    raise RecordingError(
        folder, "no intrinsics: expected *intrinsic*.json, *intrinsic*.txt, or fx,fy,cx,cy given"
    )


def _camera(path: Path) -> Matrix:
    """[3,3] of a file."""
    if path.suffix.lower() != ".json":
        rows = _table(path)
        flat = [number for row in rows for number in row]
        if len(flat) == 4:
            fx, fy, cx, cy = flat
            return np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1]])
        return _matrix(path, (len(rows), len(rows)))[:3, :3]
    with reading(path, "not the intrinsics of a camera"):
        document = json.loads(path.read_text())
        if "intrinsic_matrix" in document:  # Of Open3D, column by column.
            return np.asarray(document["intrinsic_matrix"], np.float64).reshape(3, 3).T
        if "K" in document:
            return np.asarray(document["K"], np.float64).reshape(3, 3)
        fx, fy, cx, cy = (float(document[name]) for name in ("fx", "fy", "cx", "cy"))
        return np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1]])


def _matrix(path: Path, shape: tuple[int, int]) -> Matrix:
    rows = _table(path)
    with reading(path, f"not a matrix of {shape[0]} x {shape[1]}"):
        return np.asarray(rows, np.float64).reshape(shape)


def _lines(path: Path) -> Iterable[str]:
    with reading(path, "not readable"):
        lines = [line.strip() for line in path.read_text().splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def _table(path: Path) -> list[list[float]]:
    """The numbers of a text file, line by line."""
    lines = _lines(path)
    with reading(path, "expected numbers"):
        return [[float(word) for word in line.replace(",", " ").split()] for line in lines]


def _listed_colors(folder: Path, stamps: NDArray[np.int64]) -> list[Path] | None:
    """For each stamp the nearest image of `rgb.txt`; None where one is too far off."""
    path = folder / "rgb.txt"
    if not path.is_file():
        return None
    times, files = _list(path)
    nearest = rc.resample_index(times, stamps, mode="nearest").source_index
    if (np.abs(times[nearest] - stamps) > _COLOUR_DISTANCE_NS).any():
        return None
    return [files[index] for index in nearest]


def _beside(folder: Path, files: Sequence[Path]) -> list[Path] | None:
    """Images in a folder beside `depth/`, as many as there, in the order of their numbers."""
    if files[0].parent == folder:
        return None
    for name in _COLOURS:
        place = folder / name
        if place.is_dir():
            images = [f for f in place.iterdir() if f.suffix.lower() in (".png", ".jpg", ".jpeg")]
            return sorted(images, key=_numbers) if len(images) == len(files) else None
    return None
