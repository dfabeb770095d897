# SPDX-License-Identifier: Apache-2.0
"""What is measured: the axes of every case of every operation, and the bytes that must move.

Bytes that must move: every source row that is needed once, every output byte once, all source and
target times once; points, features and grids likewise. Caches may save none of it in a cold case.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

SIZE = {
    "float64": 8, "int64": 8, "float32": 4, "int32": 4, "float16": 2, "bfloat16": 2, "int16": 2,
    "int8": 1, "uint8": 1,
}  # fmt: skip
"""Bytes of a number."""

SHORT = {"bfloat16": "bf16", "float16": "f16", "float32": "f32", "float64": "f64"}

SECTOR = 32
"""Bytes that memory gives at least: what is read of a store here and there counts in these."""


@dataclass(frozen=True)
class Resample:
    """Sequences of samples and the targets of each; several widths: a fuse of as many streams."""

    group: str
    sequences: int
    samples: int
    targets: int
    widths: tuple[int, ...]
    dtype: str = "float32"
    out: str = ""
    """Type of the output, where it is another one."""
    times: str = "int64"
    shared: bool = False
    """One clock for all sequences."""
    mode: str = "linear"
    cache: str = "cold"
    stream_samples: tuple[int, ...] = ()
    """Of each stream of a fuse."""
    windows: int = 0
    """Rows that read any sequence of a store, each a window of its own."""
    ragged: bool = False
    """Episodes of 20 to 2 x `samples` samples, packed, and half as many targets each."""

    @property
    def fuses(self) -> bool:
        return len(self.widths) > 1

    @property
    def rows(self) -> int:
        return self.windows or self.sequences

    @property
    def work(self) -> str:
        types = SHORT.get(self.dtype, self.dtype)
        types += f" to {SHORT.get(self.out, self.out)}" if self.out else ""
        if self.fuses:
            pairs = zip(self.stream_samples, self.widths, strict=True)
            streams = [(f"{s}x{d}", len(list(same))) for (s, d), same in groupby(pairs)]
            shape = ", ".join(f"{n} of {one}" if n > 1 else one for one, n in streams)
            shape = f"({shape}) T{self.targets}"
        else:
            shape = f"S{self.samples} T{self.targets} D{self.widths[0]}"
        extra = [f"{self.times} times"] if self.times != "int64" else []
        extra += ["shared times"] if self.shared else []
        extra += [self.mode] if self.mode != "linear" else []
        extra += [f"{self.windows} windows"] if self.windows else []
        extra += ["ragged"] if self.ragged else []
        kind = "fuse" if self.fuses else "resample"
        return ", ".join([f"{kind} {types} B{self.sequences} {shape}", *extra])

    @property
    def axes(self) -> dict[str, int | float | str]:
        return {
            "op": "fuse" if self.fuses else "resample", "B": self.rows, "S": self.samples,
            "T": self.targets, "D": sum(self.widths), "streams": len(self.widths),
            "dtype": self.dtype, "out": self.out or self.dtype, "times": self.times,
            "shared": int(self.shared), "mode": self.mode,
        }  # fmt: skip

    def bytes(self, touched: Sequence[int], outputs: int, times: int) -> int:
        """`touched`: source rows that are needed, of each stream; `outputs`: rows of the output;
        `times`: bytes of all times, ids and offsets that are read."""
        read = sum(n * d for n, d in zip(touched, self.widths, strict=True)) * SIZE[self.dtype]
        return read + outputs * sum(self.widths) * SIZE[self.out or self.dtype] + times


LARGE = 640e6
"""Bytes of a case that no cache helps: more than 8 times the L2 of an H200 or H100."""


def resample_cuda() -> Iterator[Resample]:
    """Groups: small, fuse and large hold the shapes that other kernels were measured with; width,
    type and times are one axis each; windows and ragged are layouts."""
    for b, s, t, d in [(32, 50, 32, 16), (32, 500, 250, 256), (64, 4096, 1024, 32)]:
        for cache in ("warm", "cold"):
            yield Resample("small", b, s, t, (d,), "bfloat16", cache=cache)
    arm = ((30, 512), (100, 64), (200, 12))
    hand = ((128, 128), (256, 32), (512, 16))
    for streams, t, b in [(arm, 50, 4), (arm, 50, 32), (hand, 256, 32)]:
        for cache in ("warm", "cold"):
            yield _fuse(b, t, streams, "bfloat16", cache)
    yield _fuse(1024, 250, ((150, 512), (500, 64), (1000, 12)), "bfloat16")
    yield _fuse(4096, 500, ((1000, 7), (1000, 14), (500, 32), (250, 64)), "float32")
    yield _fuse(2048, 500, ((1000, 16),) * 16, "bfloat16")
    for b, s, t, d in [(256, 4096, 1024, 32), (2048, 512, 1024, 64), (1024, 1024, 512, 256)]:
        yield Resample("large", b, s, t, (d,), "bfloat16")
    for d in (14, 7, 32):
        yield Resample("large", 4096, 1000, 500, (d,))
    for d in (3, 7, 14, 32, 64, 256, 512):
        for dtype in ("bfloat16", "float32"):
            for s, t in [(1000, 500), (500, 1000)]:
                b = max(1, int(LARGE / ((s + t) * (d * SIZE[dtype] + 8))))
                yield Resample("width", b, s, t, (d,), dtype)
    for dtype, out in [
        ("float16", ""),
        ("float64", ""),
        ("float32", "bfloat16"),
        ("bfloat16", "float32"),
        ("float64", "float32"),
        ("uint8", "float32"),
    ]:
        b = int(LARGE / (1000 * (32 * SIZE[dtype] + 8) + 500 * (32 * SIZE[out or dtype] + 8)))
        yield Resample("type", b, 1000, 500, (32,), dtype, out)
    for d, b in [(7, 12288), (32, 4096)]:
        yield Resample("times", b, 1000, 500, (d,), times="float32")
        yield Resample("times", b, 1000, 500, (d,), shared=True)
        yield Resample("times", b, 1000, 500, (d,), mode="previous")
    for dtype in ("bfloat16", "float32"):
        yield Resample("windows", 1000, 1000, 16, (64,), dtype, windows=65536)
    for d, dtype in [(14, "float32"), (64, "bfloat16")]:
        yield Resample("ragged", 4096, 1000, 500, (d,), dtype, ragged=True)
        yield Resample("ragged", 4096, 1010, 505, (d,), dtype)


def _fuse(
    b: int, t: int, streams: Sequence[tuple[int, int]], dtype: str, cache: str = "cold"
) -> Resample:
    samples, widths = zip(*streams, strict=True)
    group = "fuse" if b < 1024 else "fuse-large"
    return Resample(group, b, max(samples), t, widths, dtype, cache=cache, stream_samples=samples)


def resample_cpu() -> Iterator[Resample]:
    """1 000 000 frames of 32 channels at about 1 kHz, asked for at half the rate, and as long a
    recording of an arm: force, joints and a camera's embedding on one clock of 100 Hz."""
    yield Resample("linear", 1, 1_000_000, 500_000, (32,))
    yield Resample("previous", 1, 1_000_000, 500_000, (32,), mode="previous")
    samples = (1_000_000, 500_000, 30_000)
    yield Resample(
        "fuse", 1, 1_000_000, 100_000, (6, 14, 512), stream_samples=samples
    )  # fmt: skip


