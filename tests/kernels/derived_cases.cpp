// SPDX-License-Identifier: Apache-2.0
#include "derived_cases.h"

#include <algorithm>
#include <cmath>

namespace {

constexpr const char* kQuality[] = {"valid",      "reason", "source_index",
                                    "next_index", "weight", "age"};

const char* name_of(Operation operation) {
  static const char* const names[] = {"resample", "fuse", "gradient", "fuse gradient"};
  return names[static_cast<int>(operation)];
}

bool is_fuse(Operation operation) {
  return operation == Operation::kFuse || operation == Operation::kFuseGradient;
}
bool is_gradient(Operation operation) {
  return operation == Operation::kGradient || operation == Operation::kFuseGradient;
}

class Derivation {
 public:
  Derivation(Random& random, Operation operation, ResampleCase& c)
      : r_(random), operation_(operation), case_(c) {}

  bool derive() {
    if (case_.tensors.count("values") == 0) return false;
    const bool floats = is_float(case_.tensors["values"].dtype);
    if (operation_ == Operation::kGradient && !floats) return false;
    case_.operation = operation_;
    output_type_ = case_.tensors["output"].dtype;
    shape_ = case_.tensors["output"].shape;
    width_ = shape_.back();
    shape_.pop_back();
    case_.tensors.erase("output");
    if (is_gradient(operation_)) {
      for (const char* name : kQuality) case_.tensors.erase(name);
    }
    rename_traits();
    if (is_fuse(operation_)) {
      fuse();
    } else {
      add_gradient("grad_values", "values");
      add_grad_output("grad_output", width_);
      if (can_do_without_values() && r_.chance(50)) case_.tensors.erase("values");
    }
    return true;
  }

 private:
  void trait(const std::string& text) {
    case_.traits.push_back(std::string(name_of(operation_)) + ": " + text);
  }
  TestTensor& add_tensor(const std::string& name, Dtype dtype, std::vector<int64_t> shape,
                         bool written) {
    return case_.tensors[name] = make_tensor(r_, dtype, std::move(shape), written);
  }
  std::vector<int64_t> with_last(int64_t last) const {
    std::vector<int64_t> shape = shape_;
    shape.push_back(last);
    return shape;
  }
  Dtype any_float() { return r_.pick<Dtype>({Dtype::f16, Dtype::bf16, Dtype::f32, Dtype::f64}); }

  void rename_traits() {
    const std::vector<std::string> before = std::move(case_.traits);
    case_.traits.clear();
    for (const std::string& one : before) {
      // "linear of float32 at int64 times" tells three things.
      const size_t of = one.find(" of "), at = one.find(" at ");
      if (of == std::string::npos || at == std::string::npos) {
        trait(one);
        continue;
      }
      trait("mode " + one.substr(0, of));
      trait("values " + one.substr(of + 4, at - of - 4));
      trait("at " + one.substr(at + 4));
    }
  }

  void add_grad_output(const std::string& name, int64_t width) {
    TestTensor& t =
        add_tensor(name, r_.pick<Dtype>({Dtype::f32, Dtype::f64}), with_last(width), false);
    for (int64_t i = 0; i < t.count(); ++i) {
      const double g = r_.real(-2, 2);
      if (t.dtype == Dtype::f64) {
        t.put(i, g);
      } else {
        t.put(i, static_cast<float>(g));
      }
    }
  }
  void add_gradient(const std::string& name, const std::string& values) {
    add_tensor(name, any_float(), case_.tensors[values].shape, true);
  }

  bool can_do_without_values() const {
    const auto needs = [](int32_t mode) {
      return mode == RC_MODE_PCHIP || mode == RC_MODE_SLERP || mode == RC_MODE_MIN ||
             mode == RC_MODE_MAX;
    };
    bool can = !(case_.options.flags & RC_RESAMPLE_SKIP_NAN) && !needs(case_.options.mode);
    for (const rc_channels& group : case_.channels) can = can && !needs(group.mode);
    return can;
  }

  void fuse() {
    int64_t elements = width_;
    for (const int64_t length : shape_) elements *= length;
    int64_t count = r_.pick<int64_t>({1, 2, 3, 5, 9});
    if (elements < 20000 && r_.chance(15)) count = RC_MAX_STREAMS;
    add_other_values();
    StreamCase first = {"values", case_.options, case_.channels, width_, {}, "", ""};
    for (const char* name : kQuality) {
      if (case_.tensors.count(name) != 0) first.quality[name] = name;
    }
    case_.streams = {first};
    while (static_cast<int64_t>(case_.streams.size()) < count) {
      // Neither converts to whole numbers.
      const bool any = is_float(output_type_);
      case_.streams.push_back(any && r_.chance(20)   ? absent()
                              : any && r_.chance(30) ? other()
                                                     : changed());
    }
    if (count == RC_MAX_STREAMS) trait("64 streams");
    if (is_gradient(operation_)) {
      add_gradients();
    } else {
      add_outputs();
    }
  }

  void add_other_values() {
    std::vector<int64_t> shape = case_.tensors["values"].shape;
    shape.back() = r_.integer(1, 9);
    TestTensor& t =
        add_tensor("other_values", r_.pick<Dtype>({Dtype::f32, Dtype::f64}), shape, false);
    for (int64_t i = 0; i < t.count(); ++i) {
      const double value = r_.chance(5) ? std::nan("") : r_.real(-9, 9);
      if (t.dtype == Dtype::f64) {
        t.put(i, value);
      } else {
        t.put(i, static_cast<float>(value));
      }
    }
  }

