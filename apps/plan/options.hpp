// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <hilbrick/partition/machine.hpp>
#include <hilbrick/partition/partition.hpp>
#include <string>
#include <variant>
#include <vector>

namespace hilbrick::plan {

enum class Format { table, json, csv };

/// What the command line asks for.
struct Options {
  Grid grid;
  Index brick = 16;
  std::vector<int> ranks;
  std::vector<Method> methods;
  Machine machine;
  Stencil stencil = Stencil::yee();
  std::string stencil_name = "yee";
  Index value_bytes = 4;
  Weights weights;
  Format format = Format::table;
  bool per_rank = false;
  std::string owners_file;  // empty: none
};

/// The options, or the exit code where there is nothing left to do (help was printed, or CLI11 printed what it did not understand).
/// Throws Error for values that make no sense.
std::variant<Options, int> parse_command_line(int argc, char** argv);

}  // namespace hilbrick::plan
