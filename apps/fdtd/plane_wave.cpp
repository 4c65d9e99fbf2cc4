// SPDX-License-Identifier: BSD-3-Clause
#include "plane_wave.hpp"

#include <cmath>
#include <utility>

namespace hilbrick::fdtd {
namespace {

constexpr Index lead = 3;       // nodes from the source to the box
constexpr Index margin = 3;     // nodes from the box to the absorbing end
constexpr Index absorber = 60;  // nodes of the absorbing end: reflects less than float32 sees

struct LineSpan {
  Index first, nodes, source;  // grid index of node 0; the source's node
};

LineSpan span_of(const Scene& scene, const PlaneWave& wave) {
  const Box planes = total_field_planes(scene, wave);
  const Index box = planes.hi[wave.axis] - planes.lo[wave.axis] + 1;
  const Index nodes = lead + box + margin + absorber;
  if (wave.sign > 0) return {planes.lo[wave.axis] - lead, nodes, 0};
  return {planes.lo[wave.axis] - margin - absorber, nodes, nodes - 1};
}

}  // namespace

Box total_field_planes(const Scene& scene, const PlaneWave& wave) {
  Box planes;
  for (int a = 0; a < 3; ++a) {
    const bool periodic = scene.boundary[a][0] == Boundary::periodic;
    planes.lo[a] = periodic ? 0 : nearest_plane(scene.spacing_m[a], wave.box_low_m[a]);
    planes.hi[a] = periodic ? scene.cells[a] : nearest_plane(scene.spacing_m[a], wave.box_high_m[a]);
  }
  return planes;
}

std::vector<FaceCorrection> face_corrections(const Scene& scene, const Numerics& numerics, const PlaneWave& wave) {
  const Box planes = total_field_planes(scene, wave);
  // Along H = axis x E.
  Vec3 magnetic{};
  magnetic[(wave.axis + 1) % 3] = -wave.polarization[(wave.axis + 2) % 3];
  magnetic[(wave.axis + 2) % 3] = wave.polarization[(wave.axis + 1) % 3];

  // The cells whose component c is total: planes lo..hi where it lies on planes, cells lo..hi-1 where it lies between; the whole
  // period on periodic axes.
  const auto total_cells = [&](Component c) {
    Box cells = planes;
    const auto half = half_offset(c);
    for (int a = 0; a < 3; ++a)
      if (!half[a] && !numerics.grid.periodic[a]) ++cells.hi[a];
    return cells;
  };

  std::vector<FaceCorrection> corrections;
  for (int a = 0; a < 3; ++a) {
    if (numerics.grid.periodic[a]) continue;
    for (int along = 0; along < 2; ++along) {
      // E component e and H component h, both tangential to the face, that the derivative along a couples.
      const int e = (a + 1 + along) % 3, h = (a + 2 - along) % 3;
      // The derivative of H_h along a enters curl H's component e with this sign: + where a follows e.
      const double sign = a == (e + 1) % 3 ? 1 : -1;
      const Component ec = static_cast<Component>(e), hc = static_cast<Component>(3 + h);
      // The derivative of E_e along a enters curl E's component h with the opposite sign, and H is updated by minus curl E; what the two
      // sides of a face lack cancels the one sign more.
      for (const bool high : {false, true}) {
        const double side = high ? 1 : -1;
        Box plane = total_cells(ec);
        plane.lo[a] = high ? planes.hi[a] : planes.lo[a];
        plane.hi[a] = plane.lo[a] + 1;
        // E on the face is total and reads H outside, which is scattered: it lacks the incident H.
        const int h_shift = high ? 0 : -1;
        if (magnetic[h] != 0)
          corrections.push_back({ec, plane, a == wave.axis ? h_shift : 0, sign * side * magnetic[h] / scene.spacing_m[a]});
        // H just outside is scattered and reads E on the face, which is total: it has the incident E too much.
        Box outside = plane;
        outside.lo[a] += h_shift;
        outside.hi[a] += h_shift;
        if (wave.polarization[e] != 0)
          corrections.push_back({hc, outside, a == wave.axis ? -h_shift : 0, -sign * side * wave.polarization[e] / scene.spacing_m[a]});
      }
    }
  }
  return corrections;
}

double line_source_time_s(const Numerics& numerics, const PlaneWave& wave, Index step) {
  return static_cast<double>(step + 1) * numerics.dt_s + static_cast<double>(lead) * numerics.spacing_m[wave.axis] / light_speed_m_s;
}

template <class T>
Index IncidentLine<T>::length(const Scene& scene, const PlaneWave& wave) {
  return span_of(scene, wave).nodes;
}

std::array<std::vector<CpmlCoefficients>, 2> line_cpml(const Scene& scene, const Numerics& numerics, const PlaneWave& wave) {
  const Index nodes = span_of(scene, wave).nodes;
  const std::array<Index, 2> layers = wave.sign > 0 ? std::array<Index, 2>{0, absorber} : std::array<Index, 2>{absorber, 0};
  const double spacing_m = numerics.spacing_m[wave.axis];
  return {cpml_along(nodes, layers, false, spacing_m, numerics.dt_s), cpml_along(nodes, layers, true, spacing_m, numerics.dt_s)};
}

template <class T>
IncidentLine<T>::IncidentLine(const Scene& scene, const Numerics& numerics, const PlaneWave& wave, std::vector<double> samples,
                              const std::array<std::vector<CpmlCoefficients>, 2>& cpml)
    : gain_e_(static_cast<T>(numerics.dt_s / eps0)),
      gain_h_(static_cast<T>(numerics.dt_s / mu0)),
      inverse_(static_cast<T>(1 / numerics.spacing_m[wave.axis])),
      samples_(std::move(samples)) {
  const LineSpan span = span_of(scene, wave);
  first_ = span.first;
  source_ = static_cast<std::size_t>(span.source);
  const auto n = static_cast<std::size_t>(span.nodes);
  e_.assign(n, 0);
  h_.assign(n, 0);
  psi_e_.assign(n, 0);
  psi_h_.assign(n, 0);
  for (int k = 0; k < 2; ++k)
    for (const CpmlCoefficients& c : cpml[k]) cpml_[k].push_back({static_cast<T>(c.b), static_cast<T>(c.c)});
}

template <class T>
void IncidentLine<T>::update_e(Index step) {
  for (std::size_t i = 1; i < e_.size(); ++i) {
    const T d = (h_[i] - h_[i - 1]) * inverse_;
    psi_e_[i] = cpml_[0][i][0] * psi_e_[i] + cpml_[0][i][1] * d;
    e_[i] -= gain_e_ * (d + psi_e_[i]);
  }
  const auto n = static_cast<std::size_t>(step);
  e_[source_] = n < samples_.size() ? static_cast<T>(samples_[n]) : T(0);
}

template <class T>
void IncidentLine<T>::update_h() {
  for (std::size_t i = 0; i + 1 < h_.size(); ++i) {
    const T d = (e_[i + 1] - e_[i]) * inverse_;
    psi_h_[i] = cpml_[1][i][0] * psi_h_[i] + cpml_[1][i][1] * d;
    h_[i] -= gain_h_ * (d + psi_h_[i]);
  }
}

template class IncidentLine<float>;
template class IncidentLine<double>;

}  // namespace hilbrick::fdtd
