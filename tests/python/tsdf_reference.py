# SPDX-License-Identifier: Apache-2.0
"""tsdf.h as it is worded, in float64; `doubtful` marks what a last bit of float32 decides."""

from dataclasses import dataclass

import numpy as np

WEIGHTINGS = ("constant", "inverse_square", "dropoff", "inverse_square_dropoff")


@dataclass
class Volume:
    tsdf: np.ndarray
    weight: np.ndarray
    color: np.ndarray
    doubtful: np.ndarray


def empty(dims):
    return Volume(np.zeros(dims), np.zeros(dims), np.zeros((*dims, 3)), np.zeros(dims, dtype=bool))


def centres(grid):
    index = np.moveaxis(np.indices(grid.dims), 0, -1)
    return np.array(grid.origin) + (index + 0.5) * np.array(grid.voxel_size)


def weigh(weighting, z, d, truncation, grid):
    """Weight of an observation at depth z with the signed distance d."""
    weight = np.ones(np.broadcast(z, d).shape)
    if weighting.startswith("inverse_square"):
        weight = weight / z**2
    if weighting.endswith("dropoff"):
        edge = min(max(grid.voxel_size), truncation)
        if edge < truncation:
            weight = weight * np.clip((d + truncation) / (truncation - edge), 0, 1)
    return weight


