// SPDX-License-Identifier: BSD-3-Clause
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <hilbrick/stop.hpp>

namespace hilbrick {
namespace {

constexpr std::array signals{SIGUSR1, SIGUSR2, SIGTERM};
constexpr double one_request_s = 0.3;

volatile std::sig_atomic_t first_signal = 0;
volatile double first_s = 0;  // when it came
std::array<struct sigaction, signals.size()> before;

double now_s() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

/// Only what a signal handler may call.
void note(int signal) {
  if (first_signal == 0) {
    first_s = now_s();
    first_signal = signal;
  } else if (now_s() - first_s > one_request_s) {
    constexpr char words[] = "hilbrick: asked to stop a second time: leaves at once, without another checkpoint\n";
    [[maybe_unused]] const auto written = write(STDERR_FILENO, words, sizeof words - 1);
    _exit(4);
  }
}

}  // namespace

StopSignals::StopSignals() {
  first_signal = 0;
  struct sigaction action {};
  action.sa_handler = note;
  action.sa_flags = SA_RESTART;
  sigfillset(&action.sa_mask);
  for (std::size_t i = 0; i < signals.size(); ++i) sigaction(signals[i], &action, &before[i]);
}

StopSignals::~StopSignals() {
  for (std::size_t i = 0; i < signals.size(); ++i) sigaction(signals[i], &before[i], nullptr);
}

int StopSignals::received() const { return first_signal; }

const char* signal_name(int signal) {
  return signal == SIGUSR1 ? "SIGUSR1" : signal == SIGUSR2 ? "SIGUSR2" : signal == SIGTERM ? "SIGTERM" : strsignal(signal);
}

std::uint8_t Rendezvous::meet(Index step, std::uint8_t mine) {
  const auto now = Clock::now();
  const Index steps = step - last_;
  std::array<double, 9> most{};  // seconds a step, then the bits
  if (last_ >= 0 && steps > 0) most[0] = std::chrono::duration<double>(now - met_).count() / static_cast<double>(steps);
  for (std::size_t bit = 0; bit < 8; ++bit) most[1 + bit] = (mine >> bit) & 1;
  {
    const Waiting waiting(comm_, "a meeting of all ranks");
    MPI_Allreduce(MPI_IN_PLACE, most.data(), static_cast<int>(most.size()), MPI_DOUBLE, MPI_MAX, comm_.get());
  }
  const Index most_steps = last_ >= 0 ? 2 * steps : 1;
  next_ = step + (most[0] > 0 ? std::clamp<Index>(static_cast<Index>(std::min(every_s_ / most[0], 1e9)), 1, most_steps) : 1);
  last_ = step;
  met_ = Clock::now();
  std::uint8_t any = 0;
  for (std::size_t bit = 0; bit < 8; ++bit)
    if (most[1 + bit] > 0) any = static_cast<std::uint8_t>(any | (1u << bit));
  return any;
}

}  // namespace hilbrick
