# SPDX-License-Identifier: Apache-2.0
"""Depth images into a volume on a GPU next to PyTorch, torch.compile, and Triton.

python -m bench.peers.tsdf_cuda

32 frames of 640 x 480, or one, into 256^3 voxels, from cameras around a ball and from cameras in a
room.
CUDA events around replays of CUDA graphs, volumes and images rotated over more than twice the L2.
Every way is checked against float64 before it is timed.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
import triton
import triton.language as tl

from bench.cases import Tsdf, tsdf_cuda
from bench.peers.measure import OWN, Suite
from bench.peers.measure_cuda import cuda_suite, graph_time, sets_that_flush
from bench.peers.tsdf_scenes import SIDE, Scene, oracle, scene

TOLERANCE = 1e-4
"""Of distances in [-1, 1]: float32 depths of metres, over a truncation of some centimetres."""

Call = Callable[[], object]
Way = Callable[[Scene, torch.Tensor, torch.Tensor], Call]


def own(scene: Scene, tsdf: torch.Tensor, weight: torch.Tensor) -> Call:
    return lambda: scene.integrate(tsdf, weight)


def by_torch(
    image: torch.Tensor,
    camera: torch.Tensor,
    pose: torch.Tensor,
    axis: torch.Tensor,
    scale: float,
    truncation: float,
    tsdf: torch.Tensor,
    weight: torch.Tensor,
) -> None:
    """One frame, as people write it: all voxels at once."""
    height, width = image.shape
    fx, fy, cx, cy = camera
    offset = axis - pose[:3, 3, None]
    x, y, z = (
        offset[0, :, None, None] * pose[0, k]
        + offset[1, None, :, None] * pose[1, k]
        + offset[2, None, None, :] * pose[2, k]
        for k in range(3)
    )
    u, v = (fx * x / z + cx + 0.5).floor(), (fy * y / z + cy + 0.5).floor()
    seen = (z > 0) & (u >= 0) & (u < width) & (v >= 0) & (v < height)
    pixel = torch.where(seen, v * width + u, 0).long()
    measured = image.float().flatten()[pixel] * scale
    d = (measured - z) * (((u - cx) / fx) ** 2 + ((v - cy) / fy) ** 2 + 1).sqrt() / truncation
    seen = seen & (measured > 0) & (d >= -1)
    mean = (tsdf * weight + d.clamp(max=1)) / (weight + 1)
    tsdf.copy_(torch.where(seen, mean, tsdf))
    weight.add_(seen)


def camera_of(scene: Scene) -> list[float]:
    k = scene.intrinsics
    return [k[0, 0], k[1, 1], k[0, 2], k[1, 2]]


def torch_way(function: Callable[..., None]) -> Way:
    def prepare(scene: Scene, tsdf: torch.Tensor, weight: torch.Tensor) -> Call:
        camera = torch.tensor(camera_of(scene), dtype=torch.float32, device="cuda")
        poses = torch.tensor(scene.poses, dtype=torch.float32, device="cuda")
        axis = torch.arange(scene.case.edge, device="cuda") + 0.5
        axis = axis * scene.voxel - SIDE / 2
        rest = axis, scene.scale, scene.truncation, tsdf, weight

        def call() -> None:
            for image, pose in zip(scene.depth, poses, strict=True):
                function(image, camera, pose, *rest)

        return call

    return prepare


# As in Triton's own tutorials: constants are in capitals.
# ruff: noqa: N803
@triton.jit
def triton_integrate(
    depth, poses, tsdf, weight, frames, height, width, fx, fy, cx, cy, low, voxel, scale,
    truncation, EDGE: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    px = low + ((at // (EDGE * EDGE)).to(tl.float32) + 0.5) * voxel
    py = low + ((at // EDGE % EDGE).to(tl.float32) + 0.5) * voxel
    pz = low + ((at % EDGE).to(tl.float32) + 0.5) * voxel
    mean, count = tl.load(tsdf + at), tl.load(weight + at)
    for k in range(frames):
        pose = poses + k * 16
        ox, oy = px - tl.load(pose + 3), py - tl.load(pose + 7)
        oz = pz - tl.load(pose + 11)
        x = ox * tl.load(pose) + oy * tl.load(pose + 4) + oz * tl.load(pose + 8)
        y = ox * tl.load(pose + 1) + oy * tl.load(pose + 5) + oz * tl.load(pose + 9)
        z = ox * tl.load(pose + 2) + oy * tl.load(pose + 6) + oz * tl.load(pose + 10)
        u, v = tl.floor(fx * x / z + cx + 0.5), tl.floor(fy * y / z + cy + 0.5)
        seen = (z > 0) & (u >= 0) & (u < width) & (v >= 0) & (v < height)
        pixel = tl.where(seen, v * width + u, 0).to(tl.int32)
        measured = tl.load(depth + k * height * width + pixel, mask=seen, other=0)
        measured = measured.to(tl.float32) * scale
        a, b = (u - cx) / fx, (v - cy) / fy
        d = (measured - z) * tl.sqrt(a * a + b * b + 1) / truncation
        seen = seen & (measured > 0) & (d >= -1)
        mean = tl.where(seen, (mean * count + tl.minimum(d, 1.0)) / (count + 1), mean)
        count += tl.where(seen, 1.0, 0.0)
    tl.store(tsdf + at, mean)
    tl.store(weight + at, count)


def triton_way(scene: Scene, tsdf: torch.Tensor, weight: torch.Tensor) -> Call:
    poses = torch.tensor(scene.poses, dtype=torch.float32, device="cuda")
    case, block = scene.case, 256
    return lambda: triton_integrate[(tsdf.numel() // block,)](
        scene.depth, poses, tsdf, weight, case.frames, case.height, case.width, *camera_of(scene),
        -SIDE / 2, scene.voxel, scene.scale, scene.truncation, case.edge, block,
    )  # fmt: skip


def ways(case: Tsdf) -> Iterator[tuple[str, Way]]:
    yield OWN, own
    yield "Triton", triton_way
    torch._dynamo.reset()
    yield "torch.compile", torch_way(torch.compile(by_torch, dynamic=False, fullgraph=True))
    if case.depth == "uint16":  # It takes 60 ms with any.
        yield "torch", torch_way(by_torch)


def prepare_own(case: Tsdf) -> Call:
    """Our call on inputs of its own, to profile."""
    inputs = scene(case, "cuda")
    return own(inputs, *inputs.volume())


def measure(suite: Suite, case: Tsdf, repeats: int) -> None:
    """All ways of one case."""
    first = scene(case, "cuda")
    exact = oracle(first)
    if float(exact.sure.float().mean()) < 0.5:
        raise SystemExit(f"{case.work}: expected to be sure of most voxels")
    moved = case.bytes(int((exact.weight > 0).sum()))
    seeds = range(1, sets_that_flush(moved))
    sets = [(first, *first.volume())]
    sets += [(other, *other.volume()) for other in (scene(case, "cuda", seed) for seed in seeds)]
    for way, prepare in ways(case):
        for _, tsdf, weight in sets:
            tsdf.zero_()
            weight.zero_()
        # What takes tens of milliseconds finds nothing of the frame before in the L2.
        calls = [prepare(*one) for one in (sets[:1] if way == "torch" else sets)]
        calls[0]()
        error = exact.error(*sets[0][1:])
        if not suite.right(case.work, way, error, TOLERANCE):
            continue
        suite.add(
            case.work,
            way,
            graph_time(calls, repeats),
            group=case.scene,
            axes=case.axes,
            cache="cold",
            bytes=moved,
            error=error,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=30)
    parser.add_argument("--output", type=Path, default=Path("build/bench"))
    arguments = parser.parse_args()

    suite = cuda_suite("tsdf-cuda", triton=triton.__version__)
    for case in tsdf_cuda():
        measure(suite, case, arguments.repeats)
        torch.cuda.empty_cache()
    suite.finish(arguments.output)


if __name__ == "__main__":
    main()
