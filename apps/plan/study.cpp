// SPDX-License-Identifier: BSD-3-Clause
#include "study.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace hilbrick::plan {
namespace {

/// The cheapest partition of one method, or the reason why there is none.
Row measure_method(const Options& options, const Tiling& tiling, int ranks, Method method) {
  Row row{method, ranks, {}, {}, {}, {}, {}};
  Candidates offered = candidates(tiling, options.weights, options.stencil, options.machine, ranks, method);
  row.reason = offered.reason;
  std::vector<Measured> measured;
  std::vector<Metrics> metrics;
  for (Partition& partition : offered.partitions) {
    std::vector<RankMetrics> per_rank = measure_ranks(partition, options.stencil, options.machine, options.value_bytes);
    metrics.push_back(summarise(partition, options.machine, per_rank));
    const Index idle = std::count_if(per_rank.begin(), per_rank.end(), [](const RankMetrics& m) { return m.cells == 0; });
    if (!options.per_rank) per_rank = {};
    measured.push_back({std::move(partition), metrics.back(), std::move(per_rank), idle});
  }
  if (!measured.empty()) row.measured = std::move(measured[cheapest(metrics, method)]);
  return row;
}

std::optional<double> ratio(Index bytes, Index slab_bytes) {
  if (slab_bytes == 0) return std::nullopt;
  return static_cast<double>(bytes) / static_cast<double>(slab_bytes);
}

}  // namespace

std::vector<Row> study(const Options& options) {
  const Tiling tiling(options.grid, options.brick);
  std::vector<Row> rows;
  for (const int ranks : options.ranks) {
    std::map<Method, Row> by_method;  // each measured once, when first needed
    const auto row_of = [&](Method method) -> const Row& {
      const auto known = by_method.find(method);
      if (known != by_method.end()) return known->second;
      return by_method.emplace(method, measure_method(options, tiling, ranks, method)).first->second;
    };
    const auto automatic_row = [&] {
      Row row{Method::automatic, ranks, "no method is feasible", {}, {}, {}, {}};
      std::vector<Metrics> metrics;
      for (const Method method : all_methods)
        if (method != Method::automatic && row_of(method).measured) metrics.push_back(row_of(method).measured->metrics);
      if (metrics.empty()) return row;
      row.reason.clear();
      row.chosen = metrics[cheapest(metrics, Method::automatic)].method;
      row.measured = row_of(*row.chosen).measured;
      return row;
    };
    for (const Method method : options.methods) {
      Row row = method == Method::automatic ? automatic_row() : row_of(method);
      if (const Row& slab = row_of(Method::slab); row.measured && slab.measured) {
        const Metrics &ours = row.measured->metrics, &naive = slab.measured->metrics;
        row.vs_slab_max = ratio(ours.bytes_per_step_max, naive.bytes_per_step_max);
        row.vs_slab_total = ratio(ours.bytes_per_step_total, naive.bytes_per_step_total);
      }
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

}  // namespace hilbrick::plan
