# SPDX-License-Identifier: Apache-2.0
"""Depth images into a volume on the CPU next to Open3D's uniform volume, where it is installed.

python -m bench.peers.tsdf

Open3D's volume works in float64 on all cores and keeps colours; what it gives is checked against a
float64 oracle as ours is.
"""

from __future__ import annotations

import argparse
import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch

import robocache as rc
from bench.cases import tsdf_cpu
from bench.peers.measure import OWN, Suite, copy_rates, surroundings, wall_time
from bench.peers.tsdf_scenes import SIDE, Scene, oracle, scene

TOLERANCE = 1e-4
"""Of distances in [-1, 1]: float32 depths of metres, over a truncation of some centimetres."""

Volume = tuple[torch.Tensor, torch.Tensor]
Call = Callable[[], Volume]


def own(scene: Scene, threads: int) -> Call:
    """Into one volume again and again: its weights grow, its work is the same."""
    context = rc.Context(device="cpu", threads=threads)
    tsdf, weight = scene.volume()

    def call() -> Volume:
        scene.integrate(tsdf, weight, context)
        return tsdf, weight

    return call


def by_open3d(scene: Scene) -> tuple[Call, Callable[[], Volume]]:
    """The call, and what a volume holds after the first."""
    import open3d as o3d

    kinds, case = o3d.pipelines.integration, scene.case
    volume = kinds.UniformTSDFVolume(
        SIDE,
        case.edge,
        scene.truncation,
        kinds.TSDFVolumeColorType.NoColor,
        np.full(3, -SIDE / 2),
    )
    k = scene.intrinsics
    camera = o3d.camera.PinholeCameraIntrinsic(
        case.width, case.height, k[0, 0], k[1, 1], k[0, 2], k[1, 2]
    )
    black = o3d.geometry.Image(np.zeros((case.height, case.width, 3), np.uint8))
    images = [
        o3d.geometry.RGBDImage.create_from_color_and_depth(
            black,
            o3d.geometry.Image((image.float() * scene.scale).numpy()),
            depth_scale=1.0,
            depth_trunc=100.0,
            convert_rgb_to_intensity=False,
        )
        for image in scene.depth
    ]
    inverses = [np.linalg.inv(pose) for pose in scene.poses]

    def call() -> Volume:
        for image, inverse in zip(images, inverses, strict=True):
            volume.integrate(image, camera, inverse)
        return torch.empty(0), torch.empty(0)

    def field() -> Volume:
        found = np.asarray(volume.extract_volume_tsdf()).reshape(*(case.edge,) * 3, 2)
        return torch.from_numpy(found[..., 0]), torch.from_numpy(found[..., 1])

    return call, field


def ways(scene: Scene, threads: int, most: int) -> Iterator[tuple[str, Call, Callable[[], Volume]]]:
    call = own(scene, threads)
    yield OWN, call, call
    if threads == most and importlib.util.find_spec("open3d"):
        peer, field = by_open3d(scene)
        peer()
        yield "Open3D uniform volume", peer, field


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--output", type=Path, default=Path("build/bench"))
    arguments = parser.parse_args()

    where = surroundings(robocache=rc.__version__, torch=torch.__version__)
    suite = Suite("tsdf-cpu", where, copy_rates())
    for case in tsdf_cpu():
        inputs = scene(case, "cpu")
        exact = oracle(inputs)
        moved = case.bytes(int((exact.weight > 0).sum()))
        for threads in suite.copy:
            for way, call, result in ways(inputs, threads, max(suite.copy)):
                error = exact.error(*result())
                if not suite.right(case.work, way, error, TOLERANCE):
                    continue
                suite.add(
                    case.work,
                    way,
                    wall_time(call, arguments.repeats),
                    group=case.scene,
                    axes=case.axes,
                    threads=threads,
                    bytes=moved,
                    error=error,
                )
    suite.finish(arguments.output)


if __name__ == "__main__":
    main()
