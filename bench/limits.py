# SPDX-License-Identifier: Apache-2.0
"""What stands in the way of targets that are not reached, by the name of the target, with the
counter that shows it. The page shows a text only where its target is not reached."""

LIMITS: dict[str, str] = {
    "training on windows drawn from stored episodes: busy with the model": (
        "The loops whose model lies in a CUDA graph reach it. Called kernel by kernel, PyTorch's"
        " launches take the host about as long as their kernels take the GPU: a step is busy no"
        " longer with one batch again and again, which is no data at all (the profiler's union of"
        " kernels)."
    ),
}
