// SPDX-License-Identifier: BSD-3-Clause
#include "generalised.hpp"

namespace hilbrick::generalised {
namespace {

bool odd(Index n) { return n % 2 != 0; }

constexpr unsigned a = 1, b = 2, c = 4;
constexpr std::array<Part, 2> in_half{{{a, 0, 0, 0}, {a, a, 0, 0}}};
constexpr std::array<Part, 3> around_b{{{a | b, 0, 1, 0}, {b, b, 0, 0}, {a | b, a, 1, a | b}}};
constexpr std::array<Part, 3> around_c{{{a | c, 0, 2, 0}, {c, c, 0, 0}, {a | c, a, 2, a | c}}};
constexpr std::array<Part, 5> in_five{
    {{a | b | c, 0, 1, 0}, {a | b, b, 2, 0}, {b | c, c, 0, b | c}, {a | b, a | b, 2, a | c}, {a | b | c, a, 1, a | b}}};

/// Half of n, moved up to an even number, where there is one below n; to an odd one.
Index even_half(Index n) { return n == 2 ? 1 : (n / 2 + 1) / 2 * 2; }
Index odd_half(Index n) { return n / 2 / 2 * 2 + 1; }

}  // namespace

Piece whole(Int3 n) {
  const bool all_odd = odd(n.x) && odd(n.y) && odd(n.z);
  Piece piece{{}, {n.x, n.y, n.z}};
  while (piece.along < 2 && (all_odd ? n[piece.along] == 1 : odd(n[piece.along]))) ++piece.along;
  return piece;
}

Division::Division(const Piece& piece) : piece_(piece) {
  for (int i = 0; i < 3; ++i) axis_[i] = (piece.along + i) % 3;
  const Index na = piece.n[axis_[0]], nb = piece.n[axis_[1]], nc = piece.n[axis_[2]];
  const auto divide = [&](std::span<const Part> parts, Index half_a, Index half_b, Index half_c) {
    parts_ = parts;
    half_ = {{{half_a, na - half_a}, {half_b, nb - half_b}, {half_c, nc - half_c}}};
  };
  const bool all_odd = odd(na) && odd(nb) && odd(nc);
  if ((nb == 1 && nc == 1) || (2 * na > 3 * nb && 2 * na > 3 * nc)) {
    divide(in_half, even_half(na), nb, nc);
  } else if (3 * nb > 4 * nc || (all_odd && nb >= nc)) {
    // The first and last part run along an even edge (or are single bricks of 2 x 2), the middle one is as odd as the whole.
    divide(around_b, na / 2, even_half(nb), nc);
  } else if (3 * nc > 4 * nb || all_odd) {
    divide(around_c, na / 2, nb, even_half(nc));
  } else if (odd(nc) ? odd(nb) : nb % 4 != 2 || (nb > 2 && (na % 4 == 0 || nc % 4 == 0))) {
    // Here and below na is even. The first and last part run along an even edge; the second and fourth too, or all their edges are odd.
    divide(in_five, odd(nc) ? odd_half(na) : na / 2, even_half(nb), nc / 2);
  } else {
    // All edges of the first and last part are odd; the second and fourth run along an even edge, or theirs are too.
    divide(in_five, odd_half(na), odd_half(nb), odd_half(nc));
  }
}

Piece Division::operator[](int i) const {
  const Part& part = parts_[static_cast<std::size_t>(i)];
  Piece p = piece_;
  for (int l = 0; l < 3; ++l) {
    const int axis = axis_[l];
    const unsigned far = part.far >> l & 1, flipped = piece_.flipped >> axis & 1;
    if (part.halved >> l & 1) {
      p.n[axis] = half_[l][far];
      if (far != flipped) p.lo[axis] += half_[l][1 - far];
    }
    p.flipped ^= (part.flipped >> l & 1) << axis;
  }
  p.along = axis_[part.along];
  return p;
}

Key Division::bricks(int i) const {
  const Part& part = parts_[static_cast<std::size_t>(i)];
  Key bricks = 1;
  for (int l = 0; l < 3; ++l) bricks *= static_cast<Key>(part.halved >> l & 1 ? half_[l][part.far >> l & 1] : piece_.n[axis_[l]]);
  return bricks;
}

int Division::part_with(const std::array<Index, 3>& brick) const {
  unsigned far = 0;
  for (int l = 0; l < 3; ++l) {
    const int axis = axis_[l];
    const Index above = brick[axis] - piece_.lo[axis];
    const Index from_entry = piece_.flipped >> axis & 1 ? piece_.n[axis] - 1 - above : above;
    far |= (from_entry >= half_[l][0] ? 1u : 0u) << l;
  }
  int i = 0;
  while ((far ^ parts_[static_cast<std::size_t>(i)].far) & parts_[static_cast<std::size_t>(i)].halved) ++i;
  return i;
}

}  // namespace hilbrick::generalised
