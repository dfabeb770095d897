// SPDX-License-Identifier: Apache-2.0
// Hard voxels, or coordinates alone, of rc_voxelize_sparse on a CUDA device without a sort: a table
// of bits gives each cell its row, atomics count the points of each row and give each row a part of
// one list. The order in which they do it leaves no trace: the least positions are kept, in order.
#define RC_LEVEL cuda
#include <cstring>
#include <cub/block/block_scan.cuh>

#include "kernels/voxelize/points_cuda.cuh"
#include "kernels/voxelize/ranks_cuda.cuh"
#include "kernels/voxelize/sorted_cuda.h"
#include "kernels/voxelize/sparse_cuda.h"
#include "kernels/voxelize/sparse_rows_cuda.cuh"

RC_KERNELS_BEGIN
namespace {

using Numbers = CellNumbers<uint32_t>;

// Of a point without a row, and of a lane without a point.
constexpr uint32_t kNoRow = UINT32_MAX;
constexpr uint32_t kNoPoint = UINT32_MAX - 1;

struct RankedJob {
  SparsePlan plan;
  Numbers numbers;
  Ranks ranks;
  int64_t most_rows;
  // Of each row: where its part of the list begins, for hard voxels, and how many points it has.
  uint2* parts;
  uint32_t* taken;  // how much of the list has a row
  // ~position of points in the parts of their rows. Of a row that has more points than a hard
  // voxel, the greatest ones in order, 0 where there is none yet.
  uint32_t* list;
  uint32_t* overfull;  // whether there is such a row
  // For hard voxels: the row of each point, and how many of its points were counted before.
  uint32_t* row_of_point;
  uint8_t* turns;

