// SPDX-License-Identifier: Apache-2.0
/** Points to grids on the CPU against an oracle, to the bit: outputs with all their gaps and margins,
 * for every number of threads and every instruction set, and for any order of the points.
 *
 *   voxelize [--cases N] [--seed S]
 *
 * Fails when a trait that the cases are to show never ran; fewer cases than there are by default need
 * not show all. */
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <set>

#include "voxelize_oracle.h"

namespace {

/** A context, and what to call it. */
class Variant {
 public:
  Variant(const char* name, int32_t simd_level, int32_t threads) : name(name) {
    rc_context_options o = RC_CONTEXT_OPTIONS_INIT;
    o.device_type = RC_DEVICE_CPU;
    o.simd_level = simd_level;
    o.threads = threads;
    if (rc_context_create(&o, &context_) != RC_SUCCESS) {
      std::printf("%s: not here: %s\n", name, rc_last_error_message());
    }
  }
  ~Variant() { rc_context_destroy(context_); }
  Variant(const Variant&) = delete;
  Variant& operator=(const Variant&) = delete;

  bool can_run() const { return context_ != nullptr; }

  /** Calls a case in a workspace of the exact size, which a sanitizer watches. */
  rc_status run(VoxelCase& c) {
    std::map<std::string, rc_tensor> views;
    for (auto& [tensor_name, tensor] : c.tensors) {
      views[tensor_name] = tensor.view(tensor.bytes.data(), {RC_DEVICE_CPU, 0});
    }
    std::unique_ptr<void, void (*)(void*)> workspace(nullptr, std::free);
    return call_voxelize(
        context_, c, views,
        [](void* cookie, uint64_t size) {
          void* const memory = std::malloc(size);
          std::memset(memory, 0xa5, size);
          static_cast<decltype(workspace)*>(cookie)->reset(memory);
          return memory;
        },
        &workspace);
  }

  const char* const name;

 private:
  rc_context* context_ = nullptr;
};

/** The same points, each with its features, in another order within each cloud. */
VoxelCase shuffled(Random& random, const VoxelCase& c) {
  VoxelCase other = c;
  TestTensor& points = other.tensors.at("points");
  const bool batch = points.shape.size() == 3;
  const int64_t per_cloud = points.shape[batch ? 1 : 0];
  const int64_t clouds = c.has("offsets") ? other.tensors.at("offsets").count() - 1
                         : batch          ? points.shape[0]
                                          : 1;
  const auto swap_rows = [&](const char* name, int64_t i, int64_t j) {
    if (!other.has(name)) return;
    TestTensor& t = other.tensors.at(name);
    const auto size = static_cast<size_t>(size_of(t.dtype));
    for (int64_t k = 0; k < t.shape.back(); ++k) {
      std::swap_ranges(t.at(i * t.shape.back() + k), t.at(i * t.shape.back() + k) + size,
                       t.at(j * t.shape.back() + k));
    }
  };
  for (int64_t b = 0; b < clouds; ++b) {
    int64_t begin = b * per_cloud, end = begin + per_cloud;
    if (c.has("lengths")) end = begin + other.tensors.at("lengths").get<int64_t>(b);
    if (c.has("offsets")) {
      begin = other.tensors.at("offsets").get<int64_t>(b);
      end = other.tensors.at("offsets").get<int64_t>(b + 1);
    }
    for (int64_t i = begin; i + 1 < end; ++i) {
      const int64_t j = random.integer(i, end - 1);
      if (j == i) continue;
      swap_rows("points", i, j);
      swap_rows("features", i, j);
    }
  }
  return other;
}

/** Whether the order of the points leaves no trace: no output tells one from another, and no array
 * lies in fewer elements than it has. */
bool may_shuffle(const VoxelCase& c) {
  if (c.faulty || c.operation == VoxelOperation::kGradient) return false;
  for (const auto& [name, tensor] : c.tensors) {
    for (const int64_t stride : tensor.strides) {
      if (stride == 0) return false;
    }
  }
  return !c.has("hard") && !c.has("point_to_voxel");
}

class Runner {
 public:
  void run(Random& random, const VoxelCase& c, int64_t number) {
    VoxelCase expected = c;
    if (!c.faulty) write_expected(expected);
    for (Variant* variant : {&reference_, &threads_, &avx2_, &avx2_threads_}) {
      compare(*variant, c, expected, number, "");
    }
    if (may_shuffle(c)) compare(threads_, shuffled(random, c), expected, number, ", shuffled");
    traits_.insert(c.traits.begin(), c.traits.end());
    // Wrong numbers that nobody checks: no read and no write outside of the tensors.
    if (c.faulty) {
      VoxelCase trusting = c;
      trusting.options.flags |= RC_VOXELIZE_SKIP_VALIDATION;
      for (Variant* variant : {&reference_, &threads_}) {
        VoxelCase copy = trusting;
        report(variant->run(copy) == RC_SUCCESS, *variant, c, number, "unchecked");
      }
    }
  }

