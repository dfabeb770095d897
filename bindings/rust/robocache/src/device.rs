// SPDX-License-Identifier: Apache-2.0
//! What there is to compute on.

use std::ffi::{CStr, c_char};

use robocache_sys::{self as sys, rc_device, rc_device_type};

use crate::error::{Result, check};

/// Where memory lies and work runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Device {
    /// The processor and its memory.
    Cpu,
    /// A CUDA device, by its index.
    Cuda(i32),
    /// Page-locked host memory; CPU contexts take it. No context runs on it.
    CudaHost,
    /// Managed memory of a CUDA device; CPU and CUDA contexts take it. No context runs on it.
    CudaManaged(i32),
}

impl Device {
    pub(crate) fn raw(self) -> rc_device {
        let (kind, device_id) = match self {
            Self::Cpu => (rc_device_type::RC_DEVICE_CPU, 0),
            Self::Cuda(index) => (rc_device_type::RC_DEVICE_CUDA, index),
            Self::CudaHost => (rc_device_type::RC_DEVICE_CUDA_HOST, 0),
            Self::CudaManaged(index) => (rc_device_type::RC_DEVICE_CUDA_MANAGED, index),
        };
        rc_device { device_type: kind.0 as i32, device_id }
    }

    /// Of a device that a context runs on.
    pub(crate) fn of_context(device: rc_device) -> Self {
        if device.device_type == rc_device_type::RC_DEVICE_CUDA.0 as i32 {
            Self::Cuda(device.device_id)
        } else {
            Self::Cpu
        }
    }
}

/// What is known of one device.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeviceInfo {
    /// Whether a context can be made on it; if not, `reason` says why.
    pub available: bool,
    /// CUDA: compute capability, (9, 0). CPU: (0, 0).
    pub compute_capability: (i32, i32),
    /// CUDA: multiprocessors. CPU: logical cores that this process may use.
    pub processors: i32,
    /// CUDA: newest CUDA version of the driver (13000 is 13.0), 0 without a driver. CPU: 0.
    pub driver_version: i32,
    /// CUDA: version of the CUDA runtime inside the library, 0 in a CPU-only build. CPU: 0.
    pub runtime_version: i32,
    /// Bytes of device (CUDA) or physical (CPU) memory.
    pub total_memory: u64,
    /// "NVIDIA H100 80GB HBM3", or the processor's own name.
    pub name: String,
    /// CPU: instruction set that the kernels use, "avx2". CUDA: "sm_90".
    pub instruction_set: String,
    /// "" when available.
    pub reason: String,
}

/// Number of CUDA devices that can be used; 0 without a driver or in a CPU-only build, and
/// [`device_info`] of `Device::Cuda(0)` then says why.
///
/// # Errors
///
/// None that is known today.
pub fn cuda_device_count() -> Result<usize> {
    let mut count = 0;
    // SAFETY: `count` is there for the call.
    check(unsafe { sys::rc_device_count(Device::Cuda(0).raw().device_type, &mut count) })?;
    Ok(usize::try_from(count).unwrap_or_default())
}

/// Describes a device. A CUDA device that is not there is no error: `available` is false and
/// `reason` tells why.
///
/// ```
/// use robocache::{Device, device_info};
///
/// let cpu = device_info(Device::Cpu)?;
/// assert!(cpu.available && cpu.processors > 0);
/// # Ok::<(), robocache::Error>(())
/// ```
///
/// # Errors
///
/// [`InvalidArgument`](crate::ErrorCode::InvalidArgument): neither `Device::Cpu` nor `Device::Cuda`
/// with an index of 0 or more.
pub fn device_info(device: Device) -> Result<DeviceInfo> {
    let rc_device { device_type, device_id } = device.raw();
    let mut found = sys::rc_device_properties::INIT;
    // SAFETY: `found` has its size set and is there for the call.
    check(unsafe { sys::rc_device_info(device_type, device_id, &mut found) })?;
    Ok(DeviceInfo {
        available: found.available != 0,
        compute_capability: (found.compute_major, found.compute_minor),
        processors: found.processors,
        driver_version: found.driver_version,
        runtime_version: found.runtime_version,
        total_memory: found.total_memory,
        name: text(&found.name),
        instruction_set: text(&found.instruction_set),
        reason: text(&found.reason),
    })
}

fn text(buffer: &[c_char]) -> String {
    let bytes: Vec<u8> = buffer.iter().flat_map(|character| character.to_ne_bytes()).collect();
    let text = CStr::from_bytes_until_nul(&bytes).unwrap_or_default();
    text.to_string_lossy().into_owned()
}
