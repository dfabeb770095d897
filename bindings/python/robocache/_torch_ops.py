# SPDX-License-Identifier: Apache-2.0
"""What the operators of PyTorch share: how they are registered, differentiated and mapped."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from robocache._call import Place
from robocache.errors import InvalidArgumentError, UnsupportedOptionError

HERE = Place("auto", None, None)
"""On the device of the first argument and PyTorch's current stream."""

_LIBRARY = torch.library.Library("robocache", "DEF")


def register(
    schema: str, kernel: Any, shapes: Any, mapped: Any, gradient: Any, keep: Any = None
) -> None:
    """Makes an operator of both devices.

    Parameters
    ----------
    schema
        In PyTorch's words, without the namespace.
    kernel
        Does the work.
    shapes
        Gives results without data.
    mapped
        Serves `vmap`.
    gradient, keep
        Of autograd: the gradients of the inputs, and what these need of a call.
    """
    name = _LIBRARY.define(schema, tags=(torch.Tag.pt2_compliant_tag,))
    for device in ("CPU", "CUDA"):
        _LIBRARY.impl(name, kernel, device)
    operator = f"robocache::{name}"
    torch.library.register_fake(operator, shapes)
    torch.library.register_vmap(operator, mapped)
    torch.library.register_autograd(operator, gradient, setup_context=keep)


def is_plain(*tensors: Tensor | None) -> bool:
    """Whether a call is one of eager code that nothing looks on: no compiler, transform, mode or
    profiler, and no gradient to record. There an operator would add PyTorch's dispatch alone, which
    takes several times as long as the call."""
    if torch.compiler.is_compiling():
        return False
    here = torch._C
    return not (
        here._are_functorch_transforms_active()
        or here._len_torch_dispatch_stack() != 0
        or here._is_torch_function_mode_enabled()
        or here._get_tracing_state() is not None
        or here._autograd._profiler_enabled()
    ) and all(one is None or (type(one) is Tensor and not one.requires_grad) for one in tensors)


def torch_dtype(name: str) -> torch.dtype:
    dtype: torch.dtype = getattr(torch, name)
    return dtype


def refuse_gradient(of: str, **others: Any) -> None:
    """Refuses to lose gradients silently: only those with respect to `of` are known."""
    for name, tensors in others.items():
        if any(one.requires_grad for one in tensors):
            raise InvalidArgumentError(
                f"{name}: expected tensors without gradient, which is known with respect to {of}"
                " only; got requires_grad=True (detach them)"
            )


def no_second_gradient(_ctx: Any, *_grads: Any) -> Any:
    raise UnsupportedOptionError("gradient: expected to be asked for once; got twice")


class Rows:
    """Folds a mapped axis into that of rows, or makes it the axis of rows where there is none.

    Parameters
    ----------
    size
        Of the mapped axis.
    tensors
        With the axis that is mapped, if any, and the number of axes that belong to one row.
    """

    def __init__(self, size: int, *tensors: tuple[Tensor, int | None, int]) -> None:
        self.size = size
        sizes = (unmapped(tensor, dim)[:-ndim] for tensor, dim, ndim in tensors)
        self.rows: int | None = next((rows[0] for rows in sizes if rows), None)

    def fold(self, tensor: Tensor, dim: int | None, ndim: int) -> Tensor:
        """A tensor with a row for all that is mapped; `ndim` of its axes belong to one row."""
        first = tensor.expand(self.size, *tensor.shape) if dim is None else tensor.movedim(dim, 0)
        if self.rows is None:
            return first
        if first.ndim == ndim + 1:
            first = first.unsqueeze(1).expand(self.size, self.rows, *first.shape[1:])
        return first.flatten(0, 1)

    def fold_times(self, times: Tensor, dim: int | None) -> Tensor:
        """Times that all rows share stay shared."""
        return times if dim is None and times.ndim == 1 else self.fold(times, dim, 1)

    def fold_lengths(self, lengths: Tensor | None, dim: int | None) -> Tensor | None:
        return None if lengths is None else self.fold(lengths, dim, 0)

    def unfold(self, result: Tensor, scalar: bool) -> Tensor:
        """A result with its mapped axis back in front; without channels if `scalar`."""
        if self.rows is not None:
            result = result.unflatten(0, (self.size, self.rows))
        return result.squeeze(-1) if scalar else result


def unmapped(tensor: Tensor, dim: int | None) -> tuple[int, ...]:
    """Shape of a tensor as the mapped function sees it."""
    shape = list(tensor.shape)
    if dim is not None:
        del shape[dim]
    return tuple(shape)


def refuse_to_map(**arguments: Any) -> None:
    for name, value in arguments.items():
        if value is not None and not (isinstance(value, list) and all(x is None for x in value)):
            raise UnsupportedOptionError(
                f"{name}: expected None under vmap, which maps rows of equal length only;"
                " got a tensor"
            )
