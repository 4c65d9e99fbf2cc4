// SPDX-License-Identifier: BSD-3-Clause
#include "text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace hilbrick::plan {

std::string dimensions(Int3 n) { return fmt::format("{} x {} x {}", n.x, n.y, n.z); }

std::string with_prefix(double value, std::string_view unit) {
  constexpr std::array prefixes{"", "k", "M", "G", "T", "P", "E"};
  std::size_t p = 0;
  for (; value >= 999.5 && p + 1 < prefixes.size(); ++p) value /= 1000;
  const int digits = p == 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  const std::string text = fmt::format("{:.{}f} {}{}", value, digits, prefixes[p], unit);
  return unit.empty() && p == 0 ? text.substr(0, text.size() - 1) : text;
}

std::string bytes_text(Index bytes) { return with_prefix(static_cast<double>(bytes), "B"); }
std::string count_text(Index n) { return with_prefix(static_cast<double>(n), ""); }
std::string counted(Index n, std::string_view noun) { return fmt::format("{} {}{}", n, noun, n == 1 ? "" : "s"); }

std::string duration(double seconds) {
  constexpr double minute = 60, hour = 60 * minute, day = 24 * hour, year = 365 * day;
  if (std::isinf(seconds)) return "never";
  if (seconds >= 2 * year) return fmt::format("{:.3g} years", seconds / year);
  if (seconds >= 2 * day) return fmt::format("{:.3g} days", seconds / day);
  if (seconds >= 2 * hour) return fmt::format("{:.3g} h", seconds / hour);
  if (seconds >= 2 * minute) return fmt::format("{:.3g} min", seconds / minute);
  if (seconds >= 1) return fmt::format("{:.3g} s", seconds);
  return seconds >= 1e-3 ? fmt::format("{:.3g} ms", seconds * 1e3) : fmt::format("{:.3g} us", seconds * 1e6);
}

std::string percent(double fraction) { return fmt::format("{:.0f} %", fraction * 100); }

std::string Columns::text() const {
  std::vector<std::size_t> widths;
  for (const Line& line : lines_) {
    widths.resize(std::max(widths.size(), line.cells.size()));
    for (std::size_t i = 0; i < line.cells.size(); ++i) widths[i] = std::max(widths[i], line.cells[i].size());
  }
  std::string text;
  for (const Line& line : lines_) {
    text += ' ';
    for (std::size_t i = 0; i < line.cells.size(); ++i)
      text += i == 0 ? fmt::format(" {:<{}}", line.cells[i], widths[i]) : fmt::format("  {:>{}}", line.cells[i], widths[i]);
    text += (line.after.empty() ? "" : "  ") + line.after + '\n';
  }
  return text;
}

}  // namespace hilbrick::plan
