// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <hilbrick/partition/curve.hpp>
#include <hilbrick/partition/error.hpp>
#include <map>
#include <set>

#include "random_case.hpp"

namespace hilbrick {
namespace {

/// All bricks in the curve's order.
std::vector<Int3> walk(const Curve& curve, Int3 bricks) {
  std::map<Key, Int3> by_key;
  for_each_cell(Box{{0, 0, 0}, bricks}, [&](Int3 brick) { by_key[curve.key(brick)] = brick; });
  EXPECT_EQ(static_cast<Index>(by_key.size()), product(bricks)) << "two bricks with one key";
  std::vector<Int3> order;
  for (const auto& [key, brick] : by_key) {
    EXPECT_LT(key, curve.end());
    order.push_back(brick);
  }
  return order;
}

Index distance(Int3 a, Int3 b) { return std::abs(a.x - b.x) + std::abs(a.y - b.y) + std::abs(a.z - b.z); }

TEST(Curve, KeysAndSlotsAreInverse) {
  for (int levels = 0; levels <= 4; ++levels)
    for (Key key = 0; key < Key{1} << (3 * levels); ++key) {
      EXPECT_EQ(hilbert_key(levels, hilbert_slot(levels, key)), key);
      EXPECT_EQ(morton_key(levels, morton_slot(levels, key)), key);
    }
}

RC_GTEST_PROP(Curve, KeysAndSlotsAreInverseAtAnyLevel, ()) {
  const int levels = static_cast<int>(test::any(1, max_levels));
  const Int3 slot = test::any_int3(0, (Index{1} << levels) - 1);
  RC_ASSERT(hilbert_slot(levels, hilbert_key(levels, slot)) == slot);
  RC_ASSERT(morton_slot(levels, morton_key(levels, slot)) == slot);
}

TEST(Curve, HilbertStepsToAFaceNeighbourOnCubesOfPowersOfTwo) {
  for (const Index n : {1, 2, 4, 8, 16, 32}) {
    const std::vector<Int3> order = walk(Curve(Order::hilbert, Fit::embedded, {n, n, n}), {n, n, n});
    EXPECT_EQ(order.front(), (Int3{0, 0, 0}));
    for (std::size_t i = 1; i < order.size(); ++i) ASSERT_EQ(distance(order[i - 1], order[i]), 1);
  }
}

/// At the finest resolution too, where nobody can walk the whole curve.
RC_GTEST_PROP(Curve, HilbertStepsToAFaceNeighbourAtTheMostLevels, ()) {
  const Key key = static_cast<Key>(test::any(0, (Index{1} << (3 * max_levels - 1)) - 2)) * 2 + static_cast<Key>(test::any(0, 1));
  RC_ASSERT(distance(hilbert_slot(max_levels, key), hilbert_slot(max_levels, key + 1)) == 1);
}

// Reference values: the first cube of Skilling's construction, and Morton's three bits with x the most significant.
TEST(Curve, Orientation) {
  const Curve hilbert(Order::hilbert, Fit::embedded, {2, 2, 2}), morton(Order::morton, Fit::embedded, {2, 2, 2});
  EXPECT_EQ(walk(hilbert, {2, 2, 2}),
            (std::vector<Int3>{{0, 0, 0}, {0, 0, 1}, {0, 1, 1}, {0, 1, 0}, {1, 1, 0}, {1, 1, 1}, {1, 0, 1}, {1, 0, 0}}));
  EXPECT_EQ(walk(morton, {2, 2, 2}),
            (std::vector<Int3>{{0, 0, 0}, {0, 0, 1}, {0, 1, 0}, {0, 1, 1}, {1, 0, 0}, {1, 0, 1}, {1, 1, 0}, {1, 1, 1}}));
}

TEST(Curve, VisitsEachBrickOnceOnAnyExtents) {
  for (const Int3 bricks : {Int3{1, 1, 1}, Int3{1, 1, 13}, Int3{5, 7, 11}, Int3{9, 2, 1}, Int3{48, 40, 20}})
    for (const Order order : {Order::morton, Order::hilbert})
      for (const Fit fit : {Fit::embedded, Fit::stretched}) walk(Curve(order, fit, bricks), bricks);
}

TEST(Curve, FitsAgreeOnCubesOfPowersOfTwo) {
  const Curve embedded(Order::hilbert, Fit::embedded, {8, 8, 8}), stretched(Order::hilbert, Fit::stretched, {8, 8, 8});
  for_each_cell(Box{{0, 0, 0}, {8, 8, 8}}, [&](Int3 brick) { EXPECT_EQ(embedded.key(brick), stretched.key(brick)); });
}

/// The bits that stretching chose, seen through the keys: brick n - 1 of an axis stands in slot floor((2n - 1) 2^bits / 2n).
TEST(Curve, StretchedSlotsAreNearlyCubes) {
  for (const Int3 n : {Int3{48, 40, 20}, Int3{33, 65, 17}, Int3{100, 30, 9}, Int3{3, 5, 12}}) {
    const Curve curve(Order::morton, Fit::stretched, n);
    const Int3 last = morton_slot(curve.levels(), curve.key(n - Int3{1, 1, 1}));
    double smallest = 1e9, largest = 0;
    for (int a = 0; a < 3; ++a) {
      const auto slots = static_cast<double>(std::int64_t{1} << static_cast<int>(std::ceil(std::log2(static_cast<double>(last[a] + 1)))));
      smallest = std::min(smallest, static_cast<double>(n[a]) / slots);
      largest = std::max(largest, static_cast<double>(n[a]) / slots);
    }
    EXPECT_LT(largest / smallest, 1.5);
  }
}

Curve any_curve(Int3 bricks) {
  return Curve(test::any_bool() ? Order::hilbert : Order::morton, test::any_bool() ? Fit::embedded : Fit::stretched, bricks);
}

RC_GTEST_PROP(Curve, OctantHoldsTheBricksWithItsPrefix, ()) {
  const Int3 bricks = test::any_int3(1, 11);
  const Curve curve = any_curve(bricks);
  const int level = static_cast<int>(test::any(0, curve.levels()));
  const Key prefix = static_cast<Key>(test::any(0, (Index{1} << (3 * level)) - 1));
  const Box octant = curve.octant(level, prefix);
  for_each_cell(Box{{0, 0, 0}, bricks},
                [&](Int3 brick) { RC_ASSERT(octant.contains(brick) == (curve.key(brick) >> (3 * (curve.levels() - level)) == prefix)); });
  RC_ASSERT(octant.empty() || (Box{{0, 0, 0}, bricks}.contains(octant)));
}

RC_GTEST_PROP(Curve, SegmentHoldsTheBricksBetweenItsKeys, ()) {
  const Int3 bricks = test::any_int3(1, 11);
  const Curve curve = any_curve(bricks);
  const auto end = static_cast<Index>(curve.end());
  const Key from = static_cast<Key>(test::any(0, end)), to = static_cast<Key>(test::any(0, end));
  const std::vector<Box> segment = curve.segment(from, to);
  for_each_cell(Box{{0, 0, 0}, bricks}, [&](Int3 brick) {
    const Key key = curve.key(brick);
    const auto times = std::count_if(segment.begin(), segment.end(), [&](const Box& box) { return box.contains(brick); });
    RC_ASSERT(times == (from <= key && key < to ? 1 : 0));
  });
  // In the curve's order: a box's keys all lie before the next box's.
  Key before = 0;
  for (const Box& box : segment) {
    RC_ASSERT(!box.empty());
    Key least = curve.end(), most = 0;
    for_each_cell(box, [&](Int3 brick) {
      least = std::min(least, curve.key(brick));
      most = std::max(most, curve.key(brick));
    });
    RC_ASSERT(least >= before);
    before = most + 1;
  }
  RC_ASSERT(segment.size() <= static_cast<std::size_t>(16 * curve.levels() + 1));
}

/// Face-connected parts of a set of bricks.
int parts_of(std::set<Int3> bricks) {
  int parts = 0;
  for (; !bricks.empty(); ++parts) {
    std::vector<Int3> open{*bricks.begin()};
    bricks.erase(bricks.begin());
    while (!open.empty()) {
      const Int3 brick = open.back();
      open.pop_back();
      for (int a = 0; a < 3; ++a)
        for (const Int3 near : {brick + unit(a), brick - unit(a)})
          if (bricks.erase(near)) open.push_back(near);
    }
  }
  return parts;
}

TEST(Curve, MortonSegmentsHaveAtMostTwoParts) {
  const Int3 bricks{8, 8, 8};
  const std::vector<Int3> order = walk(Curve(Order::morton, Fit::embedded, bricks), bricks);
  int most = 0;
  for (std::size_t from = 0; from < order.size(); from += 3)
    for (std::size_t to = from + 1; to <= order.size(); to += 7)
      most = std::max(most, parts_of({order.begin() + static_cast<std::ptrdiff_t>(from), order.begin() + static_cast<std::ptrdiff_t>(to)}));
  EXPECT_EQ(most, 2);
}

/// Surface over that of the ideal cube of the same volume, for windows of a walk.
struct Surfaces {
  double worst = 0, mean = 0;
};
Surfaces surfaces(const std::vector<Int3>& order, std::size_t volume, std::size_t stride) {
  Surfaces result;
  int windows = 0;
  for (std::size_t from = 0; from + volume <= order.size(); from += stride, ++windows) {
    const std::set<Int3> window(order.begin() + static_cast<std::ptrdiff_t>(from),
                                order.begin() + static_cast<std::ptrdiff_t>(from + volume));
    Index faces = 0;
    for (const Int3 brick : window)
      for (int a = 0; a < 3; ++a)
        for (const Int3 near : {brick + unit(a), brick - unit(a)}) faces += window.count(near) ? 0 : 1;
    const double ratio = static_cast<double>(faces) / (6 * std::pow(static_cast<double>(volume), 2.0 / 3));
    result.worst = std::max(result.worst, ratio);
    result.mean += ratio;
  }
  result.mean /= windows;
  return result;
}

// Reference values, computed independently: means over all start positions on a large cube 1.188, 1.236 (Hilbert), 1.271, 1.305 (Morton);
// no segment of a full cube exceeds 1.49 and 1.52.
TEST(Curve, SegmentsAreCompact) {
  const Int3 bricks{32, 32, 32};
  const auto hilbert = walk(Curve(Order::hilbert, Fit::embedded, bricks), bricks);
  const auto morton = walk(Curve(Order::morton, Fit::embedded, bricks), bricks);
  EXPECT_NEAR(surfaces(hilbert, 8, 1).mean, 1.188, 0.002);
  EXPECT_NEAR(surfaces(morton, 8, 1).mean, 1.271, 0.002);
  EXPECT_NEAR(surfaces(hilbert, 64, 5).mean, 1.236, 0.004);
  EXPECT_NEAR(surfaces(morton, 64, 5).mean, 1.305, 0.004);
  for (const std::size_t volume : {2, 5, 11, 12, 30, 77, 100, 333, 1000}) {
    EXPECT_LE(surfaces(hilbert, volume, 37).worst, 1.49) << volume;
    EXPECT_LE(surfaces(morton, volume, 37).worst, 1.52) << volume;
  }
}

TEST(Curve, RefusesNonsense) {
  EXPECT_THROW(Curve(Order::hilbert, Fit::embedded, {0, 1, 1}), Error);
  EXPECT_THROW(Curve(Order::hilbert, Fit::embedded, {1, 1, max_bricks_per_axis + 1}), Error);
  EXPECT_NO_THROW(Curve(Order::hilbert, Fit::stretched, {max_bricks_per_axis, 1, 3}));
}

}  // namespace
}  // namespace hilbrick
