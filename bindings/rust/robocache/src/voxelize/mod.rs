// SPDX-License-Identifier: Apache-2.0
//! Points to grids.

mod bounds;
mod dense;
mod grid;
mod sparse;

pub use bounds::CloudLayout;
pub use dense::{VoxelizeOptions, VoxelizeOutputs};
pub use grid::{Grid, Reduce, VoxelStat};
pub use sparse::{VoxelizeSparseOptions, VoxelizeSparseOutputs};
