// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <hilbrick/partition/machine.hpp>
#include <hilbrick/partition/partition.hpp>
#include <optional>
#include <string>
#include <vector>

#include "availability.hpp"

namespace hilbrick::plan {

/// What is asked: which grid, cut how, on how many ranks of what machine.
struct Question {
  Grid grid;
  Index brick = 16;
  std::vector<int> ranks;
  std::vector<Method> methods;
  Machine machine;
  Stencil stencil = Stencil::yee();
  std::string stencil_name = "yee";  // for people
  Index value_bytes = 4;
  Weights weights;
  bool per_rank = false;                   // each rank's share too
  std::optional<double> deadline_seconds;  // for one step
  std::optional<Failures> failures;

  Tiling tiling() const { return Tiling(grid, brick); }
};

}  // namespace hilbrick::plan
