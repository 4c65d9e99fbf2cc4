// SPDX-License-Identifier: BSD-3-Clause
#include "plane_wave.hpp"

#include <algorithm>
#include <cmath>
#include <hilbrick/partition/error.hpp>
#include <numbers>
#include <utility>

#include "material.hpp"

namespace hilbrick::fdtd {
namespace {

constexpr Index lead = 4;       // nodes from the driven ones to what the box reads
constexpr Index margin = 4;     // nodes from there to the absorbing end
constexpr Index absorber = 60;  // nodes of the absorbing end: reflects less than float32 sees

/// Even polynomials of q = k spacing, cut off after q^4.
using Even = std::array<double, 3>;
Even operator*(const Even& a, const Even& b) { return {a[0] * b[0], a[0] * b[1] + a[1] * b[0], a[0] * b[2] + a[1] * b[1] + a[2] * b[0]}; }
Even operator*(double a, const Even& b) { return {a * b[0], a * b[1], a * b[2]}; }
Even operator+(const Even& a, const Even& b) { return {a[0] + b[0], a[1] + b[1], a[2] + b[2]}; }
Even operator-(const Even& a, const Even& b) { return a + -1.0 * b; }

/// The components of the incident wave: E = p - u (u.p) and H = u x p along u = K / |K|.
std::array<Even, 6> signals_of(const WaveLine& line, const PlaneWave& wave) {
  // |K| = k (1 - q^2 / 24 + fourth q^4), the sine's own series where fifth is zero.
  const double fourth = 1.0 / 1920 + line.fifth;
  std::array<Even, 3> u;
  for (int a = 0; a < 3; ++a) {
    const double s2 = line.nodes_per_cell[a] * line.nodes_per_cell[a], second = (1 - s2) / 24;
    u[a] = wave.direction[a] * Even{1, second, s2 * s2 / 1920 - fourth + second / 24};
  }
  const Vec3& p = wave.polarization;
  Even along = p[0] * u[0] + p[1] * u[1] + p[2] * u[2];
  along[0] = 0;
  // The fifth difference stands in the line's update of H alone, which makes its H too large by that.
  const Even h_of_line{1, 0, -line.fifth};
  std::array<Even, 6> signals;
  for (int a = 0; a < 3; ++a) {
    const int b = (a + 1) % 3, c = (a + 2) % 3;
    signals[a] = Even{p[a], 0, 0} - u[a] * along;
    signals[3 + a] = (p[c] * u[b] - p[b] * u[c]) * h_of_line;
  }
  return signals;
}

bool is_zero(const Even& signal) { return signal == Even{}; }

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

WaveLine wave_line(const Scene& scene, const Numerics& numerics, const PlaneWave& wave) {
  const Box planes = total_field_planes(scene, wave);
  const Vec3 &n = wave.direction, &d = scene.spacing_m;
  WaveLine line{};
  double square = 0;
  for (int a = 0; a < 3; ++a) square += n[a] * n[a] * n[a] * n[a] * d[a] * d[a];
  line.spacing_m = std::sqrt(square);
  double sum = 0, reach = 0, across = 0;
  Int3 corner;
  for (int a = 0; a < 3; ++a) {
    const double s = n[a] * d[a] / line.spacing_m;
    line.nodes_per_cell[a] = s;
    sum += n[a] * n[a] * s * s * s * s;
    reach = std::max(reach, std::fabs(s) / 2);  // to the values outside the box
    across += std::fabs(s) * static_cast<double>(planes.hi[a] - planes.lo[a]);
    corner[a] = s < 0 ? planes.hi[a] : planes.lo[a];
  }
  line.fifth = (sum - 1) / 720;
  line.lead = driven_nodes + lead + static_cast<Index>(std::ceil(reach));
  line.nodes = line.lead + static_cast<Index>(std::ceil(across + reach)) + margin + absorber;
  for (int c = 0; c < 6; ++c) {
    const auto half = half_offset(static_cast<Component>(c));
    double& origin = line.origin[static_cast<std::size_t>(c)];
    origin = static_cast<double>(line.lead) - (c < 3 ? 0 : 0.5);
    for (int a = 0; a < 3; ++a) origin += line.nodes_per_cell[a] * (0.5 * half[a] - static_cast<double>(corner[a]));
  }

  Int3 cell = corner;
  for (int a = 0; a < 3; ++a) cell[a] = std::min(corner[a], scene.cells[a] - 1);
  const Material& m = scene.materials[static_cast<std::size_t>(material_at(scene, numerics, Ez, cell))];
  if (m.pec || m.sigma != 0 || m.sigma_m != 0 || !m.poles.empty())
    throw Error(to_string(wave.place) + ": expected a plane wave's box in a material without loss or poles, found its corner in \"" +
                m.name + "\"; move the box or the body");
  line.eps_r = m.eps_r;
  line.mu_r = m.mu_r;
  line.signals = signals_of(line, wave);
  line.early = static_cast<Index>(std::ceil(driven_time_s(numerics, line, 0, 0) / numerics.dt_s));
  return line;
}

std::vector<FaceCorrection> face_corrections(const Scene& scene, const Numerics& numerics, const PlaneWave& wave) {
  const Box planes = total_field_planes(scene, wave);
  const auto signals = wave_line(scene, numerics, wave).signals;

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
        const double factor = sign * (high ? 1 : -1) / scene.spacing_m[a];
        Box plane = total_cells(ec);
        plane.lo[a] = high ? planes.hi[a] : planes.lo[a];
        plane.hi[a] = plane.lo[a] + 1;
        // E on the face is total and reads H outside, which is scattered: it lacks the incident H.
        const Int3 outwards = high ? Int3{} : -unit(a);
        if (!is_zero(signals[static_cast<std::size_t>(hc)])) corrections.push_back({ec, plane, hc, outwards, factor});
        // H just outside is scattered and reads E on the face, which is total: it has the incident E too much.
        if (!is_zero(signals[static_cast<std::size_t>(ec)])) corrections.push_back({hc, shifted(plane, outwards), ec, -outwards, -factor});
      }
    }
  }
  return corrections;
}

