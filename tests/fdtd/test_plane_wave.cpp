// SPDX-License-Identifier: BSD-3-Clause
// Plane waves in total-field boxes against closed forms of the grid and of the continuum.
#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <numbers>
#include <random>

#include "simulation.hpp"

namespace hilbrick::fdtd::testing {
namespace {

using std::numbers::pi;

Waveform tone(double frequency_hz) {
  Waveform w;
  w.kind = Waveform::Kind::cw;
  w.frequency_hz = frequency_hz;
  return w;
}

double dot(const Vec3& a, const Vec3& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }
Vec3 cross(const Vec3& a, const Vec3& b) { return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]}; }
Vec3 unit_of(Vec3 v) {
  const double length = std::sqrt(dot(v, v));
  for (double& component : v) component /= length;
  return v;
}

/// Any direction and polarization.
PlaneWave random_wave(std::mt19937& random) {
  std::normal_distribution<double> normal;
  const auto any = [&] { return unit_of({normal(random), normal(random), normal(random)}); };
  PlaneWave wave;
  wave.direction = any();
  wave.polarization = unit_of(cross(wave.direction, any()));
  return wave;
}

void put_box(PlaneWave& wave, const Scene& scene, Index low, Index high) {
  for (int a = 0; a < 3; ++a) {
    wave.box_low_m[a] = static_cast<double>(low) * scene.spacing_m[a];
    wave.box_high_m[a] = static_cast<double>(high) * scene.spacing_m[a];
  }
}

/// The largest fields of a step in the scattered zone around the box of planes low..high and in the total one, as E.
struct Zones {
  double scattered = 0, total = 0;

  template <class T>
  void see(const Simulation<T>& run, Index low, Index high, double impedance = eta0) {
    for (int c = 0; c < 6; ++c) {
      const double scale = c < 3 ? 1 : impedance;
      const auto f = run.gather(static_cast<Component>(c));
      for_each_cell({{0, 0, 0}, run.scene.cells}, [&](Int3 cell) {
        bool inside = true;
        for (int a = 0; a < 3; ++a) {
          const Index at2 = 2 * cell[a] + half_offset(static_cast<Component>(c))[a];
          inside = inside && at2 >= 2 * low && at2 <= 2 * high;
        }
        double& largest = inside ? total : scattered;
        largest = std::max(largest, std::fabs(f(cell)) * scale);
      });
    }
  }
};

template <class T>
void empty_box_leaks_nothing(double bound) {
  const Comm comm(MPI_COMM_WORLD);
  const double d = 1e-3;
  for (int axis = 0; axis < 3; ++axis)
    for (const int sign : {1, -1})
      for (const double angle : {0.0, pi / 2, 0.3}) {
        Scene scene = box_scene({26, 24, 25}, {d, 1.1 * d, 0.9 * d}, Boundary::pml, 400);
        scene.pml_cells = 5;
        PlaneWave wave;
        put_box(wave, scene, 8, 17);
        wave.direction = wave.polarization = {};
        wave.direction[axis] = sign;
        wave.polarization[(axis + 1) % 3] = std::cos(angle);
        wave.polarization[(axis + 2) % 3] = std::sin(angle);
        wave.waveform = pulse(12e9);
        scene.plane_waves.push_back(wave);
        Simulation<T> run(comm, scene);
        Zones zones;
        for (int part = 0; part < 8; ++part) {
          run.steps(50);
          zones.see(run, 8, 17);
        }
        EXPECT_GT(zones.total, 0.5);
        EXPECT_LT(zones.total, 1.1);
        EXPECT_LT(zones.scattered / zones.total, bound) << "axis " << axis << " sign " << sign << " angle " << angle;
      }
}

TEST(PlaneWave, AnEmptyBoxLeaksNothingDouble) { empty_box_leaks_nothing<double>(1e-13); }
TEST(PlaneWave, AnEmptyBoxLeaksNothingSingle) { empty_box_leaks_nothing<float>(2e-6); }

