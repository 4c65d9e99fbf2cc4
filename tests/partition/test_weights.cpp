// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <hilbrick/partition/error.hpp>
#include <hilbrick/partition/weights.hpp>

#include "random_case.hpp"

namespace hilbrick {
namespace {

BoxSet only(const Box& box) { return BoxSet(std::vector<Box>{box}); }

/// Weights of every kind but a table, and what one cell weighs by them, from their description alone.
struct Case {
  Grid grid;
  Layers layers;
  test::Mask mask;
  std::vector<std::pair<std::vector<Box>, Index>> extras;

  Weights weights() const {
    Weights w;
    for (const auto& [boxes, cost] : extras) w.extra(BoxSet(boxes), cost);
    w.layers(layers);
    if (!mask.boxes.empty()) w.active(BoxSet(mask.boxes));
    return w;
  }
  Index of(Int3 cell) const {
    if (!mask.active(cell)) return 0;
    std::size_t in_layers = 0;
    for (int a = 0; a < 3; ++a)
      if (!grid.periodic[a] && (cell[a] < layers.low[a] || cell[a] >= grid.cells[a] - layers.high[a])) in_layers += std::size_t{1} << a;
    Index weight = layers.cost[in_layers];
    for (const auto& [boxes, cost] : extras)
      if (test::Mask{boxes}.active(cell)) weight += cost;
    return weight;
  }
  Index of(const Tiling& tiling, const Box& bricks) const {
    Index weight = 0;
    for_each_cell(tiling.cells_of(bricks), [&](Int3 cell) { weight += of(cell); });
    return weight;
  }
};

Case any_case() {
  Case c;
  c.grid = {test::any_int3(1, 9), test::any_axes()};
  for (int a = 0; a < 3; ++a) {
    c.layers.low[a] = test::any(0, 6);
    c.layers.high[a] = test::any(0, 6);
  }
  const Index dearest = test::any_bool() ? 9 : Weights::most_cost;
  for (Index& cost : c.layers.cost) cost = test::any(1, dearest);
  const auto any_boxes = [&] {
    std::vector<Box> boxes;
    for (Index n = test::any(1, 4); n > 0; --n) boxes.push_back(test::any_box(c.grid.cells));
    return boxes;
  };
  if (test::any_bool()) c.mask.boxes = any_boxes();
  for (Index n = test::any(0, 2); n > 0; --n) {
    auto boxes = any_boxes();
    c.extras.emplace_back(std::move(boxes), test::any(0, dearest));
  }
  return c;
}

RC_GTEST_PROP(Weights, SumEqualsTheSumOverCells, ()) {
  const Case c = any_case();
  const Tiling tiling(c.grid, test::any(1, 4));
  const Weights weights = c.weights();
  const Box bricks = test::any_box(tiling.bricks());
  RC_ASSERT(weights.sum(tiling, bricks) == c.of(tiling, bricks));
  Index active = 0;
  for_each_cell(tiling.cells_of(bricks), [&](Int3 cell) { active += c.mask.active(cell) ? 1 : 0; });
  RC_ASSERT(weights.active_cells(tiling.cells_of(bricks)) == active);
  RC_ASSERT(weights.unit(tiling).weight == c.layers.cost[0] && weights.unit(tiling).cells == 1);
}

RC_GTEST_PROP(Weights, NoBrickIsHeavierThanTheHeaviest, ()) {
  const Case c = any_case();
  const Tiling tiling(c.grid, test::any(1, 4));
  const Weights weights = c.weights();
  Index heaviest = 0;
  for_each_cell(tiling.brick_box(), [&](Int3 b) { heaviest = std::max(heaviest, c.of(tiling, {b, b + Int3{1, 1, 1}})); });
  RC_ASSERT(weights.heaviest(tiling) >= heaviest);
}

TEST(Weights, TheHeaviestIsExactWhereABrickLiesInLayersAsDeepAsItCan) {
  // Bricks of 4, layers of 3: the corner has 3^3 cells in three layers.
  const Tiling tiling({{16, 16, 16}}, 4);
  Layers layers;
  layers.low = layers.high = {3, 3, 3};
  layers.cost = {10, 20, 20, 30, 20, 30, 30, 40};
  const Weights weights = Weights().layers(layers);
  const Box corner{{0, 0, 0}, {1, 1, 1}};
  EXPECT_EQ(weights.heaviest(tiling), weights.sum(tiling, corner));
  EXPECT_EQ(weights.heaviest(tiling), 27 * 40 + 3 * 9 * 30 + 3 * 3 * 20 + 10);
  // One layer of 5 cells fills the bricks at x = 0; cells within a layer that are cheaper than those inside count less.
  layers.low = {5, 0, 0};
  layers.high = {};
  EXPECT_EQ(Weights().layers(layers).heaviest(tiling), 64 * 20);
  layers.cost[1] = 1;
  EXPECT_EQ(Weights().layers(layers).heaviest(tiling), 64 * 10);
  // A brick that reaches into both layers: 2 and 2 of its 8 cells along x.
  layers.low = layers.high = {2, 0, 0};
  layers.cost[1] = 20;
  EXPECT_EQ(Weights().layers(layers).heaviest(Tiling({{8, 1, 1}}, 8)), 4 * 20 + 4 * 10);
  // An extra set of 8 cells.
  EXPECT_EQ(Weights().extra(only({{0, 0, 0}, {2, 2, 2}}), 7).heaviest(tiling), 64 + 8 * 7);
  EXPECT_EQ(Weights().table(Tiling({{3, 1, 1}}, 1), {4, 9, 2}).heaviest(Tiling({{3, 1, 1}}, 1)), 9);
}

TEST(Weights, AreUniformWhereAllCellsAreAlike) {
  EXPECT_TRUE(Weights().uniform());
  EXPECT_TRUE(Weights().boundary_cost(3, 1).uniform());
  EXPECT_FALSE(Weights().boundary_cost(3, 2).uniform());
  Layers dear;
  dear.cost.fill(7);
  EXPECT_TRUE(Weights().layers(dear).uniform());
  EXPECT_EQ(Weights().layers(dear).unit(Tiling({{8, 8, 8}}, 4)).weight, 7);
  const BoxSet cell = only({{0, 0, 0}, {1, 1, 1}});
  EXPECT_FALSE(Weights().extra(cell, 1).uniform());
  EXPECT_FALSE(Weights().active(cell).uniform());
  EXPECT_FALSE(Weights().table(Tiling({{2, 1, 1}}, 1), {1, 1}).uniform());
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

TEST(Weights, SumsOfUpTo2To62AreExactAndLargerOnesRefused) {
  // 10^15 cells that weigh 4000, and 2 * 10^11 of them 10^6 more.
  const Tiling tiling({{100'000, 100'000, 100'000}}, 1000);
  Layers all;
  all.cost.fill(4000);
  Weights weights;
  weights.layers(all).extra(only({{0, 0, 0}, {100'000, 100'000, 20}}), 1'000'000);
  EXPECT_EQ(weights.sum(tiling, tiling.brick_box()), 4'000'000'000'000'000'000 + 200'000'000'000'000'000);
  EXPECT_EQ(weights.sum(tiling, {{0, 0, 0}, {1, 1, 1}}), 4'000'000'000'000 + 20'000'000'000'000);
  weights.extra(only({{0, 0, 0}, {100'000, 100'000, 60}}), 1'000'000);
  EXPECT_THROW(weights.sum(tiling, tiling.brick_box()), Error);
  EXPECT_EQ(weights.sum(tiling, {{0, 0, 0}, {1, 1, 1}}), 4'000'000'000'000 + 80'000'000'000'000);
  Weights dearest;
  all.cost.fill(Weights::most_cost);
  dearest.layers(all);
  EXPECT_THROW(dearest.sum(tiling, tiling.brick_box()), Error);
  EXPECT_THROW(dearest.heaviest(Tiling({{100'000, 100'000, 100'000}}, 100'000)), Error);
  EXPECT_EQ(dearest.sum(Tiling({{100, 100, 100}}, 10), {{0, 0, 0}, {10, 10, 10}}), 1'000'000 * Weights::most_cost);
}

TEST(Weights, RefuseNonsense) {
  const Tiling tiling({{2, 1, 1}}, 1);
  EXPECT_THROW(Weights().boundary_cost(-1, 2), Error);
  EXPECT_THROW(Weights().boundary_cost(1, 0), Error);
  EXPECT_THROW(Weights().boundary_cost(1, Weights::most_cost + 1), Error);
  Layers layers;
  layers.high[1] = -1;
  EXPECT_THROW(Weights().layers(layers), Error);
  layers.high[1] = 1;
  layers.cost[5] = 0;
  EXPECT_THROW(Weights().layers(layers), Error);
  EXPECT_THROW(Weights().extra(only({}), -1), Error);
  EXPECT_THROW(Weights().extra(only({}), Weights::most_cost + 1), Error);
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
