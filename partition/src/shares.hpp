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

/// Which divisions of n nodes or places are looked at. half: floor(n / 2). few: both halves, thirds and fifths where they divide n. many:
/// one less than half, too.
enum class Variety { half, few, many };

class Shares {
 public:
  /// Places on each node, at least one node and one place on each.
  explicit Shares(std::span<const int> node_sizes);

  int places() const { return ends_.back(); }
  bool on_one_node(Run run) const { return nodes(run).empty(); }
  /// What a run of several places is divided in: its nodes, where it has several, else its places.
  int units(Run run) const;
  /// The smallest prime factor up to 7 of the units; 2 where there is none.
  int slices(Run run) const;
  /// How many places the first so many units of a run have.
  int first(Run run, int units) const;
  /// How many places the low side may get.
  std::vector<int> lows(Run run, Variety variety) const;

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
