// SPDX-License-Identifier: Apache-2.0
//! Lists the occupied voxels of a point cloud, with the number of points and the mean of their
//! features.
//!
//! ```text
//! cargo run --example voxelize_cloud -- cloud.csv 0.5 > voxels.csv
//! ```
//!
//! The first three columns are x, y, z, the others features. The second argument is the edge of a
//! voxel; voxels are named by their centres.

use std::error::Error;
use std::{env, io};

use robocache::{
    CloudLayout, Context, Grid, Reduce, TensorView, TensorViewMut, VoxelizeSparseOptions,
    VoxelizeSparseOutputs,
};

/// A grid around all points, with a voxel to spare on each side.
fn grid_around(context: &Context, points: TensorView<'_>, size: f64) -> robocache::Result<Grid> {
    let mut bounds = [0.0; 6];
    let output = TensorViewMut::new(&mut bounds, &[2, 3])?;
    context.pointcloud_bounds(points, &CloudLayout::new(), output)?;
    let cell = |coordinate: f64| (coordinate / size).floor();
    let origin = [0, 1, 2].map(|axis| (cell(bounds[axis]) - 1.0) * size);
    let dims = [0, 1, 2].map(|axis| (cell(bounds[axis + 3]) - cell(bounds[axis]) + 3.0) as usize);
    Ok(Grid::new(origin, [size; 3], dims))
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [path, size] = arguments.as_slice() else {
        return Err("usage: voxelize_cloud CLOUD.csv VOXEL_SIZE".into());
    };
    let mut reader = csv::Reader::from_path(path)?;
    let names = reader.headers()?.clone();
    let mut table = Vec::<f64>::new();
    for record in reader.records() {
        for cell in &record? {
            table.push(cell.trim().parse()?);
        }
    }
    let (width, count) = (names.len(), table.len() / names.len());
    let features = width.checked_sub(3).ok_or("expected columns x, y, z")?;

    // Points and features are read where they lie: in the columns of one table.
    let points = TensorView::strided(&table, &[count, 3], &[width, 1])?;
    let context = Context::cpu()?;
    let grid = grid_around(&context, points, size.parse()?)?;

    let (mut coords, mut counts) = (vec![0_i64; 4 * count], vec![0_i32; count]);
    let (mut means, mut total) = (vec![0.0; features * count], [0_i64]);
    let mut options = VoxelizeSparseOptions::new();
    let mut outputs = VoxelizeSparseOutputs::new(TensorViewMut::new(&mut coords, &[count, 4])?)
        .counts(&mut counts)
        .total(&mut total);
    if features > 0 {
        let columns = TensorView::strided(&table[3..], &[count, features], &[width, 1])?;
        options = options.features(columns).reduce(Reduce::Mean);
        outputs = outputs.reduced(TensorViewMut::new(&mut means, &[count, features])?);
    }
    context.voxelize_sparse(points, &grid, &options, outputs)?;

    let mut writer = csv::Writer::from_writer(io::stdout().lock());
    writer.write_record(names.iter().take(3).chain(["points"]).chain(names.iter().skip(3)))?;
    for row in 0..total[0] as usize {
        let centre = [0, 1, 2].map(|axis| {
            grid.origin()[axis]
                + (coords[4 * row + 1 + axis] as f64 + 0.5) * grid.voxel_size()[axis]
        });
        let means = &means[features * row..][..features];
        let numbers = centre.into_iter().chain([f64::from(counts[row])]).chain(means.to_owned());
        writer.write_record(numbers.map(|number| number.to_string()))?;
    }
    writer.flush()?;
    Ok(())
}
