// SPDX-License-Identifier: Apache-2.0
//! Where work runs.

use std::cell::Cell;
use std::ffi::{CStr, c_void};
use std::fmt;
use std::ptr::{self, NonNull};

use robocache_sys::{self as sys, rc_context, rc_context_options, rc_status};

use crate::context_options::{ContextOptions, Kept};
use crate::device::Device;
use crate::error::{Error, ErrorCode, Result, check};
use crate::metrics::{Metrics, Operation};
use crate::version::check_version;

/// Where work runs: a device, a stream, threads, memory, metrics. All operations are its methods.
///
/// Reusing a context is a matter of speed and never changes a result.
///
/// # Threads
///
/// A context may move to another thread (it is [`Send`]) and is used by one thread at a time (it is
/// not [`Sync`]); make one per thread. On the CPU it has worker threads of its own.
///
/// # CUDA
///
/// On a CUDA context every operation is enqueued on the context's stream and returns at once:
/// results are there once the stream has passed them, as [`synchronize`](Self::synchronize) waits
/// for. Faults in data (times that step backward, bad offsets) are then returned by `synchronize`,
/// not by the operation. Operations may be captured into a CUDA graph, which the context must
/// outlive.
///
/// ```
/// use robocache::Context;
///
/// let context = Context::new()?;
/// println!("{}", context.reason());
/// # Ok::<(), robocache::Error>(())
/// ```
///
/// ```compile_fail
/// fn shared(_: impl Sync) {}
/// shared(robocache::Context::cpu().unwrap());
/// ```
pub struct Context {
    raw: NonNull<rc_context>,
    device: Device,
    /// Whether a call is under way: a callback must not start another one.
    busy: Cell<bool>,
    /// Kept for the library, which calls them until the context has ended.
    _kept: Kept,
}

// SAFETY: the library ties a context to no thread, and all that is kept is Send. `Cell` makes it
// !Sync.
unsafe impl Send for Context {}

impl Context {
    /// A context of the default options: the first CUDA device that works, which takes tensors in
    /// its memory, else the CPU.
    ///
    /// # Errors
    ///
    /// As [`ContextOptions::build`].
    pub fn new() -> Result<Self> {
        ContextOptions::new().build()
    }

    /// A context on the processor, with all its cores: for tensors in ordinary memory.
    ///
    /// # Errors
    ///
    /// As [`ContextOptions::build`].
    pub fn cpu() -> Result<Self> {
        ContextOptions::new().device(Device::Cpu).build()
    }

    pub(crate) fn create(options: &rc_context_options, kept: Kept) -> Result<Self> {
        check_version()?;
        let mut raw = ptr::null_mut();
        // SAFETY: both are there for the call; what is kept lives as long as the context.
        check(unsafe { sys::rc_context_create(options, &mut raw) })?;
        let Some(raw) = NonNull::new(raw) else {
            return Err(Error::new(ErrorCode::Internal, "rc_context_create: gave no context"));
        };
        let mut context = Self { raw, device: Device::Cpu, busy: Cell::new(false), _kept: kept };
        context.device = context.find_device()?;
        Ok(context)
    }

    fn find_device(&self) -> Result<Device> {
        let mut device = Device::Cpu.raw();
        // SAFETY: the context is alive and `device` is there for the call.
        self.call(|context| unsafe {
            sys::rc_context_device(context, &mut device, ptr::null_mut())
        })?;
        Ok(Device::of_context(device))
    }

    /// Calls the library with this context.
    pub(crate) fn call(&self, function: impl FnOnce(*mut rc_context) -> rc_status) -> Result<()> {
        if self.busy.replace(true) {
            let message = "context: used inside one of its own callbacks";
            return Err(Error::new(ErrorCode::InvalidArgument, message));
        }
        let status = function(self.raw.as_ptr());
        self.busy.set(false);
        check(status)
    }

    /// As `call`, of a function that tells a number of bytes.
    pub(crate) fn size(
        &self,
        function: impl FnOnce(*mut rc_context, &mut u64) -> rc_status,
    ) -> Result<u64> {
        let mut size = 0;
        self.call(|context| function(context, &mut size))?;
        Ok(size)
    }

