// SPDX-License-Identifier: BSD-3-Clause
// STL files, binary and ASCII, up to the lines that are asked of their meshes.
#include <bodies.hpp>
#include <mesh.hpp>

#include "fuzz.hpp"

using namespace hilbrick;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz::accept([&] {
    fdtd::StlBody body;
    body.file = "body.stl";
    body.scale = std::array{1.0, 1e-3, 1e300, 1e-300}[size % 4];
    body.rotate_deg = {0, 90, static_cast<double>(size % 360)};
    std::vector<std::string> warnings;
    fdtd::make_mesh(body, fuzz::text_of(data, size), warnings);
    const auto [low, high] = body.mesh->bounds_m();
    std::vector<fdtd::Span> spans;
    for (int axis = 0; axis < 3; ++axis)
      for (const double share : {0.0, 0.3, 0.5, 1.0}) {
        fdtd::Vec3 point{};
        for (int a = 0; a < 3; ++a) point[a] = low[a] + share * (high[a] - low[a]);
        body.mesh->spans(axis, point, 0, spans);
      }
  });
}
