# SPDX-License-Identifier: Apache-2.0
"""What the tests of PyTorch's operators share."""

from __future__ import annotations

from typing import Any

import pytest
import torch

import robocache as rc

CUDA = rc.devices()[1]
DEVICES = [
    "cpu",
    pytest.param(
        "cuda",
        marks=pytest.mark.skipif(
            not (CUDA["available"] and torch.cuda.is_available()),
            reason=f"no CUDA device: {CUDA['reason']}",
        ),
    ),
]


def same(got: Any, expected: Any) -> None:
    """Equal tensors, NaN where the other has NaN, or sequences of them."""
    if isinstance(expected, torch.Tensor):
        torch.testing.assert_close(got, expected, rtol=0, atol=0, equal_nan=True)
        return
    assert len(got) == len(expected)
    for one, other in zip(got, expected, strict=True):
        same(one, other)


class Looked(torch.utils._python_dispatch.TorchDispatchMode):
    """Looks on while calls are made, so that they go by operators: names of those it saw."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()

    def __torch_dispatch__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        self.seen.add(str(function))
        return function(*args, **(kwargs or {}))


def handed_to(operator: Any, call: Any) -> tuple[Any, ...]:
    """The arguments that reach an operator."""
    seen = []

    class Spy(torch.utils._python_dispatch.TorchDispatchMode):
        def __torch_dispatch__(self, function: Any, _types: Any, given: Any, options: Any) -> Any:
            if function is operator.default:
                seen.append(given)
            return function(*given, **(options or {}))

    with Spy():
        call()
    return seen[0]
