// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <variant>

#include "question.hpp"

namespace hilbrick::plan {

enum class Format { table, json, csv };

/// What the command line asks for, and where the answer goes.
struct Options {
  Question question;
  Format format = Format::table;
  std::string owners_file, vtk_file, html_file;  // empty: none
};

/// The options, or the exit code where there is nothing left to do (help was printed, or CLI11 printed what it did not understand).
/// Throws Error for values that make no sense.
std::variant<Options, int> parse_command_line(int argc, char** argv);

}  // namespace hilbrick::plan
