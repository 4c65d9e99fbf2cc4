// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The study as one page for a browser: who owns what in three dimensions, and what it costs. Everything is in the file: it loads nothing.
// What the page draws is one JSON object in it; page/ holds the scripts that draw it.
//
//   {"command": what was typed, "inputs": [[name, value]...], "report": what --format json prints,
//    "nodes": {number of ranks: the node of each}, {} where there is one,
//    "advice": {number of ranks: [sentences]}, "notes": [sentences on what was left out],
//    "rows": one object for each of report.results, {} where infeasible, {"same_as": row} for what `auto` took from another row:
//      {"description": of the partition, "step": {part of the slowest rank's step: seconds}, "why": what `auto` says for itself,
//       "view":  {"planes": for x, y, z the cell planes between drawn boxes, "bricks": [x, y, z] of the partition's own tiling,
//                 "owners", "lengths": runs of boxes with one owner, x fastest, -1 nobody, "exact": nothing is drawn coarser than it is},
//       "sorted": bytes a step of the ranks that were measured, ascending; of many some at equal distances, both ends included,
//       "ranks": {"cells", "boxes", "messages", "bytes", "internode": one value for each rank},
//       "peers": {"counts": for each rank, "ranks", "bytes": for all of these what is sent to whom, rank after rank}}}
//
// `view`, `ranks` and `peers` are left out where they would not fit, `sorted` and `why` where there is nothing to say. Lists of integers
// are `packed`.

#include <span>
#include <string>

#include "study.hpp"

namespace hilbrick::plan {

/// Integers as text: the first, then differences; zigzag (0, -1, 1, -2, ... as 0, 1, 2, 3, ...), 7 bits a byte from the lowest, the high
/// bit set on all but a number's last byte; these bytes in base64.
std::string packed(std::span<const Index> values);

/// The program's name and its arguments as a POSIX shell takes them.
std::string command_line(int argc, const char* const* argv);

/// The page, at most 5 MB. The rows hold their `per_rank`. Throws Error where even the bare numbers are more than that.
std::string page(const Question& question, std::span<const Row> rows, const std::string& command);

/// Writes the page as a file that appears whole or not at all. Throws Error where it cannot be written.
void write_page(const std::string& file, const Question& question, std::span<const Row> rows, const std::string& command);

}  // namespace hilbrick::plan
