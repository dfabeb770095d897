# SPDX-License-Identifier: Apache-2.0
"""Contexts: where work runs. Explicit ones, and one per thread and device for calls without."""

from __future__ import annotations

import logging
import multiprocessing
import os
import threading
import weakref
from collections.abc import Callable
from types import TracebackType
from typing import Any, NamedTuple

from robocache._library import HEADER, enumerators, ffi, load, raise_status
from robocache.errors import InvalidArgumentError

logger = logging.getLogger("robocache")

Device = tuple[int, int]
"""Device type and index, numbered as DLPack does: (1, 0) is the CPU, (2, 1) is cuda:1."""

CPU: Device = (HEADER.RC_DEVICE_CPU, 0)
CUDA_TYPE: int = HEADER.RC_DEVICE_CUDA

OPERATIONS = enumerators("rc_op", "RC_OP_")
_LEVELS = enumerators("rc_simd_level", "RC_SIMD_")


class OperationMetrics(NamedTuple):
    """What one operation of a context did since metrics were enabled or reset."""

    calls: int
    """Calls that succeeded."""
    items: int
    """Target times served."""
    bytes: int
    """Bytes of inputs and outputs, each counted once."""
    total_ns: int
    """Nanoseconds over all calls: wall time on the CPU, device time on CUDA."""
    min_ns: int
    max_ns: int


def device_name(device: Device) -> str:
    """ "cpu" or "cuda:1"."""
    return f"cuda:{device[1]}" if device[0] == CUDA_TYPE else "cpu"


def parse_device(text: Any) -> Device:
    """Device type and index of "auto", "cpu", "cuda" or "cuda:1".

    Raises
    ------
    InvalidArgumentError
        It is none of them.
    """
    if text == "auto":
        return HEADER.RC_DEVICE_AUTO, 0
    if text == "cpu":
        return CPU
    if text == "cuda":
        return CUDA_TYPE, 0
    if isinstance(text, str) and text.startswith("cuda:") and text[5:].isdecimal():
        return CUDA_TYPE, int(text[5:])
    raise InvalidArgumentError(
        f"device: expected 'auto', 'cpu', 'cuda' or 'cuda:<index>'; got {text!r}"
    )


def stream_handle(stream: Any) -> int:
    """Number of a CUDA stream: an int, or a stream of PyTorch, CuPy or ``__cuda_stream__``."""
    if hasattr(stream, "__cuda_stream__"):
        return int(stream.__cuda_stream__()[1])
    for attribute in ("cuda_stream", "ptr"):
        if hasattr(stream, attribute):
            return int(getattr(stream, attribute))
    if isinstance(stream, int) and not isinstance(stream, bool) and stream >= 0:
        return stream
    raise TypeError(
        f"stream: expected an int handle or a stream of PyTorch or CuPy; got {stream!r}"
    )


@ffi.callback("void(void*, int32_t, const char*)")  # type: ignore[untyped-decorator]
def _log(_cookie: Any, level: int, message: Any) -> None:
    logger.log(level, "%s", ffi.string(message).decode("utf-8", "replace"))


Allocator = tuple[Callable[[int, int, int], int], Callable[[int, int, int], object]]
"""``allocate(size, alignment, stream)`` gives the address of so many bytes of the context's device,
0 for out of memory; ``deallocate(address, size, stream)`` takes it back, in the stream's order."""


def _torch_allocator(device: Device) -> Allocator:
    """The caching allocator of PyTorch; its blocks are aligned to 512 bytes."""
    if device[0] != CUDA_TYPE:
        raise InvalidArgumentError(
            "allocator: expected None unless device is 'cuda' or 'cuda:<index>'; got 'torch'"
        )
    import torch

    def allocate(size: int, _alignment: int, stream: int) -> int:
        address: int = torch.cuda.caching_allocator_alloc(size, device[1], stream)
        return address

    def deallocate(address: int, _size: int, _stream: int) -> None:
        torch.cuda.caching_allocator_delete(address)

    return allocate, deallocate


def _callbacks(allocator: Allocator) -> tuple[Any, Any]:
    """C callbacks of an allocator. What it raises is logged and means out of memory."""
    take, give_back = allocator

    def failed(_kind: Any, error: Any, _trace: Any) -> None:
        logger.warning("allocator: %s: %s", type(error).__name__, error)

    @ffi.callback("rc_allocate_callback", error=ffi.NULL, onerror=failed)  # type: ignore[untyped-decorator]
    def allocate(_cookie: Any, size: int, alignment: int, stream: Any) -> Any:
        return ffi.cast("void*", take(size, alignment, int(ffi.cast("uintptr_t", stream))))

    @ffi.callback("rc_deallocate_callback", onerror=failed)  # type: ignore[untyped-decorator]
    def deallocate(_cookie: Any, pointer: Any, size: int, stream: Any) -> None:
        address, handle = (int(ffi.cast("uintptr_t", one)) for one in (pointer, stream))
        give_back(address, size, handle)

    return allocate, deallocate