    /// The device: [`Device::Cpu`] or [`Device::Cuda`].
    pub fn device(&self) -> Device {
        self.device
    }

    /// One sentence on why it is this device.
    pub fn reason(&self) -> &str {
        let mut reason = ptr::null();
        // SAFETY: the context is alive, and owns the text for as long.
        let status =
            unsafe { sys::rc_context_device(self.raw.as_ptr(), ptr::null_mut(), &mut reason) };
        if !status.is_success() || reason.is_null() {
            return "";
        }
        // SAFETY: as above.
        unsafe { CStr::from_ptr(reason) }.to_str().unwrap_or_default()
    }

    /// Chooses the stream of the calls that follow; NULL is the default stream. Work that was
    /// enqueued stays on its stream; the context orders its own state, not the caller's data,
    /// between the two.
    ///
    /// # Safety
    ///
    /// On CUDA `stream` is a `cudaStream_t` or `CUstream` of the context's device, and lives until
    /// the context has another one or is dropped.
    ///
    /// # Errors
    ///
    /// [`InvalidArgument`](ErrorCode::InvalidArgument): a stream on a CPU context.
    /// [`Cuda`](ErrorCode::Cuda).
    pub unsafe fn set_stream(&self, stream: *mut c_void) -> Result<()> {
        // SAFETY: the context is alive; the stream is the caller's promise.
        self.call(|context| unsafe { sys::rc_context_set_stream(context, stream) })
    }

    /// Waits for the context's stream, then reports faults in data that the device has seen. The
    /// first fault is returned by every later call until [`clear_error`](Self::clear_error). On the
    /// CPU there is nothing to wait for, and faults are returned by the operation that meets them.
    ///
    /// # Errors
    ///
    /// [`InvalidData`](ErrorCode::InvalidData): the message names operation, argument, row and
    /// index. [`Cuda`](ErrorCode::Cuda): an error of CUDA's own, of this or of earlier work.
    pub fn synchronize(&self) -> Result<()> {
        // SAFETY: the context is alive.
        self.call(|context| unsafe { sys::rc_context_synchronize(context) })
    }

    /// Forgets the fault that [`synchronize`](Self::synchronize) reports, in stream order.
    ///
    /// # Errors
    ///
    /// [`Cuda`](ErrorCode::Cuda).
    pub fn clear_error(&self) -> Result<()> {
        // SAFETY: the context is alive.
        self.call(|context| unsafe { sys::rc_context_clear_error(context) })
    }

    /// Turns measuring on, from zero, or off. Off costs nothing; on costs two clock reads a call on
    /// the CPU and two events a call on CUDA.
    ///
    /// # Errors
    ///
    /// None that is known today.
    pub fn enable_metrics(&self, enabled: bool) -> Result<()> {
        // SAFETY: the context is alive.
        self.call(|context| unsafe { sys::rc_context_enable_metrics(context, enabled.into()) })
    }

    /// What one operation did since metrics were turned on or reset; all zero when they are off. On
    /// CUDA it waits for the calls that were measured.
    ///
    /// ```
    /// use robocache::{ContextOptions, Device, Operation};
    ///
    /// let context = ContextOptions::new().device(Device::Cpu).metrics().build()?;
    /// assert_eq!(context.metrics(Operation::Fuse)?.calls, 0);
    /// # Ok::<(), robocache::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Cuda`](ErrorCode::Cuda).
    pub fn metrics(&self, operation: Operation) -> Result<Metrics> {
        let mut raw = sys::rc_op_metrics::INIT;
        // SAFETY: the context is alive; `raw` has its size set and is there for the call.
        self.call(|context| unsafe {
            sys::rc_context_metrics(context, operation as i32, &mut raw)
        })?;
        Ok(Metrics::from_raw(&raw))
    }

    /// Starts measuring from zero.
    ///
    /// # Errors
    ///
    /// None that is known today.
    pub fn reset_metrics(&self) -> Result<()> {
        // SAFETY: the context is alive.
        self.call(|context| unsafe { sys::rc_context_reset_metrics(context) })
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: the context is alive and not used again. The call never fails.
        let _ = unsafe { sys::rc_context_destroy(self.raw.as_ptr()) };
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Context").field("device", &self.device).finish_non_exhaustive()
    }
}
