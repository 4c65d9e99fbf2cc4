// SPDX-License-Identifier: BSD-3-Clause
// Spectra, flux and far fields against closed forms and brute force.
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <spectra.hpp>

#include "simulation.hpp"

namespace hilbrick::fdtd::testing {
namespace {

using std::numbers::pi;

SpectrumRequest normalised_at(std::vector<double> frequencies_hz) {
  SpectrumRequest s;
  s.frequencies_hz = std::move(frequencies_hz);
  s.normalise = true;
  return s;
}

Vec3 cross(const Vec3& a, const Vec3& b) { return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]}; }

/// A dipole with a moment of 1 at the phase centre (Balanis 2016, section 4.2): -jk/(4 pi) (eta0 J_t - r x M).
FarE dipole_far_field(Component c, double frequency_hz, const Direction& d) {
  const double k = 2 * pi * frequency_hz / light_speed_m_s;
  Vec3 moment{};
  moment[axis_of(c)] = 1;
  const Vec3 turned = cross(d.r, moment);
  const double theta = is_electric(c) ? eta0 * dot(moment, d.theta) : -dot(turned, d.theta);
  const double phi = is_electric(c) ? eta0 * dot(moment, d.phi) : -dot(turned, d.phi);
  return {Complex(0, -k / (4 * pi) * theta), Complex(0, -k / (4 * pi) * phi)};
}

TEST(FarField, OfADipoleIsTheClosedForm) {
  const Comm comm(MPI_COMM_WORLD);
  const std::vector<Direction> all = directions(comm, {0, 10, 37, 90, 121, 180}, {0, 45, 90, 200, 311});
  for (const Component c : {Ez, Hx}) {
    const double f = 15e9;
    Scene scene = box_scene({34, 36, 33}, {1e-3, 1.1e-3, 0.9e-3}, Boundary::pml, 700);
    scene.pml_cells = 8;
    Dipole dipole;
    dipole.component = c;
    dipole.position_m = yee_position_m(scene.spacing_m, c, {15, 19, 16});
    dipole.waveform = pulse(f);
    scene.dipoles.push_back(dipole);
    FarFieldRequest wide;
    wide.planes = {{9, 9, 9}, {25, 27, 24}};
    wide.phase_center_m = dipole.position_m;
    wide.spectrum = normalised_at({0.7 * f, f});
    FarFieldRequest tight = wide;
    tight.planes = {{13, 16, 15}, {17, 22, 20}};
    FluxRequest flux;
    flux.planes = {{12, 11, 13}, {20, 24, 21}};
    flux.spectrum = wide.spectrum;
    Simulation<double> run(comm, scene);
    FarFieldMonitor<double> far_wide(comm, scene, run.solver, wide), far_tight(comm, scene, run.solver, tight);
    FluxMonitor<double> through(comm, scene, run.solver, flux);
    for (Index n = 0; n < *scene.steps; ++n) {
      run.solver.step();
      far_wide.record();
      far_tight.record();
      through.record();
    }
    const std::vector<double> crossing = through.power();
    for (std::size_t i = 0; i < 2; ++i) {
      const double at_hz = wide.spectrum.frequencies_hz[i], k = 2 * pi * at_hz / light_speed_m_s;
      const std::vector<FarE> seen = far_wide.far_field(i, all), nearer = far_tight.far_field(i, all);
      const double scale = k / (4 * pi) * (is_electric(c) ? eta0 : 1);
      for (std::size_t n = 0; n < all.size(); ++n) {
        const FarE right = dipole_far_field(c, at_hz, all[n]);
        EXPECT_LT(std::abs(seen[n].theta - right.theta) / scale, 1e-5) << component_names[c] << ", direction " << n;
        EXPECT_LT(std::abs(seen[n].phi - right.phi) / scale, 1e-5) << component_names[c] << ", direction " << n;
        // Where the box lies does not matter: what is left are fields still there at the end.
        EXPECT_LT(std::abs(seen[n].theta - nearer[n].theta) / scale, 1e-6) << component_names[c] << ", direction " << n;
        EXPECT_LT(std::abs(seen[n].phi - nearer[n].phi) / scale, 1e-6) << component_names[c] << ", direction " << n;
      }
      const double right = (is_electric(c) ? eta0 : 1 / eta0) * k * k / (12 * pi), power = far_wide.total_power(i).far;
      EXPECT_NEAR(power / right, 1, 1e-5) << component_names[c];
      const double across = std::norm(seen[0].theta) + std::norm(seen[0].phi), along = 2 * pi / eta0 * across / power;
      if (c == Hx) {
        EXPECT_NEAR(10 * std::log10(along), 1.761, 0.001);
      }
      // The grid's own power in a solid angle is more by (q/k)^2 / product of cos(K_a d_a / 2), q as in far_field.hpp: it is what the flux
      // counts, exactly.
      const double carried = far_wide.total_power(i).grid;
      EXPECT_NEAR(crossing[i] / carried, 1, 1e-4) << component_names[c];
      EXPECT_GT(std::fabs(power / carried - 1), 2e-3) << "the control: the continuum's power is another";
      if (comm.rank() == 0)
        std::printf("%s at %.1f GHz: power / closed form - 1 = %.2e, flux / grid's own - 1 = %.2e, flux / closed form - 1 = %.2e\n",
                    component_names[c], at_hz / 1e9, power / right - 1, crossing[i] / carried - 1, crossing[i] / right - 1);
    }
  }
}

