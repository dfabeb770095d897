// SPDX-License-Identifier: Apache-2.0
// What a block makes of the points of one tile: a tally of each voxel, in shared memory.
//
// A tally is a few 32-bit words, one per voxel and kind, that atomics reach. The tallies of blocks
// that share a tile are added up in words of 64 bits in global memory. Word 0 counts; what else
// there is depends on the reduction:
//
//   CountTally    nothing
//   SumTally      the fixed point sum of each channel, in two words; which channels are not finite
//   ExtremeTally  a key of the best of each channel
#pragma once

#include <cuda_runtime_api.h>

#include "kernels/voxelize/batches_cuda.cuh"
#include "kernels/voxelize/segments.h"
#include "kernels/voxelize/sums_cuda.cuh"

RC_KERNELS_BEGIN

// Points of one tile that a block takes alone. Their number and the bits of what is not finite
// share a word.
constexpr uint32_t kBlockPoints = 1 << 16;
constexpr int kSpecialShift = 20;
constexpr int kSharedSpecialShift = 40;
static_assert(kBlockPoints < 1u << kSpecialShift);

// The points of a voxel in this call, and the sum or the best of each channel.
struct VoxelResult {
  int64_t count;
  double values[kChannels];
};

// The words of some voxels.
template <class Word>
struct Words {
  Word* words;
  uint32_t voxels;

  __device__ Word& of(int word, uint32_t voxel) const { return words[word * voxels + voxel]; }
};
using BlockWords = Words<uint32_t>;
using SharedWords = Words<unsigned long long>;

__device__ inline uint32_t read(const BlockWords& words, int word, uint32_t voxel) {
  return words.of(word, voxel);
}
// What atomics of other blocks have made: no cache of this multiprocessor knows of it.
__device__ inline unsigned long long read(const SharedWords& words, int word, uint32_t voxel) {
  return __ldcg(&words.of(word, voxel));
}

// Whether all threads of a warp have the same voxel.
__device__ inline bool is_one_voxel(uint32_t voxel) {
  int same;
  __match_all_sync(0xffffffffu, voxel, &same);
  return same != 0;
}

// Of the channels from `first` on; no more than kChannels.
__device__ inline int channels_from(const VoxelPlan& plan, int64_t first) {
  return static_cast<int>(min(plan.width - first, int64_t{kChannels}));
}

// Points that a block takes of a tile: nothing else.
class CountTally {
 public:
  using Row = NoRow;

  static constexpr int words_of(int) { return 1; }

  __device__ CountTally(const VoxelPlan&, const ChannelScale*, int64_t) {}
  __device__ void enter(const BlockWords& block, uint32_t voxel, Row) const {
    // Lanes of one voxel are counted at once, since all add 1.
    if (voxel < block.voxels) atomicAdd(&block.of(0, voxel), 1u);
  }
  __device__ void share(const BlockWords& block, const SharedWords& all, uint32_t voxel,
                        uint32_t shared) const {
    if (block.of(0, voxel) != 0) atomicAdd(&all.of(0, shared), block.of(0, voxel));
  }
  template <class Word>
  __device__ VoxelResult result(const Words<Word>& words, uint32_t voxel) const {
    return {static_cast<int64_t>(read(words, 0, voxel)), {}};
  }
};

template <class T>
class SumTally {
 public:
  using Row = Quad<T>;

  static constexpr int words_of(int channels) { return 1 + 2 * channels; }

  __device__ SumTally(const VoxelPlan& plan, const ChannelScale* scales, int64_t first)
      : width_(channels_from(plan, first)), mean_(plan.reduce == RC_REDUCE_MEAN), scales_(scales) {}
  // To be called by whole warps, which speak with one voice of one voxel.
  __device__ void enter(const BlockWords& block, uint32_t voxel, const Row& row) const {
    Held held = {voxel, 1, 0, {}};
    if (voxel < block.voxels) take(held, row);
    if (is_one_voxel(voxel)) {
      held.count = 32;
      held.special = __reduce_or_sync(0xffffffffu, held.special);
      for (int k = 0; k < kChannels; ++k) {
        for (int step = 16; step > 0; step /= 2) {
          held.sums[k] += __shfl_xor_sync(0xffffffffu, held.sums[k], step);
        }
      }
      if (threadIdx.x % 32 != 0) return;
    }
    if (voxel < block.voxels) put(block, held);
  }
  __device__ void share(const BlockWords& block, const SharedWords& all, uint32_t voxel,
                        uint32_t shared) const {
    const uint32_t first = block.of(0, voxel), special = first >> kSpecialShift;
    if (first == 0) return;
    atomicAdd(&all.of(0, shared), first & ((1u << kSpecialShift) - 1));
    if (special != 0) {
      atomicOr(&all.of(0, shared), static_cast<unsigned long long>(special) << kSharedSpecialShift);
    }
    for (int word = 1; word <= 2 * width_; word += 2) {
      const auto high = static_cast<int32_t>(block.of(word + 1, voxel));
      atomicAdd(&all.of(word, shared), block.of(word, voxel));
      atomicAdd(&all.of(word + 1, shared), static_cast<unsigned long long>(int64_t{high}));
    }
  }
  __device__ VoxelResult result(const BlockWords& block, uint32_t voxel) const {
    const uint32_t first = block.of(0, voxel);
    return result(first & ((1u << kSpecialShift) - 1), first >> kSpecialShift, [&](int k) {
      const uint64_t low = block.of(1 + 2 * k, voxel), high = block.of(2 + 2 * k, voxel);
      const uint64_t sum = high << 32 | low;
      return ExactSum{sum, static_cast<int64_t>(sum) >> 63, 0};
    });
  }
  __device__ VoxelResult result(const SharedWords& all, uint32_t voxel) const {
    const uint64_t first = read(all, 0, voxel);
    return result(first & ((uint64_t{1} << kSharedSpecialShift) - 1),
                  static_cast<uint32_t>(first >> kSharedSpecialShift), [&](int k) {
                    const auto high = static_cast<int64_t>(read(all, 2 + 2 * k, voxel));
                    ExactSum sum = {static_cast<uint64_t>(high) << 32, high >> 32, 0};
                    add(sum, ExactSum{read(all, 1 + 2 * k, voxel), 0, 0});
                    return sum;
                  });
  }

