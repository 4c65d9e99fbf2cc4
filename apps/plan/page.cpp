// SPDX-License-Identifier: BSD-3-Clause
#include "page.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <hilbrick/partition/error.hpp>
#include <hilbrick/partition/plan.hpp>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>
#include <string_view>

#include "advice.hpp"
#include "machine_file.hpp"
#include "output.hpp"
#include "text.hpp"
#include "whole_file.hpp"

namespace hilbrick::plan {

extern const std::string_view page_template;  // page/page.html with its style and scripts, and one place for the data

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t most_bytes = 5'000'000;         // of the page
constexpr std::size_t most_detail_bytes = 4'500'000;  // of its data, before what is left out is left out
constexpr std::size_t most_node_bytes = 500'000;      // of the nodes of ranks, before the last
constexpr Index most_drawn_boxes = 131'072;           // a view; more than 10^5 bricks
constexpr int most_listed_ranks = 20'000;             // a row
// A row with peers, for which each rank's plan is made anew; a second or so.
constexpr int most_planned_ranks = 5'000;
constexpr double most_planned_surface = 1e5;
constexpr std::size_t most_sorted_values = 1'001;

/// Who owns what, on boxes between planes of cells that need not be equally far apart.
struct View {
  std::array<std::vector<Index>, 3> planes;
  std::vector<Rank> owners;  // of each box, x fastest
  bool exact = true;

