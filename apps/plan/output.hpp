// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include "study.hpp"

namespace hilbrick::plan {

/// The rows as one JSON object, as lines of comma-separated values, or as a table for people.
std::string json(const Options& options, const std::vector<Row>& rows);
std::string csv(const Options& options, const std::vector<Row>& rows);
std::string table(const Options& options, const std::vector<Row>& rows);

}  // namespace hilbrick::plan
