// SPDX-License-Identifier: Apache-2.0
/** Every point of a cube of whole millimetres, in a scattered order, through voxelize.h: each variant
 * against the CPU with all its threads, to the bit. Whole millimetres lie at the borders of voxels,
 * where a reciprocal or a fused operation would go wrong.
 *
 *   lattice [--edge E] [--only VARIANT]
 *
 * E (default: 60) is the number of points along each edge. E = 1000 are 10^9 points, 3 * 10^9
 * coordinates and grids of more than 2^32 voxels: a GPU of 64 GB and a host of 100 GB can hold them. */
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "comparison.h"
#include "voxelize_case.h"

namespace {

/** The points, and the grids that they are put into. */
class Lattice {
 public:
  explicit Lattice(int64_t edge) : edge_(edge), points_(edge * edge * edge) {}

  /** Voxels of 5 mm, or of 0.6 mm, for which most of them hold a point at most. */
  VoxelCase make_case(VoxelOperation operation, int32_t reduce, bool fine) const {
    VoxelCase c = {};
    c.operation = operation;
    c.options.struct_size = sizeof c.options;
    c.options.reduce = reduce;
    const int64_t dims = (fine ? edge_ * 10 + 5 : edge_ + 4) / (fine ? 6 : 5);
    for (int axis = 0; axis < 3; ++axis) {
      c.grid.origin[axis] = static_cast<double>(-(edge_ / 2)) / 1000;
      c.grid.voxel_size[axis] = fine ? 0.0006 : 0.005;
      c.grid.dims[axis] = dims;
    }
    add<float>(c, "points", Dtype::f32, {points_, 3}, [&](int64_t i, int64_t axis) {
      int64_t number = number_of(i);
      for (; axis > 0; --axis) number /= edge_;
      return static_cast<float>(number % edge_ - edge_ / 2) / 1000;
    });
    return c;
  }

  VoxelCase count() const {
    VoxelCase c = make_case(VoxelOperation::kDense, RC_REDUCE_COUNT, false);
    add_output(c, "output", Dtype::i32, voxels(c, c.grid.dims[2]));
    add_output(c, "stats", Dtype::i64, {1, 3});
    return c;
  }
  VoxelCase occupancy_bits() const {
    VoxelCase c = make_case(VoxelOperation::kDense, RC_REDUCE_OCCUPANCY_BITS, true);
    add_output(c, "output", Dtype::u8, voxels(c, (c.grid.dims[2] + 7) / 8));
    return c;
  }
  VoxelCase mean() const {
    VoxelCase c = make_case(VoxelOperation::kDense, RC_REDUCE_MEAN, false);
    add<float>(c, "features", Dtype::f32, {points_, 1}, [&](int64_t i, int64_t) {
      return static_cast<float>(number_of(i) % 16777213) * 0x1p-20F - 8;
    });
    std::vector<int64_t> shape = voxels(c, c.grid.dims[2]);
    add_output(c, "counts", Dtype::i32, shape);
    shape.push_back(1);
    add_output(c, "output", Dtype::f32, shape);
    return c;
  }
  VoxelCase max() const {
    VoxelCase c = make_case(VoxelOperation::kDense, RC_REDUCE_MAX, true);
    add<uint8_t>(c, "features", Dtype::u8, {points_, 1},
                 [&](int64_t i, int64_t) { return static_cast<uint8_t>(number_of(i) % 251); });
    std::vector<int64_t> shape = voxels(c, c.grid.dims[2]);
    shape.push_back(1);
    add_output(c, "output", Dtype::u8, shape);
    return c;
  }
  VoxelCase sparse() const {
    VoxelCase c = make_case(VoxelOperation::kSparse, 0, true);
    add_output(c, "coords", Dtype::i32, {edge_ * edge_, 4});
    add_output(c, "counts", Dtype::i32, {edge_ * edge_});
    add_output(c, "point_to_voxel", Dtype::i32, {points_});
    add_output(c, "total", Dtype::i64, {1});
    add_output(c, "stats", Dtype::i64, {1, 3});
    return c;
  }

 private:
  /** A number of [0, points), each once: the factor is prime. */
  int64_t number_of(int64_t i) const { return i * 2147483647 % points_; }

