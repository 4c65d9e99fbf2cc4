// SPDX-License-Identifier: BSD-3-Clause
#include "ports.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

#include "elements.hpp"

namespace hilbrick::fdtd {
namespace {

using Complex = std::complex<double>;

Complex turned(double frequency_hz, double t_s) { return std::polar(1.0, -2 * std::numbers::pi * frequency_hz * t_s); }

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
    frequencies_hz_.insert(frequencies_hz_.end(), port.frequencies_hz.begin(), port.frequencies_hz.end());
    groups.insert({"/" + port.name, {{"resistance_ohm", port.resistance_ohm}, {"dt_s", numerics_.dt_s}}});
    series.push_back({"/" + port.name + "/voltage", {{"time_offset_s", numerics_.dt_s}, {"dt_s", numerics_.dt_s}, {"unit", "V"}}});
  }
  first_edge_.push_back(taps_.count());
  if (scene.ports.empty()) return;
  for (const FarFieldRequest& far : scene.far_fields)
    frequencies_hz_.insert(frequencies_hz_.end(), far.spectrum.frequencies_hz.begin(), far.spectrum.frequencies_hz.end());
  std::sort(frequencies_hz_.begin(), frequencies_hz_.end());
  frequencies_hz_.erase(std::unique(frequencies_hz_.begin(), frequencies_hz_.end()), frequencies_hz_.end());
  restart(scene.ports);
  agree_on(comm_, [&] {
    if (comm_.rank() == 0 && !scene.sweep) file_ = std::make_unique<SeriesFile>(folder / "ports.h5", series, groups, sizeof(T) == 8);
  });
}

template <class T>
void PortRecorder<T>::restart(const std::vector<Port>& ports) {
  ports_ = ports;
  flushed_ = 0;
  spectra_.assign(ports.size(), std::vector<Complex>(frequencies_hz_.size()));
}

template <class T>
void PortRecorder<T>::flush() {
  const std::size_t steps = taps_.noted();
  if (steps == 0) return;
  const std::vector<double> by_edge = taps_.gather();
  agree_on(comm_, [&] {
    if (comm_.rank() != 0) return;
    std::vector<double> by_port;
    for (std::size_t p = 0; p < ports_.size(); ++p) {
      const EdgeRow row = edge_row(scene_, ports_[p].from_m, ports_[p].to_m);
      const double length_m = (row.upwards ? -1 : 1) * scene_.spacing_m[axis_of(row.component)];
      for (std::size_t n = 0; n < steps; ++n) {
        double voltage = 0;
        for (std::size_t e = first_edge_[p]; e < first_edge_[p + 1]; ++e) voltage += length_m * by_edge[e * steps + n];
        by_port.push_back(voltage);
        const double t_s = static_cast<double>(flushed_ + static_cast<Index>(n) + 1) * numerics_.dt_s;
        for (std::size_t f = 0; f < frequencies_hz_.size(); ++f)
          spectra_[p][f] += voltage * turned(frequencies_hz_[f], t_s) * numerics_.dt_s;
      }
    }
    if (file_) file_->append(by_port, steps);
  });
  flushed_ += static_cast<Index>(steps);
}

template <class T>
Complex PortRecorder<T>::mean_voltage(std::size_t port, double frequency_hz) const {
  const auto f = std::lower_bound(frequencies_hz_.begin(), frequencies_hz_.end(), frequency_hz) - frequencies_hz_.begin();
  return spectra_[port][static_cast<std::size_t>(f)] * std::cos(std::numbers::pi * frequency_hz * numerics_.dt_s);
}

template <class T>
Complex PortRecorder<T>::generator(std::size_t port, double frequency_hz) const {
  Complex sum;
  if (!ports_[port].waveform) return sum;
  for (Index n = 0; n < flushed_; ++n) {
    const double t_s = (static_cast<double>(n) + 0.5) * numerics_.dt_s;
    sum += value_at(*ports_[port].waveform, t_s) * turned(frequency_hz, t_s) * numerics_.dt_s;
  }
  return sum;
}

template <class T>
void PortRecorder<T>::end_run() {
  flush();
  if (comm_.rank() != 0 || ports_.empty()) return;
  std::vector<std::size_t> driven;
  for (std::size_t p = 0; p < ports_.size(); ++p)
    if (ports_[p].waveform) driven.push_back(p);
  for (std::size_t p = 0; p < ports_.size(); ++p) {
    const Port& port = ports_[p];
    for (const double frequency_hz : port.frequencies_hz) {
      const Complex voltage = mean_voltage(p, frequency_hz);
      Finding found{frequency_hz, p, {}, {}, {}};
      if (driven.size() == 1) {
        const std::size_t from = driven.front();
        found.driven = from;
        found.s = 2.0 * voltage / generator(from, frequency_hz) * std::sqrt(ports_[from].resistance_ohm / port.resistance_ohm) -
                  (p == from ? 1.0 : 0.0);
      }
      if (port.waveform) found.z_ohm = port.resistance_ohm * voltage / (generator(p, frequency_hz) - voltage);
      findings_.push_back(found);
    }
  }
}

