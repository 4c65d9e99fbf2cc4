// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What every program on MPI does around its work: the command line on all ranks, one voice for mistakes, exit codes.

#include <CLI/CLI.hpp>
#include <functional>
#include <hilbrick/comm.hpp>
#include <string>
#include <vector>

namespace hilbrick {

/// Runs a program from MPI_Init to MPI_Finalize and returns its exit code: 0 done, 2 a wrong command line (rank 0 says what), an Error's
/// own, 4 for any other failure. `declare` names the description and the options, `work` does the rest; where one rank fails alone in it,
/// the job is aborted. `name` stands before messages. To be called once, by main.
int run_program(int argc, char** argv, const std::string& name, const std::function<void(CLI::App&)>& declare,
                const std::function<void(const Comm&)>& work);

/// Checks of options, with what was expected and what was found.
CLI::Validator at_least(Index low);
CLI::Validator one_of(const std::vector<std::string>& words);

/// Rank 0's text of a file, on every rank. `what`: what the user meant by it, for messages. Throws SharedError. Collective over comm.
std::string read_text(const Comm& comm, const std::string& path, const std::string& what);

}  // namespace hilbrick
