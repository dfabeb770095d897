// SPDX-License-Identifier: Apache-2.0
#include "voxelize_case.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "elements.h"

namespace {

constexpr std::array<const char*, 7> kReductions = {"occupancy", "count", "sum",           "mean",
                                                    "max",       "min",   "occupancy_bits"};
constexpr Dtype kFloats[] = {Dtype::f16, Dtype::bf16, Dtype::f32, Dtype::f64};
constexpr Dtype kPoints[] = {Dtype::f16, Dtype::f32, Dtype::f64};

struct Combination {
  VoxelOperation operation;
  /** 0 of a sparse call that reduces nothing. */
  int32_t reduce;
  /** Of features; of points where bounds are asked for; else it means nothing. */
  Dtype type;
};

bool takes_features(int32_t reduce) { return reduce >= RC_REDUCE_SUM && reduce <= RC_REDUCE_MIN; }
bool adds(int32_t reduce) { return reduce == RC_REDUCE_SUM || reduce == RC_REDUCE_MEAN; }

std::vector<Combination> make_combinations() {
  std::vector<Combination> all;
  for (const int32_t reduce : {RC_REDUCE_OCCUPANCY, RC_REDUCE_COUNT, RC_REDUCE_OCCUPANCY_BITS}) {
    all.push_back({VoxelOperation::kDense, reduce, Dtype::f32});
  }
  for (const int32_t reduce : {RC_REDUCE_SUM, RC_REDUCE_MEAN, RC_REDUCE_MAX, RC_REDUCE_MIN}) {
    for (const Dtype type :
         {Dtype::u8, Dtype::i16, Dtype::f16, Dtype::bf16, Dtype::f32, Dtype::f64}) {
      all.push_back({VoxelOperation::kDense, reduce, type});
      all.push_back({VoxelOperation::kSparse, reduce, type});
      if (is_float(type)) all.push_back({VoxelOperation::kGradient, reduce, type});
    }
  }
  all.push_back({VoxelOperation::kSparse, 0, Dtype::f32});
  for (const Dtype type : kPoints) all.push_back({VoxelOperation::kBounds, 0, type});
  return all;
}

const std::vector<Combination>& combinations() {
  static const std::vector<Combination> all = make_combinations();
  return all;
}

std::string trait_of(const Combination& c) {
  if (c.operation == VoxelOperation::kBounds) return std::string("bounds of ") + name_of(c.type);
  static const char* const operations[] = {"dense ", "gradient ", "sparse "};
  std::string text = operations[static_cast<int>(c.operation)];
  if (c.operation == VoxelOperation::kSparse && c.reduce == 0) return text + "coordinates";
  text += kReductions[static_cast<size_t>(c.reduce)];
  return takes_features(c.reduce) ? text + " of " + name_of(c.type) : text;
}

class Builder {
 public:
  Builder(Random& random, const Combination& combination) : r_(random), kind_(combination) {
    case_.operation = kind_.operation;
    trait(trait_of(kind_));
  }

  VoxelCase build() {
    choose_sizes();
    choose_grid();
    make_layout();
    make_points();
    make_features();
    if (kind_.operation == VoxelOperation::kDense) make_dense();
    if (kind_.operation == VoxelOperation::kGradient) make_gradient();
    if (kind_.operation == VoxelOperation::kSparse) make_sparse();
    if (kind_.operation == VoxelOperation::kBounds) {
      add_tensor("bounds", kind_.type, per_cloud({2, 3}), true);
    }
    return std::move(case_);
  }

 private:
  void trait(const std::string& text) { case_.traits.push_back(text); }
  TestTensor& add_tensor(const std::string& name, Dtype dtype, std::vector<int64_t> shape,
                         bool written = false) {
    return case_.tensors[name] = make_tensor(r_, dtype, std::move(shape), written, !written);
  }
  Dtype any_float() { return kFloats[r_.integer(0, 3)]; }

