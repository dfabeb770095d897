// SPDX-License-Identifier: Apache-2.0
#include "tsdf_case.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "elements.h"

namespace {

struct Combination {
  TsdfOperation operation;
  /** Of depth or of points; of points that are written. */
  Dtype input, output;
  int32_t weighting;
  bool normals;
};

const char* const kWeightings[] = {"constant", "inverse square", "dropoff",
                                   "inverse square dropoff"};

std::vector<Combination> make_combinations() {
  std::vector<Combination> all;
  for (const Dtype depth : {Dtype::u16, Dtype::f32}) {
    for (int32_t weighting = 0; weighting < 4; ++weighting) {
      all.push_back({TsdfOperation::kIntegrate, depth, Dtype::f32, weighting, false});
    }
    for (const Dtype output : {Dtype::f32, Dtype::f64}) {
      all.push_back({TsdfOperation::kUnproject, depth, output, 0, false});
    }
  }
  for (const Dtype type : {Dtype::f16, Dtype::f32, Dtype::f64}) {
    for (int32_t weighting = 0; weighting < 4; ++weighting) {
      all.push_back({TsdfOperation::kPoints, type, Dtype::f32, weighting, false});
      if (weighting % 2 == 0) {
        all.push_back({TsdfOperation::kPoints, type, Dtype::f32, weighting, true});
      }
    }
  }
  for (const Dtype output : {Dtype::f32, Dtype::f64}) {
    all.push_back({TsdfOperation::kExtract, Dtype::f32, output, 0, false});
  }
  return all;
}

const std::vector<Combination>& combinations() {
  static const std::vector<Combination> all = make_combinations();
  return all;
}

std::string trait_of(const Combination& c) {
  const std::string weights = kWeightings[c.weighting];
  switch (c.operation) {
    case TsdfOperation::kIntegrate:
      return std::string("integrate ") + name_of(c.input) + ", " + weights;
    case TsdfOperation::kPoints:
      return std::string(c.normals ? "normals " : "sensors ") + name_of(c.input) + ", " + weights;
    case TsdfOperation::kExtract:
      return std::string("extract ") + name_of(c.output);
    default:
      return std::string("unproject ") + name_of(c.input) + " to " + name_of(c.output);
  }
}

class Builder {
 public:
  Builder(Random& random, const Combination& combination) : r_(random), kind_(combination) {
    case_.operation = kind_.operation;
    trait(trait_of(kind_));
  }

  TsdfCase build() {
    choose_grid();
    switch (kind_.operation) {
      case TsdfOperation::kIntegrate:
        make_frames();
        make_volume();
        make_integration();
        break;
      case TsdfOperation::kPoints:
        make_volume();
        make_points();
        break;
      case TsdfOperation::kExtract:
        make_volume();
        make_extraction();
        break;
      case TsdfOperation::kUnproject:
        make_frames();
        add_tensor("points", kind_.output, per_frame({height_, width_, 3}), true);
    }
    return std::move(case_);
  }

 private:
  void trait(const std::string& text) { case_.traits.push_back(text); }
  TestTensor& add_tensor(const std::string& name, Dtype dtype, std::vector<int64_t> shape,
                         bool written = false) {
    return case_.tensors[name] = make_tensor(r_, dtype, std::move(shape), written, !written);
  }
  std::vector<int64_t> per_voxel(std::vector<int64_t> tail = {}) const {
    tail.insert(tail.begin(), case_.grid.dims, case_.grid.dims + 3);
    return tail;
  }
  std::vector<int64_t> per_frame(std::vector<int64_t> shape) const {
    if (!single_) shape.insert(shape.begin(), frames_);
    return shape;
  }

  /** About two units wide, around (0, 0, 0). */
  void choose_grid() {
    for (int a = 0; a < 3; ++a) {
      case_.grid.dims[a] = r_.pick<int64_t>({1, 2, 7, 8, 9, 16, 19, 30});
      case_.grid.voxel_size[a] = r_.real(1.5, 2.5) / static_cast<double>(case_.grid.dims[a]);
      case_.grid.origin[a] =
          -0.5 * case_.grid.voxel_size[a] * static_cast<double>(case_.grid.dims[a]) +
          r_.real(-0.3, 0.3);
    }
    truncation_ = r_.pick<double>({0.05, 0.2, 0.5, 1.5});
    max_weight_ = r_.pick<double>({0, 0, 1, 2.5, 40});
    if (r_.chance(30)) flags_ |= RC_TSDF_NO_CARVING;
    if (flags_ != 0) trait("no carving");
    if (max_weight_ > 0) trait("weights limited");
  }

  /** Weights and distances that calls before this one may have left. */
  void make_volume() {
    const bool written = kind_.operation != TsdfOperation::kExtract;
    TestTensor& weight = add_tensor("weight", Dtype::f32, per_voxel(), written);
    TestTensor& tsdf = add_tensor("tsdf", Dtype::f32, per_voxel(), written);
    const bool fresh = written && r_.chance(40);
    for (int64_t i = 0; i < weight.count(); ++i) {
      weight.put(i, fresh ? 0.0f : r_.pick<float>({0, 1, 1, 2.5f, 1e-3f, 7}));
      const float noise = static_cast<float>(r_.real(-1, 1));
      tsdf.put(i, r_.chance(90) ? noise : r_.pick<float>({1, -1, 0, -0.0f, NAN}));
    }
    trait(fresh ? "fresh volume" : "used volume");
  }

