// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Directions in space by theta, from the z axis, and phi, from the x axis towards y.

#include <hilbrick/comm.hpp>
#include <vector>

#include "scene.hpp"

namespace hilbrick::fdtd {

/// Exact at multiples of 90 degrees.
double sin_degrees(double degrees);
inline double cos_degrees(double degrees) { return sin_degrees(degrees + 90); }

/// Three unit vectors: away from the origin, and where that turns with growing theta and phi.
struct Direction {
  Vec3 r, theta, phi;
};
Direction direction_at(double theta_deg, double phi_deg);
/// The direction of a vector; along the z axis that of phi = 0. Local.
Direction direction_of(const Vec3& v);
/// Every pair of angles, phi fastest, as rank 0 computes them. Collective over comm.
std::vector<Direction> directions(const Comm& comm, const std::vector<double>& theta_deg, const std::vector<double>& phi_deg);
/// Rank 0's directions on every rank. Collective over comm.
std::vector<Direction> broadcast_directions(const Comm& comm, const std::vector<Direction>& mine);

/// Directions and solid angles that integrate the product of two fields exactly whose angular dependence has degree `degree` at most:
/// Gauss's points in cos(theta), even ones in phi. As rank 0 computes them. Collective over comm.
struct SphereRule {
  std::vector<Direction> directions;
  std::vector<double> weights;
};
SphereRule sphere_rule(const Comm& comm, int degree);

inline double dot(const Vec3& a, const Vec3& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

}  // namespace hilbrick::fdtd