  void choose_sizes() {
    layout_ = r_.pick<std::string>({"single", "batch", "packed"});
    trait("layout " + layout_);
    clouds_ = layout_ == "single" ? 1 : r_.pick<int64_t>({0, 1, 2, 3, 5});
    points_ = r_.pick<int64_t>({0, 1, 2, 9, 40, 300, 300, 2000});
    width_ = r_.pick<int64_t>({0, 1, 1, 2, 3, 4, 7, 8, 9, 20});
    const bool dense = kind_.operation == VoxelOperation::kDense;
    if (r_.chance(2)) {  // more than one thread gets
      clouds_ = 1;
      points_ = 150000;
      width_ = r_.integer(1, 3);
      trait("many points");
    } else if (dense && !takes_features(kind_.reduce) && r_.chance(18)) {
      // Around the number from which CUDA marks tiles.
      clouds_ = 1;
      points_ = (1 << 20) + r_.integer(-1, 1);
      trait("marks by the million");
    } else if (dense && r_.chance(4)) {
      // Around the number up to which CUDA chains the points of a tile.
      points_ = 2880 + r_.integer(-1, 1);
      trait("points of one tile");
    } else if (dense && layout_ == "batch" && r_.chance(12)) {
      // More tiles than CUDA serves at once.
      clouds_ = 8192 + r_.integer(0, 1);
      points_ = takes_features(kind_.reduce) ? 2 : 130;
      width_ = r_.integer(1, 5);
      few_voxels_ = true;
      trait("many clouds");
    }
    if (layout_ == "packed") points_ = points_ * std::max<int64_t>(clouds_, 1) + 3;
    if (points_ == 0) trait("no points");
    if (clouds_ == 0) trait("no clouds");
    if (width_ == 0) trait("no features");
  }

  void choose_grid() {
    // The pairs of least corner and edge are those of known defects.
    const std::array<double, 2> axis = r_.pick<std::array<double, 2>>(
        {{0, 1}, {-39.68, 0.16}, {-54, 0.075}, {-0.64, 0.005}, {0, 0.1}, {4e5, 0.25}, {-3, 7}});
    for (int i = 0; i < 3; ++i) {
      case_.grid.origin[i] = axis[0] + (r_.chance(30) ? r_.real(-1, 1) : 0);
      case_.grid.voxel_size[i] = axis[1] * (r_.chance(30) ? r_.real(0.5, 2) : 1);
      case_.grid.dims[i] = few_voxels_ ? r_.integer(1, 2) : r_.pick<int64_t>({1, 2, 5, 9, 17});
    }
    if (few_voxels_) return;
    if (r_.chance(3)) {
      std::fill_n(case_.grid.dims, 3, 1);
    } else if (kind_.operation != VoxelOperation::kDense && r_.chance(25)) {
      case_.grid.dims[r_.integer(0, 2)] = r_.pick<int64_t>({1 << 30, int64_t{1} << 40});
      many_cells_ = true;
      trait("many cells");
    } else if (kind_.operation == VoxelOperation::kSparse && r_.chance(25)) {
      choose_border();
    } else if (clouds_ <= 5 && width_ <= 4 && r_.chance(10)) {
      // The voxels of a slab fit the cache of a core; clouds do not end where slabs do.
      const int64_t dims[3] = {17, 50, r_.integer(30, 50)};
      std::copy_n(dims, 3, case_.grid.dims);
      trait("voxels of many slabs");
    } else if (kind_.operation == VoxelOperation::kDense && !takes_features(kind_.reduce)) {
      case_.grid.dims[2] = r_.pick<int64_t>({1, 8, 17, 31, 32, 33, 70});
    }
    if (case_.grid.dims[0] * case_.grid.dims[1] * case_.grid.dims[2] == 1) trait("one voxel");
  }

