// SPDX-License-Identifier: BSD-3-Clause
#include "spectra.hpp"

#include <algorithm>
#include <cmath>

namespace hilbrick::fdtd {
namespace {

/// The plane wave that everything else scatters; null where something else radiates too.
const PlaneWave* only_wave(const Scene& scene) {
  return scene.plane_waves.size() == 1 && only_waveform(scene) ? &scene.plane_waves.front() : nullptr;
}

/// Whether all that radiates comes from ports.
bool only_ports(const Scene& scene) {
  const auto driven = std::count_if(scene.ports.begin(), scene.ports.end(), [](const Port& p) { return p.waveform.has_value(); });
  return driven > 0 && static_cast<std::size_t>(driven) == waveforms_of(scene).size();
}

/// How a wave is polarized, as seen from where it comes from.
char sent_of(const PlaneWave& wave) {
  const Direction d = direction_of({-wave.direction[0], -wave.direction[1], -wave.direction[2]});
  if (std::fabs(dot(wave.polarization, d.theta)) > 1 - 1e-9) return 'V';
  return std::fabs(dot(wave.polarization, d.phi)) > 1 - 1e-9 ? 'H' : 'P';
}

}  // namespace

template <class T>
Spectra<T>::Spectra(const Comm& comm, const Scene& scene, const Solver<T>& solver) : comm_(comm), scene_(scene) {
  for (const DftRequest& request : scene.dfts) dfts_.emplace_back(comm, scene, solver, request);
  for (const FluxRequest& request : scene.fluxes) fluxes_.emplace_back(comm, scene, solver, request);
  for (const FarFieldRequest& request : scene.far_fields) far_fields_.emplace_back(comm, scene, solver, request);
}

template <class T>
void Spectra<T>::record() {
  for (auto& dft : dfts_) dft.record();
  for (auto& flux : fluxes_) flux.record();
  for (auto& far_field : far_fields_) far_field.record();
}

template <class T>
void Spectra<T>::state(Checkpoint& c) {
  const auto each = [&](const std::string& kind, auto& monitors) {
    if (monitors.empty()) return;
    c.within(kind, [&] {
      for (auto& monitor : monitors) c.within(monitor.request().name, [&] { monitor.state(c); });
    });
  };
  each("dft", dfts_);
  each("flux", fluxes_);
  each("far_field", far_fields_);
}

template <class T>
void Spectra<T>::clear() {
  for (auto& far_field : far_fields_) far_field.clear();
}

template <class T>
void Spectra<T>::write(const std::filesystem::path& folder, const PortRecorder<T>& ports) const {
  for (const auto& dft : dfts_) dft.write(folder);
  const PlaneWave* wave = only_wave(scene_);
  write_fluxes(comm_, fluxes_, folder, wave ? 2 * eta0 : 0);
  std::vector<RcsRow> rows;
  for (const auto& far_field : far_fields_) {
    const FarFieldRequest& request = far_field.request();
    const std::vector<FarE> far =
        far_field.write(folder, wave, only_ports(scene_) ? ports.feeds(request.spectrum.frequencies_hz) : std::vector<FeedPower>{});
    if (!wave || !request.spectrum.normalise) continue;
    const char sent = sent_of(*wave);
    std::size_t i = 0;
    for (const double f : request.spectrum.frequencies_hz)
      for (const double theta : request.theta_deg)
        for (const double phi : request.phi_deg) {
          for (const char received : {'H', 'V'}) rows.push_back({f, theta, phi, {received, sent}, rcs_m2(far[i], received)});
          ++i;
        }
  }
  if (rows.empty()) return;
  write_rcs_csv(comm_, rows, folder);
  write_rcs_h5(comm_, rows, folder);
}

template <class T>
std::vector<RcsRow> Spectra<T>::backscatter(const Incidence& incidence) const {
  std::vector<RcsRow> rows;
  for (const auto& far_field : far_fields_) {
    const std::vector<double>& frequencies_hz = far_field.request().spectrum.frequencies_hz;
    for (std::size_t f = 0; f < frequencies_hz.size(); ++f) {
      const FarE far = far_field.far_field(f, {incidence.from}).front();
      for (const std::string& pol : scene_.sweep->pols)
        if (pol[1] == incidence.sent) rows.push_back({frequencies_hz[f], incidence.theta_deg, incidence.phi_deg, pol, rcs_m2(far, pol[0])});
    }
  }
  return rows;
}

template class Spectra<float>;
template class Spectra<double>;

}  // namespace hilbrick::fdtd
