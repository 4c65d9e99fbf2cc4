// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Places in their order, node by node, and how a bisection may divide a run of them.

#include <hilbrick/partition/grid.hpp>
#include <span>
#include <vector>

namespace hilbrick {

/// The places [first, first + count).
struct Run {
  int first, count;

  Run low(int places) const { return {first, places}; }
  Run high(int places) const { return {first + places, count - places}; }
};

class Shares {
 public:
  /// Places on each node, at least one node and one place on each.
  explicit Shares(std::span<const int> node_sizes);

  int places() const { return ends_.back(); }
  bool on_one_node(Run run) const { return nodes(run).empty(); }
  /// What the low side may get: between nodes where the run has several, the even division first. `variety` 0: only that; 1: the other
  /// rounding and thirds of multiples of three too; 2: one more and one less as well.
  std::vector<int> lows(Run run, int variety) const;

 private:
  /// The first places of the run's second and later nodes.
  std::span<const int> nodes(Run run) const;

  std::vector<int> ends_;  // of each node: one past its last place
};

/// The share of `low` of `count` places in `amount`, rounded to the nearest integer, half down.
inline Index share(Index amount, Index low, Index count) {
  return static_cast<Index>((2 * static_cast<__int128>(amount) * low + count - 1) / (2 * static_cast<__int128>(count)));
}

}  // namespace hilbrick
