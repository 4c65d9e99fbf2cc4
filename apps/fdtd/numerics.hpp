// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What follows from a scene before any field exists: the grid, the time step, the stencils, where components lie and which Yee
// value stands for a point. Pure functions; the same on every rank.

#include <complex>
#include <hilbrick/partition/stencil.hpp>
#include <optional>
#include <string>
#include <vector>

#include "scene.hpp"

namespace hilbrick::fdtd {

// CODATA 2018; the speed of light is exact.
inline constexpr double light_speed_m_s = 299792458.0;
inline constexpr double mu0 = 1.25663706212e-6;                                // H/m
inline constexpr double eps0 = 1 / (mu0 * light_speed_m_s * light_speed_m_s);  // F/m
inline constexpr double eta0 = mu0 * light_speed_m_s;                          // ohm

struct Numerics {
  Grid grid;
  Vec3 spacing_m;
  double dt_s = 0;
  Index steps = 0;
  /// Yee's, with more of H where surfaces between materials may lie askew; after it, when they may, the edges around the nodes of an edge,
  /// and, when a snapshot asks for cell centres, the reads that average to them.
  std::vector<Stencil> stencils;
  std::optional<std::size_t> node_stencil, cell_stencil;  // which of them
};

/// Throws Error for a scene without an end (neither steps nor duration).
Numerics numerics_of(const Scene& scene);

/// The axis ends in a perfect magnetic conductor at its high face, so a closing plane lives there.
std::array<bool, 3> magnetic_wall_high(const Scene& scene);

/// Whether surfaces between lossless media without poles are averaged and may lie askew to the grid: those of boxes do not.
bool has_oblique_surfaces(const Scene& scene);

/// Where component c of a cell lies, in metres.
Vec3 yee_position_m(const Vec3& spacing_m, Component c, Int3 cell);
/// The cell whose value of component c lies nearest below a point along each axis (to 1e-6 of a cell, so that a point given on a Yee
/// position means that one), kept inside the grid.
Int3 yee_cell_below(const Numerics& numerics, Component c, const Vec3& point_m);

/// The grid plane nearest to a coordinate along an axis.
Index nearest_plane(double spacing_m, double coordinate_m);

/// The cells that a box in metres touches, at least one along each axis.
Box touched_cells(const Scene& scene, const Vec3& low_m, const Vec3& high_m);

/// Layers of perfectly matched layer at each face: [axis][low, high].
std::array<std::array<Index, 2>, 3> pml_layers(const Scene& scene);
/// The part of a box of values that lies in the layer at a face (side 0 low, 1 high); empty where there is none.
Box layer_cells(const Scene& scene, const Box& owned, int axis, int side);
/// Whether a cell lies in a perfectly matched layer, and the name of the first such face ("the PML at x low").
std::optional<std::string> pml_at(const Scene& scene, Int3 cell);

/// The relative permittivity at an angular frequency in rad/s, conductivity included; time goes as exp(j w t).
std::complex<double> relative_permittivity(const Medium& medium, double omega_rad_s);
/// Cells per wavelength of a material at a frequency, along the coarsest axis.
double cells_per_wavelength(const Scene& scene, const Material& material, double frequency_hz);
/// The waveforms of all sources, driven ports among them.
std::vector<const Waveform*> waveforms_of(const Scene& scene);
/// The waveform of the scene's source; null where there is none or more than one.
const Waveform* only_waveform(const Scene& scene);
/// The highest frequency that any source radiates; 0 without sources.
double highest_source_frequency_hz(const Scene& scene);

}  // namespace hilbrick::fdtd
