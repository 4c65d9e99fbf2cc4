// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What hilbrick-calibrate measures, as plain values, and the constants that follow from it. Seconds are medians of the slowest rank.

#include <array>
#include <hilbrick/partition/machine.hpp>
#include <optional>
#include <string>
#include <vector>

namespace hilbrick::calibrate {

/// Steps of a closed vacuum box of so many cells, every rank its own at the same time.
struct BoxTime {
  Int3 cells;
  double step_seconds;
  bool fitted = true;  // as large as the boxes that the constants are for, so in the same caches or beyond them
};

/// Exchanges of Yee's halos in a ring of ranks: in a step each sends one message to each neighbour.
struct RingTime {
  int axis;     // that the faces between ranks are normal to
  Index edge;   // of the square faces, in cells
  Index bytes;  // that a rank sends in a step
  double step_seconds;
};

/// Rings over one transport. Those of `times` send data written just before.
struct Rings {
  double message_seconds = 0;  // of exchanges of next to nothing, one after the other
  double small_seconds = 0;    // a step of next to nothing, measured as `times` are: what of them is no bytes
  std::vector<RingTime> times;
};

/// Ranks of a node among themselves, all nodes at once.
struct OnNode {
  Rings message;
  std::optional<Rings> shared;  // none where ranks of a node do not see each other's memory
  double shared_setup_seconds = 0;
  std::string fallback;  // why there is none
};

/// Rings of one rank of each node.
struct BetweenNodes {
  double message_seconds = 0;
  double small_seconds = 0;
  Index bytes = 0;              // that a rank sends in a step
  double alone_seconds = 0;     // a step of one ring
  double together_seconds = 0;  // and of as many rings at once as nodes have ranks
  int rings = 1;
};

struct Measured {
  int ranks = 1, nodes = 1, ranks_on_node = 1, cores_on_node = 1;
  std::vector<BoxTime> boxes;
  double copy_bytes_per_second = 0;  // each rank's, all copying at once
  std::optional<OnNode> on_node;     // where ranks share a node
  std::optional<BetweenNodes> between_nodes;
};

/// seconds_per_cell and seconds_per_row by least squares of the relative deviations of the boxes to fit; no row costs less than nothing.
struct UpdateCost {
  double cell, row;
};
UpdateCost update_cost(const std::vector<BoxTime>& boxes);

/// Bytes that a rank moves in a second across faces normal to each axis, medians over their sizes.
std::array<double, 3> bytes_per_second(const Rings& rings);

/// Seconds of a step that the transport `shared` saves in the largest ring whose faces are normal to the axis; below 0 where it loses.
double saved_by_sharing(const OnNode& on_node, int axis);

/// The constants; what was not measured keeps its default.
Machine machine_of(const Measured& measured);

/// All of it as tables for people.
std::string table(const Measured& measured, const Machine& machine);

}  // namespace hilbrick::calibrate
