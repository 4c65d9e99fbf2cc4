// SPDX-License-Identifier: BSD-3-Clause
#include "step_times.hpp"

#include <algorithm>
#include <cmath>

namespace hilbrick::fdtd {

void Histogram::add(double seconds) {
  int exponent = 0;
  const double mantissa = std::frexp(std::max(seconds, std::ldexp(1.0, lowest)), &exponent);  // 0.5 <= mantissa < 1
  const int bin = (exponent - 1 - lowest) * per_octave + static_cast<int>((mantissa - 0.5) * 2 * per_octave);
  ++bins_[static_cast<std::size_t>(std::clamp(bin, 0, static_cast<int>(bins_.size()) - 1))];
  ++count_;
  max_ = std::max(max_, seconds);
}

double Histogram::quantile(double share) const {
  const auto wanted = static_cast<Index>(std::ceil(share * static_cast<double>(count_)));
  Index seen = 0;
  for (std::size_t bin = 0; bin < bins_.size(); ++bin) {
    seen += bins_[bin];
    if (seen == 0 || seen < wanted) continue;
    const auto octave = static_cast<int>(bin) / per_octave, part = static_cast<int>(bin) % per_octave;
    return std::min(max_, std::ldexp(1 + static_cast<double>(part + 1) / per_octave, lowest + octave));
  }
  return 0;
}

void StepTimes::start(double exchange_seconds) {
  begin_s_ = MPI_Wtime();
  exchange_s_ = exchange_seconds;
}

void StepTimes::note(double exchange_seconds) {
  const double now = MPI_Wtime(), step = now - begin_s_;
  steps_.add(step);
  computing_.add(step - (exchange_seconds - exchange_s_));
  if (deadline_s_ && step > *deadline_s_) ++missed_;
  begin_s_ = now;
  exchange_s_ = exchange_seconds;
}

StepTimeReport StepTimes::report(const Comm& comm) const {
  StepTimeReport report;
  report.p50 = max(comm, steps_.quantile(0.5));
  report.p99 = max(comm, steps_.quantile(0.99));
  report.max = max(comm, steps_.max());
  report.computing_p99 = max(comm, computing_.quantile(0.99));
  report.deadline_s = deadline_s_;
  report.missed = max(comm, missed_);
  return report;
}

}  // namespace hilbrick::fdtd
