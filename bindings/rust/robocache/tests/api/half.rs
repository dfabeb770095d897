// SPDX-License-Identifier: Apache-2.0
use half::{bf16, f16};
use robocache::ResampleOptions;

use crate::{cpu, view, view_mut};

#[test]
fn half_precision_goes_in_and_out() {
    let values = [f16::from_f32(1.0), f16::from_f32(2.0)];
    let mut output = [bf16::ZERO; 1];
    cpu()
        .resample(
            view(&values, &[2, 1]),
            &[0_i64, 4],
            &[1_i64],
            &ResampleOptions::new(),
            view_mut(&mut output, &[1, 1]),
        )
        .unwrap();
    assert_eq!(output, [bf16::from_f32(1.25)]);
}
