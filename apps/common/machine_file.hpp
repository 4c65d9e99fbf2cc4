// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What is known of a machine, as a TOML file: the keys are the members of Machine, every one may be left out.
//
//   seconds_per_cell = 4e-9
//   ranks_per_node = 64               # or the slots of the nodes in turn, the last repeated: [64, 64, 32]
//   distribution = "plane:4"          # or "block", "cyclic"
//   face_cost = [3, 1, 1]

#include <hilbrick/partition/machine.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hilbrick {

/// More ranks than any machine has.
inline constexpr int most_ranks = 1 << 24;
/// The most that a face may cost.
inline constexpr Index most_face_cost = 1'000'000;

/// Throws Error with file:line:column for a key that does not exist or a value that makes no sense. `file` stands in messages. Local.
Machine parse_machine(std::string_view text, const std::string& file);
/// The same from a file; Error where it cannot be read. Local.
Machine read_machine(const std::string& file);

/// The text that parse_machine turns into the same machine, each key with its unit.
std::string machine_text(const Machine& machine);
/// Writes it, whole or not at all. Throws Error as write_whole does. Local.
void write_machine(const std::string& option, const std::string& file, const Machine& machine);

/// How ranks are laid onto nodes, as people spell it: "block", "cyclic" or "plane:N".
struct Layout {
  Distribution distribution = Distribution::block;
  int plane = 1;
};
std::optional<Layout> layout_from_name(std::string_view name);
std::string layout_name(const Machine& machine);
void set_layout(Machine& machine, const Layout& layout);
/// `slots`: ranks on the nodes in turn, the last repeated; at least one.
void set_slots(Machine& machine, const std::vector<int>& slots);

}  // namespace hilbrick
