# SPDX-License-Identifier: Apache-2.0
"""`resample`, `fuse` and `voxelize` as operators of PyTorch, for compiled and exported models.

`torch.compile`, `torch.export`, `torch.vmap` and CUDA graphs see them as they see PyTorch's own:
shapes are known without data, gradients are recorded, what is mapped becomes rows. Importing this
module registers the operators ``torch.ops.robocache.*``. The work is done by the same code as in
`robocache.resample` and the like, which eager code calls directly where nothing looks on.

Rules travel through a graph as text, such as ``mode='pchip'; max_gap=100``, which names what
differs from the defaults; so a saved graph stays valid when rules are added.
"""

from __future__ import annotations

import ast
import dataclasses
import datetime
import functools
import inspect
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from robocache import _fuse, _resample
from robocache._bind import Layout, Outline, outline, result_dtype
from robocache._fuse import Stream
from robocache._options import ClockMap, Duration, Mode, Rules, Window, duration, rule_maker
from robocache._resample import Resampled
from robocache._torch_ops import (
    HERE,
    Rows,
    is_plain,
    no_second_gradient,
    refuse_gradient,
    refuse_to_map,
    register,
    torch_dtype,
    unmapped,
)
from robocache._torch_voxelize import voxelize
from robocache.errors import InvalidArgumentError

__all__ = ["Stream", "fuse", "resample", "voxelize"]

Dims = Any
"""Of a `vmap`: which axis of each argument is mapped; None where none is."""


def resample(
    values: Tensor,
    source_times: Tensor,
    target_times: Tensor,
    *,
    mode: Mode = "linear",
    outside: str = "hold",
    fill_value: float = 0.0,
    max_gap: Duration | None = None,
    order: str = "check",
    duplicates: str = "last",
    skip_nan: bool = False,
    window: Window = None,
    clock: ClockMap | None = None,
    offsets: Tensor | None = None,
    lengths: Tensor | None = None,
    target_offsets: Tensor | None = None,
    sequence_ids: Tensor | None = None,
    dtype: torch.dtype | None = None,
    quality: bool = False,
    validate: bool = True,
) -> Any:
    """`robocache.resample` for compiled code: same arguments, tensors only.

    Parameters
    ----------
    As `robocache.resample`, without `out`, `backend`, `context` and `stream`: the operator runs on
    the device of `values` and on PyTorch's current stream.

    Returns
    -------
    Tensor or Resampled
        As `robocache.resample`; once differentiable with respect to `values`.

    Raises
    ------
    As `robocache.resample`, when it runs. UnsupportedOptionError for `vmap` over packed sequences,
    packed targets or `sequence_ids`.
    """
    tensors = values, source_times, target_times, offsets, lengths, target_offsets, sequence_ids
    if is_plain(*tensors):
        return _resample.resample(
            values,
            source_times,
            target_times,
            mode=mode,
            outside=outside,
            fill_value=fill_value,
            max_gap=max_gap,
            order=order,
            duplicates=duplicates,
            skip_nan=skip_nan,
            window=window,
            clock=clock,
            offsets=offsets,
            lengths=lengths,
            target_offsets=target_offsets,
            sequence_ids=sequence_ids,
            dtype=dtype,
            quality=quality,
            validate=validate,
        )
    rules = _spell(
        _ticks(target_times),
        mode=mode,
        outside=outside,
        fill_value=fill_value,
        max_gap=max_gap,
        order=order,
        duplicates=duplicates,
        skip_nan=skip_nan,
        window=window,
        clock=clock,
        validate=validate,
    )
    results = torch.ops.robocache.resample(
        values,
        source_times,
        target_times,
        offsets,
        lengths,
        target_offsets,
        sequence_ids,
        rules,
        quality,
        dtype,
    )
    return Resampled(*results) if quality else results[0]


