// SPDX-License-Identifier: Apache-2.0
/** rc_resample, rc_fuse and their gradients: every variant of the kernels against the reference, to
 * the bit: outputs with all their gaps and margins, and the words for faults in data. The reference is
 * the CPU path with one thread and no SIMD.
 *
 *   parity [--cases N] [--seed S] [--only VARIANT] [--require VARIANT]
 *
 * See comparison.h. */
#include "comparison.h"
#include "derived_cases.h"

namespace {

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
rc_status call(rc_context* context, ResampleCase& c, Arguments& arguments) {
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

constexpr int64_t kCasesForAllTraits = 6 * kCombinations;

void run_unchecked(Comparison& comparison, ResampleCase c, int64_t number) {
  c.options.flags |= RC_RESAMPLE_SKIP_VALIDATION;
  for (StreamCase& s : c.streams) s.options.flags |= RC_RESAMPLE_SKIP_VALIDATION;
  const Call call_case = [&](rc_context* context, Arguments& arguments, const Allocate&) {
    return call(context, c, arguments);
  };
  comparison.survive_all({number, c.traits, c.tensors, call_case});
}

void run(Comparison& comparison, Variant& reference, ResampleCase& c, int64_t number) {
  const Call call_case = [&](rc_context* context, Arguments& arguments, const Allocate&) {
    return call(context, c, arguments);
  };
  const Trial trial = {number, c.traits, c.tensors, call_case};
  const Result expected = reference.run(c.tensors, call_case);
  std::string what;
  if (expected.status == RC_ERROR_INVALID_DATA) {
    what = difference(result_of(expected.status, expected.message, c.tensors), expected);
  } else if (expected.status != RC_SUCCESS) {
    what = expected.message;
  }
  if (!what.empty()) comparison.reject(trial, what);
  comparison.compare_all(trial, expected);
  if (c.has_wrong_times) run_unchecked(comparison, c, number);
}

std::vector<std::string> traits_of_all_operations() {
  std::vector<std::string> traits;
  for (int operation = 0; operation < 4; ++operation) {
    for (const std::string& trait : expected_traits(static_cast<Operation>(operation))) {
      traits.push_back(trait);
    }
  }
  return traits;
}

}  // namespace

int main(int argc, char** argv) {
  Comparison comparison(argc, argv, kCasesForAllTraits, traits_of_all_operations());
  const auto reference = make_cpu_variant("reference", RC_SIMD_BASELINE, 1);
  // Each call of rc_resample, and one of the other operations that follows from it.
  for (int64_t i = 0; comparison.wants(i); ++i) {
    Random random(comparison.seed() + static_cast<uint64_t>(i));
    ResampleCase c = make_resample_case(random, static_cast<int>(i % kCombinations));
    run(comparison, *reference, c, i);
    const auto which = static_cast<size_t>(i + i / kCombinations) % kDerived.size();
    if (derive_case(random, kDerived[which], c)) run(comparison, *reference, c, i);
  }
  return comparison.finish();
}
