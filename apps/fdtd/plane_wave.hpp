// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// A plane wave of any direction and polarization in a total-field box (Taflove and Hagness 2005, chapter 5). A one-dimensional Yee line
// along the direction n carries the wave with the grid's own time step:
//
//   line:  driven nodes -> . . | total field . . . | . . absorbing end
//   E of node j at j, H of node j half a node above
//
// In the grid a wave exp(j k n.r) sees along each axis the wavenumber K_i = 2 sin(k n_i d_i / 2) / d_i, and its frequency follows from
// K^2 = sum K_i^2. Nodes h apart with h^2 = sum n_i^4 d_i^2 give the line the same K to (k h)^4, a fifth difference in the curl that takes
// E to H to (k h)^6; along an axis both are exact. Since the grid's E and H are at right angles to K and not to n, each component has a
// signal of its own, the line's times a polynomial in k^2, which becomes second and fourth derivatives of the polynomials that interpolate
// between nodes. So an empty box leaks round-off along the axes, and what interpolation leaves elsewhere.

#include <array>
#include <cstdint>
#include <hilbrick/checkpoint.hpp>
#include <vector>

#include "cpml.hpp"
#include "numerics.hpp"

namespace hilbrick::fdtd {

/// The total-field box in planes: E on planes lo..hi (inclusive) is total. On periodic axes it spans the grid.
Box total_field_planes(const Scene& scene, const PlaneWave& wave);

/// One correction of a face of the box: a component in `cells` gains factor * gain * the incident wave's component at cell + shift.
struct FaceCorrection {
  Component component;
  Box cells;
  Component incident;
  Int3 shift;
  double factor;  // 1/m, with sign
};
std::vector<FaceCorrection> face_corrections(const Scene& scene, const Numerics& numerics, const PlaneWave& wave);

/// The line of a wave: where its nodes lie in the grid and what they are worth to each component.
struct WaveLine {
  Vec3 nodes_per_cell;           // along each axis
  std::array<double, 6> origin;  // node of cell (0, 0, 0)'s value of each component, E or H
  double spacing_m, fifth;       // between nodes; of the fifth difference
  Index lead, nodes;             // node of the box's corner that the wave meets first; all nodes
  Index early;                   // steps before the first one, in which the wave comes from the driven nodes to that corner
  double eps_r, mu_r;            // of the medium around the box
  /// Each component is the line's E or H times s[0] + s[1] q^2 + s[2] q^4, q = k spacing_m.
  std::array<std::array<double, 3>, 6> signals;
};
/// Throws Error when the wave's first corner does not lie in a material without loss and poles. Local.
WaveLine wave_line(const Scene& scene, const Numerics& numerics, const PlaneWave& wave);

/// What drives the line: E at its first nodes.
inline constexpr Index driven_nodes = 3;
/// The time of the waveform that a driven node shows after step n, -early <= n: the wave meets the box's first corner as if it came in at
/// the speed of light.
double driven_time_s(const Numerics& numerics, const WaveLine& line, Index node, Index step);
/// By how many radians the wave at a point of the grid lags behind its waveform at a frequency, as it travels on the line. Local.
double lag_rad(const Scene& scene, const Numerics& numerics, const PlaneWave& wave, const Vec3& point_m, double frequency_hz);
/// The absorbing end's coefficients for E and H nodes. Uses exp and pow: compute once and broadcast.
std::array<std::vector<CpmlCoefficients>, 2> line_cpml(const Numerics& numerics, const WaveLine& line);

/// One component of the incident wave along a line: Lagrange's polynomials of six nodes at `parts` points between one node and the next,
/// straight in between.
template <class T>
class IncidentSignal {
 public:
  static constexpr int parts = 32;

  /// `signal` as in WaveLine. Local.
  IncidentSignal(const std::array<double, 3>& signal, Index nodes);

  /// Widens the stretch of the line that will be asked for. Local.
  void include(double node);
  /// Takes the line's values, one for each node. Local.
  void follow(const std::vector<T>& line);

  /// The value between the nodes that were included; `part` is the node times `parts`.
  static T at(const T* values, double part) {
    const auto i = static_cast<std::int32_t>(part);
    return values[i] + static_cast<T>(part - static_cast<double>(i)) * (values[i + 1] - values[i]);
  }
  const T* values() const { return values_.data(); }

 private:
  static constexpr int taps = 6;  // nodes j - 2 .. j + 3

  Index nodes_, first_, last_ = 0;                  // asked for: first_ <= j <= last_
  std::array<std::array<T, parts>, taps> weights_;  // [tap][part]
  std::vector<T> values_;                           // [node][part]
};

/// The line itself.
template <class T>
class IncidentLine {
 public:
  /// As it is before step 0. `driven[(early + n) * driven_nodes + j]` is E of node j after step n; `cpml` as computed by line_cpml. Local.
  IncidentLine(const Numerics& numerics, const WaveLine& line, std::vector<double> driven,
               const std::array<std::vector<CpmlCoefficients>, 2>& cpml);

  /// V/m and A/m along polarization and direction x polarization.
  const std::vector<T>& e() const { return e_; }
  const std::vector<T>& h() const { return h_; }

  void update_e(Index step);
  void update_h();

  /// Collective, as everything that a checkpoint is told.
  void state(Checkpoint& c);

 private:
  T gain_e_, gain_h_, inverse_;  // dt / eps, dt / mu, 1 / spacing
  T fifth_;
  std::vector<T> e_, h_, psi_e_, psi_h_;
  std::vector<T> slope_;                               // of E between nodes, with two zeros at each end
  std::array<std::vector<std::array<T, 2>>, 2> cpml_;  // [E, H][node] = {b, c}
  Index early_;
  std::vector<double> driven_;
};

}  // namespace hilbrick::fdtd
