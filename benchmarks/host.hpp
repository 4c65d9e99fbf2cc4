// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What benchmarks share: where numbers come from, as one line, how they are timed and summed up, how sizes are given.

#include <algorithm>
#include <chrono>
#include <ctime>
#include <fstream>
#include <hilbrick/partition/error.hpp>
#include <hilbrick/partition/grid.hpp>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace hilbrick::benchmarks {

/// Seconds that `work` takes.
template <class F>
double seconds_of(F&& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Of one value or more.
inline double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : 0.5 * (values[middle - 1] + values[middle]);
}

/// Of an option --cells. Throws Error.
inline Int3 parse_cells(const std::string& text) {
  std::istringstream in(text);
  Int3 n;
  char x1 = 0, x2 = 0;
  if (!(in >> n.x >> x1 >> n.y >> x2 >> n.z) || x1 != 'x' || x2 != 'x' || in.get() != std::char_traits<char>::eof() || n.x < 1 || n.y < 1 ||
      n.z < 1)
    throw Error("--cells: expected three sizes like 256x256x256, found \"" + text + "\"");
  return n;
}

/// The processor's name where Linux tells, hardware threads, compiler, date and commit.
inline std::string host_facts(const std::string& commit) {
  std::string processor = "unknown processor";
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);)
    if (line.starts_with("model name")) {
      processor = line.substr(line.find(':') + 2);
      break;
    }
  char date[16];
  const std::time_t now = std::time(nullptr);
  std::strftime(date, sizeof date, "%Y-%m-%d", std::gmtime(&now));
  return processor + ", " + std::to_string(std::thread::hardware_concurrency()) + " threads, compiler " + __VERSION__ + ", " + date +
         ", commit " + commit;
}

}  // namespace hilbrick::benchmarks
