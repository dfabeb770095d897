# SPDX-License-Identifier: Apache-2.0
"""Resampling and fusing on a GPU next to PyTorch, torch.compile with static shapes, and Triton.

CUDA events around replays of CUDA graphs. "cold" rows rotate over more memory than the L2 holds
twice, "warm" rows read one set of inputs again and again. Every way is checked against a float64
oracle before it is timed. Bytes are those that must move: each source row that is needed once,
each output once, all times once.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import triton
import triton.language as tl

import robocache as rc
from measure import surroundings
from measure_cuda import cache_bytes, copy_rate, graph_seconds, report

Call = Callable[[], Any]

TOLERANCE = {
    torch.float64: 1e-6,  # the peers' weights are float32
    torch.float32: 2e-6,
    torch.float16: 1e-3,
    torch.bfloat16: 8e-3,
}
"""Of values in [-1, 1]."""

STEP = 1_000_000
"""Mean time between samples, in nanoseconds."""


@dataclass(frozen=True)
class Case:
    """Sequences of samples and the targets of each, all drawn at random."""

    group: str
    sequences: int
    samples: int
    targets: int
    widths: tuple[int, ...]
    dtype: torch.dtype = torch.float32
    out: torch.dtype | None = None
    times: torch.dtype = torch.int64
    shared: bool = False
    mode: str = "linear"
    warm: bool = False
    # Of each stream of a fuse; else one.
    stream_samples: tuple[int, ...] = ()
    # Rows that read any sequence, each a window of its own.
    windows: int = 0
    # Episodes of 20 to 2 x samples samples, packed.
    ragged: bool = False

    @property
    def work(self) -> str:
        name = {torch.int64: "int64", torch.float32: "float32"}[self.times]
        kind = "fuse" if len(self.widths) > 1 else "resample"
        types = short(self.dtype) + (f" to {short(self.out)}" if self.out else "")
        if len(self.widths) > 1:
            pairs = zip(self.stream_samples, self.widths, strict=True)
            shape = f"({', '.join(f'{s}x{d}' for s, d in pairs)}) T{self.targets}"
        else:
            shape = f"S{self.samples} T{self.targets} D{self.widths[0]}"
        extra = [name + " times"] if self.times != torch.int64 else []
        extra += ["shared times"] if self.shared else []
        extra += [self.mode] if self.mode != "linear" else []
        extra += [f"{self.windows} windows"] if self.windows else []
        extra += ["ragged"] if self.ragged else []
        return ", ".join([f"{kind} {types} B{self.sequences} {shape}", *extra])


def short(dtype: torch.dtype) -> str:
    names = {torch.bfloat16: "bf16", torch.float16: "f16", torch.float32: "f32"}
    return names.get(dtype, str(dtype).removeprefix("torch.").replace("float", "f"))


@dataclass(frozen=True)
class Row:
    """One way to do the work: its median time, and what that is worth."""

    group: str
    work: str
    cache: str
    name: str
    microseconds: float
    gigabytes: float
    share_of_copy: float
    largest_error: float


class Stream:
    """Samples of one sensor and where the targets lie among them."""

    def __init__(self, case: Case, samples: int, width: int, random: torch.Generator) -> None:
        rows = 1 if case.shared else case.sequences
        shape = (case.sequences, samples, width)
        if case.dtype.is_floating_point:
            self.values = torch.rand(shape, generator=random, device="cuda") * 2 - 1
        else:
            self.values = torch.randint(0, 2, shape, generator=random, device="cuda")
        self.values = self.values.to(case.dtype)
        # Every stream lasts as long.
        step = STEP * case.samples // samples
        jitter = torch.randint(0, step // 2, (rows, samples), generator=random, device="cuda")
        self.times = torch.arange(samples, device="cuda") * step + jitter
        if case.times != torch.int64:
            self.times = (self.times * 1e-9).to(case.times)
        if case.shared:
            self.times = self.times[0]


class Inputs:
    """One set of inputs and its output."""

    def __init__(self, case: Case, seed: int) -> None:
        random = torch.Generator("cuda").manual_seed(seed)
        self.case = case
        samples = case.stream_samples or (case.samples,)
        self.streams = [
            Stream(case, s, d, random) for s, d in zip(samples, case.widths, strict=True)
        ]
        self.ids: torch.Tensor | None = None
        rows = 1 if case.shared else case.windows or case.sequences
        span = case.samples * STEP
        offset = torch.rand(rows, 1, generator=random, device="cuda")
        clock = (torch.arange(case.targets, device="cuda") + offset) / case.targets
        if case.windows:
            self.ids = torch.randint(
                0, case.sequences, (case.windows,), generator=random, device="cuda"
            )
            begin = torch.rand(rows, 1, generator=random, device="cuda", dtype=torch.float64)
            length = case.targets / case.samples
            clock = begin * (1 - length) + clock * length
        self.targets = (clock.double() * span).long()
        if case.times != torch.int64:
            self.targets = (self.targets * 1e-9).to(case.times)
        if case.shared:
            self.targets = self.targets[0]
        shape = (case.windows or case.sequences, case.targets, sum(case.widths))
        self.output = torch.full(shape, math.nan, dtype=case.out or case.dtype, device="cuda")

    def brackets(self, stream: Stream) -> tuple[torch.Tensor, torch.Tensor]:
        """Of each target the earlier sample, and the weight of the one after it, in float64."""
        case = self.case
        times = stream.times.expand(case.sequences, -1).contiguous()
        rows = self.ids if self.ids is not None else torch.arange(case.sequences, device="cuda")
        targets = self.targets.expand(len(rows), -1).contiguous()
        last = times.shape[1] - 1
        earlier = torch.empty(targets.shape, dtype=torch.int64, device="cuda")
        for part in torch.arange(len(rows), device="cuda").split(8192):
            found = torch.searchsorted(times[rows[part]], targets[part], right=True)
            earlier[part] = found.sub_(1).clamp_(0, last - 1)
        begin, end = (times[rows[:, None], earlier + k] for k in (0, 1))
        if case.times == torch.int64:
            weight = (targets - begin).double() / (end - begin).double()
        else:
            weight = (targets.double() - begin.double()) / (end.double() - begin.double())
        return earlier, weight.clamp(0, 1)

    def error(self) -> float:
        """Largest error of the output."""
        case, first, worst = self.case, 0, 0.0
        rows = self.ids if self.ids is not None else torch.arange(case.sequences, device="cuda")
        for stream, width in zip(self.streams, case.widths, strict=True):
            earlier, weight = self.brackets(stream)
            weight = (weight >= 1).double() if case.mode == "previous" else weight
            for part in torch.arange(len(rows), device="cuda").split(
                1 + (1 << 26) // (case.targets * width)
            ):
                v0, v1 = (
                    stream.values[rows[part][:, None], earlier[part] + k].double() for k in (0, 1)
                )
                exact = v0 + weight[part][..., None] * (v1 - v0)
                got = self.output[part][..., first : first + width].double()
                worst = max(worst, float((got - exact).abs().max()))
                if not bool((got == got).all()):
                    return math.nan
            first += width
        return worst

    def bytes(self) -> int:
        """What must move."""
        case = self.case
        total = self.output.nbytes + self.targets.nbytes
        total += self.ids.nbytes if self.ids is not None else 0
        rows = self.ids if self.ids is not None else torch.arange(case.sequences, device="cuda")
        for stream in self.streams:
            earlier, _ = self.brackets(stream)
            samples = stream.values.shape[1]
            touched = torch.zeros(case.sequences * samples, dtype=torch.bool, device="cuda")
            flat = rows[:, None] * samples + earlier
            touched[flat.flatten()] = True
            if case.mode == "linear":
                touched[flat.flatten() + 1] = True
            total += int(touched.sum()) * stream.values.shape[2] * stream.values.element_size()
            if self.ids is None:
                total += stream.times.nbytes
            else:  # the sectors that hold times of these samples
                each = 32 // stream.times.element_size()
                sectors = torch.nn.functional.pad(touched, (0, -len(touched) % each))
                total += int(sectors.view(-1, each).any(1).sum()) * 32
        return total


# ---- The ways.


def own(inputs: Inputs, validate: bool = True) -> Call:
    case = inputs.case
    if len(case.widths) == 1:
        stream = inputs.streams[0]
        return lambda: rc.resample(
            stream.values,
            stream.times,
            inputs.targets,
            mode=case.mode,
            sequence_ids=inputs.ids,
            out=inputs.output,
            validate=validate,
        )
    streams = [rc.Stream(s.values, s.times, validate=validate) for s in inputs.streams]
    return lambda: rc.fuse(streams, inputs.targets, out=inputs.output)


def by_torch(
    values: torch.Tensor, source: torch.Tensor, target: torch.Tensor, out: torch.dtype
) -> torch.Tensor:
    """What people write by hand."""
    later = torch.searchsorted(source, target, right=True).clamp(1, source.shape[-1] - 1)
    earlier = later - 1
    if source.ndim == 1:
        begin, end = source[earlier], source[later]
        v0, v1 = values[:, earlier], values[:, later]
    else:
        rows = torch.arange(values.shape[0], device=values.device)[:, None]
        begin, end = source.gather(1, earlier), source.gather(1, later)
        v0, v1 = values[rows, earlier], values[rows, later]
    weight = ((target - begin).float() / (end - begin).float()).clamp(0, 1)[..., None]
    return torch.lerp(v0.float(), v1.float(), weight).to(out)


def torch_call(inputs: Inputs, function: Callable[..., torch.Tensor]) -> Call:
    out = inputs.output.dtype
    arguments = [(s.values, s.times) for s in inputs.streams]

    def call() -> None:
        parts = [function(values, times, inputs.targets, out) for values, times in arguments]
        inputs.output = parts[0] if len(parts) == 1 else torch.cat(parts, -1)

    return call


def compiled_call(case: Case) -> Callable[[Inputs], Call]:
    torch._dynamo.reset()

    def fused(
        pairs: list[tuple[torch.Tensor, torch.Tensor]], target: torch.Tensor, out: torch.dtype
    ) -> torch.Tensor:
        parts = [by_torch(values, times, target, out) for values, times in pairs]
        return parts[0] if len(parts) == 1 else torch.cat(parts, -1)

    compiled = torch.compile(fused, dynamic=False, fullgraph=True)

    def prepare(inputs: Inputs) -> Call:
        pairs = [(s.values, s.times) for s in inputs.streams]

        def call() -> None:
            inputs.output = compiled(pairs, inputs.targets, inputs.output.dtype)

        return call

    return prepare


# As in Triton's own tutorials: constants are in capitals.
# ruff: noqa: N803
@triton.jit
def triton_resample(
    values, times, targets, ids, out, T, S, D: tl.constexpr, steps: tl.constexpr,
    time_row, target_row, BT: tl.constexpr, BD: tl.constexpr, HAS_IDS: tl.constexpr,
):  # fmt: skip
    row, t = tl.program_id(1).to(tl.int64), tl.program_id(0) * BT + tl.arange(0, BT)
    e = tl.load(ids + row) if HAS_IDS else row
    valid = t < T
    target = tl.load(targets + row * target_row + t, mask=valid)
    low, high = tl.full((BT,), 1, tl.int32), tl.full((BT,), S - 1, tl.int32)
    for _ in range(steps):
        middle = (low + high) // 2
        later = tl.load(times + e * time_row + middle) > target
        high = tl.where(later, middle, high)
        low = tl.where(later | (low >= high), low, middle + 1)
    begin = tl.load(times + e * time_row + low - 1)
    end = tl.load(times + e * time_row + low)
    weight = (target - begin).to(tl.float32) / (end - begin).to(tl.float32)
    weight = tl.minimum(tl.maximum(weight, 0), 1)[:, None]
    d = tl.arange(0, BD)
    mask = valid[:, None] & (d < D)[None, :]
    at = values + (e * S + low - 1)[:, None] * D + d[None, :]
    v0 = tl.load(at, mask=mask).to(tl.float32)
    v1 = tl.load(at + D, mask=mask).to(tl.float32)
    result = v0 + weight * (v1 - v0)
    tl.store(out + (row * T + t)[:, None] * D + d[None, :], result, mask=mask)


def triton_call(inputs: Inputs) -> Call:
    stream, case = inputs.streams[0], inputs.case
    width = case.widths[0]
    padded = triton.next_power_of_2(width)
    block = min(128, max(4, 4096 // padded), triton.next_power_of_2(case.targets))
    grid = (triton.cdiv(case.targets, block), case.windows or case.sequences)
    if grid[1] > 65535:
        raise ValueError("more rows than a grid of Triton takes")
    has_ids = inputs.ids is not None
    strides = [0 if case.shared else a.shape[-1] for a in (stream.times, inputs.targets)]
    return lambda: triton_resample[grid](
        stream.values, stream.times, inputs.targets, inputs.ids if has_ids else stream.times,
        inputs.output, case.targets, case.samples, width, math.ceil(math.log2(case.samples)) + 1,
        *strides, block, padded, has_ids,
    )  # fmt: skip


@triton.jit
def triton_nothing():
    pass


def ways(case: Case, peers: set[str]) -> Iterator[tuple[str, Callable[[Inputs], Call]]]:
    yield "robocache", own
    yield "robocache, no validation", lambda inputs: own(inputs, validate=False)
    if case.mode != "linear":
        return
    if "triton" in peers and len(case.widths) == 1:
        yield "Triton", triton_call
    if case.windows:
        return
    if "eager" in peers:
        yield "torch", lambda inputs: torch_call(inputs, by_torch)
    if "compile" in peers:
        yield "torch.compile", compiled_call(case)


# ---- Ragged episodes: ours alone, beside dense ones of as many bytes.


class Ragged:
    """Packed episodes of 20 to 2 `samples` samples, and half as many targets each."""

    def __init__(self, case: Case, seed: int) -> None:
        random = torch.Generator("cuda").manual_seed(seed)
        self.case = case
        lengths = torch.randint(
            20, 2 * case.samples, (case.sequences,), generator=random, device="cuda"
        )
        zero = torch.zeros(1, dtype=torch.int64, device="cuda")
        self.offsets = torch.cat([zero, lengths.cumsum(0)])
        self.target_offsets = torch.cat([zero, (lengths // 2).cumsum(0)])
        samples, targets = int(self.offsets[-1]), int(self.target_offsets[-1])
        width = case.widths[0]
        self.values = (torch.rand(samples, width, generator=random, device="cuda") * 2 - 1).to(
            case.dtype
        )
        within = torch.arange(samples, device="cuda")
        within -= self.offsets[:-1].repeat_interleave(lengths)
        jitter = torch.randint(0, STEP // 2, (samples,), generator=random, device="cuda")
        self.times = within * STEP + jitter
        at = torch.arange(targets, device="cuda")
        self.rows = torch.arange(case.sequences, device="cuda").repeat_interleave(lengths // 2)
        at -= self.target_offsets[:-1][self.rows]
        self.targets = at * (2 * STEP) + STEP
        self.output = torch.full((targets, width), math.nan, dtype=case.dtype, device="cuda")

    def error(self) -> float:
        """Against a search among all samples, by (sequence, time)."""
        span = 4 * self.case.samples * STEP
        sequence = torch.arange(self.case.sequences, device="cuda")
        keys = sequence.repeat_interleave(self.offsets.diff()) * span + self.times
        later = torch.searchsorted(keys, self.rows * span + self.targets, right=True)
        later = torch.minimum(later, self.offsets[1:][self.rows] - 1)
        earlier = later - 1
        begin, end = self.times[earlier], self.times[later]
        weight = ((self.targets - begin).double() / (end - begin).double()).clamp(0, 1)[:, None]
        exact = self.values[earlier].double() * (1 - weight) + self.values[later].double() * weight
        error = (self.output.double() - exact).abs().max()
        return float(error)

    def bytes(self) -> int:
        arrays = (self.values, self.times, self.targets, self.output)
        return sum(a.nbytes for a in (*arrays, self.offsets, self.target_offsets))


def own_ragged(inputs: Ragged, validate: bool = True) -> Call:
    return lambda: rc.resample(
        inputs.values,
        inputs.times,
        inputs.targets,
        offsets=inputs.offsets,
        target_offsets=inputs.target_offsets,
        out=inputs.output,
        validate=validate,
    )


# ---- What is measured.


def cases() -> Iterator[Case]:
    bf16, f16, f32, f64 = torch.bfloat16, torch.float16, torch.float32, torch.float64
    for b, s, t, d in [(32, 50, 32, 16), (32, 500, 250, 256), (64, 4096, 1024, 32)]:
        for warm in (True, False):
            yield Case("small", b, s, t, (d,), bf16, warm=warm)
    for streams, t, b in [
        (((30, 512), (100, 64), (200, 12)), 50, 4),
        (((30, 512), (100, 64), (200, 12)), 50, 32),
        (((128, 128), (256, 32), (512, 16)), 256, 32),
    ]:
        samples, widths = zip(*streams, strict=True)
        for warm in (True, False):
            yield Case("fuse", b, max(samples), t, widths, bf16, warm=warm, stream_samples=samples)
    samples, widths = (150, 500, 1000), (512, 64, 12)
    yield Case("fuse", 1024, 1000, 250, widths, bf16, stream_samples=samples)
    for b, s, t, d in [(256, 4096, 1024, 32), (2048, 512, 1024, 64), (1024, 1024, 512, 256)]:
        yield Case("large", b, s, t, (d,), bf16)
    for d in (14, 7, 32):
        yield Case("large", 4096, 1000, 500, (d,), f32)
    for d in (3, 7, 14, 32, 64, 256, 512):
        for dtype in (bf16, f32):
            size = 2 if dtype == bf16 else 4
            for s, t in [(1000, 500), (500, 1000)]:
                b = max(1, int(640e6 / ((s + t) * (d * size + 8))))
                yield Case("width", b, s, t, (d,), dtype)
    for dtype, out in [
        (f16, None),
        (f64, None),
        (f32, bf16),
        (bf16, f32),
        (f64, f32),
        (torch.uint8, f32),
    ]:
        yield Case("type", 2048, 1000, 500, (32,), dtype, out)
    for d, b in [(7, 8192), (32, 4096)]:
        yield Case("times", b, 1000, 500, (d,), f32, times=torch.float32)
        yield Case("times", b, 1000, 500, (d,), f32, shared=True)
        yield Case("times", b, 1000, 500, (d,), f32, mode="previous")
    for dtype in (bf16, f32):
        yield Case("windows", 1000, 1000, 16, (64,), dtype, windows=65535)
    for d, dtype in [(14, f32), (64, bf16)]:
        yield Case("ragged", 4096, 1000, 500, (d,), dtype, ragged=True)
        yield Case("ragged", 4096, 1010, 505, (d,), dtype)


class Table:
    """Rows, as they are measured."""

    def __init__(self, repeats: int) -> None:
        self.repeats = repeats
        self.copy = copy_rate()
        self.rows: list[Row] = []

    def add(self, case: Case, name: str, sets: list[Any], prepare: Callable[[Any], Call]) -> None:
        sets[0].output = torch.full_like(sets[0].output, math.nan)
        calls = [prepare(one) for one in sets]
        calls[0]()
        torch.cuda.synchronize()
        error = sets[0].error()
        if not error <= TOLERANCE[sets[0].output.dtype]:
            raise SystemExit(f"{case.work}: {name}: largest error {error}")
        many = calls * max(1, 20 // len(calls)) if sets[0].bytes() < 1e8 else calls
        seconds = graph_seconds(many, self.repeats)
        moved = sets[0].bytes()
        row = Row(
            case.group,
            case.work,
            "warm" if case.warm else "cold",
            name,
            seconds * 1e6,
            moved / 1e9,
            moved / seconds / self.copy,
            error,
        )
        self.rows.append(row)
        share = f"{row.share_of_copy:.0%}"
        print(
            f"{row.microseconds:9.2f} us {share:>5}  {row.name}: {row.work}, {row.cache}",
            flush=True,
        )

    def add_empty(self) -> None:
        seconds = graph_seconds([lambda: triton_nothing[(1,)]()] * 40, self.repeats)
        self.rows.append(Row("small", "nothing", "warm", "empty kernel", seconds * 1e6, 0, 0, 0))
        print(f"empty kernel {seconds * 1e6:.2f} us", flush=True)

    def text(self) -> str:
        own = {(r.work, r.cache): r.microseconds for r in self.rows if r.name == "robocache"}
        lines = [
            "| work | cache | with | us | MB | of copy | robocache is | largest error |",
            "|---|---|---|--:|--:|--:|--:|--:|",
        ]
        for row in self.rows:
            base = own.get((row.work, row.cache), row.microseconds)
            lines.append(
                f"| {row.work} | {row.cache} | {row.name} | {row.microseconds:.2f}"
                f" | {row.gigabytes * 1e3:.1f} | {row.share_of_copy:.0%}"
                f" | {row.microseconds / base:.2f} x | {row.largest_error:.1e} |"
            )
        return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=30)
    parser.add_argument(
        "--groups", nargs="*", help="small fuse large width type times windows ragged"
    )
    parser.add_argument("--peers", nargs="*", default=["eager", "compile", "triton"])
    parser.add_argument("--output", type=Path, default=Path("build/bench"))
    arguments = parser.parse_args()

    table = Table(arguments.repeats)
    print(f"copy {table.copy / 1e9:.0f} GB/s", flush=True)
    table.add_empty()
    for case in cases():
        if arguments.groups and case.group not in arguments.groups:
            continue
        if case.ragged:
            ragged = [Ragged(case, 0)]
            table.add(case, "robocache", ragged, own_ragged)
            table.add(case, "robocache, no validation", ragged, lambda one: own_ragged(one, False))
            continue
        first = Inputs(case, 0)
        count = 1 if case.warm else min(64, math.ceil(2.5 * cache_bytes() / first.bytes()))
        sets = [first, *(Inputs(case, seed) for seed in range(1, count))]
        # Shapes that only differ in what this library is asked for need not be compiled again.
        peers = set(arguments.peers)
        if case.group not in ("small", "fuse", "large"):
            peers -= {"compile", "eager"}
        for name, prepare in ways(case, peers):
            table.add(case, name, sets, prepare)
        del sets, first
        torch.cuda.empty_cache()

    where = surroundings(
        device=torch.cuda.get_device_name(),
        robocache=rc.__version__,
        torch=torch.__version__,
        triton=triton.__version__,
    )
    print()
    report(arguments.output / "resample_cuda.json", where, table.copy, table.text(), table.rows)


if __name__ == "__main__":
    main()
