// SPDX-License-Identifier: Apache-2.0
// Hard voxels, or coordinates alone, of rc_voxelize_sparse on a CUDA device without a sort: a table of bits
// gives each cell its row. Where cells are few, each has a counter of its own, and its points are counted
// when they are first read; else they are counted by row once there are rows.
#define RC_LEVEL cuda
#include <cub/block/block_reduce.cuh>
#include <cub/block/block_scan.cuh>

#include "kernels/voxelize/listed_rows_cuda.h"
#include "kernels/voxelize/points_cuda.cuh"
#include "kernels/voxelize/ranks_cuda.cuh"
#include "kernels/voxelize/sparse_cuda.h"

RC_KERNELS_BEGIN
namespace {

struct RankedJob {
  ListedRows rows;
  Ranks ranks;      // of many cells
  uint32_t* marks;  // a bit for each of few cells that have points
};

// Marks the cells of points, and counts those of each of few; stats count what is left out. To be called with
// whole warps of threads, which wait for memory most of the time: it costs little that they also write
// `filled`.
template <class T>
__global__ void __launch_bounds__(kTile)
    mark_cells(const __grid_constant__ RankedJob job, const __grid_constant__ Placer<T> placer,
               const __grid_constant__ Sixteens filled) {
  filled.fill();
  const ListedRows& rows = job.rows;
  const Cloud& cloud = rows.plan.voxels.cloud;
  const int64_t positions = cloud.positions();
  for_each_number(whole_warps(positions), [&](int64_t i) {
    uint32_t cell = rows.numbers.none();
    if (i < positions) {
      const PointPlace place = place_of(cloud, i);
      uint32_t index[3];
      if (placer.place(place, index)) cell = rows.numbers.of(place.cloud, index);
    }
    // Threads that write to one word would wait for each other.
    const LaneRun run(cell);
    const bool leads = run.leads() && cell != rows.numbers.none();
    if (rows.cells == nullptr) {
      if (leads) job.ranks.mark(cell);
      return;
    }
    uint32_t counted = 0;
    if (leads) {
      counted = atomicAdd(rows.cells + cell, static_cast<uint32_t>(run.length));
      if (counted == 0) atomicOr(job.marks + cell / 32, 1u << cell % 32);
    }
    counted = __shfl_sync(0xffffffffu, counted, run.head);
    if (i >= positions) return;
    if (rows.row_of_point != nullptr) rows.row_of_point[i] = cell;
    rows.set_turn(i, counted + run.lane - run.head);
  });
}

// ---- Few cells.

// Cells of a block that numbers them, one a thread, and words of their marks.
constexpr int kNumbered = 512, kWordsOfBlock = kNumbered / 32;

// Numbers the cells that have points, each block those behind all in front of it, writes the coordinates of
// their rows, and gives these as much of the list as they need, in any order.
__global__ void __launch_bounds__(kNumbered, 4)
    number_cells(const __grid_constant__ RankedJob job) {
  wait_for_former();
  using Reduce = cub::BlockReduce<uint32_t, kNumbered>;
  using Scan = cub::BlockScan<uint32_t, kNumbered>;
  __shared__ union {
    typename Reduce::TempStorage reduce;
    typename Scan::TempStorage scan;
  } storage;
  __shared__ uint32_t front, begin;
  const ListedRows& rows = job.rows;
  const SparsePlan& plan = rows.plan;
  const uint32_t cell = blockIdx.x * kNumbered + threadIdx.x;
  const uint32_t count = cell < rows.numbers.cells ? rows.cells[cell] : 0;
  const auto* const marks = reinterpret_cast<const uint4*>(job.marks);
  uint32_t in_front = 0;
  for (uint32_t i = threadIdx.x; i < blockIdx.x * (kWordsOfBlock / 4); i += kNumbered) {
    const uint4 four = marks[i];
    in_front +=
        static_cast<uint32_t>(__popc(four.x) + __popc(four.y) + __popc(four.z) + __popc(four.w));
  }
  in_front = Reduce(storage.reduce).Sum(in_front);
  if (threadIdx.x == 0) front = in_front;
  __syncthreads();
  // Rows, and places of the list, both of which 16 bits count for a block.
  const uint32_t wanted = rows.listed(count);
  uint32_t before, sum;
  Scan(storage.scan).ExclusiveSum((count != 0 ? 1u << 16 : 0) | wanted, before, sum);
  if (threadIdx.x == 0) {
    begin = atomicAdd(rows.taken, sum & 0xffff);
    if (blockIdx.x + 1 == gridDim.x) *rows.total = front + (sum >> 16);
  }
  __syncthreads();
  if (count == 0) return;
  const uint32_t row = front + (before >> 16);
  const CellPlace place = place_of_cell(plan.voxels.grid, cell);
  const bool is_kept = row < plan.capacity;
  rows.cells[cell] = is_kept ? row : kNoRow;
  if (is_kept) {
    put_coords(plan, row, place);
    rows.begin_part(row, count, begin + (before & 0xffff));
  } else {
    count_left_out(plan.voxels.stats, place.cloud, RC_STAT_OVER_CAPACITY, count);
  }
}

// Whether cells have counters: each block looks at the bits of all in front of it.
bool counts_cells(const VoxelPlan& plan) {
  constexpr int64_t kMostCells = int64_t{1} << 19;
  const int64_t points = plan.cloud.positions(), cells = plan.cells();
  return cells <= kMostCells && 2 * cells <= 3 * points;
}

// ---- Many cells.

struct RankedPoint {
  uint32_t row, cell;
  CellPlace place;
};

// Where the point at a position belongs. It has no row where it is left out, or beyond the
// capacity.
template <class T>
__device__ RankedPoint look_up(const RankedJob& job, const Placer<T>& placer, int64_t position) {
  RankedPoint point = {kNoRow, job.rows.numbers.none(), {}};
  const PointPlace at = place_of(job.rows.plan.voxels.cloud, position);
  uint32_t index[3];
  if (!placer.place(at, index)) return point;
  point.cell = job.rows.numbers.of(at.cloud, index);
  point.place = {at.cloud, {index[0], index[1], index[2]}};
  const uint32_t row = job.ranks.row_of(point.cell);
  if (row < job.rows.plan.capacity) point.row = row;
  return point;
}

// The row of each point, and how many points and which coordinates each row has. To be called with
// whole warps of threads.
template <class T>
__global__ void __launch_bounds__(kTile)
    count_rows(const __grid_constant__ RankedJob job, const __grid_constant__ Placer<T> placer) {
  wait_for_former();
  const SparsePlan& plan = job.rows.plan;
  const int64_t positions = plan.voxels.cloud.positions();
  for_each_number(whole_warps(positions), [&](int64_t i) {
    RankedPoint point = {kNoPoint, 0, {}};
    if (i < positions) {
      point = look_up(job, placer, i);
      if (point.row == kNoRow && point.cell != job.rows.numbers.none()) {
        count_left_out(plan.voxels.stats, point.place.cloud, RC_STAT_OVER_CAPACITY);
      }
      job.rows.set_row(i, point.row);
    }
    const LaneRun run(point.row);
    uint32_t counted = 0;
    if (run.leads() && point.row < kNoPoint) {
      counted = atomicAdd(&job.rows.parts[point.row].y, static_cast<uint32_t>(run.length));
      if (counted == 0) put_coords(plan, point.row, point.place);
    }
    counted = __shfl_sync(0xffffffffu, counted, run.head);
    if (i < positions) job.rows.set_turn(i, counted + run.lane - run.head);
  });
}

// Gives each row as much of the list as it needs, in any order; a row a thread.
__global__ void __launch_bounds__(kTile) allot(const __grid_constant__ ListedRows rows) {
  wait_for_former();
  using Scan = cub::BlockScan<uint32_t, kTile>;
  __shared__ typename Scan::TempStorage storage;
  __shared__ uint32_t begin;
  const int64_t row = int64_t{blockIdx.x} * kTile + threadIdx.x;
  const uint32_t count = row < rows.most ? rows.parts[row].y : 0;
  uint32_t start, sum;
  Scan(storage).ExclusiveSum(rows.listed(count), start, sum);
  if (threadIdx.x == 0 && sum != 0) begin = atomicAdd(rows.taken, sum);
  __syncthreads();
  if (count != 0) rows.begin_part(row, count, begin + start);
}

// Its memory from `rows.taken` on, `*cleared` bytes, has to be cleared.
RankedJob take_job(const SparsePlan& plan, Carver& carver, size_t* cleared) {
  const int64_t cells = plan.voxels.cells();
  const bool counts = counts_cells(plan.voxels);
  RankedJob job = {ListedRows(plan), {}, nullptr};
  ListedRows& rows = job.rows;
  const uint64_t used = carver.used();
  rows.taken = carver.take<uint32_t>(1);
  rows.overfull = carver.take<uint32_t>(1);
  if (counts) {
    rows.cells = carver.take<uint32_t>(cells);
    job.marks = carver.take<uint32_t>((cells + kNumbered - 1) / kNumbered * kWordsOfBlock);
    rows.total = carver.take<uint32_t>(1);
  } else {
    job.ranks = take_ranks(cells, carver);
    rows.total = job.ranks.total;
    rows.parts = carver.take<uint2>(rows.most);
  }
  *cleared = static_cast<size_t>(carver.used() - used);
  if (counts) rows.parts = carver.take<uint2>(rows.most);
  rows.take_points(carver, counts && plan.point_to_voxel);
  return job;
}

cudaError_t launch_job(const RankedJob& job, cudaStream_t stream) {
  const ListedRows& rows = job.rows;
  const VoxelPlan& voxels = rows.plan.voxels;
  Sixteens filled;
  const cudaError_t error = fill_hard_cuda(rows.plan, &filled, stream);
  if (error != cudaSuccess) return error;
  const unsigned blocks = few_blocks(voxels.cloud.positions());
  const auto blocks_of = [](int64_t count, int each) {
    return static_cast<unsigned>((count - 1) / each + 1);
  };
  with_placer(voxels, [&](auto placer) {
    mark_cells<<<blocks, kTile, 0, stream>>>(job, placer, filled);
    if (job.rows.cells != nullptr) {
      launch_early(number_cells, blocks_of(voxels.cells(), kNumbered), kNumbered, 0, stream, job);
      return;
    }
    placer.stats = {};  // what is left out has been counted
    rank_marked(job.ranks, stream);
    launch_early(count_rows<typename decltype(placer)::Point>, blocks, kTile, 0, stream, job,
                 placer);
    if (rows.plan.hard) launch_early(allot, blocks_of(rows.most, kTile), kTile, 0, stream, rows);
  });
  write_listed_rows_cuda(rows, stream);
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
  const cudaError_t error = cudaMemsetAsync(job.rows.taken, 0, cleared, stream);
  return error == cudaSuccess ? launch_job(job, stream) : error;
}

}  // namespace rc
