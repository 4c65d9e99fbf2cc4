// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The materials along lines of the grid: the scene's shapes painted in their order. Which share of an edge lies in a conductor and what
// averages to a permittivity both follow from such lines. What voxel grids hold is not read here: the maps know it, at field values.

#include <algorithm>
#include <vector>

#include "numerics.hpp"

namespace hilbrick::fdtd {

inline constexpr int in_voxels = -1;

/// A part of a line in one material, from where the part before it ends up to last_m.
struct Stretch {
  double last_m;
  int material;  // an index into Scene::materials, or in_voxels
  int shape;     // an index into Scene::shapes; -1: none
};

class Painter {
 public:
  /// The scene must outlive it; only shapes that reach the region {low, high} in metres are painted.
  Painter(const Scene& scene, const std::array<Vec3, 2>& region_m);

  /// The stretches of the line parallel to `axis` through a point, from -infinity to infinity. Shapes are larger by `tolerance_m`, and
  /// their surface belongs to them. Plane 0 of a periodic axis is also the plane that ends it. The point lies in the grid, `tolerance_m`
  /// is at most surface_tolerance_m(). Overwritten by the next call. Local.
  const std::vector<Stretch>& along(int axis, const Vec3& through_m, double tolerance_m);

 private:
  struct Body {
    const Shape* shape;
    std::array<Vec3, 2> bounds_m;
  };
  /// Slabs across an axis, each with the bodies that reach it in the scene's order: of many bodies a line asks few. What lies beyond the
  /// ends counts as in the first or last.
  struct Slabs {
    double low_m, width_m;
    std::array<std::vector<const Body*>, 32> bodies;

    std::size_t at(double x_m) const {
      return static_cast<std::size_t>(std::clamp((x_m - low_m) / width_m, 0.0, static_cast<double>(bodies.size() - 1)));
    }
  };
  void fill_slabs(int axis, const std::array<Vec3, 2>& region_m);
  void paint(const Body& body, int axis, const Vec3& through_m, double tolerance_m);

  const Scene& scene_;
  std::vector<Body> bodies_;
  std::array<Slabs, 3> slabs_;  // [axis across which they lie]
  std::vector<Span> spans_;
  std::vector<Stretch> line_, painted_;
  std::vector<Vec3> places_;
};

/// Calls f(length_m, material) for the parts of a line between two coordinates.
template <class F>
void for_each_part(const std::vector<Stretch>& line, double from_m, double to_m, F&& f) {
  for (const Stretch& stretch : line) {
    if (stretch.last_m <= from_m) continue;
    const double end = std::min(stretch.last_m, to_m);
    if (end > from_m) f(end - from_m, stretch.material);
    from_m = end;
    if (stretch.last_m >= to_m) return;
  }
}

/// Whether bounds {low, high} reach a region; on a periodic axis a region at one end sees what lies at the other.
bool may_reach(const Scene& scene, const std::array<Vec3, 2>& bounds_m, const std::array<Vec3, 2>& region_m);

/// The bounds in metres of a box of cells and `margin` cells around it.
std::array<Vec3, 2> region_around(const Numerics& numerics, const Box& cells, Index margin);

/// The coordinate in the grid that one beyond its ends stands for: the mirror image at a wall, the other end of a period, whose last plane
/// is its first.
double folded_m(const Scene& scene, int axis, double at_m);

/// The place in the grid that an edge along `axis` beyond its ends stands for: the mirror image at a wall, the other end of a period. Edges
/// lie between planes along it and on planes across. `reversed`: whether the image runs the other way.
Int3 folded_edge(const Scene& scene, int axis, Int3 edge, bool& reversed);

/// Shares of an edge smaller than this are none: surfaces on grid planes cut nothing, to the digits that their coordinates have.
double smallest_share(const Scene& scene);

/// Whether a material of a line is a perfect conductor.
inline bool conducts(const Scene& scene, int material) {
  return material != in_voxels && scene.materials[static_cast<std::size_t>(material)].pec;
}

/// How far surfaces reach beyond themselves, so that a plate of no thickness on a grid plane is seen.
double surface_tolerance_m(const Scene& scene);

}  // namespace hilbrick::fdtd
