# SPDX-License-Identifier: Apache-2.0
"""Bounds of clouds."""

from __future__ import annotations

from typing import Any

from robocache._call import Place, start
from robocache._voxels import Cloud, bind_cloud
from robocache.context import Context


def bounds(
    points: Any,
    *,
    offsets: Any = None,
    lengths: Any = None,
    backend: str = "auto",
    context: Context | None = None,
    stream: Any = None,
) -> Any:
    """Gives the least and greatest coordinates of each cloud.

    Points with a coordinate that is NaN or infinite are left out.

    Parameters
    ----------
    points, offsets, lengths, backend, context, stream
        As in `voxelize`.

    Returns
    -------
    array
        [B,2,3], one cloud [2,3]: the least, then the greatest x, y, z, of the type of `points`; NaN
        for a cloud without a finite point. Of the kind and on the device of `points`.

    Raises
    ------
    As `voxelize`.

    Examples
    --------
    >>> import numpy as np, robocache as rc
    >>> rc.bounds(np.array([[0.0, 1.0, 2.0], [3.0, -1.0, 2.0], [np.nan, 9.0, 9.0]]))
    array([[ 0., -1.,  2.],
           [ 3.,  1.,  2.]])
    """
    with start("bounds", Place(backend, context, stream), "points", points) as call:
        cloud = bind_cloud(call, Cloud(points, offsets, lengths))
        result, view = call.output(None, "bounds", (*cloud.lead, 2, 3), cloud.points.dtype)
        call.check(
            call.lib.rc_pointcloud_bounds(
                call.context.handle,
                cloud.points.pointer,
                cloud.offsets,
                cloud.lengths,
                view.pointer,
            )
        )
    return result
