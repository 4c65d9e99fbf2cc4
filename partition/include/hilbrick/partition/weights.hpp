// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What cells cost, as integers, and which cells exist at all. All questions are sums over boxes, so that cutting a curve never
// visits single bricks. Sums stay below 2^63.

#include <hilbrick/partition/box_set.hpp>
#include <hilbrick/partition/tiling.hpp>
#include <memory>
#include <optional>
#include <vector>

namespace hilbrick {

class Weights {
 public:
  /// Every cell weighs 1.
  Weights() = default;

  /// Cells within `cells` of a non-periodic face of the grid weigh `factor` (>= 1), once, however many faces are near.
  /// Throws Error for cells < 0 or factor < 1.
  Weights& boundary_cost(Index cells, Index factor);

  /// Only cells of `active` exist: the others weigh nothing, are owned by nobody and have no faces.
  Weights& active(BoxSet active);

  /// Weight of each brick of one tiling in place of its cells' weights; x fastest, tiling.brick_count() values >= 0, sum below 2^62.
  /// Give bricks without active cells the weight 0. Throws Error where these do not hold.
  Weights& table(const Tiling& tiling, const std::vector<Index>& weights);

  /// The weight of a box of bricks. Throws Error when there is a table made for another tiling.
  Index sum(const Tiling& tiling, const Box& bricks) const;
  /// Whether the table, if there is one, fits this tiling.
  bool fits(const Tiling& tiling) const { return !table_ || table_->tiling == tiling; }

  /// Active cells in a box of cells, and the box itself cut down to them, as disjoint boxes.
  Index active_cells(const Box& cells) const { return active_ ? active_->volume(cells) : cells.volume(); }
  std::vector<Box> active_pieces(const Box& cells) const;
  bool masked() const { return active_ != nullptr; }

 private:
  struct Table {
    Tiling tiling;
    std::vector<Index> prefix;  // sums over bricks below (x, y, z) in every axis; (bricks + 1) values along each axis
  };
  Index boundary_cells_ = 0, boundary_factor_ = 1;
  std::shared_ptr<const BoxSet> active_;
  std::shared_ptr<const Table> table_;
};

}  // namespace hilbrick