double driven_time_s(const Numerics& numerics, const WaveLine& line, Index node, Index step) {
  const double slowness = std::sqrt(line.eps_r * line.mu_r) / light_speed_m_s;
  return static_cast<double>(step + 1) * numerics.dt_s + static_cast<double>(line.lead - node) * line.spacing_m * slowness;
}

double lag_rad(const Scene& scene, const Numerics& numerics, const PlaneWave& wave, const Vec3& point_m, double frequency_hz) {
  const WaveLine line = wave_line(scene, numerics, wave);
  const double speed_m_s = light_speed_m_s / std::sqrt(line.eps_r * line.mu_r), h = line.spacing_m, pi = std::numbers::pi;
  const double k = 2 / h * std::asin(h / (speed_m_s * numerics.dt_s) * std::sin(pi * frequency_hz * numerics.dt_s));
  double node = line.origin[Ex] - line.nodes_per_cell[0] / 2;
  for (int a = 0; a < 3; ++a) node += line.nodes_per_cell[a] * point_m[a] / scene.spacing_m[a];
  // The last driven node is early by what it would take at the speed of light to the box's corner.
  const auto driven = static_cast<double>(driven_nodes - 1), lead_in = static_cast<double>(line.lead) - driven;
  return k * h * (node - driven) - 2 * pi * frequency_hz / speed_m_s * h * lead_in;
}

std::array<std::vector<CpmlCoefficients>, 2> line_cpml(const Numerics& numerics, const WaveLine& line) {
  const double index = std::sqrt(line.eps_r * line.mu_r);
  const LayerPair layers{{0, absorber}, {index, index}};
  return {cpml_along(line.nodes, layers, false, line.spacing_m, numerics.dt_s),
          cpml_along(line.nodes, layers, true, line.spacing_m, numerics.dt_s)};
}

template <class T>
IncidentSignal<T>::IncidentSignal(const std::array<double, 3>& signal, Index nodes)
    : nodes_(nodes), first_(nodes), values_(static_cast<std::size_t>(parts * nodes), T(0)) {
  for (int tap = 0; tap < taps; ++tap) {
    // Lagrange's polynomial of the tap's node and its derivatives: q^2 is minus the second, q^4 the fourth.
    std::array<double, taps + 4> lagrange{1};
    double scale = 1;
    for (int other = 0; other < taps; ++other) {
      if (other == tap) continue;
      for (int p = taps - 1; p >= 0; --p) lagrange[p] = (p > 0 ? lagrange[p - 1] : 0) - (other - 2) * lagrange[p];
      scale *= tap - other;
    }
    for (int part = 0; part < parts; ++part) {
      double sum = 0;
      for (int p = taps - 1; p >= 0; --p) {
        const double second = (p + 1) * (p + 2) * lagrange[p + 2], fourth = (p + 1) * (p + 2) * (p + 3) * (p + 4) * lagrange[p + 4];
        sum = sum * part / parts + (signal[0] * lagrange[p] - signal[1] * second + signal[2] * fourth);
      }
      weights_[tap][part] = static_cast<T>(sum / scale);
    }
  }
}

