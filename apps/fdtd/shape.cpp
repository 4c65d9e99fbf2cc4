// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <cmath>
#include <hilbrick/partition/error.hpp>
#include <limits>

#include "mesh.hpp"
#include "scene.hpp"
#include "voxels.hpp"

namespace hilbrick::fdtd {
namespace {

Vec3 minus(const Vec3& a, const Vec3& b) { return {a[0] - b[0], a[1] - b[1], a[2] - b[2]}; }
Vec3 plus(const Vec3& a, const Vec3& b) { return {a[0] + b[0], a[1] + b[1], a[2] + b[2]}; }
double dot(const Vec3& a, const Vec3& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }
double length(const Vec3& a) { return std::sqrt(dot(a, a)); }
Vec3 cross(const Vec3& a, const Vec3& b) { return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]}; }

bool inside(const BoxShape& s, const Vec3& p, double tolerance) {
  for (int a = 0; a < 3; ++a)
    if (p[a] < s.low_m[a] - tolerance || p[a] > s.high_m[a] + tolerance) return false;
  return true;
}

bool inside(const Ellipsoid& s, const Vec3& p, double tolerance) {
  double sum = 0;
  for (int a = 0; a < 3; ++a) {
    const double u = (p[a] - s.center_m[a]) / (s.radii_m[a] + tolerance);
    sum += u * u;
  }
  return sum <= 1;
}

/// Between two discs along an axis; the radius goes linearly from one to the other.
bool inside_frustum(const Vec3& from, const Vec3& to, double from_radius, double to_radius, const Vec3& p, double tolerance) {
  const Vec3 axis = minus(to, from), d = minus(p, from);
  const double size = length(axis), along = dot(d, axis) / size;
  if (along < -tolerance || along > size + tolerance) return false;
  const double t = std::clamp(along / size, 0.0, 1.0);
  const Vec3 beside = cross(d, axis);
  return length(beside) / size <= from_radius + t * (to_radius - from_radius) + tolerance;
}

bool inside(const Cylinder& s, const Vec3& p, double tolerance) {
  return inside_frustum(s.from_m, s.to_m, s.radius_m, s.radius_m, p, tolerance);
}

bool inside(const Cone& s, const Vec3& p, double tolerance) {
  return inside_frustum(s.from_m, s.to_m, s.from_radius_m, s.to_radius_m, p, tolerance);
}

bool inside(const Prism& s, const Vec3& p, double tolerance) {
  // p = corner + u e1 + v e2 + w sweep, by Cramer's rule; each coordinate's tolerance is the distance to the face that bounds it.
  const Vec3 e1 = minus(s.triangle_m[1], s.triangle_m[0]), e2 = minus(s.triangle_m[2], s.triangle_m[0]), sweep = minus(s.to_m, s.from_m);
  const Vec3 d = minus(p, s.triangle_m[0]);
  const Vec3 n_u = cross(e2, sweep), n_v = cross(sweep, e1), n_w = cross(e1, e2);
  const double volume = dot(sweep, n_w);
  const double u = dot(d, n_u) / volume, v = dot(d, n_v) / volume, w = dot(d, n_w) / volume;
  const double scale = tolerance / std::fabs(volume);
  const Vec3 n_hypotenuse = plus(n_u, n_v);
  return u >= -scale * length(n_u) && v >= -scale * length(n_v) && u + v <= 1 + scale * length(n_hypotenuse) && w >= -scale * length(n_w) &&
         w <= 1 + scale * length(n_w);
}

bool inside(const StlBody& s, const Vec3& p, double tolerance) { return s.mesh->contains(p, tolerance); }

/// As the box around the grid.
BoxShape box_of(const VoxelGrid& s) {
  HILBRICK_ASSERT(s.voxels);  // with_bodies opens them
  BoxShape box{s.low_m, s.low_m};
  for (int a = 0; a < 3; ++a) box.high_m[a] += static_cast<double>(s.voxels->extent()[a]) * s.spacing_m[a];
  return box;
}
bool inside(const VoxelGrid& s, const Vec3& p, double tolerance) { return inside(box_of(s), p, tolerance); }

// Spans. All but bodies from STL files are convex (a frustum with its tolerance to within that), so there is one or none: first_m > last_m.

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr Span everywhere{-infinity, infinity}, nowhere{infinity, -infinity};

Span clip(const Span& a, const Span& b) { return {std::max(a.first_m, b.first_m), std::min(a.last_m, b.last_m)}; }
/// The shortest span that holds both.
Span joined(const Span& a, const Span& b) {
  if (a.first_m > a.last_m) return b;
  if (b.first_m > b.last_m) return a;
  return {std::min(a.first_m, b.first_m), std::max(a.last_m, b.last_m)};
}
Span moved(const Span& a, double by) { return {a.first_m + by, a.last_m + by}; }

