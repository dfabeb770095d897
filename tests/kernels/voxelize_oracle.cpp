// SPDX-License-Identifier: Apache-2.0
#include "voxelize_oracle.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "elements.h"

namespace {

using Cell = std::array<int64_t, 3>;
__extension__ using Integer = __int128;

/** One cloud: rows are points counted over all clouds, padding included. */
struct Cloud {
  /** Points of finite coordinates, and those of each voxel. */
  std::vector<int64_t> finite;
  std::map<Cell, std::vector<int64_t>> voxels;
  std::array<int64_t, 3> stats = {};
};

/** Real is the type of the arithmetic. */
template <class Real>
std::optional<Cell> cell_of(const rc_grid& grid, const std::array<double, 3>& point) {
  Cell cell;
  for (size_t axis = 0; axis < 3; ++axis) {
    const Real difference = static_cast<Real>(point[axis]) - static_cast<Real>(grid.origin[axis]);
    const Real f = std::floor(difference / static_cast<Real>(grid.voxel_size[axis]));
    // Long double tells all of int64, float and double exactly.
    const auto dims = static_cast<long double>(grid.dims[axis]);
    if (!(f >= 0 && static_cast<long double>(f) < dims)) return std::nullopt;
    cell[axis] = static_cast<int64_t>(f);
  }
  return cell;
}

bool is_less(double a, double b) {
  return a < b || (a == b && std::signbit(a) && !std::signbit(b));
}
/** Equal, and of one sign where they are zero. */
bool is_same(double a, double b) {
  return (std::isnan(a) && std::isnan(b)) || (a == b && std::signbit(a) == std::signbit(b));
}
double extreme(bool greatest, double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return std::nan("");
  return is_less(a, b) == greatest ? b : a;
}

class Oracle {
 public:
  explicit Oracle(VoxelCase& c) : c_(c), points_(c.tensors.at("points")) {
    const bool batch = points_.shape.size() == 3;
    per_cloud_ = batch ? points_.shape[1] : points_.shape[0];
    clouds_.resize(static_cast<size_t>(c.has("offsets") ? c.tensors.at("offsets").count() - 1
                                       : batch          ? points_.shape[0]
                                                        : 1));
    for (size_t b = 0; b < clouds_.size(); ++b) read_cloud(b);
  }

  void write() {
    if (c_.has("stats") && c_.operation == VoxelOperation::kDense) write_stats();
    if (c_.operation == VoxelOperation::kDense) write_dense();
    if (c_.operation == VoxelOperation::kGradient) write_gradient();
    if (c_.operation == VoxelOperation::kSparse) write_sparse();
    if (c_.operation == VoxelOperation::kBounds) write_bounds();
  }

 private:
  TestTensor& tensor(const char* name) { return c_.tensors.at(name); }
  int32_t reduce() const { return c_.options.reduce; }
  bool takes_greatest() const { return reduce() == RC_REDUCE_MAX; }
  bool adds() const { return reduce() == RC_REDUCE_SUM || reduce() == RC_REDUCE_MEAN; }

  void read_cloud(size_t b) {
    const auto cloud = static_cast<int64_t>(b);
    int64_t begin = cloud * per_cloud_, end = begin + per_cloud_;
    if (c_.has("lengths")) end = begin + tensor("lengths").get<int64_t>(cloud);
    if (c_.has("offsets")) {
      begin = tensor("offsets").get<int64_t>(cloud);
      end = tensor("offsets").get<int64_t>(cloud + 1);
    }
    for (int64_t i = begin; i < end; ++i) {
      std::array<double, 3> point;
      for (size_t axis = 0; axis < 3; ++axis) {
        point[axis] = get_value(points_, i * 3 + static_cast<int64_t>(axis));
      }
      if (!std::all_of(point.begin(), point.end(), [](double x) { return std::isfinite(x); })) {
        ++clouds_[b].stats[RC_STAT_NOT_FINITE];
        continue;
      }
      clouds_[b].finite.push_back(i);
      if (c_.operation == VoxelOperation::kBounds) continue;
      const auto cell = points_.dtype == Dtype::f64 ? cell_of<double>(c_.grid, point)
                                                    : cell_of<float>(c_.grid, point);
      if (cell) {
        clouds_[b].voxels[*cell].push_back(i);
      } else {
        ++clouds_[b].stats[RC_STAT_OUTSIDE];
      }
    }
  }

  double feature(int64_t point, int64_t channel) {
    TestTensor& t = tensor("features");
    return get_value(t, point * t.shape.back() + channel);
  }

  /** s of the header. */
  int places(const Cloud& cloud, int64_t channel) {
    const Dtype type = tensor("features").dtype;
    if (!is_float(type)) return 0;
    if (type == Dtype::f16) return 24;
    double range = c_.options.feature_bound;
    if (range == 0) {
      for (const auto& [cell, members] : cloud.voxels) {
        for (const int64_t i : members) {
          const double x = std::fabs(feature(i, channel));
          if (std::isfinite(x)) range = std::max(range, x);
        }
      }
    }
    int exponent = 0;
    if (range != 0) std::frexp(range, &exponent);
    return (type == Dtype::f64 ? 62 : 38) - exponent;
  }

