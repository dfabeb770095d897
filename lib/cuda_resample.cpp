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

uint64_t cuda_resample_workspace(const ResamplePlan* plans, int64_t count) {
  std::vector<ResamplePlan> copies(plans, plans + count);
  Carver carver(nullptr);
  order_all(copies.data(), count, carver, false, nullptr);
  return carver.most();
}

void cuda_resample(ResamplePlan* plans, int64_t count, char* workspace, const CudaCall& call) {
  // What rows_cuda serves goes to the front.
  const int64_t rows = std::stable_partition(plans, plans + count, is_for_rows_cuda) - plans;
  const int64_t others = count - rows;
  for (int64_t i = rows; i < count; ++i) {
    check(check_cuda(plans[i], call.record, call.number, call.stream), "checking the data");
  }
  Carver carver(workspace);
  order_all(plans, count, carver, true, call.stream);
  for (int64_t i = rows; i < count; ++i) {
    check(finite_cuda(plans[i], call.stream), "looking for finite samples");
  }
  if (are_for_lines_cuda(plans, count)) {
    check(lines_cuda(plans, count, call.record, call.number, call.stream), "launching the kernel");
  } else if (rows > 0) {
    check(rows_cuda(plans, rows, call.record, call.number, call.stream), "launching the kernel");
  }
  if (others > 0) {
    check(others == 1 ? resample_cuda(plans[rows], call.stream)
                      : fuse_cuda(plans + rows, others, call.stream),
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
