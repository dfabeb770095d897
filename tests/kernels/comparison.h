// SPDX-License-Identifier: Apache-2.0
/** Random cases through every variant: what the programs that do so share. Their command line is
 *
 *   [--cases N] [--seed S] [--only VARIANT] [--require VARIANT]
 *
 * They fail when a variant differs, when one that claims to run left out a trait that the cases are
 * to show (fewer cases than there are by default need not show all), or when the required one is not
 * here. Chance may leave out a rare trait: more cases are drawn until it has come. */
#pragma once

#include <set>
#include <string>
#include <vector>

#include "variant.h"

/** One call. */
struct Trial {
  int64_t number;
  const std::vector<std::string>& traits;
  const Tensors& tensors;
  const Call& call;
};

/** Empty, or what is different. */
std::string difference(const Result& expected, const Result& got);

/** A call that ends like this and leaves `tensors` as its written ones. */
Result result_of(rc_status status, std::string message, const Tensors& tensors);

class Comparison {
 public:
  /** Reads the command line and prints the seed. */
  Comparison(int argc, char** argv, int64_t cases_for_all_traits,
             std::vector<std::string> expected_traits);

  /** Whether case `number` is to run, the first being 0. */
  bool wants(int64_t number) const;
  uint64_t seed() const { return seed_; }

  /** Runs a trial on every variant; `how` says what is special about it. */
  void compare_all(const Trial& trial, const Result& expected, const char* how = "");
  /** Runs a trial whose wrong numbers nobody checks: no read and no write outside of the tensors, which
   * sanitizers see. Results may be anything. */
  void survive_all(const Trial& trial);
  /** Notes that a trial went wrong on the reference. */
  void reject(const Trial& trial, const std::string& what);

  /** Prints the counts and returns the exit code. */
  int finish() const;

 private:
  struct Entry {
    std::unique_ptr<Variant> variant;
    int64_t equal = 0, different = 0, faults = 0;
    /** Of the calls that were equal. */
    std::set<std::string> traits;
  };
  static void compare(Entry& entry, const Trial& trial, const Result& expected, const char* how);
  /** What an entry has not run of what it must. */
  std::vector<std::string> missing(const Entry& entry) const;

  int64_t cases_;
  std::vector<std::string> expected_traits_;
  /** The cases are enough for all traits, and for a fault. */
  bool shows_all_;
  uint64_t seed_;
  std::string required_;
  std::vector<Entry> entries_;
  int64_t rejected_ = 0;
};
