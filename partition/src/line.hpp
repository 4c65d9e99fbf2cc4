// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <hilbrick/partition/curve.hpp>
#include <hilbrick/partition/weights.hpp>
#include <vector>

namespace hilbrick {

/// All bricks that have cells, in the curve's order.
struct Line {
  std::vector<Key> keys;
  std::vector<Int3> bricks;
  std::vector<Index> before;  // the weight before each, and after the last

  Index weight(std::size_t i) const { return before[i + 1] - before[i]; }
};

Line line_of(const Curve& curve, const Tiling& tiling, const Weights& weights);

}  // namespace hilbrick
