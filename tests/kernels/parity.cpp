// SPDX-License-Identifier: Apache-2.0
/** Every variant of the kernels against the reference, to the bit: outputs with all their gaps and
 * margins, and the words for faults in data. The reference is the CPU path with one thread and no
 * SIMD.
 *
 *   parity [--cases N] [--seed S] [--only VARIANT] [--require VARIANT]
 *
 * Fails when a variant that claims to run left out a trait that the cases are to show; fewer cases
 * than there are by default need not show all. */
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <set>

#include "resample_case.h"
#if RC_TEST_CUDA
#include "device_memory.h"
#endif

namespace {

struct Result {
  rc_status status;
  std::string message;
  /** All bytes of each written tensor. */
  std::map<std::string, std::vector<unsigned char>> written;
};

/** Calls rc_resample on tensors whose bytes lie where `address` says. */
template <class Address>
rc_status call(rc_context* context, ResampleCase& c, rc_device device, Address address) {
  std::map<std::string, rc_tensor> views;
  for (auto& [name, tensor] : c.tensors) views[name] = tensor.view(address(name), device);
  const auto find = [&](const char* name) {
    const auto found = views.find(name);
    return found == views.end() ? nullptr : &found->second;
  };
  rc_resample_options options = c.options;
  options.channels = c.channels.data();
  options.num_channels = static_cast<int64_t>(c.channels.size());
  options.offsets = find("offsets");
  options.lengths = find("lengths");
  options.sequence_ids = find("sequence_ids");
  options.target_offsets = find("target_offsets");
  options.valid = find("valid");
  options.reason = find("reason");
  options.source_index = find("source_index");
  options.next_index = find("next_index");
  options.weight = find("weight");
  options.age = find("age");
  return rc_resample(context, find("values"), find("source_times"), find("target_times"), &options,
                     find("output"));
}

/** One way to run a case. */
class Variant {
 public:
  Variant(const char* name, const rc_context_options& options) : name_(name) {
    if (rc_context_create(&options, &context_) != RC_SUCCESS) why_not_ = rc_last_error_message();
  }
  virtual ~Variant() { rc_context_destroy(context_); }
  Variant(const Variant&) = delete;
  Variant& operator=(const Variant&) = delete;

  virtual Result run(ResampleCase c) = 0;

  const char* name() const { return name_; }
  /** Empty: it can run. */
  const std::string& why_not() const { return why_not_; }

 protected:
  const char* name_;
  std::string why_not_;
  rc_context* context_ = nullptr;
};

class CpuVariant : public Variant {
 public:
  using Variant::Variant;

  static rc_context_options options(int32_t simd_level, int32_t threads) {
    rc_context_options o = RC_CONTEXT_OPTIONS_INIT;
    o.device_type = RC_DEVICE_CPU;
    o.simd_level = simd_level;
    o.threads = threads;
    return o;
  }

  Result run(ResampleCase c) override {
    Result result = {};
    result.status = call(context_, c, {RC_DEVICE_CPU, 0},
                         [&](const std::string& name) { return c.tensors[name].bytes.data(); });
    if (result.status != RC_SUCCESS) result.message = rc_last_error_message();
    for (const auto& [name, tensor] : c.tensors) {
      if (tensor.written) result.written[name] = tensor.bytes;
    }
    return result;
  }
};

#if RC_TEST_CUDA
/** On the first CUDA device, each tensor in an allocation of its own; at once or by a graph. */
class CudaVariant : public Variant {
 public:
  CudaVariant(const char* name, bool graph) : Variant(name, options()), graph_(graph) {}

  Result run(ResampleCase c) override {
    Stream stream;
    rc_context_set_stream(context_, stream.get());
    std::map<std::string, DeviceMemory> memory;
    for (const auto& [tensor_name, tensor] : c.tensors) memory[tensor_name].write(tensor.bytes);
    Result result = {};
    const auto enqueue = [&] {
      return call(context_, c, {RC_DEVICE_CUDA, 0},
                  [&](const std::string& tensor_name) { return memory[tensor_name].data(); });
    };
    if (graph_) {
      Graph graph(stream, [&] { result.status = enqueue(); });
      if (result.status == RC_SUCCESS) graph.launch(stream);
    } else {
      result.status = enqueue();
    }
    if (result.status != RC_SUCCESS) result.message = rc_last_error_message();
    const rc_status found = rc_context_synchronize(context_);
    if (found != RC_SUCCESS) {
      result.status = found;
      // The fault is told as the call would tell it, after the name of the function that tells it.
      result.message = rc_last_error_message();
      result.message.erase(0, result.message.find(": ") + 2);
      rc_context_clear_error(context_);
    }
    for (const auto& [tensor_name, tensor] : c.tensors) {
      if (tensor.written) result.written[tensor_name] = memory[tensor_name].read();
    }
    rc_context_set_stream(context_, nullptr);
    return result;
  }

 private:
  static rc_context_options options() {
    rc_context_options o = RC_CONTEXT_OPTIONS_INIT;
    o.device_type = RC_DEVICE_CUDA;
    o.threads = 1;
    return o;
  }

