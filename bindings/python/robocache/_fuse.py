# SPDX-License-Identifier: Apache-2.0
"""Many sensors on one clock."""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable, Iterable, Sequence
from typing import Any

from robocache import _autograd
from robocache._arrays import View
from robocache._bind import Bound, Layout, Outline, bind, result_dtype
from robocache._call import Call, Place, anchor, start
from robocache._dtypes import dtype_name
from robocache._library import ffi
from robocache._options import ClockMap, Duration, Mode, Rules, Window, rule_maker
from robocache._repeat import FuseRepeat, of_thread, signature_of_streams
from robocache.context import Context
from robocache.errors import InvalidArgumentError


@dataclasses.dataclass(frozen=True, eq=False)
class Stream:
    """One sensor: its samples, its clock, its rules.

    Parameters
    ----------
    values : array or None
        As in `resample`. None: the stream is absent from this call; its channels are filled and
        not valid.
    times : array or list, optional
        `source_times` of `resample`.
    offset : int, float or timedelta
        Added to every source time; short for ``clock=ClockMap(offset)``.
    clock : ClockMap, optional
        Maps the stream's times onto the target's clock, drift included.
    width : int
        Channels of an absent stream; without meaning for others.

    Others as in `resample`.
    """

    values: Any
    times: Any = None
    _: dataclasses.KW_ONLY
    mode: Mode = "linear"
    outside: str = "hold"
    fill_value: float = 0.0
    max_gap: Duration | None = None
    offset: Duration = 0
    clock: ClockMap | None = None
    order: str = "check"
    duplicates: str = "last"
    skip_nan: bool = False
    window: Window = None
    offsets: Any = None
    lengths: Any = None
    sequence_ids: Any = None
    width: int = 0
    validate: bool = True

    def __post_init__(self) -> None:
        if self.values is None and self.width < 1:
            raise InvalidArgumentError(
                f"width: expected the number of channels of an absent stream; got {self.width}"
            )
        if self.values is not None and self.times is None:
            raise InvalidArgumentError("times: expected the times of the values; got None")
        if self.offset and self.clock is not None:
            raise InvalidArgumentError("offset: expected none beside clock, which has its own")

    def make_rules(self, ticks: bool) -> Rules:
        """The stream's rules, for times that are ticks or not."""
        clock = ClockMap(self.offset) if self.offset else self.clock
        return rule_maker(
            self.mode,
            self.outside,
            self.fill_value,
            self.max_gap,
            self.order,
            self.duplicates,
            self.skip_nan,
            self.window,
            clock,
            self.validate,
        )(ticks)


def fuse(
    streams: Iterable[Stream],
    target_times: Any,
    *,
    target_offsets: Any = None,
    out: Any = None,
    separate: bool = False,
    dtype: Any = None,
    backend: str = "auto",
    context: Context | None = None,
    stream: Any = None,
) -> tuple[Any, Any]:
    """Puts many streams on one clock; equal to `resample` of each, concatenated, to the bit.

    Parameters
    ----------
    streams : sequence of Stream
        1 to 64 streams, at least one of them present; all with the same number of rows B.
    target_times : array or list
        As in `resample`, for all streams; all times of the call are of one type.
    target_offsets : int64 [B+1], optional
        Targets are packed.
    out : array, or a list of them if `separate`, optional
        Written and returned.
    separate : bool
        Give one array per stream instead of their concatenation.
    dtype : optional
        Type of the result. Default: the type that `resample` gives to every stream; where these
        differ, float64 if it is among them, else float32. If `separate`, each stream's own.
    backend, context, stream
        As in `resample`.

    Returns
    -------
    out : array or list of arrays
        [B,T,D1+D2+...], [M,...] or [T,...] as in `resample`; of the kind and on the device of the
        first stream's values.
    valid : array
        bool [B,T,streams], [M,streams] or [T,streams].

    Raises
    ------
    As `resample`; the message names the stream by its index.

    Notes
    -----
    PyTorch gradients, streams and threads as in `resample`.

    Examples
    --------
    >>> import numpy as np, robocache as rc
    >>> imu = rc.Stream(np.array([0.0, 10.0]), [0, 100])
    >>> gps = rc.Stream(np.array([[1.0, 2.0]]), [50], outside="fill", fill_value=-1)
    >>> table, valid = rc.fuse([imu, gps], [0, 50])
    >>> table
    array([[ 0., -1., -1.],
           [ 5.,  1.,  2.]])
    """
    streams = tuple(streams)
    key = None
    if target_offsets is None and not separate and stream is None:
        key = signature_of_streams(streams, target_times, out, dtype, backend)
        repeat = of_thread.repeats.find(key, context)
        if repeat is not None:
            repeated: tuple[Any, Any] = repeat.run(context, (streams, target_times, out))
            return repeated
    job = Job(streams, target_times, target_offsets, separate, Place(backend, context, stream))
    values = [one.values for one in streams]
    if any(map(_autograd.wanted, values)):
        results: Sequence[Any] = _autograd.run(
            lambda given: forward(job.with_values(given), dtype, None),
            lambda gradients, given, wanted: backward(job.with_values(given), gradients, wanted),
            values,
            out,
            {
                "target_times": target_times,
                **{f"streams[{at}].times": one.times for at, one in enumerate(job.streams)},
            },
        )
    else:
        results, _ = forward(job, dtype, out, key)
    return list(results[:-1]) if separate else results[0], results[-1]


