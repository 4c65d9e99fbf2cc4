// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "advice.hpp"
#include "output.hpp"
#include "text.hpp"

namespace hilbrick::plan {
namespace {

std::string ratio(const std::optional<double>& value) { return value ? fmt::format("{:.2f}", *value) : "-"; }

/// What stands behind a feasible row.
std::string remarks(const Question& question, std::span<const Row> rows, const Row& row) {
  std::vector<std::string> remarks;
  if (rows.size() > 1 && &row == winner(rows)) remarks.emplace_back("<- least step time");
  if (row.metrics().sample > 0) remarks.push_back(fmt::format("estimated from {} ranks", row.metrics().sample));
  if (question.deadline_seconds && !meets(*question.deadline_seconds, row)) remarks.emplace_back("too slow");
  return fmt::format("{}", fmt::join(remarks, ", "));
}

/// The rows of one number of ranks.
std::string block(const Question& question, std::span<const Row> rows) {
  const bool nodes = question.machine.has_nodes();
  Columns columns;
  std::vector<std::string> head{"method",       "cells max", "imbalance", "faces", "sent, all",
                                "busiest rank", "vs slab",   "messages",  "peers", "boxes"};
  if (nodes) head.insert(head.end(), {"between nodes", "busiest node"});
  head.push_back("step");
  columns.add(head);
  for (const Row& row : rows) {
    std::string name(name_of(row.method));
    if (!row.feasible()) {
      columns.add({name}, "infeasible: " + row.reason);
      continue;
    }
    const Metrics& m = row.metrics();
    std::vector<std::string> cells{row.chosen ? fmt::format("{}: {}", name, name_of(*row.chosen)) : name,
                                   count_text(m.cells_max),
                                   fmt::format("{:.3f}", m.imbalance),
                                   count_text(m.faces_total),
                                   bytes_text(m.bytes_per_step_total),
                                   bytes_text(m.bytes_per_step_max),
                                   ratio(row.vs_slab_max),
                                   std::to_string(m.messages_per_step_max),
                                   std::to_string(m.peers_max),
                                   std::to_string(m.boxes_max)};
    if (nodes) cells.insert(cells.end(), {bytes_text(m.internode_bytes_per_step_total), bytes_text(m.internode_bytes_per_step_max)});
    cells.push_back(duration(step_time(m)));
    columns.add(cells, remarks(question, rows, row));
  }
  std::string text = columns.text();
  for (const Row& row : rows)
    if (const std::string why = explanation(row); !why.empty()) text += "  " + why + ".\n";
  const std::vector<std::string> sentences = advice(question, rows);
  if (!sentences.empty()) text += fmt::format("  Advice: {}.\n", fmt::join(sentences, "; "));
  return text;
}

std::string rank_block(const Row& row) {
  Columns columns;
  columns.add({"rank", "node", "cells", "boxes", "peers", "messages", "sent", "between nodes"});
  for_each_rank(row, [&](Rank rank, const RankMetrics& m) {
    columns.add({std::to_string(rank), std::to_string(row.measured->partition.nodes().node_of(rank)), std::to_string(m.cells),
                 std::to_string(m.boxes), std::to_string(m.peers), std::to_string(m.messages), bytes_text(m.bytes_per_step),
                 bytes_text(m.internode_bytes_per_step)});
  });
  return columns.text();
}

/// The rows of one method, by number of ranks.
std::vector<const Row*> rows_of(Method method, std::span<const Row> rows) {
  std::vector<const Row*> found;
  for (const Row& row : rows)
    if (row.method == method) found.push_back(&row);
  std::sort(found.begin(), found.end(), [](const Row* a, const Row* b) { return a->ranks < b->ranks; });
  return found;
}

/// How many times as fast as on the fewest ranks, over how many times as many ranks.
double efficiency(const Row& fewest, const Row& row) {
  return step_time(fewest.metrics()) * fewest.ranks / (step_time(row.metrics()) * row.ranks);
}

/// From how many ranks on less than half of the fewest ranks' efficiency is left, with the best method of each.
std::string where_scaling_ends(std::span<const Row> rows) {
  std::vector<const Row*> best;
  for (const auto& group : by_ranks(rows))
    if (const Row* row = winner(group)) best.push_back(row);
  std::sort(best.begin(), best.end(), [](const Row* a, const Row* b) { return a->ranks < b->ranks; });
  for (const Row* row : best)
    if (efficiency(*best.front(), *row) < 0.5)
      return fmt::format("  From {} ranks on less than half of the efficiency of {} is left.\n", row->ranks,
                         counted(best.front()->ranks, "rank"));
  return {};
}

/// One line for each method and a column for each number of ranks.
template <class F>
std::string by_method(const Question& question, std::span<const Row> rows, F&& cell) {
  Columns columns;
  std::vector<int> ranks = question.ranks;
  std::sort(ranks.begin(), ranks.end());
  std::vector<std::string> head{"method"};
  for (const int n : ranks) head.push_back(counted(n, "rank"));
  columns.add(head);
  for (const Method method : question.methods) {
    std::vector<std::string> cells{std::string(name_of(method))};
    const auto row_list = rows_of(method, rows);
    for (const Row* row : row_list) cells.push_back(row->feasible() ? cell(*row_list.front(), *row) : "-");
    columns.add(cells);
  }
  return columns.text();
}

std::string scaling(const Question& question, std::span<const Row> rows) {
  const int fewest = *std::min_element(question.ranks.begin(), question.ranks.end());
  std::string text = fmt::format("\nStep, times as fast as on {}, and how much of the ideal that is\n", counted(fewest, "rank"));
  text += by_method(question, rows, [](const Row& first, const Row& row) {
    std::string step = duration(step_time(row.metrics()));
    if (!first.feasible()) return step;
    return fmt::format("{}, {:.3g} x, {:>5}", step, step_time(first.metrics()) / step_time(row.metrics()), percent(efficiency(first, row)));
  });
  text += where_scaling_ends(rows);
  text += "\nSent by the busiest rank\n";
  text += by_method(question, rows, [](const Row&, const Row& row) { return bytes_text(row.metrics().bytes_per_step_max); });
  return text;
}

/// Where one method's step is within the deadline, or how far it is from that.
std::string deadline_line(double deadline_seconds, const std::vector<const Row*>& rows) {
  std::vector<int> ranks;
  const Row *fits = nullptr, *fastest = nullptr;
  for (const Row* row : rows) {
    if (!row->feasible()) continue;
    if (!fastest || step_time(row->metrics()) < step_time(fastest->metrics())) fastest = row;
    if (!meets(deadline_seconds, *row)) continue;
    if (!fits) fits = row;
    ranks.push_back(row->ranks);
  }
  if (!fastest) return "infeasible";
  const Row& row = fits ? *fits : *fastest;
  const Metrics& m = row.metrics();
  std::string text = fits ? fmt::format("fits on {} rank{}; on {}", fmt::join(ranks, ", "), ranks.back() == 1 ? "" : "s", row.ranks)
                          : fmt::format("too slow: {} at best, on {}, where", duration(step_time(m)), counted(row.ranks, "rank"));
  const double left = deadline_seconds - m.slowest.compute;
  if (left <= 0) return text + fmt::format(" computing alone takes {}", duration(m.slowest.compute));
  return text + fmt::format(" communication takes {}, at most {} would fit", duration(step_time(m) - m.slowest.compute), duration(left));
}

std::string deadline(const Question& question, std::span<const Row> rows) {
  std::string text = fmt::format("\nA step within {}\n", duration(*question.deadline_seconds));
  Columns columns;
  for (const Method method : question.methods)
    columns.add({std::string(name_of(method))}, deadline_line(*question.deadline_seconds, rows_of(method, rows)));
  return text + columns.text();
}

/// Of the best method for each number of ranks.
std::string failures(const Question& question, std::span<const Row> rows) {
  const Failures& asked = *question.failures;
  std::string text = fmt::format("\nA run of {} steps; a node fails once in {}, a checkpoint takes {} to write or to read\n", asked.steps,
                                 duration(asked.node_mtbf_seconds), duration(asked.checkpoint_seconds));
  Columns columns;
  columns.add({"method", "ranks", "nodes", "some node fails in", "checkpoint every", "without failures", "expected", "overhead"});
  for (const auto& group : by_ranks(rows)) {
    const Row* row = winner(group);
    if (!row) continue;
    const Availability a = availability(question, *row);
    columns.add({std::string(name_of(row->metrics().method)), std::to_string(row->ranks), std::to_string(a.nodes), duration(a.mtbf_seconds),
                 duration(a.interval_seconds), duration(step_time(row->metrics()) * static_cast<double>(asked.steps)),
                 duration(a.expected_seconds), std::isinf(a.overhead) ? "-" : fmt::format("{:.1f} %", a.overhead * 100)});
  }
  return text + columns.text();
}

std::string constants(const Machine& machine) {
  const std::string row = machine.seconds_per_row > 0 ? fmt::format("{:.3g} ns a row along x, ", machine.seconds_per_row * 1e9) : "";
  const std::string on_node = machine.node_message_seconds == machine.message_seconds
                                  ? ""
                                  : fmt::format("{:.3g} us a message on the node, else ", machine.node_message_seconds * 1e6);
  return fmt::format(
      "\nSent: bytes to other ranks in one step. vs slab: the busiest rank's against the naive slab's. Messages, peers, boxes: the most of "
      "any rank.\n"
      "Step is modelled, to compare methods by: {:.3g} ns a cell, {}{}{:.3g} us a message, {:.3g} GB/s to a peer on the node, {:.3g} GB/s "
      "a "
      "rank and {:.3g} GB/s a node to others.\n",
      machine.seconds_per_cell * 1e9, row, on_node, machine.message_seconds * 1e6, machine.node_bytes_per_second / 1e9,
      machine.rank_bytes_per_second / 1e9, machine.link_bytes_per_second / 1e9);
}

}  // namespace

std::string table(const Question& question, std::span<const Row> rows) {
  std::string text = fmt::format("{} cells, {} bricks of up to {}^3 cells, stencil {}, {} bytes a value\n", dimensions(question.grid.cells),
                                 dimensions(question.tiling().bricks()), question.brick, question.stencil_name, question.value_bytes);
  if (question.weights.masked())
    text += fmt::format("{} cells are active\n", count_text(question.weights.active_cells(question.grid.box())));
  for (const auto& group : by_ranks(rows)) {
    const int ranks = group.front().ranks;
    text += '\n' + counted(ranks, "rank");
    if (question.machine.has_nodes()) text += " on " + counted(Nodes(question.machine, ranks).count(), "node");
    text += '\n' + block(question, group);
    for (const Row& row : group)
      if (question.per_rank && row.feasible()) text += fmt::format("\n  {}, {} ranks\n", name_of(row.method), ranks) + rank_block(row);
  }
  if (question.ranks.size() > 1) text += scaling(question, rows);
  if (question.deadline_seconds) text += deadline(question, rows);
  if (question.failures) text += failures(question, rows);
  return text + constants(question.machine);
}

}  // namespace hilbrick::plan
