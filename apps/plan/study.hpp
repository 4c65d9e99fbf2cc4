// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What was asked, measured: one row for each method and number of ranks.

#include <hilbrick/partition/metrics.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "question.hpp"

namespace hilbrick::plan {

/// A method that is feasible for some number of ranks.
struct Measured {
  Partition partition;
  Metrics metrics;
  std::vector<RankMetrics> per_rank;  // of all ranks; kept only where asked for, and never of a sample
};

struct Row {
  Method method;
  int ranks;
  std::string reason{};                // a sentence where there is no `measured`
  std::optional<Method> chosen{};      // the method that `auto` took
  std::vector<Metrics> tried{};        // of each method that `auto` could have taken
  std::optional<Measured> measured{};  // empty: infeasible
  // bytes_per_step over the naive slab's; empty where there is no slab or it sends nothing.
  std::optional<double> vs_slab_max{}, vs_slab_total{};

  bool feasible() const { return measured.has_value(); }
  /// Of a feasible row.
  const Metrics& metrics() const { return measured->metrics; }
};

/// Calls f(rank, metrics) for each rank of a feasible row whose ranks were asked for.
template <class F>
void for_each_rank(const Row& row, F&& f) {
  if (!row.feasible()) return;
  for (std::size_t r = 0; r < row.measured->per_rank.size(); ++r) f(static_cast<Rank>(r), row.measured->per_rank[r]);
}

/// Rows by number of ranks, then method, in the order asked for.
std::vector<Row> study(const Question& question);

/// The rows of each number of ranks, in their order.
std::vector<std::span<const Row>> by_ranks(std::span<const Row> rows);

/// Of rows of one number of ranks the feasible one with the least modelled step, of equals the first; `auto` only where nothing else is
/// feasible. Null where nothing is.
const Row* winner(std::span<const Row> rows);

/// Whether a feasible row's step is within the deadline.
bool meets(double deadline_seconds, const Row& row);

/// Of a feasible row, when failures were asked about.
Availability availability(const Question& question, const Row& row);

}  // namespace hilbrick::plan
