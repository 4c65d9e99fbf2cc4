// SPDX-License-Identifier: BSD-3-Clause
#include "thin_parts.hpp"

#include <cmath>
#include <limits>
#include <optional>

namespace hilbrick::fdtd {
namespace {

// Along an axis; of a plate this thick, whatever its tilt, no face has room on both sides.
constexpr double sheet_cells = 2;

/// A stretch of conductor, in planes of the grid along its line, whatever shapes it is of.
struct Conductor {
  double first, last;
  int shape;

  bool thin(double tolerance) const { return std::floor(last + tolerance) < std::ceil(first - tolerance); }
  /// The plane nearest to it.
  Index plane() const { return static_cast<Index>(std::floor((first + last) / 2 + 0.5)); }
};

std::vector<Conductor> conductors_of(const Scene& scene, const std::vector<Stretch>& line, double spacing_m) {
  std::vector<Conductor> found;
  double begin = -std::numeric_limits<double>::infinity();
  bool goes_on = false;
  for (const Stretch& stretch : line) {
    const bool conductor = conducts(scene, stretch.material);
    if (conductor && goes_on)
      found.back().last = stretch.last_m / spacing_m;
    else if (conductor)
      found.push_back({begin / spacing_m, stretch.last_m / spacing_m, stretch.shape});
    goes_on = conductor;
    begin = stretch.last_m;
  }
  return found;
}

std::vector<Conductor> conductors_through(const Scene& scene, const Numerics& numerics, Painter& painter, Component c, int axis,
                                          Int3 edge) {
  bool reversed = false;
  const Vec3 through = yee_position_m(numerics.spacing_m, c, folded_edge(scene, axis_of(c), edge, reversed));
  return conductors_of(scene, painter.along(axis, through, surface_tolerance_m(scene)), numerics.spacing_m[axis]);
}

/// Calls f(column, conductor) for the lines along `axis` through edges of component c in `places`, each at the place of its first edge.
template <class F>
void for_each_conductor(const Scene& scene, const Numerics& numerics, Painter& painter, Component c, int axis, const Box& places, F&& f) {
  Box columns = places;
  columns.hi[axis] = columns.lo[axis] + 1;
  for_each_cell(columns, [&](Int3 column) {
    for (const Conductor& part : conductors_through(scene, numerics, painter, c, axis, column)) f(column, part);
  });
}

/// Whether a conductor goes on beside its line, and nowhere as a thicker one, of which it would be the rim.
bool is_sheet(const Scene& scene, const Numerics& numerics, Painter& painter, Component c, int axis, Int3 column, const Conductor& part) {
  if (part.last - part.first >= sheet_cells) return false;
  bool goes_on = false;
  for (const int across : {(axis + 1) % 3, (axis + 2) % 3})
    for (const Int3 place : {column - unit(across), column + unit(across)})
      for (const Conductor& beside : conductors_through(scene, numerics, painter, c, axis, place)) {
        if (beside.first > part.last + 1 || beside.last < part.first - 1) continue;
        if (beside.last - beside.first >= sheet_cells) return false;
        goes_on = true;
      }
  return goes_on;
}

}  // namespace

void for_each_thin_part(const Scene& scene, const Numerics& numerics, Painter& painter, Component c, const Box& places,
                        const std::function<void(const ThinPart&)>& f) {
  const double tolerance = smallest_share(scene);
  for (const int axis : {(axis_of(c) + 1) % 3, (axis_of(c) + 2) % 3})
    for_each_conductor(scene, numerics, painter, c, axis, places, [&](Int3 column, const Conductor& part) {
      if (!part.thin(tolerance)) return;
      const Index n = scene.cells[axis], plane = scene.boundary[axis][0] == Boundary::periodic ? part.plane() % n : part.plane();
      std::optional<bool> sheet;
      bool reversed = false;
      for (Int3 edge = column; edge[axis] < places.hi[axis]; ++edge[axis]) {
        if (folded_edge(scene, axis_of(c), edge, reversed)[axis] != plane) continue;
        if (!sheet) sheet = is_sheet(scene, numerics, painter, c, axis, column, part);
        f({edge, (part.last - part.first) * numerics.spacing_m[axis], part.shape, *sheet});
      }
    });
}

void for_each_edge_beside_sheets(const Scene& scene, const Numerics& numerics, Painter& painter, Component c, const Box& places,
                                 const std::function<void(Int3)>& f) {
  for (int axis = 0; axis < 3; ++axis) {
    const double reach = axis == axis_of(c) ? 0 : 1, middle = axis == axis_of(c) ? 1 : 0;  // edges along the line begin at planes
    for_each_conductor(scene, numerics, painter, c, axis, places, [&](Int3 column, const Conductor& part) {
      if (!is_sheet(scene, numerics, painter, c, axis, column, part)) return;
      const auto beside = [&](Index at) {
        return static_cast<double>(at) >= part.first - reach - middle && static_cast<double>(at) <= part.last + reach;
      };
      const Index period = scene.boundary[axis][0] == Boundary::periodic ? scene.cells[axis] : 0;
      bool reversed = false;
      for (Int3 edge = column; edge[axis] < places.hi[axis]; ++edge[axis]) {
        const Index at = folded_edge(scene, axis_of(c), edge, reversed)[axis];
        if (beside(at) || beside(at - period) || beside(at + period)) f(edge);
      }
    });
  }
}

}  // namespace hilbrick::fdtd
