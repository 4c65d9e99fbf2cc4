// SPDX-License-Identifier: BSD-3-Clause
#include <hilbrick/partition/error.hpp>
#include <hilbrick/partition/weights.hpp>
#include <limits>
#include <string>
#include <utility>

namespace hilbrick {
namespace {

std::size_t prefix_at(Int3 bricks, Index x, Index y, Index z) {
  return static_cast<std::size_t>(x + (bricks.x + 1) * (y + (bricks.y + 1) * z));
}

}  // namespace

Weights& Weights::boundary_cost(Index cells, Index factor) {
  if (cells < 0 || factor < 1)
    throw Error("boundary cost: expected cells >= 0 and an integer factor >= 1, found " + std::to_string(cells) + ":" +
                std::to_string(factor));
  boundary_cells_ = cells;
  boundary_factor_ = factor;
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
      }
    }
  table_ = std::make_shared<const Table>(Table{tiling, std::move(prefix)});
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
  Index weight = active_cells(cells);
  if (boundary_cells_ > 0 && boundary_factor_ > 1) {
    Box inner = tiling.grid().box();
    for (int a = 0; a < 3; ++a)
      if (!tiling.grid().periodic[a]) {
        inner.lo[a] += boundary_cells_;
        inner.hi[a] -= boundary_cells_;
      }
    const Box cheap = intersection(cells, inner);
    weight = boundary_factor_ * weight - (boundary_factor_ - 1) * (cheap.empty() ? 0 : active_cells(cheap));
  }
  return weight;
}

std::vector<Box> Weights::active_pieces(const Box& cells) const {
  if (active_) return active_->pieces(cells);
  return cells.empty() ? std::vector<Box>{} : std::vector<Box>{cells};
}

}  // namespace hilbrick
