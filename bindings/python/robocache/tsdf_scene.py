# SPDX-License-Identifier: Apache-2.0
"""From a folder of depth images to a surface: what `robocache tsdf` does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import robocache as rc

from .depth_frames import DepthFrames
from .recording import Progress, RecordingError
from .voxel_grid import Triple, box, check_memory

_AT_ONCE = 8
"""Frames in memory."""
_GLANCE = 8
"""Every which pixel of an image, and about how many images, tell where the scene is."""
_OUTLIERS = 0.002
"""Share of the points on each side of each axis that may lie outside the box around the scene."""


@dataclass(frozen=True)
class Scene:
    """A volume, and the surface in it."""

    frames: DepthFrames
    volume: rc.TsdfVolume
    points: NDArray[np.float32]
    """[M,3]."""
    normals: NDArray[np.float32]
    colors: NDArray[np.uint8] | None

    @property
    def metadata(self) -> dict[str, Any]:
        """What was made of what, for JSON."""
        volume = self.volume
        return {
            "robocache": rc.__version__,
            "source": {"folder": self.frames.folder.name, "frames": len(self.frames)},
            "grid": {
                "origin": list(volume.origin),
                "voxel_size": list(volume.voxel_size),
                "dims": list(volume.dims),
            },
            "truncation": volume.truncation,
            "observed": int(np.count_nonzero(volume.weight)),
            "surface_points": len(self.points),
            "notes": list(self.frames.notes),
        }


def integrate(
    frames: DepthFrames,
    voxel_size: Triple,
    *,
    bounds: Sequence[float] | None = None,
    truncation: float | None = None,
    max_depth: float | None = None,
    min_weight: float | None = None,
    memory_gib: float = 4.0,
    progress: Progress | None = None,
) -> Scene:
    """Integrate depth images into one volume and take the surface out of it.

    Args:
        frames: What `robocache.depth_frames.read_depth_folder` found.
        voxel_size: Edges of a voxel, metres.
        bounds: Least x, y, z, greatest x, y, z. Default: around what the images show.
        truncation: The truncation distance. Default: four times the longest edge.
        max_depth: Greatest depth that counts, metres.
        min_weight: Voxels seen less often do not count for the surface.
        memory_gib: Largest volume to make.
        progress: Called with the frames done and in all.

    Raises:
        RecordingError: An image is damaged, or not of the size of the first.
        InvalidArgumentError: An argument breaks a rule; the volume is larger than `memory_gib`.
    """
    if truncation is not None and not 0 < truncation < np.inf:
        raise rc.InvalidArgumentError(
            f"truncation: expected a finite length above 0; got {truncation}"
        )
    shape = frames.depth(0).shape
    if bounds is None:
        bounds = _around(frames, max_depth, truncation or 4 * max(voxel_size))
    origin, dims = box(bounds, voxel_size)
    colored = frames.colors is not None
    check_memory(dims, 20 if colored else 8, memory_gib)
    volume = rc.TsdfVolume(origin, voxel_size, dims, truncation=truncation, color=colored)
    for begin in range(0, len(frames), _AT_ONCE):
        some = range(begin, min(begin + _AT_ONCE, len(frames)))
        depth = [frames.depth(index) for index in some]
        color = [frames.color(index) for index in some] if colored else None
        for index, image in zip(some, depth, strict=True):
            _check_shape(frames, index, image.shape, shape)
        for index, picture in zip(some, color or (), strict=False):
            _check_shape(frames, index, picture.shape[:2], shape)
        volume.integrate(
            np.stack(depth),
            frames.intrinsics,
            frames.poses[begin : some.stop],
            color=None if color is None else np.stack(color),
            depth_scale=frames.depth_scale,
            max_depth=max_depth,
        )
        if progress:
            progress(some.stop, len(frames))
    surface = volume.extract_points(normals=True, min_weight=min_weight)
    colors = surface.colors
    return Scene(
        frames,
        volume,
        surface.points,
        surface.normals,
        None if colors is None else np.clip(colors + 0.5, 0, 255).astype(np.uint8),
    )


def _check_shape(
    frames: DepthFrames, index: int, got: tuple[int, ...], expected: tuple[int, ...]
) -> None:
    if got != expected:
        raise RecordingError(
            frames.files[index],
            f"expected images of {' x '.join(map(str, expected))} pixels as the first depth image,"
            f" got {' x '.join(map(str, got))}",
        )


def _around(frames: DepthFrames, max_depth: float | None, margin: float) -> list[float]:
    """The box of what a few pixels of a few images show, without outliers, and a margin."""
    camera = frames.intrinsics / [[_GLANCE], [_GLANCE], [1]]
    seen = []
    for index in range(0, len(frames), max(1, len(frames) // (4 * _GLANCE))):
        image = np.ascontiguousarray(frames.depth(index)[::_GLANCE, ::_GLANCE])
        points = rc.depth_to_points(
            image,
            camera,
            frames.poses[index],
            depth_scale=frames.depth_scale,
            max_depth=max_depth,
        ).reshape(-1, 3)
        seen.append(points[np.isfinite(points[:, 0])])
    points = np.concatenate(seen)
    if len(points) == 0:
        raise RecordingError(frames.folder, "no depth image has a measurement")
    low, high = np.quantile(points, [_OUTLIERS, 1 - _OUTLIERS], axis=0)
    return [*(low - margin).tolist(), *(high + margin).tolist()]
