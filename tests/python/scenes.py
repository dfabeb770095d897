# SPDX-License-Identifier: Apache-2.0
"""Scenes whose distance is known: what pinholes see of them."""

import itertools

import numpy as np


def look_at(eye, target=(0.0, 0.0, 0.0)):
    """Pose of a camera at `eye` that looks at `target`: +z there, y down as far as it can be."""
    eye = np.array(eye, np.float64)
    forward = (target - eye) / np.linalg.norm(target - eye)
    right = np.cross(np.eye(3)[np.argmin(np.abs(forward))], forward)
    right /= np.linalg.norm(right)
    pose = np.eye(4)
    pose[:3, :3] = np.stack([right, np.cross(forward, right), forward], axis=1)
    pose[:3, 3] = eye
    return pose


def pinhole(height, width, focal):
    return np.array(
        [[focal, 0, (width - 1) / 2], [0, focal, (height - 1) / 2], [0, 0, 1]], np.float64
    )


def rays(intrinsics, pose, height, width):
    """Directions of the pixels in the world, of length 1 along the camera's z."""
    v, u = np.indices((height, width))
    x = (u - intrinsics[0, 2]) / intrinsics[0, 0]
    y = (v - intrinsics[1, 2]) / intrinsics[1, 1]
    return np.stack([x, y, np.ones_like(x)], axis=-1) @ pose[:3, :3].T


def sphere_depth(radius, intrinsics, pose, height, width):
    """float32 depth of a sphere about the origin, 0 beside it."""
    ray, eye = rays(intrinsics, pose, height, width), pose[:3, 3]
    a, b, c = (ray**2).sum(axis=-1), ray @ eye, eye @ eye - radius**2
    inside = b * b - a * c
    depth = (-b - np.sqrt(np.maximum(inside, 0))) / a
    return np.where(inside >= 0, depth, 0).astype(np.float32)


def plane_depth(normal, offset, intrinsics, pose, height, width):
    """float32 depth of the plane normal . x = offset, 0 where it is not in front."""
    ray, eye = rays(intrinsics, pose, height, width), pose[:3, 3]
    with np.errstate(divide="ignore"):
        depth = (offset - eye @ normal) / (ray @ normal)
    return np.where(np.isfinite(depth) & (depth > 0), depth, 0).astype(np.float32)


def eyes(distance):
    """26 places about the origin: the faces, edges and corners of a cube."""
    places = [np.array(p) for p in itertools.product((-1, 0, 1), repeat=3) if any(p)]
    return [distance * p / np.linalg.norm(p) for p in places]


def on_sphere(count, radius):
    """Points spread evenly over a sphere about the origin, and the normals there."""
    k = np.arange(count)
    z = 1 - (2 * k + 1) / count
    angle = np.pi * (3 - np.sqrt(5)) * k
    ring = np.sqrt(1 - z * z)
    normals = np.stack([ring * np.cos(angle), ring * np.sin(angle), z], axis=1)
    return radius * normals, normals