  // Points of hard voxels that a row lists.
  __device__ uint32_t listed(uint32_t count) const {
    return static_cast<uint32_t>(min(int64_t{count}, plan.hard_points));
  }
};

struct RankedPoint {
  uint32_t row, cell;
  CellPlace place;
};

// Where the point at a position belongs. It has no row where it is left out, or beyond the
// capacity.
template <class T>
__device__ RankedPoint look_up(const RankedJob& job, const Placer<T>& placer, int64_t position) {
  RankedPoint point = {kNoRow, job.numbers.none(), {}};
  const PointPlace at = place_of(job.plan.voxels.cloud, position);
  uint32_t index[3];
  if (!placer.place(at, index)) return point;
  point.cell = job.numbers.of(at.cloud, index);
  point.place = {at.cloud, {index[0], index[1], index[2]}};
  const uint32_t row = job.ranks.row_of(point.cell);
  if (row < job.plan.capacity) point.row = row;
  return point;
}

// Sixteen bytes at a time, all of the same value.
struct Sixteens {
  uint4* data;
  int64_t count;
  uint4 value;
};

// Marks the cells of points; stats count what is left out. To be called with whole warps of
// threads, which wait for memory most of the time: it costs little that they also write `filled`.
template <class T>
__global__ void __launch_bounds__(kTile)
    mark_cells(const __grid_constant__ RankedJob job, const __grid_constant__ Placer<T> placer,
               const __grid_constant__ Sixteens filled) {
  for_each_number(filled.count, [&](int64_t i) { filled.data[i] = filled.value; });
  const int64_t positions = job.plan.voxels.cloud.positions();
  for_each_number(whole_warps(positions), [&](int64_t i) {
    uint32_t cell = job.numbers.none();
    if (i < positions) {
      const PointPlace place = place_of(job.plan.voxels.cloud, i);
      uint32_t index[3];
      if (placer.place(place, index)) cell = job.numbers.of(place.cloud, index);
    }
    // Threads that write to one word would wait for each other.
    if (LaneRun(cell).leads() && cell != job.numbers.none()) job.ranks.mark(cell);
  });
}

// The row of each point, and how many points and which coordinates each row has. To be called with
// whole warps of threads.
template <class T>
__global__ void __launch_bounds__(kTile)
    count_rows(const __grid_constant__ RankedJob job, const __grid_constant__ Placer<T> placer) {
  wait_for_former();
  const SparsePlan& plan = job.plan;
  const int64_t positions = plan.voxels.cloud.positions();
  for_each_number(whole_warps(positions), [&](int64_t i) {
    RankedPoint point = {kNoPoint, 0, {}};
    if (i < positions) {
      point = look_up(job, placer, i);
      if (point.row == kNoRow && point.cell != job.numbers.none()) {
        count_left_out(plan.voxels.stats, point.place.cloud, RC_STAT_OVER_CAPACITY);
      }
      if (job.row_of_point != nullptr) job.row_of_point[i] = point.row;
      if (plan.point_to_voxel) {
        const int64_t row = point.row == kNoRow ? -1 : int64_t{point.row};
        store_index(plan.point_to_voxel,
                    start_of_position(plan.voxels, plan.point_to_voxel, static_cast<uint32_t>(i)),
                    row);
      }
    }
    const LaneRun run(point.row);
    uint32_t counted = 0;
    if (run.leads() && point.row < kNoPoint) {
      counted = atomicAdd(&job.parts[point.row].y, static_cast<uint32_t>(run.length));
      if (counted == 0) put_coords(plan, point.row, point.place);
    }
    if (job.turns == nullptr) return;
    counted = __shfl_sync(0xffffffffu, counted, run.head);
    if (i < positions) {
      job.turns[i] = static_cast<uint8_t>(min(counted + run.lane - run.head, UINT8_MAX));
    }
  });
}

// Gives each row as much of the list as it needs, in any order; a row a thread.
__global__ void __launch_bounds__(kTile) allot(const __grid_constant__ RankedJob job) {
  wait_for_former();
  using Scan = cub::BlockScan<uint32_t, kTile>;
  __shared__ typename Scan::TempStorage storage;
  __shared__ uint32_t begin;
  const int64_t row = int64_t{blockIdx.x} * kTile + threadIdx.x;
  const uint32_t count = row < job.most_rows ? job.parts[row].y : 0;
  if (count > job.plan.hard_points) *job.overfull = 1;
  const uint32_t wanted = job.listed(count);
  uint32_t start, sum;
  Scan(storage).ExclusiveSum(wanted, start, sum);
  if (threadIdx.x == 0 && sum != 0) begin = atomicAdd(job.taken, sum);
  __syncthreads();
  if (count == 0) return;
  job.parts[row].x = begin + start;
  for (uint32_t k = 0; count > wanted && k < wanted; ++k) job.list[begin + start + k] = 0;
}

// Puts a key among the greatest of `size` slots, beside other threads. Each slot receives all keys
// that the one in front has passed on, and passes on all but the greatest; so at any time they are
// in order, and only grow.
__device__ void insert(uint32_t* slots, uint32_t size, uint32_t key) {
  if (__ldcg(slots + size - 1) > key) return;
  uint32_t k = 0;
  while (k < size && __ldcg(slots + k) > key) ++k;
  for (; k < size; ++k) {
    const uint32_t old = atomicMax(slots + k, key);
    if (old == 0) return;
    key = min(key, old);
  }
}

// The points of hard voxels, and of overfull ones those that were counted early; in a second turn
// the others of these, few of which are still among the first.
__global__ void __launch_bounds__(kTile)
    list_first(const __grid_constant__ RankedJob job, bool second) {
  wait_for_former();
  const auto most = static_cast<uint32_t>(job.plan.hard_points);
  if (second && *job.overfull == 0) return;
  for_each_number(job.plan.voxels.cloud.positions(), [&](int64_t i) {
    const uint32_t row = job.row_of_point[i], turn = job.turns[i];
    if (row == kNoRow || most == 0) return;
    const uint2 part = job.parts[row];
    const uint32_t key = ~static_cast<uint32_t>(i);
    if (part.y <= most) {
      // One alone needs no list.
      if (!second && part.y > 1) job.list[part.x + turn] = key;
    } else if (second == (turn >= 2 * most)) {
      insert(job.list + part.x, most, key);
    }
  });
}

// Counts, and what rows without a voxel hold.
__device__ void write_rows(const RankedJob& job) {
  const uint32_t total = *job.ranks.total;
  if (job.plan.total != nullptr && blockIdx.x == 0 && threadIdx.x == 0) *job.plan.total = total;
  for_each_number(job.plan.capacity, [&](int64_t row) {
    if (row < total) {
      put_count(job.plan, row, job.parts[row].y);
    } else {
      clear_row(job.plan, row);
    }
  });
}

// Hard voxels, a point a thread: its slot is the number of those in front of it.
__device__ void write_hard(const RankedJob& job) {
  const auto most = static_cast<uint32_t>(job.plan.hard_points);
  for_each_number(job.plan.voxels.cloud.positions(), [&](int64_t i) {
    const uint32_t row = job.row_of_point[i];
    if (row == kNoRow || most == 0) return;
    const uint2 part = job.parts[row];
    const uint32_t key = ~static_cast<uint32_t>(i), listed = min(part.y, most);
    const uint32_t* const list = job.list + part.x;
    if (part.y > most && list[most - 1] > key) return;
    uint32_t slot = 0;
    for (uint32_t k = 0; part.y > 1 && k < listed; ++k) slot += list[k] > key;
    put_hard(job.plan, row, slot, static_cast<uint32_t>(i));
  });
}

__global__ void __launch_bounds__(kTile) write_results(const __grid_constant__ RankedJob job) {
  wait_for_former();
  if (job.plan.hard) write_hard(job);
  write_rows(job);
}

// Elements that lie side by side; none where they do not, or begin or end elsewhere.
Sixteens sixteens_of(const Elements& elements, int64_t count) {
  const int64_t bytes = count * elements.size;
  const bool whole = elements.rank <= 1 && elements.strides[0] == 1 && bytes % 16 == 0 &&
                     reinterpret_cast<uintptr_t>(elements.data) % 16 == 0;
  if (!whole) return {};
  Sixteens result = {reinterpret_cast<uint4*>(elements.data), bytes / 16, {}};
  for (size_t i = 0; i < 16; i += static_cast<size_t>(elements.size)) {
    std::memcpy(reinterpret_cast<char*>(&result.value) + i, &elements.bits,
                static_cast<size_t>(elements.size));
  }
  return result;
}

// Its memory up to `*cleared` bytes has to be cleared.
RankedJob take_job(const SparsePlan& plan, Carver& carver, size_t* cleared) {
  const VoxelPlan& voxels = plan.voxels;
  const int64_t positions = voxels.cloud.positions();
  const uint64_t used = carver.used();
  RankedJob job = {plan,    Numbers(voxels), take_ranks(voxels.cells(), carver),
                   0,       nullptr,         nullptr,
                   nullptr, nullptr,         nullptr,
                   nullptr};
  job.most_rows = std::min({plan.capacity, positions, voxels.cells()});
  job.parts = carver.take<uint2>(job.most_rows);
  job.taken = carver.take<uint32_t>(1);
  job.overfull = carver.take<uint32_t>(1);
  *cleared = static_cast<size_t>(carver.used() - used);
  if (plan.hard) {
    job.list = carver.take<uint32_t>(positions);
    job.row_of_point = carver.take<uint32_t>(positions);
    job.turns = carver.take<uint8_t>(positions);
  }
  return job;
}

cudaError_t launch_job(const RankedJob& job, cudaStream_t stream) {
  const SparsePlan& plan = job.plan;
  Sixteens filled = {};
  if (plan.hard) {
    const Box hard = box_of_hard(plan);
    filled = sixteens_of(elements_of(hard, plan.voxels.fill_value), count_of(hard));
    if (filled.data == nullptr) {
      const cudaError_t error = fill(hard, plan.voxels.fill_value, stream);
      if (error != cudaSuccess) return error;
    }
  }
  const int64_t positions = plan.voxels.cloud.positions();
  const unsigned blocks = few_blocks(positions);
  const auto of_rows = static_cast<unsigned>((job.most_rows - 1) / kTile + 1);
  with_placer(plan.voxels, [&](auto placer) {
    mark_cells<<<blocks, kTile, 0, stream>>>(job, placer, filled);
    placer.stats = {};  // what is left out has been counted
    rank_marked(job.ranks, stream);
    launch_early(count_rows<typename decltype(placer)::Point>, blocks, kTile, 0, stream, job,
                 placer);
  });
  if (plan.hard) {
    launch_early(allot, of_rows, kTile, 0, stream, job);
    for (const bool second : {false, true}) {
      launch_early(list_first, blocks, kTile, 0, stream, job, second);
    }
  }
  const int64_t most = std::max(plan.capacity, plan.hard ? positions : 0);
  launch_early(write_results, few_blocks(most), kTile, 0, stream, job);
  return cudaGetLastError();
}

}  // namespace
RC_KERNELS_END

namespace rc {

bool pays_by_ranks(const SparsePlan& plan) {
  // Points of long lists would wait for each other.
  constexpr int64_t kMostListed = 32;
  return !plan.reduced && !(plan.hard && plan.hard_points > kMostListed) && ranks_pay(plan.voxels);
}

cudaError_t sparse_by_ranks_cuda(const SparsePlan& plan, Carver& carver, bool launch,
                                 cudaStream_t stream) {
  size_t cleared;
  const RankedJob job = take_job(plan, carver, &cleared);
  if (!launch) return cudaSuccess;
  const cudaError_t error = cudaMemsetAsync(job.ranks.blocks, 0, cleared, stream);
  return error == cudaSuccess ? launch_job(job, stream) : error;
}

}  // namespace rc
