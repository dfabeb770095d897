# SPDX-License-Identifier: Apache-2.0
"""Depth images of scenes in a cube of 4 m about the origin, as pinholes see them, and what must
come out of their integration: tsdf.h as it is worded, in float64. PyTorch tensors on any device."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

import robocache as rc
from bench.cases import Tsdf

SIDE = 4.0
"""Edge of the volume, metres."""
ROOM, BALL, DISTANCE, BEHIND = 1.8, 1.2, 3.2, 6.0
"""Half the edge of the room, radius of the ball, how far from it the cameras are, and how far from
them the wall behind it."""
HOLES = 0.02
"""Pixels without a measurement."""


@dataclass
class Scene:
    """K frames; poses [K,4,4] take camera coordinates to the world."""

    case: Tsdf
    depth: torch.Tensor
    intrinsics: NDArray[np.float64]
    poses: NDArray[np.float64]

    @property
    def voxel(self) -> float:
        return SIDE / self.case.edge

    @property
    def truncation(self) -> float:
        return 4 * self.voxel

    @property
    def scale(self) -> float:
        """Metres in a unit of depth."""
        return 0.001 if self.case.depth == "uint16" else 1.0

    def volume(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Distance and weight of a volume that nothing was seen of."""
        shape = (self.case.edge,) * 3
        return torch.zeros(shape, device=self.depth.device), torch.zeros(
            shape, device=self.depth.device
        )

    def integrate(
        self, tsdf: torch.Tensor, weight: torch.Tensor, context: rc.Context | None = None
    ) -> None:
        """This library's call: all frames into the volume."""
        rc.tsdf_integrate(
            self.depth,
            self.intrinsics,
            self.poses,
            tsdf,
            weight,
            -SIDE / 2,
            self.voxel,
            truncation=self.truncation,
            context=context,
        )


def look(eye: NDArray[np.float64], forward: NDArray[np.float64]) -> NDArray[np.float64]:
    """Pose of a camera at `eye`: +z is `forward`, y down as far as it can be."""
    forward = forward / np.linalg.norm(forward)
    right = np.cross([0.0, 0.0, -1.0], forward)
    right /= np.linalg.norm(right)
    pose = np.eye(4)
    pose[:3, :3] = np.stack([right, np.cross(forward, right), forward], axis=1)
    pose[:3, 3] = eye
    return pose


def scene(case: Tsdf, device: str, seed: int = 0) -> Scene:
    """Cameras in a ring, each a little elsewhere for each seed."""
    rng = np.random.default_rng(seed)
    poses = []
    for turn in np.arange(case.frames) * (2 * math.pi / case.frames) + rng.uniform(0, 0.1):
        out = np.array([math.cos(turn), math.sin(turn), 0.4 * math.sin(3 * turn)])
        if case.scene == "room":
            poses.append(look(rng.uniform(-0.3, 0.3, 3), out))
        else:
            poses.append(look(DISTANCE * out, -out))
    focal = 0.82 * case.width
    intrinsics = np.array(
        [[focal, 0, (case.width - 1) / 2], [0, focal, (case.height - 1) / 2], [0, 0, 1]]
    )
    random = torch.Generator(device).manual_seed(seed)
    images = torch.stack([_image(case, pose, intrinsics, device) for pose in poses])
    images[torch.rand(images.shape, generator=random, device=device) < HOLES] = 0
    if case.depth == "uint16":
        return Scene(case, (images * 1000).round().to(torch.uint16), intrinsics, np.stack(poses))
    return Scene(case, images, intrinsics, np.stack(poses))


def _image(
    case: Tsdf, pose: NDArray[np.float64], intrinsics: NDArray[np.float64], device: str
) -> torch.Tensor:
    """Depth along z, 0 where there is nothing."""
    v, u = torch.meshgrid(
        torch.arange(case.height, device=device),
        torch.arange(case.width, device=device),
        indexing="ij",
    )
    x = (u - intrinsics[0, 2]) / intrinsics[0, 0]
    y = (v - intrinsics[1, 2]) / intrinsics[1, 1]
    rays = torch.stack([x, y, torch.ones_like(x)], -1).double()
    rays = rays @ torch.tensor(pose[:3, :3].T, device=device)
    eye = torch.tensor(pose[:3, 3], device=device)
    if case.scene == "room":
        # To the wall that the ray meets first.
        return ((ROOM * rays.sign() - eye) / rays).amin(-1).float()
    a, b, c = (rays**2).sum(-1), rays @ eye, eye @ eye - BALL**2
    inside = b * b - a * c
    depth = (-b - inside.clamp(min=0).sqrt()) / a
    return torch.where(inside >= 0, depth, BEHIND if case.scene == "outside" else 0.0).float()


SLACK = 1e-3
"""Pixels, and parts of the truncation, within which float32 may decide otherwise."""
ROUNDING = 2e-6
"""Metres by which float32 may put a voxel elsewhere, which is many pixels next to a camera."""


@dataclass
class Oracle:
    """Distance and weight in float64, and which voxels no rounding decides."""

    tsdf: torch.Tensor
    weight: torch.Tensor
    sure: torch.Tensor

    def error(self, tsdf: torch.Tensor, weight: torch.Tensor) -> float:
        """Largest difference of the distances; infinite where a sure weight differs."""
        if bool((self.weight != weight)[self.sure].any()):
            return math.inf
        seen = self.sure & (self.weight > 0)
        return float((self.tsdf - tsdf)[seen].abs().max())


def oracle(scene: Scene) -> Oracle:
    """Of an empty volume."""
    case, device = scene.case, scene.depth.device
    axis = (torch.arange(case.edge, device=device).double() + 0.5) * scene.voxel - SIDE / 2
    (fx, cx), (fy, cy) = scene.intrinsics[0, ::2], scene.intrinsics[1, 1:]
    shape = (case.edge,) * 3
    tsdf = torch.zeros(shape, dtype=torch.float64, device=device)
    weight, sure = torch.zeros_like(tsdf), torch.ones(shape, dtype=torch.bool, device=device)
    for image, pose in zip(scene.depth, scene.poses, strict=True):
        # Camera coordinates of the centres: R^T (p - t), axis by axis.
        x, y, z = (
            (axis - pose[0, 3])[:, None, None] * pose[0, k]
            + (axis - pose[1, 3])[None, :, None] * pose[1, k]
            + (axis - pose[2, 3])[None, None, :] * pose[2, k]
            for k in range(3)
        )
        front = z > 0
        u, v = fx * x / z + (cx + 0.5), fy * y / z + (cy + 0.5)
        near = (u > -1) & (u < case.width + 1) & (v > -1) & (v < case.height + 1)
        slack = SLACK + fx * ROUNDING / z.abs()
        between = ((u - u.round()).abs() < slack) | ((v - v.round()).abs() < slack)
        sure &= ~(front & near & between) & (z.abs() > SLACK * scene.truncation)
        seen = front & (u >= 0) & (u < case.width) & (v >= 0) & (v < case.height)
        u, v = torch.where(seen, u.floor(), 0), torch.where(seen, v.floor(), 0)
        measured = image.double()[v.long(), u.long()] * scene.scale
        d = (measured - z) * (((u - cx) / fx) ** 2 + ((v - cy) / fy) ** 2 + 1).sqrt()
        d /= scene.truncation
        seen &= measured > 0
        sure &= ~(seen & ((d.abs() - 1).abs() < SLACK))
        seen &= d >= -1
        mean = (tsdf * weight + d.clamp(max=1)) / (weight + 1)
        tsdf = torch.where(seen, mean, tsdf)
        weight += seen
    return Oracle(tsdf, weight, sure)
