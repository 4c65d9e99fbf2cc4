// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Hilbert's curve on a rectangle of any extents, without a broken step. The idea is Cerveny's ("gilbert", 2019): a curve that runs along
// an edge of a box, from corner to corner, is made of 2, 3 or 5 such curves in smaller boxes whose ends meet.
//
//   in half     ----> ---->       around    +---->+      in five    around two long sides at once: parts 2 and 4 lead to the
//               along a long edge           |     |                 middle one and back
//                                           |     v
//
// Colour the bricks as a chessboard: neighbours differ, so a curve whose steps are all to face neighbours runs from end to end of an edge
// only if the edge is even, or all edges are odd (and it is not 1, with others longer). In every such box one of the divisions leaves only
// such boxes; `Division` finds it. So the curve is unbroken in every box, for each has such an edge.

#include <array>
#include <cstdint>
#include <hilbrick/partition/curve.hpp>
#include <span>

namespace hilbrick::generalised {

/// A box and how the curve lies in it: along axis `along`, then that axis + 1 and + 2, modulo 3, are its axes a, b, c.
struct Piece {
  std::array<Index, 3> lo{}, n{};
  int along = 0;
  unsigned flipped = 0;  // bit i: the curve enters axis i at the upper end

  bool one_brick() const { return n == std::array<Index, 3>{1, 1, 1}; }
  Key bricks() const { return static_cast<Key>(n[0]) * static_cast<Key>(n[1]) * static_cast<Key>(n[2]); }
};

/// A rectangle: along the first axis on which the curve can be unbroken.
Piece whole(Int3 n);

/// A part of a division in terms of its box's axes a, b, c: bit i is the i-th.
struct Part {
  unsigned halved;   // axes of which the part has a half,
  unsigned far;      // and of these the ones of which it has not the half where the curve enters
  int along;         // the axis that its curve runs along
  unsigned flipped;  // the axes that its curve enters at the end where the box's curve does not
};

/// The 2, 3 or 5 pieces of a piece of more than one brick, in the curve's order.
class Division {
 public:
  explicit Division(const Piece& piece);

  int count() const { return static_cast<int>(parts_.size()); }
  Piece operator[](int i) const;
  /// As many as (*this)[i].bricks(), found faster.
  Key bricks(int i) const;
  /// The number of the part with a brick of the piece.
  int part_with(const std::array<Index, 3>& brick) const;

 private:
  Piece piece_;
  std::span<const Part> parts_;
  std::array<int, 3> axis_;                   // which axes a, b, c are
  std::array<std::array<Index, 2>, 3> half_;  // of each of them: the length of its near and far half
};

}  // namespace hilbrick::generalised