  /** Grids at which CUDA takes another way: as many cells for each point as a table of bits pays for,
   * or as tiles of voxels or counters of cells do; and one more. */
  void choose_border() {
    int64_t* const dims = case_.grid.dims;
    const int64_t points = layout_ == "batch" ? clouds_ * points_ : points_;
    std::fill_n(dims, 3, 1);
    if (r_.chance(60)) {
      const int64_t cells_of_two = r_.pick<int64_t>({896, 3});
      const int64_t cells = std::max<int64_t>(points, 1) * cells_of_two / 2;
      dims[2] = std::max<int64_t>(cells / std::max<int64_t>(clouds_, 1), 1) + r_.integer(0, 1);
    } else {
      const int64_t edge = r_.pick<int64_t>({8, 16, 32});
      dims[0] = edge * r_.integer(1, 2);
      dims[1] = edge;
      dims[2] = std::max<int64_t>(points * 8 / (dims[0] * dims[1]), 1) + r_.integer(0, 1);
    }
    trait("border of ways");
  }

  void make_layout() {
    if (layout_ == "packed") {
      TestTensor& t = add_tensor("offsets", Dtype::i64, {clouds_ + 1});
      std::vector<int64_t> offsets(static_cast<size_t>(clouds_ + 1));
      for (int64_t& offset : offsets) offset = r_.integer(0, points_);
      std::sort(offsets.begin(), offsets.end());
      if (r_.chance(50)) {
        offsets.back() = points_;
        offsets.front() = 0;
      }
      for (int64_t i = 0; i <= clouds_; ++i) t.put(i, offsets[static_cast<size_t>(i)]);
      spoil(t);
    } else if (layout_ == "batch" && r_.chance(40)) {
      TestTensor& t = add_tensor("lengths", Dtype::i64, {clouds_});
      for (int64_t b = 0; b < clouds_; ++b) t.put(b, r_.integer(0, points_));
      trait("lengths");
      spoil(t);
    }
  }

  /** Now and then one number is wrong. */
  void spoil(TestTensor& t) {
    const bool repeated = !t.strides.empty() && t.strides[0] == 0;
    if (t.count() == 0 || repeated) {
      // Equal offsets and lengths that fit any cloud.
      for (int64_t i = 0; i < t.count(); ++i) t.put<int64_t>(i, 0);
      return;
    }
    if (!r_.chance(5)) return;
    t.put(r_.integer(0, t.count() - 1),
          r_.pick<int64_t>({-1, points_ + 1, std::numeric_limits<int64_t>::min(),
                            std::numeric_limits<int64_t>::max()}));
    case_.faulty = true;
    trait("faulty");
  }

  std::vector<int64_t> per_point(std::vector<int64_t> tail) const {
    std::vector<int64_t> shape = {points_};
    if (layout_ == "batch") shape.insert(shape.begin(), clouds_);
    shape.insert(shape.end(), tail.begin(), tail.end());
    return shape;
  }

  void make_points() {
    const bool bounds = kind_.operation == VoxelOperation::kBounds;
    const Dtype type = bounds ? kind_.type : kPoints[r_.integer(0, 2)];
    trait(std::string("points ") + name_of(type));
    TestTensor& t = add_tensor("points", type, per_point({3}));
    const bool special = r_.chance(70), lattice = r_.chance(10);
    if (lattice) trait("whole millimetres");
    const std::string where =
        r_.pick<std::string>({"anywhere", "anywhere", "anywhere", "in few voxels", "in few voxels",
                              "in one", "outside"});
    trait("points " + where);
    std::array<int64_t, 3> cell;
    for (size_t axis = 0; axis < 3; ++axis) {
      cell[axis] = r_.integer(0, case_.grid.dims[axis] - 1);
    }
    for (int64_t i = 0; i < t.count(); ++i) {
      const int axis = static_cast<int>(i % 3);
      const double place = place_on(axis, where, cell[static_cast<size_t>(axis)]);
      double coordinate = case_.grid.origin[axis] + case_.grid.voxel_size[axis] * place;
      if (lattice) coordinate = std::nearbyint(coordinate * 1000) / 1000;
      if (special && r_.chance(1)) {
        coordinate = r_.pick<double>({std::nan(""), INFINITY, -INFINITY, 1e30, -1e30, -0.0});
      }
      put_value(t, i, coordinate);
    }
  }

