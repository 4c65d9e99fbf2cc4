// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <hilbrick/partition/curve.hpp>
#include <hilbrick/partition/error.hpp>
#include <hilbrick/partition/tiling.hpp>

#include "random_case.hpp"

namespace hilbrick {
namespace {

/// Bricks are in order, meet, cover the axis, and their edges differ by at most one cell; brick_at is their inverse, also on images.
void expect_sound(const Tiling& tiling) {
  for (int a = 0; a < 3; ++a) {
    const Index n = tiling.grid().cells[a], m = tiling.bricks()[a];
    EXPECT_EQ(tiling.first_cell(a, 0), 0);
    EXPECT_EQ(tiling.first_cell(a, m), n);
    for (Index b = -2 * m; b < 3 * m; ++b) {
      const Index first = tiling.first_cell(a, b), edge = tiling.first_cell(a, b + 1) - first;
      EXPECT_TRUE(edge == n / m || edge == ceil_div(n, m)) << "edge " << edge << " of " << n << " cells in " << m << " bricks";
      for (Index c = first; c < first + edge; ++c) EXPECT_EQ(tiling.brick_at(a, c), b);
      EXPECT_EQ(tiling.first_cell(a, b + m), first + n) << "images repeat";
    }
  }
}

TEST(Tiling, AnyExtents) {
  for (const Int3 cells : {Int3{255, 257, 256}, Int3{1, 1, 7}, Int3{1, 1, 1}, Int3{31, 2, 97}, Int3{1009, 1, 127}})
    for (const Index edge : {1, 2, 3, 7, 16, 100, 5000}) {
      const Tiling tiling({cells, {true, true, true}}, edge);
      for (int a = 0; a < 3; ++a) EXPECT_EQ(tiling.bricks()[a], ceil_div(cells[a], edge)) << "the fewest bricks";
      expect_sound(tiling);
    }
}

RC_GTEST_PROP(Tiling, WithAnyNumberOfBricks, ()) {
  const Int3 cells = test::any_int3(1, 60);
  Int3 bricks;
  for (int a = 0; a < 3; ++a) bricks[a] = test::any(1, cells[a]);
  const Tiling tiling = Tiling::with_bricks({cells}, bricks);
  RC_ASSERT(tiling.bricks() == bricks);
  expect_sound(tiling);
}

RC_GTEST_PROP(Tiling, BricksTouchingABoxAreThoseThatShareCellsWithIt, ()) {
  const Grid grid{test::any_int3(1, 12), test::any_axes()};
  const Tiling tiling(grid, test::any(1, 5));
  const Int3 a = test::any_int3(-15, 25), b = test::any_int3(-15, 25);
  const Box cells{min(a, b), max(a, b)};
  const Box touching = tiling.bricks_touching(cells);
  for_each_cell(Box{{-40, -40, -40}, {60, 60, 60}}, [&](Int3 brick) {
    bool exists = true;
    for (int axis = 0; axis < 3; ++axis)
      exists = exists && (grid.periodic[axis] || (brick[axis] >= 0 && brick[axis] < tiling.bricks()[axis]));
    const bool shares = exists && !intersection(tiling.cells_of(brick), cells).empty();
    if (touching.contains(brick) != shares)
      RC_FAIL("brick " + test::text(brick) + " of " + test::text(touching) + " for " + test::text(cells));
  });
}

TEST(Tiling, ImagesWrap) {
  const Tiling tiling({{10, 6, 4}, {true, true, true}}, 3);
  EXPECT_EQ(tiling.bricks(), (Int3{4, 2, 2}));
  EXPECT_EQ(tiling.wrapped({-1, 2, 5}), (Int3{3, 0, 1}));
  EXPECT_EQ(tiling.wrapped({-9, -4, 1}), (Int3{3, 0, 1}));
  EXPECT_EQ(tiling.cells_of(Int3{-1, 0, 0}).lo.x, tiling.cells_of(Int3{3, 0, 0}).lo.x - 10);
}

TEST(Tiling, RefusesNonsense) {
  EXPECT_THROW(Tiling({{0, 1, 1}}, 1), Error);
  EXPECT_THROW(Tiling({{4, -1, 1}}, 1), Error);
  EXPECT_THROW(Tiling({{4, 4, 4}}, 0), Error);
  EXPECT_THROW(Tiling({{max_bricks_per_axis + 1, 1, 1}}, 1), Error);
  EXPECT_NO_THROW(Tiling({{max_bricks_per_axis + 1, 1, 1}}, 2));
  EXPECT_THROW(Tiling::with_bricks({{4, 4, 4}}, {5, 1, 1}), Error);
  EXPECT_THROW(Tiling::with_bricks({{4, 4, 4}}, {1, 0, 1}), Error);
}

}  // namespace
}  // namespace hilbrick
