// SPDX-License-Identifier: BSD-3-Clause
// TE modes in rectangular waveguides: sent one way to the round-off of floats, with the grid's own propagation constant, which is near the
// continuum's.
#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <guide_mode.hpp>
#include <numbers>

#include "simulation.hpp"

namespace hilbrick::fdtd {
namespace {

using namespace testing;
using Complex = std::complex<double>;
using std::numbers::pi;

constexpr double width_m = 10.7e-3, height_m = 4.28e-3;  // near WR-42: cut-off 14.009 GHz
constexpr Index length = 120, plane = 60;

/// A guide along an axis, `width_m` across the next one, with walls at the grid's faces and layers at its ends.
Scene guide(int axis, int sign, std::array<int, 2> mode, Index steps, double bandwidth_hz) {
  const int u = (axis + 1) % 3, v = (axis + 2) % 3;
  Int3 cells;
  Vec3 spacing_m;
  cells[axis] = length;
  cells[u] = 20;
  cells[v] = 8;
  spacing_m[axis] = width_m / 20;
  spacing_m[u] = width_m / 20;
  spacing_m[v] = height_m / 8;
  Scene s = box_scene(cells, spacing_m, Boundary::pec, steps);
  s.boundary[axis] = {Boundary::pml, Boundary::pml};
  s.pml_cells = 20;
  GuideModeSource source;
  source.axis = axis;
  source.sign = sign;
  source.mode = mode;
  for (int a = 0; a < 3; ++a) source.high_m[a] = double(cells[a]) * spacing_m[a];
  source.low_m[axis] = source.high_m[axis] = double(plane) * spacing_m[axis];
  source.waveform.kind = Waveform::Kind::modulated_gaussian;
  source.waveform.frequency_hz = mode[1] == 0 ? 24e9 : 50e9;
  source.waveform.bandwidth_hz = bandwidth_hz;
  source.waveform.delay_s = 1 / source.waveform.bandwidth_hz;
  s.guide_modes.push_back(source);
  return s;
}

TEST(GuideMode, GoesOneWayToWhatFloatsSee) {
  const Comm comm(MPI_COMM_WORLD);
  for (int axis = 0; axis < 3; ++axis)
    for (const int sign : {1, -1})
      for (const std::array<int, 2> mode : {std::array{1, 0}, std::array{2, 1}}) {
        Simulation<double> sim(comm, guide(axis, sign, mode, 140, 12e9));
        // Ends before the layers' echo is back.
        double ahead = 0, behind = 0;
        for (int i = 0; i < 7; ++i) {
          sim.steps(20);
          for (int c = 0; c < 6; ++c) {
            const auto value = sim.gather(static_cast<Component>(c));
            const double impedance = c < 3 ? 1 : eta0;
            for_each_cell({{0, 0, 0}, sim.scene.cells}, [&](Int3 cell) {
              const Index along = sign * (cell[axis] - plane);
              double& most = along < -1 ? behind : ahead;
              most = std::max(most, impedance * std::fabs(value(cell)));
            });
          }
        }
        EXPECT_GT(ahead, 0.5) << axis << sign;
        EXPECT_LT(ahead, 3.0) << axis << sign;
        EXPECT_LT(behind, 5e-8 * ahead) << axis << sign;
      }
}

TEST(GuideMode, PropagatesAndRelatesItsFieldsAsTheGridSays) {
  const Comm comm(MPI_COMM_WORLD);
  const Scene scene = guide(2, 1, {1, 0}, 2500, 4e9);
  Simulation<double> sim(comm, scene);
  // Ey is the large component: x is the next axis after z. H across it is Hx.
  const Index first = 70, second = 85;
  constexpr double f = 24e9;
  std::array<Complex, 2> e;
  Complex h_low, h_high;
  const double dt = sim.numerics.dt_s;
  const auto turned = [&](double t_s) { return std::polar(1.0, -2 * pi * f * t_s); };
  for (Index n = 1; n <= *scene.steps; ++n) {
    sim.steps(1);
    const double t_s = double(n) * dt;
    e[0] += sim.value(Ey, {10, 4, first}) * turned(t_s);
    e[1] += sim.value(Ey, {10, 4, second}) * turned(t_s);
    h_low += sim.value(Hx, {10, 4, first - 1}) * turned(t_s + dt / 2);
    h_high += sim.value(Hx, {10, 4, first}) * turned(t_s + dt / 2);
  }
  const double dz = scene.spacing_m[2], cells = double(second - first);
  double beta = -std::arg(e[1] / e[0]) / (cells * dz);
  while (beta < 300) beta += 2 * pi / (cells * dz);
  const double k = guide_of(scene, scene.guide_modes[0]).k();
  const double on_grid = 2 / dz * std::asin(dz / 2 * std::sqrt(std::pow(2 / (light_speed_m_s * dt) * std::sin(pi * f * dt), 2) - k * k));
  EXPECT_NEAR(beta, on_grid, 1e-3 * on_grid);
  EXPECT_NEAR(beta, 408.42, 0.005 * 408.42);
  // Geometric mean of the two planes: H half a cell before and behind.
  const double impedance = std::abs(e[0]) / std::sqrt(std::abs(h_low) * std::abs(h_high));
  EXPECT_NEAR(impedance, 463.97, 0.005 * 463.97);
}

TEST(GuideMode, SameBitsOnEveryPartition) {
  const Comm comm(MPI_COMM_WORLD), alone(MPI_COMM_SELF);
  for (const Index brick : {4, 5, 35}) {
    Scene s = guide(1, -1, {1, 1}, 60, 12e9);
    s.brick = brick;
    Simulation<float> many(comm, s), one(alone, s);
    many.steps(60);
    one.steps(60);
    EXPECT_EQ(many.solver.digest(), one.solver.digest());
  }
}

}  // namespace
}  // namespace hilbrick::fdtd