  /** Along an axis, in voxels from the least corner. */
  double place_on(int axis, const std::string& where, int64_t cell) {
    const auto cells = static_cast<double>(case_.grid.dims[axis]);
    if (where == "in one") return static_cast<double>(cell) + r_.real(0.1, 0.9);
    if (where == "outside") return r_.chance(50) ? r_.real(-9, -1) : cells + r_.real(1, 9);
    double place = r_.real(0, std::min<double>(cells, where == "anywhere" ? 1 << 30 : 2));
    if (r_.chance(30)) place = std::floor(place);  // at a border, or at what rounds to one
    if (r_.chance(3)) place = cells;
    if (r_.chance(3)) place = r_.real(-2, 0) - (r_.chance(50) ? 0 : cells);
    return place;
  }

  double any_feature(bool special) {
    if (special && r_.chance(15)) {
      return r_.pick<double>(
          {std::nan(""), INFINITY, -INFINITY, -0.0, 0.0, 6e4, 3e38, 1e-40, 5e-324, -1.7e308, 1e-7});
    }
    return std::ldexp(r_.real(-1, 1), static_cast<int>(r_.integer(-3, 3)));
  }

  void make_features() {
    case_.options.reduce = kind_.reduce;
    if (!takes_features(kind_.reduce)) return;
    const bool gradient = kind_.operation == VoxelOperation::kGradient;
    if (gradient && adds(kind_.reduce) && r_.chance(50)) return trait("gradient without features");
    TestTensor& t = add_tensor("features", kind_.type, per_point({width_}));
    const bool special = r_.chance(40), ties = r_.chance(30);
    for (int64_t i = 0; i < t.count(); ++i) {
      if (!is_float(kind_.type)) {
        put_value(t, i,
                  static_cast<double>(kind_.type == Dtype::u8 ? r_.integer(0, 255)
                                                              : r_.integer(-32768, 32767)));
      } else {
        put_value(t, i, ties ? std::floor(any_feature(special)) : any_feature(special));
      }
    }
    const bool ranged = is_float(kind_.type) && kind_.type != Dtype::f16;
    if (!gradient && adds(kind_.reduce) && ranged && r_.chance(40)) {
      case_.options.feature_bound = r_.pick<double>({1, 0.3, 6.5, 1e-4, 1e30, 1e300, 5e-324});
      trait("feature_bound");
    }
  }

  Dtype reduced_type() {
    const bool picks = kind_.reduce == RC_REDUCE_MAX || kind_.reduce == RC_REDUCE_MIN;
    return picks && r_.chance(50) ? kind_.type : any_float();
  }
  void choose_fill(Dtype type) {
    case_.options.fill_value = is_float(type)
                                   ? r_.pick<double>({0, -1.5, std::nan(""), 1e300, 1.0 / 3})
                                   : static_cast<double>(r_.integer(0, 100));
  }

  std::vector<int64_t> per_cloud(std::vector<int64_t> shape) const {
    if (layout_ != "single") shape.insert(shape.begin(), clouds_);
    return shape;
  }
  std::vector<int64_t> per_voxel(int64_t depth, const std::vector<int64_t>& tail) const {
    std::vector<int64_t> shape = {case_.grid.dims[0], case_.grid.dims[1], depth};
    shape.insert(shape.end(), tail.begin(), tail.end());
    return per_cloud(std::move(shape));
  }

  void add_stats() {
    if (r_.chance(50)) add_tensor("stats", Dtype::i64, {clouds_, 3}, true);
  }

