// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Which material each field value lies in, and what the update multiplies by there (Taflove and Hagness 2005, section 3.6):
//   E' = ca E + cb curl H,   ca = (1 - s) / (1 + s),  cb = dt / eps / (1 + s),  s = sigma dt / (2 eps)
//   H' = da H - db curl E,   the same with mu and sigma_m. In a perfect conductor ca = cb = 0.

#include <array>
#include <cstdint>
#include <hilbrick/field.hpp>
#include <vector>

#include "numerics.hpp"

namespace hilbrick::fdtd {

using MaterialId = std::uint8_t;  // an index into Scene::materials
inline constexpr MaterialId vacuum_id = 0, pec_id = 1;
inline constexpr std::size_t most_materials = 256;

/// Of one material: old value kept, curl added, and energy density per squared field (eps / 2 or mu / 2).
template <class T>
struct Coefficients {
  T keep, gain;
  double half_density;
};
/// By [E 0, H 1][material].
template <class T>
using CoefficientTable = std::array<std::vector<Coefficients<T>>, 2>;
template <class T>
CoefficientTable<T> coefficients(const Scene& scene, double dt_s);

/// A stretch of a row in one material: from where the run before it ends, or the row's start, up to `last`, counted from that start.
struct Run {
  std::int32_t last;
  MaterialId material;
};

/// The material of each value that one box owns of one component, as runs along x: bodies are solid, so a row has few.
struct MaterialMap {
  Box owned;
  std::vector<Run> runs;
  std::vector<std::uint32_t> row_runs;  // runs of row r, counted y fastest: runs[row_runs[r], row_runs[r + 1]); empty: vacuum everywhere

  MaterialId at(Int3 c) const;
  Index bytes() const { return static_cast<Index>(runs.size() * sizeof(Run) + row_runs.size() * sizeof(std::uint32_t)); }
};

/// Whether some shape has another permeability than vacuum, or magnetic loss: else magnetic components need no map.
bool is_magnetic(const Scene& scene);

/// The material map of component c in a block: the shapes painted in order at the component's own position, and perfect conductor on
/// tangential E along electric walls and behind PMLs. Magnetic components are mapped only when some material is magnetic. Local.
MaterialMap map_materials(const Scene& scene, const Numerics& numerics, Component c, const Box& owned);

/// The material at one component's position in a cell. Local.
MaterialId material_at(const Scene& scene, const Numerics& numerics, Component c, Int3 cell);

}  // namespace hilbrick::fdtd
