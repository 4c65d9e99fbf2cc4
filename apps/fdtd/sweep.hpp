// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// A sweep: one run after the other, each with the scene's plane wave from another direction or of another polarization, or with another
// port driven. Geometry and fields are made once.

#include <vector>

#include "direction.hpp"

namespace hilbrick::fdtd {

/// Where a run's wave arrives from.
struct Incidence {
  double theta_deg, phi_deg;
  char sent;  // 'V': E along theta, 'H': along phi
  Direction from;
};

/// The runs of a sweep, as rank 0 computes them: theta slowest, then phi, then what is sent. Collective over comm.
std::vector<Incidence> incidences_of(const Comm& comm, const SweepRequest& sweep);

/// A scene's plane wave arriving from another direction.
PlaneWave arriving(PlaneWave wave, const Incidence& incidence);

/// A scene's ports with the waveform of one alone.
std::vector<Port> with_one_driven(std::vector<Port> ports, std::size_t driven);

}  // namespace hilbrick::fdtd
