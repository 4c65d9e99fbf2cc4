// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What a step reads: for each phase (one exchange, then one update), which field is read at which offsets to update which. Halos,
// storage and bytes all follow from this declaration; the library knows no physics.
//
// A field has one value for each cell. On a non-periodic axis a field may also have values on the closing plane, index N: they
// belong to the owner of the last cell (a Yee component on a magnetic wall is one).

#include <array>
#include <hilbrick/partition/grid.hpp>
#include <string>
#include <vector>

namespace hilbrick {

/// Updating `reader` at cell c reads `read` at every c + d with first <= d <= last, axis by axis.
struct Access {
  int reader, read;
  Int3 first, last;
};

struct StencilField {
  std::string name;
  std::array<bool, 3> closing{false, false, false};  // has values on the closing plane of the axis
};

/// The values of a field that belong to a box of cells: the cells, and the closing plane where the box touches it.
inline Box field_box(const Box& cells, const Grid& grid, const StencilField& field) {
  Box box = cells;
  if (cells.empty()) return box;
  for (int a = 0; a < 3; ++a)
    if (field.closing[a] && !grid.periodic[a] && cells.hi[a] == grid.cells[a]) ++box.hi[a];
  return box;
}

class Stencil {
 public:
  /// Throws Error for accesses of fields that do not exist or with last < first.
  Stencil(std::vector<StencilField> fields, std::vector<std::vector<Access>> phases);

  /// Yee's scheme (Yee 1966) on fields Ex Ey Ez Hx Hy Hz: phase 0 updates E from H, phase 1 updates H from E. `magnetic_wall`: the
  /// grid ends in a perfect magnetic conductor at the high face of the axis, so the components on that plane live.
  static Stencil yee(std::array<bool, 3> magnetic_wall = {false, false, false});
  /// One field that reads itself up to `width` cells away along each axis, or in the whole cube around.
  static Stencil star(Index width);
  static Stencil box(Index width);

  const std::vector<StencilField>& fields() const { return fields_; }
  const std::vector<std::vector<Access>>& phases() const { return phases_; }

  /// How far reads go, over all phases: every offset lies in reach_low() <= d <= reach_high().
  Int3 reach_low() const;
  Int3 reach_high() const;
  /// Values that cross one cell face normal to the axis in one step, both ways, all phases; corners left out.
  Index values_per_face(int axis) const;

 private:
  std::vector<StencilField> fields_;
  std::vector<std::vector<Access>> phases_;
};

}  // namespace hilbrick
