// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What the field's energy says of a run: how far it has fallen, and whether it runs away.

#include <hilbrick/checkpoint.hpp>
#include <optional>
#include <string>

#include "energy.hpp"
#include "numerics.hpp"

namespace hilbrick::fdtd {

/// Watches the field's energy: its level against the highest so far, and whether it runs away.
class EnergyWatch {
 public:
  /// Both must outlive it.
  EnergyWatch(const Scene& scene, const Numerics& numerics);

  /// Whether the energy must be seen after this step for its highest to be known well enough to stop by: often while sources are active,
  /// since a short pulse may come and go between two checks. Local.
  bool must_see(Index step) const;
  /// Throws SharedError when the field is not finite or has grown without a source: every rank sees the same energy. `extra`: a look that a
  /// longer run would not take here, so nothing is kept of it but the level.
  void see(const Energy& energy, Index step, bool extra);
  /// As before the first step.
  void begin();
  /// Collective, as everything that a checkpoint is told.
  void state(Checkpoint& c);

  std::optional<double> level_db() const { return level_db_; }
  /// Whether the energy has fallen for good: between the swings of a source it may fall, too.
  bool below(double db) const { return may_stop_ && level_db_ && *level_db_ <= db; }

 private:
  std::string advice() const;
  std::string not_finite(const Energy::Bad& bad, Index step) const;

  const Scene& scene_;
  const Numerics& numerics_;
  double sources_end_s_ = 0, silent_after_s_ = 0, highest_ = 0;
  double before_ = 0;  // the highest until the first check after the sources
  double limit_ = 0;   // above which the field grows by itself; 0 until then
  Index see_every_ = 0;
  bool may_stop_ = false;
  std::optional<double> level_db_;
};

}  // namespace hilbrick::fdtd
