// SPDX-License-Identifier: BSD-3-Clause
// What holds for every method: who owns what, how even it is, and that the numbers which are reported are those of the cells.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <hilbrick/partition/error.hpp>
#include <hilbrick/partition/metrics.hpp>
#include <numeric>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "traffic.hpp"

namespace hilbrick {
namespace {

/// A method that gives each rank one box of whole cells; the others hand out bricks, at any rank count.
bool cuts_planes(Method method) {
  return method == Method::slab || method == Method::pencil || method == Method::box || method == Method::kd;
}

std::optional<Partition> partition_of(const test::Problem& problem, Method method) {
  try {
    return make_partition(problem.tiling, problem.weights, Stencil::yee(), {}, problem.ranks, method);
  } catch (const Error& error) {
    EXPECT_TRUE(cuts_planes(method)) << name_of(method) << " takes any problem: " << error.what();
    return std::nullopt;
  }
}

/// Calls f for what every method makes of a problem, where it is feasible.
template <class F>
void for_each_method(const test::Problem& problem, F&& f) {
  for (const Method method : all_methods)
    if (const auto partition = partition_of(problem, method)) {
      SCOPED_TRACE(partition->description() + ", " + std::to_string(problem.ranks) + " ranks");
      f(*partition);
    }
}

std::vector<Index> loads_of(const Partition& partition) {
  std::vector<Index> loads;
  for (Rank r = 0; r < partition.ranks(); ++r) loads.push_back(partition.load(r));
  return loads;
}

Index heaviest_brick(const Partition& partition) {
  Index heaviest = 0;
  for_each_cell(partition.tiling().brick_box(), [&](Int3 brick) {
    heaviest = std::max(heaviest, partition.weights().sum(partition.tiling(), {brick, brick + Int3{1, 1, 1}}));
  });
  return heaviest;
}

/// The owner of every cell, and the numbers reported, against a visit of all cells.
void expect_right_metrics(const test::Mask& mask, const Partition& partition, const Stencil& stencil) {
  const test::Case c{mask, partition};
  const auto ranks = static_cast<std::size_t>(partition.ranks());

  const std::vector<Rank> owners = test::owners_of_cells(c);
  std::vector<Index> cells(ranks, 0);
  for (const Rank owner : owners)
    if (owner != nobody) ++cells[static_cast<std::size_t>(owner)];
  for (Rank r = 0; r < partition.ranks(); ++r) {
    Index mine = 0;
    for (const Box& box : boxes_of(partition, r))
      for_each_cell(box, [&](Int3 cell) {
        ++mine;
        ASSERT_EQ(owners[test::at(partition.grid().cells, cell)], r) << test::text(cell);
      });
    ASSERT_EQ(mine, cells[static_cast<std::size_t>(r)]) << "each cell once";
  }

  std::vector<Index> values(ranks, 0), messages(ranks, 0);
  std::vector<std::set<Rank>> peers(ranks);
  for (const auto& [way, travelling] : test::expected_traffic(c, stencil)) {
    const auto& [phase, from, to] = way;
    values[static_cast<std::size_t>(from)] += static_cast<Index>(travelling.size());
    ++messages[static_cast<std::size_t>(from)];
    peers[static_cast<std::size_t>(from)].insert(to);
    peers[static_cast<std::size_t>(to)].insert(from);
  }
  const auto most = [](const std::vector<Index>& of_ranks) { return *std::max_element(of_ranks.begin(), of_ranks.end()); };
  const auto sum = [](const std::vector<Index>& of_ranks) { return std::accumulate(of_ranks.begin(), of_ranks.end(), Index{0}); };
  constexpr Index value_bytes = 8;
  const Metrics m = measure(partition, stencil, {}, value_bytes);
  std::vector<Index> faces;
  for (const Int3 by_axis : test::expected_faces(c)) faces.push_back(by_axis.x + by_axis.y + by_axis.z);
  EXPECT_EQ(m.cells_max, most(cells));
  EXPECT_EQ(m.faces_total, sum(faces) / 2);
  EXPECT_EQ(m.faces_max, most(faces));
  EXPECT_EQ(m.bytes_per_step_total, value_bytes * sum(values));
  EXPECT_EQ(m.bytes_per_step_max, value_bytes * most(values));
  EXPECT_EQ(m.messages_per_step_max, most(messages));
  Index most_peers = 0;
  for (const std::set<Rank>& p : peers) most_peers = std::max(most_peers, static_cast<Index>(p.size()));
  EXPECT_EQ(m.peers_max, most_peers);
}

/// Those that users name, and one that looks one way only: who sends need not receive.
const std::vector<Stencil>& stencils() {
  static const std::vector<Stencil> all{Stencil::yee(),
                                        Stencil::star(1),
                                        Stencil::star(2),
                                        Stencil::star(3),
                                        Stencil::box(1),
                                        Stencil::box(2),
                                        Stencil({{"upwind"}}, {{{0, 0, {-2, -1, 0}, {0, 0, 1}}}})};
  return all;
}

/// Every grid of up to 6 x 6 x 6 cells, each with periodic axes, a brick edge, and for three rank counts a stencil that are drawn alike
/// in every run.
TEST(Methods, ReportWhatTheCellsSayOnAllSmallGrids) {
  std::mt19937 random;
  const auto below = [&](std::size_t n) { return random() % n; };
  for_each_cell({{1, 1, 1}, {7, 7, 7}}, [&](Int3 cells) {
    Grid grid{cells};
    for (bool& periodic : grid.periodic) periodic = below(2) == 1;
    const Tiling tiling(grid, static_cast<Index>(1 + below(3)));
    const auto twice = static_cast<std::size_t>(2 * tiling.brick_count());
    for (const std::size_t ranks : {std::size_t{2}, 1 + below(std::min<std::size_t>(twice, 16)), twice}) {
      const Stencil& stencil = stencils()[below(stencils().size())];
      for_each_method({{}, tiling, {}, static_cast<int>(ranks)}, [&](const Partition& partition) {
        SCOPED_TRACE(test::text(cells));
        expect_right_metrics({}, partition, stencil);
      });
    }
  });
}

RC_GTEST_PROP(Methods, ReportWhatTheCellsSay, ()) {
  const test::Problem problem = test::any_problem(7);
  const Stencil stencil = stencils()[static_cast<std::size_t>(test::any(0, static_cast<Index>(stencils().size()) - 1))];
  for_each_method(problem, [&](const Partition& partition) { expect_right_metrics(problem.mask, partition, stencil); });
  RC_ASSERT(!testing::Test::HasFailure());
}

RC_GTEST_PROP(Methods, EveryBrickHasOneOwnerWhoKnowsIt, ()) {
  const test::Problem problem = test::any_problem(12);
  for_each_method(problem, [&](const Partition& partition) {
    const Tiling& tiling = partition.tiling();
    std::vector<int> times(static_cast<std::size_t>(tiling.brick_count()), 0);
    Index load = 0;
    for (Rank r = 0; r < partition.ranks(); ++r) {
      load += partition.load(r);
      for (const Box& box : partition.brick_boxes(r))
        for_each_cell(box, [&](Int3 brick) {
          ++times[test::at(tiling.bricks(), brick)];
          const bool active = problem.weights.active_cells(tiling.cells_of(brick)) > 0;
          RC_ASSERT(partition.owner(brick) == (active ? r : nobody));
        });
    }
    for (const int n : times) RC_ASSERT(n == 1);
    RC_ASSERT(load == partition.weights().sum(tiling, tiling.brick_box()));
  });
}

/// Bisection is exact to a brick; a curve may be cut elsewhere where that saves more than it costs, by 3 % of the mean at most.
RC_GTEST_PROP(Methods, LoadsAreEvenToABrick, ()) {
  const test::Problem problem = test::any_problem(12);
  for_each_method(problem, [&](const Partition& partition) {
    if (cuts_planes(partition.method())) return;
    const std::vector<Index> loads = loads_of(partition);
    const Index total = std::accumulate(loads.begin(), loads.end(), Index{0});
    const Index percent = partition.method() == Method::rcb ? 100 : 103;
    const Index heaviest = *std::max_element(loads.begin(), loads.end());
    RC_ASSERT(100 * heaviest * partition.ranks() <= percent * total + 100 * heaviest_brick(partition) * partition.ranks());
  });
}

/// A table's numbers may mean anything; cells that a layer makes dearer are dearer against what cuts cost, which the curves weigh. kd is
/// left out: it weighs both, and rounds.
RC_GTEST_PROP(Methods, EqualWeightsOfAnyValueCutLikeNone, ()) {
  const Grid grid{test::any_int3(1, 6), test::any_axes()};
  const Tiling tiling(grid, 1);
  const int ranks = static_cast<int>(test::any(1, 2 * tiling.brick_count()));
  Weights table, layer;
  table.table(tiling, std::vector<Index>(static_cast<std::size_t>(tiling.brick_count()), test::any(1, Index{1} << 40)));
  layer.boundary_cost(6, test::any(1, 1000));
  for (const Method method : {Method::slab, Method::pencil, Method::box, Method::rcb, Method::morton, Method::hilbert}) {
    const auto plain = partition_of({{}, tiling, {}, ranks}, method);
    const bool weighs_costs = method == Method::morton || method == Method::hilbert;
    for (const Weights& equal : {table, weighs_costs ? table : layer}) {
      const auto weighted = partition_of({{}, tiling, equal, ranks}, method);
      if (!plain || !weighted) continue;
      RC_ASSERT(weighted->description() == plain->description());
      for (Rank r = 0; r < ranks; ++r) RC_ASSERT(weighted->brick_boxes(r) == plain->brick_boxes(r));
    }
  }
}

RC_GTEST_PROP(Methods, AllWeightInOneBrickIsAnImbalanceOfTheRanks, ()) {
  const Tiling tiling({test::any_int3(1, 9), test::any_axes()}, test::any(1, 3));
  std::vector<Index> weights(static_cast<std::size_t>(tiling.brick_count()), 0);
  weights[static_cast<std::size_t>(test::any(0, tiling.brick_count() - 1))] = test::any(1, Index{1} << 40);
  Weights one;
  one.table(tiling, weights);
  const int ranks = static_cast<int>(test::any(1, 2 * tiling.brick_count()));
  for_each_method({{}, tiling, one, ranks},
                  [&](const Partition& partition) { RC_ASSERT(measure(partition, Stencil::yee(), {}).imbalance == ranks); });
}

/// A piece of V cells has at least the surface of a cube of V cells; what of it is not the grid's own surface is a cut, seen from two
/// sides.
RC_GTEST_PROP(Methods, NobodyBeatsTheIsoperimetricBound, ()) {
  const Int3 n = test::any_int3(1, 9);
  const Tiling tiling({n}, test::any(1, 2));
  const int ranks = static_cast<int>(test::any(1, std::min<Index>(2 * tiling.brick_count(), 24)));
  for_each_method({{}, tiling, {}, ranks}, [&](const Partition& partition) {
    const std::vector<Rank> all = sample_of(partition, ranks);
    const std::vector<RankMetrics> per_rank = measure_ranks(partition, Stencil::yee(), {}, all);
    double surfaces = 0;
    for (const RankMetrics& rank : per_rank) surfaces += 6 * std::pow(static_cast<double>(rank.cells), 2.0 / 3.0);
    const auto own = static_cast<double>(2 * (n.x * n.y + n.y * n.z + n.z * n.x));
    const Metrics m = summarise(partition, {}, all, per_rank);
    RC_ASSERT(2 * static_cast<double>(m.faces_total) + own >= surfaces * (1 - 1e-12));
    if (m.ideal_ratio && m.imbalance == 1) RC_ASSERT(*m.ideal_ratio >= 1 - 1e-12);
  });
}

TEST(Methods, PowersOfEightOnACubeGiveCubes) {
  for (const Index n : {8, 16, 32})
    for (int ranks = 8, per_axis = 2; ranks <= 512; ranks *= 8, per_axis *= 2)
      for_each_method({{}, Tiling({{n, n, n}}, n / 8), {}, ranks}, [&](const Partition& partition) {
        if (cuts_planes(partition.method()) && partition.method() != Method::box) return;
        const Metrics m = measure(partition, Stencil::yee(), {});
        EXPECT_EQ(m.faces_total, 3 * (per_axis - 1) * n * n) << n << "^3 cells";
        EXPECT_EQ(m.imbalance, 1);
      });
}

RC_GTEST_PROP(Methods, SameQuestionSameAnswer, ()) {
  const test::Problem problem = test::any_problem(10);
  for (const Method method : all_methods) {
    const auto once = partition_of(problem, method), again = partition_of(problem, method);
    RC_ASSERT(once.has_value() == again.has_value());
    if (!once) continue;
    RC_ASSERT(once->description() == again->description());
    for (Rank r = 0; r < problem.ranks; ++r) RC_ASSERT(once->brick_boxes(r) == again->brick_boxes(r));
  }
}

RC_GTEST_PROP(Methods, ThreadsDoNotChangeTheNumbers, ()) {
  const test::Problem problem = test::any_problem(10);
  const Partition partition = make_partition(problem.tiling, problem.weights, Stencil::yee(), {}, problem.ranks, Method::hilbert);
  const std::vector<Rank> all = sample_of(partition, problem.ranks);
  const auto on_threads = [&](int threads) { return measure_ranks(partition, Stencil::yee(), {}, all, 4, threads); };
  const std::vector<RankMetrics> alone = on_threads(1);
  const auto numbers = [](const RankMetrics& m) {
    return std::tuple(m.cells, m.load, m.boxes, m.faces, m.peers, m.messages, m.bytes_per_step, m.seconds.total());
  };
  for (const int threads : {2, 3, 7}) RC_ASSERT(std::ranges::equal(on_threads(threads), alone, {}, numbers, numbers));
}

}  // namespace
}  // namespace hilbrick
