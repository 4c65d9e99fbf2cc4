// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Where numbers come from, as one line, and how they are timed.

#include <chrono>
#include <ctime>
#include <fstream>
#include <string>
#include <thread>

namespace hilbrick::benchmarks {

/// Seconds that `work` takes.
template <class F>
double seconds_of(F&& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
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
