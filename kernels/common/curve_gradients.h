// SPDX-License-Identifier: Apache-2.0
// Derivatives of the curves of curves.h with respect to their samples.
#pragma once

#include "kernels/common/curves.h"

RC_KERNELS_BEGIN

// Partial derivatives of inner_slope() and end_slope() with respect to m0 and m1.
RC_HD inline void inner_slope_gradient(double h0, double h1, double m0, double m1, double* g0,
                                       double* g1) {
  *g0 = *g1 = 0;
  if (!same_sign(m0, m1)) return;
  const double w0 = 2 * h1 + h0, w1 = h1 + 2 * h0;
  const double d = inner_slope(h0, h1, m0, m1);
  *g0 = d / m0 * (d / m0) * w0 / (w0 + w1);
  *g1 = d / m1 * (d / m1) * w1 / (w0 + w1);
}

RC_HD inline void end_slope_gradient(double h0, double h1, double m0, double m1, double* g0,
                                     double* g1) {
  *g0 = *g1 = 0;
  const double d = ((2 * h0 + h1) * m0 - h0 * m1) / (h0 + h1);
  if (!same_sign(d, m0)) return;
  if (!same_sign(m0, m1) && fabs(d) > 3 * fabs(m0)) {
    *g0 = 3;
    return;
  }
  *g0 = (2 * h0 + h1) / (h0 + h1);
  *g1 = -h0 / (h0 + h1);
}

// Gradient of pchip() with respect to the four samples.
RC_HD inline void pchip_gradient(const Stencil& s, double w, double* g) {
  const double h = s.h[1], w2 = w * w, w3 = w2 * w;
  const double g_step = 3 * w2 - 2 * w3;
  const double g_d1 = h * (w - 2 * w2 + w3), g_d2 = h * (w3 - w2);
  const double m1 = (s.y[2] - s.y[1]) / s.h[1];
  const double m0 = s.has_first ? (s.y[1] - s.y[0]) / s.h[0] : 0;
  const double m2 = s.has_last ? (s.y[3] - s.y[2]) / s.h[2] : 0;
  double g_m[3] = {0, 0, 0}, p, q;
  if (!s.has_first && !s.has_last) {
    g_m[1] = g_d1 + g_d2;
  } else {
    if (s.has_first) {
      inner_slope_gradient(s.h[0], s.h[1], m0, m1, &p, &q);
      g_m[0] += g_d1 * p;
      g_m[1] += g_d1 * q;
    } else {
      end_slope_gradient(s.h[1], s.h[2], m1, m2, &p, &q);
      g_m[1] += g_d1 * p;
      g_m[2] += g_d1 * q;
    }
    if (s.has_last) {
      inner_slope_gradient(s.h[1], s.h[2], m1, m2, &p, &q);
      g_m[1] += g_d2 * p;
      g_m[2] += g_d2 * q;
    } else {
      end_slope_gradient(s.h[1], s.h[0], m1, m0, &p, &q);
      g_m[1] += g_d2 * p;
      g_m[0] += g_d2 * q;
    }
  }
  const double along[3] = {s.has_first ? g_m[0] / s.h[0] : 0, g_m[1] / s.h[1] + g_step,
                           s.has_last ? g_m[2] / s.h[2] : 0};
  g[0] = -along[0];
  g[1] = 1 + along[0] - along[1];
  g[2] = along[1] - along[2];
  g[3] = along[2];
}

// (d/dtheta sin(u theta) / sin(theta)) / sin(theta), and its limit.
RC_HD inline double slerp_weight_slope(double theta, double u) {
  if (theta < 1e-4 && fabs(u) * theta < 1e-4) return u * (1 - u * u) / 3;
  const double s = sine(theta);
  return (u * cosine(u * theta) * s - sine(u * theta) * cosine(theta)) / (s * s * s);
}

// Gradients of slerp() with respect to both quaternions, their normalisation included. With
// cos(theta) = a . b, d theta = -(b . da + a . db) / sin(theta).
RC_HD inline void slerp_gradient(const double* q0, const double* q1, double w, const double* g,
                                 double* g0, double* g1) {
  const Arc arc = make_arc(q0, q1);
  double wa, wb, ga[4], gb[4];
  slerp_weights(arc.theta, w, &wa, &wb);
  const double turn = -(slerp_weight_slope(arc.theta, 1 - w) * dot4(g, arc.a) +
                        slerp_weight_slope(arc.theta, w) * dot4(g, arc.b));
  for (int i = 0; i < 4; ++i) {
    ga[i] = wa * g[i] + turn * arc.b[i];
    gb[i] = wb * g[i] + turn * arc.a[i];
  }
  const double along_a = dot4(ga, arc.a), along_b = dot4(gb, arc.b);
  for (int i = 0; i < 4; ++i) {
    g0[i] = (ga[i] - arc.a[i] * along_a) / arc.na;
    g1[i] = arc.sign * (gb[i] - arc.b[i] * along_b) / arc.nb;
  }
}

RC_KERNELS_END
