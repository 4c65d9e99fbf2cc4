// SPDX-License-Identifier: BSD-3-Clause
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "halos.hpp"
#include "machine_file.hpp"
#include "mpi_program.hpp"
#include "rounds.hpp"
#include "updates.hpp"

namespace {

using namespace hilbrick;
using namespace hilbrick::calibrate;

struct CommandLine {
  std::string file = "machine.toml", precision = "single";
  double seconds = 20;
  Index cells = 1'000'000;
};

void declare(CLI::App& app, CommandLine& line) {
  app.description(
      "Measures what the time model of hilbrick-plan and hilbrick-fdtd is made of, on the ranks that it runs on, and writes it to a file "
      "for "
      "their --machine.\n"
      "Run it as you will run the solver: as many ranks on a node, bound the same way.\n"
      "Example: mpirun -np 16 hilbrick-calibrate -o machine.toml");
  app.add_option("-o,--output", line.file, "Where to write (default: machine.toml)")->type_name("FILE");
  app.add_option("--seconds", line.seconds, "About how long to measure (default: 20)")->check(CLI::PositiveNumber)->type_name("S");
  app.add_option("--cells", line.cells, "About how many cells a rank will have, which decides on caches (default: 1000000)")
      ->check(CLI::Range(Index{1000}, Index{1} << 40))
      ->type_name("N");
  app.add_option("--precision", line.precision, "Of the fields: single (default) or double")
      ->check(one_of({"single", "double"}))
      ->type_name("P");
}

/// Cores that the ranks of a node may run on. Collective over comm.
int cores_of(const Comm& on_node) {
  cpu_set_t mine;
  CPU_ZERO(&mine);
  sched_getaffinity(0, sizeof mine, &mine);
  cpu_set_t all = mine;
  MPI_Allreduce(&mine, &all, sizeof mine, MPI_BYTE, MPI_BOR, on_node.get());
  return std::max(1, CPU_COUNT(&all));
}

template <class T>
Measured measure(const Comm& comm, double seconds, Index cells) {
  const Comm on_node = split(comm, comm.node());
  Measured m;
  m.ranks = comm.size();
  m.nodes = comm.nodes();
  m.ranks_on_node = static_cast<int>(max(comm, Index{on_node.size()}));
  m.cores_on_node = static_cast<int>(min(comm, Index{cores_of(on_node)}));
  const double ranks_per_core = std::max(1.0, static_cast<double>(m.ranks_on_node) / m.cores_on_node);
  const double network = m.nodes > 1 ? 0.2 : 0, halos = m.ranks_on_node > 1 ? 0.4 : 0, copies = 0.05;
  Progress progress(comm.rank() == 0, seconds);
  m.boxes = time_updates<T>(comm, cells, ranks_per_core, progress.begin("updates of cells", 1 - network - halos - copies));
  m.copy_bytes_per_second = time_copies(comm, progress.begin("copies of memory", copies));
  m.on_node = time_on_node<T>(comm, on_node, progress.begin("halos on the node", halos));
  if (m.nodes > 1) m.between_nodes = time_between_nodes<T>(comm, on_node, progress.begin("halos between nodes", network));
  return m;
}

void work(const Comm& comm, const CommandLine& line) {
  // Before, not after the measurement.
  agree_on(comm, [&] {
    const std::filesystem::path folder = std::filesystem::absolute(line.file).parent_path();
    if (comm.rank() == 0 && access(folder.c_str(), W_OK | X_OK) != 0)
      throw Error("-o: expected a file in a folder that this user may write to, found " + line.file + "; name another");
  });
  const Measured measured =
      line.precision == "single" ? measure<float>(comm, line.seconds, line.cells) : measure<double>(comm, line.seconds, line.cells);
  agree_on(comm, [&] {
    if (comm.rank() != 0) return;
    const Machine machine = machine_of(measured);
    write_machine("-o", line.file, machine);
    std::fputs(table(measured, machine).c_str(), stdout);
    std::printf("\nWritten: %s, for hilbrick-plan --machine and hilbrick-fdtd --machine.\n", line.file.c_str());
    std::fflush(stdout);
  });
}

}  // namespace

int main(int argc, char** argv) {
  CommandLine line;
  return run_with_options(
      argc, argv, "hilbrick-calibrate", [&](CLI::App& app) { declare(app, line); }, [&](const Comm& comm) { work(comm, line); });
}
