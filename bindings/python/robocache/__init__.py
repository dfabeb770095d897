# SPDX-License-Identifier: Apache-2.0
"""Robot recordings to model-ready tensors: many sensors on one clock, points on grids.

Every array may be NumPy, PyTorch, CuPy, JAX, or anything with DLPack or
``__cuda_array_interface__``; results are of the same kind and on the same device, and inputs are
never copied. Times are int64 nanoseconds, datetime64, or float seconds.
"""

from robocache import _library
from robocache._bounds import bounds
from robocache._depth import depth_to_points
from robocache._deskew import deskew
from robocache._fuse import Stream, fuse, fuse_backward
from robocache._options import Channels, ClockMap, Reason
from robocache._resample import (
    Indexed,
    Resampled,
    resample,
    resample_backward,
    resample_index,
)
from robocache._tsdf import Surface, tsdf_extract_points, tsdf_from_points, tsdf_integrate
from robocache._voxelize import Voxelized, voxelize, voxelize_backward
from robocache._voxelize_sparse import SparseVoxels, voxelize_sparse
from robocache.clock import target_clock
from robocache.compat import (
    fuse_multimodal,
    fused_multimodal_alignment,
    resample_trajectories,
    voxelize_occupancy,
    voxelize_pointcloud,
)
from robocache.context import Context, OperationMetrics
from robocache.errors import (
    BackendUnavailableError,
    CapacityExceededError,
    CudaError,
    DeviceMismatchError,
    InternalError,
    InvalidArgumentError,
    InvalidDataError,
    InvalidHandleError,
    OutOfMemoryError,
    RobocacheError,
    UnsupportedDtypeError,
    UnsupportedLayoutError,
    UnsupportedOptionError,
    VersionMismatchError,
    WorkspaceTooSmallError,
)
from robocache.health import (
    check_installation,
    devices,
    get_config,
    health_check,
    print_health_check,
)
from robocache.metrics import enable_metrics, print_metrics
from robocache.volume import TsdfVolume

__version__: str = _library.VERSION
__api_version__: int = _library.ABI_VERSION

__all__ = [
    "BackendUnavailableError",
    "CapacityExceededError",
    "Channels",
    "ClockMap",
    "Context",
    "CudaError",
    "DeviceMismatchError",
    "Indexed",
    "InternalError",
    "InvalidArgumentError",
    "InvalidDataError",
    "InvalidHandleError",
    "OperationMetrics",
    "OutOfMemoryError",
    "Reason",
    "Resampled",
    "RobocacheError",
    "SparseVoxels",
    "Stream",
    "Surface",
    "TsdfVolume",
    "UnsupportedDtypeError",
    "UnsupportedLayoutError",
    "UnsupportedOptionError",
    "VersionMismatchError",
    "Voxelized",
    "WorkspaceTooSmallError",
    "__api_version__",
    "__version__",
    "bounds",
    "check_installation",
    "depth_to_points",
    "deskew",
    "devices",
    "enable_metrics",
    "fuse",
    "fuse_backward",
    "fuse_multimodal",
    "fused_multimodal_alignment",
    "get_config",
    "health_check",
    "print_health_check",
    "print_metrics",
    "resample",
    "resample_backward",
    "resample_index",
    "resample_trajectories",
    "target_clock",
    "tsdf_extract_points",
    "tsdf_from_points",
    "tsdf_integrate",
    "voxelize",
    "voxelize_backward",
    "voxelize_occupancy",
    "voxelize_pointcloud",
    "voxelize_sparse",
]
