// SPDX-License-Identifier: BSD-3-Clause
// Sources and absorbing layers against closed forms, and against boxes so large that nothing returns.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <numbers>

#include "simulation.hpp"

namespace hilbrick::fdtd::testing {
namespace {

using std::numbers::pi;

/// A Hertzian dipole along z at the origin (Balanis 2016, section 4.2, in time domain), moment p with p' = waveform; the pulse above.
struct HertzianDipole {
  double tau, delay;
  explicit HertzianDipole(double frequency_hz) : tau(1 / (2 * pi * frequency_hz)), delay(1 / frequency_hz) {}

  double p(double t) const { return tau * std::exp(0.5 - 0.5 * std::pow((t - delay) / tau, 2)); }
  double p1(double t) const { return -(t - delay) / tau * std::exp(0.5 - 0.5 * std::pow((t - delay) / tau, 2)); }
  double p2(double t) const {
    const double u = (t - delay) / tau;
    return (u * u - 1) / tau * std::exp(0.5 - 0.5 * u * u);
  }
  double field(Component c, const Vec3& at, double t) const {
    const double r = std::hypot(at[0], at[1], at[2]), rho = std::hypot(at[0], at[1]);
    const double s = t - r / light_speed_m_s, k = light_speed_m_s;
    const double e_r = 2 * at[2] / r / (4 * pi * eps0) * (p(s) / (r * r * r) + p1(s) / (k * r * r));
    const double e_theta = rho / r / (4 * pi * eps0) * (p(s) / (r * r * r) + p1(s) / (k * r * r) + p2(s) / (k * k * r));
    const double h_phi = rho / r / (4 * pi) * (p1(s) / (r * r) + p2(s) / (k * r));
    switch (c) {
      case Ex:
        return (e_r * rho / r + e_theta * at[2] / r) * at[0] / rho;
      case Ey:
        return (e_r * rho / r + e_theta * at[2] / r) * at[1] / rho;
      case Ez:
        return e_r * at[2] / r - e_theta * rho / r;
      case Hx:
        return -h_phi * at[1] / rho;
      case Hy:
        return h_phi * at[0] / rho;
      default:
        return 0;
    }
  }
};

TEST(Dipole, RadiatesTheClosedForm) {
  const Comm comm(MPI_COMM_WORLD);
  const double d = 1e-3, f = 1e9;
  Scene scene = box_scene({70, 70, 70}, {d, d, d}, Boundary::pml, 1150);
  scene.brick = 16;
  Dipole dipole;
  dipole.position_m = {25 * d, 25 * d, 25.5 * d};
  dipole.component = Ez;
  dipole.waveform = pulse(f);
  scene.dipoles.push_back(dipole);
  Simulation<double> run(comm, scene);
  const Vec3 source = yee_position_m(scene.spacing_m, Ez, yee_cell_below(run.numerics, Ez, dipole.position_m));
  const HertzianDipole exact(f);
  // The receiver stands at (+20, +20, +20) mm, each component at its own place nearest below.
  const Vec3 receiver{45 * d, 45 * d, 45.5 * d};
  std::map<Component, double> error, peak;
  for (Index n = 1; n <= *scene.steps; ++n) {
    run.solver.step();
    for (const Component c : {Ex, Ey, Ez, Hx, Hy}) {
      const Int3 cell = yee_cell_below(run.numerics, c, receiver);
      Vec3 at = yee_position_m(scene.spacing_m, c, cell);
      for (int a = 0; a < 3; ++a) at[a] -= source[a];
      const double t = (static_cast<double>(n) + (is_electric(c) ? 0 : 0.5)) * run.numerics.dt_s;
      const double right = exact.field(c, at, t);
      error[c] = std::max(error[c], std::fabs(run.value(c, cell) - right));
      peak[c] = std::max(peak[c], std::fabs(right));
    }
  }
  for (const auto& [c, e] : error) {
    const double bound = is_electric(c) ? (c == Ez ? 0.01 : 0.005) : 0.0025;
    EXPECT_LT(e / peak[c], bound) << component_names[c];
    if (comm.rank() == 0) std::printf("dipole, %s: %.3f %% of the peak\n", component_names[c], 100 * e / peak[c]);
  }
}

TEST(Dipole, MagneticIsTheDualOfElectric) {
  // In a vacuum the equations turn into each other under E -> eta H, H -> -E / eta, up to the half cell and half step between them:
  // radiated waves along mirrored directions agree to the scheme's dispersion.
  const Comm comm(MPI_COMM_WORLD);
  const double d = 1e-3;
  const auto peak = [&](Component source, Component seen) {
    Scene scene = box_scene({50, 50, 50}, {d, d, d}, Boundary::pml, 260);
    scene.brick = 16;
    Dipole dipole;
    dipole.position_m = {25.5 * d, 25.5 * d, 25.5 * d};
    dipole.component = source;
    dipole.waveform = pulse(10e9);
    scene.dipoles.push_back(dipole);
    Simulation<double> run(comm, scene);
    const Int3 at = yee_cell_below(run.numerics, source, dipole.position_m);
    double largest = 0;
    for (Index n = 0; n < *scene.steps; ++n) {
      run.solver.step();
      largest = std::max(largest, std::fabs(run.value(seen, at + Int3{12, 0, 0})));
    }
    return largest;
  };
  const double electric = peak(Ez, Ez), magnetic = peak(Hz, Hz);
  // Per unit of magnetic moment H is E per unit of electric moment over eta squared.
  EXPECT_NEAR(magnetic * eta0 * eta0 / electric, 1, 0.01);
}

/// Dipole in the middle of a cubic box of `inner` cells, seen near a face's centre, an edge and a corner.
struct LayerTest {
  double frequency_hz;
  Index inner = 40, pml = 10, steps = 400;

