// SPDX-License-Identifier: BSD-3-Clause
// Matter with poles: the discrete dispersion relation, which a mode of a filled cavity obeys to round-off, and what may never happen.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <hilbrick/digest.hpp>
#include <numbers>
#include <set>

#include "simulation.hpp"

namespace hilbrick::fdtd {
namespace {

using namespace testing;
using std::numbers::pi;

Material named(const char* name) {
  Material m;
  m.name = name;
  return m;
}

/// A closed cavity of 12 x 10 x 1 cells filled with a material.
Scene filled_cavity(const Material& material, Index steps) {
  Scene s = box_scene({12, 10, 1}, {1e-3, 1e-3, 1e-3}, Boundary::pec, steps);
  s.boundary[2] = {Boundary::periodic, Boundary::periodic};
  s.materials.push_back(material);
  s.shapes.push_back({BoxShape{{-1, -1, -1}, {1, 1, 1}}, 2, {}});
  return s;
}

/// Ez of the mode (1, 1) at steps 0, 1, ...: the value at one place, over its share of the mode.
std::vector<double> mode_history(const Comm& comm, const Scene& scene) {
  Simulation<double> sim(comm, scene);
  const auto shape = [&](Int3 c) {
    return std::sin(pi * double(c.x) / double(scene.cells.x)) * std::sin(pi * double(c.y) / double(scene.cells.y));
  };
  sim.set(Ez, shape);
  const Int3 at{5, 4, 0};
  std::vector<double> history{1};
  for (Index n = 0; n < *scene.steps; ++n) {
    sim.steps(1);
    history.push_back(sim.value(Ez, at) / shape(at));
  }
  return history;
}

/// (2 sin(w dt / 2) / dt)^2 eps_r(w) - c^2 K^2: zero at the mode's frequencies. The trapezoidal rule sees a pole at (2 / dt) tan(w dt / 2).
double relation(const Scene& scene, const Medium& medium, double omega) {
  const Numerics numerics = numerics_of(scene);
  const double dt = numerics.dt_s, seen = 2 / dt * std::tan(omega * dt / 2);
  double k2 = 0;
  for (int a = 0; a < 2; ++a) k2 += std::pow(2 / scene.spacing_m[a] * std::sin(pi / (2 * double(scene.cells[a]))), 2);
  return std::pow(2 / dt * std::sin(omega * dt / 2), 2) * relative_permittivity(medium, seen).real() -
         light_speed_m_s * light_speed_m_s * k2;
}

/// The roots of f between low and high, of which neighbours are further apart than 1e-4 of the range; poles, where f jumps, are none.
std::vector<double> roots(const std::function<double(double)>& f, double low, double high) {
  std::vector<double> found;
  constexpr int parts = 10000;
  for (int i = 0; i < parts; ++i) {
    double a = low + (high - low) * i / parts, b = low + (high - low) * (i + 1) / parts;
    if ((f(a) > 0) == (f(b) > 0)) continue;
    // Not to the last bit, where a pole without loss would be divided by zero.
    for (int bisection = 0; bisection < 30; ++bisection) ((f(a) > 0) == (f((a + b) / 2) > 0) ? a : b) = (a + b) / 2;
    if (std::fabs(f(a)) < 1e-3 * std::fabs(f(low))) found.push_back(a);
  }
  return found;
}

/// How far a history is from any sum of undamped oscillations at these frequencies, relative to its size. Each of them is annihilated by
/// x[n+1] - 2 cos(w dt) x[n] + x[n-1].
double residue(std::vector<double> x, const std::vector<double>& omegas, double dt_s) {
  double size = 0, scale = 1;
  for (double v : x) size = std::max(size, std::fabs(v));
  for (double omega : omegas) {
    const double c = 2 * std::cos(omega * dt_s);
    for (std::size_t n = 1; n + 1 < x.size(); ++n) x[n - 1] = x[n + 1] - c * x[n] + x[n - 1];
    x.resize(x.size() - 2);
    if (omega > 0) scale *= 2 - c;
  }
  double most = 0;
  for (double v : x) most = std::max(most, std::fabs(v));
  return most / (size * scale);
}

TEST(Dispersion, ModesOfALorentzCavityObeyTheDiscreteRelation) {
  const Comm comm(MPI_COMM_WORLD);
  Material m = named("lorentz");
  const double omega0 = 2 * pi * 20e9;
  m.eps_r = 2;
  m.poles = {{1, 0, omega0 * omega0, 1.5 * omega0 * omega0}};
  const Scene scene = filled_cavity(m, 800);
  const double dt = numerics_of(scene).dt_s;
  const auto omegas = roots([&](double w) { return relation(scene, m, w); }, 2 * pi * 1e8, 2 * pi * 100e9);
  ASSERT_EQ(omegas.size(), 2u);  // one below the resonance, one above
  const auto history = mode_history(comm, scene);
  EXPECT_LT(residue(history, omegas, dt), 1e-9);
  EXPECT_GT(residue(history, {omegas[0] * 1.0001, omegas[1]}, dt), 1e-6);  // the control: another frequency does not fit
}

TEST(Dispersion, ModesOfADrudeCavityObeyTheDiscreteRelation) {
  const Comm comm(MPI_COMM_WORLD);
  Material m = named("plasma");
  const double plasma = 2 * pi * 30e9;
  m.poles = {{1, 0, 0, plasma * plasma}};
  const Scene scene = filled_cavity(m, 800);
  const auto omegas = roots([&](double w) { return relation(scene, m, w); }, 2 * pi * 1e9, 2 * pi * 100e9);
  ASSERT_EQ(omegas.size(), 1u);
  EXPECT_GT(omegas[0], plasma);  // below it nothing propagates
  // Beside the oscillation, a static field stays that the current of a plasma without loss keeps up: frequency 0.
  EXPECT_LT(residue(mode_history(comm, scene), {omegas[0], 0.0}, numerics_of(scene).dt_s), 1e-3);
}

/// A short electric dipole along z, from rest to rest.
Dipole dipole_at(const Vec3& position_m, double frequency_hz) {
  Dipole d;
  d.position_m = position_m;
  d.component = Ez;
  d.waveform = pulse(frequency_hz);
  return d;
}

TEST(Dispersion, FastRelaxationIsAStaticPermittivity) {
  const Comm comm(MPI_COMM_WORLD);
  Material debye = named("debye"), still = named("still"), frozen = named("frozen");
  debye.eps_r = frozen.eps_r = 2;
  debye.poles = {{0, 1e-15, 1, 2}};
  still.eps_r = 4;
  std::vector<std::vector<double>> histories;
  for (const Material& m : {debye, still, frozen}) {
    Scene scene = filled_cavity(m, 300);
    scene.dipoles.push_back(dipole_at({0.003, 0.003, 0}, 5e9));
    scene.courant = 0.5;
    Simulation<double> sim(comm, scene);
    auto& history = histories.emplace_back();
    for (Index n = 0; n < *scene.steps; ++n) {
      sim.steps(1);
      history.push_back(sim.value(Ez, {7, 6, 0}));
    }
  }
  double size = 0, wrong = 0, control = 0;
  for (std::size_t n = 0; n < histories[0].size(); ++n) {
    size = std::max(size, std::fabs(histories[1][n]));
    wrong = std::max(wrong, std::fabs(histories[0][n] - histories[1][n]));
    control = std::max(control, std::fabs(histories[2][n] - histories[1][n]));
  }
  EXPECT_LT(wrong, 0.01 * size);
  EXPECT_GT(control, 0.3 * size);
}

/// A ball of many poles that reaches from the middle into the layers of a corner, started with noise.
Scene lossy_scene(Index steps) {
  Scene s = box_scene({21, 19, 18}, {1e-3, 1e-3, 1.2e-3}, Boundary::pml, steps);
  s.pml_cells = 5;
  Material m = named("many");
  const double w = 2 * pi * 15e9;
  m.eps_r = 1.5;
  m.sigma = 0.1;
  m.poles = {{0, 1e-11, 1, 3}, {1, 2e9, w * w, 2 * w * w}, {1, 1e10, 0, 16 * w * w}};
  s.materials.push_back(m);
  s.shapes.push_back({Ellipsoid{{0.006, 0.007, 0.008}, {0.008, 0.008, 0.008}}, 2, {}});
  return s;
}

template <class T>
class DispersionIn : public ::testing::Test {};
using Precisions = ::testing::Types<float, double>;
TYPED_TEST_SUITE(DispersionIn, Precisions);

TYPED_TEST(DispersionIn, SameBitsOnEveryPartition) {
  const Comm comm(MPI_COMM_WORLD);
  std::set<std::string> digests;
  for (const Index brick : {4, 5, 16})
    for (const Method method : {Method::hilbert, Method::slab, Method::rcb}) {
      Scene s = lossy_scene(40);
      s.brick = brick;
      s.method = method;
      const Comm alone(MPI_COMM_SELF);
      for (const Comm* c : {&comm, &alone}) {
        Simulation<TypeParam> sim(*c, s);
        for (const Component e : {Ex, Ey, Ez}) sim.set(e, [&](Int3 cell) { return noise(e, cell); });
        sim.steps(40);
        digests.insert(sim.solver.digest());
      }
    }
  EXPECT_EQ(digests.size(), 1u);
}

TYPED_TEST(DispersionIn, APulseDiesOutInPassiveMatterAndItsLayers) {
  const Comm comm(MPI_COMM_WORLD);
  Scene s = lossy_scene(4000);
  s.dipoles.push_back(dipole_at({0.014, 0.012, 0.012}, 10e9));
  Simulation<TypeParam> sim(comm, s);
  double highest = 0;
  for (int i = 0; i < 10; ++i) {
    sim.steps(20);
    highest = std::max(highest, sim.solver.energy().joule);
  }
  sim.steps(3000);
  const Energy late = sim.solver.energy();
  ASSERT_FALSE(late.not_finite);
  EXPECT_LT(late.joule, 1e-6 * highest);
}

}  // namespace
}  // namespace hilbrick::fdtd
