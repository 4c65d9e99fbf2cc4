// SPDX-License-Identifier: BSD-3-Clause
#include <hilbrick/domain.hpp>
#include <type_traits>
#include <utility>

namespace hilbrick {

std::vector<RankMetrics> gather_metrics(const Comm& comm, const Partition& partition, const Stencil& stencil, const Machine& machine,
                                        Index value_bytes) {
  static_assert(std::is_trivially_copyable_v<RankMetrics>);
  // Rank r measures ranks r, r + size, ...; round by round they land in rank order.
  std::vector<RankMetrics> all;
  for (Rank first = 0; first < partition.ranks(); first += comm.size()) {
    const Rank mine = first + comm.rank();
    RankMetrics m;
    if (mine < partition.ranks()) m = measure_rank(partition, stencil, machine, mine, value_bytes);
    std::vector<RankMetrics> round(comm.rank() == 0 ? static_cast<std::size_t>(comm.size()) : 0);
    MPI_Gather(&m, sizeof m, MPI_BYTE, round.data(), sizeof m, MPI_BYTE, 0, comm.get());
    all.insert(all.end(), round.begin(), round.end());
  }
  if (comm.rank() == 0) all.resize(static_cast<std::size_t>(partition.ranks()));
  return all;
}

Domain make_domain(const Comm& comm, const Tiling& tiling, const Weights& weights, const Stencil& stencil, const Machine& machine,
                   Method method, Index value_bytes) {
  Candidates offered;
  agree_on(comm, [&] {
    offered = candidates(tiling, weights, stencil, machine, comm.size(), method);
    if (offered.partitions.empty())
      throw Error("method " + std::string(name_of(method)) + ": " + offered.reason +
                  "; use another method (hilbert takes any number of ranks) or fewer ranks");
  });
  std::size_t chosen = 0;
  if (offered.partitions.size() > 1) {
    std::vector<Metrics> metrics;
    for (const Partition& p : offered.partitions) {
      const auto per_rank = gather_metrics(comm, p, stencil, machine, value_bytes);
      if (comm.rank() == 0) metrics.push_back(summarise(p, machine, per_rank));
    }
    Index decision = comm.rank() == 0 ? static_cast<Index>(cheapest(metrics, method)) : 0;
    MPI_Bcast(&decision, 1, MPI_INT64_T, 0, comm.get());
    chosen = static_cast<std::size_t>(decision);
  }
  Partition partition = std::move(offered.partitions[chosen]);
  std::vector<Box> boxes = boxes_of(partition, comm.rank());
  return {std::move(partition), comm.rank(), std::move(boxes)};
}

}  // namespace hilbrick
