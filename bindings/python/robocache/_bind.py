# SPDX-License-Identifier: Apache-2.0
"""Samples, times, layout and rules of one stream, made ready for the library."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from robocache._arrays import View
from robocache._call import Call
from robocache._dtypes import FLOATS, dtype_name
from robocache._library import ffi
from robocache._options import Rules


class Layout(NamedTuple):
    """How the samples of a stream lie: optional int64 arrays or lists of integers."""

    offsets: Any
    lengths: Any
    sequence_ids: Any


class Bound(NamedTuple):
    """One stream, ready for the library."""

    values: Any
    """`rc_tensor*`; NULL for index outputs only."""
    source_times: Any
    """`rc_tensor*`."""
    options: Any
    """`rc_resample_options*`."""
    dtype: str
    """Of the result unless the caller says otherwise."""
    width: int
    """Channels."""
    scalar: bool
    """The values had no axis of channels, and neither has the result."""
    lead: tuple[int, ...]
    """Shape of the result without its channels."""
    given: tuple[int, ...]
    """Shape of the values as the caller gave them."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the result."""
        return self.lead if self.scalar else (*self.lead, self.width)


def bind(
    call: Call,
    values: Any,
    source: View,
    target: View,
    make_rules: Callable[[bool], Rules],
    layout: Layout,
    packed_targets: bool,
    prefix: str = "",
) -> Bound:
    """Reads one stream's arrays and works out the shape of its result.

    Parameters
    ----------
    call
        The call that borrows them.
    values
        None for index outputs only.
    source, target
        Views of the times.
    make_rules
        Takes whether times are ticks.
    layout
        Of the samples.
    packed_targets
        Whether the call has `target_offsets`.
    prefix
        Of the arguments' names, for messages.
    """
    rules = make_rules(source.dtype == "int64")
    options = call.options(rules)
    offsets = ids = None
    if layout.offsets is not None:
        offsets = call.read_integers(layout.offsets, prefix + "offsets")
        options.offsets = offsets.pointer
    if layout.lengths is not None:
        options.lengths = call.read_integers(layout.lengths, prefix + "lengths").pointer
    if layout.sequence_ids is not None:
        ids = call.read_integers(layout.sequence_ids, prefix + "sequence_ids")
        options.sequence_ids = ids.pointer

    if values is None:
        lead = _lead(source.shape[:-1], target, offsets, ids, packed_targets)
        return Bound(ffi.NULL, source.pointer, options, "", 0, True, lead, ())
    view = call.read(values, prefix + "values")
    given = view.shape
    scalar = given == source.shape
    if scalar:
        view.append_axis()
    lead = _lead(view.shape[:-2], target, offsets, ids, packed_targets)
    width = sum(view.shape[-1:])
    dtype = view.dtype if view.dtype in FLOATS or rules.copy_all(width) else "float32"
    return Bound(view.pointer, source.pointer, options, dtype, width, scalar, lead, given)


def _lead(
    rows: tuple[int, ...],
    target: View,
    offsets: View | None,
    ids: View | None,
    packed_targets: bool,
) -> tuple[int, ...]:
    """Shape of a result without its channels. What does not fit the library refuses."""
    if packed_targets:
        return target.shape
    if ids is not None:
        rows = ids.shape[:1]
    elif offsets is not None:
        rows = (max(sum(offsets.shape[:1]) - 1, 0),)
    return (rows or target.shape[:-1]) + target.shape[-1:]


def result_dtype(bound: Bound, dtype: Any) -> str:
    """Type of a result: the one that the caller asked for, else the stream's own."""
    return bound.dtype if dtype is None else dtype_name(dtype)
