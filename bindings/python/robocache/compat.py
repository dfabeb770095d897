# SPDX-License-Identifier: Apache-2.0
"""Names that users know from earlier work, thin over `resample` and `fuse`."""

from __future__ import annotations

from typing import Any

from robocache._fuse import Stream, fuse
from robocache._resample import resample
from robocache.errors import InvalidArgumentError


def resample_trajectories(
    data: Any, source_times: Any, target_times: Any, backend: str | None = None
) -> Any:
    """`resample`, linear and held outside.

    Parameters
    ----------
    data : array
        [B,S,D], or as `values` of `resample`.
    source_times, target_times : array
        [B,S] or [S], [B,T] or [T].
    backend : {"auto", "cpu", "cuda"}, optional
        None is "auto".

    Returns
    -------
    array
        [B,T,D], of the kind, dtype and device of `data`.
    """
    return resample(data, source_times, target_times, backend=backend or "auto")


def fused_multimodal_alignment(
    vision: Any,
    vision_t: Any,
    proprio: Any,
    proprio_t: Any,
    force: Any = None,
    force_t: Any = None,
    target_t: Any = None,
    *,
    backend: str | None = None,
) -> Any:
    """`fuse` of vision, proprioception and, where there is one, force; linear, held outside.

    Parameters
    ----------
    vision, proprio, force : array
        [B,S,D], each with a number of samples and channels of its own.
    vision_t, proprio_t, force_t : array
        [B,S] or [S].
    target_t : array
        [B,T] or [T]; required.
    backend : {"auto", "cpu", "cuda"}, optional
        None is "auto".

    Returns
    -------
    array
        [B,T,D of vision + D of proprio + D of force].
    """
    pairs = [vision, vision_t, proprio, proprio_t]
    if force is not None:
        pairs += [force, force_t]
    return fuse_multimodal(*pairs, target_times=target_t, backend=backend)


def fuse_multimodal(*arrays: Any, target_times: Any = None, backend: str | None = None) -> Any:
    """`fuse` of any number of sensors; linear, held outside.

    Parameters
    ----------
    *arrays : array
        values and times of each sensor in turn; then the target times, unless they are given by
        name: ``fuse_multimodal(vision, vision_t, proprio, proprio_t, target_t)``.
    target_times : array
        [B,T] or [T].
    backend : {"auto", "cpu", "cuda"}, optional
        None is "auto".

    Returns
    -------
    array
        [B,T, channels of all sensors].
    """
    if len(arrays) % 2 and target_times is None:
        *arrays, target_times = arrays  # type: ignore[assignment]
    if len(arrays) % 2 or not arrays or target_times is None:
        raise InvalidArgumentError(
            "fuse_multimodal: expected values and times of each sensor, then target_times;"
            f" got {len(arrays)} arrays and target_times "
            + ("None" if target_times is None else "given")
        )
    streams = [Stream(*arrays[index : index + 2]) for index in range(0, len(arrays), 2)]
    return fuse(streams, target_times, backend=backend or "auto")[0]
