// SPDX-License-Identifier: Apache-2.0
/** Ways to run one call: on the CPU, with any instruction set and number of threads, or on the first
 * CUDA device, at once or by a graph. */
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tensor.h"

/** What a call takes and writes, by the names of its arguments. */
using Tensors = std::map<std::string, TestTensor>;

/** Tensors as arguments of a call; NULL for those that are not there. */
class Arguments {
 public:
  template <class Address>
  Arguments(Tensors& tensors, rc_device device, Address address) {
    for (auto& [name, tensor] : tensors) views_[name] = tensor.view(address(name), device);
  }
  rc_tensor* operator[](const std::string& name) {
    const auto found = views_.find(name);
    return found == views_.end() ? nullptr : &found->second;
  }

 private:
  std::map<std::string, rc_tensor> views_;
};

/** Gives memory for the workspace of a call; NULL: the context is to provide it. */
using Allocate = std::function<void*(uint64_t size)>;
using Call = std::function<rc_status(rc_context*, Arguments&, const Allocate&)>;

struct Result {
  rc_status status;
  std::string message;
  /** The tensors that are written, gaps and margins included; none where a fault leaves them
   * unspecified. */
  Tensors written;
};

class Variant {
 public:
  Variant(const char* name, const rc_context_options& options);
  virtual ~Variant();
  Variant(const Variant&) = delete;
  Variant& operator=(const Variant&) = delete;

  virtual Result run(Tensors tensors, const Call& call) = 0;

  const char* name() const { return name_; }
  /** Empty: it can run. */
  const std::string& why_not() const { return why_not_; }

 protected:
  const char* name_;
  std::string why_not_;
  rc_context* context_ = nullptr;
};

std::unique_ptr<Variant> make_cpu_variant(const char* name, int32_t simd_level, int32_t threads);

/** Every variant that this build knows but for one thread without SIMD, the reference: "threads",
 * "avx2", "avx2-threads", the same of "avx512" and "neon", and with CUDA "cuda" and "cuda-graph". */
std::vector<std::unique_ptr<Variant>> make_variants();