def average(volume, where, d, weight, max_weight, color=None, colored=None):
    """The running average of the head of the header, in the voxels `where`. What was free space
    alone so far has no colour yet."""
    where = where & (weight > 0)
    old = np.where(volume.weight > 0, volume.tsdf, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (old * volume.weight + d * weight) / (volume.weight + weight)
        if color is not None:
            share = np.where((volume.weight > 0) & (old < 1), weight / (volume.weight + weight), 1)
            blended = volume.color + (color - volume.color) * share[..., None]
            volume.color[where & colored] = blended[where & colored]
    volume.tsdf = np.where(where, mean, volume.tsdf)
    total = volume.weight + weight
    limited = np.minimum(total, max_weight) if max_weight else total
    volume.weight = np.where(where, limited, volume.weight)


def measured(depth, depth_scale, max_depth):
    """Depth in the unit of the grid, NaN where there is no measurement."""
    z = depth.astype(np.float64) * (depth_scale or (0.001 if depth.dtype == np.uint16 else 1.0))
    with np.errstate(invalid="ignore"):
        valid = np.isfinite(z) & (z > 0) & ((z <= max_depth) if max_depth else True)
    return np.where(valid, z, np.nan)


def integrate(
    volume,
    depth,
    intrinsics,
    pose,
    grid,
    truncation,
    depth_scale=0.0,
    max_depth=0.0,
    max_weight=0.0,
    weighting="constant",
    carving=True,
    color=None,
    slack=1e-4,
):
    """One frame. `slack`: pixels, and parts of the truncation, within which a voxel is doubtful."""
    fx, fy, cx, cy = intrinsics[0, 0], intrinsics[1, 1], intrinsics[0, 2], intrinsics[1, 2]
    height, width = depth.shape
    camera = (centres(grid) - pose[:3, 3]) @ pose[:3, :3]
    x, y, z = np.moveaxis(camera, -1, 0)
    front = z > 0
    u = fx * x / np.where(front, z, 1) + cx + 0.5
    v = fy * y / np.where(front, z, 1) + cy + 0.5
    seen = front & (u >= 0) & (u < width) & (v >= 0) & (v < height)
    between = (np.abs(u - np.rint(u)) < slack) | (np.abs(v - np.rint(v)) < slack)
    near = (u > -1) & (u < width + 1) & (v > -1) & (v < height + 1)
    volume.doubtful |= (between & near & front) | (np.abs(z) < slack * truncation)
    u, v = np.where(seen, np.floor(u), 0), np.where(seen, np.floor(v), 0)
    pixel = v.astype(int), u.astype(int)
    measurement = measured(depth, depth_scale, max_depth)[pixel]
    ray = np.sqrt(((u - cx) / fx) ** 2 + ((v - cy) / fy) ** 2 + 1)
    d = (measurement - z) * ray
    seen = seen & ~np.isnan(measurement)
    d = np.where(seen, d, 0)
    at_limit = np.abs(np.abs(d) - truncation) < slack * truncation
    volume.doubtful |= seen & at_limit
    seen &= d >= -truncation
    within = seen & (d <= truncation)
    if not carving:
        seen = within
    weight = weigh(weighting, np.where(seen, measurement, 1), d, truncation, grid)
    average(
        volume,
        seen,
        np.clip(d / truncation, -1, 1),
        weight,
        max_weight,
        None if color is None else color[pixel].astype(np.float64),
        within,
    )


def passed(points, direction, reach, grid, truncation, slack):
    """[N,X,Y,Z]: how much of each line from p - t n to p + reach n a voxel has; is it doubtful."""
    size = np.array(grid.voxel_size)
    low = np.array(grid.origin) + np.moveaxis(np.indices(grid.dims), 0, -1) * size
    p, n = points[:, None, None, None], direction[:, None, None, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        one, other = (low - p) / n, (low + size - p) / n
    beside = (n == 0) & ((p < low) | (p >= low + size))
    enters = np.where(n == 0, -np.inf, np.minimum(one, other)).max(axis=-1)
    leaves = np.where(n == 0, np.inf, np.maximum(one, other)).min(axis=-1)
    enters = np.maximum(enters, -truncation)
    leaves = np.minimum(leaves, reach[:, None, None, None])
    length = np.where(beside.any(axis=-1), -np.inf, leaves - enters)
    return length, np.abs(length) < slack


def from_points(
    volume,
    points,
    grid,
    truncation,
    normals=None,
    sensor=None,
    max_weight=0.0,
    weighting="constant",
    carving=True,
    slack=1e-5,
):
    """One call; clouds one behind the other. Returns the stats of the cloud."""
    points = points.astype(np.float64)
    direction = np.array(sensor, np.float64) - points if normals is None else normals
    direction = direction.astype(np.float64)
    length = np.linalg.norm(direction, axis=1)
    finite = np.isfinite(points).all(axis=1) & np.isfinite(length) & (length > 0)
    points, distance = points[finite], length[finite]
    direction = direction[finite] / distance[:, None]
    carves = carving and normals is None
    reach = distance if carves else np.full(len(points), truncation)
    inside, doubtful = passed(points, direction, reach, grid, truncation, slack)
    d = np.einsum("nxyzc,nc->nxyz", centres(grid) - points[:, None, None, None], direction)
    z = distance[:, None, None, None] if normals is None else 1.0
    weight = np.where(inside > 0, weigh(weighting, z, d, truncation, grid), 0)
    weight = np.minimum(weight, 64)
    total = weight.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (np.clip(d / truncation, -1, 1) * weight).sum(axis=0) / total
    average(volume, total > 0, mean, total, max_weight)
    volume.doubtful |= doubtful.any(axis=0)
    missed = ~(inside > 0).any(axis=(1, 2, 3))
    return [int(missed.sum()), int((~finite).sum()), 0]


def gradients(tsdf, counts, voxel_size):
    """Central differences, one-sided beside voxels that do not count, 0 between two of them."""
    result = np.zeros((*tsdf.shape, 3))
    for axis in range(3):
        f, known = np.moveaxis(tsdf, axis, 0), np.moveaxis(counts, axis, 0)
        slope = np.moveaxis(result[..., axis], axis, 0)
        for i in range(len(f)):
            before = known[i - 1] if i else np.zeros_like(known[i])
            after = known[i + 1] if i + 1 < len(f) else np.zeros_like(known[i])
            high = np.where(after, f[min(i + 1, len(f) - 1)], f[i])
            low = np.where(before, f[max(i - 1, 0)], f[i])
            steps = before.astype(int) + after
            slope[i] = (high - low) / (np.maximum(steps, 1) * voxel_size[axis])
    return result


def extract(tsdf, weight, grid, min_weight=0.0, color=None):
    """Points, normals and colours, in the order of the lesser voxel, then of the axis."""
    tsdf = tsdf.astype(np.float64)
    counts = (weight > 0) & (weight >= min_weight)
    slopes, middle = gradients(np.where(counts, tsdf, 0), counts, grid.voxel_size), centres(grid)
    points, normals, colors = [], [], []
    for index in np.argwhere(counts):
        for axis in range(3):
            step = np.eye(3, dtype=int)[axis]
            one, other = tuple(index), tuple(index + step)
            if other[axis] == grid.dims[axis] or not counts[other]:
                continue
            a, b = tsdf[one], tsdf[other]
            if (a >= 0) == (b >= 0):
                continue
            w = a / (a - b)
            points.append(middle[one] + w * step * grid.voxel_size)
            normal = (1 - w) * slopes[one] + w * slopes[other]
            length = np.linalg.norm(normal)
            normals.append(normal / length if length else np.zeros(3))
            if color is not None:
                colors.append((1 - w) * color[one] + w * color[other])
    shape = (-1, 3)
    return tuple(np.reshape(np.array(x, np.float64), shape) for x in (points, normals, colors))


def depth_to_points(depth, intrinsics, depth_scale=0.0, max_depth=0.0, pose=None):
    z = measured(depth, depth_scale, max_depth)
    v, u = np.indices(depth.shape)
    fx, fy, cx, cy = intrinsics[0, 0], intrinsics[1, 1], intrinsics[0, 2], intrinsics[1, 2]
    points = np.stack([(u - cx) / fx * z, (v - cy) / fy * z, z], axis=-1)
    return points if pose is None else points @ pose[:3, :3].T + pose[:3, 3]
