// SPDX-License-Identifier: Apache-2.0
/** Random calls of rc_resample, whole: any layout, rule, type and value, now and then with one
 * fault in the data. */
#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "tensor.h"

enum class Operation { kResample, kFuse, kGradient, kFuseGradient };

/** One stream of a fuse. It has the layout and the times of the case. */
struct StreamCase {
  /** Names of its tensors; empty: absent, or not asked for. */
  std::string values;
  rc_resample_options options;
  std::vector<rc_channels> channels;
  int64_t width;
  /** By the names of the arguments. */
  std::map<std::string, std::string> quality;
  std::string output, grad_values;
};

struct ResampleCase {
  Operation operation = Operation::kResample;
  /** Of a fuse. */
  std::vector<StreamCase> streams;
  /** What a call takes, by the names of its arguments; those that are not there are left out. */
  std::map<std::string, TestTensor> tensors;
  std::vector<rc_channels> channels;
  /** Without its tensors. */
  rc_resample_options options = RC_RESAMPLE_OPTIONS_INIT;
  /** What it covers: "mode linear", "values float32 to float16", ... */
  std::vector<std::string> traits;
  /** Whether its fault is one of times, which calls must survive that do not look for it. */
  bool has_wrong_times = false;
};

constexpr std::array<const char*, 12> kModes = {"linear", "previous", "next",  "nearest",
                                                "pchip",  "slerp",    "angle", "mean",
                                                "sum",    "min",      "max",   "last"};
constexpr Dtype kValueTypes[] = {Dtype::u8,  Dtype::i8,   Dtype::i16, Dtype::i32,
                                 Dtype::f16, Dtype::bf16, Dtype::f32, Dtype::f64};
constexpr Dtype kTimeTypes[] = {Dtype::i64, Dtype::f64, Dtype::f32};
/** Pairs of mode, value type and time type. */
constexpr int kCombinations = 12 * 8 * 3;

/** All traits that enough cases have to show. */
std::vector<std::string> expected_traits();

/** A case of combination number `combination`, else at random. */
ResampleCase make_resample_case(Random& random, int combination);
