// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Weights and cell faces of regions: disjoint boxes of bricks. Nothing is counted brick by brick.

#include <array>
#include <hilbrick/partition/box_set.hpp>
#include <hilbrick/partition/tiling.hpp>
#include <hilbrick/partition/weights.hpp>
#include <optional>
#include <span>
#include <vector>

namespace hilbrick {

class Sums {
 public:
  Sums(const Tiling& tiling, const Weights& weights);

  /// Boxes of the mask of active cells, which weights and faces are sums over; 0 where there is none.
  Index mask_boxes() const { return mask_boxes_; }

  Index weight(const Box& box) const;
  Index weight(std::span<const Box> region) const;
  /// The weight of a region's bricks below a plane of an axis.
  Index weight_below(std::span<const Box> region, int axis, Index plane) const;

  /// Faces normal to x, y, z between active cells of two disjoint regions, periodic axes closed.
  Int3 faces_between(std::span<const Box> a, std::span<const Box> b) const;
  /// Faces between active cells of a box and of the rest of the tiling, periodic axes closed.
  Int3 faces_around(const Box& box) const;

 private:
  Index first_cell(int axis, Index brick) const { return first_cell_[static_cast<std::size_t>(axis)][static_cast<std::size_t>(brick)]; }
  /// Faces normal to the axis between layer `lower` of bricks and the one above it, over the cross-section of a box of bricks.
  Index faces_across(int axis, Index lower, const Box& section) const;

  const Tiling& tiling_;
  const Weights& weights_;
  bool uniform_;
  Index mask_boxes_ = 0;
  std::array<std::vector<Index>, 3> first_cell_;  // along each axis: of each brick, and one past the last cell
  std::optional<std::array<BoxSet, 3>> pairs_;    // masked only: the active cells whose upper neighbour along x, y, z is active too
};

}  // namespace hilbrick
