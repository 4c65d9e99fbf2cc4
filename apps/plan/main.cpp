// SPDX-License-Identifier: BSD-3-Clause
// hilbrick-plan: what it costs to cut a grid among ranks.

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <hilbrick/partition/error.hpp>
#include <string>

#include "advice.hpp"
#include "options.hpp"
#include "output.hpp"
#include "owners.hpp"
#include "page.hpp"
#include "study.hpp"
#include "vtk.hpp"

namespace hilbrick::plan {
namespace {

void print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  if (std::fflush(stdout) != 0 || std::ferror(stdout)) throw runtime_failure("standard output: cannot write to it; is the disk full?");
}

std::string formatted(const Options& options, const std::vector<Row>& rows) {
  switch (options.format) {
    case Format::json:
      return json(options.question, rows);
    case Format::csv:
      return csv(options.question, rows);
    case Format::table:
      return table(options.question, rows);
  }
  return {};
}

/// The files that were asked for, of the first row.
void write_files(const Options& options, const Row& row) {
  const Tiling tiling = options.question.tiling();
  if (!options.owners_file.empty()) write_owners(options.owners_file, row.measured->partition, tiling);
  if (!options.vtk_file.empty()) write_vtk(options.vtk_file, row.measured->partition, tiling);
}

int run(int argc, char** argv) {
  const auto parsed = parse_command_line(argc, argv);
  if (const int* code = std::get_if<int>(&parsed)) return *code;
  const auto& options = std::get<Options>(parsed);
  Question question = options.question;
  question.per_rank |= !options.html_file.empty();
  const std::vector<Row> rows = study(question);
  print(formatted(options, rows));
  if (std::none_of(rows.begin(), rows.end(), [](const Row& row) { return row.feasible(); }))
    throw Error(fmt::format("nothing is feasible: {}: {}; try --method hilbert, or fewer ranks", name_of(rows.front().method),
                            rows.front().reason));
  write_files(options, rows.front());
  if (!options.html_file.empty()) write_page(options.html_file, options.question, rows, command_line(argc, argv));
  if (options.format != Format::table)  // whose advice says it
    if (const auto idle = idle_ranks(options.question, rows)) fmt::print(stderr, "hilbrick-plan: warning: {}\n", *idle);
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
