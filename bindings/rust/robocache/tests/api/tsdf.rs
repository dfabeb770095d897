// SPDX-License-Identifier: Apache-2.0
use robocache::{
    DepthUnit, ErrorCode, Grid, TensorView, TsdfExtractOptions, TsdfExtractOutputs,
    TsdfFromPointsOptions, TsdfFromPointsOutputs, TsdfIntegrateOptions, TsdfIntegrateOutputs,
    TsdfWeight, Volume, Workspace,
};

use crate::{cpu, view, view_mut};

const DIMS: [usize; 3] = [4, 4, 8];
const VOXELS: usize = 128;
const IDENTITY: [f64; 16] = [1., 0., 0., 0., 0., 1., 0., 0., 0., 0., 1., 0., 0., 0., 0., 1.];
const INTRINSICS: [f64; 9] = [4.0, 0.0, 3.5, 0.0, 4.0, 3.5, 0.0, 0.0, 1.0];

/// Voxels of a quarter, around the axis along which the camera looks.
fn grid() -> Grid {
    Grid::new([-0.5, -0.5, 0.5], [0.25; 3], DIMS)
}

/// A wall 1.6 ahead that fills an image of 8 x 8 pixels, as a volume, seen twice.
fn wall(options: &TsdfIntegrateOptions<'_>) -> ([f32; VOXELS], [f32; VOXELS]) {
    let depth = [1600_u16; 128];
    let poses = [IDENTITY, IDENTITY].concat();
    let (mut tsdf, mut weight) = ([0.0; VOXELS], [0.0; VOXELS]);
    cpu()
        .tsdf_integrate(
            view(&depth, &[2, 8, 8]),
            view(&INTRINSICS, &[3, 3]),
            view(&poses, &[2, 4, 4]),
            &grid(),
            options,
            Volume::new(view_mut(&mut tsdf, &DIMS), view_mut(&mut weight, &DIMS)),
        )
        .unwrap();
    (tsdf, weight)
}

#[test]
fn images_are_integrated_in_the_callers_memory() {
    let context = cpu();
    let depth = [1600_u16; 64];
    let options = TsdfIntegrateOptions::new(0.5);
    let (mut tsdf, mut weight) = ([0.0_f32; VOXELS], [0.0_f32; VOXELS]);
    let outputs = TsdfIntegrateOutputs::new(Volume::new(
        view_mut(&mut tsdf, &DIMS),
        view_mut(&mut weight, &DIMS),
    ));
    let images = view(&depth, &[8, 8]);
    let (lens, pose) = (view(&INTRINSICS, &[3, 3]), view(&IDENTITY, &[4, 4]));
    let size = context
        .tsdf_integrate_workspace_size(images, lens, pose, &grid(), &options, &outputs)
        .unwrap();
    let mut memory = vec![0_u128; usize::try_from(size).unwrap() / 16 + 1];
    let outputs = outputs.workspace(Workspace::new(&mut memory));
    context.tsdf_integrate(images, lens, pose, &grid(), &options, outputs).unwrap();
    assert!(weight.contains(&1.0));
}

#[test]
fn a_wall_comes_out_where_it_stands() {
    let context = cpu();
    let (tsdf, weight) = wall(&TsdfIntegrateOptions::new(0.5).max_weight(1.5));
    assert!(weight.iter().all(|&weight| weight == 0.0 || weight == 1.5));

    let (mut points, mut normals, mut total) = ([0.0_f32; 3 * 32], [0.0_f32; 3 * 32], [0_i64]);
    let options = TsdfExtractOptions::new().min_weight(1.0);
    let outputs = TsdfExtractOutputs::new(view_mut(&mut points, &[32, 3]))
        .normals(view_mut(&mut normals, &[32, 3]))
        .total(&mut total);
    let (tsdf, weight) = (view(&tsdf, &DIMS), view(&weight, &DIMS));
    let size = context
        .tsdf_extract_points_workspace_size(tsdf, weight, &grid(), &options, &outputs)
        .unwrap();
    let mut memory = vec![0; size.div_ceil(16) as usize];
    let outputs = outputs.workspace(Workspace::new(&mut memory));
    context.tsdf_extract_points(tsdf, weight, &grid(), &options, outputs).unwrap();
    assert_eq!(total, [16], "one point for each line of voxels along z");
    for point in points.chunks(3).take(16) {
        assert!((point[2] - 1.6).abs() < 0.02, "{point:?}");
    }
    assert!(points[3 * 16..].iter().all(|coordinate| coordinate.is_nan()));
    assert!(normals.chunks(3).take(16).all(|normal| normal[2] < -0.9));
}

