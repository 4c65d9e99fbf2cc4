// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// How long single steps take, against a deadline that each should meet. Memory is taken at the start and does not grow.

#include <array>
#include <hilbrick/report.hpp>
#include <optional>

namespace hilbrick::fdtd {

/// Seconds by how often they came: 64 bins to an octave, so that a quantile is at most 1.6 % too high.
class Histogram {
 public:
  /// Below 2^-30 s counts as that, above 2^20 s too. Local.
  void add(double seconds);
  /// What so large a share of the values does not exceed: 0.5 is the median. 0 of no values.
  double quantile(double share) const;
  double max() const { return max_; }

 private:
  static constexpr int per_octave = 64, lowest = -30, highest = 20;  // powers of two of a second
  std::array<Index, static_cast<std::size_t>((highest - lowest) * per_octave)> bins_{};
  Index count_ = 0;
  double max_ = 0;
};

/// The steps of one rank. A step lasts from the end of the one before it to its own end by this rank's clock: monitors, checks and files in
/// between belong to it.
class StepTimes {
 public:
  explicit StepTimes(std::optional<double> deadline_s) : deadline_s_(deadline_s) {}

  /// The first step begins now; `exchange_seconds` is what exchanges have taken so far. Local.
  void start(double exchange_seconds);
  /// A step ends now. Local.
  void note(double exchange_seconds);

  /// Of each number the largest of any rank. Collective over comm.
  StepTimeReport report(const Comm& comm) const;

 private:
  std::optional<double> deadline_s_;
  double begin_s_ = 0, exchange_s_ = 0;
  Histogram steps_, computing_;
  Index missed_ = 0;
};

}  // namespace hilbrick::fdtd
