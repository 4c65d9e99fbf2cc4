// SPDX-License-Identifier: BSD-3-Clause
// Bodies whose surfaces do not lie on the grid's planes, against closed forms: cavities that ring, energies that stay.
#include <gtest/gtest.h>

#include <averaging.hpp>
#include <cmath>
#include <complex>
#include <conformal.hpp>
#include <elements.hpp>
#include <numbers>
#include <optional>

#include "simulation.hpp"

namespace hilbrick::fdtd::testing {
namespace {

using std::numbers::pi;

/// Spherical Bessel functions of order 1: regular and not.
double j1(double x) { return std::sin(x) / (x * x) - std::cos(x) / x; }
double y1(double x) { return -std::cos(x) / (x * x) - std::sin(x) / x; }
/// (x f)' of these: x f0 - f1.
double j1_slope(double x) { return std::sin(x) - j1(x); }
double y1_slope(double x) { return -std::cos(x) - y1(x); }

template <class F>
double root(F&& f, double low, double high) {
  for (int i = 0; i < 100; ++i) {
    const double middle = (low + high) / 2;
    ((f(middle) > 0) == (f(low) > 0) ? low : high) = middle;
  }
  return low;
}

/// A standing wave: its angular wave number in vacuum, and its E and where eps applies at points from its centre.
struct Wave {
  double k;
  std::function<Vec3(Vec3)> field;
  std::function<double(Vec3)> eps_r;
};

/// In a ball of radius a with n inside radius b < a: magnetic waves have E around the axis, electric ones H.
Wave ball_wave(bool electric, double a, double b, double n) {
  // H (electric) or E (magnetic) around the axis is f(r) sin(theta): j1 inside, a mixture outside that fits the wall.
  const auto mixture = [=](double k) {
    return electric ? std::array{y1_slope(k * a), -j1_slope(k * a)} : std::array{y1(k * a), -j1(k * a)};
  };
  const auto mismatch = [=](double k) {
    const auto [p, q] = mixture(k);
    const double outside = p * j1(k * b) + q * y1(k * b), slope = p * j1_slope(k * b) + q * y1_slope(k * b);
    return j1(n * k * b) * slope - outside * j1_slope(n * k * b) / (electric ? n * n : 1);
  };
  // The lowest root.
  double k = 0.5 / a;
  while (mismatch(k) * mismatch(k + 0.02 / a) > 0) k += 0.02 / a;
  k = root(mismatch, k, k + 0.02 / a);
  const auto [p, q] = mixture(k);
  const double scale = j1(n * k * b) / (p * j1(k * b) + q * y1(k * b));
  const auto radial = [=](double r) {  // f and (r f)' / r
    const double x = (r < b ? n : 1) * k * r;
    if (r < b) return std::array{j1(x), j1_slope(x) / r};
    return std::array{scale * (p * j1(x) + q * y1(x)), scale * (p * j1_slope(x) + q * y1_slope(x)) / r};
  };
  const auto field = [=](Vec3 at) -> Vec3 {
    const double r = std::hypot(at[0], at[1], at[2]), rho = std::hypot(at[0], at[1]);
    if (r >= a || r == 0) return {};
    const auto [f, g] = radial(r);
    const double eps = r < b ? n * n : 1;
    if (!electric) return {-f * at[1] / r, f * at[0] / r, 0};
    const double e_r = 2 * f / r * at[2] / r / eps, e_theta = -g * rho / r / eps;  // curl of f sin(theta) around the axis, over eps
    if (rho == 0) return {0, 0, e_r * at[2] / r};
    const double out = e_r * rho / r + e_theta * at[2] / r;
    return {out * at[0] / rho, out * at[1] / rho, e_r * at[2] / r - e_theta * rho / r};
  };
  return {k, field, [=](Vec3 at) { return std::hypot(at[0], at[1], at[2]) < b ? n * n : 1; }};
}

/// How far a wave rings from its closed form, relative: by what of it is left in the field at each step.
double detuning(const Comm& comm, const Scene& scene, const Wave& wave, const Vec3& center, double periods) {
  Simulation<double> run(comm, scene);
  const auto at = [&](int c, Int3 cell) {
    Vec3 p = yee_position_m(scene.spacing_m, static_cast<Component>(c), cell);
    for (int a = 0; a < 3; ++a) p[a] -= center[a];
    return p;
  };
  for (int c = 0; c < 3; ++c) run.set(static_cast<Component>(c), [&, c](Int3 cell) { return wave.field(at(c, cell))[c]; });
  struct Part {
    const double* value;
    double weight;
  };
  std::vector<Part> parts;
  for (int c = 0; c < 3; ++c) {
    const Field<double>& field = run.solver.field(static_cast<Component>(c));
    for (std::size_t b = 0; b < field.blocks().size(); ++b)
      for_each_cell(field.blocks()[b].owned, [&](Int3 cell) {
        const double weight = wave.field(at(c, cell))[c] * wave.eps_r(at(c, cell));
        if (weight != 0) parts.push_back({&field.at(b, cell), weight});
      });
  }
  double before = 0, now = 0, products = 0, squares = 0;
  const double step = wave.k * light_speed_m_s * run.numerics.dt_s;
  const auto steps = static_cast<Index>(periods * 2 * pi / step);
  for (Index n = 0; n < steps; ++n) {
    run.solver.step();
    double next = 0;
    for (const Part& part : parts) next += *part.value * part.weight;
    MPI_Allreduce(MPI_IN_PLACE, &next, 1, MPI_DOUBLE, MPI_SUM, comm.get());
    if (n >= 2) {
      products += (next + before) * now;
      squares += 2 * now * now;
    }
    before = now;
    now = next;
  }
  return std::acos(products / squares) / step - 1;
}

constexpr double h = 1e-3;

void treat(Scene& scene, bool fitted) {
  scene.conformal_conductors = fitted;
  scene.averaged_interfaces = fitted;
}

/// A ball of vacuum in a conductor, with a ball of glass in it when n > 1.
double ball_detuning(const Comm& comm, bool electric, double radius_cells, double glass_share, double n, bool fitted) {
  const auto cells = static_cast<Index>(2 * std::ceil(radius_cells) + 3);
  Scene scene = box_scene({cells, cells, cells}, {h, h, h}, Boundary::pec, 100000);
  scene.brick = 16;
  const double a = radius_cells * h, end = static_cast<double>(cells) * h;
  const Vec3 center{end / 2 + 0.13 * h, end / 2 - 0.21 * h, end / 2 + 0.37 * h};
  scene.shapes.push_back({BoxShape{{0, 0, 0}, {end, end, end}}, 1, {}});
  scene.shapes.push_back({Ellipsoid{center, {a, a, a}}, 0, {}});
  Material glass;
  glass.name = "glass";
  glass.eps_r = n * n;
  scene.materials.push_back(glass);
  const double b = glass_share * a;
  if (n > 1) scene.shapes.push_back({Ellipsoid{center, {b, b, b}}, 2, {}});
  treat(scene, fitted);
  return detuning(comm, scene, ball_wave(electric, a, b, n), center, 12);
}

/// A square hole, turned by an angle, in a conductor: E across, uniform along z.
double turned_detuning(const Comm& comm, double edge_cells, double degrees, bool fitted) {
  const auto cells = static_cast<Index>(std::ceil(1.42 * edge_cells)) + 3;
  Scene scene = box_scene({cells, cells, 2}, {h, h, h}, Boundary::pec, 100000);
  scene.boundary[2] = {Boundary::periodic, Boundary::periodic};
  const double end = static_cast<double>(cells) * h, size = edge_cells * h, angle = degrees * pi / 180;
  const Vec3 center{end / 2 + 0.13 * h, end / 2 - 0.21 * h, 0};
  const auto corner = [&](double u, double v) {
    return Vec3{center[0] + size / 2 * (u * std::cos(angle) - v * std::sin(angle)),
                center[1] + size / 2 * (u * std::sin(angle) + v * std::cos(angle)), -h};
  };
  scene.shapes.push_back({BoxShape{{0, 0, 0}, {end, end, 2 * h}}, 1, {}});
  for (const double side : {-1.0, 1.0})
    scene.shapes.push_back({Prism{{{corner(-1, -1), corner(1, 1), corner(side, -side)}}, {0, 0, 0}, {0, 0, 4 * h}}, 0, {}});
  treat(scene, fitted);
  const Wave wave{pi / size,
                  [=](Vec3 at) -> Vec3 {
                    const double u = at[0] * std::cos(angle) + at[1] * std::sin(angle),
                                 v = -at[0] * std::sin(angle) + at[1] * std::cos(angle);
                    if (std::fabs(u) > size / 2 || std::fabs(v) > size / 2) return {};
                    const double e = std::cos(pi * u / size);  // along v
                    return {-e * std::sin(angle), e * std::cos(angle), 0};
                  },
                  [](Vec3) { return 1.0; }};
  return detuning(comm, scene, wave, center, 12);
}

TEST(Waves, HaveTheKnownNumbers) {
  EXPECT_NEAR(ball_wave(true, 1, 0.5, 1).k, 2.743707, 1e-6);
  EXPECT_NEAR(ball_wave(false, 1, 0.5, 1).k, 4.493409, 1e-6);
  // E's normal jumps by eps, its tangential part does not, and none is left along the wall.
  for (const bool electric : {true, false}) {
    const Wave wave = ball_wave(electric, 1, 0.6, 2);
    const Vec3 direction{0.48, 0.6, 0.64};
    const auto at = [&](double r) { return wave.field({r * direction[0], r * direction[1], r * direction[2]}); };
    const Vec3 in = at(0.6 - 1e-9), out = at(0.6 + 1e-9), wall = at(1 - 1e-9);
    double normal_in = 0, normal_out = 0, normal_wall = 0;
    for (int a = 0; a < 3; ++a) {
      normal_in += in[a] * direction[a];
      normal_out += out[a] * direction[a];
      normal_wall += wall[a] * direction[a];
    }
    EXPECT_NEAR(4 * normal_in, normal_out, 1e-6);
    for (int a = 0; a < 3; ++a) {
      EXPECT_NEAR(in[a] - normal_in * direction[a], out[a] - normal_out * direction[a], 1e-6);
      EXPECT_NEAR(wall[a], normal_wall * direction[a], 1e-6);
    }
  }
}

TEST(Conductors, RingAsTheirShapeNotItsStaircase) {
  const Comm comm(MPI_COMM_WORLD);
  for (const bool electric : {true, false}) {
    EXPECT_LT(std::fabs(ball_detuning(comm, electric, 8.6, 0.5, 1, true)), 3e-3);
    EXPECT_GT(std::fabs(ball_detuning(comm, electric, 8.6, 0.5, 1, false)), 1e-2);  // the control
  }
  EXPECT_LT(std::fabs(turned_detuning(comm, 20.3, 30, true)), 3e-3);
  EXPECT_GT(std::fabs(turned_detuning(comm, 20.3, 30, false)), 1e-2);
}

TEST(Dielectrics, RingAsTheirShapeNotItsStaircase) {
  const Comm comm(MPI_COMM_WORLD);
  EXPECT_LT(std::fabs(ball_detuning(comm, true, 9.4, 0.6, 2, true)), 4.5e-3);
  EXPECT_GT(std::fabs(ball_detuning(comm, true, 9.4, 0.6, 2, false)), 3e-2);  // the control
  EXPECT_LT(std::fabs(ball_detuning(comm, false, 9.4, 0.6, 2, true)), 4.5e-3);
}

/// A box of `cells` cells along an axis, half of it filled with glass (n = 2) up to between two planes: E along the axis before.
double slab_detuning(const Comm& comm, int axis, Index cells, bool fitted) {
  Int3 size{2, 2, 2};
  size[axis] = cells;
  Scene scene = box_scene(size, {h, h, h}, Boundary::periodic, 100000);
  scene.boundary[static_cast<std::size_t>(axis)] = {Boundary::pec, Boundary::pec};
  scene.brick = 16;
  const double end = static_cast<double>(cells) * h, b = 0.4937 * end, n = 2;
  Material glass;
  glass.name = "glass";
  glass.eps_r = n * n;
  scene.materials.push_back(glass);
  BoxShape slab{{0, 0, 0}, {2 * h, 2 * h, 2 * h}};
  slab.high_m[static_cast<std::size_t>(axis)] = b;
  scene.shapes.push_back({slab, 2, {}});
  treat(scene, fitted);
  // E and its slope meet.
  const auto mismatch = [=](double k) {
    return n * std::cos(n * k * b) * std::sin(k * (end - b)) + std::sin(n * k * b) * std::cos(k * (end - b));
  };
  const double k = root(mismatch, 0.5 * pi / (n * end), pi / end);
  const double scale = std::sin(n * k * b) / std::sin(k * (end - b));
  const Wave wave{k,
                  [=](Vec3 at) -> Vec3 {
                    const double x = at[static_cast<std::size_t>(axis)];
                    Vec3 e{};
                    e[static_cast<std::size_t>((axis + 2) % 3)] = x < b ? std::sin(n * k * x) : scale * std::sin(k * (end - x));
                    return e;
                  },
                  [=](Vec3 at) { return at[static_cast<std::size_t>(axis)] < b ? n * n : 1; }};
  return detuning(comm, scene, wave, {0, 0, 0}, 12);
}

TEST(Dielectrics, ASlabMayEndAnywhere) {
  const Comm comm(MPI_COMM_WORLD);
  for (int axis = 0; axis < 3; ++axis) {
    const auto error = [&](Index cells, bool fitted) { return std::fabs(slab_detuning(comm, axis, cells, fitted)); };
    for (const Index cells : {20, 40, 60}) EXPECT_LT(error(cells, true), 0.1 * error(cells, false)) << axis << " " << cells;
    EXPECT_LT(error(120, true), error(20, true) / 20) << axis;  // order 2 makes 36
  }
}

/// Layers of glass (n = 2) across (2, 1, 1) of a periodic cube, four of them, and a wave that goes through at an angle: E along the layers
/// (`electric`), or H.
struct Layers {
  double size, share = 0.43, shift = 0.17;
  Vec3 normal{2 / std::sqrt(6.0), 1 / std::sqrt(6.0), 1 / std::sqrt(6.0)};

