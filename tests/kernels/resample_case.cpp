// SPDX-License-Identifier: Apache-2.0
#include "resample_case.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace {

std::string combination_trait(int mode, Dtype values, Dtype times) {
  return std::string(kModes[static_cast<size_t>(mode)]) + " of " + name_of(values) + " at " +
         name_of(times) + " times";
}

bool is_copy(int32_t mode) {
  return mode == RC_MODE_PREVIOUS || mode == RC_MODE_NEXT || mode == RC_MODE_NEAREST ||
         mode == RC_MODE_LAST;
}

/** Times as both of their types; one of them is used. */
struct Time {
  int64_t ticks;
  double seconds;
};

int64_t add(int64_t a, int64_t b) {
  int64_t sum;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return b > 0 ? std::numeric_limits<int64_t>::max() : std::numeric_limits<int64_t>::min();
}

class Builder {
 public:
  Builder(Random& random, int combination)
      : r_(random),
        mode_(combination % 12),
        values_type_(kValueTypes[combination / 12 % 8]),
        time_type_(kTimeTypes[combination / 96 % 3]) {}

  ResampleCase build() {
    choose_sizes();
    choose_rules();
    make_source_times();
    make_values();
    make_layout();
    make_targets();
    make_outputs();
    trait(combination_trait(mode_, values_type_, time_type_));
    if (r_.chance(8)) plant_fault();
    return std::move(case_);
  }

 private:
  void trait(const std::string& text) { case_.traits.push_back(text); }
  TestTensor& add_tensor(const std::string& name, Dtype dtype, std::vector<int64_t> shape,
                         bool written = false, bool repeat = false) {
    return case_.tensors[name] = make_tensor(r_, dtype, std::move(shape), written, repeat);
  }

  void choose_sizes() {
    layout_ = r_.pick<std::string>({"batch", "batch", "single", "packed"});
    sequences_ = layout_ == "single" ? 1 : r_.pick<int64_t>({0, 1, 1, 2, 3, 7});
    samples_ = r_.pick<int64_t>({0, 1, 2, 3, 4, 17, 33, 200});
    targets_ = r_.pick<int64_t>({0, 1, 3, 127, 128, 129, 300});
    ids_ = r_.chance(25);
    rows_ = ids_ ? r_.pick<int64_t>({0, 1, 5, 40}) : sequences_;
    if (ids_ && sequences_ == 0) rows_ = 0;
    packed_targets_ = r_.chance(25);
    // Channels: from one to more than a block of threads.
    const int64_t quads = r_.pick<int64_t>({1, 1, 2, 3, 40});
    width_ = mode_ == RC_MODE_SLERP
                 ? 4 * quads
                 : r_.pick<int64_t>({1, 2, 3, 4, 7, 8, 14, 16, 31, 33, 130, 257});
    // What is large on one side is small on the other.
    if (width_ > 40 && rows_ > 7) rows_ = 7;
    if (width_ > 40 && targets_ > 130) targets_ = 5;
    // More on one sample than a block of threads takes at once.
    crowded_ = width_ <= 16 && rows_ <= 7 && r_.chance(15);
    if (crowded_) targets_ = 1100;
    index_only_ = r_.chance(5);
    trait("layout " + layout_);
    if (crowded_) trait("crowded targets");
    if (ids_) trait("sequence_ids");
    if (packed_targets_) trait("target_offsets");
  }

  void choose_groups() {
    if (mode_ == RC_MODE_SLERP || index_only_ || r_.chance(65)) {
      case_.options.mode = mode_;
      if (index_only_) return;
      if (mode_ != RC_MODE_SLERP && r_.chance(50)) return;
      case_.channels.push_back({0, width_, mode_, 0});
      if (mode_ == RC_MODE_SLERP) case_.options.mode = r_.pick<int32_t>({0, 1, 5});
      return;
    }
    // The mode under test beside another one, which also serves what no group names.
    case_.options.mode = static_cast<int32_t>(r_.pick<int>({0, 1, 2, 3, 4, 6, 7, 9, 11}));
    int64_t begin = 0, named = 0;
    while (begin < width_ && case_.channels.size() < 64) {
      const int64_t count = r_.integer(1, width_ - begin);
      const bool tested = begin == 0 || r_.chance(50);
      case_.channels.push_back(
          {begin, count, tested ? mode_ : r_.pick<int32_t>({0, 1, 3, 4, 6, 8}), 0});
      begin += count + r_.integer(0, 2);
      named += count;
    }
    // No channel is left for it, so that no window may be given for it.
    if (named == width_ && case_.options.mode >= RC_MODE_MEAN) case_.options.mode = RC_MODE_LINEAR;
    trait("channel groups");
  }

