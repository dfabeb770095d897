// SPDX-License-Identifier: Apache-2.0
#![doc = include_str!("../README.md")]
#![no_std]

#[cfg(not(target_pointer_width = "64"))]
compile_error!("librobocache is for 64-bit platforms only");

#[rustfmt::skip]
#[allow(non_camel_case_types, unreachable_pub)]
mod bindings;

pub use bindings::*;

impl rc_status {
    /// Whether the call did what it was asked for.
    pub const fn is_success(self) -> bool {
        self.0 == rc_status_code::RC_SUCCESS.0 as i32
    }
}

/// Defines `INIT`, what C's `RC_..._INIT` is: `struct_size`, and zeroes for the defaults.
macro_rules! init {
    ($($name:ident),+ $(,)?) => {$(
        impl $name {
            /// The defaults: zeroes, and `struct_size`.
            pub const INIT: Self = {
                // SAFETY: integers, floats, pointers and optional functions, of which zero is one.
                let mut zeroed: Self = unsafe { core::mem::zeroed() };
                zeroed.struct_size = size_of::<Self>() as u32;
                zeroed
            };
        }
    )+};
}

init!(
    rc_context_options,
    rc_device_properties,
    rc_fuse_options,
    rc_op_metrics,
    rc_resample_options,
    rc_stream,
    rc_tsdf_extract_options,
    rc_tsdf_from_points_options,
    rc_tsdf_integrate_options,
    rc_voxelize_options,
    rc_voxelize_sparse_options,
);
