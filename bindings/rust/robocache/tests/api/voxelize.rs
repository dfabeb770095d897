// SPDX-License-Identifier: Apache-2.0
use std::collections::HashMap;

use robocache::{
    CloudLayout, ErrorCode, Gradient, Grid, Reduce, TensorView, VoxelStat, VoxelizeOptions,
    VoxelizeOutputs, Workspace,
};

use crate::{Random, cpu, view, view_mut};

const DIMS: [usize; 3] = [4, 3, 2];
const VOXELS: usize = 24;

fn grid() -> Grid {
    Grid::new([-1.0, 0.0, 0.0], [0.5, 1.0, 2.0], DIMS)
}

/// Points around the grid, some outside, and an intensity each.
fn cloud(count: usize) -> (Vec<f32>, Vec<f32>) {
    let mut random = Random(11);
    let points = (0..count).flat_map(|_| {
        [random.unit() * 3.0 - 1.5, random.unit() * 4.0 - 0.5, random.unit() * 5.0 - 0.5]
    });
    let points: Vec<f32> = points.map(|coordinate| coordinate as f32).collect();
    let intensity = points.chunks(3).map(|point| point[0] - point[2]).collect();
    (points, intensity)
}

/// Index of the voxel of each point in a compact grid, or none.
fn voxels_of(points: &[f32]) -> Vec<Option<usize>> {
    let (origin, size) = ([-1.0_f32, 0.0, 0.0], [0.5_f32, 1.0, 2.0]);
    let voxel = |point: &[f32]| {
        (0..3).try_fold(0, |index, axis| {
            let cell = ((point[axis] - origin[axis]) / size[axis]).floor();
            (0.0..DIMS[axis] as f32).contains(&cell).then(|| index * DIMS[axis] + cell as usize)
        })
    };
    points.chunks(3).map(voxel).collect()
}

#[test]
fn counts_are_what_a_map_counts() {
    let (points, _) = cloud(1000);
    let mut expected = HashMap::new();
    for voxel in voxels_of(&points) {
        *expected.entry(voxel).or_insert(0) += 1;
    }
    let (mut counts, mut stats) = ([-1_i32; VOXELS], [0_i64; VoxelStat::COUNT]);
    cpu()
        .voxelize(
            view(&points, &[1000, 3]),
            &grid(),
            &VoxelizeOptions::new().reduce(Reduce::Count),
            VoxelizeOutputs::new(view_mut(&mut counts, &DIMS)).stats(view_mut(&mut stats, &[1, 3])),
        )
        .unwrap();
    for (voxel, &count) in counts.iter().enumerate() {
        assert_eq!(count, *expected.get(&Some(voxel)).unwrap_or(&0));
    }
    assert_eq!(stats[VoxelStat::Outside as usize], i64::from(expected[&None]));
    assert_eq!(stats[VoxelStat::NotFinite as usize], 0);
}

#[test]
fn means_do_not_depend_on_the_order_of_points() {
    let (points, intensity) = cloud(1000);
    let context = cpu();
    let mean = |points: &[f32], intensity: &[f32]| {
        let mut voxels = [0.0_f32; VOXELS];
        context
            .voxelize(
                view(points, &[1000, 3]),
                &grid(),
                &VoxelizeOptions::new()
                    .reduce(Reduce::Mean)
                    .features(view(intensity, &[1000, 1]))
                    .fill_value(f64::NAN),
                view_mut(&mut voxels, &[4, 3, 2, 1]),
            )
            .unwrap();
        voxels
    };
    let forward = mean(&points, &intensity);
    let reversed: Vec<f32> = points.chunks(3).rev().flatten().copied().collect();
    let intensity_reversed: Vec<f32> = intensity.iter().rev().copied().collect();
    let backward = mean(&reversed, &intensity_reversed);
    assert_eq!(forward.map(f32::to_bits), backward.map(f32::to_bits));

    let voxels = voxels_of(&points);
    for (voxel, &got) in forward.iter().enumerate() {
        let inside = voxels.iter().zip(&intensity).filter(|(of, _)| **of == Some(voxel));
        let inside: Vec<f64> = inside.map(|(_, &value)| f64::from(value)).collect();
        let expected = inside.iter().sum::<f64>() / inside.len() as f64;
        assert!((f64::from(got) - expected).abs() < 1e-6, "{voxel}: {got} is not {expected}");
    }
}

