// SPDX-License-Identifier: BSD-3-Clause
// machine.toml: what is read, what is refused and where, and that what is written is read again.

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <hilbrick/partition/error.hpp>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "machine_file.hpp"

namespace hilbrick {
namespace {

void expect_same(const Machine& a, const Machine& b) {
  EXPECT_EQ(a.seconds_per_cell, b.seconds_per_cell);
  EXPECT_EQ(a.seconds_per_row, b.seconds_per_row);
  EXPECT_EQ(a.node_message_seconds, b.node_message_seconds);
  EXPECT_EQ(a.node_mpi_message_seconds, b.node_mpi_message_seconds);
  EXPECT_EQ(a.node_mpi_bytes_per_second, b.node_mpi_bytes_per_second);
  EXPECT_EQ(a.message_seconds, b.message_seconds);
  EXPECT_EQ(a.node_bytes_per_second, b.node_bytes_per_second);
  EXPECT_EQ(a.rank_bytes_per_second, b.rank_bytes_per_second);
  EXPECT_EQ(a.link_bytes_per_second, b.link_bytes_per_second);
  EXPECT_EQ(a.face_cost, b.face_cost);
  EXPECT_EQ(a.ranks_per_node, b.ranks_per_node);
  EXPECT_EQ(a.node_slots, b.node_slots);
  EXPECT_EQ(a.distribution, b.distribution);
  EXPECT_EQ(a.plane, b.plane);
}

TEST(MachineFile, EmptyFileIsTheDefaults) { expect_same(parse_machine("# nothing\n", "m.toml"), Machine()); }

TEST(MachineFile, EveryKeyReachesItsMember) {
  const Machine m = parse_machine(
      "seconds_per_cell = 1e-9\nmessage_seconds = 2e-6\nnode_bytes_per_second = 3e9\nrank_bytes_per_second = 4000000000\n"
      "link_bytes_per_second = 5e9\nseconds_per_row = 6e-9\nnode_message_seconds = 7e-9\nnode_mpi_message_seconds = 8e-9\n"
      "node_mpi_bytes_per_second = 9e9\nface_cost = [7, 8, 9]\nranks_per_node = 10\ndistribution = \"plane:11\"\n",
      "m.toml");
  Machine expected;
  expected.seconds_per_cell = 1e-9;
  expected.message_seconds = 2e-6;
  expected.node_bytes_per_second = 3e9;
  expected.rank_bytes_per_second = 4e9;
  expected.link_bytes_per_second = 5e9;
  expected.seconds_per_row = 6e-9;
  expected.node_message_seconds = 7e-9;
  expected.node_mpi_message_seconds = 8e-9;
  expected.node_mpi_bytes_per_second = 9e9;
  expected.face_cost = {7, 8, 9};
  expected.ranks_per_node = 10;
  expected.distribution = Distribution::plane;
  expected.plane = 11;
  expect_same(m, expected);
  EXPECT_EQ(parse_machine("ranks_per_node = [4, 4, 2]", "m.toml").node_slots, (std::vector<int>{4, 4, 2}));
}

TEST(MachineFile, WhatIsLeftOutFollowsTheMoreGeneralKey) {
  const Machine all = parse_machine("message_seconds = 3e-6\nnode_bytes_per_second = 1e9", "m.toml");
  EXPECT_EQ(all.node_message_seconds, 3e-6);
  EXPECT_EQ(all.node_mpi_message_seconds, 3e-6);
  EXPECT_EQ(all.node_mpi_bytes_per_second, 1e9);
  EXPECT_EQ(parse_machine("message_seconds = 3e-6\nnode_message_seconds = 1e-6", "m.toml").node_mpi_message_seconds, 1e-6);
}

TEST(MachineFile, WhatIsWrittenIsReadAgain) {
  std::mt19937_64 random(7);
  const auto constant = [&] {
    return std::ldexp(std::uniform_real_distribution(1.0, 2.0)(random), static_cast<int>(random() % 200) - 100);
  };
  for (int i = 0; i < 100; ++i) {
    Machine m;
    m.seconds_per_cell = constant();
    m.seconds_per_row = i == 1 ? 0 : constant();
    m.node_message_seconds = constant();
    m.node_mpi_message_seconds = constant();
    m.node_mpi_bytes_per_second = constant();
    m.message_seconds = constant();
    m.node_bytes_per_second = constant();
    m.rank_bytes_per_second = constant();
    m.link_bytes_per_second = i == 0 ? 1e9 : constant();  // once a number that prints without a point
    m.face_cost = {1 + static_cast<Index>(random() % 1000), 2, 3};
    set_slots(m, std::vector<int>(1 + static_cast<std::size_t>(i) % 4, 1 + i));
    set_layout(m, {static_cast<Distribution>(i % 3), i % 3 == 2 ? 1 + i : 1});
    expect_same(parse_machine(machine_text(m), "m.toml"), m);
  }
  expect_same(parse_machine(machine_text(Machine()), "m.toml"), Machine());
}

TEST(MachineFile, EveryKeyIsWrittenWithItsMeaning) {
  std::istringstream lines(machine_text(Machine()));
  for (std::string line; std::getline(lines, line);) EXPECT_NE(line.find("# "), std::string::npos) << line;
}

TEST(MachineFile, RefusalsNamePlaceKeyExpectedAndFound) {
  const auto message = [](const std::string& text) {
    try {
      parse_machine("# line 1\n" + text, "my.toml");
    } catch (const Error& e) {
      EXPECT_EQ(e.exit_code(), 2);
      return std::string(e.what());
    }
    ADD_FAILURE() << "accepted: " << text;
    return std::string();
  };
  struct Case {
    std::string text;
    std::vector<std::string> words;
  };
  for (const auto& [text, words] :
       std::vector<Case>{{"message_seconds = 0", {"my.toml:2:19: message_seconds: expected a number above 0, found the integer 0"}},
                         {"message_seconds = -1e-6", {"my.toml:2:", "found the number -1e-06"}},
                         {"message_seconds = inf", {"my.toml:2:", "found the number inf"}},
                         {"message_seconds = nan", {"my.toml:2:", "found the number nan"}},
                         {"message_seconds = \"2e-6\"", {"my.toml:2:", "without quotes"}},
                         {"message_second = 2e-6", {"my.toml:2:1: message_second: unknown key; did you mean message_seconds?"}},
                         {"colour = 3", {"my.toml:2:1: colour: unknown key; expected seconds_per_cell, ", "distribution"}},
                         {"[network]\nx = 1", {"my.toml:2:", "network: unknown key"}},
                         {"ranks_per_node = 0", {"my.toml:2:18: ranks_per_node: expected an integer from 1 to", "found the integer 0"}},
                         {"ranks_per_node = [4, 0]", {"my.toml:2:22: ranks_per_node: ", "found the integer 0"}},
                         {"ranks_per_node = []", {"my.toml:2:", "found an array of 0"}},
                         {"ranks_per_node = 4.0", {"my.toml:2:", "found the number 4.0"}},
                         {"distribution = \"round\"", {"my.toml:2:16: distribution: expected block, cyclic or plane:N", "'round'"}},
                         {"distribution = \"plane:0\"", {"my.toml:2:", "'plane:0'"}},
                         {"distribution = 3", {"my.toml:2:", "expected a string, found the integer 3"}},
                         {"face_cost = 3", {"my.toml:2:13: face_cost: expected three integers [x, y, z]"}},
                         {"face_cost = [1, 1]", {"my.toml:2:", "found an array of 2"}},
                         {"face_cost = [1, 0, 1]", {"my.toml:2:17: face_cost: ", "found the integer 0"}},
                         {"face_cost = [1, 1.5, 1]", {"my.toml:2:", "found the number 1.5"}},
                         {"message_seconds = ", {"my.toml:2:"}},
                         {"message_seconds = 1e-6\nmessage_seconds = 1e-6", {"my.toml:3:"}}}) {
    const std::string found = message(text);
    for (const std::string& word : words) EXPECT_NE(found.find(word), std::string::npos) << "no '" << word << "' in: " << found;
    EXPECT_EQ(found.find('\n'), std::string::npos) << found;
  }
  EXPECT_THROW(read_machine("/no/such/machine.toml"), Error);
}

TEST(MachineFile, IsWrittenWholeOrNotAtAll) {
  const auto file = std::filesystem::temp_directory_path() / ("hilbrick-machine-" + std::to_string(getpid()) + ".toml");
  Machine m;
  m.message_seconds = 1.25e-6;
  write_machine("-o", file.string(), m);
  expect_same(read_machine(file.string()), m);
  EXPECT_FALSE(std::filesystem::exists(file.string() + ".part"));
  std::filesystem::remove(file);
  EXPECT_THROW(write_machine("-o", "/no/such/folder/machine.toml", m), Error);
}

TEST(MachineFile, LayoutsAreSpeltAsInSlurm) {
  EXPECT_EQ(layout_from_name("block")->distribution, Distribution::block);
  EXPECT_EQ(layout_from_name("cyclic")->distribution, Distribution::cyclic);
  EXPECT_EQ(layout_from_name("plane:4")->plane, 4);
  for (const char* wrong :
       {"", "plane", "plane:", "plane:0", "plane:-1", "plane:4x", "plane:4.0", "plane: 4", "Block", "plane:99999999999"})
    EXPECT_FALSE(layout_from_name(wrong)) << wrong;
}

}  // namespace
}  // namespace hilbrick