  static constexpr double d = 1e-3;

  template <class Simulate>
  std::vector<std::array<double, 3>> record(Simulate& run, const std::array<Int3, 3>& at) const {
    std::vector<std::array<double, 3>> out;
    for (Index n = 0; n < steps; ++n) {
      run.solver.step();
      out.push_back({run.value(Ez, at[0]), run.value(Ez, at[1]), run.value(Ez, at[2])});
    }
    return out;
  }

  /// What returns from the layers, in dB of the largest incident value, at the three places.
  std::array<double, 3> reflection_db(const Comm& comm, const std::optional<Material>& material = std::nullopt) const {
    const Index n = inner + 2 * pml, middle = n / 2, reach = inner / 2 - 2;
    const auto places = [&](Int3 source) {
      return std::array{source + Int3{reach, 0, 0}, source + Int3{reach, reach, 0}, source + Int3{reach, reach, reach}};
    };
    const auto with_dipole = [&](Scene scene, Int3 cell) {
      Dipole dipole;
      dipole.position_m = yee_position_m(scene.spacing_m, Ez, cell);
      dipole.waveform = pulse(frequency_hz);
      dipole.component = Ez;
      scene.dipoles.push_back(dipole);
      if (material) {
        scene.materials.push_back(*material);
        Vec3 high;
        for (int a = 0; a < 3; ++a) high[a] = static_cast<double>(scene.cells[a]) * d;
        scene.shapes.push_back({BoxShape{{0, 0, 0}, high}, 2, {}});
      }
      scene.brick = 16;
      return scene;
    };
    Scene small = box_scene({n, n, n}, {d, d, d}, Boundary::pml, steps);
    small.pml_cells = pml;
    Simulation<double> layered(comm, with_dipole(small, {middle, middle, middle}));
    const auto seen = record(layered, places({middle, middle, middle}));

    // Nothing returns: a wave needs 400 steps of 0.58 cells for the way to a far wall and back. The dipole is even about two planes, so
    // a quarter with magnetic walls there is enough.
    const Index far = inner / 2 + 118;
    Scene large = box_scene({far, far, 2 * far}, {d, d, d}, Boundary::pec, steps);
    large.boundary[0] = {Boundary::pmc, Boundary::pec};
    large.boundary[1] = {Boundary::pmc, Boundary::pec};
    Simulation<double> open(comm, with_dipole(large, {0, 0, far}));
    const auto free_space = record(open, places({0, 0, far}));

    std::array<double, 3> error{}, size{}, db{};
    for (std::size_t i = 0; i < seen.size(); ++i)
      for (int p = 0; p < 3; ++p) {
        error[p] = std::max(error[p], std::fabs(seen[i][p] - free_space[i][p]));
        size[p] = std::max(size[p], std::fabs(free_space[i][p]));
      }
    for (int p = 0; p < 3; ++p) db[p] = 20 * std::log10(error[p] / size[p]);
    return db;
  }
};

TEST(Cpml, ReturnsLittle) {
  const Comm comm(MPI_COMM_WORLD);
  for (const double f : {10e9, 3e9}) {
    const auto db = LayerTest{f}.reflection_db(comm);
    if (comm.rank() == 0)
      std::printf("CPML, pulse at %.0f GHz: face %.1f dB, edge %.1f dB, corner %.1f dB\n", f / 1e9, db[0], db[1], db[2]);
    for (double level : db) EXPECT_LT(level, -88);
  }
}

TEST(Cpml, ReturnsLittleFromMaterialsThatRunIn) {
  const Comm comm(MPI_COMM_WORLD);
  Material dense, lossy;
  dense.name = "dense";
  dense.eps_r = 4;
  lossy.name = "lossy";
  lossy.eps_r = 2;
  lossy.sigma = 0.02;
  lossy.mu_r = 1.5;
  for (const Material& m : {dense, lossy}) {
    const auto db = LayerTest{5e9}.reflection_db(comm, m);
    if (comm.rank() == 0)
      std::printf("CPML, pulse at 5 GHz, %s: face %.1f dB, edge %.1f dB, corner %.1f dB\n", m.name.c_str(), db[0], db[1], db[2]);
    for (double level : db) EXPECT_LT(level, -88) << m.name;
  }
}

TEST(Cpml, StaysStableInSinglePrecision) {
  // A lossy, a dense and a magnetic body run into the layers, a conductor too; after the pulse the energy falls and never comes back.
  const Comm comm(MPI_COMM_WORLD);
  const double d = 1e-3;
  Scene scene = box_scene({20, 19, 18}, {d, 1.1 * d, 0.9 * d}, Boundary::pml, 12000);
  scene.boundary[1][1] = Boundary::pmc;
  scene.pml_cells = 6;
  scene.brick = 5;
  Material dense, lossy, magnetic;
  dense.eps_r = 9;
  lossy.eps_r = 3;
  lossy.sigma = 5;
  magnetic.mu_r = 4;
  magnetic.sigma_m = 1000;
  scene.materials.insert(scene.materials.end(), {dense, lossy, magnetic});
  scene.shapes.push_back({BoxShape{{0, 0, 0}, {1, 1, 5 * d}}, 2, {}});
  scene.shapes.push_back({BoxShape{{0, 0, 0}, {8 * d, 9 * d, 1}}, 3, {}});
  scene.shapes.push_back({BoxShape{{12 * d, 0, 8 * d}, {1, 1, 1}}, 4, {}});
  scene.shapes.push_back({BoxShape{{9 * d, 10 * d, 0}, {10 * d, 11 * d, 1}}, 1, {}});
  Dipole dipole;
  dipole.position_m = {10.5 * d, 7 * d, 8 * d};
  dipole.component = Ex;
  dipole.waveform = pulse(10e9);
  scene.dipoles.push_back(dipole);
  Simulation<float> run(comm, scene);
  run.steps(100);
  const double begin = run.solver.energy().joule;
  double before = begin;
  for (int part = 0; part < 12; ++part) {
    run.steps(1000);
    const double now = run.solver.energy().joule;
    EXPECT_LE(now, 10 * before) << part;    // conductors ring: what is stored at one instant varies
    before = std::max(now, 1e-12 * begin);  // round-off below
  }
  EXPECT_LT(before, 1e-6 * begin);
}

TEST(Sources, InAPerfectConductorAreRefused) {
  const Comm comm(MPI_COMM_WORLD);
  Scene scene = box_scene({12, 12, 12}, {1e-3, 1e-3, 1e-3}, Boundary::pec, 10);
  Dipole dipole;
  dipole.position_m = {6e-3, 6e-3, 6.5e-3};
  dipole.component = Ez;
  dipole.waveform = pulse(1e9);
  dipole.place = {"scene.toml", 12, 3};
  scene.dipoles.push_back(dipole);
  scene.shapes.push_back({BoxShape{{5e-3, 5e-3, 5e-3}, {7e-3, 7e-3, 7e-3}}, 1, {}});
  try {
    Simulation<float> run(comm, scene);
    ADD_FAILURE() << "expected an error";
  } catch (const SharedError& e) {
    EXPECT_NE(std::string(e.what()).find("scene.toml:12"), std::string::npos) << e.what();
    EXPECT_EQ(e.exit_code(), 2);
  }
}

}  // namespace
}  // namespace hilbrick::fdtd::testing
