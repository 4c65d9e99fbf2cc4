// SPDX-License-Identifier: BSD-3-Clause
#include <bit>
#include <hilbrick/partition/curve.hpp>
#include <hilbrick/partition/error.hpp>
#include <string>

#include "generalised.hpp"
#include "hilbert.hpp"

namespace hilbrick {
namespace {

__extension__ using Product = unsigned __int128;

/// How the curve lies in a piece, as a block keeps it.
std::uint8_t state_of(const generalised::Piece& piece) { return static_cast<std::uint8_t>(piece.along << 3 | piece.flipped); }

}  // namespace

Key morton_key(const Int3& slot) { return interleaved(slot); }
Int3 morton_slot(Key key) { return disentangled(key); }
Key hilbert_key(int levels, const Int3& slot) { return translate(tables.to_key, levels, interleaved(slot)); }
Int3 hilbert_slot(int levels, Key key) { return disentangled(translate(tables.to_slot, levels, key)); }

Curve::Curve(Order order, Fit fit, Int3 bricks, AxisOrder axes) : order_(order), fit_(fit), axes_(axes), bricks_(turned(bricks)) {
  HILBRICK_ASSERT(std::find(all_axis_orders.begin(), all_axis_orders.end(), axes) != all_axis_orders.end());
  HILBRICK_ASSERT(order == Order::hilbert || fit != Fit::generalised);
  for (int a = 0; a < 3; ++a) {
    if (bricks_[a] < 1 || bricks_[a] > max_bricks_per_axis)
      throw Error("curve: expected 1 to " + std::to_string(max_bricks_per_axis) + " bricks along each axis, found " +
                  std::to_string(bricks_[a]));
    bits_[a] = static_cast<int>(std::bit_width(static_cast<std::uint64_t>(bricks_[a] - 1)));
  }
  if (fit == Fit::generalised) {
    bits_ = {};
    return;
  }
  if (fit == Fit::embedded) {
    levels_ = std::max({bits_[0], bits_[1], bits_[2]});
    bits_ = {levels_, levels_, levels_};
    return;
  }
  // Stretched: each axis has its fewest bits or one more, such that the slots (bricks / 2^bits) are nearest to cubes.
  const auto fewest = bits_;
  double best = 0;
  for (int more = 0; more < 8; ++more) {
    std::array<int, 3> bits = fewest;
    double smallest = 2, largest = 0;
    for (int a = 0; a < 3; ++a) {
      bits[a] += more >> a & 1;
      const double slot_size = static_cast<double>(bricks_[a]) / static_cast<double>(Index{1} << bits[a]);
      smallest = std::min(smallest, slot_size);
      largest = std::max(largest, slot_size);
    }
    const double cubeness = smallest / largest;
    if (std::max({bits[0], bits[1], bits[2]}) <= max_levels && cubeness > best) {
      best = cubeness;
      bits_ = bits;
    }
  }
  levels_ = std::max({bits_[0], bits_[1], bits_[2]});
  for (int a = 0; a < 3; ++a) reciprocals_[a] = ((std::uint64_t{1} << 63) - 1) / static_cast<std::uint64_t>(bricks_[a]) + 1;
}

Key Curve::end() const { return fit_ == Fit::generalised ? generalised::whole(bricks_).bricks() : Key{1} << (3 * levels_); }

Int3 Curve::turned_back(Int3 v) const {
  Int3 back;
  for (int a = 0; a < 3; ++a) back[axes_[a]] = v[a];
  return back;
}

// Brick b of n stands in slot floor((2b + 1) m / (2n)) of m.
Index Curve::first_brick_at(int a, Index slot) const {
  const Index n = bricks_[a];
  if (fit_ == Fit::embedded) return std::min(slot, n);
  // The least b with (2b + 1) m >= 2 n slot.
  const Index m = Index{1} << bits_[a];
  return std::min((2 * n * slot + m - 1) >> bits_[a] >> 1, n);
}

Key Curve::key(const Int3& brick) const {
  Int3 at = turned(brick);
  if (fit_ == Fit::generalised) {
    Key key = 0;
    for (generalised::Piece piece = generalised::whole(bricks_); !piece.one_brick();) {
      const generalised::Division division(piece);
      const int with = division.part_with({at.x, at.y, at.z});
      for (int i = 0; i < with; ++i) key += division.bricks(i);
      piece = division[with];
    }
    return key;
  }
  if (fit_ == Fit::stretched)
    for (int a = 0; a < 3; ++a) {
      // floor(x / n) by a product, which is exact: x n < 2^63.
      const auto x = static_cast<std::uint64_t>(2 * at[a] + 1) << bits_[a] >> 1;
      at[a] = static_cast<Index>(Product{x} * reciprocals_[a] >> 63);
    }
  return order_ == Order::hilbert ? hilbert_key(levels_, at) : morton_key(at);
}

Int3 Curve::brick(Key key) const {
  if (fit_ == Fit::generalised) {
    generalised::Piece piece = generalised::whole(bricks_);
    while (!piece.one_brick()) {
      const generalised::Division division(piece);
      int i = 0;
      for (; key >= division.bricks(i); ++i) key -= division.bricks(i);
      piece = division[i];
    }
    return turned_back({piece.lo[0], piece.lo[1], piece.lo[2]});
  }
  Int3 brick = order_ == Order::hilbert ? hilbert_slot(levels_, key) : morton_slot(key);
  for (int a = 0; a < 3; ++a) brick[a] = first_brick_at(a, brick[a]);
  return turned_back(brick);
}

CurveBlock Curve::root() const {
  CurveBlock block;
  block.bricks = {{0, 0, 0}, turned_back(bricks_)};
  block.last = end();
  block.level_ = static_cast<std::uint8_t>(levels_);
  if (fit_ == Fit::generalised)
    block.state_ = state_of(generalised::whole(bricks_));
  else
    block.state_ = order_ == Order::hilbert ? hilbert_state : morton_state;
  return block;
}

int Curve::divide(const CurveBlock& block, std::array<CurveBlock, 8>& parts) const {
  if (block.bricks.hi - block.bricks.lo == Int3{1, 1, 1}) return 0;
  return fit_ == Fit::generalised ? divide_rectangle(block, parts) : divide_cube(block, parts);
}

int Curve::divide_cube(const CurveBlock& block, std::array<CurveBlock, 8>& parts) const {
  const int level = block.level_ - 1;
  const Orientation& orientation = orientations[block.state_];
  struct Halves {
    std::array<Index, 3> bounds;  // bricks
    std::array<std::uint32_t, 2> slots;
    int bit;  // of an octant
  };
  std::array<Halves, 3> axis;  // x, y, z
  for (int a = 0; a < 3; ++a) {
    const int i = axes_[a];
    const std::uint32_t slot = block.slot_[i], middle = slot + (1u << level);
    const Index lo = block.bricks.lo[i], hi = block.bricks.hi[i];
    axis[i] = {{lo, std::min(first_brick_at(a, middle), hi), hi}, {slot, middle}, 2 - a};
  }
  int count = 0;
  Key key = block.first;
  for (unsigned digit = 0; digit < 8; ++digit) {
    CurveBlock& part = parts[count];
    bool empty = false;
    for (int i = 0; i < 3; ++i) {
      const unsigned upper = orientation.octant[digit] >> axis[i].bit & 1;
      part.bricks.lo[i] = axis[i].bounds[upper];
      part.bricks.hi[i] = axis[i].bounds[upper + 1];
      part.slot_[i] = axis[i].slots[upper];
      empty |= axis[i].bounds[upper] == axis[i].bounds[upper + 1];
    }
    part.first = key;
    key += Key{1} << (3 * level);
    part.last = key;
    part.level_ = static_cast<std::uint8_t>(level);
    part.state_ = orientation.state[digit];
    count += empty ? 0 : 1;
  }
  if (count > 1) return count;
  const CurveBlock only = parts[0];
  return divide_cube(only, parts);
}

int Curve::divide_rectangle(const CurveBlock& block, std::array<CurveBlock, 8>& parts) const {
  generalised::Piece whole;
  for (int a = 0; a < 3; ++a) {
    whole.lo[a] = block.bricks.lo[axes_[a]];
    whole.n[a] = block.bricks.hi[axes_[a]] - whole.lo[a];
  }
  whole.along = block.state_ >> 3;
  whole.flipped = block.state_ & 7u;
  const generalised::Division division(whole);
  Key key = block.first;
  for (int i = 0; i < division.count(); ++i) {
    const generalised::Piece piece = division[i];
    CurveBlock& part = parts[i];
    for (int a = 0; a < 3; ++a) {
      part.bricks.lo[axes_[a]] = piece.lo[a];
      part.bricks.hi[axes_[a]] = piece.lo[a] + piece.n[a];
    }
    part.first = key;
    key += piece.bricks();
    part.last = key;
    part.state_ = state_of(piece);
  }
  return division.count();
}

std::vector<Box> Curve::segment(Key from, Key to) const {
  std::vector<Box> boxes;
  auto visit = [&](auto& self, const CurveBlock& block) -> void {
    if (block.last <= from || to <= block.first) return;
    std::array<CurveBlock, 8> parts;
    const bool inside = from <= block.first && block.last <= to;
    const int count = inside ? 0 : divide(block, parts);
    for (int i = 0; i < count; ++i) self(self, parts[i]);
    if (count > 0) return;
    // One brick's key may be any of its block's.
    const Key least = inside ? from : key(block.bricks.lo);
    if (from <= least && least < to) boxes.push_back(block.bricks);
  };
  if (from < to) visit(visit, root());
  return boxes;
}

}  // namespace hilbrick
