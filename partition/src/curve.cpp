// SPDX-License-Identifier: BSD-3-Clause
#include <bit>
#include <hilbrick/partition/curve.hpp>
#include <hilbrick/partition/error.hpp>
#include <string>

namespace hilbrick {
namespace {

using Slot = std::array<std::uint32_t, 3>;

/// Spreads the low 21 bits of v to every third bit.
constexpr Key spread(std::uint32_t v) {
  Key k = v & 0x1fffffu;
  k = (k | k << 32) & 0x001f00000000ffffu;
  k = (k | k << 16) & 0x001f0000ff0000ffu;
  k = (k | k << 8) & 0x100f00f00f00f00fu;
  k = (k | k << 4) & 0x10c30c30c30c30c3u;
  k = (k | k << 2) & 0x1249249249249249u;
  return k;
}

constexpr std::uint32_t gather(Key k) {
  k &= 0x1249249249249249u;
  k = (k ^ k >> 2) & 0x10c30c30c30c30c3u;
  k = (k ^ k >> 4) & 0x100f00f00f00f00fu;
  k = (k ^ k >> 8) & 0x001f0000ff0000ffu;
  k = (k ^ k >> 16) & 0x001f00000000ffffu;
  k = (k ^ k >> 32) & 0x00000000001fffffu;
  return static_cast<std::uint32_t>(k);
}

constexpr Key interleave(const Slot& s) { return spread(s[0]) << 2 | spread(s[1]) << 1 | spread(s[2]); }
constexpr Slot deinterleave(Key k) { return {gather(k >> 2), gather(k >> 1), gather(k)}; }

constexpr Slot to_slot(Int3 s) {
  return {static_cast<std::uint32_t>(s.x), static_cast<std::uint32_t>(s.y), static_cast<std::uint32_t>(s.z)};
}
constexpr Int3 to_int3(const Slot& s) { return {s[0], s[1], s[2]}; }

/// Undoes or redoes, for one level's bit q, the reflection and exchange that the level above asks for.
void turn(Slot& s, std::uint32_t q, int axis) {
  const std::uint32_t below = q - 1;
  if (s[axis] & q) {
    s[0] ^= below;
  } else {
    const std::uint32_t t = (s[0] ^ s[axis]) & below;
    s[0] ^= t;
    s[axis] ^= t;
  }
}

/// Slots that brick range [lo, hi) maps to, inverted: the first brick whose slot is at least `slot`, with m slots for n bricks
/// and slot(b) = floor((2b + 1) m / (2n)).
Index first_brick_at_slot(Index slot, Index m, Index n) {
  // (2b + 1) m >= 2 n slot
  return std::max<Index>(0, ceil_div(ceil_div(2 * n * slot, m) - 1, 2));
}

}  // namespace

Key morton_key(int, Int3 slot) { return interleave(to_slot(slot)); }
Int3 morton_slot(int, Key key) { return to_int3(deinterleave(key)); }

Key hilbert_key(int levels, Int3 slot) {
  Slot s = to_slot(slot);
  if (levels == 0) return 0;
  const std::uint32_t top = 1u << (levels - 1);
  for (std::uint32_t q = top; q > 1; q >>= 1)
    for (int a = 0; a < 3; ++a) turn(s, q, a);
  // Gray code
  s[1] ^= s[0];
  s[2] ^= s[1];
  std::uint32_t t = 0;
  for (std::uint32_t q = top; q > 1; q >>= 1)
    if (s[2] & q) t ^= q - 1;
  for (auto& v : s) v ^= t;
  return interleave(s);
}

Int3 hilbert_slot(int levels, Key key) {
  Slot s = deinterleave(key);
  if (levels == 0) return {};
  const std::uint32_t end = levels == 32 ? 0 : 1u << levels;
  const std::uint32_t t = s[2] >> 1;
  s[2] ^= s[1];
  s[1] ^= s[0];
  s[0] ^= t;
  for (std::uint32_t q = 2; q != end; q <<= 1)
    for (int a = 2; a >= 0; --a) turn(s, q, a);
  return to_int3(s);
}

Curve::Curve(Order order, Fit fit, Int3 bricks, FirstAxis first) : order_(order), fit_(fit), first_(first), bricks_(turned(bricks)) {
  bricks = bricks_;
  for (int a = 0; a < 3; ++a) {
    if (bricks[a] < 1 || bricks[a] > max_bricks_per_axis)
      throw Error("curve: expected 1 to " + std::to_string(max_bricks_per_axis) + " bricks along each axis, found " +
                  std::to_string(bricks[a]));
    bits_[a] = static_cast<int>(std::bit_width(static_cast<std::uint64_t>(bricks[a] - 1)));
  }
  if (fit == Fit::embedded) {
    levels_ = std::max({bits_[0], bits_[1], bits_[2]});
    bits_ = {levels_, levels_, levels_};
    return;
  }
  // Stretched: each axis has its fewest bits or one more, such that the slots (bricks / 2^bits) are nearest to cubes.
  // Ratios are compared as integers: n_a 2^b_b against n_b 2^b_a.
  const auto fewest = bits_;
  double best = 0;
  for (int more = 0; more < 8; ++more) {
    std::array<int, 3> bits = fewest;
    double smallest = 2, largest = 0;
    for (int a = 0; a < 3; ++a) {
      bits[a] += more >> a & 1;
      const double slot_size = static_cast<double>(bricks[a]) / static_cast<double>(Index{1} << bits[a]);
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
}

Key Curve::key(Int3 brick) const {
  brick = turned(brick);
  if (fit_ == Fit::stretched)
    for (int a = 0; a < 3; ++a) brick[a] = (2 * brick[a] + 1) * (Index{1} << bits_[a]) / (2 * bricks_[a]);
  return order_ == Order::hilbert ? hilbert_key(levels_, brick) : morton_key(levels_, brick);
}

Box Curve::octant(int level, Key prefix) const {
  const Int3 at = order_ == Order::hilbert ? hilbert_slot(level, prefix) : morton_slot(level, prefix);
  const int shift = levels_ - level;
  Box box;
  for (int a = 0; a < 3; ++a) {
    const Index lo = at[a] << shift, hi = (at[a] + 1) << shift;
    if (fit_ == Fit::embedded) {
      box.lo[a] = lo;
      box.hi[a] = hi;
    } else {
      box.lo[a] = first_brick_at_slot(lo, Index{1} << bits_[a], bricks_[a]);
      box.hi[a] = first_brick_at_slot(hi, Index{1} << bits_[a], bricks_[a]);
    }
  }
  box = intersection(box, {{0, 0, 0}, bricks_});
  return {turned(box.lo), turned(box.hi)};
}

std::vector<Box> Curve::segment(Key from, Key to) const {
  std::vector<Box> boxes;
  auto visit = [&](auto& self, int level, Key prefix) -> void {
    const int shift = 3 * (levels_ - level);
    const Key lo = prefix << shift, hi = (prefix + 1) << shift;
    if (hi <= from || lo >= to) return;
    const Box box = octant(level, prefix);
    if (box.empty()) return;
    if (from <= lo && hi <= to) {
      boxes.push_back(box);
      return;
    }
    for (Key child = 0; child < 8; ++child) self(self, level + 1, prefix << 3 | child);
  };
  if (from < to) visit(visit, 0, 0);
  return boxes;
}

}  // namespace hilbrick
