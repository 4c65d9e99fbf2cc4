// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// One voice while a run goes on: a live line for people, JSON lines for machines, or nothing.

#include <chrono>
#include <hilbrick/partition/grid.hpp>
#include <optional>

namespace hilbrick::fdtd {

enum class ProgressStyle { automatic, bar, json, none };

/// Whether people see what this process prints: a launcher hands its ranks a terminal of its own, so then the launcher's is asked.
bool output_is_a_terminal();

class Progress {
 public:
  /// `cells` of the grid and `steps` to do. automatic: a bar on a terminal, else nothing. Local; only one rank should own one.
  Progress(ProgressStyle style, Index cells, Index steps);

  /// Another number of steps to do, now that more is known. Local.
  void expect(Index steps) { steps_ = steps; }
  /// Tells of the step just done if it is time: after the first step, then about each half second. `energy_db`: the last known. Local.
  void tell(Index step, std::optional<double> energy_db);
  /// Ends the live line.
  void finish();

 private:
  using Clock = std::chrono::steady_clock;

  ProgressStyle style_;
  double cells_;
  Index steps_;
  Index first_step_ = -1;
  Clock::time_point begin_, told_;
  bool line_open_ = false;
};

}  // namespace hilbrick::fdtd
