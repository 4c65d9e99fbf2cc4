// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Surfaces on grid planes and the field values beside them that say what passes through. E on a plane goes with H half a cell outside:
//
//        plane p   half a cell on          n: outwards, along axis a; u, v follow a
//           |           |
//   inside  E_u         H_v   outside      E_u and H_v lie at (u + 1/2, v), E_v and H_u at (u, v + 1/2)
//
// Nothing is averaged, and nothing is lost by that: with J = n x H at E's places and M = -n x E at H's, Yee's own equations give the field
// outside and none inside, exactly. So what these sums say of a source inside does not depend on where the surface lies.

#include <array>
#include <vector>

#include "dft.hpp"

namespace hilbrick::fdtd {

struct Face {
  int axis;                            // a
  int outwards;                        // 1 or -1
  Index plane;                         // p
  enum Values { E_u, H_v, E_v, H_u };  // of the regions
  std::array<Region, 4> regions;
};

/// The face of a box of planes (lo to hi, both included) across an axis; its low one looks down.
Face face_of(const Box& planes, int axis, bool high);
/// Of all faces the regions, one face after the other.
std::vector<Region> regions_of(const std::vector<Face>& faces);

}  // namespace hilbrick::fdtd