TEST(PlaneWave, IsTheWaveformAtTheFaceItEntersBy) {
  const Comm comm(MPI_COMM_WORLD);
  const double d = 1e-3;
  for (const int sign : {1, -1}) {
    Scene scene = box_scene({40, 12, 12}, {d, d, d}, Boundary::periodic, 500);
    scene.boundary[0] = {Boundary::pml, Boundary::pml};
    PlaneWave wave;
    wave.box_low_m = {14 * d, 0, 0};
    wave.box_high_m = {26 * d, 12 * d, 12 * d};
    wave.direction = {static_cast<double>(sign), 0, 0};
    wave.polarization = {0, 0.6, 0.8};
    wave.waveform = pulse(5e9);
    wave.waveform.amplitude = 3;
    scene.plane_waves.push_back(wave);
    Simulation<double> run(comm, scene);
    double worst = 0;
    const Index entry = sign > 0 ? 14 : 26;
    for (Index n = 1; n <= *scene.steps; ++n) {
      run.solver.step();
      const double exact = value_at(wave.waveform, static_cast<double>(n) * run.numerics.dt_s);
      worst =
          std::max({worst, std::fabs(run.value(Ey, {entry, 5, 6}) - 0.6 * exact), std::fabs(run.value(Ez, {entry, 5, 6}) - 0.8 * exact)});
    }
    EXPECT_LT(worst, 3 * 2e-3) << sign;
  }
}

/// A component of the grid's own plane wave of wavenumber k: its amplitude for E = 1 along the polarization (H in 1/eta), from the
/// wavenumbers K_i that differences see; the wave's part along K is taken out.
double exact_amplitude(const PlaneWave& wave, const Vec3& spacing_m, double k, int component) {
  Vec3 seen;
  for (int a = 0; a < 3; ++a) seen[a] = 2 * std::sin(k * wave.direction[a] * spacing_m[a] / 2) / spacing_m[a];
  seen = unit_of(seen);
  const int a = component % 3;
  return component < 3 ? wave.polarization[a] - seen[a] * dot(seen, wave.polarization) : cross(seen, wave.polarization)[a];
}

TEST(PlaneWave, SignalsAreTheGridsOwnPlaneWave) {
  std::mt19937 random(5);
  std::uniform_real_distribution<double> uniform(0.5, 1.5);
  double worst = 0, control = 0;
  for (int trial = 0; trial < 200; ++trial) {
    Scene scene = box_scene({30, 30, 30}, {uniform(random), uniform(random), uniform(random)}, Boundary::pec, 1);
    PlaneWave wave = random_wave(random);
    put_box(wave, scene, 5, 25);
    const WaveLine line = wave_line(scene, numerics_of(scene), wave);
    const double k = 2 * pi / 15 / *std::max_element(scene.spacing_m.begin(), scene.spacing_m.end()), q = k * line.spacing_m;
    // The line turns E into H with one fifth difference more than the grid: its H is larger by this.
    const double s = 2 * std::sin(q / 2), h_of_line = 1 + line.fifth * std::pow(s, 4);
    for (int c = 0; c < 6; ++c) {
      std::vector<double> values;
      for (Index j = 0; j < line.nodes; ++j) values.push_back((c < 3 ? 1 : h_of_line) * std::cos(q * static_cast<double>(j)));
      IncidentSignal<double> signal(line.signals[static_cast<std::size_t>(c)], line.nodes);
      for (const double node : {7.0, 9.37, 12.5, 20.999}) {
        signal.include(node);
        signal.follow(values);
        const double right = std::cos(q * node), found = signal.at(signal.values(), signal.parts * node);
        worst = std::max(worst, std::fabs(found - exact_amplitude(wave, scene.spacing_m, k, c) * right));
        const double plain = c < 3 ? wave.polarization[c] : cross(wave.direction, wave.polarization)[c - 3];
        control = std::max(control, std::fabs(plain * right - exact_amplitude(wave, scene.spacing_m, k, c) * right));
      }
    }
  }
  EXPECT_LT(worst, 7e-5);
  EXPECT_GT(control, 1e-3) << "the control: right angles to the direction instead of what differences see";
}

TEST(PlaneWave, LineHasTheGridsDispersion) {
  std::mt19937 random(6);
  std::uniform_real_distribution<double> uniform(0.5, 1.5);
  for (int trial = 0; trial < 1000; ++trial) {
    Scene scene = box_scene({30, 30, 30}, {uniform(random), uniform(random), uniform(random)}, Boundary::pec, 1);
    PlaneWave wave = random_wave(random);
    put_box(wave, scene, 5, 25);
    const WaveLine line = wave_line(scene, numerics_of(scene), wave);
    const double k = 2 * pi / 15 / *std::max_element(scene.spacing_m.begin(), scene.spacing_m.end());
    double grid = 0;
    for (int a = 0; a < 3; ++a) grid += std::pow(2 * std::sin(k * wave.direction[a] * scene.spacing_m[a] / 2) / scene.spacing_m[a], 2);
    const double s = 2 * std::sin(k * line.spacing_m / 2), on_line = s / line.spacing_m * std::sqrt(1 + 2 * line.fifth * std::pow(s, 4));
    EXPECT_NEAR(on_line / std::sqrt(grid), 1, 2e-7);
    // Stable: the shortest wave on the line turns by at most half a period in a step.
    const double shortest = 2 / line.spacing_m * std::sqrt(1 + 32 * line.fifth);
    EXPECT_LE(shortest * light_speed_m_s * numerics_of(scene).dt_s / 2, 1);
  }
}

