// SPDX-License-Identifier: BSD-3-Clause
#include "output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

namespace hilbrick::plan {
namespace {

using Json = nlohmann::ordered_json;

Json or_null(const std::optional<double>& value) { return value ? Json(*value) : Json(); }

/// One row without its ranks: the fields of JSON, the columns of CSV. Numbers are null where the method is infeasible.
Json fields(const Row& row) {
  const Metrics* m = row.measured ? &row.measured->metrics : nullptr;
  const auto number = [m](auto Metrics::*member) { return m ? Json(m->*member) : Json(); };
  return {{"method", name_of(row.method)},
          {"ranks", row.ranks},
          {"feasible", m != nullptr},
          {"reason", m ? Json() : Json(row.reason)},
          {"chosen", row.chosen ? Json(name_of(*row.chosen)) : Json()},
          {"exact", m ? Json(true) : Json()},
          {"cells_max", number(&Metrics::cells_max)},
          {"cells_mean", number(&Metrics::cells_mean)},
          {"imbalance", number(&Metrics::imbalance)},
          {"faces_total", number(&Metrics::faces_total)},
          {"faces_max", number(&Metrics::faces_max)},
          {"bytes_per_step_max", number(&Metrics::bytes_per_step_max)},
          {"bytes_per_step_mean", number(&Metrics::bytes_per_step_mean)},
          {"bytes_per_step_total", number(&Metrics::bytes_per_step_total)},
          {"messages_per_step_max", number(&Metrics::messages_per_step_max)},
          {"peers_max", number(&Metrics::peers_max)},
          {"peers_mean", number(&Metrics::peers_mean)},
          {"boxes_max", number(&Metrics::boxes_max)},
          {"internode_bytes_per_step_total", number(&Metrics::internode_bytes_per_step_total)},
          {"internode_bytes_per_step_max", number(&Metrics::internode_bytes_per_step_max)},
          {"vs_slab_max", or_null(row.vs_slab_max)},
          {"vs_slab_total", or_null(row.vs_slab_total)},
          {"ideal_ratio", m ? or_null(m->ideal_ratio) : Json()},
          {"model_step_seconds", number(&Metrics::step_seconds)}};
}

Json rank_fields(const Options& options, int ranks, Rank rank, const RankMetrics& m) {
  return {{"rank", rank},
          {"node", options.machine.node_of(rank, ranks)},
          {"cells", m.cells},
          {"boxes", m.boxes},
          {"peers", m.peers},
          {"messages", m.messages},
          {"bytes_per_step", m.bytes_per_step},
          {"internode_bytes_per_step", m.internode_bytes_per_step}};
}

/// Every rank of every feasible row.
template <class F>
void for_each_rank(const Row& row, F&& f) {
  if (!row.measured) return;
  for (std::size_t r = 0; r < row.measured->per_rank.size(); ++r) f(static_cast<Rank>(r), row.measured->per_rank[r]);
}

std::string csv_cell(const Json& value) {
  if (value.is_null()) return "";
  if (!value.is_string()) return value.dump();
  std::string text = value.get<std::string>();
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  for (std::size_t at = 0; (at = text.find('"', at)) != std::string::npos; at += 2) text.insert(at, 1, '"');
  return '"' + text + '"';
}

/// The object's values as a line, before the first one its names.
void append_csv(std::string& text, const Json& object) {
  const auto line = [&](auto&& cell) {
    std::string_view comma;
    for (const auto& [name, value] : object.items()) {
      text += comma;
      text += cell(name, value);
      comma = ",";
    }
    text += '\n';
  };
  if (text.empty()) line([](const std::string& name, const Json&) { return name; });
  line([](const std::string&, const Json& value) { return csv_cell(value); });
}

std::string dimensions(Int3 n) { return fmt::format("{} x {} x {}", n.x, n.y, n.z); }

/// A number with a decimal prefix: 786432, "B" -> "786 kB".
std::string with_prefix(double value, std::string_view unit) {
  constexpr std::array prefixes{"", "k", "M", "G", "T", "P", "E"};
  std::size_t p = 0;
  for (; value >= 999.5 && p + 1 < prefixes.size(); ++p) value /= 1000;
  const int digits = p == 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  const std::string text = fmt::format("{:.{}f} {}{}", value, digits, prefixes[p], unit);
  return unit.empty() && p == 0 ? text.substr(0, text.size() - 1) : text;
}

std::string seconds(double s) {
  if (s >= 1) return fmt::format("{:.3g} s", s);
  return s >= 1e-3 ? fmt::format("{:.3g} ms", s * 1e3) : fmt::format("{:.3g} us", s * 1e6);
}

std::string ratio(const std::optional<double>& value) { return value ? fmt::format("{:.2f}", *value) : "-"; }

/// Rows of cells, each column as wide as its widest cell; the first column to the left, the others to the right.
class Columns {
 public:
  void add(std::vector<std::string> cells, std::string after = {}) { lines_.push_back({std::move(cells), std::move(after)}); }

