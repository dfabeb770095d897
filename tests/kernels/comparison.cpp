// SPDX-License-Identifier: Apache-2.0
#include "comparison.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <sstream>

#include "elements.h"

namespace {

/** Differences that are told of each variant. */
constexpr int64_t kTold = 5;
/** How many times the cases run at most while a trait is missing. */
constexpr int64_t kMaxRounds = 4;

std::string text_of(const std::vector<std::string>& traits) {
  std::string text;
  for (const std::string& trait : traits) text += (text.empty() ? "" : ", ") + trait;
  return text;
}

std::string text_of(TestTensor& t, int64_t flat) {
  std::ostringstream text;
  text.precision(17);
  if (t.dtype == Dtype::i64) {
    text << t.get<int64_t>(flat);
  } else {
    text << get_value(t, flat);
  }
  text << " (0x" << std::hex;
  for (int i = size_of(t.dtype); i-- > 0;) {
    const int byte = t.at(flat)[i];
    text << (byte < 16 ? "0" : "") << byte;
  }
  text << ')';
  return text.str();
}

/** "[1, 20]" of an element, by its place in row-major order. */
std::string place_of(const TestTensor& t, int64_t flat) {
  std::string text;
  for (size_t axis = t.shape.size(); axis-- > 0;) {
    text = std::to_string(flat % t.shape[axis]) + (text.empty() ? "" : ", ") + text;
    flat /= t.shape[axis];
  }
  return "[" + text + "]";
}

/** Where two tensors of one layout differ; empty: nowhere. */
std::string difference(const std::string& name, TestTensor expected, TestTensor got) {
  if (expected.bytes == got.bytes) return "";
  const auto size = static_cast<size_t>(size_of(expected.dtype));
  int64_t first = -1, count = 0;
  for (int64_t i = 0; i < expected.count(); ++i) {
    if (std::memcmp(expected.at(i), got.at(i), size) == 0) continue;
    if (count++ == 0) first = i;
  }
  if (count == 0) return name + ": a byte beside the elements was written";
  return name + place_of(expected, first) + " of " + name_of(expected.dtype) + ": expected " +
         text_of(expected, first) + ", got " + text_of(got, first) + "; " + std::to_string(count) +
         " of " + std::to_string(expected.count()) + " elements differ";
}

}  // namespace

std::string difference(const Result& expected, const Result& got) {
  if (expected.status != got.status || expected.message != got.message) {
    return std::string("expected ") + rc_status_name(expected.status) + " \"" + expected.message +
           "\", got " + rc_status_name(got.status) + " \"" + got.message + "\"";
  }
  for (const auto& [name, tensor] : got.written) {
    const std::string what = difference(name, expected.written.at(name), tensor);
    if (!what.empty()) return what;
  }
  return "";
}

Result result_of(rc_status status, std::string message, const Tensors& tensors) {
  Result result = {status, std::move(message), {}};
  for (const auto& [name, tensor] : tensors) {
    if (tensor.written) result.written[name] = tensor;
  }
  return result;
}

Comparison::Comparison(int argc, char** argv, int64_t cases_for_all_traits,
                       std::vector<std::string> expected_traits)
    : cases_(cases_for_all_traits),
      expected_traits_(std::move(expected_traits)),
      seed_(std::random_device()()) {
  std::string only;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string flag = argv[i];
    if (flag == "--cases") cases_ = std::atoll(argv[i + 1]);
    if (flag == "--seed") seed_ = std::strtoull(argv[i + 1], nullptr, 10);
    if (flag == "--only") only = argv[i + 1];
    if (flag == "--require") required_ = argv[i + 1];
  }
  shows_all_ = cases_ >= cases_for_all_traits;
  std::printf("seed %llu, %lld cases\n", static_cast<unsigned long long>(seed_),
              static_cast<long long>(cases_));
  for (std::unique_ptr<Variant>& variant : make_variants()) {
    if (!only.empty() && only != variant->name()) continue;
    if (variant->why_not().empty()) {
      entries_.emplace_back().variant = std::move(variant);
    } else {
      std::printf("%-14s not here: %s\n", variant->name(), variant->why_not().c_str());
    }
  }
}

void Comparison::compare(Entry& entry, const Trial& trial, const Result& expected,
                         const char* how) {
  const std::string what = difference(expected, entry.variant->run(trial.tensors, trial.call));
  if (!what.empty()) {
    if (++entry.different > kTold) return;
    std::printf("%s%s: case %lld: %s\n  (%s)\n", entry.variant->name(), how,
                static_cast<long long>(trial.number), what.c_str(), text_of(trial.traits).c_str());
    return;
  }
  ++entry.equal;
  if (expected.status == RC_SUCCESS) {
    entry.traits.insert(trial.traits.begin(), trial.traits.end());
  } else {
    ++entry.faults;
  }
}

void Comparison::compare_all(const Trial& trial, const Result& expected, const char* how) {
  for (Entry& entry : entries_) compare(entry, trial, expected, how);
}

void Comparison::survive_all(const Trial& trial) {
  Tensors tensors = trial.tensors;
  for (auto& [name, tensor] : tensors) tensor.written = false;
  compare_all({trial.number, trial.traits, tensors, trial.call}, {RC_SUCCESS, "", {}},
              ", unchecked");
}

void Comparison::reject(const Trial& trial, const std::string& what) {
  if (++rejected_ > kTold) return;
  std::printf("reference: case %lld: %s\n  (%s)\n", static_cast<long long>(trial.number),
              what.c_str(), text_of(trial.traits).c_str());
}

std::vector<std::string> Comparison::missing(const Entry& entry) const {
  std::vector<std::string> traits;
  if (!shows_all_) return traits;
  for (const std::string& trait : expected_traits_) {
    if (entry.traits.count(trait) == 0) traits.push_back(trait);
  }
  if (entry.faults == 0) traits.emplace_back("a fault in the data");
  return traits;
}

bool Comparison::wants(int64_t number) const {
  if (number < cases_) return true;
  return number < kMaxRounds * cases_ &&
         std::any_of(
             entries_.begin(), entries_.end(),
             [&](const Entry& entry) { return !missing(entry).empty(); });
}

int Comparison::finish() const {
  bool good = rejected_ == 0 && !entries_.empty();
  bool has_required = required_.empty();
  for (const Entry& entry : entries_) {
    const std::vector<std::string> missing = this->missing(entry);
    std::printf("%-14s %8lld equal (%lld of them faults) %6lld different %6zu traits missing\n",
                entry.variant->name(), static_cast<long long>(entry.equal),
                static_cast<long long>(entry.faults), static_cast<long long>(entry.different),
                missing.size());
    for (const std::string& trait : missing) std::printf("  never ran: %s\n", trait.c_str());
    good = good && missing.empty() && entry.different == 0 && entry.equal > 0;
    has_required = has_required || required_ == entry.variant->name();
  }
  if (rejected_ > 0) std::printf("reference      %8lld wrong\n", static_cast<long long>(rejected_));
  if (!has_required) std::printf("%s was asked for and is not here\n", required_.c_str());
  return good && has_required ? 0 : 1;
}
