// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// One run from a scene to a report, and the same without the run.

#include <chrono>
#include <filesystem>
#include <hilbrick/report.hpp>
#include <hilbrick/stop.hpp>
#include <string>

#include "progress.hpp"
#include "scene.hpp"
#include "workload.hpp"

namespace hilbrick::fdtd {

struct RunOptions {
  std::filesystem::path out = "out";
  ProgressStyle progress = ProgressStyle::automatic;
  std::string method = "hilbert";  // as asked for, for the report
  Transport transport = Transport::automatic;
  std::filesystem::path restart;  // a checkpoint, or a folder with some; empty: from t = 0
  std::optional<double> max_walltime_s;
  std::chrono::steady_clock::time_point begin;  // of the program
  std::vector<std::string> command;             // the command line
  bool verify = false;                          // the halos, before the first step
  Machine machine;                              // its nodes are those that the ranks found themselves on
  std::string machine_name;                     // the file that it is from; empty: defaults
};

/// Runs a scene, writes its output into options.out and prints the table. Throws SharedError, also, with exit code 3, where it was asked to
/// stop (by `signals` or else) and has written a checkpoint. Collective over comm.
void run(const Comm& comm, const Scene& scene, const RunOptions& options, const StopSignals& signals);

struct CheckOptions {
  std::string owners_file;     // the rank that owns each brick: int32 [z][y][x], NumPy; empty: none
  std::string materials_file;  // what write_materials writes (material_file.hpp); empty: none
};

/// Prints what a run would be: grid, time step, resolution, memory, and what each method would cost; allocates no field. Writes the files
/// that are asked for. Throws SharedError. Collective over comm.
void check(const Comm& comm, const Scene& scene, const Machine& machine, const CheckOptions& options);

/// One warning on rank 0 when some ranks own nothing. Collective over comm.
void warn_of_idle_ranks(const Comm& comm, const Domain& domain);

/// One warning on rank 0 for each of doubts() (doubts.hpp). Local.
void tell_doubts(const Comm& comm, const Scene& scene, const Numerics& numerics);

}  // namespace hilbrick::fdtd
