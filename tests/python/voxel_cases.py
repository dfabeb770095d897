# SPDX-License-Identifier: Apache-2.0
"""Clouds and grids in which every rule of voxelize.h matters."""

import ml_dtypes
import numpy as np
from hypothesis import strategies as st
from voxel_reference import Grid

FEATURE_TYPES = {
    "float16": np.float16,
    "bfloat16": ml_dtypes.bfloat16,
    "float32": np.float32,
    "float64": np.float64,
    "uint8": np.uint8,
    "int16": np.int16,
}
POINT_TYPES = ("float16", "float32", "float64")
FEATURE_REDUCTIONS = ("sum", "mean", "max", "min")
REDUCTIONS = ("occupancy", "count", *FEATURE_REDUCTIONS)

voxel_sizes = st.sampled_from([1.0, 0.5, 0.1, 0.16, 0.075, 0.005, 1 / 3, 3.7, 1e-3, 1e4])
origins = st.sampled_from([0.0, -39.68, -54.0, -0.64, 0.1, 1 / 3, -1e3])
grids = st.builds(
    Grid,
    st.tuples(origins, origins, origins),
    st.tuples(voxel_sizes, voxel_sizes, voxel_sizes),
    st.tuples(*[st.integers(1, 4)] * 3),
)


def points_near(rng, grid, count, name):
    """Points inside, beside and on the faces of voxels, a number above or below; and no numbers."""
    dims, size, origin = (
        np.array(x, np.float64) for x in (grid.dims, grid.voxel_size, grid.origin)
    )
    lattice = rng.integers(-1, dims + 2, (count, 3)).astype(np.float64)
    within = rng.random((count, 3)) * (rng.random((count, 3)) < 0.5)
    with np.errstate(over="ignore"):
        points = (origin + (lattice + within) * size).astype(name)
        towards = rng.choice([-np.inf, np.inf], points.shape).astype(name)
        points = np.where(rng.random(points.shape) < 0.3, np.nextafter(points, towards), points)
        specials = np.array([np.nan, np.inf, -np.inf, 3e38, -0.0, 1e-45]).astype(name)
    return np.where(rng.random(points.shape) < 0.03, rng.choice(specials, points.shape), points)


def features_of(rng, count, channels, name, wild=True):
    """Numbers of very different size; with `wild` NaN, infinities and zeros of both signs."""
    if name in ("uint8", "int16"):
        info = np.iinfo(name)
        return rng.integers(info.min, info.max, (count, channels), endpoint=True).astype(name)
    scale = {"float16": (-24, 16), "float64": (-1080, 1020)}.get(name, (-150, 125))
    middle = rng.integers(*scale, channels)
    exponents = middle - rng.integers(0, 40, (count, channels))
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        values = np.ldexp(rng.uniform(-1, 1, (count, channels)), exponents)
        if wild:
            specials = rng.choice([np.nan, np.inf, -np.inf, 0.0, -0.0], values.shape)
            odd = np.array([0.0, 0.02, 0.3])[rng.integers(0, 3, channels)]
            values = np.where(rng.random(values.shape) < odd, specials, values)
        return values.astype(FEATURE_TYPES[name])
