// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <hilbrick/partition/error.hpp>
#include <hilbrick/partition/weights.hpp>
#include <limits>
#include <string>
#include <utility>

namespace hilbrick {
namespace {

constexpr Index heaviest_sum = Index{1} << 62;

std::size_t prefix_at(Int3 bricks, Index x, Index y, Index z) {
  return static_cast<std::size_t>(x + (bricks.x + 1) * (y + (bricks.y + 1) * z));
}

Index checked(Wide weight) {
  if (weight > heaviest_sum)
    throw Error("weights: expected sums of at most 2^62, found a larger one; use smaller costs, or larger units of them");
  return static_cast<Index>(weight);
}

void check_cost(const char* what, Index cost, Index least) {
  if (cost < least || cost > Weights::most_cost)
    throw Error(std::string(what) + ": expected an integer from " + std::to_string(least) + " to " + std::to_string(Weights::most_cost) +
                ", found " + std::to_string(cost));
}

/// Where the inside of a grid begins and ends along an axis: all before and behind is layer.
std::array<Index, 2> inside(const Grid& grid, const Layers& layers, int axis) {
  const Index n = grid.cells[axis];
  if (grid.periodic[axis]) return {0, n};
  const Index begin = std::min(layers.low[axis], n);
  return {begin, std::max(begin, n - layers.high[axis])};
}

}  // namespace

Weights& Weights::layers(const Layers& layers) {
  for (const auto* side : {&layers.low, &layers.high})
    for (const Index cells : *side)
      if (cells < 0) throw Error("layers: expected at least 0 cells, found " + std::to_string(cells));
  for (const Index cost : layers.cost) check_cost("cost of a cell in layers", cost, 1);
  layers_ = layers;
  return *this;
}

Weights& Weights::boundary_cost(Index cells, Index factor) {
  Layers around;
  around.low.fill(cells);
  around.high.fill(cells);
  around.cost.fill(factor);
  around.cost[0] = 1;
  return layers(around);
}

Weights& Weights::extra(BoxSet where, Index cost) {
  check_cost("extra cost of a cell", cost, 0);
  Index cells = 0;
  for (const Box& box : where.boxes()) cells += box.volume();
  extras_.push_back({std::make_shared<const BoxSet>(std::move(where)), cells, cost});
  return *this;
}

Weights& Weights::active(BoxSet active) {
  active_ = std::make_shared<const BoxSet>(std::move(active));
  return *this;
}

Weights& Weights::table(const Tiling& tiling, const std::vector<Index>& weights) {
  const Int3 n = tiling.bricks();
  if (static_cast<Index>(weights.size()) != tiling.brick_count())
    throw Error("table of weights: expected one for each of " + std::to_string(tiling.brick_count()) + " bricks, found " +
                std::to_string(weights.size()));
  std::vector<Index> prefix(static_cast<std::size_t>(product(n + Int3{1, 1, 1})), 0);
  Index heaviest = 0;
  std::size_t i = 0;
  for (Index z = 0; z < n.z; ++z)
    for (Index y = 0; y < n.y; ++y) {
      Index row = 0;
      for (Index x = 0; x < n.x; ++x) {
        const Index w = weights[i++];
        if (w < 0) throw Error("table of weights: expected weights >= 0, found " + std::to_string(w));
        const Index before =
            prefix[prefix_at(n, x + 1, y, z + 1)] + prefix[prefix_at(n, x + 1, y + 1, z)] - prefix[prefix_at(n, x + 1, y, z)];
        if (w > std::numeric_limits<Index>::max() / 2 - before - row) throw Error("table of weights: their sum must stay below 2^62");
        row += w;
        prefix[prefix_at(n, x + 1, y + 1, z + 1)] = row + before;
        heaviest = std::max(heaviest, w);
      }
    }
  table_ = std::make_shared<const Table>(Table{tiling, std::move(prefix), heaviest});
  return *this;
}

Index Weights::sum(const Tiling& tiling, const Box& bricks) const {
  if (bricks.empty()) return 0;
  const Box cells = tiling.cells_of(bricks);
  if (table_) {
    if (!fits(tiling)) throw Error("table of weights: it was made for another tiling");
    const auto at = [&](Index x, Index y, Index z) { return table_->prefix[prefix_at(tiling.bricks(), x, y, z)]; };
    const auto& [lo, hi] = bricks;
    return at(hi.x, hi.y, hi.z) - at(lo.x, hi.y, hi.z) - at(hi.x, lo.y, hi.z) - at(hi.x, hi.y, lo.z) + at(lo.x, lo.y, hi.z) +
           at(lo.x, hi.y, lo.z) + at(hi.x, lo.y, lo.z) - at(lo.x, lo.y, lo.z);
  }
  // Along each axis a box has up to three parts: 0 in the low layer, 1 inside, 2 in the high layer.
  std::array<std::array<Index, 4>, 3> cut;
  Box parts;
  for (int a = 0; a < 3; ++a) {
    const auto [begin, end] = inside(tiling.grid(), layers_, a);
    cut[a] = {cells.lo[a], std::clamp(begin, cells.lo[a], cells.hi[a]), std::clamp(end, cells.lo[a], cells.hi[a]), cells.hi[a]};
    parts.lo[a] = cells.lo[a] >= end ? 2 : cells.lo[a] >= begin ? 1 : 0;
    parts.hi[a] = cells.hi[a] > end ? 3 : cells.hi[a] > begin ? 2 : 1;
  }
  Wide weight = 0;
  for_each_cell(parts, [&](Int3 part) {
    Box piece;
    std::size_t in_layers = 0;
    for (int a = 0; a < 3; ++a) {
      piece.lo[a] = cut[a][part[a]];
      piece.hi[a] = cut[a][part[a] + 1];
      in_layers |= part[a] == 1 ? std::size_t{0} : std::size_t{1} << a;
    }
    if (!piece.empty()) weight += static_cast<Wide>(layers_.cost[in_layers]) * active_cells(piece);
  });
  for (const Extra& extra : extras_)
    for (const Box& piece : extra.where->pieces(cells)) weight += static_cast<Wide>(extra.cost) * active_cells(piece);
  return checked(weight);
}

Index Weights::heaviest(const Tiling& tiling) const {
  if (table_) {
    if (!fits(tiling)) throw Error("table of weights: it was made for another tiling");
    return table_->heaviest;
  }
  // Of a brick with d cells in the layers of each axis the weight is linear in each of the three: it is highest where each is none or most.
  Int3 edge, deepest;
  for (int a = 0; a < 3; ++a) {
    const auto [begin, end] = inside(tiling.grid(), layers_, a);
    const Index n = tiling.grid().cells[a];
    edge[a] = ceil_div(n, tiling.bricks()[a]);
    // In one layer, or around the inside in both.
    deepest[a] = std::min(edge[a], std::max({begin, n - end, edge[a] - (end - begin)}));
  }
  Wide most = 0;
  for_each_cell({{0, 0, 0}, {2, 2, 2}}, [&](Int3 deep) {
    Wide weight = 0;
    for (std::size_t in_layers = 0; in_layers < layers_.cost.size(); ++in_layers) {
      Wide cells = layers_.cost[in_layers];
      for (int a = 0; a < 3; ++a) {
        const Index in_layer = deep[a] * deepest[a];
        cells *= (in_layers >> a & 1) != 0 ? in_layer : edge[a] - in_layer;
      }
      weight += cells;
    }
    most = std::max(most, weight);
  });
  for (const Extra& extra : extras_) most += static_cast<Wide>(extra.cost) * std::min(extra.cells, product(edge));
  return checked(most);
}

Unit Weights::unit(const Tiling& tiling) const {
  if (!table_) return {layers_.cost[0], 1};
  const Index weight = sum(tiling, tiling.brick_box()), cells = active_cells(tiling.grid().box());
  return weight > 0 && cells > 0 ? Unit{weight, cells} : Unit{};
}

bool Weights::uniform() const {
  const bool flat = std::all_of(layers_.cost.begin(), layers_.cost.end(), [&](Index cost) { return cost == layers_.cost[0]; });
  return flat && extras_.empty() && !masked() && !table_;
}

std::vector<Box> Weights::active_pieces(const Box& cells) const {
  if (active_) return active_->pieces(cells);
  return cells.empty() ? std::vector<Box>{} : std::vector<Box>{cells};
}

}  // namespace hilbrick
