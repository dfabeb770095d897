// SPDX-License-Identifier: Apache-2.0
// How a target's channels are made, once it is found.
#pragma once

#include "kernels/resample/locate.h"

namespace rc {

// What becomes of a target in one mode. Early curves go by the earlier sample, late ones by the
// later, whichever has the greater weight.
enum RowStep : uint32_t { kSkip, kFill, kCopy, kEarlyCurve, kLateCurve };

// Beside reasons: the target is filled.
constexpr unsigned kFilled = 256;

// How a target is made, and what of b - a.
struct LineStep {
  RowStep step;
  float part;
};

}  // namespace rc

RC_KERNELS_BEGIN

// Of a weight of b that is rounded once.
RC_HD inline LineStep step_of(Action action, float weight) {
  const bool is_late = !(weight < 0.5f);
  return {action == Action::kFill    ? kFill
          : action != Action::kCurve ? kCopy
          : is_late                  ? kLateCurve
                                     : kEarlyCurve,
          is_late ? weight - 1 : weight};
}

RC_KERNELS_END
