// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <hilbrick/partition/error.hpp>
#include <hilbrick/partition/nodes.hpp>
#include <numeric>

#include "random_case.hpp"

namespace hilbrick {
namespace {

using Ints = std::vector<int>;

TEST(Nodes, DealsRanksOutAsLaunchersDo) {
  const Ints alike{3};
  EXPECT_EQ(deal_out(alike, Distribution::block, 1, 7), (Ints{0, 0, 0, 1, 1, 1, 2}));
  EXPECT_EQ(deal_out(alike, Distribution::cyclic, 1, 7), (Ints{0, 1, 2, 0, 1, 2, 0}));
  EXPECT_EQ(deal_out(alike, Distribution::plane, 2, 7), (Ints{0, 0, 1, 1, 2, 2, 0}));
  // Uneven nodes: a full one is passed over; nodes beyond the list are like the last.
  const Ints uneven{4, 1, 2};
  EXPECT_EQ(deal_out(uneven, Distribution::block, 1, 8), (Ints{0, 0, 0, 0, 1, 2, 2, 3}));
  EXPECT_EQ(deal_out(uneven, Distribution::cyclic, 1, 7), (Ints{0, 1, 2, 0, 2, 0, 0}));
  EXPECT_EQ(deal_out({}, Distribution::block, 1, 3), (Ints{0, 0, 0}));
  EXPECT_THROW(deal_out(Ints{0}, Distribution::block, 1, 3), Error);
  EXPECT_THROW(deal_out(alike, Distribution::plane, 0, 3), Error);
}

RC_GTEST_PROP(Nodes, PlacesAreTheRanksNodeByNode, ()) {
  Machine machine;
  const int ranks = static_cast<int>(test::any(1, 60));
  machine.distribution = static_cast<Distribution>(test::any(0, 2));
  machine.plane = static_cast<int>(test::any(1, 5));
  if (test::any_bool())
    machine.ranks_per_node = static_cast<int>(test::any(0, 9));
  else
    for (Index n = test::any(1, 4); n > 0; --n) machine.node_slots.push_back(static_cast<int>(test::any(1, 9)));
  const Nodes nodes(machine, ranks);
  Ints slots = machine.node_slots;
  if (slots.empty() && machine.ranks_per_node > 0) slots = {machine.ranks_per_node};
  const Ints node = deal_out(slots, machine.distribution, machine.plane, ranks);
  RC_ASSERT(nodes.ranks() == ranks);
  RC_ASSERT(nodes.count() == *std::max_element(node.begin(), node.end()) + 1);
  const Ints sizes = nodes.sizes();
  RC_ASSERT(std::accumulate(sizes.begin(), sizes.end(), 0) == ranks);
  for (int n = 0; n < nodes.count(); ++n) RC_ASSERT(sizes[static_cast<std::size_t>(n)] == std::count(node.begin(), node.end(), n));
  for (Rank r = 0; r < ranks; ++r) {
    RC_ASSERT(nodes.node_of(r) == node[static_cast<std::size_t>(r)]);
    RC_ASSERT(nodes.rank_at(nodes.place_of(r)) == r);
  }
  for (int place = 0; place + 1 < ranks; ++place)
    RC_ASSERT(std::pair(nodes.node_of(nodes.rank_at(place)), nodes.rank_at(place)) <
              std::pair(nodes.node_of(nodes.rank_at(place + 1)), nodes.rank_at(place + 1)));
  // The same, were the nodes known rank by rank.
  Machine discovered;
  discovered.node_of_rank = node;
  for (Rank r = 0; r < ranks; ++r) RC_ASSERT(Nodes(discovered, ranks).place_of(r) == nodes.place_of(r));
}

TEST(Nodes, RefusesNumbersThatAreNoNodes) {
  Machine machine;
  for (const Ints& wrong : {Ints{0, 0}, Ints{0, 2, 2}, Ints{-1, 0, 0}}) {
    machine.node_of_rank = wrong;
    EXPECT_THROW(Nodes(machine, 3), Error);
  }
}

/// Faces, cell by cell, between ranks of different nodes.
Index faces_between_nodes(const Partition& partition) {
  Index faces = 0;
  const Tiling& tiling = partition.tiling();
  const auto node = [&](Int3 cell) {
    Int3 brick;
    for (int a = 0; a < 3; ++a) brick[a] = tiling.brick_at(a, cell[a]);
    return partition.nodes().node_of(partition.owner(brick));
  };
  for_each_cell(partition.grid().box(), [&](Int3 cell) {
    for (int a = 0; a < 3; ++a)
      if (cell[a] + 1 < partition.grid().cells[a] && node(cell) != node(cell + unit(a))) ++faces;
  });
  return faces;
}

/// However the launcher deals ranks out, the same cells share a node: only the ranks' numbers differ. The naive slab alone does not look.
TEST(Nodes, PartitionsDoNotDependOnHowRanksAreDealtOut) {
  const Tiling tiling({{24, 20, 16}}, 4);
  for (const Method method : making_methods) {
    Machine machine;
    machine.ranks_per_node = 3;
    const auto faces = [&](Distribution distribution) {
      machine.distribution = distribution;
      machine.plane = 2;
      return faces_between_nodes(*offer(tiling, {}, Stencil::yee(), machine, 12, method).partition);
    };
    const Index block = faces(Distribution::block);
    if (method == Method::slab) {
      EXPECT_GT(faces(Distribution::cyclic), block);
    } else {
      EXPECT_EQ(faces(Distribution::cyclic), block) << name_of(method);
      EXPECT_EQ(faces(Distribution::plane), block) << name_of(method);
    }
  }
}

/// A box of 8 x 8 x 8 ranks on nodes of 64: as cubes of 4 x 4 x 4 a node shares 12 faces of 4 x 4 boxes fewer than row by row.
TEST(Nodes, BoxesNestInNodes) {
  Machine machine;
  machine.ranks_per_node = 64;
  const Tiling tiling({{32, 32, 32}}, 4);
  const Partition nested = *offer(tiling, {}, Stencil::yee(), machine, 512, Method::box).partition;
  EXPECT_EQ(std::get<Cartesian>(nested.rule()).nodes, (Int3{2, 2, 2}));
  EXPECT_EQ(faces_between_nodes(nested), 3 * 32 * 32);
  const Partition rows(Method::box, nested.tiling(), {}, Cartesian{{8, 8, 8}}, Nodes(machine, 512));
  EXPECT_EQ(faces_between_nodes(rows), 7 * 32 * 32) << "a node is a plane of 8 x 8 boxes";
}

}  // namespace
}  // namespace hilbrick
