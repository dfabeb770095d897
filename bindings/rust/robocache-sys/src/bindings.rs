// SPDX-License-Identifier: Apache-2.0
// Generated from include/robocache by generate-bindings; do not edit.

pub const RC_MAX_NDIM: u32 = 8;
pub const RC_MAX_CHANNEL_GROUPS: u32 = 64;
pub const RC_MAX_STREAMS: u32 = 64;
pub const RC_NUM_VOXEL_STATS: u32 = 3;
pub const RC_VERSION_MAJOR: u32 = 0;
pub const RC_VERSION_MINOR: u32 = 1;
pub const RC_VERSION_PATCH: u32 = 0;
pub const RC_VERSION: u32 = 1000;
pub const RC_ABI_VERSION: u32 = 1;
#[repr(transparent)]
#[derive(Debug, Copy, Clone)]
pub struct rc_status(pub i32);
impl rc_status_code {
    pub const RC_SUCCESS: rc_status_code = rc_status_code(0);
    pub const RC_ERROR_INVALID_ARGUMENT: rc_status_code = rc_status_code(100);
    pub const RC_ERROR_INVALID_HANDLE: rc_status_code = rc_status_code(110);
    pub const RC_ERROR_INVALID_DATA: rc_status_code = rc_status_code(120);
    pub const RC_ERROR_UNSUPPORTED_DTYPE: rc_status_code = rc_status_code(200);
    pub const RC_ERROR_UNSUPPORTED_LAYOUT: rc_status_code = rc_status_code(210);
    pub const RC_ERROR_UNSUPPORTED_OPTION: rc_status_code = rc_status_code(220);
    pub const RC_ERROR_DEVICE_MISMATCH: rc_status_code = rc_status_code(300);
    pub const RC_ERROR_BACKEND_UNAVAILABLE: rc_status_code = rc_status_code(310);
    pub const RC_ERROR_OUT_OF_MEMORY: rc_status_code = rc_status_code(400);
    pub const RC_ERROR_WORKSPACE_TOO_SMALL: rc_status_code = rc_status_code(410);
    pub const RC_ERROR_CAPACITY_EXCEEDED: rc_status_code = rc_status_code(420);
    pub const RC_ERROR_CUDA: rc_status_code = rc_status_code(500);
    pub const RC_ERROR_VERSION_MISMATCH: rc_status_code = rc_status_code(600);
    pub const RC_ERROR_INTERNAL: rc_status_code = rc_status_code(900);
}
#[repr(transparent)]
#[derive(Debug, Copy, Clone, Hash, PartialEq, Eq)]
pub struct rc_status_code(pub ::core::ffi::c_uint);
unsafe extern "C" {
    pub fn rc_status_name(status: rc_status) -> *const ::core::ffi::c_char;
}
unsafe extern "C" {
    pub fn rc_last_error_message() -> *const ::core::ffi::c_char;
}
impl rc_device_type {
    pub const RC_DEVICE_AUTO: rc_device_type = rc_device_type(0);
    pub const RC_DEVICE_CPU: rc_device_type = rc_device_type(1);
    pub const RC_DEVICE_CUDA: rc_device_type = rc_device_type(2);
    pub const RC_DEVICE_CUDA_HOST: rc_device_type = rc_device_type(3);
    pub const RC_DEVICE_CUDA_MANAGED: rc_device_type = rc_device_type(13);
}
#[repr(transparent)]
#[derive(Debug, Copy, Clone, Hash, PartialEq, Eq)]
pub struct rc_device_type(pub ::core::ffi::c_uint);
impl rc_dtype_code {
    pub const RC_DTYPE_INT: rc_dtype_code = rc_dtype_code(0);
    pub const RC_DTYPE_UINT: rc_dtype_code = rc_dtype_code(1);
    pub const RC_DTYPE_FLOAT: rc_dtype_code = rc_dtype_code(2);
    pub const RC_DTYPE_BFLOAT: rc_dtype_code = rc_dtype_code(4);
    pub const RC_DTYPE_BOOL: rc_dtype_code = rc_dtype_code(6);
}
#[repr(transparent)]
#[derive(Debug, Copy, Clone, Hash, PartialEq, Eq)]
pub struct rc_dtype_code(pub ::core::ffi::c_uint);
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rc_device {
    pub device_type: i32,
    pub device_id: i32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of rc_device"][::core::mem::size_of::<rc_device>() - 8usize];
    ["Alignment of rc_device"][::core::mem::align_of::<rc_device>() - 4usize];
    [
        "Offset of field: rc_device::device_type",
    ][::core::mem::offset_of!(rc_device, device_type) - 0usize];
    [
        "Offset of field: rc_device::device_id",
    ][::core::mem::offset_of!(rc_device, device_id) - 4usize];
};
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rc_dtype {
    pub code: u8,
    pub bits: u8,
    pub lanes: u16,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of rc_dtype"][::core::mem::size_of::<rc_dtype>() - 4usize];
    ["Alignment of rc_dtype"][::core::mem::align_of::<rc_dtype>() - 2usize];
    [
        "Offset of field: rc_dtype::code",
    ][::core::mem::offset_of!(rc_dtype, code) - 0usize];
    [
        "Offset of field: rc_dtype::bits",
    ][::core::mem::offset_of!(rc_dtype, bits) - 1usize];
    [
        "Offset of field: rc_dtype::lanes",
    ][::core::mem::offset_of!(rc_dtype, lanes) - 2usize];
};
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rc_tensor {
    pub data: *mut ::core::ffi::c_void,
    pub device: rc_device,
    pub ndim: i32,
    pub dtype: rc_dtype,
    pub shape: *mut i64,
    pub strides: *mut i64,
    pub byte_offset: u64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of rc_tensor"][::core::mem::size_of::<rc_tensor>() - 48usize];
    ["Alignment of rc_tensor"][::core::mem::align_of::<rc_tensor>() - 8usize];
    [
        "Offset of field: rc_tensor::data",
    ][::core::mem::offset_of!(rc_tensor, data) - 0usize];
    [
        "Offset of field: rc_tensor::device",
    ][::core::mem::offset_of!(rc_tensor, device) - 8usize];
    [
        "Offset of field: rc_tensor::ndim",
    ][::core::mem::offset_of!(rc_tensor, ndim) - 16usize];
    [
        "Offset of field: rc_tensor::dtype",
    ][::core::mem::offset_of!(rc_tensor, dtype) - 20usize];
    [
        "Offset of field: rc_tensor::shape",
    ][::core::mem::offset_of!(rc_tensor, shape) - 24usize];
    [
        "Offset of field: rc_tensor::strides",
    ][::core::mem::offset_of!(rc_tensor, strides) - 32usize];
    [
        "Offset of field: rc_tensor::byte_offset",
    ][::core::mem::offset_of!(rc_tensor, byte_offset) - 40usize];
};
#[repr(C)]
#[derive(Debug)]
pub struct rc_context {
    _unused: [u8; 0],
}
pub type rc_allocate_callback = ::core::option::Option<
    unsafe extern "C" fn(
        cookie: *mut ::core::ffi::c_void,
        size: u64,
        alignment: u64,
        stream: *mut ::core::ffi::c_void,
    ) -> *mut ::core::ffi::c_void,
>;
pub type rc_deallocate_callback = ::core::option::Option<
    unsafe extern "C" fn(
        cookie: *mut ::core::ffi::c_void,
        pointer: *mut ::core::ffi::c_void,
        size: u64,
        stream: *mut ::core::ffi::c_void,
    ),
>;
pub type rc_log_callback = ::core::option::Option<
    unsafe extern "C" fn(
        cookie: *mut ::core::ffi::c_void,
        level: i32,
        message: *const ::core::ffi::c_char,
    ),
