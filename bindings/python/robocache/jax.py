# SPDX-License-Identifier: Apache-2.0
"""`resample` inside `jax.jit`, `jax.grad` and `jax.vmap`, on the CPU.

Outside of them `robocache.resample` and `robocache.fuse` take JAX's arrays as they are, on the CPU
and on CUDA. Traced code calls back into Python (`jax.pure_callback`), which on a GPU would carry
everything to the host and back; there it is refused when it is compiled.
"""

from __future__ import annotations

import functools
from typing import Any

import jax
import numpy as np

import robocache
from robocache._bind import outline, result_dtype
from robocache._dtypes import numpy_dtype
from robocache._options import ClockMap, Duration, Mode, Window, rule_maker

__all__ = ["resample"]

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
_FORWARD_ONLY = ("fill_value", "dtype")


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
    validate: bool = True,
) -> jax.Array:
    """`robocache.resample` for traced code on the CPU: same arguments, arrays of JAX only.

    Parameters
    ----------
    As `robocache.resample`, without `out`, `quality`, `backend`, `context` and `stream`. int64
    times, offsets and ids need ``jax_enable_x64``; without it times are float32 seconds.

    Returns
    -------
    jax.Array
        As `robocache.resample`. Differentiable, once and in reverse, with respect to `values`; the
        gradient of the times is taken to be zero. `jax.vmap` makes one call for each element.

    Raises
    ------
    As `robocache.resample`, wrapped by JAX where code is traced; NotImplementedError when it is
    compiled for another device than the CPU.
    """
    options = {
        "mode": mode if isinstance(mode, str) else tuple(mode),
        "outside": outside,
        "fill_value": fill_value,
        "max_gap": max_gap,
        "order": order,
        "duplicates": duplicates,
        "skip_nan": skip_nan,
        "window": tuple(window) if isinstance(window, list) else window,
        "clock": clock,
        "validate": validate,
        "dtype": dtype,
    }
    arrays = {
        "source_times": source_times,
        "target_times": target_times,
        "offsets": offsets,
        "lengths": lengths,
        "target_offsets": target_offsets,
        "sequence_ids": sequence_ids,
    }
    return _resample(tuple(options.items()), values, arrays)


Options = tuple[tuple[str, Any], ...]
Arrays = dict[str, Any]


# Compiled also for callers who do not, because JAX looks for the platform of compiled code only.


@functools.partial(jax.jit, static_argnums=0)
def _forward(options: Options, values: Any, arrays: Arrays) -> Any:
    chosen = dict(options)
    call = functools.partial(robocache.resample, **chosen)
    return _on_host(call, _result(chosen, values, arrays), values, arrays)


@functools.partial(jax.jit, static_argnums=0)
def _backward(options: Options, grad_output: Any, values: Any, arrays: Arrays) -> Any:
    chosen = {name: value for name, value in options if name not in _FORWARD_ONLY}
    call = functools.partial(robocache.resample_backward, **chosen)
    return _on_host(call, values, grad_output, values, arrays)


def _keep(options: Options, values: Any, arrays: Arrays) -> tuple[Any, Any]:
    return _forward(options, values, arrays), (values, arrays)


def _gradient(options: Options, kept: tuple[Any, Arrays], grad_output: Any) -> tuple[Any, None]:
    return _backward(options, grad_output, *kept), None


_resample = jax.custom_vjp(_forward, nondiff_argnums=(0,))
_resample.defvjp(_keep, _gradient)


def _on_host(call: Any, result: Any, *arguments: Any) -> Any:
    """What `call` makes of NumPy arrays; its last argument is a dict of keywords."""

    def run(*given: Any) -> Any:
        *positional, named = jax.tree.map(np.asarray, given)
        return call(*positional, **named)

    shape = jax.ShapeDtypeStruct(result.shape, result.dtype)
    traced = functools.partial(jax.pure_callback, run, shape, vmap_method="sequential")
    return jax.lax.platform_dependent(*arguments, cpu=traced)


def _result(options: dict[str, Any], values: Any, arrays: Arrays) -> Any:
    """Shape and type of a result, without data."""
    source, target = arrays["source_times"], arrays["target_times"]
    ids, offsets = arrays["sequence_ids"], arrays["offsets"]
    rules = rule_maker(*(options[name] for name in _RULES))(target.dtype == np.int64)
    found = outline(
        rules,
        values.shape,
        str(values.dtype),
        source.shape,
        target.shape,
        None if ids is None else ids.shape,
        None if offsets is None else offsets.shape,
        arrays["target_offsets"] is not None,
    )
    return jax.ShapeDtypeStruct(found.shape, numpy_dtype(result_dtype(found, options["dtype"])))
