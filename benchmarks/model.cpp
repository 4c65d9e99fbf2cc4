// SPDX-License-Identifier: BSD-3-Clause
// Does the time model, with this machine's constants, put methods in the order of their step times? The solver runs the plain Yee scheme
// by each method in turn, a few steps each, so that whatever else the machine does hits all alike. README.md has the answer.

#include <algorithm>
#include <cstdio>
#include <hilbrick/partition/metrics.hpp>
#include <memory>

#include "host.hpp"
#include "machine_file.hpp"
#include "mpi_program.hpp"
#include "rounds.hpp"
#include "vacuum_box.hpp"

namespace {

using namespace hilbrick;
using benchmarks::median;
using benchmarks::parse_cells;

struct Options {
  std::string machine;
  std::vector<std::string> cells{"128x128x128", "256x128x64", "144x120x96"}, methods{"slab", "box", "rcb", "hilbert"};
  double seconds = 10;
};

struct Row {
  std::string name;
  StepSeconds predicted;
  std::vector<double> measured;  // s a step, of each round
};

/// How two methods compare in rounds that lie next to each other: -1 where the first is faster, 1 where it is slower, 0 where the middle
/// half of the ratios has 1 in it or the difference is below 1 %.
int order(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < a.size(); ++i) ratios.push_back(a[i] / b[i]);
  std::sort(ratios.begin(), ratios.end());
  const double low = ratios[ratios.size() / 4], high = ratios[(3 * ratios.size()) / 4];
  return std::max(low, 0.99) <= 1 && 1 <= std::min(high, 1.01) ? 0 : median(ratios) < 1 ? -1 : 1;
}

/// A grid's methods by turns. Collective over comm.
std::vector<Row> rows_of(const Comm& comm, const Options& options, const Machine& machine, Int3 cells) {
  constexpr int steps = 4;  // of a turn
  std::vector<std::unique_ptr<calibrate::VacuumBox<float>>> boxes;
  std::vector<calibrate::Round> rounds;
  std::vector<Row> rows;
  for (const std::string& name : options.methods) {
    const Method method = *method_from_name(name);
    auto& box = *boxes.emplace_back(std::make_unique<calibrate::VacuumBox<float>>(comm, cells, method, machine));
    const Partition& partition = box.domain.partition;
    rows.push_back({name, measure(partition, box.numerics.stencils.front(), machine, sizeof(float)).slowest, {}});
    rounds.emplace_back([&solver = box.solver] {
      const double begin = MPI_Wtime();
      for (int i = 0; i < steps; ++i) solver.step();
      return (MPI_Wtime() - begin) / steps;
    });
  }
  auto measured = calibrate::by_turns(comm, rounds, options.seconds / static_cast<double>(options.cells.size()));
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i].measured = std::move(measured[i]);
  return rows;
}

void print(const std::string& cells, int ranks, const std::vector<Row>& rows) {
  int agree = 0, apart = 0;
  std::string wrong;
  for (std::size_t i = 0; i < rows.size(); ++i)
    for (std::size_t j = i + 1; j < rows.size(); ++j) {
      const int measured = order(rows[i].measured, rows[j].measured);
      const double ratio = rows[i].predicted.total() / rows[j].predicted.total();
      const int predicted = ratio < 0.99 ? -1 : ratio > 1.01 ? 1 : 0;
      if (measured == 0) continue;
      ++apart;
      if (measured == predicted)
        ++agree;
      else
        wrong += (wrong.empty() ? ", not " : ", ") + rows[i].name + " and " + rows[j].name;
    }
  std::string line = "| " + cells + " | " + std::to_string(ranks) + " |";
  for (const Row& r : rows) {
    std::vector<double> sorted = r.measured;
    std::sort(sorted.begin(), sorted.end());
    const double middle = median(sorted), half_width = (sorted[3 * sorted.size() / 4] - sorted[sorted.size() / 4]) / 2;
    line += fmt::format(" {:.2f} = {:.2f} + {:.2f}, {:.2f} ± {:.0f} % |", r.predicted.total() * 1e3, r.predicted.compute * 1e3,
                        (r.predicted.total() - r.predicted.compute) * 1e3, middle * 1e3, 100 * half_width / middle);
  }
  std::printf("%s %d of %d%s |\n", line.c_str(), agree, apart, wrong.c_str());
  std::fflush(stdout);
}

void work(const Comm& comm, const Options& options) {
  Machine machine;
  if (!options.machine.empty()) {
    const std::string text = read_text(comm, options.machine, "machine file");
    agree_on(comm, [&] { machine = parse_machine(text, options.machine); });
  }
  std::vector<Int3> grids;
  agree_on(comm, [&] {
    for (const std::string& cells : options.cells) grids.push_back(parse_cells(cells));
  });
  if (comm.rank() == 0) {
    std::string head = "| cells | ranks |", rule = "|---|---|";
    for (const std::string& method : options.methods) {
      head += " " + method + " |";
      rule += "---|";
    }
    std::printf(
        "ms a step, predicted = computing + exchange, measured ± half of the middle half\n\n%s in order, of pairs apart |\n%s---|\n",
        head.c_str(), rule.c_str());
  }
  for (std::size_t i = 0; i < grids.size(); ++i) {
    const std::vector<Row> rows = rows_of(comm, options, machine, grids[i]);
    if (comm.rank() == 0) print(options.cells[i], comm.size(), rows);
  }
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  const auto declare = [&](CLI::App& app) {
    app.description(
        "Prints step times of the plain Yee scheme, modelled and measured, by several methods in turn, and whether their order agrees.");
    app.add_option("--machine", options.machine, "Constants of the model, as hilbrick-calibrate writes them")->type_name("FILE.toml");
    app.add_option("--cells", options.cells, "Grids")->delimiter(',')->type_name("NXxNYxNZ,...");
    app.add_option("--methods", options.methods, "Methods")
        ->delimiter(',')
        ->check(one_of({"slab", "pencil", "box", "kd", "rcb", "morton", "hilbert"}))
        ->type_name("M,...");
    app.add_option("--seconds", options.seconds, "About how long to measure (default: 10)")->check(CLI::PositiveNumber)->type_name("S");
  };
  return run_with_options(argc, argv, "model", declare, [&](const Comm& comm) { work(comm, options); });
}
