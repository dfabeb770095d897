# SPDX-License-Identifier: Apache-2.0
"""What stands in the way of targets that are not reached, by the name of the target, with the
counter that shows it. The page shows a text only where its target is not reached."""

LIMITS: dict[str, str] = {
    "resample and fuse, large, one thread: of a copy": (
        "Instructions: callgrind counts 200 for a target of 32 float32 channels (AVX2), which moves"
        " 408 bytes: in the time that a copy takes for those, a core would have to do three to five"
        " in every clock. Rows that are narrower or of several streams take more for a byte."
    ),
    "resample and fuse, large, several threads: of a copy by as many": (
        "The same instructions, where the copy by as many threads is not bound by the memory that"
        " they share; and each call waits for its slowest thread, so that whatever else runs on the"
        " machine counts once for each."
    ),
    "resample and fuse, large: parallel efficiency until memory bounds it": (
        "A call ends with its slowest thread: on a machine that others use too, that is the one"
        " whose core was taken."
    ),
    "voxelize, one thread, against numpy": (
        "Instructions: callgrind counts 43 a point for occupancy and 48 for count (AVX2), which"
        " NumPy does in a few vectorised passes; a mean of four takes 390, since its sums are"
        " integers of two words that no order of points changes."
    ),
    "voxelize, one thread, against Open3D": (
        "Our row also writes coordinates, counts and the voxel of each point, in the order of"
        " cells; callgrind counts 400 instructions a point (AVX2)."
    ),
    "voxelize, one thread, against PCL": (
        "As against Open3D; PCL sorts and adds floats in that order, without the rest."
    ),
    "training on windows drawn from stored episodes: busy with the model": (
        "The loops whose model lies in a CUDA graph reach it. Called kernel by kernel, PyTorch's"
        " launches take the host about as long as their kernels take the GPU: a step is busy no"
        " longer with one batch again and again, which is no data at all (the profiler's union of"
        " kernels)."
    ),
}
