# SPDX-License-Identifier: Apache-2.0
"""Arithmetic of resample.h in exact fractions, each rounding written out."""

import math
from fractions import Fraction

# Bits of the significand, exponent of the smallest subnormal, largest exponent.
FORMATS = {
    "float16": (11, -24, 15),
    "bfloat16": (8, -133, 127),
    "float32": (24, -149, 127),
    "float64": (53, -1074, 1023),
}


def round_to(x: Fraction, name: str) -> float:
    """The number of a format that is nearest, ties to even; beyond the largest one infinity."""
    if x == 0:
        return 0.0
    precision, smallest, largest = FORMATS[name]
    sign = -1 if x < 0 else 1
    exponent = abs(x.numerator).bit_length() - x.denominator.bit_length()
    if abs(x) < Fraction(2) ** exponent:
        exponent -= 1
    unit = max(exponent - precision + 1, smallest)
    count = round(x / Fraction(2) ** unit)
    if abs(count) * Fraction(2) ** unit >= Fraction(2) ** (largest + 1):
        return sign * math.inf
    return sign * math.ldexp(abs(count), unit)


def rounded(x: float, name: str) -> float:
    """A float64 in another format."""
    return math.copysign(round_to(Fraction(x), name), x) if math.isfinite(x) else x


def fma(x: float, y: float, z: float, name: str) -> float:
    """x * y + z, rounded once."""
    if not all(map(math.isfinite, (x, y, z))):
        return x * y + z
    return round_to(Fraction(x) * Fraction(y) + Fraction(z), name)


def subtract(x: float, y: float, name: str) -> float:
    """x - y, rounded once."""
    return fma(-1.0, y, x, name)


def weight(t: float, t0: float, t1: float) -> float:
    """(double)(t - t0) / (double)(t1 - t0): int differences exact, float ones in float64."""
    return float(t - t0) / float(t1 - t0)


def linear(v0: float, v1: float, w: float, compute: str) -> float:
    """The formula of RC_MODE_LINEAR, `w` of float64."""
    w = rounded(w, compute)
    step = subtract(v1, v0, compute)
    if w < 0.5:
        return fma(w, step, v0, compute)
    return fma(subtract(w, 1.0, compute), step, v1, compute)