template <class T>
void IncidentSignal<T>::include(double node) {
  const auto j = static_cast<Index>(node);
  first_ = std::min(first_, j);
  last_ = std::max(last_, j + 1);  // the first of its points ends the last stretch before it
  HILBRICK_ASSERT(first_ >= 2 && last_ + 3 < nodes_);
}

template <class T>
void IncidentSignal<T>::follow(const std::vector<T>& line) {
  for (Index j = first_; j <= last_; ++j) {
    const T* in = line.data() + (j - 2);
    T* __restrict out = values_.data() + j * parts;
    for (int part = 0; part < parts; ++part) {
      T sum = weights_[0][part] * in[0];
      for (int tap = 1; tap < taps; ++tap) sum += weights_[tap][part] * in[tap];
      out[part] = sum;
    }
  }
}

template <class T>
IncidentLine<T>::IncidentLine(const Numerics& numerics, const WaveLine& line, std::vector<double> driven,
                              const std::array<std::vector<CpmlCoefficients>, 2>& cpml)
    : gain_e_(static_cast<T>(numerics.dt_s / (eps0 * line.eps_r))),
      gain_h_(static_cast<T>(numerics.dt_s / (mu0 * line.mu_r))),
      inverse_(static_cast<T>(1 / line.spacing_m)),
      fifth_(static_cast<T>(2 * line.fifth)),
      early_(line.early),
      driven_(std::move(driven)) {
  const auto n = static_cast<std::size_t>(line.nodes);
  for (auto* values : {&e_, &h_, &psi_e_, &psi_h_}) values->assign(n, 0);
  slope_.assign(n + 3, 0);
  for (int k = 0; k < 2; ++k)
    for (const CpmlCoefficients& c : cpml[k]) cpml_[k].push_back({static_cast<T>(c.b), static_cast<T>(c.c)});
  for (Index step = -early_; step < 0; ++step) {
    update_e(step);
    update_h();
  }
  // The box is empty at t = 0: what has crept into it counts as never sent.
  for (auto* values : {&e_, &h_}) std::fill(values->begin() + line.lead, values->end(), T(0));
}

template <class T>
void IncidentLine<T>::update_e(Index step) {
  for (std::size_t i = driven_nodes; i < e_.size(); ++i) {
    const T d = (h_[i] - h_[i - 1]) * inverse_;
    psi_e_[i] = cpml_[0][i][0] * psi_e_[i] + cpml_[0][i][1] * d;
    e_[i] -= gain_e_ * (d + psi_e_[i]);
  }
  const auto first = static_cast<std::size_t>((early_ + step) * driven_nodes);
  for (std::size_t j = 0; j < driven_nodes; ++j) e_[j] = first < driven_.size() ? static_cast<T>(driven_[first + j]) : T(0);
}

template <class T>
void IncidentLine<T>::update_h() {
  for (std::size_t i = 0; i + 1 < h_.size(); ++i) {
    const T d = (e_[i + 1] - e_[i]) * inverse_;
    psi_h_[i] = cpml_[1][i][0] * psi_h_[i] + cpml_[1][i][1] * d;
    slope_[i + 2] = d + psi_h_[i];
  }
  // H between the driven nodes is not used: these are for the differences.
  for (std::size_t i = driven_nodes - 1; i + 1 < h_.size(); ++i) {
    const T* d = slope_.data() + i;
    h_[i] -= gain_h_ * (d[2] + fifth_ * ((d[0] + d[4]) - 4 * (d[1] + d[3]) + 6 * d[2]));
  }
}

template <class T>
void IncidentLine<T>::state(Checkpoint& c) {
  c.values("e", e_);
  c.values("h", h_);
  c.values("psi_e", psi_e_);
  c.values("psi_h", psi_h_);
}

template class IncidentSignal<float>;
template class IncidentSignal<double>;
template class IncidentLine<float>;
template class IncidentLine<double>;

}  // namespace hilbrick::fdtd
