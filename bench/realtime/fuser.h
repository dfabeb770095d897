// SPDX-License-Identifier: Apache-2.0
/** Many sensors on the clock of a timer: the last steps of all of them, as one array, at each tick.
 *
 * All memory is taken when it is made; `add` and `fuse` allocate nothing, wait for nothing and take
 * no lock. One thread uses a Fuser at a time. */
#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "robocache/robocache.h"

#include "history.h"

namespace realtime {

struct Sensor {
  std::string name;
  int64_t width;
  /** Modes; channels that no group names are linear. */
  std::vector<rc_channels> channels;
  /** Widest gap to bridge, and how long the newest sample is held; older is stale. */
  int64_t max_gap_ns;
  /** Samples to keep: enough to reach back beyond the window. */
  int64_t history;
};

/** The steps of one output: `steps` of them, `period_ns` apart, the last one `delay_ns` before the
 * tick. A delay lets late samples arrive, so that more is interpolated and less held. */
struct Window {
  int64_t steps;
  int64_t period_ns;
  int64_t delay_ns;
};

class Fuser {
 public:
  Fuser(std::vector<Sensor> sensors, const Window& window)
      : sensors_(std::move(sensors)),
        window_(window),
        times_(window.steps),
        inputs_(sensors_.size()) {
    rc_context_options options = RC_CONTEXT_OPTIONS_INIT;
    options.device_type = RC_DEVICE_CPU;
    options.threads = 1;  // no other thread to wait for
    // Every call has the workspace below. Whatever would need more fails instead of asking the heap.
    options.allocate = [](void*, uint64_t, uint64_t, void*) -> void* { return nullptr; };
    options.deallocate = [](void*, void*, uint64_t, void*) {};
    rc_context* context;
    require(rc_context_create(&options, &context));
    context_.reset(context);

    for (const Sensor& sensor : sensors_) width_ += sensor.width;
    output_.resize(steps() * width_);
    valid_.resize(steps() * count());
    times_tensor_ = tensor(times_.data(), {RC_DTYPE_INT, 64, 1}, {steps()});
    output_tensor_ = tensor(output_.data(), {RC_DTYPE_FLOAT, 32, 1}, {steps(), width_});
    valid_tensor_ = tensor(valid_.data(), {RC_DTYPE_UINT, 8, 1}, {steps(), count()});
    fuse_options_.valid = valid_tensor_.get();

    for (int64_t i = 0; i < count(); ++i) {
      const Sensor& sensor = sensors_[i];
      Input& input = inputs_[i];
      input.history = std::make_unique<History>(sensor.history, sensor.width);
      input.reason.resize(steps());
      input.reason_tensor = tensor(input.reason.data(), {RC_DTYPE_UINT, 8, 1}, {steps()});
      input.stamps_tensor = tensor(nullptr, {RC_DTYPE_INT, 64, 1}, {sensor.history});
      input.values_tensor =
          tensor(nullptr, {RC_DTYPE_FLOAT, 64, 1}, {sensor.history, sensor.width});
      input.rules.channels = sensor.channels.data();
      input.rules.num_channels = static_cast<int64_t>(sensor.channels.size());
      input.rules.max_gap.ticks = sensor.max_gap_ns;
      input.rules.order = RC_ORDER_SORT;  // samples that were overtaken on their way
      input.rules.reason = input.reason_tensor.get();
      input.stream.values = input.values_tensor.get();
      input.stream.source_times = input.stamps_tensor.get();
      input.stream.options = &input.rules;
      streams_.push_back(&input.stream);
      look_at(input);
      // The workspace is that of full histories.
      input.stamps_tensor.shape[0] = input.values_tensor.shape[0] = sensor.history;
    }
    uint64_t size;
    require(rc_fuse_workspace_size(context_.get(), streams_.data(), count(), times_tensor_.get(),
                                   &fuse_options_, output_tensor_.get(), &size));
    workspace_.resize(size / sizeof(Block) + 1);
    fuse_options_.workspace = workspace_.data();
    fuse_options_.workspace_size = workspace_.size() * sizeof(Block);
    // Once, so that whatever is done at a first call has been done, and every page was touched.
    fuse(0);
  }