#[test]
fn batches_and_packed_clouds_agree() {
    let (points, _) = cloud(60);
    let count = VoxelizeOptions::new().reduce(Reduce::Count);
    let mut batch = [0_i32; 2 * VOXELS];
    let output = view_mut(&mut batch, &[2, 4, 3, 2]);
    let points_of_two = view(&points, &[2, 30, 3]);
    cpu().voxelize(points_of_two, &grid(), &count.lengths(&[30_i64, 20]), output).unwrap();

    let mut packed = [0_i32; 2 * VOXELS];
    let output = view_mut(&mut packed, &[2, 4, 3, 2]);
    let all = view(&points[..150], &[50, 3]);
    cpu().voxelize(all, &grid(), &count.offsets(&[0_i64, 30, 50]), output).unwrap();
    assert_eq!(batch, packed);
}

#[test]
fn accumulating_is_voxelizing_at_once() {
    let (points, intensity) = cloud(100);
    let context = cpu();
    let options = |range: std::ops::Range<usize>| {
        let count = range.len();
        VoxelizeOptions::new()
            .reduce(Reduce::Sum)
            .features(view(&intensity[range], &[count, 1]))
            .feature_bound(8.0)
    };
    let shape = [4, 3, 2, 1];
    let (mut whole, mut counts) = ([0.0_f64; VOXELS], [0_i32; VOXELS]);
    let outputs =
        VoxelizeOutputs::new(view_mut(&mut whole, &shape)).counts(view_mut(&mut counts, &DIMS));
    context.voxelize(view(&points, &[100, 3]), &grid(), &options(0..100), outputs).unwrap();

    let (mut parts, mut part_counts) = ([0.0_f64; VOXELS], [0_i32; VOXELS]);
    for range in [0..40, 40..100] {
        let part = view(&points[3 * range.start..3 * range.end], &[range.len(), 3]);
        let outputs = VoxelizeOutputs::new(view_mut(&mut parts, &shape))
            .counts(view_mut(&mut part_counts, &DIMS));
        context.voxelize(part, &grid(), &options(range).accumulate(), outputs).unwrap();
    }
    assert_eq!((parts, part_counts), (whole, counts));
}

#[test]
fn occupancy_may_be_bits() {
    let points = [0.5_f32, 0.5, 0.5, 0.5, 0.5, 9.5];
    let line = Grid::new([0.0; 3], [1.0; 3], [1, 1, 10]);
    assert_eq!((line.dims(), line.origin(), line.voxel_size()), ([1, 1, 10], [0.0; 3], [1.0; 3]));
    let (mut bytes, mut bits) = ([false; 10], [0_u8; 2]);
    let cloud = view(&points, &[2, 3]);
    let occupancy = VoxelizeOptions::new();
    cpu().voxelize(cloud, &line, &occupancy, view_mut(&mut bytes, &[1, 1, 10])).unwrap();
    assert_eq!(bytes.iter().filter(|&&occupied| occupied).count(), 2);
    let packed = occupancy.reduce(Reduce::OccupancyBits);
    cpu().voxelize(cloud, &line, &packed, view_mut(&mut bits, &[1, 1, 2])).unwrap();
    assert_eq!(bits, [1, 2]);
}

