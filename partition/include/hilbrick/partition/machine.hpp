// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What the planner knows of a machine. The constants are round numbers of a current dual-socket node with a 100 Gbit/s link; measure your
// own before you trust a modelled second (ratios between methods depend on them little).

#include <hilbrick/partition/grid.hpp>

namespace hilbrick {

/// How a launcher lays ranks onto nodes: node 0 first, or one rank to each node in turn.
enum class Distribution { block, cyclic };

struct Machine {
  int ranks_per_node = 0;  // 0: all ranks share one node
  Distribution distribution = Distribution::block;

  double seconds_per_load = 4e-9;       // one cell of weight 1, one step (250 Mcells/s a rank)
  double message_seconds = 2e-6;        // start-up of one message
  double node_bytes_per_second = 5e9;   // what one rank moves to a peer on its node
  double rank_bytes_per_second = 8e9;   // what one rank alone sends to other nodes
  double link_bytes_per_second = 12e9;  // what a node sends to other nodes, all its ranks together

  Int3 face_cost{1, 1, 1};  // what a cut cell face normal to x, y, z costs, relative to each other; >= 1

  int nodes(int ranks) const { return ranks_per_node > 0 ? (ranks + ranks_per_node - 1) / ranks_per_node : 1; }
  int node_of(Rank rank, int ranks) const {
    if (ranks_per_node <= 0) return 0;
    return distribution == Distribution::block ? rank / ranks_per_node : rank % nodes(ranks);
  }
};

}  // namespace hilbrick
