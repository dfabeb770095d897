// SPDX-License-Identifier: Apache-2.0
// pchip() of curves.h for several channels at once, where the curve goes on at both sides of the bracket: the
// same operations, both outcomes of each choice.
#pragma once

#include "kernels/common/curves.h"
#include "kernels/resample/lanes.h"

RC_KERNELS_BEGIN

// inner_slope()
template <class V>
RC_INLINE V inner_slopes(double h0, double h1, const V& m0, const V& m1) {
  const double w0 = 2 * h1 + h0, w1 = h1 + 2 * h0;
  const V slope = (w0 + w1) / (w0 / m0 + w1 / m1);
  const V otherwise = (m0 != m0) | (m1 != m1) ? m0 + m1 : V{};
  return ((m0 > 0) & (m1 > 0)) | ((m0 < 0) & (m1 < 0)) ? slope : otherwise;
}

// Of N channels from y[0], y[1], ... on, `h` apart.
template <int N, class In>
RC_INLINE Vector<double, N> pchip_lanes(const In* const (&y)[4], const double (&h)[3], double w) {
  using V = Vector<double, N>;
  V y0, y1, y2, y3;
  load_doubles<N>(y[0], y0);
  load_doubles<N>(y[1], y1);
  load_doubles<N>(y[2], y2);
  load_doubles<N>(y[3], y3);
  const V step = y2 - y1, m1 = step / h[1];
  const V d1 = inner_slopes<V>(h[0], h[1], (y1 - y0) / h[0], m1);
  const V d2 = inner_slopes<V>(h[1], h[2], m1, (y3 - y2) / h[2]);
  V square = 3 * step - h[1] * (2 * d1 + d2), line = h[1] * d1;
  fma_lanes<N>(w, h[1] * (d1 + d2) - 2 * step, square);
  fma_lanes<N>(w, square, line);
  fma_lanes<N>(w, line, y1);
  return y1;
}

RC_KERNELS_END
