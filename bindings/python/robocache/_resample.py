# SPDX-License-Identifier: Apache-2.0
"""Values of a trajectory at other times."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, NamedTuple

from robocache import _autograd
from robocache._arrays import View
from robocache._bind import Bound, Layout, bind, result_dtype
from robocache._call import Call, Place, anchor, start
from robocache._dtypes import dtype_name
from robocache._library import ffi
from robocache._options import ClockMap, Duration, Mode, Rules, Window, rule_maker
from robocache._repeat import ResampleRepeat, of_thread, signature
from robocache.context import Context


class Resampled(NamedTuple):
    """Values and what is known of each; B, T as in the shape of the values."""

    values: Any
    """[B,T,D], or as `resample` says."""
    valid: Any
    """bool [B,T]: no channel was filled or is NaN."""
    reason: Any
    """uint8 [B,T]: bits of `Reason`."""
    source_index: Any
    """int64 [B,T]: the sample that was read, the earlier one of a bracket; -1 where filled."""
    age: Any
    """int64 ticks or float64 seconds [B,T]: target time less that of the newest sample by then."""


class Indexed(NamedTuple):
    """Which samples a target reads: ``(1 - weight) * x[source_index] + weight * x[next_index]``."""

    source_index: Any
    """int64 [B,T]; -1 where the target is filled."""
    next_index: Any
    """int64 [B,T]; equal to `source_index` where one sample is read."""
    weight: Any
    """float [B,T]: weight of `next_index`."""
    valid: Any
    """bool [B,T]."""


def resample(
    values: Any,
    source_times: Any,
    target_times: Any,
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
    offsets: Any = None,
    lengths: Any = None,
    target_offsets: Any = None,
    sequence_ids: Any = None,
    dtype: Any = None,
    out: Any = None,
    quality: bool = False,
    validate: bool = True,
    backend: str = "auto",
    context: Context | None = None,
    stream: Any = None,
) -> Any:
    """Resamples trajectories to other times.

    Letters of shapes: E sequences that are stored, B rows of the result (the length of
    `sequence_ids`, else E), S samples per sequence, N samples of all sequences one behind the
    other, T targets per row, M targets of all rows, D channels.

    Parameters
    ----------
    values : array
        [E,S,D]; or [S,D], one sequence; or [N,D] with `offsets`; or without D, the shape of
        `source_times`: one channel. float16, bfloat16, float32, float64, uint8, int8, int16, int32
        or bool; NumPy, PyTorch, CuPy, JAX, or anything with DLPack or
        ``__cuda_array_interface__``. Never copied.
    source_times : array or list
        [E,S]; or [S], shared by all sequences; or [N] with `offsets`. int64 ticks (nanoseconds are
        usual), datetime64, or float64 or float32 seconds. Not decreasing (see `order`), finite.
        datetime64[ns] is read in place, other units are converted exactly or refused.
    target_times : array or list
        [B,T]; or [T], shared by all rows; or [M] with `target_offsets`. Of the same type; in any
        order, sorted is fastest.
    mode : str or list of Channels
        "linear", "previous", "next", "nearest", "pchip", "slerp", "angle"; or, over a `window`,
        "mean", "sum", "min", "max", "last". A list names a mode per group of channels; channels
        that it leaves out are linear.
    outside : {"hold", "fill", "extrapolate"}
        What targets before the first or after the last sample receive.
    fill_value : float
        What targets without a value receive.
    max_gap : int, float or timedelta, optional
        Widest gap to bridge, and greatest distance to hold over; None is any. int ticks for int64
        times, seconds for float times.
    order : {"check", "sort", "drop"}
        Source times that step backward: refuse them, sort the samples (stable), leave them out.
    duplicates : {"last", "first", "mean"}
        Which of several samples with equal times counts.
    skip_nan : bool
        Treat each channel as if it had only its finite samples: NaN and Inf are passed over.
    window : span or (before, after), optional
        Required by the aggregates: samples with ``t - before < time <= t + after``. One span
        reaches back. Units as of `max_gap`.
    clock : ClockMap, optional
        Maps source times onto the target's clock.
    offsets : int64 [E+1], optional
        Sequences are packed: sequence e holds samples offsets[e] to offsets[e+1]-1.
    lengths : int64 [E], optional
        Samples that count in each sequence of [E,S,D].
    target_offsets : int64 [B+1], optional
        Targets are packed: row b has targets target_offsets[b] to target_offsets[b+1]-1.
    sequence_ids : int64 [B], optional
        The sequence that each row reads.
    dtype : optional
        Type of the result: float16, bfloat16, float32, float64, or the values' own. Default: the
        values' own if it is a float, or if every mode gives samples as they are; else float32.
    out : array, optional
        Written and returned. Its strides define its layout.
    quality : bool
        Return `Resampled` instead of the values alone.
    validate : bool
        False trusts times, offsets, lengths, ids and quaternions.
    backend : {"auto", "cpu", "cuda"}
        "auto" follows the device of `values`; another one is an error, never a copy.
    context : Context, optional
        Default: one per thread and device.
    stream : int or stream, optional
        CUDA: the stream to enqueue on. Default: the current stream of PyTorch or CuPy when
        `values` are theirs, else the context's.

    Returns
    -------
    array or Resampled
        [B,T,D]; [M,D] for packed targets; [T,D] where neither values nor targets have rows and
        there are no `sequence_ids`; without D where `values` are. Of the kind and on the device of
        `values`. Of JAX values too, indices and ages have 64 bits; unless ``jax_enable_x64`` is
        on, JAX makes 32 of them when it computes with them.

    Raises
    ------
    InvalidArgumentError, TypeError
        An argument breaks a rule above.
    InvalidDataError
        Times step backward or are not finite; offsets, lengths or ids out of range; a quaternion
        of length zero. On CUDA `Context.synchronize` raises it.
    UnsupportedDtypeError, UnsupportedLayoutError, DeviceMismatchError, OutOfMemoryError

    Notes
    -----
    PyTorch: a float tensor that requires a gradient gives a result that carries it, once
    differentiable, with respect to `values`.

    CUDA: the call is enqueued and does not wait, unless an array comes from neither PyTorch nor
    CuPy, or CuPy's current stream is not the call's: then memory could be handed out again too
    early, and the call waits. On a `stream` that is not current, order later use of the result
    yourself.

    Threads: any; a context serves one call at a time. The interpreter lock is released meanwhile.

    Examples
    --------
    >>> import numpy as np, robocache as rc
    >>> rc.resample(np.array([0.0, 10.0]), [0, 100], [0, 25, 100])
    array([ 0. ,  2.5, 10. ])
    """
    key = None
    if not (
        quality
        or offsets is not None
        or lengths is not None
        or target_offsets is not None
        or sequence_ids is not None
        or window is not None
        or clock is not None
        or stream is not None
    ):
        key = signature(
            values,
            source_times,
            target_times,
            out,
            (
                tuple(mode) if type(mode) is list else mode,
                outside,
                max_gap,
                type(max_gap),
                order,
                duplicates,
                skip_nan,
                dtype,
                validate,
                backend,
            ),
            fill_value,
        )
        repeat = of_thread.repeats.find(key, context)
        if repeat is not None:
            return repeat.run(context, (values, source_times, target_times, out))
    job = Job(
        rule_maker(
            mode,
            outside,
            fill_value,
            max_gap,
            order,
            duplicates,
            skip_nan,
            window,
            clock,
            validate,
        ),
        Layout(offsets, lengths, sequence_ids),
        source_times,
        target_times,
        target_offsets,
        Place(backend, context, stream),
    )
    if _autograd.wanted(values):
        results: Sequence[Any] = _autograd.run(
            lambda given: (forward(job, given[0], dtype, None, quality), 1),
            lambda gradients, given, _: [backward(job, gradients[0], given[0], None, None)],
            [values],
            out,
            {"source_times": source_times, "target_times": target_times},
        )
    else:
        results = forward(job, values, dtype, out, quality, key)
    return Resampled(*results) if quality else results[0]


def resample_index(
    source_times: Any,
    target_times: Any,
    *,
    mode: str = "linear",
    outside: str = "hold",
    max_gap: Duration | None = None,
    order: str = "check",
    duplicates: str = "last",
    window: Window = None,
    clock: ClockMap | None = None,
    offsets: Any = None,
    lengths: Any = None,
    target_offsets: Any = None,
    sequence_ids: Any = None,
    dtype: Any = "float32",
    validate: bool = True,
    backend: str = "auto",
    context: Context | None = None,
    stream: Any = None,
) -> Indexed:
    """Tells which samples each target reads, to gather images or video frames elsewhere.

    Parameters
    ----------
    dtype : {"float32", "float64"}
        Type of the weights.

    Others as in `resample`; the results are of the kind and on the device of `source_times`.

    Returns
    -------
    Indexed
        Arrays [B,T]; [M] for packed targets; [T] where neither times have rows and there are no
        `sequence_ids`. Indices count along the sample axis: within the sequence of [E,S], within N
        of packed times.

    Raises
    ------
    As `resample`.

    Examples
    --------
    >>> import robocache as rc
    >>> rc.resample_index([0, 100], [25, 100]).source_index
    array([0, 1])
    """
    job = Job(
        rule_maker(mode, outside, 0.0, max_gap, order, duplicates, False, window, clock, validate),
        Layout(offsets, lengths, sequence_ids),
        source_times,
        target_times,
        target_offsets,
        Place(backend, context, stream),
    )
    name, array = anchor(source_times=source_times, target_times=target_times)
    with start("resample_index", job.place, name, array) as call:
        bound, target = _bind(call, job, None)
        types = {"source_index": "int64", "next_index": "int64", "weight": dtype_name(dtype)}
        results = _details(call, bound, types | {"valid": "bool"})
        _run(call, bound, target, ffi.NULL)
    return Indexed(*results)


def resample_backward(
    grad_output: Any,
    values: Any,
    source_times: Any,
    target_times: Any,
    *,
    mode: Mode = "linear",
    outside: str = "hold",
    max_gap: Duration | None = None,
    order: str = "check",
    duplicates: str = "last",
    skip_nan: bool = False,
    window: Window = None,
    clock: ClockMap | None = None,
    offsets: Any = None,
    lengths: Any = None,
    target_offsets: Any = None,
    sequence_ids: Any = None,
    dtype: Any = None,
    out: Any = None,
    validate: bool = True,
    backend: str = "auto",
    context: Context | None = None,
    stream: Any = None,
) -> Any:
    """Gives the gradient of `resample` with respect to the values.

    PyTorch tensors that require a gradient need no call of this; it serves other frameworks.

    Parameters
    ----------
    grad_output : array
        Gradient of the result of `resample`: of its shape, of a float type.
    values : array
        As in `resample`, of a float type.
    dtype : optional
        Type of the gradient, a float; default: that of `values`.
    out : array, optional
        Written and returned; the shape of `values`.

    Others as in `resample`, with the same arguments.

    Returns
    -------
    array
        The shape of `values`; zero where no target reads a sample. Equal inputs give equal bits.

    Raises
    ------
    As `resample`.
    """
    job = Job(
        rule_maker(
            mode, outside, 0.0, max_gap, order, duplicates, skip_nan, window, clock, validate
        ),
        Layout(offsets, lengths, sequence_ids),
        source_times,
        target_times,
        target_offsets,
        Place(backend, context, stream),
    )
    return backward(job, grad_output, values, dtype, out)


class Job(NamedTuple):
    """Everything of a call but its values and its results."""

    make_rules: Callable[[bool], Rules]
    layout: Layout
    source_times: Any
    target_times: Any
    target_offsets: Any
    place: Place


def forward(
    job: Job, values: Any, dtype: Any, out: Any, quality: bool, key: Hashable = None
) -> list[Any]:
    """The values, and what `Resampled` has beside them where `quality` asks for it. `key`: of calls
    like this one, if it has one."""
    with start("resample", job.place, "values", _given(values)) as call:
        bound, target = _bind(call, job, values)
        dtype = result_dtype(bound.result, dtype)
        result, view = call.output(out, "out", bound.result.shape, dtype, bound.result.scalar)
        results = [result]
        if quality:
            age = "int64" if target.dtype == "int64" else "float64"
            types = {"valid": "bool", "reason": "uint8", "source_index": "int64", "age": age}
            results += _details(call, bound, types)
        _run(call, bound, target, view.pointer)
        if key is not None:
            arrays = values, job.source_times, job.target_times, result
            rules = job.make_rules(target.dtype == "int64")
            views, shape = call.views(arrays), bound.result.shape
            of_thread.repeats.keep(key, views, ResampleRepeat, rules, shape, dtype)
    return results


def backward(job: Job, grad_output: Any, values: Any, dtype: Any, out: Any) -> Any:
    with start("resample_backward", job.place, "values", _given(values)) as call:
        bound, target = _bind(call, job, values)
        gradient = call.read(grad_output, "grad_output")
        if bound.result.scalar:
            gradient.append_axis()
        result, view = call.output(
            out, "out", bound.given, result_dtype(bound.result, dtype), bound.result.scalar
        )
        call.check(
            call.lib.rc_resample_backward(
                call.context.handle,
                gradient.pointer,
                bound.values,
                bound.source_times,
                target.pointer,
                bound.options,
                view.pointer,
            )
        )
    return result


def _given(values: Any) -> Any:
    if values is None:
        raise TypeError("values: expected an array; got None")
    return values


def _bind(call: Call, job: Job, values: Any) -> tuple[Bound, View]:
    """The one stream of a job, and the target times."""
    listed = call.time_type(job.source_times, job.target_times)
    source = call.read_listed(job.source_times, "source_times", listed)
    target = call.read_listed(job.target_times, "target_times", listed)
    packed_targets = job.target_offsets is not None
    bound = bind(call, values, source, target, job.make_rules, job.layout, packed_targets)
    if packed_targets:
        packed = call.read_integers(job.target_offsets, "target_offsets")
        bound.options.target_offsets = packed.pointer
    return bound, target


def _details(call: Call, bound: Bound, types: Mapping[str, str]) -> list[Any]:
    """New arrays of one element per target, set as outputs of the options."""
    arrays = []
    for name, dtype in types.items():
        array, view = call.output(None, name, bound.result.lead, dtype)
        setattr(bound.options, name, view.pointer)
        arrays.append(array)
    return arrays


def _run(call: Call, bound: Bound, target: View, output: Any) -> None:
    call.check(
        call.lib.rc_resample(
            call.context.handle,
            bound.values,
            bound.source_times,
            target.pointer,
            bound.options,
            output,
        )
    )
