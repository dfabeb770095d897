// SPDX-License-Identifier: Apache-2.0
use robocache::{
    Channels, ClockMap, Duplicates, Mode, Order, Outside, Quality, Reason, ResampleOptions,
    ResampleOutputs, Span, TensorView, Window, Workspace,
};

use crate::{Random, cpu, view, view_mut};

/// One channel at `target`.
fn resampled<const N: usize>(
    values: &[f64],
    source: &[i64],
    target: &[i64; N],
    options: &ResampleOptions<'_>,
) -> [f64; N] {
    let mut output = [0.0; N];
    cpu()
        .resample(
            view(values, &[values.len(), 1]),
            source,
            target,
            options,
            view_mut(&mut output, &[N, 1]),
        )
        .unwrap();
    output
}

#[test]
fn linear_is_the_straight_line() {
    let mut random = Random(1);
    let mut source: Vec<i64> = (0..500).map(|_| random.below(1_000_000_000)).collect();
    source.sort_unstable();
    source.dedup();
    let count = source.len();
    let values: Vec<f64> = (0..2 * count).map(|_| random.unit()).collect();
    let target: Vec<i64> = (0..800).map(|_| random.below(1_100_000_000) - 50_000_000).collect();
    let mut output = vec![0.0; 1600];
    cpu()
        .resample(
            view(&values, &[count, 2]),
            &source,
            &target,
            &ResampleOptions::new(),
            view_mut(&mut output, &[800, 2]),
        )
        .unwrap();
    for (&time, row) in target.iter().zip(output.chunks(2)) {
        let later = source.partition_point(|&at| at <= time);
        for (channel, &got) in row.iter().enumerate() {
            let value = |index: usize| values[2 * index + channel];
            let expected = if later == 0 {
                value(0)
            } else if later == count {
                value(count - 1)
            } else {
                let (t0, t1) = (source[later - 1] as f64, source[later] as f64);
                let (v0, v1) = (value(later - 1), value(later));
                v0 + (v1 - v0) * (time as f64 - t0) / (t1 - t0)
            };
            assert!((got - expected).abs() <= 1e-15, "at {time}: {got} is not {expected}");
        }
    }
}

#[test]
fn each_mode_picks_its_samples() {
    let (values, source, target) = ([1.0, 2.0, 4.0], [0, 10, 20], [4, 6, 10]);
    let with = |mode| resampled(&values, &source, &target, &ResampleOptions::new().mode(mode));
    assert_eq!(with(Mode::Previous), [1.0, 1.0, 2.0]);
    assert_eq!(with(Mode::Next), [2.0, 2.0, 2.0]);
    assert_eq!(with(Mode::Nearest), [1.0, 2.0, 2.0]);
    assert_eq!(with(Mode::Linear), [1.4, 1.6, 2.0]);
}

#[test]
fn aggregates_take_the_samples_of_their_window() {
    let (values, source, target) = ([1.0, 2.0, 4.0, 8.0], [0, 10, 20, 30], [10, 20, 100]);
    let with = |mode, window| {
        let options = ResampleOptions::new().mode(mode).window(window).fill_value(-1.0);
        resampled(&values, &source, &target, &options)
    };
    // (t - 15, t]
    assert_eq!(with(Mode::Sum, Window::before(15_i64)), [3.0, 6.0, -1.0]);
    assert_eq!(with(Mode::Mean, Window::before(15_i64)), [1.5, 3.0, -1.0]);
    assert_eq!(with(Mode::Last, Window::before(15_i64)), [2.0, 4.0, -1.0]);
    // (t - 10, t + 10]
    assert_eq!(with(Mode::Min, Window::around(10_i64)), [2.0, 4.0, -1.0]);
    assert_eq!(with(Mode::Max, Window::around(10_i64)), [4.0, 8.0, -1.0]);
    let ahead = Window { before: Span::default(), after: Span::Ticks(10) };
    assert_eq!(with(Mode::Sum, ahead), [4.0, 8.0, -1.0]);
}

#[test]
fn rules_hold_at_the_ends_and_in_gaps() {
    let (values, source, target) = ([1.0, 2.0, 4.0], [0, 10, 30], [-5, 20, 35]);
    let with = |options: ResampleOptions<'_>| resampled(&values, &source, &target, &options);
    assert_eq!(with(ResampleOptions::new()), [1.0, 3.0, 4.0]);
    let filled = ResampleOptions::new().outside(Outside::Fill).fill_value(9.0);
    assert_eq!(with(filled), [9.0, 3.0, 9.0]);
    assert_eq!(with(ResampleOptions::new().outside(Outside::Extrapolate)), [0.5, 3.0, 4.5]);
    assert_eq!(with(ResampleOptions::new().max_gap(15_i64).fill_value(9.0)), [1.0, 9.0, 4.0]);
}

