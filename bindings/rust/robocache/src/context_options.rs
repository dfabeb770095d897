// SPDX-License-Identifier: Apache-2.0
//! How to make a context.

use std::ffi::{CStr, c_char, c_void};
use std::fmt;
use std::ptr::NonNull;

use robocache_sys::{self as sys, rc_context_flag, rc_log_level, rc_simd_level};

use crate::context::Context;
use crate::device::Device;
use crate::error::Result;

/// Highest instruction set that the kernels of the CPU may use. All give equal bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u32)]
#[non_exhaustive]
pub enum SimdLevel {
    /// The best that the processor has.
    #[default]
    Auto = rc_simd_level::RC_SIMD_AUTO.0,
    /// What every processor of the architecture has; on AArch64 plain loops, to compare with.
    Baseline = rc_simd_level::RC_SIMD_BASELINE.0,
    /// x86-64 with AVX2, FMA and F16C.
    Avx2 = rc_simd_level::RC_SIMD_AVX2.0,
    /// x86-64 with AVX-512 F, BW, DQ and VL.
    Avx512 = rc_simd_level::RC_SIMD_AVX512.0,
    /// AArch64 with NEON (Advanced SIMD).
    Neon = rc_simd_level::RC_SIMD_NEON.0,
}

/// How much a line of the log matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u32)]
pub enum LogLevel {
    /// For whoever looks for a defect.
    Debug = rc_log_level::RC_LOG_DEBUG.0,
    /// What was chosen, and why.
    Info = rc_log_level::RC_LOG_INFO.0,
    /// Something that may not be as it was meant.
    Warning = rc_log_level::RC_LOG_WARNING.0,
    /// Something that failed.
    Error = rc_log_level::RC_LOG_ERROR.0,
}

/// Where the workspace of a context comes from.
///
/// It is called by the thread that calls the library, and must not use the context. A panic in it
/// ends the process.
///
/// # Safety
///
/// What `allocate` returns is NULL or `size` bytes of the memory of the context's device, aligned
/// to `alignment`, that nothing else uses until `deallocate` takes them back.
pub unsafe trait Allocator: Send {
    /// `size` bytes, aligned to `alignment` (a power of two, at most 256) and ordered on `stream`
    /// (NULL on the CPU). NULL means out of memory.
    fn allocate(&mut self, size: u64, alignment: u64, stream: *mut c_void) -> *mut c_void;

    /// Takes back what [`allocate`](Self::allocate) gave, once `stream` has passed the work that
    /// was enqueued so far.
    fn deallocate(&mut self, pointer: *mut c_void, size: u64, stream: *mut c_void);
}

type Log = Box<dyn FnMut(LogLevel, &str) + Send>;

/// What a context uses until it has ended; the library holds the addresses.
#[derive(Default)]
pub(crate) struct Kept {
    log: Option<Cookie<Log>>,
    allocator: Option<Cookie<Box<dyn Allocator>>>,
    #[cfg(feature = "cudarc")]
    stream: Option<std::sync::Arc<cudarc::driver::CudaStream>>,
}

/// A box that stays usable through the address of what is in it when it is moved.
struct Cookie<T>(NonNull<T>);

impl<T> Cookie<T> {
    fn new(value: T) -> Self {
        Self(NonNull::from(Box::leak(Box::new(value))))
    }
}

impl<T> Drop for Cookie<T> {
    fn drop(&mut self) {
        // SAFETY: it came out of a box, and goes back into one only here.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }
}

/// How to make a [`Context`]: by default on the first CUDA device that works or else the CPU, with
/// all cores and no limit.
///
/// ```
/// use robocache::{ContextOptions, Device};
///
/// let context = ContextOptions::new().device(Device::Cpu).threads(2).build()?;
/// assert_eq!(context.device(), Device::Cpu);
/// # Ok::<(), robocache::Error>(())
/// ```
#[must_use]
pub struct ContextOptions {
    raw: sys::rc_context_options,
    kept: Kept,
}

impl Default for ContextOptions {
    fn default() -> Self {
        Self { raw: sys::rc_context_options::INIT, kept: Kept::default() }
    }
}

impl fmt::Debug for ContextOptions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.raw.fmt(formatter)
    }
}

impl ContextOptions {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Runs on this device and no other: [`Device::Cpu`] or [`Device::Cuda`].
    pub fn device(mut self, device: Device) -> Self {
        let device = device.raw();
        self.raw.device_type = device.device_type;
        self.raw.device_id = device.device_id;
        self
    }

    /// CPU threads, the caller's among them: 1 is the caller's alone, at most 1024. By default, or
    /// by 0, as many as the process may use cores.
    pub fn threads(mut self, threads: u32) -> Self {
        self.raw.threads = i32::try_from(threads).unwrap_or(i32::MAX);
        self
    }