def fuse(
    streams: Iterable[Stream],
    target_times: Tensor,
    *,
    target_offsets: Tensor | None = None,
    separate: bool = False,
    dtype: torch.dtype | None = None,
) -> tuple[Any, Tensor]:
    """`robocache.fuse` for compiled code: same arguments, tensors only.

    Parameters
    ----------
    As `robocache.fuse`, without `out`, `backend`, `context` and `stream`: the operator runs on the
    device of the first stream's values and on PyTorch's current stream.

    Returns
    -------
    out : Tensor or list of Tensor
        As `robocache.fuse`; once differentiable with respect to the values of all streams.
    valid : Tensor

    Raises
    ------
    As `resample`.
    """
    streams = list(streams)
    tensors = [
        tensor
        for one in streams
        for tensor in (one.values, one.times, one.offsets, one.lengths, one.sequence_ids)
    ]
    if is_plain(target_times, target_offsets, *tensors):
        return _fuse.fuse(
            streams, target_times, target_offsets=target_offsets, separate=separate, dtype=dtype
        )
    present = [one for one in streams if one.values is not None]
    ticks = _ticks(target_times)
    results = torch.ops.robocache.fuse(
        [one.values for one in present],
        [one.times for one in present],
        target_times,
        target_offsets,
        [one.offsets for one in present],
        [one.lengths for one in present],
        [one.sequence_ids for one in present],
        [_spell_stream(one, ticks) for one in streams],
        separate,
        dtype,
    )
    return list(results[:-1]) if separate else results[0], results[-1]


def _ticks(target_times: Tensor) -> bool:
    """Whether times are ticks and not seconds."""
    if not isinstance(target_times, Tensor):
        raise TypeError(f"target_times: expected a tensor; got {type(target_times).__name__}")
    return target_times.dtype == torch.int64


# Rules as text: written by code that `torch.compile` traces, read by operators.

_RULES = tuple(inspect.signature(rule_maker).parameters)
_DEFAULTS: dict[str, Any] = {
    field.name: field.default
    for field in dataclasses.fields(Stream)
    if field.name in (*_RULES, "offset")
}
_NOT_LITERALS = {"nan": float("nan"), "inf": float("inf"), "-inf": float("-inf")}


def _spell(ticks: bool, **rules: Any) -> str:
    """Text of the rules that are not the defaults."""
    parts = []
    for name, value in rules.items():
        if value is not None and value != _DEFAULTS[name]:
            parts.append(f"{name}={_literal(name, value, ticks)!r}")
    return "; ".join(parts)


def _spell_stream(stream: Stream, ticks: bool) -> str:
    """Text of a stream's rules; that of an absent one begins with its width."""
    rules = _spell(
        ticks,
        mode=stream.mode,
        outside=stream.outside,
        fill_value=stream.fill_value,
        max_gap=stream.max_gap,
        offset=stream.offset,
        clock=stream.clock,
        order=stream.order,
        duplicates=stream.duplicates,
        skip_nan=stream.skip_nan,
        window=stream.window,
        validate=stream.validate,
    )
    return rules if stream.values is not None else f"width={stream.width}; {rules}"


def _literal(name: str, value: Any, ticks: bool) -> Any:
    """A rule's value as numbers, text, and tuples of them."""
    if isinstance(value, ClockMap):
        return (
            _literal("clock.offset", value.offset, ticks),
            value.drift,
            _literal("clock.reference", value.reference, ticks),
        )
    if isinstance(value, (list, tuple)):
        return tuple([_literal(name, item, ticks) for item in value])
    if isinstance(value, (datetime.timedelta, np.timedelta64, np.datetime64)):
        return duration(name, value, ticks)[0 if ticks else 1]
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, int) and not isinstance(value, bool):
        # An integer that changed between calls is a symbol to torch.compile, which has no text; the
        # end of a range is a number again.
        return range(value).stop
    return value


