// SPDX-License-Identifier: Apache-2.0
// The plans of many streams in the little that a kernel can be given by value: of each all but its
// groups of channels, which go into one list.
#pragma once

#include <cstddef>
#include <cstring>

#include "kernels/common/hd.h"
#include "kernels/resample/plan.h"

namespace rc {

// A part of the blocks of a launch, or of the numbers to check.
struct Part {
  int64_t index, count;
};

// How a launch serves a plan, and a loop of row_loops.h for each of its groups.
struct RowLaunch {
  uint32_t first_block, blocks;
  int32_t warp_targets;
  // Bits of the modes of all groups.
  uint32_t modes;
  // Whether targets are found in the short way.
  bool is_plain;
};

struct PackedPlan {
  static constexpr size_t kBefore = offsetof(ResamplePlan, groups);
  static constexpr size_t kBehind = kBefore + sizeof(ResamplePlan::groups);
  static constexpr size_t kWords = (sizeof(ResamplePlan) - sizeof(ResamplePlan::groups)) / 4;
  static_assert(kBefore % 4 == 0 && kBehind % 4 == 0, "copied in words");

  uint32_t words[kWords];
  RowLaunch launch;
  int32_t first_group;
};

// What a kernel takes by value, at most, from CUDA 12.1 on.
constexpr size_t kMaxParameterBytes = 32764;

// What one launch takes: more would make each launch slower.
struct PackedPlans {
  static constexpr int kMaxStreams = 16;
  static constexpr int kMaxGroups = 128;

  int32_t count, num_groups;
  PackedPlan plans[kMaxStreams];
  // Of each group channels, loop and mode, those of one stream in order of their channels.
  uint64_t groups[kMaxGroups];
};
static_assert(PackedPlans::kMaxGroups >= RC_MAX_CHANNEL_GROUPS, "a plan finds room");
static_assert(sizeof(PackedPlans) <= kMaxParameterBytes - 2 * sizeof(uint64_t),
              "a kernel takes them by value, and two words");

// A group and the loop that serves it.
struct LoopGroup {
  int64_t begin, count;
  int32_t mode, loop;
};

}  // namespace rc

RC_KERNELS_BEGIN

constexpr int kModeBits = 4, kLoopBits = 6;

// Whether a plan finds room beside those that are packed.
inline bool has_room(const PackedPlans& all, const ResamplePlan& plan) {
  return all.count < PackedPlans::kMaxStreams &&
         all.num_groups + plan.num_groups <= PackedPlans::kMaxGroups;
}

// `loop_of(group)` is the loop of a group.
template <class LoopOf>
inline void pack(const ResamplePlan& plan, const RowLaunch& launch, PackedPlans& all,
                 LoopOf loop_of) {
  PackedPlan& packed = all.plans[all.count++];
  const auto* const bytes = reinterpret_cast<const char*>(&plan);
  auto* const words = reinterpret_cast<char*>(packed.words);
  memcpy(words, bytes, PackedPlan::kBefore);
  memcpy(words + PackedPlan::kBefore, bytes + PackedPlan::kBehind,
         sizeof plan - PackedPlan::kBehind);
  packed.launch = launch;
  packed.first_group = all.num_groups;
  for (int g = 0; g < plan.num_groups; ++g) {
    const Group& group = plan.groups[g];
    all.groups[all.num_groups++] = static_cast<uint64_t>(group.count) << (kModeBits + kLoopBits) |
                                   static_cast<uint64_t>(loop_of(group)) << kModeBits |
                                   static_cast<uint64_t>(group.mode);
  }
}

#if defined(__CUDACC__)

// Copies all of plan i but its groups to shared memory, by all threads of a block, which may use it
// after they have waited for each other.
__device__ inline void unpack(const PackedPlans& all, int i, ResamplePlan& plan) {
  auto* const words = reinterpret_cast<uint32_t*>(&plan);
  constexpr size_t kBefore = PackedPlan::kBefore / 4, kBehind = PackedPlan::kBehind / 4;
  for (unsigned k = threadIdx.x; k < PackedPlan::kWords; k += blockDim.x) {
    words[k < kBefore ? k : k - kBefore + kBehind] = all.plans[i].words[k];
  }
}

// Calls f with each group of plan i.
template <class F>
__device__ void for_each_group(const PackedPlans& all, int i, int num_groups, F f) {
  int64_t begin = 0;
  for (int g = 0; g < num_groups; ++g) {
    const uint64_t word = all.groups[all.plans[i].first_group + g];
    const auto count = static_cast<int64_t>(word >> (kModeBits + kLoopBits));
    f(LoopGroup{begin, count, static_cast<int32_t>(word & ((1 << kModeBits) - 1)),
                static_cast<int32_t>(word >> kModeBits & ((1 << kLoopBits) - 1))});
    begin += count;
  }
}

#endif

RC_KERNELS_END
