// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What a run cost: the table "communication volume per rank versus naive slabs" and the same as JSON. Predicted numbers come from the plan,
// counted ones from the calls that handed bytes to MPI.

#include <hilbrick/domain.hpp>
#include <hilbrick/exchange.hpp>
#include <optional>
#include <string>
#include <vector>

namespace hilbrick {

/// What one rank knows at the end of a run.
struct RankReport {
  int node = 0;
  Index cells = 0, boxes = 0, peers = 0;
  Index predicted_bytes_per_step = 0, counted_bytes_per_step = 0;
  Index internode_bytes_per_step = 0;  // of the counted ones, for ranks on other nodes
  Index messages_per_step = 0;
  double compute_seconds = 0, wait_seconds = 0;
  double step_seconds = 0, exchange_seconds = 0;  // by the clock, of all steps; the exchange packs, waits and unpacks
  TransportPairs pairs;
  double shared_setup_seconds = 0;  // of setup_seconds: finding out who shares memory, and mapping it
  Index memory_bytes = 0;           // the most this process ever had
  Index planned_memory_bytes = 0;   // what the run was expected to take
  Index taken_memory_bytes = 0;     // and took: the most the process ever had, less what it had when the run began
};

/// What the time model said of a step.
struct Forecast {
  std::string constants;        // where they are from: a file's name; empty: defaults
  StepSeconds step;             // of the slowest rank
  double saved_by_sharing = 0;  // s a step, against messages of MPI within nodes
};

/// How long single steps took by the clock: each number is the largest of any rank, which need not be the same rank.
struct StepTimeReport {
  double p50 = 0, p99 = 0, max = 0;  // half of a rank's steps, 99 of 100, and all of them took no longer
  double computing_p99 = 0;          // of the steps without their exchanges
  std::optional<double> deadline_s;  // for a step
  Index missed = 0;                  // steps that took longer than that
  /// The longest that exchanges of a step may take for 99 of 100 steps to meet the deadline; not positive where computing alone misses it.
  std::optional<double> exchange_left() const { return deadline_s ? std::optional(*deadline_s - computing_p99) : std::nullopt; }
};

/// Where a run came from, and what it kept.
struct CheckpointReport {
  std::string source;  // the checkpoint that it went on from; empty: it began at t = 0
  Index source_step = 0;
  Index written = 0, bytes = 0;  // checkpoints, and how large the last one is
  double seconds = 0;            // that writing them took
  std::string last;              // empty: there is none
  std::string stopped_by;        // who asked it to stop early; empty: nobody
};

struct RunReport {
  std::string method, chosen_method, precision, version, host;
  std::string partition;  // description for people
  Int3 cells;
  Index steps = 0;  // since t = 0
  double dt_s = 0, loop_seconds = 0, setup_seconds = 0;
  std::string fields_digest;
  std::vector<RankReport> per_rank;
  std::vector<RankMetrics> slab;  // the naive slabs' metrics; empty when there are more ranks than cell planes
  std::vector<Metrics> tried;     // of `auto`: what each method would have cost
  std::string choice;             // and a sentence on it, for people
  Forecast forecast;
  StepTimeReport step_times;
  CheckpointReport checkpoint;
  /// Steps that this run did itself.
  Index own_steps() const { return steps - checkpoint.source_step; }
  double mcells_per_second() const;
};

/// How long a step took by the clock: `compute` of the rank that waited least, so what others waited for, and the rest of the slowest step.
struct MeasuredStep {
  double compute = 0, exchange = 0;
  double total() const { return compute + exchange; }
};
MeasuredStep measured_step(const RunReport& report);

/// Every rank's report on rank 0, in rank order; empty elsewhere. Collective over comm.
std::vector<RankReport> gather_reports(const Comm& comm, const RankReport& mine);

/// The JSON that apps/fdtd/README.md lists, and the table for people (of more than `most_rows` ranks: the busiest).
std::string to_json(const RunReport& report);
std::string to_table(const RunReport& report, std::size_t most_rows = 16);

}  // namespace hilbrick