class Context:
    """Where work runs: a device, a stream, threads, memory, metrics.

    Calls without a context use one per thread and device that the package keeps.

    Parameters
    ----------
    device
        "cpu", "cuda", which is "cuda:0" whichever device is current, "cuda:1", or "auto": the first
        CUDA device that works, else the CPU.
    threads
        CPU threads, the caller's among them: 0 as many as the process may use cores, 1 the
        caller's alone.
    workspace_limit
        Most bytes of workspace that one call may take; None is no limit.
    stream
        CUDA: the stream of the calls; an int handle or a stream of PyTorch or CuPy. None follows
        the framework's current stream.
    simd
        Highest instruction set of the CPU kernels: "auto", "baseline", on x86-64 "avx2" or
        "avx512", on AArch64 "neon". All give equal bits.
    allocator
        Where workspace comes from. None: CUDA's stream-ordered pool, or the heap. "torch":
        PyTorch's caching allocator, on CUDA, so that both share one pool. Or two functions:
        ``allocate(size, alignment, stream)`` gives an address, or 0 for out of memory;
        ``deallocate(address, size, stream)`` takes it back.

    Raises
    ------
    InvalidArgumentError
        A value out of range; a stream, or "torch", without a CUDA device.
    BackendUnavailableError
        A CUDA device was asked for and cannot be used; the message says why.

    Notes
    -----
    Threads: a context serves one thread at a time; calls from several threads wait for each other.
    A forked child may make contexts, and may go on with a CPU context of the thread that forked.
    """

    def __init__(
        self,
        device: str = "auto",
        threads: int = 0,
        workspace_limit: int | None = None,
        *,
        stream: Any = None,
        simd: str = "auto",
        allocator: str | Allocator | None = None,
    ) -> None:
        if workspace_limit is not None and workspace_limit <= 0:
            raise InvalidArgumentError(
                f"workspace_limit: expected bytes above 0, or None; got {workspace_limit}"
            )
        if simd not in _LEVELS:
            raise InvalidArgumentError(f"simd: expected one of {', '.join(_LEVELS)}; got {simd!r}")
        self._lib = lib = load()
        options = ffi.new("rc_context_options*")
        options.struct_size = ffi.sizeof("rc_context_options")
        options.device_type, options.device_id = parse_device(device)
        options.threads = threads
        options.simd_level = _LEVELS[simd]
        options.workspace_limit = workspace_limit or 0
        options.log = _log
        options.log_level = max(logger.getEffectiveLevel(), HEADER.RC_LOG_DEBUG)
        self.follows_stream = stream is None
        self._stream = 0 if stream is None else stream_handle(stream)
        options.stream = ffi.cast("void*", self._stream)
        callbacks = None
        if allocator is not None:
            if allocator == "torch":
                allocator = _torch_allocator((options.device_type, options.device_id))
            if isinstance(allocator, str):
                raise InvalidArgumentError(
                    f"allocator: expected 'torch' or two functions; got {allocator!r}"
                )
            callbacks = options.allocate, options.deallocate = _callbacks(allocator)

        out = ffi.new("rc_context**")
        status = lib.rc_context_create(options, out)
        if status:
            raise_status(lib, status)
        self.handle = out[0]
        self._finalizer = weakref.finalize(self, _destroy, lib, self.handle, os.getpid(), callbacks)
        self._finalizer.atexit = False
        self.lock = threading.RLock()
        found = ffi.new("rc_device*")
        reason = ffi.new("char**")
        self._check(lib.rc_context_device(self.handle, found, reason))
        self.device_id: Device = (found.device_type, found.device_id)
        self._reason: str = ffi.string(reason[0]).decode("utf-8", "replace")
        with _alive_lock:
            _alive.add(self)

    def __repr__(self) -> str:
        state = "closed" if self.closed else self.device
        return f"<robocache.Context {state}>"

    def __enter__(self) -> Context:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _check(self, status: int) -> None:
        if status:
            raise_status(self._lib, status)

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return not self._finalizer.alive

    @property
    def device(self) -> str:
        """The device: "cpu" or "cuda:0"."""
        return device_name(self.device_id)

    @property
    def reason(self) -> str:
        """One sentence on why it is this device."""
        return self._reason

    def close(self) -> None:
        """Ends the context; twice is once. Work on its stream may finish afterwards."""
        with self.lock:
            self._finalizer()
            self.handle = ffi.NULL

    def set_stream(self, stream: Any) -> None:
        """Chooses the stream of the calls that follow.

        Parameters
        ----------
        stream
            An int handle or a stream of PyTorch or CuPy; None follows the framework's current
            stream again. It must outlive its use.

        Raises
        ------
        InvalidArgumentError
            A stream on a CPU context.
        """
        with self.lock:
            self.follows_stream = stream is None
            self.use_stream(0 if stream is None else stream_handle(stream))

    def use_stream(self, handle: int) -> None:
        """Puts the next call on a stream, if it is not there already; for the package."""
        if handle != self._stream:
            self._check(self._lib.rc_context_set_stream(self.handle, ffi.cast("void*", handle)))
            self._stream = handle

    @property
    def stream(self) -> int:
        """Handle of the stream that the last call used; 0 is CUDA's default stream."""
        return self._stream

    def synchronize(self) -> None:
        """Waits for the context's stream, then reports faults in data that the device has seen.

        Raises
        ------
        InvalidDataError
            The first fault since `clear_error`: operation, argument, row and index.
        CudaError
            An error of CUDA's own.
        """
        with self.lock:
            self._check(self._lib.rc_context_synchronize(self.handle))

    def clear_error(self) -> None:
        """Forgets the fault that `synchronize` reports."""
        with self.lock:
            self._check(self._lib.rc_context_clear_error(self.handle))

    def enable_metrics(self, enabled: bool = True) -> None:
        """Turns measuring on, from zero, or off. It is off at first, and free then."""
        with self.lock:
            self._check(self._lib.rc_context_enable_metrics(self.handle, int(enabled)))

    def reset_metrics(self) -> None:
        """Starts counting from zero."""
        with self.lock:
            self._check(self._lib.rc_context_reset_metrics(self.handle))

    def metrics(self) -> dict[str, OperationMetrics]:
        """What was measured, per operation; all zero when metrics are off.

        On CUDA it waits for the calls that were measured.
        """
        measured = {}
        struct = ffi.new("rc_op_metrics*")
        with self.lock:
            for name, number in OPERATIONS.items():
                struct.struct_size = ffi.sizeof("rc_op_metrics")
                self._check(self._lib.rc_context_metrics(self.handle, number, struct))
                fields = (getattr(struct, field) for field in OperationMetrics._fields)
                measured[name] = OperationMetrics(*fields)
        return measured


