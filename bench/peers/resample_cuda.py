# SPDX-License-Identifier: Apache-2.0
"""Resampling and fusing on a GPU next to PyTorch, torch.compile with static shapes, and Triton.

python -m bench.peers.resample_cuda [--groups small fuse ...] [--peers eager compile triton]

CUDA events around replays of CUDA graphs. "cold" rows rotate over more memory than the L2 holds
twice, "warm" rows read one set of inputs again and again. Every way is checked against a float64
oracle before it is timed.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
import triton
import triton.language as tl

import robocache as rc
from bench.cases import Resample, resample_cuda
from bench.peers.measure import OWN, Suite
from bench.peers.measure_cuda import (
    cuda_suite,
    flush,
    graph_time,
    sets_that_flush,
    workspace_of,
)
from bench.peers.resample_cuda_inputs import TOLERANCE, Inputs, Ragged

Call = Callable[[], Any]

UNCHECKED = f"{OWN}, no validation"

MOST_COMPILED = 4
"""Streams of a fuse; torch.compile takes a minute for 16."""


def own(inputs: Inputs, validate: bool = True, context: rc.Context | None = None) -> Call:
    case = inputs.case
    if not case.fuses:
        stream = inputs.streams[0]
        return lambda: rc.resample(
            stream.values,
            stream.times,
            inputs.targets,
            mode=case.mode,
            sequence_ids=inputs.ids,
            out=inputs.output,
            validate=validate,
            context=context,
        )
    streams = [rc.Stream(s.values, s.times, validate=validate) for s in inputs.streams]
    return lambda: rc.fuse(streams, inputs.targets, out=inputs.output, context=context)


def own_ragged(inputs: Ragged, validate: bool = True, context: rc.Context | None = None) -> Call:
    return lambda: rc.resample(
        inputs.values,
        inputs.times,
        inputs.targets,
        offsets=inputs.offsets,
        target_offsets=inputs.target_offsets,
        out=inputs.output,
        validate=validate,
        context=context,
    )


def by_torch(
    values: torch.Tensor,
    source: torch.Tensor,
    target: torch.Tensor,
    ids: torch.Tensor | None,
    mode: str,
    out: torch.dtype,
) -> torch.Tensor:
    """What people write by hand."""
    rows = torch.arange(values.shape[0], device=values.device) if ids is None else ids
    if ids is not None:
        source = source[ids]
    after = torch.searchsorted(source, target, right=True)
    if mode == "previous":
        earlier = (after - 1).clamp(0)
        return (values[:, earlier] if source.ndim == 1 else values[rows[:, None], earlier]).to(out)
    later = after.clamp(1, source.shape[-1] - 1)
    earlier = later - 1
    if source.ndim == 1:
        begin, end = source[earlier], source[later]
        v0, v1 = values[:, earlier], values[:, later]
    else:
        begin, end = source.gather(1, earlier), source.gather(1, later)
        v0, v1 = values[rows[:, None], earlier], values[rows[:, None], later]
    weight = ((target - begin).float() / (end - begin).float()).clamp(0, 1)[..., None]
    return torch.lerp(v0.float(), v1.float(), weight).to(out)


def torch_way(function: Callable[..., torch.Tensor]) -> Callable[[Inputs], Call]:
    def prepare(inputs: Inputs) -> Call:
        pairs = [(stream.values, stream.times) for stream in inputs.streams]
        rest = inputs.targets, inputs.ids, inputs.case.mode, inputs.output.dtype

        def call() -> None:
            inputs.output = function(pairs, *rest)

        return call

    return prepare


def all_streams(pairs: list[tuple[torch.Tensor, torch.Tensor]], *rest: Any) -> torch.Tensor:
    parts = [by_torch(values, times, *rest) for values, times in pairs]
    return parts[0] if len(parts) == 1 else torch.cat(parts, -1)


def compiled() -> Callable[..., torch.Tensor]:
    """Anew for each shape: it gives up after eight."""
    torch._dynamo.reset()
    return torch.compile(all_streams, dynamic=False, fullgraph=True)


# As in Triton's own tutorials: constants are in capitals.
# ruff: noqa: N803
@triton.jit
def triton_resample(
    values, times, targets, ids, out, T, S, D: tl.constexpr, steps: tl.constexpr,
    time_row, target_row, BT: tl.constexpr, BD: tl.constexpr, HAS_IDS: tl.constexpr,
):  # fmt: skip
    row, t = tl.program_id(0).to(tl.int64), tl.program_id(1) * BT + tl.arange(0, BT)
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


def triton_call(
    values: torch.Tensor,
    source: torch.Tensor,
    target: torch.Tensor,
    ids: torch.Tensor | None,
    out: torch.Tensor,
) -> Call:
    rows, targets, width = out.shape
    samples = values.shape[1]
    padded = triton.next_power_of_2(width)
    block = min(128, max(4, 4096 // padded), triton.next_power_of_2(targets))
    grid = (rows, triton.cdiv(targets, block))
    strides = [0 if times.ndim == 1 else times.shape[1] for times in (source, target)]
    return lambda: triton_resample[grid](
        values, source, target, source if ids is None else ids, out, targets, samples, width,
        math.ceil(math.log2(samples)) + 1, *strides, block, padded, ids is not None,
    )  # fmt: skip


def triton_way(inputs: Inputs) -> Call:
    stream = inputs.streams[0]
    return triton_call(stream.values, stream.times, inputs.targets, inputs.ids, inputs.output)


@triton.jit
def triton_nothing():
    pass


def ways(case: Resample, peers: set[str]) -> Iterator[tuple[str, Callable[[Any], Call]]]:
    call = own_ragged if case.ragged else own
    yield OWN, call
    yield UNCHECKED, lambda inputs: call(inputs, validate=False)
    if case.group == "ragged":  # To compare with each other: packed episodes, and as many dense.
        return
    if "triton" in peers and not case.fuses and case.mode == "linear":
        yield "Triton", triton_way
    if "compile" in peers and len(case.widths) <= MOST_COMPILED:
        yield "torch.compile", torch_way(compiled())
    if "eager" in peers:
        yield "torch", torch_way(all_streams)


def prepare_own(case: Resample) -> Call:
    """Our call on inputs of its own, to profile."""
    return own_ragged(Ragged(case, 0)) if case.ragged else own(Inputs(case, 0))


def measure(suite: Suite, case: Resample, peers: set[str], repeats: int) -> None:
    """All ways of one case."""
    kind = Ragged if case.ragged else Inputs
    first: Any = kind(case, 0)
    moved = first.bytes()
    cold = case.cache == "cold"
    count = sets_that_flush(moved) if cold else 1
    before = flush(moved) if cold else None
    sets = [first, *(kind(case, seed) for seed in range(1, count))]
    with rc.Context("cuda", allocator="torch") as context:
        call = (own_ragged if case.ragged else own)(first, context=context)
        workspace = workspace_of(call)
    for way, prepare in ways(case, peers):
        first.output = torch.full_like(first.output, math.nan)
        calls = [prepare(one) for one in sets]
        try:
            calls[0]()
            error = first.error()
            if not suite.right(case.work, way, error, TOLERANCE[first.output.dtype]):
                continue
            taken = graph_time(calls, repeats, before)
        except Exception as reason:  # What a compiler makes of a case may not run.
            suite.leave_out(case.work, way, str(reason).partition("\n")[0])
            continue
        suite.add(
            case.work,
            way,
            taken,
            group=case.group,
            axes=case.axes,
            cache=case.cache,
            bytes=moved,
            error=error,
            **({"workspace": workspace} if way == OWN else {}),
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=30)
    parser.add_argument("--groups", nargs="*", help="only these of bench/cases.py")
    parser.add_argument("--peers", nargs="*", default=["eager", "compile", "triton"])
    parser.add_argument("--output", type=Path, default=Path("build/bench"))
    arguments = parser.parse_args()

    suite = cuda_suite("resample-cuda", triton=triton.__version__)
    nothing = graph_time([lambda: triton_nothing[(1,)]()], arguments.repeats)
    suite.add("nothing", "empty kernel", nothing, group="small")
    try:
        for case in resample_cuda():
            if not arguments.groups or case.group in arguments.groups:
                measure(suite, case, set(arguments.peers), arguments.repeats)
                torch.cuda.empty_cache()
    finally:  # What was measured until something went wrong is kept.
        suite.finish(arguments.output)


if __name__ == "__main__":
    main()
