// SPDX-License-Identifier: BSD-3-Clause
#include "options.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <hilbrick/partition/error.hpp>
#include <optional>
#include <string_view>
#include <utility>

#include "machine_file.hpp"

namespace hilbrick::plan {
namespace {

// So that sums of weights, and products of a rank and a cell, stay below 2^63.
constexpr Index most_cells_per_axis = Index{1} << 31;
constexpr Index most_cells = Index{1} << 60;
constexpr Index most_weight = Index{1} << 62;
constexpr Index most_factor = Weights::most_cost;
constexpr Index most_steps = 1'000'000'000'000;

Error wrong(std::string_view option, std::string_view expected, std::string_view found) {
  return Error(fmt::format("{}: expected {}, found '{}'", option, expected, found));
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

/// The integer that the whole text spells, if it lies in [low, high].
std::optional<Index> integer(std::string_view text, Index low, Index high) {
  Index value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{} || end != text.data() + text.size() || value < low || value > high) return std::nullopt;
  return value;
}

/// Exactly `count` integers of [low, high], if that is what the text holds.
std::optional<std::vector<Index>> integers(std::string_view text, char separator, std::size_t count, Index low, Index high) {
  std::vector<Index> values;
  for (const std::string_view part : split(text, separator)) {
    const auto value = integer(part, low, high);
    if (!value) return std::nullopt;
    values.push_back(*value);
  }
  if (values.size() != count) return std::nullopt;
  return values;
}

Int3 parse_cells(std::string_view text) {
  const auto n = integers(text, 'x', 3, 1, most_cells_per_axis);
  if (!n) throw wrong("--cells", fmt::format("three integers of 1 to {} joined by x, such as 512x512x256", most_cells_per_axis), text);
  const Int3 cells{(*n)[0], (*n)[1], (*n)[2]};
  if (cells.x > most_cells / cells.y / cells.z) throw wrong("--cells", fmt::format("at most {} cells in all", most_cells), text);
  return cells;
}

std::array<bool, 3> parse_periodic(std::string_view text) {
  std::array<bool, 3> periodic{};
  for (const char c : text) {
    const auto axis = std::string_view("xyz").find(c);
    if (axis == std::string_view::npos || periodic[axis]) throw wrong("--periodic", "some of the letters x, y and z, each once", text);
    periodic[axis] = true;
  }
  return periodic;
}

std::vector<int> parse_ranks(std::string_view text) {
  std::vector<int> ranks;
  for (const std::string_view part : split(text, ',')) {
    const auto n = integer(part, 1, most_ranks);
    if (!n) throw wrong("--ranks", fmt::format("integers of 1 to {} joined by commas, such as 8,64,512", most_ranks), text);
    if (std::find(ranks.begin(), ranks.end(), *n) != ranks.end())
      throw wrong("--ranks", fmt::format("each number of ranks once, {} stands twice", *n), text);
    ranks.push_back(static_cast<int>(*n));
  }
  return ranks;
}

std::vector<Method> parse_methods(std::string_view text) {
  if (text == "all") return {all_methods.begin(), all_methods.end()};
  std::vector<Method> methods;
  for (const std::string_view part : split(text, ',')) {
    const auto method = method_from_name(part);
    if (!method) throw wrong("--method", "all, or some of " + method_names() + " joined by commas", part);
    if (std::find(methods.begin(), methods.end(), *method) != methods.end()) throw wrong("--method", "each method once", text);
    methods.push_back(*method);
  }
  return methods;
}

Stencil parse_stencil(std::string_view text) {
  if (text == "yee") return Stencil::yee();
  const auto parts = split(text, ':');
  const auto width = parts.size() == 2 ? integer(parts[1], 1, 1000) : std::nullopt;
  if (width && parts[0] == "star") return Stencil::star(*width);
  if (width && parts[0] == "box") return Stencil::box(*width);
  throw wrong("--stencil", "yee, star:W or box:W with a width W of 1 to 1000 cells", text);
}

void parse_boundary_cost(std::string_view text, const Grid& grid, Weights& weights) {
  const auto values = integers(text, ':', 2, 0, most_factor);
  if (!values || (*values)[0] > most_cells_per_axis || (*values)[1] < 1)
    throw wrong("--boundary-cost", "CELLS:FACTOR with integers CELLS >= 0 and FACTOR >= 1, such as 10:3", text);
  const Index factor = (*values)[1], most = std::min(most_factor, most_weight / product(grid.cells));
  if (factor > most) throw wrong("--boundary-cost", fmt::format("a FACTOR of at most {} for this grid", most), text);
  weights.boundary_cost((*values)[0], factor);
}

Int3 parse_face_cost(std::string_view text) {
  const auto cost = integers(text, ':', 3, 1, most_face_cost);
  if (!cost) throw wrong("--face-cost", fmt::format("three integers of 1 to {} joined by colons, such as 4:1:1", most_face_cost), text);
  return {(*cost)[0], (*cost)[1], (*cost)[2]};
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r";
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// Lines x0,y0,z0,x1,y1,z1: half-open boxes of active cells, which may overlap. Empty lines and lines that start with # say nothing.
BoxSet read_active_boxes(const std::string& file, const Grid& grid) {
  std::ifstream in(file);
  if (!in) throw Error(fmt::format("--active: cannot read {}: it does not exist or may not be read", file));
  std::vector<Box> boxes;
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    const std::string_view text = trimmed(line);
    if (text.empty() || text.front() == '#') continue;
    std::vector<Index> v;
    for (const std::string_view part : split(text, ','))
      if (const auto value = integer(trimmed(part), 0, most_cells_per_axis)) v.push_back(*value);
    const bool six = v.size() == 6 && std::count(text.begin(), text.end(), ',') == 5;
    const Box box = six ? Box{{v[0], v[1], v[2]}, {v[3], v[4], v[5]}} : Box{};
    if (box.empty() || !grid.box().contains(box))
      throw Error(
          fmt::format("{}:{}: expected x0,y0,z0,x1,y1,z1 with 0 <= x0 < x1 <= {}, 0 <= y0 < y1 <= {} and 0 <= z0 < z1 <= {}, found '{}'",
                      file, number, grid.cells.x, grid.cells.y, grid.cells.z, text));
    boxes.push_back(box);
  }
  if (in.bad()) throw Error(fmt::format("--active: cannot read {} to its end", file));
  if (boxes.empty()) throw Error(fmt::format("--active: expected at least one line x0,y0,z0,x1,y1,z1 in {}, found none", file));
  return BoxSet(boxes);
}

std::vector<int> parse_slots(std::string_view text) {
  std::vector<int> slots;
  for (const std::string_view part : split(text, ',')) {
    const auto n = integer(part, 1, most_ranks);
    if (!n)
      throw wrong("--ranks-per-node",
                  fmt::format("an integer of 1 to {}, or one for each node in turn, the last repeated, such as 64,64,32", most_ranks),
                  text);
    slots.push_back(static_cast<int>(*n));
  }
  return slots;
}

Layout parse_layout(std::string_view text) {
  const auto layout = layout_from_name(text);
  if (!layout) throw wrong("--distribution", "block, cyclic or plane:N with N ranks to each node in turn", text);
  return *layout;
}

double parse_positive(std::string_view option, std::string_view expected, std::string_view text) {
  double value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{} || end != text.data() + text.size() || !std::isfinite(value) || value <= 0)
    throw wrong(option, expected, text);
  return value;
}

Index parse_number(std::string_view option, std::string_view text, Index low, Index high) {
  const auto value = integer(text, low, high);
  if (!value) throw wrong(option, fmt::format("an integer of {} to {}", low, high), text);
  return *value;
}

}  // namespace