/// Where value + slope t >= 0.
Span not_negative(double value, double slope) {
  if (slope == 0) return value >= 0 ? everywhere : nowhere;
  const double root = -value / slope;
  return slope > 0 ? Span{root, infinity} : Span{-infinity, root};
}

/// Where a t^2 + 2 b t + c <= 0 within a span in which that is one stretch.
Span not_positive(double a, double b, double c, const Span& within) {
  const double discriminant = b * b - a * c;
  if (discriminant < 0) return a > 0 ? nowhere : within;
  const double q = -(b + std::copysign(std::sqrt(discriminant), b));  // without cancellation
  if (q == 0) return a > 0 ? clip(within, {0, 0}) : a == 0 && c > 0 ? nowhere : within;
  const double r = c / q;
  if (a == 0) return clip(within, not_negative(-c, -2 * b));
  const double low = std::min(q / a, r), high = std::max(q / a, r);
  if (a > 0) return clip(within, {low, high});
  return joined(clip(within, {-infinity, low}), clip(within, {high, infinity}));
}

Span span_of(const BoxShape& s, int axis, const Vec3& p, double tolerance) {
  for (int a = 0; a < 3; ++a)
    if (a != axis && (p[a] < s.low_m[a] - tolerance || p[a] > s.high_m[a] + tolerance)) return nowhere;
  return {s.low_m[axis] - tolerance, s.high_m[axis] + tolerance};
}

Span span_of(const Ellipsoid& s, int axis, const Vec3& p, double tolerance) {
  double left = 1;
  for (int a = 0; a < 3; ++a) {
    const double u = (p[a] - s.center_m[a]) / (s.radii_m[a] + tolerance);
    if (a != axis) left -= u * u;
  }
  if (left < 0) return nowhere;
  const double half = (s.radii_m[axis] + tolerance) * std::sqrt(left);
  return {s.center_m[axis] - half, s.center_m[axis] + half};
}

Span frustum_span(const Vec3& from, const Vec3& to, double from_radius, double to_radius, int axis, const Vec3& p, double tolerance) {
  const Vec3 line = minus(to, from);
  const double size = length(line);
  const Vec3 direction{line[0] / size, line[1] / size, line[2] / size};
  // Along the line d = d0 + t e: height d . direction, and |d|^2 - height^2 beside.
  Vec3 d0 = minus(p, from);
  d0[axis] = 0;
  const double height = dot(d0, direction), rise = direction[axis];
  Vec3 beside = minus(d0, {height * direction[0], height * direction[1], height * direction[2]});
  Vec3 drift{-rise * direction[0], -rise * direction[1], -rise * direction[2]};
  drift[axis] += 1;
  // Where it is between two heights and no farther out than a radius that goes linearly.
  const auto between = [&](double low, double high, double radius, double growth) {
    const Span heights = clip(not_negative(height - low, rise), not_negative(high - height, -rise));
    const double r = radius + growth * height, g = growth * rise;
    if (heights.first_m > heights.last_m) return nowhere;
    return not_positive(dot(drift, drift) - g * g, dot(beside, drift) - r * g, dot(beside, beside) - r * r, heights);
  };
  const Span body = between(0, size, from_radius + tolerance, (to_radius - from_radius) / size);
  const Span caps = joined(between(-tolerance, 0, from_radius + tolerance, 0), between(size, size + tolerance, to_radius + tolerance, 0));
  return moved(joined(body, caps), from[axis]);
}

Span span_of(const Cylinder& s, int axis, const Vec3& p, double tolerance) {
  return frustum_span(s.from_m, s.to_m, s.radius_m, s.radius_m, axis, p, tolerance);
}

Span span_of(const Cone& s, int axis, const Vec3& p, double tolerance) {
  return frustum_span(s.from_m, s.to_m, s.from_radius_m, s.to_radius_m, axis, p, tolerance);
}

Span span_of(const VoxelGrid& s, int axis, const Vec3& p, double tolerance) { return span_of(box_of(s), axis, p, tolerance); }

