# SPDX-License-Identifier: Apache-2.0
"""A scene whose shape is known: two balls in the corner of a room, as a camera sees them that is
carried around. Every pixel is the solution of an equation, rounded to the sensor's millimetre."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .extras import require
from .recording import RecordingError

Array = NDArray[np.float64]

FRAMES = 32
WIDTH, HEIGHT = 320, 240
INTRINSICS = np.array([[290.0, 0, 159.5], [0, 290, 119.5], [0, 0, 1]])

BALLS = ((np.array([0.0, 0.0, 0.5]), 0.5), (np.array([0.75, -0.45, 0.25]), 0.25))
"""Centre and radius, metres."""
WALLS = (
    (np.array([0.0, 0.0, 1.0]), 0.0),
    (np.array([1.0, 0.0, 0.0]), -1.5),
    (np.array([0.0, -1.0, 0.0]), -1.5),
)
"""Floor and two walls: normal into the room, offset."""
_COLOURS = np.array(
    [[217, 72, 15], [25, 113, 194], [206, 212, 218], [233, 236, 239], [222, 226, 230]]
)
_TILE = 0.5
_NAMES = {"depth", "color", "poses.txt", "intrinsics.json"}


def distance(points: Array) -> Array:
    """[N]: how far points are from the nearest surface of the scene."""
    to_balls = [abs(np.linalg.norm(points - centre, axis=1) - radius) for centre, radius in BALLS]
    to_walls = [abs(points @ normal - offset) for normal, offset in WALLS]
    nearest: Array = np.min([*to_balls, *to_walls], axis=0)
    return nearest


def poses() -> Array:
    """[FRAMES,4,4]: camera to room, on an arc around the balls, up and down."""
    found = np.zeros((FRAMES, 4, 4))
    for index, share in enumerate(np.linspace(0, 1, FRAMES)):
        turn = np.radians(-105 + 120 * share)
        eye = np.array(
            [1.9 * np.cos(turn), 1.9 * np.sin(turn), 1.0 + 0.5 * np.sin(4 * np.pi * share)]
        )
        away = np.array([0.0, 0.1, 0.4]) - eye
        away /= np.linalg.norm(away)
        right = np.cross(away, [0, 0, 1])
        right /= np.linalg.norm(right)
        found[index, :3, :3] = np.stack([right, np.cross(away, right), away], axis=1)
        found[index, :3, 3] = eye
        found[index, 3, 3] = 1
    return found


def render(pose: Array) -> tuple[NDArray[np.uint16], NDArray[np.uint8]]:
    """Depth in millimetres [H,W], 0 where nothing is, and colours [H,W,3]."""
    v, u = np.indices((HEIGHT, WIDTH))
    x = (u - INTRINSICS[0, 2]) / INTRINSICS[0, 0]
    y = (v - INTRINSICS[1, 2]) / INTRINSICS[1, 1]
    rays = np.stack([x, y, np.ones_like(x)], axis=-1) @ pose[:3, :3].T  # 1 along the camera's z.
    eye = pose[:3, 3]
    depths = []
    for centre, radius in BALLS:
        a = (rays**2).sum(axis=-1)
        b = rays @ (eye - centre)
        c = (eye - centre) @ (eye - centre) - radius**2
        inside = b * b - a * c
        depths.append(np.where(inside >= 0, (-b - np.sqrt(np.abs(inside))) / a, np.inf))
    for normal, offset in WALLS:
        towards = rays @ normal
        with np.errstate(divide="ignore"):
            depths.append(np.where(towards < 0, (offset - eye @ normal) / towards, np.inf))
    each = np.stack(depths)
    nearest, seen = each.min(axis=0), each.argmin(axis=0)
    colours = _COLOURS[seen].astype(np.float64)
    hits = eye + rays * nearest[..., np.newaxis]
    tiles = np.floor(hits[..., :2] / _TILE).sum(axis=-1) % 2 == 0
    colours[(seen == len(BALLS)) & tiles] *= 0.75
    return np.round(nearest * 1000).astype(np.uint16), colours.astype(np.uint8)


def write_frames(folder: Path) -> None:
    """Write depth/, color/, poses.txt (a matrix per line) and intrinsics.json into a folder, which
    must be new, empty, or of an earlier demo."""
    image: Any = require("PIL.Image", "depth")
    if folder.exists() and not (folder.is_dir() and {f.name for f in folder.iterdir()} <= _NAMES):
        raise RecordingError(folder, "expected a new or empty folder to write the demo into")
    for name in ("depth", "color"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for index, pose in enumerate(poses()):
        depth, colours = render(pose)
        image.fromarray(depth).save(folder / "depth" / f"{index:04d}.png")
        image.fromarray(colours).save(folder / "color" / f"{index:04d}.png")
    np.savetxt(folder / "poses.txt", poses().reshape(FRAMES, 16), fmt="%.9f")
    fx, fy, cx, cy = INTRINSICS[[0, 1, 0, 1], [0, 1, 2, 2]].tolist()
    document = {"width": WIDTH, "height": HEIGHT, "fx": fx, "fy": fy, "cx": cx, "cy": cy}
    (folder / "intrinsics.json").write_text(json.dumps(document, indent=2) + "\n")