@dataclass(frozen=True)
class Voxelize:
    """Points into a cube of `edge` voxels a side."""

    reduce: str
    """occupancy, count, mean, max; sparse mean, centroids (of the points themselves), hard."""
    points: int
    edge: int
    order: str
    """random: anywhere and in any order; coherent: the same, neighbours in space are neighbours in
    the list; scan: on a surface, in the order of a scan."""
    features: str = ""
    """Type of the features, four a point; none for occupancy, count and centroids."""
    cache: str = "cold"
    kept: int = 10
    """Points of a voxel that hard voxelization keeps."""

    @property
    def work(self) -> str:
        what = self.reduce + (f" of 4 {self.features}" if self.features else "")
        return f"{what}, {self.points:,} {self.order} points, {self.edge}^3"

    @property
    def axes(self) -> dict[str, int | float | str]:
        return {
            "op": "voxelize", "reduce": self.reduce, "points": self.points, "edge": self.edge,
            "order": self.order, "features": self.features,
        }  # fmt: skip

    def bytes(self, occupied: int) -> int:
        """Of float32 points; `occupied`: voxels that hold a point."""
        feature = 4 * SIZE[self.features] if self.features else 0
        read = self.points * (12 + feature)
        if self.reduce in ("occupancy", "count"):
            return read + self.edge**3 * (1 if self.reduce == "occupancy" else 4)
        if self.reduce in ("mean", "max"):
            return read + self.edge**3 * feature
        # Sparse: the voxel of each point, and coordinates, features and count of each voxel.
        if self.reduce == "hard":
            return read + self.points * 4 + occupied * (16 + self.kept * feature + 4)
        return read + self.points * 4 + occupied * (16 + (feature or 12) + 4)