  void make_frames() {
    single_ = r_.chance(25);
    frames_ = single_ ? 1 : r_.pick<int64_t>({0, 1, 2, 3, 33, 40});
    height_ = r_.pick<int64_t>({1, 7, 24, 70});
    width_ = r_.pick<int64_t>({1, 9, 32, 100});
    if (frames_ > 32) trait("several passes");
    if (frames_ == 0) trait("no frames");
    for (int64_t f = 0; f < frames_; ++f) add_camera();
    TestTensor& t = add_tensor("depth", kind_.input, per_frame({height_, width_}));
    if (height_ == 1 && r_.chance(30)) {  // any stride does where there is one row
      if (t.strides.empty())
        t.strides = single_ ? std::vector<int64_t>{1, 1} : std::vector<int64_t>{width_, 1, 1};
      t.strides[t.strides.size() - 2] = int64_t{1} << 40;
      trait("wide rows");
    }
    draw_depth(t);
  }

  /** Noise; or a wall, with a step in it, before or behind the volume or in it: then what many voxels
   * see is known of all of them at once. */
  void draw_depth(TestTensor& t) {
    const bool wall = r_.chance(60);
    const double left = r_.pick<double>({0.1, 0.7, 1.5, 4, 6}), right = r_.real(0.1, 6);
    const int64_t step = r_.pick<int64_t>({0, width_, r_.integer(0, width_)});
    const int holes = wall ? r_.pick({0, 0, 1}) : 15;
    if (wall) trait(holes == 0 ? "wall" : "wall with holes");
    for (int64_t i = 0; i < t.count(); ++i) {
      const double z = !wall ? r_.real(0.05, 3.5) : i % width_ < step ? left : right;
      const bool hole = r_.chance(holes);
      if (kind_.input == Dtype::u16) {
        t.put(i, static_cast<uint16_t>(hole ? r_.pick({0, 1, 65535}) : 1000 * z));
      } else {
        t.put(i, !hole ? static_cast<float>(z)
                       : r_.pick<float>({0, -0.0f, -1, NAN, INFINITY, -INFINITY, 1e-40f, 1e-18f,
                                         1e30f, 3e38f}));
      }
    }
  }

  /** Anywhere around or in the volume, looking anywhere; its rotation is that of a quaternion. Some see
   * rays whose length overflows. */
  void add_camera() {
    const bool flat = r_.chance(4);
    if (flat) trait("rays without a length");
    const double fx = flat ? 1e-25 : r_.real(0.3, 2) * static_cast<double>(width_) + 1;
    const double fy = r_.real(0.3, 2) * static_cast<double>(height_) + 1;
    const double cx = r_.real(-0.2, 1.2) * static_cast<double>(width_);
    const double cy = r_.real(-0.2, 1.2) * static_cast<double>(height_);
    case_.intrinsics.insert(case_.intrinsics.end(), {fx, 0, cx, 0, fy, cy, 0, 0, 1});
    double q[4], norm = 0;
    for (double& x : q) {
      x = r_.real(-1, 1);
      norm += x * x;
    }
    for (double& x : q) x /= std::sqrt(norm);
    const double w = q[0], x = q[1], y = q[2], z = q[3];
    // Some stand where the volume lies in front of them.
    const double forward[3] = {2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)};
    const double back = r_.pick<double>({0, 0.4, 1.5, 1.5});
    double eye[3];
    for (int a = 0; a < 3; ++a) eye[a] = r_.real(-0.5, 0.5) - back * forward[a];
    case_.poses.insert(case_.poses.end(),
                       {1 - 2 * (y * y + z * z), 2 * (x * y - w * z), forward[0], eye[0],
                        2 * (x * y + w * z), 1 - 2 * (x * x + z * z), forward[1], eye[1],
                        2 * (x * z - w * y), 2 * (y * z + w * x), forward[2], eye[2], 0, 0, 0, 1});
  }

  void make_integration() {
    rc_tsdf_integrate_options& o = case_.integrate;
    o.flags = flags_;
    o.truncation = truncation_;
    o.max_weight = max_weight_;
    o.weighting = kind_.weighting;
    o.max_depth = r_.pick<double>({0, 0, 1.8});
    o.depth_scale = r_.pick<double>({0, 0, kind_.input == Dtype::u16 ? 0.0011 : 0.8});
    if (o.max_depth > 0) trait("max_depth");
    if (o.depth_scale > 0) trait("depth_scale");
    if (!r_.chance(40)) return;
    const Dtype type = r_.pick({Dtype::u8, Dtype::f32});
    trait(std::string("colour ") + name_of(type));
    TestTensor& images = add_tensor("color_images", type, per_frame({height_, width_, 3}));
    for (int64_t i = 0; type == Dtype::f32 && i < images.count(); ++i) {
      images.put(i, r_.chance(98) ? static_cast<float>(r_.real(0, 1)) : NAN);
    }
    make_color(true);
  }

