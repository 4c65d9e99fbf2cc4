// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <span>
#include <string>

#include "study.hpp"

namespace hilbrick::plan {

/// The rows as one JSON object, as lines of comma-separated values, or as a table for people.
std::string json(const Question& question, std::span<const Row> rows);
std::string csv(const Question& question, std::span<const Row> rows);
std::string table(const Question& question, std::span<const Row> rows);

}  // namespace hilbrick::plan