def voxelize_cuda() -> Iterator[Voxelize]:
    for cache in ("warm", "cold"):
        for reduce in ("occupancy", "count", "mean", "max"):
            features = "float32" if reduce in ("mean", "max") else ""
            yield Voxelize(reduce, 500_000, 128, "random", features, cache)
    for order in ("random", "coherent"):
        for reduce in ("occupancy", "count"):
            yield Voxelize(reduce, 10_000_000, 256, order)
        for reduce in ("mean", "max"):
            for features in ("float32", "float16"):
                yield Voxelize(reduce, 10_000_000, 256, order, features)
        yield Voxelize("sparse mean", 10_000_000, 256, order, "float32")
    yield Voxelize("hard", 250_000, 64, "random", "float32", "warm")
    for order in ("random", "coherent"):
        yield Voxelize("hard", 250_000, 64, order, "float32")


def voxelize_cpu() -> Iterator[Voxelize]:
    for order in ("scan", "random"):
        for reduce in ("occupancy", "count", "mean", "max", "centroids"):
            features = "float32" if reduce in ("mean", "max") else ""
            yield Voxelize(reduce, 500_000, 128, order, features, "")


@dataclass(frozen=True)
class Tsdf:
    """Depth images into a cube of `edge` voxels a side."""

    scene: str
    """outside: cameras around a ball in the cube, a wall behind it; alone: without the wall, which
    leaves pixels without depth; room: cameras that look around inside of the cube."""
    frames: int
    height: int
    width: int
    edge: int
    depth: str = "uint16"

    @property
    def work(self) -> str:
        size = f"{self.frames} frame{'s' * (self.frames > 1)} {self.width}x{self.height}"
        return f"{size} {self.depth}, {self.scene}, {self.edge}^3"

    @property
    def axes(self) -> dict[str, int | float | str]:
        return {
            "op": "tsdf", "scene": self.scene, "frames": self.frames, "height": self.height,
            "width": self.width, "edge": self.edge, "depth": self.depth,
        }  # fmt: skip

    def bytes(self, observed: int) -> int:
        """`observed`: voxels that some frame sees; distance and weight are read and written."""
        images = self.frames * self.height * self.width * {"uint16": 2, "float32": 4}[self.depth]
        return images + observed * 16


def tsdf_cuda() -> Iterator[Tsdf]:
    for scene in ("outside", "alone", "room"):
        yield Tsdf(scene, 32, 480, 640, 256)
    for scene in ("outside", "room"):
        yield Tsdf(scene, 32, 480, 640, 256, "float32")
        yield Tsdf(scene, 1, 480, 640, 256)


def tsdf_cpu() -> Iterator[Tsdf]:
    for scene in ("outside", "room"):
        yield Tsdf(scene, 8, 240, 320, 128)


CALLS = {
    "batch": (32, 50, 32, 16),
    "window": (1, 50, 32, 16),
    "one sample": (1, 1, 1, 1),
}
"""Rows, samples, targets and channels of the calls whose host time is measured."""
