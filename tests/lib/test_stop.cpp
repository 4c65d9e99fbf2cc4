// SPDX-License-Identifier: BSD-3-Clause
// Signals that ask to stop, and meetings of ranks. What a second signal does is seen from outside (tests/fdtd/test_restart.py).
#include <gtest/gtest.h>

#include <csignal>
#include <hilbrick/stop.hpp>
#include <thread>

namespace hilbrick::testing {
namespace {

TEST(StopSignals, AreRememberedAndTheFirstOneCounts) {
  const auto before = std::signal(SIGUSR1, SIG_IGN);
  {
    const StopSignals signals;
    EXPECT_EQ(signals.received(), 0);
    std::raise(SIGUSR2);
    std::raise(SIGTERM);  // so soon after it is the same request
    EXPECT_EQ(signals.received(), SIGUSR2);
    EXPECT_STREQ(signal_name(signals.received()), "SIGUSR2");
  }
  EXPECT_EQ(std::signal(SIGUSR1, before), SIG_IGN) << "what stood before is back";
  const StopSignals others;
  EXPECT_EQ(others.received(), 0);
}

TEST(Rendezvous, TellsAllWhatOneKnows) {
  const Comm comm(MPI_COMM_WORLD);
  Rendezvous meetings(comm);
  EXPECT_TRUE(meetings.due(1));
  const auto bit = static_cast<std::uint8_t>(comm.rank() == 0 ? 1 : comm.rank() == comm.size() - 1 ? 128 : 0);
  EXPECT_EQ(meetings.meet(1, bit), comm.size() == 1 ? 1 : 129);
  EXPECT_FALSE(meetings.due(1));
  EXPECT_TRUE(meetings.due(2));
  EXPECT_EQ(meetings.meet(2, 0), 0);
}

TEST(Rendezvous, AfterAsManyStepsAsTheSlowestRankDoesInTheTime) {
  const Comm comm(MPI_COMM_WORLD);
  Rendezvous meetings(comm, 0.05);
  std::vector<Index> met;
  for (Index step = 1; step <= 40; ++step) {
    if (comm.rank() == comm.size() - 1) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    if (!meetings.due(step)) continue;
    meetings.meet(step, 0);
    met.push_back(step);
  }
  // At first each step, then never more than twice as far as the last time, and never further than the time allows: five steps of 10 ms.
  ASSERT_GE(met.size(), 8u);
  for (std::size_t i = 1; i < met.size(); ++i) {
    EXPECT_LE(met[i] - met[i - 1], i == 1 ? 1 : std::min<Index>(5, 2 * (met[i - 1] - met[i - 2])));
    EXPECT_EQ(max(comm, met[i]), min(comm, met[i]));
  }
}

TEST(Rendezvous, FastStepsMeetRarely) {
  const Comm comm(MPI_COMM_WORLD);
  Rendezvous meetings(comm);
  int count = 0;
  for (Index step = 1; step <= 10000; ++step)
    if (meetings.due(step)) {
      meetings.meet(step, 0);
      ++count;
    }
  EXPECT_LT(count, 100);
}

}  // namespace
}  // namespace hilbrick::testing
