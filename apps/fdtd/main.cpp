// SPDX-License-Identifier: BSD-3-Clause
#include <cstdio>
#include <regex>

#include "bodies.hpp"
#include "machine_file.hpp"
#include "mpi_program.hpp"
#include "run.hpp"

namespace {

using namespace hilbrick;
using namespace hilbrick::fdtd;

/// Seconds of HH:MM:SS; none for other texts.
std::optional<double> seconds_of(const std::string& text) {
  std::smatch part;
  if (!std::regex_match(text, part, std::regex("([0-9]{1,5}):([0-5]?[0-9]):([0-5]?[0-9])"))) return std::nullopt;
  return 3600 * std::stod(part[1]) + 60 * std::stod(part[2]) + std::stod(part[3]);
}

const CLI::Validator clock_time(
    [](const std::string& text) {
      return seconds_of(text) ? std::string() : "expected hours, minutes and seconds as HH:MM:SS, found \"" + text + "\"";
    },
    "", "");

struct CommandLine {
  std::string scene;
  bool check = false, keys = false;
  std::string machine;  // a file; empty: none
  CheckOptions check_options;
  std::optional<Index> steps, brick;
  std::string method, precision;  // empty: the scene's
  std::string transport = "auto", progress = "auto", max_walltime;
  std::vector<std::string> set;
  RunOptions options;
};

void declare(CLI::App& app, CommandLine& line) {
  app.description(
      "Solves Maxwell's equations on a grid of bricks (Yee's finite differences in time), on any number of MPI ranks with the same bits.\n"
      "Example: mpirun -np 4 hilbrick-fdtd apps/fdtd/scenes/aircraft.toml --out out/aircraft");
  app.add_option("scene", line.scene, "Scene file (TOML)")->required()->type_name("SCENE.toml");
  CLI::Option* check =
      app.add_flag("--check", line.check,
                   "Print grid, time step, resolution, memory and what each method would cost, and stop before any field is allocated");
  app.add_flag("--keys", line.keys,
               "Print the keys that the tables of this scene may have, with what they take and their defaults, and stop");
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
  app.add_option("--machine", line.machine,
                 "What the machine's time model is made of, as hilbrick-calibrate writes it (default: round numbers)")
      ->type_name("FILE.toml");
  app.add_option("--restart", line.options.restart, "Go on from a checkpoint, or from the newest one in a folder that can be used")
      ->type_name("PATH");
  app.add_option("--max-walltime", line.max_walltime, "Write a checkpoint and stop in time to end after so long")
      ->check(clock_time)
      ->type_name("HH:MM:SS");
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

Scene scene_of(const Comm& comm, CommandLine& line) {
  const std::string text = read_text(comm, line.scene, "scene file");
  if (!line.precision.empty()) line.set.push_back("run.precision=" + line.precision);
  if (line.steps) line.set.push_back("run.steps=" + std::to_string(*line.steps));
  Scene scene;
  agree_on(comm, [&] { scene = parse_scene(text, line.scene, line.set); });
  if (line.steps) scene.stop_below_db.reset();
  if (line.brick) scene.brick = *line.brick;
  if (!line.method.empty()) scene.method = *method_from_name(line.method);
  line.options.method = name_of(scene.method);
  line.options.progress = style_from_word(line.progress);
  line.options.max_walltime_s = seconds_of(line.max_walltime);
  for (const Transport t : {Transport::automatic, Transport::message, Transport::shared})
    if (line.transport == name_of(t)) line.options.transport = t;
  return with_bodies(comm, std::move(scene));
}

void print_keys(const Comm& comm, const CommandLine& line) {
  const std::string text = read_text(comm, line.scene, "scene file");
  AskedKeys asked;
  agree_on(comm, [&] { parse_scene(text, line.scene, line.set, &asked); });
  if (comm.rank() != 0) return;
  for (const auto& [name, key] : asked) std::printf("%s\t%s\t%s\n", name.c_str(), key.expected.c_str(), key.fallback.c_str());
}

void work(const Comm& comm, CommandLine& line, std::optional<StopSignals>& signals) {
  if (line.keys || line.check) signals.reset();  // nothing to keep: these are ended by a signal as other programs are
  if (line.keys) {
    print_keys(comm, line);
    return;
  }
  const Scene scene = scene_of(comm, line);
  if (!line.machine.empty()) {
    const std::string text = read_text(comm, line.machine, "machine file");
    agree_on(comm, [&] { line.options.machine = parse_machine(text, line.machine); });
    line.options.machine_name = line.machine;
    line.options.machine.ranks_per_node = 0;  // a run knows its nodes
    line.options.machine.node_slots.clear();
  }
  if (line.check)
    check(comm, scene, line.options.machine, line.check_options);
  else
    run(comm, scene, line.options, *signals);
}

}  // namespace

int main(int argc, char** argv) {
  // Before all else: a run that is asked to stop while ranks are launched or bodies are read does so after its first step.
  std::optional<StopSignals> signals(std::in_place);
  CommandLine line;
  line.options.begin = std::chrono::steady_clock::now();
  line.options.command.assign(argv, argv + argc);
  return run_with_options(
      argc, argv, "hilbrick-fdtd", [&](CLI::App& app) { declare(app, line); }, [&](const Comm& comm) { work(comm, line, signals); });
}