  StreamCase absent() {
    trait("absent stream");
    StreamCase s = {"", RC_RESAMPLE_OPTIONS_INIT, {}, r_.integer(1, 5), {}, "", ""};
    s.options.fill_value = static_cast<double>(r_.integer(0, 9));
    return s;
  }
  /** The same values by other rules. */
  StreamCase changed() {
    StreamCase s = {"values", case_.options, case_.channels, width_, {}, "", ""};
    s.options.outside = static_cast<int32_t>(r_.integer(0, 2));
    s.options.fill_value = static_cast<double>(r_.integer(0, 9));
    if (r_.chance(50)) s.options.max_gap = {0, 0};
    if (r_.chance(20)) s.options.order = r_.pick<int32_t>({RC_ORDER_SORT, RC_ORDER_DROP});
    if (r_.chance(50)) s.options.clock = {};
    return s;
  }
  /** Other values, of another type and width. */
  StreamCase other() {
    trait("other values");
    StreamCase s = {
        "other_values", case_.options, {}, case_.tensors["other_values"].shape.back(), {}, "", ""};
    s.options.mode = r_.pick<int32_t>({RC_MODE_LINEAR, RC_MODE_PREVIOUS, RC_MODE_PCHIP});
    s.options.window = {};
    if (r_.chance(40)) s.options.flags ^= RC_RESAMPLE_SKIP_NAN;
    return s;
  }

  int64_t fused_width() const {
    int64_t width = 0;
    for (const StreamCase& s : case_.streams) width += s.width;
    return width;
  }

  void add_outputs() {
    const auto count = static_cast<int64_t>(case_.streams.size());
    if (r_.chance(70)) {
      trait("concatenated");
      add_tensor("output", output_type_, with_last(fused_width()), true);
    } else {
      trait("separate outputs");
      for (int64_t i = 0; i < count; ++i) {
        StreamCase& s = case_.streams[static_cast<size_t>(i)];
        s.output = "output" + std::to_string(i);
        add_tensor(s.output, output_type_, with_last(s.width), true);
      }
    }
    if (r_.chance(70)) {
      trait("fused valid");
      add_tensor("fused_valid", Dtype::u8, with_last(count), true);
    }
    if (count == 1) return;
    StreamCase& last = case_.streams.back();
    for (const char* name : {"valid", "reason"}) {
      last.quality[name] = std::string(name) + " of the last";
      add_tensor(last.quality[name], Dtype::u8, shape_, true);
    }
  }

  void add_gradients() {
    for (size_t i = 0; i < case_.streams.size(); ++i) {
      StreamCase& s = case_.streams[i];
      if (s.values.empty() || !is_float(case_.tensors[s.values].dtype) || r_.chance(20)) continue;
      s.grad_values = "grad_values" + std::to_string(i);
      add_gradient(s.grad_values, s.values);
    }
    if (r_.chance(70)) {
      trait("concatenated");
      return add_grad_output("grad_output", fused_width());
    }
    trait("separate outputs");
    for (size_t i = 0; i < case_.streams.size(); ++i) {
      case_.streams[i].output = "grad_output" + std::to_string(i);
      add_grad_output(case_.streams[i].output, case_.streams[i].width);
    }
  }

  Random& r_;
  Operation operation_;
  ResampleCase& case_;
  Dtype output_type_ = Dtype::f32;
  /** Of the output, but for its channels. */
  std::vector<int64_t> shape_;
  int64_t width_ = 0;
};

}  // namespace

std::vector<std::string> expected_traits(Operation operation) {
  if (operation == Operation::kResample) return expected_traits();
  std::vector<std::string> traits = {"layout batch",
                                     "layout single",
                                     "layout packed",
                                     "lengths",
                                     "sequence_ids",
                                     "target_offsets",
                                     "shared source times",
                                     "jittered clock",
                                     "shared target times",
                                     "sorted targets",
                                     "targets in no order",
                                     "crowded targets",
                                     "channel groups",
                                     "skip_nan",
                                     "skip_validation",
                                     "max_gap",
                                     "clock",
                                     "outside hold",
                                     "outside fill",
                                     "outside extrapolate",
                                     "duplicates last",
                                     "duplicates first",
                                     "duplicates mean",
                                     "order check",
                                     "order sort",
                                     "order drop"};
  for (const char* mode : kModes) traits.push_back(std::string("mode ") + mode);
  for (const Dtype type : kValueTypes) {
    if (operation != Operation::kGradient || is_float(type)) {
      traits.push_back(std::string("values ") + ::name_of(type));
    }
  }
  for (const Dtype type : kTimeTypes) {
    traits.push_back(std::string("at ") + ::name_of(type) + " times");
  }
  if (is_fuse(operation)) {
    for (const char* one :
         {"absent stream", "other values", "64 streams", "concatenated", "separate outputs"}) {
      traits.push_back(one);
    }
  }
  if (operation == Operation::kFuse) {
    traits.insert(traits.end(), std::begin(kQuality), std::end(kQuality));
    traits.push_back("fused valid");
  }
  for (std::string& one : traits) one = std::string(name_of(operation)) + ": " + one;
  return traits;
}

bool derive_case(Random& random, Operation operation, ResampleCase& c) {
  return Derivation(random, operation, c).derive();
}
