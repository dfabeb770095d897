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

#include "derived_cases.h"
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

/** The tensors of a case as arguments of a call, their bytes where `address` says. */
class Arguments {
 public:
  template <class Address>
  Arguments(ResampleCase& c, rc_device device, Address address) {
    for (auto& [name, tensor] : c.tensors) views_[name] = tensor.view(address(name), device);
  }
  rc_tensor* operator[](const std::string& name) {
    const auto found = views_.find(name);
    return found == views_.end() ? nullptr : &found->second;
  }

 private:
  std::map<std::string, rc_tensor> views_;
};

rc_resample_options with_tensors(const rc_resample_options& rules,
                                 const std::vector<rc_channels>& channels, Arguments& arguments) {
  rc_resample_options options = rules;
  options.channels = channels.data();
  options.num_channels = static_cast<int64_t>(channels.size());
  options.offsets = arguments["offsets"];
  options.lengths = arguments["lengths"];
  options.sequence_ids = arguments["sequence_ids"];
  return options;
}

template <class Name>
void add_quality(rc_resample_options& options, Arguments& arguments, Name name) {
  options.valid = arguments[name("valid")];
  options.reason = arguments[name("reason")];
  options.source_index = arguments[name("source_index")];
  options.next_index = arguments[name("next_index")];
  options.weight = arguments[name("weight")];
  options.age = arguments[name("age")];
}

rc_status call_fuse(rc_context* context, ResampleCase& c, Arguments& arguments) {
  std::vector<rc_resample_options> options;
  for (StreamCase& s : c.streams) {
    const bool absent = s.values.empty();
    options.push_back(absent ? s.options : with_tensors(s.options, s.channels, arguments));
    add_quality(options.back(), arguments, [&](const char* name) { return s.quality[name]; });
  }
  std::vector<rc_stream> streams;
  std::vector<const rc_stream*> pointers;
  for (size_t i = 0; i < c.streams.size(); ++i) {
    const StreamCase& s = c.streams[i];
    rc_stream stream = RC_STREAM_INIT;
    if (!s.values.empty()) {
      stream.values = arguments[s.values];
      stream.source_times = arguments["source_times"];
    }
    stream.options = &options[i];
    stream.width = s.width;
    stream.output = arguments[s.output];
    stream.grad_values = arguments[s.grad_values];
    streams.push_back(stream);
  }
  for (const rc_stream& stream : streams) pointers.push_back(&stream);
  const auto count = static_cast<int64_t>(streams.size());
  rc_fuse_options all = RC_FUSE_OPTIONS_INIT;
  all.target_offsets = arguments["target_offsets"];
  all.valid = arguments["fused_valid"];
  if (c.operation == Operation::kFuse) {
    return rc_fuse(context, pointers.data(), count, arguments["target_times"], &all,
                   arguments["output"]);
  }
  return rc_fuse_backward(context, arguments["grad_output"], pointers.data(), count,
                          arguments["target_times"], &all);
}

/** Calls the operation of a case. */
rc_status call(rc_context* context, ResampleCase& c, Arguments arguments) {
  if (!c.streams.empty()) return call_fuse(context, c, arguments);
  rc_resample_options options = with_tensors(c.options, c.channels, arguments);
  options.target_offsets = arguments["target_offsets"];
  if (c.operation == Operation::kGradient) {
    return rc_resample_backward(context, arguments["grad_output"], arguments["values"],
                                arguments["source_times"], arguments["target_times"], &options,
                                arguments["grad_values"]);
  }
  add_quality(options, arguments, [](const char* name) { return name; });
  return rc_resample(context, arguments["values"], arguments["source_times"],
                     arguments["target_times"], &options, arguments["output"]);
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
    const auto address = [&](const std::string& name) { return c.tensors[name].bytes.data(); };
    result.status = call(context_, c, Arguments(c, {RC_DEVICE_CPU, 0}, address));
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
      const auto address = [&](const std::string& name) { return memory[name].data(); };
      return call(context_, c, Arguments(c, {RC_DEVICE_CUDA, 0}, address));
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
  for (int operation = 0; operation < 4; ++operation) {
    for (const std::string& trait : expected_traits(static_cast<Operation>(operation))) {
      if (tally.traits.count(trait) == 0) missing.push_back(trait);
    }
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
  const auto run = [&](const ResampleCase& c, int64_t number) {
    const Result expected = reference.run(c);
    if (expected.status != RC_SUCCESS && expected.status != RC_ERROR_INVALID_DATA) {
      std::printf("reference: case %lld: %s\n  (%s)\n", static_cast<long long>(number),
                  expected.message.c_str(), text_of(c.traits).c_str());
      good = false;
    }
    for (size_t v = 0; v < variants.size(); ++v) {
      compare(*variants[v], c, expected, number, tallies[v]);
    }
  };
  // Each call of rc_resample, and one of the other operations that follows from it.
  for (int64_t i = 0; i < cases; ++i) {
    Random random(seed + static_cast<uint64_t>(i));
    ResampleCase c = make_resample_case(random, static_cast<int>(i % kCombinations));
    run(c, i);
    const auto which = static_cast<size_t>(i + i / kCombinations) % kDerived.size();
    if (derive_case(random, kDerived[which], c)) run(c, i);
  }
  bool has_required = required.empty();
  for (size_t v = 0; v < variants.size(); ++v) {
    good = print(*variants[v], tallies[v], cases) && good;
    has_required = has_required || required == variants[v]->name();
  }
  if (!has_required) std::printf("%s was asked for and is not here\n", required.c_str());
  return good && has_required ? 0 : 1;
}
