// SPDX-License-Identifier: BSD-3-Clause
// What the scheme conserves and the frequencies it must ring at, in closed boxes: exact answers of the discrete equations.
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "simulation.hpp"

namespace hilbrick::fdtd::testing {
namespace {

using std::numbers::pi;

/// A standing wave of a box: phase advance per cell along each axis, theta = pi m / N for walls of one kind.
struct Mode {
  const char* name;
  Vec3 theta;
  double frequency_ghz;  // computed independently; 0 where the formula alone decides
};

double discrete_frequency(const Numerics& n, const Vec3& theta, double slowness = 1) {
  double k2 = 0;
  for (int a = 0; a < 3; ++a) k2 += std::pow(std::sin(theta[a] / 2) / n.spacing_m[a], 2);
  return std::asin(light_speed_m_s / slowness * n.dt_s * std::sqrt(k2)) / (pi * n.dt_s);
}

/// Starts with the mode's electric field, without divergence: amplitudes orthogonal to the discrete wave vector.
template <class T>
void start_mode(Simulation<T>& run, const Vec3& theta) {
  Vec3 k;
  for (int a = 0; a < 3; ++a) k[a] = 2 / run.numerics.spacing_m[a] * std::sin(theta[a] / 2);
  Vec3 amplitude{};
  int zero = -1;  // an axis along which nothing varies
  for (int a = 0; a < 3; ++a)
    if (theta[a] == 0) zero = a;
  if (zero >= 0)
    amplitude[zero] = 1;
  else
    amplitude = {k[0] * k[2], k[1] * k[2], -(k[0] * k[0] + k[1] * k[1])};
  const double size = std::hypot(amplitude[0], amplitude[1], amplitude[2]);
  for (int c = 0; c < 3; ++c)
    run.set(static_cast<Component>(c), [&, c](Int3 cell) {
      double v = amplitude[c] / size;
      for (int a = 0; a < 3; ++a) {
        const double at = static_cast<double>(cell[a]);
        v *= a == c ? std::cos(theta[a] * (at + 0.5)) : std::sin(theta[a] * at);
      }
      return v;
    });
}

/// The frequency that one value rings at: f[n+1] + f[n-1] = 2 cos(w dt) f[n], fitted over many steps.
template <class T>
double ringing_frequency(Simulation<T>& run, Component c, Int3 cell, Index steps) {
  double before = 0, now = 0, product_sum = 0, square_sum = 0;
  for (Index n = 0; n < steps; ++n) {
    run.solver.step();
    const double next = run.value(c, cell);
    if (n >= 2) {
      product_sum += (next + before) * now;
      square_sum += 2 * now * now;
    }
    before = now;
    now = next;
  }
  return std::acos(product_sum / square_sum) / (2 * pi * run.numerics.dt_s);
}

TEST(Cavity, RingsAtTheDiscreteFrequencies) {
  const Comm comm(MPI_COMM_WORLD);
  const Int3 cells{25, 10, 31};
  const Vec3 spacing{0.05 / 25, 0.02 / 10, 0.06 / 31};
  const auto theta = [&](int m, int n, int p) {
    return Vec3{pi * m / static_cast<double>(cells.x), pi * n / static_cast<double>(cells.y), pi * p / static_cast<double>(cells.z)};
  };
  // Reference frequencies from the discrete dispersion relation, computed independently (GHz).
  for (const Mode& mode :
       {Mode{"TE101", theta(1, 0, 1), 3.901613}, Mode{"TE102", theta(1, 0, 2), 5.823191}, Mode{"TE201", theta(2, 0, 1), 6.486922},
        Mode{"TE202", theta(2, 0, 2), 7.798349}, Mode{"TM110", theta(1, 1, 0), 8.055069}, Mode{"TM111", theta(1, 1, 1), 8.435640}}) {
    Simulation<double> run(comm, box_scene(cells, spacing, Boundary::pec, 1000));
    EXPECT_NEAR(discrete_frequency(run.numerics, mode.theta) / 1e9, mode.frequency_ghz, 6e-7) << mode.name;
    start_mode(run, mode.theta);
    const Component c = mode.theta[1] == 0 ? Ey : Ez;
    const double found = ringing_frequency(run, c, {7, 3, 8}, 300);
    EXPECT_NEAR(found / discrete_frequency(run.numerics, mode.theta), 1, 1e-9) << mode.name;
  }
}

TEST(Cavity, WavesAreSlowerThanLightByTheGridsDispersion) {
  // Errors of the phase speed at 10, 20 and 40 cells in a wavelength of vacuum, Courant number 0.99, along an axis and a diagonal, from
  // the dispersion relation (Taflove and Hagness 2005, 4.5). They go as the inverse square of those cells.
  const Comm comm(MPI_COMM_WORLD);
  constexpr double d = 1e-3;
  const auto expect_error = [&](double frequency_hz, double cells_in_wave, double cells, double error, double tolerance) {
    const double found = frequency_hz * cells_in_wave * d / light_speed_m_s - 1;
    const double expected = error * std::pow(cells * frequency_hz * d / light_speed_m_s, 2);
    EXPECT_NEAR(found / expected, 1, tolerance) << cells;
  };
  for (const auto& [cells, error] : {std::pair{10, -1.14e-2}, {20, -2.79e-3}, {40, -6.94e-4}}) {
    Simulation<double> run(comm, box_scene({cells, 1, 1}, {d, d, d}, Boundary::periodic, 1000));
    run.set(Ez, [n = cells](Int3 cell) { return std::sin(2 * pi * static_cast<double>(cell.x) / n); });
    expect_error(ringing_frequency(run, Ez, {cells / 4, 0, 0}, 100), cells, cells, error, 0.005);
  }
  // One wave along each axis of a cube: some sqrt(3) times as many cells as in a wave along its diagonal.
  for (const auto& [cells, in_table, error] : {std::tuple{17, 10, -1.1e-4}, {69, 40, -6.8e-6}}) {
    Simulation<double> run(comm, box_scene({cells, cells, cells}, {d, d, d}, Boundary::periodic, 1000));
    const double theta = 2 * pi / cells;
    start_mode(run, {theta, theta, theta});
    expect_error(ringing_frequency(run, Ez, {cells / 4, cells / 4, 1}, 40), cells / std::sqrt(3.0), in_table, error, 0.05);
  }
}

TEST(Cavity, RingsInADielectricAndBetweenOtherWalls) {
  const Comm comm(MPI_COMM_WORLD);
  const Int3 cells{12, 9, 10};
  const Vec3 spacing{1e-3, 1.1e-3, 0.9e-3};
  const auto n = [&](int a) { return static_cast<double>(cells[a]); };
  {
    Scene scene = box_scene(cells, spacing, Boundary::pec, 1000);
    Material glass;
    glass.name = "glass";
    glass.eps_r = 4;
    glass.mu_r = 1.5;
    scene.materials.push_back(glass);
    scene.shapes.push_back({BoxShape{{0, 0, 0}, {n(0) * spacing[0], n(1) * spacing[1], n(2) * spacing[2]}}, 2, {}});
    Simulation<double> run(comm, scene);
    const Vec3 theta{pi / n(0), pi / n(1), pi / n(2)};
    start_mode(run, theta);
    EXPECT_NEAR(ringing_frequency(run, Ez, {5, 4, 4}, 300) / discrete_frequency(run.numerics, theta, std::sqrt(6.0)), 1, 1e-9);
  }
  struct Walls {
    std::array<Boundary, 2> faces;
    double half_waves;  // that fit along the axis
  };
  // Between an electric and a magnetic wall an odd number of quarter waves fits: the closing plane lives. On a periodic axis whole waves
  // do.
  for (const Walls& walls : {Walls{{Boundary::pec, Boundary::pmc}, 1.5}, Walls{{Boundary::periodic, Boundary::periodic}, 2}})
    for (int axis = 0; axis < 3; ++axis) {
      Scene scene = box_scene(cells, spacing, Boundary::pec, 1000);
      scene.boundary[axis] = walls.faces;
      Simulation<double> run(comm, scene);
      const int across = (axis + 1) % 3, along = (axis + 2) % 3;
      Vec3 theta{};
      theta[axis] = walls.half_waves * pi / n(axis);
      theta[across] = pi / n(across);
      start_mode(run, theta);
      const double found = ringing_frequency(run, static_cast<Component>(along), {4, 4, 4}, 300);
      EXPECT_NEAR(found / discrete_frequency(run.numerics, theta), 1, 1e-9) << "axis " << axis << ", half waves " << walls.half_waves;
    }
}

TEST(Cavity, MagneticWallsAreTheMirrorOfAWholeBox) {
  // A field symmetric about a plane, in the whole box and in its half with a magnetic wall there: the same values.
  const Comm comm(MPI_COMM_WORLD);
  for (int axis = 0; axis < 3; ++axis)
    for (const bool wall_high : {false, true}) {
      Int3 half_cells{6, 5, 7}, whole_cells = half_cells;
      whole_cells[axis] *= 2;
      const Vec3 spacing{1e-3, 1e-3, 1e-3};
      Scene half = box_scene(half_cells, spacing, Boundary::pec, 100), whole = box_scene(whole_cells, spacing, Boundary::pec, 100);
      half.boundary[axis] = wall_high ? std::array{Boundary::pec, Boundary::pmc} : std::array{Boundary::pmc, Boundary::pec};
      // Distance from the mirror in half cells decides the start; E normal to the mirror and H along it are odd.
      const Index mirror = 2 * half_cells[axis];
      const auto start = [&](Component c, Int3 cell, Index plane) {
        if (is_electric(c))
          for (int a = 0; a < 3; ++a)
            if (a != axis && a != axis_of(c) && cell[a] == 0) return 0.0;
        const Index at = 2 * cell[axis] + half_offset(c)[axis] - plane;
        Int3 place = cell;
        place[axis] = std::abs(at);
        if (is_electric(c) && axis_of(c) != axis && std::abs(at) == mirror) return 0.0;
        const bool odd = is_electric(c) == (axis_of(c) == axis);
        return noise(c, place) * (odd && at < 0 ? -1 : 1);
      };
      Simulation<double> a(comm, half), b(comm, whole);
      for (int c = 0; c < 6; ++c) {
        const auto component = static_cast<Component>(c);
        a.set(component, [&](Int3 cell) { return start(component, cell, wall_high ? mirror : 0); });
        b.set(component, [&](Int3 cell) { return start(component, cell, mirror); });
      }
      a.steps(40);
      b.steps(40);
      double worst = 0;
      for (int c = 0; c < 6; ++c) {
        const auto in_half = a.gather(static_cast<Component>(c)), in_whole = b.gather(static_cast<Component>(c));
        for_each_cell({{0, 0, 0}, half_cells}, [&](Int3 cell) {
          Int3 there = cell;
          if (!wall_high) there[axis] += half_cells[axis];
          worst = std::max(worst, std::fabs(in_half(cell) - in_whole(there)));
        });
      }
      EXPECT_LT(worst, 1e-12) << "axis " << axis << (wall_high ? " high" : " low");
    }
}

/// Noise in E wherever it lives between low electric walls.
template <class T>
void set_noise(Simulation<T>& run) {
  for (const Component c : {Ex, Ey, Ez})
    run.set(c, [&](Int3 cell) {
      for (int a = 0; a < 3; ++a)
        if (a != axis_of(c) && cell[a] == 0 && run.scene.boundary[a][0] == Boundary::pec) return 0.0;
      return noise(c, cell);
    });
}

template <class T>
void energy_stays(const Comm& comm, Scene scene, Index steps, double bound) {
  scene.precision = sizeof(T) == 4 ? Precision::single_ : Precision::double_;
  Simulation<T> run(comm, scene);
  set_noise(run);
  run.steps(1);
  const double first = run.solver.energy().joule;
  EXPECT_GT(first, 0);
  double worst = 0;
  for (Index done = 0; done < steps; done += steps / 20) {
    run.steps(steps / 20);
    worst = std::max(worst, std::fabs(run.solver.energy().joule / first - 1));
  }
  EXPECT_LT(worst, bound);
  if (comm.rank() == 0) std::printf("energy over %lld steps: |W/W0 - 1| <= %.2e\n", static_cast<long long>(steps), worst);
}

TEST(Energy, IsConstantInAClosedBox) {
  const Comm comm(MPI_COMM_WORLD);
  const Index steps = comm.size() == 1 ? 100000 : 4000;
  const Scene scene = box_scene({12, 10, 9}, {1e-3, 1.2e-3, 0.8e-3}, Boundary::pec, steps + 10);
  energy_stays<double>(comm, scene, steps, 1e-11);
  energy_stays<float>(comm, scene, steps, 1e-4);
}

TEST(Energy, IsConstantBetweenMagneticWallsAndPeriods) {
  const Comm comm(MPI_COMM_WORLD);
  Scene scene = box_scene({8, 7, 6}, {1e-3, 1e-3, 1e-3}, Boundary::pmc, 5000);
  energy_stays<double>(comm, scene, 2000, 1e-12);
  scene.boundary[0] = {Boundary::periodic, Boundary::periodic};
  scene.boundary[2] = {Boundary::pec, Boundary::pmc};
  energy_stays<double>(comm, scene, 2000, 1e-12);
}

TEST(Energy, OfOneValueIsTheFormula) {
  const Comm comm(MPI_COMM_WORLD);
  Simulation<double> run(comm, box_scene({6, 6, 6}, {1e-3, 2e-3, 3e-3}, Boundary::pec, 10));
  run.set(Ez, [](Int3 c) { return c == Int3{3, 3, 3} ? 5.0 : 0.0; });
  EXPECT_NEAR(run.solver.energy().joule / (eps0 / 2 * 25 * 6e-9), 1, 1e-12);
}

TEST(Energy, NamesTheFirstValueThatIsNotFinite) {
  const Comm comm(MPI_COMM_WORLD);
  Simulation<double> run(comm, box_scene({6, 6, 6}, {1e-3, 1e-3, 1e-3}, Boundary::pec, 10));
  run.set(Hy, [](Int3 c) { return c.z >= 3 ? std::numeric_limits<double>::infinity() : 0.0; });
  const Energy e = run.solver.energy();
  ASSERT_TRUE(e.not_finite.has_value());
  EXPECT_EQ(e.not_finite->cell, (Int3{0, 0, 3}));
  EXPECT_EQ(e.not_finite->component, Hy);
}

TEST(TimeReversal, ReturnsToTheStart) {
  const Comm comm(MPI_COMM_WORLD);
  const Index steps = 200;
  Simulation<double> run(comm, box_scene({10, 8, 9}, {1e-3, 1.2e-3, 0.8e-3}, Boundary::pec, 1000));
  set_noise(run);
  run.steps(1);
  std::array<std::function<double(Int3)>, 6> start;
  for (int c = 0; c < 6; ++c) start[c] = run.gather(static_cast<Component>(c));
  run.steps(steps);
  // From (E of n + 1, -H of n + 1/2) the same step runs time backwards.
  std::array<std::function<double(Int3)>, 3> h;
  for (int c = 0; c < 3; ++c) h[c] = run.gather(static_cast<Component>(3 + c));
  run.steps(1);
  for (int c = 0; c < 3; ++c) run.set(static_cast<Component>(3 + c), [&](Int3 cell) { return -h[c](cell); });
  run.steps(steps + 1);
  double worst_e = 0;
  for (int c = 0; c < 3; ++c) {
    const auto e = run.gather(static_cast<Component>(c));
    for_each_cell({{0, 0, 0}, run.scene.cells}, [&](Int3 cell) { worst_e = std::max(worst_e, std::fabs(e(cell) - start[c](cell))); });
  }
  EXPECT_LT(worst_e, 1e-12);  // of fields of size 1
  if (comm.rank() == 0) std::printf("time reversal over %lld steps: |E - E0| <= %.2e\n", static_cast<long long>(steps), worst_e);
}

TEST(Divergence, OfBStaysAtRoundOff) {
  const Comm comm(MPI_COMM_WORLD);
  Simulation<double> run(comm, box_scene({10, 8, 9}, {1e-3, 1.2e-3, 0.8e-3}, Boundary::pec, 1000));
  set_noise(run);
  run.steps(500);
  const std::array h{run.gather(Hx), run.gather(Hy), run.gather(Hz)};
  double worst = 0, largest = 0;
  for_each_cell({{0, 0, 0}, run.scene.cells}, [&](Int3 c) {
    double divergence = 0;
    for (int a = 0; a < 3; ++a) {
      const double above = c[a] + 1 < run.scene.cells[a] ? h[a](c + unit(a)) : 0;
      divergence += (above - h[a](c)) / run.scene.spacing_m[a];
      largest = std::max(largest, std::fabs(h[a](c)) / run.scene.spacing_m[a]);
    }
    worst = std::max(worst, std::fabs(divergence));
  });
  EXPECT_LT(worst / largest, 1e-13);
  if (comm.rank() == 0) std::printf("div B after 500 steps: %.2e of its terms\n", worst / largest);
}

TEST(Materials, LossDampsAtTheDiscreteRate) {
  // A uniform field along z between magnetic walls has no curl: E' = ca E, exactly.
  const Comm comm(MPI_COMM_WORLD);
  Scene scene = box_scene({5, 4, 6}, {1e-3, 1e-3, 1e-3}, Boundary::periodic, 100);
  Material lossy;
  lossy.name = "lossy";
  lossy.eps_r = 3;
  lossy.sigma = 2;
  lossy.sigma_m = 1e4;
  scene.materials.push_back(lossy);
  scene.shapes.push_back({BoxShape{{0, 0, 0}, {5e-3, 4e-3, 6e-3}}, 2, {}});
  Simulation<double> run(comm, scene);
  run.set(Ez, [](Int3) { return 1.0; });
  run.set(Hy, [](Int3) { return 1.0; });
  run.steps(10);
  const double se = lossy.sigma * run.numerics.dt_s / (2 * eps0 * 3), sm = lossy.sigma_m * run.numerics.dt_s / (2 * mu0);
  EXPECT_NEAR(run.value(Ez, {2, 1, 3}) / std::pow((1 - se) / (1 + se), 10), 1, 1e-13);
  EXPECT_NEAR(run.value(Hy, {2, 1, 3}) / std::pow((1 - sm) / (1 + sm), 10), 1, 1e-13);
}

}  // namespace
}  // namespace hilbrick::fdtd::testing
