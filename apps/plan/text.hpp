// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Numbers and columns as people read them.

#include <hilbrick/partition/grid.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace hilbrick::plan {

/// "48 x 40 x 20".
std::string dimensions(Int3 n);
/// A number with a decimal prefix: 786432, "B" -> "786 kB".
std::string with_prefix(double value, std::string_view unit);
std::string bytes_text(Index bytes);
std::string count_text(Index n);
/// "1 rank", "8 ranks".
std::string counted(Index n, std::string_view noun);
/// "654 us" up to "3.2 years"; "never" for infinity.
std::string duration(double seconds);
/// A fraction of 1 as "12 %".
std::string percent(double fraction);

/// Rows of cells, each column as wide as its widest cell; the first column to the left, the others to the right.
class Columns {
 public:
  /// `after`: free text behind the cells.
  void add(std::vector<std::string> cells, std::string after = {}) { lines_.push_back({std::move(cells), std::move(after)}); }
  std::string text() const;

 private:
  struct Line {
    std::vector<std::string> cells;
    std::string after;
  };
  std::vector<Line> lines_;
};

}  // namespace hilbrick::plan
