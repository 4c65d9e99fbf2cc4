// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Curves in a cube of 2^n slots: how they lie in the cube and in its octants, and the keys of slots, by tables that the compiler makes.

#include <array>
#include <cstdint>
#include <hilbrick/partition/curve.hpp>
#include <utility>

#ifdef __BMI2__
#include <immintrin.h>
#endif

namespace hilbrick {

/// The octants of a cube in the curve's order, and how the curve lies in each. An octant is three bits, the first coordinate's the most
/// significant.
struct Orientation {
  std::array<std::uint8_t, 8> octant{};  // of each digit of a key
  std::array<std::uint8_t, 8> state{};   // of the curve in it: a number of `orientations`
};

/// Hilbert's curve lies in 24 ways; the first is the whole cube's.
inline constexpr int hilbert_states = 24;
inline constexpr int hilbert_state = 0;
/// Morton's lies in one.
inline constexpr int morton_state = hilbert_states;

/// Hilbert's by Butz's construction as Skilling gives it (AIP Conf. Proc. 707, 2004), level by level from the coarsest: the octants are
/// numbered by a Gray code of their three bits, and an octant's own bits decide how the bits below it are flipped and exchanged.
constexpr std::array<Orientation, hilbert_states + 1> make_orientations() {
  struct Way {
    std::array<unsigned, 3> axis{0, 1, 2}, flipped{};  // the Gray code's bit i is the octant's bit of that axis, perhaps flipped
    constexpr bool operator==(const Way&) const = default;
  };
  std::array<Orientation, hilbert_states + 1> result{};
  std::array<Way, hilbert_states> ways{};
  std::uint8_t known = 1;
  for (unsigned s = 0; s < known; ++s)
    for (std::uint8_t octant = 0; octant < 8; ++octant) {
      Way way = ways[s];
      std::array<unsigned, 3> bit{};
      for (unsigned i = 0; i < 3; ++i) bit[i] = (octant >> (2 - way.axis[i]) & 1) ^ way.flipped[i];
      const unsigned digit = bit[0] << 2 | (bit[0] ^ bit[1]) << 1 | (bit[0] ^ bit[1] ^ bit[2]);
      for (unsigned i = 0; i < 3; ++i) {
        if (bit[i]) {
          way.flipped[0] ^= 1;
        } else {
          std::swap(way.axis[0], way.axis[i]);
          std::swap(way.flipped[0], way.flipped[i]);
        }
      }
      way.flipped[0] ^= digit & 1;
      std::uint8_t state = 0;
      while (state < known && !(ways[state] == way)) ++state;
      if (state == known) ways[known++] = way;  // an index beyond `ways` does not compile
      result[s].octant[digit] = octant;
      result[s].state[digit] = state;
    }
  for (std::uint8_t digit = 0; digit < 8; ++digit) {
    result[morton_state].octant[digit] = digit;
    result[morton_state].state[digit] = morton_state;
  }
  return result;
}
inline constexpr std::array<Orientation, hilbert_states + 1> orientations = make_orientations();

#ifdef __BMI2__
inline constexpr Key every_third = 0x1249249249249249u;
inline Key spread(Index v) { return _pdep_u64(static_cast<Key>(v), every_third); }
inline Index gather(Key k) { return static_cast<Index>(_pext_u64(k, every_third)); }
#else
/// Spreads the low 21 bits of v to every third bit.
inline Key spread(Index v) {
  Key k = static_cast<Key>(v) & 0x1fffffu;
  k = (k | k << 32) & 0x001f00000000ffffu;
  k = (k | k << 16) & 0x001f0000ff0000ffu;
  k = (k | k << 8) & 0x100f00f00f00f00fu;
  k = (k | k << 4) & 0x10c30c30c30c30c3u;
  k = (k | k << 2) & 0x1249249249249249u;
  return k;
}

inline Index gather(Key k) {
  k &= 0x1249249249249249u;
  k = (k ^ k >> 2) & 0x10c30c30c30c30c3u;
  k = (k ^ k >> 4) & 0x100f00f00f00f00fu;
  k = (k ^ k >> 8) & 0x001f0000ff0000ffu;
  k = (k ^ k >> 16) & 0x001f00000000ffffu;
  k = (k ^ k >> 32) & 0x00000000001fffffu;
  return static_cast<Index>(k);
}
#endif

/// Three levels at once: entry 512 s + i holds 512 t + o, where the curve that lies as s turns the nine bits i into o and lies as t below.
using Steps = std::array<std::uint16_t, hilbert_states * 512>;
inline constexpr unsigned digits = 511;  // the bits of i and o

struct Tables {
  Steps to_key{}, to_slot{};  // i are a slot's interleaved bits; a key's
};

constexpr Tables make_tables() {
  Tables t;
  for (unsigned s = 0; s < hilbert_states; ++s)
    for (unsigned key = 0; key <= digits; ++key) {
      unsigned state = s, slot = 0;
      for (int shift = 6; shift >= 0; shift -= 3) {
        const unsigned digit = key >> shift & 7;
        slot = slot << 3 | orientations[state].octant[digit];
        state = orientations[state].state[digit];
      }
      t.to_slot[512 * s + key] = static_cast<std::uint16_t>(512 * state + slot);
      t.to_key[512 * s + slot] = static_cast<std::uint16_t>(512 * state + key);
    }
  return t;
}
inline constexpr Tables tables = make_tables();

/// The lowest group of three levels is filled up with levels that nobody asks for.
inline Key translate(const Steps& steps, int levels, Key from) {
  const int groups = (levels + 2) / 3, more = 3 * (3 * groups - levels);
  from <<= more;
  unsigned state = 512 * hilbert_state;
  Key to = 0;
  for (int shift = 9 * (groups - 1); shift >= 0; shift -= 9) {
    const unsigned step = steps[state | (from >> shift & digits)];
    to = to << 9 | (step & digits);
    state = step & ~digits;
  }
  return to >> more;
}

inline Key interleaved(Int3 slot) { return spread(slot.x) << 2 | spread(slot.y) << 1 | spread(slot.z); }
inline Int3 disentangled(Key key) { return {gather(key >> 2), gather(key >> 1), gather(key)}; }

}  // namespace hilbrick
