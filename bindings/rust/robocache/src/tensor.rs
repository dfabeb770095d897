// SPDX-License-Identifier: Apache-2.0
//! Borrowed views of arrays.

use std::ffi::c_void;
use std::marker::PhantomData;
use std::ptr;

use robocache_sys::{self as sys, rc_tensor};

use crate::device::Device;
use crate::element::{DType, Element};
use crate::error::{Error, ErrorCode, Result};

/// Most dimensions of a tensor.
pub const MAX_NDIM: usize = sys::RC_MAX_NDIM as usize;

/// What both views are: memory, type and layout. Whether it may be written is theirs to say.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tensor {
    data: *mut c_void,
    device: Device,
    dtype: DType,
    ndim: usize,
    shape: [i64; MAX_NDIM],
    strides: [i64; MAX_NDIM],
}

impl Tensor {
    pub(crate) fn new<T: Element>(
        data: *mut T,
        device: Device,
        shape: &[usize],
        strides: impl ExactSizeIterator<Item = isize>,
    ) -> Result<Self> {
        if shape.len() > MAX_NDIM {
            let message = format!("tensor: expected at most {MAX_NDIM} dimensions; got {shape:?}");
            return Err(Error::new(ErrorCode::UnsupportedLayout, message));
        }
        if strides.len() != shape.len() {
            let message =
                format!("tensor: expected a stride for each of {shape:?}; got {}", strides.len());
            return Err(Error::new(ErrorCode::InvalidArgument, message));
        }
        let mut tensor = Self {
            data: data.cast(),
            device,
            dtype: T::DTYPE,
            ndim: shape.len(),
            shape: [0; MAX_NDIM],
            strides: [0; MAX_NDIM],
        };
        for (axis, (&length, stride)) in shape.iter().zip(strides).enumerate() {
            tensor.shape[axis] = i64::try_from(length).map_err(|_| too_large(shape))?;
            tensor.strides[axis] = stride as i64;
        }
        Ok(tensor)
    }

    fn of_slice<T: Element>(data: *mut [T], shape: &[usize]) -> Result<Self> {
        check_length(data.len(), shape)?;
        Self::new(data.cast::<T>(), Device::Cpu, shape, compact(shape))
    }

    fn of_strided_slice<T: Element>(
        data: *mut [T],
        shape: &[usize],
        strides: &[usize],
    ) -> Result<Self> {
        let empty = elements(shape)? == 0;
        let steps = shape
            .iter()
            .zip(strides)
            .map(|(&length, &stride)| length.saturating_sub(1).checked_mul(stride));
        let last = steps.sum::<Option<usize>>().ok_or_else(|| too_large(shape))?;
        if !empty && last >= data.len() {
            let message = format!(
                "tensor: expected at least {} elements for shape {shape:?} with strides \
                 {strides:?}; got {}",
                last + 1,
                data.len(),
            );
            return Err(Error::new(ErrorCode::InvalidArgument, message));
        }
        let signed = strides.iter().map(|&stride| isize::try_from(stride).unwrap_or(isize::MAX));
        Self::new(data.cast::<T>(), Device::Cpu, shape, signed)
    }

    fn of_vector<T: Element>(data: *mut [T]) -> Self {
        let mut shape = [0; MAX_NDIM];
        shape[0] = data.len() as i64;
        let mut strides = [0; MAX_NDIM];
        strides[0] = 1;
        let data = data.cast();
        Self { data, device: Device::Cpu, dtype: T::DTYPE, ndim: 1, shape, strides }
    }

    fn shape(&self) -> &[i64] {
        &self.shape[..self.ndim]
    }

    fn strides(&self) -> &[i64] {
        &self.strides[..self.ndim]
    }
}

fn elements(shape: &[usize]) -> Result<usize> {
    let count = shape.iter().try_fold(1_usize, |count, &length| count.checked_mul(length));
    count.or(shape.contains(&0).then_some(0)).ok_or_else(|| too_large(shape))
}

/// Refuses a shape that has not as many elements as there are.
pub(crate) fn check_length(length: usize, shape: &[usize]) -> Result<()> {
    let count = elements(shape)?;
    if length == count {
        return Ok(());
    }
    let message = format!("tensor: expected {count} elements for shape {shape:?}; got {length}");
    Err(Error::new(ErrorCode::InvalidArgument, message))
}

/// Row-major strides, the last axis the fastest. A tensor of no elements may have any.
pub(crate) fn compact(shape: &[usize]) -> impl ExactSizeIterator<Item = isize> {
    (0..shape.len()).map(|axis| {
        let stride = shape[axis + 1..].iter().fold(1_usize, |step, &n| step.saturating_mul(n));
        isize::try_from(stride).unwrap_or(isize::MAX)
    })
}