#[test]
fn rules_change_what_is_observed() {
    let (_, carved) = wall(&TsdfIntegrateOptions::new(0.25));
    let (_, near) = wall(&TsdfIntegrateOptions::new(0.25).no_carving());
    let seen = |weight: &[f32]| weight.iter().filter(|&&weight| weight > 0.0).count();
    assert!(seen(&near) > 0 && seen(&near) < seen(&carved));

    let (_, nothing) = wall(&TsdfIntegrateOptions::new(0.25).max_depth(1.0));
    assert_eq!(seen(&nothing), 0);
    let (_, far) = wall(&TsdfIntegrateOptions::new(0.25).depth_scale(1.0));
    assert_eq!(seen(&far), VOXELS);
    let (_, faint) = wall(&TsdfIntegrateOptions::new(0.25).weighting(TsdfWeight::InverseSquare));
    assert!((faint.iter().fold(0.0, |most: f32, &weight| most.max(weight)) - 0.78125).abs() < 1e-6);
}

#[test]
fn colours_are_averaged_and_extracted() {
    let context = cpu();
    let (mut tsdf, mut weight) = ([0.0_f32; VOXELS], [0.0_f32; VOXELS]);
    let mut color = [0.0_f32; 3 * VOXELS];
    let images = [[10_u8, 20, 30]; 64].concat();
    context
        .tsdf_integrate(
            view(&[1600_u16; 64], &[8, 8]),
            view(&INTRINSICS, &[3, 3]),
            view(&IDENTITY, &[4, 4]),
            &grid(),
            &TsdfIntegrateOptions::new(0.5).color_images(view(&images, &[8, 8, 3])),
            Volume::new(view_mut(&mut tsdf, &DIMS), view_mut(&mut weight, &DIMS))
                .color(view_mut(&mut color, &[4, 4, 8, 3])),
        )
        .unwrap();
    let (mut points, mut colors) = ([0.0_f64; 3], [0.0_f32; 3]);
    context
        .tsdf_extract_points(
            view(&tsdf, &DIMS),
            view(&weight, &DIMS),
            &grid(),
            &TsdfExtractOptions::new().color(view(&color, &[4, 4, 8, 3])),
            TsdfExtractOutputs::new(view_mut(&mut points, &[1, 3]))
                .colors(view_mut(&mut colors, &[1, 3])),
        )
        .unwrap();
    assert_eq!(colors, [10.0, 20.0, 30.0]);
}

#[test]
fn points_make_a_surface() {
    let context = cpu();
    // A plane z = 1.6 of points, seen from the origin side.
    let points: Vec<f64> = (0..64)
        .flat_map(|index| {
            let (row, column) = (f64::from(index / 8), f64::from(index % 8));
            [row / 8.0 - 0.4375, column / 8.0 - 0.4375, 1.6]
        })
        .collect();
    let normals = [[0.0, 0.0, -1.0]; 64].concat();
    let (mut tsdf, mut weight, mut stats) = ([0.0_f32; VOXELS], [0.0_f32; VOXELS], [9_i64; 3]);
    let options = TsdfFromPointsOptions::new(0.5).normals(view(&normals, &[64, 3]));
    let volume = Volume::new(view_mut(&mut tsdf, &DIMS), view_mut(&mut weight, &DIMS));
    let outputs = TsdfFromPointsOutputs::new(volume).stats(view_mut(&mut stats, &[1, 3]));
    let cloud = view(&points, &[64, 3]);
    let size = context.tsdf_from_points_workspace_size(cloud, &grid(), &options, &outputs).unwrap();
    let mut memory = vec![0; size.div_ceil(16) as usize];
    let outputs = outputs.workspace(Workspace::new(&mut memory));
    context.tsdf_from_points(cloud, &grid(), &options, outputs).unwrap();
    assert_eq!(stats, [0; 3]);

    let mut surface = [0.0_f32; 3 * 16];
    context
        .tsdf_extract_points(
            view(&tsdf, &DIMS),
            view(&weight, &DIMS),
            &grid(),
            &TsdfExtractOptions::new(),
            view_mut(&mut surface, &[16, 3]),
        )
        .unwrap();
    assert!(surface.chunks(3).all(|point| (point[2] - 1.6).abs() < 1e-5), "{surface:?}");

    // From a sensor, free space in front is seen as well.
    let (mut tsdf, mut carved) = ([0.0_f32; VOXELS], [0.0_f32; VOXELS]);
    let from_sensor = TsdfFromPointsOptions::new(0.5).sensor_origins(&[0.0_f64; 3]);
    let volume = Volume::new(view_mut(&mut tsdf, &DIMS), view_mut(&mut carved, &DIMS));
    context.tsdf_from_points(cloud, &grid(), &from_sensor, volume).unwrap();
    let seen = |weight: &[f32]| weight.iter().filter(|&&weight| weight > 0.0).count();
    assert!(seen(&carved) > seen(&weight));
}

