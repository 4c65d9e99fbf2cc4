// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The main of a program that runs on MPI ranks:
//
//   int main(int argc, char** argv) {
//     return hilbrick::run_program("heat", argc, argv, [&](const hilbrick::Comm& comm) { return solve(comm); });
//   }
//
// What all ranks find wrong together is printed once, as "heat: ...", and all leave in good order; what one rank finds alone ends the job,
// because the others may wait for it for ever.

#include <functional>
#include <hilbrick/comm.hpp>
#include <string>

namespace hilbrick {

/// Starts MPI and Kokkos (which takes its settings from the environment), runs `work` on the duplicate of MPI_COMM_WORLD, and ends both.
/// Returns the exit code: that of `work`, or that of an error that all ranks throw. Where the launcher started ranks that do not see each
/// other, `work` is not run. Any other exception ends the job, with the exit code of an Error or 4. Collective over comm (MPI_COMM_WORLD).
int run_program(const std::string& name, int& argc, char**& argv, const std::function<int(const Comm&)>& work);

}  // namespace hilbrick
