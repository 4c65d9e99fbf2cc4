// SPDX-License-Identifier: BSD-3-Clause
// For LD_PRELOAD: the time of day jumps by eleven days, forth and back, at every look. What counts time by a clock that cannot jump does
// not notice.
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <ctime>

namespace {

std::time_t jump() {
  static std::atomic<unsigned> looks{0};
  return looks++ % 2 == 0 ? 1000000 : -1000000;
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* t) noexcept {
  const long result = syscall(SYS_clock_gettime, clock, t);
  if (clock == CLOCK_REALTIME) t->tv_sec += jump();
  return static_cast<int>(result);
}

int gettimeofday(timeval* t, void*) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  *t = {now.tv_sec, now.tv_nsec / 1000};
  return 0;
}

std::time_t time(std::time_t* t) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  if (t) *t = now.tv_sec;
  return now.tv_sec;
}
}