  void choose_rules() {
    rc_resample_options& o = case_.options;
    choose_groups();
    bool aggregates = o.mode >= RC_MODE_MEAN, copies = is_copy(o.mode);
    for (const rc_channels& group : case_.channels) {
      aggregates = aggregates || group.mode >= RC_MODE_MEAN;
      copies = copies && is_copy(group.mode);
    }
    o.outside = static_cast<int32_t>(r_.integer(0, 2));
    o.duplicates = static_cast<int32_t>(r_.integer(0, 2));
    if (r_.chance(10)) o.order = r_.pick<int32_t>({RC_ORDER_SORT, RC_ORDER_DROP});
    if (is_float(values_type_) && r_.chance(30)) o.flags |= RC_RESAMPLE_SKIP_NAN;
    if (r_.chance(20)) o.flags |= RC_RESAMPLE_SKIP_VALIDATION;
    if (aggregates) {
      o.window.before = duration(6.0);
      if (r_.chance(50)) o.window.after = duration(4.0);
    }
    if (r_.chance(40)) {
      o.max_gap = duration(2.0);
      trait("max_gap");
    }
    if (r_.chance(30)) {
      o.clock = {duration(9.0), duration(3.0), r_.pick<double>({0.0, 1e-6, -0.25, 0.5})};
      trait("clock");
    }
    output_type_ = r_.pick<Dtype>({Dtype::f16, Dtype::bf16, Dtype::f32, Dtype::f64});
    if (!is_float(values_type_) && copies && o.duplicates != RC_DUPLICATES_MEAN && r_.chance(60)) {
      output_type_ = values_type_;
    }
    o.fill_value = is_float(output_type_)
                       ? r_.pick<double>({0.0, -1.5, std::nan(""), 1e300, 1.0 / 3})
                       : static_cast<double>(r_.integer(0, 100));
    static const char* const outside[] = {"hold", "fill", "extrapolate"};
    static const char* const duplicates[] = {"last", "first", "mean"};
    static const char* const order[] = {"check", "sort", "drop"};
    trait(std::string("outside ") + outside[o.outside]);
    trait(std::string("duplicates ") + duplicates[o.duplicates]);
    trait(std::string("order ") + order[o.order]);
    if (o.flags & RC_RESAMPLE_SKIP_NAN) trait("skip_nan");
    if (o.flags & RC_RESAMPLE_SKIP_VALIDATION) trait("skip_validation");
  }

  /** About `steps` samples long. */
  rc_duration duration(double steps) {
    const double part = r_.real(0.1, 1.0) * steps;
    if (time_type_ != Dtype::i64) return {0, part * step_.seconds};
    return {static_cast<int64_t>(part * static_cast<double>(step_.ticks)) + 1, 0};
  }

  void make_source_times() {
    // Without values the times tell how many sequences there are.
    const bool shared =
        layout_ != "packed" && r_.chance(40) && !(index_only_ && layout_ == "batch");
    const int64_t sequences = layout_ == "packed" ? 1 : shared ? 1 : sequences_;
    const int64_t count = layout_ == "packed" ? sequences_ * samples_ + 5 : samples_;
    std::vector<int64_t> shape = {count};
    if (layout_ == "batch" && !shared) shape = {sequences_, samples_};
    TestTensor& t = add_tensor("source_times", time_type_, shape, false, !case_.options.order);
    if (layout_ == "batch" && shared) trait("shared source times");
    for (int64_t e = 0; e < sequences; ++e) {
      Time time = {r_.pick<int64_t>({0, 1700000000000000000, -(int64_t{1} << 62),
                                     std::numeric_limits<int64_t>::min(),
                                     std::numeric_limits<int64_t>::max() - 3000}),
                   r_.pick<double>({0.0, 1.7e9, -3.0, 1e12})};
      // Finite times whose difference is not.
      const bool infinite = time_type_ == Dtype::f64 && r_.chance(5);
      if (infinite) time.seconds = -1.7e308;
      const int restart = static_cast<int>(r_.integer(2, 50));
      // Of an even clock, and late by up to half a step.
      const bool jittered = r_.chance(30);
      if (jittered) trait("jittered clock");
      for (int64_t i = 0; i < count; ++i) {
        const double late = jittered ? r_.real(0, 0.5) : 0;
        Time stamp = after(time, late, late);
        if (infinite && i == count - 1) stamp.seconds = 1.7e308;
        put_time(t, e * count + i, stamp);
        const double part = jittered ? 1 : r_.pick<double>({0, 1, 1, 1, 0.3, 1.7, 12});
        time = after(time, part, jittered ? part : part * r_.real(0.9, 1.1));
        const bool back = case_.options.order != RC_ORDER_CHECK && i % restart == restart - 1;
        if (back) time = after(time, -4, -4);
      }
    }
  }

