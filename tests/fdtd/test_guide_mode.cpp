// SPDX-License-Identifier: BSD-3-Clause
// Modes of rectangular waveguides: sent one way to the round-off of floats, with the grid's own propagation constant, which is near the
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

struct Mode {
  bool tm;
  std::array<int, 2> half_waves;
};

/// A guide along an axis, `width_m` across the next one, with walls at the grid's faces and layers at its ends.
Scene guide(int axis, int sign, Mode mode, Index steps, double bandwidth_hz) {
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
  source.tm = mode.tm;
  source.mode = mode.half_waves;
  for (int a = 0; a < 3; ++a) source.high_m[a] = double(cells[a]) * spacing_m[a];
  source.low_m[axis] = source.high_m[axis] = double(plane) * spacing_m[axis];
  source.waveform.kind = Waveform::Kind::modulated_gaussian;
  source.waveform.frequency_hz = mode.half_waves[1] == 0 ? 24e9 : 50e9;
  source.waveform.bandwidth_hz = bandwidth_hz;
  source.waveform.delay_s = 1 / source.waveform.bandwidth_hz;
  s.guide_modes.push_back(source);
  return s;
}

TEST(GuideMode, GoesOneWayToWhatFloatsSee) {
  const Comm comm(MPI_COMM_WORLD);
  for (int axis = 0; axis < 3; ++axis)
    for (const int sign : {1, -1})
      for (const Mode& mode : {Mode{false, {1, 0}}, Mode{false, {2, 1}}, Mode{true, {1, 1}}}) {
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
        EXPECT_GT(ahead, 0.5) << axis << sign << mode.tm;
        EXPECT_LT(ahead, 3.0) << axis << sign << mode.tm;
        EXPECT_LT(behind, 5e-8 * ahead) << axis << sign << mode.tm;
      }
}

/// Propagation constant, wave impedance and largest transverse E two cells before the plane, against the grid's and the continuum's.
void expect_mode(const Mode& mode, double f, double cutoff_hz, double within) {
  const Comm comm(MPI_COMM_WORLD);
  const Scene scene = guide(2, 1, mode, 2500, 4e9);
  Simulation<double> sim(comm, scene);
  // x is the next axis after z: Ey is the large component or as large as Ex; H across it is Hx.
  const Index first = 70, second = 85;
  std::array<Complex, 2> e;
  Complex h_low, h_high;
  const double dt = sim.numerics.dt_s;
  const auto turned = [&](double t_s) { return std::polar(1.0, -2 * pi * f * t_s); };
  for (Index n = 1; n <= *scene.steps; ++n) {
    sim.steps(1);
    const double t_s = double(n) * dt;
    e[0] += sim.value(Ey, {10, 0, first}) * turned(t_s);
    e[1] += sim.value(Ey, {10, 0, second}) * turned(t_s);
    h_low += sim.value(Hx, {10, 0, first - 1}) * turned(t_s + dt / 2);
    h_high += sim.value(Hx, {10, 0, first}) * turned(t_s + dt / 2);
  }
  const double dz = scene.spacing_m[2], cells = double(second - first);
  double beta = -std::arg(e[1] / e[0]) / (cells * dz);
  const double k = guide_of(scene, scene.guide_modes[0]).k();
  const double on_grid = 2 / dz * std::asin(dz / 2 * std::sqrt(std::pow(2 / (light_speed_m_s * dt) * std::sin(pi * f * dt), 2) - k * k));
  while (beta < on_grid - pi / (cells * dz)) beta += 2 * pi / (cells * dz);
  EXPECT_NEAR(beta, on_grid, 1e-3 * on_grid);
  const double share = std::sqrt(1 - std::pow(cutoff_hz / f, 2)), known = 2 * pi * f / light_speed_m_s * share;
  EXPECT_NEAR(beta, known, within * known);
  // Geometric mean of the two planes: H half a cell before and behind.
  const double impedance = std::abs(e[0]) / std::sqrt(std::abs(h_low) * std::abs(h_high));
  const double right = mode.tm ? eta0 * share : eta0 / share;
  EXPECT_NEAR(impedance, right, within * right);
  // Of cos(n pi v) at the first of 8 cells, and of what Ey's share is where Ex is the larger one.
  Complex sent;
  for (Index n = 0; n < *scene.steps; ++n) sent += value_at(scene.guide_modes[0].waveform, double(n) * dt) * turned(double(n) * dt);
  const Guide g = guide_of(scene, scene.guide_modes[0]);
  const double of_v = (mode.tm ? g.kv : g.ku) / std::max(g.ku, g.kv) * std::cos(mode.half_waves[1] * pi / 16);
  EXPECT_NEAR(std::abs(e[0] / sent), of_v, 5e-3 * of_v);
}

