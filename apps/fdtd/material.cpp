// SPDX-License-Identifier: BSD-3-Clause
#include "material.hpp"

#include <algorithm>
#include <cmath>

#include "elements.hpp"

namespace hilbrick::fdtd {
namespace {

double tolerance_m(const Scene& scene) { return 1e-9 * std::min({scene.spacing_m[0], scene.spacing_m[1], scene.spacing_m[2]}); }

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

/// Appends the runs of a row of n values.
void append_runs(const MediumId* row, Index n, std::vector<Run>& runs) {
  for (Index i = 0; i < n; ++i)
    if (i + 1 == n || row[i + 1] != row[i]) runs.push_back({static_cast<std::int32_t>(i + 1), row[i]});
}

}  // namespace

bool is_magnetic(const Scene& scene) {
  return std::any_of(scene.shapes.begin(), scene.shapes.end(), [&](const Shape& s) {
    const Material& m = scene.materials[s.material];
    return !m.pec && (m.mu_r != 1 || m.sigma_m != 0);
  });
}

Media::Media(const Scene& scene) : media_(scene.materials.begin(), scene.materials.end()) {}

double pole_denominator(const Pole& p, double dt_s) { return p.inertia / dt_s + p.damping / 2 + p.restoring * dt_s / 4; }

MediumId Media::id_of(const Medium& medium) {
  const auto found = std::find(media_.begin(), media_.end(), medium);
  const auto id = static_cast<MediumId>(found - media_.begin());
  if (found == media_.end()) media_.push_back(medium);
  return id;
}

template <class T>
CoefficientTable<T> coefficients(const Media& media, double dt_s) {
  CoefficientTable<T> table;
  for (const Medium& m : media) {
    const auto of = [&](double sign, double density, double loss) {
      const double s = loss * dt_s / (2 * density);
      return Coefficients<T>{static_cast<T>((1 - s) / (1 + s)), static_cast<T>(sign * dt_s / density / (1 + s)), density / 2};
    };
    double loss = m.sigma;  // poles answer to the mean of E' and E as a conductor does
    for (const Pole& p : m.poles) loss += eps0 * p.drive / pole_denominator(p, dt_s) / 2;
    table[0].push_back(m.pec ? Coefficients<T>{0, 0, 0} : of(1, eps0 * m.eps_r, loss));
    table[1].push_back(m.pec ? of(-1, mu0, 0) : of(-1, mu0 * m.mu_r, m.sigma_m));
  }
  return table;
}
template CoefficientTable<float> coefficients(const Media&, double);
template CoefficientTable<double> coefficients(const Media&, double);

MediumId MediumMap::at(Int3 c) const {
  if (row_runs.empty()) return vacuum_id;
  const Int3 d = c - owned.lo;
  const auto row = static_cast<std::size_t>(d.y + owned.extent().y * d.z);
  const auto first = runs.begin() + row_runs[row], last = runs.begin() + row_runs[row + 1];
  return std::find_if(first, last, [&](const Run& run) { return d.x < run.last; })->medium;
}

void MediumMap::set(Int3 c, MediumId medium) {
  const Int3 d = c - owned.lo;
  const auto row = static_cast<std::size_t>(d.y + owned.extent().y * d.z);
  std::vector<Run> row_now;
  Index first = 0;
  const auto add = [&](Index last, MediumId m) {
    if (last > first) row_now.push_back({static_cast<std::int32_t>(last), m});
    first = std::max(first, last);
  };
  for (std::uint32_t r = row_runs[row]; r < row_runs[row + 1]; ++r) {
    const Run run = runs[r];
    if (first <= d.x && d.x < run.last) {
      add(d.x, run.medium);
      add(d.x + 1, medium);
    }
    add(run.last, run.medium);
  }
  const auto begin = runs.begin() + row_runs[row], end = runs.begin() + row_runs[row + 1];
  const auto more = static_cast<std::uint32_t>(row_now.size() - static_cast<std::size_t>(end - begin));
  runs.insert(runs.erase(begin, end), row_now.begin(), row_now.end());
  for (std::size_t r = row + 1; r < row_runs.size(); ++r) row_runs[r] += more;
}

MediumMap map_media(const Scene& scene, const Numerics& numerics, Component c, const Box& owned) {
  MediumMap map;
  map.owned = owned;
  if (!is_electric(c) && !is_magnetic(scene)) return map;
  const Int3 e = owned.extent();
  std::vector<MediumId> plane(static_cast<std::size_t>(e.x * e.y));
  const auto id = [&](Int3 cell) -> MediumId& {
    return plane[static_cast<std::size_t>(cell.x - owned.lo.x + e.x * (cell.y - owned.lo.y))];
  };
  map.row_runs.reserve(static_cast<std::size_t>(e.y * e.z) + 1);
  map.row_runs.push_back(0);
  for (Index z = owned.lo.z; z < owned.hi.z; ++z) {
    Box here = owned;
    here.lo.z = z;
    here.hi.z = z + 1;
    std::fill(plane.begin(), plane.end(), vacuum_id);
    for (const Shape& shape : scene.shapes)
      for_each_cell(intersection(here, candidate_cells(scene, c, shape)), [&](Int3 cell) {
        if (contains(shape, yee_position_m(numerics.spacing_m, c, cell), tolerance_m(scene))) id(cell) = shape.material;
      });
    for (int a = 0; is_electric(c) && a < 3; ++a) {
      if (a == axis_of(c) || !electric_wall_low(scene, a)) continue;
      Box wall = here;
      wall.hi[a] = std::min<Index>(here.hi[a], 1);
      for_each_cell(wall, [&](Int3 cell) { id(cell) = pec_id; });
    }
    for (Index y = 0; y < e.y; ++y) {
      append_runs(plane.data() + e.x * y, e.x, map.runs);
      map.row_runs.push_back(static_cast<std::uint32_t>(map.runs.size()));
    }
  }
  map.runs.shrink_to_fit();
  return map;
}

int material_at(const Scene& scene, const Numerics& numerics, Component c, Int3 cell) {
  const Box one{cell, cell + Int3{1, 1, 1}};
  return map_media(scene, numerics, c, one).at(cell);
}

template <class T>
Matter<T> make_matter(const Scene& scene, const Numerics& numerics, const std::vector<Field<T>>& fields) {
  Matter<T> matter{Media(scene), {}, {}};
  for (std::size_t b = 0; b < fields[Ex].blocks().size(); ++b) {
    auto& maps = matter.maps.emplace_back();
    for (const Component c : {Ex, Ey, Ez, Hx, Hy, Hz}) {
      maps[c] = map_media(scene, numerics, c, fields[c].blocks()[b].owned);
      place_elements(scene, c, maps[c], matter.media);
    }
  }
  matter.table = coefficients<T>(matter.media, numerics.dt_s);
  return matter;
}
template Matter<float> make_matter(const Scene&, const Numerics&, const std::vector<Field<float>>&);
template Matter<double> make_matter(const Scene&, const Numerics&, const std::vector<Field<double>>&);

}  // namespace hilbrick::fdtd
