// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// A closed surface of triangles, asked along lines. A line crosses the surface an even number of times, with turns that add up to nothing,
// whatever rounding does: where the line passes a triangle's edge is worked out from the edge alone, so the two triangles of an edge agree
// on the side, and a point on an edge or a corner belongs to one of them. Lines are parallel to an axis; each axis has bins over the other
// two, so that a line looks at few triangles.

#include <array>
#include <cstdint>
#include <vector>

#include "scene.hpp"

namespace hilbrick::fdtd {

class Mesh {
 public:
  using Triangle = std::array<std::int32_t, 3>;  // vertices, anticlockwise as seen from outside

  /// Every edge must have as many triangles that run along it one way as the other way. `tolerance_m`: how exact the vertices are.
  Mesh(std::vector<Vec3> vertices_m, std::vector<Triangle> triangles, double tolerance_m);

  const std::vector<Vec3>& vertices_m() const { return vertices_m_; }
  const std::vector<Triangle>& triangles() const { return triangles_; }
  double tolerance_m() const { return tolerance_m_; }
  const std::array<Vec3, 2>& bounds_m() const { return bounds_m_; }

  struct Crossing {
    double at_m;  // along the axis
    int turn;     // 1 where a line in the axis' direction enters, -1 where it leaves
    std::int32_t triangle;
  };
  /// Replaces `out` by where the line along `axis` through a point crosses the surface, in ascending order; the turns add up to 0. Inside
  /// is where the turns so far do not.
  void crossings(int axis, const Vec3& through_m, std::vector<Crossing>& out) const;

  /// Replaces `out` by the stretches inside of the line along `axis` through a point, ascending and apart; the surface belongs to the
  /// inside, with `tolerance_m` or the mesh's own tolerance around it, whichever is larger.
  void spans(int axis, const Vec3& through_m, double tolerance_m, std::vector<Span>& out) const;
  bool contains(const Vec3& point_m, double tolerance_m) const;

 private:
  /// The triangles that lines through each bin may cross: triangles[first[b], first[b + 1]), b = u + across[0] * v.
  struct Bins {
    std::array<std::int32_t, 2> across{};
    std::array<double, 2> low_m{}, size_m{};
    std::vector<std::uint32_t> first;
    std::vector<std::int32_t> triangles;
  };
  Bins make_bins(int axis) const;
  /// Whether n x n bins hold no more than `most` entries; else gives up.
  bool fill_bins(int axis, std::int32_t n, std::size_t most, Bins& bins) const;

  std::vector<Vec3> vertices_m_;
  std::vector<Triangle> triangles_;
  double tolerance_m_;
  std::array<Vec3, 2> bounds_m_;
  std::array<Bins, 3> bins_;  // by axis of the lines
};

}  // namespace hilbrick::fdtd
