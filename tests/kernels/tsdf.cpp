// SPDX-License-Identifier: Apache-2.0
/** tsdf.h: every variant against the CPU path with one thread and no SIMD, to the bit: outputs with
 * all their gaps and margins, and the words for faults in offsets. And frames that are split over
 * calls.
 *
 *   tsdf [--cases N] [--seed S] [--only VARIANT] [--require VARIANT]
 *
 * See comparison.h. */
#include "comparison.h"
#include "tsdf_case.h"

namespace {

/** The frames of a case in two calls, of the first `cut` of them and of the rest. */
rc_status call_in_parts(rc_context* context, const TsdfCase& c, Arguments& arguments, int64_t cut) {
  const int64_t frames = arguments["depth"]->shape[0];
  for (const auto& [begin, end] : {std::pair{int64_t{0}, cut}, std::pair{cut, frames}}) {
    TsdfCase part = c;
    part.intrinsics.assign(c.intrinsics.begin() + begin * 9, c.intrinsics.begin() + end * 9);
    part.poses.assign(c.poses.begin() + begin * 16, c.poses.begin() + end * 16);
    Arguments views = arguments;
    std::vector<int64_t> shapes[2];
    int i = 0;
    for (const char* const name : {"depth", "color_images"}) {
      rc_tensor* const images = views[name];
      if (images == nullptr) continue;
      std::vector<int64_t>& shape = shapes[i++];
      shape.assign(images->shape, images->shape + images->ndim);
      int64_t step = 1;
      for (int32_t axis = 1; axis < images->ndim; ++axis) step *= shape[static_cast<size_t>(axis)];
      if (images->strides != nullptr) step = images->strides[0];
      images->byte_offset += static_cast<uint64_t>(begin * step) * (images->dtype.bits / 8);
      shape[0] = end - begin;
      images->shape = shape.data();
    }
    const rc_status status = call_tsdf(context, part, views, nullptr);
    if (status != RC_SUCCESS) return status;
  }
  return RC_SUCCESS;
}

void run(Comparison& comparison, Variant& reference, Random& random, const TsdfCase& c,
         int64_t number) {
  const Call call = [&](rc_context* context, Arguments& arguments, const Allocate& allocate) {
    return call_tsdf(context, c, arguments, allocate);
  };
  const Trial trial = {number, c.traits, c.tensors, call};
  const Result expected = reference.run(c.tensors, call);
  std::string what;
  if (expected.status == RC_ERROR_INVALID_DATA) {
    what = difference(result_of(expected.status, expected.message, c.tensors), expected);
  } else if (expected.status != RC_SUCCESS) {
    what = expected.message;
  }
  if (!what.empty()) comparison.reject(trial, what);
  comparison.compare_all(trial, expected);
  const bool stack = c.operation == TsdfOperation::kIntegrate &&
                     c.tensors.at("depth").shape.size() == 3 && c.tensors.at("depth").shape[0] > 1;
  if (!stack) return;
  const int64_t cut = random.integer(0, c.tensors.at("depth").shape[0]);
  const Call parts = [&](rc_context* context, Arguments& arguments, const Allocate&) {
    return call_in_parts(context, c, arguments, cut);
  };
  comparison.compare_all({number, c.traits, c.tensors, parts}, expected, ", in two calls");
}

}  // namespace

int main(int argc, char** argv) {
  const int combinations = tsdf_combinations();
  Comparison comparison(argc, argv, int64_t{24} * combinations, expected_tsdf_traits());
  const auto reference = make_cpu_variant("reference", RC_SIMD_BASELINE, 1);
  for (int64_t i = 0; comparison.wants(i); ++i) {
    Random random(comparison.seed() + static_cast<uint64_t>(i));
    const TsdfCase c = make_tsdf_case(random, static_cast<int>(i % combinations));
    run(comparison, *reference, random, c, i);
  }
  return comparison.finish();
}