  bool good(int64_t cases, int64_t cases_for_all) const {
    std::printf("%lld calls equal, %lld different\n", static_cast<long long>(equal_),
                static_cast<long long>(different_));
    bool complete = true;
    for (const std::string& trait : expected_voxel_traits()) {
      if (cases < cases_for_all || traits_.count(trait) != 0) continue;
      std::printf("  never ran: %s\n", trait.c_str());
      complete = false;
    }
    return complete && different_ == 0 && equal_ > 0;
  }

 private:
  void compare(Variant& variant, const VoxelCase& c, const VoxelCase& expected, int64_t number,
               const char* how) {
    if (!variant.can_run()) return;
    VoxelCase got = c;
    const rc_status status = variant.run(got);
    std::string what;
    if (status != (c.faulty ? RC_ERROR_INVALID_DATA : RC_SUCCESS)) {
      what = std::string(rc_status_name(status)) + " \"" + rc_last_error_message() + "\"";
    }
    for (const auto& [name, tensor] : expected.tensors) {
      if (tensor.written && what.empty()) what = difference(name, tensor.bytes, got);
    }
    report(what.empty(), variant, c, number, what + how);
  }

  static std::string difference(const std::string& name, const std::vector<unsigned char>& expected,
                                const VoxelCase& got) {
    const std::vector<unsigned char>& bytes = got.tensors.at(name).bytes;
    for (size_t i = 0; i < bytes.size(); ++i) {
      if (bytes[i] == expected[i]) continue;
      return name + ": byte " + std::to_string(i) + " of " + std::to_string(bytes.size()) +
             ": expected " + std::to_string(expected[i]) + ", got " + std::to_string(bytes[i]);
    }
    return "";
  }

  void report(bool equal, const Variant& variant, const VoxelCase& c, int64_t number,
              const std::string& what) {
    ++(equal ? equal_ : different_);
    if (equal || different_ > 10) return;
    std::printf("%s: case %lld: %s\n ", variant.name, static_cast<long long>(number), what.c_str());
    for (const std::string& trait : c.traits) std::printf(" %s;", trait.c_str());
    std::printf("\n");
  }

  Variant reference_{"reference", RC_SIMD_BASELINE, 1}, threads_{"threads", RC_SIMD_BASELINE, 3},
      avx2_{"avx2", RC_SIMD_AVX2, 1}, avx2_threads_{"avx2, threads", RC_SIMD_AVX2, 4};
  int64_t equal_ = 0, different_ = 0;
  std::set<std::string> traits_;
};

}  // namespace

int main(int argc, char** argv) {
  const int64_t cases_for_all = int64_t{8} * voxel_combinations();
  int64_t cases = cases_for_all;
  uint64_t seed = std::random_device()();
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string flag = argv[i];
    if (flag == "--cases") cases = std::atoll(argv[i + 1]);
    if (flag == "--seed") seed = std::strtoull(argv[i + 1], nullptr, 10);
  }
  std::printf("seed %llu, %lld cases\n", static_cast<unsigned long long>(seed),
              static_cast<long long>(cases));
  Runner runner;
  for (int64_t i = 0; i < cases; ++i) {
    Random random(seed + static_cast<uint64_t>(i));
    runner.run(random, make_voxel_case(random, static_cast<int>(i % voxel_combinations())), i);
  }
  return runner.good(cases, cases_for_all) ? 0 : 1;
}