  double sum_of(const std::vector<int64_t>& members, int64_t channel, int s) {
    const Dtype type = tensor("features").dtype;
    const bool bounded = c_.options.feature_bound != 0 && is_float(type) && type != Dtype::f16;
    const double bound = bounded ? c_.options.feature_bound : INFINITY;
    Integer sum = 0;
    double special = 0;
    for (const int64_t i : members) {
      const double x = feature(i, channel);
      if (std::isfinite(x)) {
        sum += static_cast<Integer>(
            std::nearbyint(std::ldexp(std::min(std::max(x, -bound), bound), s)));
      } else {
        special += x;
      }
    }
    return special == 0 ? std::ldexp(static_cast<double>(sum), -s) : special;
  }

  /** What the points of a voxel give, beside `old_count` points that gave `old_value`. */
  double reduced(const std::vector<int64_t>& members, int64_t channel, int s, double old_value,
                 int32_t old_count) {
    if (!adds()) {
      double value = old_count != 0 ? old_value : feature(members[0], channel);
      for (const int64_t i : members) {
        value = extreme(takes_greatest(), value, feature(i, channel));
      }
      return value;
    }
    const double sum = sum_of(members, channel, s);
    const auto count = static_cast<double>(members.size());
    if (reduce() == RC_REDUCE_SUM) return old_count != 0 ? old_value + sum : sum;
    if (old_count == 0) return sum / count;
    return (old_value * old_count + sum) / (old_count + count);
  }

  int64_t flat_of(size_t cloud, const Cell& cell, int64_t depth) const {
    return ((static_cast<int64_t>(cloud) * c_.grid.dims[0] + cell[0]) * c_.grid.dims[1] + cell[1]) *
               depth +
           (depth == c_.grid.dims[2] ? cell[2] : cell[2] / 8);
  }

  void write_stats() {
    for (size_t b = 0; b < clouds_.size(); ++b) {
      for (size_t column = 0; column < 3; ++column) {
        tensor("stats").put(static_cast<int64_t>(b * 3 + column), clouds_[b].stats[column]);
      }
    }
  }

  void write_dense() {
    TestTensor& output = tensor("output");
    const bool features = adds() || reduce() == RC_REDUCE_MAX || reduce() == RC_REDUCE_MIN;
    if ((c_.options.flags & RC_VOXELIZE_ACCUMULATE) == 0) {
      for (int64_t i = 0; i < output.count(); ++i) {
        put_value(output, i, features ? c_.options.fill_value : 0);
      }
      if (c_.has("counts")) {
        for (int64_t i = 0; i < tensor("counts").count(); ++i) tensor("counts").put<int32_t>(i, 0);
      }
    }
    for (size_t b = 0; b < clouds_.size(); ++b) {
      for (int64_t channel = 0; features && channel < output.shape.back(); ++channel) {
        write_channel(b, channel, output);
      }
      for (const auto& [cell, members] : clouds_[b].voxels) {
        const int64_t flat = flat_of(b, cell, c_.grid.dims[2]);
        if (!features) mark(output, b, cell, static_cast<int64_t>(members.size()));
        if (c_.has("counts")) add_count(tensor("counts"), flat, members.size());
      }
    }
  }

  void write_channel(size_t b, int64_t channel, TestTensor& output) {
    const int s = adds() ? places(clouds_[b], channel) : 0;
    for (const auto& [cell, members] : clouds_[b].voxels) {
      const int64_t voxel = flat_of(b, cell, c_.grid.dims[2]);
      const int64_t element = voxel * output.shape.back() + channel;
      const int32_t old_count = c_.has("counts") ? tensor("counts").get<int32_t>(voxel) : 0;
      put_value(output, element,
                reduced(members, channel, s, get_value(output, element), old_count));
    }
  }

  static void add_count(TestTensor& t, int64_t flat, size_t count) {
    t.put(flat, static_cast<int32_t>(static_cast<uint32_t>(t.get<int32_t>(flat)) +
                                     static_cast<uint32_t>(count)));
  }

  void mark(TestTensor& output, size_t b, const Cell& cell, int64_t count) {
    const int64_t voxel = flat_of(b, cell, c_.grid.dims[2]);
    if (reduce() == RC_REDUCE_OCCUPANCY) return output.put<uint8_t>(voxel, 1);
    if (reduce() == RC_REDUCE_COUNT) {
      return add_count(output, voxel, static_cast<size_t>(count));
    }
    const int64_t depth = (c_.grid.dims[2] + 7) / 8,
                  x = static_cast<int64_t>(b) * c_.grid.dims[0] + cell[0];
    const int64_t byte = (x * c_.grid.dims[1] + cell[1]) * depth + cell[2] / 8;
    output.put(byte, static_cast<uint8_t>(output.get<uint8_t>(byte) | 1 << cell[2] % 8));
  }

