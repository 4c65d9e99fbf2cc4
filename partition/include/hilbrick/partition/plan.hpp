// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What one rank sends and receives in each phase: exactly the cells that a declared stencil reads and others own.
//
//        rank 0    |    rank 1            A link is the part of one owner's brick that one rank reads, for one field:
//      +---+---+   |   +---+---+          the strip ## of B goes from rank 0 to rank 1. Both ends compute
//      |   | B#|   |   |C  |   |          the same links from the same integers and order them by brick, field and
//      +---+---+   |   +---+---+          cells, so they agree on what travels without a handshake.
//
// All links from one rank to another in one phase are one message. Cells that a rank reads twice (for two of its boxes, or
// through two periodic images) travel once.

#include <hilbrick/partition/partition.hpp>
#include <hilbrick/partition/stencil.hpp>
#include <vector>

namespace hilbrick {

/// Cells of one field in one brick that another rank reads; coordinates of the grid, closing planes included.
struct Link {
  Int3 brick;  // the owner's
  int field;
  Box cells;

  friend bool operator==(const Link&, const Link&) = default;
};

/// All links between this rank and a peer in one direction and one phase, in the order in which their values travel: by brick, then field,
/// then box; inside a link x fastest.
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

/// The plan of one rank. Local: no communication, O(surface bricks * log P). A stencil may reach over bricks, over a peer's whole
/// piece and around a periodic grid.
Plan make_plan(const Partition& partition, const Stencil& stencil, Rank rank);

/// A brick of a rank and the one of the rank's brick boxes that holds it.
struct SurfaceBrick {
  Int3 brick;
  Box box;
};

/// A rank's bricks with active cells that stand within `reach_low`, `reach_high` cells of a cell outside their brick box.
std::vector<SurfaceBrick> surface_bricks(const Partition& partition, Rank rank, Int3 reach_low, Int3 reach_high);

}  // namespace hilbrick
