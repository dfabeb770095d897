# SPDX-License-Identifier: Apache-2.0
"""Depth images to points."""

from __future__ import annotations

from typing import Any

from robocache._call import Place, start
from robocache._dtypes import dtype_name
from robocache._library import ffi
from robocache._voxels import positive
from robocache.context import Context


def depth_to_points(
    depth: Any,
    intrinsics: Any,
    poses: Any = None,
    *,
    depth_scale: float | None = None,
    max_depth: float | None = None,
    dtype: Any = "float32",
    out: Any = None,
    backend: str = "auto",
    context: Context | None = None,
    stream: Any = None,
) -> Any:
    """Gives the points that depth images show: ``((u - cx) / fx * z, (v - cy) / fy * z, z)``.

    Parameters
    ----------
    depth : array
        [H,W] or [K,H,W], uint16 or float32: depth along the camera's z. 0, negative, NaN and
        infinite is no measurement.
    intrinsics : array or list
        [3,3] for all frames, or [K,3,3]: ``[[fx, 0, cx], [0, fy, cy], [0, 0, 1]]``; the centre of
        pixel (u, v) is at (u, v). Read on the CPU: arrays of a device are copied, which waits.
    poses : array or list, optional
        [4,4] or [K,4,4], camera to world, rotation and translation. Default: camera coordinates.
        Read as `intrinsics` are.
    depth_scale : float, optional
        Length of a unit of depth. Default: 0.001 for uint16 (millimetres to metres), 1 for float32.
    max_depth : float, optional
        Greatest depth that counts, after scaling.
    dtype : {"float32", "float64"}
        Type of the points.
    out : array, optional
        Written and returned.
    backend, context, stream
        As in `resample`; "auto" follows the device of `depth`.

    Returns
    -------
    array
        [H,W,3] or [K,H,W,3]; NaN where there is no measurement. Of the kind and on the device of
        `depth`.

    Raises
    ------
    InvalidArgumentError, TypeError
        An argument breaks a rule above.
    InvalidDataError
        Intrinsics or a pose that are none; the message names the frame.
    UnsupportedDtypeError, UnsupportedLayoutError, DeviceMismatchError

    Examples
    --------
    >>> import numpy as np, robocache as rc
    >>> rc.depth_to_points(np.array([[1000, 0]], np.uint16), [[1, 0, 0], [0, 1, 0], [0, 0, 1]])
    array([[[ 0.,  0.,  1.],
            [nan, nan, nan]]], dtype=float32)
    """
    with start("depth_to_points", Place(backend, context, stream), "depth", depth) as call:
        image = call.read(depth, "depth")
        camera = call.read_host(intrinsics, "intrinsics")
        pose = ffi.NULL if poses is None else call.read_host(poses, "poses").pointer
        result, view = call.output(out, "out", (*image.shape, 3), dtype_name(dtype))
        call.check(
            call.lib.rc_depth_to_points(
                call.context.handle,
                image.pointer,
                camera.pointer,
                pose,
                positive("depth_scale", depth_scale),
                positive("max_depth", max_depth),
                view.pointer,
            )
        )
    return result
