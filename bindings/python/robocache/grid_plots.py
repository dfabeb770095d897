# SPDX-License-Identifier: Apache-2.0
"""Pictures of voxels and of surfaces: a shaded view from above, and three slices."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from .extras import require
from .splats import Array, Camera, fraction, shade
from .voxel_grid import VoxelGrid

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_VIEW_SHAPE = (860, 1120)
_AZIMUTH, _ELEVATION = -50.0, 38.0
"""Degrees: where the camera stands, seen from the middle of the scene."""
_DISTANCE = 2.3
"""Of the camera, in radii of the scene."""
_SCENE = 0.8
"""Share of the voxels, nearest first, that must be seen; the rest of a lidar's are far off."""
_LID, _LID_SHARE = 0.2, 0.5
"""A roof is in the uppermost part of the height, above most columns of voxels."""
_SLAB = 0.05
"""Thickness of a slice, of the scene's extent; a lidar leaves most single layers almost empty."""
_TEXT = "#343a40"
_AXES = "xyz"

Up = Literal["x", "-x", "y", "-y", "z", "-z"]
_STANDING = {
    "z": ((0, 1, 2), (1, 1, 1)),
    "-z": ((0, 1, 2), (1, -1, -1)),
    "y": ((0, 2, 1), (1, -1, 1)),
    "-y": ((0, 2, 1), (1, 1, -1)),
    "x": ((1, 2, 0), (1, 1, 1)),
    "-x": ((1, 2, 0), (-1, 1, -1)),
}
"""By the axis that points up: which axes, with which signs, are x, y and z of an upright scene. In
that of a camera's coordinates (-y) the camera looks along y."""


def plot_grid(grid: VoxelGrid, path: str | Path, up: Up = "z") -> None:
    """Draw the occupied voxels into `path`: shaded, coloured by height or by what was reduced, and
    as three slices through the middle of the scene."""
    upright = _upright(grid.centres, up)
    colors, means = _colors(grid, upright)
    below = ~_roof(upright, np.asarray(grid.voxel_size)[list(_STANDING[up][0])])
    points, read = grid.metadata["points"], len(grid.cloud)
    title = (
        f"{grid.cloud.path.name}: {read - points['outside'] - points['not_finite']} of {read}"
        f" points in {len(grid.coords)} voxels of"
        f" {' x '.join(f'{edge:g}' for edge in grid.voxel_size)}. Colour: {means}."
        + (" Left without the roof." if not below.all() else "")
    )
    _draw(
        path, title, grid.centres, upright, colors, np.asarray(grid.voxel_size),
        np.asarray(grid.origin), below,
    )  # fmt: skip


def plot_surface(
    points: NDArray[Any],
    normals: NDArray[Any],
    colors: NDArray[np.uint8] | None,
    spacing: float,
    title: str,
    path: str | Path,
    up: Up = "z",
) -> None:
    """Draw points of a surface [N,3] about `spacing` apart into `path`, lit from the camera; a roof
    and what is seen from behind are left out of the view."""
    centres = np.asarray(points, np.float64)
    upright, edges = _upright(centres, up), np.full(3, spacing)
    if colors is None:
        colors = height_colors(upright)
    shown, light = np.ones(len(centres), np.bool_), np.ones(len(centres))
    if len(centres):
        below = ~_roof(upright, edges)
        towards = _camera(upright[below]).eye - upright
        towards /= np.linalg.norm(towards, axis=1, keepdims=True)
        facing = (towards * _upright(normals, up)).sum(axis=1)
        shown = below & (facing > 0)
        light = 0.35 + 0.65 * np.abs(facing)
    lit = (colors * light[:, np.newaxis]).astype(np.uint8)
    _draw(path, title, centres, upright, lit, edges, centres.min(axis=0, initial=0.0), shown)


