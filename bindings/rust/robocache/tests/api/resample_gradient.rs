// SPDX-License-Identifier: Apache-2.0
use robocache::{Gradient, Mode, ResampleOptions, Workspace};

use crate::{Random, cpu, view, view_mut};

/// Gradients of resampling `values` by `options`, and differences that approach them.
fn check(options: &ResampleOptions<'_>) {
    let context = cpu();
    let source: Vec<i64> = (0..8).map(|index| index * 10).collect();
    let target: Vec<i64> = vec![3, 17, 35, 50, 68];
    let mut random = Random(3);
    let values: Vec<f64> = (0..16).map(|_| random.unit()).collect();
    let grad_output: Vec<f64> = (0..10).map(|_| random.unit()).collect();
    let loss = |values: &[f64]| {
        let mut output = [0.0; 10];
        context
            .resample(
                view(values, &[8, 2]),
                &source,
                &target,
                options,
                view_mut(&mut output, &[5, 2]),
            )
            .unwrap();
        output.iter().zip(&grad_output).map(|(value, weight)| value * weight).sum::<f64>()
    };

    let mut gradient = [9.0; 16];
    let asked = Gradient::new(view_mut(&mut gradient, &[8, 2]));
    let grad_output = view(&grad_output, &[5, 2]);
    let given = view(&values, &[8, 2]);
    let (source, target) = (&source, &target);
    let size = context
        .resample_backward_workspace_size(grad_output, given, source, target, options, &asked)
        .unwrap();
    let mut memory = vec![0; size.div_ceil(16) as usize];
    let asked = asked.workspace(Workspace::new(&mut memory));
    context.resample_backward(grad_output, given, source, target, options, asked).unwrap();

    let step = 1e-6;
    for index in 0..16 {
        let moved = |by: f64| {
            let mut values = values.clone();
            values[index] += by;
            loss(&values)
        };
        let slope = (moved(step) - moved(-step)) / (2.0 * step);
        assert!((slope - gradient[index]).abs() < 1e-8, "{index}: {slope} {}", gradient[index]);
    }
}

#[test]
fn gradients_are_slopes() {
    check(&ResampleOptions::new());
    check(&ResampleOptions::new().mode(Mode::Pchip));
    check(&ResampleOptions::new().mode(Mode::Nearest));
    check(&ResampleOptions::new().mode(Mode::Mean).window(robocache::Window::before(25_i64)));
}

#[test]
fn linear_needs_no_values() {
    let mut gradient = [0.0_f32; 2];
    cpu()
        .resample_backward(
            view(&[1.0_f32], &[1, 1]),
            None,
            &[0_i64, 4],
            &[1_i64],
            &ResampleOptions::new(),
            view_mut(&mut gradient, &[2, 1]),
        )
        .unwrap();
    assert_eq!(gradient, [0.75, 0.25]);
}
