// SPDX-License-Identifier: Apache-2.0
/** What the parts of the linkage test say to each other. */
#pragma once

#include "robocache/robocache.hpp"

#ifndef ROBOCACHE_NO_EXCEPTIONS
void bounds_in_another_part(robocache::Context& context, const robocache::ConstTensor& points,
                            const robocache::Tensor& bounds);
#endif

/** By the C handle: a Context of one way of failing is another type than that of the other. */
bool bounds_without_exceptions(rc_context* context, const float (&points)[2][3],
                               float (&bounds)[2][3]);