def fuse_backward(
    grad_output: Any,
    streams: Iterable[Stream],
    target_times: Any,
    *,
    target_offsets: Any = None,
    separate: bool = False,
    backend: str = "auto",
    context: Context | None = None,
    stream: Any = None,
) -> list[Any]:
    """Gives the gradient of `fuse` with respect to the values of each stream.

    PyTorch tensors that require a gradient need no call of this; it serves other frameworks.

    Parameters
    ----------
    grad_output : array, or a list of them if `separate`
        Gradient of the result of `fuse`: of its shape, of a float type.

    Others as in `fuse`, with the same arguments.

    Returns
    -------
    list
        One array per stream, of the shape and type of its values; None for an absent stream.

    Raises
    ------
    As `fuse`.
    """
    job = Job(
        tuple(streams), target_times, target_offsets, separate, Place(backend, context, stream)
    )
    gradients = list(grad_output) if separate else [grad_output]
    return backward(job, gradients, [one.values is not None for one in job.streams])


@dataclasses.dataclass(frozen=True)
class Job:
    """A call of `fuse` but its results."""

    streams: tuple[Stream, ...]
    target_times: Any
    target_offsets: Any
    separate: bool
    place: Place

    def with_values(self, values: Sequence[Any]) -> Job:
        """The same with other values in the streams."""
        streams = zip(self.streams, values, strict=True)
        replaced = tuple(dataclasses.replace(one, values=value) for one, value in streams)
        return dataclasses.replace(self, streams=replaced)

    def anchor(self) -> tuple[str, Any]:
        """The array whose framework and device the results follow, and its name before it."""
        return anchor(**{f"streams[{i}].values": one.values for i, one in enumerate(self.streams)})


@dataclasses.dataclass
class _Plan:
    """The structs of a call."""

    structs: Any
    """`rc_stream[]`."""
    pointers: Any
    """`rc_stream*[]`."""
    options: Any
    """`rc_fuse_options*`."""
    target: View
    bound: list[Bound | None]
    """None where a stream is absent."""

    @property
    def lead(self) -> tuple[int, ...]:
        """Shape of the result without its channels."""
        return next((one.result.lead for one in self.bound if one is not None), ())


def _plan(call: Call, job: Job) -> _Plan:
    count = len(job.streams)
    structs = ffi.new("rc_stream[]", count)
    pointers = ffi.new("rc_stream*[]", [ffi.addressof(structs, index) for index in range(count)])
    options = ffi.new("rc_fuse_options*")
    options.struct_size = ffi.sizeof("rc_fuse_options")
    packed_targets = job.target_offsets is not None
    if packed_targets:
        options.target_offsets = call.read_integers(job.target_offsets, "target_offsets").pointer

    present = (one.times for one in job.streams if one.values is not None)
    listed = call.time_type(job.target_times, *present)
    target = call.read_listed(job.target_times, "target_times", listed)
    bound = []
    for index, one in enumerate(job.streams):
        structs[index].struct_size = ffi.sizeof("rc_stream")
        bound.append(_describe(call, structs[index], one, index, target, listed, packed_targets))
    return _Plan(structs, pointers, options, target, bound)