>;
impl rc_log_level {
    pub const RC_LOG_DEBUG: rc_log_level = rc_log_level(10);
    pub const RC_LOG_INFO: rc_log_level = rc_log_level(20);
    pub const RC_LOG_WARNING: rc_log_level = rc_log_level(30);
    pub const RC_LOG_ERROR: rc_log_level = rc_log_level(40);
}
#[repr(transparent)]
#[derive(Debug, Copy, Clone, Hash, PartialEq, Eq)]
pub struct rc_log_level(pub ::core::ffi::c_uint);
impl rc_simd_level {
    pub const RC_SIMD_AUTO: rc_simd_level = rc_simd_level(0);
    pub const RC_SIMD_BASELINE: rc_simd_level = rc_simd_level(1);
    pub const RC_SIMD_AVX2: rc_simd_level = rc_simd_level(2);
    pub const RC_SIMD_AVX512: rc_simd_level = rc_simd_level(3);
    pub const RC_SIMD_NEON: rc_simd_level = rc_simd_level(4);
}
#[repr(transparent)]
#[derive(Debug, Copy, Clone, Hash, PartialEq, Eq)]
pub struct rc_simd_level(pub ::core::ffi::c_uint);
impl rc_context_flag {
    pub const RC_CONTEXT_METRICS: rc_context_flag = rc_context_flag(1);
}
impl ::core::ops::BitOr<rc_context_flag> for rc_context_flag {
    type Output = Self;
    #[inline]
    fn bitor(self, other: Self) -> Self {
        rc_context_flag(self.0 | other.0)
    }
}
impl ::core::ops::BitOrAssign for rc_context_flag {
    #[inline]
    fn bitor_assign(&mut self, rhs: rc_context_flag) {
        self.0 |= rhs.0;
    }
}
impl ::core::ops::BitAnd<rc_context_flag> for rc_context_flag {
    type Output = Self;
    #[inline]
    fn bitand(self, other: Self) -> Self {
        rc_context_flag(self.0 & other.0)
    }
}
impl ::core::ops::BitAndAssign for rc_context_flag {
    #[inline]
    fn bitand_assign(&mut self, rhs: rc_context_flag) {
        self.0 &= rhs.0;
    }
}
#[repr(transparent)]
#[derive(Debug, Copy, Clone, Hash, PartialEq, Eq)]
pub struct rc_context_flag(pub ::core::ffi::c_uint);
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rc_context_options {
    pub struct_size: u32,
    pub flags: u32,
    pub device_type: i32,
    pub device_id: i32,
    pub threads: i32,
    pub simd_level: i32,
    pub workspace_limit: u64,
    pub stream: *mut ::core::ffi::c_void,
    pub allocate: rc_allocate_callback,
    pub deallocate: rc_deallocate_callback,
    pub allocator_cookie: *mut ::core::ffi::c_void,
    pub log: rc_log_callback,
    pub log_cookie: *mut ::core::ffi::c_void,
    pub log_level: i32,
    pub reserved: i32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of rc_context_options",
    ][::core::mem::size_of::<rc_context_options>() - 88usize];
    [
        "Alignment of rc_context_options",
    ][::core::mem::align_of::<rc_context_options>() - 8usize];
    [
        "Offset of field: rc_context_options::struct_size",
    ][::core::mem::offset_of!(rc_context_options, struct_size) - 0usize];
    [
        "Offset of field: rc_context_options::flags",
    ][::core::mem::offset_of!(rc_context_options, flags) - 4usize];
    [
        "Offset of field: rc_context_options::device_type",
    ][::core::mem::offset_of!(rc_context_options, device_type) - 8usize];
    [
        "Offset of field: rc_context_options::device_id",
    ][::core::mem::offset_of!(rc_context_options, device_id) - 12usize];
    [
        "Offset of field: rc_context_options::threads",
    ][::core::mem::offset_of!(rc_context_options, threads) - 16usize];
    [
        "Offset of field: rc_context_options::simd_level",
    ][::core::mem::offset_of!(rc_context_options, simd_level) - 20usize];
    [
        "Offset of field: rc_context_options::workspace_limit",
    ][::core::mem::offset_of!(rc_context_options, workspace_limit) - 24usize];
    [
        "Offset of field: rc_context_options::stream",
    ][::core::mem::offset_of!(rc_context_options, stream) - 32usize];
    [
        "Offset of field: rc_context_options::allocate",
    ][::core::mem::offset_of!(rc_context_options, allocate) - 40usize];
    [
        "Offset of field: rc_context_options::deallocate",
    ][::core::mem::offset_of!(rc_context_options, deallocate) - 48usize];
    [
        "Offset of field: rc_context_options::allocator_cookie",
    ][::core::mem::offset_of!(rc_context_options, allocator_cookie) - 56usize];
    [
        "Offset of field: rc_context_options::log",
    ][::core::mem::offset_of!(rc_context_options, log) - 64usize];
    [
        "Offset of field: rc_context_options::log_cookie",
    ][::core::mem::offset_of!(rc_context_options, log_cookie) - 72usize];
    [
        "Offset of field: rc_context_options::log_level",
    ][::core::mem::offset_of!(rc_context_options, log_level) - 80usize];
    [
        "Offset of field: rc_context_options::reserved",
    ][::core::mem::offset_of!(rc_context_options, reserved) - 84usize];
};
impl rc_op {
    pub const RC_OP_RESAMPLE: rc_op = rc_op(0);
    pub const RC_OP_RESAMPLE_BACKWARD: rc_op = rc_op(1);
    pub const RC_OP_FUSE: rc_op = rc_op(2);
    pub const RC_OP_FUSE_BACKWARD: rc_op = rc_op(3);
    pub const RC_OP_VOXELIZE: rc_op = rc_op(4);
    pub const RC_OP_VOXELIZE_BACKWARD: rc_op = rc_op(5);
    pub const RC_OP_VOXELIZE_SPARSE: rc_op = rc_op(6);
    pub const RC_OP_POINTCLOUD_BOUNDS: rc_op = rc_op(7);
    pub const RC_OP_TSDF_INTEGRATE: rc_op = rc_op(8);
    pub const RC_OP_TSDF_FROM_POINTS: rc_op = rc_op(9);
    pub const RC_OP_TSDF_EXTRACT_POINTS: rc_op = rc_op(10);
    pub const RC_OP_DEPTH_TO_POINTS: rc_op = rc_op(11);
}
#[repr(transparent)]
#[derive(Debug, Copy, Clone, Hash, PartialEq, Eq)]
pub struct rc_op(pub ::core::ffi::c_uint);
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rc_op_metrics {
    pub struct_size: u32,
    pub op: i32,
    pub calls: u64,
    pub items: u64,
    pub bytes: u64,
    pub total_ns: u64,
    pub min_ns: u64,
    pub max_ns: u64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of rc_op_metrics"][::core::mem::size_of::<rc_op_metrics>() - 56usize];
    ["Alignment of rc_op_metrics"][::core::mem::align_of::<rc_op_metrics>() - 8usize];
    [
        "Offset of field: rc_op_metrics::struct_size",
    ][::core::mem::offset_of!(rc_op_metrics, struct_size) - 0usize];
    [
        "Offset of field: rc_op_metrics::op",
    ][::core::mem::offset_of!(rc_op_metrics, op) - 4usize];
    [
        "Offset of field: rc_op_metrics::calls",
    ][::core::mem::offset_of!(rc_op_metrics, calls) - 8usize];
    [
        "Offset of field: rc_op_metrics::items",
    ][::core::mem::offset_of!(rc_op_metrics, items) - 16usize];
    [
        "Offset of field: rc_op_metrics::bytes",
    ][::core::mem::offset_of!(rc_op_metrics, bytes) - 24usize];
    [
        "Offset of field: rc_op_metrics::total_ns",
    ][::core::mem::offset_of!(rc_op_metrics, total_ns) - 32usize];
    [
        "Offset of field: rc_op_metrics::min_ns",
    ][::core::mem::offset_of!(rc_op_metrics, min_ns) - 40usize];
    [
        "Offset of field: rc_op_metrics::max_ns",
    ][::core::mem::offset_of!(rc_op_metrics, max_ns) - 48usize];
};
unsafe extern "C" {
    #[must_use]
    pub fn rc_context_options_init(
        options: *mut rc_context_options,
        struct_size: u32,
    ) -> rc_status;
}
unsafe extern "C" {
    #[must_use]
    pub fn rc_context_create(
        options: *const rc_context_options,
        context: *mut *mut rc_context,
    ) -> rc_status;
}
unsafe extern "C" {
    #[must_use]
    pub fn rc_context_destroy(context: *mut rc_context) -> rc_status;
}
unsafe extern "C" {
    #[must_use]
    pub fn rc_context_device(
        context: *const rc_context,
        device: *mut rc_device,
        reason: *mut *const ::core::ffi::c_char,
    ) -> rc_status;
}
unsafe extern "C" {
    #[must_use]
    pub fn rc_context_set_stream(
        context: *mut rc_context,
        stream: *mut ::core::ffi::c_void,
    ) -> rc_status;
}
unsafe extern "C" {
    #[must_use]
    pub fn rc_context_synchronize(context: *mut rc_context) -> rc_status;
}
unsafe extern "C" {
    #[must_use]
    pub fn rc_context_clear_error(context: *mut rc_context) -> rc_status;
}
unsafe extern "C" {
    #[must_use]
    pub fn rc_context_enable_metrics(
        context: *mut rc_context,
        enabled: i32,
    ) -> rc_status;
}
unsafe extern "C" {
    #[must_use]
    pub fn rc_context_metrics(
        context: *mut rc_context,
        op: i32,
        metrics: *mut rc_op_metrics,
    ) -> rc_status;
}
unsafe extern "C" {
    #[must_use]
    pub fn rc_context_reset_metrics(context: *mut rc_context) -> rc_status;
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rc_device_properties {
    pub struct_size: u32,
    pub available: i32,
    pub device: rc_device,
    pub compute_major: i32,
    pub compute_minor: i32,
    pub processors: i32,
    pub driver_version: i32,
    pub runtime_version: i32,
    pub reserved: i32,
    pub total_memory: u64,
    pub name: [::core::ffi::c_char; 128usize],
    pub instruction_set: [::core::ffi::c_char; 32usize],
    pub reason: [::core::ffi::c_char; 256usize],
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of rc_device_properties",
    ][::core::mem::size_of::<rc_device_properties>() - 464usize];
    [
        "Alignment of rc_device_properties",
    ][::core::mem::align_of::<rc_device_properties>() - 8usize];
    [
        "Offset of field: rc_device_properties::struct_size",
    ][::core::mem::offset_of!(rc_device_properties, struct_size) - 0usize];
    [
        "Offset of field: rc_device_properties::available",
    ][::core::mem::offset_of!(rc_device_properties, available) - 4usize];
    [
        "Offset of field: rc_device_properties::device",
    ][::core::mem::offset_of!(rc_device_properties, device) - 8usize];
    [
        "Offset of field: rc_device_properties::compute_major",
    ][::core::mem::offset_of!(rc_device_properties, compute_major) - 16usize];
    [
        "Offset of field: rc_device_properties::compute_minor",
    ][::core::mem::offset_of!(rc_device_properties, compute_minor) - 20usize];
    [
        "Offset of field: rc_device_properties::processors",
    ][::core::mem::offset_of!(rc_device_properties, processors) - 24usize];
    [
        "Offset of field: rc_device_properties::driver_version",
    ][::core::mem::offset_of!(rc_device_properties, driver_version) - 28usize];
    [
        "Offset of field: rc_device_properties::runtime_version",
    ][::core::mem::offset_of!(rc_device_properties, runtime_version) - 32usize];
    [
        "Offset of field: rc_device_properties::reserved",
    ][::core::mem::offset_of!(rc_device_properties, reserved) - 36usize];
    [
        "Offset of field: rc_device_properties::total_memory",
    ][::core::mem::offset_of!(rc_device_properties, total_memory) - 40usize];
    [
        "Offset of field: rc_device_properties::name",
    ][::core::mem::offset_of!(rc_device_properties, name) - 48usize];
    [
        "Offset of field: rc_device_properties::instruction_set",
    ][::core::mem::offset_of!(rc_device_properties, instruction_set) - 176usize];
    [
        "Offset of field: rc_device_properties::reason",
    ][::core::mem::offset_of!(rc_device_properties, reason) - 208usize];
};
unsafe extern "C" {
    #[must_use]
    pub fn rc_device_count(device_type: i32, count: *mut i32) -> rc_status;
}
unsafe extern "C" {
    #[must_use]
    pub fn rc_device_info(
        device_type: i32,
        device_id: i32,
        properties: *mut rc_device_properties,
    ) -> rc_status;
}
impl rc_mode {
    pub const RC_MODE_LINEAR: rc_mode = rc_mode(0);
    pub const RC_MODE_PREVIOUS: rc_mode = rc_mode(1);
    pub const RC_MODE_NEXT: rc_mode = rc_mode(2);
    pub const RC_MODE_NEAREST: rc_mode = rc_mode(3);
    pub const RC_MODE_PCHIP: rc_mode = rc_mode(4);
    pub const RC_MODE_SLERP: rc_mode = rc_mode(5);
    pub const RC_MODE_ANGLE: rc_mode = rc_mode(6);
    pub const RC_MODE_MEAN: rc_mode = rc_mode(7);
    pub const RC_MODE_SUM: rc_mode = rc_mode(8);
    pub const RC_MODE_MIN: rc_mode = rc_mode(9);
    pub const RC_MODE_MAX: rc_mode = rc_mode(10);
    pub const RC_MODE_LAST: rc_mode = rc_mode(11);
}
#[repr(transparent)]
#[derive(Debug, Copy, Clone, Hash, PartialEq, Eq)]
pub struct rc_mode(pub ::core::ffi::c_uint);
impl rc_outside {
    pub const RC_OUTSIDE_HOLD: rc_outside = rc_outside(0);
    pub const RC_OUTSIDE_FILL: rc_outside = rc_outside(1);
    pub const RC_OUTSIDE_EXTRAPOLATE: rc_outside = rc_outside(2);
}
#[repr(transparent)]
#[derive(Debug, Copy, Clone, Hash, PartialEq, Eq)]
pub struct rc_outside(pub ::core::ffi::c_uint);
impl rc_order {
    pub const RC_ORDER_CHECK: rc_order = rc_order(0);
    pub const RC_ORDER_SORT: rc_order = rc_order(1);
    pub const RC_ORDER_DROP: rc_order = rc_order(2);
}
#[repr(transparent)]
#[derive(Debug, Copy, Clone, Hash, PartialEq, Eq)]
pub struct rc_order(pub ::core::ffi::c_uint);
impl rc_duplicates {
    pub const RC_DUPLICATES_LAST: rc_duplicates = rc_duplicates(0);
    pub const RC_DUPLICATES_FIRST: rc_duplicates = rc_duplicates(1);
    pub const RC_DUPLICATES_MEAN: rc_duplicates = rc_duplicates(2);
}
#[repr(transparent)]
#[derive(Debug, Copy, Clone, Hash, PartialEq, Eq)]
pub struct rc_duplicates(pub ::core::ffi::c_uint);
impl rc_reason {
    pub const RC_REASON_BEFORE_FIRST: rc_reason = rc_reason(1);
    pub const RC_REASON_AFTER_LAST: rc_reason = rc_reason(2);
    pub const RC_REASON_GAP: rc_reason = rc_reason(4);
    pub const RC_REASON_STALE: rc_reason = rc_reason(8);
    pub const RC_REASON_NAN: rc_reason = rc_reason(16);
    pub const RC_REASON_EMPTY: rc_reason = rc_reason(32);
}
impl ::core::ops::BitOr<rc_reason> for rc_reason {
    type Output = Self;
    #[inline]
    fn bitor(self, other: Self) -> Self {
        rc_reason(self.0 | other.0)
    }
}
impl ::core::ops::BitOrAssign for rc_reason {
    #[inline]
    fn bitor_assign(&mut self, rhs: rc_reason) {
        self.0 |= rhs.0;
    }
}
impl ::core::ops::BitAnd<rc_reason> for rc_reason {
    type Output = Self;
    #[inline]
    fn bitand(self, other: Self) -> Self {
        rc_reason(self.0 & other.0)
    }
}
impl ::core::ops::BitAndAssign for rc_reason {
    #[inline]
    fn bitand_assign(&mut self, rhs: rc_reason) {
        self.0 &= rhs.0;
    }
}
#[repr(transparent)]
#[derive(Debug, Copy, Clone, Hash, PartialEq, Eq)]
pub struct rc_reason(pub ::core::ffi::c_uint);
impl rc_resample_flag {
    pub const RC_RESAMPLE_SKIP_NAN: rc_resample_flag = rc_resample_flag(1);
    pub const RC_RESAMPLE_SKIP_VALIDATION: rc_resample_flag = rc_resample_flag(2);
}
impl ::core::ops::BitOr<rc_resample_flag> for rc_resample_flag {
    type Output = Self;
    #[inline]
    fn bitor(self, other: Self) -> Self {
        rc_resample_flag(self.0 | other.0)
    }
}
impl ::core::ops::BitOrAssign for rc_resample_flag {
    #[inline]
    fn bitor_assign(&mut self, rhs: rc_resample_flag) {
        self.0 |= rhs.0;
    }
}
impl ::core::ops::BitAnd<rc_resample_flag> for rc_resample_flag {
    type Output = Self;
    #[inline]
    fn bitand(self, other: Self) -> Self {
        rc_resample_flag(self.0 & other.0)
    }
}
impl ::core::ops::BitAndAssign for rc_resample_flag {
    #[inline]
    fn bitand_assign(&mut self, rhs: rc_resample_flag) {
        self.0 &= rhs.0;
    }
}
#[repr(transparent)]
#[derive(Debug, Copy, Clone, Hash, PartialEq, Eq)]
pub struct rc_resample_flag(pub ::core::ffi::c_uint);
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rc_channels {
    pub begin: i64,
    pub count: i64,
    pub mode: i32,
    pub reserved: i32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of rc_channels"][::core::mem::size_of::<rc_channels>() - 24usize];
    ["Alignment of rc_channels"][::core::mem::align_of::<rc_channels>() - 8usize];
    [
        "Offset of field: rc_channels::begin",
    ][::core::mem::offset_of!(rc_channels, begin) - 0usize];
    [
        "Offset of field: rc_channels::count",
    ][::core::mem::offset_of!(rc_channels, count) - 8usize];
    [
        "Offset of field: rc_channels::mode",
    ][::core::mem::offset_of!(rc_channels, mode) - 16usize];
    [
        "Offset of field: rc_channels::reserved",
    ][::core::mem::offset_of!(rc_channels, reserved) - 20usize];
};
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rc_duration {
    pub ticks: i64,
    pub seconds: f64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of rc_duration"][::core::mem::size_of::<rc_duration>() - 16usize];
    ["Alignment of rc_duration"][::core::mem::align_of::<rc_duration>() - 8usize];
    [
        "Offset of field: rc_duration::ticks",
    ][::core::mem::offset_of!(rc_duration, ticks) - 0usize];
    [
        "Offset of field: rc_duration::seconds",
    ][::core::mem::offset_of!(rc_duration, seconds) - 8usize];
};
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rc_window {
    pub before: rc_duration,
    pub after: rc_duration,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of rc_window"][::core::mem::size_of::<rc_window>() - 32usize];
    ["Alignment of rc_window"][::core::mem::align_of::<rc_window>() - 8usize];
    [
        "Offset of field: rc_window::before",
    ][::core::mem::offset_of!(rc_window, before) - 0usize];
    [
        "Offset of field: rc_window::after",
    ][::core::mem::offset_of!(rc_window, after) - 16usize];
};
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rc_clock_map {
    pub reference: rc_duration,
    pub offset: rc_duration,
    pub drift: f64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of rc_clock_map"][::core::mem::size_of::<rc_clock_map>() - 40usize];
    ["Alignment of rc_clock_map"][::core::mem::align_of::<rc_clock_map>() - 8usize];
    [
        "Offset of field: rc_clock_map::reference",
    ][::core::mem::offset_of!(rc_clock_map, reference) - 0usize];
    [
        "Offset of field: rc_clock_map::offset",
    ][::core::mem::offset_of!(rc_clock_map, offset) - 16usize];
    [
        "Offset of field: rc_clock_map::drift",
    ][::core::mem::offset_of!(rc_clock_map, drift) - 32usize];
};
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rc_resample_options {
    pub struct_size: u32,
    pub flags: u32,
    pub offsets: *const rc_tensor,
    pub lengths: *const rc_tensor,
    pub sequence_ids: *const rc_tensor,
    pub target_offsets: *const rc_tensor,
    pub channels: *const rc_channels,
    pub num_channels: i64,
    pub mode: i32,
    pub outside: i32,
    pub order: i32,
    pub duplicates: i32,
    pub fill_value: f64,
    pub max_gap: rc_duration,
    pub window: rc_window,
    pub clock: rc_clock_map,
    pub valid: *mut rc_tensor,
    pub reason: *mut rc_tensor,
    pub source_index: *mut rc_tensor,
    pub next_index: *mut rc_tensor,
    pub weight: *mut rc_tensor,
    pub age: *mut rc_tensor,
    pub workspace: *mut ::core::ffi::c_void,
    pub workspace_size: u64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of rc_resample_options",
    ][::core::mem::size_of::<rc_resample_options>() - 232usize];
    [
        "Alignment of rc_resample_options",
    ][::core::mem::align_of::<rc_resample_options>() - 8usize];
    [
        "Offset of field: rc_resample_options::struct_size",
    ][::core::mem::offset_of!(rc_resample_options, struct_size) - 0usize];
    [
        "Offset of field: rc_resample_options::flags",
    ][::core::mem::offset_of!(rc_resample_options, flags) - 4usize];
    [
        "Offset of field: rc_resample_options::offsets",
    ][::core::mem::offset_of!(rc_resample_options, offsets) - 8usize];
    [
        "Offset of field: rc_resample_options::lengths",
    ][::core::mem::offset_of!(rc_resample_options, lengths) - 16usize];
    [
        "Offset of field: rc_resample_options::sequence_ids",
    ][::core::mem::offset_of!(rc_resample_options, sequence_ids) - 24usize];
    [
        "Offset of field: rc_resample_options::target_offsets",
    ][::core::mem::offset_of!(rc_resample_options, target_offsets) - 32usize];
    [
        "Offset of field: rc_resample_options::channels",
    ][::core::mem::offset_of!(rc_resample_options, channels) - 40usize];
    [
        "Offset of field: rc_resample_options::num_channels",
    ][::core::mem::offset_of!(rc_resample_options, num_channels) - 48usize];
    [
        "Offset of field: rc_resample_options::mode",
    ][::core::mem::offset_of!(rc_resample_options, mode) - 56usize];
    [
        "Offset of field: rc_resample_options::outside",
    ][::core::mem::offset_of!(rc_resample_options, outside) - 60usize];
    [
        "Offset of field: rc_resample_options::order",
    ][::core::mem::offset_of!(rc_resample_options, order) - 64usize];
    [
        "Offset of field: rc_resample_options::duplicates",
    ][::core::mem::offset_of!(rc_resample_options, duplicates) - 68usize];
    [
        "Offset of field: rc_resample_options::fill_value",
    ][::core::mem::offset_of!(rc_resample_options, fill_value) - 72usize];
    [
        "Offset of field: rc_resample_options::max_gap",
    ][::core::mem::offset_of!(rc_resample_options, max_gap) - 80usize];
    [
        "Offset of field: rc_resample_options::window",
    ][::core::mem::offset_of!(rc_resample_options, window) - 96usize];
    [
        "Offset of field: rc_resample_options::clock",
    ][::core::mem::offset_of!(rc_resample_options, clock) - 128usize];
    [
        "Offset of field: rc_resample_options::valid",
    ][::core::mem::offset_of!(rc_resample_options, valid) - 168usize];
    [
        "Offset of field: rc_resample_options::reason",
    ][::core::mem::offset_of!(rc_resample_options, reason) - 176usize];
    [
        "Offset of field: rc_resample_options::source_index",
    ][::core::mem::offset_of!(rc_resample_options, source_index) - 184usize];
    [
        "Offset of field: rc_resample_options::next_index",
    ][::core::mem::offset_of!(rc_resample_options, next_index) - 192usize];
    [
        "Offset of field: rc_resample_options::weight",
    ][::core::mem::offset_of!(rc_resample_options, weight) - 200usize];
    [
        "Offset of field: rc_resample_options::age",
    ][::core::mem::offset_of!(rc_resample_options, age) - 208usize];
    [
        "Offset of field: rc_resample_options::workspace",
    ][::core::mem::offset_of!(rc_resample_options, workspace) - 216usize];
    [
        "Offset of field: rc_resample_options::workspace_size",
    ][::core::mem::offset_of!(rc_resample_options, workspace_size) - 224usize];
};
unsafe extern "C" {
    #[must_use]
    pub fn rc_resample_options_init(
        options: *mut rc_resample_options,
        struct_size: u32,
    ) -> rc_status;
}
unsafe extern "C" {
    #[must_use]
    pub fn rc_resample(
        context: *mut rc_context,
        values: *const rc_tensor,
        source_times: *const rc_tensor,
        target_times: *const rc_tensor,
        options: *const rc_resample_options,
        output: *mut rc_tensor,
    ) -> rc_status;
}
unsafe extern "C" {
    #[must_use]
    pub fn rc_resample_workspace_size(
        context: *mut rc_context,
        values: *const rc_tensor,
        source_times: *const rc_tensor,
        target_times: *const rc_tensor,
        options: *const rc_resample_options,
        output: *const rc_tensor,
        size: *mut u64,
    ) -> rc_status;
}
unsafe extern "C" {
    #[must_use]
    pub fn rc_resample_backward(
        context: *mut rc_context,
        grad_output: *const rc_tensor,
        values: *const rc_tensor,
        source_times: *const rc_tensor,
        target_times: *const rc_tensor,
        options: *const rc_resample_options,
        grad_values: *mut rc_tensor,
    ) -> rc_status;
}
unsafe extern "C" {
    #[must_use]
    pub fn rc_resample_backward_workspace_size(
        context: *mut rc_context,
        grad_output: *const rc_tensor,
        values: *const rc_tensor,
        source_times: *const rc_tensor,
        target_times: *const rc_tensor,
        options: *const rc_resample_options,
        grad_values: *const rc_tensor,
        size: *mut u64,
    ) -> rc_status;
}
unsafe extern "C" {
    #[must_use]
    pub fn rc_target_clock(
        start: i64,
        stop: i64,
        ticks_per_second: i64,
        numerator: i64,
        denominator: i64,
        capacity: i64,
        ticks: *mut i64,
        count: *mut i64,
    ) -> rc_status;
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rc_stream {
    pub struct_size: u32,
    pub reserved: u32,
    pub values: *const rc_tensor,
    pub source_times: *const rc_tensor,
    pub options: *const rc_resample_options,
    pub width: i64,
    pub output: *mut rc_tensor,
    pub grad_values: *mut rc_tensor,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of rc_stream"][::core::mem::size_of::<rc_stream>() - 56usize];
    ["Alignment of rc_stream"][::core::mem::align_of::<rc_stream>() - 8usize];
    [
        "Offset of field: rc_stream::struct_size",
    ][::core::mem::offset_of!(rc_stream, struct_size) - 0usize];
    [
        "Offset of field: rc_stream::reserved",
    ][::core::mem::offset_of!(rc_stream, reserved) - 4usize];
    [
        "Offset of field: rc_stream::values",
    ][::core::mem::offset_of!(rc_stream, values) - 8usize];
    [
        "Offset of field: rc_stream::source_times",
    ][::core::mem::offset_of!(rc_stream, source_times) - 16usize];
    [
        "Offset of field: rc_stream::options",
    ][::core::mem::offset_of!(rc_stream, options) - 24usize];
    [
        "Offset of field: rc_stream::width",
    ][::core::mem::offset_of!(rc_stream, width) - 32usize];
    [
        "Offset of field: rc_stream::output",
    ][::core::mem::offset_of!(rc_stream, output) - 40usize];
    [
        "Offset of field: rc_stream::grad_values",
    ][::core::mem::offset_of!(rc_stream, grad_values) - 48usize];
};
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rc_fuse_options {
    pub struct_size: u32,
    pub flags: u32,
    pub target_offsets: *const rc_tensor,
    pub valid: *mut rc_tensor,
    pub workspace: *mut ::core::ffi::c_void,
    pub workspace_size: u64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of rc_fuse_options"][::core::mem::size_of::<rc_fuse_options>() - 40usize];
    [
        "Alignment of rc_fuse_options",
    ][::core::mem::align_of::<rc_fuse_options>() - 8usize];
    [
        "Offset of field: rc_fuse_options::struct_size",
    ][::core::mem::offset_of!(rc_fuse_options, struct_size) - 0usize];
    [
        "Offset of field: rc_fuse_options::flags",
    ][::core::mem::offset_of!(rc_fuse_options, flags) - 4usize];
    [
        "Offset of field: rc_fuse_options::target_offsets",
    ][::core::mem::offset_of!(rc_fuse_options, target_offsets) - 8usize];
    [
        "Offset of field: rc_fuse_options::valid",
    ][::core::mem::offset_of!(rc_fuse_options, valid) - 16usize];
    [
        "Offset of field: rc_fuse_options::workspace",
    ][::core::mem::offset_of!(rc_fuse_options, workspace) - 24usize];
    [
        "Offset of field: rc_fuse_options::workspace_size",
    ][::core::mem::offset_of!(rc_fuse_options, workspace_size) - 32usize];
};
unsafe extern "C" {
    #[must_use]
    pub fn rc_fuse_options_init(
        options: *mut rc_fuse_options,
        struct_size: u32,
    ) -> rc_status;
}
unsafe extern "C" {
    #[must_use]
    pub fn rc_stream_init(stream: *mut rc_stream, struct_size: u32) -> rc_status;
}
unsafe extern "C" {
    #[must_use]
    pub fn rc_fuse(
        context: *mut rc_context,
        streams: *const *const rc_stream,
        num_streams: i64,
        target_times: *const rc_tensor,
        options: *const rc_fuse_options,
        output: *mut rc_tensor,
    ) -> rc_status;
}
unsafe extern "C" {
    #[must_use]
    pub fn rc_fuse_workspace_size(
        context: *mut rc_context,
        streams: *const *const rc_stream,
        num_streams: i64,
        target_times: *const rc_tensor,
        options: *const rc_fuse_options,
        output: *const rc_tensor,
        size: *mut u64,
    ) -> rc_status;
}
unsafe extern "C" {
    #[must_use]
    pub fn rc_fuse_backward(
        context: *mut rc_context,
        grad_output: *const rc_tensor,
        streams: *const *const rc_stream,
        num_streams: i64,
        target_times: *const rc_tensor,
        options: *const rc_fuse_options,
    ) -> rc_status;
}
unsafe extern "C" {
    #[must_use]
    pub fn rc_fuse_backward_workspace_size(
        context: *mut rc_context,
        grad_output: *const rc_tensor,
        streams: *const *const rc_stream,
        num_streams: i64,
        target_times: *const rc_tensor,
        options: *const rc_fuse_options,
        size: *mut u64,
    ) -> rc_status;
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rc_grid {
    pub origin: [f64; 3usize],
    pub voxel_size: [f64; 3usize],
    pub dims: [i64; 3usize],
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of rc_grid"][::core::mem::size_of::<rc_grid>() - 72usize];
    ["Alignment of rc_grid"][::core::mem::align_of::<rc_grid>() - 8usize];
    [
        "Offset of field: rc_grid::origin",
    ][::core::mem::offset_of!(rc_grid, origin) - 0usize];
    [
        "Offset of field: rc_grid::voxel_size",
    ][::core::mem::offset_of!(rc_grid, voxel_size) - 24usize];
    ["Offset of field: rc_grid::dims"][::core::mem::offset_of!(rc_grid, dims) - 48usize];
};
impl rc_reduce {
    pub const RC_REDUCE_OCCUPANCY: rc_reduce = rc_reduce(0);
    pub const RC_REDUCE_COUNT: rc_reduce = rc_reduce(1);
    pub const RC_REDUCE_SUM: rc_reduce = rc_reduce(2);
    pub const RC_REDUCE_MEAN: rc_reduce = rc_reduce(3);
    pub const RC_REDUCE_MAX: rc_reduce = rc_reduce(4);
    pub const RC_REDUCE_MIN: rc_reduce = rc_reduce(5);
    pub const RC_REDUCE_OCCUPANCY_BITS: rc_reduce = rc_reduce(6);
}
#[repr(transparent)]
#[derive(Debug, Copy, Clone, Hash, PartialEq, Eq)]
pub struct rc_reduce(pub ::core::ffi::c_uint);
impl rc_voxel_stat {
    pub const RC_STAT_OUTSIDE: rc_voxel_stat = rc_voxel_stat(0);
    pub const RC_STAT_NOT_FINITE: rc_voxel_stat = rc_voxel_stat(1);
    pub const RC_STAT_OVER_CAPACITY: rc_voxel_stat = rc_voxel_stat(2);
}
#[repr(transparent)]
#[derive(Debug, Copy, Clone, Hash, PartialEq, Eq)]
pub struct rc_voxel_stat(pub ::core::ffi::c_uint);
impl rc_voxelize_flag {
    pub const RC_VOXELIZE_ACCUMULATE: rc_voxelize_flag = rc_voxelize_flag(1);
    pub const RC_VOXELIZE_SKIP_VALIDATION: rc_voxelize_flag = rc_voxelize_flag(2);
}
impl ::core::ops::BitOr<rc_voxelize_flag> for rc_voxelize_flag {
    type Output = Self;
    #[inline]
    fn bitor(self, other: Self) -> Self {
        rc_voxelize_flag(self.0 | other.0)
    }
}
impl ::core::ops::BitOrAssign for rc_voxelize_flag {
    #[inline]
    fn bitor_assign(&mut self, rhs: rc_voxelize_flag) {
        self.0 |= rhs.0;
    }
}
impl ::core::ops::BitAnd<rc_voxelize_flag> for rc_voxelize_flag {
    type Output = Self;
    #[inline]
    fn bitand(self, other: Self) -> Self {
        rc_voxelize_flag(self.0 & other.0)
    }
}
impl ::core::ops::BitAndAssign for rc_voxelize_flag {
    #[inline]
    fn bitand_assign(&mut self, rhs: rc_voxelize_flag) {
        self.0 &= rhs.0;
    }
}
#[repr(transparent)]
#[derive(Debug, Copy, Clone, Hash, PartialEq, Eq)]
pub struct rc_voxelize_flag(pub ::core::ffi::c_uint);
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rc_voxelize_options {
    pub struct_size: u32,
    pub flags: u32,
    pub offsets: *const rc_tensor,
    pub lengths: *const rc_tensor,
    pub features: *const rc_tensor,
    pub reduce: i32,
    pub reserved: i32,
    pub fill_value: f64,
    pub feature_bound: f64,
    pub counts: *mut rc_tensor,
    pub stats: *mut rc_tensor,
    pub workspace: *mut ::core::ffi::c_void,
    pub workspace_size: u64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of rc_voxelize_options",
    ][::core::mem::size_of::<rc_voxelize_options>() - 88usize];
    [
        "Alignment of rc_voxelize_options",
    ][::core::mem::align_of::<rc_voxelize_options>() - 8usize];
    [
        "Offset of field: rc_voxelize_options::struct_size",
    ][::core::mem::offset_of!(rc_voxelize_options, struct_size) - 0usize];
    [
        "Offset of field: rc_voxelize_options::flags",
    ][::core::mem::offset_of!(rc_voxelize_options, flags) - 4usize];
    [
        "Offset of field: rc_voxelize_options::offsets",
    ][::core::mem::offset_of!(rc_voxelize_options, offsets) - 8usize];
    [
        "Offset of field: rc_voxelize_options::lengths",
    ][::core::mem::offset_of!(rc_voxelize_options, lengths) - 16usize];
    [
        "Offset of field: rc_voxelize_options::features",
    ][::core::mem::offset_of!(rc_voxelize_options, features) - 24usize];
    [
        "Offset of field: rc_voxelize_options::reduce",
    ][::core::mem::offset_of!(rc_voxelize_options, reduce) - 32usize];
    [
        "Offset of field: rc_voxelize_options::reserved",
    ][::core::mem::offset_of!(rc_voxelize_options, reserved) - 36usize];
    [
        "Offset of field: rc_voxelize_options::fill_value",
    ][::core::mem::offset_of!(rc_voxelize_options, fill_value) - 40usize];
    [
        "Offset of field: rc_voxelize_options::feature_bound",
    ][::core::mem::offset_of!(rc_voxelize_options, feature_bound) - 48usize];
    [
        "Offset of field: rc_voxelize_options::counts",
    ][::core::mem::offset_of!(rc_voxelize_options, counts) - 56usize];
    [
        "Offset of field: rc_voxelize_options::stats",
    ][::core::mem::offset_of!(rc_voxelize_options, stats) - 64usize];
    [
        "Offset of field: rc_voxelize_options::workspace",
    ][::core::mem::offset_of!(rc_voxelize_options, workspace) - 72usize];
    [
        "Offset of field: rc_voxelize_options::workspace_size",
    ][::core::mem::offset_of!(rc_voxelize_options, workspace_size) - 80usize];
};
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rc_voxelize_sparse_options {
    pub struct_size: u32,
    pub flags: u32,
    pub offsets: *const rc_tensor,
    pub lengths: *const rc_tensor,
    pub features: *const rc_tensor,
    pub reduce: i32,
    pub reserved: i32,
    pub fill_value: f64,
    pub feature_bound: f64,
    pub reduced: *mut rc_tensor,
    pub counts: *mut rc_tensor,
    pub hard: *mut rc_tensor,
    pub point_to_voxel: *mut rc_tensor,
    pub total: *mut rc_tensor,
    pub stats: *mut rc_tensor,
    pub workspace: *mut ::core::ffi::c_void,
    pub workspace_size: u64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of rc_voxelize_sparse_options",
    ][::core::mem::size_of::<rc_voxelize_sparse_options>() - 120usize];
    [
        "Alignment of rc_voxelize_sparse_options",
    ][::core::mem::align_of::<rc_voxelize_sparse_options>() - 8usize];
    [
        "Offset of field: rc_voxelize_sparse_options::struct_size",
    ][::core::mem::offset_of!(rc_voxelize_sparse_options, struct_size) - 0usize];
    [
        "Offset of field: rc_voxelize_sparse_options::flags",
    ][::core::mem::offset_of!(rc_voxelize_sparse_options, flags) - 4usize];
    [
        "Offset of field: rc_voxelize_sparse_options::offsets",
    ][::core::mem::offset_of!(rc_voxelize_sparse_options, offsets) - 8usize];
    [
        "Offset of field: rc_voxelize_sparse_options::lengths",
    ][::core::mem::offset_of!(rc_voxelize_sparse_options, lengths) - 16usize];
    [
        "Offset of field: rc_voxelize_sparse_options::features",
    ][::core::mem::offset_of!(rc_voxelize_sparse_options, features) - 24usize];
    [
        "Offset of field: rc_voxelize_sparse_options::reduce",
    ][::core::mem::offset_of!(rc_voxelize_sparse_options, reduce) - 32usize];
    [
        "Offset of field: rc_voxelize_sparse_options::reserved",
    ][::core::mem::offset_of!(rc_voxelize_sparse_options, reserved) - 36usize];
    [
        "Offset of field: rc_voxelize_sparse_options::fill_value",
    ][::core::mem::offset_of!(rc_voxelize_sparse_options, fill_value) - 40usize];
    [
        "Offset of field: rc_voxelize_sparse_options::feature_bound",
    ][::core::mem::offset_of!(rc_voxelize_sparse_options, feature_bound) - 48usize];
    [
        "Offset of field: rc_voxelize_sparse_options::reduced",
    ][::core::mem::offset_of!(rc_voxelize_sparse_options, reduced) - 56usize];
    [
        "Offset of field: rc_voxelize_sparse_options::counts",
    ][::core::mem::offset_of!(rc_voxelize_sparse_options, counts) - 64usize];
    [
        "Offset of field: rc_voxelize_sparse_options::hard",
    ][::core::mem::offset_of!(rc_voxelize_sparse_options, hard) - 72usize];
    [
        "Offset of field: rc_voxelize_sparse_options::point_to_voxel",
    ][::core::mem::offset_of!(rc_voxelize_sparse_options, point_to_voxel) - 80usize];
    [
        "Offset of field: rc_voxelize_sparse_options::total",
    ][::core::mem::offset_of!(rc_voxelize_sparse_options, total) - 88usize];
    [
        "Offset of field: rc_voxelize_sparse_options::stats",
    ][::core::mem::offset_of!(rc_voxelize_sparse_options, stats) - 96usize];
    [
        "Offset of field: rc_voxelize_sparse_options::workspace",
    ][::core::mem::offset_of!(rc_voxelize_sparse_options, workspace) - 104usize];
    [
        "Offset of field: rc_voxelize_sparse_options::workspace_size",
    ][::core::mem::offset_of!(rc_voxelize_sparse_options, workspace_size) - 112usize];
};
unsafe extern "C" {
    #[must_use]
    pub fn rc_voxelize_options_init(
        options: *mut rc_voxelize_options,
        struct_size: u32,
    ) -> rc_status;
}
unsafe extern "C" {
    #[must_use]
    pub fn rc_voxelize_sparse_options_init(
        options: *mut rc_voxelize_sparse_options,
        struct_size: u32,
    ) -> rc_status;
}
unsafe extern "C" {
    #[must_use]
    pub fn rc_voxelize(
        context: *mut rc_context,
        points: *const rc_tensor,
        grid: *const rc_grid,
        options: *const rc_voxelize_options,
        output: *mut rc_tensor,
    ) -> rc_status;
}
unsafe extern "C" {
    #[must_use]
    pub fn rc_voxelize_workspace_size(
        context: *mut rc_context,
        points: *const rc_tensor,
        grid: *const rc_grid,
        options: *const rc_voxelize_options,
        output: *const rc_tensor,
        size: *mut u64,
    ) -> rc_status;
}
unsafe extern "C" {
    #[must_use]
    pub fn rc_voxelize_backward(
        context: *mut rc_context,
        grad_output: *const rc_tensor,
        points: *const rc_tensor,
        grid: *const rc_grid,
        options: *const rc_voxelize_options,
        grad_features: *mut rc_tensor,
    ) -> rc_status;
}
unsafe extern "C" {
    #[must_use]
    pub fn rc_voxelize_backward_workspace_size(
        context: *mut rc_context,
        grad_output: *const rc_tensor,
        points: *const rc_tensor,
        grid: *const rc_grid,
        options: *const rc_voxelize_options,
        grad_features: *const rc_tensor,
        size: *mut u64,
    ) -> rc_status;
}
unsafe extern "C" {
    #[must_use]
    pub fn rc_voxelize_sparse(
        context: *mut rc_context,
        points: *const rc_tensor,
        grid: *const rc_grid,
        options: *const rc_voxelize_sparse_options,
        coords: *mut rc_tensor,
    ) -> rc_status;
}
unsafe extern "C" {
    #[must_use]
    pub fn rc_voxelize_sparse_workspace_size(
        context: *mut rc_context,
        points: *const rc_tensor,
        grid: *const rc_grid,
        options: *const rc_voxelize_sparse_options,
        coords: *const rc_tensor,
        size: *mut u64,
    ) -> rc_status;
}
unsafe extern "C" {
    #[must_use]
    pub fn rc_pointcloud_bounds(
        context: *mut rc_context,
        points: *const rc_tensor,
        offsets: *const rc_tensor,
        lengths: *const rc_tensor,
        bounds: *mut rc_tensor,
    ) -> rc_status;
}
impl rc_tsdf_weight {
    pub const RC_TSDF_WEIGHT_CONSTANT: rc_tsdf_weight = rc_tsdf_weight(0);
    pub const RC_TSDF_WEIGHT_INVERSE_SQUARE: rc_tsdf_weight = rc_tsdf_weight(1);
    pub const RC_TSDF_WEIGHT_DROPOFF: rc_tsdf_weight = rc_tsdf_weight(2);
    pub const RC_TSDF_WEIGHT_INVERSE_SQUARE_DROPOFF: rc_tsdf_weight = rc_tsdf_weight(3);
}
#[repr(transparent)]
#[derive(Debug, Copy, Clone, Hash, PartialEq, Eq)]
pub struct rc_tsdf_weight(pub ::core::ffi::c_uint);
impl rc_tsdf_flag {
    pub const RC_TSDF_NO_CARVING: rc_tsdf_flag = rc_tsdf_flag(1);
    pub const RC_TSDF_SKIP_VALIDATION: rc_tsdf_flag = rc_tsdf_flag(2);
}
impl ::core::ops::BitOr<rc_tsdf_flag> for rc_tsdf_flag {
    type Output = Self;
    #[inline]
    fn bitor(self, other: Self) -> Self {
        rc_tsdf_flag(self.0 | other.0)
    }
}
impl ::core::ops::BitOrAssign for rc_tsdf_flag {
    #[inline]
    fn bitor_assign(&mut self, rhs: rc_tsdf_flag) {
        self.0 |= rhs.0;
    }
}
impl ::core::ops::BitAnd<rc_tsdf_flag> for rc_tsdf_flag {
    type Output = Self;
    #[inline]
    fn bitand(self, other: Self) -> Self {
        rc_tsdf_flag(self.0 & other.0)
    }
}
impl ::core::ops::BitAndAssign for rc_tsdf_flag {
    #[inline]
    fn bitand_assign(&mut self, rhs: rc_tsdf_flag) {
        self.0 &= rhs.0;
    }
}
#[repr(transparent)]
#[derive(Debug, Copy, Clone, Hash, PartialEq, Eq)]
pub struct rc_tsdf_flag(pub ::core::ffi::c_uint);
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rc_tsdf_integrate_options {
    pub struct_size: u32,
    pub flags: u32,
    pub truncation: f64,
    pub depth_scale: f64,
    pub max_depth: f64,
    pub max_weight: f64,
    pub weighting: i32,
    pub reserved: i32,
    pub color_images: *const rc_tensor,
    pub color: *mut rc_tensor,
    pub workspace: *mut ::core::ffi::c_void,
    pub workspace_size: u64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of rc_tsdf_integrate_options",
    ][::core::mem::size_of::<rc_tsdf_integrate_options>() - 80usize];
    [
        "Alignment of rc_tsdf_integrate_options",
    ][::core::mem::align_of::<rc_tsdf_integrate_options>() - 8usize];
    [
        "Offset of field: rc_tsdf_integrate_options::struct_size",
    ][::core::mem::offset_of!(rc_tsdf_integrate_options, struct_size) - 0usize];
    [
        "Offset of field: rc_tsdf_integrate_options::flags",
    ][::core::mem::offset_of!(rc_tsdf_integrate_options, flags) - 4usize];
    [
        "Offset of field: rc_tsdf_integrate_options::truncation",
    ][::core::mem::offset_of!(rc_tsdf_integrate_options, truncation) - 8usize];
    [
        "Offset of field: rc_tsdf_integrate_options::depth_scale",
    ][::core::mem::offset_of!(rc_tsdf_integrate_options, depth_scale) - 16usize];
    [
        "Offset of field: rc_tsdf_integrate_options::max_depth",
    ][::core::mem::offset_of!(rc_tsdf_integrate_options, max_depth) - 24usize];
    [
        "Offset of field: rc_tsdf_integrate_options::max_weight",
    ][::core::mem::offset_of!(rc_tsdf_integrate_options, max_weight) - 32usize];
    [
        "Offset of field: rc_tsdf_integrate_options::weighting",
    ][::core::mem::offset_of!(rc_tsdf_integrate_options, weighting) - 40usize];
    [
        "Offset of field: rc_tsdf_integrate_options::reserved",
    ][::core::mem::offset_of!(rc_tsdf_integrate_options, reserved) - 44usize];
    [
        "Offset of field: rc_tsdf_integrate_options::color_images",
    ][::core::mem::offset_of!(rc_tsdf_integrate_options, color_images) - 48usize];
    [
        "Offset of field: rc_tsdf_integrate_options::color",
    ][::core::mem::offset_of!(rc_tsdf_integrate_options, color) - 56usize];
    [
        "Offset of field: rc_tsdf_integrate_options::workspace",
    ][::core::mem::offset_of!(rc_tsdf_integrate_options, workspace) - 64usize];
    [
        "Offset of field: rc_tsdf_integrate_options::workspace_size",
    ][::core::mem::offset_of!(rc_tsdf_integrate_options, workspace_size) - 72usize];
};
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rc_tsdf_from_points_options {
    pub struct_size: u32,
    pub flags: u32,
    pub truncation: f64,
    pub max_weight: f64,
    pub weighting: i32,
    pub reserved: i32,
    pub offsets: *const rc_tensor,
    pub lengths: *const rc_tensor,
    pub normals: *const rc_tensor,
    pub sensor_origins: *const rc_tensor,
    pub stats: *mut rc_tensor,
    pub workspace: *mut ::core::ffi::c_void,
    pub workspace_size: u64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of rc_tsdf_from_points_options",
    ][::core::mem::size_of::<rc_tsdf_from_points_options>() - 88usize];
    [
        "Alignment of rc_tsdf_from_points_options",
    ][::core::mem::align_of::<rc_tsdf_from_points_options>() - 8usize];
    [
        "Offset of field: rc_tsdf_from_points_options::struct_size",
    ][::core::mem::offset_of!(rc_tsdf_from_points_options, struct_size) - 0usize];
    [
        "Offset of field: rc_tsdf_from_points_options::flags",
    ][::core::mem::offset_of!(rc_tsdf_from_points_options, flags) - 4usize];
    [
        "Offset of field: rc_tsdf_from_points_options::truncation",
    ][::core::mem::offset_of!(rc_tsdf_from_points_options, truncation) - 8usize];
    [
        "Offset of field: rc_tsdf_from_points_options::max_weight",
    ][::core::mem::offset_of!(rc_tsdf_from_points_options, max_weight) - 16usize];
    [
        "Offset of field: rc_tsdf_from_points_options::weighting",
    ][::core::mem::offset_of!(rc_tsdf_from_points_options, weighting) - 24usize];
    [
        "Offset of field: rc_tsdf_from_points_options::reserved",
    ][::core::mem::offset_of!(rc_tsdf_from_points_options, reserved) - 28usize];
    [
        "Offset of field: rc_tsdf_from_points_options::offsets",
    ][::core::mem::offset_of!(rc_tsdf_from_points_options, offsets) - 32usize];
    [
        "Offset of field: rc_tsdf_from_points_options::lengths",
    ][::core::mem::offset_of!(rc_tsdf_from_points_options, lengths) - 40usize];
    [
        "Offset of field: rc_tsdf_from_points_options::normals",
    ][::core::mem::offset_of!(rc_tsdf_from_points_options, normals) - 48usize];
    [
        "Offset of field: rc_tsdf_from_points_options::sensor_origins",
    ][::core::mem::offset_of!(rc_tsdf_from_points_options, sensor_origins) - 56usize];
    [
        "Offset of field: rc_tsdf_from_points_options::stats",
    ][::core::mem::offset_of!(rc_tsdf_from_points_options, stats) - 64usize];
    [
        "Offset of field: rc_tsdf_from_points_options::workspace",
    ][::core::mem::offset_of!(rc_tsdf_from_points_options, workspace) - 72usize];
    [
        "Offset of field: rc_tsdf_from_points_options::workspace_size",
    ][::core::mem::offset_of!(rc_tsdf_from_points_options, workspace_size) - 80usize];
};
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rc_tsdf_extract_options {
    pub struct_size: u32,
    pub flags: u32,
    pub min_weight: f64,
    pub color: *const rc_tensor,
    pub normals: *mut rc_tensor,
    pub point_colors: *mut rc_tensor,
    pub total: *mut rc_tensor,
    pub workspace: *mut ::core::ffi::c_void,
    pub workspace_size: u64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of rc_tsdf_extract_options",
    ][::core::mem::size_of::<rc_tsdf_extract_options>() - 64usize];
    [
        "Alignment of rc_tsdf_extract_options",
    ][::core::mem::align_of::<rc_tsdf_extract_options>() - 8usize];
    [
        "Offset of field: rc_tsdf_extract_options::struct_size",
    ][::core::mem::offset_of!(rc_tsdf_extract_options, struct_size) - 0usize];
    [
        "Offset of field: rc_tsdf_extract_options::flags",
    ][::core::mem::offset_of!(rc_tsdf_extract_options, flags) - 4usize];
    [
        "Offset of field: rc_tsdf_extract_options::min_weight",
    ][::core::mem::offset_of!(rc_tsdf_extract_options, min_weight) - 8usize];
    [
        "Offset of field: rc_tsdf_extract_options::color",
    ][::core::mem::offset_of!(rc_tsdf_extract_options, color) - 16usize];
    [
        "Offset of field: rc_tsdf_extract_options::normals",
    ][::core::mem::offset_of!(rc_tsdf_extract_options, normals) - 24usize];
    [
        "Offset of field: rc_tsdf_extract_options::point_colors",
    ][::core::mem::offset_of!(rc_tsdf_extract_options, point_colors) - 32usize];
    [
        "Offset of field: rc_tsdf_extract_options::total",
    ][::core::mem::offset_of!(rc_tsdf_extract_options, total) - 40usize];
    [
        "Offset of field: rc_tsdf_extract_options::workspace",
    ][::core::mem::offset_of!(rc_tsdf_extract_options, workspace) - 48usize];
    [
        "Offset of field: rc_tsdf_extract_options::workspace_size",
    ][::core::mem::offset_of!(rc_tsdf_extract_options, workspace_size) - 56usize];
};
unsafe extern "C" {
    #[must_use]
    pub fn rc_tsdf_integrate_options_init(
        options: *mut rc_tsdf_integrate_options,
        struct_size: u32,
    ) -> rc_status;
}
unsafe extern "C" {
    #[must_use]
    pub fn rc_tsdf_from_points_options_init(
        options: *mut rc_tsdf_from_points_options,
        struct_size: u32,
    ) -> rc_status;
}
unsafe extern "C" {
    #[must_use]
    pub fn rc_tsdf_extract_options_init(
        options: *mut rc_tsdf_extract_options,
        struct_size: u32,
    ) -> rc_status;
}
unsafe extern "C" {
    #[must_use]
    pub fn rc_tsdf_integrate(
        context: *mut rc_context,
        depth: *const rc_tensor,
        intrinsics: *const rc_tensor,
        poses: *const rc_tensor,
        grid: *const rc_grid,
        options: *const rc_tsdf_integrate_options,
        tsdf: *mut rc_tensor,
        weight: *mut rc_tensor,
    ) -> rc_status;
}
unsafe extern "C" {
    #[must_use]
    pub fn rc_tsdf_integrate_workspace_size(
        context: *mut rc_context,
        depth: *const rc_tensor,
        intrinsics: *const rc_tensor,
        poses: *const rc_tensor,
        grid: *const rc_grid,
        options: *const rc_tsdf_integrate_options,
        tsdf: *const rc_tensor,
        weight: *const rc_tensor,
        size: *mut u64,
    ) -> rc_status;
}
unsafe extern "C" {
    #[must_use]
    pub fn rc_tsdf_from_points(
        context: *mut rc_context,
        points: *const rc_tensor,
        grid: *const rc_grid,
        options: *const rc_tsdf_from_points_options,
        tsdf: *mut rc_tensor,
        weight: *mut rc_tensor,
    ) -> rc_status;
}
unsafe extern "C" {
    #[must_use]
    pub fn rc_tsdf_from_points_workspace_size(
        context: *mut rc_context,
        points: *const rc_tensor,
        grid: *const rc_grid,
        options: *const rc_tsdf_from_points_options,
        tsdf: *const rc_tensor,
        weight: *const rc_tensor,
        size: *mut u64,
    ) -> rc_status;
}
unsafe extern "C" {
    #[must_use]
    pub fn rc_tsdf_extract_points(
        context: *mut rc_context,
        tsdf: *const rc_tensor,
        weight: *const rc_tensor,
        grid: *const rc_grid,
        options: *const rc_tsdf_extract_options,
        points: *mut rc_tensor,
    ) -> rc_status;
}
unsafe extern "C" {
    #[must_use]
    pub fn rc_tsdf_extract_points_workspace_size(
        context: *mut rc_context,
        tsdf: *const rc_tensor,
        weight: *const rc_tensor,
        grid: *const rc_grid,
        options: *const rc_tsdf_extract_options,
        points: *const rc_tensor,
        size: *mut u64,
    ) -> rc_status;
}
unsafe extern "C" {
    #[must_use]
    pub fn rc_depth_to_points(
        context: *mut rc_context,
        depth: *const rc_tensor,
        intrinsics: *const rc_tensor,
        poses: *const rc_tensor,
        depth_scale: f64,
        max_depth: f64,
        points: *mut rc_tensor,
    ) -> rc_status;
}
unsafe extern "C" {
    pub fn rc_version() -> u32;
}
unsafe extern "C" {
    pub fn rc_version_string() -> *const ::core::ffi::c_char;
}
unsafe extern "C" {
    pub fn rc_build_info() -> *const ::core::ffi::c_char;
}
unsafe extern "C" {
    #[must_use]
    pub fn rc_check_version(header_version: u32) -> rc_status;
}
