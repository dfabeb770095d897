# SPDX-License-Identifier: Apache-2.0
"""Points in space as a shaded picture: a small renderer in NumPy.

Every point is a square that faces the camera, as large as its width appears from there; the nearest
one is seen. Edges are darkened by how much nearer their surroundings are (eye-dome lighting, C.
Boucheny, 2009), which shows shapes without any normals.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_FAR = np.iinfo(np.int64).max
_OVERSAMPLING = 2
_LARGEST = 41
"""Pixels of the widest square, before scaling down; what is nearer than that is in the way."""
_LIGHTING_RADIUS = 3
_LIGHTING_STRENGTH = 7.0


@dataclass(frozen=True)
class Camera:
    """A pinhole camera that looks at a target; `up` points up in its picture."""

    eye: Array
    target: Array
    up: Array
    field_of_view: float = 45.0
    """Degrees, of the height of the picture."""

    def look(self, points: Array) -> Array:
        """[N,3]: to the right, down, and away from the camera."""
        away = self.target - self.eye
        away = away / np.linalg.norm(away)
        right = np.cross(away, self.up)
        right /= np.linalg.norm(right)
        return (points - self.eye) @ np.stack([right, np.cross(away, right), away], axis=1)


def shade(
    points: Array,
    colors: NDArray[np.uint8],
    width: float,
    camera: Camera,
    shape: tuple[int, int],
    background: int = 255,
) -> NDArray[np.uint8]:
    """[H,W,3]: the picture of points [N,3] with colours [N,3], squares `width` wide."""
    height, breadth = (_OVERSAMPLING * side for side in shape)
    nearest = _splat(camera, points, width, height, breadth)
    seen = nearest != _FAR
    depth = np.full(nearest.shape, np.inf)
    depth[seen] = (nearest[seen] >> 32) / _STEPS
    image = np.full((height, breadth, 3), float(background))
    image[seen] = colors[nearest[seen] & 0xFFFFFFFF]
    image[seen] *= _lighting(depth)[seen, np.newaxis]
    small = image.reshape(shape[0], _OVERSAMPLING, shape[1], _OVERSAMPLING, 3).mean(axis=(1, 3))
    return small.round().astype(np.uint8)


_STEPS = 1 << 24
"""Of the logarithm of the depth."""


def _splat(
    camera: Camera, points: Array, width: float, height: int, breadth: int
) -> NDArray[np.int64]:
    """[H,W]: logarithm of the depth and row of the nearest point, in one number each."""
    right, down, away = camera.look(points).T
    focal = height / 2 / np.tan(np.radians(camera.field_of_view) / 2)
    scale = np.linalg.norm(camera.eye - camera.target)
    near = np.flatnonzero(away > 1e-3 * scale)
    right, down, away = right[near], down[near], away[near]
    key = (np.log2(away / (1e-3 * scale)) * _STEPS).astype(np.int64) << 32 | near
    u = np.floor(focal * right / away + breadth / 2).astype(np.int64)
    v = np.floor(focal * down / away + height / 2).astype(np.int64)
    size = np.ceil(focal * width / away).astype(np.int64)
    # Beside the picture, or so near that it would hide what is behind.
    shown = (np.abs(u - breadth // 2) < breadth) & (np.abs(v - height // 2) < height)
    shown &= size <= _LARGEST
    key, u, v, size = key[shown], u[shown], v[shown], size[shown]
    nearest = np.full(height * breadth, _FAR)
    for side in np.unique(size):
        members = size == side
        low = -(side // 2)
        for down_by in range(low, low + side):
            for right_by in range(low, low + side):
                column, row = u[members] + right_by, v[members] + down_by
                inside = (column >= 0) & (column < breadth) & (row >= 0) & (row < height)
                pixel = row[inside] * breadth + column[inside]
                np.minimum.at(nearest, pixel, key[members][inside])
    return nearest.reshape(height, breadth)


def _lighting(depth: Array) -> Array:
    """[H,W] in (0, 1]: the darker, the nearer the surroundings are; `depth` is a logarithm."""
    nearer = np.zeros(depth.shape)
    reach = _LIGHTING_RADIUS
    padded = np.pad(depth, reach, constant_values=np.inf)
    height, width = depth.shape
    around = [(0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1)]
    with np.errstate(invalid="ignore"):
        for down, right in around:
            row, column = reach * (1 + down), reach * (1 + right)
            neighbour = padded[row : row + height, column : column + width]
            step = depth - neighbour
            nearer += np.where(np.isfinite(step), np.clip(step, 0, 0.3), 0)
    light: Array = np.exp(-_LIGHTING_STRENGTH * nearer / len(around) * 8)
    return np.maximum(light, 0.25)


def fraction(values: NDArray[Any], low: float, high: float) -> Array:
    """Values from `low` to `high` as 0 to 1, those beyond as the ends."""
    return np.clip((values - low) / max(high - low, 1e-12), 0, 1)
