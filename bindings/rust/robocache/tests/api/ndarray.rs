// SPDX-License-Identifier: Apache-2.0
use ndarray::{Array1, Array2, IxDyn, array, s};
use robocache::{DType, ErrorCode, ResampleOptions, TensorView, TensorViewMut};

use crate::cpu;

#[test]
fn arrays_are_viewed_as_they_lie() {
    let table = array![[0.0_f32, 1.0, 2.0], [3.0, 4.0, 5.0]];
    let view = TensorView::try_from(&table).unwrap();
    assert_eq!((view.shape(), view.strides()), (&[2, 3][..], &[3, 1][..]));
    assert_eq!(view.dtype(), DType::F32);
    let transposed = TensorView::try_from(table.t()).unwrap();
    assert_eq!((transposed.shape(), transposed.strides()), (&[3, 2][..], &[1, 3][..]));
}

#[test]
fn slices_go_in_and_out_without_a_copy() {
    let table = array![[9.0_f64, 0.0, 10.0], [9.0, 1.0, 20.0]];
    let times: Array1<i64> = array![0, 10];
    let target: Array1<i64> = array![5, 10];
    let mut output = Array2::<f64>::zeros((2, 4));
    cpu()
        .resample(
            TensorView::try_from(table.slice(s![.., 1..])).unwrap(),
            TensorView::try_from(&times).unwrap(),
            TensorView::try_from(&target).unwrap(),
            &ResampleOptions::new(),
            TensorViewMut::try_from(output.slice_mut(s![.., ..;3])).unwrap(),
        )
        .unwrap();
    assert_eq!(output, array![[0.5, 0.0, 0.0, 15.0], [1.0, 0.0, 0.0, 20.0]]);
}

#[test]
fn a_single_column_is_written_where_it_lies() {
    let values = array![[0.0_f32, 7.0], [1.0, 7.0]];
    let times: Array1<i64> = array![0, 10];
    let mut table = Array2::<f32>::zeros((2, 3));
    cpu()
        .resample(
            TensorView::try_from(values.slice(s![.., ..1])).unwrap(),
            TensorView::try_from(&times).unwrap(),
            &[5_i64, 10],
            &ResampleOptions::new(),
            TensorViewMut::try_from(table.slice_mut(s![.., 1..2])).unwrap(),
        )
        .unwrap();
    assert_eq!(table, array![[0.0, 0.5, 0.0], [0.0, 1.0, 0.0]]);
}

#[test]
fn axes_that_run_backward_are_refused() {
    let times: Array1<i64> = array![10, 0];
    let mut output = Array2::<f64>::zeros((2, 1));
    let values = array![[0.0_f64], [1.0]];
    let error = cpu()
        .resample(
            TensorView::try_from(&values).unwrap(),
            TensorView::try_from(times.slice(s![..;-1])).unwrap(),
            TensorView::try_from(&times).unwrap(),
            &ResampleOptions::new(),
            TensorViewMut::try_from(&mut output).unwrap(),
        )
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::UnsupportedLayout);
}

#[test]
fn nine_dimensions_are_too_many() {
    let array = ndarray::Array::<u8, _>::zeros(IxDyn(&[1; 9]));
    let error = TensorView::try_from(&array).unwrap_err();
    assert_eq!(error.code(), ErrorCode::UnsupportedLayout);
}
