// SPDX-License-Identifier: Apache-2.0
/** Random calls of rc_fuse and of the gradients, made of random calls of rc_resample. */
#pragma once

#include "resample_case.h"

constexpr std::array<Operation, 3> kDerived = {Operation::kFuse, Operation::kGradient,
                                               Operation::kFuseGradient};

/** All traits that enough cases of an operation have to show. */
std::vector<std::string> expected_traits(Operation operation);

/** The case as one of the operation; false where it cannot be one. */
bool derive_case(Random& random, Operation operation, ResampleCase& c);
