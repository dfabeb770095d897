// SPDX-License-Identifier: Apache-2.0
// Failures: an error keeps its own sentence, a result its value; codes without a name pass through.
#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "check.hpp"

using namespace robocache;

namespace {

void an_error_keeps_its_sentence() {
  const auto first = failure_of([] { return device_count(DeviceType::automatic); });
  const auto second = failure_of([] { return target_clock(1, 0, 1); });
  if (!first || !second) return report(__FILE__, __LINE__, "expected two failures");
  CHECK_EQUAL(first->what(), std::string("rc_device_count: device_type: expected RC_DEVICE_CPU or "
                                         "RC_DEVICE_CUDA, got 0"));
  CHECK(first->code() == Code::invalid_argument);
  CHECK_EQUAL(first->name(), std::string("RC_ERROR_INVALID_ARGUMENT"));
  CHECK(std::string(second->what()).find("rc_target_clock: ") == 0);
  const Error copy = *first;
  CHECK_EQUAL(copy.what(), std::string(first->what()));
}

void codes_of_later_releases() {
  const Error unknown(static_cast<Code>(777), "rc_something: new");
  CHECK_EQUAL(static_cast<rc_status>(unknown.code()), 777);
  CHECK_EQUAL(unknown.name(), std::string("RC_STATUS_UNKNOWN"));
}

void results() {
  Result<std::unique_ptr<int>> good = std::make_unique<int>(7);
  CHECK(good && good.has_value());
  CHECK_EQUAL(**good, 7);
  CHECK_EQUAL(*good->get(), 7);
  const std::unique_ptr<int> taken = *std::move(good);
  CHECK_EQUAL(*taken, 7);
  const Result<int> bad = Error(Code::cuda, "why");
  CHECK(!bad && !bad.has_value());
  CHECK(bad.error().code() == Code::cuda);
  CHECK_EQUAL(bad.error().what(), std::string("why"));
  const Result<void> nothing;
  CHECK(nothing && nothing.has_value());
  const Result<void> failed = Error(Code::internal, "why");
  CHECK(!failed && failed.error().code() == Code::internal);
}

#ifdef ROBOCACHE_NO_EXCEPTIONS
static_assert(std::is_same_v<decltype(Context::create()), Result<Context>>);
static_assert(std::is_same_v<decltype(check_version()), Result<void>>);
static_assert(!std::is_default_constructible_v<Context>);
#else
static_assert(std::is_same_v<decltype(Context::create()), Context>);
static_assert(std::is_same_v<decltype(check_version()), void>);
static_assert(std::is_default_constructible_v<Context>);
static_assert(std::is_base_of_v<std::runtime_error, Error>);
#endif

}  // namespace

int main() {
  an_error_keeps_its_sentence();
  codes_of_later_releases();
  results();
  return failed_checks != 0;
}