  /** So many steps later, of ticks and of seconds. */
  Time after(const Time& time, double ticks, double seconds) const {
    return {add(time.ticks, static_cast<int64_t>(ticks * static_cast<double>(step_.ticks))),
            time.seconds + seconds * step_.seconds};
  }

  void put_time(TestTensor& t, int64_t flat, const Time& time) {
    if (time_type_ == Dtype::i64) return t.put(flat, time.ticks);
    if (time_type_ == Dtype::f64) return t.put(flat, time.seconds);
    t.put(flat, static_cast<float>(time.seconds));
  }

  void make_values() {
    if (index_only_) return trait("index outputs only");
    std::vector<int64_t> shape = {sequences_, samples_, width_};
    if (layout_ == "single") shape = {samples_, width_};
    if (layout_ == "packed") shape = {sequences_ * samples_ + 5, width_};
    TestTensor& t = add_tensor("values", values_type_, shape, false, mode_ != RC_MODE_SLERP);
    const std::string kind = r_.pick<std::string>(
        {"smooth", "smooth", "special", mode_ == RC_MODE_SLERP ? "smooth" : "bits"});
    for (int64_t i = 0; i < t.count(); ++i) put_value(t, i, kind);
  }

  void put_value(TestTensor& t, int64_t i, const std::string& kind) {
    if (kind == "bits") return put_bits(t, i, r_.bits());
    double value = r_.real(-7, 7);
    if (kind == "special" && r_.chance(25)) {
      value = r_.pick<double>({std::nan(""), INFINITY, -INFINITY, -0.0, 6e4, 3e38, 1e-40, 1e-7});
    }
    switch (values_type_) {
      case Dtype::f64:
        return t.put(i, value);
      case Dtype::f32:
        return t.put(i, static_cast<float>(value));
      case Dtype::bf16:
        return put_bits(t, i, bits_of(static_cast<float>(value)) >> 16);
      case Dtype::f16:
        return put_bits(t, i, half_bits(static_cast<float>(value)));
      default:
        // Odd, and so never 0.
        return put_bits(t, i, r_.bits() | 1);
    }
  }

  static void put_bits(TestTensor& t, int64_t i, uint64_t bits) {
    std::memcpy(t.at(i), &bits, static_cast<size_t>(size_of(t.dtype)));
  }
  static uint32_t bits_of(float value) {
    uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    return bits;
  }
  /** Some float16 near a float: rounded toward zero. */
  static uint64_t half_bits(float value) {
    const uint32_t bits = bits_of(value), sign = bits >> 16 & 0x8000;
    if (std::isnan(value)) return sign | 0x7e01;
    if (std::fabs(value) >= 65536.0f) return sign | 0x7c00;
    if (std::fabs(value) < 6.2e-5f) return sign | 3;
    return sign | ((bits & 0x7fffffff) - (112u << 23)) >> 13;
  }

  /** Not decreasing, from `first` to `last`. */
  void fill_offsets(TestTensor& t, int64_t first, int64_t last) {
    std::vector<int64_t> offsets(static_cast<size_t>(t.count()));
    for (int64_t& offset : offsets) offset = r_.integer(first, last);
    std::sort(offsets.begin(), offsets.end());
    for (int64_t i = 0; i < t.count(); ++i) t.put(i, offsets[static_cast<size_t>(i)]);
  }

