// SPDX-License-Identifier: Apache-2.0
// Dense reductions of features by tiles.
#define RC_LEVEL cuda
#include "kernels/voxelize/tiled_cuda.cuh"
#include "kernels/voxelize/tiled_cuda.h"

RC_KERNELS_BEGIN
namespace {

// Writes the voxels of a tile that lie in the grid.
struct StoreDense {
  // Of chains: nothing was there before.
  template <class Chain>
  __device__ void chains(const TileJob<typename Chain::Row>& job, const CellPlace& corner,
                         const Chains& chains, const Chain& chain) const {
    using T = typename Chain::Number;
    const DensePlan& plan = job.plan;
    const Column<1> column(job.tiling, plan.voxels.grid, corner, 0);
    typename Chain::Row empty;
    for (T& x : empty.of) x = from_double<T>(plan.voxels.fill_value);
    const GridArray &output = plan.output, &counts = plan.counts;
    T* place = reinterpret_cast<T*>(output.data) + element_of(output, corner.cloud, column.index) +
               job.first * output.channel;
    int32_t* counter = counts && job.is_last() ? reinterpret_cast<int32_t*>(counts.data) +
                                                     element_of(counts, corner.cloud, column.index)
                                               : nullptr;
    const auto each = [&](auto store) {
      for (uint32_t v = column.voxel; v < column.end; v += column.kStep) {
        const uint32_t head = chains.head(v);
        store(head != Chains::kNone ? chains.row_of(head, chain) : empty, head);
        place += column.step_x * output.axis[0];
      }
    };
    if (job.stores_words && counter == nullptr) {
      // What most calls want, without all that others need.
      return each([&](const typename Chain::Row& row, uint32_t) {
        *reinterpret_cast<typename Chain::Row*>(place) = row;
      });
    }
    each([&](const typename Chain::Row& row, uint32_t head) {
      store_quad(place, output.channel, plan.voxels.width - job.first, row);
      if (counter == nullptr) return;
      *counter = static_cast<int32_t>(chains.count_of(head));
      counter += column.step_x * counts.axis[0];
    });
  }

  // Of tallies: with what voxels held before, when accumulating.
  template <class Tally, class ResultOf>
  __device__ void operator()(const TileJob<typename Tally::Row>& job, const CellPlace& corner,
                             const Tally& tally, uint32_t voxel, uint32_t count,
                             ResultOf result_of) const {
    for_each_voxel(job.tiling, job.plan.voxels.grid, corner, voxel, count,
                   [&](uint32_t v, const int64_t (&index)[3]) {
                     const VoxelResult result = result_of(v);
                     if (result.count == 0 && job.plan.accumulate) return;
                     store(job, tally, corner.cloud, index, result);
                   });
  }

 private:
  template <class Tally>
  __device__ static void store(const TileJob<typename Tally::Row>& job, const Tally& tally,
                               int64_t cloud, const int64_t (&index)[3],
                               const VoxelResult& result) {
    const DensePlan& plan = job.plan;
    const GridArray &output = plan.output, &counts = plan.counts;
    const int64_t element = element_of(output, cloud, index) + job.first * output.channel;
    const int64_t channels = plan.voxels.width - job.first;
    int32_t* const count =
        counts ? reinterpret_cast<int32_t*>(counts.data) + element_of(counts, cloud, index)
               : nullptr;
    const double fill = plan.voxels.fill_value;
    double values[kChannels] = {fill, fill, fill, fill};
    const int32_t old_count = plan.accumulate ? *count : 0;
    if (old_count != 0) {
      load_channels(output.type, output.data, element, output.channel, channels, values);
    }
    if (result.count != 0) {
      const Divisor points(static_cast<double>(old_count) + static_cast<double>(result.count));
      for (int k = 0; k < kChannels; ++k) {
        const VoxelState state = {values[k], old_count, result.count};
        values[k] = tally.finish(result.values[k], state, points);
      }
    }
    store_channels(output.type, output.data, element, output.channel, channels, values);
    if (count != nullptr && job.is_last()) {
      *count = static_cast<int32_t>(static_cast<uint32_t>(old_count) +
                                    static_cast<uint32_t>(result.count));
    }
  }
};

// Whether an output's quads are whole and aligned.
template <class Row>
bool holds_quads(const GridArray& output, int64_t channels) {
  const bool steps = output.cloud % kChannels == 0 && output.axis[0] % kChannels == 0 &&
                     output.axis[1] % kChannels == 0 && output.axis[2] % kChannels == 0;
  return output.channel == 1 && channels % kChannels == 0 && steps &&
         reinterpret_cast<uintptr_t>(output.data) % sizeof(Row) == 0;
}

template <class Tally, class Chain>
cudaError_t reduce(const DensePlan& plan, Type type, Carver& carver, bool launch,
                   cudaStream_t stream) {
  using Row = typename Tally::Row;
  TileJob<Row> job(plan, tiling_of(plan.voxels));
  job.chains = !plan.accumulate && plan.output.type == type;
  job.stores_words = holds_quads<Row>(plan.output, plan.voxels.width);
  Ranges ranges;
  const cudaError_t error = take_job<Tally>(job, carver, &ranges);
  if (error != cudaSuccess || !launch) return error;
  const auto sorted = [](const TileJob<Row>&) { return cudaSuccess; };
  return reduce_by_tiles<Tally, Chain>(job, ranges, StoreDense(), sorted, stream);
}

template <class T>
cudaError_t reduce_type(const DensePlan& plan, Type type, Carver& carver, bool launch,
                        cudaStream_t stream) {
  if (has_sums(plan.voxels)) {
    return reduce<SumTally<T>, SumChain<T>>(plan, type, carver, launch, stream);
  }
  return reduce<ExtremeTally<T>, ExtremeChain<T>>(plan, type, carver, launch, stream);
}

}  // namespace
RC_KERNELS_END

namespace rc {

cudaError_t voxelize_tiled_cuda(const DensePlan& plan, Carver& carver, bool launch,
                                cudaStream_t stream) {
  switch (plan.voxels.features.type) {
    case Type::f16:
      return reduce_type<Half>(plan, Type::f16, carver, launch, stream);
    case Type::bf16:
      return reduce_type<BFloat16>(plan, Type::bf16, carver, launch, stream);
    default:
      return reduce_type<float>(plan, Type::f32, carver, launch, stream);
  }
}

}  // namespace rc
