// SPDX-License-Identifier: BSD-3-Clause
#include "elements.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <hilbrick/partition/error.hpp>

#include "conformal.hpp"

namespace hilbrick::fdtd {
namespace {

/// Calls f(element, its edges) for each element and the resistance of each port.
template <class F>
void for_each_element(const Scene& scene, F&& f) {
  for (const Element& element : scene.elements) f(element, edge_row(scene, element.from_m, element.to_m));
  for (const Port& port : scene.ports) f(resistance_of(port), edge_row(scene, port.from_m, port.to_m));
}

}  // namespace

EdgeRow edge_row(const Scene& scene, const Vec3& from_m, const Vec3& to_m) {
  Int3 from, to;
  for (int a = 0; a < 3; ++a) {
    from[a] = nearest_plane(scene.spacing_m[a], from_m[a]);
    to[a] = nearest_plane(scene.spacing_m[a], to_m[a]);
  }
  EdgeRow row;
  int axes = 0;
  for (int a = 0; a < 3; ++a) {
    if (from[a] == to[a]) continue;
    ++axes;
    row = {static_cast<Component>(a), to[a] > from[a] ? from : to, std::abs(to[a] - from[a]), to[a] > from[a]};
  }
  for (int a = 0; a < 3; ++a)
    if (scene.boundary[a][0] == Boundary::periodic && row.first[a] == scene.cells[a]) row.first[a] = 0;
  return axes == 1 ? row : EdgeRow{};
}

Element resistance_of(const Port& port) {
  Element element;
  element.from_m = port.from_m;
  element.to_m = port.to_m;
  element.resistance_ohm = port.resistance_ohm;
  element.place = port.place;
  return element;
}

Medium with_element(Medium medium, const Element& e, Index count, double length_m, double area_m2) {
  const auto n = static_cast<double>(count);
  const double shape = length_m / area_m2;  // 1/m
  const int parts = (e.resistance_ohm ? 1 : 0) + (e.inductance_h ? 1 : 0) + (e.capacitance_f ? 1 : 0);
  if (e.in_series && parts > 1) {
    medium.poles.push_back({e.inductance_h.value_or(0) / n, e.resistance_ohm.value_or(0) / n,
                            e.capacitance_f ? 1 / (*e.capacitance_f * n) : 0.0, shape / eps0});
    return medium;
  }
  if (e.resistance_ohm) medium.sigma += n * shape / *e.resistance_ohm;
  if (e.capacitance_f) medium.eps_r += n * *e.capacitance_f * shape / eps0;
  if (e.inductance_h) medium.poles.push_back({*e.inductance_h / n, 0, 0, shape / eps0});
  return medium;
}

void place_elements(const Scene& scene, Component c, MediumMap& map, Media& media) {
  const int a = axis_of(c);
  const double length_m = scene.spacing_m[a], area_m2 = scene.spacing_m[(a + 1) % 3] * scene.spacing_m[(a + 2) % 3];
  for_each_element(scene, [&](const Element& element, const EdgeRow& row) {
    if (row.component != c) return;
    for (Index i = 0; i < row.count; ++i) {
      const Int3 cell = row.cell(i);
      if (map.owned.contains(cell)) map.set(cell, media.id_of(with_element(media[map.at(cell)], element, row.count, length_m, area_m2)));
    }
  });
}

void check_elements(const Scene& scene, const Numerics& numerics) {
  for_each_element(scene, [&](const Element& element, const EdgeRow& row) {
    for (Index i = 0; i < row.count; ++i) {
      const Int3 cell = row.cell(i);
      bool conductor = scene.materials[static_cast<std::size_t>(material_at(scene, numerics, row.component, cell))].pec;
      std::array<Box, 6> edge;
      edge[row.component] = {cell, cell + Int3{1, 1, 1}};
      for (const CutEdge& cut : find_cuts(scene, numerics, edge).edges) conductor = conductor || cut.open < 1;
      for (int a = 0; a < 3; ++a) conductor = conductor || (cell[a] == scene.cells[a] && scene.boundary[a][1] != Boundary::pmc);
      if (conductor)
        throw Error(fmt::format(
            "{}: expected whole grid edges outside of perfect conductors and electric walls between from_m and to_m, found {} of "
            "cell ({}, {}, {}) in one, at least in part; leave a gap in the conductor there, on grid planes",
            to_string(element.place), component_names[row.component], cell.x, cell.y, cell.z));
    }
  });
}

}  // namespace hilbrick::fdtd
