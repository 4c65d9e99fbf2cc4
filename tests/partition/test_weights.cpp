// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <hilbrick/partition/error.hpp>
#include <hilbrick/partition/weights.hpp>

#include "random_case.hpp"

namespace hilbrick {
namespace {

RC_GTEST_PROP(Weights, SumEqualsTheSumOverCells, ()) {
  const Grid grid{test::any_int3(1, 9), test::any_axes()};
  const Tiling tiling(grid, test::any(1, 4));
  Weights weights;
  const Index layer = test::any(0, 6), factor = test::any(1, 7);
  weights.boundary_cost(layer, factor);
  test::Mask mask;
  if (test::any_bool()) {
    for (Index n = test::any(1, 4); n > 0; --n) mask.boxes.push_back(test::any_box(grid.cells));
    weights.active(BoxSet(mask.boxes));
  }
  const Box bricks = test::any_box(tiling.bricks());
  Index expected = 0, active = 0;
  for_each_cell(tiling.cells_of(bricks), [&](Int3 cell) {
    if (!mask.active(cell)) return;
    bool near_a_wall = false;
    for (int a = 0; a < 3; ++a) near_a_wall = near_a_wall || (!grid.periodic[a] && (cell[a] < layer || cell[a] >= grid.cells[a] - layer));
    expected += near_a_wall ? factor : 1;
    ++active;
  });
  RC_ASSERT(weights.sum(tiling, bricks) == expected);
  RC_ASSERT(weights.active_cells(tiling.cells_of(bricks)) == active);
}

RC_GTEST_PROP(Weights, TableSumsEqualTheSumOverBricks, ()) {
  const Tiling tiling({test::any_int3(1, 12)}, test::any(1, 3));
  std::vector<Index> table(static_cast<std::size_t>(tiling.brick_count()));
  for (Index& w : table) w = test::any(0, Index{1} << 50);
  Weights weights;
  weights.table(tiling, table);
  const Box bricks = test::any_box(tiling.bricks());
  Index expected = 0;
  for_each_cell(bricks, [&](Int3 brick) { expected += table[test::at(tiling.bricks(), brick)]; });
  RC_ASSERT(weights.sum(tiling, bricks) == expected);
  RC_ASSERT(weights.sum(tiling, {bricks.lo, bricks.lo}) == 0);
}

TEST(Weights, CellsNearTwoFacesCountOnce) {
  Weights weights;
  weights.boundary_cost(1, 5);
  EXPECT_EQ(weights.sum(Tiling({{3, 3, 3}}, 3), {{0, 0, 0}, {1, 1, 1}}), 26 * 5 + 1);
  EXPECT_EQ(weights.sum(Tiling({{3, 3, 3}, {true, true, true}}, 3), {{0, 0, 0}, {1, 1, 1}}), 27);
  // A layer thicker than half the grid is the whole grid.
  weights.boundary_cost(2, 5);
  EXPECT_EQ(weights.sum(Tiling({{3, 3, 3}}, 3), {{0, 0, 0}, {1, 1, 1}}), 27 * 5);
}

TEST(Weights, CountBeyond32Bits) {
  const Tiling tiling({{1 << 12, 1 << 12, 1 << 12}}, 64);
  Weights weights;
  weights.boundary_cost(1, 1000);
  const Index n = Index{1} << 12, inner = (n - 2) * (n - 2) * (n - 2);
  EXPECT_EQ(weights.sum(tiling, tiling.brick_box()), 1000 * (n * n * n - inner) + inner);
}

TEST(Weights, RefuseNonsense) {
  const Tiling tiling({{2, 1, 1}}, 1);
  EXPECT_THROW(Weights().boundary_cost(-1, 2), Error);
  EXPECT_THROW(Weights().boundary_cost(1, 0), Error);
  EXPECT_THROW(Weights().table(tiling, {1}), Error);
  EXPECT_THROW(Weights().table(tiling, {1, -1}), Error);
  EXPECT_THROW(Weights().table(tiling, {Index{1} << 61, Index{1} << 61}), Error);
  Weights weights;
  weights.table(tiling, {1, 2});
  const Tiling other({{4, 1, 1}}, 1);
  EXPECT_TRUE(weights.fits(tiling));
  EXPECT_FALSE(weights.fits(other));
  EXPECT_THROW(weights.sum(other, other.brick_box()), Error);
}

}  // namespace
}  // namespace hilbrick