#[test]
fn gradients_go_back_to_the_points() {
    let context = cpu();
    let points = [0.5_f32, 0.5, 0.5, 0.6, 0.5, 0.5, 1.5, 0.5, 0.5, 9.0, 0.0, 0.0];
    let points = view(&points, &[4, 3]);
    let pair = Grid::new([0.0; 3], [1.0; 3], [2, 1, 1]);
    let grad_output = view(&[6.0_f32, 5.0], &[2, 1, 1, 1]);
    let mut gradient = [9.0_f32; 4];
    let mean = VoxelizeOptions::new().reduce(Reduce::Mean);
    let asked = Gradient::new(view_mut(&mut gradient, &[4, 1]));
    let size = context
        .voxelize_backward_workspace_size(grad_output, points, &pair, &mean, &asked)
        .unwrap();
    let mut memory = vec![0; size.div_ceil(16) as usize];
    let asked = asked.workspace(Workspace::new(&mut memory));
    context.voxelize_backward(grad_output, points, &pair, &mean, asked).unwrap();
    assert_eq!(gradient, [3.0, 3.0, 5.0, 0.0]);

    let features = [1.0_f32, 2.0, 3.0, 4.0];
    let max = VoxelizeOptions::new().reduce(Reduce::Max).features(view(&features, &[4, 1]));
    let output = view_mut(&mut gradient, &[4, 1]);
    context.voxelize_backward(grad_output, points, &pair, &max, output).unwrap();
    assert_eq!(gradient, [0.0, 6.0, 5.0, 0.0]);
}

#[test]
fn a_workspace_of_the_asked_size_serves() {
    let context = cpu();
    let (points, intensity) = cloud(50);
    let options = VoxelizeOptions::new().reduce(Reduce::Mean).features(view(&intensity, &[50, 1]));
    let points = view(&points, &[50, 3]);
    let (mut expected, mut got) = ([0.0_f32; VOXELS], [0.0_f32; VOXELS]);
    let shape = [4, 3, 2, 1];
    context.voxelize(points, &grid(), &options, view_mut(&mut expected, &shape)).unwrap();
    let outputs = VoxelizeOutputs::new(view_mut(&mut got, &shape));
    let size = context.voxelize_workspace_size(points, &grid(), &options, &outputs).unwrap();
    let mut memory = vec![0; size.div_ceil(16) as usize];
    let outputs = outputs.workspace(Workspace::new(&mut memory));
    context.voxelize(points, &grid(), &options, outputs).unwrap();
    assert_eq!(got, expected);
}

#[test]
fn bounds_follow_the_layout() {
    let points = [0.0_f32, 1.0, 2.0, 3.0, 4.0, 5.0, -1.0, -2.0, -3.0];
    let mut bounds = [0.0_f32; 12];
    cpu()
        .pointcloud_bounds(
            view(&points, &[3, 3]),
            &CloudLayout::new().offsets(&[0_i64, 2, 3]),
            view_mut(&mut bounds, &[2, 2, 3]),
        )
        .unwrap();
    assert_eq!(bounds, [0., 1., 2., 3., 4., 5., -1., -2., -3., -1., -2., -3.]);

    let layout = CloudLayout::new().lengths(&[1_i64]);
    let output = view_mut(&mut bounds[..6], &[1, 2, 3]);
    cpu().pointcloud_bounds(view(&points, &[1, 3, 3]), &layout, output).unwrap();
    assert_eq!(bounds[..6], [0., 1., 2., 0., 1., 2.]);
}

#[test]
fn grids_are_checked() {
    let mut counts = [0_i32; 1];
    let flat = Grid::new([0.0; 3], [1.0, 0.0, 1.0], [1, 1, 1]);
    let error = cpu()
        .voxelize(
            view(&[0.0_f32; 3], &[1, 3]),
            &flat,
            &VoxelizeOptions::new().reduce(Reduce::Count),
            view_mut(&mut counts, &[1, 1, 1]),
        )
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidArgument);
    assert!(error.message().starts_with("rc_voxelize: grid"), "{error}");

    let error = cpu()
        .voxelize(
            view(&[0.0_f32; 3], &[1, 3]),
            &Grid::new([0.0; 3], [1.0; 3], [1, 1, 1]),
            &VoxelizeOptions::new().reduce(Reduce::Count).offsets(TensorView::from(&[0_i64, 2])),
            view_mut(&mut counts, &[1, 1, 1, 1]),
        )
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidData);
}