TEST(GuideMode, PropagatesAndRelatesItsFieldsAsTheGridSays) {
  expect_mode({false, {1, 0}}, 24e9, 14.009e9, 0.005);  // 408.42 / m, 463.97 ohm
  expect_mode({false, {1, 1}}, 50e9, light_speed_m_s / 2 * std::hypot(1 / width_m, 1 / height_m), 0.02);
  expect_mode({true, {1, 1}}, 50e9, light_speed_m_s / 2 * std::hypot(1 / width_m, 1 / height_m), 0.02);
}

TEST(GuideMode, NeedsAHollowGuideWithWalls) {
  const Comm comm(MPI_COMM_WORLD);
  const Mode mode{false, {1, 0}};
  const auto refused = [&](const Scene& s, const std::string& words) {
    try {
      const Simulation<float> run(comm, s);
      ADD_FAILURE() << "expected an error: " << words;
    } catch (const SharedError& e) {
      EXPECT_NE(std::string(e.what()).find(words), std::string::npos) << e.what();
      EXPECT_EQ(e.exit_code(), 2);
    }
  };
  Scene narrow = guide(2, 1, mode, 1, 4e9);
  narrow.guide_modes[0].high_m[0] -= narrow.spacing_m[0];
  refused(narrow, "expected a guide with perfectly conducting walls on all four sides");
  narrow.shapes.push_back(
      {BoxShape{{narrow.guide_modes[0].high_m[0], 0, 0}, {width_m, height_m, double(length) * narrow.spacing_m[2]}}, 1, {}});
  EXPECT_NO_THROW(Simulation<float>(comm, narrow));
  Scene mirror = guide(1, 1, mode, 1, 4e9);
  mirror.boundary[2][1] = Boundary::pmc;
  refused(mirror, "expected a guide with perfectly conducting walls on all four sides");
  Scene filled = guide(0, -1, mode, 1, 4e9);
  Material glass;
  glass.name = "glass";
  glass.eps_r = 2;
  filled.materials.push_back(glass);
  Vec3 low{}, high{};
  for (int a = 0; a < 3; ++a) high[a] = double(filled.cells[a]) * filled.spacing_m[a];
  low[0] = double(plane) * filled.spacing_m[0];
  filled.shapes.push_back({BoxShape{low, high}, 2, {}});
  refused(filled, "expected a guide with vacuum between its walls");
  std::get<BoxShape>(filled.shapes[0].form).low_m[0] += 2 * filled.spacing_m[0];
  EXPECT_NO_THROW(Simulation<float>(comm, filled));
}

TEST(GuideMode, SameBitsOnEveryPartition) {
  const Comm comm(MPI_COMM_WORLD), alone(MPI_COMM_SELF);
  for (const Index brick : {4, 5, 35}) {
    for (const bool tm : {false, true}) {
      Scene s = guide(1, -1, {tm, {1, 1}}, 60, 12e9);
      s.brick = brick;
      Simulation<float> many(comm, s), one(alone, s);
      many.steps(60);
      one.steps(60);
      EXPECT_EQ(many.solver.digest(), one.solver.digest());
    }
  }
}

}  // namespace
}  // namespace hilbrick::fdtd
