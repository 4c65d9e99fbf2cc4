// SPDX-License-Identifier: BSD-3-Clause
#include "availability.hpp"

#include <algorithm>
#include <cmath>

namespace hilbrick::plan {

double best_interval_seconds(double checkpoint_seconds, double mtbf_seconds) {
  const double ratio = checkpoint_seconds / (2 * mtbf_seconds);
  if (ratio >= 1) return mtbf_seconds;
  return std::sqrt(2 * checkpoint_seconds * mtbf_seconds) * (1 + std::sqrt(ratio) / 3 + ratio / 9) - checkpoint_seconds;
}

double expected_seconds(double work_seconds, double interval_seconds, double checkpoint_seconds, double mtbf_seconds) {
  const double pieces = work_seconds / interval_seconds, restart_seconds = checkpoint_seconds;
  return mtbf_seconds * std::exp(restart_seconds / mtbf_seconds) * std::expm1((interval_seconds + checkpoint_seconds) / mtbf_seconds) *
         pieces;
}

Availability availability(const Failures& failures, int nodes, double step_seconds) {
  const double work = step_seconds * static_cast<double>(failures.steps), mtbf = failures.node_mtbf_seconds / nodes;
  // Whole pieces; a run that is not much longer than one is one.
  const double interval = work / std::max(1.0, std::round(work / best_interval_seconds(failures.checkpoint_seconds, mtbf)));
  const double expected = expected_seconds(work, interval, failures.checkpoint_seconds, mtbf);
  return {nodes, mtbf, interval, expected, expected / work - 1};
}

}  // namespace hilbrick::plan
