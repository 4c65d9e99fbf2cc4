// SPDX-License-Identifier: BSD-3-Clause
#include <hilbrick/partition/cut.hpp>
#include <hilbrick/partition/error.hpp>
#include <string>

namespace hilbrick {

__extension__ using Wide = __int128;  // weights times ranks

std::vector<Key> cut(const Curve& curve, const Tiling& tiling, const Weights& weights, int ranks) {
  if (ranks < 1) throw Error("ranks: expected at least 1, found " + std::to_string(ranks));
  const Wide total = weights.sum(tiling, tiling.brick_box());
  std::vector<Key> cuts(static_cast<std::size_t>(ranks) + 1, curve.end());
  cuts[0] = 0;
  int next = 1;  // the first cut not yet placed; its target is next * total / ranks

  // Visits octants along the curve, `before` being the weight of all bricks before the octant; enters only those that hold a target.
  auto visit = [&](auto& self, int level, Key prefix, Wide before) -> Wide {
    const Box bricks = curve.octant(level, prefix);
    if (bricks.empty()) return before;
    const Wide weight = weights.sum(tiling, bricks);
    const Wide after = before + weight;
    if (next >= ranks || next * total >= after * ranks) return after;
    if (level < curve.levels()) {
      for (Key child = 0; child < 8; ++child) before = self(self, level + 1, prefix << 3 | child, before);
      return after;
    }
    for (; next < ranks && next * total < after * ranks; ++next) {
      const bool nearer_before = 2 * (next * total - before * ranks) <= weight * ranks;
      cuts[static_cast<std::size_t>(next)] = nearer_before ? prefix : prefix + 1;
    }
    return after;
  };
  visit(visit, 0, 0, 0);
  return cuts;
}

}  // namespace hilbrick
