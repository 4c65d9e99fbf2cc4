// SPDX-License-Identifier: BSD-3-Clause
#include "sources.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <hilbrick/partition/error.hpp>
#include <limits>
#include <utility>

#include "elements.hpp"
#include "yee.hpp"

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
  /// Values along an axis, in one medium, that are corrected by the same component.
  struct Row {
    T* f;
    Index stride;
    std::int32_t first, last;  // cells along the axis
    double part, per_cell;     // where IncidentSignal has them: cell 0, from cell to cell
    T factor;                  // gain included
  };
  IncidentLine<T> line;
  std::vector<IncidentSignal<T>> signals;  // of the six components
  std::array<std::vector<Row>, 6> rows;    // by the incident component that they read

  /// Corrects all values that read E (H).
  template <bool electric>
  void correct() {
    for (std::size_t c = electric ? 0 : 3; c < (electric ? 3 : 6); ++c) {
      if (rows[c].empty()) continue;
      signals[c].follow(electric ? line.e() : line.h());
      for (const Row& row : rows[c]) add(row, signals[c].values());
    }
  }

  static void add(const Row& row_, const T* incident) {
    const Row row = row_;
    T* __restrict f = row.f;
    const auto along = [&](Index stride) {
      HILBRICK_NO_ALIASES
      for (std::int32_t i = row.first; i < row.last; ++i)
        f[(i - row.first) * stride] += row.factor * IncidentSignal<T>::at(incident, row.part + row.per_cell * static_cast<double>(i));
    };
    if (row.stride == 1)
      along(1);
    else
      along(row.stride);
  }
};

template <class T>
struct Sources<T>::Guided {
  struct Value {
    T* value;
    T factor;
  };
  GuideLine<T> line;
  std::array<std::vector<Value>, 2> values;  // of E, of H
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
  set_plane_waves(scene.plane_waves);
  for (const PlaneWave& wave : scene.plane_waves) warn_of_bodies_across(wave);
  for (const GuideModeSource& source : scene.guide_modes) add_guide_mode(source);
  for (const Dipole& dipole : scene.dipoles) add_dipole(dipole);
  set_ports(scene.ports);
}

template <class T>
Sources<T>::~Sources() = default;

template <class T>
void Sources<T>::set_plane_waves(const std::vector<PlaneWave>& waves) {
  incidents_.clear();
  for (const PlaneWave& wave : waves) add_plane_wave(wave);
}

template <class T>
void Sources<T>::require_uncut(Component c, std::size_t box, const Box& cells, const Place& place) const {
  for (const CutFace& face : matter_.cut_faces[box])
    if (face.component == c && cells.contains(face.cell))
      throw Error(
          fmt::format("{}: expected a source away from conductors that lie off the grid's planes, found {} of cell ({}, {}, {}) cut by "
                      "one; keep a cell away from it, or set conductors = \"staircase\" in [grid]",
                      to_string(place), component_names[c], face.cell.x, face.cell.y, face.cell.z));
}

template <class T>
void Sources<T>::warn_of_bodies_across(const PlaneWave& wave) const {
  constexpr Index nowhere = std::numeric_limits<Index>::max();
  const Int3 n = scene_.cells + Int3{1, 1, 1};
  Index first = nowhere;
  agree_on(comm_, [&] {
    const WaveLine line = wave_line(scene_, numerics_, wave);
    const auto around = [&](const Medium& m, bool electric) {
      return !m.pec && (electric ? m.eps_r == line.eps_r && m.sigma == 0 && m.poles.empty() : m.mu_r == line.mu_r && m.sigma_m == 0);
    };
    for (const FaceCorrection& face : face_corrections(scene_, numerics_, wave))
      for (std::size_t b = 0; b < matter_.maps.size(); ++b)
        for_each_cell(intersection(face.cells, fields_[face.component].blocks()[b].owned), [&](Int3 cell) {
          if (!around(matter_.media[matter_.medium(face.component, b, cell)], is_electric(face.component)))
            first = std::min(first, face.component + 6 * (cell.x + n.x * (cell.y + n.y * cell.z)));
        });
  });
  first = min(comm_, first);
  if (comm_.rank() != 0 || first == nowhere) return;
  const Index cell = first / 6;
  const Vec3 at = yee_position_m(numerics_.spacing_m, static_cast<Component>(first % 6), {cell % n.x, cell / n.x % n.y, cell / n.x / n.y});
  std::fputs(
      fmt::format("warning: {}: a body touches or crosses the faces of the plane wave's box, at ({:.6g}, {:.6g}, {:.6g}) m for one: the "
                  "wave is sent as if the medium around the box went on there, so fields are wrong; put the body inside the box\n",
                  to_string(wave.place), at[0], at[1], at[2])
          .c_str(),
      stderr);
}

