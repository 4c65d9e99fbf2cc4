// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// When a run writes a checkpoint, when it stops early, and what it says then.

#include <chrono>
#include <hilbrick/checkpoint.hpp>
#include <hilbrick/report.hpp>
#include <hilbrick/stop.hpp>
#include <string>

#include "run.hpp"

namespace hilbrick::fdtd {

/// Seconds from one checkpoint to the next by a scene's wishes, infinity without one: `cost` is that of those so far.
double interval_seconds(const CheckpointRequest& request, const Checkpoints::Cost& cost, int nodes);
/// Seconds that are kept for the last checkpoint of a run that may take `walltime_s`: twice as long as the longest took; before the first
/// one twice what is guessed, but a guess alone stops nobody in the first half of his time.
double last_seconds(const Checkpoints::Cost& cost, double guessed_seconds, double walltime_s);

class Checkpointing {
 public:
  /// `state` as of Checkpoints; `state_bytes`: about how many it has on this rank. The other arguments outlive it. Collective over comm.
  Checkpointing(const Comm& comm, const Scene& scene, const RunOptions& options, const StopSignals& signals, Index state_bytes,
                std::function<void(Checkpoint&)> state);

  /// Reads the checkpoint that the options name, if they do; says on rank 0 which one it is, and why newer ones were not taken. Throws
  /// SharedError. Collective over comm.
  bool restart();

  /// After step `step` since t = 0 (of a sweep: of all its runs), the run's last one or not: writes a checkpoint where one is due, and one
  /// where the run must stop. Whether it must. Throws SharedError. Collective over comm at steps that all ranks agree on.
  bool stop_after(Index step, bool last);

  /// For people, once the run was stopped: why, and how to go on.
  std::string farewell(Index step, Index steps) const;
  /// A failure's message, with how to go on from the last checkpoint where there is one.
  SharedError with_advice(const SharedError& failure) const;
  CheckpointReport report() const;

 private:
  using Clock = std::chrono::steady_clock;

  /// What rank 0 alone decides by its clock and the folder, and signals, which may reach any rank.
  std::uint8_t wishes() const;
  std::string command() const;
  void write(Index step);

  const Comm& comm_;
  const Scene& scene_;
  const RunOptions& options_;
  const StopSignals& signals_;
  Checkpoints checkpoints_;
  Rendezvous meetings_;
  double guessed_seconds_;  // what a checkpoint takes, before there was one
  Clock::time_point written_ = Clock::now();
  Checkpoints::Source source_;
  std::string stopped_by_;
};

}  // namespace hilbrick::fdtd
