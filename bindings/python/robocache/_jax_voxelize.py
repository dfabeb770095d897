# SPDX-License-Identifier: Apache-2.0
"""`voxelize` inside JAX's traced code."""

from __future__ import annotations

import math
from typing import Any

import jax
import numpy as np

import robocache
from robocache._jax_ops import Arrays, Options, differentiable, like, made, on_host
from robocache._voxelize import Voxelized, result_shape, result_type
from robocache._voxels import OF_FEATURES, Features, Triple, lead_of, triple, whole_dims

_FORWARD_ONLY = ("fill_value", "feature_bound", "dtype", "counts", "stats")


def voxelize(
    points: jax.Array,
    origin: Triple,
    voxel_size: Triple,
    dims: Any,
    *,
    reduce: str = "occupancy",
    features: jax.Array | None = None,
    offsets: jax.Array | None = None,
    lengths: jax.Array | None = None,
    fill_value: float = 0.0,
    feature_bound: float | None = None,
    dtype: Any = None,
    counts: bool = False,
    stats: bool = False,
    validate: bool = True,
) -> Any:
    """`robocache.voxelize` for traced code on the CPU: same arguments, arrays of JAX only.

    Parameters
    ----------
    As `robocache.voxelize`, without `out`, `accumulate`, `backend`, `context` and `stream`.
    `origin`, `voxel_size` and `dims` are numbers; `offsets` and `lengths` may be of 32 bits.

    Returns
    -------
    jax.Array or Voxelized
        As `robocache.voxelize`, `stats` in 32 bits unless ``jax_enable_x64`` is on. Differentiable,
        once and in reverse, with respect to `features`; in which voxel a point lies has no
        gradient. `jax.vmap` makes one call for each element.

    Raises
    ------
    As `robocache.voxelize`, wrapped by JAX where code is traced; NotImplementedError when it is
    compiled for another device than the CPU.
    """
    options = {
        "origin": triple("origin", origin),
        "voxel_size": triple("voxel_size", voxel_size),
        "dims": whole_dims(dims),
        "reduce": reduce,
        "fill_value": fill_value,
        "feature_bound": feature_bound,
        "dtype": dtype,
        "counts": counts,
        "stats": stats,
        "validate": validate,
    }
    if features is None and reduce in OF_FEATURES:
        features = points
    arrays = {"points": points, "offsets": offsets, "lengths": lengths}
    results = _voxelize(tuple(options.items()), features, arrays)
    if not (counts or stats):
        return results[0]
    return Voxelized(results[0], results[1] if counts else None, results[-1] if stats else None)


def _forward(options: Options, features: Any, arrays: Arrays) -> Any:
    chosen = dict(options)

    def call(features: Any, arrays: Arrays) -> Any:
        result = robocache.voxelize(**_wide(arrays), features=features, **chosen)
        if not isinstance(result, Voxelized):
            return (result,)
        return tuple(part for part in result if part is not None)

    return on_host(call, _results(chosen, features, arrays), features, arrays)


def _backward(options: Options, given: Any, features: Any, arrays: Arrays) -> Any:
    chosen = {name: value for name, value in options if name not in _FORWARD_ONLY}
    if features is None:
        return None

    def call(gradient: Any, features: Any, arrays: Arrays) -> Any:
        return robocache.voxelize_backward(gradient, **_wide(arrays), features=features, **chosen)

    return on_host(call, like(features), given[0], features, arrays)


_voxelize = differentiable(_forward, _backward)


def _wide(arrays: Arrays) -> Arrays:
    """Offsets and lengths in the 64 bits that the library takes."""
    wide = {
        name: None if arrays[name] is None else np.asarray(arrays[name], np.int64)
        for name in ("offsets", "lengths")
    }
    return {"points": arrays["points"], **wide}


def _results(options: dict[str, Any], features: Any, arrays: Arrays) -> Any:
    points, offsets = arrays["points"], arrays["offsets"]
    lead = lead_of(points.shape, None if offsets is None else offsets.shape)
    voxels = (*lead, *options["dims"])
    reduced = None
    if features is not None:
        tail = tuple(features.shape[points.ndim - 1 :])
        reduced = Features(None, str(features.dtype), tail, math.prod(tail))
    kind = result_type(options["reduce"], reduced, options["dtype"])
    results = [made(result_shape(options["reduce"], voxels, reduced), kind)]
    if options["counts"]:
        results.append(made(voxels, "int32"))
    if options["stats"]:
        results.append(made((*(lead or (1,)), 3), "int64"))
    return tuple(results)
