// SPDX-License-Identifier: BSD-3-Clause

// How fast is a step of the solver, against the same update in one plain array per rank and against memory? Reference, copy and Hilbrick
// take turns, a few steps each, so that whatever else the machine does hits all alike. One JSON line for each case, medians over the
// rounds.

#include <mpi.h>
#include <unistd.h>

#include <Kokkos_Core.hpp>
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <functional>
#include <hilbrick/comm.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "host.hpp"
#include "mpi_program.hpp"
#include "reference.hpp"
#include "run.hpp"
#include "solver.hpp"

namespace {

using namespace hilbrick;
using benchmarks::Copy;
using benchmarks::median;
using benchmarks::Reference;
using nlohmann::ordered_json;

struct Options {
  Int3 cells{256, 256, 256};
  Index steps = 10;
  int rounds = 7;
  Index brick = 16;
  std::string method = "hilbert", precision = "single", commit = "unknown";
};

/// One thing that is timed: `batch` does its turn's steps, `per_batch` says how many cell updates (or bytes) that is.
struct Case {
  std::string name;
  ordered_json facts;  // an object, for the line that is printed
  double per_batch;
  std::function<void()> batch;
  std::vector<double> seconds;  // of each round
};

/// Wall time of the slowest rank, all starting together. Collective over comm.
double seconds_of(const Comm& comm, const std::function<void()>& work) {
  MPI_Barrier(comm.get());
  const double begin = MPI_Wtime();
  work();
  return max(comm, MPI_Wtime() - begin);
}

/// Some number of order 1 for a value of a field, so that no update sees zeros or denormal numbers only.
double initial_value(int component, Int3 cell) {
  const Index hash = (cell.x * 73856093 + cell.y * 19349663 + cell.z * 83492791 + component * 2654435761) & 0xffff;
  return static_cast<double>(hash) / 0x10000 - 0.5;
}

/// Sets the values of cells that touch no face of the grid: those on faces may be held at zero by a wall. E in V/m; H so that eta0 H
/// compares with E.
template <class Set>
void fill(const Box& owned, Int3 cells, double h_scale, int component, Set&& set) {
  const Box inside{{1, 1, 1}, cells - Int3{1, 1, 1}};
  for_each_cell(intersection(owned, inside),
                [&](Int3 cell) { set(cell, initial_value(component, cell) * (component < 3 ? 1.0 : h_scale)); });
}

/// A solver with all that must outlive it.
template <class T>
struct Hilbrick {
  Hilbrick(const Comm& comm, const Options& options, const std::string& boundary)
      : scene(fdtd::parse_scene(scene_text(options, boundary), "fdtd_step")),
        numerics(fdtd::numerics_of(scene)),
        domain(fdtd::domain_of(comm, scene, numerics)),
        solver(comm, scene, numerics, domain) {}

  void fill_fields() {
    for (int c = 0; c < 6; ++c) {
      Field<T>& field = solver.field(static_cast<fdtd::Component>(c));
      for (std::size_t b = 0; b < domain.boxes.size(); ++b)
        fill(field.blocks()[b].owned, scene.cells, 1 / fdtd::eta0, c,
             [&](Int3 cell, double value) { field.at(b, cell) = static_cast<T>(value); });
    }
  }

  static std::string scene_text(const Options& o, const std::string& boundary) {
    std::ostringstream text;
    text << "grid.cells = [" << o.cells.x << ", " << o.cells.y << ", " << o.cells.z << "]\ngrid.spacing_m = 0.001\ngrid.boundary = {x = \""
         << boundary << "\", y = \"" << boundary << "\", z = \"" << boundary << "\"}\nrun.steps = 1\nrun.precision = \"" << o.precision
         << "\"\npartition.method = \"" << o.method << "\"\npartition.brick = " << o.brick << "\n";
    return text.str();
  }

