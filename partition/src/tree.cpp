// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <hilbrick/partition/tree.hpp>

#include "sums.hpp"

namespace hilbrick {

void Tree::Split::divide(const Box& whole, std::vector<Box>& low_side, std::vector<Box>& high_side) const {
  const auto add = [&](std::vector<Box>& side, const Box& part) {
    if (!part.empty()) side.push_back(part);
  };
  Box box = whole;
  if (step.axis >= 0) {
    Box beside = whole;
    (step.below ? beside.hi : beside.lo)[step.axis] = (step.below ? box.lo : box.hi)[step.axis] =
        std::clamp<Index>(step.plane, whole.lo[step.axis], whole.hi[step.axis]);
    Box lower = beside, upper = beside;
    lower.hi[axes[0]] = upper.lo[axes[0]] = std::clamp<Index>(step.end, whole.lo[axes[0]], whole.hi[axes[0]]);
    add(low_side, lower);
    add(high_side, upper);
    if (box.empty()) return;
  }

  // `at` moved to the first brick of the box that does not come before it: (p0, p1, p2) in the order of the axes.
  const int a0 = axes[0], a1 = axes[1], a2 = axes[2];
  Index p0 = at[static_cast<std::size_t>(a0)], p1 = at[static_cast<std::size_t>(a1)], p2 = at[static_cast<std::size_t>(a2)];
  if (p0 < box.lo[a0]) {
    high_side.push_back(box);
    return;
  }
  if (p1 < box.lo[a1]) {
    p1 = box.lo[a1];
    p2 = box.lo[a2];
  }
  if (p2 >= box.hi[a2]) {
    p2 = box.lo[a2];
    ++p1;
  }
  if (p1 >= box.hi[a1]) {
    p1 = box.lo[a1];
    p2 = box.lo[a2];
    ++p0;
  }
  if (p0 >= box.hi[a0]) {
    low_side.push_back(box);
    return;
  }
  p2 = std::max(p2, box.lo[a2]);

  const bool row_divided = p2 > box.lo[a2], plane_divided = row_divided || p1 > box.lo[a1];
  Box below = box, above = box;
  below.hi[a0] = p0;
  above.lo[a0] = plane_divided ? p0 + 1 : p0;
  add(low_side, below);
  add(high_side, above);
  if (!plane_divided) return;
  Box plane = box;
  plane.lo[a0] = p0;
  plane.hi[a0] = p0 + 1;
  below = above = plane;
  below.hi[a1] = p1;
  above.lo[a1] = row_divided ? p1 + 1 : p1;
  add(low_side, below);
  add(high_side, above);
  if (!row_divided) return;
  Box row = plane;
  row.lo[a1] = p1;
  row.hi[a1] = p1 + 1;
  below = above = row;
  below.hi[a2] = above.lo[a2] = p2;
  add(low_side, below);
  add(high_side, above);
}

int Tree::place(Int3 brick) const {
  std::size_t i = 0;
  int first = 0, count = places();
  while (count > 1) {
    const Split& s = splits_[i];
    if (s.before(brick)) {
      count = s.low;
      ++i;
    } else {
      first += s.low;
      count -= s.low;
      i += static_cast<std::size_t>(s.low);
    }
  }
  return first;
}

std::vector<Box> Tree::boxes(int place) const {
  std::vector<Box> region{Box{{0, 0, 0}, bricks_}}, low, high;
  std::size_t i = 0;
  int first = 0, count = places();
  while (count > 1) {
    const Split& s = splits_[i];
    low.clear();
    high.clear();
    for (const Box& box : region) s.divide(box, low, high);
    if (place < first + s.low) {
      region.swap(low);
      count = s.low;
      ++i;
    } else {
      region.swap(high);
      first += s.low;
      count -= s.low;
      i += static_cast<std::size_t>(s.low);
    }
  }
  return region;
}

Int3 cut_faces(const Tree& tree, const Tiling& tiling, const Weights& weights) {
  const Sums sums(tiling, weights);
  Int3 total;
  auto down = [&](auto& self, const std::vector<Box>& region, std::size_t i, int count) -> void {
    if (count == 1 || region.empty()) return;
    const Tree::Split& s = tree.splits()[i];
    std::vector<Box> low, high;
    for (const Box& box : region) s.divide(box, low, high);
    total = total + sums.faces_between(low, high);
    self(self, low, i + 1, s.low);
    self(self, high, i + static_cast<std::size_t>(s.low), count - s.low);
  };
  down(down, {tiling.brick_box()}, 0, tree.places());
  return total;
}

}  // namespace hilbrick