@functools.lru_cache(maxsize=1024)
def _read(text: str) -> dict[str, Any]:
    """Rules by name from their text."""
    rules: dict[str, Any] = {}
    for part in filter(None, text.split("; ")):
        name, _, value = part.partition("=")
        rules[name] = _NOT_LITERALS[value] if value in _NOT_LITERALS else ast.literal_eval(value)
    if "clock" in rules:
        rules["clock"] = ClockMap(*rules["clock"])
    return rules


def _rules(text: str, ticks: bool) -> Rules:
    chosen = _DEFAULTS | _read(text)
    return rule_maker(*(chosen[name] for name in _RULES))(ticks)


def _stream(text: str, arrays: Any) -> Stream:
    """The stream of a text; its arrays come from an iterator over those that are present."""
    rules = _read(text)
    if "width" in rules:
        return Stream(None, **rules)
    values, times, offsets, lengths, ids = next(arrays)
    return Stream(values, times, offsets=offsets, lengths=lengths, sequence_ids=ids, **rules)


# Kernels.


def _resample_job(
    source_times: Tensor,
    target_times: Tensor,
    offsets: Tensor | None,
    lengths: Tensor | None,
    target_offsets: Tensor | None,
    sequence_ids: Tensor | None,
    rules: str,
) -> _resample.Job:
    layout = Layout(offsets, lengths, sequence_ids)
    make_rules = functools.partial(_rules, rules)
    return _resample.Job(make_rules, layout, source_times, target_times, target_offsets, HERE)


def _run_resample(values: Tensor, *arguments: Any) -> list[Tensor]:
    *described, quality, dtype = arguments
    return _resample.forward(_resample_job(*described), values, dtype, None, quality)


def _run_resample_backward(grad_output: Tensor, values: Tensor, *described: Any) -> Tensor:
    result: Tensor = _resample.backward(_resample_job(*described), grad_output, values, None, None)
    return result


def _fuse_job(
    values: Sequence[Tensor],
    times: Sequence[Tensor],
    target_times: Tensor,
    target_offsets: Tensor | None,
    offsets: Sequence[Tensor | None],
    lengths: Sequence[Tensor | None],
    sequence_ids: Sequence[Tensor | None],
    rules: Sequence[str],
    separate: bool,
) -> _fuse.Job:
    arrays = zip(values, times, offsets, lengths, sequence_ids, strict=True)
    streams = tuple([_stream(text, arrays) for text in rules])
    return _fuse.Job(streams, target_times, target_offsets, separate, HERE)


def _run_fuse(*arguments: Any) -> list[Tensor]:
    *described, dtype = arguments
    return _fuse.forward(_fuse_job(*described), dtype, None)[0]


def _run_fuse_backward(
    grads: Sequence[Tensor], wanted: Sequence[bool], *described: Any
) -> list[Tensor]:
    """Gradients of the values that want one; `wanted` speaks of the streams that are present."""
    job = _fuse_job(*described)
    each = iter(wanted)
    chosen = [one.values is not None and next(each) for one in job.streams]
    return [gradient for gradient in _fuse.backward(job, grads, chosen) if gradient is not None]


# Shapes without data.


def _outline(
    values: Tensor,
    source_times: Tensor,
    target_times: Tensor,
    sequence_ids: Tensor | None,
    offsets: Tensor | None,
    target_offsets: Tensor | None,
    rules: Rules,
) -> Outline:
    return outline(
        rules,
        tuple(values.shape),
        str(values.dtype).removeprefix("torch."),
        tuple(source_times.shape),
        tuple(target_times.shape),
        None if sequence_ids is None else tuple(sequence_ids.shape),
        None if offsets is None else tuple(offsets.shape),
        target_offsets is not None,
    )


