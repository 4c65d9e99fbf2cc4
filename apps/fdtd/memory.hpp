// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What a run will take, before it takes any of it.

#include <hilbrick/domain.hpp>
#include <hilbrick/exchange.hpp>

#include "numerics.hpp"
#include "scene.hpp"

namespace hilbrick::fdtd {

/// Bytes that a run allocates on this rank, besides MPI's own and the program's.
struct MemoryPlan {
  Index fields = 0;    // six components with their halos
  Index media = 0;     // which medium each value lies in, and what surfaces ask for: estimated from some lines and positions
  Index layers = 0;    // what absorbing layers remember
  Index messages = 0;  // buffers; those in shared memory count on both sides, as the system counts them
  Index spectra = 0;
  Index output = 0;             // copies that the largest dataset of a file is written from, and what HDF5 and MPI take for files
  Index libraries = 1'200'000;  // what code and MPI take while they run: measured with Open MPI 4.1
  Index total() const { return fields + media + layers + messages + spectra + output + libraries; }
};
/// Throws Error for voxels that cannot be read. Local.
MemoryPlan memory_plan(const Scene& scene, const Numerics& numerics, const Domain& domain, Transport transport);

}  // namespace hilbrick::fdtd
