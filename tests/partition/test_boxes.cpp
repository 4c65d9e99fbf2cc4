// SPDX-License-Identifier: BSD-3-Clause
// Unions of boxes: masks, merging, and the boxes that a rank's kernels loop over.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <hilbrick/partition/box_set.hpp>
#include <hilbrick/partition/merge.hpp>

#include "random_case.hpp"

namespace hilbrick {
namespace {

/// How many of the boxes hold each cell of a region, x fastest.
std::vector<int> counts(const std::vector<Box>& boxes, const Box& region) {
  std::vector<int> count(static_cast<std::size_t>(region.volume()), 0);
  for (const Box& box : boxes) for_each_cell(intersection(box, region), [&](Int3 c) { ++count[test::at(region.extent(), c - region.lo)]; });
  return count;
}

/// The boxes hold each cell of the union once, nothing else, and none is empty.
void expect_once(const std::vector<Box>& boxes, const std::vector<Box>& whole, const Box& region) {
  std::vector<int> wanted = counts(whole, region);
  for (int& n : wanted) n = std::min(n, 1);
  RC_ASSERT(counts(boxes, region) == wanted);
  for (const Box& b : boxes) RC_ASSERT(!b.empty() && region.contains(b));
}

constexpr Box region{{-3, -3, -3}, {9, 9, 9}};

/// Boxes that may overlap, touch, be equal or empty.
std::vector<Box> any_boxes(Index most) {
  std::vector<Box> boxes;
  for (Index n = test::any(0, most); n > 0; --n) {
    const Int3 lo = test::any_int3(-3, 8);
    Int3 extent;
    for (int a = 0; a < 3; ++a) extent[a] = test::any(0, std::min<Index>(5, 9 - lo[a]));
    boxes.push_back({lo, lo + extent});
  }
  return boxes;
}

RC_GTEST_PROP(Boxes, SubtractLeavesTheRestOnce, ()) {
  const std::vector<Box> two = any_boxes(2);
  if (two.size() < 2) return;
  std::vector<Box> rest;
  subtract(two[0], two[1], rest);
  RC_ASSERT(rest.size() <= 6u);
  const auto all = counts({two[0]}, region), without = counts({two[1]}, region), left = counts(rest, region);
  for (std::size_t i = 0; i < all.size(); ++i) RC_ASSERT(left[i] == (all[i] && !without[i] ? 1 : 0));
}

RC_GTEST_PROP(Boxes, CanonicalBoxesFollowFromTheUnionAlone, ()) {
  const std::vector<Box> boxes = any_boxes(8);
  const std::vector<Box> parts = canonical(boxes);
  expect_once(parts, boxes, region);
  RC_ASSERT(std::is_sorted(parts.begin(), parts.end()));
  // Whatever boxes make up the union: its cells one by one, and the parts themselves.
  std::vector<Box> cells;
  for (const Box& part : parts) for_each_cell(part, [&](Int3 c) { cells.push_back({c, c + Int3{1, 1, 1}}); });
  std::reverse(cells.begin(), cells.end());
  RC_ASSERT(canonical(cells) == parts);
  RC_ASSERT(union_volume(boxes) == static_cast<Index>(cells.size()));
}

RC_GTEST_PROP(Boxes, ASetAnswersLikeItsCells, ()) {
  const std::vector<Box> boxes = any_boxes(20);
  const BoxSet set(boxes);
  expect_once(set.boxes(), boxes, region);
  const Int3 a = test::any_int3(-4, 10), b = test::any_int3(-4, 10);
  const Box within{min(a, b), max(a, b)};
  std::vector<Box> cut;
  cut.reserve(boxes.size());
  for (const Box& box : boxes) cut.push_back(intersection(box, within));
  expect_once(set.pieces(within), cut, region);
  Index volume = 0;
  for (const int n : counts(cut, region)) volume += n > 0 ? 1 : 0;
  RC_ASSERT(set.volume(within) == volume);
}

RC_GTEST_PROP(Boxes, ASetDoesNotDependOnTheOrderOfItsBoxes, ()) {
  std::vector<Box> boxes = any_boxes(12);
  const std::vector<Box> pieces = BoxSet(boxes).pieces(region);
  std::reverse(boxes.begin(), boxes.end());
  RC_ASSERT(BoxSet(boxes).pieces(region) == pieces);
}

RC_GTEST_PROP(Boxes, MergedKeepsTheUnion, ()) {
  const std::vector<Box> boxes = canonical(any_boxes(10));
  std::vector<Box> merged_boxes = merged(boxes);
  expect_once(merged_boxes, boxes, region);
  std::vector<Box> reversed(boxes.rbegin(), boxes.rend());
  RC_ASSERT(merged(reversed) == merged_boxes);
  // The largest first.
  for (std::size_t i = 1; i < merged_boxes.size(); ++i) RC_ASSERT(merged_boxes[i - 1].volume() >= merged_boxes[i].volume());
}

TEST(Boxes, MergedTakesTheLargestBox) {
  // An L of three cubes: two along x first.
  EXPECT_EQ(merged({{{0, 0, 0}, {2, 2, 2}}, {{2, 0, 0}, {4, 2, 2}}, {{0, 2, 0}, {2, 4, 2}}}),
            (std::vector<Box>{{{0, 0, 0}, {4, 2, 2}}, {{0, 2, 0}, {2, 4, 2}}}));
  // Any way to cut a box up ends in that box.
  std::vector<Box> dust;
  for_each_cell(Box{{1, 2, 3}, {6, 9, 8}}, [&](Int3 c) { dust.push_back({c, c + Int3{1, 1, 1}}); });
  EXPECT_EQ(merged(dust), (std::vector<Box>{{{1, 2, 3}, {6, 9, 8}}}));
}

/// Beyond its budget merging falls back to runs; the union must not change.
TEST(Boxes, MergedSurvivesDust) {
  std::vector<Box> dust;
  const Box cube{{0, 0, 0}, {40, 40, 40}};
  for_each_cell(cube, [&](Int3 c) {
    if ((c.x * 7 + c.y * 3 + c.z * 5) % 11 < 4) dust.push_back({c, c + Int3{1, 1, 1}});
  });
  const std::vector<Box> boxes = merged(dust);
  EXPECT_LT(boxes.size(), dust.size());
  EXPECT_EQ(counts(boxes, cube), counts(dust, cube));
}

RC_GTEST_PROP(Boxes, BoxesOfARankAreItsActiveCells, ()) {
  const test::Case c = test::any_case(9);
  const std::vector<Rank> owners = test::owners_of_cells(c);
  const Int3 cells = c.partition.grid().cells;
  std::vector<int> times(owners.size(), 0);
  for (Rank rank = 0; rank < c.partition.ranks(); ++rank)
    for (const Box& box : boxes_of(c.partition, rank)) {
      RC_ASSERT(!box.empty());
      for_each_cell(box, [&](Int3 cell) {
        ++times[test::at(cells, cell)];
        RC_ASSERT(owners[test::at(cells, cell)] == rank);
      });
    }
  for (std::size_t i = 0; i < owners.size(); ++i) RC_ASSERT(times[i] == (owners[i] == nobody ? 0 : 1));
}

// Reference values, computed independently: 4 to 10 boxes a rank, 16 at most, for 3 to 500 ranks. Averages over ranks stay near them.
TEST(Boxes, AHilbertSegmentIsAFewBoxes) {
  for (const Index n : {16, 32})
    for (const int ranks : {3, 5, 7, 13, 27, 61, 100, 200, 500}) {
      const Tiling tiling({{n, n, n}}, 1);
      const Curve curve(Order::hilbert, Fit::embedded, tiling.bricks());
      const Partition partition(Method::hilbert, tiling, {}, Segments{curve, cut(curve, tiling, {}, ranks)});
      std::size_t all = 0, most = 0;
      for (Rank r = 0; r < ranks; ++r) {
        const std::size_t boxes = boxes_of(partition, r).size();
        all += boxes;
        most = std::max(most, boxes);
      }
      EXPECT_LE(static_cast<double>(all) / ranks, 11) << ranks << " ranks on " << n << "^3 bricks";
      EXPECT_LE(most, 16u) << ranks << " ranks on " << n << "^3 bricks";
    }
}

}  // namespace
}  // namespace hilbrick
