// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Matter whose polarization follows E with a motion of its own (auxiliary differential equations): each pole of a medium is
//   inertia P'' + damping P' + restoring P = drive eps0 E
// and adds its current J = P' to Ampere's law. All of it is integrated by the trapezoidal rule from E^n to E^(n+1), with means over the
// step:
//   J' + J = (1 + alpha) J - chi P + delta (E' + E) / 2,   P' = P + dt (J' + J) / 2,
//   D = inertia / dt + damping / 2 + restoring dt / 4,  alpha = 2 inertia / dt / D - 1,  chi = restoring / D,  delta = drive eps0 / D.
// The rule takes no energy from a passive pole and gives it none, so the time step stays that of the vacuum around it. A pole acts as if
// at the frequency (2 / dt) tan(w dt / 2) in place of w.

#include <algorithm>
#include <cstddef>
#include <hilbrick/checkpoint.hpp>
#include <vector>

#include "material.hpp"

namespace hilbrick::fdtd {

/// The polarization of all values of E on one rank that lie in media with poles.
template <class T>
class Dispersion {
 public:
  /// The fields and the matter must outlive it. Local.
  Dispersion(const Comm& comm, const Numerics& numerics, const std::vector<Field<T>>& fields, const Matter<T>& matter);

  /// Before E is updated: keeps it. Local.
  void keep_e();
  /// After E was updated by curl and sources: adds what poles do to it, and moves them on. Local.
  void follow_e();

  /// Collective, as everything that a checkpoint is told.
  void state(Checkpoint& c);

  /// No polarization, as before the first step. Local.
  void rest() { std::fill(state_.begin(), state_.end(), T(0)); }

  Index bytes() const;

 private:
  /// Calls f(box, component, first cell, count, medium) for each row of values in a medium with poles.
  template <class F>
  void for_each_row(F&& f) const;

  struct PoleStep {
    T one_plus_alpha, chi, delta;  // the last two for the states' units
  };
  /// A row of values in one medium. Its states stand one after the other: E before the step, then for each pole dt J / eps0 and P / eps0.
  struct Stretch {
    T* e;
    Index count;
    T half_gain;  // half the gain of curl H, times eps0 / dt
    std::size_t first_pole, poles;
    std::size_t state;
  };
  const Comm& comm_;
  const std::vector<Field<T>>& fields_;
  const Matter<T>& matter_;
  std::vector<PoleStep> steps_;
  std::vector<Stretch> stretches_;  // in the order of for_each_row
  std::vector<T> state_;
};

}  // namespace hilbrick::fdtd