  std::string text() const {
    std::vector<std::size_t> widths;
    for (const Line& line : lines_) {
      widths.resize(std::max(widths.size(), line.cells.size()));
      for (std::size_t i = 0; i < line.cells.size(); ++i) widths[i] = std::max(widths[i], line.cells[i].size());
    }
    std::string text;
    for (const Line& line : lines_) {
      text += ' ';
      for (std::size_t i = 0; i < line.cells.size(); ++i)
        text += i == 0 ? fmt::format(" {:<{}}", line.cells[i], widths[i]) : fmt::format("  {:>{}}", line.cells[i], widths[i]);
      text += (line.after.empty() ? "" : "  ") + line.after + '\n';
    }
    return text;
  }

 private:
  struct Line {
    std::vector<std::string> cells;
    std::string after;  // free text behind the cells
  };
  std::vector<Line> lines_;
};

/// The rows of one number of ranks, the one with the least modelled step first marked.
std::string block(const Options& options, const Row* first, const Row* last) {
  const bool nodes = options.machine.ranks_per_node > 0;
  const auto step = [](const Row& row) { return row.measured->metrics.step_seconds; };
  const Row* winner = nullptr;
  for (const Row* row = first; row != last; ++row)
    if (row->measured && row->method != Method::automatic && (!winner || step(*row) < step(*winner))) winner = row;

  Columns columns;
  std::vector<std::string> head{"method",       "cells max", "imbalance", "faces", "sent, all",
                                "busiest rank", "vs slab",   "messages",  "peers", "boxes"};
  if (nodes) head.insert(head.end(), {"between nodes", "busiest node"});
  head.push_back("step");
  columns.add(head);
  for (const Row* row = first; row != last; ++row) {
    std::string name(name_of(row->method));
    if (!row->measured) {
      columns.add({name}, "infeasible: " + row->reason);
      continue;
    }
    const Metrics& m = row->measured->metrics;
    const auto count = [](Index n) { return with_prefix(static_cast<double>(n), ""); };
    const auto bytes = [](Index n) { return with_prefix(static_cast<double>(n), "B"); };
    std::vector<std::string> cells{row->chosen ? fmt::format("{}: {}", name, name_of(*row->chosen)) : name,
                                   count(m.cells_max),
                                   fmt::format("{:.3f}", m.imbalance),
                                   count(m.faces_total),
                                   bytes(m.bytes_per_step_total),
                                   bytes(m.bytes_per_step_max),
                                   ratio(row->vs_slab_max),
                                   std::to_string(m.messages_per_step_max),
                                   std::to_string(m.peers_max),
                                   std::to_string(m.boxes_max)};
    if (nodes) cells.insert(cells.end(), {bytes(m.internode_bytes_per_step_total), bytes(m.internode_bytes_per_step_max)});
    cells.push_back(seconds(m.step_seconds));
    columns.add(cells, row == winner && last - first > 1 ? "<- least step time" : "");
  }
  return columns.text();
}

std::string rank_block(const Options& options, const Row& row) {
  Columns columns;
  columns.add({"rank", "node", "cells", "boxes", "peers", "messages", "sent", "between nodes"});
  for_each_rank(row, [&](Rank rank, const RankMetrics& m) {
    columns.add({std::to_string(rank), std::to_string(options.machine.node_of(rank, row.ranks)), std::to_string(m.cells),
                 std::to_string(m.boxes), std::to_string(m.peers), std::to_string(m.messages),
                 with_prefix(static_cast<double>(m.bytes_per_step), "B"),
                 with_prefix(static_cast<double>(m.internode_bytes_per_step), "B")});
  });
  return columns.text();
}

}  // namespace

std::string json(const Options& options, const std::vector<Row>& rows) {
  const Tiling tiling(options.grid, options.brick);
  const auto triple = [](const auto& n) { return Json::array({n[0], n[1], n[2]}); };
  Json results = Json::array();
  for (const Row& row : rows) {
    Json object = fields(row);
    if (options.per_rank) {
      object["per_rank"] = row.measured ? Json::array() : Json();
      for_each_rank(row, [&](Rank rank, const RankMetrics& m) { object["per_rank"].push_back(rank_fields(options, row.ranks, rank, m)); });
    }
    results.push_back(std::move(object));
  }
  const Json grid{{"cells", triple(options.grid.cells)},
                  {"active_cells", options.weights.active_cells(options.grid.box())},
                  {"periodic", triple(options.grid.periodic)},
                  {"brick", options.brick},
                  {"bricks", triple(tiling.bricks())}};
  return Json{{"grid", grid}, {"results", results}}.dump(2) + '\n';
}

std::string csv(const Options& options, const std::vector<Row>& rows) {
  std::string text;
  for (const Row& row : rows) {
    if (!options.per_rank) append_csv(text, fields(row));
    for_each_rank(row, [&](Rank rank, const RankMetrics& m) {
      Json line{{"method", name_of(row.method)}, {"ranks", row.ranks}};
      line.update(rank_fields(options, row.ranks, rank, m));
      append_csv(text, line);
    });
  }
  return text;
}

std::string table(const Options& options, const std::vector<Row>& rows) {
  const Tiling tiling(options.grid, options.brick);
  const Machine& machine = options.machine;
  std::string text = fmt::format("{} cells, {} bricks of up to {}^3 cells, stencil {}, {} bytes a value\n", dimensions(options.grid.cells),
                                 dimensions(tiling.bricks()), options.brick, options.stencil_name, options.value_bytes);
  if (options.weights.masked())
    text += fmt::format("{} cells are active\n", with_prefix(static_cast<double>(options.weights.active_cells(options.grid.box())), ""));
  for (auto first = rows.begin(); first != rows.end();) {
    const auto last = std::find_if(first, rows.end(), [&](const Row& row) { return row.ranks != first->ranks; });
    text += fmt::format("\n{} rank{}", first->ranks, first->ranks == 1 ? "" : "s");
    if (machine.ranks_per_node > 0) {
      const int nodes = machine.nodes(first->ranks);
      text += fmt::format(" on {} node{}", nodes, nodes == 1 ? "" : "s");
    }
    text += '\n' + block(options, &*first, &*first + (last - first));
    if (options.per_rank)
      for (auto row = first; row != last; ++row)
        if (row->measured) text += fmt::format("\n  {}, {} ranks\n", name_of(row->method), row->ranks) + rank_block(options, *row);
    first = last;
  }
  text += fmt::format(
      "\nSent: bytes to other ranks in one step. vs slab: the busiest rank's against the naive slab's. Messages, peers, boxes: the most of "
      "any rank.\n"
      "Step is modelled, to compare methods by: {:.3g} ns a cell, {:.3g} us a message, {:.3g} GB/s to a peer on the node, {:.3g} GB/s a "
      "rank and {:.3g} GB/s "
      "a node to others.\n",
      machine.seconds_per_load * 1e9, machine.message_seconds * 1e6, machine.node_bytes_per_second / 1e9,
      machine.rank_bytes_per_second / 1e9, machine.link_bytes_per_second / 1e9);
  return text;
}

}  // namespace hilbrick::plan
