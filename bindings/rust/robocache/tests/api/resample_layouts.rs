// SPDX-License-Identifier: Apache-2.0
use robocache::{Mode, ResampleOptions, TensorView, TensorViewMut};

use crate::{cpu, view, view_mut};

#[test]
fn episodes_of_equal_length_are_a_batch() {
    let mut output = [0.0_f32; 4];
    cpu()
        .resample(
            view(&[0.0_f32, 1.0, 10.0, 20.0], &[2, 2, 1]),
            view(&[0_i64, 10, 0, 20], &[2, 2]),
            view(&[5_i64, 7, 5, 10], &[2, 2]),
            &ResampleOptions::new(),
            view_mut(&mut output, &[2, 2, 1]),
        )
        .unwrap();
    assert_eq!(output, [0.5, 0.7, 12.5, 15.0]);
}

#[test]
fn lengths_cut_sequences_short() {
    let mut output = [0.0_f32; 2];
    cpu()
        .resample(
            view(&[0.0_f32, 1.0, 9.0, 10.0, 20.0, 30.0], &[2, 3, 1]),
            &[0_i64, 10, 20],
            &[15_i64],
            &ResampleOptions::new().lengths(&[2_i64, 3]),
            view_mut(&mut output, &[2, 1, 1]),
        )
        .unwrap();
    assert_eq!(output, [1.0, 25.0]);
}

#[test]
fn packed_episodes_have_packed_targets_and_rows_choose() {
    // Two episodes of 3 and 2 samples; three windows out of them.
    let values = [0.0_f32, 1.0, 2.0, 50.0, 60.0];
    let source = [0_i64, 10, 20, 0, 10];
    let mut output = [0.0_f32; 5];
    cpu()
        .resample(
            view(&values, &[5, 1]),
            &source,
            &[5_i64, 0, 5, 15, 1],
            &ResampleOptions::new()
                .offsets(&[0_i64, 3, 5])
                .sequence_ids(&[1_i64, 0, 1])
                .target_offsets(&[0_i64, 1, 4, 5]),
            view_mut(&mut output, &[5, 1]),
        )
        .unwrap();
    assert_eq!(output, [55.0, 0.0, 0.5, 1.5, 51.0]);
}

#[test]
fn strided_inputs_and_outputs_stay_where_they_are() {
    // The second of three columns, into the second of two.
    let table = [0.0_f32, 1.0, 0.0, 0.0, 3.0, 0.0];
    let mut output = [-1.0_f32; 6];
    cpu()
        .resample(
            TensorView::strided(&table[1..], &[2, 1], &[3, 1]).unwrap(),
            &[0_i64, 10],
            &[0_i64, 5, 10],
            &ResampleOptions::new(),
            TensorViewMut::strided(&mut output[1..], &[3, 1], &[2, 1]).unwrap(),
        )
        .unwrap();
    assert_eq!(output, [-1.0, 1.0, -1.0, 2.0, -1.0, 3.0]);
}

#[test]
fn integers_are_copied_or_become_floats() {
    let (source, target) = ([0_i64, 10], [4_i64, 6]);
    let values = view(&[-5_i16, 7], &[2, 1]);
    let mut copied = [0_i16; 2];
    let nearest = ResampleOptions::new().mode(Mode::Nearest);
    let copies = view_mut(&mut copied, &[2, 1]);
    cpu().resample(values, &source, &target, &nearest, copies).unwrap();
    assert_eq!(copied, [-5, 7]);

    let mut between = [0.0_f64; 2];
    let linear = ResampleOptions::new();
    let floats = view_mut(&mut between, &[2, 1]);
    cpu().resample(values, &source, &target, &linear, floats).unwrap();
    assert!((between[0] + 0.2).abs() < 1e-6 && (between[1] - 2.2).abs() < 1e-6, "{between:?}");
}

#[test]
fn trusted_times_give_the_same() {
    let mut output = [0.0_f32; 2];
    // SAFETY: there are neither offsets nor lengths nor ids.
    let trusting = unsafe { ResampleOptions::new().skip_validation() };
    cpu()
        .resample(
            view(&[0.0_f32, 1.0], &[2, 1]),
            &[0_i64, 10],
            &[5_i64, 10],
            &trusting,
            view_mut(&mut output, &[2, 1]),
        )
        .unwrap();
    assert_eq!(output, [0.5, 1.0]);
}
