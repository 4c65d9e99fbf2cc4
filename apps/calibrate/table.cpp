// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <cmath>

#include "measured.hpp"

namespace hilbrick::calibrate {
namespace {

std::string updates(const Measured& measured, const Machine& machine) {
  std::string text =
      fmt::format("\nUpdates, all ranks at once\n  {:>15} {:>10} {:>14} {:>14}\n", "cells", "rows", "ns a cell", "by the fit");
  for (const BoxTime& box : measured.boxes) {
    const auto cells = static_cast<double>(product(box.cells));
    const auto rows = static_cast<double>(box.cells.y * box.cells.z);
    const double fitted = machine.seconds_per_cell + machine.seconds_per_row * rows / cells;
    text += fmt::format("  {:>15} {:>10.0f} {:>14.2f} {:>14}\n", fmt::format("{}x{}x{}", box.cells.x, box.cells.y, box.cells.z), rows,
                        box.step_seconds / cells * 1e9, box.fitted ? fmt::format("{:.2f}", fitted * 1e9) : "-");
  }
  return text +
         fmt::format(
             "  A cell takes {:.2f} ns, a row along x {:.1f} ns more: as much as {:.0f} cells. Copying memory: {:.2f} GB/s a rank.\n",
             machine.seconds_per_cell * 1e9, machine.seconds_per_row * 1e9, machine.seconds_per_row / machine.seconds_per_cell,
             measured.copy_bytes_per_second / 1e9);
}

std::string rings(const char* name, const Rings& rings) {
  std::string text = fmt::format("  {:<8} {:>9.2f}", name, rings.message_seconds * 1e6);
  for (const double rate : bytes_per_second(rings)) text += fmt::format(" {:>10.2f}", rate / 1e9);
  for (int axis = 0; axis < 3; ++axis)
    for (const RingTime& t : rings.times)
      if (t.axis == axis) text += fmt::format("{} {:>6.1f}", t.edge == 32 ? " |" : "", t.step_seconds * 1e6);
  return text + "\n";
}

std::string on_node(const OnNode& here, const Machine& machine) {
  std::string text = fmt::format(
      "\nHalos between ranks of a node, just written: GB/s of a rank across faces normal to an axis, and us of a step for faces of 32, 64, "
      "128 cells "
      "squared\n  {:<8} {:>9} {:>10} {:>10} {:>10} | {:^20} | {:^20} | {:^20}\n",
      "", "us to go", "x", "y", "z", "x", "y", "z");
  text += rings("message", here.message);
  if (!here.shared)
    return text + "  These ranks share no memory: " + (here.fallback.empty() ? "see the note of another node" : here.fallback) + "\n";
  text += rings("shared", *here.shared);
  text += fmt::format("  A face costs {}:{}:{} by axis.", machine.face_cost.x, machine.face_cost.y, machine.face_cost.z);
  const double saved = saved_by_sharing(here, 2);
  return text + (saved > 0
                     ? fmt::format(
                           " Shared memory takes {:.2f} ms to set up and saves {:.1f} us a step with faces of 128 x 128 cells normal to z: "
                           "it pays after {:.0f} steps.\n",
                           here.shared_setup_seconds * 1e3, saved * 1e6, std::ceil(here.shared_setup_seconds / saved))
                     : fmt::format(" Shared memory takes {:.2f} ms to set up and saves nothing here: --transport message is as good.\n",
                                   here.shared_setup_seconds * 1e3));
}

std::string between_nodes(const BetweenNodes& network, const Machine& machine) {
  return fmt::format(
      "\nBetween nodes\n  {:.2f} us to go, {:.2f} GB/s a rank, {:.2f} GB/s a node. A step that sends {} bytes a rank: {:.1f} us by one "
      "rank of each node, "
      "{:.1f} us by {} at once.\n",
      machine.message_seconds * 1e6, machine.rank_bytes_per_second / 1e9, machine.link_bytes_per_second / 1e9, network.bytes,
      network.alone_seconds * 1e6, network.together_seconds * 1e6, network.rings);
}

}  // namespace

std::string table(const Measured& measured, const Machine& machine) {
  std::string text = fmt::format("{} rank{} on {} node{}: at most {} on a node, which has {} cores for them\n", measured.ranks,
                                 measured.ranks == 1 ? "" : "s", measured.nodes, measured.nodes == 1 ? "" : "s", measured.ranks_on_node,
                                 measured.cores_on_node);
  if (measured.ranks_on_node > measured.cores_on_node)
    text += "  warning: ranks share cores; what follows holds for runs that do so too, and only roughly\n";
  text += updates(measured, machine);
  text += measured.on_node ? on_node(*measured.on_node, machine)
                           : "\nNo two ranks share a node: what halos cost on one keeps its defaults, face costs too.\n";
  text += measured.between_nodes ? between_nodes(*measured.between_nodes, machine)
                                 : "\nOne node: what messages between nodes cost keeps its defaults.\n";
  if (measured.between_nodes && measured.between_nodes->rings == 1) text += "  One rank a node: the node's limit keeps its default.\n";
  return text;
}

}  // namespace hilbrick::calibrate
