// SPDX-License-Identifier: Apache-2.0
//! Types of elements.

use std::fmt;

use robocache_sys::{rc_dtype, rc_dtype_code};

/// Type of the elements of a tensor.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct DType {
    code: rc_dtype_code,
    bits: u8,
}

impl DType {
    /// `bool`: one byte, 0 or 1.
    pub const BOOL: Self = Self { code: rc_dtype_code::RC_DTYPE_BOOL, bits: 8 };
    /// `u8`.
    pub const U8: Self = Self { code: rc_dtype_code::RC_DTYPE_UINT, bits: 8 };
    /// `u16`.
    pub const U16: Self = Self { code: rc_dtype_code::RC_DTYPE_UINT, bits: 16 };
    /// `i8`.
    pub const I8: Self = Self { code: rc_dtype_code::RC_DTYPE_INT, bits: 8 };
    /// `i16`.
    pub const I16: Self = Self { code: rc_dtype_code::RC_DTYPE_INT, bits: 16 };
    /// `i32`.
    pub const I32: Self = Self { code: rc_dtype_code::RC_DTYPE_INT, bits: 32 };
    /// `i64`.
    pub const I64: Self = Self { code: rc_dtype_code::RC_DTYPE_INT, bits: 64 };
    /// IEEE 754 binary16; `half::f16` with the feature `half`.
    pub const F16: Self = Self { code: rc_dtype_code::RC_DTYPE_FLOAT, bits: 16 };
    /// bfloat16; `half::bf16` with the feature `half`.
    pub const BF16: Self = Self { code: rc_dtype_code::RC_DTYPE_BFLOAT, bits: 16 };
    /// `f32`.
    pub const F32: Self = Self { code: rc_dtype_code::RC_DTYPE_FLOAT, bits: 32 };
    /// `f64`.
    pub const F64: Self = Self { code: rc_dtype_code::RC_DTYPE_FLOAT, bits: 64 };

    pub(crate) fn raw(self) -> rc_dtype {
        rc_dtype { code: self.code.0 as u8, bits: self.bits, lanes: 1 }
    }
}

impl fmt::Debug for DType {
    /// `int64`, `bfloat16`, as the library's messages have it.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.code {
            rc_dtype_code::RC_DTYPE_INT => "int",
            rc_dtype_code::RC_DTYPE_UINT => "uint",
            rc_dtype_code::RC_DTYPE_BFLOAT => "bfloat",
            rc_dtype_code::RC_DTYPE_BOOL => return formatter.write_str("bool"),
            _ => "float",
        };
        write!(formatter, "{kind}{}", self.bits)
    }
}

/// A type that tensors may have as elements.
///
/// # Safety
///
/// The type is laid out as `DTYPE` says, and so is every value that the library may write as that
/// `DTYPE`.
pub unsafe trait Element: Copy + Send + Sync + 'static {
    /// What the library calls it.
    const DTYPE: DType;
}

macro_rules! elements {
    ($($type:ty => $dtype:ident),+ $(,)?) => {$(
        // SAFETY: DTYPE is this very type.
        unsafe impl Element for $type {
            const DTYPE: DType = DType::$dtype;
        }
    )+};
}

elements!(
    bool => BOOL,
    u8 => U8,
    u16 => U16,
    i8 => I8,
    i16 => I16,
    i32 => I32,
    i64 => I64,
    f32 => F32,
    f64 => F64,
);

#[cfg(feature = "half")]
elements!(
    half::f16 => F16,
    half::bf16 => BF16,
);