/// Weights of the voxels along z, of one or two points 1.6 ahead that a sensor at the origin saw.
fn weights_along_z(options: &TsdfFromPointsOptions<'_>) -> [f32; 4] {
    let line = Grid::new([-0.5, -0.5, 0.0], [1.0; 3], [1, 1, 4]);
    let points = [0.0_f64, 0.0, 1.6, 0.0, 0.0, 1.6];
    let (mut tsdf, mut weight) = ([0.0_f32; 4], [0.0_f32; 4]);
    let shape = [1, 1, 4];
    let volume = Volume::new(view_mut(&mut tsdf, &shape), view_mut(&mut weight, &shape));
    cpu().tsdf_from_points(view(&points, &[1, 2, 3]), &line, options, volume).unwrap();
    weight
}

#[test]
fn rules_change_what_points_observe() {
    let both = TsdfFromPointsOptions::new(1.0).sensor_origins(&[0.0_f64; 3]);
    assert_eq!(weights_along_z(&both), [2.0, 2.0, 2.0, 0.0]);
    assert_eq!(weights_along_z(&both.lengths(&[1_i64])), [1.0, 1.0, 1.0, 0.0]);
    assert_eq!(weights_along_z(&both.max_weight(1.5)), [1.5, 1.5, 1.5, 0.0]);
    let near = TsdfFromPointsOptions::new(0.25).sensor_origins(&[0.0_f64; 3]).no_carving();
    assert_eq!(weights_along_z(&near), [0.0, 2.0, 0.0, 0.0]);
    let faint = weights_along_z(&both.weighting(TsdfWeight::InverseSquare));
    assert!((faint[0] - 2.0 / (1.6 * 1.6)).abs() < 1e-6, "{faint:?}");

    let error = cpu()
        .tsdf_from_points(
            view(&[0.0_f32; 3], &[1, 3]),
            &grid(),
            &both.offsets(&[0_i64, 2]),
            Volume::new(
                view_mut(&mut [0.0_f32; VOXELS], &DIMS),
                view_mut(&mut [0.0_f32; VOXELS], &DIMS),
            ),
        )
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidData);
}

#[test]
fn poses_move_points() {
    let mut pose = IDENTITY;
    pose[3] = 10.0;
    let mut points = [0.0_f64; 3];
    let unit = DepthUnit { scale: 0.5, max_depth: 0.0 };
    cpu()
        .depth_to_points(
            view(&[4.0_f32], &[1, 1]),
            view(&[1.0_f64, 0., 0., 0., 1., 0., 0., 0., 1.], &[3, 3]),
            view(&pose, &[4, 4]),
            unit,
            view_mut(&mut points, &[1, 1, 3]),
        )
        .unwrap();
    assert_eq!(points, [10.0, 0.0, 2.0]);
}

#[test]
fn faults_are_named() {
    let context = cpu();
    let mut skewed = IDENTITY;
    skewed[0] = 2.0;
    let (mut tsdf, mut weight) = ([0.0_f32; VOXELS], [0.0_f32; VOXELS]);
    let error = context
        .tsdf_integrate(
            view(&[1_u16], &[1, 1]),
            view(&INTRINSICS, &[3, 3]),
            view(&skewed, &[4, 4]),
            &grid(),
            &TsdfIntegrateOptions::new(0.5),
            Volume::new(view_mut(&mut tsdf, &DIMS), view_mut(&mut weight, &DIMS)),
        )
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidData);
    assert!(error.message().starts_with("rc_tsdf_integrate: poses"), "{error}");

    let mut color = [0.0_f32; 3 * VOXELS];
    let error = context
        .tsdf_from_points(
            view(&[0.0_f32; 3], &[1, 3]),
            &grid(),
            &TsdfFromPointsOptions::new(0.5).sensor_origins(TensorView::from(&[9.0_f64; 3])),
            Volume::new(view_mut(&mut tsdf, &DIMS), view_mut(&mut weight, &DIMS))
                .color(view_mut(&mut color, &[4, 4, 8, 3])),
        )
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidArgument);
    assert!(error.message().contains("color"), "{error}");
}
