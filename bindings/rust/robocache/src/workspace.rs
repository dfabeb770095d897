// SPDX-License-Identifier: Apache-2.0
//! Memory that a call works in.

use std::ffi::c_void;
use std::marker::PhantomData;
use std::ptr;

use crate::context::Context;
use crate::device::Device;
use crate::error::{Error, ErrorCode, Result};

/// Memory that a call works in, so that neither the call nor its context allocates any.
///
/// How much a call needs is said by the `..._workspace_size` of the operation, from shapes and
/// options alone.
///
/// ```
/// use robocache::{Context, Order, ResampleOptions, ResampleOutputs, TensorView, TensorViewMut};
/// use robocache::Workspace;
///
/// let context = Context::cpu()?;
/// let values = TensorView::new(&[2.0_f32, 0.0], &[2, 1])?;
/// let (source, target) = (TensorView::from(&[10_i64, 0]), TensorView::from(&[5_i64]));
/// let options = ResampleOptions::new().order(Order::Sort);
/// let mut result = [0.0_f32; 1];
/// let outputs = ResampleOutputs::from(TensorViewMut::new(&mut result, &[1, 1])?);
///
/// let size = context.resample_workspace_size(values, source, target, &options, &outputs)?;
/// let mut memory = vec![0; size.div_ceil(16) as usize];
/// let outputs = outputs.workspace(Workspace::new(&mut memory));
/// context.resample(values, source, target, &options, outputs)?;
/// assert_eq!(result, [1.0]);
/// # Ok::<(), robocache::Error>(())
/// ```
#[derive(Debug)]
pub struct Workspace<'a> {
    data: *mut c_void,
    size: u64,
    device: Device,
    memory: PhantomData<&'a mut [u8]>,
}

// SAFETY: it is what `&mut [u128]` is.
unsafe impl Send for Workspace<'_> {}
// SAFETY: as above; behind `&` it does nothing.
unsafe impl Sync for Workspace<'_> {}

impl<'a> Workspace<'a> {
    /// Host memory, for CPU contexts. The library wants it aligned to 16 bytes, as `u128` is:
    /// `vec![0; size.div_ceil(16)]` is enough for `size` bytes.
    pub fn new(memory: &'a mut [u128]) -> Self {
        let size = size_of_val(memory) as u64;
        Self { data: memory.as_mut_ptr().cast(), size, device: Device::Cpu, memory: PhantomData }
    }

    /// `size` bytes of the memory of any device.
    ///
    /// # Safety
    ///
    /// For `'a`, and on CUDA until the context's stream has passed the work of the call, nothing
    /// else uses these bytes.
    pub unsafe fn from_raw_parts(data: *mut c_void, size: u64, device: Device) -> Self {
        Self { data, size, device, memory: PhantomData }
    }

    /// Address and size for a call on this context; NULL of none.
    pub(crate) fn raw(this: Option<&Self>, context: &Context) -> Result<(*mut c_void, u64)> {
        let Some(this) = this else { return Ok((ptr::null_mut(), 0)) };
        let fits = match (context.device(), this.device) {
            (Device::Cpu, memory) => !matches!(memory, Device::Cuda(_)),
            (Device::Cuda(index), Device::Cuda(memory) | Device::CudaManaged(memory)) => {
                index == memory
            }
            _ => false,
        };
        if fits {
            return Ok((this.data, this.size));
        }
        let message =
            format!("workspace: expected memory of {:?}; got {:?}", context.device(), this.device);
        Err(Error::new(ErrorCode::DeviceMismatch, message))
    }
}