/// A cube of 30 cells in layers with a wave in the middle 18; the wave's coarsest cells are a 15th of its wavelength.
Scene oblique_scene(std::mt19937& random, double eps_r = 1, double mu_r = 1) {
  std::uniform_real_distribution<double> uniform(0.7e-3, 1.3e-3);
  Scene scene = box_scene({30, 30, 30}, {uniform(random), uniform(random), uniform(random)}, Boundary::pml, 240);
  scene.pml_cells = 5;
  PlaneWave wave = random_wave(random);
  put_box(wave, scene, 6, 24);
  const double coarsest = *std::max_element(scene.spacing_m.begin(), scene.spacing_m.end());
  wave.waveform = tone(light_speed_m_s / std::sqrt(eps_r * mu_r) / (15 * coarsest));
  scene.plane_waves.push_back(wave);
  if (eps_r != 1 || mu_r != 1) {
    Material m;
    m.name = "background";
    m.eps_r = eps_r;
    m.mu_r = mu_r;
    scene.materials.push_back(m);
    scene.shapes.push_back({BoxShape{{0, 0, 0}, {1, 1, 1}}, 2, {}});
  }
  return scene;
}

template <class T>
double leak_db(const Comm& comm, const Scene& scene) {
  Simulation<T> run(comm, scene);
  const Material& m = scene.materials.back();
  const double impedance = m.pec ? eta0 : eta0 * std::sqrt(m.mu_r / m.eps_r);
  Zones zones;
  for (int part = 0; part < 12; ++part) {
    run.steps(20);
    zones.see(run, 6, 24, impedance);
  }
  EXPECT_GT(zones.total, 0.4);
  EXPECT_LT(zones.total, 1.1);
  return 20 * std::log10(zones.scattered / zones.total);
}

TEST(PlaneWave, LeaksLittleAtAnyAngle) {
  const Comm comm(MPI_COMM_WORLD);
  std::mt19937 random(1);
  double worst = -1000;
  for (int trial = 0; trial < 12; ++trial) {
    const Scene scene = oblique_scene(random);
    worst = std::max(worst, trial % 2 ? leak_db<float>(comm, scene) : leak_db<double>(comm, scene));
  }
  if (comm.rank() == 0) std::printf("plane wave, leak at 15 cells per wavelength, 12 directions: %.1f dB\n", worst);
  EXPECT_LT(worst, -90);
}

TEST(PlaneWave, LeaksLittleInAMaterial) {
  const Comm comm(MPI_COMM_WORLD);
  std::mt19937 random(2);
  EXPECT_LT(leak_db<double>(comm, oblique_scene(random, 2.25, 1.3)), -90);
}

/// The wave in the continuum: E along the polarization, H across, both late by the way from the corner that the wave meets first.
void is_the_closed_form(const Comm& comm, double eps_r, double mu_r) {
  std::mt19937 random(3);
  for (int trial = 0; trial < 4; ++trial) {
    Scene scene = oblique_scene(random, eps_r, mu_r);
    PlaneWave& wave = scene.plane_waves.front();
    wave.waveform = pulse(wave.waveform.frequency_hz / 4);  // some 60 cells per wavelength
    wave.waveform.amplitude = 3;
    scene.steps = 420;
    Simulation<double> run(comm, scene);
    Vec3 corner;
    for (int a = 0; a < 3; ++a) corner[a] = wave.direction[a] > 0 ? wave.box_low_m[a] : wave.box_high_m[a];
    const double slowness = std::sqrt(eps_r * mu_r) / light_speed_m_s, impedance = eta0 * std::sqrt(mu_r / eps_r);
    const Vec3 magnetic = cross(wave.direction, wave.polarization);
    double worst = 0;
    for (Index n = 1; n <= *scene.steps; ++n) {
      run.solver.step();
      for (int c = 0; c < 6; ++c) {
        const Int3 cell{7 + 2 * c, 22 - 3 * c, 12};
        Vec3 way = yee_position_m(scene.spacing_m, static_cast<Component>(c), cell);
        for (int a = 0; a < 3; ++a) way[a] -= corner[a];
        const double t = (static_cast<double>(n) + (c < 3 ? 0 : 0.5)) * run.numerics.dt_s - dot(way, wave.direction) * slowness;
        const double exact = (c < 3 ? wave.polarization[c] : magnetic[c - 3] / impedance) * value_at(wave.waveform, t);
        worst = std::max(worst, std::fabs(run.value(static_cast<Component>(c), cell) - exact) * (c < 3 ? 1 : impedance));
      }
    }
    EXPECT_LT(worst, 3 * 6e-3);
  }
}

