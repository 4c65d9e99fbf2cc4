// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What decisions weigh: integers, so that every rank decides alike.

#include <hilbrick/partition/grid.hpp>

namespace hilbrick {

__extension__ using Wide = __int128;  // products of weights, counts and costs

/// How weights compare with cells: `cells` plain cells weigh `weight`.
struct Unit {
  Index weight = 1, cells = 1;
};

/// Picoseconds that a plain cell takes, and that a cell face normal to x, y, z between two ranks takes.
struct CostModel {
  Index cell_ps = 4000;
  Int3 face_ps{1600, 1600, 1600};
  Unit unit{};

  Wide of_faces(Int3 faces) const { return Wide{faces.x} * face_ps.x + Wide{faces.y} * face_ps.y + Wide{faces.z} * face_ps.z; }
  /// What a place costs with such a load and such faces, in parts of a picosecond: `unit.weight` of them are one.
  Wide of_load(Index load) const { return Wide{load} * unit.cells * cell_ps; }
  Wide of_place(Index load, Int3 faces) const { return of_load(load) + of_faces(faces) * unit.weight; }
};

}  // namespace hilbrick
