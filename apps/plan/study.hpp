// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What was asked, measured: one row for each method and number of ranks.

#include <hilbrick/partition/metrics.hpp>
#include <optional>
#include <string>
#include <vector>

#include "options.hpp"

namespace hilbrick::plan {

/// A method that is feasible for some number of ranks.
struct Measured {
  Partition partition;
  Metrics metrics;
  std::vector<RankMetrics> per_rank;  // kept only where asked for
  Index idle_ranks = 0;               // ranks that own no cell
};

struct Row {
  Method method;
  int ranks;
  std::string reason;                // a sentence where there is no `measured`
  std::optional<Method> chosen;      // the method that `auto` took
  std::optional<Measured> measured;  // empty: infeasible
  // bytes_per_step over the naive slab's; empty where there is no slab or it sends nothing.
  std::optional<double> vs_slab_max, vs_slab_total;
};

/// Rows by number of ranks, then method, in the order asked for.
std::vector<Row> study(const Options& options);

}  // namespace hilbrick::plan
