// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// A mode of a rectangular waveguide. On Yee's grid the mode's profile across the guide is sines and cosines exactly, so what is left is
// a line along the axis with three values a cell (u, v: the next two axes; Ku = 2 / du sin(m pi / (2 Nu)), Kv likewise, K^2 = Ku^2 + Kv^2):
//   E_u = a cos(m pi u) sin(n pi v) e,  E_v = b sin(m pi u) cos(n pi v) e,  H_v and H_u the same with h and -h.
// TE: a = -Kv, b = Ku, H_axis like cos(m pi u) cos(n pi v) g,
//   eps0 de/dt = K g - dh/dz,   mu0 dh/dt = -de/dz,   mu0 dg/dt = -K e.
// TM: a = Ku, b = Kv, E_axis like sin(m pi u) sin(n pi v) g,
//   eps0 de/dt = -dh/dz,   mu0 dh/dt = K g - de/dz,   eps0 dg/dt = -K h.
// Both times one number, so that the larger of a and b is 1 in size: e is the largest transverse E.
// The line is matched to the grid, so it sends the mode one way only: what goes the other way is the echo of the line's
// absorbing end, 2e-8 of the wave.

#include <array>
#include <hilbrick/checkpoint.hpp>
#include <vector>

#include "cpml.hpp"
#include "numerics.hpp"

namespace hilbrick::fdtd {

/// The guide on the grid.
struct Guide {
  int axis = 2, u = 0, v = 1;
  Index plane = 0;        // where E is driven
  Int3 low, high;         // planes of the walls across the axis
  double ku = 0, kv = 0;  // 1/m

  double k() const;
};
Guide guide_of(const Scene& scene, const GuideModeSource& source);

/// One correction of the source plane: component c in `cells` gains gain * factor * profile(cell) * the line's value, which is h beside the
/// plane for E, e on the plane for H.
struct GuideCorrection {
  Component component;
  Box cells;
  double factor;  // 1/m, signed
};
std::vector<GuideCorrection> guide_corrections(const Scene& scene, const GuideModeSource& source);

/// The share of the line's value that a component has in each cell across the guide: [v][u] over the cells of `across` (a box one cell
/// thick along the axis). Uses sin and cos: compute once and broadcast.
std::vector<double> guide_profile(const Guide& guide, const GuideModeSource& source, Component c, const Box& across);

template <class T>
class GuideLine {
 public:
  /// `samples[n]`: the waveform for step n. Collective over comm, which shares what libm says.
  GuideLine(const Comm& comm, const Scene& scene, const Numerics& numerics, const GuideModeSource& source, std::vector<double> samples);

  T e() const { return e_[plane_node]; }      // on the source plane
  T h() const { return h_[plane_node - 1]; }  // half a cell before it, seen along the direction
  void update_e(Index step);
  void update_h();

  /// Collective, as everything that a checkpoint is told.
  void state(Checkpoint& c);

 private:
  // Nodes of the line, along the direction of the wave, whichever that is along the axis: absorber, the driven node, the source plane, some
  // more, absorber. h is that of a wave along the line. g lies where e does, of TM where h does.
  static constexpr std::size_t absorber = 100, lead = 2;
  static constexpr std::size_t driven_node = absorber, plane_node = absorber + lead, nodes = plane_node + lead + absorber;

  bool tm_;
  T gain_e_, gain_h_, inverse_, k_;
  std::vector<T> e_, h_, g_, psi_e_, psi_h_;
  std::array<std::vector<std::array<T, 2>>, 2> cpml_;  // [E, H][node] = {b, c}
  std::vector<double> samples_;
};

}  // namespace hilbrick::fdtd
