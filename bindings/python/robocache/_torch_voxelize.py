# SPDX-License-Identifier: Apache-2.0
"""`voxelize` as an operator of PyTorch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from robocache import _voxelize
from robocache._torch_ops import (
    HERE,
    Rows,
    no_second_gradient,
    refuse_gradient,
    refuse_to_map,
    register,
    torch_dtype,
    unmapped,
)
from robocache._voxelize import Voxelized, result_shape, result_type
from robocache._voxels import OF_FEATURES, Cloud, Features, Triple, flags_of, lead_of, make_grid


def voxelize(
    points: Tensor,
    origin: Triple,
    voxel_size: Triple,
    dims: int | Sequence[int],
    *,
    reduce: str = "occupancy",
    features: Tensor | None = None,
    offsets: Tensor | None = None,
    lengths: Tensor | None = None,
    fill_value: float = 0.0,
    feature_bound: float | None = None,
    dtype: torch.dtype | None = None,
    counts: bool = False,
    stats: bool = False,
    validate: bool = True,
) -> Any:
    """`robocache.voxelize` for compiled code: same arguments, tensors only.

    Parameters
    ----------
    As `robocache.voxelize`, without `out`, `accumulate`, `backend`, `context` and `stream`: the
    operator runs on the device of `points` and on PyTorch's current stream. `origin`, `voxel_size`
    and `dims` are numbers.

    Returns
    -------
    Tensor or Voxelized
        As `robocache.voxelize`; once differentiable with respect to `features`.

    Raises
    ------
    As `robocache.voxelize`, when it runs. UnsupportedOptionError for `vmap` over packed clouds.
    """
    results = torch.ops.robocache.voxelize(
        points,
        points if features is None and reduce in OF_FEATURES else features,
        offsets,
        lengths,
        _three(origin),
        _three(voxel_size),
        _three(dims),
        reduce,
        validate,
        fill_value,
        feature_bound,
        dtype,
        counts,
        stats,
    )
    if not (counts or stats):
        return results[0]
    return Voxelized(results[0], results[1] if counts else None, results[-1] if stats else None)


def _three(value: Any) -> list[Any]:
    """One number for each axis."""
    return [value] * 3 if isinstance(value, (int, float)) else list(value)


def _job(
    points: Tensor,
    offsets: Tensor | None,
    lengths: Tensor | None,
    origin: Sequence[float],
    voxel_size: Sequence[float],
    dims: Sequence[int],
    reduce: str,
    validate: bool,
    *of_features: Any,
) -> _voxelize.Job:
    return _voxelize.make_job(
        Cloud(points, offsets, lengths),
        make_grid(origin, voxel_size, dims),
        reduce,
        flags_of(False, validate),
        HERE,
        *of_features,
    )


def _run(points: Tensor, features: Tensor | None, *arguments: Any) -> list[Tensor]:
    *described, dtype, counts, stats = arguments
    return _voxelize.forward(_job(points, *described), features, dtype, None, counts, stats)


def _run_backward(grad_output: Tensor, points: Tensor, features: Tensor, *described: Any) -> Tensor:
    result: Tensor = _voxelize.backward(_job(points, *described), grad_output, features)
    return result


def _shapes(
    points: Tensor,
    features: Tensor | None,
    offsets: Tensor | None,
    _lengths: Tensor | None,
    _origin: Sequence[float],
    _voxel_size: Sequence[float],
    dims: Sequence[int],
    reduce: str,
    _validate: bool,
    _fill_value: float,
    _feature_bound: float | None,
    dtype: torch.dtype | None,
    counts: bool,
    stats: bool,
) -> list[Tensor]:
    lead = lead_of(tuple(points.shape), None if offsets is None else tuple(offsets.shape))
    voxels = (*lead, *dims)
    reduced = None
    if features is not None:
        tail = tuple(features.shape[points.ndim - 1 :])
        name = str(features.dtype).removeprefix("torch.")
        reduced = Features(None, name, tail, math.prod(tail))
    kind = torch_dtype(result_type(reduce, reduced, dtype))
    made = [points.new_empty(result_shape(reduce, voxels, reduced), dtype=kind)]
    if counts:
        made.append(points.new_empty(voxels, dtype=torch.int32))
    if stats:
        made.append(points.new_empty((*(lead or (1,)), 3), dtype=torch.int64))
    return made


def _shape_backward(
    _grad_output: Tensor, _points: Tensor, features: Tensor, *_described: Any
) -> Tensor:
    return features.new_empty(features.shape)


def _keep(ctx: Any, inputs: tuple[Any, ...], output: list[Tensor]) -> None:
    tensors, ctx.described = inputs[:4], inputs[4:9]
    refuse_gradient("features", points=tensors[:1])
    ctx.save_for_backward(*tensors)
    ctx.mark_non_differentiable(*output[1:])


def _gradient(ctx: Any, grads: Sequence[Tensor]) -> tuple[Any, ...]:
    gradient = torch.ops.robocache.voxelize_backward(grads[0], *ctx.saved_tensors, *ctx.described)
    return (None, gradient, *[None] * 12)


class _Clouds:
    """Mapped clouds as rows of one call."""

    def __init__(
        self,
        size: int,
        points: Tensor,
        dim: int | None,
        features: Tensor | None,
        features_dim: int | None,
    ) -> None:
        ndim = len(unmapped(points, dim))
        self.scalar = features is not None and len(unmapped(features, features_dim)) == ndim - 1
        described = [(points, dim, 2)]
        if features is not None:
            features = features.unsqueeze(-1) if self.scalar else features
            described.append((features, features_dim, 2))
        self.rows = Rows(size, *described)
        self.points = self.rows.fold(points, dim, 2)
        self.features = None if features is None else self.rows.fold(features, features_dim, 2)

    def unfold_stats(self, stats: Tensor) -> Tensor:
        """[B,3] of each; one cloud has a row too."""
        return stats.unsqueeze(1) if self.rows.rows is None else self.rows.unfold(stats, False)


def _map(
    info: Any,
    dims: Any,
    points: Tensor,
    features: Tensor | None,
    offsets: Tensor | None,
    lengths: Tensor | None,
    *rest: Any,
) -> tuple[list[Tensor], list[int]]:
    refuse_to_map(offsets=offsets)
    clouds = _Clouds(info.batch_size, points, dims[0], features, dims[1])
    rows = clouds.rows
    results = torch.ops.robocache.voxelize(
        clouds.points, clouds.features, None, rows.fold_lengths(lengths, dims[3]), *rest
    )
    counts, stats = rest[-2:]
    mapped = [rows.unfold(results[0], clouds.scalar)]
    if counts:
        mapped.append(rows.unfold(results[1], False))
    if stats:
        mapped.append(clouds.unfold_stats(results[-1]))
    return mapped, [0] * len(mapped)


def _map_backward(
    info: Any,
    dims: Any,
    grad_output: Tensor,
    points: Tensor,
    features: Tensor,
    offsets: Tensor | None,
    lengths: Tensor | None,
    *rest: Any,
) -> tuple[Tensor, int]:
    refuse_to_map(offsets=offsets)
    clouds = _Clouds(info.batch_size, points, dims[1], features, dims[2])
    rows = clouds.rows
    grad_output = grad_output.unsqueeze(-1) if clouds.scalar else grad_output
    gradient = torch.ops.robocache.voxelize_backward(
        rows.fold(grad_output, dims[0], 4),
        clouds.points,
        clouds.features,
        None,
        rows.fold_lengths(lengths, dims[4]),
        *rest,
    )
    return rows.unfold(gradient, clouds.scalar), 0


_CLOUD = (
    "Tensor? offsets, Tensor? lengths, float[] origin, float[] voxel_size, SymInt[] dims,"
    " str reduce, bool validate"
)

register(
    f"voxelize(Tensor points, Tensor? features, {_CLOUD}, float fill_value, float? feature_bound,"
    " ScalarType? dtype, bool counts, bool stats) -> Tensor[]",
    _run,
    _shapes,
    _map,
    _gradient,
    _keep,
)
register(
    f"voxelize_backward(Tensor grad_output, Tensor points, Tensor features, {_CLOUD}) -> Tensor",
    _run_backward,
    _shape_backward,
    _map_backward,
    no_second_gradient,
)