template <class T>
std::vector<FeedPower> PortRecorder<T>::feeds(const std::vector<double>& frequencies_hz) const {
  std::vector<double> powers(3 * frequencies_hz.size(), 0);
  if (comm_.rank() == 0)
    for (std::size_t f = 0; f < frequencies_hz.size(); ++f)
      for (std::size_t p = 0; p < ports_.size(); ++p) {
        if (!ports_[p].waveform) continue;
        const double r = ports_[p].resistance_ohm;
        const Complex voltage = mean_voltage(p, frequencies_hz[f]), source = generator(p, frequencies_hz[f]);
        const double accepted = (voltage * std::conj(source - voltage)).real() / (2 * r);
        powers[3 * f] += accepted;
        powers[3 * f + 1] += accepted / std::cos(std::numbers::pi * frequencies_hz[f] * numerics_.dt_s);
        powers[3 * f + 2] += std::norm(source) / (8 * r);
      }
  powers = broadcast(comm_, std::move(powers));
  std::vector<FeedPower> feeds;
  for (std::size_t i = 0; i < powers.size(); i += 3) feeds.push_back({powers[i], powers[i + 1], powers[i + 2]});
  return feeds;
}

template <class T>
std::string PortRecorder<T>::csv() const {
  std::string out = "frequency_hz,port,driven_port,s_re,s_im,s_db,z_re_ohm,z_im_ohm\n";
  for (const Finding& f : findings_) {
    out += fmt::format("{:.9g},{},", f.frequency_hz, ports_[f.port].name);
    out += f.driven ? fmt::format("{},{:.9g},{:.9g},{:.6g},", ports_[*f.driven].name, f.s.real(), f.s.imag(), decibel(f.s)) : ",,,,";
    out += f.z_ohm ? fmt::format("{:.9g},{:.9g}\n", f.z_ohm->real(), f.z_ohm->imag()) : ",\n";
  }
  return out;
}

template <class T>
std::string PortRecorder<T>::touchstone() const {
  const std::size_t n = ports_.size();
  for (const Port& port : ports_)
    if (port.resistance_ohm != ports_[0].resistance_ohm) return {};  // the format knows one for all
  std::map<double, Matrix> scattering;
  for (const Finding& f : findings_)
    if (f.driven) scattering[f.frequency_hz][{f.port, *f.driven}] = f.s;
  for (const auto& [frequency_hz, matrix] : scattering)
    if (matrix.size() != n * n) return {};
  if (scattering.empty()) return {};
  std::string out = "!";
  for (std::size_t p = 0; p < n; ++p) out += fmt::format(" Port[{}] = {}", p + 1, ports_[p].name);
  out += fmt::format("\n# Hz S RI R {:.9g}\n", ports_[0].resistance_ohm);
  for (const auto& [frequency_hz, matrix] : scattering) {
    out += fmt::format("{:.9g}", frequency_hz);
    // Row by row, each on lines of its own of at most four; of two ports on one line, column by column.
    for (std::size_t row = 0; row < n; ++row) {
      for (std::size_t column = 0; column < n; ++column) {
        if (n > 2 && (column > 0 ? column % 4 == 0 : row > 0)) out += "\n";
        const Complex s = matrix.at(n == 2 ? std::pair{column, row} : std::pair{row, column});
        out += fmt::format(" {:.9g} {:.9g}", s.real(), s.imag());
      }
    }
    out += "\n";
  }
  return out;
}

template <class T>
void PortRecorder<T>::close() {
  agree_on(comm_, [&] {
    if (comm_.rank() != 0 || scene_.ports.empty()) return;
    if (file_) std::exchange(file_, nullptr)->close();
    if (findings_.empty()) return;
    write_file(folder_ / "ports.csv", csv());
    const std::string matrices = touchstone();
    if (!matrices.empty()) write_file(folder_ / fmt::format("ports.s{}p", ports_.size()), matrices);
  });
}

template <class T>
void PortRecorder<T>::state(Checkpoint& c) {
  if (taps_.count() == 0) return;
  if (!c.reads()) flush();
  if (!scene_.sweep) c.series("voltages", file_.get());
  c.value("steps", flushed_);
  for (std::size_t p = 0; p < spectra_.size(); ++p) {
    std::vector<double> parts;
    for (const Complex& v : spectra_[p]) parts.insert(parts.end(), {v.real(), v.imag()});
    c.values("spectra_" + std::to_string(p), parts);
    for (std::size_t f = 0; f < spectra_[p].size(); ++f) spectra_[p][f] = {parts[2 * f], parts[2 * f + 1]};
  }
  std::vector<double> numbers;  // seven for each finding
  constexpr double none = -1, no_impedance = std::numeric_limits<double>::quiet_NaN();
  for (const Finding& f : findings_) {
    const Complex z_ohm = f.z_ohm.value_or(Complex(no_impedance));
    numbers.insert(numbers.end(), {f.frequency_hz, static_cast<double>(f.port), f.driven ? static_cast<double>(*f.driven) : none,
                                   f.s.real(), f.s.imag(), z_ohm.real(), z_ohm.imag()});
  }
  c.list("findings", numbers);
  findings_.clear();
  for (std::size_t i = 0; i < numbers.size(); i += 7) {
    const double* n = numbers.data() + i;
    Finding found{n[0], static_cast<std::size_t>(n[1]), {}, {n[3], n[4]}, {}};
    if (n[2] != none) found.driven = static_cast<std::size_t>(n[2]);
    if (!std::isnan(n[5])) found.z_ohm = {n[5], n[6]};
    findings_.push_back(found);
  }
}

template class PortRecorder<float>;
template class PortRecorder<double>;

}  // namespace hilbrick::fdtd
