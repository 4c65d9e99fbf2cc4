// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What cells cost, as integers, and which cells exist at all. All questions are sums over boxes, so that cutting a curve never
// visits single bricks. Sums stay at or below 2^62.

#include <hilbrick/partition/box_set.hpp>
#include <hilbrick/partition/cost_model.hpp>
#include <hilbrick/partition/tiling.hpp>
#include <memory>
#include <vector>

namespace hilbrick {

/// Layers of cells at the faces of a grid, which cost more than its inside. An axis that is periodic has none.
///
///      2 2 2 3      `cost` by the axes in whose layers a cell lies, added up: x 1, y 2, z 4.
///      0 0 0 1      Here, in a plane z outside the z layers: high = {1, 1, .}, low = {0, 0, .}.
///      0 0 0 1      Layers that meet fill the axis.
struct Layers {
  std::array<Index, 3> low{}, high{};                 // cells of layer at each face; 0: none
  std::array<Index, 8> cost{1, 1, 1, 1, 1, 1, 1, 1};  // each 1 to Weights::most_cost
};

class Weights {
 public:
  static constexpr Index most_cost = 1'000'000'000'000;

  /// Every cell weighs 1.
  Weights() = default;

  /// Cells weigh what the layers say. Throws Error for layers of less than 0 cells and costs outside 1 to most_cost.
  Weights& layers(const Layers& layers);
  /// Cells within `cells` of a non-periodic face of the grid weigh `factor`, all others 1. Throws Error as layers does.
  Weights& boundary_cost(Index cells, Index factor);
  /// Cells of the set weigh so much more; where several sets meet, all are added. Throws Error for a cost outside 0 to most_cost.
  Weights& extra(BoxSet where, Index cost);

  /// Only cells of `active` exist: the others weigh nothing, are owned by nobody and have no faces.
  Weights& active(BoxSet active);

  /// Weight of each brick of one tiling in place of its cells' weights; x fastest, tiling.brick_count() values >= 0, sum below 2^62.
  /// Give bricks without active cells the weight 0. Throws Error where these do not hold.
  Weights& table(const Tiling& tiling, const std::vector<Index>& weights);

  /// The weight of a box of bricks. Throws Error when there is a table made for another tiling, and when the weight passes 2^62.
  Index sum(const Tiling& tiling, const Box& bricks) const;
  /// An upper bound of the heaviest brick's weight, in constant time: that of a table exactly; else of a brick of the largest extent that
  /// lies in layers and extra sets as far as it could, all of it active. Throws Error when it passes 2^62.
  Index heaviest(const Tiling& tiling) const;
  /// What plain cells weigh: those outside all layers and sets; of a table, whose numbers may mean anything, all active cells.
  Unit unit(const Tiling& tiling) const;
  /// Whether all cells exist and weigh the same.
  bool uniform() const;
  /// Whether the table, if there is one, fits this tiling.
  bool fits(const Tiling& tiling) const { return !table_ || table_->tiling == tiling; }

  /// Active cells in a box of cells, and the box itself cut down to them, as disjoint boxes.
  Index active_cells(const Box& cells) const { return active_ ? active_->volume(cells) : cells.volume(); }
  std::vector<Box> active_pieces(const Box& cells) const;
  bool masked() const { return active_ != nullptr; }

 private:
  struct Extra {
    std::shared_ptr<const BoxSet> where;
    Index cells, cost;
  };
  struct Table {
    Tiling tiling;
    std::vector<Index> prefix;  // sums over bricks below (x, y, z) in every axis; (bricks + 1) values along each axis
    Index heaviest;
  };
  Layers layers_;
  std::vector<Extra> extras_;
  std::shared_ptr<const BoxSet> active_;
  std::shared_ptr<const Table> table_;
};

}  // namespace hilbrick
