// SPDX-License-Identifier: BSD-3-Clause
#include "material.hpp"

#include <algorithm>
#include <cmath>
#include <hilbrick/partition/error.hpp>

namespace hilbrick::fdtd {
namespace {

double tolerance_m(const Scene& scene) { return 1e-9 * std::min({scene.spacing_m[0], scene.spacing_m[1], scene.spacing_m[2]}); }

bool is_magnetic(const Scene& scene) {
  return std::any_of(scene.shapes.begin(), scene.shapes.end(), [&](const Shape& s) {
    const Material& m = scene.materials[s.material];
    return !m.pec && (m.mu_r != 1 || m.sigma_m != 0);
  });
}

/// Whether tangential E on plane 0 of the axis is held at zero.
bool electric_wall_low(const Scene& scene, int axis) {
  return scene.boundary[axis][0] == Boundary::pec || scene.boundary[axis][0] == Boundary::pml;
}

/// The cells whose component c may lie in a shape.
Box candidate_cells(const Scene& scene, Component c, const Shape& shape) {
  const auto [low, high] = bounds_m(shape);
  const auto half = half_offset(c);
  Box box;
  for (int a = 0; a < 3; ++a) {
    box.lo[a] = static_cast<Index>(std::floor(low[a] / scene.spacing_m[a] - 0.5 * half[a] - 1e-6));
    box.hi[a] = static_cast<Index>(std::ceil(high[a] / scene.spacing_m[a] - 0.5 * half[a] + 1e-6)) + 1;
  }
  return box;
}

Run longest_run(const MaterialId* row, std::int32_t n) {
  Run best{0, 0, vacuum_id};
  for (std::int32_t first = 0; first < n;) {
    std::int32_t last = first + 1;
    while (last < n && row[last] == row[first]) ++last;
    if (last - first > best.last - best.first) best = {first, last, row[first]};
    first = last;
  }
  return best;
}

}  // namespace

template <class T>
CoefficientTable<T> coefficients(const Scene& scene, double dt_s) {
  if (scene.materials.size() > most_materials)
    throw Error("materials: expected at most " + std::to_string(most_materials - 2) + " besides vacuum and pec, found " +
                std::to_string(scene.materials.size() - 2));
  CoefficientTable<T> table;
  for (const Material& m : scene.materials) {
    const auto of = [&](double density, double loss) {
      const double s = loss * dt_s / (2 * density);
      return Coefficients<T>{static_cast<T>((1 - s) / (1 + s)), static_cast<T>(dt_s / density / (1 + s)), density / 2};
    };
    table[0].push_back(m.pec ? Coefficients<T>{0, 0, 0} : of(eps0 * m.eps_r, m.sigma));
    table[1].push_back(m.pec ? of(mu0, 0) : of(mu0 * m.mu_r, m.sigma_m));
  }
  return table;
}
template CoefficientTable<float> coefficients(const Scene&, double);
template CoefficientTable<double> coefficients(const Scene&, double);

MaterialMap map_materials(const Scene& scene, const Numerics& numerics, Component c, const Box& owned) {
  MaterialMap map;
  map.owned = owned;
  if (!is_electric(c) && !is_magnetic(scene)) return map;
  map.ids.assign(static_cast<std::size_t>(owned.volume()), vacuum_id);
  const Int3 e = owned.extent();
  const auto id = [&](Int3 cell) -> MaterialId& {
    const Int3 d = cell - owned.lo;
    return map.ids[static_cast<std::size_t>(d.x + e.x * (d.y + e.y * d.z))];
  };
  for (const Shape& shape : scene.shapes)
    for_each_cell(intersection(owned, candidate_cells(scene, c, shape)), [&](Int3 cell) {
      if (contains(shape, yee_position_m(numerics.spacing_m, c, cell), tolerance_m(scene)))
        id(cell) = static_cast<MaterialId>(shape.material);
    });
  if (is_electric(c))
    for (int a = 0; a < 3; ++a) {
      if (a == axis_of(c) || !electric_wall_low(scene, a)) continue;
      Box wall = owned;
      wall.hi[a] = std::min<Index>(owned.hi[a], 1);
      for_each_cell(wall, [&](Int3 cell) { id(cell) = pec_id; });
    }
  map.runs.reserve(static_cast<std::size_t>(e.y * e.z));
  for (Index row = 0; row < e.y * e.z; ++row) map.runs.push_back(longest_run(map.ids.data() + row * e.x, static_cast<std::int32_t>(e.x)));
  return map;
}

MaterialId material_at(const Scene& scene, const Numerics& numerics, Component c, Int3 cell) {
  const Box one{cell, cell + Int3{1, 1, 1}};
  return map_materials(scene, numerics, c, one).at(cell);
}

}  // namespace hilbrick::fdtd
