// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The energy of fields, and whether all of them are finite.

#include <optional>

#include "conformal.hpp"

namespace hilbrick::fdtd {

/// Field energy by the leapfrog form that a closed lossless box conserves (each integer and each half step contributes once):
/// W = 1/2 sum (eps E^n E^n + mu H^(n-1/2) H^(n+1/2)) dV. Conductors and layers let it fall.
/// Where a surface between dielectrics lies askew (oblique.hpp), eps is the diagonal's alone, so that it wavers there: by 1e-4
/// in smooth fields of a few bodies, by 0.4 in noise at a contrast of 60.
struct Energy {
  double joule = 0;
  /// The first value, by global cell index, that is not finite.
  struct Bad {
    Component component;
    Int3 cell;
  };
  std::optional<Bad> not_finite;
};

/// Energy in the whole grid. The sum is one of integers, so it does not depend on who owns what. H stands half a step ahead of E.
/// Collective over comm.
template <class T>
Energy energy_of(const Comm& comm, const Scene& scene, const std::vector<Field<T>>& fields, const Matter<T>& matter,
                 const CutFaces<T>& cut_faces);

}  // namespace hilbrick::fdtd
