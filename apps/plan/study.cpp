// SPDX-License-Identifier: BSD-3-Clause
#include "study.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

namespace hilbrick::plan {
namespace {

/// The partition of one method, measured, or the reason why there is none.
Row measure_method(const Question& question, const Tiling& tiling, int ranks, Method method) {
  Row row{.method = method, .ranks = ranks};
  Offer offered = offer(tiling, question.weights, question.stencil, question.machine, ranks, method, question.value_bytes);
  row.reason = offered.reason;
  if (!offered.partition) return row;
  const Partition& partition = *offered.partition;
  if (!question.per_rank || ranks > most_measured_ranks(partition)) {
    const Metrics metrics = measure(partition, question.stencil, question.machine, question.value_bytes);
    row.measured.emplace(Measured{std::move(*offered.partition), metrics, {}});
    return row;
  }
  std::vector<Rank> all(static_cast<std::size_t>(ranks));
  std::iota(all.begin(), all.end(), 0);
  std::vector<RankMetrics> per_rank = measure_ranks(partition, question.stencil, question.machine, all, question.value_bytes);
  const Metrics metrics = summarise(partition, question.machine, all, per_rank);
  row.measured.emplace(Measured{std::move(*offered.partition), metrics, std::move(per_rank)});
  return row;
}

std::optional<double> ratio(Index bytes, Index slab_bytes) {
  if (slab_bytes == 0) return std::nullopt;
  return static_cast<double>(bytes) / static_cast<double>(slab_bytes);
}

}  // namespace

std::vector<Row> study(const Question& question) {
  const Tiling tiling = question.tiling();
  std::vector<Row> rows;
  for (const int ranks : question.ranks) {
    std::map<Method, Row> by_method;  // each measured once, when first needed
    const auto row_of = [&](Method method) -> const Row& {
      const auto known = by_method.find(method);
      if (known != by_method.end()) return known->second;
      return by_method.emplace(method, measure_method(question, tiling, ranks, method)).first->second;
    };
    const auto automatic_row = [&] {
      Row row{.method = Method::automatic, .ranks = ranks, .reason = "no method is feasible"};
      for (const Method method : making_methods)
        if (row_of(method).feasible()) row.tried.push_back(row_of(method).metrics());
      if (row.tried.empty()) return row;
      row.reason.clear();
      row.chosen = std::min_element(row.tried.begin(), row.tried.end(), [](const Metrics& a, const Metrics& b) {
                     return step_time(a) < step_time(b);
                   })->method;
      row.measured = row_of(*row.chosen).measured;
      return row;
    };
    for (const Method method : question.methods) {
      Row row = method == Method::automatic ? automatic_row() : row_of(method);
      if (const Row& slab = row_of(Method::slab); row.feasible() && slab.feasible()) {
        const Metrics &ours = row.metrics(), &naive = slab.metrics();
        row.vs_slab_max = ratio(ours.bytes_per_step_max, naive.bytes_per_step_max);
        row.vs_slab_total = ratio(ours.bytes_per_step_total, naive.bytes_per_step_total);
      }
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

std::vector<std::span<const Row>> by_ranks(std::span<const Row> rows) {
  std::vector<std::span<const Row>> groups;
  while (!rows.empty()) {
    const auto other = std::find_if(rows.begin(), rows.end(), [&](const Row& row) { return row.ranks != rows.front().ranks; });
    groups.push_back(rows.first(static_cast<std::size_t>(other - rows.begin())));
    rows = rows.subspan(groups.back().size());
  }
  return groups;
}

const Row* winner(std::span<const Row> rows) {
  const auto rank = [](const Row& row) { return std::pair(row.method == Method::automatic, step_time(row.metrics())); };
  const Row* best = nullptr;
  for (const Row& row : rows)
    if (row.feasible() && (!best || rank(row) < rank(*best))) best = &row;
  return best;
}

bool meets(double deadline_seconds, const Row& row) { return step_time(row.metrics()) <= deadline_seconds; }

Availability availability(const Question& question, const Row& row) {
  return availability(*question.failures, row.measured->partition.nodes().count(), step_time(row.metrics()));
}

}  // namespace hilbrick::plan
