// SPDX-License-Identifier: Apache-2.0
/** How far SLERP and ANGLE are from what exact arithmetic gives: measured against long double, and
 * held to what resample.h says. */
#include <array>
#include <cfloat>
#include <cmath>
#include <cstdio>
#include <vector>

#include "check.h"
#include "random.h"

namespace {

constexpr int64_t kCount = 200000;
/** What resample.h promises, in units of 2^-53. */
constexpr double kSlerpUnits = 8, kAngleUnits = 12;
constexpr long double kUnit = 0x1p-53L;
constexpr rc_dtype kFloat64 = {RC_DTYPE_FLOAT, 64, 1};

using Quaternion = std::array<double, 4>;

/** Resamples pairs of samples at times 0 and 1, each pair at a time of its own. */
std::vector<double> resample(int32_t mode, int64_t width, std::vector<double>& values,
                             std::vector<double>& targets) {
  rc_context* context = new_cpu_context();
  int64_t values_shape[] = {kCount, 2, width}, output_shape[] = {kCount, 1, width};
  int64_t source_shape[] = {2}, target_shape[] = {kCount, 1};
  double times[] = {0, 1};
  std::vector<double> result(static_cast<size_t>(kCount * width));
  const rc_device cpu = {RC_DEVICE_CPU, 0};
  rc_tensor v = {values.data(), cpu, 3, kFloat64, values_shape, nullptr, 0};
  rc_tensor s = {times, cpu, 1, kFloat64, source_shape, nullptr, 0};
  rc_tensor t = {targets.data(), cpu, 2, kFloat64, target_shape, nullptr, 0};
  rc_tensor out = {result.data(), cpu, 3, kFloat64, output_shape, nullptr, 0};
  rc_resample_options options = RC_RESAMPLE_OPTIONS_INIT;
  const rc_channels all = {0, width, mode, 0};
  options.channels = &all;
  options.num_channels = 1;
  SUCCEEDS(rc_resample(context, &v, &s, &t, &options, &out));
  rc_context_destroy(context);
  return result;
}

std::vector<double> random_weights(Random& random) {
  std::vector<double> weights(kCount);
  for (double& w : weights) w = random.real(0, 1);
  return weights;
}

/** From a random one to another one, or to one that is near it. */
void add_pair(Random& random, std::vector<double>& values) {
  const double nearness = random.pick<double>({1, 1, 1e-3, 1e-8});
  Quaternion q;
  for (double& x : q) x = random.real(-1, 1);
  values.insert(values.end(), q.begin(), q.end());
  for (double& x : q) x += nearness * random.real(-1, 1);
  values.insert(values.end(), q.begin(), q.end());
}

void slerp_is_accurate(Random& random) {
  std::vector<double> values;
  for (int64_t i = 0; i < kCount; ++i) add_pair(random, values);
  std::vector<double> weights = random_weights(random);
  const std::vector<double> got = resample(RC_MODE_SLERP, 4, values, weights);
  long double worst = 0;
  for (size_t i = 0; i < kCount; ++i) {
    long double a[4], b[4], na = 0, nb = 0, dot = 0, apart = 0, together = 0;
    for (size_t k = 0; k < 4; ++k) {
      a[k] = values[8 * i + k];
      b[k] = values[8 * i + 4 + k];
      na += a[k] * a[k];
      nb += b[k] * b[k];
      dot += a[k] * b[k];
    }
    for (size_t k = 0; k < 4; ++k) {
      a[k] /= std::sqrt(na);
      b[k] *= (dot < 0 ? -1 : 1) / std::sqrt(nb);
      apart += (b[k] - a[k]) * (b[k] - a[k]);
      together += (b[k] + a[k]) * (b[k] + a[k]);
    }
    const long double theta = 2 * std::atan2(std::sqrt(apart), std::sqrt(together));
    const long double w = weights[i];
    const long double wa = theta == 0 ? 1 - w : std::sin((1 - w) * theta) / std::sin(theta);
    const long double wb = theta == 0 ? w : std::sin(w * theta) / std::sin(theta);
    for (size_t k = 0; k < 4; ++k) {
      worst = std::fmax(worst, std::fabs(got[4 * i + k] - (wa * a[k] + wb * b[k])));
    }
  }
  std::printf("slerp: %.2Lf units of 2^-53\n", worst / kUnit);
  CHECK(worst <= kSlerpUnits * kUnit);
}

void angle_is_accurate(Random& random) {
  const long double pi = std::acos(-1.0L);
  std::vector<double> values(2 * kCount);
  for (double& v : values) v = random.real(-M_PI, M_PI);
  std::vector<double> weights = random_weights(random);
  const std::vector<double> got = resample(RC_MODE_ANGLE, 1, values, weights);
  long double worst = 0;
  for (size_t i = 0; i < kCount; ++i) {
    const long double v0 = values[2 * i], d = values[2 * i + 1] - v0;
    const long double arc = d > pi ? d - 2 * pi : d < -pi ? d + 2 * pi : d;
    // Where the two directions are equally long, either is right; and so are r and r +- 2 pi.
    if (std::fabs(std::fabs(d) - pi) < 1e-9L) continue;
    const long double error = got[i] - (v0 + weights[i] * arc);
    worst = std::fmax(worst, std::fabs(error - 2 * pi * std::round(error / (2 * pi))));
  }
  std::printf("angle: %.2Lf units of 2^-53\n", worst / kUnit);
  CHECK(worst <= kAngleUnits * kUnit);
}

}  // namespace

int main() {
  if (LDBL_MANT_DIG < 64) {
    std::puts("skipped: long double is no wider than double");
    return SKIPPED;
  }
  const uint64_t seed = std::random_device()();
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  Random random(seed);
  slerp_is_accurate(random);
  angle_is_accurate(random);
  return failed_checks != 0;
}
