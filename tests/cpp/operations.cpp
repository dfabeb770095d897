// SPDX-License-Identifier: Apache-2.0
// Each operation gives what the C function of its name gives, on views that are strided, packed and
// left out; workspace of the size that is asked for is enough.
#include <array>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <vector>

#include "check.hpp"

using namespace robocache;

namespace {

/** Equal to the bit, NaN included, and not left as it was. */
template <class T>
void check_same(const char* file, int line, const std::vector<T>& cpp, const std::vector<T>& c,
                T untouched) {
  if (cpp.size() != c.size() || std::memcmp(cpp.data(), c.data(), sizeof(T) * c.size()) != 0) {
    report(file, line, "expected what the C function gives");
  }
  bool written = false;
  for (const T& value : c) written = written || std::memcmp(&value, &untouched, sizeof value) != 0;
  if (!written) report(file, line, "expected something to be written");
}
#define CHECK_SAME(cpp, c) check_same(__FILE__, __LINE__, cpp, c, kUntouched<decltype(cpp)>)
template <class Vector>
constexpr typename Vector::value_type kUntouched = 77;
template <class T>
std::vector<T> untouched(std::size_t size) {
  return std::vector<T>(size, kUntouched<std::vector<T>>);
}

/** Runs a C function and checks that it succeeds. */
void c_succeeds(int line, rc_status status) {
  if (status != RC_SUCCESS) report(__FILE__, line, rc_last_error_message());
}
#define C_SUCCEEDS(call) c_succeeds(__LINE__, call)

/** An arm: position and rotation, rows of 8 of which 7 are read, at 5 times; 4 targets. */
struct Arm {
  std::vector<double> rows;
  std::vector<int64_t> times = {0, 10, 20, 40, 90};
  std::vector<int64_t> targets = {5, 20, 70, 100};

  Arm() {
    for (int i = 0; i < 5; ++i) {
      const double turn = 0.2 * i;
      for (double x : {0.1 * i, 1.0, -0.3 * i, 0.0, 0.0, std::sin(turn), std::cos(turn), 1e300}) {
        rows.push_back(x);
      }
    }
  }
  TensorView<const double> pose() const { return {rows.data(), {5, 7}, {8, 1}}; }
  ResampleOptions options() const {
    ResampleOptions options;
    options.channels = {Channels{3, 4, Mode::slerp}};
    options.max_gap = ticks(30);
    options.fill_value = -1;
    return options;
  }
};

const rc_channels kRotation = {3, 4, RC_MODE_SLERP, 0};

rc_resample_options c_options_of_arm() {
  rc_resample_options options = RC_RESAMPLE_OPTIONS_INIT;
  options.channels = &kRotation;
  options.num_channels = 1;
  options.max_gap.ticks = 30;
  options.fill_value = -1;
  return options;
}

/** The same tensors for the C interface, made by hand. */
struct ArmOfC {
  int64_t shape_pose[2] = {5, 7}, strides_pose[2] = {8, 1}, shape_times[1] = {5};
  int64_t shape_targets[1] = {4}, shape_valid[1] = {4};
  rc_tensor pose, times, targets;

