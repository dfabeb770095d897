// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "kernels/voxelize/runs.h"
#include "kernels/voxelize/segments.h"
#include "kernels/voxelize/voxelize.h"

namespace rc {
namespace {

// Channels that are reduced at once.
constexpr int64_t kBlock = 8;

// Calls body(first, last) for the segments that begin in [begin, end).
template <class Key, class Body>
void for_each_segment(Listed<Key> points, int64_t count, int64_t begin, int64_t end, Body body) {
  int64_t first = begin;
  while (first > 0 && first < count && points.keys[first] == points.keys[first - 1]) ++first;
  end = std::min(end, count);
  while (first < end) {
    int64_t last = first + 1;
    while (last < count && points.keys[last] == points.keys[first]) ++last;
    body(first, last);
    first = last;
  }
}

// Reduces features of type T of one segment after the other.
template <class T, class Reducer>
class FeatureReduction {
 public:
  FeatureReduction(const VoxelPlan& plan, const int32_t* exponents)
      : plan_(plan), exponents_(exponents) {}

  // Calls store(channel, reducer) for every channel of the points at `positions`, all of `cloud`.
  template <class Store>
  void operator()(int64_t cloud, const uint32_t* positions, int64_t count, Store store) {
    for (int64_t c = 0; c < plan_.width; c += kBlock) {
      choose_scales(cloud, c);
      if (c + kBlock <= plan_.width) {
        reduce(cloud, positions, count, c, std::integral_constant<int64_t, kBlock>(), store);
      } else {
        reduce(cloud, positions, count, c, plan_.width - c, store);
      }
    }
  }

 private:
  void choose_scales(int64_t cloud, int64_t channel) {
    if (cloud == scaled_cloud_ && channel == scaled_channel_) return;
    scaled_cloud_ = cloud;
    scaled_channel_ = channel;
    for (int64_t k = 0; k < std::min(kBlock, plan_.width - channel); ++k) {
      scales_[k] = scale_of(plan_, exponents_, cloud, channel + k);
    }
  }

  template <class Channels, class Store>
  void reduce(int64_t cloud, const uint32_t* positions, int64_t count, int64_t c, Channels channels,
              Store store) {
    const Array& features = plan_.features;
    const T* const data = reinterpret_cast<const T*>(features.data) + c * features.channel;
    // Unused ones are made from whatever scale is there.
    Reducer reducers[kBlock] = {{plan_.reduce, scales_[0]}, {plan_.reduce, scales_[1]},
                                {plan_.reduce, scales_[2]}, {plan_.reduce, scales_[3]},
                                {plan_.reduce, scales_[4]}, {plan_.reduce, scales_[5]},
                                {plan_.reduce, scales_[6]}, {plan_.reduce, scales_[7]}};
    for (int64_t i = 0; i < count; ++i) {
      const T* const row = data + start_of(plan_, features, cloud, positions[i]);
      for (int64_t k = 0; k < channels; ++k) reducers[k].add(to_double(row[k * features.channel]));
    }
    for (int64_t k = 0; k < channels; ++k) store(c + k, reducers[k]);
  }

