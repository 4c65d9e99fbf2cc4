// SPDX-License-Identifier: BSD-3-Clause
// What is timed is what is said: bytes of faces, by both transports, on nodes that are made up here.

#include <gtest/gtest.h>

#include <halos.hpp>

namespace hilbrick::calibrate {
namespace {

TEST(Halos, RingsSendTheFacesOfEachAxis) {
  const Comm comm(MPI_COMM_WORLD);
  const Comm on_node = split(comm, 0);
  const std::optional<OnNode> found = time_on_node<float>(comm, on_node, 0.001);
  ASSERT_EQ(found.has_value(), comm.size() > 1);
  if (!found) return;
  ASSERT_TRUE(found->shared.has_value()) << found->fallback;
  for (const Rings& rings : {found->message, *found->shared}) {
    EXPECT_GT(rings.message_seconds, 0);
    ASSERT_EQ(rings.times.size(), 9u);
    for (const RingTime& t : rings.times) {
      EXPECT_EQ(t.bytes, 2 * 2 * t.edge * t.edge * Index{sizeof(float)}) << "two phases of two components";
      EXPECT_GT(t.step_seconds, 0);
    }
  }
}

/// Nodes of two ranks, the last perhaps of one.
TEST(Halos, BetweenNodesAllRanksOfANodeSendAtOnce) {
  const Comm comm(MPI_COMM_WORLD);
  if (comm.size() < 3) GTEST_SKIP() << "one node";
  const Comm on_node = split(comm, comm.rank() / 2);
  const BetweenNodes found = time_between_nodes<double>(comm, on_node, 0.001);
  EXPECT_EQ(found.rings, 2);
  EXPECT_EQ(found.bytes, 2 * 2 * 256 * 256 * Index{sizeof(double)});
  for (const double seconds : {found.message_seconds, found.small_seconds, found.alone_seconds, found.together_seconds})
    EXPECT_GT(seconds, 0);
}

}  // namespace
}  // namespace hilbrick::calibrate
