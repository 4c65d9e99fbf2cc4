// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// From loose triangles to a closed surface whose outside is known, or a message that says where it is not.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mesh.hpp"
#include "stl.hpp"

namespace hilbrick::fdtd {

/// A surface whose triangles share vertices.
struct Surface {
  std::vector<Vec3> vertices;
  std::vector<Mesh::Triangle> triangles;
  std::vector<Index> numbers;  // of the triangles in their file
};

/// Triangles with corners that are equal to within `weld` joined in one vertex; those with two equal corners are left out. Local.
Surface welded(const Solid& solid, double weld);

/// Turns triangles so that each edge has as many that run along it one way as the other, and so that the surface as a whole faces
/// outwards. Appends to `notes` what had to be turned. Throws Error for a surface that has holes, has no consistent outside or encloses
/// nothing. `what`: who it is, in messages. Local.
void orient(Surface& surface, const std::string& what, std::vector<std::string>& notes);

/// One triangle of a mesh where it came from.
struct Origin {
  int solid;     // 0, 1, ... of its file
  Index number;  // in its file, from 1 on
};
/// The first place found where a solid overlaps itself or lies inside out, in words, and which solid. Looks along one line for each four
/// triangles, on each axis. `origins`: of the mesh's triangles. Local.
std::optional<std::pair<int, std::string>> find_overlap(const Mesh& mesh, const std::vector<Origin>& origins);

}  // namespace hilbrick::fdtd
