# SPDX-License-Identifier: Apache-2.0
"""Truncated signed distance fields: into arrays of the caller, and the surface out of them."""

from __future__ import annotations

from typing import Any, NamedTuple

from robocache._call import Place, start
from robocache._dtypes import dtype_name
from robocache._library import HEADER, enumerators, ffi
from robocache._options import choice
from robocache._voxels import (
    Cloud,
    Triple,
    bind_cloud,
    check_count,
    make_grid,
    number,
    positive,
)
from robocache.context import Context
from robocache.errors import InvalidArgumentError

WEIGHTINGS = enumerators("rc_tsdf_weight", "RC_TSDF_WEIGHT_")


class Surface(NamedTuple):
    """Points where the field crosses zero, in the order of the voxels; M rows."""

    points: Any
    """[M,3]; NaN in rows without a point."""
    normals: Any
    """float32 [M,3], unit vectors out of the surface; None unless asked for."""
    colors: Any
    """float32 [M,3]; None without colours."""
    total: Any
    """int64 []: points of the surface, also when M is less."""


def tsdf_integrate(
    depth: Any,
    intrinsics: Any,
    poses: Any,
    tsdf: Any,
    weight: Any,
    origin: Triple,
    voxel_size: Triple,
    *,
    truncation: float,
    color_images: Any = None,
    color: Any = None,
    weighting: str = "constant",
    carve: bool = True,
    max_weight: float | None = None,
    depth_scale: float | None = None,
    max_depth: float | None = None,
    backend: str = "auto",
    context: Context | None = None,
    stream: Any = None,
) -> None:
    """Integrates depth images into a volume, frame by frame in their order.

    `TsdfVolume` keeps the arrays for you. The definition is that of KinectFusion and of Open3D's
    uniform volume: the distance along the ray from a voxel's centre to the surface, over
    `truncation`, limited to [-1, 1] and positive in front; averaged with weights.

    Parameters
    ----------
    depth, intrinsics, depth_scale, max_depth
        As in `depth_to_points`.
    poses : array or list
        [4,4] or [K,4,4], camera to the volume's coordinates. Read as `intrinsics` are.
    tsdf, weight : float32 [X,Y,Z]
        Read and written; zero at first.
    origin, voxel_size : float or (x, y, z)
        The least corner of the volume and the edges of a voxel.
    truncation : float
        The truncation distance, in the unit of the volume.
    color_images : array, optional
        uint8 or float32 [K,H,W,3] ([H,W,3]), registered to the depth.
    color : float32 [X,Y,Z,3], optional
        Average colours, read and written; with `color_images`.
    weighting : {"constant", "inverse_square", "dropoff", "inverse_square_dropoff"}
        Weight of an observation: 1; 1 / depth^2; falling to 0 behind the surface; both.
    carve : bool
        Observe what lies in front of a surface as free. False leaves it alone.
    max_weight : float, optional
        Limit of the weight.
    backend, context, stream
        As in `resample`; "auto" follows the device of `depth`.

    Raises
    ------
    As `depth_to_points`.
    """
    with start("tsdf_integrate", Place(backend, context, stream), "depth", depth) as call:
        image = call.read(depth, "depth")
        camera = call.read_host(intrinsics, "intrinsics")
        pose = call.read_host(poses, "poses")
        options = ffi.new("rc_tsdf_integrate_options*")
        options.struct_size = ffi.sizeof("rc_tsdf_integrate_options")
        options.flags = _flags(carve, True)
        options.truncation = number("truncation", truncation)
        options.depth_scale = positive("depth_scale", depth_scale)
        options.max_depth = positive("max_depth", max_depth)
        options.max_weight = positive("max_weight", max_weight)
        options.weighting = choice("weighting", weighting, WEIGHTINGS)
        if color_images is not None:
            options.color_images = call.read(color_images, "color_images").pointer
        if color is not None:
            options.color = call.write(color, "color").pointer
        field, weights = call.write(tsdf, "tsdf"), call.write(weight, "weight")
        call.check(
            call.lib.rc_tsdf_integrate(
                call.context.handle,
                image.pointer,
                camera.pointer,
                pose.pointer,
                make_grid(origin, voxel_size, _dims(field)),
                options,
                field.pointer,
                weights.pointer,
            )
        )