  fdtd::Scene scene;
  fdtd::Numerics numerics;
  Domain domain;
  fdtd::Solver<T> solver;
};

template <class T>
Case reference_case(const Comm& comm, const Options& options) {
  const double courant = 0.99 / std::sqrt(3.0);
  auto reference = std::make_shared<Reference<T>>(comm.get(), options.cells, std::array{courant, courant, courant});
  for (int c = 0; c < 6; ++c)
    fill(reference->owned(), options.cells, 1, c, [&](Int3 cell, double value) { reference->at(c, cell) = static_cast<T>(value); });
  return {"reference",
          ordered_json::object(),
          static_cast<double>(product(options.cells) * options.steps),
          [reference, n = options.steps] {
            for (Index i = 0; i < n; ++i) reference->step();
          },
          {}};
}

template <class T>
Case hilbrick_case(const Comm& comm, const Options& options, const std::string& name, const std::string& boundary) {
  std::shared_ptr<Hilbrick<T>> hilbrick;
  const double setup_seconds = seconds_of(comm, [&] { hilbrick = std::make_shared<Hilbrick<T>>(comm, options, boundary); });
  hilbrick->fill_fields();
  ordered_json facts;
  facts["method"] = options.method;
  facts["brick"] = options.brick;
  facts["boxes_max"] = max(comm, static_cast<Index>(hilbrick->domain.boxes.size()));
  facts["setup_seconds"] = setup_seconds;
  facts["bytes_per_cell"] =
      static_cast<double>(sum(comm, hilbrick->solver.allocated_bytes())) / static_cast<double>(product(options.cells));
  return {name,
          facts,
          static_cast<double>(product(options.cells) * options.steps),
          [hilbrick, n = options.steps] {
            for (Index i = 0; i < n; ++i) hilbrick->solver.step();
          },
          {}};
}

/// As many bytes as the rank's share of six fields, for about as long as a step of each.
Case copy_case(const Comm& comm, const Options& options, Index value_bytes) {
  auto copy = std::make_shared<Copy>(6 * value_bytes * product(options.cells) / comm.size());
  return {"copy",
          ordered_json::object(),
          copy->moved_bytes() * comm.size() * static_cast<double>(options.steps),
          [copy, n = options.steps] {
            for (Index i = 0; i < n; ++i) copy->step();
          },
          {}};
}

template <class T>
void run(const Comm& comm, const Options& options) {
  std::vector<Case> cases;
  cases.push_back(copy_case(comm, options, sizeof(T)));
  cases.push_back(reference_case<T>(comm, options));
  cases.push_back(hilbrick_case<T>(comm, options, "vacuum", "pec"));
  cases.push_back(hilbrick_case<T>(comm, options, "cpml", "pml"));
  for (Case& c : cases) c.batch();  // warm-up
  for (int round = 0; round < options.rounds; ++round)
    for (Case& c : cases) c.seconds.push_back(seconds_of(comm, c.batch));
  if (comm.rank() != 0) return;

  char host[256] = {};
  gethostname(host, sizeof host - 1);
  const auto rates = [](const Case& c) {
    std::vector<double> all;
    for (double s : c.seconds) all.push_back(c.per_batch / s);
    return all;
  };
  const std::vector<double> copied = rates(cases[0]), reference = rates(cases[1]);
  for (const Case& c : cases) {
    const std::vector<double> rate = rates(c);
    const auto [slowest, fastest] = std::minmax_element(rate.begin(), rate.end());
    // Ratios of what was measured within the same round.
    const auto against = [&rate](const std::vector<double>& base) {
      std::vector<double> ratios;
      for (std::size_t i = 0; i < rate.size(); ++i) ratios.push_back(rate[i] / base[i]);
      return median(ratios);
    };
    ordered_json line{{"benchmark", "fdtd_step"},
                      {"case", c.name},
                      {"ranks", comm.size()},
                      {"cells", {options.cells.x, options.cells.y, options.cells.z}},
                      {"precision", options.precision}};
    if (&c == &cases[0]) {
      line.update({{"gb_per_second", median(rate) / 1e9}, {"gb_per_second_min", *slowest / 1e9}, {"gb_per_second_max", *fastest / 1e9}});
    } else {
      line.update({{"mcells_per_second", median(rate) / 1e6},
                   {"mcells_per_second_min", *slowest / 1e6},
                   {"mcells_per_second_max", *fastest / 1e6},
                   {"ratio_to_reference", against(reference)},
                   {"copy_fraction", against(copied) * Reference<T>::bytes_per_cell}});
    }
    line.update(c.facts);
    line.update({{"steps", options.steps}, {"rounds", options.rounds}, {"host", host}, {"commit", options.commit}});
    std::printf("%s\n", line.dump().c_str());
  }
}

void declare(CLI::App& app, Options& options, std::string& cells) {
  app.description("Times steps of the reference and of Hilbrick, and memory, by turns; prints JSON lines.");
  app.add_option("--cells", cells, "Grid (default: 256x256x256)")->type_name("NXxNYxNZ");
  app.add_option("--steps", options.steps, "Steps of a turn")->check(CLI::PositiveNumber)->capture_default_str();
  app.add_option("--rounds", options.rounds, "Turns of each case")->check(CLI::PositiveNumber)->capture_default_str();
  app.add_option("--brick", options.brick, "Edge of a brick in cells")->check(CLI::PositiveNumber)->capture_default_str();
  app.add_option("--method", options.method, "How the grid is divided")->capture_default_str();
  app.add_option("--precision", options.precision, "single or double")->check(CLI::IsMember({"single", "double"}))->capture_default_str();
  app.add_option("--commit", options.commit, "What was built, for the record")->capture_default_str();
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  std::string cells = "256x256x256";
  return run_with_options(
      argc, argv, "fdtd_step", [&](CLI::App& app) { declare(app, options, cells); },
      [&](const Comm& comm) {
        agree_on(comm, [&] { options.cells = benchmarks::parse_cells(cells); });
        if (options.precision == "single")
          run<float>(comm, options);
        else
          run<double>(comm, options);
      });
}
