// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cmath>
#include <complex>
#include <limits>
#include <numbers>

#include "scene.hpp"

namespace hilbrick::fdtd {
namespace {

constexpr double pi = std::numbers::pi;
using Kind = Waveform::Kind;

Waveform waveform(Kind kind, double frequency_hz) {
  Waveform w;
  w.kind = kind;
  w.frequency_hz = frequency_hz;
  w.bandwidth_hz = frequency_hz / 4;
  w.delay_s = 10 / frequency_hz;  // begins after t = 0
  return w;
}

Waveform table(std::vector<double> times_s, std::vector<double> values) {
  Waveform w;
  w.kind = Kind::table;
  w.times_s = std::move(times_s);
  w.values = std::move(values);
  return w;
}

/// |Fourier transform| of a waveform at a frequency: the integral by the trapezoidal rule over `last_s`.
double spectrum(const Waveform& w, double frequency_hz, double last_s, int samples) {
  const double step = last_s / samples;
  std::complex<double> sum = 0;
  for (int i = 0; i <= samples; ++i) {
    const double t = i * step;
    sum += (i == 0 || i == samples ? 0.5 : 1.0) * value_at(w, t) * std::polar(1.0, -2 * pi * frequency_hz * t);
  }
  return std::abs(sum) * step;
}

TEST(Waveform, HasKnownValues) {
  const double f = 2e9, sigma = 1 / (2 * pi * f);
  Waveform w = waveform(Kind::gaussian, f);
  w.amplitude = 3;
  EXPECT_DOUBLE_EQ(value_at(w, w.delay_s), 3);
  EXPECT_NEAR(value_at(w, w.delay_s + sigma), 3 * std::exp(-0.5), 1e-12);
  EXPECT_NEAR(value_at(w, w.delay_s - 2 * sigma), 3 * std::exp(-2.0), 1e-12);

  w = waveform(Kind::gaussian_derivative, f);
  w.amplitude = 3;
  EXPECT_EQ(value_at(w, w.delay_s), 0);
  EXPECT_NEAR(value_at(w, w.delay_s - sigma), 3, 1e-12);  // up first, then down
  EXPECT_NEAR(value_at(w, w.delay_s + sigma), -3, 1e-12);

  w = waveform(Kind::modulated_gaussian, f);
  w.phase_rad = pi / 2;
  w.amplitude = 3;
  EXPECT_DOUBLE_EQ(value_at(w, w.delay_s), 3);
  const double width = 1 / (2 * pi * w.bandwidth_hz);
  EXPECT_NEAR(value_at(w, w.delay_s + width), 3 * std::exp(-0.5) * std::cos(2 * pi * f * width), 1e-12);
  w.phase_rad = 0;
  EXPECT_EQ(value_at(w, w.delay_s), 0);
  EXPECT_NEAR(value_at(w, w.delay_s + 0.25 / f), 3 * std::exp(-0.5 * std::pow(0.25 / f / width, 2)), 1e-12);
}

TEST(Waveform, PeaksAtItsAmplitude) {
  for (const Kind kind : {Kind::gaussian, Kind::gaussian_derivative, Kind::modulated_gaussian, Kind::cw}) {
    Waveform w = waveform(kind, 1e9);
    w.amplitude = -2.5;
    w.phase_rad = pi / 2;
    double most = 0;
    for (int i = 0; i <= 200000; ++i) most = std::max(most, std::fabs(value_at(w, w.delay_s + (i - 100000) * 1e-13)));
    EXPECT_NEAR(most, 2.5, 1e-4) << static_cast<int>(kind);
    EXPECT_LE(most, 2.5 * (1 + 1e-12)) << static_cast<int>(kind);
  }
}

TEST(Waveform, ContinuousWaveRampsUp) {
  Waveform w = waveform(Kind::cw, 1e9);
  w.delay_s = 2e-9;
  w.phase_rad = pi / 2;
  EXPECT_EQ(value_at(w, 1.999e-9), 0);
  EXPECT_EQ(value_at(w, -1), 0);
  EXPECT_NEAR(value_at(w, 2e-9), 0, 1e-15);
  EXPECT_NEAR(value_at(w, 3e-9), 0.25, 1e-9);  // (1 - cos(pi / 3)) / 2, one of three periods
  EXPECT_NEAR(value_at(w, 4e-9), 0.75, 1e-9);
  EXPECT_NEAR(value_at(w, 5e-9), 1, 1e-9);
  EXPECT_NEAR(value_at(w, 1e-6 + 2e-9), 1, 1e-6);
  EXPECT_NEAR(value_at(w, 6.5e-9), -1, 1e-9);
  w.ramp_periods = 0;
  EXPECT_NEAR(value_at(w, 2e-9), 1, 1e-12);
  EXPECT_EQ(silent_after_s(w), std::numeric_limits<double>::infinity());
  EXPECT_EQ(highest_frequency_hz(w), 1e9);
}

TEST(Waveform, TablesAreLinearBetweenPoints) {
  Waveform w = table({1, 2, 4}, {10, -10, 30});
  w.amplitude = 2;
  w.delay_s = 0.5;
  for (const auto& [t, value] : std::vector<std::pair<double, double>>{
           {1.4999, 0}, {1.5, 20}, {2, 0}, {2.25, -10}, {2.5, -20}, {3.5, 20}, {4.5, 60}, {4.5001, 0}, {-100, 0}})
    EXPECT_NEAR(value_at(w, t), value, 1e-12) << t;
  EXPECT_EQ(silent_after_s(w), 4.5);
}

TEST(Waveform, IsSilentAfterwards) {
  for (const Kind kind : {Kind::gaussian, Kind::gaussian_derivative, Kind::modulated_gaussian}) {
    Waveform w = waveform(kind, 3e8);
    w.amplitude = 7;
    const double width = 1 / (2 * pi * (kind == Kind::modulated_gaussian ? w.bandwidth_hz : w.frequency_hz)), silent = silent_after_s(w);
    for (int i = 0; i < 10000; ++i) EXPECT_LT(std::fabs(value_at(w, silent + i * 1e-3 * width)), 7e-12);
    EXPECT_GT(std::fabs(value_at(w, silent - 2 * width)), 0);
    EXPECT_LT(silent, w.delay_s + 10 * width);  // not needlessly late
  }
  const Waveform w = table({0, 1e-9}, {1, 1});
  EXPECT_EQ(value_at(w, std::nextafter(silent_after_s(w), 1.0)), 0);
}

TEST(Waveform, DerivativePeaksAtItsFrequency) {
  EXPECT_TRUE(rc::check("the spectrum of gaussian_derivative peaks at frequency_hz", [] {
    const double f = *rc::gen::inRange(1, 1000) * 1e7;
    const Waveform w = waveform(Kind::gaussian_derivative, f);
    double best = 0, peak = 0;
    for (int k = 50; k <= 150; ++k) {
      const double s = spectrum(w, f * k / 100, 20 / f, 2000);
      if (s > peak) {
        peak = s;
        best = k / 100.0;
      }
    }
    RC_ASSERT(std::fabs(best - 1) < 0.005);
  }));
}

TEST(Waveform, ModulatedGaussianPeaksAtItsFrequency) {
  const Waveform w = waveform(Kind::modulated_gaussian, 2e9);
  const auto at = [&](double f) { return spectrum(w, f, 10e-9, 20000); };
  EXPECT_GT(at(2e9), at(2.02e9));
  EXPECT_GT(at(2e9), at(1.98e9));
  EXPECT_NEAR(at(2e9 + w.bandwidth_hz) / at(2e9), std::exp(-0.5), 1e-3);
}

TEST(Waveform, SpectrumHasFallenAtTheHighestFrequency) {
  for (const Kind kind : {Kind::gaussian, Kind::gaussian_derivative, Kind::modulated_gaussian}) {
    const Waveform w = waveform(kind, 1e9);
    const double highest = highest_frequency_hz(w);
    const auto at = [&](double f) { return spectrum(w, f, 20e-9, 8000); };
    double peak = 0;
    for (int k = 0; k <= 300; ++k) peak = std::max(peak, at(k * 1e7));
    EXPECT_NEAR(at(highest) / peak, 1e-2, 1e-5) << static_cast<int>(kind);
    for (int k = 1; k < 50; ++k) EXPECT_LT(at(highest * (1 + k * 0.05)), 1e-2 * peak) << static_cast<int>(kind);
  }
}

TEST(Waveform, HighestFrequencyOfATableIsThatOfWhatItSamples) {
  const Waveform pulse = waveform(Kind::gaussian, 1e9);
  std::vector<double> times_s, values;
  for (int i = 0; i <= 1000; ++i) {
    times_s.push_back(i * 2e-11);
    values.push_back(value_at(pulse, times_s.back()));
  }
  Waveform w = table(times_s, values);
  w.amplitude = 42;
  w.delay_s = 1;
  EXPECT_NEAR(highest_frequency_hz(w), highest_frequency_hz(pulse), 0.05e9);
  // Points that say nothing new change nothing, and a silent table has no frequency.
  times_s.insert(times_s.begin(), -1e-8);
  values.insert(values.begin(), 0);
  EXPECT_NEAR(highest_frequency_hz(table(times_s, values)), highest_frequency_hz(pulse), 0.05e9);
  EXPECT_EQ(highest_frequency_hz(table({0, 1}, {0, 0})), 0);
}

}  // namespace
}  // namespace hilbrick::fdtd
