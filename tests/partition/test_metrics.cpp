// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <hilbrick/partition/cut.hpp>
#include <hilbrick/partition/metrics.hpp>
#include <hilbrick/partition/plan.hpp>
#include <map>
#include <set>

#include "traffic.hpp"

namespace hilbrick {
namespace {

Stencil any_stencil() {
  switch (test::any(0, 2)) {
    case 0:
      return Stencil::star(test::any(1, 3));
    case 1:
      return Stencil::box(test::any(1, 2));
    default:
      return Stencil::yee(test::any_axes());
  }
}

Machine any_machine() {
  Machine machine;
  machine.ranks_per_node = static_cast<int>(test::any(0, 5));
  machine.distribution = test::any_bool() ? Distribution::block : Distribution::cyclic;
  return machine;
}

RC_GTEST_PROP(Metrics, FacesEqualThoseBetweenCells, ()) {
  const test::Case c = test::any_case(8);
  const std::vector<Int3> faces = test::expected_faces(c);
  for (Rank r = 0; r < c.partition.ranks(); ++r) RC_ASSERT(cut_faces(c.partition, r) == faces[static_cast<std::size_t>(r)]);
}

RC_GTEST_PROP(Metrics, RanksAgreeWithTheirPlans, ()) {
  const Machine machine = any_machine();
  const test::Case c = test::any_case(7, machine);
  const Stencil stencil = any_stencil();
  const Index value_bytes = test::any(1, 16);
  const Partition& partition = c.partition;
  const Nodes nodes(machine, partition.ranks());
  Index received = 0, sent = 0;
  for (Rank rank = 0; rank < partition.ranks(); ++rank) {
    const RankMetrics m = measure_rank(partition, stencil, machine, rank, value_bytes);
    RankMetrics expected;
    std::set<Rank> peers;
    for (const PhasePlan& phase : make_plan(partition, stencil, rank).phases) {
      for (const Message& message : phase.sends) {
        ++expected.messages;
        expected.bytes_per_step += value_bytes * message.values;
        const bool abroad = nodes.node_of(message.peer) != nodes.node_of(rank);
        if (abroad) expected.internode_bytes_per_step += value_bytes * message.values;
        peers.insert(message.peer);
      }
      for (const Message& message : phase.receives) {
        received += value_bytes * message.values;
        peers.insert(message.peer);
      }
    }
    for (const Box& box : boxes_of(partition, rank)) expected.cells += box.volume();
    RC_ASSERT(m.messages == expected.messages);
    RC_ASSERT(m.bytes_per_step == expected.bytes_per_step);
    RC_ASSERT(m.internode_bytes_per_step == expected.internode_bytes_per_step);
    RC_ASSERT(m.peers == static_cast<Index>(peers.size()));
    RC_ASSERT(m.cells == expected.cells);
    RC_ASSERT(m.boxes == static_cast<Index>(boxes_of(partition, rank).size()));
    RC_ASSERT(m.load == partition.load(rank));
    RC_ASSERT(m.faces == cut_faces(partition, rank));
    sent += m.bytes_per_step;
  }
  RC_ASSERT(sent == received);
}

RC_GTEST_PROP(Metrics, SumsAndMaximaAreThoseOfTheRanks, ()) {
  const Machine machine = any_machine();
  const test::Case c = test::any_case(7, machine);
  const Stencil stencil = any_stencil();
  const Partition& partition = c.partition;
  const auto ranks = static_cast<double>(partition.ranks());
  const std::vector<Rank> ranks_measured = sample_of(partition, partition.ranks());
  std::vector<RankMetrics> per_rank = measure_ranks(partition, stencil, machine, ranks_measured);
  const Metrics m = summarise(partition, machine, ranks_measured, per_rank);
  RC_ASSERT(m.sample == 0);
  const auto most = [&](auto RankMetrics::*member) {
    auto best = per_rank[0].*member;
    for (const RankMetrics& r : per_rank) best = std::max(best, r.*member);
    return best;
  };
  const auto sum = [&](auto RankMetrics::*member) {
    auto all = per_rank[0].*member * 0;
    for (const RankMetrics& r : per_rank) all += r.*member;
    return all;
  };
  RC_ASSERT(per_rank.size() == static_cast<std::size_t>(partition.ranks()));
  RC_ASSERT(m.method == partition.method());
  RC_ASSERT(m.ranks == partition.ranks());
  RC_ASSERT(m.cells_max == most(&RankMetrics::cells));
  RC_ASSERT(m.cells_mean == static_cast<double>(sum(&RankMetrics::cells)) / ranks);
  RC_ASSERT(sum(&RankMetrics::cells) == partition.weights().active_cells(partition.grid().box()));
  Index faces = 0, most_faces = 0;
  for (const RankMetrics& r : per_rank) {
    const Index of_rank = r.faces.x + r.faces.y + r.faces.z;
    faces += of_rank;
    most_faces = std::max(most_faces, of_rank);
  }
  RC_ASSERT(m.faces_max == most_faces);
  RC_ASSERT(2 * m.faces_total == faces);
  RC_ASSERT(m.bytes_per_step_max == most(&RankMetrics::bytes_per_step));
  RC_ASSERT(m.bytes_per_step_total == sum(&RankMetrics::bytes_per_step));
  RC_ASSERT(m.bytes_per_step_mean == static_cast<double>(m.bytes_per_step_total) / ranks);
  RC_ASSERT(m.messages_per_step_max == most(&RankMetrics::messages));
  RC_ASSERT(m.peers_max == most(&RankMetrics::peers));
  RC_ASSERT(m.peers_mean == static_cast<double>(sum(&RankMetrics::peers)) / ranks);
  RC_ASSERT(m.boxes_max == most(&RankMetrics::boxes));
  RC_ASSERT(m.imbalance >= 1);
  const Index load = sum(&RankMetrics::load);
  RC_ASSERT(m.imbalance == (load > 0 ? static_cast<double>(most(&RankMetrics::load)) * ranks / static_cast<double>(load) : 1));
  std::map<int, Index> of_node;
  for (Rank r = 0; r < partition.ranks(); ++r)
    of_node[partition.nodes().node_of(ranks_measured[static_cast<std::size_t>(r)])] +=
        per_rank[static_cast<std::size_t>(r)].internode_bytes_per_step;
  RC_ASSERT(m.internode_bytes_per_step_total == sum(&RankMetrics::internode_bytes_per_step));
  Index busiest = 0;
  for (const auto& [node, bytes] : of_node) busiest = std::max(busiest, bytes);
  RC_ASSERT(m.internode_bytes_per_step_max == busiest);
  for (const RankMetrics& r : per_rank) RC_ASSERT(step_time(m) >= r.seconds.total());
}

/// Eight planes along z, one rank each: what crosses nodes follows from where the ranks sit.
TEST(Metrics, BytesBetweenNodesFollowTheDistribution) {
  constexpr Index face = Index{16} * 4 * 4;  // bytes that Yee's scheme sends across one face, both ways: 16 a cell
  const auto between = [&](int ranks_per_node, Distribution distribution) {
    Machine machine;
    machine.ranks_per_node = ranks_per_node;
    machine.distribution = distribution;
    // The naive slab: rank r has plane r wherever it runs.
    const Offer slab = offer(Tiling({{4, 4, 8}}, 1), {}, Stencil::yee(), machine, 8, Method::slab);
    return measure(*slab.partition, Stencil::yee(), machine);
  };
  EXPECT_EQ(between(0, Distribution::block).internode_bytes_per_step_total, 0);
  EXPECT_EQ(between(4, Distribution::block).internode_bytes_per_step_total, face);
  EXPECT_EQ(between(3, Distribution::block).internode_bytes_per_step_total, 2 * face);
  EXPECT_EQ(between(4, Distribution::cyclic).internode_bytes_per_step_total, 7 * face);
  EXPECT_EQ(between(4, Distribution::block).internode_bytes_per_step_max, face / 2);
  EXPECT_EQ(between(3, Distribution::block).internode_bytes_per_step_max, face);
  EXPECT_EQ(between(4, Distribution::block).bytes_per_step_total, 7 * face);
}

TEST(Metrics, ImbalanceIsOneWhenEqualAndTheRanksWhenOneHasAll) {
  const Tiling tiling({{8, 8, 8}}, 4);
  const auto imbalance = [&](const Weights& weights, int ranks) {
    return measure(make_partition(tiling, weights, Stencil::yee(), {}, ranks, Method::hilbert), Stencil::yee(), {}).imbalance;
  };
  EXPECT_EQ(imbalance({}, 8), 1);
  EXPECT_EQ(imbalance({}, 1), 1);
  EXPECT_EQ(imbalance({}, 16), 2);
  Weights one;
  one.table(tiling, {0, 0, 0, 7, 0, 0, 0, 0});
  EXPECT_EQ(imbalance(one, 5), 5);
}

TEST(Metrics, TwoBricksOfAPeriodicAxisShareTwoFaces) {
  for (const bool periodic : {false, true}) {
    const Partition partition(Method::box, Tiling::with_bricks({{6, 5, 4}, {periodic, false, false}}, {2, 1, 1}), {}, Cartesian{{2, 1, 1}});
    EXPECT_EQ(cut_faces(partition, 0), (Int3{periodic ? 2 * 20 : 20, 0, 0}));
    EXPECT_EQ(measure(partition, Stencil::yee(), {}).faces_total, periodic ? 2 * 20 : 20);
  }
}

TEST(Metrics, IdealRatioIsOneForCubesAndAbsentWhereTheBoundSaysNothing) {
  const auto ratio = [](const Grid& grid, int ranks, const Weights& weights = {}) {
    return measure(make_partition(Tiling(grid, 1), weights, Stencil::yee(), {}, ranks, Method::box), Stencil::yee(), {}).ideal_ratio;
  };
  EXPECT_DOUBLE_EQ(ratio({{8, 8, 8}}, 64).value(), 1);
  EXPECT_GT(ratio({{8, 8, 8}}, 16).value(), 1);
  EXPECT_EQ(ratio({{8, 8, 8}}, 1), std::nullopt);
  EXPECT_EQ(ratio({{8, 8, 8}, {true, false, false}}, 8), std::nullopt);
  Weights masked;
  masked.active(BoxSet(std::vector<Box>{{{0, 0, 0}, {4, 8, 8}}}));
  EXPECT_EQ(ratio({{8, 8, 8}}, 8, masked), std::nullopt);
}

TEST(Metrics, DoNotDependOnThreads) {
  const Tiling tiling({{60, 44, 36}}, 4);
  const Partition partition = make_partition(tiling, {}, Stencil::yee(), {}, 333, Method::hilbert);
  const std::vector<Rank> all = sample_of(partition, 333);
  const auto bytes = [&](int threads) {
    std::vector<Index> of_ranks;
    for (const RankMetrics& m : measure_ranks(partition, Stencil::yee(), {}, all, 4, threads)) of_ranks.push_back(m.bytes_per_step);
    return of_ranks;
  };
  const std::vector<Index> one = bytes(1);
  for (const int threads : {0, 2, 3, 7}) EXPECT_EQ(bytes(threads), one) << threads;
}

TEST(Metrics, SamplesAreWholeNodesAndStandForAll) {
  Machine machine;
  machine.ranks_per_node = 12;
  const Tiling tiling({{256, 256, 256}}, 8);
  for (const Method method : {Method::rcb, Method::hilbert}) {
    const Partition partition = make_partition(tiling, {}, Stencil::yee(), machine, 2000, method);
    const auto measured = [&](int wanted) {
      const std::vector<Rank> ranks = sample_of(partition, wanted);
      return summarise(partition, machine, ranks, measure_ranks(partition, Stencil::yee(), machine, ranks));
    };
    const std::vector<Rank> sample = sample_of(partition, 500);
    EXPECT_GE(sample.size(), 500u);
    EXPECT_LT(sample.size(), 1000u);
    std::map<int, int> of_node;
    for (const Rank rank : sample) ++of_node[partition.nodes().node_of(rank)];
    for (const auto& [node, ranks] : of_node) EXPECT_EQ(ranks, partition.nodes().sizes()[static_cast<std::size_t>(node)]);

    const Metrics exact = measured(2000), estimate = measured(500);
    EXPECT_EQ(exact.sample, 0);
    EXPECT_EQ(estimate.sample, static_cast<Index>(sample.size()));
    const auto near = [](Index a, Index b) { return std::abs(static_cast<double>(a) / static_cast<double>(b) - 1) < 0.05; };
    EXPECT_TRUE(near(estimate.bytes_per_step_total, exact.bytes_per_step_total));
    EXPECT_TRUE(near(estimate.internode_bytes_per_step_total, exact.internode_bytes_per_step_total));
    EXPECT_TRUE(near(estimate.faces_total, exact.faces_total));
    EXPECT_EQ(estimate.cells_mean, exact.cells_mean);
    EXPECT_LE(estimate.bytes_per_step_max, exact.bytes_per_step_max);
    EXPECT_LE(step_time(estimate), step_time(exact));
  }
}

/// A slow link is shared by a node's ranks; the model must see that, and the slowest rank's work.
TEST(Metrics, ModelledStepIsTheSlowestRankAndItsNodesLink) {
  Machine machine;
  machine.ranks_per_node = 2;
  const Partition partition(Method::slab, Tiling::with_bricks({{4, 4, 4}}, {1, 1, 4}), {}, Cartesian{{1, 1, 4}}, Nodes(machine, 4));
  machine.seconds_per_cell = 1;
  machine.seconds_per_row = 64;
  machine.node_message_seconds = 1000;
  machine.message_seconds = 4000;
  machine.node_bytes_per_second = 0.25;
  machine.rank_bytes_per_second = 0.5;
  machine.link_bytes_per_second = 2;
  constexpr Index half = Index{2} * 16 * 4;  // bytes across one face, one way
  // Rank 1: 16 cells in 4 rows, a message to each side, one of them to the other node, and the node's link carries that one.
  EXPECT_DOUBLE_EQ(step_time(measure(partition, Stencil::yee(), machine)),
                   16 + 4 * 64 + 1000 + 4000 + static_cast<double>(half) * (1 / 0.25 + 1 / 0.5 + 1 / 2.0));
  // By messages on the node too: other constants for the one that stays.
  machine.node_mpi_message_seconds = 2000;
  machine.node_mpi_bytes_per_second = 0.125;
  EXPECT_DOUBLE_EQ(step_time(measure(partition, Stencil::yee(), by_messages(machine))),
                   16 + 4 * 64 + 2000 + 4000 + static_cast<double>(half) * (1 / 0.125 + 1 / 0.5 + 1 / 2.0));
}

/// Rows against a visit of all cells: one begins where the cell before it along x is another box's, another rank's or beyond the grid.
RC_GTEST_PROP(Metrics, RowsBeginWhereACellsLowerNeighbourLiesElsewhere, ()) {
  const test::Case c = test::any_case(7);
  for (Rank rank = 0; rank < c.partition.ranks(); ++rank) {
    Index rows = 0;
    for (const Box& box : boxes_of(c.partition, rank)) for_each_cell(box, [&](Int3 cell) { rows += box.contains(cell - unit(0)) ? 0 : 1; });
    RC_ASSERT(measure_rank(c.partition, Stencil::yee(), {}, rank).rows == rows);
  }
}

TEST(Metrics, CostModelChargesFacesNormalToXForTheRowsTheyEnd) {
  Machine machine;
  const CostModel plain = cost_model(machine, Stencil::yee(), 4);
  machine.seconds_per_row = 50e-9;
  const CostModel rows = cost_model(machine, Stencil::yee(), 4);
  EXPECT_EQ(rows.face_ps, plain.face_ps + (Int3{25000, 0, 0}));
  EXPECT_EQ(rows.cell_ps, plain.cell_ps);
}

/// Reference values, computed independently: brick faces between nodes of 16 ranks. A box of a row-major communicator, and the curve.
TEST(Metrics, CurvesCutFewerFacesBetweenNodes) {
  const auto faces_between_nodes = [](const Partition& partition) {
    Machine machine;
    machine.ranks_per_node = 16;
    const Nodes nodes(machine, partition.ranks());
    const Grid& grid = partition.grid();
    Index faces = 0;
    const auto node = [&](Int3 cell) {
      Int3 brick;
      for (int a = 0; a < 3; ++a) brick[a] = partition.tiling().brick_at(a, cell[a]);
      return nodes.node_of(partition.owner(brick));
    };
    for_each_cell(grid.box(), [&](Int3 cell) {
      for (int a = 0; a < 3; ++a)
        if (cell[a] + 1 < grid.cells[a] && node(cell) != node(cell + unit(a))) ++faces;
    });
    return faces;
  };
  const auto along_hilbert = [](Int3 bricks, Fit fit, int ranks) {
    const Tiling tiling({bricks}, 1);
    const Curve curve(Order::hilbert, fit, bricks);
    return Partition(Method::hilbert, tiling, {}, Segments{curve, cut(curve, tiling, {}, ranks)});
  };
  EXPECT_EQ(faces_between_nodes(along_hilbert({32, 32, 32}, Fit::embedded, 128)), 3072);
  EXPECT_EQ(faces_between_nodes(along_hilbert({32, 32, 32}, Fit::embedded, 1000)), 12172);
  EXPECT_EQ(faces_between_nodes(along_hilbert({48, 40, 20}, Fit::stretched, 512)), 7200);
  const Grid cube{{32, 32, 32}};
  EXPECT_EQ(faces_between_nodes(Partition(Method::box, Tiling::with_bricks(cube, {4, 4, 8}), {}, Cartesian{{4, 4, 8}})), 7168);
  EXPECT_EQ(faces_between_nodes(Partition(Method::box, Tiling::with_bricks(cube, {10, 10, 10}), {}, Cartesian{{10, 10, 10}})), 15468);
}

}  // namespace
}  // namespace hilbrick