  Index boxes() const {
    Index count = 1;
    for (const auto& p : planes) count *= static_cast<Index>(p.size()) - 1;
    return count;
  }
};

void insert(std::vector<Index>& sorted, Index value) {
  const auto at = std::lower_bound(sorted.begin(), sorted.end(), value);
  if (at == sorted.end() || *at != value) sorted.insert(at, value);
}

/// The view whose planes are all sides of all ranks' boxes; none where these are too many.
std::optional<View> exact_view(const Partition& partition) {
  View view;
  for (int a = 0; a < 3; ++a) view.planes[static_cast<std::size_t>(a)] = {0, partition.grid().cells[a]};
  std::vector<std::vector<Box>> boxes;
  for (Rank rank = 0; rank < partition.ranks(); ++rank) {
    boxes.push_back(boxes_of(partition, rank));
    for (const Box& box : boxes.back())
      for (int a = 0; a < 3; ++a) {
        insert(view.planes[static_cast<std::size_t>(a)], box.lo[a]);
        insert(view.planes[static_cast<std::size_t>(a)], box.hi[a]);
      }
    if (view.boxes() > most_drawn_boxes) return std::nullopt;
  }
  const auto index = [&](Int3 cell) {
    Int3 at;
    for (int a = 0; a < 3; ++a) {
      const auto& planes = view.planes[static_cast<std::size_t>(a)];
      at[a] = std::lower_bound(planes.begin(), planes.end(), cell[a]) - planes.begin();
    }
    return at;
  };
  const Index nx = static_cast<Index>(view.planes[0].size()) - 1, ny = static_cast<Index>(view.planes[1].size()) - 1;
  view.owners.assign(static_cast<std::size_t>(view.boxes()), nobody);
  for (Rank rank = 0; rank < partition.ranks(); ++rank)
    for (const Box& box : boxes[static_cast<std::size_t>(rank)])
      for_each_cell(Box{index(box.lo), index(box.hi)},
                    [&](Int3 at) { view.owners[static_cast<std::size_t>((at.z * ny + at.y) * nx + at.x)] = rank; });
  return view;
}

/// The view on bricks of `edge` cells, or of the least multiple that is not too many; each drawn as its middle's owner.
View sampled_view(const Partition& partition, Index edge) {
  Tiling tiling(partition.grid(), edge);
  for (Index multiple = 2; tiling.brick_count() > most_drawn_boxes; ++multiple) tiling = Tiling(partition.grid(), edge * multiple);
  View view;
  view.exact = false;
  for (int a = 0; a < 3; ++a)
    for (Index b = 0; b <= tiling.bricks()[a]; ++b) view.planes[static_cast<std::size_t>(a)].push_back(tiling.first_cell(a, b));
  for_each_cell(tiling.brick_box(), [&](Int3 brick) {
    const Box cells = tiling.cells_of(brick);
    Int3 holder;
    for (int a = 0; a < 3; ++a) holder[a] = partition.tiling().brick_at(a, (cells.lo[a] + cells.hi[a]) / 2);
    view.owners.push_back(partition.owner(holder));
  });
  return view;
}

Json view_data(const Partition& partition, Index edge) {
  const std::optional<View> exact = exact_view(partition);
  const View view = exact ? *exact : sampled_view(partition, edge);
  std::vector<Index> owners, lengths;
  for (auto from = view.owners.begin(); from != view.owners.end();) {
    const auto to = std::find_if(from, view.owners.end(), [&](Rank rank) { return rank != *from; });
    owners.push_back(*from);
    lengths.push_back(to - from);
    from = to;
  }
  const Int3 bricks = partition.tiling().bricks();
  return {{"planes", {packed(view.planes[0]), packed(view.planes[1]), packed(view.planes[2])}},
          {"bricks", {bricks.x, bricks.y, bricks.z}},
          {"owners", packed(owners)},
          {"lengths", packed(lengths)},
          {"exact", view.exact}};
}

Json rank_data(const std::vector<RankMetrics>& per_rank) {
  const auto column = [&](Index RankMetrics::*member) {
    std::vector<Index> values;
    for (const RankMetrics& rank : per_rank) values.push_back(rank.*member);
    return packed(values);
  };
  return {{"cells", column(&RankMetrics::cells)},
          {"boxes", column(&RankMetrics::boxes)},
          {"messages", column(&RankMetrics::messages)},
          {"bytes", column(&RankMetrics::bytes_per_step)},
          {"internode", column(&RankMetrics::internode_bytes_per_step)}};
}

/// For each number of ranks that may be drawn the node of each rank, as long as there is room.
Json node_data(const Question& question) {
  Json nodes = Json::object();
  std::size_t used = 0;
  for (const int ranks : question.ranks) {
    if (ranks > most_drawn_boxes || used > most_node_bytes || !question.machine.has_nodes()) continue;
    const Nodes on_nodes(question.machine, ranks);
    std::vector<Index> values;
    for (Rank rank = 0; rank < ranks; ++rank) values.push_back(on_nodes.node_of(rank));
    std::string text = packed(values);
    used += text.size();
    nodes[std::to_string(ranks)] = std::move(text);
  }
  return nodes;
}

/// Where the slowest rank's step goes.
Json step_data(const Metrics& m) {
  return {{"computing", m.slowest.compute},
          {"starting messages", m.slowest.messages},
          {"moving bytes", m.slowest.transfer},
          {"the node's link", m.slowest.link}};
}

Json sorted_data(const std::vector<RankMetrics>& per_rank) {
  std::vector<Index> bytes, kept;
  for (const RankMetrics& rank : per_rank) bytes.push_back(rank.bytes_per_step);
  std::sort(bytes.begin(), bytes.end());
  if (bytes.size() <= most_sorted_values) return packed(bytes);
  for (std::size_t i = 0; i < most_sorted_values; ++i) kept.push_back(bytes[i * (bytes.size() - 1) / (most_sorted_values - 1)]);
  return packed(kept);
}

Json peer_data(const Partition& partition, const Stencil& stencil, Index value_bytes) {
  std::vector<Index> counts, ranks, bytes;
  for (Rank rank = 0; rank < partition.ranks(); ++rank) {
    std::map<Rank, Index> values;
    for (const PhasePlan& phase : make_plan(partition, stencil, rank).phases)
      for (const Message& message : phase.sends) values[message.peer] += message.values;
    counts.push_back(static_cast<Index>(values.size()));
    for (const auto& [peer, count] : values) {
      ranks.push_back(peer);
      bytes.push_back(count * value_bytes);
    }
  }
  return {{"counts", packed(counts)}, {"ranks", packed(ranks)}, {"bytes", packed(bytes)}};
}

/// What the command line and the defaults set, as names and values for people.
Json inputs(const Question& question) {
  const Machine& machine = question.machine;
  std::string periodic;
  for (int a = 0; a < 3; ++a)
    if (question.grid.periodic[static_cast<std::size_t>(a)]) periodic += "xyz"[a];
  Json list = Json::array();
  const auto add = [&](std::string_view name, const std::string& value) { list.push_back({name, value}); };
  add("grid", dimensions(question.grid.cells) + " cells");
  if (question.weights.masked()) add("active", fmt::format("{} cells", question.weights.active_cells(question.grid.box())));
  add("periodic", periodic.empty() ? "no axis" : periodic);
  add("bricks", fmt::format("{} of {}³", dimensions(question.tiling().bricks()), question.brick));
  add("stencil", question.stencil_name);
  add("a value", fmt::format("{} bytes", question.value_bytes));
  if (machine.has_nodes()) {
    add("ranks per node",
        machine.node_slots.empty() ? std::to_string(machine.ranks_per_node) : fmt::format("{}", fmt::join(machine.node_slots, ", ")));
    add("ranks to nodes", layout_name(machine));
  } else {
    add("nodes", "one");
  }
  add("face cost x:y:z", fmt::format("{}:{}:{}", machine.face_cost.x, machine.face_cost.y, machine.face_cost.z));
  add("a plain cell", duration(machine.seconds_per_cell));
  if (machine.seconds_per_row > 0) add("a row along x", duration(machine.seconds_per_row));
  add("a message", duration(machine.message_seconds));
  if (machine.node_message_seconds != machine.message_seconds) add("a message on its node", duration(machine.node_message_seconds));
  const auto speed = [&](std::string_view name, double bytes_per_second) { add(name, with_prefix(bytes_per_second, "B/s")); };
  speed("a rank, on its node", machine.node_bytes_per_second);
  speed("a rank, to other nodes", machine.rank_bytes_per_second);
  speed("a node's link", machine.link_bytes_per_second);
  return list;
}

/// The row of the method that `auto` took, where it was asked for too.
std::optional<std::size_t> twin(std::span<const Row> rows, const Row& row) {
  if (!row.chosen) return std::nullopt;
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const Row& r) { return r.method == *row.chosen && r.ranks == row.ranks; });
  return found == rows.end() ? std::nullopt : std::optional(static_cast<std::size_t>(found - rows.begin()));
}

