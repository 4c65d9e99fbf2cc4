// SPDX-License-Identifier: BSD-3-Clause

// How many faces does each method cut, against a graph partitioner that may unbalance ranks by 3 %? Prints a Markdown table.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "host.hpp"
#include "metis.hpp"

namespace {

using namespace hilbrick;
using benchmarks::seconds_of;

struct Options {
  bool tiny = false;
  int seeds = 6;
  int most_ranks = 1024;
  std::string commit = "unknown";
};

std::vector<test::ReferenceCase> cases_of(const Options& options) {
  if (options.tiny) return {{"9x8x7", Tiling({{9, 8, 7}}, 1), {}, {2, 5, 13}}};
  return test::reference_cases();
}

void run(const Options& options) {
  std::printf("%s\n\n", benchmarks::host_facts(options.commit).c_str());
  std::string head = "| case | ranks | METIS | max / mean | s |", line = "|---|---|---|---|---|";
  for (const Method method : making_methods) {
    head += " " + std::string(name_of(method)) + " |";
    line += "---|";
  }
  std::printf("%s best / METIS | s |\n%s---|---|\n", head.c_str(), line.c_str());

  int rows = 0, won = 0;
  for (const auto& [name, tiling, weights, all_ranks] : cases_of(options)) {
    const test::BrickGraph graph = test::graph_of(tiling, weights);
    const auto load = static_cast<double>(weights.sum(tiling, tiling.brick_box()));
    for (const int ranks : all_ranks) {
      if (ranks > options.most_ranks) continue;
      test::MetisCut reference;
      const double reference_seconds = seconds_of([&] { reference = test::metis(graph, ranks, options.seeds); }) / (2 * options.seeds);
      std::printf("| %s | %d | %lld | %.3f | %.3f |", name.c_str(), ranks, static_cast<long long>(reference.faces),
                  static_cast<double>(reference.heaviest) * ranks / load, reference_seconds);
      std::vector<test::MethodCut> cuts;
      std::map<Method, double> seconds;
      for (const Method method : making_methods) {
        std::optional<Partition> partition;
        seconds[method] = seconds_of([&] { partition = test::partition_by(method, tiling, weights, ranks); });
        if (!partition) {
          std::printf(" – |");
          continue;
        }
        cuts.push_back(test::cut_of(*partition));
        std::printf(" %lld%s |", static_cast<long long>(cuts.back().faces),
                    test::even_to_a_brick(graph, cuts.back().heaviest, ranks) ? "" : "\\*");
      }
      const test::MethodCut best = test::best_even(graph, cuts, ranks);
      std::printf(" %s %.3f | %.4f |\n", std::string(name_of(best.method)).c_str(),
                  static_cast<double>(best.faces) / static_cast<double>(reference.faces), seconds[best.method]);
      std::fflush(stdout);
      ++rows;
      won += best.faces <= reference.faces ? 1 : 0;
    }
  }
  std::printf(
      "\n\\*: a rank has more than the mean and the heaviest brick, which does not count as best. No more faces than METIS in %d of %d "
      "rows.\n",
      won, rows);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Cut faces of each method and of METIS; prints a Markdown table.");
  Options options;
  app.add_option("--seeds", options.seeds, "Tries of each of METIS's two algorithms")->check(CLI::PositiveNumber)->capture_default_str();
  app.add_option("--most-ranks", options.most_ranks, "Leave out rows with more")->check(CLI::PositiveNumber)->capture_default_str();
  app.add_flag("--tiny", options.tiny, "One small case, to see that this program works");
  app.add_option("--commit", options.commit, "What was built, for the record")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  run(options);
}
