// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What every program on MPI does around its work: the command line on all ranks, one voice for mistakes, exit codes.

#include <CLI/CLI.hpp>
#include <functional>
#include <hilbrick/comm.hpp>
#include <string>
#include <vector>

namespace hilbrick {

/// run_program of the library for a program with a command line: `declare` names the description and the options, `work` does the rest. A
/// wrong command line is told by rank 0 and gives exit code 2; --help and --version give 0. `name` stands before messages.
int run_with_options(int argc, char** argv, const std::string& name, const std::function<void(CLI::App&)>& declare,
                     const std::function<void(const Comm&)>& work);

/// Checks of options, with what was expected and what was found.
CLI::Validator at_least(Index low);
CLI::Validator one_of(const std::vector<std::string>& words);

/// Rank 0's text of a file, on every rank. `what`: what the user meant by it, for messages. Throws SharedError. Collective over comm.
std::string read_text(const Comm& comm, const std::string& path, const std::string& what);

}  // namespace hilbrick