  double period() const { return size / std::sqrt(6.0); }
  void add_to(Scene& scene, int material) const {
    const Vec3 along{0, std::sqrt(0.5), -std::sqrt(0.5)};
    const Vec3 third{-1 / std::sqrt(3.0), 1 / std::sqrt(3.0), 1 / std::sqrt(3.0)};
    for (int layer = -1; layer < 5; ++layer) {
      Prism prism{{}, {0, 0, 0}, {}};
      const double to_middle = (normal[0] + normal[1] + normal[2]) * size / 2;
      for (std::size_t a = 0; a < 3; ++a) {
        const double from = size / 2 + normal[a] * ((layer + shift) * period() - to_middle);
        prism.to_m[a] = share * period() * normal[a];
        prism.triangle_m[0][a] = from + 20 * size * third[a];
        prism.triangle_m[1][a] = from - 10 * size * third[a] + 20 * size * along[a];
        prism.triangle_m[2][a] = from - 10 * size * third[a] - 20 * size * along[a];
      }
      scene.shapes.push_back({prism, material, {}});
    }
  }
  /// By what a layer and the gap after it do to the field along the layers and its slope (Born and Wolf 1980, 1.6).
  Wave wave(bool electric) const {
    using Complex = std::complex<double>;
    const Layers l = *this;
    // exp(j q.r) along the layers, exp(j q_n period) from one to the next: one wave in the cube, along z.
    const double q = 2 * pi / size, q_n = q * normal[2];
    Vec3 side{-q_n * normal[0], -q_n * normal[1], q - q_n * normal[2]};
    const double q_t = std::hypot(side[0], side[1], side[2]);
    for (double& component : side) component /= q_t;
    const Vec3 across{normal[1] * side[2] - normal[2] * side[1], normal[2] * side[0] - normal[0] * side[2],
                      normal[0] * side[1] - normal[1] * side[0]};
    using State = std::array<Complex, 2>;  // the field across both, and its slope, of H over eps
    const auto moved = [=](double k, double eps, double d, State s) -> State {
      const Complex k_n = std::sqrt(Complex(eps * k * k - q_t * q_t, 0));
      const double scale = electric ? 1 : eps;
      return {s[0] * std::cos(k_n * d) + s[1] * scale * std::sin(k_n * d) / k_n,
              -s[0] * k_n / scale * std::sin(k_n * d) + s[1] * std::cos(k_n * d)};
    };
    const double thick = share * period(), gap = period() - thick;
    const auto through = [=](double k, State s) { return moved(k, 1, gap, moved(k, 4, thick, s)); };
    const auto mismatch = [=](double k) { return (through(k, {1, 0})[0] + through(k, {0, 1})[1]).real() / 2 - std::cos(q_n * l.period()); };
    double k = 0.51 * q_t;
    while (mismatch(k) * mismatch(k + 0.01 / size) > 0) k += 0.01 / size;
    k = root(mismatch, k, k + 0.01 / size);
    const Complex turn = std::exp(Complex(0, q_n * period()));
    const State first{1, (turn - through(k, {1, 0})[0]) / through(k, {0, 1})[0]};
    const auto depth = [=](Vec3 at) { return at[0] * l.normal[0] + at[1] * l.normal[1] + at[2] * l.normal[2] - l.shift * l.period(); };
    const auto eps_r = [=](Vec3 at) {
      const double d = depth(at) / l.period();
      return d - std::floor(d) < l.share ? 4.0 : 1.0;
    };
    return {k,
            [=](Vec3 at) -> Vec3 {
              const double periods = std::floor(depth(at) / l.period()), d = depth(at) - periods * l.period();
              const State s = d < thick ? moved(k, 4, d, first) : moved(k, 1, d - thick, moved(k, 4, thick, first));
              const Complex phase =
                  std::exp(Complex(0, q_n * l.period() * periods + q_t * (at[0] * side[0] + at[1] * side[1] + at[2] * side[2])));
              const Complex along_n = -q_t * s[0] / eps_r(at), along_side = -Complex(0, 1) * s[1];
              Vec3 e;
              for (std::size_t a = 0; a < 3; ++a)
                e[a] = (phase * (electric ? s[0] * across[a] : along_n * l.normal[a] + along_side * side[a])).real();
              return e;
            },
            eps_r};
  }
};

double layers_detuning(const Comm& comm, bool electric, Index cells, bool fitted) {
  Scene scene = box_scene({cells, cells, cells}, {h, h, h}, Boundary::periodic, 100000);
  scene.brick = 16;
  Material glass;
  glass.name = "glass";
  glass.eps_r = 4;
  scene.materials.push_back(glass);
  const Layers layers{static_cast<double>(cells) * h};
  layers.add_to(scene, 2);
  treat(scene, fitted);
  return detuning(comm, scene, layers.wave(electric), {0, 0, 0}, 8);
}

TEST(Dielectrics, LayersMayLieAskew) {
  const Comm comm(MPI_COMM_WORLD);
  for (const bool electric : {true, false}) {
    const auto error = [&](Index cells, bool fitted) { return std::fabs(layers_detuning(comm, electric, cells, fitted)); };
    const double coarse = error(14, true), fine = error(28, true);
    EXPECT_LT(fine, coarse / 2.8) << electric;  // order 2 makes 4
    EXPECT_LT(fine, 3e-3) << electric;
    EXPECT_GT(std::max({error(24, false), error(26, false), error(28, false)}), 6e-3) << electric;  // the control
  }
}

TEST(Dielectrics, MixInParallelOrInSeries) {
  Material one, other;
  one.eps_r = 2, one.sigma = 0.3;
  other.eps_r = 5, other.sigma = 0.1;
  for (const bool poles : {false, true})
    for (int axis = 0; axis < 3; ++axis)
      for (const double share : {0.1, 0.45, 0.9}) {
        // The lower part is `one`, from where all control volumes of a row are cut.
        Scene s = box_scene({6, 6, 6}, {h, 1.2 * h, 0.9 * h}, Boundary::periodic, 1);
        if (poles) one.poles = {{1, 2e9, 9e20, 1e21}};
        s.materials.insert(s.materials.end(), {one, other});
        const double d = s.spacing_m[static_cast<std::size_t>(axis)];
        BoxShape low{{0, 0, 0}, {6 * h, 7.2 * h, 5.4 * h}}, high = low;
        low.high_m[static_cast<std::size_t>(axis)] = high.low_m[static_cast<std::size_t>(axis)] = (3 + share) * d;
        s.shapes = {{low, 2, {}}, {high, 3, {}}};
        const Numerics numerics = numerics_of(s);
        Int3 cell{2, 2, 2};
        cell[axis] = 3;
        const auto medium_of = [&](Component c) {
          Media media(s);
          std::vector<ShapeSeen> seen(2);
          MediumMap map = map_media(s, numerics, c, {cell, cell + Int3{1, 1, 1}}, seen);
          average_surfaces(s, numerics, c, map, media);
          return media[map.at(cell)];
        };
        const Medium across = medium_of(static_cast<Component>(axis)), along = medium_of(static_cast<Component>((axis + 1) % 3));
        if (poles) {  // a medium with poles is a staircase
          EXPECT_EQ(across, static_cast<const Medium&>(share > 0.5 ? one : other)) << axis << " " << share;
          EXPECT_EQ(along, static_cast<const Medium&>(one)) << axis << " " << share;
          continue;
        }
        const double f = std::min(share + 0.5, 1.0), inverse = share / 2 + (1 - share) / 5;
        EXPECT_NEAR(along.eps_r, 2 * f + 5 * (1 - f), 1e-5);
        EXPECT_NEAR(along.sigma, 0.3 * f + 0.1 * (1 - f), 1e-6);
        EXPECT_NEAR(across.eps_r, 1 / inverse, 1e-4);
        EXPECT_NEAR(across.sigma, (0.3 * share / 4 + 0.1 * (1 - share) / 25) / (inverse * inverse), 1e-5);
      }
}

/// The table of README.md, "Surfaces".
TEST(Study, DISABLED_OrdersOfConvergence) {
  const Comm comm(MPI_COMM_WORLD);
  const auto table = [&](const char* name, const std::vector<double>& sizes, auto&& detuning) {
    for (const bool fitted : {false, true}) {
      double sx = 0, sy = 0, sxx = 0, sxy = 0;
      std::printf("%-34s %-10s", name, fitted ? "fitted" : "staircase");
      for (const double size : sizes) {
        const double d = detuning(size, fitted), x = std::log(size), y = std::log(std::fabs(d));
        std::printf(" %5.1f: %+.2e", size, d);
        sx += x, sy += y, sxx += x * x, sxy += x * y;
      }
      const auto n = static_cast<double>(sizes.size());
      std::printf("  order %.2f\n", -(n * sxy - sx * sy) / (n * sxx - sx * sx));
      std::fflush(stdout);
    }
  };
  const std::vector<double> radii{5.4, 6.7, 8.6, 10.9, 13.4, 17.2};
  table("conductor, ball, TM011", radii, [&](double r, bool fitted) { return ball_detuning(comm, true, r, 0.5, 1, fitted); });
  table("conductor, ball, TE011", radii, [&](double r, bool fitted) { return ball_detuning(comm, false, r, 0.5, 1, fitted); });
  table("glass ball in it, n = 2, TM", radii, [&](double r, bool fitted) { return ball_detuning(comm, true, r, 0.6, 2, fitted); });
  table("glass ball in it, n = 2, TE", radii, [&](double r, bool fitted) { return ball_detuning(comm, false, r, 0.6, 2, fitted); });
  for (const bool electric : {true, false})
    table(electric ? "layers across (2, 1, 1), TE" : "layers across (2, 1, 1), TM", {12, 17, 24, 34, 48},
          [&](double cells, bool fitted) { return layers_detuning(comm, electric, static_cast<Index>(cells), fitted); });
  table("conductor, square turned by 30 deg", {10.3, 14.6, 20.3, 29.2, 40.7, 57.1},
        [&](double edge, bool fitted) { return turned_detuning(comm, edge, 30, fitted); });
}

/// Conductors and materials in every position to the grid, some too thin for it.
Scene obstacles(std::array<std::array<Boundary, 2>, 3> boundary) {
  Scene s = box_scene({17, 16, 15}, {h, 1.1 * h, 0.8 * h}, Boundary::pec, 200000);
  s.boundary = boundary;
  Material glass, ferrite;
  glass.name = "glass";
  glass.eps_r = 3;
  ferrite.name = "ferrite";
  ferrite.mu_r = 2;
  s.materials.insert(s.materials.end(), {glass, ferrite});
  s.shapes.push_back({Ellipsoid{{8.2 * h, 8.3 * h, 6.1 * h}, {4.3 * h, 4.3 * h, 4.3 * h}}, 1, {}});
  s.shapes.push_back({Ellipsoid{{8.9 * h, 8.3 * h, 7.1 * h}, {2.7 * h, 3.1 * h, 2.2 * h}}, 0, {}});  // a hole in it
  s.shapes.push_back({Ellipsoid{{4 * h, 12.2 * h, 8 * h}, {3 * h, 4 * h, 2 * h}}, 2, {}});
  s.shapes.push_back({Ellipsoid{{14 * h, 4 * h, 5 * h}, {3.3 * h, 2 * h, 2 * h}}, 3, {}});
  s.shapes.push_back({Prism{{{{0, 13 * h, 0}, {17 * h, 17 * h, 0}, {0, 17.6 * h, 3 * h}}}, {0, 0, 0}, {1 * h, -2 * h, 12 * h}}, 1, {}});
  s.shapes.push_back({Cylinder{{12 * h, 2 * h, 1 * h}, {15 * h, 15 * h, 10 * h}, 0.4 * h}, 1, {}});
  s.shapes.push_back({Cone{{2 * h, 3 * h, 0.3 * h}, {3 * h, 4 * h, 11 * h}, 2.2 * h, 0}, 1, {}});
  s.shapes.push_back({octahedron({14 * h, 8 * h, 9.3 * h}, 2.3 * h), 1, {}});
  return s;
}

template <class T>
void energy_stays(const Comm& comm, Scene scene, Index steps, double bound, double courant = 1) {
  scene.courant = courant;
  Simulation<T> run(comm, scene);
  for (const Component c : {Ex, Ey, Ez}) run.set(c, [&](Int3 cell) { return noise(c, cell); });
  run.steps(2);
  const double first = run.solver.energy().joule;
  EXPECT_GT(first, 0);
  double worst = 0;
  for (int k = 0; k < 20; ++k) {
    run.steps(steps / 20);
    if (worst > 1) break;  // before it overflows
    worst = std::max(worst, std::fabs(run.solver.energy().joule / first - 1));
  }
  EXPECT_LT(worst, bound);
  if (comm.rank() == 0) std::printf("energy over %lld steps: |W/W0 - 1| <= %.2e\n", static_cast<long long>(steps), worst);
}

TEST(Energy, StaysBetweenSurfacesOffTheGrid) {
  const Comm comm(MPI_COMM_WORLD);
  constexpr auto pec = Boundary::pec, pmc = Boundary::pmc, periodic = Boundary::periodic;
  const Index steps = comm.size() == 1 ? 20000 : 1000;  // at the full Courant number
  energy_stays<float>(comm, obstacles({{{pec, pec}, {pec, pec}, {pec, pec}}}), steps, 1e-3);
  for (Scene scene : {obstacles({{{pec, pmc}, {periodic, periodic}, {pmc, pec}}}),
                      obstacles({{{periodic, periodic}, {pmc, pmc}, {periodic, periodic}}})}) {
    energy_stays<double>(comm, scene, steps / 50, 1e-3);  // what the diagonal alone says of E askew to a surface
    scene.averaged_interfaces = false;
    energy_stays<double>(comm, scene, steps / 50, 1e-10);
  }
}

/// Any bodies in any small grid.
Scene any_obstacles(int seed) {
  int drawn = 0;
  const auto draw = [&](double low, double high) { return low + (high - low) * (noise(seed, {drawn++, 3, 5}) + 1) / 2; };
  constexpr std::array kinds{std::array{Boundary::pec, Boundary::pec}, std::array{Boundary::pmc, Boundary::pmc},
                             std::array{Boundary::periodic, Boundary::periodic}, std::array{Boundary::pec, Boundary::pmc}};
  Scene s = box_scene({10, 12, 8}, {h, h * draw(0.6, 1.6), h * draw(0.6, 1.6)}, Boundary::pec, 200000);
  for (auto& axis : s.boundary) axis = kinds[static_cast<std::size_t>(draw(0, 3.999))];
  const auto point = [&] {
    Vec3 p;
    for (int a = 0; a < 3; ++a) p[a] = draw(-1, static_cast<double>(s.cells[a]) + 1) * s.spacing_m[a];
    return p;
  };
  for (int i = 0; i < 3; ++i) {
    const int material = i == 1 ? 0 : 1;  // the second makes holes
    switch (static_cast<int>(draw(0, 5.999))) {
      case 0:
        s.shapes.push_back({Ellipsoid{point(), {draw(0.3, 5) * h, draw(0.3, 5) * h, draw(0.3, 5) * h}}, material, {}});
        break;
      case 1:
        s.shapes.push_back({Cylinder{point(), point(), draw(0.2, 3) * h}, material, {}});
        break;
      case 2:
        s.shapes.push_back({Cone{point(), point(), draw(0, 4) * h, draw(0, 4) * h}, material, {}});
        break;
      case 3: {
        BoxShape box{point(), {}};
        for (std::size_t a = 0; a < 3; ++a) box.high_m[a] = box.low_m[a] + draw(0.05, 5) * s.spacing_m[a];
        s.shapes.push_back({box, material, {}});
        break;
      }
      case 4:
        s.shapes.push_back({octahedron(point(), draw(0.5, 5) * h), material, {}});
        break;
      default:
        s.shapes.push_back({Prism{{point(), point(), point()}, point(), point()}, material, {}});
    }
  }
  return s;
}

/// Any dielectrics in any small closed grid, with conductors in between.
Scene any_dielectrics(int seed) {
  Scene s = any_obstacles(seed);
  for (auto& axis : s.boundary)
    if (axis[0] != Boundary::periodic) axis = {Boundary::pec, Boundary::pec};
  s.conformal_conductors = false;
  for (const double eps_r : {2.0, 6.0, 60.0}) {
    Material m;
    m.name = "matter";
    m.eps_r = eps_r * (1.5 + noise(seed, {static_cast<Index>(eps_r), 0, 0}) / 2);
    s.materials.push_back(m);
  }
  std::vector<Shape> shapes;
  for (int more = 0; more < 2; ++more)
    for (Shape shape : any_obstacles(seed + 5000 * more).shapes) {
      const auto i = static_cast<int>(shapes.size());
      shape.material = i == 5 ? 1 : i == 3 ? 0 : 2 + (i + seed) % 3;
      shapes.push_back(shape);
    }
  s.shapes = shapes;
  return s;
}

/// What a step changes, E by dE and H by dH, obeys the same equations as the fields, so sum(dE dt curl H + mu dH dH') is constant in a
/// closed box without loss, whatever tensor couples dE to curl H, as long as that is symmetric; curl H from the fields gathered whole.
void change_stays(const Comm& comm, const Scene& scene, Index steps, double bound) {
  Simulation<double> run(comm, scene);
  for (const Component c : {Ex, Ey, Ez}) run.set(c, [&](Int3 cell) { return noise(c, cell); });
  using Values = std::array<std::function<double(Int3)>, 3>;
  const auto fields = [&](int first) {
    Values values;
    for (int a = 0; a < 3; ++a) values[static_cast<std::size_t>(a)] = run.gather(static_cast<Component>(first + a));
    return values;
  };
  const Int3 n = scene.cells;
  const auto invariant = [&] {
    const Values h0 = fields(3);
    run.steps(1);
    const Values e0 = fields(0), h1 = fields(3);
    run.steps(1);
    const Values e1 = fields(0), h2 = fields(3);
    const auto below = [&](Int3 cell, int axis) {
      --cell[axis];
      if (cell[axis] < 0 && scene.boundary[static_cast<std::size_t>(axis)][0] == Boundary::periodic) cell[axis] = n[axis] - 1;
      return cell;
    };
    double sum = 0;
    for (std::size_t a = 0; a < 3; ++a) {
      const std::size_t u = (a + 1) % 3, v = (a + 2) % 3;
      for_each_cell({{0, 0, 0}, n}, [&](Int3 cell) {
        sum += mu0 * (h1[a](cell) - h0[a](cell)) * (h2[a](cell) - h1[a](cell));
        const Int3 bu = below(cell, static_cast<int>(u)), bv = below(cell, static_cast<int>(v));
        if (bu[static_cast<int>(u)] < 0 || bv[static_cast<int>(v)] < 0) return;  // on a wall
        const double curl = (h1[v](cell) - h1[v](bu)) / scene.spacing_m[u] - (h1[u](cell) - h1[u](bv)) / scene.spacing_m[v];
        sum += (e1[a](cell) - e0[a](cell)) * run.numerics.dt_s * curl;
      });
    }
    return sum;
  };
  run.steps(2);
  const double first = invariant();
  EXPECT_GT(first, 0);
  for (int k = 0; k < 4; ++k) {
    run.steps(steps / 4);
    EXPECT_NEAR(invariant() / first, 1, bound);
  }
}

TEST(Energy, OfChangesStaysAroundAnyDielectrics) {
  const Comm comm(MPI_COMM_WORLD);
  for (int seed = 0; seed < 12; ++seed) {
    SCOPED_TRACE(seed);
    Scene scene = any_dielectrics(seed);
    scene.courant = 1;
    change_stays(comm, scene, 400, 1e-9);
  }
}

/// Conductors that run into layers go over to staircases there.
void energy_leaves(const Comm& comm, Scene scene, Index steps) {
  for (auto& axis : scene.boundary) axis = {Boundary::pml, Boundary::pml};
  scene.pml_cells = 2;
  scene.courant = 0.99;
  Simulation<double> run(comm, scene);
  for (const Component c : {Ex, Ey, Ez}) run.set(c, [&](Int3 cell) { return noise(c, cell); });
  run.steps(20);
  double before = run.solver.energy().joule;
  for (int k = 0; k < 4; ++k) {
    run.steps(steps / 4);
    const double now = run.solver.energy().joule;
    EXPECT_LT(now, 10 * before);  // what is stored at one instant varies
    before = std::max(before, now);
  }
}

TEST(Energy, LeavesThroughLayersThatDielectricsRunInto) {
  const Comm comm(MPI_COMM_WORLD);
  for (int seed = 0; seed < 12; ++seed) {
    SCOPED_TRACE(seed);
    energy_leaves(comm, any_dielectrics(seed), 400);
  }
}

TEST(Energy, LeavesThroughLayersThatConductorsRunInto) {
  const Comm comm(MPI_COMM_WORLD);
  for (int seed = 0; seed < 12; ++seed) {
    SCOPED_TRACE(seed);
    energy_leaves(comm, any_obstacles(seed), 600);
  }
}

TEST(Energy, StaysAroundAnyConductors) {
  const Comm comm(MPI_COMM_WORLD);
  for (int seed = 0; seed < 12; ++seed) {
    SCOPED_TRACE(seed);
    energy_stays<double>(comm, any_obstacles(seed), 600, 1e-9);
  }
}

/// As above, of many more.
TEST(Study, DISABLED_AnyConductors) {
  const Comm comm(MPI_COMM_WORLD);
  for (int seed = 0; seed < 1200; ++seed) {
    SCOPED_TRACE(seed);
    energy_stays<double>(comm, any_obstacles(seed), 3000, 1e-8, 0.99);
    energy_leaves(comm, any_obstacles(seed), 3000);
  }
}

/// As above, of many more, and some for long.
TEST(Study, DISABLED_AnyDielectrics) {
  const Comm comm(MPI_COMM_WORLD);
  for (int seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE(seed);
    Scene scene = any_dielectrics(seed);
    scene.courant = 1;
    change_stays(comm, scene, seed < 20 ? 100000 : 3000, 1e-7);
    scene.conformal_conductors = true;
    energy_stays<double>(comm, scene, 3000, 0.9, 0.99);  // of E the diagonal's alone: it wavers, and must not grow
  }
}

TEST(Conductors, OnGridPlanesAreStaircases) {
  const Comm comm(MPI_COMM_WORLD);
  const auto digest = [&](bool fitted, double shift) {
    Scene s = box_scene({12, 11, 10}, {h, h, h}, Boundary::pec, 100);
    s.shapes.push_back({BoxShape{{3 * h + shift, 0.3 * 10 * h, 2 * h}, {7 * h, 8 * h, 6 * h}}, 1, {}});
    s.shapes.push_back({BoxShape{{h, h, 8 * h}, {9 * h, 9 * h, 8 * h}}, 1, {}});          // a plate
    s.shapes.push_back({BoxShape{{9 * h, 2 * h, 2 * h}, {9 * h, 2 * h, 7 * h}}, 1, {}});  // a wire
    treat(s, fitted);
    Simulation<double> run(comm, s);
    for (const Component c : {Ex, Ey, Ez}) run.set(c, [&](Int3 cell) { return noise(c, cell); });
    run.steps(30);
    return run.solver.digest();
  };
  EXPECT_EQ(digest(true, 0), digest(false, 0));
  EXPECT_NE(digest(true, 0.1 * h), digest(false, 0.1 * h));
}

TEST(Conductors, OnPeriodicAxesTheLastPlaneIsTheFirst) {
  const Comm comm(MPI_COMM_WORLD);
  for (int axis = 0; axis < 3; ++axis) {
    const auto digest = [&](double planes) {
      Scene s = box_scene({12, 11, 10}, {h, h, h}, Boundary::pmc, 30);
      s.boundary[static_cast<std::size_t>(axis)] = {Boundary::periodic, Boundary::periodic};
      BoxShape plate{{2.3 * h, 2.4 * h, 2.2 * h}, {7.7 * h, 7.6 * h, 7.8 * h}};  // its rim lies between planes
      plate.low_m[axis] = plate.high_m[axis] = planes * h;
      s.shapes.push_back({plate, 1, {}});
      treat(s, true);
      Simulation<double> run(comm, s);
      for (const Component c : {Ex, Ey, Ez}) run.set(c, [&](Int3 cell) { return noise(c, cell); });
      run.steps(30);
      return run.solver.digest();
    };
    const std::array cells{12, 11, 10};
    const std::string first = digest(0);
    EXPECT_EQ(digest(cells[static_cast<std::size_t>(axis)]), first) << axis;
    EXPECT_NE(digest(1), first) << axis;
  }
}

TEST(Conductors, CutTheSameWhoeverAsks) {
  // What is a staircase by itself, far from bodies that are none: a plate on a plane whose rim is on none, a corner in a plate's rim, and a
  // slope through the nodes.
  for (int seed = 0; seed < 6; ++seed) {
    Scene s = any_obstacles(seed);
    s.cells = {27, 19, 22};
    const auto at = [&](double x, double y, double z) { return Vec3{x * s.spacing_m[0], y * s.spacing_m[1], z * s.spacing_m[2]}; };
    s.shapes.push_back({BoxShape{at(19, 1.3, 3.3), at(19, 9.7, 11.7)}, 1, {}});
    s.shapes.push_back({BoxShape{at(19, 1.3, 3.3), at(19, 4, 18)}, 1, {}});
    s.shapes.push_back({Prism{{at(14, 10, 2), at(22, 10, 2), at(14, 18, 2)}, at(0, 0, 2), at(0, 0, 9)}, 1, {}});
    const Numerics numerics = numerics_of(s);
    const auto cuts_in = [&](const Box& cells) {
      std::array<Box, 6> owned;
      owned.fill(cells);
      return find_cuts(s, numerics, owned);
    };
    const Box all{{0, 0, 0}, s.cells};
    const Cuts whole = cuts_in(all);
    std::size_t edges = 0, faces = 0;
    const auto expect_same = [](const auto& found, const auto& whole_list, const Box& cells, auto&& numbers) {
      auto right = whole_list;
      std::erase_if(right, [&](const auto& cut) { return !cells.contains(cut.cell); });
      ASSERT_EQ(found.size(), right.size());
      for (std::size_t i = 0; i < right.size(); ++i) ASSERT_EQ(numbers(found[i]), numbers(right[i]));
    };
    const Tiling bricks({s.cells, {}}, 9);
    for_each_cell(bricks.brick_box(), [&](Int3 brick) {
      const Box cells = bricks.cells_of(brick);
      SCOPED_TRACE(::testing::Message() << "seed " << seed << ", cells from " << cells.lo.x << " " << cells.lo.y << " " << cells.lo.z);
      const Cuts here = cuts_in(cells);
      expect_same(here.edges, whole.edges, cells,
                  [](const CutEdge& e) { return std::tuple(e.component, e.cell.x, e.cell.y, e.cell.z, e.material, e.open, e.weight); });
      expect_same(here.faces, whole.faces, cells,
                  [](const CutFace& f) { return std::tuple(f.component, f.cell.x, f.cell.y, f.cell.z, f.open, f.edges); });
      edges += here.edges.size();
      faces += here.faces.size();
    });
    EXPECT_EQ(edges, whole.edges.size());
    EXPECT_EQ(faces, whole.faces.size());
    EXPECT_GT(faces, 0u);
  }
}

TEST(Conductors, OfTrianglesAreTheSameBodies) {
  const Comm comm(MPI_COMM_WORLD);
  const auto run_of = [&](const Vec3& low, const Vec3& high, bool triangles) {
    Scene s = box_scene({12, 11, 10}, {h, h, h}, Boundary::pec, 100);
    Shape shape{BoxShape{low, high}, 1, {}};
    if (triangles) shape.form = box_body(low, high, 1e-9);  // to so many metres, as floats of some centimetres are
    s.shapes.push_back(shape);
    auto run = std::make_unique<Simulation<double>>(comm, s);
    for (const Component c : {Ex, Ey, Ez}) run->set(c, [&](Int3 cell) { return noise(c, cell); });
    run->steps(30);
    return run;
  };
  // On grid planes to the last bit, between them as the vertices are.
  EXPECT_EQ(run_of({3 * h, 2 * h, 2 * h}, {7 * h, 8 * h, 6 * h}, true)->solver.digest(),
            run_of({3 * h, 2 * h, 2 * h}, {7 * h, 8 * h, 6 * h}, false)->solver.digest());
  const auto body = run_of({3.3 * h, 2.6 * h, 1.9 * h}, {7.2 * h, 8.1 * h, 6.45 * h}, true),
             box = run_of({3.3 * h, 2.6 * h, 1.9 * h}, {7.2 * h, 8.1 * h, 6.45 * h}, false);
  const auto one = body->gather(Ez), other = box->gather(Ez);
  double wrong = 0;
  for_each_cell({{0, 0, 0}, {12, 11, 10}}, [&](Int3 cell) { wrong = std::max(wrong, std::fabs(one(cell) - other(cell))); });
  EXPECT_LT(wrong, 1e-3);
  EXPECT_GT(wrong, 0);
}

/// A plate of triangles through the middle of a scene and beyond its walls, turned about y, then about x.
struct Plate {
  double tilt, slant, offset_m, thickness_m;  // along its normal