#[test]
fn unordered_and_equal_stamps_follow_their_rules() {
    let (values, source) = ([1.0, 4.0, 2.0, 3.0], [0, 20, 10, 20]);
    let with = |options: ResampleOptions<'_>| resampled(&values, &source, &[15, 20], &options);
    assert_eq!(with(ResampleOptions::new().order(Order::Sort)), [2.5, 3.0]);
    let first = ResampleOptions::new().order(Order::Sort).duplicates(Duplicates::First);
    assert_eq!(with(first), [3.0, 4.0]);
    let mean = ResampleOptions::new().order(Order::Sort).duplicates(Duplicates::Mean);
    assert_eq!(with(mean), [2.75, 3.5]);
    assert_eq!(with(ResampleOptions::new().order(Order::Drop)), [2.5, 3.0]);
}

#[test]
fn nan_passes_or_is_skipped() {
    let (values, source) = ([1.0, f64::NAN, 3.0], [0, 10, 20]);
    assert!(resampled(&values, &source, &[5], &ResampleOptions::new())[0].is_nan());
    assert_eq!(resampled(&values, &source, &[5], &ResampleOptions::new().skip_nan()), [1.5]);
}

#[test]
fn times_may_be_seconds_and_clocks_may_differ() {
    let mut output = [0.0_f64; 2];
    let map = ClockMap { offset: Span::Seconds(1.0), ..ClockMap::default() };
    cpu()
        .resample(
            view(&[0.0_f64, 2.0], &[2, 1]),
            &[0.0_f64, 1.0],
            &[1.25_f64, 1.75],
            &ResampleOptions::new().clock(map).max_gap(1.0),
            view_mut(&mut output, &[2, 1]),
        )
        .unwrap();
    assert_eq!(output, [0.5, 1.5]);

    let map = ClockMap { reference: Span::Ticks(0), offset: Span::Ticks(100), drift: 0.5 };
    let options = ResampleOptions::new().clock(map);
    assert_eq!(resampled(&[0.0, 3.0], &[0, 200], &[100, 200, 400], &options), [0.0, 1.0, 3.0]);
}

#[test]
fn groups_of_channels_have_modes_of_their_own() {
    // A position and a rotation by 0 and by 90 degrees about z.
    let half = std::f64::consts::FRAC_PI_4;
    let poses = [0.0, 0.0, 0.0, 0.0, 1.0, 2.0, 0.0, 0.0, half.sin(), half.cos()];
    let mut output = [0.0; 5];
    cpu()
        .resample(
            view(&poses, &[2, 5]),
            &[0_i64, 10],
            &[5_i64],
            &ResampleOptions::new()
                .channels([Channels::new(1..5, Mode::Slerp), Channels::new(0..1, Mode::Previous)]),
            view_mut(&mut output, &[1, 5]),
        )
        .unwrap();
    let expected = [0.0, 0.0, 0.0, (half / 2.0).sin(), (half / 2.0).cos()];
    for (got, expected) in output.iter().zip(expected) {
        assert!((got - expected).abs() < 1e-15, "{output:?}");
    }
}

#[test]
fn quality_is_told_beside_values_and_without_them() {
    let target = [-5_i64, 5, 20, 40];
    let (mut valid, mut reason) = ([false; 4], [Reason::empty(); 4]);
    let (mut source_index, mut next_index) = ([0_i64; 4], [0_i64; 4]);
    let (mut weight, mut age) = ([0.0_f64; 4], [0_i64; 4]);
    let options = ResampleOptions::new().outside(Outside::Fill).max_gap(15_i64);
    let quality = Quality::new()
        .valid(&mut valid)
        .reason(&mut reason)
        .source_index(&mut source_index)
        .next_index(&mut next_index)
        .weight(&mut weight)
        .age(&mut age);
    cpu()
        .resample(
            None,
            &[0_i64, 10, 30],
            &target,
            &options,
            ResampleOutputs::new().quality(quality),
        )
        .unwrap();
    assert_eq!(valid, [false, true, false, false]);
    assert_eq!(reason, [Reason::BEFORE_FIRST, Reason::empty(), Reason::GAP, Reason::AFTER_LAST]);
    assert_eq!(source_index, [-1, 0, -1, -1]);
    assert_eq!(next_index, [-1, 1, -1, -1]);
    assert_eq!(weight, [0.0, 0.5, 0.0, 0.0]);
    assert_eq!(age, [-5, 5, 10, 10]);
}

#[test]
fn a_workspace_of_the_asked_size_serves() {
    let context = cpu();
    let source = TensorView::from(&[20_i64, 0, 10]);
    let values = view(&[2.0_f32, 0.0, 1.0], &[3, 1]);
    let target = TensorView::from(&[5_i64, 15]);
    let options = ResampleOptions::new().order(Order::Sort);
    let mut output = [0.0_f32; 2];
    let outputs = ResampleOutputs::from(view_mut(&mut output, &[2, 1]));
    let size = context.resample_workspace_size(values, source, target, &options, &outputs).unwrap();
    assert!(size > 0);
    let mut memory = vec![0; size.div_ceil(16) as usize];
    let outputs = outputs.workspace(Workspace::new(&mut memory));
    context.resample(values, source, target, &options, outputs).unwrap();
    assert_eq!(output, [0.5, 1.5]);
}
