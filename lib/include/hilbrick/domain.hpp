// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// One rank's view of a partition: the partition, and the boxes that the rank computes.

#include <hilbrick/comm.hpp>
#include <hilbrick/partition/metrics.hpp>
#include <hilbrick/partition/partition.hpp>
#include <vector>

namespace hilbrick {

struct Domain {
  Partition partition;
  Rank rank;
  std::vector<Box> boxes;      // my cells, merged; may be empty
  std::vector<Metrics> tried;  // on rank 0, of `automatic`: what each method would have cost
};

/// Calls f(box, cell) for each of this rank's cells, box by box, x fastest. Local.
template <class F>
void for_each_cell(const Domain& domain, F&& f) {
  for (std::size_t b = 0; b < domain.boxes.size(); ++b) for_each_cell(domain.boxes[b], [&](Int3 cell) { f(b, cell); });
}

/// Chooses the partition of `method` for comm.size() ranks and takes this rank's boxes. Ranks sit on the nodes that the machine says, else
/// on those that they found themselves on. For `automatic` the methods are measured in parallel, each rank its own share, and rank 0
/// decides. Throws SharedError where the method cannot serve this many ranks. Collective over comm.
Domain make_domain(const Comm& comm, const Tiling& tiling, const Weights& weights, const Stencil& stencil, const Machine& machine,
                   Method method, Index value_bytes);

/// The machine with the nodes that the ranks found themselves on, where it does not say itself. Collective over comm.
Machine with_nodes(const Comm& comm, Machine machine);

/// Every rank's metrics of a partition on rank 0 (empty elsewhere); the partition may be of any number of ranks, so that
/// a baseline can be measured too. Collective over comm.
std::vector<RankMetrics> gather_metrics(const Comm& comm, const Partition& partition, const Stencil& stencil, const Machine& machine,
                                        Index value_bytes);

}  // namespace hilbrick
