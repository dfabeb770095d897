// SPDX-License-Identifier: Apache-2.0
// Lists of the points of rows, and what is written of them.
#define RC_LEVEL cuda
#include <cstring>

#include "kernels/common/cuda_early.h"
#include "kernels/voxelize/listed_rows_cuda.h"

RC_KERNELS_BEGIN
namespace {

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
// the others of these, few of which are still among the first. The first turn tells points their rows, if
// they know but their cells.
__global__ void __launch_bounds__(kTile)
    list_first(const __grid_constant__ ListedRows rows, bool second) {
  wait_for_former();
  const uint32_t most = rows.slots;
  if (second && *rows.overfull == 0) return;
  for_each_number(rows.plan.voxels.cloud.positions(), [&](int64_t i) {
    uint32_t row = rows.row_of_point[i];
    if (!second && rows.cells != nullptr) {
      row = row == rows.numbers.none() ? kNoRow : rows.cells[row];
      rows.set_row(i, row);
    }
    if (row == kNoRow || most == 0) return;
    const uint32_t turn = rows.turns[i];
    const uint2 part = rows.parts[row];
    const uint32_t key = ~static_cast<uint32_t>(i);
    if (part.y <= most) {
      // One alone needs no list.
      if (!second && part.y > 1) rows.list[part.x + turn] = key;
    } else if (second == (turn >= 2 * most)) {
      insert(rows.list + part.x, most, key);
    }
  });
}

// Counts, and what rows without a voxel hold.
__device__ void write_rows(const ListedRows& rows) {
  const uint32_t total = *rows.total;
  if (rows.plan.total != nullptr && blockIdx.x == 0 && threadIdx.x == 0) *rows.plan.total = total;
  for_each_number(rows.plan.capacity, [&](int64_t row) {
    if (row < total) {
      put_count(rows.plan, row, rows.parts[row].y);
    } else {
      clear_row(rows.plan, row);
    }
  });
}

// Hard voxels, a point a thread: its slot is the number of those in front of it.
__device__ void write_hard(const ListedRows& rows) {
  const uint32_t most = rows.slots;
  for_each_number(rows.plan.voxels.cloud.positions(), [&](int64_t i) {
    const uint32_t row = rows.row_of_point[i];
    if (row == kNoRow || most == 0) return;
    const uint2 part = rows.parts[row];
    const uint32_t key = ~static_cast<uint32_t>(i), listed = min(part.y, most);
    const uint32_t* const list = rows.list + part.x;
    if (part.y > most && list[most - 1] > key) return;
    uint32_t slot = 0;
    for (uint32_t k = 0; part.y > 1 && k < listed; ++k) slot += list[k] > key;
    put_hard(rows.plan, row, slot, static_cast<uint32_t>(i));
  });
}

__global__ void __launch_bounds__(kTile) write_results(const __grid_constant__ ListedRows rows) {
  wait_for_former();
  if (rows.plan.hard) write_hard(rows);
  write_rows(rows);
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

}  // namespace
RC_KERNELS_END

namespace rc {

cudaError_t fill_hard_cuda(const SparsePlan& plan, Sixteens* rest, cudaStream_t stream) {
  *rest = {};
  if (!plan.hard) return cudaSuccess;
  const Box hard = box_of_hard(plan);
  *rest = sixteens_of(elements_of(hard, plan.voxels.fill_value), count_of(hard));
  return rest->data == nullptr ? fill(hard, plan.voxels.fill_value, stream) : cudaSuccess;
}

void write_listed_rows_cuda(const ListedRows& rows, cudaStream_t stream) {
  const SparsePlan& plan = rows.plan;
  const int64_t positions = plan.voxels.cloud.positions();
  const unsigned blocks = few_blocks(positions);
  if (rows.row_of_point != nullptr) launch_early(list_first, blocks, kTile, 0, stream, rows, false);
  if (plan.hard) launch_early(list_first, blocks, kTile, 0, stream, rows, true);
  const int64_t most = std::max(plan.capacity, plan.hard ? positions : 0);
  launch_early(write_results, few_blocks(most), kTile, 0, stream, rows);
}

}  // namespace rc