def _shape_resample(
    values: Tensor,
    source_times: Tensor,
    target_times: Tensor,
    offsets: Tensor | None,
    lengths: Tensor | None,
    target_offsets: Tensor | None,
    sequence_ids: Tensor | None,
    rules: str,
    quality: bool,
    dtype: torch.dtype | None,
) -> list[Tensor]:
    ticks = target_times.dtype == torch.int64
    result = _outline(
        values,
        source_times,
        target_times,
        sequence_ids,
        offsets,
        target_offsets,
        _rules(rules, ticks),
    )
    made = [values.new_empty(result.shape, dtype=torch_dtype(result_dtype(result, dtype)))]
    if quality:
        age = torch.int64 if ticks else torch.float64
        kinds = (torch.bool, torch.uint8, torch.int64, age)
        made += [values.new_empty(result.lead, dtype=kind) for kind in kinds]
    return made


def _shape_resample_backward(_grad_output: Tensor, values: Tensor, *_described: Any) -> Tensor:
    return values.new_empty(values.shape)


def _shape_fuse(*arguments: Any) -> list[Tensor]:
    *described, dtype = arguments
    job = _fuse_job(*described)
    ticks = job.target_times.dtype == torch.int64
    outlines = [
        None
        if one.values is None
        else _outline(
            one.values,
            one.times,
            job.target_times,
            one.sequence_ids,
            one.offsets,
            job.target_offsets,
            one.make_rules(ticks),
        )
        for one in job.streams
    ]
    present = [one for one in outlines if one is not None]
    if not present:
        raise InvalidArgumentError("streams: expected at least one that is present; got none")
    lead = present[0].lead
    joint = _fuse.joint_dtype(present, dtype)
    like = described[0][0]
    if job.separate:
        made = []
        for stream, one in zip(job.streams, outlines, strict=True):
            shape = (*lead, stream.width) if one is None else one.shape
            kind = joint if one is None else result_dtype(one, dtype)
            made.append(like.new_empty(shape, dtype=torch_dtype(kind)))
    else:
        width = sum(
            stream.width if one is None else one.width
            for stream, one in zip(job.streams, outlines, strict=True)
        )
        made = [like.new_empty((*lead, width), dtype=torch_dtype(joint))]
    return [*made, like.new_empty((*lead, len(job.streams)), dtype=torch.bool)]


def _shape_fuse_backward(
    _grads: Sequence[Tensor], wanted: Sequence[bool], values: Sequence[Tensor], *_described: Any
) -> list[Tensor]:
    return [one.new_empty(one.shape) for one, chosen in zip(values, wanted, strict=True) if chosen]


# Gradients.


def _keep_resample(ctx: Any, inputs: tuple[Any, ...], output: list[Tensor]) -> None:
    *tensors, ctx.rules, _, _ = inputs
    refuse_gradient("values", source_times=[tensors[1]], target_times=[tensors[2]])
    ctx.save_for_backward(*tensors)
    ctx.mark_non_differentiable(*output[1:])


def _resample_gradient(ctx: Any, grads: Sequence[Tensor]) -> tuple[Any, ...]:
    gradient = torch.ops.robocache.resample_backward(grads[0], *ctx.saved_tensors, ctx.rules)
    return (gradient, *[None] * 9)


def _keep_fuse(ctx: Any, inputs: tuple[Any, ...], output: list[Tensor]) -> None:
    values, times, target, target_offsets, offsets, lengths, ids, ctx.rules, ctx.separate, _ = (
        inputs
    )
    refuse_gradient("values", times=times, target_times=[target])
    ctx.save_for_backward(target, target_offsets, *values, *times, *offsets, *lengths, *ids)
    ctx.mark_non_differentiable(output[-1])


def _fuse_gradient(ctx: Any, grads: Sequence[Tensor]) -> tuple[Any, ...]:
    target, target_offsets, *rest = ctx.saved_tensors
    count = len(rest) // 5
    values, times, *layout = [rest[at * count : (at + 1) * count] for at in range(5)]
    wanted = ctx.needs_input_grad[0]
    gradients = iter(
        torch.ops.robocache.fuse_backward(
            list(grads[:-1]),
            list(wanted),
            values,
            times,
            target,
            target_offsets,
            *layout,
            ctx.rules,
            ctx.separate,
        )
    )
    values_gradient = [next(gradients) if one else None for one in wanted]
    offsets, lengths, ids = map(_no_gradients, layout)
    return values_gradient, _no_gradients(times), None, None, offsets, lengths, ids, *[None] * 3


