// SPDX-License-Identifier: BSD-3-Clause
#include <mpi.h>

#include <CLI/CLI.hpp>
#include <Kokkos_Core.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <hilbrick/comm.hpp>
#include <sstream>

#include "bodies.hpp"
#include "run.hpp"

namespace {

using namespace hilbrick;
using namespace hilbrick::fdtd;

struct CommandLine {
  std::string scene;
  bool check = false;
  CheckOptions check_options;
  std::optional<Index> steps, brick;
  std::string method, precision;  // empty: the scene's
  std::string transport = "auto", progress = "auto";
  std::vector<std::string> set;
  RunOptions options;
};

CLI::Validator at_least(Index low) {
  const auto problem = [low](const std::string& text) {
    Index value = 0;
    return CLI::detail::lexical_cast(text, value) && value >= low
               ? std::string()
               : "expected an integer of at least " + std::to_string(low) + ", found \"" + text + "\"";
  };
  return CLI::Validator(problem, "", "");
}

CLI::Validator one_of(const std::vector<std::string>& words) {
  const auto problem = [words](const std::string& text) {
    std::string message;
    if (std::find(words.begin(), words.end(), text) != words.end()) return message;
    for (const std::string& word : words) message += (message.empty() ? "expected one of " : ", ") + word;
    return message + ", found \"" + text + "\"";
  };
  return CLI::Validator(problem, "", "");
}

void declare(CLI::App& app, CommandLine& line) {
  app.description(
      "Solves Maxwell's equations on a grid of bricks (Yee's finite differences in time), on any number of MPI ranks with the same bits.\n"
      "Example: mpirun -np 4 hilbrick-fdtd apps/fdtd/scenes/aircraft.toml --out out/aircraft");
  app.failure_message([](const CLI::App*, const CLI::Error& e) { return std::string("hilbrick-fdtd: ") + e.what() + "; see --help\n"; });
  app.set_version_flag("--version", HILBRICK_VERSION);
  app.add_option("scene", line.scene, "Scene file (TOML)")->required()->type_name("SCENE.toml");
  CLI::Option* check =
      app.add_flag("--check", line.check,
                   "Print grid, time step, resolution, memory and what each method would cost, and stop before any field is allocated");
  app.add_option("--owners", line.check_options.owners_file, "With --check: write the rank that owns each brick, as int32 [z][y][x]")
      ->type_name("FILE.npy")
      ->needs(check);
  app.add_option("--write-materials", line.check_options.materials_file,
                 "With --check: write the material of each E value, for ParaView (see README.md)")
      ->type_name("FILE.vtkhdf")
      ->needs(check);
  app.add_option("--steps", line.steps, "Steps since t = 0, in place of the scene's end")->check(at_least(0))->type_name("N");
  std::vector<std::string> methods;
  for (const Method m : all_methods) methods.emplace_back(name_of(m));
  app.add_option("--method", line.method, "How the grid is divided: " + method_names())->check(one_of(methods))->type_name("M");
  app.add_option("--brick", line.brick, "Edge of a brick in cells")->check(at_least(1))->type_name("B");
  app.add_option("--precision", line.precision, "single or double")->check(one_of({"single", "double"}))->type_name("P");
  app.add_option("--transport", line.transport, "How halos travel between ranks of a node: auto, message or shared")
      ->check(one_of({"auto", "message", "shared"}))
      ->type_name("T");
  app.add_flag("--verify", line.options.verify, "Prove the exchange of halos on this scene's partition before the first step");
  app.add_option("--out", line.options.out, "Folder for the output (default: out)")->type_name("DIR");
  app.add_option("--progress", line.progress, "auto (a live line on a terminal), bar, json or none")
      ->check(one_of({"auto", "bar", "json", "none"}))
      ->type_name("STYLE");
  app.add_option("--set", line.set, "Change a key of the scene: --set grid.spacing_m=0.01; may be repeated")
      ->type_name("KEY=VALUE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

ProgressStyle style_from_word(const std::string& word) {
  return word == "bar"    ? ProgressStyle::bar
         : word == "json" ? ProgressStyle::json
         : word == "none" ? ProgressStyle::none
                          : ProgressStyle::automatic;
}

/// Rank 0's text of a file, on every rank.
std::string read_scene(const Comm& comm, const std::string& path) {
  std::string text;
  agree_on(comm, [&] {
    if (comm.rank() != 0) return;
    std::ifstream file(path, std::ios::binary);
    std::ostringstream content;
    if (file && file.peek() != std::ifstream::traits_type::eof()) content << file.rdbuf();  // of an empty file nothing is no failure
    if (!file.is_open() || file.bad() || content.fail())
      throw Error(path + ": expected a scene file, cannot read it (" + std::strerror(errno) + ")");
    text = content.str();
  });
  return broadcast(comm, std::move(text));
}

Scene scene_of(const Comm& comm, CommandLine& line) {
  const std::string text = read_scene(comm, line.scene);
  if (line.steps) line.set.push_back("run.steps=" + std::to_string(*line.steps));
  Scene scene;
  agree_on(comm, [&] { scene = parse_scene(text, line.scene, line.set); });
  if (line.steps) scene.stop_below_db.reset();
  if (line.brick) scene.brick = *line.brick;
  if (!line.method.empty()) scene.method = *method_from_name(line.method);
  if (!line.precision.empty()) scene.precision = line.precision == "single" ? Precision::single_ : Precision::double_;
  line.options.method = name_of(scene.method);
  line.options.progress = style_from_word(line.progress);
  for (const Transport t : {Transport::automatic, Transport::message, Transport::shared})
    if (line.transport == name_of(t)) line.options.transport = t;
  return with_bodies(comm, std::move(scene));
}

int work(CommandLine& line) {
  int size = 1;
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  try {
    check_launcher(size);
  } catch (const Error& e) {
    // Each process believes that it is alone.
    if (launcher_rank() == 0) std::fprintf(stderr, "hilbrick-fdtd: %s\n", e.what());
    return e.exit_code();
  }
  const Comm comm(MPI_COMM_WORLD);
  try {
    const Scene scene = scene_of(comm, line);
    if (line.check)
      check(comm, scene, line.check_options);
    else
      run(comm, scene, line.options);
    return 0;
  } catch (const SharedError& e) {
    // Every rank is here: one speaks and all leave.
    if (comm.rank() == 0) std::fprintf(stderr, "hilbrick-fdtd: %s\n", e.what());
    return e.exit_code();
  }
}

}  // namespace

int main(int argc, char** argv) {
  int provided = 0;
  MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided);
  int rank = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  int exit_code = 0;
  try {
    CLI::App app;
    CommandLine line;
    declare(app, line);
    try {
      app.parse(argc, argv);
      Kokkos::initialize();
      exit_code = work(line);
      Kokkos::finalize();
    } catch (const CLI::ParseError& e) {
      std::ostringstream out, err;
      exit_code = app.exit(e, out, err) == 0 ? 0 : 2;
      if (rank == 0) {
        std::fputs(out.str().c_str(), stdout);
        std::fputs(err.str().c_str(), stderr);
      }
    }
  } catch (const std::exception& e) {
    // One rank failed by itself: the others may wait for it for ever.
    const auto* error = dynamic_cast<const Error*>(&e);
    std::fprintf(stderr, "hilbrick-fdtd: rank %d: %s\n", rank, e.what());
    std::fflush(stderr);
    MPI_Abort(MPI_COMM_WORLD, error ? error->exit_code() : 4);
  }
  MPI_Finalize();
  return exit_code;
}