  explicit ArmOfC(Arm& arm)
      : pose{arm.rows.data(), {RC_DEVICE_CPU, 0}, 2, {RC_DTYPE_FLOAT, 64, 1},
             shape_pose,      strides_pose,       0},
        times{arm.times.data(),
              {RC_DEVICE_CPU, 0},
              1,
              {RC_DTYPE_INT, 64, 1},
              shape_times,
              nullptr,
              0},
        targets{arm.targets.data(),
                {RC_DEVICE_CPU, 0},
                1,
                {RC_DTYPE_INT, 64, 1},
                shape_targets,
                nullptr,
                0} {}
  static rc_tensor f32(std::vector<float>& data, int32_t ndim, int64_t* shape, int64_t* strides) {
    return {data.data(), {RC_DEVICE_CPU, 0}, ndim, {RC_DTYPE_FLOAT, 32, 1}, shape, strides, 0};
  }
};

void resampling(Context& context) {
  Arm arm;
  ArmOfC c(arm);
  // The output is written channel by channel: strides 1 and 4.
  std::vector<float> out = untouched<float>(28), out_c = out;
  std::vector<uint8_t> valid = untouched<uint8_t>(4), valid_c = valid;
  std::vector<int64_t> age = untouched<int64_t>(4);
  ResampleOptions options = arm.options();
  options.valid = valid;
  options.age = age;
  VALUE_OF(resample(context, arm.pose(), arm.times, arm.targets, {out, {4, 7}, {1, 4}}, options));

  int64_t shape[2] = {4, 7}, strides[2] = {1, 4};
  rc_tensor output = ArmOfC::f32(out_c, 2, shape, strides);
  rc_tensor valid_tensor = {
      valid_c.data(), {RC_DEVICE_CPU, 0}, 1, {RC_DTYPE_UINT, 8, 1}, c.shape_valid, nullptr, 0};
  rc_resample_options c_options = c_options_of_arm();
  c_options.valid = &valid_tensor;
  C_SUCCEEDS(rc_resample(context.get(), &c.pose, &c.times, &c.targets, &c_options, &output));
  CHECK_SAME(out, out_c);
  CHECK_SAME(valid, valid_c);
  // By hand: between 0 and 10, on 20, in the gap, held 10 behind the end.
  CHECK_EQUAL(out[0], 0.05f);
  CHECK_EQUAL(out[1], 0.2f);
  CHECK_EQUAL(out[2], -1.0f);
  CHECK((valid == std::vector<uint8_t>{1, 1, 0, 1}));
  CHECK((age == std::vector<int64_t>{5, 0, 30, 10}));

  // Index outputs alone: no values, no output.
  std::vector<int64_t> index(4);
  ResampleOptions indices;
  indices.source_index = index;
  VALUE_OF(resample(context, {}, arm.times, arm.targets, {}, indices));
  CHECK((index == std::vector<int64_t>{0, 2, 3, 4}));
}

void resampling_backward(Context& context) {
  Arm arm;
  ArmOfC c(arm);
  const std::vector<float> grad_output(28, 1.0f);
  std::vector<float> grad_output_c = grad_output;
  std::vector<float> grad = untouched<float>(35), grad_c = grad;
  const ResampleOptions options = arm.options();
  VALUE_OF(resample_backward(context, {grad_output, {4, 7}}, arm.pose(), arm.times, arm.targets,
                             {grad, {5, 7}}, options));
  int64_t shape_out[2] = {4, 7}, shape_grad[2] = {5, 7};
  const rc_tensor g = ArmOfC::f32(grad_output_c, 2, shape_out, nullptr);
  rc_tensor result = ArmOfC::f32(grad_c, 2, shape_grad, nullptr);
  const rc_resample_options c_options = c_options_of_arm();
  C_SUCCEEDS(
      rc_resample_backward(context.get(), &g, &c.pose, &c.times, &c.targets, &c_options, &result));
  CHECK_SAME(grad, grad_c);
  CHECK_EQUAL(grad[0], 0.5f);
}

/** The size that is asked for is enough, and one byte less is not. */
void workspaces(Context& context) {
  Arm arm;
  std::vector<int64_t> unsorted = {40, 0, 10, 20, 90};
  std::vector<float> out(28), grad(35);
  ResampleOptions options = arm.options();
  options.order = Order::sort;
  const ConstTensor pose = arm.pose();
  const uint64_t size = VALUE_OF(
      resample_workspace_size(context, pose, unsorted, arm.targets, {out, {4, 7}}, options));
  CHECK(size > 0);
  std::vector<std::max_align_t> memory(size / sizeof(std::max_align_t) + 1);
  options.workspace = {memory.data(), size};
  VALUE_OF(resample(context, pose, unsorted, arm.targets, {out, {4, 7}}, options));
  options.workspace.size = size - 1;
  FAILS(resample(context, pose, unsorted, arm.targets, {out, {4, 7}}, options), workspace_too_small,
        std::to_string(size));
  options.workspace = {};

  CHECK(VALUE_OF(resample_backward_workspace_size(context, {out, {4, 7}}, pose, unsorted,
                                                  arm.targets, {grad, {5, 7}}, options)) > 0);
  std::vector<Stream> streams(1);
  streams[0].values = pose;
  streams[0].source_times = unsorted;
  streams[0].options = options;
  CHECK_EQUAL(VALUE_OF(fuse_workspace_size(context, streams, arm.targets, {out, {4, 7}})), size);
  streams[0].grad_values = {grad, {5, 7}};
  CHECK(VALUE_OF(fuse_backward_workspace_size(context, {out, {4, 7}}, streams, arm.targets)) > 0);
}

void fusing(Context& context) {
  Arm arm;
  const std::vector<int16_t> switches = {0, 1, 0};
  const std::vector<int64_t> switch_times = {0, 21, 60};
  std::vector<float> pose_alone(28), switch_alone(4);
  VALUE_OF(
      resample(context, arm.pose(), arm.times, arm.targets, {pose_alone, {4, 7}}, arm.options()));
  ResampleOptions held;
  held.mode = Mode::previous;
  VALUE_OF(resample(context, {switches, {3, 1}}, switch_times, arm.targets, {switch_alone, {4, 1}},
                    held));

  // An absent stream of two channels in the middle.
  std::vector<float> table = untouched<float>(4 * 10);
  std::vector<uint8_t> valid = untouched<uint8_t>(4 * 3);
  std::array<Stream, 3> streams;
  streams[0].values = arm.pose();
  streams[0].source_times = arm.times;
  streams[0].options = arm.options();
  streams[1].width = 2;
  streams[1].options.fill_value = 9;
  streams[2].values = {switches, {3, 1}};
  streams[2].source_times = switch_times;
  streams[2].options = held;
  FuseOptions options;
  options.valid = {valid, {4, 3}};
  VALUE_OF(fuse(context, streams, arm.targets, {table, {4, 10}}, options));
  for (std::size_t t = 0; t < 4; ++t) {
    CHECK(std::memcmp(&table[10 * t], &pose_alone[7 * t], 7 * sizeof(float)) == 0);
    CHECK_EQUAL(table[10 * t + 7], 9.0f);
    CHECK_EQUAL(table[10 * t + 8], 9.0f);
    CHECK_EQUAL(table[10 * t + 9], switch_alone[t]);
  }
  CHECK((valid == std::vector<uint8_t>{1, 0, 1, 1, 0, 1, 0, 0, 1, 1, 0, 1}));

  // Each stream by itself, and the gradient of the one that wants it.
  std::vector<float> apart = untouched<float>(28), absent(8), last(4), grad(35), grad_alone(35);
  streams[0].output = {apart, {4, 7}};
  streams[1].output = {absent, {4, 2}};
  streams[2].output = {last, {4, 1}};
  VALUE_OF(fuse(context, streams, arm.targets, {}));
  CHECK(apart == pose_alone);
  CHECK(last == switch_alone);
  const std::vector<float> ones(40, 1.0f);
  for (Stream& stream : streams) stream.output = {};
  streams[0].grad_values = {grad, {5, 7}};
  VALUE_OF(fuse_backward(context, {ones, {4, 10}}, streams, arm.targets));
  VALUE_OF(resample_backward(context, {ones, {4, 7}}, arm.pose(), arm.times, arm.targets,
                             {grad_alone, {5, 7}}, arm.options()));
  CHECK(grad == grad_alone);

  const std::vector<Stream> too_many(RC_MAX_STREAMS + 1);
  FAILS(fuse(context, too_many, arm.targets, {table, {4, 10}}), invalid_argument,
        "rc_fuse: num_streams: expected 1 to 64, got 65");
  FAILS(fuse(context, {}, arm.targets, {table, {4, 10}}), invalid_argument,
        "rc_fuse: num_streams: expected 1 to 64, got 0");
}

void clocks() {
  const std::vector<int64_t> ntsc = VALUE_OF(target_clock(0, 100000000, {30000, 1001}));
  CHECK((ntsc == std::vector<int64_t>{0, 33366666, 66733333}));
  CHECK((VALUE_OF(target_clock(-5, 10, 200, 1000)) == std::vector<int64_t>{-5, 0, 5}));
  CHECK(VALUE_OF(target_clock(3, 3, 1)).empty());
  std::array<int64_t, 2> buffer{};
  CHECK_EQUAL(VALUE_OF(target_clock(0, 100000000, {30000, 1001}, Span<int64_t>())), 3);
  FAILS(target_clock(0, 100000000, {30000, 1001}, buffer), capacity_exceeded, "rc_target_clock");
  CHECK_EQUAL(buffer[1], 33366666);
  CHECK_EQUAL(VALUE_OF(target_clock(0, 2, 1, buffer, 1)), 2);
  CHECK_EQUAL(buffer[1], 1);
  FAILS(target_clock(0, 1, 0), invalid_argument, "rc_target_clock: numerator");
}

/** Four points in rows of x, y, z, intensity; the last lies outside of 2 x 2 x 2 voxels. */
const std::vector<std::array<float, 4>> kScan = {
    {0.5f, 0.5f, 0.5f, 1}, {0.75f, 0.5f, 0.5f, 4}, {1.5f, 0.5f, 1.5f, -2}, {5, 0, 0, 8}};
constexpr Grid kCube = {{0, 0, 0}, {1, 1, 1}, {2, 2, 2}};

void voxels(Context& context) {
  const TensorView scan(kScan);
  const ConstTensor points = scan.slice(1, 0, 3);
  std::vector<float> grid = untouched<float>(8), grid_c = grid;
  std::vector<int32_t> counts = untouched<int32_t>(8);
  std::vector<int64_t> stats = untouched<int64_t>(3);
  VoxelizeOptions options;
  options.reduce = Reduce::mean;
  options.features = scan.slice(1, 3, 4);
  options.fill_value = -9;
  options.counts = {counts, {2, 2, 2}};
  options.stats = {stats, {1, 3}};
  VALUE_OF(voxelize(context, points, kCube, {grid, {2, 2, 2, 1}}, options));

  int64_t shape_points[2] = {4, 3}, shape_features[2] = {4, 1}, strides[2] = {4, 1};
  int64_t shape_grid[4] = {2, 2, 2, 1};
  float* first = const_cast<float*>(kScan[0].data());
  const rc_dtype f32 = {RC_DTYPE_FLOAT, 32, 1};
  const rc_tensor c_points = {first, {RC_DEVICE_CPU, 0}, 2, f32, shape_points, strides, 0};
  const rc_tensor c_features = {first, {RC_DEVICE_CPU, 0}, 2, f32, shape_features, strides, 12};
  rc_tensor c_grid = ArmOfC::f32(grid_c, 4, shape_grid, nullptr);
  rc_voxelize_options c_options = RC_VOXELIZE_OPTIONS_INIT;
  c_options.reduce = RC_REDUCE_MEAN;
  c_options.features = &c_features;
  c_options.fill_value = -9;
  C_SUCCEEDS(rc_voxelize(context.get(), &c_points, &kCube, &c_options, &c_grid));
  CHECK_SAME(grid, grid_c);
  CHECK((grid == std::vector<float>{2.5f, -9, -9, -9, -9, -2, -9, -9}));
  CHECK((counts == std::vector<int32_t>{2, 0, 0, 0, 0, 1, 0, 0}));
  CHECK((stats == std::vector<int64_t>{1, 0, 0}));

  std::vector<uint8_t> occupied(8);
  VALUE_OF(voxelize(context, points, kCube, {occupied, {2, 2, 2}}));
  CHECK((occupied == std::vector<uint8_t>{1, 0, 0, 0, 0, 1, 0, 0}));
  CHECK(VALUE_OF(voxelize_workspace_size(context, points, kCube, {grid, {2, 2, 2, 1}}, options)) >
        0);

  std::vector<float> grad = untouched<float>(4);
  const std::vector<float> grad_output(8, 1.0f);
  options.counts = options.stats = {};
  VALUE_OF(voxelize_backward(context, {grad_output, {2, 2, 2, 1}}, points, kCube, {grad, {4, 1}},
                             options));
  CHECK((grad == std::vector<float>{0.5f, 0.5f, 1, 0}));
  const uint64_t size = VALUE_OF(voxelize_backward_workspace_size(
      context, {grad_output, {2, 2, 2, 1}}, points, kCube, {grad, {4, 1}}, options));
  CHECK(size > 0);

  float bounds[2][3];
  VALUE_OF(pointcloud_bounds(context, points, bounds));
  CHECK_EQUAL(bounds[0][0], 0.5f);
  CHECK_EQUAL(bounds[1][0], 5.0f);
  float both[2][2][3];
  const std::vector<int64_t> offsets = {0, 2, 4};
  CloudLayout packed;
  packed.offsets = offsets;
  VALUE_OF(pointcloud_bounds(context, points, both, packed));
  CHECK_EQUAL(both[0][1][0], 0.75f);
  CHECK_EQUAL(both[1][0][0], 1.5f);
}

void sparse_voxels(Context& context) {
  const TensorView scan(kScan);
  const ConstTensor points = scan.slice(1, 0, 3);
  std::vector<std::array<int32_t, 4>> coords(3);
  std::vector<float> reduced = untouched<float>(3), hard = untouched<float>(3);
  std::vector<int32_t> counts = untouched<int32_t>(3), rows = untouched<int32_t>(4);
  std::vector<int64_t> total = untouched<int64_t>(1), stats = untouched<int64_t>(3);
  VoxelizeSparseOptions options;
  options.reduce = Reduce::sum;
  options.features = scan.slice(1, 3, 4);
  options.reduced = {reduced, {3, 1}};
  options.counts = counts;
  options.hard = {hard, {3, 1, 1}};
  options.point_to_voxel = rows;
  options.total = total;
  options.stats = {stats, {1, 3}};
  VALUE_OF(voxelize_sparse(context, points, kCube, coords, options));
  CHECK((coords ==
         std::vector<std::array<int32_t, 4>>{{0, 0, 0, 0}, {0, 1, 0, 1}, {-1, -1, -1, -1}}));
  CHECK((reduced == std::vector<float>{5, -2, 0}));
  CHECK((counts == std::vector<int32_t>{2, 1, 0}));
  CHECK((hard == std::vector<float>{1, -2, 0}));
  CHECK((rows == std::vector<int32_t>{0, 0, 1, -1}));
  CHECK_EQUAL(total[0], 2);
  CHECK_EQUAL(stats[0], 1);
  CHECK(VALUE_OF(voxelize_sparse_workspace_size(context, points, kCube, coords, options)) > 0);
}

/** A wall at z = 2 before a camera of one pixel, in a column of four voxels. */
void distances(Context& context) {
  const double intrinsics[3][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
  const double pose[4][4] = {{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}, {0, 0, 0, 1}};
  const uint16_t millimetres[1][1] = {{2000}};
  std::vector<float> tsdf = untouched<float>(4), weight(4);
  const Volume volume = {
      {{-0.5, -0.5, 0}, {1, 1, 1}, {1, 1, 4}}, {tsdf, {1, 1, 4}}, {weight, {1, 1, 4}}};
  TsdfIntegrateOptions options;
  FAILS(tsdf_integrate(context, millimetres, intrinsics, pose, volume, options), invalid_argument,
        "rc_tsdf_integrate: truncation: expected a finite number");
  options.truncation = 1;
  CHECK(VALUE_OF(tsdf_integrate_workspace_size(context, millimetres, intrinsics, pose, volume,
                                               options)) > 0);
  VALUE_OF(tsdf_integrate(context, millimetres, intrinsics, pose, volume, options));
  CHECK((tsdf == std::vector<float>{1, 0.5f, -0.5f, kUntouched<std::vector<float>>}));
  CHECK((weight == std::vector<float>{1, 1, 1, 0}));

  std::vector<std::array<float, 3>> surface(2), normals(2);
  std::vector<int64_t> total(1);
  TsdfExtractOptions extract;
  extract.normals = normals;
  extract.total = total;
  VALUE_OF(tsdf_extract_points(context, volume, surface, extract));
  CHECK_EQUAL(total[0], 1);
  CHECK((surface[0] == std::array<float, 3>{0, 0, 2}));
  CHECK((normals[0] == std::array<float, 3>{0, 0, -1}));
  CHECK(std::isnan(surface[1][0]));
  CHECK(VALUE_OF(tsdf_extract_points_workspace_size(context, volume, surface, extract)) > 0);

  float points[1][1][3];
  VALUE_OF(depth_to_points(context, millimetres, intrinsics, points));
  CHECK_EQUAL(points[0][0][2], 2.0f);
  DepthToPointsOptions scaled;
  scaled.poses = pose;
  scaled.depth_scale = 0.002;
  VALUE_OF(depth_to_points(context, millimetres, intrinsics, points, scaled));
  CHECK_EQUAL(points[0][0][2], 4.0f);
  scaled.max_depth = 3;
  VALUE_OF(depth_to_points(context, millimetres, intrinsics, points, scaled));
  CHECK(std::isnan(points[0][0][2]));

  // The same wall from a point that looks back at the camera.
  std::vector<float> from_points = untouched<float>(4);
  std::vector<float> weight_of_points(4);
  const Volume other = {volume.grid, {from_points, {1, 1, 4}}, {weight_of_points, {1, 1, 4}}};
  const double sensor[3] = {0, 0, -1};
  const float wall[1][3] = {{0, 0, 2}};
  TsdfFromPointsOptions rays;
  rays.truncation = 1;
  rays.sensor_origins = sensor;
  VALUE_OF(tsdf_from_points(context, wall, other, rays));
  CHECK((from_points == tsdf));
  CHECK((weight_of_points == weight));
  CHECK(VALUE_OF(tsdf_from_points_workspace_size(context, wall, other, rays)) > 0);
}

}  // namespace

int main() {
  Context context = new_context();
  resampling(context);
  resampling_backward(context);
  workspaces(context);
  fusing(context);
  clocks();
  voxels(context);
  sparse_voxels(context);
  distances(context);
  return failed_checks != 0;
}
