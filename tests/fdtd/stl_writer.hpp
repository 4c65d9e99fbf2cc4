// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Triangle meshes made in code, and STL files of them.

#include <fmt/format.h>

#include <bit>
#include <stl.hpp>
#include <string>
#include <vector>

namespace hilbrick::fdtd::testing {

using Corners = Solid::Corners;

/// The outward triangles of a box.
inline std::vector<Corners> box_triangles(const std::array<double, 3>& low, const std::array<double, 3>& high) {
  std::vector<Corners> out;
  for (std::size_t a = 0; a < 3; ++a)
    for (const bool top : {false, true}) {
      const std::size_t u = (a + 1) % 3, v = (a + 2) % 3;
      const auto corner = [&](bool at_u, bool at_v) {
        std::array<double, 3> p{};
        p[a] = top ? high[a] : low[a];
        p[u] = at_u ? high[u] : low[u];
        p[v] = at_v ? high[v] : low[v];
        return p;
      };
      const auto add = [&](const Corners& c) { out.push_back(top ? c : Corners{c[0], c[2], c[1]}); };
      add({corner(false, false), corner(true, false), corner(true, true)});
      add({corner(false, false), corner(true, true), corner(false, true)});
    }
  return out;
}

inline std::string ascii_stl(const std::vector<Solid>& solids) {
  std::string text;
  for (const Solid& solid : solids) {
    text += "solid " + solid.name + "\n";
    for (const Corners& t : solid.triangles) {
      text += "  facet normal 0 0 0\n    outer loop\n";
      for (const auto& p : t) text += fmt::format("      vertex {:.17g} {:+.17e} {:.17g}\n", p[0], p[1], p[2]);
      text += "    endloop\n  endfacet\n";
    }
    text += "endsolid " + solid.name + "\n";
  }
  return text;
}

inline std::string binary_stl(const std::vector<Corners>& triangles, std::string header) {
  header.resize(80, ' ');
  const auto word = [&](std::uint32_t w) {
    for (int i = 0; i < 4; ++i) header += static_cast<char>(w >> (8 * i) & 255);
  };
  word(static_cast<std::uint32_t>(triangles.size()));
  for (const Corners& t : triangles) {
    for (int i = 0; i < 3; ++i) word(0);
    for (const auto& p : t)
      for (const double x : p) word(std::bit_cast<std::uint32_t>(static_cast<float>(x)));
    header += std::string(2, '\0');
  }
  return header;
}

}  // namespace hilbrick::fdtd::testing
