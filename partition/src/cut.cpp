// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <hilbrick/partition/cut.hpp>
#include <hilbrick/partition/error.hpp>
#include <string>

#include "line.hpp"

namespace hilbrick {
namespace {

void require_ranks(int ranks) {
  if (ranks < 1) throw Error("ranks: expected at least 1, found " + std::to_string(ranks));
}

/// The farthest position that a place which starts at `from` can end at without weighing more than `bound`.
std::size_t farthest(const Line& line, std::size_t from, Index bound) {
  const auto after =
      std::upper_bound(line.before.begin() + static_cast<std::ptrdiff_t>(from), line.before.end(), line.before[from] + bound);
  return static_cast<std::size_t>(after - line.before.begin()) - 1;
}

bool suffices(const Line& line, int ranks, Index bound) {
  std::size_t at = 0;
  for (int r = 0; r < ranks && at < line.keys.size(); ++r) at = farthest(line, at, bound);
  return at == line.keys.size();
}

}  // namespace

Line line_of(const Curve& curve, const Tiling& tiling, const Weights& weights) {
  Line line{{}, {}, {0}};
  auto visit = [&](auto& self, const CurveBlock& block) -> void {
    const Index weight = weights.sum(tiling, block.bricks);
    if (weight == 0 && weights.active_cells(tiling.cells_of(block.bricks)) == 0) return;
    std::array<CurveBlock, 8> parts;
    const int n = curve.divide(block, parts);
    for (int i = 0; i < n; ++i) self(self, parts[static_cast<std::size_t>(i)]);
    if (n > 0) return;
    line.keys.push_back(block.first);
    line.bricks.push_back(block.bricks.lo);
    line.before.push_back(line.before.back() + weight);
  };
  visit(visit, curve.root());
  return line;
}

std::vector<Key> keys_at(const Curve& curve, const Tiling& tiling, const Weights& weights, std::span<const Wide> targets,
                         Wide denominator) {
  std::vector<Key> keys(targets.size(), curve.end());
  std::size_t next = 0;  // the first target not yet found
  // Walks blocks along the curve, `before` being the weight of all before the block; enters only those that hold a target.
  auto visit = [&](auto& self, const CurveBlock& block, Wide before) -> Wide {
    const Wide weight = weights.sum(tiling, block.bricks), after = before + weight;
    if (next == targets.size() || targets[next] >= after * denominator) return after;
    std::array<CurveBlock, 8> parts;
    const int n = curve.divide(block, parts);
    for (int i = 0; i < n; ++i) before = self(self, parts[static_cast<std::size_t>(i)], before);
    for (; n == 0 && next < targets.size() && targets[next] < after * denominator; ++next) {
      const bool nearer_before = 2 * (targets[next] - before * denominator) <= weight * denominator;
      keys[next] = nearer_before ? block.first : block.last;
    }
    return after;
  };
  visit(visit, curve.root(), 0);
  return keys;
}

std::vector<Key> cut(const Curve& curve, const Tiling& tiling, const Weights& weights, int ranks) {
  require_ranks(ranks);
  const Wide total = weights.sum(tiling, tiling.brick_box());
  std::vector<Wide> targets;
  targets.reserve(static_cast<std::size_t>(ranks) + 1);
  for (int k = 0; k <= ranks; ++k) targets.push_back(k * total);
  std::vector<Key> cuts = keys_at(curve, tiling, weights, targets, ranks);
  cuts.front() = 0;
  cuts.back() = curve.end();
  return cuts;
}

std::vector<Key> cut_exactly(const Curve& curve, const Tiling& tiling, const Weights& weights, int ranks) {
  require_ranks(ranks);
  const Line line = line_of(curve, tiling, weights);
  const std::size_t bricks = line.keys.size();
  const Index total = line.before.back();
  // The least bound that suffices: at least the mean and the heaviest brick, at most their sum.
  Index heaviest = 0;
  for (std::size_t i = 0; i < bricks; ++i) heaviest = std::max(heaviest, line.weight(i));
  Index low = std::max(heaviest, ceil_div(total, ranks)), high = ceil_div(total, ranks) + heaviest;
  while (low < high) {
    const Index middle = low + (high - low) / 2;
    if (suffices(line, ranks, middle))
      high = middle;
    else
      low = middle + 1;
  }
  const Index bound = low;

  // Cut k may stand no later than where the places before it are full, no earlier than where those after it are.
  std::vector<std::size_t> earliest(static_cast<std::size_t>(ranks) + 1, 0);
  std::size_t at = earliest.back() = bricks;
  for (int k = ranks - 1; k >= 0; --k) {
    const auto first =
        std::lower_bound(line.before.begin(), line.before.begin() + static_cast<std::ptrdiff_t>(at), line.before[at] - bound);
    earliest[static_cast<std::size_t>(k)] = at = static_cast<std::size_t>(first - line.before.begin());
  }
  std::vector<Key> cuts(static_cast<std::size_t>(ranks) + 1, curve.end());
  cuts[0] = 0;
  at = 0;
  for (int k = 1; k < ranks; ++k) {
    const std::size_t from = std::max(at, earliest[static_cast<std::size_t>(k)]), to = farthest(line, at, bound);
    HILBRICK_ASSERT(from <= to);
    const auto miss = [&](std::size_t i) {
      const Wide m = Wide{line.before[i]} * ranks - Wide{k} * total;
      return m < 0 ? -m : m;
    };
    const Wide target = Wide{k} * total / ranks;
    const auto after = std::lower_bound(line.before.begin() + static_cast<std::ptrdiff_t>(from),
                                        line.before.begin() + static_cast<std::ptrdiff_t>(to), static_cast<Index>(target));
    at = static_cast<std::size_t>(after - line.before.begin());
    if (at > from && miss(at - 1) <= miss(at)) --at;
    if (at < to && miss(at + 1) < miss(at)) ++at;
    cuts[static_cast<std::size_t>(k)] = at < bricks ? line.keys[at] : curve.end();
  }
  return cuts;
}

}  // namespace hilbrick
