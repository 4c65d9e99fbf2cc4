// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <hilbrick/report.hpp>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>
#include <type_traits>

namespace hilbrick {
namespace {

/// Maxima and sums over ranks.
struct Totals {
  Index predicted_max = 0, predicted_total = 0, counted_max = 0, counted_total = 0;
  TransportPairs pairs;
  Index memory_max = 0, planned_memory_max = 0, taken_memory_max = 0;
  double shared_setup_max = 0;
  Index internode_max = 0, internode_total = 0;  // the most of any node
  int nodes = 0;
  std::optional<Index> slab_max, slab_total;
};

Totals totals(const RunReport& report) {
  Totals t;
  std::map<int, Index> of_node;
  for (const RankReport& r : report.per_rank) {
    t.internode_total += r.internode_bytes_per_step;
    t.internode_max = std::max(t.internode_max, of_node[r.node] += r.internode_bytes_per_step);
    t.predicted_max = std::max(t.predicted_max, r.predicted_bytes_per_step);
    t.predicted_total += r.predicted_bytes_per_step;
    t.counted_max = std::max(t.counted_max, r.counted_bytes_per_step);
    t.counted_total += r.counted_bytes_per_step;
    t.shared_setup_max = std::max(t.shared_setup_max, r.shared_setup_seconds);
    t.pairs.self += r.pairs.self;
    t.pairs.shared += r.pairs.shared;
    t.pairs.message += r.pairs.message;
    t.memory_max = std::max(t.memory_max, r.memory_bytes);
    t.planned_memory_max = std::max(t.planned_memory_max, r.planned_memory_bytes);
    t.taken_memory_max = std::max(t.taken_memory_max, r.taken_memory_bytes);
  }
  t.nodes = static_cast<int>(of_node.size());
  if (!report.slab.empty()) {
    t.slab_max = 0;
    t.slab_total = 0;
    for (const RankMetrics& m : report.slab) {
      t.slab_max = std::max(*t.slab_max, m.bytes_per_step);
      *t.slab_total += m.bytes_per_step;
    }
  }
  return t;
}

template <class T>
nlohmann::json or_null(const std::optional<T>& value) {
  return value ? nlohmann::json(*value) : nlohmann::json(nullptr);
}

std::string with_unit(double bytes) {
  for (const char* unit : {"B", "kB", "MB"}) {
    if (bytes < 9999.5) return unit[0] == 'B' ? fmt::format("{:.0f} B", bytes) : fmt::format("{:.1f} {}", bytes, unit);
    bytes /= 1000;
  }
  return fmt::format("{:.1f} GB", bytes);
}

std::string duration(double seconds) {
  return seconds < 1e-3 ? fmt::format("{:.3g} us", seconds * 1e6)
         : seconds < 1  ? fmt::format("{:.3g} ms", seconds * 1e3)
                        : fmt::format("{:.3g} s", seconds);
}

/// Predicted against measured, and whose constants those were.
std::string step_line(const RunReport& report) {
  const auto text = [](double compute, double exchange) {
    return fmt::format("{} (computing {}, exchange {})", duration(compute + exchange), duration(compute), duration(exchange));
  };
  const Forecast& forecast = report.forecast;
  const MeasuredStep measured = measured_step(report);
  return fmt::format("A step, predicted: {}, by {}; measured: {}.\n",
                     text(forecast.step.compute, forecast.step.total() - forecast.step.compute),
                     forecast.constants.empty() ? "round numbers (hilbrick-calibrate measures this machine's)" : forecast.constants,
                     text(measured.compute, measured.exchange));
}

/// How steps fared against the clock, and against their deadline.
std::string step_times_line(const RunReport& report) {
  const StepTimeReport& times = report.step_times;
  std::string line = fmt::format("Steps one by one: half took at most {}, 99 of 100 {}, all {}.\n", duration(times.p50),
                                 duration(times.p99), duration(times.max));
  if (!times.deadline_s) return line;
  line += fmt::format("Deadline {}: missed by {} of {} steps. ", duration(*times.deadline_s), times.missed, report.steps);
  const double left = *times.exchange_left();
  line += left > 0 ? fmt::format("99 of 100 compute within {}, so that exchanges may take up to {} a step.\n",
                                 duration(times.computing_p99), duration(left))
                   : fmt::format("Computing alone takes {} (99 of 100): no exchange is fast enough.\n", duration(times.computing_p99));
  return line;
}

/// After how many steps shared memory has saved what it took to set up.
std::string payback(const RunReport& report, const Totals& t) {
  const double saved = report.forecast.saved_by_sharing;
  return t.pairs.shared == 0 || saved <= 0
             ? ""
             : fmt::format(", regained in {:.0f} steps by these constants", std::ceil(t.shared_setup_max / saved));
}

std::string ratio(Index ours, std::optional<Index> slab) {
  return slab && *slab > 0 ? fmt::format("{:.2f}", static_cast<double>(ours) / static_cast<double>(*slab)) : std::string("-");
}

}  // namespace

double RunReport::mcells_per_second() const {
  return loop_seconds > 0 ? static_cast<double>(product(cells)) * static_cast<double>(own_steps()) / loop_seconds / 1e6 : 0;
}

MeasuredStep measured_step(const RunReport& report) {
  MeasuredStep step;
  if (report.own_steps() == 0) return step;
  double total = 0;
  for (const RankReport& r : report.per_rank) {
    total = std::max(total, r.step_seconds);
    step.compute = std::max(step.compute, r.step_seconds - r.exchange_seconds);
  }
  step.exchange = (total - step.compute) / static_cast<double>(report.own_steps());
  step.compute /= static_cast<double>(report.own_steps());
  return step;
}

std::vector<RankReport> gather_reports(const Comm& comm, const RankReport& mine) {
  static_assert(std::is_trivially_copyable_v<RankReport>);
  std::vector<RankReport> all(comm.rank() == 0 ? static_cast<std::size_t>(comm.size()) : 0);
  const Waiting waiting(comm, "the reports of all ranks");
  MPI_Gather(&mine, sizeof mine, MPI_BYTE, all.data(), sizeof mine, MPI_BYTE, 0, comm.get());
  return all;
}

std::string to_json(const RunReport& report) {
  const Totals t = totals(report);
  nlohmann::ordered_json j;
  j["ranks"] = report.per_rank.size();
  j["method"] = report.method;
  j["chosen_method"] = report.chosen_method;
  j["cells"] = {report.cells.x, report.cells.y, report.cells.z};
  j["steps"] = report.steps;
  j["precision"] = report.precision;
  j["dt_s"] = report.dt_s;
  j["loop_seconds"] = report.loop_seconds;
  j["mcells_per_second"] = report.mcells_per_second();
  j["setup_seconds"] = report.setup_seconds;
  j["fields_digest"] = report.fields_digest;
  j["transport"] = {{"self", t.pairs.self}, {"shared", t.pairs.shared}, {"message", t.pairs.message}};
  j["halo"] = {{"predicted_bytes_per_step_max", t.predicted_max},     {"counted_bytes_per_step_max", t.counted_max},
               {"predicted_bytes_per_step_total", t.predicted_total}, {"counted_bytes_per_step_total", t.counted_total},
               {"slab_bytes_per_step_max", or_null(t.slab_max)},      {"slab_bytes_per_step_total", or_null(t.slab_total)},
               {"internode_bytes_per_step_max", t.internode_max},     {"internode_bytes_per_step_total", t.internode_total}};
  auto& ranks = j["per_rank"] = nlohmann::ordered_json::array();
  for (std::size_t r = 0; r < report.per_rank.size(); ++r) {
    const RankReport& m = report.per_rank[r];
    ranks.push_back({{"rank", r},
                     {"node", m.node},
                     {"cells", m.cells},
                     {"boxes", m.boxes},
                     {"peers", m.peers},
                     {"bytes_per_step", m.counted_bytes_per_step},
                     {"slab_bytes_per_step",
                      report.slab.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(report.slab[r].bytes_per_step)},
                     {"compute_seconds", m.compute_seconds},
                     {"wait_seconds", m.wait_seconds},
                     {"copy_seconds", m.exchange_seconds - m.wait_seconds},
                     {"step_seconds", m.step_seconds},
                     {"messages_per_step", m.messages_per_step}});
  }
  j["memory_bytes_max"] = t.memory_max;
  j["version"] = report.version;
  j["host"] = report.host;
  const StepSeconds& predicted = report.forecast.step;
  const MeasuredStep measured = measured_step(report);
  j["step"] = {{"constants", report.forecast.constants.empty() ? "defaults" : report.forecast.constants},
               {"predicted_seconds", predicted.total()},
               {"predicted_compute_seconds", predicted.compute},
               {"predicted_exchange_seconds", predicted.total() - predicted.compute},
               {"measured_seconds", measured.total()},
               {"measured_compute_seconds", measured.compute},
               {"measured_exchange_seconds", measured.exchange}};
  const StepTimeReport& times = report.step_times;
  j["step_times"] = {{"p50_seconds", times.p50},
                     {"p99_seconds", times.p99},
                     {"max_seconds", times.max},
                     {"computing_p99_seconds", times.computing_p99},
                     {"deadline_s", or_null(times.deadline_s)},
                     {"missed_deadlines", times.deadline_s ? nlohmann::ordered_json(times.missed) : nlohmann::ordered_json(nullptr)},
                     {"exchange_seconds_left", or_null(times.exchange_left())}};
  j["memory"] = {{"planned_bytes_max", t.planned_memory_max}, {"taken_bytes_max", t.taken_memory_max}};
  const CheckpointReport& checkpoint = report.checkpoint;
  const auto text_or_null = [](const std::string& text) { return text.empty() ? nlohmann::json(nullptr) : nlohmann::json(text); };
  j["checkpoint"] = {{"source", text_or_null(checkpoint.source)},
                     {"source_step", checkpoint.source_step},
                     {"written", checkpoint.written},
                     {"bytes", checkpoint.bytes},
                     {"seconds", checkpoint.seconds},
                     {"last", text_or_null(checkpoint.last)},
                     {"stopped_by", text_or_null(checkpoint.stopped_by)}};
  if (!report.tried.empty()) {
    auto& tried = j["tried_methods"] = nlohmann::ordered_json::array();
    for (const Metrics& m : report.tried)
      tried.push_back({{"method", name_of(m.method)},
                       {"model_step_seconds", step_time(m)},
                       {"bytes_per_step_max", m.bytes_per_step_max},
                       {"bytes_per_step_total", m.bytes_per_step_total},
                       {"imbalance", m.imbalance}});
  }
  return j.dump(2) + "\n";
}

std::string to_table(const RunReport& report, std::size_t most_rows) {
  const Totals t = totals(report);
  std::string out = fmt::format(
      "\nCommunication volume per rank versus naive slabs\n"
      "{}; {} rank{}, {} x {} x {} cells, {} precision\n\n"
      "{:>6} {:>5} {:>12} {:>6} {:>6} {:>13} {:>13} {:>8} {:>11} {:>9}\n",
      report.partition, report.per_rank.size(), report.per_rank.size() == 1 ? "" : "s", report.cells.x, report.cells.y, report.cells.z,
      report.precision, "rank", "node", "cells", "boxes", "peers", "sent/step", "slab/step", "ratio", "compute s", "wait s");
  std::vector<std::size_t> rows(report.per_rank.size());
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  if (rows.size() > most_rows) {
    std::stable_sort(rows.begin(), rows.end(), [&](std::size_t a, std::size_t b) {
      return report.per_rank[a].counted_bytes_per_step > report.per_rank[b].counted_bytes_per_step;
    });
    rows.resize(most_rows);
    std::sort(rows.begin(), rows.end());
  }
  for (const std::size_t r : rows) {
    const RankReport& m = report.per_rank[r];
    const std::optional<Index> slab = report.slab.empty() ? std::nullopt : std::optional(report.slab[r].bytes_per_step);
    out += fmt::format("{:>6} {:>5} {:>12} {:>6} {:>6} {:>13} {:>13} {:>8} {:>11.2f} {:>9.2f}\n", r, m.node, m.cells, m.boxes, m.peers,
                       with_unit(static_cast<double>(m.counted_bytes_per_step)), slab ? with_unit(static_cast<double>(*slab)) : "-",
                       ratio(m.counted_bytes_per_step, slab), m.compute_seconds, m.wait_seconds);
  }
  if (rows.size() < report.per_rank.size())
    out += fmt::format("       the {} busiest of {} ranks; report.json has them all\n", rows.size(), report.per_rank.size());
  const auto line = [&](const char* name, Index ours, std::optional<Index> slab) {
    out += fmt::format("{:>38} {:>13} {:>13} {:>8}\n", name, with_unit(static_cast<double>(ours)),
                       slab ? with_unit(static_cast<double>(*slab)) : "-", ratio(ours, slab));
  };
  line("busiest rank", t.counted_max, t.slab_max);
  line("all ranks", t.counted_total, t.slab_total);
  const bool equal = t.predicted_total == t.counted_total && t.predicted_max == t.counted_max;
  out += fmt::format("\nPredicted {} a step in all, {} for the busiest rank: {}.\n", with_unit(static_cast<double>(t.predicted_total)),
                     with_unit(static_cast<double>(t.predicted_max)),
                     report.own_steps() == 0 ? "no step was taken, so none was counted"
                     : equal                 ? "counted the same, to the byte"
                                             : "counted NOT THE SAME: please report this");
  out += fmt::format("Directed pairs of ranks: {} through shared memory (set up in {:.3f} s{}), {} by message.\n", t.pairs.shared,
                     t.shared_setup_max, payback(report, t), t.pairs.message);
  if (report.own_steps() > 0) out += step_line(report) + step_times_line(report);
  if (t.nodes > 1)
    out += fmt::format("Between {} nodes: {} a step in all, {} from the busiest node.\n", t.nodes,
                       with_unit(static_cast<double>(t.internode_total)), with_unit(static_cast<double>(t.internode_max)));
  if (!report.choice.empty()) out += report.choice + ".\n";
  if (report.slab.empty()) out += "There is no slab to compare with: more ranks than cell planes along the longest axis.\n";
  out += fmt::format("Memory of the largest rank: {} planned, {} taken, besides MPI's own and the program's.\n",
                     with_unit(static_cast<double>(t.planned_memory_max)), with_unit(static_cast<double>(t.taken_memory_max)));
  const CheckpointReport& kept = report.checkpoint;
  if (!kept.source.empty()) out += fmt::format("Went on from {}, step {}.\n", kept.source, kept.source_step);
  if (kept.written > 0)
    out += fmt::format("Checkpoints: {} of {} in {:.2f} s; the last is {}.\n", kept.written, with_unit(static_cast<double>(kept.bytes)),
                       kept.seconds, kept.last);
  if (!kept.stopped_by.empty()) out += fmt::format("Stopped by {} after step {}.\n", kept.stopped_by, report.steps);
  out += fmt::format("{} steps in {:.2f} s ({:.1f} Mcells/s), set-up {:.2f} s, at most {} a rank. Digest {}.\n", report.own_steps(),
                     report.loop_seconds, report.mcells_per_second(), report.setup_seconds, with_unit(static_cast<double>(t.memory_max)),
                     report.fields_digest);
  return out;
}

}  // namespace hilbrick
