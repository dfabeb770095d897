// SPDX-License-Identifier: Apache-2.0
//! Views of ndarray's arrays, whatever their strides. The library refuses axes that run backward.

use ndarray::{ArrayBase, ArrayView, ArrayViewMut, Data, DataMut, Dimension};

use crate::device::Device;
use crate::element::Element;
use crate::error::Error;
use crate::tensor::{Tensor, TensorView, TensorViewMut};

impl<'a, T, S, D> TryFrom<&'a ArrayBase<S, D>> for TensorView<'a>
where
    T: Element,
    S: Data<Elem = T>,
    D: Dimension,
{
    type Error = Error;

    /// A view of an array of at most [`MAX_NDIM`](crate::MAX_NDIM) dimensions.
    ///
    /// ```
    /// use robocache::TensorView;
    ///
    /// let table = ndarray::array![[0.0_f32, 1.0, 2.0], [3.0, 4.0, 5.0]];
    /// let columns = TensorView::try_from(table.slice(ndarray::s![.., 1..]))?;
    /// assert_eq!((columns.shape(), columns.strides()), (&[2, 2][..], &[3, 1][..]));
    /// # Ok::<(), robocache::Error>(())
    /// ```
    fn try_from(array: &'a ArrayBase<S, D>) -> Result<Self, Error> {
        Self::try_from(array.view())
    }
}

impl<'a, T: Element, D: Dimension> TryFrom<ArrayView<'a, T, D>> for TensorView<'a> {
    type Error = Error;

    fn try_from(array: ArrayView<'a, T, D>) -> Result<Self, Error> {
        let data = array.as_ptr().cast_mut();
        let strides = array.strides().iter().copied();
        Ok(Self::over(Tensor::new(data, Device::Cpu, array.shape(), strides)?))
    }
}

impl<'a, T, S, D> TryFrom<&'a mut ArrayBase<S, D>> for TensorViewMut<'a>
where
    T: Element,
    S: DataMut<Elem = T>,
    D: Dimension,
{
    type Error = Error;

    /// A view of an array of at most [`MAX_NDIM`](crate::MAX_NDIM) dimensions.
    fn try_from(array: &'a mut ArrayBase<S, D>) -> Result<Self, Error> {
        Self::try_from(array.view_mut())
    }
}

impl<'a, T: Element, D: Dimension> TryFrom<ArrayViewMut<'a, T, D>> for TensorViewMut<'a> {
    type Error = Error;

    fn try_from(mut array: ArrayViewMut<'a, T, D>) -> Result<Self, Error> {
        let data = array.as_mut_ptr();
        let strides = array.strides().iter().copied();
        Ok(Self::over(Tensor::new(data, Device::Cpu, array.shape(), strides)?))
    }
}