/// The details of a row that always fit.
Json row_data(std::span<const Row> rows, const Row& row) {
  Json data = Json::object();
  if (!row.measured) return data;
  if (const std::string why = explanation(row); !why.empty()) data["why"] = why;
  if (const auto same = twin(rows, row)) {
    data["same_as"] = *same;
    return data;
  }
  data["description"] = row.measured->partition.description();
  data["step"] = step_data(row.metrics());
  if (!row.measured->per_rank.empty()) data["sorted"] = sorted_data(row.measured->per_rank);
  return data;
}

/// About a sixth of the bricks on the surfaces of all ranks.
double surface(const Question& question, int ranks) {
  return std::cbrt(static_cast<double>(ranks)) * std::pow(static_cast<double>(question.tiling().brick_count()), 2.0 / 3);
}

/// Fills objects, one for each row, as long as there is room; what is left out is told in sentences.
class Details {
 public:
  Details(const Question& question, std::span<const Row> rows, std::size_t used)
      : question_(question), rows_(rows), used_(used), data_(rows.size(), Json::object()), order_(rows.size()) {
    // Of rows that do not all fit, those that one looks at first.
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    std::stable_sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) { return seconds(a) < seconds(b); });
    std::stable_sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) { return rows[a].ranks < rows[b].ranks; });
    for (std::size_t i = 0; i < rows.size(); ++i) data_[i] = row_data(rows, rows[i]);
    for (const Json& row : data_) used_ += row.dump().size();
    add(
        "view", "3D view", [](int ranks) { return ranks <= most_drawn_boxes; },
        [&](const Row& row) { return view_data(row.measured->partition, question_.brick); });
    add(
        "ranks", "list of ranks", [](int ranks) { return ranks <= most_listed_ranks; },
        [](const Row& row) { return rank_data(row.measured->per_rank); });
    add(
        "peers", "lists of peers",
        [&](int ranks) { return ranks <= most_planned_ranks && surface(question_, ranks) <= most_planned_surface; },
        [&](const Row& row) { return peer_data(row.measured->partition, question_.stencil, question_.value_bytes); });
  }

  const Json& data() const { return data_; }
  const Json& notes() const { return notes_; }

 private:
  double seconds(std::size_t row) const { return rows_[row].measured ? step_time(rows_[row].metrics()) : 0; }

  template <class Fits, class Make>
  void add(const char* key, std::string_view name, Fits&& fits, Make&& make) {
    std::string without;
    for (const std::size_t i : order_) {
      const Row& row = rows_[i];
      if (!row.measured || data_[i].contains("same_as")) continue;
      const bool whole = row.measured->per_rank.size() == static_cast<std::size_t>(row.ranks);  // not a sample
      if (fits(row.ranks) && whole && used_ < most_detail_bytes) {
        Json detail = make(row);
        const std::size_t size = detail.dump().size();
        if (used_ + size <= most_detail_bytes) {
          used_ += size;
          data_[i][key] = std::move(detail);
          continue;
        }
      }
      without += fmt::format("{}{} at {}", without.empty() ? "" : ", ", name_of(row.method), row.ranks);
    }
    if (!without.empty()) notes_.push_back(fmt::format("Too large for this page: the {} of {} ranks.", name, without));
  }

  const Question& question_;
  std::span<const Row> rows_;
  std::size_t used_;
  Json data_, notes_ = Json::array();
  std::vector<std::size_t> order_;
};

}  // namespace

