// SPDX-License-Identifier: BSD-3-Clause
#include <hilbrick/partition/curve.hpp>
#include <hilbrick/partition/error.hpp>
#include <hilbrick/partition/tiling.hpp>
#include <string>

namespace hilbrick {
namespace {

constexpr char axis_names[] = "xyz";

std::string along(int axis) { return std::string(" along ") + axis_names[axis]; }

}  // namespace

Tiling::Tiling(const Grid& grid, Index edge) : grid_(grid) {
  if (edge < 1) throw Error("brick edge: expected at least 1 cell, found " + std::to_string(edge));
  for (int a = 0; a < 3; ++a) {
    if (grid.cells[a] < 1) throw Error("grid: expected at least 1 cell" + along(a) + ", found " + std::to_string(grid.cells[a]));
    bricks_[a] = ceil_div(grid.cells[a], edge);
    if (bricks_[a] > max_bricks_per_axis)
      throw Error("tiling: expected at most " + std::to_string(max_bricks_per_axis) + " bricks" + along(a) + ", found " +
                  std::to_string(bricks_[a]) + "; use a larger brick");
  }
}

Tiling Tiling::with_bricks(const Grid& grid, Int3 bricks) {
  for (int a = 0; a < 3; ++a)
    if (bricks[a] < 1 || bricks[a] > grid.cells[a])
      throw Error("tiling: expected 1 to " + std::to_string(grid.cells[a]) + " bricks" + along(a) + ", found " + std::to_string(bricks[a]));
  return {grid, bricks};
}

Box Tiling::cells_of(const Box& bricks) const {
  Box cells;
  for (int a = 0; a < 3; ++a) {
    cells.lo[a] = first_cell(a, bricks.lo[a]);
    cells.hi[a] = first_cell(a, bricks.hi[a]);
  }
  return cells;
}

Box Tiling::bricks_touching(const Box& cells) const {
  if (cells.empty()) return {};
  Box bricks;
  for (int a = 0; a < 3; ++a) {
    bricks.lo[a] = brick_at(a, cells.lo[a]);
    bricks.hi[a] = brick_at(a, cells.hi[a] - 1) + 1;
    if (!grid_.periodic[a]) {
      bricks.lo[a] = std::max<Index>(bricks.lo[a], 0);
      bricks.hi[a] = std::min(bricks.hi[a], bricks_[a]);
    }
  }
  return bricks;
}

Int3 Tiling::wrapped(Int3 brick) const {
  if (brick_box().contains(brick)) return brick;
  for (int a = 0; a < 3; ++a) brick[a] -= floor_div(brick[a], bricks_[a]) * bricks_[a];
  return brick;
}

}  // namespace hilbrick
