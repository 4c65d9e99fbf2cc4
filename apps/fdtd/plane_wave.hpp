// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// A plane wave along an axis in a total-field box (Taflove and Hagness 2005, chapter 5). A one-dimensional Yee line along the wave's axis,
// with the grid's own spacing and time step, carries the incident wave; because it is matched to the grid, an empty box leaks nothing but
// round-off.
//
//   line:  source -> . . | total field . . . | . . absorbing end
//   E of cell i at plane i, H of cell i half a cell above. E points along the polarization, H along axis x polarization.

#include <array>
#include <vector>

#include "cpml.hpp"
#include "numerics.hpp"

namespace hilbrick::fdtd {

/// The total-field box in planes: E on planes lo..hi (inclusive) is total. On periodic axes it spans the grid.
Box total_field_planes(const Scene& scene, const PlaneWave& wave);

/// One correction of a face of the box: component c in `cells` gains factor * gain * inc[cell[axis] + shift], inc being the line's H
/// (for E) or E (for H).
struct FaceCorrection {
  Component component;
  Box cells;
  int shift;
  double factor;  // 1/m, with sign and polarization
};
std::vector<FaceCorrection> face_corrections(const Scene& scene, const Numerics& numerics, const PlaneWave& wave);

template <class T>
class IncidentLine {
 public:
  /// `samples[n]` is the waveform at the source node for step n; `cpml` as computed by line_cpml. Local.
  IncidentLine(const Scene& scene, const Numerics& numerics, const PlaneWave& wave, std::vector<double> samples,
               const std::array<std::vector<CpmlCoefficients>, 2>& cpml);

  /// E at plane i and H half a cell above it, V/m and A/m; i a grid index along the wave's axis near the box.
  T e(Index i) const { return e_[static_cast<std::size_t>(i - first_)]; }
  T h(Index i) const { return h_[static_cast<std::size_t>(i - first_)]; }

  void update_e(Index step);
  void update_h();

  /// Nodes of the line.
  static Index length(const Scene& scene, const PlaneWave& wave);

 private:
  Index first_;                  // grid index of node 0
  std::size_t source_;           // the node that the waveform drives
  T gain_e_, gain_h_, inverse_;  // dt / eps0, dt / mu0, 1 / spacing
  std::vector<T> e_, h_, psi_e_, psi_h_;
  std::array<std::vector<std::array<T, 2>>, 2> cpml_;  // [E, H][node] = {b, c}
  std::vector<double> samples_;
};

/// When the line's source node is driven at step n: the wave then meets the box's first plane at (n + 1) dt.
double line_source_time_s(const Numerics& numerics, const PlaneWave& wave, Index step);
/// The absorbing end's coefficients for E and H nodes. Uses exp and pow: compute once and broadcast.
std::array<std::vector<CpmlCoefficients>, 2> line_cpml(const Scene& scene, const Numerics& numerics, const PlaneWave& wave);

}  // namespace hilbrick::fdtd