fn too_large(shape: &[usize]) -> Error {
    let message = format!("tensor: expected fewer elements than 2^63; got shape {shape:?}");
    Error::new(ErrorCode::InvalidArgument, message)
}

/// A tensor that is read: borrowed memory, a type of elements, a shape, and strides.
///
/// Shapes and strides count elements. Views are small and free to copy. Slices, arrays and vectors
/// convert into a view of one dimension; with the feature `ndarray` its arrays do too.
///
/// ```
/// use robocache::{DType, TensorView};
///
/// let samples = [0.0_f32, 1.0, 2.0, 3.0, 4.0, 5.0];
/// let rows = TensorView::new(&samples, &[3, 2])?;
/// assert_eq!((rows.shape(), rows.dtype()), (&[3, 2][..], DType::F32));
///
/// let second_column = TensorView::strided(&samples[1..], &[3, 1], &[2, 1])?;
/// assert_eq!(second_column.strides(), [2, 1]);
///
/// let times = TensorView::from(&[0_i64, 10, 20]);
/// assert_eq!(times.shape(), [3]);
/// # Ok::<(), robocache::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct TensorView<'a> {
    tensor: Tensor,
    memory: PhantomData<&'a [u8]>,
}

/// A tensor that is written, and by some operations also read: what [`TensorView`] is, of memory
/// that nothing else refers to.
#[derive(Debug)]
pub struct TensorViewMut<'a> {
    tensor: Tensor,
    memory: PhantomData<&'a mut [u8]>,
}

// SAFETY: a view is what `&[T]` is, and all elements are Send and Sync.
unsafe impl Send for TensorView<'_> {}
// SAFETY: as above.
unsafe impl Sync for TensorView<'_> {}
// SAFETY: a view is what `&mut [T]` is, and all elements are Send and Sync.
unsafe impl Send for TensorViewMut<'_> {}
// SAFETY: as above; behind `&` it tells its shape and no more.
unsafe impl Sync for TensorViewMut<'_> {}

impl<'a> TensorView<'a> {
    /// All of `data` as a compact row-major tensor.
    ///
    /// # Errors
    ///
    /// [`InvalidArgument`](ErrorCode::InvalidArgument) unless `shape` has as many elements as
    /// `data`; [`UnsupportedLayout`](ErrorCode::UnsupportedLayout) beyond [`MAX_NDIM`] dimensions.
    pub fn new<T: Element>(data: &'a [T], shape: &[usize]) -> Result<Self> {
        Ok(Self::over(Tensor::of_slice(ptr::from_ref(data).cast_mut(), shape)?))
    }

    /// A tensor whose first element is that of `data`, with steps of its own along each axis; a
    /// stride of 0 repeats.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new); [`InvalidArgument`](ErrorCode::InvalidArgument) where an element
    /// would lie beyond `data`, or there are not as many strides as dimensions.
    pub fn strided<T: Element>(data: &'a [T], shape: &[usize], strides: &[usize]) -> Result<Self> {
        let data = ptr::from_ref(data).cast_mut();
        Ok(Self::over(Tensor::of_strided_slice(data, shape, strides)?))
    }

    /// A tensor in the memory of any device; `strides` of `None` means compact and row-major.
    ///
    /// # Safety
    ///
    /// For `'a`, and on CUDA until the context's stream has passed the work that reads it, every
    /// element of the tensor is a `T` in memory of `device` that nothing writes.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new), but for the number of elements, which is not known.
    pub unsafe fn from_raw_parts<T: Element>(
        data: *const T,
        device: Device,
        shape: &[usize],
        strides: Option<&[isize]>,
    ) -> Result<Self> {
        elements(shape)?;
        let data = data.cast_mut();
        let tensor = match strides {
            Some(strides) => Tensor::new(data, device, shape, strides.iter().copied()),
            None => Tensor::new(data, device, shape, compact(shape)),
        };
        Ok(Self::over(tensor?))
    }

    pub(crate) fn over(tensor: Tensor) -> Self {
        Self { tensor, memory: PhantomData }
    }

    /// Lengths of the axes.
    pub fn shape(&self) -> &[i64] {
        self.tensor.shape()
    }

    /// Elements from one to the next along each axis.
    pub fn strides(&self) -> &[i64] {
        self.tensor.strides()
    }

    /// Type of the elements.
    pub fn dtype(&self) -> DType {
        self.tensor.dtype
    }

    /// Where the memory lies.
    pub fn device(&self) -> Device {
        self.tensor.device
    }
}

impl<'a> TensorViewMut<'a> {
    /// All of `data` as a compact row-major tensor.
    ///
    /// # Errors
    ///
    /// As [`TensorView::new`].
    pub fn new<T: Element>(data: &'a mut [T], shape: &[usize]) -> Result<Self> {
        Ok(Self::over(Tensor::of_slice(data, shape)?))
    }

