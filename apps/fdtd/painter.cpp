// SPDX-License-Identifier: BSD-3-Clause
#include "painter.hpp"

#include <algorithm>
#include <limits>

#include "mesh.hpp"

namespace hilbrick::fdtd {

double surface_tolerance_m(const Scene& scene) { return 1e-9 * *std::min_element(scene.spacing_m.begin(), scene.spacing_m.end()); }

bool may_reach(const Scene& scene, const std::array<Vec3, 2>& bounds_m, const std::array<Vec3, 2>& region_m) {
  for (int a = 0; a < 3; ++a)
    if (scene.boundary[a][0] != Boundary::periodic && (bounds_m[0][a] > region_m[1][a] || bounds_m[1][a] < region_m[0][a])) return false;
  return true;
}

std::array<Vec3, 2> region_around(const Numerics& numerics, const Box& cells, Index margin) {
  std::array<Vec3, 2> region_m{};
  for (int a = 0; a < 3; ++a) {
    region_m[0][a] = static_cast<double>(cells.lo[a] - margin) * numerics.spacing_m[a];
    region_m[1][a] = static_cast<double>(cells.hi[a] + margin) * numerics.spacing_m[a];
  }
  return region_m;
}

double folded_m(const Scene& scene, int axis, double at_m) {
  const double end_m = static_cast<double>(scene.cells[axis]) * scene.spacing_m[axis];
  const bool periodic = scene.boundary[axis][0] == Boundary::periodic;
  while (at_m < 0 || at_m > end_m || (periodic && at_m == end_m)) {
    if (periodic)
      at_m += at_m < 0 ? end_m : -end_m;
    else
      at_m = (at_m < 0 ? 0 : 2 * end_m) - at_m;
  }
  return at_m;
}

Int3 folded_edge(const Scene& scene, int axis, Int3 edge, bool& reversed) {
  reversed = false;
  for (int b = 0; b < 3; ++b) {
    const Index n = scene.cells[b], last = b == axis ? n - 1 : n;
    if (scene.boundary[b][0] == Boundary::periodic) {
      edge[b] = ((edge[b] % n) + n) % n;
      continue;
    }
    while (edge[b] < 0 || edge[b] > last) {
      edge[b] = edge[b] < 0 ? (b == axis ? -1 : 0) - edge[b] : (b == axis ? 2 * n - 1 : 2 * n) - edge[b];
      if (b == axis) reversed = !reversed;
    }
  }
  return edge;
}

double smallest_share(const Scene& scene) {
  double share = 1e-6;
  for (const Shape& shape : scene.shapes)
    if (const auto* body = std::get_if<StlBody>(&shape.form))
      share = std::max(share, 4 * body->mesh->tolerance_m() / *std::min_element(scene.spacing_m.begin(), scene.spacing_m.end()));
  return share;
}

Painter::Painter(const Scene& scene, const std::array<Vec3, 2>& region_m) : scene_(scene) {
  for (const Shape& shape : scene.shapes) {
    std::array<Vec3, 2> bounds = bounds_m(shape);
    if (const auto* body = std::get_if<StlBody>(&shape.form))  // whose surface is no more exact than this
      for (std::size_t a = 0; a < 3; ++a) {
        bounds[0][a] -= 2 * body->mesh->tolerance_m();
        bounds[1][a] += 2 * body->mesh->tolerance_m();
      }
    if (may_reach(scene, bounds, region_m)) bodies_.push_back({&shape, bounds});
  }
  for (int a = 0; a < 3; ++a) fill_slabs(a, region_m);
}

void Painter::fill_slabs(int axis, const std::array<Vec3, 2>& region_m) {
  const double end_m = static_cast<double>(scene_.cells[axis]) * scene_.spacing_m[axis], tolerance_m = surface_tolerance_m(scene_);
  const bool periodic = scene_.boundary[axis][0] == Boundary::periodic;
  Slabs& slabs = slabs_[axis];
  slabs.low_m = periodic ? 0 : std::max(region_m[0][axis], 0.0);
  const double high_m = periodic ? end_m : std::min(region_m[1][axis], end_m);
  slabs.width_m = std::max(high_m - slabs.low_m, tolerance_m) / static_cast<double>(slabs.bodies.size());
  for (const Body& body : bodies_) {
    const double from_m = body.bounds_m[0][axis] - tolerance_m, to_m = body.bounds_m[1][axis] + tolerance_m;
    const bool wraps = periodic && from_m <= end_m && to_m >= end_m;  // is looked at from plane 0, too
    const std::size_t first = slabs.at(from_m), last = slabs.at(to_m);
    if (wraps && first > 0) slabs.bodies[0].push_back(&body);
    for (std::size_t i = first; i <= last; ++i) slabs.bodies[i].push_back(&body);
  }
}

void Painter::paint(const Body& body, int axis, const Vec3& through_m, double tolerance_m) {
  for (int a = 0; a < 3; ++a)
    if (a != axis && (through_m[a] < body.bounds_m[0][a] - tolerance_m || through_m[a] > body.bounds_m[1][a] + tolerance_m)) return;
  spans(*body.shape, axis, through_m, tolerance_m, spans_);
  const int material = std::holds_alternative<VoxelGrid>(body.shape->form) ? in_voxels : body.shape->material;
  const auto shape = static_cast<int>(body.shape - scene_.shapes.data());
  for (const Span& span : spans_) {
    painted_.clear();
    bool done = false;
    double first_m = -std::numeric_limits<double>::infinity();
    for (const Stretch& stretch : line_) {
      if (first_m < span.first_m) painted_.push_back({std::min(stretch.last_m, span.first_m), stretch.material, stretch.shape});
      if (!done && stretch.last_m >= span.first_m) {
        painted_.push_back({span.last_m, material, shape});
        done = true;
      }
      if (stretch.last_m > span.last_m) painted_.push_back(stretch);
      first_m = stretch.last_m;
    }
    line_.swap(painted_);
  }
}

const std::vector<Stretch>& Painter::along(int axis, const Vec3& through_m, double tolerance_m) {
  places_.assign(1, through_m);
  for (int a = 0; a < 3; ++a) {
    if (a == axis || scene_.boundary[a][0] != Boundary::periodic || through_m[a] > tolerance_m) continue;
    for (std::size_t i = 0, n = places_.size(); i < n; ++i) {
      places_.push_back(places_[i]);
      places_.back()[a] = static_cast<double>(scene_.cells[a]) * scene_.spacing_m[a];
    }
  }
  line_.assign(1, {std::numeric_limits<double>::infinity(), 0, -1});
  const Slabs& slabs = slabs_[(axis + 1) % 3];
  for (const Body* body : slabs.bodies[slabs.at(through_m[(axis + 1) % 3])])
    for (const Vec3& place : places_) paint(*body, axis, place, tolerance_m);
  return line_;
}

}  // namespace hilbrick::fdtd
