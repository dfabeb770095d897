// SPDX-License-Identifier: Apache-2.0
// Curves through samples. `w` is the weight of the later sample. Operations that are fused are
// written as fma; nothing else may be contracted.
#pragma once

#include <cmath>

#include "kernels/common/hd.h"
#include "kernels/common/trig.h"

RC_KERNELS_BEGIN

RC_HD inline float linear(float v0, float v1, float w) {
  return w < 0.5f ? fmaf(w, v1 - v0, v0) : fmaf(w - 1, v1 - v0, v1);
}
RC_HD inline double linear(double v0, double v1, double w) {
  return w < 0.5 ? fma(w, v1 - v0, v0) : fma(w - 1, v1 - v0, v1);
}

// Difference of two angles along the shorter arc, in [-pi, pi].
RC_HD inline double arc(double v0, double v1) {
  const double d = v1 - v0;
  return fma(-kTwoPi, rint(d * 0x1.45f306dc9c883p-3), d);
}

RC_HD inline double angle(double v0, double v1, double w) {
  const double r = w < 0.5 ? fma(w, arc(v0, v1), v0) : fma(w - 1, arc(v0, v1), v1);
  const double low = fmin(v0, v1), high = fmax(v0, v1);
  const bool crosses_seam = high - low > kPi;
  if (!crosses_seam || w < 0 || w > 1) return r;
  if (low >= -kPi && high <= kPi) return r > kPi ? r - kTwoPi : r < -kPi ? r + kTwoPi : r;
  if (low >= 0 && high <= kTwoPi) return r > kTwoPi ? r - kTwoPi : r < 0 ? r + kTwoPi : r;
  return r;
}

// Two unit quaternions seen from the slerp between them.
struct Arc {
  double a[4];    // the earlier one, normalised
  double b[4];    // the later one, normalised, with the sign that makes the arc the shorter one
  double sign;    // that sign
  double na, nb;  // lengths before normalisation
  double theta;   // half the angle of the rotation: in [0, pi / 2]
};

RC_HD inline double length4(const double* q) {
  return sqrt(fma(q[0], q[0], fma(q[1], q[1], fma(q[2], q[2], q[3] * q[3]))));
}

RC_HD inline double dot4(const double* p, const double* q) {
  return fma(p[0], q[0], fma(p[1], q[1], fma(p[2], q[2], p[3] * q[3])));
}

RC_HD inline Arc make_arc(const double* q0, const double* q1) {
  Arc arc;
  arc.na = length4(q0);
  arc.nb = length4(q1);
  arc.sign = dot4(q0, q1) < 0 ? -1.0 : 1.0;
  double sum[4], difference[4];
  for (int i = 0; i < 4; ++i) {
    arc.a[i] = q0[i] / arc.na;
    arc.b[i] = arc.sign * (q1[i] / arc.nb);
    sum[i] = arc.b[i] + arc.a[i];
    difference[i] = arc.b[i] - arc.a[i];
  }
  // tan(theta / 2) = |b - a| / |b + a| is exact where acos(a . b) loses half its digits. Rounding may
  // take the ratio of a quarter turn just past 1.
  arc.theta = 2 * atan_unit(fmin(length4(difference) / length4(sum), 1.0));
  return arc;
}

// Weights of `a` and `b` on the great arc. However short the arc is, far extrapolation stays on the
// sphere; without an arc the weights are the linear ones.
RC_HD inline void slerp_weights(double theta, double w, double* wa, double* wb) {
  if (theta == 0) {
    *wa = 1 - w;
    *wb = w;
    return;
  }
  const double s = sine(theta);
  *wa = sine((1 - w) * theta) / s;
  *wb = sine(w * theta) / s;
}

RC_HD inline void slerp(const double* q0, const double* q1, double w, double* out) {
  const Arc arc = make_arc(q0, q1);
  double wa, wb;
  slerp_weights(arc.theta, w, &wa, &wb);
  for (int i = 0; i < 4; ++i) out[i] = fma(wa, arc.a[i], wb * arc.b[i]);
}

// The samples that a monotone cubic needs: up to four knots and the distances between them. Knots 1
// and 2 hold the target; knot 0 and knot 3 may be missing at the ends.
struct Stencil {
  double y[4];
  double h[3];
  bool has_first, has_last;
};

RC_HD inline bool same_sign(double x, double y) { return (x > 0 && y > 0) || (x < 0 && y < 0); }

// Slope at a knot between two others: Fritsch and Butland's weighted harmonic mean.
RC_HD inline double inner_slope(double h0, double h1, double m0, double m1) {
  if (!same_sign(m0, m1)) return m0 != m0 || m1 != m1 ? m0 + m1 : 0.0;
  const double w0 = 2 * h1 + h0, w1 = h1 + 2 * h0;
  return (w0 + w1) / (w0 / m0 + w1 / m1);
}

// Slope at the end of the curve, h0 and m0 the bracket at the end: three points, kept monotone.
RC_HD inline double end_slope(double h0, double h1, double m0, double m1) {
  const double d = ((2 * h0 + h1) * m0 - h0 * m1) / (h0 + h1);
  if (!same_sign(d, m0)) return d != d ? d : 0.0;
  if (!same_sign(m0, m1) && fabs(d) > 3 * fabs(m0)) return 3 * m0;
  return d;
}

// Slopes at knots 1 and 2.
RC_HD inline void pchip_slopes(const Stencil& s, double* d1, double* d2) {
  const double m1 = (s.y[2] - s.y[1]) / s.h[1];
  const double m0 = s.has_first ? (s.y[1] - s.y[0]) / s.h[0] : 0;
  const double m2 = s.has_last ? (s.y[3] - s.y[2]) / s.h[2] : 0;
  if (!s.has_first && !s.has_last) {
    *d1 = *d2 = m1;
    return;
  }
  *d1 = s.has_first ? inner_slope(s.h[0], s.h[1], m0, m1) : end_slope(s.h[1], s.h[2], m1, m2);
  *d2 = s.has_last ? inner_slope(s.h[1], s.h[2], m1, m2) : end_slope(s.h[1], s.h[0], m1, m0);
}

// Cubic through knots 1 and 2; w = (t - t1) / (t2 - t1).
RC_HD inline double pchip(const Stencil& s, double w) {
  double d1, d2;
  pchip_slopes(s, &d1, &d2);
  const double h = s.h[1], step = s.y[2] - s.y[1];
  const double c2 = 3 * step - h * (2 * d1 + d2);
  const double c3 = h * (d1 + d2) - 2 * step;
  return fma(w, fma(w, fma(w, c3, c2), h * d1), s.y[1]);
}

RC_KERNELS_END
