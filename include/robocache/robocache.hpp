// SPDX-License-Identifier: Apache-2.0
/** @file robocache.hpp
 * All of librobocache's C++ interface: C++17 over the C interface, header-only, namespace
 * `robocache`.
 *
 * - Every function is the C function of the same name: what its header says of shapes, types, rules,
 *   errors and threads holds here. Outputs stand before the options, which may be left out.
 * - ::robocache::Context ends with its owner. ::robocache::TensorView borrows elements and holds its
 *   shape.
 * - A failure throws ::robocache::Error. With ROBOCACHE_NO_EXCEPTIONS defined, or without exceptions
 *   in the compiler, functions return a ::robocache::Result instead.
 * - No call allocates for its own part, but for the message of a failure. */
#ifndef ROBOCACHE_ROBOCACHE_HPP
#define ROBOCACHE_ROBOCACHE_HPP

#include "robocache/cpp/context.hpp"
#include "robocache/cpp/device.hpp"
#include "robocache/cpp/dims.hpp"
#include "robocache/cpp/dtype.hpp"
#include "robocache/cpp/error.hpp"
#include "robocache/cpp/fuse.hpp"
#include "robocache/cpp/resample.hpp"
#include "robocache/cpp/span.hpp"
#include "robocache/cpp/tensor.hpp"
#include "robocache/cpp/tsdf.hpp"
#include "robocache/cpp/version.hpp"
#include "robocache/cpp/voxelize.hpp"

#endif