TEST(PlaneWave, IsTheClosedFormInside) { is_the_closed_form(Comm(MPI_COMM_WORLD), 1, 1); }
TEST(PlaneWave, IsTheClosedFormInAMaterial) { is_the_closed_form(Comm(MPI_COMM_WORLD), 2.25, 1.3); }

TEST(PlaneWave, OfARestartIsThatOfANewSolver) {
  const Comm comm(MPI_COMM_WORLD);
  std::mt19937 random(4);
  const Scene first = oblique_scene(random);
  Scene second = first;
  PlaneWave& other = second.plane_waves.front();
  std::swap(other.direction, other.polarization);
  Simulation<float> fresh(comm, second), again(comm, first);
  fresh.steps(60);
  again.steps(70);
  EXPECT_NE(again.solver.digest(), fresh.solver.digest());
  again.solver.restart(second.plane_waves, {});
  EXPECT_EQ(again.solver.steps_done(), 0);
  again.steps(60);
  EXPECT_EQ(again.solver.digest(), fresh.solver.digest());
}

TEST(PlaneWave, BodiesAcrossItsBoxAreNamed) {
  const Comm comm(MPI_COMM_WORLD);
  const auto told = [&](double eps_r, double mu_r, const std::function<void(Scene&, const PlaneWave&)>& add) {
    std::mt19937 random(8);
    Scene scene = oblique_scene(random, eps_r, mu_r);
    PlaneWave& wave = scene.plane_waves.front();
    wave.place = {"scene.toml", 12, 3};
    add(scene, wave);
    ::testing::internal::CaptureStderr();
    { const Simulation<float> run(comm, scene); }
    return ::testing::internal::GetCapturedStderr();
  };
  const auto block = [](double cells_over, int material) {
    return [=](Scene& s, const PlaneWave& w) {
      Material ferrite;
      ferrite.name = "ferrite";
      ferrite.mu_r = 2;
      s.materials.push_back(ferrite);
      BoxShape box{};
      for (int a = 0; a < 3; ++a) {
        box.low_m[a] = (w.box_low_m[a] + w.box_high_m[a]) / 2;
        box.high_m[a] = a == 1 ? w.box_high_m[1] + cells_over * s.spacing_m[1] : box.low_m[a] + 4 * s.spacing_m[a];
      }
      s.shapes.push_back({box, material < 0 ? static_cast<int>(s.materials.size()) - 1 : material, {}});
    };
  };
  const auto expect_told = [&](const std::string& text) {
    const std::string words = "warning: scene.toml:12:3: a body touches or crosses the faces of the plane wave's box, at (";
    EXPECT_EQ(text.substr(0, words.size()), comm.rank() == 0 ? words : "") << text;
  };
  for (const int material : {1, -1}) {  // a conductor; a material that only H sees
    expect_told(told(1, 1, block(2, material)));
    EXPECT_EQ(told(1, 1, block(-2, material)), "");
  }
  expect_told(told(2.25, 1.3, block(2, 0)));  // a hole in the medium around
  EXPECT_EQ(told(2.25, 1.3, [](Scene&, const PlaneWave&) {}), "");
}

TEST(PlaneWave, InALossyMaterialIsRefused) {
  const Comm comm(MPI_COMM_WORLD);
  std::mt19937 random(7);
  Scene scene = oblique_scene(random, 2, 1);
  scene.materials[2].sigma = 1;
  scene.plane_waves.front().place = {"scene.toml", 12, 3};
  try {
    Simulation<float> run(comm, scene);
    ADD_FAILURE() << "expected an error";
  } catch (const SharedError& e) {
    EXPECT_NE(std::string(e.what()).find("scene.toml:12:3: expected a plane wave's box in a material without loss or poles"),
              std::string::npos)
        << e.what();
    EXPECT_EQ(e.exit_code(), 2);
  }
}

}  // namespace
}  // namespace hilbrick::fdtd::testing