template <class T>
void Sources<T>::set_ports(const std::vector<Port>& ports) {
  ports_.clear();
  for (const Port& port : ports) add_port(port);
}

template <class T>
void Sources<T>::add_plane_wave(PlaneWave wave) {
  // Angles were turned into vectors by libm.
  std::vector<double> vectors(wave.direction.begin(), wave.direction.end());
  vectors.insert(vectors.end(), wave.polarization.begin(), wave.polarization.end());
  vectors = broadcast(comm_, std::move(vectors));
  std::copy_n(vectors.begin(), 3, wave.direction.begin());
  std::copy_n(vectors.begin() + 3, 3, wave.polarization.begin());

  WaveLine line;
  agree_on(comm_, [&] { line = wave_line(scene_, numerics_, wave); });
  std::vector<double> driven;
  std::array<std::vector<CpmlCoefficients>, 2> cpml;
  if (comm_.rank() == 0) {
    const double silent_s = silent_after_s(wave.waveform);
    for (Index n = -line.early; n < numerics_.steps && driven_time_s(numerics_, line, driven_nodes - 1, n) <= silent_s; ++n)
      for (Index node = 0; node < driven_nodes; ++node) driven.push_back(value_at(wave.waveform, driven_time_s(numerics_, line, node, n)));
    cpml = line_cpml(numerics_, line);
  }
  for (auto& part : cpml) part = broadcast(comm_, part);
  auto& incident = *incidents_.emplace_back(
      std::make_unique<Incident>(Incident{IncidentLine<T>(numerics_, line, broadcast(comm_, std::move(driven)), cpml), {}, {}}));
  for (const auto& signal : line.signals) incident.signals.emplace_back(signal, line.nodes);
  agree_on(comm_, [&] {
    for (const FaceCorrection& face : face_corrections(scene_, numerics_, wave))
      for (std::size_t b = 0; b < matter_.maps.size(); ++b) {
        require_uncut(face.component, b, face.cells, wave.place);
        add_rows(line, face, b, incident);
      }
  });
}

template <class T>
void Sources<T>::add_rows(const WaveLine& line, const FaceCorrection& face, std::size_t box, Incident& incident) {
  const Component c = face.component;
  const Block& block = fields_[c].blocks()[box];
  const Box cells = intersection(face.cells, block.owned);
  if (cells.empty()) return;
  // Along x, or along y where the face has one cell along x; which, does not depend on ranks, so neither do the sums that follow.
  const int along = face.cells.extent().x > 1 ? 0 : 1, across = 1 - along;
  const Vec3& s = line.nodes_per_cell;
  Box starts = cells;
  starts.hi[along] = starts.lo[along] + 1;
  for_each_cell(starts, [&](Int3 cell) {
    for (Int3 at = cell; at[along] < cells.hi[along];) {
      const T gain = matter_.at(c, box, at).gain;
      Int3 end = at;
      while (end[along] < cells.hi[along] && matter_.at(c, box, end).gain == gain) ++end[along];
      if (gain != 0) {
        const Int3 read = at + face.shift;
        double node = line.origin[face.incident];
        node += s[across] * static_cast<double>(read[across]);
        node += s[2] * static_cast<double>(read.z);
        node += s[along] * static_cast<double>(face.shift[along]);
        const auto first = static_cast<std::int32_t>(at[along]), last = static_cast<std::int32_t>(end[along]);
        constexpr double parts = IncidentSignal<T>::parts;
        incident.rows[face.incident].push_back({fields_[c].data() + block.index(at), along == 0 ? 1 : block.stride_y, first, last,
                                                parts * node, parts * s[along], static_cast<T>(static_cast<double>(gain) * face.factor)});
        for (const std::int32_t i : {first, last - 1}) incident.signals[face.incident].include(node + s[along] * static_cast<double>(i));
      }
      at = end;
    }
  });
}

template <class T>
void Sources<T>::require_hollow(const Guide& guide, const GuideCorrection& correction, std::size_t box, const Place& place) const {
  const Component c = correction.component;
  for_each_cell(intersection(correction.cells, fields_[c].blocks()[box].owned), [&](Int3 cell) {
    bool on_wall = false;
    for (const int a : {guide.u, guide.v}) on_wall |= !half_offset(c)[a] && (cell[a] == guide.low[a] || cell[a] == guide.high[a]);
    if (on_wall && !is_electric(c)) return;
    const Medium& medium = matter_.media[matter_.medium(c, box, cell)];
    if (on_wall ? !medium.pec : medium != Medium{})
      throw Error(fmt::format("{}: expected a guide with {}, found {} of cell ({}, {}, {}) in {}", to_string(place),
                              on_wall ? "perfectly conducting walls on all four sides of low_m to high_m" : "vacuum between its walls",
                              component_names[c], cell.x, cell.y, cell.z,
                              medium.pec ? "a perfect conductor"
                              : on_wall  ? "none: put walls there, or the grid's own with boundary \"pec\""
                                         : "another material; let it begin a cell or more beyond the source's plane"));
  });
}

