// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <hilbrick/exchange.hpp>
#include <thread>

// Ranks that are late, stopped or silent. What never ends by itself is disabled; watchdog.sh runs it and sees how it ends.

namespace hilbrick {
namespace {

void sleep_s(double seconds) { std::this_thread::sleep_for(std::chrono::duration<double>(seconds)); }

/// The time-out in rank 0's environment, while it lives.
class Timeout {
 public:
  explicit Timeout(const char* text) { setenv("HILBRICK_TIMEOUT_S", text, 1); }
  ~Timeout() { unsetenv("HILBRICK_TIMEOUT_S"); }
};

/// Two pieces that read each other's cells.
struct Pair {
  explicit Pair(const Comm& comm, Transport transport = Transport::automatic)
      : domain(make_domain(comm, Tiling(Grid{{4, 4, 8}, {}}, 2), {}, stencil, {}, Method::slab, sizeof(double))),
        field("field", domain, {&stencil, 1}, 0),
        exchange(comm, domain, stencil, {field.ref()}, {transport}) {}
  void step() { exchange.start(0).finish(); }

  Stencil stencil = Stencil::star(1);
  Domain domain;
  Field<double> field;
  Exchange exchange;
};

TEST(Watchdog, RefusesWhatIsNoTimeout) {
  for (const char* text : {"soon", "", "-1", "nan", "3 s"}) {
    const Timeout timeout(text);
    EXPECT_THROW(Comm{MPI_COMM_WORLD}, SharedError) << text;
  }
}

TEST(Watchdog, LetsWorkTakeItsTime) {
  const Timeout timeout("3");
  const Comm comm(MPI_COMM_WORLD);
  Pair pair(comm);
  pair.step();
  sleep_s(4);  // all of them: nobody waits
  pair.step();
}

TEST(Watchdog, LooksAtEachWaitAlone) {
  const Timeout timeout("4");
  const Comm comm(MPI_COMM_WORLD);
  Pair pair(comm);
  const Waiting around(comm, "waits of less than the time-out, together longer");
  for (int i = 0; i < 4; ++i) {
    if (comm.rank() == 0) sleep_s(1.5);
    pair.step();
  }
}

TEST(Watchdog, CountsNoTimeInWhichTheProcessWasStopped) {
  const Timeout timeout("5");
  const Comm comm(MPI_COMM_WORLD);
  Pair pair(comm);
  const Index other = sum(comm, comm.rank() == 1 ? Index{getpid()} : 0);
  if (comm.rank() == 0) {
    sleep_s(0.5);  // rank 1 waits by now
    kill(static_cast<pid_t>(other), SIGSTOP);
    sleep_s(7);
    kill(static_cast<pid_t>(other), SIGCONT);
    sleep_s(0.5);
  }
  pair.step();
}

class NeverAnswered : public ::testing::TestWithParam<Transport> {};
INSTANTIATE_TEST_SUITE_P(By, NeverAnswered, ::testing::Values(Transport::message, Transport::shared),
                         [](const auto& transport) { return std::string(name_of(transport.param)); });

TEST_P(NeverAnswered, DISABLED_Halos) {
  const Comm comm(MPI_COMM_WORLD);
  Pair pair(comm, GetParam());
  pair.step();
  while (comm.rank() == 1) sleep_s(1);
  pair.step();
}

TEST(Watchdog, DISABLED_Collective) {
  const Comm comm(MPI_COMM_WORLD);
  while (comm.rank() == 1) sleep_s(1);
  sum(comm, 1);
}

}  // namespace
}  // namespace hilbrick