  /** Takes a sample, in any order of stamps. */
  void add(int64_t sensor, int64_t stamp_ns, const double* values) {
    inputs_[sensor].history->add(stamp_ns, values);
  }

  /** Writes `output`, `valid` and `reason` as of `now_ns`, on the clock of the stamps.
   *
   * Throws where the library refuses the samples (a quaternion of length zero): that is the one case
   * in which memory is allocated. */
  void fuse(int64_t now_ns) {
    for (int64_t j = 0; j < steps(); ++j) {
      times_[j] = now_ns - window_.delay_ns - (steps() - 1 - j) * window_.period_ns;
    }
    for (Input& input : inputs_) look_at(input);
    require(rc_fuse(context_.get(), streams_.data(), count(), times_tensor_.get(), &fuse_options_,
                    output_tensor_.get()));
  }

  int64_t count() const { return static_cast<int64_t>(sensors_.size()); }
  int64_t steps() const { return window_.steps; }
  int64_t width() const { return width_; }
  const Sensor& sensor(int64_t i) const { return sensors_[i]; }
  const History& history(int64_t sensor) const { return *inputs_[sensor].history; }

  /** [steps, width]: the channels of the sensors side by side. */
  const std::vector<float>& output() const { return output_; }
  /** [steps, sensors]: 0 where a sensor has nothing to say: silent for longer than its `max_gap_ns`, or
   * not heard of yet. Its channels are 0 there. */
  const std::vector<uint8_t>& valid() const { return valid_; }
  /** [steps], bits of ::rc_reason: why. */
  const std::vector<uint8_t>& reason(int64_t sensor) const { return inputs_[sensor].reason; }

 private:
  /** An rc_tensor whose shape lives as long as it does. */
  struct Tensor {
    rc_tensor view = {};
    std::vector<int64_t> shape;
    rc_tensor* get() { return &view; }
  };

  struct Input {
    std::unique_ptr<History> history;
    std::vector<uint8_t> reason;
    Tensor reason_tensor, stamps_tensor, values_tensor;
    rc_resample_options rules = RC_RESAMPLE_OPTIONS_INIT;
    rc_stream stream = RC_STREAM_INIT;
  };

  struct alignas(16) Block {
    char bytes[16];
  };

  struct Destroy {
    void operator()(rc_context* context) const { rc_context_destroy(context); }
  };

  static Tensor tensor(void* data, rc_dtype dtype, std::vector<int64_t> shape) {
    Tensor made;
    made.shape = std::move(shape);
    const auto rank = static_cast<int32_t>(made.shape.size());
    made.view = {data, {RC_DEVICE_CPU, 0}, rank, dtype, made.shape.data(), nullptr, 0};
    return made;
  }

  /** The tensors of a sensor's samples, as they lie now. */
  static void look_at(Input& input) {
    input.stamps_tensor.view.data = input.history->stamps();
    input.values_tensor.view.data = input.history->values();
    input.stamps_tensor.shape[0] = input.values_tensor.shape[0] = input.history->size();
  }

  static void require(rc_status status) {
    if (status != RC_SUCCESS) throw std::runtime_error(rc_last_error_message());
  }

  std::vector<Sensor> sensors_;
  Window window_;
  int64_t width_ = 0;
  std::unique_ptr<rc_context, Destroy> context_;
  std::vector<int64_t> times_;
  std::vector<float> output_;
  std::vector<uint8_t> valid_;
  Tensor times_tensor_, output_tensor_, valid_tensor_;
  std::vector<Input> inputs_;
  std::vector<const rc_stream*> streams_;
  rc_fuse_options fuse_options_ = RC_FUSE_OPTIONS_INIT;
  std::vector<Block> workspace_;
};

}  // namespace realtime
