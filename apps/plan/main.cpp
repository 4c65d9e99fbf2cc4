// SPDX-License-Identifier: BSD-3-Clause
// hilbrick-plan: what it costs to cut a grid among ranks.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <hilbrick/partition/error.hpp>
#include <string>

#include "options.hpp"
#include "output.hpp"
#include "owners.hpp"
#include "study.hpp"

namespace hilbrick::plan {
namespace {

void print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  if (std::fflush(stdout) != 0 || std::ferror(stdout)) throw runtime_failure("standard output: cannot write to it; is the disk full?");
}

std::string formatted(const Options& options, const std::vector<Row>& rows) {
  switch (options.format) {
    case Format::json:
      return json(options, rows);
    case Format::csv:
      return csv(options, rows);
    case Format::table:
      return table(options, rows);
  }
  return {};
}

/// One line for all rows with ranks that own nothing.
void warn_of_idle_ranks(const Options& options, const std::vector<Row>& rows) {
  std::vector<std::string> who;
  for (const Row& row : rows) {
    if (!row.measured || row.measured->idle_ranks == 0) continue;
    const std::string text = fmt::format("{} leaves {} of {} ranks without cells", name_of(row.measured->partition.method()),
                                         row.measured->idle_ranks, row.ranks);
    if (std::find(who.begin(), who.end(), text) == who.end()) who.push_back(text);
  }
  if (who.empty()) return;
  const Index useful = largest_useful_ranks(Tiling(options.grid, options.brick), options.weights);
  fmt::print(stderr, "hilbrick-plan: warning: {}; with bricks of {} cells at most {} can have some\n", fmt::join(who, ", "), options.brick,
             useful);
}

int run(int argc, char** argv) {
  const auto parsed = parse_command_line(argc, argv);
  if (const int* code = std::get_if<int>(&parsed)) return *code;
  const auto& options = std::get<Options>(parsed);
  const std::vector<Row> rows = study(options);
  print(formatted(options, rows));
  if (std::none_of(rows.begin(), rows.end(), [](const Row& row) { return row.measured.has_value(); }))
    throw Error(fmt::format("nothing is feasible: {}: {}; try --method hilbert, or fewer ranks", name_of(rows.front().method),
                            rows.front().reason));
  if (!options.owners_file.empty())
    write_owners(options.owners_file, rows.front().measured->partition, Tiling(options.grid, options.brick));
  warn_of_idle_ranks(options, rows);
  return 0;
}

}  // namespace
}  // namespace hilbrick::plan

int main(int argc, char** argv) {
  try {
    return hilbrick::plan::run(argc, argv);
  } catch (const hilbrick::Error& error) {
    std::fprintf(stderr, "hilbrick-plan: %s\n", error.what());
    return error.exit_code();
  } catch (const std::bad_alloc&) {
    std::fprintf(stderr, "hilbrick-plan: out of memory; use a larger --brick or fewer --ranks\n");
    return 4;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "hilbrick-plan: %s\n", error.what());
    return 4;
  }
}
