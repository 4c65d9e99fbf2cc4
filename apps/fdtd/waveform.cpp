// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <bit>
#include <cmath>
#include <complex>
#include <limits>
#include <numbers>
#include <utility>

#include "scene.hpp"

namespace hilbrick::fdtd {
namespace {

constexpr double two_pi = 2 * std::numbers::pi;

/// The standard deviation in time of the Gaussian that a waveform is made of.
double width_s(const Waveform& w) {
  return 1 / (two_pi * (w.kind == Waveform::Kind::modulated_gaussian ? w.bandwidth_hz : w.frequency_hz));
}

double table_value(const Waveform& w, double t_s) {
  if (w.times_s.empty() || t_s < w.times_s.front() || t_s > w.times_s.back()) return 0;
  const auto above = std::upper_bound(w.times_s.begin(), w.times_s.end(), t_s);
  if (above == w.times_s.end()) return w.values.back();
  const auto i = static_cast<std::size_t>(above - w.times_s.begin());
  const double share = (t_s - w.times_s[i - 1]) / (w.times_s[i] - w.times_s[i - 1]);
  return w.values[i - 1] + share * (w.values[i] - w.values[i - 1]);
}

/// The discrete Fourier transform in place, of a power of two of values (Cooley and Tukey 1965).
void transform(std::vector<std::complex<double>>& v) {
  const std::size_t n = v.size();
  for (std::size_t i = 1, j = 0; i < n; ++i) {  // to the order of reversed bits
    std::size_t bit = n / 2;
    for (; j & bit; bit /= 2) j ^= bit;
    j ^= bit;
    if (i < j) std::swap(v[i], v[j]);
  }
  for (std::size_t half = 1; half < n; half *= 2)
    for (std::size_t k = 0; k < half; ++k) {
      const std::complex<double> turn = std::polar(1.0, -std::numbers::pi * static_cast<double>(k) / static_cast<double>(half));
      for (std::size_t i = k; i < n; i += 2 * half) {
        const std::complex<double> odd = turn * v[i + half];
        v[i + half] = v[i] - odd;
        v[i] += odd;
      }
    }
}

/// The highest frequency with 1e-2 of the peak in the spectrum of a table sampled at its shortest interval; of very uneven ones at a longer
/// one.
double highest_table_frequency_hz(const Waveform& w) {
  if (w.times_s.size() < 2) return 0;
  const double first = w.times_s.front(), last = w.times_s.back();
  double step = last - first;
  for (std::size_t i = 1; i < w.times_s.size(); ++i) step = std::min(step, w.times_s[i] - w.times_s[i - 1]);
  const double most = 1 << 15;
  const auto samples = static_cast<std::size_t>(std::min(std::round((last - first) / step), most)) + 1;
  step = (last - first) / static_cast<double>(samples - 1);
  std::vector<std::complex<double>> spectrum(std::bit_ceil(8 * samples));  // zeros behind make the lines of the spectrum dense
  for (std::size_t i = 0; i < samples; ++i) spectrum[i] = table_value(w, std::min(first + static_cast<double>(i) * step, last));
  transform(spectrum);
  spectrum.resize(spectrum.size() / 2 + 1);
  double peak = 0;
  for (const auto& s : spectrum) peak = std::max(peak, std::abs(s));
  std::size_t k = spectrum.size() - 1;
  while (k > 0 && std::abs(spectrum[k]) < 1e-2 * peak) --k;
  return peak > 0 ? static_cast<double>(k) / (2 * static_cast<double>(spectrum.size() - 1) * step) : 0;
}

}  // namespace

double value_at(const Waveform& w, double t_s) {
  const double t = t_s - w.delay_s;
  switch (w.kind) {
    case Waveform::Kind::gaussian: {
      const double u = t / width_s(w);
      return w.amplitude * std::exp(-0.5 * u * u);
    }
    case Waveform::Kind::gaussian_derivative: {
      const double u = t / width_s(w);
      return -w.amplitude * u * std::exp(0.5 - 0.5 * u * u);
    }
    case Waveform::Kind::modulated_gaussian: {
      const double u = t / width_s(w);
      return w.amplitude * std::exp(-0.5 * u * u) * std::sin(two_pi * w.frequency_hz * t + w.phase_rad);
    }
    case Waveform::Kind::cw: {
      if (t < 0) return 0;
      const double ramp_s = w.ramp_periods / w.frequency_hz;
      const double ramp = t < ramp_s ? 0.5 - 0.5 * std::cos(std::numbers::pi * t / ramp_s) : 1;
      return w.amplitude * ramp * std::sin(two_pi * w.frequency_hz * t + w.phase_rad);
    }
    case Waveform::Kind::table:
      return w.amplitude * table_value(w, t);
  }
  return 0;
}

double silent_after_s(const Waveform& w) {
  switch (w.kind) {
    case Waveform::Kind::cw:
      return std::numeric_limits<double>::infinity();
    case Waveform::Kind::table:
      return w.delay_s + (w.times_s.empty() ? 0 : w.times_s.back());
    default:
      return w.delay_s + 8 * width_s(w);  // u exp(-u^2 / 2) < 1e-12 from u = 7.8 on
  }
}

double highest_frequency_hz(const Waveform& w) {
  switch (w.kind) {
    case Waveform::Kind::gaussian:
      return std::sqrt(2 * std::log(100)) * w.frequency_hz;  // exp(-x^2 / 2) = 1e-2
    case Waveform::Kind::gaussian_derivative:
      return 3.5716 * w.frequency_hz;  // x exp(1/2 - x^2 / 2) = 1e-2
    case Waveform::Kind::modulated_gaussian:
      return w.frequency_hz + std::sqrt(2 * std::log(100)) * w.bandwidth_hz;
    case Waveform::Kind::cw:
      return w.frequency_hz;
    case Waveform::Kind::table:
      return highest_table_frequency_hz(w);
  }
  return 0;
}

}  // namespace hilbrick::fdtd
