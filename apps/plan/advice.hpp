// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What the numbers say, in sentences. Pure functions of rows.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "study.hpp"

namespace hilbrick::plan {

/// What to do about the rows of one number of ranks: which method, what limits it, what would help. Perhaps nothing.
std::vector<std::string> advice(const Question& question, std::span<const Row> rows);

/// Why `auto` took what it took: what each other method would have cost, and which part of it most. Empty for other rows.
std::string explanation(const Row& row);

/// Which rows leave ranks without cells, and how many ranks can have some; nothing where none does.
std::optional<std::string> idle_ranks(const Question& question, std::span<const Row> rows);

/// The part of a step that takes longest on the slowest rank, and the difference that counts most between two methods.
struct Share {
  std::string_view what;  // "computing", "the node's link"
  double seconds;
};
Share largest_share(const Metrics& metrics);
Share largest_difference(const Metrics& metrics, const Metrics& less);

}  // namespace hilbrick::plan
