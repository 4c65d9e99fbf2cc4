// SPDX-License-Identifier: BSD-3-Clause
#include "surface.hpp"

#include <algorithm>
#include <vector>

namespace hilbrick {
namespace {

/// Faces normal to the axis at which boxes touch each other, or themselves around a periodic axis.
Index contacts(const Grid& grid, int axis, std::span<const Box> boxes) {
  const int u = (axis + 1) % 3, v = (axis + 2) % 3;
  const auto plane = [&](Index at) { return grid.periodic[axis] && at == grid.cells[axis] ? 0 : at; };
  std::vector<std::pair<Index, const Box*>> low, high;  // by the plane of their low and high faces
  for (const Box& b : boxes) {
    low.emplace_back(plane(b.lo[axis]), &b);
    high.emplace_back(plane(b.hi[axis]), &b);
  }
  std::sort(low.begin(), low.end());
  std::sort(high.begin(), high.end());
  Index faces = 0;
  auto first = low.begin();
  for (const auto& [at, below] : high) {
    while (first != low.end() && first->first < at) ++first;
    for (auto above = first; above != low.end() && above->first == at; ++above) {
      const Index width = std::min(below->hi[u], above->second->hi[u]) - std::max(below->lo[u], above->second->lo[u]);
      const Index depth = std::min(below->hi[v], above->second->hi[v]) - std::max(below->lo[v], above->second->lo[v]);
      if (width > 0 && depth > 0) faces += width * depth;
    }
  }
  return faces;
}

}  // namespace

std::vector<Box> active_boxes(const Tiling& tiling, const Weights& weights, const std::vector<Box>& bricks) {
  std::vector<Box> cells;
  for (const Box& box : bricks)
    for (const Box& piece : weights.active_pieces(tiling.cells_of(box))) cells.push_back(piece);
  return cells;
}

Int3 outer_faces(const Grid& grid, const Weights& weights, std::span<const Box> mine) {
  Int3 faces;
  for (int axis = 0; axis < 3; ++axis) {
    const Index n = grid.cells[axis];
    for (const Box& box : mine)
      for (const bool above : {false, true}) {
        Index at = above ? box.hi[axis] : box.lo[axis] - 1;
        if (at < 0 || at >= n) {
          if (!grid.periodic[axis]) continue;
          at -= floor_div(at, n) * n;
        }
        Box layer = box;
        layer.lo[axis] = at;
        layer.hi[axis] = at + 1;
        faces[axis] += weights.active_cells(layer);
      }
    faces[axis] -= 2 * contacts(grid, axis, mine);
  }
  return faces;
}

Index faces_between(const Tiling& tiling, const Weights& weights, int axis, Int3 lower, Int3 upper) {
  const Box below = tiling.cells_of(lower), above = tiling.cells_of(upper);
  if (!weights.masked()) return below.extent()[(axis + 1) % 3] * below.extent()[(axis + 2) % 3];
  // The lower brick's last layer against the upper brick's first, both moved to plane 0.
  const auto layer = [&](Box cells, Index at) {
    cells.lo[axis] = at;
    cells.hi[axis] = at + 1;
    std::vector<Box> pieces = weights.active_pieces(cells);
    for (Box& p : pieces) {
      p.lo[axis] = 0;
      p.hi[axis] = 1;
    }
    return pieces;
  };
  Index faces = 0;
  const auto uppers = layer(above, above.lo[axis]);
  for (const Box& a : layer(below, below.hi[axis] - 1))
    for (const Box& b : uppers) {
      const Box both = intersection(a, b);
      if (!both.empty()) faces += both.volume();
    }
  return faces;
}

}  // namespace hilbrick