  bool graph_;
};
#endif

/** What a variant has shown. */
struct Tally {
  int64_t equal = 0, different = 0, faults = 0;
  std::set<std::string> traits;
};

/** Empty, or what is different. */
std::string difference(const Result& expected, const Result& got) {
  if (expected.status != got.status || expected.message != got.message) {
    return std::string("expected ") + rc_status_name(expected.status) + " \"" + expected.message +
           "\", got " + rc_status_name(got.status) + " \"" + got.message + "\"";
  }
  if (expected.status != RC_SUCCESS) return "";
  for (const auto& [name, bytes] : expected.written) {
    const std::vector<unsigned char>& others = got.written.at(name);
    for (size_t i = 0; i < bytes.size(); ++i) {
      if (bytes[i] == others[i]) continue;
      return name + ": byte " + std::to_string(i) + " of " + std::to_string(bytes.size()) +
             ": expected " + std::to_string(bytes[i]) + ", got " + std::to_string(others[i]);
    }
  }
  return "";
}

std::string text_of(const std::vector<std::string>& traits) {
  std::string text;
  for (const std::string& trait : traits) text += (text.empty() ? "" : ", ") + trait;
  return text;
}

void compare(Variant& variant, const ResampleCase& c, const Result& expected, int64_t number,
             Tally& tally) {
  const Result got = variant.run(c);
  const std::string what = difference(expected, got);
  if (!what.empty()) {
    if (++tally.different <= 5) {
      std::printf("%s: case %lld: %s\n  (%s)\n", variant.name(), static_cast<long long>(number),
                  what.c_str(), text_of(c.traits).c_str());
    }
    return;
  }
  ++tally.equal;
  if (expected.status == RC_SUCCESS) {
    tally.traits.insert(c.traits.begin(), c.traits.end());
  } else {
    ++tally.faults;
  }
}

constexpr int64_t kCasesForAllTraits = 6 * kCombinations;

std::vector<std::string> missing_traits(const Tally& tally, int64_t cases) {
  std::vector<std::string> missing;
  if (cases < kCasesForAllTraits) return missing;
  for (const std::string& trait : expected_traits()) {
    if (tally.traits.count(trait) == 0) missing.push_back(trait);
  }
  return missing;
}

bool print(const Variant& variant, const Tally& tally, int64_t cases) {
  const std::vector<std::string> missing = missing_traits(tally, cases);
  std::printf("%-12s %8lld equal (%lld of them faults) %6lld different %6zu traits missing\n",
              variant.name(), static_cast<long long>(tally.equal),
              static_cast<long long>(tally.faults), static_cast<long long>(tally.different),
              missing.size());
  for (const std::string& trait : missing) std::printf("  never ran: %s\n", trait.c_str());
  return missing.empty() && tally.different == 0 && tally.faults > 0;
}

}  // namespace

int main(int argc, char** argv) {
  int64_t cases = kCasesForAllTraits;
  uint64_t seed = std::random_device()();
  std::string only, required;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string flag = argv[i];
    if (flag == "--cases") cases = std::atoll(argv[i + 1]);
    if (flag == "--seed") seed = std::strtoull(argv[i + 1], nullptr, 10);
    if (flag == "--only") only = argv[i + 1];
    if (flag == "--require") required = argv[i + 1];
  }
  std::printf("seed %llu, %lld cases\n", static_cast<unsigned long long>(seed),
              static_cast<long long>(cases));

  CpuVariant reference("reference", CpuVariant::options(RC_SIMD_BASELINE, 1));
  std::vector<std::unique_ptr<Variant>> variants;
  const auto add = [&](std::unique_ptr<Variant> variant) {
    if (!only.empty() && only != variant->name()) return;
    if (variant->why_not().empty()) {
      variants.push_back(std::move(variant));
    } else {
      std::printf("%-12s not here: %s\n", variant->name(), variant->why_not().c_str());
    }
  };
  add(std::make_unique<CpuVariant>("threads", CpuVariant::options(RC_SIMD_BASELINE, 3)));
  add(std::make_unique<CpuVariant>("avx2", CpuVariant::options(RC_SIMD_AVX2, 1)));
#if RC_TEST_CUDA
  add(std::make_unique<CudaVariant>("cuda", false));
  add(std::make_unique<CudaVariant>("cuda-graph", true));
#endif

  std::vector<Tally> tallies(variants.size());
  bool good = reference.why_not().empty();
  for (int64_t i = 0; i < cases; ++i) {
    Random random(seed + static_cast<uint64_t>(i));
    const ResampleCase c = make_resample_case(random, static_cast<int>(i % kCombinations));
    const Result expected = reference.run(c);
    if (expected.status != RC_SUCCESS && expected.status != RC_ERROR_INVALID_DATA) {
      std::printf("reference: case %lld: %s\n  (%s)\n", static_cast<long long>(i),
                  expected.message.c_str(), text_of(c.traits).c_str());
      good = false;
    }
    for (size_t v = 0; v < variants.size(); ++v) {
      compare(*variants[v], c, expected, i, tallies[v]);
    }
  }
  bool has_required = required.empty();
  for (size_t v = 0; v < variants.size(); ++v) {
    good = print(*variants[v], tallies[v], cases) && good;
    has_required = has_required || required == variants[v]->name();
  }
  if (!has_required) std::printf("%s was asked for and is not here\n", required.c_str());
  return good && has_required ? 0 : 1;
}