def _describe(
    call: Call,
    struct: Any,
    stream: Stream,
    index: int,
    target: View,
    listed: str,
    packed_targets: bool,
) -> Bound | None:
    """Writes the inputs of one stream into its struct."""
    if stream.values is None:
        struct.width = stream.width
        struct.options = call.options(stream.make_rules(target.dtype == "int64"))
        return None
    prefix = f"streams[{index}]."
    layout = Layout(stream.offsets, stream.lengths, stream.sequence_ids)
    source = call.read_listed(stream.times, prefix + "times", listed)
    bound = bind(
        call, stream.values, source, target, stream.make_rules, layout, packed_targets, prefix
    )
    struct.values, struct.source_times = bound.values, bound.source_times
    struct.options = bound.options
    return bound


def joint_dtype(outlines: Iterable[Outline], dtype: Any) -> str:
    """Type of a concatenation, and of what absent streams give."""
    if dtype is not None:
        return dtype_name(dtype)
    kinds = {one.dtype for one in outlines}
    if len(kinds) == 1:
        return kinds.pop()
    return "float64" if "float64" in kinds else "float32"


def forward(job: Job, dtype: Any, out: Any, key: Hashable = None) -> tuple[list[Any], int]:
    """Results, `valid` the last of them, and how many have a gradient. `key`: of calls like this
    one, if it has one."""
    with start("fuse", job.place, *job.anchor()) as call:
        plan = _plan(call, job)
        joint = joint_dtype((one.result for one in plan.bound if one is not None), dtype)
        if job.separate:
            results = _separate_outputs(call, job, plan, joint, dtype, out)
            output = ffi.NULL
        else:
            width = sum(
                stream.width if one is None else one.result.width
                for stream, one in zip(job.streams, plan.bound, strict=True)
            )
            result, view = call.output(out, "out", (*plan.lead, width), joint)
            results, output = [result], view.pointer
        valid, view = call.output(None, "valid", (*plan.lead, len(job.streams)), "bool")
        plan.options.valid = view.pointer
        call.check(
            call.lib.rc_fuse(
                call.context.handle,
                plan.pointers,
                len(job.streams),
                plan.target.pointer,
                plan.options,
                output,
            )
        )
        if key is not None:
            inputs = (
                x for one in job.streams if one.values is not None for x in (one.values, one.times)
            )
            arrays = *inputs, job.target_times, results[0], valid
            ticks = plan.target.dtype == "int64"
            rules = [one.make_rules(ticks) for one in job.streams]
            views = call.views(arrays)
            of_thread.repeats.keep(key, views, FuseRepeat, job.streams, rules, joint)
    return [*results, valid], len(results)


def _separate_outputs(
    call: Call, job: Job, plan: _Plan, joint: str, dtype: Any, out: Any
) -> list[Any]:
    """One output per stream, set in the structs."""
    given = [None] * len(job.streams) if out is None else list(out)
    if len(given) != len(job.streams):
        raise InvalidArgumentError(
            f"out: expected a list of {len(job.streams)} arrays, one per stream; got {len(given)}"
        )
    results = []
    for index, one in enumerate(plan.bound):
        name = f"out[{index}]"
        if one is None:
            shape = (*plan.lead, job.streams[index].width)
            result, view = call.output(given[index], name, shape, joint)
        else:
            result, view = call.output(
                given[index],
                name,
                one.result.shape,
                result_dtype(one.result, dtype),
                one.result.scalar,
            )
        plan.structs[index].output = view.pointer
        results.append(result)
    return results


def backward(job: Job, gradients: Sequence[Any], wanted: Sequence[bool]) -> list[Any]:
    """Gradients of the values of the streams that want one; None for the others."""
    with start("fuse_backward", job.place, *job.anchor()) as call:
        plan = _plan(call, job)
        joint = ffi.NULL
        if job.separate:
            for index, (gradient, one) in enumerate(zip(gradients, plan.bound, strict=True)):
                view = call.read(gradient, f"grad_output[{index}]")
                if one is not None and one.result.scalar:
                    view.append_axis()
                plan.structs[index].output = view.pointer
        else:
            joint = call.read(gradients[0], "grad_output").pointer
        results: list[Any] = []
        for index, one in enumerate(plan.bound):
            result = None
            if one is not None and wanted[index]:
                result, view = call.output(
                    None, f"grad_values[{index}]", one.given, one.result.dtype, one.result.scalar
                )
                plan.structs[index].grad_values = view.pointer
            results.append(result)
        call.check(
            call.lib.rc_fuse_backward(
                call.context.handle,
                joint,
                plan.pointers,
                len(job.streams),
                plan.target.pointer,
                plan.options,
            )
        )
    return results
