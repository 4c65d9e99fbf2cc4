// SPDX-License-Identifier: BSD-3-Clause
#include "numerics.hpp"

#include <algorithm>
#include <cmath>
#include <hilbrick/partition/error.hpp>
#include <numbers>

namespace hilbrick::fdtd {
namespace {

/// What averages the six components to cell centres: E over the four edges around, H over the two faces.
Stencil cell_average_stencil(const Stencil& yee) {
  std::vector<Access> reads;
  for (int c = 0; c < 3; ++c) {
    reads.push_back({c, c, {}, unit((c + 1) % 3) + unit((c + 2) % 3)});
    reads.push_back({3 + c, 3 + c, {}, unit(c)});
  }
  return {yee.fields(), {reads}};
}

/// Yee's, where E also follows the curls of H at the other edges of its two nodes.
Stencil oblique_stencil(const Stencil& yee) {
  std::vector<std::vector<Access>> phases = yee.phases();
  for (int a = 0; a < 3; ++a)
    for (const int b : {(a + 1) % 3, (a + 2) % 3}) {
      const int p = (b + 1) % 3, q = (b + 2) % 3;
      phases[0].push_back({a, 3 + q, -unit(b) - unit(p), unit(a)});
      phases[0].push_back({a, 3 + p, -unit(b) - unit(q), unit(a)});
    }
  return {yee.fields(), std::move(phases)};
}

/// The edges that meet at the two nodes of an edge.
Stencil node_stencil_of(const Stencil& yee) {
  std::vector<Access> reads;
  for (int a = 0; a < 3; ++a)
    for (int b = 0; b < 3; ++b) reads.push_back({a, b, -unit(b), unit(a)});
  return {yee.fields(), {reads}};
}

}  // namespace

bool has_oblique_surfaces(const Scene& scene) {
  bool dense = false, askew = false;
  for (const Shape& shape : scene.shapes) {
    if (std::holds_alternative<VoxelGrid>(shape.form)) continue;
    const Material& m = scene.materials[static_cast<std::size_t>(shape.material)];
    if (m.pec || m.sigma != 0 || !m.poles.empty()) continue;
    dense = dense || m.eps_r != 1;
    askew = askew || !std::holds_alternative<BoxShape>(shape.form);
  }
  return scene.averaged_interfaces && dense && askew;
}

std::array<bool, 3> magnetic_wall_high(const Scene& scene) {
  std::array<bool, 3> wall{};
  for (int a = 0; a < 3; ++a) wall[a] = scene.boundary[a][1] == Boundary::pmc;
  return wall;
}

Numerics numerics_of(const Scene& scene) {
  Numerics n;
  n.grid.cells = scene.cells;
  n.spacing_m = scene.spacing_m;
  double inverse_squares = 0;
  for (int a = 0; a < 3; ++a) {
    n.grid.periodic[a] = scene.boundary[a][0] == Boundary::periodic;
    inverse_squares += 1 / (scene.spacing_m[a] * scene.spacing_m[a]);
  }
  double slowness = 1;  // sqrt(eps_r mu_r) of the fastest material in the grid; the rest of the grid is vacuum
  for (const Shape& s : scene.shapes)
    for (const int id : materials_of(s)) {
      const Material& m = scene.materials[static_cast<std::size_t>(id)];
      if (!m.pec) slowness = std::min(slowness, std::sqrt(m.eps_r * m.mu_r));
    }
  n.dt_s = scene.courant * slowness / (light_speed_m_s * std::sqrt(inverse_squares));
  if (!(n.dt_s > 0) || !std::isfinite(n.dt_s))
    throw Error(to_string(scene.grid_place) + ": grid: expected cells and materials of which a time step follows, found " +
                std::to_string(n.dt_s) + " s; spacing_m is in metres, eps_r and mu_r are relative");
  if (!scene.steps && !scene.duration_s) throw Error("run: expected steps or duration_s in [run], found neither; say when the run ends");
  const double steps = scene.steps ? static_cast<double>(*scene.steps) : std::ceil(*scene.duration_s / n.dt_s * (1 - 1e-12));
  constexpr double most = 1e15;
  if (!(steps <= most)) throw Error("run: expected at most 1e15 steps, found more; duration_s is in seconds");
  n.steps = static_cast<Index>(steps);

  const Stencil yee = Stencil::yee(magnetic_wall_high(scene));
  n.stencils.push_back(yee);
  if (has_oblique_surfaces(scene)) {
    n.stencils.front() = oblique_stencil(yee);
    n.node_stencil = n.stencils.size();
    n.stencils.push_back(node_stencil_of(yee));
  }
  if (std::any_of(scene.snapshots.begin(), scene.snapshots.end(), [](const SnapshotRequest& s) { return s.at_cell; })) {
    n.cell_stencil = n.stencils.size();
    n.stencils.push_back(cell_average_stencil(yee));
  }
  return n;
}

Vec3 yee_position_m(const Vec3& spacing_m, Component c, Int3 cell) {
  const auto half = half_offset(c);
  Vec3 p;
  for (int a = 0; a < 3; ++a) p[a] = (static_cast<double>(cell[a]) + 0.5 * half[a]) * spacing_m[a];
  return p;
}

Int3 yee_cell_below(const Numerics& numerics, Component c, const Vec3& point_m) {
  const auto half = half_offset(c);
  Int3 cell;
  for (int a = 0; a < 3; ++a) {
    const double at = point_m[a] / numerics.spacing_m[a] - 0.5 * half[a];
    cell[a] = std::clamp<Index>(static_cast<Index>(std::floor(at + 1e-6)), 0, numerics.grid.cells[a] - 1);
  }
  return cell;
}

Index nearest_plane(double spacing_m, double coordinate_m) { return std::llround(coordinate_m / spacing_m); }

Box touched_cells(const Scene& scene, const Vec3& low_m, const Vec3& high_m) {
  Box cells;
  for (int a = 0; a < 3; ++a) {
    const double low = low_m[a] / scene.spacing_m[a], high = high_m[a] / scene.spacing_m[a];
    cells.lo[a] = std::clamp<Index>(static_cast<Index>(std::floor(low + 1e-6)), 0, scene.cells[a] - 1);
    cells.hi[a] = std::clamp<Index>(static_cast<Index>(std::ceil(high - 1e-6)), cells.lo[a] + 1, scene.cells[a]);
  }
  return cells;
}

std::array<std::array<Index, 2>, 3> pml_layers(const Scene& scene) {
  std::array<std::array<Index, 2>, 3> layers{};
  for (int a = 0; a < 3; ++a)
    for (int side = 0; side < 2; ++side) layers[a][side] = scene.boundary[a][side] == Boundary::pml ? scene.pml_cells : 0;
  return layers;
}

Box layer_cells(const Scene& scene, const Box& owned, int axis, int side) {
  const Index layers = pml_layers(scene)[axis][side];
  if (layers == 0) return {};
  Box cells = owned;
  if (side == 0)
    cells.hi[axis] = std::min(cells.hi[axis], layers);
  else
    cells.lo[axis] = std::max(cells.lo[axis], scene.cells[axis] - layers);
  return cells;
}

std::optional<std::string> pml_at(const Scene& scene, Int3 cell) {
  const auto layers = pml_layers(scene);
  for (int a = 0; a < 3; ++a) {
    if (cell[a] < layers[a][0]) return std::string("the PML at ") + "xyz"[a] + " low";
    if (cell[a] >= scene.cells[a] - layers[a][1]) return std::string("the PML at ") + "xyz"[a] + " high";
  }
  return std::nullopt;
}

std::complex<double> relative_permittivity(const Medium& medium, double omega_rad_s) {
  using namespace std::complex_literals;
  std::complex<double> eps = medium.eps_r + medium.sigma / (1i * omega_rad_s * eps0);
  for (const Pole& p : medium.poles) eps += p.drive / (p.restoring - p.inertia * omega_rad_s * omega_rad_s + 1i * omega_rad_s * p.damping);
  return eps;
}

double cells_per_wavelength(const Scene& scene, const Material& material, double frequency_hz) {
  const double coarsest = *std::max_element(scene.spacing_m.begin(), scene.spacing_m.end());
  const double index = std::sqrt(relative_permittivity(material, 2 * std::numbers::pi * frequency_hz) * material.mu_r).real();
  return light_speed_m_s / (std::max(index, 1e-9) * frequency_hz * coarsest);
}

std::vector<const Waveform*> waveforms_of(const Scene& scene) {
  std::vector<const Waveform*> found;
  for (const Dipole& d : scene.dipoles) found.push_back(&d.waveform);
  for (const PlaneWave& w : scene.plane_waves) found.push_back(&w.waveform);
  for (const GuideModeSource& g : scene.guide_modes) found.push_back(&g.waveform);
  for (const Port& p : scene.ports)
    if (p.waveform) found.push_back(&*p.waveform);
  return found;
}

const Waveform* only_waveform(const Scene& scene) {
  const auto all = waveforms_of(scene);
  return all.size() == 1 ? all.front() : nullptr;
}

double highest_source_frequency_hz(const Scene& scene) {
  double highest = 0;
  for (const Waveform* w : waveforms_of(scene)) highest = std::max(highest, highest_frequency_hz(*w));
  return highest;
}

}  // namespace hilbrick::fdtd
