// SPDX-License-Identifier: Apache-2.0
#include "lib/context.h"

#include <cstdarg>
#include <cstdio>

#include "lib/context_options.h"
#include "lib/cpu.h"
#include "lib/error.h"
#include "lib/options.h"

namespace rc {
namespace {

/** "rccontxt" */
constexpr uint64_t context_magic = 0x7263636f6e747874;

/** The first CUDA device that works; where none does, NULL and the reason. */
std::unique_ptr<CudaDevice> open_any_cuda_device(void* stream, int32_t& id, std::string& reason) {
  reason = describe_cuda_device(0).reason;
  for (id = 0; id < cuda_device_count(); ++id) {
    try {
      return open_cuda_device(id, stream);
    } catch (const Error& error) {
      if (error.status != RC_ERROR_BACKEND_UNAVAILABLE) throw;
      reason = error.message;
    }
  }
  return nullptr;
}

void place(rc_context& context) {
  const rc_context_options& options = context.options;
  if (options.device_type == RC_DEVICE_CUDA) {
    context.cuda = open_cuda_device(options.device_id, options.stream);
    context.device = {RC_DEVICE_CUDA, options.device_id};
    context.reason = "RC_DEVICE_CUDA: cuda:" + std::to_string(options.device_id) + ", as asked for";
    return;
  }
  context.reason = "RC_DEVICE_CPU: cpu, as asked for";
  if (options.device_type == RC_DEVICE_AUTO) {
    int32_t id;
    std::string obstacle;
    context.cuda = open_any_cuda_device(options.stream, id, obstacle);
    if (context.cuda != nullptr) {
      context.device = {RC_DEVICE_CUDA, id};
      context.reason =
          "RC_DEVICE_AUTO: cuda:" + std::to_string(id) + ", the first CUDA device that works";
      return;
    }
    context.reason = "RC_DEVICE_AUTO: cpu, because " + obstacle;
  }
  if (options.stream != nullptr) {
    fail(RC_ERROR_INVALID_ARGUMENT, "options->stream: expected NULL on the CPU, got %p",
         options.stream);
  }
}

}  // namespace

const rc_context& checked(const rc_context* context) {
  if (context == nullptr || context->magic != context_magic) {
    fail(RC_ERROR_INVALID_HANDLE, "context: expected a context of rc_context_create, got %s",
         context == nullptr ? "NULL" : "other memory");
  }
  return *context;
}

rc_context& checked(rc_context* context) {
  checked(static_cast<const rc_context*>(context));
  return *context;
}

}  // namespace rc

rc_context::rc_context(const rc_context_options& given)
    : magic(rc::context_magic),
      options(rc::checked(given)),
      simd_level(rc::choose_simd_level(options)),
      pool(rc::choose_threads(options)),
      metrics_enabled((options.flags & RC_CONTEXT_METRICS) != 0) {
  rc::place(*this);
  if (cuda != nullptr) {
    log(RC_LOG_INFO, "context: %s", reason.c_str());
  } else {
    log(RC_LOG_INFO, "context: %s; %d threads, %s", reason.c_str(), pool.size(),
        rc::cpu::name(simd_level));
  }
}

rc_context::~rc_context() {
  // Through volatile, for a plain store to memory that is about to be freed is left out.
  const_cast<volatile uint64_t&>(magic) = 0;
}

void rc_context::log(int32_t level, const char* format, ...) const {
  const int32_t least = options.log_level == 0 ? RC_LOG_INFO : options.log_level;
  if (options.log == nullptr || level < least) return;
  char message[rc::message_capacity];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  options.log(options.log_cookie, level, message);
}

rc_status rc_context_options_init(rc_context_options* options, uint32_t struct_size) {
  return rc::entry("rc_context_options_init",
                   [&] { rc::init_struct(options, struct_size, "options"); });
}

rc_status rc_context_create(const rc_context_options* options, rc_context** context) {
  return rc::entry("rc_context_create", [&] {
    if (context == nullptr) {
      rc::fail(RC_ERROR_INVALID_ARGUMENT, "context: expected a place for the handle, got NULL");
    }
    *context = nullptr;
    *context = new rc_context(rc::read_options(options, "options"));
  });
}

rc_status rc_context_destroy(rc_context* context) {
  return rc::entry("rc_context_destroy", [&] {
    if (context != nullptr) delete &rc::checked(context);
  });
}

rc_status rc_context_device(const rc_context* context, rc_device* device, const char** reason) {
  return rc::entry("rc_context_device", [&] {
    const rc_context& self = rc::checked(context);
    if (device != nullptr) *device = self.device;
    if (reason != nullptr) *reason = self.reason.c_str();
  });
}

rc_status rc_context_set_stream(rc_context* context, void* stream) {
  return rc::entry("rc_context_set_stream", [&] {
    rc_context& self = rc::checked(context);
    if (self.cuda != nullptr) {
      self.cuda->set_stream(stream);
    } else if (stream != nullptr) {
      rc::fail(RC_ERROR_INVALID_ARGUMENT, "stream: expected NULL on the CPU, got %p", stream);
    }
  });
}

rc_status rc_context_synchronize(rc_context* context) {
  return rc::entry("rc_context_synchronize", [&] {
    rc_context& self = rc::checked(context);
    if (self.cuda != nullptr) self.cuda->synchronize();
  });
}

rc_status rc_context_clear_error(rc_context* context) {
  return rc::entry("rc_context_clear_error", [&] {
    rc_context& self = rc::checked(context);
    if (self.cuda != nullptr) self.cuda->clear_fault();
  });
}
