// SPDX-License-Identifier: Apache-2.0
#include "lib/fault.h"

#include "robocache/context.h"

namespace rc {

static const char* name_of(Argument argument) {
  switch (argument) {
    case Argument::kOffsets:
      return "offsets";
    case Argument::kLengths:
      return "lengths";
    case Argument::kSequenceIds:
      return "sequence_ids";
    case Argument::kTargetOffsets:
      return "target_offsets";
    case Argument::kSourceTimes:
      return "source_times";
    case Argument::kTargetTimes:
      return "target_times";
    case Argument::kValues:
      return "values";
  }
  return "";
}

static std::string expectation(const Fault& fault) {
  const std::string value = std::to_string(fault.value);
  const std::string limit = std::to_string(fault.limit);
  switch (fault.kind) {
    case FaultKind::kNone:
      break;
    case FaultKind::kBackward:
      return "expected non-decreasing times, got a step backward";
    case FaultKind::kNotFinite:
      return "expected finite times, got NaN or infinity";
    case FaultKind::kDecreasing:
      return "expected no less than " + limit + " before it, got " + value;
    case FaultKind::kOutOfRange:
      return "expected 0 to " + limit + ", got " + value;
    case FaultKind::kNotAtEnd:
      return "expected " + limit + ", got " + value;
    case FaultKind::kZeroQuaternion:
      return "expected unit quaternions, got one of length zero";
  }
  return "";
}

std::string describe_fault(const Fault& fault) {
  std::string text;
  if (fault.stream >= 0) text += "streams[" + std::to_string(fault.stream) + "]: ";
  text += std::string(name_of(fault.argument)) + ": " + expectation(fault) + " at ";
  if (fault.row >= 0) text += "row " + std::to_string(fault.row) + ", ";
  return text + "index " + std::to_string(fault.index);
}

const char* name_of_op(int32_t op) {
  switch (op) {
    case RC_OP_RESAMPLE:
      return "rc_resample";
    case RC_OP_RESAMPLE_BACKWARD:
      return "rc_resample_backward";
    case RC_OP_FUSE:
      return "rc_fuse";
    case RC_OP_FUSE_BACKWARD:
      return "rc_fuse_backward";
    case RC_OP_VOXELIZE:
      return "rc_voxelize";
    case RC_OP_VOXELIZE_BACKWARD:
      return "rc_voxelize_backward";
    case RC_OP_VOXELIZE_SPARSE:
      return "rc_voxelize_sparse";
    case RC_OP_POINTCLOUD_BOUNDS:
      return "rc_pointcloud_bounds";
    case RC_OP_TSDF_INTEGRATE:
      return "rc_tsdf_integrate";
    case RC_OP_TSDF_FROM_POINTS:
      return "rc_tsdf_from_points";
    case RC_OP_TSDF_EXTRACT_POINTS:
      return "rc_tsdf_extract_points";
    case RC_OP_DEPTH_TO_POINTS:
      return "rc_depth_to_points";
  }
  return "";
}

}  // namespace rc
