// SPDX-License-Identifier: BSD-3-Clause
#include <hilbrick/partition/error.hpp>
#include <hilbrick/partition/stencil.hpp>
#include <utility>

namespace hilbrick {

Stencil::Stencil(std::vector<StencilField> fields, std::vector<std::vector<Access>> phases)
    : fields_(std::move(fields)), phases_(std::move(phases)) {
  const int n = static_cast<int>(fields_.size());
  for (const auto& phase : phases_)
    for (const Access& a : phase) {
      if (a.reader < 0 || a.reader >= n || a.read < 0 || a.read >= n)
        throw Error("stencil: expected field numbers 0 to " + std::to_string(n - 1) + ", found an access of field " +
                    std::to_string(a.read) + " by field " + std::to_string(a.reader));
      if (min(a.first, a.last) != a.first) throw Error("stencil: expected first <= last in every access of field " + fields_[a.read].name);
    }
}

Stencil Stencil::yee(std::array<bool, 3> magnetic_wall) {
  std::vector<StencilField> fields{{"Ex"}, {"Ey"}, {"Ez"}, {"Hx"}, {"Hy"}, {"Hz"}};
  std::vector<Access> update_e, update_h;
  for (int a = 0; a < 3; ++a) {
    const int u = (a + 1) % 3, v = (a + 2) % 3;
    const int e = a, h = 3 + a;
    // On a magnetic wall tangential E and normal H live.
    fields[h].closing[a] = magnetic_wall[a];
    fields[e].closing[u] = magnetic_wall[u];
    fields[e].closing[v] = magnetic_wall[v];
    // E_a reads H_v along u and H_u along v, at its own cell and the one below; H_a mirrors it above.
    update_e.push_back({e, 3 + v, -unit(u), {}});
    update_e.push_back({e, 3 + u, -unit(v), {}});
    update_h.push_back({h, v, {}, unit(u)});
    update_h.push_back({h, u, {}, unit(v)});
  }
  return {std::move(fields), {std::move(update_e), std::move(update_h)}};
}

Stencil Stencil::star(Index width) {
  if (width < 1) throw Error("stencil star: expected a width of at least 1 cell, found " + std::to_string(width));
  std::vector<Access> accesses;
  for (int a = 0; a < 3; ++a) {
    Int3 d;
    d[a] = width;
    accesses.push_back({0, 0, -d, d});
  }
  return {{{"u"}}, {std::move(accesses)}};
}

Stencil Stencil::box(Index width) {
  if (width < 1) throw Error("stencil box: expected a width of at least 1 cell, found " + std::to_string(width));
  const Int3 d{width, width, width};
  return {{{"u"}}, {{{0, 0, -d, d}}}};
}

Int3 Stencil::reach_low() const {
  Int3 reach;
  for (const auto& phase : phases_)
    for (const Access& a : phase) reach = min(reach, a.first);
  return reach;
}

Int3 Stencil::reach_high() const {
  Int3 reach;
  for (const auto& phase : phases_)
    for (const Access& a : phase) reach = max(reach, a.last);
  return reach;
}

Index Stencil::values_per_face(int axis) const {
  Index values = 0;
  for (const auto& phase : phases_)
    for (int f = 0; f < static_cast<int>(fields_.size()); ++f) {
      Index below = 0, above = 0;
      for (const Access& a : phase)
        if (a.read == f) {
          below = std::max(below, -a.first[axis]);
          above = std::max(above, a.last[axis]);
        }
      values += below + above;
    }
  return values;
}

}  // namespace hilbrick
