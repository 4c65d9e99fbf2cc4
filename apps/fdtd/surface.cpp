// SPDX-License-Identifier: BSD-3-Clause
#include "surface.hpp"

namespace hilbrick::fdtd {

Face face_of(const Box& planes, int axis, bool high) {
  const int u = (axis + 1) % 3, v = (axis + 2) % 3;
  Face face{axis, high ? 1 : -1, high ? planes.hi[axis] : planes.lo[axis], {}};
  const auto region = [&](Component c, int between) {
    Box cells = planes;
    for (const int t : {u, v}) cells.hi[t] += t == between ? 0 : 1;
    // A cell's H lies half a cell above its plane.
    cells.lo[axis] = face.plane - (is_electric(c) || high ? 0 : 1);
    cells.hi[axis] = cells.lo[axis] + 1;
    return Region{c, cells};
  };
  const auto e = [](int a) { return static_cast<Component>(a); };
  const auto h = [](int a) { return static_cast<Component>(3 + a); };
  face.regions = {region(e(u), u), region(h(v), u), region(e(v), v), region(h(u), v)};
  return face;
}

std::vector<Region> regions_of(const std::vector<Face>& faces) {
  std::vector<Region> all;
  for (const Face& face : faces) all.insert(all.end(), face.regions.begin(), face.regions.end());
  return all;
}

}  // namespace hilbrick::fdtd
