// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The words everything else is said in: integer triples, half-open boxes of cells, the grid.
//
//      y                 Box{lo, hi} holds the cells lo <= c < hi, axis by axis.
//      |   . . . hi      x is the fastest axis in memory and in files: view(i,j,k) = dataset[z][y][x].
//      |  [#|#|#]
//      |  [#|#|#]
//      | lo
//      +------------ x

#include <algorithm>
#include <array>
#include <compare>
#include <cstdint>

namespace hilbrick {

/// Every global count and coordinate.
using Index = std::int64_t;
/// The number of an MPI rank, or `nobody`.
using Rank = int;
inline constexpr Rank nobody = -1;

/// Three integers, one for each axis; ordered with z most significant, as cells lie in memory.
struct Int3 {
  Index x = 0, y = 0, z = 0;

  constexpr Index& operator[](int axis) { return axis == 0 ? x : axis == 1 ? y : z; }
  constexpr const Index& operator[](int axis) const { return axis == 0 ? x : axis == 1 ? y : z; }

  friend constexpr bool operator==(const Int3&, const Int3&) = default;
  friend constexpr std::strong_ordering operator<=>(const Int3& a, const Int3& b) {
    if (auto c = a.z <=> b.z; c != 0) return c;
    if (auto c = a.y <=> b.y; c != 0) return c;
    return a.x <=> b.x;
  }
  friend constexpr Int3 operator+(Int3 a, Int3 b) { return {a.x + b.x, a.y + b.y, a.z + b.z}; }
  friend constexpr Int3 operator-(Int3 a, Int3 b) { return {a.x - b.x, a.y - b.y, a.z - b.z}; }
  friend constexpr Int3 operator-(Int3 a) { return {-a.x, -a.y, -a.z}; }
};

/// The unit step along an axis.
constexpr Int3 unit(int axis) {
  Int3 u;
  u[axis] = 1;
  return u;
}

/// The axis along which an extent is longest, of equals the slowest.
constexpr int longest_axis(Int3 extent) {
  if (extent.z >= extent.y && extent.z >= extent.x) return 2;
  return extent.y >= extent.x ? 1 : 0;
}

constexpr Index product(Int3 a) { return a.x * a.y * a.z; }

constexpr Int3 min(Int3 a, Int3 b) { return {std::min(a.x, b.x), std::min(a.y, b.y), std::min(a.z, b.z)}; }
constexpr Int3 max(Int3 a, Int3 b) { return {std::max(a.x, b.x), std::max(a.y, b.y), std::max(a.z, b.z)}; }

/// The cells lo <= c < hi. Empty where hi <= lo along any axis.
struct Box {
  Int3 lo, hi;

  friend constexpr bool operator==(const Box&, const Box&) = default;
  friend constexpr auto operator<=>(const Box&, const Box&) = default;

  constexpr bool empty() const { return hi.x <= lo.x || hi.y <= lo.y || hi.z <= lo.z; }
  constexpr Int3 extent() const { return max(hi - lo, Int3{}); }
  constexpr Index volume() const { return product(extent()); }
  constexpr bool contains(Int3 c) const { return c.x >= lo.x && c.x < hi.x && c.y >= lo.y && c.y < hi.y && c.z >= lo.z && c.z < hi.z; }
  constexpr bool contains(const Box& b) const {
    return b.empty() || (b.lo.x >= lo.x && b.lo.y >= lo.y && b.lo.z >= lo.z && b.hi.x <= hi.x && b.hi.y <= hi.y && b.hi.z <= hi.z);
  }
};

constexpr Box shifted(const Box& b, Int3 by) { return {b.lo + by, b.hi + by}; }
constexpr Box intersection(const Box& a, const Box& b) { return {max(a.lo, b.lo), min(a.hi, b.hi)}; }
/// Whether two boxes that are not empty share a cell.
constexpr bool meet(const Box& a, const Box& b) {
  return a.lo.x < b.hi.x && b.lo.x < a.hi.x && a.lo.y < b.hi.y && b.lo.y < a.hi.y && a.lo.z < b.hi.z && b.lo.z < a.hi.z;
}
/// The smallest box that holds both; an empty one adds nothing.
constexpr Box hull(const Box& a, const Box& b) {
  if (a.empty()) return b;
  if (b.empty()) return a;
  return {min(a.lo, b.lo), max(a.hi, b.hi)};
}

/// Calls f(cell) for each cell of the box, x fastest.
template <class F>
constexpr void for_each_cell(const Box& b, F&& f) {
  for (Index z = b.lo.z; z < b.hi.z; ++z)
    for (Index y = b.lo.y; y < b.hi.y; ++y)
      for (Index x = b.lo.x; x < b.hi.x; ++x) f(Int3{x, y, z});
}

/// The cells that a simulation lives on, and which axes close on themselves.
struct Grid {
  Int3 cells;
  std::array<bool, 3> periodic{false, false, false};

  constexpr Box box() const { return {{0, 0, 0}, cells}; }
  friend constexpr bool operator==(const Grid&, const Grid&) = default;
};

/// Floor and ceiling of a / b for b > 0 and any a.
constexpr Index floor_div(Index a, Index b) { return a / b - (a % b < 0 ? 1 : 0); }
constexpr Index ceil_div(Index a, Index b) { return -floor_div(-a, b); }

}  // namespace hilbrick