def _destroy(lib: Any, handle: Any, owner: int, _callbacks: Any) -> None:
    """Ends a context, which may call its callbacks until then."""
    # A child that was forked has a copy of the handle but none of its worker threads.
    if os.getpid() == owner:
        lib.rc_context_destroy(handle)


_alive: weakref.WeakSet[Context] = weakref.WeakSet()
_alive_lock = threading.Lock()
_measure_defaults = False


class _Defaults(threading.local):
    """The default contexts of a thread."""

    def __init__(self) -> None:
        self.contexts: dict[Device, Context] = {}


_defaults = _Defaults()


def default_context(device: Device) -> Context:
    """This thread's context for a device, made at the first call.

    In a worker process of multiprocessing (a PyTorch DataLoader worker) it uses one thread, because
    the workers already share the cores among themselves.
    """
    contexts = _defaults.contexts
    context = contexts.get(device)
    if context is None:
        threads = 1 if multiprocessing.parent_process() is not None else 0
        context = Context(device_name(device), threads)
        if _measure_defaults:
            context.enable_metrics()
        contexts[device] = context
        logger.info(
            "default context of thread %s: %s", threading.current_thread().name, context.reason
        )
    return context


def enable_metrics(enabled: bool = True) -> None:
    """Turns measuring on or off for all contexts there are and for default ones made later.

    Parameters
    ----------
    enabled
        On, from zero; it costs two clock reads a call on the CPU, two events a call on CUDA. Off
        costs nothing.
    """
    global _measure_defaults
    _measure_defaults = enabled
    for context in live_contexts():
        context.enable_metrics(enabled)


def live_contexts() -> list[Context]:
    """The contexts of this process that are not closed."""
    with _alive_lock:
        return [context for context in _alive if not context.closed]


def _after_fork_in_child() -> None:
    """Lets the child make default contexts of its own, and frees locks that other threads held."""
    global _defaults, _alive_lock
    _defaults = _Defaults()
    _alive_lock = threading.Lock()
    for context in live_contexts():
        context.lock = threading.RLock()


os.register_at_fork(after_in_child=_after_fork_in_child)