  Vec3 turned(Vec3 p) const {
    const double x = std::cos(tilt) * p[0] + std::sin(tilt) * p[2], z = -std::sin(tilt) * p[0] + std::cos(tilt) * p[2];
    return {x, std::cos(slant) * p[1] - std::sin(slant) * z, std::sin(slant) * p[1] + std::cos(slant) * z};
  }
  StlBody body(const Vec3& middle) const {
    const StlBody flat = box_body({-1, -1, offset_m - thickness_m / 2}, {1, 1, offset_m + thickness_m / 2}, 0);
    std::vector<Vec3> vertices;
    for (const Vec3& p : flat.mesh->vertices_m()) {
      vertices.push_back(turned(p));
      for (std::size_t a = 0; a < 3; ++a) vertices.back()[a] += middle[a];
    }
    StlBody body;
    body.mesh = std::make_shared<const Mesh>(std::move(vertices), flat.mesh->triangles(), 1e-9 * h);
    return body;
  }
  /// How far a point lies above its middle plane.
  double above(const Vec3& p, const Vec3& middle) const {
    const Vec3 normal = turned({0, 0, 1});
    double d = -offset_m;
    for (std::size_t a = 0; a < 3; ++a) d += normal[a] * (p[a] - middle[a]);
    return d;
  }
};

/// Runs a box that a plate divides, from fields below it: the largest field above, and how much the energy changes.
std::pair<double, double> through(const Comm& comm, const std::optional<Plate>& plate, bool fitted) {
  Scene s = box_scene({13, 12, 14}, {h, 1.1 * h, 0.9 * h}, Boundary::pec, 1000);
  const Vec3 middle{6.4 * h, 6.3 * h, 6.6 * h};
  if (plate) s.shapes.push_back({plate->body(middle), 1, {}});
  s.conformal_conductors = fitted;
  Simulation<double> run(comm, s);
  const auto above = [&](Component c, Int3 cell) {
    return plate.value_or(Plate{0, 0, 0, 0}).above(yee_position_m(s.spacing_m, c, cell), middle);
  };
  for (const Component c : {Ex, Ey, Ez}) run.set(c, [&](Int3 cell) { return above(c, cell) < -1.5 * h ? noise(c, cell) : 0; });
  run.steps(2);
  const double energy = run.solver.energy().joule;
  run.steps(300);
  double most = 0;
  for (int c = 0; c < 6; ++c) {
    const auto component = static_cast<Component>(c);
    const Field<double>& field = run.solver.field(component);
    for (std::size_t b = 0; b < field.blocks().size(); ++b)
      for_each_cell(field.blocks()[b].owned, [&](Int3 cell) {
        if (above(component, cell) > 1.5 * h) most = std::max(most, std::fabs(field.at(b, cell)) * (c < 3 ? 1 : 376.7));
      });
  }
  return {max(comm, most), run.solver.energy().joule / energy - 1};
}

TEST(Plates, BlockWhereverTheyLie) {
  const Comm comm(MPI_COMM_WORLD);
  EXPECT_GT(through(comm, std::nullopt, true).first, 0.1);  // the control
  for (const bool fitted : {true, false})
    for (const auto& [tilt, slant] : {std::array{0.0, 0.0}, {pi / 2, 0.0}, {0.3, 0.0}, {0.7, 0.4}, {-0.2, 1.1}})
      for (const double thickness : {0.001, 0.9, 1.2, 1.4})
        for (const double offset : {0.0, 0.3, 0.71}) {
          const auto [leak, change] = through(comm, Plate{tilt, slant, offset * h, thickness * h}, fitted);
          EXPECT_EQ(leak, 0) << tilt << " " << slant << " " << thickness << " " << offset << " " << fitted;
          EXPECT_LT(std::fabs(change), 1e-9) << tilt << " " << slant << " " << thickness << " " << offset << " " << fitted;
        }
}

TEST(Plates, ReflectWithinHalfACell) {
  const Comm comm(MPI_COMM_WORLD);
  // A wave between a wall and a plate that lies between two planes.
  for (const double at : {30.05, 30.3, 30.5, 30.8}) {
    Scene s = box_scene({2, 2, 40}, {h, h, h}, Boundary::periodic, 100000);
    s.boundary[2] = {Boundary::pec, Boundary::pec};
    s.shapes.push_back({box_body({-h, -h, at * h}, {3 * h, 3 * h, (at + 0.1) * h}, 1e-9 * h), 1, {}});
    const double k = pi / (at * h);
    const Wave wave{k, [=](Vec3 p) { return Vec3{p[2] < at * h ? std::sin(k * p[2]) : 0, 0, 0}; }, [](Vec3) { return 1.0; }};
    EXPECT_LT(std::fabs(detuning(comm, s, wave, {0, 0, 0}, 12)), 0.56 / at) << at;
  }
}

template <class F>
std::string refused(F&& f) {
  try {
    f();
  } catch (const SharedError& e) {
    return e.what();
  } catch (const Error& e) {
    return e.what();
  }
  return "nothing";
}

TEST(Conductors, KeepSourcesAndElementsAway) {
  const Comm comm(MPI_COMM_WORLD);
  Scene ball = box_scene({20, 20, 20}, {h, h, h}, Boundary::pml, 10);
  ball.pml_cells = 3;
  ball.shapes.push_back({Ellipsoid{{10.2 * h, 10.1 * h, 10.3 * h}, {3 * h, 3 * h, 3 * h}}, 1, {}});
  const auto at = [&](auto&& add) {
    return refused([&] {
      Scene s = ball;
      add(s);
      check_elements(s, numerics_of(s));
      Simulation<double> run(comm, s);
    });
  };
  const auto dipole = [&](Component c, double x) {
    return [=](Scene& s) {
      Dipole d;
      d.component = c;
      d.position_m = {x, 10.2 * h, 10.2 * h};
      d.waveform = pulse(1e9);
      s.dipoles.push_back(d);
    };
  };
  const auto capacitor = [&](double from, double to) {
    return [=](Scene& s) {
      Element e;
      e.from_m = {from, 10 * h, 10 * h};
      e.to_m = {to, 10 * h, 10 * h};
      e.capacitance_f = 1e-12;
      s.elements.push_back(e);
    };
  };
  const auto wave = [&](double low) {
    return [=](Scene& s) {
      PlaneWave w;
      w.box_low_m = {low, 4 * h, 4 * h};
      w.box_high_m = {16 * h, 16 * h, 16 * h};
      w.waveform = pulse(1e9);
      s.plane_waves.push_back(w);
    };
  };
  EXPECT_EQ(at(dipole(Hz, 15 * h)), "nothing");
  EXPECT_NE(at(dipole(Hz, 13.2 * h)).find("cut by one; keep a cell away from it"), std::string::npos);
  EXPECT_EQ(at(dipole(Ex, 13.6 * h)), "nothing");  // along what is left of an edge
  EXPECT_EQ(at(capacitor(14 * h, 16 * h)), "nothing");
  EXPECT_NE(at(capacitor(13 * h, 16 * h)).find("expected whole grid edges outside of perfect conductors"), std::string::npos);
  EXPECT_EQ(at(wave(5 * h)), "nothing");
  EXPECT_NE(at(wave(8 * h)).find("cut by one; keep a cell away from it"), std::string::npos);
}

}  // namespace
}  // namespace hilbrick::fdtd::testing
