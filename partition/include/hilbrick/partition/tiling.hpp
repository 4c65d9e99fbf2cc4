// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// A grid cut into bricks. Any extents: along an axis of n cells and m bricks, brick b holds the cells floor(b n / m) up to
// floor((b + 1) n / m), so edges differ by at most one cell and nothing needs to divide.
//
//   n = 10, m = 3:   |0 1 2|3 4 5|6 7 8 9|
//
// Brick coordinates may leave the tiling: brick -1 of a periodic axis is the image of the last one, its cells are negative.

#include <hilbrick/partition/grid.hpp>

namespace hilbrick {

class Tiling {
 public:
  /// The fewest bricks whose edges are at most `edge` cells. Throws Error for a grid or an edge below one cell, or more than 2^21
  /// bricks along an axis.
  Tiling(const Grid& grid, Index edge);

  /// `bricks` bricks along each axis. Throws Error unless 1 <= bricks <= cells.
  static Tiling with_bricks(const Grid& grid, Int3 bricks);

  const Grid& grid() const { return grid_; }
  /// Bricks along each axis.
  Int3 bricks() const { return bricks_; }
  Box brick_box() const { return {{0, 0, 0}, bricks_}; }
  Index brick_count() const { return product(bricks_); }

  /// The first cell of brick b along an axis; b may be any integer.
  Index first_cell(int axis, Index b) const { return floor_div(b * grid_.cells[axis], bricks_[axis]); }
  /// The brick that holds cell c along an axis; c may be any integer.
  Index brick_at(int axis, Index c) const { return floor_div((c + 1) * bricks_[axis] - 1, grid_.cells[axis]); }

  /// The cells of a box of bricks, and of one brick.
  Box cells_of(const Box& bricks) const;
  Box cells_of(Int3 brick) const { return cells_of(Box{brick, brick + Int3{1, 1, 1}}); }
  /// The bricks that hold cells of the box, images included on periodic axes, none beyond the grid on the others.
  Box bricks_touching(const Box& cells) const;
  /// The brick of the tiling that a brick, perhaps an image, stands for.
  Int3 wrapped(Int3 brick) const;

  friend bool operator==(const Tiling&, const Tiling&) = default;

 private:
  Tiling(const Grid& grid, Int3 bricks) : grid_(grid), bricks_(bricks) {}

  Grid grid_;
  Int3 bricks_;
};

}  // namespace hilbrick
