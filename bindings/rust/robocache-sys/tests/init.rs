// SPDX-License-Identifier: Apache-2.0
//! `INIT` is what the library's own initialisers write, and the library is the one of the headers.

use std::ffi::CStr;
use std::mem::MaybeUninit;

use robocache_sys::*;

fn bytes<T>(value: &T) -> &[u8] {
    // SAFETY: the structs below are made of zeroes throughout, padding included.
    unsafe { std::slice::from_raw_parts(std::ptr::from_ref(value).cast(), size_of::<T>()) }
}

macro_rules! initialised_alike {
    ($($test:ident: $struct:ident by $function:ident),+ $(,)?) => {$(
        #[test]
        fn $test() {
            let mut by_library = MaybeUninit::<$struct>::zeroed();
            let size = size_of::<$struct>() as u32;
            // SAFETY: the struct has the size that is given.
            let status = unsafe { $function(by_library.as_mut_ptr(), size) };
            assert!(status.is_success());
            // SAFETY: it was written.
            let by_library = unsafe { by_library.assume_init() };
            assert_eq!(bytes(&$struct::INIT), bytes(&by_library));
            assert_eq!($struct::INIT.struct_size as usize, size_of::<$struct>());
        }
    )+};
}

initialised_alike!(
    context_options: rc_context_options by rc_context_options_init,
    fuse_options: rc_fuse_options by rc_fuse_options_init,
    resample_options: rc_resample_options by rc_resample_options_init,
    stream: rc_stream by rc_stream_init,
    tsdf_extract_options: rc_tsdf_extract_options by rc_tsdf_extract_options_init,
    tsdf_from_points_options: rc_tsdf_from_points_options by rc_tsdf_from_points_options_init,
    tsdf_integrate_options: rc_tsdf_integrate_options by rc_tsdf_integrate_options_init,
    voxelize_options: rc_voxelize_options by rc_voxelize_options_init,
    voxelize_sparse_options: rc_voxelize_sparse_options by rc_voxelize_sparse_options_init,
);

#[test]
fn a_null_pointer_is_refused_with_a_sentence() {
    // SAFETY: NULL is an error that the library reports.
    let status = unsafe { rc_context_create(std::ptr::null(), std::ptr::null_mut()) };
    assert_eq!(status.0, rc_status_code::RC_ERROR_INVALID_ARGUMENT.0 as i32);
    // SAFETY: the text is this thread's.
    let message = unsafe { CStr::from_ptr(rc_last_error_message()) }.to_str().unwrap();
    assert_eq!(message, "rc_context_create: context: expected a place for the handle, got NULL");
}

#[test]
fn the_crate_has_the_version_of_the_headers() {
    let headers = format!("{RC_VERSION_MAJOR}.{RC_VERSION_MINOR}.{RC_VERSION_PATCH}");
    assert_eq!(env!("CARGO_PKG_VERSION"), headers);
    // SAFETY: no precondition.
    assert!(unsafe { rc_check_version(RC_VERSION) }.is_success());
}