  void make_dense() {
    const int64_t depth = case_.grid.dims[2];
    const bool accumulates = r_.chance(35);
    if (accumulates) {
      case_.options.flags |= RC_VOXELIZE_ACCUMULATE;
      trait("accumulate");
    }
    if (accumulates || r_.chance(50)) {
      TestTensor& t = add_tensor("counts", Dtype::i32, per_voxel(depth, {}), true);
      for (int64_t i = 0; i < t.count(); ++i) t.put(i, r_.pick<int32_t>({0, 0, 1, 7, 1000000000}));
    }
    add_stats();
    switch (kind_.reduce) {
      case RC_REDUCE_OCCUPANCY: {
        TestTensor& t = add_tensor("output", Dtype::u8, per_voxel(depth, {}), true);
        for (int64_t i = 0; i < t.count(); ++i) t.put(i, static_cast<uint8_t>(r_.integer(0, 1)));
        return;
      }
      case RC_REDUCE_OCCUPANCY_BITS:
        add_tensor("output", Dtype::u8, per_voxel((depth + 7) / 8, {}), true);
        return;
      case RC_REDUCE_COUNT:
        add_tensor("output", Dtype::i32, per_voxel(depth, {}), true);
        return;
      default:
        break;
    }
    const Dtype type = reduced_type();
    choose_fill(type);
    TestTensor& t = add_tensor("output", type, per_voxel(depth, {width_}), true);
    for (int64_t i = 0; i < t.count(); ++i) put_value(t, i, old_value(type));
  }

  double old_value(Dtype type) {
    if (!is_float(type)) return static_cast<double>(r_.integer(0, 255));
    return r_.chance(5) ? r_.pick<double>({std::nan(""), INFINITY, -INFINITY, -0.0})
                        : r_.real(-5, 5);
  }

  void make_gradient() {
    const std::vector<int64_t> shape = per_voxel(case_.grid.dims[2], {width_});
    if (many_cells_) {  // one gradient for all voxels
      TestTensor& t = case_.tensors["grad_output"];
      t = {any_float(), shape, std::vector<int64_t>(shape.size()), 0, {}, false};
      t.strides.back() = 1;
      t.bytes.resize(static_cast<size_t>(width_ * size_of(t.dtype)));
      for (int64_t k = 0; clouds_ > 0 && k < width_; ++k) put_value(t, k, old_value(Dtype::f64));
    } else {
      TestTensor& t = add_tensor("grad_output", any_float(), shape);
      for (int64_t i = 0; i < t.count(); ++i) put_value(t, i, old_value(Dtype::f64));
    }
    add_tensor("grad_features", any_float(), per_point({width_}), true);
  }

  void make_sparse() {
    const int64_t capacity = r_.pick<int64_t>({1, 2, 10, 100, 3000});
    const int64_t largest =
        std::max({case_.grid.dims[0], case_.grid.dims[1], case_.grid.dims[2], clouds_});
    const bool wide = largest > std::numeric_limits<int32_t>::max() || r_.chance(50);
    add_tensor("coords", wide ? Dtype::i64 : Dtype::i32, {capacity, 4}, true);
    if (r_.chance(70)) add_tensor("counts", Dtype::i32, {capacity}, true);
    if (r_.chance(70)) {
      add_tensor("point_to_voxel", r_.chance(50) ? Dtype::i64 : Dtype::i32, per_point({}), true);
    }
    if (r_.chance(70)) add_tensor("total", Dtype::i64, {1}, true);
    add_stats();
    if (!takes_features(kind_.reduce)) return;
    choose_fill(kind_.type);
    if (r_.chance(70)) {
      add_tensor("hard", kind_.type, {capacity, r_.pick<int64_t>({0, 1, 3, 20, 32, 33}), width_},
                 true);
      trait("hard voxels");
    }
    if (!case_.has("hard") || r_.chance(70)) {
      const Dtype type = reduced_type();
      // One fill value for both types.
      if (is_float(kind_.type)) choose_fill(type);
      add_tensor("reduced", is_float(kind_.type) && !is_float(type) ? Dtype::f32 : type,
                 {capacity, width_}, true);
    } else {
      case_.options.reduce = 0;
      case_.options.feature_bound = 0;
    }
  }

