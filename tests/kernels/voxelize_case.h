// SPDX-License-Identifier: Apache-2.0
/** Random calls of rc_voxelize, rc_voxelize_backward, rc_voxelize_sparse and rc_pointcloud_bounds: any
 * layout, reduction, type and value, now and then with wrong offsets or lengths. */
#pragma once

#include <string>
#include <vector>

#include "variant.h"

enum class VoxelOperation { kDense, kGradient, kSparse, kBounds };

struct VoxelCase {
  VoxelOperation operation;
  rc_grid grid;
  /** What a call takes, by the names of its arguments; those that are not there are left out. */
  Tensors tensors;
  /** Without tensors and workspace. Those of a sparse call hold reduce, flags and numbers alike. */
  rc_voxelize_options options = RC_VOXELIZE_OPTIONS_INIT;
  /** Offsets or lengths are wrong. */
  bool faulty = false;
  /** What it covers: "mean of float32", "layout packed", ... */
  std::vector<std::string> traits;

  bool has(const std::string& name) const { return tensors.count(name) != 0; }
};

/** Combinations of operation, reduction and type of features; of operation and type of points. */
int voxel_combinations();

/** Traits that every combination shows, and those of the rest that many cases have to show. */
std::vector<std::string> expected_voxel_traits();

/** A case of combination number `combination`, else at random. */
VoxelCase make_voxel_case(Random& random, int combination);

/** Calls the operation of a case, with a workspace of exactly the size that the query tells where
 * `allocate` gives it. */
rc_status call_voxelize(rc_context* context, const VoxelCase& c, Arguments& arguments,
                        const Allocate& allocate);
