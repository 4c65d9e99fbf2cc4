// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Random small partitions for property tests, and the slow, obvious answer to who owns which cell.

#include <rapidcheck.h>

#include <hilbrick/partition/cut.hpp>
#include <hilbrick/partition/partition.hpp>
#include <sstream>
#include <string>
#include <vector>

namespace hilbrick::test {

/// Any integer of [low, high]; the whole range from the first case on, which rapidcheck would otherwise widen case by case.
inline Index any(Index low, Index high) { return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange<Index>(low, high + 1)); }
inline bool any_bool() { return *rc::gen::arbitrary<bool>(); }
inline std::array<bool, 3> any_axes() { return {any_bool(), any_bool(), any_bool()}; }
inline Int3 any_int3(Index low, Index high) {
  // One at a time: the order in which arguments are evaluated is not ours to rely on.
  Int3 n;
  for (int a = 0; a < 3; ++a) n[a] = any(low, high);
  return n;
}
/// A box inside [0, cells) that is not empty.
inline Box any_box(Int3 cells) {
  Box box;
  for (int a = 0; a < 3; ++a) {
    box.lo[a] = any(0, cells[a] - 1);
    box.hi[a] = any(box.lo[a] + 1, cells[a]);
  }
  return box;
}

inline std::string text(Int3 n) {
  std::ostringstream out;
  out << '(' << n.x << ' ' << n.y << ' ' << n.z << ')';
  return out.str();
}
inline std::string text(const Box& b) { return text(b.lo) + ".." + text(b.hi); }

inline std::size_t at(Int3 cells, Int3 c) { return static_cast<std::size_t>(c.x + cells.x * (c.y + cells.y * c.z)); }

/// A mask as boxes, as a user gives it; no boxes: every cell is active.
struct Mask {
  std::vector<Box> boxes;
  bool active(Int3 cell) const {
    for (const Box& b : boxes)
      if (b.contains(cell)) return true;
    return boxes.empty();
  }
};

struct Case {
  Mask mask;
  Partition partition;
};

/// A grid of at most `most_cells` along each axis with any periodic axes, brick edge, mask, boundary cost, method and rank count up to
/// twice the bricks.
inline Case any_case(Index most_cells) {
  const Grid grid{any_int3(1, most_cells), any_axes()};
  const Tiling tiling(grid, any(1, 4));
  Weights weights;
  Mask mask;
  if (any_bool()) {
    for (Index n = any(1, 4); n > 0; --n) mask.boxes.push_back(any_box(grid.cells));
    weights.active(BoxSet(mask.boxes));
  }
  if (any_bool()) weights.boundary_cost(any(0, 2), any(1, 5));
  const int ranks = static_cast<int>(any(1, std::min<Index>(2 * tiling.brick_count(), 40)));
  const Method method = all_methods[static_cast<std::size_t>(any(0, 4))];
  std::vector<Partition> offered = candidates(tiling, weights, Stencil::yee(), {}, ranks, method).partitions;
  if (offered.empty()) offered = candidates(tiling, weights, Stencil::yee(), {}, ranks, Method::hilbert).partitions;
  Case result{std::move(mask), offered[static_cast<std::size_t>(any(0, static_cast<Index>(offered.size()) - 1))]};
  RC_LOG() << result.partition.description() << ", " << ranks << " ranks, grid " << text(grid.cells) << ", periodic " << grid.periodic[0]
           << grid.periodic[1] << grid.periodic[2] << ", mask";
  for (const Box& b : result.mask.boxes) RC_LOG() << ' ' << text(b);
  RC_LOG() << std::endl;
  return result;
}

/// The owner of each cell, x fastest; nobody for cells that are not active.
inline std::vector<Rank> owners_of_cells(const Case& c) {
  const Tiling& tiling = c.partition.tiling();
  const Int3 cells = tiling.grid().cells;
  std::vector<Rank> owners(static_cast<std::size_t>(product(cells)), nobody);
  for_each_cell(tiling.grid().box(), [&](Int3 cell) {
    if (!c.mask.active(cell)) return;
    Int3 brick;
    for (int a = 0; a < 3; ++a)
      while (tiling.first_cell(a, brick[a] + 1) <= cell[a]) ++brick[a];
    owners[at(cells, cell)] = c.partition.owner(brick);
  });
  return owners;
}

}  // namespace hilbrick::test
