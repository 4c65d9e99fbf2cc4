// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <cmath>
#include <hilbrick/partition/error.hpp>

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

std::array<Vec3, 2> bounds(const StlBody& s) {
  HILBRICK_ASSERT(s.mesh);  // with_bodies reads it
  return s.mesh->bounds_m();
}

/// As the box around the grid.
BoxShape box_of(const VoxelGrid& s) {
  HILBRICK_ASSERT(s.voxels);  // with_bodies opens them
  BoxShape box{s.low_m, s.low_m};
  for (int a = 0; a < 3; ++a) box.high_m[a] += static_cast<double>(s.voxels->extent()[a]) * s.spacing_m[a];
  return box;
}
bool inside(const VoxelGrid& s, const Vec3& p, double tolerance) { return inside(box_of(s), p, tolerance); }
std::array<Vec3, 2> bounds(const VoxelGrid& s) {
  const BoxShape box = box_of(s);
  return {box.low_m, box.high_m};
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

bool contains(const Shape& shape, const Vec3& point_m, double tolerance_m) {
  return std::visit([&](const auto& form) { return inside(form, point_m, tolerance_m); }, shape.form);
}

std::array<Vec3, 2> bounds_m(const Shape& shape) {
  return std::visit([](const auto& form) { return bounds(form); }, shape.form);
}

}  // namespace hilbrick::fdtd