    /// A tensor whose first element is that of `data`, with steps of its own along each axis. What
    /// lies between its elements is left alone.
    ///
    /// # Errors
    ///
    /// As [`TensorView::strided`]. Strides that let two elements share memory are refused by the
    /// operation, as [`UnsupportedLayout`](ErrorCode::UnsupportedLayout).
    pub fn strided<T: Element>(
        data: &'a mut [T],
        shape: &[usize],
        strides: &[usize],
    ) -> Result<Self> {
        Ok(Self::over(Tensor::of_strided_slice(data, shape, strides)?))
    }

    /// A tensor in the memory of any device; `strides` of `None` means compact and row-major.
    ///
    /// # Safety
    ///
    /// For `'a`, and on CUDA until the context's stream has passed the work that writes it, every
    /// element of the tensor is a `T` in memory of `device` that nothing else reads or writes.
    ///
    /// # Errors
    ///
    /// As [`TensorView::from_raw_parts`].
    pub unsafe fn from_raw_parts<T: Element>(
        data: *mut T,
        device: Device,
        shape: &[usize],
        strides: Option<&[isize]>,
    ) -> Result<Self> {
        // SAFETY: what is promised here is more.
        let view = unsafe { TensorView::from_raw_parts(data, device, shape, strides) };
        Ok(Self::over(view?.tensor))
    }

    pub(crate) fn over(tensor: Tensor) -> Self {
        Self { tensor, memory: PhantomData }
    }

    /// The same view for a shorter time, so that this one can be used again.
    pub fn reborrow(&mut self) -> TensorViewMut<'_> {
        TensorViewMut::over(self.tensor)
    }

    /// The same memory, to be read.
    pub fn as_view(&self) -> TensorView<'_> {
        TensorView::over(self.tensor)
    }
}

impl<'a, T: Element> From<&'a [T]> for TensorView<'a> {
    fn from(data: &'a [T]) -> Self {
        Self::over(Tensor::of_vector(ptr::from_ref(data).cast_mut()))
    }
}

impl<'a, T: Element, const N: usize> From<&'a [T; N]> for TensorView<'a> {
    fn from(data: &'a [T; N]) -> Self {
        Self::from(data.as_slice())
    }
}

impl<'a, T: Element> From<&'a Vec<T>> for TensorView<'a> {
    fn from(data: &'a Vec<T>) -> Self {
        Self::from(data.as_slice())
    }
}

impl<'a, T: Element> From<&'a mut [T]> for TensorViewMut<'a> {
    fn from(data: &'a mut [T]) -> Self {
        Self::over(Tensor::of_vector(data))
    }
}

impl<'a, T: Element, const N: usize> From<&'a mut [T; N]> for TensorViewMut<'a> {
    fn from(data: &'a mut [T; N]) -> Self {
        Self::from(data.as_mut_slice())
    }
}

impl<'a, T: Element> From<&'a mut Vec<T>> for TensorViewMut<'a> {
    fn from(data: &'a mut Vec<T>) -> Self {
        Self::from(data.as_mut_slice())
    }
}

/// What the library reads of a tensor, or NULL of none, for as long as the view stays where it is.
pub(crate) struct Raw<'a> {
    tensor: Option<rc_tensor>,
    view: PhantomData<&'a Tensor>,
}

impl<'a> Raw<'a> {
    fn new(tensor: Option<&'a Tensor>) -> Self {
        let raw = |tensor: &'a Tensor| rc_tensor {
            data: tensor.data,
            device: tensor.device.raw(),
            ndim: tensor.ndim as i32,
            dtype: tensor.dtype.raw(),
            shape: tensor.shape.as_ptr().cast_mut(),
            strides: tensor.strides.as_ptr().cast_mut(),
            byte_offset: 0,
        };
        Self { tensor: tensor.map(raw), view: PhantomData }
    }

    pub(crate) fn input<'b: 'a>(view: impl Into<Option<&'a TensorView<'b>>>) -> Self {
        Self::new(view.into().map(|view| &view.tensor))
    }

    pub(crate) fn output<'b: 'a>(view: impl Into<Option<&'a TensorViewMut<'b>>>) -> Self {
        Self::new(view.into().map(|view| &view.tensor))
    }

    pub(crate) fn pointer(&self) -> *const rc_tensor {
        self.tensor.as_ref().map_or(ptr::null(), ptr::from_ref)
    }

    /// The library writes into the tensor's memory, never into its description.
    pub(crate) fn pointer_mut(&self) -> *mut rc_tensor {
        self.pointer().cast_mut()
    }
}