TEST(RunningDft, IsTheSumOverAllSteps) {
  const Comm comm(MPI_COMM_WORLD);
  Scene scene = box_scene({12, 10, 9}, {1e-3, 1e-3, 1e-3}, Boundary::pec, 60);
  scene.boundary[1] = {Boundary::periodic, Boundary::periodic};
  scene.boundary[2] = {Boundary::pec, Boundary::pmc};
  scene.brick = 3;
  Dipole dipole;
  dipole.position_m = {5e-3, 4e-3, 3e-3};
  dipole.waveform = pulse(20e9);
  scene.dipoles.push_back(dipole);
  Simulation<double> run(comm, scene);
  SpectrumRequest request;
  request.frequencies_hz = {3e9, 25e9};
  request.every = 1;
  // Across the end of the period and onto the magnetic wall.
  std::vector<Region> regions;
  for (const Component c : {Ex, Ey, Ez, Hx, Hy, Hz}) regions.push_back({c, {{2, 7, 4}, {9, 11, 10}}});
  RunningDft<double> dft(comm, scene, run.solver, request, regions);
  std::vector<std::vector<Complex>> right(2 * regions.size());
  for (auto& sums : right) sums.resize(static_cast<std::size_t>(regions[0].cells.volume()));
  for (Index n = 1; n <= *scene.steps; ++n) {
    run.solver.step();
    dft.record();
    for (std::size_t r = 0; r < regions.size(); ++r) {
      const auto value = run.gather(regions[r].component);
      for (std::size_t f = 0; f < 2; ++f) {
        const double t = (static_cast<double>(n) + (r < 3 ? 0 : 0.5)) * run.numerics.dt_s;
        const Complex weight = std::polar(run.numerics.dt_s, -2 * pi * request.frequencies_hz[f] * t);
        std::size_t i = 0;
        for_each_cell(regions[r].cells, [&](Int3 c) { right[2 * r + f][i++] += weight * value({c.x, c.y % scene.cells.y, c.z}); });
      }
    }
  }
  for (std::size_t r = 0; r < regions.size(); ++r)
    for (std::size_t f = 0; f < 2; ++f) {
      const std::vector<Complex> found = dft.gather(r, f, regions[r].cells);
      double largest = 0, error = 0;
      for (std::size_t i = 0; i < found.size(); ++i) {
        largest = std::max(largest, std::abs(right[2 * r + f][i]));
        error = std::max(error, std::abs(found[i] - right[2 * r + f][i]));
      }
      EXPECT_GT(largest, 0) << component_names[r];
      EXPECT_LT(error, 1e-12 * largest) << component_names[r];
      Box part = regions[r].cells;
      part.lo = {4, 8, 5};
      part.hi = {6, 11, 7};
      EXPECT_EQ(dft.gather(r, f, part).front(), found[static_cast<std::size_t>(2 + 7 * (1 + 4 * 1))]);
    }
}

TEST(RunningDft, LosesNothingBySkippingSteps) {
  const Comm comm(MPI_COMM_WORLD);
  Scene scene = box_scene({24, 24, 24}, {1e-3, 1e-3, 1e-3}, Boundary::pml, 500);
  scene.pml_cells = 6;
  Dipole dipole;
  dipole.position_m = {12e-3, 12e-3, 12e-3};
  dipole.waveform = pulse(6e9);
  scene.dipoles.push_back(dipole);
  Simulation<double> run(comm, scene);
  SpectrumRequest sparse = normalised_at({4e9, 9e9}), dense = sparse;
  dense.every = 1;
  const Index most = sample_interval(scene, run.numerics, sparse);
  EXPECT_GE(most, 5);
  RunningDft<double> few(comm, scene, run.solver, sparse, {{Ez, {{8, 8, 8}, {16, 16, 16}}}});
  RunningDft<double> all(comm, scene, run.solver, dense, {{Ez, {{8, 8, 8}, {16, 16, 16}}}});
  for (Index n = 0; n < *scene.steps; ++n) {
    run.solver.step();
    few.record();
    all.record();
  }
  for (std::size_t f = 0; f < 2; ++f) {
    const auto a = few.gather(0, f, few.regions()[0].cells), b = all.gather(0, f, few.regions()[0].cells);
    double largest = 0, error = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
      largest = std::max(largest, std::abs(b[i]));
      error = std::max(error, std::abs(a[i] - b[i]));
    }
    EXPECT_LT(error, 1e-6 * largest);
  }
  SpectrumRequest greedy = sparse;
  greedy.every = most + 1;
  EXPECT_THROW(sample_interval(scene, run.numerics, greedy), Error);
  greedy.every = most;
  EXPECT_EQ(sample_interval(scene, run.numerics, greedy), most);
}

