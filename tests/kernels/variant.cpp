// SPDX-License-Identifier: Apache-2.0
#include "variant.h"

#include <cstdlib>

#if RC_TEST_CUDA
#include "device_memory.h"
#endif

Variant::Variant(const char* name, const rc_context_options& options) : name_(name) {
  if (rc_context_create(&options, &context_) != RC_SUCCESS) why_not_ = rc_last_error_message();
}

Variant::~Variant() { rc_context_destroy(context_); }

namespace {

class CpuVariant : public Variant {
 public:
  CpuVariant(const char* name, int32_t simd_level, int32_t threads)
      : Variant(name, options(simd_level, threads)) {}

  Result run(Tensors tensors, const Call& call) override {
    Result result = {};
    Arguments arguments(tensors, {RC_DEVICE_CPU, 0},
                        [&](const std::string& name) { return tensors[name].bytes.data(); });
    // Of the exact size, which a sanitizer watches, and of noise.
    std::unique_ptr<void, void (*)(void*)> workspace(nullptr, std::free);
    result.status = call(context_, arguments, [&](uint64_t size) {
      workspace.reset(std::malloc(size));
      return std::memset(workspace.get(), 0xa5, size);
    });
    if (result.status != RC_SUCCESS) result.message = rc_last_error_message();
    for (auto& [name, tensor] : tensors) {
      if (tensor.written) result.written[name] = std::move(tensor);
    }
    return result;
  }

 private:
  static rc_context_options options(int32_t simd_level, int32_t threads) {
    rc_context_options o = RC_CONTEXT_OPTIONS_INIT;
    o.device_type = RC_DEVICE_CPU;
    o.simd_level = simd_level;
    o.threads = threads;
    return o;
  }
};

#if RC_TEST_CUDA
/** Each tensor lies in an allocation of its own, and so does the workspace of a call at once. */
class CudaVariant : public Variant {
 public:
  CudaVariant(const char* name, bool graph) : Variant(name, options()), graph_(graph) {}

  Result run(Tensors tensors, const Call& call) override {
    Stream stream;
    rc_context_set_stream(context_, stream.get());
    std::map<std::string, DeviceMemory> memory;
    const auto write = [&] {
      for (const auto& [name, tensor] : tensors) memory[name].write(tensor.bytes);
    };
    write();
    Arguments arguments(tensors, {RC_DEVICE_CUDA, 0},
                        [&](const std::string& name) { return memory[name].data(); });
    Result result = {};
    std::unique_ptr<DeviceMemory> workspace;
    if (graph_) {
      Graph graph(stream, [&] { result.status = call(context_, arguments, nullptr); });
      // The second time finds the memory of the first.
      for (int time = 0; time < 2 && result.status == RC_SUCCESS; ++time) {
        write();
        graph.launch(stream);
        stream.wait();
      }
    } else {
      result.status = call(context_, arguments, [&](uint64_t size) {
        workspace = std::make_unique<DeviceMemory>(size);
        return workspace->data();
      });
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
    for (auto& [name, tensor] : tensors) {
      if (!tensor.written || found != RC_SUCCESS) continue;
      tensor.bytes = memory[name].read();
      result.written[name] = std::move(tensor);
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

}  // namespace

std::unique_ptr<Variant> make_cpu_variant(const char* name, int32_t simd_level, int32_t threads) {
  return std::make_unique<CpuVariant>(name, simd_level, threads);
}

std::vector<std::unique_ptr<Variant>> make_variants() {
  std::vector<std::unique_ptr<Variant>> variants;
  variants.push_back(make_cpu_variant("threads", RC_SIMD_BASELINE, 3));
  variants.push_back(make_cpu_variant("avx2", RC_SIMD_AVX2, 1));
  variants.push_back(make_cpu_variant("avx2-threads", RC_SIMD_AVX2, 4));
  variants.push_back(make_cpu_variant("avx512", RC_SIMD_AVX512, 1));
  variants.push_back(make_cpu_variant("avx512-threads", RC_SIMD_AVX512, 4));
  variants.push_back(make_cpu_variant("neon", RC_SIMD_NEON, 1));
  variants.push_back(make_cpu_variant("neon-threads", RC_SIMD_NEON, 4));
#if RC_TEST_CUDA
  variants.push_back(std::make_unique<CudaVariant>("cuda", false));
  variants.push_back(std::make_unique<CudaVariant>("cuda-graph", true));
#endif
  return variants;
}
