// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What there is to divide among ranks: the bricks of a scene, what each costs a step, what they read from each other. This is all that a
// planner needs to know of a scene.

#include <hilbrick/domain.hpp>

#include "numerics.hpp"
#include "scene.hpp"

namespace hilbrick::fdtd {

struct Workload {
  Tiling tiling;
  Weights weights;  // in tenths of a cell of vacuum
  Stencil stencil;
  Index value_bytes;
};

/// Weights by Scene::costs. A cell in absorbing layers and a value that a plane wave corrects are weighed exactly; of materials only the
/// bounds: the changes that a row meets at both ends of a shape are spread evenly over the box around it, ends outside the grid left
/// out. Probes, snapshots and dipoles weigh nothing: they are few, or outside the time loop. Throws Error for a brick of less than a cell.
Workload workload_of(const Scene& scene, const Numerics& numerics);

/// Bytes of one field value.
inline Index value_bytes(const Scene& scene) { return scene.precision == Precision::single_ ? 4 : 8; }

/// The domain of a scene for these ranks on such a machine. Throws SharedError. Collective over comm.
Domain domain_of(const Comm& comm, const Scene& scene, const Numerics& numerics, const Machine& machine = {});

}  // namespace hilbrick::fdtd
