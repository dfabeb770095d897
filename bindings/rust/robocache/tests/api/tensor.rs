// SPDX-License-Identifier: Apache-2.0
use robocache::{DType, Device, ErrorCode, MAX_NDIM, Reason, TensorView, TensorViewMut};

fn is_send_and_sync<T: Send + Sync>(_: &T) {}

#[test]
fn views_know_their_shape() {
    let data = [0.0_f64; 24];
    let view = TensorView::new(&data, &[2, 3, 4]).unwrap();
    is_send_and_sync(&view);
    assert_eq!(view.shape(), [2, 3, 4]);
    assert_eq!(view.strides(), [12, 4, 1]);
    assert_eq!((view.dtype(), view.device()), (DType::F64, Device::Cpu));

    let mut data = vec![0_u8; 5];
    let mut view = TensorViewMut::from(&mut data);
    is_send_and_sync(&view);
    assert_eq!(view.as_view().shape(), [5]);
    assert_eq!(view.reborrow().as_view().dtype(), DType::U8);

    let scalar = TensorView::new(&[1_i32], &[]).unwrap();
    assert_eq!(scalar.shape(), [0_i64; 0]);
    assert_eq!(TensorView::from(&[Reason::GAP]).dtype(), DType::U8);
    assert_eq!(
        format!("{:?} {:?} {:?}", DType::BF16, DType::BOOL, DType::U16),
        "bfloat16 bool uint16"
    );
}

#[test]
fn views_of_no_elements_are_views() {
    let nothing: [f32; 0] = [];
    assert_eq!(TensorView::new(&nothing, &[0, 7]).unwrap().shape(), [0, 7]);
    assert_eq!(TensorView::new(&nothing, &[usize::MAX >> 1, 4, 0]).unwrap().shape()[2], 0);
    assert_eq!(TensorView::strided(&nothing, &[5, 0], &[9, 9]).unwrap().shape(), [5, 0]);
}

#[test]
fn lengths_are_checked() {
    let data = [0_i16; 6];
    for shape in [&[7][..], &[2, 2], &[], &[3, 0]] {
        let error = TensorView::new(&data, shape).unwrap_err();
        assert_eq!(error.code(), ErrorCode::InvalidArgument, "{shape:?}");
    }
    let error = TensorView::new(&data, &[usize::MAX, 2]).unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidArgument);
    let error = TensorView::new(&data, &[1; MAX_NDIM + 1]).unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidArgument);
    let error = TensorView::new(&data[..1], &[1; MAX_NDIM + 1]).unwrap_err();
    assert_eq!(error.code(), ErrorCode::UnsupportedLayout);
}

#[test]
fn strides_must_stay_inside() {
    let data = [0_i32; 6];
    assert!(TensorView::strided(&data, &[2, 3], &[3, 1]).is_ok());
    assert!(TensorView::strided(&data, &[100], &[0]).is_ok());
    let error = TensorView::strided(&data, &[2, 3], &[4, 1]).unwrap_err();
    assert_eq!(
        error.message(),
        "tensor: expected at least 7 elements for shape [2, 3] with strides [4, 1]; got 6"
    );
    let error = TensorView::strided(&data, &[2, 3], &[1]).unwrap_err();
    assert_eq!(error.message(), "tensor: expected a stride for each of [2, 3]; got 1");
    for strides in [[usize::MAX, 1], [1, usize::MAX], [usize::MAX / 2 + 1, usize::MAX / 2 + 1]] {
        let error = TensorView::strided(&data, &[3, 3], &strides).unwrap_err();
        assert_eq!(error.code(), ErrorCode::InvalidArgument, "{strides:?}");
    }
}