  __device__ double finish(double sum, const VoxelState& state, const Divisor& points) const {
    return finish_sum(mean_, sum, state, points);
  }

 private:
  // What is new of one voxel.
  struct Held {
    uint32_t voxel, count, special;
    int64_t sums[kChannels];
  };

  __device__ void take(Held& held, const Row& row) const {
    for (int k = 0; k < kChannels; ++k) {
      const double x = to_double(row.of[k]);
      if (k >= width_) continue;
      if (is_finite(x)) {
        held.sums[k] += fixed_point(x, scales_[k].up);
      } else {
        held.special |= special_of(x) << k * kSpecialBits;
      }
    }
  }
  __device__ void put(const BlockWords& block, const Held& held) const {
    atomicAdd(&block.of(0, held.voxel), held.count);
    if (held.special != 0) atomicOr(&block.of(0, held.voxel), held.special << kSpecialShift);
    // All low words first: none waits for the answer about another.
    uint32_t low[kChannels], old[kChannels];
    for (int k = 0; k < kChannels; ++k) {
      low[k] = static_cast<uint32_t>(held.sums[k]);
      old[k] = k < width_ ? atomicAdd(&block.of(1 + 2 * k, held.voxel), low[k]) : 0;
    }
    for (int k = 0; k < kChannels; ++k) {
      const uint32_t high = static_cast<uint32_t>(held.sums[k] >> 32) + (old[k] + low[k] < old[k]);
      if (high != 0) atomicAdd(&block.of(2 + 2 * k, held.voxel), high);
    }
  }
  template <class SumOf>
  __device__ VoxelResult result(uint64_t count, uint32_t special, SumOf sum_of) const {
    VoxelResult result = {static_cast<int64_t>(count), {}};
    for (int k = 0; k < kChannels; ++k) {
      if (k >= width_ || count == 0) break;
      ExactSum sum = sum_of(k);
      sum.special = special >> k * kSpecialBits & ((1u << kSpecialBits) - 1);
      result.values[k] = value_of(sum, scales_[k]);
    }
    return result;
  }

  int width_;
  bool mean_;
  const ChannelScale* scales_;
};

template <class T>
class ExtremeTally {
 public:
  using Row = Quad<T>;
  static constexpr int words_of(int channels) { return 1 + channels; }

  __device__ ExtremeTally(const VoxelPlan& plan, const ChannelScale*, int64_t first)
      : width_(channels_from(plan, first)), flip_(plan.reduce == RC_REDUCE_MAX ? 0 : UINT32_MAX) {}
  __device__ void enter(const BlockWords& block, uint32_t voxel, const Row& row) const {
    uint32_t count = 1, best[kChannels];
    for (int k = 0; k < kChannels; ++k) {
      best[k] = k < width_ && voxel < block.voxels ? key_of(row.of[k]) : 0;
    }
    if (is_one_voxel(voxel)) {
      count = 32;
      for (uint32_t& key : best) key = __reduce_max_sync(0xffffffffu, key);
      if (threadIdx.x % 32 != 0) return;
    }
    if (voxel >= block.voxels) return;
    atomicAdd(&block.of(0, voxel), count);
    for (int k = 0; k < kChannels; ++k) {
      if (k < width_) atomicMax(&block.of(1 + k, voxel), best[k]);
    }
  }
  __device__ void share(const BlockWords& block, const SharedWords& all, uint32_t voxel,
                        uint32_t shared) const {
    const uint32_t count = block.of(0, voxel);
    if (count == 0) return;
    atomicAdd(&all.of(0, shared), count);
    for (int word = 1; word <= width_; ++word) {
      atomicMax(&all.of(word, shared), static_cast<unsigned long long>(block.of(word, voxel)));
    }
  }
  template <class Word>
  __device__ VoxelResult result(const Words<Word>& words, uint32_t voxel) const {
    VoxelResult result = {static_cast<int64_t>(read(words, 0, voxel)), {}};
    for (int k = 0; k < kChannels; ++k) {
      if (k < width_)
        result.values[k] = value_of_key(static_cast<uint32_t>(read(words, 1 + k, voxel)));
    }
    return result;
  }

  __device__ double finish(double best, const VoxelState& state, const Divisor&) const {
    return finish_extreme(flip_ == 0, best, state);
  }

 private:
  // Of two numbers the better one has the greater key: -0 is less than +0, NaN is the best, and
  // none has key 0.
  __device__ uint32_t key_of(T x) const {
    const auto number = static_cast<float>(to_double(x));
    if (is_nan(number)) return UINT32_MAX;
    const auto bits = bit_cast<uint32_t>(number);
    return (bits >> 31 ? ~bits : bits | 1u << 31) ^ flip_;
  }
  __device__ double value_of_key(uint32_t key) const {
    if (key == UINT32_MAX) return canonical(static_cast<double>(NAN));
    key ^= flip_;
    return bit_cast<float>(key >> 31 ? key ^ 1u << 31 : ~key);
  }

  int width_;
  uint32_t flip_;
};

RC_KERNELS_END
