// SPDX-License-Identifier: BSD-3-Clause
#include "watchdog.hpp"

#include <mpi.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <hilbrick/comm.hpp>
#include <string>

namespace hilbrick {
namespace {

constexpr int looks = 64;  // in a time-out

}  // namespace

Watchdog::Watchdog(Rank rank, double timeout_s) : rank_(rank), timeout_s_(timeout_s) {
  if (timeout_s_ > 0) thread_ = std::thread([this] { watch(); });
}

Watchdog::~Watchdog() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  stop_.notify_one();
  thread_.join();
}

void Watchdog::set(const Wait& wait) {
  for_what_.store(wait.for_what, std::memory_order_relaxed);
  phase_.store(wait.phase, std::memory_order_relaxed);
  peer_.store(wait.peer, std::memory_order_relaxed);
  waits_.store(waits_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
}

Watchdog::Wait Watchdog::wait() const {
  return {for_what_.load(std::memory_order_relaxed), phase_.load(std::memory_order_relaxed), peer_.load(std::memory_order_relaxed)};
}

void Watchdog::watch() {
  const std::chrono::duration<double> between(timeout_s_ / looks);
  std::uint64_t seen = 0;
  int unchanged = 0;
  std::unique_lock lock(mutex_);
  while (!stop_.wait_for(lock, between, [this] { return stopped_; })) {
    const std::uint64_t waits = waits_.load(std::memory_order_acquire);
    const Wait now = wait();
    unchanged = waits == seen && now.for_what != nullptr ? unchanged + 1 : 0;
    seen = waits;
    if (unchanged >= looks) end_job(now);
  }
}

void Watchdog::end_job(const Wait& w) const {
  constexpr int failed = 4;
  char host[256] = {}, since[64] = {};
  gethostname(host, sizeof host - 1);
  const std::time_t began = std::time(nullptr) - static_cast<std::time_t>(timeout_s_);
  std::tm local{};
  std::strftime(since, sizeof since, "%F %T", localtime_r(&began, &local));
  const std::string whom = w.peer < 0 ? "the other ranks" : "rank " + std::to_string(w.peer);
  const std::string phase = w.phase < 0 ? "" : " in phase " + std::to_string(w.phase);
  std::fprintf(stderr,
               "hilbrick: rank %d on %s has waited for %s for %g s, since %s: %s%s. The job ends here. Look for a rank that hangs or "
               "died, a stopped node or a broken link; where waiting so long is in order, set %s\n",
               rank_, host, whom.c_str(), timeout_s_, since, w.for_what, phase.c_str(), timeout_variable);
  std::fflush(stderr);
  // The rank's own thread may not come back from MPI, so this one ends the job, at whatever thread level MPI was asked for. Where the
  // network is gone MPI may not end this either.
  std::thread([] {
    std::this_thread::sleep_for(std::chrono::seconds(10));
    std::_Exit(failed);
  }).detach();
  MPI_Abort(MPI_COMM_WORLD, failed);  // what hangs is the job, whichever communicator noticed
  std::_Exit(failed);
}

Waiting::Waiting(const Comm& comm, const char* for_what) : watchdog_(*comm.watchdog()), before_(watchdog_.wait().for_what) {
  watchdog_.set({for_what});
}
Waiting::Waiting(Watchdog& watchdog, const char* for_what, std::size_t phase, Rank peer)
    : watchdog_(watchdog), before_(watchdog_.wait().for_what) {
  watchdog_.set({for_what, static_cast<int>(phase), peer});
}
Waiting::~Waiting() { watchdog_.set({before_}); }

}  // namespace hilbrick
