// SPDX-License-Identifier: BSD-3-Clause
#include "sources.hpp"

#include <cmath>
#include <hilbrick/partition/error.hpp>
#include <utility>

#include "elements.hpp"

namespace hilbrick::fdtd {

template <class T>
struct Sources<T>::Current {
  Component component;
  std::size_t box;
  Int3 cell;
  T gain;                       // what a sample of 1 takes from the field
  std::vector<double> samples;  // one for each step
};

template <class T>
struct Sources<T>::Incident {
  struct Face {
    Component component;
    std::size_t box;
    Box cells;
    int shift;
    T factor;
  };
  IncidentLine<T> line;
  int axis;
  std::vector<Face> faces;
};

namespace {

/// Waveform samples of rank 0's arithmetic: libm differs between processors.
std::vector<double> sampled(const Comm& comm, const Waveform& waveform, Index steps, auto&& time_of_step) {
  std::vector<double> samples;
  if (comm.rank() == 0) {
    const double silent_s = silent_after_s(waveform);
    for (Index n = 0; n < steps && time_of_step(n) <= silent_s; ++n) samples.push_back(value_at(waveform, time_of_step(n)));
  }
  return broadcast(comm, std::move(samples));
}

}  // namespace

template <class T>
Sources<T>::Sources(const Comm& comm, const Scene& scene, const Numerics& numerics, std::vector<Field<T>>& fields, const Matter<T>& matter)
    : comm_(comm), scene_(scene), numerics_(numerics), fields_(fields), matter_(matter) {
  for (const PlaneWave& wave : scene.plane_waves) add_plane_wave(wave);
  for (const Dipole& dipole : scene.dipoles) add_dipole(dipole);
  for (const Port& port : scene.ports) add_port(port);
}

template <class T>
Sources<T>::~Sources() = default;

template <class T>
void Sources<T>::add_plane_wave(const PlaneWave& wave) {
  auto samples = sampled(comm_, wave.waveform, numerics_.steps, [&](Index n) { return line_source_time_s(numerics_, wave, n); });
  std::array<std::vector<CpmlCoefficients>, 2> cpml;
  if (comm_.rank() == 0) cpml = line_cpml(scene_, numerics_, wave);
  for (auto& part : cpml) part = broadcast(comm_, part);
  auto& incident = *incidents_.emplace_back(
      std::make_unique<Incident>(Incident{IncidentLine<T>(scene_, numerics_, wave, std::move(samples), cpml), wave.axis, {}}));
  for (const FaceCorrection& face : face_corrections(scene_, numerics_, wave))
    for (std::size_t b = 0; b < matter_.maps.size(); ++b) {
      const Box cells = intersection(face.cells, fields_[face.component].blocks()[b].owned);
      if (!cells.empty()) incident.faces.push_back({face.component, b, cells, face.shift, static_cast<T>(face.factor)});
    }
}

template <class T>
void Sources<T>::add_dipole(const Dipole& dipole) {
  const double volume_m3 = scene_.spacing_m[0] * scene_.spacing_m[1] * scene_.spacing_m[2];
  const Component c = dipole.component;
  const bool electric = is_electric(c);
  const Int3 cell = yee_cell_below(numerics_, c, dipole.position_m);
  // Electric current acts in the middle of the step that takes E from n to n + 1, magnetic current half a step later.
  const auto samples = sampled(comm_, dipole.waveform, numerics_.steps,
                               [&](Index n) { return (static_cast<double>(n) + (electric ? 0.5 : 1.0)) * numerics_.dt_s; });
  agree_on(comm_, [&] {
    for (std::size_t b = 0; b < matter_.maps.size(); ++b)
      if (fields_[c].blocks()[b].owned.contains(cell) && matter_.media[matter_.medium(c, b, cell)].pec)
        throw Error(to_string(dipole.place) + ": the dipole's " + component_names[c] +
                    " lies in a perfect conductor, where the field stays zero; move it out of the conductor or off the electric wall");
  });
  add_current(c, cell, 1 / volume_m3, samples);
}

template <class T>
void Sources<T>::add_port(const Port& port) {
  if (!port.waveform) return;
  // The generator drives V_s / R through the port's resistance, which lies in the medium of its edges.
  const EdgeRow row = edge_row(scene_, port.from_m, port.to_m);
  const int a = axis_of(row.component);
  const double area_m2 = scene_.spacing_m[(a + 1) % 3] * scene_.spacing_m[(a + 2) % 3];
  const auto samples =
      sampled(comm_, *port.waveform, numerics_.steps, [&](Index n) { return (static_cast<double>(n) + 0.5) * numerics_.dt_s; });
  for (Index i = 0; i < row.count; ++i)
    add_current(row.component, row.cell(i), (row.upwards ? 1 : -1) / (port.resistance_ohm * area_m2), samples);
}

template <class T>
void Sources<T>::add_current(Component c, Int3 cell, double per_gain, const std::vector<double>& samples) {
  for (std::size_t b = 0; b < matter_.maps.size(); ++b) {
    if (!fields_[c].blocks()[b].owned.contains(cell)) continue;
    const double gain = std::fabs(static_cast<double>(matter_.at(c, b, cell).gain));
    currents_.push_back(std::make_unique<Current>(Current{c, b, cell, static_cast<T>(gain * per_gain), samples}));
  }
}

template <class T>
template <bool electric>
void Sources<T>::drive(Index step) {
  for (auto& incident : incidents_) {
    for (const auto& face : incident->faces) {
      if (is_electric(face.component) != electric) continue;
      const Field<T>& f = fields_[face.component];
      for_each_cell(face.cells, [&](Int3 c) {
        const Index at = c[incident->axis] + face.shift;
        f.at(face.box, c) +=
            matter_.at(face.component, face.box, c).gain * (face.factor * (electric ? incident->line.h(at) : incident->line.e(at)));
      });
    }
    if constexpr (electric)
      incident->line.update_e(step);
    else
      incident->line.update_h();
  }
  for (const auto& current : currents_)
    if (is_electric(current->component) == electric && step < static_cast<Index>(current->samples.size()))
      fields_[current->component].at(current->box, current->cell) -=
          current->gain * static_cast<T>(current->samples[static_cast<std::size_t>(step)]);
}

template class Sources<float>;
template class Sources<double>;
template void Sources<float>::drive<true>(Index);
template void Sources<float>::drive<false>(Index);
template void Sources<double>::drive<true>(Index);
template void Sources<double>::drive<false>(Index);

}  // namespace hilbrick::fdtd