template <class T>
void Sources<T>::add_guide_mode(const GuideModeSource& source) {
  // The line's driven node stands one time step ahead, as that of a plane wave does.
  auto samples = sampled(comm_, source.waveform, numerics_.steps, [&](Index n) { return static_cast<double>(n + 1) * numerics_.dt_s; });
  auto& guided =
      *guided_.emplace_back(std::make_unique<Guided>(Guided{GuideLine<T>(comm_, scene_, numerics_, source, std::move(samples)), {}}));
  const Guide guide = guide_of(scene_, source);
  for (const GuideCorrection& correction : guide_corrections(scene_, source)) {
    const Component c = correction.component;
    const auto profile = broadcast(comm_, guide_profile(guide, source, c, correction.cells));
    agree_on(comm_, [&] {
      for (std::size_t b = 0; b < matter_.maps.size(); ++b) {
        require_uncut(c, b, correction.cells, source.place);
        require_hollow(guide, correction, b, source.place);
      }
    });
    const Index width = correction.cells.extent()[guide.u];
    for (std::size_t b = 0; b < matter_.maps.size(); ++b)
      for_each_cell(intersection(correction.cells, fields_[c].blocks()[b].owned), [&](Int3 cell) {
        const Int3 d = cell - correction.cells.lo;
        const double share = profile[static_cast<std::size_t>(d[guide.u] + width * d[guide.v])];
        const double gain = static_cast<double>(matter_.at(c, b, cell).gain);
        guided.values[is_electric(c) ? 0 : 1].push_back({&fields_[c].at(b, cell), static_cast<T>(gain * correction.factor * share)});
      });
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
    for (std::size_t b = 0; b < matter_.maps.size(); ++b) {
      require_uncut(c, b, {cell, cell + Int3{1, 1, 1}}, dipole.place);
      if (fields_[c].blocks()[b].owned.contains(cell) && matter_.media[matter_.medium(c, b, cell)].pec)
        throw Error(to_string(dipole.place) + ": the dipole's " + component_names[c] +
                    " lies in a perfect conductor, where the field stays zero; move it out of the conductor or off the electric wall");
    }
  });
  add_current(dipoles_, c, cell, 1 / volume_m3, samples);
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
    add_current(ports_, row.component, row.cell(i), (row.upwards ? 1 : -1) / (port.resistance_ohm * area_m2), samples);
}

template <class T>
void Sources<T>::add_current(Currents& currents, Component c, Int3 cell, double per_gain, const std::vector<double>& samples) {
  for (std::size_t b = 0; b < matter_.maps.size(); ++b) {
    if (!fields_[c].blocks()[b].owned.contains(cell)) continue;
    // A current along what is left of a cut edge meets as much less of the field's mass.
    const double gain = std::fabs(static_cast<double>(matter_.at(c, b, cell).gain)) / matter_.media[matter_.medium(c, b, cell)].open;
    currents.push_back(std::make_unique<Current>(Current{c, b, cell, static_cast<T>(gain * per_gain), samples}));
  }
}

template <class T>
template <bool electric>
void Sources<T>::drive(Index step) {
  for (auto& incident : incidents_) {
    // E is corrected by H half a step before it, H by E.
    incident->template correct<!electric>();
    if constexpr (electric)
      incident->line.update_e(step);
    else
      incident->line.update_h();
  }
  for (auto& guided : guided_) {
    const T incident = electric ? guided->line.h() : guided->line.e();
    for (const auto& [value, factor] : guided->values[electric ? 0 : 1]) *value += factor * incident;
    if constexpr (electric)
      guided->line.update_e(step);
    else
      guided->line.update_h();
  }
  for (const Currents* currents : {&dipoles_, &ports_})
    for (const auto& current : *currents)
      if (is_electric(current->component) == electric && step < static_cast<Index>(current->samples.size()))
        fields_[current->component].at(current->box, current->cell) -=
            current->gain * static_cast<T>(current->samples[static_cast<std::size_t>(step)]);
}

template <class T>
void Sources<T>::state(Checkpoint& c) {
  for (std::size_t i = 0; i < incidents_.size(); ++i) c.within("plane_wave_" + std::to_string(i), [&] { incidents_[i]->line.state(c); });
  for (std::size_t i = 0; i < guided_.size(); ++i) c.within("guide_mode_" + std::to_string(i), [&] { guided_[i]->line.state(c); });
}

template class Sources<float>;
template class Sources<double>;
template void Sources<float>::drive<true>(Index);
template void Sources<float>::drive<false>(Index);
template void Sources<double>::drive<true>(Index);
template void Sources<double>::drive<false>(Index);

}  // namespace hilbrick::fdtd
