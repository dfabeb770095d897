# SPDX-License-Identifier: Apache-2.0
"""What stands in the way of targets that are not reached, by the name of the target, with the
counter that shows it, and of those that are not measured, why. The page shows a text only where its
target is not reached."""

LIMITS: dict[str, str] = {
    "resample and fuse, large, one thread: of a copy": (
        "Instructions: callgrind counts 200 for a target of 32 float32 channels (AVX2), which"
        " moves 408 bytes: in the time that a copy takes for those, a core would have to do"
        " three to five in every clock. Rows that are narrower or of several streams take more"
        " for a byte."
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
        "Instructions: callgrind counts 34 a point for occupancy and 39 for count (AVX2),"
        " which NumPy does in a few vectorised passes; a mean of four takes 220, since its"
        " sums are integers that no order of points changes, and centroids 229, a gather of"
        " 12 bytes from anywhere for each point among them."
    ),
    "voxelize, one thread, against Open3D": (
        "Our row also writes coordinates, counts and the voxel of each point, in the order of"
        " cells; callgrind counts 229 instructions a point (AVX2)."
    ),
    "voxelize, one thread, against PCL": (
        "Our row also writes coordinates, counts and the voxel of each point, from sums that no"
        " order changes: 229 instructions a point (callgrind, AVX2). PCL sorts and adds floats in"
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
        "Instructions and waits, not bytes, where rows are narrow or targets are twice the"
        " samples: the schedulers issue in 49 to 78 % of all cycles there and warps wait for"
        " loads in between (issue %, [counters](design/counters.md)); rows of 56 bytes and more"
        " of one type take 85 to 96 % of the copy rate where samples are twice the targets, of"
        " 128 bytes and more 80 to 85 % where targets are twice the samples, 32 channels of two"
        " types 76 to 94 %. Wide rows, the peers' too, take 5 % longer than in the record before"
        " (commit 89cbb0a, another GPU of the kind), with the same copy rate and the same kernels;"
        " profiled alone they take as long as then."
    ),
    "resample and fuse, large, cold, D = 3 and 7: of the copy rate": (
        "Instructions: in the time of a copy, bfloat16 rows of three with targets twice the"
        " samples have some 150 issue slots for 32 targets. Searching, weighing and making them"
        " takes 240 instructions of a warp, bringing their times and samples, checking and sending"
        " them 120 more (Nsight Compute, instruction by instruction), in 63 % of all cycles"
        " ([counters](design/counters.md))."
    ),
    "resample and fuse, large, cold: validation adds": (
        "Rows that warps serve are bound by instructions and waits, and the check adds some of"
        " both, a larger part since samples are asked for ahead, which without a check hides more"
        " of a call; in the fuse of 16 streams the times that are checked are 15 % of all bytes."
        " On the stage, where the times are anyway, it adds 0 to 2 %."
    ),
    "resample and fuse, large, cold: against torch.compile": (
        "The copy rate itself where both are near it; instructions in narrow rows (issue % in"
        " [counters](design/counters.md)), where Triton's code has no checks, no rules outside"
        " of the range, and one type."
    ),
    "resample and fuse, large, cold: against Triton": (
        "As against torch.compile: its twenty lines know one rule and check nothing."
    ),
    "resample B32 S50 T32 D16 and fuse of three streams B4: over an empty kernel": (
        "A chain of loads that wait for each other: parameters, times, search, neighbours,"
        " values. 11 % of the issue slots are used; most of the rest waits for loads, for"
        " parameters, and for code that is not in the cache yet ([counters](design/counters.md))."
    ),
    "resample B32 S50 T32 D16 and fuse of three streams B4: against every peer": (
        "The same chain, with more code in it than twenty lines for one rule: without validation"
        " it takes as long."
    ),
    "ragged episodes: of the dense figure per byte": (
        "Each lane finds the row of its target among the offsets before it searches, and reads"
        " where that row begins: instructions (60 % of the issue slots,"
        " [counters](design/counters.md))."
    ),
    "windows from a store of 10^6 frames: of the copy rate": (
        "Loads that wait: 60 to 82 % of the samples of stalled warps are long scoreboard at"
        " 50 % occupancy ([counters](design/counters.md)); every window is another row, its"
        " times in other sectors than its values."
    ),
    "fuse of n streams: of the bytes-bound time of its streams": (
        "Accesses of 4 and 8 bytes, where the table's rows allow no wider ones: the schedulers"
        " issue in 73 to 74 % of all cycles, and 34 to 37 % of the stalled warps wait for loads"
        " ([counters](design/counters.md), [note](design/resample-cuda.md))."
    ),
    "occupancy, 10M random points, 256^3": (
        "Scattered reductions: 10 million of them take 96 us on this chip, as many stores 131"
        " ([rates](design/machine.md)), and the grid has to be cleared before."
    ),
    "count, 10M random points, 256^3": (
        "Waits: sorting points by tile in shared memory issues in 61 % of all cycles (51 us) and"
        " waits for points and at barriers, counting them in 45 % (38 us, each run in lines of the"
        " cache of its own; [counters](design/counters.md)). Scattered reductions into 67 MB took"
        " 380 us."
    ),
    "count, 10M coherent points, 256^3": (
        "As with random points: 61 and 49 % of the issue slots. Scattered reductions took 102"
        " us, but that points are coherent is known only once they are read."
    ),
    "mean and max of 4 float32, 10M random points": (
        "Waits inside of blocks, not bytes: the tiles' blocks issue in 33 to 39 % of all cycles"
        " (282 us), those that sort batches of points, one to a multiprocessor, in 33 to 42 %"
        " (146 us, [counters](design/counters.md), [note](design/voxelize-cuda.md))."
    ),
    "mean and max of 4 float32, 10M coherent points": (
        "As with random points; two kernels have to move 948 MB, 225 us of the copy rate."
    ),
    "mean and max of 4 float16, 10M points": ("As float32: fewer bytes, the same waits."),
    "sparse mean of 4 float32, 10M points": (
        "The sums of the tiles (347 us by the profiler, 47 % of the issue slots), sorting"
        " points into them (198, before points outside had a counter of each block), and the"
        " voxel of each point, a scattered look-up (96, 74 %; [counters](design/counters.md))."
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
        " ([counters](design/counters.md)); without validation they take as long."
    ),
    "resample, width": ("Narrow rows are bound by instructions ([counters](design/counters.md))."),
    "resample, type": (
        "Rows of 32 bytes that become 128: the check, without which it takes less than the others."
    ),
    "resample, times": (
        "Seven channels: instructions (71 to 78 % of the issue slots; with shared times 45 %, and"
        " loads that wait, [counters](design/counters.md)): rows of 28 bytes allow no accesses of"
        " more than 4."
    ),
    "resample, large": ("Narrow rows are bound by instructions ([counters](design/counters.md))."),
}
