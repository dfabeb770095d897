// SPDX-License-Identifier: Apache-2.0
use robocache::{Grid, Reduce, VoxelStat, VoxelizeSparseOptions, VoxelizeSparseOutputs, Workspace};

use crate::{cpu, view, view_mut};

/// Two points in voxel (0, 0, 1), one in (1, 0, 0), one in (2, 0, 0), one outside.
const POINTS: [f32; 15] =
    [1.5, 0.5, 0.5, 0.5, 0.5, 1.5, 9.0, 0.0, 0.0, 0.5, 0.5, 1.6, 2.5, 0.5, 0.5];
const FEATURES: [f32; 5] = [10.0, 1.0, 99.0, 3.0, 20.0];

fn grid() -> Grid {
    Grid::new([0.0; 3], [1.0; 3], [3, 1, 2])
}

#[test]
fn occupied_voxels_come_in_order_with_all_that_was_asked() {
    let context = cpu();
    let (mut coords, mut counts) = ([7_i64; 16], [7_i32; 4]);
    let (mut reduced, mut hard) = ([7.0_f32; 4], [7.0_f32; 8]);
    let (mut rows, mut total, mut stats) = ([7_i32; 5], [7_i64; 1], [7_i64; 3]);
    let options = VoxelizeSparseOptions::new()
        .features(view(&FEATURES, &[5, 1]))
        .reduce(Reduce::Max)
        .fill_value(-1.0);
    let outputs = VoxelizeSparseOutputs::new(view_mut(&mut coords, &[4, 4]))
        .counts(&mut counts)
        .reduced(view_mut(&mut reduced, &[4, 1]))
        .hard(view_mut(&mut hard, &[4, 2, 1]))
        .point_to_voxel(&mut rows)
        .total(&mut total)
        .stats(view_mut(&mut stats, &[1, 3]));
    let points = view(&POINTS, &[5, 3]);
    let size = context.voxelize_sparse_workspace_size(points, &grid(), &options, &outputs).unwrap();
    let mut memory = vec![0; size.div_ceil(16) as usize];
    let outputs = outputs.workspace(Workspace::new(&mut memory));
    context.voxelize_sparse(points, &grid(), &options, outputs).unwrap();

    assert_eq!(coords, [0, 0, 0, 1, 0, 1, 0, 0, 0, 2, 0, 0, -1, -1, -1, -1]);
    assert_eq!(counts, [2, 1, 1, 0]);
    assert_eq!(reduced, [3.0, 10.0, 20.0, -1.0]);
    assert_eq!(hard, [1.0, 3.0, 10.0, -1.0, 20.0, -1.0, -1.0, -1.0]);
    assert_eq!(rows, [1, 0, -1, 0, 2]);
    assert_eq!((total, stats), ([3], [1, 0, 0]));
}

#[test]
fn clouds_may_be_packed_or_cut_short() {
    let context = cpu();
    let points = view(&POINTS, &[5, 3]);
    let mut coords = [0_i32; 16];
    let packed = VoxelizeSparseOptions::new().offsets(&[0_i64, 2, 4]);
    context.voxelize_sparse(points, &grid(), &packed, view_mut(&mut coords, &[4, 4])).unwrap();
    assert_eq!(coords, [0, 0, 0, 1, 0, 1, 0, 0, 1, 0, 0, 1, -1, -1, -1, -1]);

    let short = VoxelizeSparseOptions::new().lengths(&[1_i64]);
    let points = view(&POINTS, &[1, 5, 3]);
    context.voxelize_sparse(points, &grid(), &short, view_mut(&mut coords, &[4, 4])).unwrap();
    assert_eq!(coords[..8], [0, 1, 0, 0, -1, -1, -1, -1]);
}

#[test]
fn what_there_is_no_room_for_is_told() {
    let (mut coords, mut total, mut stats) = ([0_i32; 4], [0_i64; 1], [0_i64; 3]);
    cpu()
        .voxelize_sparse(
            view(&POINTS, &[5, 3]),
            &grid(),
            &VoxelizeSparseOptions::new(),
            VoxelizeSparseOutputs::new(view_mut(&mut coords, &[1, 4]))
                .total(&mut total)
                .stats(view_mut(&mut stats, &[1, 3])),
        )
        .unwrap();
    assert_eq!(coords, [0, 0, 0, 1]);
    assert_eq!(total, [3]);
    assert_eq!(stats[VoxelStat::OverCapacity as usize], 2);
}
