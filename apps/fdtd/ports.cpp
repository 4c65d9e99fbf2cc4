// SPDX-License-Identifier: BSD-3-Clause
#include "ports.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "elements.hpp"

namespace hilbrick::fdtd {
namespace {

using Complex = std::complex<double>;

Complex turned(double frequency_hz, double t_s) { return std::polar(1.0, -2 * std::numbers::pi * frequency_hz * t_s); }

/// The open-circuit voltage at a frequency, integrated over the run: V s; 0 without a generator.
Complex generator(const Numerics& numerics, const Port& port, Index steps, double frequency_hz) {
  Complex sum;
  if (!port.waveform) return sum;
  for (Index n = 0; n < steps; ++n) {
    const double t_s = (static_cast<double>(n) + 0.5) * numerics.dt_s;
    sum += value_at(*port.waveform, t_s) * turned(frequency_hz, t_s) * numerics.dt_s;
  }
  return sum;
}

double decibel(Complex ratio) { return 20 * std::log10(std::abs(ratio)); }

}  // namespace

template <class T>
PortRecorder<T>::PortRecorder(const Comm& comm, const Scene& scene, const Solver<T>& solver, const std::filesystem::path& folder,
                              Index flush_every)
    : comm_(comm), scene_(scene), numerics_(solver.numerics()), folder_(folder), taps_(comm, flush_every) {
  std::vector<SeriesFile::Series> series;
  std::map<std::string, Attributes> groups;
  for (const Port& port : scene.ports) {
    first_edge_.push_back(taps_.count());
    const EdgeRow row = edge_row(scene, port.from_m, port.to_m);
    for (Index i = 0; i < row.count; ++i) taps_.add(solver.field(row.component), row.cell(i));
    spectra_.emplace_back(port.frequencies_hz.size());
    groups.insert({"/" + port.name, {{"resistance_ohm", port.resistance_ohm}, {"dt_s", numerics_.dt_s}}});
    series.push_back({"/" + port.name + "/voltage", {{"time_offset_s", numerics_.dt_s}, {"dt_s", numerics_.dt_s}, {"unit", "V"}}});
  }
  first_edge_.push_back(taps_.count());
  if (scene.ports.empty()) return;
  agree_on(comm_, [&] {
    if (comm_.rank() == 0) file_ = std::make_unique<SeriesFile>(folder / "ports.h5", series, groups, sizeof(T) == 8);
  });
}

template <class T>
void PortRecorder<T>::flush() {
  const std::size_t steps = taps_.noted();
  if (steps == 0) return;
  const std::vector<double> by_edge = taps_.gather();
  agree_on(comm_, [&] {
    if (!file_) return;
    std::vector<double> by_port;
    for (std::size_t p = 0; p < scene_.ports.size(); ++p) {
      const EdgeRow row = edge_row(scene_, scene_.ports[p].from_m, scene_.ports[p].to_m);
      const double length_m = (row.upwards ? -1 : 1) * scene_.spacing_m[axis_of(row.component)];
      for (std::size_t n = 0; n < steps; ++n) {
        double voltage = 0;
        for (std::size_t e = first_edge_[p]; e < first_edge_[p + 1]; ++e) voltage += length_m * by_edge[e * steps + n];
        by_port.push_back(voltage);
        const double t_s = static_cast<double>(flushed_ + static_cast<Index>(n) + 1) * numerics_.dt_s;
        for (std::size_t f = 0; f < spectra_[p].size(); ++f)
          spectra_[p][f] += voltage * turned(scene_.ports[p].frequencies_hz[f], t_s) * numerics_.dt_s;
      }
    }
    file_->append(by_port, steps);
  });
  flushed_ += static_cast<Index>(steps);
}

template <class T>
Complex PortRecorder<T>::mean_voltage(std::size_t port, std::size_t f) const {
  return spectra_[port][f] * std::cos(std::numbers::pi * scene_.ports[port].frequencies_hz[f] * numerics_.dt_s);
}

template <class T>
std::string PortRecorder<T>::csv() const {
  const auto is_driven = [](const Port& p) { return p.waveform.has_value(); };
  const auto driven = std::find_if(scene_.ports.begin(), scene_.ports.end(), is_driven);
  const bool one_driven = std::count_if(scene_.ports.begin(), scene_.ports.end(), is_driven) == 1;
  std::string out = "frequency_hz,port,driven_port,s_re,s_im,s_db,z_re_ohm,z_im_ohm\n";
  for (std::size_t p = 0; p < scene_.ports.size(); ++p) {
    const Port& port = scene_.ports[p];
    for (std::size_t f = 0; f < port.frequencies_hz.size(); ++f) {
      const double frequency_hz = port.frequencies_hz[f];
      const Complex voltage = mean_voltage(p, f);
      out += fmt::format("{:.9g},{},", frequency_hz, port.name);
      const Port* const played = one_driven ? &*driven : &port;
      const Complex source = generator(numerics_, *played, flushed_, frequency_hz);
      if (one_driven) {
        const Complex s =
            2.0 * voltage / source * std::sqrt(driven->resistance_ohm / port.resistance_ohm) - (&port == &*driven ? 1.0 : 0.0);
        out += fmt::format("{},{:.9g},{:.9g},{:.6g},", driven->name, s.real(), s.imag(), decibel(s));
      } else {
        out += ",,,,";
      }
      if (port.waveform) {
        const Complex z = port.resistance_ohm * voltage / (source - voltage);
        out += fmt::format("{:.9g},{:.9g}\n", z.real(), z.imag());
      } else {
        out += ",\n";
      }
    }
  }
  return out;
}

template <class T>
std::string PortRecorder<T>::touchstone() const {
  const Port& port = scene_.ports.front();
  std::string out = fmt::format("! Port {}\n# Hz S RI R {:.9g}\n", port.name, port.resistance_ohm);
  for (std::size_t f = 0; f < port.frequencies_hz.size(); ++f) {
    const Complex s = 2.0 * mean_voltage(0, f) / generator(numerics_, port, flushed_, port.frequencies_hz[f]) - 1.0;
    out += fmt::format("{:.9g} {:.9g} {:.9g}\n", port.frequencies_hz[f], s.real(), s.imag());
  }
  return out;
}

template <class T>
void PortRecorder<T>::close() {
  flush();
  agree_on(comm_, [&] {
    if (!file_) return;
    std::exchange(file_, nullptr)->close();
    write_file(folder_ / "ports.csv", csv());
    if (scene_.ports.size() == 1 && scene_.ports.front().waveform) write_file(folder_ / "ports.s1p", touchstone());
  });
}

template class PortRecorder<float>;
template class PortRecorder<double>;

}  // namespace hilbrick::fdtd
