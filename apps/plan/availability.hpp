// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What failing nodes cost a long run that writes checkpoints. Failures come at random, alike at any time, and any node's ends the step
// it is in: a machine of n nodes fails n times as often as one. A checkpoint is read back in the time it takes to write one.

#include <hilbrick/partition/grid.hpp>

namespace hilbrick::plan {

/// What is known of failures, and how long the run is.
struct Failures {
  double node_mtbf_seconds;   // mean time between failures of one node
  double checkpoint_seconds;  // to write one checkpoint
  Index steps;                // of the whole run
};

/// What follows for one partition's step time.
struct Availability {
  int nodes;
  double mtbf_seconds;      // of all nodes together
  double interval_seconds;  // of work between checkpoints, for the least expected time
  double expected_seconds;  // from start to end of the run; infinite where it would not get to its end
  double overhead;          // expected_seconds over the seconds of the steps alone, less 1
};

/// The work between checkpoints that minimises expected_seconds, to a higher order in checkpoint over mtbf (J. T. Daly, A higher order
/// estimate of the optimum checkpoint interval for restart dumps, Future Generation Computer Systems 22, 2006, equation 37).
double best_interval_seconds(double checkpoint_seconds, double mtbf_seconds);

/// The expected time of `work` seconds in pieces of `interval`, each followed by a checkpoint (the last one is the result), with failures
/// at exponentially distributed times, also while checkpoints are written or read (Daly 2006, equation 20).
double expected_seconds(double work_seconds, double interval_seconds, double checkpoint_seconds, double mtbf_seconds);

Availability availability(const Failures& failures, int nodes, double step_seconds);

}  // namespace hilbrick::plan
