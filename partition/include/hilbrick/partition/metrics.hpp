// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What a partition costs, before it runs. Every number comes from the cells that would be sent.

#include <hilbrick/partition/machine.hpp>
#include <hilbrick/partition/partition.hpp>
#include <hilbrick/partition/stencil.hpp>
#include <optional>
#include <span>
#include <vector>

namespace hilbrick {

/// Modelled seconds of one step of one rank, by what takes them.
struct StepSeconds {
  double compute = 0;
  double messages = 0;  // to start them
  double transfer = 0;  // to move their bytes
  double link = 0;      // the node's bytes to other nodes, all its ranks together
  double total() const { return compute + messages + transfer + link; }
};

/// One rank's share. Bytes and messages are what it sends to other ranks in one step, all phases.
struct RankMetrics {
  Index cells = 0;  // active cells owned
  Index load = 0;   // their weight
  Index boxes = 0;  // merged boxes
  Index rows = 0;   // rows of cells along x in these boxes
  Int3 faces;       // cell faces shared with other ranks, by the axis they are normal to
  Index peers = 0;  // ranks it sends to or receives from
  Index messages = 0;
  Index bytes_per_step = 0;
  Index internode_bytes_per_step = 0;  // the part for ranks on other nodes
  StepSeconds seconds;                 // without the node's link
};

/// The whole partition's, or an estimate from a sample of its ranks.
struct Metrics {
  Method method = Method::slab;  // that offered the partition
  int ranks = 0;
  Index sample = 0;  // 0: exact. Otherwise so many ranks were measured: totals are scaled up, maxima are the sample's
  Index cells_max = 0;
  double cells_mean = 0;
  double imbalance = 1;   // max over mean of the load over all ranks asked for; >= 1, 1 is ideal
  Index idle_ranks = 0;   // ranks that own no cell
  Index faces_total = 0;  // each face between two ranks once
  Index faces_max = 0;    // of the rank that has most
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
  StepSeconds slowest;  // the slowest rank's step
};

/// One rank's metrics; `value_bytes`: bytes of one field value. Local, O(surface log P).
RankMetrics measure_rank(const Partition& partition, const Stencil& stencil, const Machine& machine, Rank rank, Index value_bytes = 4);

/// The ranks that stand for all: every rank of evenly spaced nodes (evenly spaced ranks where all share one), at least `wanted` of them, or
/// all where there are no more. In ascending order of place.
std::vector<Rank> sample_of(const Partition& partition, int wanted);

/// The metrics of some ranks, on `threads` threads (0: as many as there are cores), in the order given. The answer does not depend on
/// threads.
std::vector<RankMetrics> measure_ranks(const Partition& partition, const Stencil& stencil, const Machine& machine,
                                       std::span<const Rank> ranks, Index value_bytes = 4, int threads = 0);

/// Metrics of ranks summed up: `per_rank[i]` is that of ranks[i]; all ranks, or a sample as `sample_of` takes it.
Metrics summarise(const Partition& partition, const Machine& machine, std::span<const Rank> ranks, std::span<const RankMetrics> per_rank);

/// More ranks than this take longer to measure than a person waits (about ten seconds of two cores): 2^21 of a Cartesian partition, 2^17 of
/// any other.
int most_measured_ranks(const Partition& partition);

/// The ranks of a sample, at least.
inline constexpr int sampled_ranks = 1 << 15;

/// All of it: the metrics of every rank, summed up, or of a sample where they are more than most_measured_ranks.
Metrics measure(const Partition& partition, const Stencil& stencil, const Machine& machine, Index value_bytes = 4);

/// The modelled seconds of one step, by the max-rate model (Gropp, Olson, Samfass 2016): the slowest rank computes its cells and rows,
/// starts its messages and moves its bytes; a node's ranks share its link.
double step_time(const Metrics& metrics);

/// Cell faces between a rank's cells and other ranks', by the axis that they are normal to. Local.
Int3 cut_faces(const Partition& partition, Rank rank);

/// The isoperimetric bound on faces_total of any partition into `ranks` equal pieces of a full non-periodic grid (each piece at
/// least a cube, the grid's own surface given): (6 P (N/P)^(2/3) - surface) / 2.
double least_faces(const Grid& grid, int ranks);

}  // namespace hilbrick