def _no_gradients(tensors: Sequence[Tensor | None]) -> list[None] | None:
    """None for a list, in the form that PyTorch wants: by element if all of these are tensors."""
    return None if any(one is None for one in tensors) else [None] * len(tensors)


# vmap: what is mapped becomes rows.


def _with_channels(
    values: Tensor, dim: int | None, times: Tensor, times_dim: int | None
) -> tuple[Tensor, bool]:
    """Values with an axis of channels, and whether they had none."""
    scalar = unmapped(values, dim) == unmapped(times, times_dim)
    return (values.unsqueeze(-1) if scalar else values), scalar


def _map_resample(
    info: Any,
    dims: Dims,
    values: Tensor,
    source_times: Tensor,
    target_times: Tensor,
    offsets: Tensor | None,
    lengths: Tensor | None,
    target_offsets: Tensor | None,
    sequence_ids: Tensor | None,
    *rest: Any,
) -> tuple[list[Tensor], list[int]]:
    refuse_to_map(offsets=offsets, target_offsets=target_offsets, sequence_ids=sequence_ids)
    values, scalar = _with_channels(values, dims[0], source_times, dims[1])
    described = (values, dims[0], 2), (source_times, dims[1], 1), (target_times, dims[2], 1)
    rows = Rows(info.batch_size, *described)
    results = torch.ops.robocache.resample(
        rows.fold(values, dims[0], 2),
        rows.fold_times(source_times, dims[1]),
        rows.fold_times(target_times, dims[2]),
        None,
        rows.fold_lengths(lengths, dims[4]),
        None,
        None,
        *rest,
    )
    mapped = [rows.unfold(one, scalar and index == 0) for index, one in enumerate(results)]
    return mapped, [0] * len(mapped)


def _map_resample_backward(
    info: Any,
    dims: Dims,
    grad_output: Tensor,
    values: Tensor,
    source_times: Tensor,
    target_times: Tensor,
    offsets: Tensor | None,
    lengths: Tensor | None,
    target_offsets: Tensor | None,
    sequence_ids: Tensor | None,
    rules: str,
) -> tuple[Tensor, int]:
    refuse_to_map(offsets=offsets, target_offsets=target_offsets, sequence_ids=sequence_ids)
    values, scalar = _with_channels(values, dims[1], source_times, dims[2])
    described = (values, dims[1], 2), (source_times, dims[2], 1), (target_times, dims[3], 1)
    rows = Rows(info.batch_size, *described)
    gradient = torch.ops.robocache.resample_backward(
        rows.fold(grad_output.unsqueeze(-1) if scalar else grad_output, dims[0], 2),
        rows.fold(values, dims[1], 2),
        rows.fold_times(source_times, dims[2]),
        rows.fold_times(target_times, dims[3]),
        None,
        rows.fold_lengths(lengths, dims[5]),
        None,
        None,
        rules,
    )
    return rows.unfold(gradient, scalar), 0


