// SPDX-License-Identifier: Apache-2.0
/** Random calls of rc_tsdf_integrate, rc_tsdf_from_points, rc_tsdf_extract_points and
 * rc_depth_to_points: any layout, type, camera and value, now and then with wrong offsets. */
#pragma once

#include <string>
#include <vector>

#include "variant.h"

enum class TsdfOperation { kIntegrate, kPoints, kExtract, kUnproject };

struct TsdfCase {
  TsdfOperation operation;
  rc_grid grid;
  /** What lies on the device. */
  Tensors tensors;
  /** In host memory, whatever the device: [K,3,3] and [K,4,4]. */
  std::vector<double> intrinsics, poses;
  /** Each without tensors and workspace; those of the operation count. */
  rc_tsdf_integrate_options integrate = RC_TSDF_INTEGRATE_OPTIONS_INIT;
  rc_tsdf_from_points_options points = RC_TSDF_FROM_POINTS_OPTIONS_INIT;
  rc_tsdf_extract_options extract = RC_TSDF_EXTRACT_OPTIONS_INIT;
  /** What it covers. */
  std::vector<std::string> traits;
};

/** Combinations of operation, types and weighting. */
int tsdf_combinations();

/** Traits that every combination shows, and those of the rest that many cases have to show. */
std::vector<std::string> expected_tsdf_traits();

/** A case of combination number `combination`, else at random. */
TsdfCase make_tsdf_case(Random& random, int combination);

/** Calls the operation of a case, with a workspace of exactly the size that the query tells where
 * `allocate` gives it. */
rc_status call_tsdf(rc_context* context, const TsdfCase& c, Arguments& arguments,
                    const Allocate& allocate);
