// SPDX-License-Identifier: Apache-2.0
// Orders of addresses, made by arithmetic so that reading them takes no memory's time.
#pragma once

#include <cstdint>
#include <set>

namespace rc::micro {

// A permutation of 32-bit numbers that leaves no pattern (MurmurHash3's last step).
__host__ __device__ inline std::uint32_t scramble(std::uint32_t x) {
  x = (x ^ (x >> 16)) * 0x85ebca6bu;
  x = (x ^ (x >> 13)) * 0xc2b2ae35u;
  return x ^ (x >> 16);
}

enum class Order {
  kRandom,    // anywhere
  kCoherent,  // ascending, 1.6 elements further each time: sorted points, 0.6 of them in a voxel
  kRepeated,  // ascending, eight times each: a dense scan
};

inline const char* name_of(Order order) {
  return order == Order::kRandom ? "random" : order == Order::kCoherent ? "coherent" : "repeated";
}

// Which element access i of a launch goes to. `mask` is their number, a power of two, less one.
__host__ __device__ inline std::uint32_t place(Order order, std::uint32_t i, std::uint32_t mask) {
  switch (order) {
    case Order::kRandom:
      return scramble(i) & mask;
    case Order::kCoherent:
      return (i + i / 2 + i / 10 + (scramble(i) & 1u)) & mask;
    default:
      return (i / 8) & mask;
  }
}

// Sectors of 32 bytes that a warp's access touches on average, elements being of `bytes` bytes and
// an access taking `lanes` lanes.
inline double sectors_of_warp(Order order, std::uint32_t mask, std::uint32_t bytes,
                              std::uint32_t lanes = 1) {
  constexpr std::uint32_t kWarps = 1000;
  std::size_t sectors = 0;
  for (std::uint32_t warp = 0; warp < kWarps; ++warp) {
    std::set<std::uint64_t> touched;
    for (std::uint32_t lane = 0; lane < 32; lane += lanes) {
      const std::uint64_t begin =
          place(order, (warp * 32 + lane) / lanes, mask) * std::uint64_t{bytes};
      for (std::uint64_t sector = begin / 32; sector <= (begin + bytes - 1) / 32; ++sector) {
        touched.insert(sector);
      }
    }
    sectors += touched.size();
  }
  return static_cast<double>(sectors) / kWarps;
}

}  // namespace rc::micro
