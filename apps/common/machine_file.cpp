// SPDX-License-Identifier: BSD-3-Clause
#include "machine_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <hilbrick/partition/error.hpp>
#include <sstream>

#include "table_reader.hpp"
#include "whole_file.hpp"

namespace hilbrick {
namespace {

struct Constant {
  const char* key;
  double Machine::*member;
  const char* meaning;
  double Machine::*otherwise = nullptr;  // whose value it has where it is left out; none: its default
  Range range = positive;
};
constexpr Constant constants[] = {
    {"seconds_per_cell", &Machine::seconds_per_cell, "s: one plain cell, one step, one rank"},
    {"seconds_per_row", &Machine::seconds_per_row, "s: one row of cells along x, besides its cells", nullptr, not_negative},
    {"message_seconds", &Machine::message_seconds, "s: start-up of one message to another node"},
    {"rank_bytes_per_second", &Machine::rank_bytes_per_second, "B/s: what one rank alone sends to other nodes"},
    {"link_bytes_per_second", &Machine::link_bytes_per_second, "B/s: what a node sends to other nodes, all its ranks together"},
    {"node_message_seconds", &Machine::node_message_seconds, "s: start-up of one message to a peer on the node", &Machine::message_seconds},
    {"node_bytes_per_second", &Machine::node_bytes_per_second, "B/s: what one rank moves to a peer on its node, packing included"},
    {"node_mpi_message_seconds", &Machine::node_mpi_message_seconds, "s: the same start-up where ranks of a node share no memory",
     &Machine::node_message_seconds},
    {"node_mpi_bytes_per_second", &Machine::node_mpi_bytes_per_second, "B/s: the same bytes where ranks of a node share no memory",
     &Machine::node_bytes_per_second},
};

constexpr const char* layouts = "block, cyclic or plane:N with N ranks to each node in turn";

void read_slots(TableReader& reader, Machine& machine) {
  const std::string key = "ranks_per_node", expected = fmt::format("an integer from 1 to {}, or an array of them", most_ranks);
  const toml::node* found = reader.node(key);
  if (!found) return;
  std::vector<int> slots;
  const auto add = [&](const toml::node& node) {
    if (!node.is_integer() || **node.as_integer() < 1 || **node.as_integer() > most_ranks) reader.wrong(key, node, expected);
    slots.push_back(static_cast<int>(**node.as_integer()));
  };
  if (const toml::array* list = found->as_array()) {
    for (const toml::node& node : *list) add(node);
    if (slots.empty()) reader.wrong(key, *found, expected);
  } else {
    add(*found);
  }
  set_slots(machine, slots);
}

void read_layout(TableReader& reader, Machine& machine) {
  if (!reader.given("distribution")) return;
  const auto layout = layout_from_name(reader.text("distribution"));
  if (!layout) reader.wrong("distribution", *reader.node("distribution"), layouts);
  set_layout(machine, *layout);
}

void read_face_cost(TableReader& reader, Machine& machine) {
  const std::string key = "face_cost", expected = fmt::format("three integers [x, y, z] from 1 to {}", most_face_cost);
  const toml::node* found = reader.node(key);
  if (!found) return;
  if (!found->is_array() || found->as_array()->size() != 3) reader.wrong(key, *found, expected);
  for (int axis = 0; axis < 3; ++axis) {
    const toml::node& cost = (*found->as_array())[static_cast<std::size_t>(axis)];
    if (!cost.is_integer() || **cost.as_integer() < 1 || **cost.as_integer() > most_face_cost) reader.wrong(key, cost, expected);
    machine.face_cost[axis] = **cost.as_integer();
  }
}

}  // namespace

std::optional<Layout> layout_from_name(std::string_view name) {
  if (name == "block") return Layout{Distribution::block};
  if (name == "cyclic") return Layout{Distribution::cyclic};
  constexpr std::string_view plane = "plane:";
  if (!name.starts_with(plane)) return std::nullopt;
  name.remove_prefix(plane.size());
  Layout layout{Distribution::plane};
  const char* end = name.data() + name.size();
  const auto [stop, problem] = std::from_chars(name.data(), end, layout.plane);
  if (problem != std::errc{} || stop != end || layout.plane < 1 || layout.plane > most_ranks) return std::nullopt;
  return layout;
}

std::string layout_name(const Machine& machine) {
  switch (machine.distribution) {
    case Distribution::block:
      return "block";
    case Distribution::cyclic:
      return "cyclic";
    case Distribution::plane:
      return fmt::format("plane:{}", machine.plane);
  }
  return {};
}

void set_layout(Machine& machine, const Layout& layout) {
  machine.distribution = layout.distribution;
  machine.plane = layout.plane;
}

void set_slots(Machine& machine, const std::vector<int>& slots) {
  machine.ranks_per_node = slots.size() == 1 ? slots.front() : 0;
  machine.node_slots = slots.size() == 1 ? std::vector<int>{} : slots;
}

Machine parse_machine(std::string_view text, const std::string& file) {
  const toml::table root = parse_toml(text, file);
  TableReader reader(root, "", file);
  Machine machine;
  for (const Constant& constant : constants) {
    const double otherwise = machine.*(constant.otherwise ? constant.otherwise : constant.member);
    machine.*constant.member = reader.number_or(constant.key, otherwise, constant.range);
  }
  read_slots(reader, machine);
  read_layout(reader, machine);
  read_face_cost(reader, machine);
  reader.finish();
  return machine;
}

Machine read_machine(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  if (in && in.peek() != std::ifstream::traits_type::eof()) text << in.rdbuf();  // to copy nothing counts as a failure
  if (!in.is_open() || in.bad() || text.fail())
    throw Error(fmt::format("{}: expected a machine file, cannot read it: {}", file, std::strerror(errno)));
  return parse_machine(text.view(), file);
}

std::string machine_text(const Machine& machine) {
  std::string text = "# What the time model knows of a machine. Keys that are left out keep their defaults.\n";
  for (const Constant& constant : constants)
    // A TOML integer is not a TOML float, but every reader here takes both.
    text += fmt::format("{} = {}  # {}\n", constant.key, machine.*constant.member, constant.meaning);
  text += fmt::format("face_cost = [{}, {}, {}]  # what a cut cell face normal to x, y, z costs, relative to each other\n",
                      machine.face_cost.x, machine.face_cost.y, machine.face_cost.z);
  if (!machine.node_slots.empty())
    text += fmt::format("ranks_per_node = [{}]  # of the nodes in turn, the last repeated\n", fmt::join(machine.node_slots, ", "));
  else if (machine.ranks_per_node > 0)
    text += fmt::format("ranks_per_node = {}  # of every node\n", machine.ranks_per_node);
  text += fmt::format("distribution = \"{}\"  # how the launcher lays ranks onto nodes: {}\n", layout_name(machine), layouts);
  return text;
}

void write_machine(const std::string& option, const std::string& file, const Machine& machine) {
  write_whole(option, file, [&](std::ostream& out) { out << machine_text(machine); });
}

}  // namespace hilbrick
