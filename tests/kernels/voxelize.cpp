// SPDX-License-Identifier: Apache-2.0
/** voxelize.h: every variant against an oracle, to the bit: outputs with all their gaps and margins,
 * for any order of the points, and the words for faults in offsets and lengths.
 *
 *   voxelize [--cases N] [--seed S] [--only VARIANT] [--require VARIANT]
 *
 * See comparison.h. */
#include <algorithm>

#include "comparison.h"
#include "voxelize_oracle.h"

namespace {

/** The same points, each with its features, in another order within each cloud. */
VoxelCase shuffled(Random& random, const VoxelCase& c) {
  VoxelCase other = c;
  TestTensor& points = other.tensors.at("points");
  const bool batch = points.shape.size() == 3;
  const int64_t per_cloud = points.shape[batch ? 1 : 0];
  const int64_t clouds = c.has("offsets") ? other.tensors.at("offsets").count() - 1
                         : batch          ? points.shape[0]
                                          : 1;
  const auto swap_rows = [&](const char* name, int64_t i, int64_t j) {
    if (!other.has(name)) return;
    TestTensor& t = other.tensors.at(name);
    const auto size = static_cast<size_t>(size_of(t.dtype));
    for (int64_t k = 0; k < t.shape.back(); ++k) {
      std::swap_ranges(t.at(i * t.shape.back() + k), t.at(i * t.shape.back() + k) + size,
                       t.at(j * t.shape.back() + k));
    }
  };
  for (int64_t b = 0; b < clouds; ++b) {
    int64_t begin = b * per_cloud, end = begin + per_cloud;
    if (c.has("lengths")) end = begin + other.tensors.at("lengths").get<int64_t>(b);
    if (c.has("offsets")) {
      begin = other.tensors.at("offsets").get<int64_t>(b);
      end = other.tensors.at("offsets").get<int64_t>(b + 1);
    }
    for (int64_t i = begin; i + 1 < end; ++i) {
      const int64_t j = random.integer(i, end - 1);
      if (j == i) continue;
      swap_rows("points", i, j);
      swap_rows("features", i, j);
    }
  }
  return other;
}

/** Whether the order of the points leaves no trace: no output tells one from another, and no array
 * lies in fewer elements than it has. */
bool may_shuffle(const VoxelCase& c) {
  if (c.faulty || c.operation == VoxelOperation::kGradient) return false;
  for (const auto& [name, tensor] : c.tensors) {
    for (const int64_t stride : tensor.strides) {
      if (stride == 0) return false;
    }
  }
  return !c.has("hard") && !c.has("point_to_voxel");
}

/** What must come out of a call. */
Result expected_of(const VoxelCase& c, const Call& call, Variant& reference) {
  if (c.faulty) {
    // The words are those of the reference; the tests of the interface read them.
    return result_of(RC_ERROR_INVALID_DATA, reference.run(c.tensors, call).message, c.tensors);
  }
  VoxelCase expected = c;
  write_expected(expected);
  return result_of(RC_SUCCESS, "", expected.tensors);
}

void run(Comparison& comparison, Variant& reference, Random& random, const VoxelCase& c,
         int64_t number) {
  const Call call = [&](rc_context* context, Arguments& arguments, const Allocate& allocate) {
    return call_voxelize(context, c, arguments, allocate);
  };
  const Trial trial = {number, c.traits, c.tensors, call};
  const Result expected = expected_of(c, call, reference);
  const std::string what = difference(expected, reference.run(c.tensors, call));
  if (!what.empty()) comparison.reject(trial, what);
  comparison.compare_all(trial, expected);
  if (may_shuffle(c)) {
    const VoxelCase other = shuffled(random, c);
    comparison.compare_all({number, c.traits, other.tensors, call}, expected, ", shuffled");
  }
}

void run_unchecked(Comparison& comparison, VoxelCase c, int64_t number) {
  c.options.flags |= RC_VOXELIZE_SKIP_VALIDATION;
  const Call call = [&](rc_context* context, Arguments& arguments, const Allocate& allocate) {
    return call_voxelize(context, c, arguments, allocate);
  };
  comparison.survive_all({number, c.traits, c.tensors, call});
}

}  // namespace

int main(int argc, char** argv) {
  const int combinations = voxel_combinations();
  Comparison comparison(argc, argv, int64_t{8} * combinations, expected_voxel_traits());
  const auto reference = make_cpu_variant("reference", RC_SIMD_BASELINE, 1);
  for (int64_t i = 0; comparison.wants(i); ++i) {
    Random random(comparison.seed() + static_cast<uint64_t>(i));
    const VoxelCase c = make_voxel_case(random, static_cast<int>(i % combinations));
    run(comparison, *reference, random, c, i);
    if (c.faulty && c.operation != VoxelOperation::kBounds) run_unchecked(comparison, c, i);
  }
  return comparison.finish();
}
