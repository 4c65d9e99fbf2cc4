// SPDX-License-Identifier: BSD-3-Clause
#include "mesh.hpp"

#include <algorithm>
#include <cmath>
#include <hilbrick/partition/error.hpp>
#include <limits>
#include <utility>

namespace hilbrick::fdtd {
namespace {

/// The axes across lines along an axis: (u, v, axis) is right-handed.
struct Across {
  int u, v;
};
Across across(int axis) { return {(axis + 1) % 3, (axis + 2) % 3}; }

struct OnEdge {
  double u, along;
};

/// Where the edge between two vertices has the height v across the lines, which lies between the two. The same bits for both directions.
OnEdge on_edge(const std::vector<Vec3>& vertices, std::int32_t a, std::int32_t b, double v, int axis) {
  const auto [u_axis, v_axis] = across(axis);
  const Vec3& p = vertices[static_cast<std::size_t>(std::min(a, b))];
  const Vec3& q = vertices[static_cast<std::size_t>(std::max(a, b))];
  const double s = (v - p[v_axis]) / (q[v_axis] - p[v_axis]);
  return {p[u_axis] + s * (q[u_axis] - p[u_axis]), p[axis] + s * (q[axis] - p[axis])};
}

std::array<Vec3, 2> bounds_of(const std::vector<Vec3>& points) {
  constexpr double inf = std::numeric_limits<double>::infinity();
  std::array<Vec3, 2> bounds{Vec3{inf, inf, inf}, Vec3{-inf, -inf, -inf}};
  for (const Vec3& p : points)
    for (int a = 0; a < 3; ++a) {
      bounds[0][a] = std::min(bounds[0][a], p[a]);
      bounds[1][a] = std::max(bounds[1][a], p[a]);
    }
  return bounds;
}

}  // namespace

Mesh::Mesh(std::vector<Vec3> vertices_m, std::vector<Triangle> triangles, double tolerance_m)
    : vertices_m_(std::move(vertices_m)),
      triangles_(std::move(triangles)),
      tolerance_m_(tolerance_m),
      bounds_m_(bounds_of(vertices_m_)),
      bins_{make_bins(0), make_bins(1), make_bins(2)} {}

Mesh::Bins Mesh::make_bins(int axis) const {
  const auto n = static_cast<std::int32_t>(std::clamp(std::sqrt(static_cast<double>(triangles_.size())), 1.0, 4096.0));
  // Of a surface each triangle touches a few bins. Where they cover one another, fewer and larger bins keep memory in bounds.
  Bins bins;
  for (std::int32_t side = n; !fill_bins(axis, side, 64 * triangles_.size() + 1024, bins); side /= 2) {
  }
  return bins;
}

bool Mesh::fill_bins(int axis, std::int32_t n, std::size_t most, Bins& bins) const {
  const int u = across(axis).u, v = across(axis).v;
  bins.across = {n, n};
  double reach = 0;  // the largest coordinate: what rounding is measured by
  for (const Vec3& corner : bounds_m_) reach = std::max({reach, std::fabs(corner[u]), std::fabs(corner[v])});
  for (const auto& [i, a] : {std::pair<std::size_t, int>{0, u}, {1, v}}) {
    bins.low_m[i] = bounds_m_[0][a];
    bins.size_m[i] = std::max((bounds_m_[1][a] - bounds_m_[0][a]) / n, std::numeric_limits<double>::min());
  }
  const auto bin_at = [&](std::size_t i, double at) {
    return static_cast<std::int32_t>(std::clamp(std::floor((at - bins.low_m[i]) / bins.size_m[i]), 0.0, n - 1.0));
  };
  const double margin_u = 1e-6 * bins.size_m[0] + 1e-14 * reach, margin_v = 1e-6 * bins.size_m[1] + 1e-14 * reach;

  // Calls f(bin) for the bins that a triangle's projection touches. Row by row, so that a long thin triangle touches few.
  const auto for_each_bin = [&](const Triangle& t, auto&& f) {
    double low_v = std::numeric_limits<double>::infinity(), high_v = -low_v;
    for (const std::int32_t corner : t) {
      low_v = std::min(low_v, vertices_m_[static_cast<std::size_t>(corner)][v]);
      high_v = std::max(high_v, vertices_m_[static_cast<std::size_t>(corner)][v]);
    }
    for (std::int32_t row = bin_at(1, low_v - margin_v); row <= bin_at(1, high_v + margin_v); ++row) {
      const std::array<double, 2> strip{bins.low_m[1] + row * bins.size_m[1] - margin_v,
                                        bins.low_m[1] + (row + 1) * bins.size_m[1] + margin_v};
      double low_u = std::numeric_limits<double>::infinity(), high_u = -low_u;
      const auto see = [&](double at) {
        low_u = std::min(low_u, at);
        high_u = std::max(high_u, at);
      };
      for (std::size_t i = 0; i < 3; ++i) {
        const Vec3& p = vertices_m_[static_cast<std::size_t>(t[i])];
        const Vec3& q = vertices_m_[static_cast<std::size_t>(t[(i + 1) % 3])];
        if (p[v] >= strip[0] && p[v] <= strip[1]) see(p[u]);
        for (const double height : strip)
          if ((p[v] > height) != (q[v] > height)) see(on_edge(vertices_m_, t[i], t[(i + 1) % 3], height, axis).u);
      }
      if (low_u > high_u) continue;
      for (std::int32_t at = bin_at(0, low_u - margin_u); at <= bin_at(0, high_u + margin_u); ++at)
        f(static_cast<std::uint32_t>(at + n * row));
    }
  };

  std::vector<std::pair<std::uint32_t, std::int32_t>> touched;
  for (std::size_t t = 0; t < triangles_.size(); ++t) {
    for_each_bin(triangles_[t], [&](std::uint32_t bin) { touched.emplace_back(bin, static_cast<std::int32_t>(t)); });
    if (touched.size() > most && n > 1) return false;
  }
  bins.first.assign(static_cast<std::size_t>(n) * static_cast<std::size_t>(n) + 1, 0);
  for (const auto& [bin, t] : touched) ++bins.first[bin + 1];
  for (std::size_t bin = 1; bin < bins.first.size(); ++bin) bins.first[bin] += bins.first[bin - 1];
  bins.triangles.resize(touched.size());
  std::vector<std::uint32_t> next(bins.first.begin(), bins.first.end() - 1);
  for (const auto& [bin, t] : touched) bins.triangles[next[bin]++] = t;
  return true;
}

void Mesh::crossings(int axis, const Vec3& through_m, std::vector<Crossing>& out) const {
  out.clear();
  const auto [u, v] = across(axis);
  const Bins& bins = bins_[static_cast<std::size_t>(axis)];
  const std::array<double, 2> p{through_m[u], through_m[v]};
  std::array<std::size_t, 2> bin;
  for (const auto& [i, a] : {std::pair<std::size_t, int>{0, u}, {1, v}}) {
    if (!(p[i] >= bounds_m_[0][a] && p[i] <= bounds_m_[1][a])) return;
    bin[i] = static_cast<std::size_t>(std::min(std::floor((p[i] - bins.low_m[i]) / bins.size_m[i]), bins.across[i] - 1.0));
  }
  const std::size_t b = bin[0] + static_cast<std::size_t>(bins.across[0]) * bin[1];
  for (std::uint32_t k = bins.first[b]; k < bins.first[b + 1]; ++k) {
    const std::int32_t number = bins.triangles[k];
    const Triangle& t = triangles_[static_cast<std::size_t>(number)];
    std::array<bool, 3> above;
    for (std::size_t i = 0; i < 3; ++i) above[i] = vertices_m_[static_cast<std::size_t>(t[i])][v] > p[1];
    if (above[0] == above[1] && above[1] == above[2]) continue;
    // The corner that is alone on its side, and the two edges from it, which cross the line's height.
    const std::size_t alone = above[1] == above[2] ? 0 : above[0] == above[2] ? 1 : 2;
    const OnEdge next = on_edge(vertices_m_, t[alone], t[(alone + 1) % 3], p[1], axis);
    const OnEdge last = on_edge(vertices_m_, t[alone], t[(alone + 2) % 3], p[1], axis);
    const bool next_right = next.u > p[0], last_right = last.u > p[0];
    if (next_right == last_right) continue;
    const double share = (p[0] - next.u) / (last.u - next.u);
    const bool seen_from_beyond = above[alone] == last_right;  // anticlockwise as seen against the line: the line leaves
    out.push_back({next.along + share * (last.along - next.along), seen_from_beyond ? -1 : 1, number});
  }
  // Of crossings in one place those that enter come first, so that bodies that touch are one.
  std::sort(out.begin(), out.end(), [](const Crossing& one, const Crossing& two) {
    return one.at_m != two.at_m ? one.at_m < two.at_m : one.turn != two.turn ? one.turn > two.turn : one.triangle < two.triangle;
  });
}

void Mesh::spans(int axis, const Vec3& through_m, double tolerance_m, std::vector<Span>& out) const {
  out.clear();
  const double around = std::max(tolerance_m, tolerance_m_);
  const auto [u, v] = across(axis);
  for (const Vec3& corner : bounds_m_) {
    const double side = &corner == &bounds_m_[0] ? 1 : -1;
    if (side * (through_m[u] - corner[u]) < -2 * around || side * (through_m[v] - corner[v]) < -2 * around) return;
  }
  // A line along a face may run on either side of it: lines moved both ways across find the face, if any does.
  std::vector<Crossing> crossed;
  for (const double du : {-around, around})
    for (const double dv : {-around, around}) {
      Vec3 moved = through_m;
      moved[u] += du;
      moved[v] += dv;
      crossings(axis, moved, crossed);
      int turns = 0;
      double entered = 0;
      for (const Crossing& c : crossed) {
        if (turns == 0) entered = c.at_m;
        turns += c.turn;
        if (turns == 0) out.push_back({entered - around, c.at_m + around});
      }
      HILBRICK_ASSERT(turns == 0);
    }
  std::sort(out.begin(), out.end(), [](const Span& a, const Span& b) { return a.first_m < b.first_m; });
  std::size_t kept = 0;
  for (const Span& s : out) {
    if (kept > 0 && s.first_m <= out[kept - 1].last_m)
      out[kept - 1].last_m = std::max(out[kept - 1].last_m, s.last_m);
    else
      out[kept++] = s;
  }
  out.resize(kept);
}

bool Mesh::contains(const Vec3& point_m, double tolerance_m) const {
  std::vector<Span> inside;
  spans(0, point_m, tolerance_m, inside);
  return std::any_of(inside.begin(), inside.end(), [&](const Span& s) { return point_m[0] >= s.first_m && point_m[0] <= s.last_m; });
}

}  // namespace hilbrick::fdtd
