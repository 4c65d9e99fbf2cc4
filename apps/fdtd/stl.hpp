// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// STL files: triangles without connection. What makes a body of them is in surface.hpp.

#include <array>
#include <hilbrick/partition/grid.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace hilbrick::fdtd {

/// The triangles of one solid, in the unit of the file.
struct Solid {
  using Corners = std::array<std::array<double, 3>, 3>;
  std::string name;
  std::vector<Corners> triangles;
  Index first_number = 1;  // of its first triangle, counted in the file from 1
};

/// The solids of a file's bytes, binary or ASCII, at least one, each with at least one triangle. Normals in the file are not looked at:
/// the order of the corners says the same. Throws Error that names the line (ASCII) or the byte (binary) for what is not STL, not whole,
/// not finite or empty. Local.
std::vector<Solid> read_stl(std::string_view bytes, const std::string& file);

}  // namespace hilbrick::fdtd