  Random& r_;
  const Combination kind_;
  VoxelCase case_;
  std::string layout_;
  int64_t clouds_ = 0, points_ = 0, width_ = 0;
  bool many_cells_ = false, few_voxels_ = false;
};

/** Sets the workspace of `options` to what `query` asks for. */
template <class Options, class Query>
rc_status with_workspace(Options& options, const Allocate& allocate, Query query) {
  if (!allocate) return RC_SUCCESS;
  uint64_t size = 0;
  const rc_status status = query(&size);
  if (status != RC_SUCCESS || size == 0) return status;
  options.workspace = allocate(size);
  options.workspace_size = size;
  return RC_SUCCESS;
}

rc_voxelize_sparse_options sparse_options(const rc_voxelize_options& from) {
  rc_voxelize_sparse_options options = RC_VOXELIZE_SPARSE_OPTIONS_INIT;
  options.flags = from.flags;
  options.reduce = from.reduce;
  options.fill_value = from.fill_value;
  options.feature_bound = from.feature_bound;
  return options;
}

}  // namespace

int voxel_combinations() { return static_cast<int>(combinations().size()); }

std::vector<std::string> expected_voxel_traits() {
  std::vector<std::string> traits = {"layout single",
                                     "layout batch",
                                     "layout packed",
                                     "points float16",
                                     "points float32",
                                     "points float64",
                                     "many points",
                                     "marks by the million",
                                     "many clouds",
                                     "points of one tile",
                                     "no points",
                                     "no clouds",
                                     "no features",
                                     "many cells",
                                     "one voxel",
                                     "lengths",
                                     "whole millimetres",
                                     "points anywhere",
                                     "points in few voxels",
                                     "points in one",
                                     "points outside",
                                     "feature_bound",
                                     "accumulate",
                                     "hard voxels",
                                     "gradient without features",
                                     "border of ways",
                                     "voxels of many slabs"};
  for (const Combination& c : combinations()) traits.push_back(trait_of(c));
  return traits;
}

VoxelCase make_voxel_case(Random& random, int combination) {
  return Builder(random, combinations()[static_cast<size_t>(combination)]).build();
}

rc_status call_voxelize(rc_context* context, const VoxelCase& c, Arguments& arguments,
                        const Allocate& allocate) {
  rc_tensor* const points = arguments["points"];
  if (c.operation == VoxelOperation::kBounds) {
    return rc_pointcloud_bounds(context, points, arguments["offsets"], arguments["lengths"],
                                arguments["bounds"]);
  }
  const auto call = [&](auto& options, auto query, auto run) {
    options.offsets = arguments["offsets"];
    options.lengths = arguments["lengths"];
    options.features = arguments["features"];
    const rc_status status = with_workspace(options, allocate, query);
    return status == RC_SUCCESS ? run() : status;
  };
  if (c.operation == VoxelOperation::kSparse) {
    rc_voxelize_sparse_options o = sparse_options(c.options);
    o.reduced = arguments["reduced"];
    o.counts = arguments["counts"];
    o.hard = arguments["hard"];
    o.point_to_voxel = arguments["point_to_voxel"];
    o.total = arguments["total"];
    o.stats = arguments["stats"];
    rc_tensor* const coords = arguments["coords"];
    return call(
        o,
        [&](uint64_t* size) {
          return rc_voxelize_sparse_workspace_size(context, points, &c.grid, &o, coords, size);
        },
        [&] { return rc_voxelize_sparse(context, points, &c.grid, &o, coords); });
  }
  rc_voxelize_options o = c.options;
  if (c.operation == VoxelOperation::kGradient) {
    rc_tensor *const out = arguments["grad_output"], *const features = arguments["grad_features"];
    return call(
        o,
        [&](uint64_t* size) {
          return rc_voxelize_backward_workspace_size(context, out, points, &c.grid, &o, features,
                                                     size);
        },
        [&] { return rc_voxelize_backward(context, out, points, &c.grid, &o, features); });
  }
  o.counts = arguments["counts"];
  o.stats = arguments["stats"];
  rc_tensor* const output = arguments["output"];
  return call(
      o,
      [&](uint64_t* size) {
        return rc_voxelize_workspace_size(context, points, &c.grid, &o, output, size);
      },
      [&] { return rc_voxelize(context, points, &c.grid, &o, output); });
}