  const VoxelPlan& plan_;
  const int32_t* exponents_;
  int64_t scaled_cloud_ = -1, scaled_channel_ = -1;
  Scale scales_[kBlock] = {};
};

// Calls f(reduction) with the FeatureReduction of a plan.
template <class F>
void with_reduction(const VoxelPlan& plan, const int32_t* exponents, F f) {
  with_reducer(plan.reduce, [&](auto* reducer) {
    with_type(plan.features.type, [&](auto* type) {
      FeatureReduction<std::remove_pointer_t<decltype(type)>,
                       std::remove_pointer_t<decltype(reducer)>>
          reduction(plan, exponents);
      f(reduction);
    });
  });
}

// The point of a segment whose feature is the one that MAX or MIN keep.
int64_t winner_of(const VoxelPlan& plan, int64_t cloud, const uint32_t* positions, int64_t count,
                  int64_t channel) {
  const auto feature = [&](int64_t i) {
    return load(
        plan.features.type, plan.features.data,
        start_of(plan, plan.features, cloud, positions[i]) + channel * plan.features.channel);
  };
  int64_t winner = 0;
  double best = feature(0);
  for (int64_t i = 1; i < count; ++i) {
    const double x = feature(i);
    if (wins(plan.reduce, x, best)) {
      winner = i;
      best = x;
    }
  }
  return winner;
}

void copy_points(const SparsePlan& plan, int64_t row, int64_t cloud, const uint32_t* positions,
                 int64_t count) {
  const Array& hard = plan.hard;
  const Array& features = plan.voxels.features;
  for (int64_t k = 0; k < plan.hard_points; ++k) {
    const int64_t target = row * hard.row + k * hard.step;
    for (int64_t c = 0; c < plan.voxels.width; ++c) {
      if (k < count) {
        copy(features.type, features.data,
             start_of(plan.voxels, features, cloud, positions[k]) + c * features.channel, hard.type,
             hard.data, target + c * hard.channel);
      } else {
        store(hard.type, hard.data, target + c * hard.channel, plan.voxels.fill_value);
      }
    }
  }
}

// Everything of a kept voxel but its reduced features.
void write_row(const SparsePlan& plan, int64_t row, const CellPlace& place,
               const uint32_t* positions, int64_t count) {
  store_coords(plan, row, place);
  if (plan.counts) {
    reinterpret_cast<int32_t*>(plan.counts.data)[row * plan.counts.step] =
        static_cast<int32_t>(count);
  }
  if (plan.hard) copy_points(plan, row, place.cloud, positions, count);
  if (plan.point_to_voxel) {
    for (int64_t i = 0; i < count; ++i) {
      store_index(plan.point_to_voxel,
                  start_of(plan.voxels, plan.point_to_voxel, place.cloud, positions[i]), row);
    }
  }
}

void write_rows(const Array& array, int64_t row, int64_t width, double value) {
  for (int64_t c = 0; array && c < width; ++c) {
    store(array.type, array.data, row * array.step + c * array.channel, value);
  }
}

}  // namespace

template <class Key>
void Segments<Key>::reduce(const DensePlan& plan, Listed<Key> points, int64_t count,
                           const int32_t* exponents, int64_t begin, int64_t end) {
  with_reduction(plan.voxels, exponents, [&](auto& reduction) {
    for_each_segment(points, count, begin, end, [&](int64_t first, int64_t last) {
      const CellPlace place =
          place_of_cell(plan.voxels.grid, static_cast<int64_t>(points.keys[first]));
      const int32_t old_count = old_count_of(plan, place);
      reduction(place.cloud, points.positions + first, last - first,
                [&](int64_t channel, const auto& reducer) {
                  store_channel(plan, place, channel, old_count, last - first, reducer);
                });
      store_count(plan, place, old_count, last - first);
    });
  });
}

template <class Key>
void Segments<Key>::gradient(const VoxelGradientPlan& plan, Listed<Key> points, int64_t count,
                             int64_t begin, int64_t end) {
  const VoxelPlan& voxels = plan.voxels;
  const GridArray& from = plan.grad_output;
  const Array& to = plan.grad_features;
  for_each_segment(points, count, begin, end, [&](int64_t first, int64_t last) {
    const CellPlace place = place_of_cell(voxels.grid, static_cast<int64_t>(points.keys[first]));
    const uint32_t* const positions = points.positions + first;
    for (int64_t c = 0; c < voxels.width; ++c) {
      const int64_t element = element_of(from, place.cloud, place.index) + c * from.channel;
      const double gradient = load(from.type, from.data, element);
      const auto pass = [&](int64_t i, double value) {
        store(to.type, to.data, start_of(voxels, to, place.cloud, positions[i]) + c * to.channel,
              value);
      };
      if (voxels.reduce == RC_REDUCE_MAX || voxels.reduce == RC_REDUCE_MIN) {
        pass(winner_of(voxels, place.cloud, positions, last - first, c), gradient);
        continue;
      }
      const double share =
          voxels.reduce == RC_REDUCE_MEAN ? gradient / static_cast<double>(last - first) : gradient;
      for (int64_t i = 0; i < last - first; ++i) pass(i, share);
    }
  });
}

template <class Key>
int64_t Segments<Key>::number(Listed<Key> points, int64_t begin, int64_t end) {
  int64_t number = 0;
  for (int64_t i = begin; i < end; ++i) {
    number += i == 0 || points.keys[i] != points.keys[i - 1];
  }
  return number;
}

template <class Key>
void Segments<Key>::list(const SparsePlan& plan, Listed<Key> points, int64_t count,
                         const int32_t* exponents, int64_t row, int64_t begin, int64_t end) {
  const auto each = [&](auto reduce) {
    for_each_segment(points, count, begin, end, [&](int64_t first, int64_t last) {
      const CellPlace place =
          place_of_cell(plan.voxels.grid, static_cast<int64_t>(points.keys[first]));
      if (row < plan.capacity) {
        write_row(plan, row, place, points.positions + first, last - first);
        reduce(place.cloud, row, first, last - first);
      } else {
        add_stat(plan.voxels.stats, place.cloud, RC_STAT_OVER_CAPACITY, last - first);
      }
      ++row;
    });
  };
  if (!plan.reduced) return each([](int64_t, int64_t, int64_t, int64_t) {});
  with_reduction(plan.voxels, exponents, [&](auto& reduction) {
    each([&](int64_t cloud, int64_t to, int64_t first, int64_t number) {
      reduction(cloud, points.positions + first, number, [&](int64_t channel, const auto& reducer) {
        const Array& reduced = plan.reduced;
        store(reduced.type, reduced.data, to * reduced.step + channel * reduced.channel,
              reducer.finish({0, 0, number}));
      });
    });
  });
}

template struct Segments<uint32_t>;
template struct Segments<uint64_t>;

void clear_rows(const SparsePlan& plan, int64_t begin, int64_t end) {
  for (int64_t row = begin; row < end; ++row) {
    for (int64_t k = 0; k < 4; ++k) {
      store_index(plan.coords, row * plan.coords.step + k * plan.coords.channel, -1);
    }
    write_rows(plan.reduced, row, plan.voxels.width, plan.voxels.fill_value);
    if (plan.counts) {
      reinterpret_cast<int32_t*>(plan.counts.data)[row * plan.counts.step] = 0;
    }
    if (plan.hard) copy_points(plan, row, 0, nullptr, 0);
  }
}

void clear_points(const SparsePlan& plan, int64_t begin, int64_t end) {
  const Cloud& cloud = plan.voxels.cloud;
  for (int64_t i = begin; i < end; ++i) {
    const int64_t b = cloud.offsets ? 0 : i / cloud.points;
    store_index(plan.point_to_voxel, start_of(plan.voxels, plan.point_to_voxel, b, i), -1);
  }
}

void clear_gradient(const VoxelGradientPlan& plan, int64_t begin, int64_t end) {
  const Cloud& cloud = plan.voxels.cloud;
  for (int64_t i = begin; i < end; ++i) {
    const int64_t b = cloud.offsets ? 0 : i / cloud.points;
    const int64_t start = start_of(plan.voxels, plan.grad_features, b, i);
    for (int64_t c = 0; c < plan.voxels.width; ++c) {
      store(plan.grad_features.type, plan.grad_features.data,
            start + c * plan.grad_features.channel, 0);
    }
  }
}

}  // namespace rc
