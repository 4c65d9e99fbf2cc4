// SPDX-License-Identifier: BSD-3-Clause
// Cuts that follow measured times, against bricks that take a time of their own which the cuts are not told.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <hilbrick/partition/cut.hpp>
#include <hilbrick/partition/error.hpp>
#include <limits>
#include <numeric>

#include "random_case.hpp"

namespace hilbrick {
namespace {

/// Seconds of each rank, when a brick takes seconds(brick).
template <class F>
std::vector<double> times(const Partition& partition, F&& seconds) {
  std::vector<double> all;
  for (Rank r = 0; r < partition.ranks(); ++r) {
    double sum = 0;
    for (const Box& box : partition.brick_boxes(r)) for_each_cell(box, [&](Int3 brick) { sum += seconds(brick); });
    all.push_back(sum);
  }
  return all;
}

double imbalance(const std::vector<double>& times) {
  return *std::max_element(times.begin(), times.end()) * static_cast<double>(times.size()) /
         std::accumulate(times.begin(), times.end(), 0.0);
}

Index moved_bricks(const Partition& a, const Partition& b) {
  Index moved = 0;
  for_each_cell(a.tiling().brick_box(), [&](Int3 brick) { moved += a.owner(brick) != b.owner(brick) ? 1 : 0; });
  return moved;
}

/// Bricks in a corner take four times as long: a few measurements find it out.
TEST(Repartition, ConvergesInAFewSteps) {
  const Tiling tiling({{128, 128, 128}}, 4);
  const auto seconds = [](Int3 brick) { return brick.x + brick.y < 20 ? 4e-3 : 1e-3; };
  for (const int ranks : {2, 7, 64, 100}) {
    Partition partition = make_partition(tiling, {}, Stencil::yee(), {}, ranks, Method::hilbert);
    EXPECT_GT(imbalance(times(partition, seconds)), 1.2) << ranks << " ranks";
    int steps = 0;
    for (; steps < 20 && imbalance(times(partition, seconds)) > 1.05; ++steps)
      partition = *repartition(partition, times(partition, seconds)).partition;
    EXPECT_LE(steps, 6) << ranks << " ranks";
    // From here on no cut moves but by what is left over.
    const Partition next = *repartition(partition, times(partition, seconds), 0.06).partition;
    EXPECT_EQ(moved_bricks(partition, next), 0) << ranks << " ranks";
  }
}

TEST(Repartition, MovesOnlyWhatItMust) {
  // 8 places of 64 bricks in a row; the last takes 8 % longer. Evened out, each cut would move: within 2 % the first need not.
  const Tiling tiling({{512, 1, 1}}, 1);
  const Partition old = make_partition(tiling, {}, Stencil::star(1), {}, 8, Method::morton);
  std::vector<double> seconds(8, 1.0);
  seconds.back() = 1.08;
  const Partition next = *repartition(old, seconds).partition;
  const auto &before = std::get<Segments>(old.rule()).cuts, &after = std::get<Segments>(next.rule()).cuts;
  EXPECT_EQ(std::vector<Key>(before.begin(), before.begin() + 4), std::vector<Key>(after.begin(), after.begin() + 4));
  EXPECT_NE(before[7], after[7]);
  EXPECT_LE(moved_bricks(old, next), 10);
}

RC_GTEST_PROP(Repartition, KeepsAPartitionAndItsBound, ()) {
  const test::Problem problem = test::any_problem(7);
  const Partition old = *offer(problem.tiling, problem.weights, Stencil::yee(), {}, problem.ranks, Method::hilbert).partition;
  std::vector<double> seconds;
  for (int r = 0; r < problem.ranks; ++r) seconds.push_back(static_cast<double>(test::any(0, 1000)) * 1e-6);
  const Offer result = repartition(old, seconds);
  RC_ASSERT(result.partition.has_value());
  const auto& cuts = std::get<Segments>(result.partition->rule()).cuts;
  RC_ASSERT(cuts.size() == static_cast<std::size_t>(problem.ranks) + 1);
  RC_ASSERT(cuts.front() == 0u && cuts.back() == std::get<Segments>(old.rule()).curve.end());
  RC_ASSERT(std::is_sorted(cuts.begin(), cuts.end()));
}

TEST(Repartition, SaysWhatItCannotDo) {
  const Tiling tiling({{16, 16, 16}}, 4);
  const Partition box = make_partition(tiling, {}, Stencil::yee(), {}, 8, Method::box);
  const Offer refused = repartition(box, std::vector<double>(8, 1.0));
  EXPECT_FALSE(refused.partition);
  EXPECT_NE(refused.reason.find("hilbert"), std::string::npos);
  const Partition hilbert = make_partition(tiling, {}, Stencil::yee(), {}, 8, Method::hilbert);
  EXPECT_THROW(repartition(hilbert, std::vector<double>(7, 1.0)), Error);
  EXPECT_THROW(repartition(hilbert, std::vector<double>(8, -1.0)), Error);
  EXPECT_THROW(repartition(hilbert, std::vector<double>(8, std::numeric_limits<double>::infinity())), Error);
  EXPECT_THROW(repartition(hilbert, std::vector<double>(8, 1.0), -0.1), Error);
}

}  // namespace
}  // namespace hilbrick
