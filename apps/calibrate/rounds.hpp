// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Timing by turns: whatever else a machine does hits all that is compared alike.

#include <functional>
#include <hilbrick/comm.hpp>
#include <string>
#include <vector>

namespace hilbrick::calibrate {

double median(std::vector<double> values);

/// Something that is timed: does its part once and returns this rank's seconds. All ranks call it at the same time.
using Round = std::function<double()>;

/// The seconds of each case in each round, those of the slowest rank: rounds are taken by turns for about so many seconds, at least three
/// after one to warm up. Alike on every rank. Collective over comm.
std::vector<std::vector<double>> by_turns(const Comm& comm, const std::vector<Round>& cases, double seconds);

/// Their medians. Collective over comm.
std::vector<double> medians(const Comm& comm, const std::vector<Round>& cases, double seconds);

/// One line on stderr, by rank 0, that says what is measured and for how long the whole will take; none for a program of a few seconds.
class Progress {
 public:
  Progress(bool speaks, double seconds);
  ~Progress();
  /// `share`: the part of all seconds that this takes, which it returns.
  double begin(const std::string& what, double share);

 private:
  bool speaks_;
  double seconds_, left_;
};

}  // namespace hilbrick::calibrate
