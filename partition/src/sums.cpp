// SPDX-License-Identifier: BSD-3-Clause
#include "sums.hpp"

namespace hilbrick {
namespace {

/// Of the active cells those whose upper neighbour along the axis, around a periodic axis too, is active.
BoxSet active_pairs(const Grid& grid, const Weights& weights, const std::vector<Box>& active, int axis) {
  std::vector<Box> found;
  const auto match = [&](const Box& lower, Int3 step) {
    for (const Box& upper : weights.active_pieces(intersection(shifted(lower, step), grid.box()))) found.push_back(shifted(upper, -step));
  };
  for (const Box& box : active) {
    match(box, unit(axis));
    if (!grid.periodic[static_cast<std::size_t>(axis)] || box.hi[axis] < grid.cells[axis]) continue;
    Box last = box;
    last.lo[axis] = box.hi[axis] - 1;
    Int3 around;
    around[axis] = 1 - grid.cells[axis];
    match(last, around);
  }
  return BoxSet(found);
}

}  // namespace

Sums::Sums(const Tiling& tiling, const Weights& weights) : tiling_(tiling), weights_(weights), uniform_(weights.uniform()) {
  for (int a = 0; a < 3; ++a)
    for (Index b = 0; b <= tiling.bricks()[a]; ++b) first_cell_[static_cast<std::size_t>(a)].push_back(tiling.first_cell(a, b));
  if (!weights.masked()) return;
  const Grid& grid = tiling.grid();
  const std::vector<Box> active = weights.active_pieces(grid.box());
  mask_boxes_ = static_cast<Index>(active.size());
  pairs_ = {active_pairs(grid, weights, active, 0), active_pairs(grid, weights, active, 1), active_pairs(grid, weights, active, 2)};
}

Index Sums::weight(const Box& box) const {
  if (!uniform_) return weights_.sum(tiling_, box);
  Index weight = weights_.unit(tiling_).weight;
  for (int a = 0; a < 3; ++a) weight *= first_cell(a, box.hi[a]) - first_cell(a, box.lo[a]);
  return weight;
}

Index Sums::weight(std::span<const Box> region) const {
  Index weight_of_all = 0;
  for (const Box& box : region) weight_of_all += weight(box);
  return weight_of_all;
}

Index Sums::weight_below(std::span<const Box> region, int axis, Index plane) const {
  Index below = 0;
  for (Box box : region) {
    box.hi[axis] = std::min(box.hi[axis], plane);
    if (box.lo[axis] < box.hi[axis]) below += weight(box);
  }
  return below;
}

Int3 Sums::faces_between(std::span<const Box> a, std::span<const Box> b) const {
  const Grid& grid = tiling_.grid();
  Int3 faces;
  for (const Box& p : a)
    for (const Box& q : b) {
      const Box both = intersection(p, q);
      for (int axis = 0; axis < 3; ++axis) {
        const int u = (axis + 1) % 3, v = (axis + 2) % 3;
        if (both.lo[u] >= both.hi[u] || both.lo[v] >= both.hi[v]) continue;
        if (p.hi[axis] == q.lo[axis]) faces[axis] += faces_across(axis, p.hi[axis] - 1, both);
        if (q.hi[axis] == p.lo[axis]) faces[axis] += faces_across(axis, q.hi[axis] - 1, both);
        if (!grid.periodic[static_cast<std::size_t>(axis)]) continue;
        const Index n = tiling_.bricks()[axis];
        if (p.lo[axis] == 0 && q.hi[axis] == n) faces[axis] += faces_across(axis, n - 1, both);
        if (q.lo[axis] == 0 && p.hi[axis] == n) faces[axis] += faces_across(axis, n - 1, both);
      }
    }
  return faces;
}

Int3 Sums::faces_around(const Box& box) const {
  Int3 faces;
  for (int axis = 0; axis < 3; ++axis) {
    const Index n = tiling_.bricks()[axis];
    const bool periodic = tiling_.grid().periodic[static_cast<std::size_t>(axis)];
    if (box.empty() || (box.lo[axis] == 0 && box.hi[axis] == n)) continue;
    if (box.lo[axis] > 0 || periodic) faces[axis] += faces_across(axis, (box.lo[axis] > 0 ? box.lo[axis] : n) - 1, box);
    if (box.hi[axis] < n || periodic) faces[axis] += faces_across(axis, box.hi[axis] - 1, box);
  }
  return faces;
}

Index Sums::faces_across(int axis, Index lower, const Box& section) const {
  Box cells;
  for (int a = 0; a < 3; ++a) {
    cells.lo[a] = a == axis ? first_cell(a, lower + 1) - 1 : first_cell(a, section.lo[a]);
    cells.hi[a] = first_cell(a, a == axis ? lower + 1 : section.hi[a]);
  }
  return pairs_ ? (*pairs_)[static_cast<std::size_t>(axis)].volume(cells) : cells.volume();
}

}  // namespace hilbrick
