// SPDX-License-Identifier: BSD-3-Clause
#include "direction.hpp"

#include <cmath>
#include <numbers>
#include <utility>

namespace hilbrick::fdtd {
namespace {

Direction from_sines(double sin_t, double cos_t, double sin_p, double cos_p) {
  return {{sin_t * cos_p, sin_t * sin_p, cos_t}, {cos_t * cos_p, cos_t * sin_p, -sin_t}, {-sin_p, cos_p, 0}};
}

/// Point i of n of Gauss's rule on [-1, 1], a zero of Legendre's polynomial, by Newton's method; and its weight.
std::pair<double, double> gauss_point(int i, int n) {
  double x = std::cos(std::numbers::pi * (i + 0.75) / (n + 0.5)), slope = 0;
  for (int turn = 0; turn < 100; ++turn) {
    double before = 1, value = x;
    for (int k = 2; k <= n; ++k) before = std::exchange(value, ((2 * k - 1) * x * value - (k - 1) * before) / k);
    slope = n * (x * value - before) / (x * x - 1);
    const double step = value / slope;
    x -= step;
    if (std::fabs(step) < 1e-15) break;
  }
  return {x, 2 / ((1 - x * x) * slope * slope)};
}

}  // namespace

double sin_degrees(double degrees) {
  double d = std::remainder(degrees, 360.0);
  if (std::fabs(d) > 90) d = std::copysign(180.0, d) - d;
  return std::sin(d * (std::numbers::pi / 180));
}

Direction direction_at(double theta_deg, double phi_deg) {
  return from_sines(sin_degrees(theta_deg), cos_degrees(theta_deg), sin_degrees(phi_deg), cos_degrees(phi_deg));
}

Direction direction_of(const Vec3& v) {
  const double rho = std::hypot(v[0], v[1]), length = std::hypot(v[0], v[1], v[2]);
  return rho > 0 ? from_sines(rho / length, v[2] / length, v[1] / rho, v[0] / rho) : from_sines(0, v[2] / length, 0, 1);
}

std::vector<Direction> directions(const Comm& comm, const std::vector<double>& theta_deg, const std::vector<double>& phi_deg) {
  std::vector<Direction> all;
  if (comm.rank() == 0)
    for (const double theta : theta_deg)
      for (const double phi : phi_deg) all.push_back(direction_at(theta, phi));
  return broadcast_directions(comm, all);
}

std::vector<Direction> broadcast_directions(const Comm& comm, const std::vector<Direction>& mine) {
  std::vector<double> parts;
  for (const Direction& d : mine)
    for (const Vec3& v : {d.r, d.theta, d.phi}) parts.insert(parts.end(), v.begin(), v.end());
  parts = broadcast(comm, std::move(parts));
  std::vector<Direction> all;
  for (std::size_t i = 0; i < parts.size(); i += 9) {
    const double* p = parts.data() + i;
    all.push_back({{p[0], p[1], p[2]}, {p[3], p[4], p[5]}, {p[6], p[7], p[8]}});
  }
  return all;
}

SphereRule sphere_rule(const Comm& comm, int degree) {
  const int rings = degree + 1, around = 2 * degree + 1;
  SphereRule rule;
  if (comm.rank() == 0)
    for (int i = 0; i < rings; ++i) {
      const auto [cos_t, weight] = gauss_point(i, rings);
      for (int k = 0; k < around; ++k) {
        const double phi_deg = 360.0 * k / around;
        rule.directions.push_back(from_sines(std::sqrt(1 - cos_t * cos_t), cos_t, sin_degrees(phi_deg), cos_degrees(phi_deg)));
        rule.weights.push_back(weight * 2 * std::numbers::pi / around);
      }
    }
  rule.directions = broadcast_directions(comm, rule.directions);
  rule.weights = broadcast(comm, std::move(rule.weights));
  return rule;
}

}  // namespace hilbrick::fdtd