std::variant<Options, int> parse_command_line(int argc, char** argv) {
  CLI::App app(
      "Tells what it costs to cut a grid among MPI ranks, for ranks that need not be at hand.\n"
      "Nothing is run: every number is counted from the messages that a run would send.\n",
      "hilbrick-plan");
  app.footer(
      "\nExample: a Maxwell solver's grid on 8, 64 and 512 ranks, 64 to a node, a boundary layer of 10 cells that cost three times as "
      "much:\n"
      "  hilbrick-plan --cells 512x512x256 --ranks 8,64,512 --ranks-per-node 64 --boundary-cost 10:3\n\n"
      "Example: a request for machine time, with the constants of that machine and what failing nodes cost:\n"
      "  hilbrick-plan --cells 2048x2048x1024 --ranks 512,1024,2048 --machine machine.toml --deadline 0.02 --mtbf-hours 50000 "
      "--checkpoint-seconds 60 --steps 200000\n\n"
      "Exit code: 0 when at least one method is feasible for one number of ranks, 2 otherwise or for bad input.");
  app.set_version_flag("--version", HILBRICK_VERSION);

  std::string cells, ranks, ranks_per_node, distribution, brick = "16", method = "all", stencil = "yee", bytes = "4", periodic,
                                                          boundary_cost, face_cost, active, machine, deadline, mtbf_hours,
                                                          checkpoint_seconds, steps = "1000000", format = "table";
  Options options;
  app.add_option("--cells", cells, "Cells of the grid along x, y, z; x is the fastest axis in memory")->required()->type_name("NXxNYxNZ");
  app.add_option("--ranks", ranks, "Numbers of MPI ranks, joined by commas")->required()->type_name("P,...");
  app.add_option("--ranks-per-node", ranks_per_node,
                 "Ranks on each node, or on the nodes in turn, the last repeated; without it all ranks share one node")
      ->type_name("N,...");
  app.add_option("--distribution", distribution,
                 "How the launcher lays ranks onto nodes: block (the default) fills node after node, cyclic deals them out one by one, "
                 "plane:N by N at a time")
      ->type_name("block|cyclic|plane:N");
  app.add_option("--brick", brick, "Edge of a brick in cells; what rcb and the curves deal out")->type_name("CELLS")->capture_default_str();
  app.add_option("--method", method, "all, or some of " + method_names() + ", joined by commas")->type_name("M,...")->capture_default_str();
  app.add_option("--stencil", stencil,
                 "What a step reads: Yee's scheme, or one field up to W cells away along each axis or in the cube around")
      ->type_name("yee|star:W|box:W")
      ->capture_default_str();
  app.add_option("--bytes", bytes, "Bytes of one value of a field")->type_name("N")->capture_default_str();
  app.add_option("--periodic", periodic, "Axes that close on themselves")->type_name("[x][y][z]");
  app.add_option("--boundary-cost", boundary_cost,
                 "Cells within CELLS of a face of the grid (not of a periodic axis) weigh FACTOR instead of 1")
      ->type_name("CELLS:FACTOR");
  app.add_option("--face-cost", face_cost,
                 "What a cut face normal to x, y, z costs relative to the others (1:1:1); all methods but the slab cut the cheap axes")
      ->type_name("X:Y:Z");
  app.add_option("--active", active, "Lines x0,y0,z0,x1,y1,z1: half-open boxes of cells; cells outside all of them belong to nobody")
      ->type_name("FILE.csv");
  app.add_option("--machine", machine,
                 "Constants of the time model, face costs and ranks per node, as hilbrick-calibrate writes them; options given here win")
      ->type_name("FILE.toml");
  app.add_option("--deadline", deadline, "Seconds that one step may take: says where it fits, and what is left for communication")
      ->type_name("SECONDS");
  app.add_option("--mtbf-hours", mtbf_hours,
                 "Mean time between failures of one node: how often to write checkpoints, and when the run is expected to end")
      ->type_name("HOURS");
  app.add_option("--checkpoint-seconds", checkpoint_seconds, "Time to write one checkpoint, or to read it back")->type_name("SECONDS");
  const auto* steps_option = app.add_option("--steps", steps, "Steps of the run that failures hit")->type_name("N")->capture_default_str();
  app.add_option("--format", format, "A table for people, JSON or CSV")->type_name("table|json|csv")->capture_default_str();
  app.add_flag("--per-rank", options.question.per_rank, "Each rank's share too (in CSV: instead of the sums)");
  app.add_option("--owners", options.owners_file,
                 "Write the owner of each brick, -1 for nobody, as int32 [z][y][x]; for one method and one number of ranks")
      ->type_name("FILE.npy");
  app.add_option("--vtk", options.vtk_file, "Write rank, node and load of each brick for ParaView; for one method and one number of ranks")
      ->type_name("FILE.vtr");
  app.add_option("--html", options.html_file, "Write a page to look at in a browser: who owns what in three dimensions, and what it costs")
      ->type_name("FILE.html");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& problem) {
    return app.exit(problem) == 0 ? 0 : 2;
  }

  Question& question = options.question;
  question.grid = {parse_cells(cells), parse_periodic(periodic)};
  question.ranks = parse_ranks(ranks);
  question.brick = parse_number("--brick", brick, 1, most_cells_per_axis);
  question.methods = parse_methods(method);
  question.stencil = parse_stencil(stencil);
  question.stencil_name = stencil;
  question.value_bytes = parse_number("--bytes", bytes, 1, 1024);
  if (!machine.empty()) question.machine = read_machine(machine);
  if (!ranks_per_node.empty()) set_slots(question.machine, parse_slots(ranks_per_node));
  if (!distribution.empty()) set_layout(question.machine, parse_layout(distribution));
  if (!face_cost.empty()) question.machine.face_cost = parse_face_cost(face_cost);
  if (!boundary_cost.empty()) parse_boundary_cost(boundary_cost, question.grid, question.weights);
  if (!active.empty()) question.weights.active(read_active_boxes(active, question.grid));
  if (!deadline.empty()) question.deadline_seconds = parse_positive("--deadline", "seconds above 0, such as 0.001", deadline);
  if (mtbf_hours.empty() != checkpoint_seconds.empty())
    throw Error(mtbf_hours.empty() ? "--checkpoint-seconds: expected --mtbf-hours with it, found none"
                                   : "--mtbf-hours: expected --checkpoint-seconds with it, found none");
  if (!mtbf_hours.empty())
    question.failures = {parse_positive("--mtbf-hours", "hours above 0, such as 50000", mtbf_hours) * 3600,
                         parse_positive("--checkpoint-seconds", "seconds above 0, such as 60", checkpoint_seconds),
                         parse_number("--steps", steps, 1, most_steps)};
  else if (steps_option->count() > 0)
    throw Error("--steps: expected --mtbf-hours and --checkpoint-seconds with it, found none");
  if (format != "table" && format != "json" && format != "csv") throw wrong("--format", "table, json or csv", format);
  options.format = format == "json" ? Format::json : format == "csv" ? Format::csv : Format::table;
  for (const auto& [option, file] : {std::pair("--owners", &options.owners_file), std::pair("--vtk", &options.vtk_file)})
    if (!file->empty() && (question.methods.size() != 1 || question.ranks.size() != 1))
      throw Error(
          fmt::format("{}: expected one method and one number of ranks, found --method {} --ranks {}; ask for one at a time, such as "
                      "--method hilbert",
                      option, method, ranks));
  return options;
}

}  // namespace hilbrick::plan