def tsdf_from_points(
    points: Any,
    tsdf: Any,
    weight: Any,
    origin: Triple,
    voxel_size: Triple,
    *,
    truncation: float,
    normals: Any = None,
    sensor_origins: Any = None,
    offsets: Any = None,
    lengths: Any = None,
    weighting: str = "constant",
    carve: bool = True,
    max_weight: float | None = None,
    stats: bool = False,
    validate: bool = True,
    backend: str = "auto",
    context: Context | None = None,
    stream: Any = None,
) -> Any:
    """Integrates points into a volume: all points of a call as one observation of each voxel.

    A point observes the voxels on a line through it, along its normal or along the ray from the
    sensor, as far as `truncation` on both sides (to the sensor, with `carve`). The result does not
    depend on the order of the points.

    Parameters
    ----------
    points, offsets, lengths, validate
        As in `voxelize`; all clouds go into the one volume.
    tsdf, weight, origin, voxel_size, truncation, max_weight
        As in `tsdf_integrate`.
    normals : array, optional
        Of the shape and type of `points`, out of the surface, of any length but 0. One of `normals`
        and `sensor_origins` is required.
    sensor_origins : array or list, optional
        [3] or [B,3]: where the sensor stood.
    weighting : {"constant", "inverse_square", "dropoff", "inverse_square_dropoff"}
        As in `tsdf_integrate`, of the distance from the sensor; with normals "constant" or
        "dropoff".
    carve : bool
        With `sensor_origins`: observe what lies between the sensor and a point as free.
    stats : bool
        Return what was left out.
    backend, context, stream
        As in `resample`; "auto" follows the device of `points`.

    Returns
    -------
    None or array
        With `stats`, int64 [B,3]: points that observe nothing of the volume, points that are not
        finite or have no direction, and 0.

    Raises
    ------
    As `voxelize`.
    """
    with start("tsdf_from_points", Place(backend, context, stream), "points", points) as call:
        cloud = bind_cloud(call, Cloud(points, offsets, lengths))
        options = ffi.new("rc_tsdf_from_points_options*")
        options.struct_size = ffi.sizeof("rc_tsdf_from_points_options")
        options.flags = _flags(carve, validate)
        options.truncation = number("truncation", truncation)
        options.max_weight = positive("max_weight", max_weight)
        options.weighting = choice("weighting", weighting, WEIGHTINGS)
        options.offsets, options.lengths = cloud.offsets, cloud.lengths
        if normals is not None:
            options.normals = call.read(normals, "normals").pointer
        if sensor_origins is not None:
            options.sensor_origins = call.read_listed(
                sensor_origins, "sensor_origins", "float64"
            ).pointer
        told = None
        if stats:
            told, view = call.output(None, "stats", (cloud.clouds, 3), "int64")
            options.stats = view.pointer
        field, weights = call.write(tsdf, "tsdf"), call.write(weight, "weight")
        call.check(
            call.lib.rc_tsdf_from_points(
                call.context.handle,
                cloud.points.pointer,
                make_grid(origin, voxel_size, _dims(field)),
                options,
                field.pointer,
                weights.pointer,
            )
        )
    return told


def tsdf_extract_points(
    tsdf: Any,
    weight: Any,
    origin: Triple,
    voxel_size: Triple,
    *,
    min_weight: float | None = None,
    color: Any = None,
    normals: bool = False,
    capacity: int | None = None,
    dtype: Any = "float32",
    backend: str = "auto",
    context: Context | None = None,
    stream: Any = None,
) -> Surface:
    """Lists the points where the field crosses zero between two neighbouring voxels.

    Parameters
    ----------
    tsdf, weight, origin, voxel_size
        As in `tsdf_integrate`.
    min_weight : float, optional
        Voxels of less weight do not count. Default: any weight above 0 counts.
    color : float32 [X,Y,Z,3], optional
        Give the colours of the points too.
    normals : bool
        Give the normals of the points too.
    capacity : int, optional
        M, the rows of the results. Default: as many as there are points, which on CUDA waits for
        the device.
    dtype : {"float32", "float64"}
        Type of the points.
    backend, context, stream
        As in `resample`; "auto" follows the device of `tsdf`.

    Returns
    -------
    Surface
        Of the kind and on the device of `tsdf`.

    Raises
    ------
    As `depth_to_points`.
    """
    check_count("capacity", capacity, 0)
    with start("tsdf_extract_points", Place(backend, context, stream), "tsdf", tsdf) as call:
        field, weights = call.read(tsdf, "tsdf"), call.read(weight, "weight")
        grid = make_grid(origin, voxel_size, _dims(field))
        options = ffi.new("rc_tsdf_extract_options*")
        options.struct_size = ffi.sizeof("rc_tsdf_extract_options")
        options.min_weight = positive("min_weight", min_weight)
        total, told = call.output(None, "total", (), "int64", scalar=True)
        options.total = told.pointer

        def extract(rows: int) -> Any:
            found, view = call.output(None, "points", (rows, 3), dtype_name(dtype))
            call.check(
                call.lib.rc_tsdf_extract_points(
                    call.context.handle,
                    field.pointer,
                    weights.pointer,
                    grid,
                    options,
                    view.pointer,
                )
            )
            return found

        if capacity is None:
            extract(0)
            capacity = int(call.wait_for(total))
        directions = colors = None
        if normals:
            directions, view = call.output(None, "normals", (capacity, 3), "float32")
            options.normals = view.pointer
        if color is not None:
            options.color = call.read(color, "color").pointer
            colors, view = call.output(None, "colors", (capacity, 3), "float32")
            options.point_colors = view.pointer
        points = extract(capacity)
    return Surface(points, directions, colors, total)


def _flags(carve: bool, validate: bool) -> int:
    flags: int = 0 if carve else HEADER.RC_TSDF_NO_CARVING
    return flags | (0 if validate else HEADER.RC_TSDF_SKIP_VALIDATION)


def _dims(view: Any) -> tuple[int, ...]:
    if len(view.shape) != 3:
        raise InvalidArgumentError(f"tsdf: expected [X,Y,Z]; got shape {view.shape}")
    dims: tuple[int, ...] = view.shape
    return dims
