# SPDX-License-Identifier: Apache-2.0
"""Samples, times, layout and rules of one stream, made ready for the library."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from robocache._arrays import Shape, View
from robocache._call import Call
from robocache._dtypes import FLOATS, dtype_name
from robocache._library import ffi
from robocache._options import Rules


class Layout(NamedTuple):
    """How the samples of a stream lie: optional int64 arrays or lists of integers."""

    offsets: Any
    lengths: Any
    sequence_ids: Any


class Outline(NamedTuple):
    """What a stream gives; known from shapes and types alone."""

    dtype: str
    """Unless the caller says otherwise."""
    width: int
    """Channels."""
    scalar: bool
    """The values had no axis of channels, and neither has the result."""
    lead: Shape
    """Shape without the channels."""

    @property
    def shape(self) -> Shape:
        """Shape of the result."""
        return self.lead if self.scalar else (*self.lead, self.width)


class Bound(NamedTuple):
    """One stream, ready for the library."""

    values: Any
    """`rc_tensor*`; NULL for index outputs only."""
    source_times: Any
    """`rc_tensor*`."""
    options: Any
    """`rc_resample_options*`."""
    result: Outline
    given: Shape
    """Shape of the values as the caller gave them."""


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

    rows = ids if ids is None else ids.shape, offsets if offsets is None else offsets.shape
    if values is None:
        lead = _lead(source.shape[:-1], target.shape, *rows, packed_targets)
        return Bound(ffi.NULL, source.pointer, options, Outline("", 0, True, lead), ())
    view = call.read(values, prefix + "values")
    given = view.shape
    result = outline(rules, given, view.dtype, source.shape, target.shape, *rows, packed_targets)
    if result.scalar:
        view.append_axis()
    return Bound(view.pointer, source.pointer, options, result, given)


def outline(
    rules: Rules,
    values: Shape,
    dtype: str,
    source: Shape,
    target: Shape,
    ids: Shape | None,
    offsets: Shape | None,
    packed_targets: bool,
) -> Outline:
    """Shape and type of a stream's result, from the shapes of its arrays and its values' type."""
    scalar = values == source
    samples = values if scalar else values[:-1]
    width = 1 if scalar else sum(values[-1:])
    if not (dtype in FLOATS or rules.copy_all(width)):
        dtype = "float32"
    return Outline(dtype, width, scalar, _lead(samples[:-1], target, ids, offsets, packed_targets))


def _lead(
    rows: Shape,
    target: Shape,
    ids: Shape | None,
    offsets: Shape | None,
    packed_targets: bool,
) -> Shape:
    """Shape of a result without its channels. What does not fit the library refuses."""
    if packed_targets:
        return target
    if ids is not None:
        rows = ids[:1]
    elif offsets is not None:
        rows = (max(sum(offsets[:1]) - 1, 0),)
    return (rows or target[:-1]) + target[-1:]


def result_dtype(outline: Outline, dtype: Any) -> str:
    """Type of a result: the one that the caller asked for, else the stream's own."""
    return outline.dtype if dtype is None else dtype_name(dtype)
