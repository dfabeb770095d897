// SPDX-License-Identifier: Apache-2.0
//! What goes wrong, as a code for programs and a sentence for people.

use std::ffi::CStr;
use std::fmt;

use robocache_sys::{self as sys, rc_status, rc_status_code};

/// What a call gives that can fail.
pub type Result<T> = std::result::Result<T, Error>;

/// What kind of failure it was. The numbers are those of the C interface and never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorCode {
    /// An argument breaks a precondition: rank, shape, a value out of range, overlap.
    InvalidArgument,
    /// A handle that was not made by the library.
    InvalidHandle,
    /// The contents of a tensor break a rule: times that step backward, NaN times, bad offsets.
    InvalidData,
    /// A type of elements that the operation does not take.
    UnsupportedDtype,
    /// Negative or misaligned strides, more than 8 dimensions, an output that overlaps itself.
    UnsupportedLayout,
    /// An option, or a combination of options, that the library or the device does not offer.
    UnsupportedOption,
    /// A tensor lies on another device than the context.
    DeviceMismatch,
    /// The device that was asked for is not there or cannot be used; the message says why.
    BackendUnavailable,
    /// Workspace could not be had; the context stays usable.
    OutOfMemory,
    /// The workspace, or the context's limit, is less than the call needs; the message says how
    /// much.
    WorkspaceTooSmall,
    /// A result has more elements than there is room for.
    CapacityExceeded,
    /// CUDA reported an error of its own; the message carries its name.
    Cuda,
    /// The library is older than this crate.
    VersionMismatch,
    /// A defect of the library.
    Internal,
    /// A code that this crate does not know; a newer library may have it.
    Other(i32),
}

const CODES: [(ErrorCode, rc_status_code); 14] = [
    (ErrorCode::InvalidArgument, rc_status_code::RC_ERROR_INVALID_ARGUMENT),
    (ErrorCode::InvalidHandle, rc_status_code::RC_ERROR_INVALID_HANDLE),
    (ErrorCode::InvalidData, rc_status_code::RC_ERROR_INVALID_DATA),
    (ErrorCode::UnsupportedDtype, rc_status_code::RC_ERROR_UNSUPPORTED_DTYPE),
    (ErrorCode::UnsupportedLayout, rc_status_code::RC_ERROR_UNSUPPORTED_LAYOUT),
    (ErrorCode::UnsupportedOption, rc_status_code::RC_ERROR_UNSUPPORTED_OPTION),
    (ErrorCode::DeviceMismatch, rc_status_code::RC_ERROR_DEVICE_MISMATCH),
    (ErrorCode::BackendUnavailable, rc_status_code::RC_ERROR_BACKEND_UNAVAILABLE),
    (ErrorCode::OutOfMemory, rc_status_code::RC_ERROR_OUT_OF_MEMORY),
    (ErrorCode::WorkspaceTooSmall, rc_status_code::RC_ERROR_WORKSPACE_TOO_SMALL),
    (ErrorCode::CapacityExceeded, rc_status_code::RC_ERROR_CAPACITY_EXCEEDED),
    (ErrorCode::Cuda, rc_status_code::RC_ERROR_CUDA),
    (ErrorCode::VersionMismatch, rc_status_code::RC_ERROR_VERSION_MISMATCH),
    (ErrorCode::Internal, rc_status_code::RC_ERROR_INTERNAL),
];

impl ErrorCode {
    fn from_number(number: i32) -> Self {
        let known = CODES.iter().find(|(_, code)| code.0 as i32 == number);
        known.map_or(Self::Other(number), |&(code, _)| code)
    }

    /// The number of the C interface, 100 for [`InvalidArgument`](Self::InvalidArgument).
    pub fn number(self) -> i32 {
        if let Self::Other(number) = self {
            return number;
        }
        let known = CODES.iter().find(|&&(code, _)| code == self);
        known.map_or(0, |(_, number)| number.0 as i32)
    }

    /// The name of the C interface, "RC_ERROR_INVALID_ARGUMENT".
    pub fn name(self) -> &'static str {
        // SAFETY: any number may be asked for; the text is static.
        let name = unsafe { CStr::from_ptr(sys::rc_status_name(rc_status(self.number()))) };
        name.to_str().unwrap_or_default()
    }
}

/// Why a call failed.
///
/// ```
/// use robocache::{ErrorCode, TensorView};
///
/// let error = TensorView::new(&[1.0_f32, 2.0, 3.0], &[2, 2]).unwrap_err();
/// assert_eq!(error.code(), ErrorCode::InvalidArgument);
/// assert_eq!(error.to_string(), "tensor: expected 4 elements for shape [2, 2]; got 3");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    code: ErrorCode,
    message: String,
}

impl Error {
    pub(crate) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// What kind of failure it was: for programs to compare.
    pub fn code(&self) -> ErrorCode {
        self.code
    }

    /// One sentence for people: function, argument, what was expected, what came. Its text may
    /// change from release to release.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

/// Turns what a function of the library returned, on this thread and just now, into a result.
pub(crate) fn check(status: rc_status) -> Result<()> {
    if status.is_success() {
        return Ok(());
    }
    // SAFETY: the text lies in a buffer of this thread and is copied before its next call.
    let message = unsafe { CStr::from_ptr(sys::rc_last_error_message()) };
    Err(Error::new(ErrorCode::from_number(status.0), message.to_string_lossy()))
}
