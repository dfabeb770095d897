# SPDX-License-Identifier: Apache-2.0
"""PyTorch's gradient: values that require it get a result that carries it."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from robocache.errors import InvalidArgumentError

Forward = Callable[[Sequence[Any]], tuple[list[Any], int]]
"""Values to results, and how many of these, the first ones, have a gradient."""

Backward = Callable[[Sequence[Any], Sequence[Any], Sequence[bool]], Sequence[Any]]
"""Gradients of the first results, values, and which of these want one, to gradients of values."""


def wanted(values: Any) -> bool:
    """Whether values are a tensor whose gradient PyTorch is recording."""
    torch = sys.modules.get("torch")
    return (
        torch is not None
        and isinstance(values, torch.Tensor)
        and values.requires_grad
        and torch.is_grad_enabled()
    )


def run(
    forward: Forward,
    backward: Backward,
    values: Sequence[Any],
    out: Any,
    constants: Mapping[str, Any],
) -> tuple[Any, ...]:
    """Results of `forward`, tied to `values` by `backward`; `constants` have no gradient."""
    if out is not None:
        raise InvalidArgumentError(
            "out: expected None, because values require a gradient; got an array to write into"
        )
    for name, array in constants.items():
        if wanted(array):
            raise InvalidArgumentError(
                f"{name}: expected a tensor without gradient, which is known with respect to"
                " values and features only; got requires_grad=True (detach it)"
            )
    results: tuple[Any, ...] = _function().apply(forward, backward, *values)
    return results


@functools.lru_cache(maxsize=1)
def _function() -> Any:
    torch = sys.modules["torch"]

    class Differentiable(torch.autograd.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, forward: Forward, backward: Backward, *values: Any) -> Any:
            ctx.call = backward
            ctx.save_for_backward(*values)
            results, ctx.count = forward(values)
            ctx.mark_non_differentiable(*results[ctx.count :])
            return tuple(results)

        @staticmethod
        @torch.autograd.function.once_differentiable  # type: ignore[untyped-decorator]
        def backward(ctx: Any, *gradients: Any) -> Any:
            needed = ctx.needs_input_grad[2:]
            return None, None, *ctx.call(gradients[: ctx.count], ctx.saved_tensors, needed)

    return Differentiable
