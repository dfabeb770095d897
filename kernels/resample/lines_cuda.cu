// SPDX-License-Identifier: Apache-2.0
// Lines between samples (cuda_lines.h): a kernel for each type of times and of values.
#define RC_LEVEL cuda
#include <algorithm>

#include "kernels/common/cuda_early.h"
#include "kernels/resample/cuda_usual.h"
#include "kernels/resample/resample_cuda.h"

RC_KERNELS_BEGIN
namespace {

// Blocks of a multiprocessor: as many as leave registers enough.
constexpr int kUsualBlocks = 9;
template <class Plans, int kFamily, bool kSameTimes>
constexpr int kBlocks = Plans::kMaxStreams == 1 && is_float_family(kFamily) && !kSameTimes ? 9 : 8;

template <class Raw, int kFamily, class Plans, bool kSameTimes = false>
__global__ void __launch_bounds__(kRowThreads, kBlocks<Plans, kFamily, kSameTimes>)
    resample_lines(const __grid_constant__ Plans all, FaultRecord* record, uint64_t call) {
  if (Plans::kMaxStreams == 1 && all.is_early) {
    let_next_begin();
    wait_for_former();
  }
  serve_lines<Raw, kFamily, kSameTimes>(all, record, call);
}

template <int kFamily, bool kHasArrays>
__global__ void __launch_bounds__(kRowThreads, kUsualBlocks)
    resample_usual(const __grid_constant__ LinePlans<1> all, const __grid_constant__ UsualLine line,
                   FaultRecord* record, uint64_t call) {
  if (all.is_early) {
    let_next_begin();
    wait_for_former();
  }
  serve_usual<kFamily, kHasArrays>(all, line, record, call);
}

// Runs the kernel that serves a usual call.
template <bool kHasArrays, class Run>
void run_usual(int family, Run run, const UsualLine& line) {
  switch (family) {
    case kHalf:
      return run(resample_usual<kHalf, kHasArrays>, line);
    case kBFloat16:
      return run(resample_usual<kBFloat16, kHasArrays>, line);
    case kFloat:
      return run(resample_usual<kFloat, kHasArrays>, line);
    default:
      return run(resample_usual<kBytes, kHasArrays>, line);
  }
}

template <class Raw, class Plans>
void launch([[maybe_unused]] const ResamplePlan& first, const Plans& all, uint32_t blocks,
            FaultRecord* record, uint64_t call, cudaStream_t stream) {
  const bool validates = std::any_of(all.streams, all.streams + all.count,
                                     [](const LineStream& s) { return s.validate; });
  const auto run = [&](auto kernel, const auto&... more) {
    // Small calls leave room for blocks that check beside those that serve.
    constexpr uint32_t kFewBlocks = 128;
    const bool has_room = all.is_early || blocks <= kFewBlocks;
    const dim3 grid(blocks, validates && has_room ? 2 : 1);
    if (all.is_early) {
      launch_early(kernel, grid, kRowThreads, 0, stream, all, more..., record, call);
    } else {
      kernel<<<grid, kRowThreads, 0, stream>>>(all, more..., record, call);
    }
  };
  if constexpr (Plans::kMaxStreams == 1 && std::is_same_v<Raw, int64_t>) {
    const LineStream& s = all.streams[0];
    // As rows_of_warp() has it.
    if (s.warp_rows > 1) return run(resample_lines<Raw, kFloat, Plans, true>);
    if (is_usual(first, s)) {
      const UsualLine line = usual_line_of(first, s);
      return most_of_arrays(first) != 0 ? run_usual<true>(all.family, run, line)
                                        : run_usual<false>(all.family, run, line);
    }
  }
  switch (all.family) {
    case kHalf:
      return run(resample_lines<Raw, kHalf, Plans>);
    case kBFloat16:
      return run(resample_lines<Raw, kBFloat16, Plans>);
    case kFloat:
      return run(resample_lines<Raw, kFloat, Plans>);
    case kDouble:
      return run(resample_lines<Raw, kDouble, Plans>);
    default:
      break;
  }
  // Streams of a fuse are of one floating type.
  if constexpr (Plans::kMaxStreams == 1) {
    switch (all.family) {
      case kBytes:
        return run(resample_lines<Raw, kBytes, Plans>);
      case kMixed:
        return run(resample_lines<Raw, kMixed, Plans>);
      default:
        return run(resample_lines<Raw, kWide, Plans>);
    }
  }
}

// Serves plans from `plans` on, as many as a launch takes, and returns how many.
template <class Plans>
int64_t launch_some(const ResamplePlan* plans, int64_t count, FaultRecord* record, uint64_t call,
                    cudaStream_t stream) {
  Plans all = {};
  while (all.count < std::min<int64_t>(count, Plans::kMaxStreams)) {
    add_line_stream(plans[all.count], all);
  }
  const uint32_t blocks = spread_lines(plans[0], all);
  // Small calls are mostly launch; parameters of many streams are slower to read after an early one.
  constexpr uint32_t kSomeBlocks = 1024;
  all.is_early = Plans::kMaxStreams == 1 && blocks <= kSomeBlocks;
  if (blocks != 0) {
    with_time_type(all.target_times.type, [&](auto* raw) {
      launch<std::remove_pointer_t<decltype(raw)>>(plans[0], all, blocks, record, call, stream);
    });
  }
  return all.count;
}

}  // namespace
RC_KERNELS_END

namespace rc {

bool are_for_lines_cuda(const ResamplePlan* plans, int64_t count) {
  return std::all_of(plans, plans + count, [&](const ResamplePlan& plan) {
    if (!is_for_lines(plan)) return false;
    const bool is_like_first = is_float_family(family_of(plan, whole_of(plan))) &&
                               plan.values.type == plans[0].values.type;
    return count == 1 || is_like_first;
  });
}

bool is_usual_cuda(const ResamplePlan& plan) {
  if (!is_for_lines(plan)) return false;
  LinePlans<1> all = {};
  add_line_stream(plan, all);
  return is_usual(plan, all.streams[0]);
}

cudaError_t lines_cuda(const ResamplePlan* plans, int64_t count, FaultRecord* record, uint64_t call,
                       cudaStream_t stream) {
  for (int64_t i = 0; i < count;) {
    const int64_t rest = count - i;
    i += rest == 1 ? launch_some<LinePlans<1>>(plans + i, rest, record, call, stream)
                   : launch_some<LinePlans<16>>(plans + i, rest, record, call, stream);
  }
  return cudaGetLastError();
}

}  // namespace rc