  void make_layout() {
    if (layout_ == "packed") {
      TestTensor& t = add_tensor("offsets", Dtype::i64, {sequences_ + 1});
      fill_offsets(t, 0, sequences_ * samples_ + 5);
      restart_packed_times(t);
    } else if (layout_ == "batch" && r_.chance(30)) {
      TestTensor& t = add_tensor("lengths", Dtype::i64, {sequences_});
      for (int64_t e = 0; e < sequences_; ++e) t.put(e, r_.integer(0, samples_));
      trait("lengths");
    }
    if (ids_) {
      TestTensor& t = add_tensor("sequence_ids", Dtype::i64, {rows_});
      for (int64_t b = 0; b < rows_; ++b) t.put(b, r_.integer(0, sequences_ - 1));
    }
  }

  /** Each sequence begins anew, so that times step back between two. */
  void restart_packed_times(TestTensor& offsets) {
    TestTensor& times = case_.tensors["source_times"];
    if (times.count() == 0) return;
    TestTensor before = times;
    for (int64_t e = 1; e < sequences_; e += 2) {
      const int64_t begin = offsets.get<int64_t>(e), end = offsets.get<int64_t>(e + 1);
      for (int64_t i = begin; i < end; ++i) {
        std::memcpy(times.at(i), before.at(i - begin), static_cast<size_t>(size_of(time_type_)));
      }
    }
  }

  void make_targets() {
    const bool shared = !packed_targets_ && r_.chance(40);
    const int64_t total = packed_targets_ ? (rows_ == 0 ? 0 : targets_ * 2) : targets_;
    std::vector<int64_t> shape = {total};
    if (!packed_targets_ && !shared) shape = {rows_, targets_};
    if (layout_ == "single" && !ids_ && !packed_targets_) shape = {targets_};
    TestTensor& t = add_tensor("target_times", time_type_, shape, false, true);
    if (packed_targets_) {
      TestTensor& offsets = add_tensor("target_offsets", Dtype::i64, {rows_ + 1});
      fill_offsets(offsets, 0, total);
      offsets.put<int64_t>(0, 0);
      offsets.put(rows_, total);
    }
    if (shared) trait("shared target times");
    TestTensor& source = case_.tensors["source_times"];
    const int64_t samples = source.count();
    const int64_t crowd = crowded_ && samples > 0 ? r_.integer(0, samples - 1) : -1;
    for (int64_t i = 0; i < t.count(); ++i) put_time(t, i, target_near(source, samples, crowd));
    if (r_.chance(50)) {
      sort_rows(t);
    } else {
      trait("targets in no order");
    }
  }

  /** Most are next to sample `crowd`, unless that is -1. */
  Time target_near(TestTensor& source, int64_t samples, int64_t crowd) {
    if (samples == 0 || r_.chance(3)) {
      return {r_.pick<int64_t>(
                  {0, std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()}),
              r_.pick<double>({0.0, -1e30, 1e30, time_type_ == Dtype::f64 ? 1.6e308 : 1.0})};
    }
    const int64_t i = crowd >= 0 && r_.chance(95) ? crowd : r_.integer(0, samples - 1);
    const double part = r_.pick<double>({0, 0, 0.5, r_.real(-1, 1), r_.real(-9, 9)});
    if (time_type_ == Dtype::i64) return after({source.get<int64_t>(i), 0}, part, 0);
    const double at = time_type_ == Dtype::f64 ? source.get<double>(i) : source.get<float>(i);
    return after({0, at}, 0, part);
  }

  void sort_rows(TestTensor& t) {
    if (t.shape.back() == 0 || !t.strides.empty()) return;
    if (time_type_ == Dtype::i64) {
      sort_rows_of<int64_t>(t);
    } else if (time_type_ == Dtype::f64) {
      sort_rows_of<double>(t);
    } else {
      sort_rows_of<float>(t);
    }
    trait("sorted targets");
  }

  template <class T>
  static void sort_rows_of(TestTensor& t) {
    std::vector<T> row(static_cast<size_t>(t.shape.back()));
    for (int64_t begin = 0; begin < t.count(); begin += t.shape.back()) {
      for (size_t i = 0; i < row.size(); ++i) row[i] = t.get<T>(begin + static_cast<int64_t>(i));
      std::sort(row.begin(), row.end());
      for (size_t i = 0; i < row.size(); ++i) t.put(begin + static_cast<int64_t>(i), row[i]);
    }
  }

