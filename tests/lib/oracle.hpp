// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Oracles by position: a value is a function of its field and global cell, so after an exchange each halo value tells where it
// came from. Random cases are drawn from a seed that all ranks share.

#include <bit>
#include <complex>
#include <hilbrick/exchange.hpp>
#include <random>
#include <set>

namespace hilbrick::testing {

inline std::uint64_t hash_of(int field, Int3 cell) {
  std::uint64_t h = 0x9e3779b97f4a7c15u * static_cast<std::uint64_t>(field + 1);
  for (int a = 0; a < 3; ++a) h = (h ^ static_cast<std::uint64_t>(cell[a])) * 0xff51afd7ed558ccdu, h ^= h >> 33;
  return h;
}

template <class T>
T value_at(int field, Int3 cell) {
  if constexpr (sizeof(T) == 16)
    return T(static_cast<double>(hash_of(field, cell) % 1000003), static_cast<double>(hash_of(field, cell) % 999983));
  else
    return static_cast<T>(hash_of(field, cell) % 1000003);
}

inline Int3 wrapped(Int3 cell, const Grid& grid) {
  for (int a = 0; a < 3; ++a)
    if (grid.periodic[a]) cell[a] -= floor_div(cell[a], grid.cells[a]) * grid.cells[a];
  return cell;
}

/// One draw of everything that shapes an exchange.
struct Case {
  Tiling tiling;
  Weights weights;
  Stencil stencil;
  Method method;
};

inline Case draw(std::uint32_t seed, int ranks) {
  std::mt19937 random(seed);
  const auto pick = [&](Index low, Index high) { return std::uniform_int_distribution<Index>(low, high)(random); };
  Grid grid{{pick(1, 11), pick(1, 9), pick(1, 8)}, {pick(0, 1) == 1, pick(0, 1) == 1, pick(0, 1) == 1}};
  Tiling tiling(grid, pick(1, 4));
  Weights weights;
  if (pick(0, 3) == 0) {
    std::vector<Box> active;
    for (int i = 0; i < 3; ++i) {
      const Int3 lo{pick(0, grid.cells.x - 1), pick(0, grid.cells.y - 1), pick(0, grid.cells.z - 1)};
      active.push_back({lo, min(grid.cells, lo + Int3{pick(1, 6), pick(1, 6), pick(1, 6)})});
    }
    weights.active(BoxSet(active));
  }
  Stencil stencil = Stencil::yee();
  switch (pick(0, 4)) {
    case 0:
      stencil = Stencil::yee({pick(0, 1) == 1, pick(0, 1) == 1, pick(0, 1) == 1});
      break;
    case 1:
      stencil = Stencil::star(pick(1, 4));
      break;
    case 2:
      stencil = Stencil::box(pick(1, 3));
      break;
    case 3:
      stencil = Stencil({{"a"}, {"b"}}, {{{0, 1, {-pick(0, 3), 0, -1}, {1, pick(0, 2), 0}}}, {{1, 0, {-1, -1, 0}, {0, 0, pick(0, 9)}}}});
      break;
    default:
      break;
  }
  Method method = making_methods[static_cast<std::size_t>(pick(0, static_cast<Index>(making_methods.size()) - 1))];
  if (!offer(tiling, weights, stencil, {}, ranks, method).partition) method = Method::hilbert;
  return {tiling, weights, stencil, method};
}

/// Whether some rank owns the value of a field at a place of the grid.
inline bool owned_by_someone(const Case& c, int field, Int3 cell) {
  const StencilField& f = c.stencil.fields()[static_cast<std::size_t>(field)];
  Int3 in_grid = cell;  // the cell whose owner has it
  for (int a = 0; a < 3; ++a) {
    const Index n = c.tiling.grid().cells[a];
    if (cell[a] == n && f.closing[a] && !c.tiling.grid().periodic[a]) in_grid[a] = n - 1;
    if (in_grid[a] < 0 || in_grid[a] >= n) return false;
  }
  return c.weights.active_cells({in_grid, in_grid + Int3{1, 1, 1}}) > 0;
}

}  // namespace hilbrick::testing
