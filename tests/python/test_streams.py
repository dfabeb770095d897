# SPDX-License-Identifier: Apache-2.0
"""What a call does about memory that must outlive it on a stream; no GPU is needed to decide it."""

from __future__ import annotations

from typing import Any

import pytest

from robocache import _call
from robocache._frameworks import Cupy, Jax, Numpy, Torch

CUDA = (2, 0)


class Allocator:
    """A framework whose current stream is known and which remembers what it was told."""

    def __init__(self, kind: type[Numpy], current: int) -> None:
        self.stream_ordered = kind.stream_ordered
        self.can_be_told = kind is Torch
        self.current = current
        self.told: list[Any] = []

    def current_stream(self, _device: Any) -> int:
        return self.current

    def used_on(self, array: Any, _device: Any, handle: int) -> bool:
        self.told.append((array, handle))
        return self.can_be_told


@pytest.mark.parametrize(
    ("kind", "current", "waits", "told"),
    [
        # The allocators of these two hand memory out again in the order of their stream.
        (Torch, 5, False, False),
        (Cupy, 5, False, False),
        # On another stream only PyTorch's can be told.
        (Torch, 9, False, True),
        (Cupy, 9, True, True),
        # Of all others nothing is known.
        (Jax, 5, True, False),
        (Numpy, 5, True, False),
    ],
)
@pytest.mark.parametrize("of_the_values", [True, False])
def test_memory_outlives_the_work(
    monkeypatch: pytest.MonkeyPatch,
    kind: type[Numpy],
    current: int,
    waits: bool,
    told: bool,
    of_the_values: bool,
) -> None:
    owner = Allocator(kind, current)
    monkeypatch.setattr(_call, "owner_of", lambda _array: owner)
    call = _call.Call()
    call.device, call.stream = CUDA, 5
    call.framework = owner if of_the_values else Allocator(Torch, 5)
    call._foreign_stream = of_the_values and current != 5
    call._outlive("array")
    assert call._must_wait is waits
    assert owner.told == ([("array", 5)] if told else [])
