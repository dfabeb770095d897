// SPDX-License-Identifier: Apache-2.0
use robocache::{
    ErrorCode, FuseOptions, FuseOutputs, Mode, Quality, Reason, ResampleOptions, Stream,
    TensorView, Workspace,
};

use crate::{cpu, view, view_mut};

const CAMERA: [f32; 6] = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0];
const CAMERA_TIMES: [i64; 3] = [0, 33, 66];
const JOINT: [f64; 4] = [0.1, 0.2, 0.4, 0.8];
const JOINT_TIMES: [i64; 4] = [2, 22, 42, 62];
const TARGET: [i64; 3] = [10, 40, 60];

fn streams<'a>() -> [Stream<'a>; 2] {
    [
        Stream::new(view(&CAMERA, &[3, 2]), &CAMERA_TIMES)
            .options(ResampleOptions::new().mode(Mode::Previous)),
        Stream::new(view(&JOINT, &[4, 1]), &JOINT_TIMES),
    ]
}

#[test]
fn a_fuse_is_a_resample_of_each_stream_side_by_side() {
    let context = cpu();
    let mut table = [0.0_f64; 9];
    context
        .fuse(&mut streams(), &TARGET, &FuseOptions::new(), view_mut(&mut table, &[3, 3]))
        .unwrap();

    let mut camera = [0.0_f64; 6];
    let previous = ResampleOptions::new().mode(Mode::Previous);
    let output = view_mut(&mut camera, &[3, 2]);
    let values = view(&CAMERA, &[3, 2]);
    context.resample(values, &CAMERA_TIMES, &TARGET, &previous, output).unwrap();
    let mut joint = [0.0_f64; 3];
    let output = view_mut(&mut joint, &[3, 1]);
    let values = view(&JOINT, &[4, 1]);
    let linear = ResampleOptions::new();
    context.resample(values, &JOINT_TIMES, &TARGET, &linear, output).unwrap();
    for (row, got) in table.chunks(3).enumerate() {
        assert_eq!(got, [camera[2 * row], camera[2 * row + 1], joint[row]]);
    }
}

#[test]
fn streams_may_have_outputs_of_their_own_and_be_absent() {
    let (mut joint, mut reason) = ([0.0_f32; 3], [Reason::empty(); 3]);
    let mut missing = [0.0_f32; 6];
    let mut valid = [true; 6];
    cpu()
        .fuse(
            &mut [
                Stream::new(view(&JOINT, &[4, 1]), &JOINT_TIMES)
                    .output(view_mut(&mut joint, &[3, 1])),
                Stream::absent(2)
                    .options(ResampleOptions::new().fill_value(7.0))
                    .quality(Quality::new().reason(&mut reason))
                    .output(view_mut(&mut missing, &[3, 2])),
            ],
            &TARGET,
            &FuseOptions::new(),
            FuseOutputs::new().valid(view_mut(&mut valid, &[3, 2])),
        )
        .unwrap();
    assert!((joint[0] - 0.14).abs() < 1e-6, "{joint:?}");
    assert_eq!(missing, [7.0; 6]);
    assert_eq!(reason, [Reason::EMPTY; 3]);
    assert_eq!(valid, [true, false, true, false, true, false]);
}

#[test]
fn packed_targets_are_the_calls() {
    let mut table = [0.0_f32; 3];
    cpu()
        .fuse(
            &mut [Stream::new(view(&[0.0_f32, 10.0, 100.0, 200.0], &[2, 2, 1]), &[0_i64, 10])],
            &[1_i64, 2, 5],
            &FuseOptions::new().target_offsets(&[0_i64, 2, 3]),
            view_mut(&mut table, &[3, 1]),
        )
        .unwrap();
    assert_eq!(table, [1.0, 2.0, 150.0]);
}

#[test]
fn a_workspace_of_the_asked_size_serves() {
    let context = cpu();
    let sorted = || ResampleOptions::new().order(robocache::Order::Sort);
    let values = view(&[1.0_f32, 0.0], &[2, 1]);
    let mut streams = [Stream::new(values, &[10_i64, 0]).options(sorted())];
    let mut table = [0.0_f32; 1];
    let target = TensorView::from(&[5_i64]);
    let options = FuseOptions::new();
    let outputs = FuseOutputs::from(view_mut(&mut table, &[1, 1]));
    let size = context.fuse_workspace_size(&streams, target, &options, &outputs).unwrap();
    assert!(size > 0);
    let mut memory = vec![0; size.div_ceil(16) as usize];
    let outputs = outputs.workspace(Workspace::new(&mut memory));
    context.fuse(&mut streams, target, &options, outputs).unwrap();
    assert_eq!(table, [0.5]);
}

#[test]
fn gradients_reach_the_streams_that_want_one() {
    let context = cpu();
    let grad_output = [1.0_f64, 1.0, 1.0, 1.0, 1.0, 2.0, 1.0, 1.0, 4.0];
    let mut gradient = [9.0_f64; 4];
    let [camera, joint] = streams();
    let mut streams = [camera, joint.grad_values(view_mut(&mut gradient, &[4, 1]))];
    let grad_view = view(&grad_output, &[3, 3]);
    let (target, options) = (&TARGET, FuseOptions::new());
    let size = context.fuse_backward_workspace_size(grad_view, &streams, target, &options).unwrap();
    let mut memory = vec![0; size.div_ceil(16) as usize];
    let workspace = Some(Workspace::new(&mut memory));
    context.fuse_backward(grad_view, &mut streams, target, &options, workspace).unwrap();

    let mut expected = [0.0_f64; 4];
    context
        .resample_backward(
            view(&[1.0_f64, 2.0, 4.0], &[3, 1]),
            None,
            &JOINT_TIMES,
            &TARGET,
            &ResampleOptions::new(),
            view_mut(&mut expected, &[4, 1]),
        )
        .unwrap();
    assert_eq!(gradient, expected);

    let mut own = [0.0_f64; 4];
    let stream = Stream::new(view(&JOINT, &[4, 1]), &JOINT_TIMES)
        .grad_output(view(&[1.0_f64, 2.0, 4.0], &[3, 1]))
        .grad_values(view_mut(&mut own, &[4, 1]));
    context.fuse_backward(None, &mut [stream], &TARGET, &options, None).unwrap();
    assert_eq!(own, expected);
}

#[test]
fn the_message_names_the_stream() {
    let mut table = [0.0_f64; 9];
    let [camera, _] = streams();
    let late = Stream::new(view(&JOINT, &[4, 1]), &[2_i64, 22, 21, 62]);
    let error = cpu()
        .fuse(&mut [camera, late], &TARGET, &FuseOptions::new(), view_mut(&mut table, &[3, 3]))
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidData);
    assert!(error.message().contains("streams[1]"), "{error}");
    assert_eq!(table, [0.0; 9]);
}