    /// Highest instruction set of the CPU kernels. One that the processor lacks is refused.
    pub fn simd(mut self, level: SimdLevel) -> Self {
        self.raw.simd_level = level as i32;
        self
    }

    /// Most bytes of workspace that one call may take; by default, or by 0, there is no limit.
    pub fn workspace_limit(mut self, bytes: u64) -> Self {
        self.raw.workspace_limit = bytes;
        self
    }

    /// Measures from the start on; see [`Context::metrics`].
    pub fn metrics(mut self) -> Self {
        self.raw.flags |= rc_context_flag::RC_CONTEXT_METRICS.0;
        self
    }

    /// CUDA: the stream of the calls, a `cudaStream_t` or `CUstream` of the context's device. NULL
    /// is the default stream.
    ///
    /// # Safety
    ///
    /// The stream lives until the context has another one or is dropped.
    pub unsafe fn stream(mut self, stream: *mut c_void) -> Self {
        self.raw.stream = stream;
        self
    }

    /// CUDA: runs on this stream and its device, and keeps the stream alive.
    #[cfg(feature = "cudarc")]
    pub fn cuda_stream(mut self, stream: &std::sync::Arc<cudarc::driver::CudaStream>) -> Self {
        self = self.device(Device::Cuda(stream.context().ordinal() as i32));
        self.raw.stream = stream.cu_stream().cast();
        self.kept.stream = Some(stream.clone());
        self
    }

    /// Takes the workspace of all calls from here.
    pub fn allocator(mut self, allocator: impl Allocator + 'static) -> Self {
        self.kept.allocator = Some(Cookie::new(Box::new(allocator)));
        self
    }

    /// Sends each line of the log of `level` or above to `receive`, which is called by the thread
    /// that calls the library. It must not use the context; a panic in it ends the process.
    pub fn log(
        mut self,
        level: LogLevel,
        receive: impl FnMut(LogLevel, &str) + Send + 'static,
    ) -> Self {
        self.raw.log_level = level as i32;
        self.kept.log = Some(Cookie::new(Box::new(receive)));
        self
    }

    /// Makes the context. Its worker threads start with the first call that needs them.
    ///
    /// # Errors
    ///
    /// [`VersionMismatch`](crate::ErrorCode::VersionMismatch): the library is older than this
    /// crate. [`InvalidArgument`](crate::ErrorCode::InvalidArgument): a value out of range, a
    /// stream on the CPU. [`UnsupportedOption`](crate::ErrorCode::UnsupportedOption): an
    /// instruction set that the processor lacks.
    /// [`BackendUnavailable`](crate::ErrorCode::BackendUnavailable): the CUDA device that was asked
    /// for cannot be used; there is no silent fallback.
    /// [`OutOfMemory`](crate::ErrorCode::OutOfMemory).
    pub fn build(mut self) -> Result<Context> {
        if let Some(log) = &self.kept.log {
            self.raw.log = Some(forward_log);
            self.raw.log_cookie = log.0.as_ptr().cast();
        }
        if let Some(allocator) = &self.kept.allocator {
            self.raw.allocate = Some(forward_allocate);
            self.raw.deallocate = Some(forward_deallocate);
            self.raw.allocator_cookie = allocator.0.as_ptr().cast();
        }
        Context::create(&self.raw, self.kept)
    }
}

unsafe extern "C" fn forward_log(cookie: *mut c_void, level: i32, message: *const c_char) {
    let level = match level {
        10 => LogLevel::Debug,
        20 => LogLevel::Info,
        30 => LogLevel::Warning,
        _ => LogLevel::Error,
    };
    // SAFETY: the cookie is the context's own `Log`, which nothing else uses during a call, and the
    // message is valid during this one.
    let (log, message) = unsafe { (&mut *cookie.cast::<Log>(), CStr::from_ptr(message)) };
    log(level, &message.to_string_lossy());
}

unsafe extern "C" fn forward_allocate(
    cookie: *mut c_void,
    size: u64,
    alignment: u64,
    stream: *mut c_void,
) -> *mut c_void {
    // SAFETY: the cookie is the context's own allocator, which nothing else uses during a call.
    let allocator = unsafe { &mut *cookie.cast::<Box<dyn Allocator>>() };
    allocator.allocate(size, alignment, stream)
}

unsafe extern "C" fn forward_deallocate(
    cookie: *mut c_void,
    pointer: *mut c_void,
    size: u64,
    stream: *mut c_void,
) {
    // SAFETY: as in `forward_allocate`.
    let allocator = unsafe { &mut *cookie.cast::<Box<dyn Allocator>>() };
    allocator.deallocate(pointer, size, stream);
}