  void make_color(bool written) {
    TestTensor& color = add_tensor("color", Dtype::f32, per_voxel({3}), written);
    for (int64_t i = 0; i < color.count(); ++i) {
      color.put(i, static_cast<float>(r_.real(0, 255)));
    }
  }

  void make_points() {
    const std::string layout = r_.pick<std::string>({"single", "batch", "packed"});
    trait("layout " + layout);
    const int64_t clouds = layout == "single" ? 1 : r_.pick<int64_t>({0, 1, 3});
    const int64_t count = r_.pick<int64_t>({0, 1, 30, 200, 1500});
    std::vector<int64_t> shape = {count, 3};
    if (layout == "batch") shape.insert(shape.begin(), clouds);
    TestTensor& points = add_tensor("points", kind_.input, shape);
    for (int64_t i = 0; i < points.count(); ++i) {
      put_value(points, i,
                r_.chance(99) ? r_.real(-1.6, 1.6) : r_.pick<double>({NAN, 6e4, INFINITY}));
    }
    if (kind_.normals) {
      TestTensor& normals = add_tensor("normals", kind_.input, shape);
      for (int64_t i = 0; i < normals.count(); ++i) {
        put_value(normals, i, r_.chance(80) ? r_.real(-1, 1) : r_.pick<double>({0, 0, 0, 1, NAN}));
      }
    } else {
      make_sensors(clouds);
    }
    if (layout == "packed") make_offsets(clouds, count);
    if (layout == "batch" && r_.chance(50)) {
      TestTensor& lengths = add_tensor("lengths", Dtype::i64, {clouds});
      for (int64_t b = 0; b < clouds; ++b) lengths.put<int64_t>(b, count / 2);
      trait("lengths");
    }
    if (r_.chance(60)) add_tensor("stats", Dtype::i64, {clouds, 3}, true);
    rc_tsdf_from_points_options& o = case_.points;
    o.flags = flags_;
    o.truncation = truncation_;
    o.max_weight = max_weight_;
    o.weighting = kind_.weighting;
  }

  void make_sensors(int64_t clouds) {
    const bool one = r_.chance(40);
    if (one) trait("one sensor");
    std::vector<int64_t> shape = {3};
    if (!one) shape.insert(shape.begin(), clouds);
    TestTensor& sensors = add_tensor("sensor_origins", r_.pick({Dtype::f32, Dtype::f64}), shape);
    const double far = r_.pick<double>({0.5, 3, 200});
    for (int64_t i = 0; i < sensors.count(); ++i) put_value(sensors, i, r_.real(-far, far));
  }

  void make_offsets(int64_t clouds, int64_t count) {
    TestTensor& t = add_tensor("offsets", Dtype::i64, {clouds + 1});
    std::vector<int64_t> offsets(static_cast<size_t>(clouds + 1));
    for (int64_t& offset : offsets) offset = r_.integer(0, count);
    std::sort(offsets.begin(), offsets.end());
    if (r_.chance(8)) {
      offsets.back() = count + 1;
      trait("faulty");
    }
    for (int64_t i = 0; i <= clouds; ++i) t.put(i, offsets[static_cast<size_t>(i)]);
  }

  void make_extraction() {
    const int64_t capacity = r_.pick<int64_t>({0, 1, 10, 3000, 20000});
    add_tensor("points", kind_.output, {capacity, 3}, true);
    if (r_.chance(60)) add_tensor("normals", Dtype::f32, {capacity, 3}, true);
    if (r_.chance(70)) add_tensor("total", Dtype::i64, {1}, true);
    case_.extract.min_weight = r_.pick<double>({0, 0, 1, 2.5});
    if (r_.chance(40)) {
      make_color(false);
      add_tensor("point_colors", Dtype::f32, {capacity, 3}, true);
      trait("colours of points");
    }
    if (capacity == 0) trait("no room");
  }

  Random& r_;
  const Combination kind_;
  TsdfCase case_;
  double truncation_ = 0, max_weight_ = 0;
  uint32_t flags_ = 0;
  bool single_ = false;
  int64_t frames_ = 0, height_ = 0, width_ = 0;
};

}  // namespace

int tsdf_combinations() { return static_cast<int>(combinations().size()); }

std::vector<std::string> expected_tsdf_traits() {
  std::vector<std::string> traits = {"no carving",   "weights limited",   "fresh volume",
                                     "used volume",  "several passes",    "no frames",
                                     "max_depth",    "wide rows",         "depth_scale",
                                     "colour uint8", "colour float32",    "layout single",
                                     "layout batch", "layout packed",     "lengths",
                                     "one sensor",   "colours of points", "no room",
                                     "wall",         "wall with holes",   "rays without a length"};
  for (const Combination& c : combinations()) traits.push_back(trait_of(c));
  return traits;
}

TsdfCase make_tsdf_case(Random& random, int combination) {
  return Builder(random, combinations()[static_cast<size_t>(combination)]).build();
}
