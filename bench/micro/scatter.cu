// SPDX-License-Identifier: Apache-2.0
// Stores, reductions and atomics of one lane each, to places that follow an order.
#include "bench/micro/measure.h"
#include "bench/micro/order.h"

namespace rc::micro {

namespace {

constexpr int kThreads = 256;
constexpr int kEach = 8;  // operations of a lane
constexpr std::uint32_t kOperations = 1u << 24;

struct StoreU8 {
  using Element = std::uint8_t;
  static constexpr const char* kName = "st.u8";
  __device__ void operator()(std::uint8_t* at, std::uint32_t value) const {
    *at = static_cast<std::uint8_t>(value);
  }
};

struct StoreU32 {
  using Element = std::uint32_t;
  static constexpr const char* kName = "st.u32";
  __device__ void operator()(std::uint32_t* at, std::uint32_t value) const { *at = value; }
};

struct StoreV4 {
  using Element = uint4;
  static constexpr const char* kName = "st.v4.u32";
  __device__ void operator()(uint4* at, std::uint32_t value) const {
    *at = make_uint4(value, ~value, value + 1, value ^ 5);
  }
};

struct OrB32 {
  using Element = std::uint32_t;
  static constexpr const char* kName = "red.or.b32";
  __device__ void operator()(std::uint32_t* at, std::uint32_t value) const {
    atomicOr(at, 1u << (value & 31));
  }
};

struct AddU32 {
  using Element = std::uint32_t;
  static constexpr const char* kName = "red.add.u32";
  __device__ void operator()(std::uint32_t* at, std::uint32_t value) const {
    atomicAdd(at, value & 255);
  }
};

struct AddU64 {
  using Element = unsigned long long;
  static constexpr const char* kName = "red.add.u64";
  __device__ void operator()(unsigned long long* at, std::uint32_t value) const {
    atomicAdd(at, static_cast<unsigned long long>(value));
  }
};

struct MaxU32 {
  using Element = std::uint32_t;
  static constexpr const char* kName = "red.max.u32";
  __device__ void operator()(std::uint32_t* at, std::uint32_t value) const { atomicMax(at, value); }
};

// The old value is used, so that it must come back.
struct FetchAddU32 {
  using Element = std::uint32_t;
  static constexpr const char* kName = "atom.add.u32";
  __device__ void operator()(std::uint32_t* at, std::uint32_t value) const {
    if (atomicAdd(at, value & 255) == 0x9e3779b9u) *at = value;
  }
};

template <class Operation>
__global__ void scatter(typename Operation::Element* elements, Order order, std::uint32_t mask) {
  const std::uint32_t begin = blockIdx.x * (kThreads * kEach) + threadIdx.x;
#pragma unroll
  for (int k = 0; k < kEach; ++k) {
    const std::uint32_t i = begin + k * kThreads;
    Operation{}(elements + place(order, i, mask), i * 2654435769u);
  }
}

template <class Operation>
void measure(Bench& bench, const Memory& memory, std::size_t footprint, Order order) {
  using Element = typename Operation::Element;
  const auto mask = static_cast<std::uint32_t>(footprint / sizeof(Element) - 1);
  const double sectors = kOperations / 32.0 * sectors_of_warp(order, mask, sizeof(Element));
  bench.measure({"scatter", Operation::kName, name_of(order), footprint, 0,
                 static_cast<double>(kOperations) * sizeof(Element), kOperations, sectors},
                4, [&](int) {
                  scatter<Operation>
                      <<<kOperations / (kThreads * kEach), kThreads, 0, bench.stream()>>>(
                          memory.as<Element>(), order, mask);
                });
}

}  // namespace

void measure_scatter(Bench& bench) {
  constexpr std::size_t kMiB = std::size_t{1} << 20;
  const Memory memory(256 * kMiB);
  for (const Order order : {Order::kRandom, Order::kCoherent, Order::kRepeated}) {
    for (const std::size_t footprint : {2 * kMiB, 16 * kMiB, 64 * kMiB, 256 * kMiB}) {
      measure<StoreU8>(bench, memory, footprint, order);
      measure<StoreU32>(bench, memory, footprint, order);
      measure<StoreV4>(bench, memory, footprint, order);
      measure<OrB32>(bench, memory, footprint, order);
      measure<AddU32>(bench, memory, footprint, order);
      measure<AddU64>(bench, memory, footprint, order);
      measure<MaxU32>(bench, memory, footprint, order);
      measure<FetchAddU32>(bench, memory, footprint, order);
    }
  }
}

}  // namespace rc::micro