def _draw(
    path: str | Path,
    title: str,
    centres: Array,
    upright: Array,
    colors: NDArray[np.uint8],
    edges: Array,
    origin: Array,
    shown: NDArray[np.bool_],
) -> None:
    """The view of what is shown on the left, slices of everything on the right."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(16, 9), dpi=100, layout="constrained")
    FigureCanvasAgg(figure)
    parts: Any = figure.subfigures(1, 2, width_ratios=(2, 1))
    view, slices = parts
    axes = view.add_subplot()
    axes.set_axis_off()
    if len(centres):
        width = float(edges.max()) * 1.1  # A little more, so that faces close.
        camera = _camera(upright[shown])
        axes.imshow(shade(upright[shown], colors[shown], width, camera, _VIEW_SHAPE))
        for panel, axis in zip(slices.subplots(3, 1), (2, 1, 0), strict=True):
            _slice(panel, centres, colors, edges, origin, axis)
    else:
        axes.text(0.5, 0.5, "no voxel is occupied", ha="center", color=_TEXT)
    figure.suptitle(title, color=_TEXT, fontsize=12)
    figure.savefig(path)


def _camera(centres: Array) -> Camera:
    """Above the scene, far enough to see most of it, which is about its median."""
    target = np.median(centres, axis=0)
    radius = float(np.quantile(np.linalg.norm(centres - target, axis=1), _SCENE)) or 1.0
    elevation, azimuth = np.radians([_ELEVATION, _AZIMUTH])
    towards = np.array(
        [
            np.cos(elevation) * np.cos(azimuth),
            np.cos(elevation) * np.sin(azimuth),
            np.sin(elevation),
        ]
    )
    return Camera(target + _DISTANCE * radius * towards, target, np.array([0.0, 0.0, 1.0]))


def _upright(vectors: Array, up: Up) -> Array:
    axes, signs = _STANDING[up]
    upright: Array = vectors[:, axes] * np.asarray(signs, np.float64)
    return upright


def _roof(centres: Array, edges: Array) -> NDArray[np.bool_]:
    """[M]: what lies so high above most of the scene that it hides the rest; nothing outdoors."""
    if len(centres) == 0:
        return np.zeros(0, np.bool_)
    low, high = np.quantile(centres[:, 2], [0.01, 0.99])
    roof: NDArray[np.bool_] = centres[:, 2] > high - _LID * (high - low) + edges[2] / 4
    steps = np.floor(centres[:, :2] / edges[:2]).astype(np.int64)
    columns = len(np.unique(steps, axis=0))
    covers = len(np.unique(steps[roof], axis=0)) > _LID_SHARE * columns
    thick = high - low > 4 * edges[2]
    return roof if covers and thick else np.zeros(len(centres), np.bool_)


def _colors(grid: VoxelGrid, upright: Array) -> tuple[NDArray[np.uint8], str]:
    """[M,3], and what they mean: the mean colour of the points, a feature, or the height."""
    values = grid.values
    if grid.feature_names and values is not None:
        listed = values if grid.sparse else values[tuple(grid.coords.T)]
        if grid.feature_names[:3] == ("r", "g", "b"):
            return np.clip(listed[:, :3], 0, 255).astype(np.uint8), "of the points"
        if grid.feature_names[0] not in _AXES and len(listed):
            column = listed[:, 0].astype(np.float64)
            low, high = np.nanquantile(column, [0.02, 0.98])
            return _map(fraction(column, low, high), "viridis"), (
                f"{grid.reduce} of {grid.feature_names[0]}, {low:.4g} to {high:.4g}"
            )
    return height_colors(upright), "height"


def height_colors(centres: Array) -> NDArray[np.uint8]:
    """[M,3]: from blue, low, to red, high."""
    if len(centres) == 0:
        return np.empty((0, 3), np.uint8)
    low, high = np.quantile(centres[:, 2], [0.02, 0.98])
    return _map(fraction(centres[:, 2], low, high), "turbo")


def _map(values: Array, name: str) -> NDArray[np.uint8]:
    colormaps = require("matplotlib", "plot").colormaps
    mapped: NDArray[np.uint8] = colormaps[name](np.nan_to_num(values), bytes=True)[:, :3]
    return mapped


def _slice(
    panel: Axes, centres: Array, colors: NDArray[np.uint8], edges: Array, origin: Array, axis: int
) -> None:
    """What lies in a slab across one axis, through the middle of the scene."""
    across, up = (other for other in range(3) if other != axis)
    low, high = np.quantile(centres, [0.05, 0.95], axis=0)
    middle, half = _slab(centres[:, axis], low[axis], high[axis], edges[axis])
    inside = np.abs(centres[:, axis] - middle) <= half
    margin = 0.1 * (high - low) + 2 * edges
    begin, end = low - margin, high + margin
    inside &= ((centres >= begin) & (centres <= end))[:, [across, up]].all(axis=1)
    first = np.floor((begin - origin) / edges).astype(np.int64)
    size = np.ceil((end - begin) / edges).astype(np.int64) + 2
    image = np.full((size[up], size[across], 3), 255, np.uint8)
    cell = np.floor((centres[inside] - origin) / edges).astype(np.int64) - first
    order = np.argsort(centres[inside][:, axis])  # The nearest to the viewer last.
    image[cell[order, up], cell[order, across]] = colors[inside][order]
    corner = origin + first * edges
    extent = (
        corner[across], corner[across] + size[across] * edges[across],
        corner[up], corner[up] + size[up] * edges[up],
    )  # fmt: skip
    panel.imshow(image, origin="lower", extent=extent, interpolation="nearest", aspect="equal")
    panel.set_title(
        f"{_AXES[axis]} = {middle - half:.4g} to {middle + half:.4g}",
        fontsize=9, color=_TEXT, loc="left",
    )  # fmt: skip
    panel.set_xlabel(_AXES[across], fontsize=8, color=_TEXT)
    panel.set_ylabel(_AXES[up], fontsize=8, color=_TEXT)
    panel.tick_params(labelsize=7, colors=_TEXT)


def _slab(values: Array, low: float, high: float, edge: float) -> tuple[float, float]:
    """Middle and half of the thickness: about the median, between whole voxels."""
    half = max(edge, _SLAB * (high - low)) / 2
    return float(np.median(values)), half * (1 + 1e-9)
