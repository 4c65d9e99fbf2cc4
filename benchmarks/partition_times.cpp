// SPDX-License-Identifier: BSD-3-Clause

// How long does it take to decide who owns what, to plan one rank, and to count what all ranks would send? A cube of bricks of 16^3 cells,
// for Yee's scheme. Prints a Markdown table.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <hilbrick/partition/error.hpp>
#include <hilbrick/partition/metrics.hpp>
#include <hilbrick/partition/plan.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "host.hpp"

namespace {

using namespace hilbrick;
using benchmarks::seconds_of;

struct Options {
  std::vector<int> ranks{1000, 10000, 100000, 1000000};
  std::vector<Index> bricks_per_rank{1000, 100000};
  double most_seconds = 60;
  std::string commit = "unknown";
};

/// What is not tried because fewer ranks let expect that it takes longer than anybody would wait.
class Patience {
 public:
  explicit Patience(double most_seconds) : most_seconds_(most_seconds) {}

  /// Seconds of `work` for so many ranks; nothing where it is not tried.
  template <class F>
  std::optional<double> time(int ranks, F&& work) {
    if (last_ && last_->seconds * ranks / last_->ranks > most_seconds_) return std::nullopt;
    last_ = {ranks, seconds_of(work)};
    return last_->seconds;
  }

 private:
  struct Run {
    int ranks;
    double seconds;
  };
  double most_seconds_;
  std::optional<Run> last_;
};

/// Median and largest seconds to plan a rank, of nine spread over all.
std::array<double, 2> plan_seconds(const Partition& partition) {
  constexpr Index samples = 9;
  std::vector<double> seconds;
  for (Index i = 0; i < samples; ++i) {
    const auto rank = static_cast<Rank>((2 * i + 1) * partition.ranks() / (2 * samples));
    seconds.push_back(seconds_of([&] { make_plan(partition, Stencil::yee(), rank); }));
  }
  std::sort(seconds.begin(), seconds.end());
  return {seconds[samples / 2], seconds.back()};
}

std::string text(std::optional<double> value) {
  if (!value) return "–";
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.3g", *value);
  return buffer;
}

void run(const Options& options) {
  std::printf("%s\n\n", benchmarks::host_facts(options.commit).c_str());
  std::puts(
      "| bricks a rank | ranks | bricks | method | make_partition, s | make_plan of a rank, ms: median, most | measure all ranks, s |");
  std::puts("|---|---|---|---|---|---|---|");
  for (const Index per_rank : options.bricks_per_rank) {
    std::map<Method, Patience> making, measuring;
    for (const int ranks : options.ranks) {
      const auto edge = std::llround(std::cbrt(static_cast<double>(ranks) * static_cast<double>(per_rank)));
      const Tiling tiling({{16 * edge, 16 * edge, 16 * edge}}, 16);
      for (const Method method : making_methods) {
        std::string reason = "longer than " + text(options.most_seconds) + " s";
        std::optional<Partition> partition;
        const auto made = making.try_emplace(method, options.most_seconds).first->second.time(ranks, [&] {
          try {
            partition = make_partition(tiling, {}, Stencil::yee(), {}, ranks, method);
          } catch (const Error&) {
            reason = "infeasible";
          }
        });
        std::printf("| %lld | %d | %lld^3 | %s | ", static_cast<long long>(per_rank), ranks, edge, std::string(name_of(method)).c_str());
        if (partition) {
          const auto [median, most] = plan_seconds(*partition);
          // Of all ranks, however many: what `measure` would sample.
          const auto measured = measuring.try_emplace(method, options.most_seconds).first->second.time(ranks, [&] {
            const std::vector<Rank> all = sample_of(*partition, ranks);
            summarise(*partition, {}, all, measure_ranks(*partition, Stencil::yee(), {}, all));
          });
          std::printf("%s | %s, %s | %s |\n", text(made).c_str(), text(1e3 * median).c_str(), text(1e3 * most).c_str(),
                      text(measured).c_str());
        } else {
          std::printf("%s | – | – |\n", reason.c_str());
        }
        std::fflush(stdout);
      }
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Times partitions, plans and metrics; prints a Markdown table.");
  Options options;
  app.add_option("--ranks", options.ranks, "Rank counts, in ascending order")->delimiter(',')->check(CLI::PositiveNumber);
  app.add_option("--bricks-per-rank", options.bricks_per_rank, "Bricks a rank")->delimiter(',')->check(CLI::PositiveNumber);
  app.add_option("--most-seconds", options.most_seconds, "What is expected to take longer is left out")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--commit", options.commit, "What was built, for the record")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  run(options);
}
