// SPDX-License-Identifier: Apache-2.0
// How a target's channels are made, once it is found.
#pragma once

#include <cstdint>

namespace rc {

// What becomes of a target in one mode. Early curves go by the earlier sample, late ones by the
// later, whichever has the greater weight.
enum RowStep : uint32_t { kSkip, kFill, kCopy, kEarlyCurve, kLateCurve };

// Beside reasons: the target is filled.
constexpr unsigned kFilled = 256;

}  // namespace rc
