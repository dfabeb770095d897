// SPDX-License-Identifier: Apache-2.0
/** How far SLERP and ANGLE, and the functions that they are made of, are from what exact arithmetic
 * gives: measured against long double, and held to what resample.h and trig.h say. */
#include <array>
#include <cfloat>
#include <cmath>
#include <cstdio>
#include <vector>

#include "check.h"
#include "kernels/common/trig.h"
#include "random.h"

namespace {

constexpr int64_t kCount = 200000;
/** What resample.h promises, in units of 2^-53. */
constexpr double kSlerpUnits = 8, kAngleUnits = 12;
/** What trig.h promises, in ulp of the exact result. */
constexpr double kTrigUlp = 2.5;
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

/** Multiples of a quarter turn, where sine or cosine is near zero, and anything else up to `most`. */
double random_angle(Random& random, double most) {
  const double any = random.real(-most, most);
  return random.chance(30) ? std::rint(any / M_PI_2) * M_PI_2 * (1 + random.real(-1, 1) * 0x1p-50)
                           : any * random.pick<double>({1, 1e-3, 1e-6, 1e-12});
}

double ulp_between(double got, long double exact) {
  const auto nearest = static_cast<double>(std::fabs(exact));
  const double ulp = std::nextafter(nearest, HUGE_VAL) - nearest;
  return static_cast<double>(std::fabs(got - exact) / ulp);
}

void functions_are_accurate(Random& random) {
  double worst[3] = {};
  for (int64_t i = 0; i < 10 * kCount; ++i) {
    const double x = random_angle(random, 1e4);
    const double ratio = random.real(0, 1) * random.pick<double>({1, 1e-3, 1e-6, 1e-12});
    const double errors[] = {
        ulp_between(rc::sine(x), std::sin(static_cast<long double>(x))),
        ulp_between(rc::cosine(x), std::cos(static_cast<long double>(x))),
        ulp_between(rc::atan_unit(ratio), std::atan(static_cast<long double>(ratio)))};
    for (size_t k = 0; k < 3; ++k) worst[k] = std::fmax(worst[k], errors[k]);
  }
  std::printf("sine: %.2f ulp, cosine: %.2f ulp, atan: %.2f ulp\n", worst[0], worst[1], worst[2]);
  for (const double error : worst) CHECK(error <= kTrigUlp);
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
  functions_are_accurate(random);
  slerp_is_accurate(random);
  angle_is_accurate(random);
  return failed_checks != 0;
}
