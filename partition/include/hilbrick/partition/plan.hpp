// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What one rank sends and receives in each phase: exactly the cells that a declared stencil reads and others own.
//
//        rank 0    |    rank 1            What rank 1 reads of rank 0's field is a set of cells, here the strip ##. Both ends find
//      +---+---+   |   +---+---+          the same set from the same integers, and cut it into the same boxes, its *links*, because
//      |     ##|   |   |       |          the boxes follow from the set alone (canonical, box_set.hpp). So they agree on what
//      +---+---+   |   +---+---+          travels, and in which order, without a handshake.
//
// All links from one rank to another in one phase are one message. Cells that a rank reads twice (for two of its boxes, or
// through two periodic images) travel once.

#include <hilbrick/partition/partition.hpp>
#include <hilbrick/partition/stencil.hpp>
#include <vector>

namespace hilbrick {

/// Cells of one field that another rank reads; coordinates of the grid, closing planes included.
struct Link {
  int field;
  Box cells;

  friend bool operator==(const Link&, const Link&) = default;
};

/// All links between this rank and a peer in one direction and one phase, in the order in which their values travel: by field, then
/// box; inside a link x fastest.
struct Message {
  Rank peer;
  std::vector<Link> links;
  Index values = 0;  // the sum of the links' volumes
};

struct PhasePlan {
  std::vector<Message> sends, receives;  // by peer, none empty
};

struct Plan {
  std::vector<PhasePlan> phases;
};

/// The plan of one rank. Local: no communication, O(my surface * log P). A stencil may reach over a peer's whole piece and around a
/// periodic grid.
Plan make_plan(const Partition& partition, const Stencil& stencil, Rank rank);

}  // namespace hilbrick
