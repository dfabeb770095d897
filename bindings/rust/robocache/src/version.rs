// SPDX-License-Identifier: Apache-2.0
//! Which library was loaded.

use std::ffi::{CStr, c_char};

use robocache_sys as sys;

use crate::error::{Result, check};

/// Version of the C headers that this crate was made for: major * 1000000 + minor * 1000 + patch.
pub const HEADER_VERSION: u32 = sys::RC_VERSION;

/// Version of the library that was loaded, counted as [`HEADER_VERSION`] is.
pub fn version() -> u32 {
    // SAFETY: no precondition.
    unsafe { sys::rc_version() }
}

/// The same as text, "0.1.0".
pub fn version_string() -> &'static str {
    // SAFETY: the text is static.
    unsafe { text(sys::rc_version_string()) }
}

/// One line on how the library was built: version, compiler, CUDA version and architectures or
/// "cuda: off".
pub fn build_info() -> &'static str {
    // SAFETY: the text is static.
    unsafe { text(sys::rc_build_info()) }
}

/// Asks whether the library that was loaded serves this crate: it is not older than the headers
/// that the crate was made for. Making a [`Context`](crate::Context) asks the same.
///
/// # Errors
///
/// [`VersionMismatch`](crate::ErrorCode::VersionMismatch): the message names both versions and the
/// file that was loaded.
pub fn check_version() -> Result<()> {
    // SAFETY: no precondition.
    check(unsafe { sys::rc_check_version(HEADER_VERSION) })
}

/// # Safety
///
/// `pointer` is a C string of static lifetime.
unsafe fn text(pointer: *const c_char) -> &'static str {
    // SAFETY: as this function's.
    unsafe { CStr::from_ptr(pointer) }.to_str().unwrap_or_default()
}
