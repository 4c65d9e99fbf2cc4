// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <hilbrick/partition/cut.hpp>
#include <hilbrick/partition/error.hpp>
#include <hilbrick/partition/metrics.hpp>
#include <hilbrick/partition/partition.hpp>

#include "random_case.hpp"

namespace hilbrick {
namespace {

Offer offered(const Grid& grid, Index edge, int ranks, Method method, const Weights& weights = {}, const Machine& machine = {}) {
  return offer(Tiling(grid, edge), weights, Stencil::yee(), machine, ranks, method);
}

/// Every brick with active cells has one owner, who knows it; loads add up; ranks that own nothing say so.
void expect_cover(const Partition& partition) {
  const Tiling& tiling = partition.tiling();
  std::vector<int> times(static_cast<std::size_t>(tiling.brick_count()), 0);
  Index load = 0;
  for (Rank rank = 0; rank < partition.ranks(); ++rank) {
    Index mine = 0;
    for (const Box& box : partition.brick_boxes(rank)) {
      ASSERT_FALSE(box.empty());
      for_each_cell(box, [&](Int3 brick) {
        ++times[test::at(tiling.bricks(), brick)];
        const Rank owner = partition.owner(brick);
        const bool active = partition.weights().active_cells(tiling.cells_of(brick)) > 0;
        ASSERT_EQ(owner, active ? rank : nobody);
        mine += partition.weights().sum(tiling, {brick, brick + Int3{1, 1, 1}});
      });
    }
    ASSERT_EQ(partition.load(rank), mine);
    load += mine;
  }
  for (const int n : times) ASSERT_EQ(n, 1);
  ASSERT_EQ(load, partition.weights().sum(tiling, tiling.brick_box()));
}

RC_GTEST_PROP(Partition, EveryBrickHasOneOwner, ()) {
  expect_cover(test::any_case(9).partition);
  RC_ASSERT(!testing::Test::HasFatalFailure());
}

TEST(Partition, EveryRankCountUpToTwiceTheBricks) {
  Weights masked;
  masked.active(BoxSet({{{0, 0, 0}, {9, 4, 7}}, {{3, 2, 1}, {8, 10, 6}}}));
  const Grid grid{{9, 10, 7}};
  const Index bricks = Tiling(grid, 3).brick_count();
  for (const Weights& weights : {Weights(), masked})
    for (int ranks = 1; ranks <= 2 * bricks; ++ranks)
      for (const Method method : making_methods) {
        const Offer result = offered(grid, 3, ranks, method, weights);
        if (!result.partition) continue;
        const Partition& partition = *result.partition;
        EXPECT_EQ(partition.ranks(), ranks);
        SCOPED_TRACE(partition.description());
        expect_cover(partition);
      }
}

TEST(Partition, MoreRanksThanBricksLeavesTheRestEmpty) {
  const Grid grid{{32, 16, 16}};
  EXPECT_EQ(largest_useful_ranks(Tiling(grid, 16), {}), 2);
  for (const Method method : {Method::rcb, Method::morton, Method::hilbert}) {
    const Offer result = offered(grid, 16, 64, method);
    ASSERT_TRUE(result.partition);
    int busy = 0;
    for (Rank r = 0; r < 64; ++r) busy += boxes_of(*result.partition, r).empty() ? 0 : 1;
    EXPECT_EQ(busy, 2);
  }
}

TEST(Partition, LargestUsefulRanksCountsBricksWithActiveCells) {
  Weights weights;
  weights.active(BoxSet(std::vector<Box>{{{15, 0, 0}, {17, 1, 1}}}));
  EXPECT_EQ(largest_useful_ranks(Tiling({{64, 64, 64}}, 16), weights), 2);
}

TEST(Partition, SlabCutsTheLongestAxisOfEqualsTheSlowest) {
  const auto bricks = [](Int3 cells, int ranks) { return offered({cells}, 4, ranks, Method::slab).partition.value().tiling().bricks(); };
  EXPECT_EQ(bricks({20, 12, 8}, 3), (Int3{3, 1, 1}));
  EXPECT_EQ(bricks({12, 20, 20}, 3), (Int3{1, 1, 3}));
  EXPECT_EQ(bricks({20, 20, 8}, 20), (Int3{1, 20, 1}));
}

TEST(Partition, SlabIgnoresWeights) {
  Weights heavy;
  heavy.boundary_cost(2, 100);
  const Partition partition = offered({{4, 4, 12}}, 4, 3, Method::slab, heavy).partition.value();
  for (Rank r = 0; r < 3; ++r) EXPECT_EQ(partition.brick_boxes(r), (std::vector<Box>{{{0, 0, r}, {1, 1, r + 1}}}));
  EXPECT_EQ(boxes_of(partition, 1), (std::vector<Box>{{{0, 0, 4}, {4, 4, 8}}}));
}

TEST(Partition, PencilCutsTwoAxesBoxThree) {
  const auto cut_axes = [](Method method) {
    const Int3 q = offered({{32, 32, 32}}, 4, 8, method).partition.value().tiling().bricks();
    return (q.x > 1) + (q.y > 1) + (q.z > 1);
  };
  EXPECT_EQ(cut_axes(Method::pencil), 2);
  EXPECT_EQ(cut_axes(Method::box), 3);
}

TEST(Partition, FaceCostTurnsTheBoxAwayFromTheExpensiveAxis) {
  Machine machine;
  machine.face_cost = {8, 1, 1};
  EXPECT_EQ(offered({{32, 32, 32}}, 4, 8, Method::box, {}, machine).partition.value().tiling().bricks().x, 1);
  EXPECT_EQ(offered({{32, 32, 32}}, 4, 8, Method::box).partition.value().tiling().bricks().x, 2);
}

TEST(Partition, InfeasibleMethodsSayWhy) {
  const Grid grid{{10, 9, 8}};
  const Offer slab = offered(grid, 4, 11, Method::slab);
  EXPECT_FALSE(slab.partition);
  EXPECT_NE(slab.reason.find("11 ranks"), std::string::npos) << slab.reason;
  EXPECT_NE(slab.reason.find("10 cell planes"), std::string::npos) << slab.reason;
  for (const Method method : {Method::pencil, Method::box}) {
    const Offer result = offered(grid, 4, 11, method);
    EXPECT_FALSE(result.partition);
    EXPECT_NE(result.reason.find("10x9x8"), std::string::npos) << result.reason;
  }
  const Offer kd = offered(grid, 4, 721, Method::kd);
  EXPECT_FALSE(kd.partition);
  EXPECT_NE(kd.reason.find("721 ranks"), std::string::npos) << kd.reason;
  EXPECT_NE(kd.reason.find("720 cells"), std::string::npos) << kd.reason;
  EXPECT_TRUE(offered(grid, 4, 720, Method::kd).partition);
  EXPECT_FALSE(offered(grid, 4, 100, Method::pencil).partition);
  EXPECT_TRUE(offered(grid, 4, 100, Method::box).partition) << "10 x 5 x 2";
  EXPECT_THROW(make_partition(Tiling(grid, 4), {}, Stencil::yee(), {}, 11, Method::slab), Error);
  EXPECT_THROW(offered(grid, 4, 0, Method::hilbert), Error);
}

TEST(Partition, TablesServeRcbAndTheCurvesOnly) {
  const Tiling tiling({{8, 8, 8}}, 4);
  Weights weights;
  weights.table(tiling, std::vector<Index>(8, 3));
  for (const Method method : making_methods) {
    const bool serves = method == Method::rcb || method == Method::morton || method == Method::hilbert;
    const Offer result = offer(tiling, weights, Stencil::yee(), {}, 4, method);
    EXPECT_EQ(result.partition.has_value(), serves) << name_of(method);
    EXPECT_EQ(result.reason.empty(), serves) << name_of(method);
  }
}

TEST(Partition, HilbertTakesTheKeyThatCutsLeast) {
  for (const int ranks : {2, 3, 6, 13, 48, 61}) {
    const Tiling tiling({{48, 40, 20}}, 1);
    const auto cut_faces_of = [&](const Partition& partition) {
      Index faces = 0;
      for (Rank r = 0; r < ranks; ++r) {
        const Int3 f = cut_faces(partition, r);
        faces += f.x + f.y + f.z;
      }
      return faces;
    };
    const Index chosen = cut_faces_of(make_partition(tiling, {}, Stencil::yee(), {}, ranks, Method::hilbert));
    for (const Fit fit : {Fit::embedded, Fit::stretched, Fit::generalised})
      for (const AxisOrder& axes : all_axis_orders) {
        const Curve curve(Order::hilbert, fit, tiling.bricks(), axes);
        EXPECT_LE(chosen, cut_faces_of({Method::hilbert, tiling, {}, Segments{curve, cut(curve, tiling, {}, ranks)}})) << ranks << " ranks";
      }
  }
}

TEST(Partition, AutomaticTakesTheLeastStepTimeOfTheMethodsOwnChoices) {
  const Tiling tiling({{24, 20, 10}}, 2);
  for (const int ranks : {1, 2, 3, 7, 12, 13, 30}) {
    double least = 1e300;
    for (const Method method : making_methods) {
      if (!offered(tiling.grid(), 2, ranks, method).partition) continue;
      least = std::min(least, step_time(measure(make_partition(tiling, {}, Stencil::yee(), {}, ranks, method), Stencil::yee(), {})));
    }
    const Partition chosen = make_partition(tiling, {}, Stencil::yee(), {}, ranks, Method::automatic);
    EXPECT_NE(chosen.method(), Method::automatic);
    EXPECT_EQ(step_time(measure(chosen, Stencil::yee(), {})), least);
    const Metrics own_choice = measure(make_partition(tiling, {}, Stencil::yee(), {}, ranks, chosen.method()), Stencil::yee(), {});
    EXPECT_EQ(measure(chosen, Stencil::yee(), {}).bytes_per_step_total, own_choice.bytes_per_step_total);
  }
}

TEST(Partition, MethodsHaveNames) {
  for (const Method method : all_methods) EXPECT_EQ(method_from_name(name_of(method)), method);
  EXPECT_EQ(method_from_name("Hilbert"), std::nullopt);
  EXPECT_EQ(method_names(), "slab, pencil, box, kd, rcb, morton, hilbert or auto");
}

}  // namespace
}  // namespace hilbrick