Span span_of(const Prism& s, int axis, const Vec3& p, double tolerance) {
  const Vec3 e1 = minus(s.triangle_m[1], s.triangle_m[0]), e2 = minus(s.triangle_m[2], s.triangle_m[0]), sweep = minus(s.to_m, s.from_m);
  Vec3 d = minus(p, s.triangle_m[0]);
  d[axis] = 0;
  const Vec3 n_u = cross(e2, sweep), n_v = cross(sweep, e1), n_w = cross(e1, e2), n_hypotenuse = plus(n_u, n_v);
  const double volume = dot(sweep, n_w), sign = volume > 0 ? 1 : -1;
  Span span = everywhere;
  // On this side of a face, the tolerance away: from 0 upwards, or downwards from 1, of the coordinate that n gives.
  const auto above = [&](const Vec3& n) { span = clip(span, not_negative(sign * dot(d, n) + tolerance * length(n), sign * n[axis])); };
  const auto below = [&](const Vec3& n) {
    span = clip(span, not_negative(std::fabs(volume) - sign * dot(d, n) + tolerance * length(n), -sign * n[axis]));
  };
  above(n_u);
  above(n_v);
  below(n_hypotenuse);
  above(n_w);
  below(n_w);
  return moved(span, s.triangle_m[0][axis]);
}

void spans_of(const StlBody& s, int axis, const Vec3& p, double tolerance, std::vector<Span>& out) {
  s.mesh->spans(axis, p, tolerance, out);
}

template <class Form>
void spans_of(const Form& s, int axis, const Vec3& p, double tolerance, std::vector<Span>& out) {
  const Span span = span_of(s, axis, p, tolerance);
  out.clear();
  if (span.first_m <= span.last_m) out.push_back(span);
}

std::array<Vec3, 2> bounds(const BoxShape& s) { return {s.low_m, s.high_m}; }
std::array<Vec3, 2> bounds(const Ellipsoid& s) { return {minus(s.center_m, s.radii_m), plus(s.center_m, s.radii_m)}; }

/// A disc reaches radius * sin(angle to the axis) along each axis.
std::array<Vec3, 2> frustum_bounds(const Vec3& from, const Vec3& to, double from_radius, double to_radius) {
  const Vec3 axis = minus(to, from);
  std::array<Vec3, 2> b;
  for (int a = 0; a < 3; ++a) {
    const double reach = std::sqrt(std::max(0.0, 1 - axis[a] * axis[a] / dot(axis, axis)));
    b[0][a] = std::min(from[a] - from_radius * reach, to[a] - to_radius * reach);
    b[1][a] = std::max(from[a] + from_radius * reach, to[a] + to_radius * reach);
  }
  return b;
}
std::array<Vec3, 2> bounds(const Cylinder& s) { return frustum_bounds(s.from_m, s.to_m, s.radius_m, s.radius_m); }
std::array<Vec3, 2> bounds(const Cone& s) { return frustum_bounds(s.from_m, s.to_m, s.from_radius_m, s.to_radius_m); }

std::array<Vec3, 2> bounds(const VoxelGrid& s) {
  const BoxShape box = box_of(s);
  return {box.low_m, box.high_m};
}

std::array<Vec3, 2> bounds(const StlBody& s) {
  HILBRICK_ASSERT(s.mesh);  // with_bodies reads it
  return s.mesh->bounds_m();
}

std::array<Vec3, 2> bounds(const Prism& s) {
  std::array<Vec3, 2> b{s.triangle_m[0], s.triangle_m[0]};
  const Vec3 sweep = minus(s.to_m, s.from_m);
  for (const Vec3& corner : s.triangle_m)
    for (const Vec3& p : {corner, plus(corner, sweep)})
      for (int a = 0; a < 3; ++a) {
        b[0][a] = std::min(b[0][a], p[a]);
        b[1][a] = std::max(b[1][a], p[a]);
      }
  return b;
}

}  // namespace

std::vector<int> materials_of(const Shape& shape) {
  const auto* voxels = std::get_if<VoxelGrid>(&shape.form);
  return voxels ? voxels->materials : std::vector<int>{shape.material};
}

bool is_conductor(const Scene& scene, const Shape& shape) {
  return !std::holds_alternative<VoxelGrid>(shape.form) && scene.materials[static_cast<std::size_t>(shape.material)].pec;
}

bool may_cut_cells(const Scene& scene) {
  return scene.conformal_conductors &&
         std::any_of(scene.shapes.begin(), scene.shapes.end(), [&](const Shape& s) { return is_conductor(scene, s); });
}

bool contains(const Shape& shape, const Vec3& point_m, double tolerance_m) {
  return std::visit([&](const auto& form) { return inside(form, point_m, tolerance_m); }, shape.form);
}

void spans(const Shape& shape, int axis, const Vec3& through_m, double tolerance_m, std::vector<Span>& out) {
  std::visit([&](const auto& form) { spans_of(form, axis, through_m, tolerance_m, out); }, shape.form);
}

std::array<Vec3, 2> bounds_m(const Shape& shape) {
  return std::visit([](const auto& form) { return bounds(form); }, shape.form);
}

}  // namespace hilbrick::fdtd
