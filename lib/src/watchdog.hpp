// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// MPI waits for ever for a rank that hangs or whose link is cut. A watchdog is a thread that looks now and then at what its rank waits
// for, and ends the job where that has been the same for as long as the time-out. Whoever waits only stores a few words.
//
// The thread counts its own looks, not seconds: time in which the process was stopped (SIGSTOP, a machine asleep) is not held against its
// peers, and no clock that jumps is read.

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <hilbrick/partition/grid.hpp>
#include <mutex>
#include <thread>

namespace hilbrick {

inline constexpr const char* timeout_variable = "HILBRICK_TIMEOUT_S";

class Watchdog {
 public:
  /// `for_what` is a literal, null while the rank waits for nothing; `peer` and `phase` are -1 where there is none.
  struct Wait {
    const char* for_what = nullptr;
    int phase = -1;
    Rank peer = -1;
  };

  /// Waits may take so long; 0: for ever.
  Watchdog(Rank rank, double timeout_s);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  /// A new wait, or the end of one. By one thread at a time.
  void set(const Wait& wait);
  Wait wait() const;
  /// Of several peers this one is still missing: the same wait.
  void set_peer(Rank peer) { peer_.store(peer, std::memory_order_relaxed); }

 private:
  void watch();
  [[noreturn]] void end_job(const Wait& wait) const;

  Rank rank_;
  double timeout_s_;
  std::atomic<const char*> for_what_{nullptr};
  std::atomic<int> phase_{-1};
  std::atomic<Rank> peer_{-1};
  std::atomic<std::uint64_t> waits_{0};  // so far
  std::mutex mutex_;
  std::condition_variable stop_;
  bool stopped_ = false;
  std::thread thread_;
};

}  // namespace hilbrick
