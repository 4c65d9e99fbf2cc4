// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <hilbrick/partition/cut.hpp>
#include <hilbrick/partition/error.hpp>
#include <hilbrick/partition/metrics.hpp>
#include <limits>
#include <map>
#include <numeric>

#include "random_case.hpp"

namespace hilbrick {
namespace {

/// The weights of all bricks in the curve's order, and their keys.
struct Line {
  std::vector<Key> keys;
  std::vector<Index> weights;
};
Line line_of(const Curve& curve, const Tiling& tiling, const Weights& weights) {
  std::map<Key, Index> by_key;
  for_each_cell(tiling.brick_box(), [&](Int3 b) { by_key[curve.key(b)] = weights.sum(tiling, {b, b + Int3{1, 1, 1}}); });
  Line line;
  for (const auto& [key, weight] : by_key) {
    line.keys.push_back(key);
    line.weights.push_back(weight);
  }
  return line;
}

/// The number of bricks before each cut.
std::vector<std::size_t> positions(const Line& line, const std::vector<Key>& cuts) {
  std::vector<std::size_t> at;
  at.reserve(cuts.size());
  for (const Key cut : cuts)
    at.push_back(static_cast<std::size_t>(std::lower_bound(line.keys.begin(), line.keys.end(), cut) - line.keys.begin()));
  return at;
}

/// Brute force: cut k stands where the weight before it is nearest to k W / P, of two equally near places the earlier.
std::vector<std::size_t> nearest_prefixes(const Line& line, int ranks) {
  std::vector<Wide> before{0};
  for (const Index w : line.weights) before.push_back(before.back() + w);
  std::vector<std::size_t> at{0};
  for (int k = 1; k < ranks; ++k) {
    std::size_t best = 0;
    const auto miss = [&](std::size_t i) {
      const Wide d = before[i] * ranks - k * before.back();
      return d < 0 ? -d : d;
    };
    for (std::size_t i = 1; i < before.size(); ++i)
      if (miss(i) < miss(best)) best = i;
    at.push_back(best);
  }
  at.push_back(line.weights.size());
  return at;
}

Index weight_between(const Line& line, std::size_t from, std::size_t to) {
  return std::accumulate(line.weights.begin() + static_cast<std::ptrdiff_t>(from), line.weights.begin() + static_cast<std::ptrdiff_t>(to),
                         Index{0});
}

Curve any_curve(Int3 bricks) {
  return Curve(test::any_bool() ? Order::hilbert : Order::morton, test::any_bool() ? Fit::embedded : Fit::stretched, bricks,
               all_axis_orders[static_cast<std::size_t>(test::any(0, 5))]);
}

/// No weights, a mask, a boundary layer, or a table in which zeros are common.
Weights any_weights(const Tiling& tiling) {
  Weights weights;
  switch (test::any(0, 3)) {
    case 1:
      weights.active(BoxSet({test::any_box(tiling.grid().cells), test::any_box(tiling.grid().cells)}));
      break;
    case 2:
      weights.boundary_cost(test::any(0, 3), test::any(1, 9));
      break;
    case 3: {
      const Index heaviest = test::any_bool() ? 5 : Index{1} << 48;
      std::vector<Index> table(static_cast<std::size_t>(tiling.brick_count()));
      for (Index& w : table) w = test::any_bool() ? 0 : test::any(0, heaviest);
      weights.table(tiling, table);
      break;
    }
    default:
      break;
  }
  return weights;
}

RC_GTEST_PROP(Cut, StandsAtTheNearestPrefix, ()) {
  const Tiling tiling({test::any_int3(1, 9)}, test::any(1, 3));
  const Weights weights = any_weights(tiling);
  const Curve curve = any_curve(tiling.bricks());
  const int ranks = static_cast<int>(test::any(1, 2 * tiling.brick_count() + 2));
  const std::vector<Key> cuts = cut(curve, tiling, weights, ranks);
  const Line line = line_of(curve, tiling, weights);

  RC_ASSERT(cuts.size() == static_cast<std::size_t>(ranks) + 1);
  RC_ASSERT(cuts.front() == 0u);
  RC_ASSERT(cuts.back() == curve.end());
  RC_ASSERT(std::is_sorted(cuts.begin(), cuts.end()));
  // Bricks without weight may lie on either side of a cut: compare what lies before it.
  const std::vector<std::size_t> at = positions(line, cuts), expected = nearest_prefixes(line, ranks);
  for (std::size_t k = 0; k < at.size(); ++k) RC_ASSERT(weight_between(line, 0, at[k]) == weight_between(line, 0, expected[k]));

  // So the heaviest rank has at most the mean and one brick more.
  const Wide total = weight_between(line, 0, line.weights.size());
  const Wide heaviest = *std::max_element(line.weights.begin(), line.weights.end());
  for (std::size_t r = 0; r + 1 < at.size(); ++r)
    RC_ASSERT(static_cast<Wide>(weight_between(line, at[r], at[r + 1])) * ranks <= total + heaviest * ranks);
}

RC_GTEST_PROP(Cut, EqualWeightsOfAnyValueCutLikeNone, ()) {
  const Int3 bricks = test::any_int3(1, 8);
  const Tiling tiling({bricks}, 1);
  const Curve curve = any_curve(bricks);
  const int ranks = static_cast<int>(test::any(1, 2 * tiling.brick_count()));
  Weights equal;
  const Index value = test::any(1, (Index{1} << 62) / (tiling.brick_count() + 1));
  equal.table(tiling, std::vector<Index>(static_cast<std::size_t>(tiling.brick_count()), value));
  RC_ASSERT(cut(curve, tiling, equal, ranks) == cut(curve, tiling, {}, ranks));
}

TEST(Cut, UnitWeightsDifferFromTheMeanByLessThanOneBrick) {
  for (const Int3 bricks : {Int3{8, 8, 8}, Int3{7, 5, 3}, Int3{1, 1, 31}}) {
    const Tiling tiling({bricks}, 1);
    const Curve curve(Order::hilbert, Fit::stretched, bricks);
    const Line line = line_of(curve, tiling, {});
    const auto n = static_cast<int>(product(bricks));
    for (int ranks = 1; ranks <= 2 * n; ++ranks) {
      const auto at = positions(line, cut(curve, tiling, {}, ranks));
      for (std::size_t r = 0; r + 1 < at.size(); ++r) {
        const Index miss = static_cast<Index>(at[r + 1] - at[r]) * ranks - n;
        EXPECT_LE(std::abs(miss), ranks) << ranks << " ranks";
      }
    }
  }
}

TEST(Cut, WithoutAnyWeightAllIsOneRanks) {
  const Tiling tiling({{4, 4, 4}}, 1);
  const Curve curve(Order::hilbert, Fit::embedded, tiling.bricks());
  Weights nothing;
  nothing.table(tiling, std::vector<Index>(64, 0));
  const std::vector<Key> cuts = cut(curve, tiling, nothing, 3);
  EXPECT_TRUE(std::is_sorted(cuts.begin(), cuts.end()));
  EXPECT_EQ(cuts.front(), 0u);
  EXPECT_EQ(cuts.back(), curve.end());
}

/// The least weight of the heaviest of `ranks` runs of a line, by dynamic programming.
Index least_bottleneck(const Line& line, int ranks) {
  const std::size_t n = line.weights.size();
  constexpr Index never = std::numeric_limits<Index>::max();
  std::vector<Index> best(n + 1, never), next(n + 1);  // of the first i bricks on so many ranks
  best[0] = 0;
  for (int r = 0; r < ranks; ++r) {
    for (std::size_t i = 0; i <= n; ++i) {
      next[i] = never;
      Index run = 0;
      for (std::size_t from = i;; --from) {
        if (best[from] != never) next[i] = std::min(next[i], std::max(best[from], run));
        if (from == 0) break;
        run += line.weights[from - 1];
      }
    }
    std::swap(best, next);
  }
  return best[n];
}

Index heaviest_run(const Line& line, const std::vector<std::size_t>& at) {
  Index heaviest = 0;
  for (std::size_t r = 0; r + 1 < at.size(); ++r) heaviest = std::max(heaviest, weight_between(line, at[r], at[r + 1]));
  return heaviest;
}

RC_GTEST_PROP(CutExactly, HasTheLeastBottleneck, ()) {
  const Tiling tiling({test::any_int3(1, 4)}, test::any(1, 2));
  const Weights weights = any_weights(tiling);
  const Curve curve = any_curve(tiling.bricks());
  const int ranks = static_cast<int>(test::any(1, 2 * tiling.brick_count() + 2));
  const std::vector<Key> cuts = cut_exactly(curve, tiling, weights, ranks);
  const Line line = line_of(curve, tiling, weights);
  RC_ASSERT(cuts.size() == static_cast<std::size_t>(ranks) + 1);
  RC_ASSERT(cuts.front() == 0u);
  RC_ASSERT(cuts.back() == curve.end());
  RC_ASSERT(std::is_sorted(cuts.begin(), cuts.end()));
  RC_ASSERT(heaviest_run(line, positions(line, cuts)) == least_bottleneck(line, ranks));
}

/// Of all places: the dearest by `cost`, and what all cut faces cost.
struct Costs {
  Wide dearest = 0, cut = 0;
  Index heaviest = 0;
};
Costs costs_of(const Partition& partition, const CostModel& cost) {
  Costs all;
  for (Rank r = 0; r < partition.ranks(); ++r) {
    const Index load = partition.load(r);
    const Int3 faces = cut_faces(partition, r);
    all.dearest = std::max(all.dearest, cost.of_place(load, faces));
    all.cut += cost.of_faces(faces);
    all.heaviest = std::max(all.heaviest, load);
  }
  return all;
}

RC_GTEST_PROP(Slide, NeitherSlowsTheDearestPlaceNorCutsMore, ()) {
  const test::Problem problem = test::any_problem(8);
  const Curve curve = any_curve(problem.tiling.bricks());
  CostModel cost{test::any(1, 9), {}, problem.weights.unit(problem.tiling)};
  for (int a = 0; a < 3; ++a) cost.face_ps[a] = test::any(1, 9);
  const auto partition = [&](const std::vector<Key>& cuts) {
    return Partition(Method::hilbert, problem.tiling, problem.weights, Segments{curve, cuts});
  };
  const std::vector<Key> cuts = cut(curve, problem.tiling, problem.weights, problem.ranks);
  const std::vector<Key> slid = slide(curve, problem.tiling, problem.weights, cost, cuts);
  RC_ASSERT(slid.size() == cuts.size());
  RC_ASSERT(slid.front() == cuts.front() && slid.back() == cuts.back());
  RC_ASSERT(std::is_sorted(slid.begin(), slid.end()));
  const Costs before = costs_of(partition(cuts), cost), after = costs_of(partition(slid), cost);
  RC_ASSERT(after.dearest <= before.dearest);
  RC_ASSERT(after.cut <= before.cut);
  const Wide mean = Wide{problem.weights.sum(problem.tiling, problem.tiling.brick_box())};
  RC_ASSERT(after.heaviest <= before.heaviest || Wide{after.heaviest} * 100 * problem.ranks <= 103 * mean);
}

/// Ten bricks in a row on two ranks, cut too early: brick by brick to the middle, where both have five.
TEST(Slide, MovesACutToTheMiddle) {
  const Tiling tiling({{10, 1, 1}}, 1);
  const Curve curve(Order::morton, Fit::embedded, tiling.bricks());
  const auto cuts = [&](Index x) { return std::vector<Key>{0, curve.key({x, 0, 0}), curve.end()}; };
  EXPECT_EQ(slide(curve, tiling, {}, CostModel{1, {1, 1, 1}, {}}, cuts(3)), cuts(5));
  EXPECT_EQ(slide(curve, tiling, {}, CostModel{1, {1, 1, 1}, {}}, cuts(5)), cuts(5));
}

TEST(Cut, RefusesLessThanOneRank) {
  const Tiling tiling({{4, 4, 4}}, 1);
  const Curve curve(Order::hilbert, Fit::embedded, tiling.bricks());
  EXPECT_THROW(cut(curve, tiling, {}, 0), Error);
  EXPECT_THROW(cut(curve, tiling, {}, -3), Error);
}

}  // namespace
}  // namespace hilbrick
