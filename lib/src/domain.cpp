// SPDX-License-Identifier: BSD-3-Clause
#include <hilbrick/domain.hpp>
#include <numeric>
#include <optional>
#include <type_traits>
#include <utility>

namespace hilbrick {

Machine with_nodes(const Comm& comm, Machine machine) {
  if (machine.has_nodes() || comm.nodes() == 1) return machine;
  machine.node_of_rank = comm.gather_nodes();
  return machine;
}

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
    const Waiting waiting(comm, "the metrics of all ranks");
    MPI_Gather(&m, sizeof m, MPI_BYTE, round.data(), sizeof m, MPI_BYTE, 0, comm.get());
    all.insert(all.end(), round.begin(), round.end());
  }
  if (comm.rank() == 0) all.resize(static_cast<std::size_t>(partition.ranks()));
  return all;
}

Domain make_domain(const Comm& comm, const Tiling& tiling, const Weights& weights, const Stencil& stencil, const Machine& machine,
                   Method method, Index value_bytes) {
  const Machine here = with_nodes(comm, machine);
  const auto offered = [&](Method m) {
    Offer result;
    agree_on(comm, [&] { result = offer(tiling, weights, stencil, here, comm.size(), m, value_bytes); });
    return result;
  };
  Offer chosen;
  std::vector<Metrics> tried;  // on rank 0
  if (method != Method::automatic) {
    chosen = offered(method);
  } else {
    std::vector<Rank> ranks(static_cast<std::size_t>(comm.size()));
    std::iota(ranks.begin(), ranks.end(), 0);
    std::vector<Offer> offers;
    for (const Method m : making_methods) {
      Offer one = offered(m);
      if (!one.partition) continue;
      const auto per_rank = gather_metrics(comm, *one.partition, stencil, here, value_bytes);
      if (comm.rank() == 0) tried.push_back(summarise(*one.partition, here, ranks, per_rank));
      offers.push_back(std::move(one));
    }
    Index least = 0;  // decided once: it compares seconds
    for (std::size_t i = 1; i < tried.size(); ++i)
      if (step_time(tried[i]) < step_time(tried[static_cast<std::size_t>(least)])) least = static_cast<Index>(i);
    const Waiting waiting(comm, "the choice of a method");
    MPI_Bcast(&least, 1, MPI_INT64_T, 0, comm.get());
    chosen = std::move(offers[static_cast<std::size_t>(least)]);
  }
  agree_on(comm, [&] {
    if (!chosen.partition)
      throw Error("method " + std::string(name_of(method)) + ": " + chosen.reason +
                  "; use another method (hilbert and rcb take any number of ranks) or fewer ranks");
  });
  std::vector<Box> boxes = boxes_of(*chosen.partition, comm.rank());
  return {std::move(*chosen.partition), comm.rank(), std::move(boxes), std::move(tried)};
}

}  // namespace hilbrick
