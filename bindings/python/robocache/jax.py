# SPDX-License-Identifier: Apache-2.0
"""`resample`, `fuse` and `voxelize` inside `jax.jit`, `jax.grad` and `jax.vmap`, on the CPU.

Outside of them `robocache.resample` and the like take JAX's arrays as they are, on the CPU and on
CUDA. Traced code calls back into Python (`jax.pure_callback`), which on a GPU would carry
everything to the host and back; there it is refused when it is compiled.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import jax
import numpy as np

import robocache
from robocache._bind import Outline, outline, result_dtype
from robocache._fuse import Stream, joint_dtype
from robocache._jax_ops import Arrays, Options, differentiable, hashable, like, made, on_host
from robocache._jax_voxelize import voxelize
from robocache._options import ClockMap, Duration, Mode, Rules, Window, rule_maker
from robocache._resample import Resampled
from robocache.errors import InvalidArgumentError

__all__ = ["Stream", "fuse", "resample", "voxelize"]

_RULES = (
    "mode",
    "outside",
    "fill_value",
    "max_gap",
    "order",
    "duplicates",
    "skip_nan",
    "window",
    "clock",
    "validate",
)
_FORWARD_ONLY = ("fill_value", "dtype", "quality")
_STREAM_RULES = (*_RULES, "offset", "width")
_LAYOUT = ("offsets", "lengths", "sequence_ids")


def resample(
    values: jax.Array,
    source_times: jax.Array,
    target_times: jax.Array,
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
    offsets: jax.Array | None = None,
    lengths: jax.Array | None = None,
    target_offsets: jax.Array | None = None,
    sequence_ids: jax.Array | None = None,
    dtype: Any = None,
    quality: bool = False,
    validate: bool = True,
) -> Any:
    """`robocache.resample` for traced code on the CPU: same arguments, arrays of JAX only.

    Parameters
    ----------
    As `robocache.resample`, without `out`, `backend`, `context` and `stream`. int64 times, offsets
    and ids need ``jax_enable_x64``; without it times are float32 seconds.

    Returns
    -------
    jax.Array or Resampled
        As `robocache.resample`, indices and ages in 32 bits unless ``jax_enable_x64`` is on.
        Differentiable, once and in reverse, with respect to `values`; the gradient of the times is
        taken to be zero. `jax.vmap` makes one call for each element.

    Raises
    ------
    As `robocache.resample`, wrapped by JAX where code is traced; NotImplementedError when it is
    compiled for another device than the CPU.
    """
    options = {
        "mode": hashable(mode),
        "outside": outside,
        "fill_value": fill_value,
        "max_gap": max_gap,
        "order": order,
        "duplicates": duplicates,
        "skip_nan": skip_nan,
        "window": hashable(window),
        "clock": clock,
        "validate": validate,
        "dtype": dtype,
        "quality": quality,
    }
    arrays = {
        "source_times": source_times,
        "target_times": target_times,
        "offsets": offsets,
        "lengths": lengths,
        "target_offsets": target_offsets,
        "sequence_ids": sequence_ids,
    }
    results = _resample(tuple(options.items()), values, arrays)
    return Resampled(*results) if quality else results[0]


def fuse(
    streams: Iterable[Stream],
    target_times: jax.Array,
    *,
    target_offsets: jax.Array | None = None,
    separate: bool = False,
    dtype: Any = None,
) -> tuple[Any, jax.Array]:
    """`robocache.fuse` for traced code on the CPU: same arguments, arrays of JAX only.

    Parameters
    ----------
    As `robocache.fuse`, without `out`, `backend`, `context` and `stream`.

    Returns
    -------
    out : jax.Array or list of jax.Array
        As `robocache.fuse`. Differentiable with respect to the values of all streams, as
        `resample` is.
    valid : jax.Array

    Raises
    ------
    As `resample`.
    """
    streams = list(streams)
    if all(one.values is None for one in streams):
        raise InvalidArgumentError("streams: expected at least one that is present; got none")
    rules = tuple(
        tuple((name, hashable(getattr(one, name))) for name in _STREAM_RULES) for one in streams
    )
    options = {"rules": rules, "separate": separate, "dtype": dtype}
    arrays = {
        "times": [one.times for one in streams],
        **{name: [getattr(one, name) for one in streams] for name in _LAYOUT},
        "target_times": target_times,
        "target_offsets": target_offsets,
    }
    results = _fuse(tuple(options.items()), [one.values for one in streams], arrays)
    return list(results[:-1]) if separate else results[0], results[-1]


def _forward(options: Options, values: Any, arrays: Arrays) -> Any:
    chosen = dict(options)

    def call(values: Any, arrays: Arrays) -> Any:
        result = robocache.resample(values, **arrays, **chosen)
        return tuple(result) if chosen["quality"] else (result,)

    return on_host(call, _results(chosen, values, arrays), values, arrays)


def _backward(options: Options, given: Any, values: Any, arrays: Arrays) -> Any:
    chosen = {name: value for name, value in options if name not in _FORWARD_ONLY}

    def call(gradient: Any, values: Any, arrays: Arrays) -> Any:
        return robocache.resample_backward(gradient, values, **arrays, **chosen)

    return on_host(call, like(values), given[0], values, arrays)


def _forward_fuse(options: Options, values: Any, arrays: Arrays) -> Any:
    chosen = dict(options)
    dtype, separate = chosen["dtype"], chosen["separate"]

    def call(values: Any, arrays: Arrays) -> Any:
        streams, targets = _streams(chosen, values, arrays)
        out, valid = robocache.fuse(streams, **targets, separate=separate, dtype=dtype)
        return (*out, valid) if separate else (out, valid)

    return on_host(call, _fused_results(chosen, values, arrays), values, arrays)


def _backward_fuse(options: Options, given: Any, values: Any, arrays: Arrays) -> Any:
    chosen = dict(options)
    separate = chosen["separate"]
    gradients = list(given[:-1]) if separate else given[0]

    def call(gradients: Any, values: Any, arrays: Arrays) -> Any:
        streams, targets = _streams(chosen, values, arrays)
        return robocache.fuse_backward(gradients, streams, **targets, separate=separate)

    return on_host(call, jax.tree.map(like, values), gradients, values, arrays)


_resample = differentiable(_forward, _backward)
_fuse = differentiable(_forward_fuse, _backward_fuse)


def _streams(options: dict[str, Any], values: Any, arrays: Arrays) -> tuple[list[Stream], Arrays]:
    """The streams of a call, and its targets as keywords."""
    named = zip(values, arrays["times"], *(arrays[name] for name in _LAYOUT), strict=True)
    streams = [
        Stream(one, times, **dict(rules), **dict(zip(_LAYOUT, layout, strict=True)))
        for rules, (one, times, *layout) in zip(options["rules"], named, strict=True)
    ]
    return streams, {name: arrays[name] for name in ("target_times", "target_offsets")}


# Shapes and types of results, without data.


def _outline(rules: Rules, values: Any, source: Any, ids: Any, offsets: Any, of: Arrays) -> Outline:
    return outline(
        rules,
        values.shape,
        str(values.dtype),
        source.shape,
        of["target_times"].shape,
        None if ids is None else ids.shape,
        None if offsets is None else offsets.shape,
        of["target_offsets"] is not None,
    )


def _has_ticks(arrays: Arrays) -> bool:
    return bool(arrays["target_times"].dtype == np.int64)


def _results(options: dict[str, Any], values: Any, arrays: Arrays) -> Any:
    rules = rule_maker(*(options[name] for name in _RULES))(_has_ticks(arrays))
    layout = arrays["sequence_ids"], arrays["offsets"]
    found = _outline(rules, values, arrays["source_times"], *layout, arrays)
    results = [made(found.shape, result_dtype(found, options["dtype"]))]
    if options["quality"]:
        age = "int64" if _has_ticks(arrays) else "float64"
        results += [made(found.lead, kind) for kind in ("bool", "uint8", "int64", age)]
    return tuple(results)


def _fused_results(options: dict[str, Any], values: Any, arrays: Arrays) -> Any:
    streams, _ = _streams(options, values, arrays)
    ticks, dtype = _has_ticks(arrays), options["dtype"]
    outlines = [
        None
        if one.values is None
        else _outline(
            one.make_rules(ticks), one.values, one.times, one.sequence_ids, one.offsets, arrays
        )
        for one in streams
    ]
    present = [one for one in outlines if one is not None]
    lead, joint = present[0].lead, joint_dtype(present, dtype)
    results = [
        made((*lead, stream.width), joint)
        if one is None
        else made(one.shape, result_dtype(one, dtype))
        for stream, one in zip(streams, outlines, strict=True)
    ]
    if not options["separate"]:
        widths = (
            stream.width if one is None else one.width
            for stream, one in zip(streams, outlines, strict=True)
        )
        results = [made((*lead, sum(widths)), joint)]
    return (*results, made((*lead, len(streams)), "bool"))
