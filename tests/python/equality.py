# SPDX-License-Identifier: Apache-2.0
"""What "equal" means in tests."""

import numpy as np


def bits(array):
    return np.ascontiguousarray(array).view(f"u{array.dtype.itemsize}")


def assert_same_bits(got, expected):
    """Two sequences of arrays, or of None."""
    for one, other in zip(got, expected, strict=True):
        if one is None or other is None:
            assert one is other
        else:
            one, other = np.asarray(one), np.asarray(other)
            assert one.shape == other.shape
            np.testing.assert_array_equal(bits(one), bits(other))


def assert_numbers(got, expected):
    """Equal as float64, zeros of the same sign; a NaN is a NaN."""
    got, expected = np.asarray(got).astype(np.float64), np.asarray(expected, np.float64)
    np.testing.assert_array_equal(got, expected)
    numbers = ~np.isnan(expected)
    np.testing.assert_array_equal(np.signbit(got)[numbers], np.signbit(expected)[numbers])
