# SPDX-License-Identifier: Apache-2.0
"""Bounds of clouds."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from robocache._call import Call, Place, start
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
        return _run(call, Cloud(points, offsets, lengths))


def bounds_on_host(cloud: Cloud, place: Place) -> NDArray[Any]:
    """The same as NumPy; waits for the device where there is one."""
    with start("bounds", place, "points", cloud.points) as call:
        host: NDArray[Any] = call.wait_for(_run(call, cloud))
    return host


def _run(call: Call, cloud: Cloud) -> Any:
    bound = bind_cloud(call, cloud)
    result, view = call.output(None, "bounds", (*bound.lead, 2, 3), bound.points.dtype)
    call.check(
        call.lib.rc_pointcloud_bounds(
            call.context.handle, bound.points.pointer, bound.offsets, bound.lengths, view.pointer
        )
    )
    return result
