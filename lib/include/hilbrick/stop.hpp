// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Stopping on request: signals that are remembered, and how ranks agree on what only some of them know without a collective in every step.

#include <chrono>
#include <cstdint>
#include <hilbrick/comm.hpp>

namespace hilbrick {

/// As long as this lives, SIGUSR1, SIGUSR2 and SIGTERM ask the process to stop. A second one, more than 0.3 s after the first (launchers
/// may send one request twice), ends it at once with exit code 4. One at a time.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  /// The signal that came, 0 when none did. Local.
  int received() const;
};
/// "SIGTERM" and the like.
const char* signal_name(int signal);

/// Ranks meet at steps that they agree on each time, from how long the slowest one's steps took: a few times a second, never more than
/// twice as many steps apart as the last time.
class Rendezvous {
 public:
  /// `every_s`: seconds between two meetings. Local.
  explicit Rendezvous(const Comm& comm, double every_s = 0.25) : comm_(comm), every_s_(every_s) {}

  /// Whether ranks meet after so many steps; the first time they do. Alike on every rank. Local.
  bool due(Index step) const { return step >= next_; }
  /// The bits that any rank has set, on every rank; `step` as in `due`. Collective over comm.
  std::uint8_t meet(Index step, std::uint8_t mine);

 private:
  using Clock = std::chrono::steady_clock;

  const Comm& comm_;
  double every_s_;
  Index last_ = -1, next_ = 0;
  Clock::time_point met_;
};

}  // namespace hilbrick