  static std::vector<int64_t> voxels(const VoxelCase& c, int64_t depth) {
    return {c.grid.dims[0], c.grid.dims[1], depth};
  }

  /** Adds an array of the points, whose elements `value` gives by point and column. */
  template <class T, class Value>
  static void add(VoxelCase& c, const char* name, Dtype dtype, std::vector<int64_t> shape,
                  Value value) {
    TestTensor& t = c.tensors[name];
    t = {dtype, std::move(shape), {}, 0, {}, false};
    t.bytes.resize(static_cast<size_t>(t.count()) * sizeof(T));
    const int64_t rows = t.shape[0], columns = t.shape[1];
    std::vector<std::thread> threads;
    const int64_t count = std::max(1U, std::thread::hardware_concurrency());
    for (int64_t k = 0; k < count; ++k) {
      threads.emplace_back([=, data = t.bytes.data()] {
        for (int64_t i = rows * k / count; i < rows * (k + 1) / count; ++i) {
          for (int64_t column = 0; column < columns; ++column) {
            const T element = value(i, column);
            std::memcpy(data + static_cast<size_t>(i * columns + column) * sizeof(T), &element,
                        sizeof(T));
          }
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }

  static void add_output(VoxelCase& c, const char* name, Dtype dtype, std::vector<int64_t> shape) {
    TestTensor& t = c.tensors[name];
    t = {dtype, std::move(shape), {}, 0, {}, true};
    t.bytes.assign(static_cast<size_t>(t.count() * size_of(dtype)), 0xcd);
  }

  int64_t edge_, points_;
};

struct Work {
  const char* name;
  VoxelCase (Lattice::*make)() const;
};
constexpr Work kWorks[] = {{"count", &Lattice::count},
                           {"occupancy_bits", &Lattice::occupancy_bits},
                           {"mean", &Lattice::mean},
                           {"max", &Lattice::max},
                           {"sparse", &Lattice::sparse}};

Result timed(Variant& variant, const char* work, const VoxelCase& c, const Call& call) {
  const auto begin = std::chrono::steady_clock::now();
  Result result = variant.run(c.tensors, call);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  std::printf("%-14s %-12s %6.1f s with its copies: ", work, variant.name(), seconds.count());
  return result;
}

/** Whether a count has each point once. */
bool counts_all(Result& result, int64_t points) {
  TestTensor& output = result.written.at("output");
  int64_t counted = result.written.at("stats").get<int64_t>(RC_STAT_OUTSIDE);
  for (int64_t i = 0; i < output.count(); ++i) counted += output.get<int32_t>(i);
  return counted == points;
}

}  // namespace

int main(int argc, char** argv) {
  int64_t edge = 60;
  std::string only;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string flag = argv[i];
    if (flag == "--edge") edge = std::atoll(argv[i + 1]);
    if (flag == "--only") only = argv[i + 1];
  }
  const auto reference = make_cpu_variant("reference", RC_SIMD_AUTO, 0);
  auto variants = make_variants();
  int64_t compared = 0;
  bool good = true;
  for (const Work& work : kWorks) {
    const VoxelCase c = (Lattice(edge).*work.make)();
    const Call call = [&](rc_context* context, Arguments& arguments, const Allocate& allocate) {
      return call_voxelize(context, c, arguments, allocate);
    };
    Result expected = timed(*reference, work.name, c, call);
    bool right = expected.status == RC_SUCCESS;
    if (right && work.make == &Lattice::count) right = counts_all(expected, edge * edge * edge);
    std::printf("%s\n", right ? "done" : ("wrong: " + expected.message).c_str());
    good = good && right;
    for (const auto& variant : variants) {
      if ((!only.empty() && only != variant->name()) || !variant->why_not().empty()) continue;
      const std::string what = difference(expected, timed(*variant, work.name, c, call));
      std::printf("%s\n", what.empty() ? "equal" : what.c_str());
      std::fflush(stdout);
      good = good && what.empty();
      ++compared;
    }
  }
  std::printf("%lld points, %lld comparisons\n", static_cast<long long>(edge * edge * edge),
              static_cast<long long>(compared));
  return good && compared > 0 ? 0 : 1;
}
