// SPDX-License-Identifier: BSD-3-Clause
// Constants from times that follow the model exactly: they are those that the times were made of.

#include <gtest/gtest.h>

#include <measured.hpp>
#include <rounds.hpp>

namespace hilbrick::calibrate {
namespace {

constexpr double ns = 1e-9, us = 1e-6;

BoxTime box(Int3 cells, double cell, double row) {
  return {cells, cell * static_cast<double>(product(cells)) + row * static_cast<double>(cells.y * cells.z)};
}

std::vector<BoxTime> boxes(double cell, double row) {
  BoxTime small = box({16, 16, 16}, 9 * cell, row);
  small.fitted = false;
  return {small, box({64, 64, 64}, cell, row), box({16, 128, 128}, cell, row), box({256, 32, 32}, cell, row)};
}

/// Rings whose steps take `small`, and for each byte what a face of the axis costs.
Rings rings(double message, double small, std::array<double, 3> seconds_per_byte) {
  Rings result{message, small, {}};
  for (int axis = 0; axis < 3; ++axis)
    for (const Index edge : {32, 64, 128}) {
      const Index bytes = 16 * edge * edge;
      result.times.push_back({axis, edge, bytes, small + static_cast<double>(bytes) * seconds_per_byte[static_cast<std::size_t>(axis)]});
    }
  return result;
}

TEST(MachineOf, CellsAndRowsAreWhatTheTimesWereMadeOf) {
  const UpdateCost cost = update_cost(boxes(3 * ns, 50 * ns));
  EXPECT_NEAR(cost.cell, 3 * ns, 1e-6 * ns);
  EXPECT_NEAR(cost.row, 50 * ns, 1e-5 * ns);
}

TEST(MachineOf, NoRowCostsLessThanNothing) {
  const UpdateCost cost = update_cost(boxes(3 * ns, -4 * ns));
  EXPECT_EQ(cost.row, 0);
  EXPECT_GT(cost.cell, 2.5 * ns);
  EXPECT_LT(cost.cell, 3 * ns);
  EXPECT_EQ(update_cost({box({64, 64, 64}, 3 * ns, 0)}).row, 0) << "one length of rows tells nothing of them";
}

TEST(MachineOf, HalosOfBothTransportsAndFacesOfEachAxis) {
  Measured m;
  m.boxes = boxes(3 * ns, 50 * ns);
  m.on_node = OnNode{rings(2 * us, 5 * us, {4 * ns, 1 * ns, 0.5 * ns}), rings(1 * us, 3 * us, {1.2 * ns, 0.42 * ns, 0.2 * ns}), 0.01, ""};
  const Machine machine = machine_of(m);
  EXPECT_NEAR(machine.seconds_per_row, 50 * ns, 1e-5 * ns);
  EXPECT_EQ(machine.node_message_seconds, 1 * us);
  EXPECT_NEAR(machine.node_bytes_per_second, 5e9, 1);
  EXPECT_EQ(machine.face_cost, (Int3{6, 2, 1}));
  EXPECT_EQ(machine.node_mpi_message_seconds, 2 * us);
  EXPECT_NEAR(machine.node_mpi_bytes_per_second, 2e9, 1);
  EXPECT_EQ(machine.message_seconds, Machine().message_seconds) << "not measured";
  EXPECT_EQ(machine.link_bytes_per_second, Machine().link_bytes_per_second);
  EXPECT_NEAR(saved_by_sharing(*m.on_node, 2), 2 * us + 16 * 128 * 128 * 0.3 * ns, 1e-6 * us);

  // Ranks that share no memory: messages are what there is.
  m.on_node->shared.reset();
  const Machine apart = machine_of(m);
  EXPECT_EQ(apart.node_message_seconds, apart.node_mpi_message_seconds);
  EXPECT_EQ(apart.node_bytes_per_second, apart.node_mpi_bytes_per_second);
  EXPECT_EQ(apart.face_cost, (Int3{8, 2, 1}));
  EXPECT_EQ(saved_by_sharing(*m.on_node, 2), 0);

  m.on_node.reset();
  EXPECT_EQ(machine_of(m).node_bytes_per_second, Machine().node_bytes_per_second) << "not measured";
  EXPECT_EQ(machine_of(m).face_cost, (Int3{1, 1, 1}));
}

TEST(MachineOf, TheLinkIsWhatAllRanksOfANodeWaitForTogether) {
  Measured m;
  m.boxes = boxes(3 * ns, 50 * ns);
  constexpr Index bytes = 1 << 20;
  const auto network = [&](double rank, double link, int rings) {
    const auto step = [&](int together) { return 4 * us + static_cast<double>(bytes) * (1 / rank + together / link); };
    return BetweenNodes{3 * us, 4 * us, bytes, step(1), step(rings), rings};
  };
  m.between_nodes = network(8e9, 12e9, 16);
  Machine machine = machine_of(m);
  EXPECT_EQ(machine.message_seconds, 3 * us);
  EXPECT_NEAR(machine.rank_bytes_per_second, 8e9, 1e3);
  EXPECT_NEAR(machine.link_bytes_per_second, 12e9, 1e3);
  EXPECT_EQ(machine.node_bytes_per_second, Machine().node_bytes_per_second) << "not measured";

  // One rank a node cannot tell its own limit from the node's.
  m.between_nodes = network(8e9, 12e9, 1);
  machine = machine_of(m);
  EXPECT_EQ(machine.link_bytes_per_second, Machine().link_bytes_per_second);
  EXPECT_NEAR(machine.rank_bytes_per_second, 1 / (1 / 8e9 + 1 / 12e9), 1e3);

  // No limit in sight, noise below it even: large, but a number.
  m.between_nodes->rings = 16;
  m.between_nodes->together_seconds = 0.9 * m.between_nodes->alone_seconds;
  machine = machine_of(m);
  EXPECT_GT(machine.link_bytes_per_second, 1e11);
  EXPECT_LT(machine.link_bytes_per_second, 1e13);
}

TEST(MachineOf, TableNamesWhatWasNotMeasured) {
  Measured m;
  m.boxes = boxes(3 * ns, 50 * ns);
  const std::string text = table(m, machine_of(m));
  EXPECT_NE(text.find("No two ranks share a node"), std::string::npos) << text;
  EXPECT_NE(text.find("One node: what messages between nodes cost keeps its defaults"), std::string::npos) << text;
  EXPECT_NE(text.find("A cell takes 3.00 ns, a row along x 50.0 ns more: as much as 17 cells"), std::string::npos) << text;
}

TEST(Rounds, MedianIsTheMiddle) {
  EXPECT_EQ(median({3, 1, 2}), 2);
  EXPECT_EQ(median({4, 1, 2, 3}), 2.5);
}

}  // namespace
}  // namespace hilbrick::calibrate
