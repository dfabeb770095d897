// SPDX-License-Identifier: Apache-2.0
/** Random calls of rc_voxelize, rc_voxelize_backward and rc_voxelize_sparse: any layout, reduction,
 * type and value, now and then with wrong offsets or lengths. */
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tensor.h"

enum class VoxelOperation { kDense, kGradient, kSparse };

struct VoxelCase {
  VoxelOperation operation;
  rc_grid grid;
  /** What a call takes, by the names of its arguments; those that are not there are left out. */
  std::map<std::string, TestTensor> tensors;
  /** Without tensors and workspace. Those of a sparse call hold reduce, flags and numbers alike. */
  rc_voxelize_options options = RC_VOXELIZE_OPTIONS_INIT;
  /** Offsets or lengths are wrong. */
  bool faulty = false;
  /** What it covers: "mean of float32", "layout packed", ... */
  std::vector<std::string> traits;

  bool has(const std::string& name) const { return tensors.count(name) != 0; }
};

/** Pairs of operation, reduction and type of features. */
int voxel_combinations();

/** Traits that every combination shows, and those of the rest that many cases have to show. */
std::vector<std::string> expected_voxel_traits();

/** A case of combination number `combination`, else at random. */
VoxelCase make_voxel_case(Random& random, int combination);

/** Calls the operation of a case on the tensors of `views`, with a workspace of exactly the size
 * that the query tells where `allocate` is not NULL: it gives memory of the context's device. */
using VoxelWorkspace = void* (*)(void* cookie, uint64_t size);
rc_status call_voxelize(rc_context* context, const VoxelCase& c,
                        std::map<std::string, rc_tensor>& views, VoxelWorkspace allocate,
                        void* cookie);
