// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Curves through the bricks of a tiling. Two fits let a curve live in a cube of 2^levels slots and say which slot a brick stands in;
// the third is made for the rectangle:
//
//   embedded:     slot = brick, the cube's slots beyond the tiling stay empty        #####...
//   stretched:    each axis is spread monotonically over a power of two of slots     #.##.##.
//   generalised:  Hilbert's idea on the rectangle itself, whatever its extents       #####
//
// A key is a position along the curve. In a cube that is a slot's, three bits a level, most significant first: all bricks whose keys
// share their first 3 l bits lie in one box. On the rectangle it is the brick's ordinal. Either way a curve is a tree of blocks, boxes of
// bricks whose keys follow each other, so counting, cutting and listing bricks walks blocks and needs no table of bricks:
//
//   auto walk = [&](auto& self, const CurveBlock& block) -> void {
//     if (/* nothing of interest in block.bricks */) return;
//     std::array<CurveBlock, 8> parts;
//     const int count = curve.divide(block, parts);
//     for (int i = 0; i < count; ++i) self(self, parts[i]);
//   };
//   walk(walk, curve.root());

#include <array>
#include <cstdint>
#include <hilbrick/partition/grid.hpp>
#include <vector>

namespace hilbrick {

/// A position along a curve.
using Key = std::uint64_t;

enum class Order { morton, hilbert };
enum class Fit { embedded, stretched, generalised };

/// The axes from a curve's first coordinate to its last. The first coordinate's bit is the most significant of each three: the first
/// halving cuts across it. A generalised curve runs from one end of the first axis to the other.
using AxisOrder = std::array<int, 3>;
inline constexpr std::array<AxisOrder, 6> all_axis_orders{{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}}};

/// 21 bits an axis fill a 63-bit key.
inline constexpr int max_levels = 21;
inline constexpr Index max_bricks_per_axis = Index{1} << max_levels;

/// Morton's order (Morton 1966): the bits of x, y, z interleaved, x the most significant of each three. Slots in [0, 2^21).
Key morton_key(const Int3& slot);
Int3 morton_slot(Key key);
/// Hilbert's order by Butz's construction, x the first coordinate, in a cube of 2^levels slots along each axis.
Key hilbert_key(int levels, const Int3& slot);
Int3 hilbert_slot(int levels, Key key);

/// The bricks with first <= key < last, which fill a box. Made by Curve::root and Curve::divide.
struct CurveBlock {
  Box bricks;
  Key first = 0, last = 0;

 private:
  friend class Curve;
  std::array<std::uint32_t, 3> slot_{};  // in a cube: the block's corner there, by x, y, z
  std::uint8_t level_ = 0;               // in a cube: the block has 2^level slots along each axis
  std::uint8_t state_ = 0;               // how the curve lies in the block
};

class Curve {
 public:
  /// A curve through a tiling of `bricks` bricks. `axes` is a permutation of 0, 1, 2; only Hilbert's order can be generalised.
  /// Throws Error for less than one or more than 2^21 bricks along an axis.
  Curve(Order order, Fit fit, Int3 bricks, AxisOrder axes = {0, 1, 2});

  Order order() const { return order_; }
  Fit fit() const { return fit_; }
  AxisOrder axes() const { return axes_; }
  /// The curve's cube has 2^levels slots along each axis; 0 for a generalised curve.
  int levels() const { return levels_; }
  /// One past the largest key.
  Key end() const;

  /// The key of a brick of the tiling.
  Key key(const Int3& brick) const;
  /// The brick with a key that one has. O(log bricks) for a generalised curve.
  Int3 brick(Key key) const;

  /// All bricks.
  CurveBlock root() const;
  /// Divides a block into the 2 to 8 of `parts`, in the curve's order, none of them empty; returns how many.
  /// 0 for a block of one brick, which has no parts, though in a cube it may have more keys than that brick's.
  int divide(const CurveBlock& block, std::array<CurveBlock, 8>& parts) const;

  /// Disjoint boxes that together are the bricks with keys in [from, to), in the curve's order; O(log bricks) of them.
  std::vector<Box> segment(Key from, Key to) const;

  friend bool operator==(const Curve&, const Curve&) = default;

 private:
  /// Coordinates in the curve's order of axes, and back.
  Int3 turned(Int3 v) const { return {v[axes_[0]], v[axes_[1]], v[axes_[2]]}; }
  Int3 turned_back(Int3 v) const;
  /// The first brick in a slot of the cube or beyond, along the curve's axis a.
  Index first_brick_at(int a, Index slot) const;
  int divide_cube(const CurveBlock& block, std::array<CurveBlock, 8>& parts) const;
  int divide_rectangle(const CurveBlock& block, std::array<CurveBlock, 8>& parts) const;

  Order order_;
  Fit fit_;
  AxisOrder axes_;
  Int3 bricks_;                                 // turned
  std::array<int, 3> bits_{};                   // in a cube: the axis has 2^bits slots
  std::array<std::uint64_t, 3> reciprocals_{};  // stretched: 2^63 / bricks, rounded up
  int levels_ = 0;                              // the most bits of any axis
};

}  // namespace hilbrick
