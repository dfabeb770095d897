// SPDX-License-Identifier: Apache-2.0
#include "lib/voxelize_cpu.h"

#include <algorithm>

#include "kernels/voxelize/bounds.h"
#include "kernels/voxelize/voxelize.h"
#include "lib/float_environment.h"
#include "lib/parallel.h"
#include "lib/slab_points.h"
#include "lib/sorted_points.h"

namespace rc {

void check_cloud_data(int32_t op, const Cloud& cloud) {
  if (!cloud.validate) return;
  FirstFault fault;
  fault.add(check_cloud(op, cloud));
  fault.report();
}

void clear_stats(const Array& stats, const Cloud& cloud) {
  for (int64_t b = 0; stats && b < cloud.clouds; ++b) {
    for (int64_t column = 0; column < RC_NUM_VOXEL_STATS; ++column) {
      reinterpret_cast<int64_t*>(stats.data)[b * stats.row + column * stats.channel] = 0;
    }
  }
}

namespace {

/** Writes the rows of the voxels, and says how many of these there are. */
int64_t list_sorted(rc_context& context, const SparsePlan& plan, char* workspace) {
  const VoxelPlan& voxels = plan.voxels;
  if (plan.point_to_voxel) {
    split(context, voxels.cloud.positions(), 1,
          [&](int64_t begin, int64_t end) { clear_points(plan, begin, end); });
  }
  return with_key(voxels, [&](auto* key) {
    using Key = std::remove_pointer_t<decltype(key)>;
    const SortedPoints<Key> sorted = sort_points<Key>(context, voxels, workspace);
    // Pieces are counted first, so that each knows the number of its first row.
    const int64_t pieces = std::clamp<int64_t>(sorted.count / elements_per_task, 1, 256);
    int64_t rows[256 + 1] = {};
    const auto each_piece = [&](auto body) {
      context.pool.run(pieces, [&](int64_t piece, int) {
        body(piece, sorted.count * piece / pieces, sorted.count * (piece + 1) / pieces);
      });
    };
    each_piece([&](int64_t piece, int64_t begin, int64_t end) {
      rows[piece + 1] = voxel_kernels<Key>(context).number(sorted, begin, end);
    });
    for (int64_t piece = 0; piece < pieces; ++piece) rows[piece + 1] += rows[piece];
    each_piece([&](int64_t piece, int64_t begin, int64_t end) {
      voxel_kernels<Key>(context).list(plan, sorted, rows[piece], begin, end);
    });
    return rows[pieces];
  });
}

/** Who else marks voxels while a thread does. */
Company company_of(const rc_context& context, const VoxelPlan& voxels) {
  const int64_t positions = voxels.cloud.positions();
  if (tasks_of(context, positions, 1) <= 1) return Company::kNone;
  return positions / 2 < voxels.cells() ? Company::kThreads : Company::kCrowd;
}

/** Whether each thread counts for itself: where few voxels have many points, threads that count together
 * are no faster than one. */
bool counts_apart(const rc_context& context, const DensePlan& plan) {
  const VoxelPlan& voxels = plan.voxels;
  return voxels.reduce == RC_REDUCE_COUNT && !plan.counts &&
         company_of(context, voxels) == Company::kCrowd &&
         voxels.cells() <= voxels.cloud.positions() / context.pool.size();
}

void count_apart(rc_context& context, const DensePlan& plan, char* workspace) {
  const VoxelPlan& voxels = plan.voxels;
  const int64_t (&dims)[3] = voxels.grid.dims;
  const int64_t cells = voxels.cells(), threads = context.pool.size();
  auto* const counts = reinterpret_cast<int32_t*>(workspace);
  split(context, threads * cells, 1,
        [&](int64_t begin, int64_t end) { std::fill(counts + begin, counts + end, 0); });
  split(context, voxels.cloud.positions(), 1, [&](int64_t begin, int64_t end, int worker) {
    DensePlan own = plan;
    own.output = {reinterpret_cast<char*>(counts + worker * cells),
                  Type::i32,
                  voxels.grid.cells(),
                  {dims[1] * dims[2], dims[2], 1},
                  0};
    point_kernels(context).mark(own, Company::kNone, {0, dims[0]}, begin, end);
  });
  split(context, cells / dims[2], dims[2] * threads,
        [&](int64_t begin, int64_t end) { add_counts(plan, counts, threads, begin, end); });
}

/** Whether each thread looks at all points, for the voxels of a slice: few threads are done sooner than by
 * additions that others must not come between, which take several times as long as to look. */
bool counts_slices(const rc_context& context, const DensePlan& plan) {
  constexpr int64_t most_threads = 4, least_rows = 4;
  const VoxelPlan& voxels = plan.voxels;
  const int64_t threads = context.pool.size();
  return (voxels.reduce == RC_REDUCE_COUNT || plan.counts) && threads <= most_threads &&
         voxels.grid.dims[0] >= threads * least_rows &&
         company_of(context, voxels) != Company::kNone;
}

void count_slices(rc_context& context, const DensePlan& plan) {
  const int64_t threads = context.pool.size(), rows = plan.voxels.grid.dims[0];
  context.pool.run(threads, [&](int64_t slice, int) {
    DensePlan own = plan;
    // One tells of the points that are left out.
    if (slice != 0) own.voxels.stats = {};
    point_kernels(context).mark(own, Company::kNone,
                                {rows * slice / threads, rows * (slice + 1) / threads}, 0,
                                plan.voxels.cloud.positions());
  });
}

}  // namespace

uint64_t voxelize_workspace(const rc_context& context, const DensePlan& plan) {
  if (counts_apart(context, plan)) {
    return static_cast<uint64_t>(context.pool.size() * plan.voxels.cells()) * sizeof(int32_t);
  }
  if (!reduces_features(plan.voxels.reduce)) return 0;
  return uses_slabs(context, plan) ? slab_workspace(context, plan.voxels)
                                   : sort_workspace(plan.voxels);
}

void voxelize_cpu(rc_context& context, const DensePlan& plan, char* workspace) {
  const FloatEnvironment environment;
  const VoxelPlan& voxels = plan.voxels;
  const int64_t rows = voxels.cloud.clouds * voxels.grid.dims[0] * voxels.grid.dims[1];
  const int64_t row_elements = voxels.grid.dims[2] * (1 + voxels.width);
  clear_stats(voxels.stats, voxels.cloud);
  if (!reduces_features(voxels.reduce)) {
    if (!plan.accumulate) {
      split(context, rows, row_elements,
            [&](int64_t begin, int64_t end) { clear_voxels(plan, begin, end); });
    }
    if (counts_apart(context, plan)) return count_apart(context, plan, workspace);
    if (counts_slices(context, plan)) return count_slices(context, plan);
    const Company company = company_of(context, voxels);
    split(context, voxels.cloud.positions(), 1, [&](int64_t begin, int64_t end) {
      point_kernels(context).mark(plan, company, {0, voxels.grid.dims[0]}, begin, end);
    });
    return;
  }
  if (uses_slabs(context, plan)) return reduce_slabs(context, plan, workspace);
  with_key(voxels, [&](auto* key) {
    using Key = std::remove_pointer_t<decltype(key)>;
    const SortedPoints<Key> sorted = sort_points<Key>(context, voxels, workspace);
    const int64_t points_of_row = rows == 0 ? 0 : sorted.count / rows;
    split(context, rows, row_elements + points_of_row * (1 + voxels.width),
          [&](int64_t begin, int64_t end) {
            voxel_kernels<Key>(context).reduce(plan, sorted, begin, end);
          });
  });
}

uint64_t voxelize_workspace(const rc_context&, const VoxelGradientPlan& plan) {
  return sort_workspace(plan.voxels);
}

void voxelize_cpu(rc_context& context, const VoxelGradientPlan& plan, char* workspace) {
  const FloatEnvironment environment;
  const VoxelPlan& voxels = plan.voxels;
  split(context, voxels.cloud.positions(), voxels.width,
        [&](int64_t begin, int64_t end) { clear_gradient(plan, begin, end); });
  with_key(voxels, [&](auto* key) {
    using Key = std::remove_pointer_t<decltype(key)>;
    const SortedPoints<Key> sorted = sort_points<Key>(context, voxels, workspace);
    split(context, sorted.count, 1 + voxels.width, [&](int64_t begin, int64_t end) {
      voxel_kernels<Key>(context).gradient(plan, sorted, begin, end);
    });
  });
}

uint64_t voxelize_workspace(const rc_context& context, const SparsePlan& plan) {
  return uses_slabs(context, plan) ? slab_workspace(context, plan.voxels)
                                   : sort_workspace(plan.voxels);
}

void voxelize_cpu(rc_context& context, const SparsePlan& plan, char* workspace) {
  const FloatEnvironment environment;
  const VoxelPlan& voxels = plan.voxels;
  clear_stats(voxels.stats, voxels.cloud);
  const int64_t total = uses_slabs(context, plan) ? list_slabs(context, plan, workspace)
                                                  : list_sorted(context, plan, workspace);
  const int64_t kept = std::min(total, plan.capacity);
  split(context, plan.capacity - kept, 4 + voxels.width * (1 + plan.hard_points),
        [&](int64_t begin, int64_t end) { clear_rows(plan, kept + begin, kept + end); });
  if (plan.total != nullptr) *plan.total = total;
}

void pointcloud_bounds_cpu(rc_context& context, const BoundsPlan& plan) {
  const FloatEnvironment environment;
  const Cloud& cloud = plan.cloud;
  // Clouds one after the other, each in pieces; many small clouds are cheap either way.
  constexpr int64_t most_pieces = 256;
  Bounds parts[most_pieces];
  for (int64_t b = 0; b < cloud.clouds; ++b) {
    const int64_t begin = cloud.offsets ? cloud.offsets[b] : 0;
    const int64_t points = cloud.offsets   ? cloud.offsets[b + 1] - begin
                           : cloud.lengths ? cloud.lengths[b]
                                           : cloud.points;
    const int64_t pieces = std::clamp<int64_t>(points / elements_per_task, 1, most_pieces);
    context.pool.run(pieces, [&](int64_t piece, int) {
      parts[piece] = bounds_of_points(cloud, b, begin + points * piece / pieces,
                                      begin + points * (piece + 1) / pieces);
    });
    write_bounds(plan, b, parts, pieces);
  }
}

}  // namespace rc
