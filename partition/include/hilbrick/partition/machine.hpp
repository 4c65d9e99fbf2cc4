// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What the planner knows of a machine. The constants are round numbers of a current dual-socket node with a 100 Gbit/s link; measure your
// own by hilbrick-calibrate before you trust a modelled second.

#include <hilbrick/partition/cost_model.hpp>
#include <hilbrick/partition/grid.hpp>
#include <hilbrick/partition/stencil.hpp>
#include <vector>

namespace hilbrick {

/// How a launcher lays ranks onto nodes, in Slurm's words: node 0 first; one rank to each node in turn; or `plane` ranks to each in turn.
enum class Distribution { block, cyclic, plane };

struct Machine {
  int ranks_per_node = 0;       // 0: all ranks share one node
  std::vector<int> node_slots;  // in place of ranks_per_node: of each node in turn, the last repeated; empty: all alike
  Distribution distribution = Distribution::block;
  int plane = 1;                  // for Distribution::plane
  std::vector<int> node_of_rank;  // in place of all these, where it is known: nodes numbered from 0 on

  double seconds_per_cell = 4e-9;  // a plain cell, one step (250 Mcells/s a rank)
  double seconds_per_row = 0;      // what each row of cells along x costs besides its cells, one step
  // A message to a peer on the node: its start-up, and the bytes that a rank moves, packing and unpacking included.
  double node_message_seconds = 2e-6;
  double node_bytes_per_second = 5e9;
  // The same where ranks of a node do not see each other's memory (see by_messages).
  double node_mpi_message_seconds = 2e-6;
  double node_mpi_bytes_per_second = 5e9;
  double message_seconds = 2e-6;        // start-up of one message to another node
  double rank_bytes_per_second = 8e9;   // what one rank alone sends to other nodes
  double link_bytes_per_second = 12e9;  // what a node sends to other nodes, all its ranks together

  // What a value costs that crosses a face normal to x, y, z, relative to one on its way between two ranks of a node; >= 1.
  Int3 face_cost{1, 1, 1};

  /// Whether ranks may sit on different nodes.
  bool has_nodes() const { return ranks_per_node > 0 || !node_slots.empty() || !node_of_rank.empty(); }
};

/// The machine as it is for ranks that send messages of MPI on their node too.
Machine by_messages(Machine machine);

/// What cells and cuts cost on a machine, for values of so many bytes and weights of such a unit (Weights::unit). A face normal to x ends a
/// row: it costs half of what a row does, on either side of the cut.
CostModel cost_model(const Machine& machine, const Stencil& stencil, Index value_bytes, Unit unit = {});

}  // namespace hilbrick