  void make_outputs() {
    std::vector<int64_t> shape = {rows_, targets_};
    if (layout_ == "single" && !ids_) shape = {targets_};
    if (packed_targets_) shape = {case_.tensors["target_times"].shape[0]};
    const int quality = index_only_ ? 100 : r_.pick<int>({0, 30, 100});
    const auto maybe = [&](const char* name, Dtype type) {
      if (!r_.chance(quality)) return;
      add_tensor(name, type, shape, true);
      trait(name);
    };
    maybe("valid", Dtype::u8);
    maybe("reason", Dtype::u8);
    maybe("source_index", Dtype::i64);
    maybe("next_index", Dtype::i64);
    maybe("weight", r_.chance(50) ? Dtype::f32 : Dtype::f64);
    maybe("age", time_type_ == Dtype::i64 ? Dtype::i64 : Dtype::f64);
    if (index_only_) return;
    shape.push_back(width_);
    add_tensor("output", output_type_, shape, true);
    trait(std::string("values ") + name_of(values_type_) + " to " + name_of(output_type_));
  }

  void plant_fault() {
    case_.options.flags &= ~static_cast<uint32_t>(RC_RESAMPLE_SKIP_VALIDATION);
    const std::string name =
        r_.pick<std::string>({"source_times", "source_times", "source_times", "target_times",
                              "offsets", "lengths", "sequence_ids", "target_offsets", "values"});
    const auto found = case_.tensors.find(name);
    if (found == case_.tensors.end() || found->second.count() == 0) return;
    TestTensor& t = found->second;
    const int64_t i = r_.integer(0, t.count() - 1);
    case_.has_wrong_times = name == "source_times" || name == "target_times";
    if (name == "source_times" && r_.chance(30)) {
      shuffle(t);
    } else if (name == "source_times" && i > 0 && r_.chance(60)) {
      // One step back, wherever it is.
      std::swap_ranges(t.at(i - 1), t.at(i - 1) + size_of(t.dtype), t.at(i));
    } else if (t.dtype == Dtype::i64) {
      t.put(i, r_.pick<int64_t>({-1, std::numeric_limits<int64_t>::min(), 1 << 20,
                                 std::numeric_limits<int64_t>::max(), 0}));
    } else if (name == "values" && mode_ == RC_MODE_SLERP) {
      for (int64_t c = i / 4 * 4; c < i / 4 * 4 + 4; ++c) put_bits(t, c, 0);
    } else if (name != "values") {
      put_time(t, i, {0, r_.pick<double>({std::nan(""), INFINITY, -1e20})});
    }
  }

  void shuffle(TestTensor& t) {
    for (int64_t i = t.count() - 1; i > 0; --i) {
      unsigned char *const one = t.at(i), *const other = t.at(r_.integer(0, i));
      if (one != other) std::swap_ranges(one, one + size_of(t.dtype), other);
    }
  }

  Random& r_;
  ResampleCase case_;
  int32_t mode_;
  Dtype values_type_, time_type_, output_type_ = Dtype::f32;
  std::string layout_;
  int64_t sequences_ = 0, samples_ = 0, rows_ = 0, targets_ = 0, width_ = 0;
  bool ids_ = false, packed_targets_ = false, index_only_ = false, crowded_ = false;
  Time step_ = {10000019, 0.0101};
};

}  // namespace

std::vector<std::string> expected_traits() {
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
                                     "order drop",
                                     "index outputs only",
                                     "valid",
                                     "reason",
                                     "source_index",
                                     "next_index",
                                     "weight",
                                     "age"};
  for (int mode = 0; mode < 12; ++mode) {
    for (const Dtype values : kValueTypes) {
      for (const Dtype times : kTimeTypes) traits.push_back(combination_trait(mode, values, times));
    }
  }
  for (const Dtype from : kValueTypes) {
    for (const Dtype to : {Dtype::f16, Dtype::bf16, Dtype::f32, Dtype::f64}) {
      traits.push_back(std::string("values ") + name_of(from) + " to " + name_of(to));
    }
    if (!is_float(from)) {
      traits.push_back(std::string("values ") + name_of(from) + " to " + name_of(from));
    }
  }
  return traits;
}

ResampleCase make_resample_case(Random& random, int combination) {
  return Builder(random, combination).build();
}
