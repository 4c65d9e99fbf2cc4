// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Curves through the bricks of a tiling. A curve lives in a cube of 2^levels slots; a fit says which slot a brick stands in:
//
//   embedded:   slot = brick, the cube's slots beyond the tiling stay empty        #####...
//   stretched:  each axis is spread monotonically over a power of two of slots     #.##.##.
//
// A key is a slot's position along the curve, three bits a level, most significant first: all bricks whose keys share their first
// 3 l bits lie in one box, an *octant* of level l. So counting, cutting and listing bricks walks octants and needs no table.

#include <array>
#include <cstdint>
#include <hilbrick/partition/grid.hpp>
#include <vector>

namespace hilbrick {

/// A position along a curve.
using Key = std::uint64_t;

enum class Order { morton, hilbert };
enum class Fit { embedded, stretched };
/// Which axis is the first coordinate, whose bit is the most significant of each three: the first halving cuts across it.
enum class FirstAxis { x, z };

/// 21 bits an axis fill a 63-bit key.
inline constexpr int max_levels = 21;
inline constexpr Index max_bricks_per_axis = Index{1} << max_levels;

/// Morton's order (Morton 1966): the bits of x, y, z interleaved, x the most significant of each three.
Key morton_key(int levels, Int3 slot);
Int3 morton_slot(int levels, Key key);
/// Hilbert's order by Butz's construction as given by Skilling (AIP Conf. Proc. 707, 2004), x the first coordinate.
Key hilbert_key(int levels, Int3 slot);
Int3 hilbert_slot(int levels, Key key);

class Curve {
 public:
  /// A curve through a tiling of `bricks` bricks. Throws Error for less than one or more than 2^21 bricks along an axis.
  Curve(Order order, Fit fit, Int3 bricks, FirstAxis first = FirstAxis::x);

  Order order() const { return order_; }
  Fit fit() const { return fit_; }
  FirstAxis first_axis() const { return first_; }
  int levels() const { return levels_; }
  /// One past the largest key.
  Key end() const { return Key{1} << (3 * levels_); }

  /// The key of a brick of the tiling.
  Key key(Int3 brick) const;
  /// The bricks whose keys start with `prefix`, the first 3 `level` bits; empty where the tiling has none there.
  Box octant(int level, Key prefix) const;

  /// Boxes of bricks that together are the bricks with keys in [from, to), in the curve's order, O(8 levels) of them.
  std::vector<Box> segment(Key from, Key to) const;

  friend bool operator==(const Curve&, const Curve&) = default;

 private:
  /// Coordinates in the curve's order of axes, and back.
  Int3 turned(Int3 v) const { return first_ == FirstAxis::x ? v : Int3{v.z, v.y, v.x}; }

  Order order_;
  Fit fit_;
  FirstAxis first_;
  Int3 bricks_;                // turned
  std::array<int, 3> bits_{};  // the axis has 2^bits slots
  int levels_ = 0;             // the most bits of any axis
};

}  // namespace hilbrick
