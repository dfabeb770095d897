# SPDX-License-Identifier: Apache-2.0
"""What the functions for JAX's traced code share: calls back into Python, and their gradients."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np

from robocache._dtypes import numpy_dtype

Options = tuple[tuple[str, Any], ...]
Arrays = dict[str, Any]
Call = Callable[[Options, Any, Arrays], Any]


def differentiable(forward: Call, backward: Callable[..., Any]) -> Call:
    """A function of options, values and other arrays, with its gradient for the values.

    Parameters
    ----------
    forward
        Gives the results, those that have a gradient first.
    backward
        Takes the options, the gradients of the results, values and arrays.
    """
    # Compiled for callers who do not, too: JAX looks for the platform of compiled code only.
    forward = jax.jit(forward, static_argnums=0)
    backward = jax.jit(backward, static_argnums=0)

    def keep(options: Options, values: Any, arrays: Arrays) -> tuple[Any, Any]:
        return forward(options, values, arrays), (values, arrays)

    def gradient(options: Options, kept: tuple[Any, Arrays], given: Any) -> tuple[Any, None]:
        return backward(options, given, *kept), None

    function = jax.custom_vjp(forward, nondiff_argnums=(0,))
    function.defvjp(keep, gradient)
    made: Call = function
    return made


def on_host(call: Callable[..., Any], results: Any, *arguments: Any) -> Any:
    """What `call` makes of NumPy arrays, where `results` says what that is."""

    def run(*given: Any) -> Any:
        made = call(*jax.tree.map(np.asarray, given))
        return jax.tree.map(lambda one, other: np.asarray(one, other.dtype), made, results)

    traced = functools.partial(jax.pure_callback, run, results, vmap_method="sequential")
    return jax.lax.platform_dependent(*arguments, cpu=traced)


def made(shape: Sequence[int], dtype: Any) -> jax.ShapeDtypeStruct:
    return jax.ShapeDtypeStruct(tuple(shape), jax.dtypes.canonicalize_dtype(numpy_dtype(dtype)))


def like(array: Any) -> jax.ShapeDtypeStruct:
    return jax.ShapeDtypeStruct(array.shape, array.dtype)


def hashable(rule: Any) -> Any:
    return tuple(rule) if isinstance(rule, list) else rule
