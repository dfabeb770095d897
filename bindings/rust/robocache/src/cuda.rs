// SPDX-License-Identifier: Apache-2.0
//! Views of cudarc's device memory.
//!
//! Operations on CUDA return before their work is done. cudarc keeps memory in order by events: a
//! view here lets the stream wait for what others wrote, and tells them, when it is dropped, how
//! far the stream has come. So a view is dropped after the last call that uses it, and its stream
//! is the context's.
//!
//! ```no_run
//! use robocache::cuda::{CudaView, CudaViewMut};
//! use robocache::{ContextOptions, ResampleOptions};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let stream = cudarc::driver::CudaContext::new(0)?.new_stream()?;
//! let context = ContextOptions::new().cuda_stream(&stream).build()?;
//! let values = stream.clone_htod(&[1.0_f32, 2.0, 6.0])?;
//! let source = stream.clone_htod(&[0_i64, 10, 30])?;
//! let target = stream.clone_htod(&[5_i64, 10, 20, 40])?;
//! let mut output = stream.alloc_zeros::<f32>(4)?;
//! {
//!     let values = CudaView::new(&values, &stream, &[3, 1])?;
//!     let source = CudaView::new(&source, &stream, &[3])?;
//!     let target = CudaView::new(&target, &stream, &[4])?;
//!     let mut output = CudaViewMut::new(&mut output, &stream, &[4, 1])?;
//!     // SAFETY: the context's stream is that of the views, which are dropped after the call.
//!     unsafe {
//!         context.resample(
//!             values.view(),
//!             source.view(),
//!             target.view(),
//!             &ResampleOptions::new(),
//!             output.view_mut(),
//!         )?;
//!     }
//! }
//! assert_eq!(stream.clone_dtoh(&output)?, [1.5, 2.0, 4.0, 6.0]);
//! # Ok(())
//! # }
//! ```

use cudarc::driver::{CudaStream, DevicePtr, DevicePtrMut, SyncOnDrop};

use crate::device::Device;
use crate::element::Element;
use crate::error::Result;
use crate::tensor::{Tensor, TensorView, TensorViewMut, check_length, compact};

/// Device memory that is read by calls on one stream.
#[derive(Debug)]
pub struct CudaView<'a> {
    tensor: Tensor,
    _order: SyncOnDrop<'a>,
}

/// Device memory that is written, and by some operations also read, by calls on one stream.
#[derive(Debug)]
pub struct CudaViewMut<'a> {
    tensor: Tensor,
    _order: SyncOnDrop<'a>,
}

impl<'a> CudaView<'a> {
    /// All of `memory` as a compact row-major tensor.
    ///
    /// # Errors
    ///
    /// As [`TensorView::new`].
    pub fn new<T: Element>(
        memory: &'a impl DevicePtr<T>,
        stream: &'a CudaStream,
        shape: &[usize],
    ) -> Result<Self> {
        check_length(memory.len(), shape)?;
        let (address, order) = memory.device_ptr(stream);
        Ok(Self { tensor: tensor::<T>(address, stream, shape)?, _order: order })
    }

    /// The tensor, for calls.
    ///
    /// # Safety
    ///
    /// It is used with contexts whose stream is the one of this view, and this view is dropped (not
    /// forgotten) after the last of those calls. Without cudarc's event tracking the caller sees to
    /// the order of streams.
    pub unsafe fn view(&self) -> TensorView<'_> {
        TensorView::over(self.tensor)
    }
}

impl<'a> CudaViewMut<'a> {
    /// All of `memory` as a compact row-major tensor.
    ///
    /// # Errors
    ///
    /// As [`TensorView::new`].
    pub fn new<T: Element>(
        memory: &'a mut impl DevicePtrMut<T>,
        stream: &'a CudaStream,
        shape: &[usize],
    ) -> Result<Self> {
        check_length(memory.len(), shape)?;
        let (address, order) = memory.device_ptr_mut(stream);
        Ok(Self { tensor: tensor::<T>(address, stream, shape)?, _order: order })
    }

    /// The tensor, for calls.
    ///
    /// # Safety
    ///
    /// As [`CudaView::view`].
    pub unsafe fn view_mut(&mut self) -> TensorViewMut<'_> {
        TensorViewMut::over(self.tensor)
    }
}

fn tensor<T: Element>(address: u64, stream: &CudaStream, shape: &[usize]) -> Result<Tensor> {
    let device = Device::Cuda(stream.context().ordinal() as i32);
    Tensor::new(address as *mut T, device, shape, compact(shape))
}