def _fold_streams(
    info: Any,
    dims: Dims,
    values: Sequence[Tensor],
    times: Sequence[Tensor],
    target_times: Tensor,
    target_offsets: Tensor | None,
    offsets: Sequence[Tensor | None],
    lengths: Sequence[Tensor | None],
    sequence_ids: Sequence[Tensor | None],
) -> tuple[Rows, list[bool], tuple[Any, ...]]:
    """How rows were made, which streams have no channels, and the arguments with these rows."""
    refuse_to_map(target_offsets=target_offsets, offsets=offsets, sequence_ids=sequence_ids)
    each = zip(values, dims[0], times, dims[1], strict=True)
    values, scalars = zip(*[_with_channels(*one) for one in each], strict=True)
    rows = Rows(
        info.batch_size,
        *[(one, dim, 2) for one, dim in zip(values, dims[0], strict=True)],
        *[(one, dim, 1) for one, dim in zip(times, dims[1], strict=True)],
        (target_times, dims[2], 1),
    )
    folded = (
        [rows.fold(one, dim, 2) for one, dim in zip(values, dims[0], strict=True)],
        [rows.fold_times(one, dim) for one, dim in zip(times, dims[1], strict=True)],
        rows.fold_times(target_times, dims[2]),
        None,
        offsets,
        [rows.fold_lengths(one, dim) for one, dim in zip(lengths, dims[5], strict=True)],
        sequence_ids,
    )
    return rows, list(scalars), folded


def _without_channels(scalars: Sequence[bool], rules: Sequence[str], separate: bool) -> list[bool]:
    """Which results of `fuse` have no axis of channels; `scalars` speaks of present streams."""
    each = iter(scalars)
    streams = ["width" not in _read(text) and next(each) for text in rules]
    return streams if separate else [False]


def _map_fuse(info: Any, dims: Dims, *arguments: Any) -> tuple[list[Tensor], list[int]]:
    *arrays, rules, separate, dtype = arguments
    rows, scalars, folded = _fold_streams(info, dims, *arrays)
    results = torch.ops.robocache.fuse(*folded, rules, separate, dtype)
    kinds = [*_without_channels(scalars, rules, separate), False]
    mapped = [rows.unfold(one, scalar) for one, scalar in zip(results, kinds, strict=True)]
    return mapped, [0] * len(mapped)


def _map_fuse_backward(
    info: Any, dims: Dims, grads: Sequence[Tensor], wanted: Sequence[bool], *arguments: Any
) -> tuple[list[Tensor], list[int]]:
    *arrays, rules, separate = arguments
    rows, scalars, folded = _fold_streams(info, dims[2:], *arrays)
    kinds = _without_channels(scalars, rules, separate)
    folded_grads = [
        rows.fold(one.unsqueeze(-1) if scalar else one, dim, 2)
        for one, dim, scalar in zip(grads, dims[0], kinds, strict=True)
    ]
    results = torch.ops.robocache.fuse_backward(folded_grads, wanted, *folded, rules, separate)
    chosen = [scalar for scalar, one in zip(scalars, wanted, strict=True) if one]
    mapped = [rows.unfold(one, scalar) for one, scalar in zip(results, chosen, strict=True)]
    return mapped, [0] * len(mapped)


# The operators.

_STREAM = (
    "Tensor values, Tensor source_times, Tensor target_times, Tensor? offsets, Tensor? lengths,"
    " Tensor? target_offsets, Tensor? sequence_ids, str rules"
)
_STREAMS = (
    "Tensor[] values, Tensor[] times, Tensor target_times, Tensor? target_offsets,"
    " Tensor?[] offsets, Tensor?[] lengths, Tensor?[] sequence_ids, str[] rules, bool separate"
)


register(
    f"resample({_STREAM}, bool quality, ScalarType? dtype) -> Tensor[]",
    _run_resample,
    _shape_resample,
    _map_resample,
    _resample_gradient,
    _keep_resample,
)
register(
    f"resample_backward(Tensor grad_output, {_STREAM}) -> Tensor",
    _run_resample_backward,
    _shape_resample_backward,
    _map_resample_backward,
    no_second_gradient,
)
register(
    f"fuse({_STREAMS}, ScalarType? dtype) -> Tensor[]",
    _run_fuse,
    _shape_fuse,
    _map_fuse,
    _fuse_gradient,
    _keep_fuse,
)
register(
    f"fuse_backward(Tensor[] grads, bool[] wanted, {_STREAMS}) -> Tensor[]",
    _run_fuse_backward,
    _shape_fuse_backward,
    _map_fuse_backward,
    no_second_gradient,
)
