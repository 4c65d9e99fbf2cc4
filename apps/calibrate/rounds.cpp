// SPDX-License-Identifier: BSD-3-Clause
#include "rounds.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace hilbrick::calibrate {

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : 0.5 * (values[middle - 1] + values[middle]);
}

std::vector<std::vector<double>> by_turns(const Comm& comm, const std::vector<Round>& cases, double seconds) {
  constexpr int fewest = 3;
  const auto timed = [&](const Round& round) {
    MPI_Barrier(comm.get());
    return max(comm, round());
  };
  for (const Round& round : cases) timed(round);
  std::vector<std::vector<double>> all(cases.size());
  const double begin = MPI_Wtime();
  // The slowest rank's clock decides, so that all go on or all stop.
  for (int round = 0; round < fewest || max(comm, MPI_Wtime() - begin) < seconds; ++round)
    for (std::size_t i = 0; i < cases.size(); ++i) all[i].push_back(timed(cases[i]));
  return all;
}

std::vector<double> medians(const Comm& comm, const std::vector<Round>& cases, double seconds) {
  std::vector<double> result;
  for (std::vector<double>& of_case : by_turns(comm, cases, seconds)) result.push_back(median(std::move(of_case)));
  return result;
}

Progress::Progress(bool speaks, double seconds) : speaks_(speaks && seconds > 3), seconds_(seconds), left_(seconds) {}

Progress::~Progress() {
  if (speaks_ && isatty(STDERR_FILENO) != 0) std::fputs("\r\033[K", stderr);
}

double Progress::begin(const std::string& what, double share) {
  if (speaks_ && share > 0) {
    const bool terminal = isatty(STDERR_FILENO) != 0;
    std::fprintf(stderr, "%shilbrick-calibrate: %s, about %.0f s left%s", terminal ? "\r\033[K" : "", what.c_str(), left_,
                 terminal ? "" : "\n");
    std::fflush(stderr);
  }
  left_ -= seconds_ * share;
  return seconds_ * share;
}

}  // namespace hilbrick::calibrate
