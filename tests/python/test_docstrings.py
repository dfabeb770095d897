# SPDX-License-Identifier: Apache-2.0
"""The examples in docstrings run as they stand, and every public name says what it is."""

from __future__ import annotations

import doctest
import inspect

import pytest

import robocache as rc
from robocache import (
    _bounds,
    _depth,
    _deskew,
    _fuse,
    _resample,
    _voxelize,
    _voxelize_sparse,
    clock,
    volume,
)


@pytest.mark.parametrize(
    "module",
    [_bounds, _depth, _deskew, _fuse, _resample, _voxelize, _voxelize_sparse, clock, volume],
)
def test_examples(module: object) -> None:
    found = doctest.testmod(module)
    assert found.attempted > 0
    assert found.failed == 0


@pytest.mark.parametrize("name", [name for name in rc.__all__ if not name.startswith("__")])
def test_public_names_are_described(name: str) -> None:
    thing = getattr(rc, name)
    assert inspect.getdoc(thing)
    if inspect.isfunction(thing):
        undescribed = [
            parameter
            for parameter in inspect.signature(thing).parameters
            if parameter not in thing.__doc__ and "Others as in" not in thing.__doc__
        ]
        assert undescribed == []
