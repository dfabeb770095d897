// SPDX-License-Identifier: Apache-2.0
#include "lib/cuda_resample.h"

#include <algorithm>
#include <vector>

#include "kernels/fuse/fuse_cuda.h"
#include "kernels/resample/resample_backward_cuda.h"
#include "kernels/resample/resample_cuda.h"
#include "lib/cuda_support.h"

namespace rc {
namespace {

/** Orders the samples of all plans. What the plans keep stays; the memory to make the orders serves one
 * after the other. Nothing is enqueued without `launch`. */
void order_all(ResamplePlan* plans, int64_t count, Carver& carver, bool launch,
               cudaStream_t stream) {
  for (int64_t i = 0; i < count; ++i) {
    take_order(plans[i], carver);
    take_finite(plans[i], carver);
  }
  const uint64_t orders = carver.used();
  for (int64_t i = 0; i < count; ++i) {
    check(order_cuda(plans[i], carver, launch, stream), "ordering the samples");
    carver.back_to(orders);
  }
}

}  // namespace

bool cuda_resample_takes_workspace(const ResamplePlan* plans, int64_t count) {
  return std::any_of(plans, plans + count, [](const ResamplePlan& plan) {
    return plan.order != RC_ORDER_CHECK || plan.skip_nan;
  });
}

uint64_t cuda_resample_workspace(const ResamplePlan* plans, int64_t count) {
  std::vector<ResamplePlan> copies(plans, plans + count);
  Carver carver(nullptr);
  order_all(copies.data(), count, carver, false, nullptr);
  return carver.most();
}

void cuda_resample(ResamplePlan* plans, int64_t count, char* workspace, const CudaCall& call) {
  if (are_for_lines_cuda(plans, count) && (count > 1 || !pays_to_stage_cuda(plans[0]))) {
    check(lines_cuda(plans, count, call.record, call.number, call.stream), "launching the kernel");
    return;
  }
  // What staged_cuda serves goes to the front, what rows_cuda serves behind it.
  ResamplePlan* const end = plans + count;
  ResamplePlan* const rest = std::stable_partition(
      std::find_if_not(plans, end, is_for_staging_cuda), end, is_for_staging_cuda);
  if (rest != plans) {
    check(staged_cuda(plans, rest - plans, call.record, call.number, call.stream),
          "launching the kernel");
  }
  if (rest == end) return;
  ResamplePlan* const others = std::stable_partition(rest, end, is_for_rows_cuda);
  for (const ResamplePlan* plan = others; plan != end; ++plan) {
    check(check_cuda(*plan, call.record, call.number, call.stream), "checking the data");
  }
  Carver carver(workspace);
  order_all(rest, end - rest, carver, true, call.stream);
  for (const ResamplePlan* plan = others; plan != end; ++plan) {
    check(finite_cuda(*plan, call.stream), "looking for finite samples");
  }
  if (others != rest) {
    check(rows_cuda(rest, others - rest, call.record, call.number, call.stream),
          "launching the kernel");
  }
  if (others != end) {
    check(end - others == 1 ? resample_cuda(*others, call.stream)
                            : fuse_cuda(others, end - others, call.stream),
          "launching the kernels");
  }
}

uint64_t cuda_backward_workspace(const GradientPlan* plans, int64_t count) {
  Carver carver(nullptr);
  for (int64_t i = 0; i < count; ++i) {
    GradientPlan plan = plans[i];
    check(resample_backward_cuda(plan, carver, false, nullptr), "asking for workspace");
    carver.back_to(0);
  }
  return carver.most();
}

void cuda_backward(GradientPlan* plans, int64_t count, char* workspace, const CudaCall& call) {
  for (int64_t i = 0; i < count; ++i) {
    check(check_cuda(plans[i].forward, call.record, call.number, call.stream), "checking the data");
  }
  Carver carver(workspace);
  for (int64_t i = 0; i < count; ++i) {
    check(resample_backward_cuda(plans[i], carver, true, call.stream), "launching the kernels");
    carver.back_to(0);
  }
}

}  // namespace rc
