# SPDX-License-Identifier: Apache-2.0
"""Names that users know from earlier work, thin over `resample`, `fuse` and `voxelize`."""

from __future__ import annotations

from typing import Any

from robocache._fuse import Stream, fuse
from robocache._options import choice
from robocache._resample import resample
from robocache._voxelize import voxelize
from robocache._voxels import REDUCTIONS
from robocache.errors import InvalidArgumentError


def resample_trajectories(
    data: Any, source_times: Any, target_times: Any, backend: str | None = None
) -> Any:
    """`resample`, linear and held outside.

    Parameters
    ----------
    data : array
        [B,S,D], or as `values` of `resample`.
    source_times, target_times : array
        [B,S] or [S], [B,T] or [T].
    backend : {"auto", "cpu", "cuda"}, optional
        None is "auto".

    Returns
    -------
    array
        [B,T,D], of the kind, dtype and device of `data`.
    """
    return resample(data, source_times, target_times, backend=backend or "auto")


def fused_multimodal_alignment(
    vision: Any,
    vision_t: Any,
    proprio: Any,
    proprio_t: Any,
    force: Any = None,
    force_t: Any = None,
    target_t: Any = None,
    *,
    backend: str | None = None,
) -> Any:
    """`fuse` of vision, proprioception and, where there is one, force; linear, held outside.

    Parameters
    ----------
    vision, proprio, force : array
        [B,S,D], each with a number of samples and channels of its own.
    vision_t, proprio_t, force_t : array
        [B,S] or [S].
    target_t : array
        [B,T] or [T]; required.
    backend : {"auto", "cpu", "cuda"}, optional
        None is "auto".

    Returns
    -------
    array
        [B,T,D of vision + D of proprio + D of force].
    """
    pairs = [vision, vision_t, proprio, proprio_t]
    if force is not None:
        pairs += [force, force_t]
    return fuse_multimodal(*pairs, target_times=target_t, backend=backend)


def fuse_multimodal(*arrays: Any, target_times: Any = None, backend: str | None = None) -> Any:
    """`fuse` of any number of sensors; linear, held outside.

    Parameters
    ----------
    *arrays : array
        values and times of each sensor in turn; then the target times, unless they are given by
        name: ``fuse_multimodal(vision, vision_t, proprio, proprio_t, target_t)``.
    target_times : array
        [B,T] or [T].
    backend : {"auto", "cpu", "cuda"}, optional
        None is "auto".

    Returns
    -------
    array
        [B,T, channels of all sensors].
    """
    if len(arrays) % 2 and target_times is None:
        *arrays, target_times = arrays  # type: ignore[assignment]
    if len(arrays) % 2 or not arrays or target_times is None:
        raise InvalidArgumentError(
            "fuse_multimodal: expected values and times of each sensor, then target_times;"
            f" got {len(arrays)} arrays and target_times "
            + ("None" if target_times is None else "given")
        )
    streams = [Stream(*arrays[index : index + 2]) for index in range(0, len(arrays), 2)]
    return fuse(streams, target_times, backend=backend or "auto")[0]


def voxelize_occupancy(points: Any, grid_size: Any, voxel_size: Any, origin: Any) -> Any:
    """`voxelize` with ``reduce="occupancy"``.

    Parameters
    ----------
    points : array
        [N,3] or [B,N,3].
    grid_size : int or (X, Y, Z)
        Number of voxels.
    voxel_size, origin : float or (x, y, z)
        Edges of a voxel, and the least corner of the grid.

    Returns
    -------
    array
        uint8 [X,Y,Z] or [B,X,Y,Z].
    """
    return voxelize(points, origin, voxel_size, grid_size)


def voxelize_pointcloud(
    points: Any,
    features: Any = None,
    grid_min: Any = (0.0, 0.0, 0.0),
    voxel_size: Any = 1.0,
    grid_size: Any = (128, 128, 128),
    mode: str = "occupancy",
) -> Any:
    """`voxelize` with ``reduce=mode``.

    Parameters
    ----------
    points : array
        [N,3] or [B,N,3].
    features : array, optional
        [N,F] or [B,N,F], of "sum", "mean", "max" and "min".
    grid_min : float or (x, y, z)
        The least corner of the grid.
    voxel_size : float or (x, y, z)
        Edges of a voxel.
    grid_size : int or (X, Y, Z)
        Number of voxels.
    mode : {"occupancy", "count", "sum", "mean", "max", "min"}

    Returns
    -------
    array
        As `voxelize` gives.
    """
    choice("mode", mode, REDUCTIONS)
    return voxelize(points, grid_min, voxel_size, grid_size, reduce=mode, features=features)
