// SPDX-License-Identifier: Apache-2.0
use std::error::Error as _;

use robocache::{
    Channels, ContextOptions, Device, Error, ErrorCode, Mode, Rate, ResampleOptions, TensorView,
    Window, Workspace, target_clock, target_clock_into,
};

use crate::{cpu, view, view_mut};

/// What resampling three samples with these times and options says.
fn refused(source: &[i64], options: &ResampleOptions<'_>) -> Error {
    let mut output = [7.0_f32; 2];
    let error = cpu()
        .resample(
            view(&[1.0_f32, 2.0, 3.0], &[3, 1]),
            source,
            &[5_i64, 15],
            options,
            view_mut(&mut output, &[2, 1]),
        )
        .unwrap_err();
    assert_eq!(output, [7.0, 7.0], "nothing is written");
    error
}

#[test]
fn times_that_step_backward_are_refused_with_their_index() {
    let error = refused(&[0, 10, 9], &ResampleOptions::new());
    assert_eq!(error.code(), ErrorCode::InvalidData);
    assert_eq!(
        error.message(),
        "rc_resample: source_times: expected non-decreasing times, got a step backward at index 2"
    );
    assert_eq!(error.to_string(), error.message());
    assert!(error.source().is_none());
}

#[test]
fn shapes_that_do_not_fit_are_refused() {
    let error = refused(&[0, 10], &ResampleOptions::new());
    assert_eq!(error.code(), ErrorCode::InvalidArgument);
    assert!(error.message().starts_with("rc_resample: source_times: expected"), "{error}");
}

#[test]
fn options_that_do_not_go_together_are_refused() {
    let aggregate = ResampleOptions::new().mode(Mode::Mean);
    assert_eq!(refused(&[0, 10, 20], &aggregate).code(), ErrorCode::InvalidArgument);

    let seconds = ResampleOptions::new().mode(Mode::Mean).window(Window::before(1.0));
    assert_eq!(refused(&[0, 10, 20], &seconds).code(), ErrorCode::InvalidArgument);

    let beyond = ResampleOptions::new().channels([Channels::new(0..2, Mode::Next)]);
    assert_eq!(refused(&[0, 10, 20], &beyond).code(), ErrorCode::InvalidArgument);

    let backward = Channels::new(std::ops::Range { start: 1, end: 0 }, Mode::Next);
    let backward = ResampleOptions::new().channels([backward]);
    assert_eq!(refused(&[0, 10, 20], &backward).code(), ErrorCode::InvalidArgument);
}

#[test]
fn types_that_are_not_taken_are_refused() {
    let mut output = [0.0_f32; 2];
    let error = cpu()
        .resample(
            view(&[1_i64, 2, 3], &[3, 1]),
            &[0_i64, 10, 20],
            &[5_i64, 15],
            &ResampleOptions::new(),
            view_mut(&mut output, &[2, 1]),
        )
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::UnsupportedDtype);
}

#[test]
fn workspace_that_is_too_small_is_refused() {
    let mut memory = [0_u128; 1];
    let mut gradient = vec![0.0_f32; 1000];
    let times: Vec<i64> = (0..1000).collect();
    let error = cpu()
        .resample_backward(
            view(&vec![1.0_f32; 1000], &[1000, 1]),
            None,
            &times,
            &times,
            &ResampleOptions::new(),
            robocache::Gradient::new(view_mut(&mut gradient, &[1000, 1]))
                .workspace(Workspace::new(&mut memory)),
        )
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::WorkspaceTooSmall);
}

#[test]
fn the_limit_of_a_context_holds() {
    let context = ContextOptions::new().device(Device::Cpu).workspace_limit(16).build().unwrap();
    let mut gradient = vec![0.0_f32; 1000];
    let times: Vec<i64> = (0..1000).collect();
    let error = context
        .resample_backward(
            view(&vec![1.0_f32; 1000], &[1000, 1]),
            None,
            &times,
            &times,
            &ResampleOptions::new(),
            view_mut(&mut gradient, &[1000, 1]),
        )
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::WorkspaceTooSmall);
}

#[test]
fn memory_of_another_device_is_refused() {
    let context = cpu();
    // SAFETY: it is refused, not used.
    let memory = unsafe { Workspace::from_raw_parts(64 as *mut _, 64, Device::Cuda(0)) };
    let mut output = [0.0_f32; 1];
    let error = context
        .resample(
            view(&[1.0_f32], &[1, 1]),
            &[0_i64],
            &[0_i64],
            &ResampleOptions::new(),
            robocache::ResampleOutputs::new()
                .values(view_mut(&mut output, &[1, 1]))
                .workspace(memory),
        )
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::DeviceMismatch);
    assert_eq!(error.message(), "workspace: expected memory of Cpu; got Cuda(0)");

    // SAFETY: it is refused, not used.
    let elsewhere =
        unsafe { TensorView::from_raw_parts(64 as *const i64, Device::Cuda(0), &[1], None) };
    let error = context
        .resample(
            view(&[1.0_f32], &[1, 1]),
            &[0_i64],
            elsewhere.unwrap(),
            &ResampleOptions::new(),
            view_mut(&mut output, &[1, 1]),
        )
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::DeviceMismatch);
}

#[test]
fn clocks_are_checked() {
    let second = 1_000_000_000;
    let error = target_clock(second..0, second, Rate::hertz(30)).unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidArgument);
    let error = target_clock(0..1, second, Rate::new(1, 0)).unwrap_err();
    assert_eq!(error.message(), "rc_target_clock: denominator: expected at least 1, got 0");

    let error = target_clock(i64::MIN..i64::MAX, 1, Rate::hertz(1)).unwrap_err();
    assert!(matches!(error.code(), ErrorCode::OutOfMemory | ErrorCode::InvalidArgument), "{error}");

    let mut ticks = [0; 2];
    let error = target_clock_into(0..second, second, Rate::hertz(4), &mut ticks).unwrap_err();
    assert_eq!(error.code(), ErrorCode::CapacityExceeded);
    assert_eq!(ticks, [0, 250_000_000]);
    assert_eq!(target_clock_into(0..second, second, Rate::hertz(4), &mut []).unwrap(), 4);
}

#[test]
fn codes_have_the_numbers_and_names_of_the_c_interface() {
    assert_eq!(ErrorCode::InvalidArgument.number(), 100);
    assert_eq!(ErrorCode::Internal.number(), 900);
    assert_eq!(ErrorCode::WorkspaceTooSmall.name(), "RC_ERROR_WORKSPACE_TOO_SMALL");
    assert_eq!(ErrorCode::Other(12345).name(), "RC_STATUS_UNKNOWN");
}

#[test]
fn a_value_out_of_range_is_refused() {
    let error = ContextOptions::new().device(Device::Cpu).threads(5000).build().unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidArgument);
    let error = ContextOptions::new().device(Device::CudaHost).build().unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidArgument);
}
