# SPDX-License-Identifier: Apache-2.0
"""What stands in the way of targets that are not reached, by the name of the target, with the
counter that shows it, and of those that are not measured, why. The page shows a text only where its
target is not reached."""

LIMITS: dict[str, str] = {
    "resample and fuse, large, one thread: of a copy": (
        "Instructions: callgrind counts 199 for a target of 32 float32 channels (AVX2), which"
        " moves 408 bytes: in the time that a copy takes for those, a core would have to do"
        " three to five in every clock, as the EPYC's does and the Xeon's does not. Rows that are"
        " narrower or of several streams take more for a byte, and lines of a fused table that"
        " streams share come from memory before they are written."
    ),
    "resample and fuse, large, several threads: of a copy by as many": (
        "The same instructions, where the copy by as many threads is not bound by the memory"
        " that they share; and each call waits for its slowest thread, so that whatever else"
        " runs on the machine counts once for each."
    ),
    "resample and fuse, large: parallel efficiency until memory bounds it": (
        "A call ends with its slowest thread: on a machine that others use too, that is the"
        " one whose core was taken."
    ),
    "resample and fuse against scipy": (
        "Where SciPy takes 20 times the floor itself, as for 32 channels, only a copy would reach"
        " it."
    ),
    "voxelize, one thread, against numpy": (
        "Instructions: callgrind counts 32 a point for occupancy and 33 for count (AVX2),"
        " which NumPy does in a few vectorised passes; a mean of four takes 203, since its"
        " sums are integers that no order of points changes, and centroids 212, a gather of"
        " 12 bytes from anywhere for each point among them."
    ),
    "voxelize, one thread, against Open3D": (
        "Our row also writes coordinates, counts and the voxel of each point, in the order of"
        " cells; callgrind counts 212 instructions a point (AVX2)."
    ),
    "voxelize, one thread, against PCL": (
        "Our row also writes coordinates, counts and the voxel of each point, from sums that no"
        " order changes: 212 instructions a point (callgrind, AVX2). PCL sorts and adds floats in"
        " that order, without the rest."
    ),
    "8 GPUs, independent shards: efficiency": (
        "No host with eight GPUs was to be had since calls are replayed from graphs. Before, eight"
        " threads of Python called on one: 41 to 63 % (commit 413bbf4). They take turns at the"
        " interpreter's lock, which each call gives back and gets again, and in the driver; each"
        " GPU alone took as long as one."
    ),
    "training on windows drawn from stored episodes: busy with the model": (
        "The loops whose model lies in a CUDA graph reach it. Called kernel by kernel,"
        " PyTorch's launches take the host about as long as their kernels take the GPU: a step"
        " is busy no longer with one batch again and again, which is no data at all (the"
        " profiler's union of kernels)."
    ),
    "resample and fuse, large, cold: of the copy rate": (
        "What passes between the two halves of the L2 (*fabric %*,"
        " [counters](design/counters.md)): 76 to 96 % of what can, for rows of 56 bytes and"
        " more; those that move as a copy does are at 89. Lines of 128 bytes and more take as"
        " long as a copy where samples are twice the targets, 91 to 96 % of its rate where"
        " targets are twice the samples, uint8 to float32 87, fuses 60 to 72. Rows of up to 56"
        " bytes with targets twice the samples are bound by instructions"
        " ([note](design/resample-cuda.md))."
    ),
    "resample and fuse, large, cold, D = 3 and 7: of the copy rate": (
        "Instructions: in the time of a copy, bfloat16 rows of three with targets twice the"
        " samples have some 150 issue slots for 32 targets. Searching, weighing, making,"
        " checking and sending them took 351 instructions of a warp (Nsight Compute,"
        " instruction by instruction) before the check took a dozen less"
        " ([note](design/resample-cuda.md))."
    ),
    "resample and fuse, large, cold: validation adds": (
        "The fuse of 16 streams, whose times are 15 % of all bytes, at 96 % of what passes"
        " between the halves of the L2 ([counters](design/counters.md)); and instructions in"
        " rows of 28 bytes at float32 times, which are not served as usual lines are."
        " Everywhere else the check adds less than that, in narrow rows less than nothing:"
        " it fetches the times that the search reads next, while a target is on its way."
    ),
    "resample and fuse, large, cold: against torch.compile": (
        "What passes between the halves of the L2 where both are near the copy rate:"
        " torch.compile takes 1.01 times the floor in rows of 1 KB, where 1.2 times as fast"
        " would be faster than a copy; instructions in narrow rows (fabric %, issue %,"
        " [counters](design/counters.md)), where Triton's code has no checks, no rules outside"
        " of the range, and one type."
    ),
    "resample and fuse, large, cold: against Triton": (
        "As against torch.compile: its twenty lines know one rule and check nothing."
    ),
    "resample B32 S50 T32 D16 and fuse of three streams B4: over an empty kernel": (
        "A chain of loads that wait for each other: parameters, times, search, neighbours,"
        " values. 9 to 10 % of the issue slots are used; most of the rest waits for loads, for"
        " parameters, and for code that is not in the cache yet"
        " ([counters](design/counters.md))."
    ),
    "resample B32 S50 T32 D16 and fuse of three streams B4: against every peer": (
        "The same chain, with more code in it than twenty lines for one rule, fetched from"
        " farther away: without validation it takes as long ([note](design/resample-cuda.md))."
    ),
    "ragged episodes: of the dense figure per byte": (
        "Each lane finds the row of its target among the offsets before it searches, and reads"
        " where that row begins: instructions (60 % of the issue slots,"
        " [counters](design/counters.md))."
    ),
    "windows from a store of 10^6 frames: of the copy rate": (
        "What passes between the halves of the L2, 85 to 86 % of what can (fabric %,"
        " [counters](design/counters.md)): every window is another row, whose sectors half of"
        " the multiprocessors fetch through the other half, its times in other sectors than"
        " its values ([note](design/resample-cuda.md))."
    ),
    "fuse of n streams: of the bytes-bound time of its streams": (
        "Rows of the table are written stream by stream, in parts of sectors, each of which"
        " takes as much of the way between the halves of the L2 as a whole one: 81 to 96 % of"
        " what can pass, for four streams 61 million sectors written where whole rows would"
        " take 45 (fabric %, [counters](design/counters.md), [note](design/resample-cuda.md))."
    ),
    "occupancy, 10M random points, 256^3": (
        "Scattered reductions: 10 million of them take 96 us on this chip, as many stores 131"
        " ([rates](design/machine.md)), at 89 % of the look-ups that the L2 can do"
        " ([counters](design/counters.md)), and the grid has to be cleared before."
    ),
    "count, 10M random points, 256^3": (
        "Waits: sorting points by tile in shared memory issues in 62 % of all cycles (51 us)"
        " and waits for points and at barriers, counting them in 44 % (38 us, each run in"
        " lines of the cache of its own; [counters](design/counters.md)). Scattered reductions"
        " into 67 MB took 380 us."
    ),
    "count, 10M coherent points, 256^3": (
        "As with random points: 60 and 50 % of the issue slots. Scattered reductions took 102"
        " us, but that points are coherent is known only once they are read."
    ),
    "mean and max of 4 float32, 10M random points": (
        "Waits inside of blocks, not bytes: the tiles' blocks issue in 33 to 39 % of all"
        " cycles (281 us), those that sort batches of points, one to a multiprocessor, in 34"
        " to 43 % (147 us), at 77 to 79 % of what passes between the halves of the L2"
        " ([counters](design/counters.md), [note](design/voxelize-cuda.md))."
    ),
    "mean and max of 4 float32, 10M coherent points": (
        "As with random points; two kernels have to move 948 MB, 225 us of the copy rate."
    ),
    "mean and max of 4 float16, 10M points": ("As float32: fewer bytes, the same waits."),
    "sparse mean of 4 float32, 10M points": (
        "The sums of the tiles (346 us by the profiler, 47 % of the issue slots), sorting"
        " points into them (147, 43 %, and 79 % of what passes between the halves of the L2),"
        " and the voxel of each point, a scattered look-up (97, 74 %;"
        " [counters](design/counters.md))."
    ),
    "hard voxelization, 250k points": (
        "Launches that wait for each other, five of them; the longest, which mark cells and"
        " write results, issue in 20 and 25 % of all cycles ([counters](design/counters.md))."
    ),
    "host time of a Python call, out given": (
        "The launch itself takes 3.4 to 4 us of the host (`cudaLaunchKernel` alone in the"
        " same process), Python and the stream's look-up the rest."
    ),
    "host time of a C call": (
        "The launch itself: `cudaLaunchKernel` alone took 3.2 to 4.1 us in the same process. On"
        " another host, where it took 3.4, the driver's `cuLaunchKernel` took 3.2, and a launch"
        " that may begin early, as small calls have it, 2.8. Hosts differ: 4.2 to 4.6 us were seen."
    ),
    "mean and max against the float-atomic torch scatter": (
        "As for mean and max above: instructions."
    ),
    "one small call (B1 S50 T32 D16), Python, numpy, out given": (
        "Python itself: the C call beside it takes under 2 us; the rest is interpreted code"
        " that looks at four arrays and at what the last such call was."
    ),
    "resample, small": (
        "A chain of loads that wait for each other, and code that is not in the cache yet"
        " ([counters](design/counters.md), [note](design/resample-cuda.md))."
    ),
    "resample, width": (
        "Narrow rows are bound by instructions; rows of 512 bytes and more take as long as a"
        " copy, of torch.compile's code too ([note](design/resample-cuda.md))."
    ),
    "resample, type": (
        "Rows of 32 bytes that become 128: the check, without which it takes less than the others."
    ),
    "resample, times": (
        "Float32 rows of 32 channels with shared times are at 99 % of the copy rate, as wide"
        " rows are, of torch.compile's code too."
    ),
    "resample, large": ("Rows of 512 bytes, as wide rows ([note](design/resample-cuda.md))."),
}
