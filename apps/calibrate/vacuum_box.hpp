// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The plain Yee scheme: a closed box of vacuum without sources, with all that its solver leans on.

#include <fmt/format.h>

#include <solver.hpp>
#include <workload.hpp>

namespace hilbrick::calibrate {

template <class T>
struct VacuumBox {
  /// Throws SharedError where the method cannot serve the ranks. Collective over comm, which must outlive it.
  VacuumBox(const Comm& comm, Int3 cells, Method method, const Machine& machine)
      : scene(
            fdtd::parse_scene(fmt::format("grid = {{cells = [{}, {}, {}], spacing_m = 1, boundary = {{x = 'pec', y = 'pec', z = 'pec'}}}}\n"
                                          "run = {{steps = 1, precision = '{}'}}\npartition = {{method = '{}'}}\n",
                                          cells.x, cells.y, cells.z, sizeof(T) == 4 ? "single" : "double", name_of(method)),
                              "vacuum box")),
        numerics(fdtd::numerics_of(scene)),
        domain(fdtd::domain_of(comm, scene, numerics, machine)),
        solver(comm, scene, numerics, domain) {}

  fdtd::Scene scene;
  fdtd::Numerics numerics;
  Domain domain;
  fdtd::Solver<T> solver;
};

}  // namespace hilbrick::calibrate
