# SPDX-License-Identifier: Apache-2.0
"""A truncated signed distance field that keeps its arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from robocache._arrays import place_of
from robocache._frameworks import JAX
from robocache._options import choice
from robocache._tsdf import (
    WEIGHTINGS,
    Surface,
    tsdf_extract_points,
    tsdf_from_points,
    tsdf_integrate,
)
from robocache._voxels import Triple, make_grid, positive
from robocache.context import Context
from robocache.errors import InvalidArgumentError


class TsdfVolume:
    """A box of voxels that depth images and points are integrated into.

    Parameters
    ----------
    origin, voxel_size : float or (x, y, z)
        The least corner of the volume and the edges of a voxel.
    dims : int or (X, Y, Z)
        Number of voxels.
    truncation : float, optional
        The truncation distance. Default: four times the longest edge of a voxel.
    color : bool
        Keep colours.
    weighting : {"constant", "inverse_square", "dropoff", "inverse_square_dropoff"}
        As in `tsdf_integrate`.
    carve : bool
        Observe what lies in front of a surface as free.
    max_weight : float, optional
        Limit of the weight.
    like : array, optional
        The arrays are of its kind and on its device: ``torch.empty(0, device="cuda")``. Default:
        NumPy.
    context : Context, optional
        As in `resample`.

    Attributes
    ----------
    tsdf : float32 [X,Y,Z]
        Signed distance over `truncation`, within [-1, 1], positive in front of the surface; where
        `weight` is 0 it says nothing.
    weight : float32 [X,Y,Z]
        0 where nothing has been seen.
    color : float32 [X,Y,Z,3] or None
        Average colours.

    Examples
    --------
    >>> import numpy as np, robocache as rc
    >>> volume = rc.TsdfVolume((-1, -1, 0), 0.25, (8, 8, 16), truncation=1.0)
    >>> wall = np.full((32, 32), 2.0, np.float32)
    >>> volume.integrate(wall, [[32, 0, 15.5], [0, 32, 15.5], [0, 0, 1]], np.eye(4))
    >>> bool(np.allclose(volume.extract_points().points[:, 2], 2, atol=0.2))
    True
    """

    def __init__(
        self,
        origin: Triple,
        voxel_size: Triple,
        dims: Any,
        *,
        truncation: float | None = None,
        color: bool = False,
        weighting: str = "constant",
        carve: bool = True,
        max_weight: float | None = None,
        like: Any = None,
        context: Context | None = None,
    ) -> None:
        grid = make_grid(origin, voxel_size, dims)
        choice("weighting", weighting, WEIGHTINGS)
        self.origin: tuple[float, float, float] = tuple(grid.origin)
        self.voxel_size: tuple[float, float, float] = tuple(grid.voxel_size)
        self.dims: tuple[int, int, int] = tuple(grid.dims)
        for edge in self.voxel_size:
            positive("voxel_size", edge)
        self.truncation = positive("truncation", truncation) or 4.0 * max(self.voxel_size)
        self.weighting, self.carve, self.max_weight = weighting, carve, max_weight
        self.context = context
        framework, device = place_of(np.empty(0) if like is None else like, "like")
        if framework is JAX:
            raise InvalidArgumentError("like: expected arrays that can be written; JAX's cannot")

        def zeros(shape: tuple[int, ...]) -> Any:
            array = framework.empty(shape, "float32", device)
            array[...] = 0
            return array

        self.tsdf, self.weight = zeros(self.dims), zeros(self.dims)
        self.color = zeros((*self.dims, 3)) if color else None

    def integrate(
        self,
        depth: Any,
        intrinsics: Any,
        poses: Any,
        *,
        color: Any = None,
        depth_scale: float | None = None,
        max_depth: float | None = None,
        stream: Any = None,
    ) -> None:
        """`tsdf_integrate` into this volume; `color` are images, where it keeps colours."""
        if (color is None) != (self.color is None):
            raise InvalidArgumentError(
                "color: expected None for a volume without colours; got images"
                if self.color is None
                else "color: expected images, because the volume keeps colours; got None"
            )
        tsdf_integrate(
            depth,
            intrinsics,
            poses,
            self.tsdf,
            self.weight,
            self.origin,
            self.voxel_size,
            truncation=self.truncation,
            color_images=color,
            color=self.color,
            weighting=self.weighting,
            carve=self.carve,
            max_weight=self.max_weight,
            depth_scale=depth_scale,
            max_depth=max_depth,
            context=self.context,
            stream=stream,
        )

    def integrate_points(
        self,
        points: Any,
        *,
        normals: Any = None,
        sensor_origins: Any = None,
        offsets: Any = None,
        lengths: Any = None,
        stats: bool = False,
        stream: Any = None,
    ) -> Any:
        """`tsdf_from_points` into this volume, which keeps no colours."""
        if self.color is not None:
            raise InvalidArgumentError(
                "color: expected a volume without colours, because points have none; got one with"
            )
        return tsdf_from_points(
            points,
            self.tsdf,
            self.weight,
            self.origin,
            self.voxel_size,
            truncation=self.truncation,
            normals=normals,
            sensor_origins=sensor_origins,
            offsets=offsets,
            lengths=lengths,
            weighting=self.weighting,
            carve=self.carve,
            max_weight=self.max_weight,
            stats=stats,
            context=self.context,
            stream=stream,
        )

    def extract_points(
        self,
        *,
        min_weight: float | None = None,
        normals: bool = False,
        capacity: int | None = None,
        dtype: Any = "float32",
        stream: Any = None,
    ) -> Surface:
        """`tsdf_extract_points` of this volume, with colours where it keeps them."""
        return tsdf_extract_points(
            self.tsdf,
            self.weight,
            self.origin,
            self.voxel_size,
            min_weight=min_weight,
            color=self.color,
            normals=normals,
            capacity=capacity,
            dtype=dtype,
            context=self.context,
            stream=stream,
        )