  void write_gradient() {
    TestTensor &gradient = tensor("grad_features"), &out = tensor("grad_output");
    const int64_t width = gradient.shape.back();
    for (int64_t i = 0; i < gradient.count(); ++i) put_value(gradient, i, 0);
    for (size_t b = 0; b < clouds_.size(); ++b) {
      for (const auto& [cell, members] : clouds_[b].voxels) {
        for (int64_t k = 0; k < width; ++k) {
          const double g = get_value(out, flat_of(b, cell, c_.grid.dims[2]) * width + k);
          if (!adds()) {
            put_value(gradient, winner(members, k) * width + k, g);
            continue;
          }
          const double share =
              reduce() == RC_REDUCE_MEAN ? g / static_cast<double>(members.size()) : g;
          for (const int64_t i : members) put_value(gradient, i * width + k, share);
        }
      }
    }
  }

  /** The first point that has the value of the voxel. */
  int64_t winner(const std::vector<int64_t>& members, int64_t channel) {
    const double value = reduced(members, channel, 0, 0, 0);
    return *std::find_if(members.begin(), members.end(),
                         [&](int64_t i) { return is_same(feature(i, channel), value); });
  }

  void write_bounds() {
    for (size_t b = 0; b < clouds_.size(); ++b) {
      for (int64_t step = 0; step < 2; ++step) {
        for (int64_t axis = 0; axis < 3; ++axis) {
          const std::vector<int64_t>& members = clouds_[b].finite;
          double value = members.empty() ? std::nan("") : get_value(points_, members[0] * 3 + axis);
          for (const int64_t i : members) {
            value = extreme(step == 1, value, get_value(points_, i * 3 + axis));
          }
          put_value(tensor("bounds"), (static_cast<int64_t>(b) * 2 + step) * 3 + axis, value);
        }
      }
    }
  }

  void write_sparse() {
    const int64_t capacity = tensor("coords").shape[0];
    fill("coords", -1);
    fill("counts", 0);
    fill("point_to_voxel", -1);
    fill("reduced", c_.options.fill_value);
    fill("hard", c_.options.fill_value);
    int64_t row = 0;
    for (size_t b = 0; b < clouds_.size(); ++b) {
      for (const auto& [cell, members] : clouds_[b].voxels) {
        if (row < capacity) {
          write_row(row, b, cell, members);
        } else {
          clouds_[b].stats[RC_STAT_OVER_CAPACITY] += static_cast<int64_t>(members.size());
        }
        ++row;
      }
    }
    if (c_.has("total")) tensor("total").put(0, row);
    if (c_.has("stats")) write_stats();
    if (c_.has("reduced")) write_reduced(capacity);
  }

  void fill(const char* name, double value) {
    if (!c_.has(name)) return;
    for (int64_t i = 0; i < tensor(name).count(); ++i) put_integer_or_value(name, i, value);
  }
  void put_integer_or_value(const char* name, int64_t flat, double value) {
    if (tensor(name).dtype == Dtype::i64)
      return tensor(name).put(flat, static_cast<int64_t>(value));
    put_value(tensor(name), flat, value);
  }

  void write_row(int64_t row, size_t b, const Cell& cell, const std::vector<int64_t>& members) {
    put_integer_or_value("coords", row * 4, static_cast<double>(b));
    for (size_t axis = 0; axis < 3; ++axis) {
      put_integer_or_value("coords", row * 4 + 1 + static_cast<int64_t>(axis),
                           static_cast<double>(cell[axis]));
    }
    if (c_.has("counts")) tensor("counts").put(row, static_cast<int32_t>(members.size()));
    if (c_.has("point_to_voxel")) {
      for (const int64_t i : members) {
        put_integer_or_value("point_to_voxel", i, static_cast<double>(row));
      }
    }
    if (!c_.has("hard")) return;
    TestTensor &hard = tensor("hard"), &features = tensor("features");
    const int64_t room = hard.shape[1], width = hard.shape[2];
    for (size_t i = 0; i < members.size() && static_cast<int64_t>(i) < room; ++i) {
      for (int64_t k = 0; k < width; ++k) {
        std::memcpy(hard.at((row * room + static_cast<int64_t>(i)) * width + k),
                    features.at(members[i] * width + k), static_cast<size_t>(size_of(hard.dtype)));
      }
    }
  }

  void write_reduced(int64_t capacity) {
    TestTensor& t = tensor("reduced");
    for (int64_t k = 0; k < t.shape[1]; ++k) {
      int64_t row = 0;
      for (const Cloud& cloud : clouds_) {
        const int s = adds() ? places(cloud, k) : 0;
        for (const auto& [cell, members] : cloud.voxels) {
          if (row < capacity) put_value(t, row * t.shape[1] + k, reduced(members, k, s, 0, 0));
          ++row;
        }
      }
    }
  }

  VoxelCase& c_;
  TestTensor& points_;
  int64_t per_cloud_;
  std::vector<Cloud> clouds_;
};

}  // namespace

void write_expected(VoxelCase& c) { Oracle(c).write(); }
