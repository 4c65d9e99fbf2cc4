// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <string_view>

#include "output.hpp"

namespace hilbrick::plan {
namespace {

using Json = nlohmann::ordered_json;

Json or_null(const std::optional<double>& value) { return value ? Json(*value) : Json(); }

Json availability_fields(const Question& question, const Row& row) {
  if (!row.feasible())
    return {{"nodes", {}}, {"mtbf_seconds", {}}, {"checkpoint_interval_seconds", {}}, {"expected_seconds", {}}, {"overhead", {}}};
  const Availability a = availability(question, row);
  const auto finite = [](double seconds) { return std::isfinite(seconds) ? Json(seconds) : Json(); };  // null: would never end
  return {{"nodes", a.nodes},
          {"mtbf_seconds", a.mtbf_seconds},
          {"checkpoint_interval_seconds", a.interval_seconds},
          {"expected_seconds", finite(a.expected_seconds)},
          {"overhead", finite(a.overhead)}};
}

/// One row without its ranks: the fields of JSON, the columns of CSV. Numbers are null where the method is infeasible.
Json fields(const Question& question, const Row& row) {
  const Metrics* m = row.feasible() ? &row.metrics() : nullptr;
  const auto number = [m](auto Metrics::*member) { return m ? Json(m->*member) : Json(); };
  Json object{{"method", name_of(row.method)},
              {"ranks", row.ranks},
              {"feasible", m != nullptr},
              {"reason", m ? Json() : Json(row.reason)},
              {"chosen", row.chosen ? Json(name_of(*row.chosen)) : Json()},
              {"exact", m ? Json(m->sample == 0) : Json()},
              {"sample", m && m->sample > 0 ? Json(m->sample) : Json()},
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
              {"model_step_seconds", m ? Json(step_time(*m)) : Json()}};
  if (question.deadline_seconds) object["meets_deadline"] = m ? Json(meets(*question.deadline_seconds, row)) : Json();
  if (question.failures) object["availability"] = availability_fields(question, row);
  return object;
}

Json rank_fields(const Row& row, Rank rank, const RankMetrics& m) {
  return {{"rank", rank},
          {"node", row.measured->partition.nodes().node_of(rank)},
          {"cells", m.cells},
          {"boxes", m.boxes},
          {"peers", m.peers},
          {"messages", m.messages},
          {"bytes_per_step", m.bytes_per_step},
          {"internode_bytes_per_step", m.internode_bytes_per_step}};
}

std::string csv_cell(const Json& value) {
  if (value.is_null()) return "";
  if (!value.is_string()) return value.dump();
  std::string text = value.get<std::string>();
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  for (std::size_t at = 0; (at = text.find('"', at)) != std::string::npos; at += 2) text.insert(at, 1, '"');
  return '"' + text + '"';
}

/// The object's values as a line, before the first one its names. An object inside gives a column for each of its own names.
void append_csv(std::string& text, const Json& nested) {
  Json object;
  for (const auto& [name, value] : nested.items())
    if (value.is_object())
      for (const auto& [inner, inner_value] : value.items()) object[fmt::format("{}_{}", name, inner)] = inner_value;
    else
      object[name] = value;
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

}  // namespace

std::string json(const Question& question, std::span<const Row> rows) {
  const Tiling tiling = question.tiling();
  const auto triple = [](const auto& n) { return Json::array({n[0], n[1], n[2]}); };
  Json results = Json::array();
  for (const Row& row : rows) {
    Json object = fields(question, row);
    if (question.per_rank) {
      object["per_rank"] = row.feasible() ? Json::array() : Json();
      for_each_rank(row, [&](Rank rank, const RankMetrics& m) { object["per_rank"].push_back(rank_fields(row, rank, m)); });
    }
    results.push_back(std::move(object));
  }
  const Json grid{{"cells", triple(question.grid.cells)},
                  {"active_cells", question.weights.active_cells(question.grid.box())},
                  {"periodic", triple(question.grid.periodic)},
                  {"brick", question.brick},
                  {"bricks", triple(tiling.bricks())}};
  Json report{{"grid", grid}};
  if (question.deadline_seconds) report["deadline_s"] = *question.deadline_seconds;
  if (const auto& failures = question.failures)
    report["availability"] = Json{{"node_mtbf_seconds", failures->node_mtbf_seconds},
                                  {"checkpoint_seconds", failures->checkpoint_seconds},
                                  {"steps", failures->steps}};
  report["results"] = std::move(results);
  return report.dump(2) + '\n';
}

std::string csv(const Question& question, std::span<const Row> rows) {
  std::string text;
  for (const Row& row : rows) {
    if (!question.per_rank) {
      append_csv(text, fields(question, row));
      continue;
    }
    for_each_rank(row, [&](Rank rank, const RankMetrics& m) {
      Json line{{"method", name_of(row.method)}, {"ranks", row.ranks}};
      line.update(rank_fields(row, rank, m));
      append_csv(text, line);
    });
  }
  return text;
}

}  // namespace hilbrick::plan
