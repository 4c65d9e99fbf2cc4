// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What a partition costs, before it runs. Every number comes from the plan that would be sent.

#include <hilbrick/partition/machine.hpp>
#include <hilbrick/partition/partition.hpp>
#include <hilbrick/partition/plan.hpp>
#include <hilbrick/partition/stencil.hpp>
#include <optional>
#include <span>
#include <vector>

namespace hilbrick {

/// One rank's share. Bytes and messages are what it sends to other ranks in one step, all phases.
struct RankMetrics {
  Index cells = 0;    // active cells owned
  Index load = 0;     // their weight
  Index boxes = 0;    // merged boxes
  Index faces = 0;    // cell faces shared with other ranks
  Index faces_x = 0;  // of these, the ones normal to x: to pack them touches one memory line for each value
  Index peers = 0;    // ranks it sends to or receives from
  Index messages = 0;
  Index bytes_per_step = 0;
  Index internode_bytes_per_step = 0;  // the part for ranks on other nodes
  double step_seconds = 0;             // modelled, without the share of the node's link
};

/// The whole partition's.
struct Metrics {
  Method method = Method::slab;  // that offered the partition
  int ranks = 0;
  Index cells_max = 0;
  double cells_mean = 0;
  double imbalance = 1;     // max over mean of the load over all ranks asked for; >= 1, 1 is ideal
  Index faces_total = 0;    // each face between two ranks once
  Index faces_x_total = 0;  // of these, normal to x
  Index faces_max = 0;      // of the rank that has most
  Index bytes_per_step_max = 0, bytes_per_step_total = 0;
  double bytes_per_step_mean = 0;
  Index messages_per_step_max = 0;
  Index peers_max = 0;
  double peers_mean = 0;
  Index boxes_max = 0;
  Index internode_bytes_per_step_total = 0;
  Index internode_bytes_per_step_max = 0;  // of the node that sends most
  // faces_total over the least that any partition could have: >= 1 for equal boxes. None for periodic or masked grids, nor where that least
  // is 0.
  std::optional<double> ideal_ratio;
  double step_seconds = 0;
};

/// One rank's metrics; `value_bytes`: bytes of one field value. Local, O(surface log P).
RankMetrics measure_rank(const Partition& partition, const Stencil& stencil, const Machine& machine, Rank rank, Index value_bytes = 4);
/// All ranks' metrics, summed up. `per_rank[r]` is rank r's.
Metrics summarise(const Partition& partition, const Machine& machine, std::span<const RankMetrics> per_rank);
/// Both, for every rank, one after the other.
Metrics measure(const Partition& partition, const Stencil& stencil, const Machine& machine, Index value_bytes = 4);
std::vector<RankMetrics> measure_ranks(const Partition& partition, const Stencil& stencil, const Machine& machine, Index value_bytes = 4);

/// The modelled seconds of one step, by the max-rate model (Gropp, Olson, Samfass 2016): the slowest rank computes, starts
/// its messages and moves its bytes; a node's ranks share its link.
double step_time(const Metrics& metrics);

/// The candidate to take: of each method the one with the fewest bytes in all, then of the busiest rank, then the fewest faces normal to x;
/// for `automatic` the method with the least step_time among these. Of equals the first.
std::size_t cheapest(std::span<const Metrics> metrics, Method method);

/// Cell faces between a rank's cells and other ranks'. Local.
Index cut_faces(const Partition& partition, Rank rank);
/// The same, by the axis that the faces are normal to. Local.
Int3 cut_faces_by_axis(const Partition& partition, Rank rank);

/// The isoperimetric bound on faces_total of any partition into `ranks` equal pieces of a full non-periodic grid (each piece at
/// least a cube, the grid's own surface given): (6 P (N/P)^(2/3) - surface) / 2.
double least_faces(const Grid& grid, int ranks);

}  // namespace hilbrick