TEST(RunningDft, KnowsEveryKindOfSource) {
  Scene dipole = box_scene({24, 24, 24}, {1e-3, 1e-3, 1e-3}, Boundary::pml, 500);
  Scene port = dipole, guide = dipole, two = dipole;
  dipole.dipoles.push_back({{12e-3, 12e-3, 12e-3}, Ez, pulse(6e9), {}});
  port.ports.emplace_back().waveform = pulse(6e9);
  guide.guide_modes.emplace_back().waveform = pulse(6e9);
  two.dipoles.push_back({{12e-3, 12e-3, 12e-3}, Ez, pulse(1e9), {}});
  two.ports.emplace_back().waveform = pulse(6e9);
  const Numerics numerics = numerics_of(dipole);
  const SpectrumRequest request = normalised_at({4e9, 9e9});
  const Index most = sample_interval(dipole, numerics, request);
  EXPECT_EQ(sample_interval(port, numerics, request), most);
  EXPECT_EQ(sample_interval(guide, numerics, request), most);
  EXPECT_EQ(sample_interval(two, numerics, request), most);
  EXPECT_EQ(only_waveform(port), &*port.ports[0].waveform);
  EXPECT_EQ(only_waveform(guide), &guide.guide_modes[0].waveform);
  EXPECT_EQ(only_waveform(two), nullptr);
}

TEST(Rcs, OfAConductingSphereIsMies) {
  const Comm comm(MPI_COMM_WORLD);
  const double d = 1e-3, radius = 6 * d;
  const Index n = 2 * (6 + 3 + 1 + 2 + 8);
  Scene scene = box_scene({n, n, n}, {d, d, d}, Boundary::pml, 600);
  scene.pml_cells = 8;
  scene.brick = 16;
  const Vec3 middle{0.5 * n * d, 0.5 * n * d, 0.5 * n * d};
  scene.shapes.push_back({Ellipsoid{middle, {radius, radius, radius}}, 1, {}});
  PlaneWave wave;
  wave.direction = {1, 0, 0};
  wave.polarization = {0, 0, 1};
  const double half = radius + 3 * d;
  wave.box_low_m = {middle[0] - half, middle[1] - half, middle[2] - half};
  wave.box_high_m = {middle[0] + half, middle[1] + half, middle[2] + half};
  wave.waveform = pulse(light_speed_m_s / (2 * pi * radius));
  scene.plane_waves.push_back(wave);
  FarFieldRequest request;
  request.planes = {{10, 10, 10}, {n - 10, n - 10, n - 10}};
  request.phase_center_m = middle;
  request.spectrum = normalised_at({0.5 * light_speed_m_s / (2 * pi * radius), light_speed_m_s / (2 * pi * radius)});
  Simulation<float> run(comm, scene);
  FarFieldMonitor<float> monitor(comm, scene, run.solver, request);
  for (Index i = 0; i < *scene.steps; ++i) {
    run.solver.step();
    monitor.record();
  }
  const std::array right{0.5296, 3.6376};  // sigma / (pi a^2) at ka = 0.5 and 1
  for (std::size_t f = 0; f < 2; ++f) {
    const FarE back = monitor.far_field(f, {direction_at(90, 180)}).front();
    const double found = rcs_m2(back, 'V') / (pi * radius * radius);
    EXPECT_NEAR(10 * std::log10(found / right[f]), 0, 1.0);
    EXPECT_LT(rcs_m2(back, 'H'), 1e-4 * rcs_m2(back, 'V'));
    const double scattered = monitor.total_power(f).far * 2 * eta0 / (pi * radius * radius);
    if (comm.rank() == 0)
      std::printf("sphere, ka %.1f: sigma / (pi a^2) = %.4f, Mie %.4f; scattering efficiency %.4f\n", 0.5 * static_cast<double>(f + 1),
                  found, right[f], scattered);
  }
}

TEST(SphereRule, IntegratesPolynomials) {
  const Comm comm(MPI_COMM_WORLD);
  const SphereRule rule = sphere_rule(comm, 6);
  double one = 0, z2 = 0, x4y2 = 0, x = 0;
  for (std::size_t i = 0; i < rule.weights.size(); ++i) {
    const Vec3& r = rule.directions[i].r;
    one += rule.weights[i];
    z2 += rule.weights[i] * r[2] * r[2];
    x4y2 += rule.weights[i] * r[0] * r[0] * r[0] * r[0] * r[1] * r[1];
    x += rule.weights[i] * r[0];
  }
  EXPECT_NEAR(one, 4 * pi, 1e-12);
  EXPECT_NEAR(z2, 4 * pi / 3, 1e-12);
  EXPECT_NEAR(x4y2, 4 * pi / 35, 1e-12);
  EXPECT_NEAR(x, 0, 1e-12);
}

}  // namespace
}  // namespace hilbrick::fdtd::testing