std::string packed(std::span<const Index> values) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  unsigned bits = 0;
  int count = 0;
  const auto put = [&](unsigned byte) {
    bits = bits << 8 | byte;
    for (count += 8; count >= 6; count -= 6) text += digits[bits >> (count - 6) & 63];
  };
  Index before = 0;
  for (const Index value : values) {
    const Index step = value - before;
    before = value;
    std::uint64_t rest = static_cast<std::uint64_t>(step) << 1 ^ static_cast<std::uint64_t>(step >> 63);
    for (; rest > 127; rest >>= 7) put(static_cast<unsigned>(rest & 127) | 128);
    put(static_cast<unsigned>(rest));
  }
  if (count > 0) text += digits[bits << (6 - count) & 63];
  text.resize((text.size() + 3) / 4 * 4, '=');
  return text;
}

std::string command_line(int argc, const char* const* argv) {
  std::string line = "hilbrick-plan";
  for (int i = 1; i < argc; ++i) {
    std::string word = argv[i];
    const bool plain = !word.empty() && word.find_first_not_of(
                                            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                            "-_=+,.:/%@") == std::string::npos;
    if (!plain) {
      for (std::size_t at = 0; (at = word.find('\'', at)) != std::string::npos; at += 4) word.replace(at, 1, "'\\''");
      word = '\'' + word + '\'';
    }
    line += ' ' + word;
  }
  return line;
}

std::string page(const Question& question, std::span<const Row> rows, const std::string& command) {
  Question bare = question;
  bare.per_rank = false;
  Json data{{"command", command}, {"inputs", inputs(question)}, {"report", Json::parse(json(bare, rows))}, {"nodes", node_data(question)}};
  for (const std::span<const Row> of : by_ranks(rows)) data["advice"][std::to_string(of.front().ranks)] = advice(question, of);
  const Details details(question, rows, data.dump(-1, ' ', false, Json::error_handler_t::replace).size());
  data["notes"] = details.notes();
  data["rows"] = details.data();
  std::string text = data.dump(-1, ' ', false, Json::error_handler_t::replace);
  // Nothing in a string may end the script element that holds it.
  for (std::size_t at = 0; (at = text.find('<', at)) != std::string::npos; at += 6) text.replace(at, 1, "\\u003c");

  constexpr std::string_view place = "{{data}}";
  const std::size_t at = page_template.find(place);
  HILBRICK_ASSERT(at != std::string_view::npos);
  std::string html(page_template.substr(0, at));
  html += text;
  html += page_template.substr(at + place.size());
  if (html.size() > most_bytes)
    throw Error(
        fmt::format("--html: the numbers of {} rows are more than a page of 5 MB holds; ask for fewer --ranks or --method", rows.size()));
  return html;
}

void write_page(const std::string& file, const Question& question, std::span<const Row> rows, const std::string& command) {
  const std::string html = page(question, rows, command);
  write_whole("--html", file, [&](std::ostream& out) { out << html; });
}

}  // namespace hilbrick::plan
