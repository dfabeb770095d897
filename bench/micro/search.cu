// SPDX-License-Identifier: Apache-2.0
// Ways to find where targets lie among a row's ascending times: how many times are at or before it.
// Rows are read once each and lie over more memory than the L2 holds.
#include <algorithm>
#include <stdexcept>
#include <vector>

#include "bench/micro/measure.h"
#include "bench/micro/order.h"

namespace rc::micro {

namespace {

constexpr int kThreads = 128;
constexpr int kMostTimes = 4096;
constexpr unsigned kAll = 0xffffffffu;

struct Rows {
  const std::int64_t* times;
  const std::int64_t* targets;  // ascending in a row
  std::int32_t* found;
  int count;   // of times of a row
  int wanted;  // targets of a row, a multiple of kThreads
};

// Times at or before `target` among [low, high), plus low.
__device__ int halve(const std::int64_t* times, int low, int high, std::int64_t target) {
  while (low < high) {
    const int middle = (low + high) / 2;
    if (times[middle] <= target) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

struct Halving {
  static constexpr const char* kName = "a thread, one load at a time";
  __device__ static int find(const Rows& rows, const std::int64_t* times, std::int64_t target) {
    return halve(times, 0, rows.count, target);
  }
};

struct Quartering {
  static constexpr const char* kName = "a thread, three loads at a time";
  __device__ static int find(const Rows& rows, const std::int64_t* times, std::int64_t target) {
    int low = 0;
    int high = rows.count;
    while (high - low >= 4) {
      const int quarter = (high - low) / 4;
      const bool first = times[low + quarter] <= target;
      const bool second = times[low + 2 * quarter] <= target;
      const bool third = times[low + 3 * quarter] <= target;
      const int passed = first + second + third;
      if (passed < 3) high = low + (passed + 1) * quarter;
      if (passed > 0) low += passed * quarter + 1;
    }
    return halve(times, low, high, target);
  }
};

// Where a straight line through the ends has the target, then outwards in steps that double: clocks
// are nearly regular.
struct Line {
  static constexpr const char* kName = "a thread, outwards from a straight line";
  __device__ static int find(const Rows& rows, const std::int64_t* times, std::int64_t target) {
    const int last = rows.count - 1;
    const std::int64_t first = times[0];
    const float part = static_cast<float>(target - first) / static_cast<float>(times[last] - first);
    const int guess = static_cast<int>(fminf(fmaxf(part, 0.0f), 1.0f) * static_cast<float>(last));
    int low = max(guess - 2, 0);
    int high = min(guess + 3, last);
    const bool below = times[low] <= target;
    const bool above = times[high] > target;
    if (!below) {
      high = low;
      for (int step = 4; low > 0 && times[low] > target; step *= 2) {
        high = low;
        low = max(low - step, 0);
      }
    } else if (!above) {
      low = high;
      for (int step = 4; high < rows.count && times[high] <= target; step *= 2) {
        low = high + 1;
        high = min(high + step, rows.count);
      }
    }
    return halve(times, low, high, target);
  }
};

// All lanes look for one target among 32 places at a time.
__device__ int find_together(const std::int64_t* times, int count, std::int64_t target) {
  const int lane = threadIdx.x % 32;
  int low = 0;
  int high = count;
  while (high > low) {
    const int step = (high - low + 31) / 32;
    const int at = low + lane * step;
    const int passed = __popc(__ballot_sync(kAll, at < high && times[at] <= target));
    if (passed == 0) return low;
    high = min(high, low + passed * step);
    low += (passed - 1) * step + 1;
  }
  return low;
}

struct Together {
  static constexpr const char* kName = "a warp, its targets one by one";
  __device__ static int find(const Rows& rows, const std::int64_t* times, std::int64_t target) {
    int mine = 0;
    for (int lane = 0; lane < 32; ++lane) {
      const int at = find_together(times, rows.count, __shfl_sync(kAll, target, lane));
      if (threadIdx.x % 32 == lane) mine = at;
    }
    return mine;
  }
};

struct Window {
  static constexpr const char* kName = "a warp finds its window, then a thread each";
  __device__ static int find(const Rows& rows, const std::int64_t* times, std::int64_t target) {
    const int low = find_together(times, rows.count, __shfl_sync(kAll, target, 0));
    const int high = find_together(times, rows.count, __shfl_sync(kAll, target, 31));
    return halve(times, low, high, target);
  }
};

// The block's window of times comes into shared memory first.
struct Staged {
  static constexpr const char* kName = "a block stages its window, then a thread each";
  __device__ static int find(const Rows& rows, const std::int64_t* times, std::int64_t target) {
    __shared__ std::int64_t window[kMostTimes];
    __shared__ int ends[2];
    const int warp = threadIdx.x / 32;
    if (warp == 0 || warp == kThreads / 32 - 1) {
      const int lane = warp == 0 ? 0 : 31;
      const int end = find_together(times, rows.count, __shfl_sync(kAll, target, lane));
      ends[warp == 0 ? 0 : 1] = end;
    }
    __syncthreads();
    const int low = ends[0];
    const int count = ends[1] - low;
    for (int i = threadIdx.x; i < count; i += kThreads) window[i] = times[low + i];
    __syncthreads();
    return low + halve(window, 0, count, target);
  }
};

template <class Way>
__global__ void __launch_bounds__(kThreads) search(Rows rows) {
  const int groups = rows.wanted / kThreads;
  const int row = blockIdx.x / groups;
  const std::size_t i = std::size_t{static_cast<unsigned>(row)} * rows.wanted +
                        blockIdx.x % groups * kThreads + threadIdx.x;
  const std::int64_t* times = rows.times + std::size_t{static_cast<unsigned>(row)} * rows.count;
  rows.found[i] = Way::find(rows, times, rows.targets[i]);
}

// Times from zero on, 900 to 1100 apart; targets over as long, somewhere between.
struct Data {
  Data(int rows, int count, int wanted)
      : times(sizeof(std::int64_t) * rows * count),
        targets(sizeof(std::int64_t) * rows * wanted),
        found(sizeof(std::int32_t) * rows * wanted) {
    std::vector<std::int64_t> host_times(std::size_t(rows) * count);
    std::vector<std::int64_t> host_targets(std::size_t(rows) * wanted);
    expected.resize(host_targets.size());
    for (int row = 0; row < rows; ++row) {
      const auto first = host_times.begin() + std::ptrdiff_t(row) * count;
      std::uint32_t state = scramble(static_cast<std::uint32_t>(row));
      for (int s = 0; s < count; ++s) {
        state = scramble(state + 1);
        first[s] = s * 1000ll + state % 200;
      }
      int at = 0;
      for (int t = 0; t < wanted; ++t) {
        const std::size_t i = std::size_t(row) * wanted + t;
        host_targets[i] = (t * 1000ll * count) / wanted + state % 700;
        while (at < count && first[at] <= host_targets[i]) ++at;
        expected[i] = at;
      }
    }
    check(cudaMemcpy(times.as<void>(), host_times.data(), host_times.size() * 8,
                     cudaMemcpyHostToDevice));
    check(cudaMemcpy(targets.as<void>(), host_targets.data(), host_targets.size() * 8,
                     cudaMemcpyHostToDevice));
  }

  Memory times;
  Memory targets;
  Memory found;
  std::vector<std::int32_t> expected;
};

template <class Way>
void measure(Bench& bench, const Data& data, int rows, int count, int wanted) {
  const Rows all{data.times.as<std::int64_t>(), data.targets.as<std::int64_t>(),
                 data.found.as<std::int32_t>(), count, wanted};
  const double targets = static_cast<double>(rows) * wanted;
  const double bytes = 8.0 * rows * count + 12.0 * targets;
  bench.measure(
      {"search " + std::to_string(count) + " times", Way::kName,
       std::to_string(wanted) + " ascending targets a row", std::size_t(rows) * count * 8, 0, bytes,
       targets},
      1, [&](int) { search<Way><<<rows*(wanted / kThreads), kThreads, 0, bench.stream()>>>(all); });
  std::vector<std::int32_t> found(data.expected.size());
  check(
      cudaMemcpy(found.data(), all.found, found.size() * sizeof(found[0]), cudaMemcpyDeviceToHost));
  if (found != data.expected) throw std::runtime_error(std::string("wrong: ") + Way::kName);
}

}  // namespace

void measure_search(Bench& bench) {
  for (const int count : {50, 500, 1000, kMostTimes}) {
    const int wanted = std::max(kThreads, count / 2 / kThreads * kThreads);
    const int rows = (1 << 24) / std::max(count, wanted);
    const Data data(rows, count, wanted);
    measure<Halving>(bench, data, rows, count, wanted);
    measure<Quartering>(bench, data, rows, count, wanted);
    measure<Line>(bench, data, rows, count, wanted);
    measure<Together>(bench, data, rows, count, wanted);
    measure<Window>(bench, data, rows, count, wanted);
    measure<Staged>(bench, data, rows, count, wanted);
  }
}

}  // namespace rc::micro
