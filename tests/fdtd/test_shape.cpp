// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numbers>
#include <random>

#include "scene.hpp"

namespace hilbrick::fdtd {
namespace {

constexpr double pi = std::numbers::pi;

Vec3 operator+(const Vec3& a, const Vec3& b) { return {a[0] + b[0], a[1] + b[1], a[2] + b[2]}; }
Vec3 operator-(const Vec3& a, const Vec3& b) { return {a[0] - b[0], a[1] - b[1], a[2] - b[2]}; }
Vec3 operator*(double s, const Vec3& a) { return {s * a[0], s * a[1], s * a[2]}; }
double dot(const Vec3& a, const Vec3& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }
double distance(const Vec3& a, const Vec3& b) { return std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]); }
/// Heron's formula.
double area(const Vec3& p, const Vec3& q, const Vec3& r) {
  const double a = distance(p, q), b = distance(q, r), c = distance(r, p), s = (a + b + c) / 2;
  return std::sqrt(std::max(0.0, s * (s - a) * (s - b) * (s - c)));
}

template <class Form>
Shape shape_of(const Form& form) {
  Shape shape;
  shape.form = form;
  return shape;
}

/// The shape moved by d.
template <class Form>
Shape moved(Form form, const Vec3& d) {
  if constexpr (std::is_same_v<Form, BoxShape>) {
    form.low_m = form.low_m + d;
    form.high_m = form.high_m + d;
  } else if constexpr (std::is_same_v<Form, Ellipsoid>) {
    form.center_m = form.center_m + d;
  } else {
    if constexpr (std::is_same_v<Form, Prism>)
      for (Vec3& corner : form.triangle_m) corner = corner + d;
    form.from_m = form.from_m + d;
    form.to_m = form.to_m + d;
  }
  return shape_of(form);
}

const BoxShape box{{0.1, -0.2, 0.3}, {0.7, 0.5, 0.4}};
const Ellipsoid ellipsoid{{0.1, 0.2, -0.3}, {0.5, 0.7, 0.3}};
const Cylinder cylinder{{0.1, 0.2, 0.3}, {0.5, 0.9, -0.2}, 0.25};
const Cone cone{{-0.1, 0.2, 0.3}, {0.5, 0.6, 1.1}, 0.4, 0.15};
const Cone pointed{{0, 0, 0.5}, {0, 0, -0.5}, 0.6, 0};
const Prism prism{{{{0.1, 0, 0}, {0.8, 0.1, 0.05}, {0.2, 0.9, -0.1}}}, {0.3, 0.3, 0.1}, {0.4, 0.5, 0.8}};  // oblique

/// The distance along the axis and the distance from it: the sine from the angle, not from a cross product.
std::pair<double, double> along_and_beside(const Vec3& from, const Vec3& to, const Vec3& p) {
  const Vec3 axis = (1 / distance(from, to)) * (to - from);
  const double along = dot(p - from, axis);
  return {along, distance(p, from + along * axis)};
}

struct Case {
  const char* name;
  Shape shape;
  double volume_m3;
  std::function<bool(const Vec3&)> inside;  // found another way
};

std::vector<Case> cases() {
  return {
      {"box", shape_of(box), 0.6 * 0.7 * 0.1,
       [](const Vec3& p) {
         const Vec3 middle{0.4, 0.15, 0.35}, half{0.3, 0.35, 0.05};
         double most = 0;
         for (int a = 0; a < 3; ++a) most = std::max(most, std::fabs(p[a] - middle[a]) / half[a]);
         return most <= 1;
       }},
      {"ellipsoid", shape_of(ellipsoid), 4.0 / 3 * pi * 0.5 * 0.7 * 0.3,
       [](const Vec3& p) {
         // The point against the surface in its own direction.
         const Vec3 d = p - ellipsoid.center_m;
         const double r = std::sqrt(dot(d, d)), polar = std::acos(d[2] / r), azimuth = std::atan2(d[1], d[0]);
         const double u = std::sin(polar) * std::cos(azimuth) / 0.5, v = std::sin(polar) * std::sin(azimuth) / 0.7,
                      w = std::cos(polar) / 0.3;
         return r <= 1 / std::hypot(u, v, w);
       }},
      {"cylinder", shape_of(cylinder), pi * 0.25 * 0.25 * distance(cylinder.from_m, cylinder.to_m),
       [](const Vec3& p) {
         const auto [along, beside] = along_and_beside(cylinder.from_m, cylinder.to_m, p);
         return along >= 0 && along <= distance(cylinder.from_m, cylinder.to_m) && beside <= 0.25;
       }},
      {"cone", shape_of(cone), pi / 3 * distance(cone.from_m, cone.to_m) * (0.4 * 0.4 + 0.4 * 0.15 + 0.15 * 0.15),
       [](const Vec3& p) {
         const double size = distance(cone.from_m, cone.to_m);
         const auto [along, beside] = along_and_beside(cone.from_m, cone.to_m, p);
         // As seen from the apex beyond the narrow end.
         const double apex = size * 0.4 / (0.4 - 0.15);
         return along >= 0 && along <= size && std::atan2(beside, apex - along) <= std::atan2(0.4, apex);
       }},
      {"pointed cone", shape_of(pointed), pi / 3 * 0.6 * 0.6,
       [](const Vec3& p) { return p[2] <= 0.5 && p[2] >= -0.5 && std::hypot(p[0], p[1]) <= 0.6 * (p[2] + 0.5); }},
      {"prism", shape_of(prism),
       // The determinant of the edges, written out.
       0.5 * std::fabs(0.7 * (0.9 * 0.7 - -0.1 * 0.2) - 0.1 * (0.1 * 0.7 - -0.1 * 0.1) + 0.05 * (0.1 * 0.2 - 0.9 * 0.1)),
       [](const Vec3& p) {
         // Back along the sweep into the triangle's plane, then by areas.
         const Vec3 a = prism.triangle_m[0], b = prism.triangle_m[1], c = prism.triangle_m[2], sweep = prism.to_m - prism.from_m;
         const Vec3 e = b - a, f = c - a;
         const Vec3 normal{e[1] * f[2] - e[2] * f[1], e[2] * f[0] - e[0] * f[2], e[0] * f[1] - e[1] * f[0]};
         const double s = dot(p - a, normal) / dot(sweep, normal);
         const Vec3 q = p - s * sweep;
         return s >= 0 && s <= 1 && area(q, a, b) + area(q, b, c) + area(q, c, a) <= area(a, b, c) * (1 + 1e-9);
       }},
  };
}

TEST(Shape, ContainsWhatAnotherFormulaContains) {
  std::mt19937_64 random(1);
  for (const Case& c : cases()) {
    const auto [low, high] = bounds_m(c.shape);
    const Vec3 margin = 0.1 * (high - low);
    int in = 0, others = 0;
    for (int n = 0; n < 200000; ++n) {
      Vec3 p;
      for (int a = 0; a < 3; ++a) p[a] = std::uniform_real_distribution(low[a] - margin[a], high[a] + margin[a])(random);
      const bool contained = contains(c.shape, p, 0);
      in += contained;
      others += contained != c.inside(p);
    }
    EXPECT_LE(others, 2) << c.name;  // points within rounding of the surface
    EXPECT_GT(in, 10000) << c.name;
  }
}

TEST(Shape, HasItsVolume) {
  std::mt19937_64 random(2);
  for (const Case& c : cases()) {
    const auto [low, high] = bounds_m(c.shape);
    const int samples = 400000;
    int in = 0;
    for (int n = 0; n < samples; ++n) {
      Vec3 p;
      for (int a = 0; a < 3; ++a) p[a] = std::uniform_real_distribution(low[a], high[a])(random);
      in += contains(c.shape, p, 0);
    }
    const double volume = (high[0] - low[0]) * (high[1] - low[1]) * (high[2] - low[2]) * in / samples;
    EXPECT_NEAR(volume / c.volume_m3, 1, 0.02) << c.name;
  }
}

TEST(Shape, BoundsHoldItAndAreTight) {
  std::mt19937_64 random(3);
  for (const Case& c : cases()) {
    const auto [low, high] = bounds_m(c.shape);
    Vec3 least = high, most = low;
    for (int n = 0; n < 400000; ++n) {
      Vec3 p;
      for (int a = 0; a < 3; ++a) p[a] = std::uniform_real_distribution(low[a] - 0.2, high[a] + 0.2)(random);
      if (!c.inside(p)) continue;
      for (int a = 0; a < 3; ++a) {
        least[a] = std::min(least[a], p[a]);
        most[a] = std::max(most[a], p[a]);
      }
    }
    for (int a = 0; a < 3; ++a) {
      EXPECT_GE(least[a], low[a] - 1e-12) << c.name << " along " << a;
      EXPECT_LE(most[a], high[a] + 1e-12) << c.name << " along " << a;
      // Corners are hit rarely.
      EXPECT_NEAR(least[a], low[a], 0.12 * (high[a] - low[a])) << c.name << " along " << a;
      EXPECT_NEAR(most[a], high[a], 0.12 * (high[a] - low[a])) << c.name << " along " << a;
    }
  }
}

TEST(Shape, BoundsAreExactWhereTheyCanBeWorkedOut) {
  const auto expect = [](const Shape& shape, const Vec3& low, const Vec3& high) {
    const auto b = bounds_m(shape);
    for (int a = 0; a < 3; ++a) {
      EXPECT_NEAR(b[0][a], low[a], 1e-15);
      EXPECT_NEAR(b[1][a], high[a], 1e-15);
    }
  };
  expect(shape_of(box), box.low_m, box.high_m);
  expect(shape_of(ellipsoid), {-0.4, -0.5, -0.6}, {0.6, 0.9, 0});
  expect(shape_of(Cylinder{{0, 0, 0}, {0, 0, 2}, 0.5}), {-0.5, -0.5, 0}, {0.5, 0.5, 2});
  expect(shape_of(Cylinder{{2, 0, 0}, {1, 0, 0}, 0.5}), {1, -0.5, -0.5}, {2, 0.5, 0.5});
  const double s = 0.5 / std::sqrt(2.0);
  expect(shape_of(Cylinder{{0, 0, 0}, {1, 1, 0}, 0.5}), {-s, -s, -0.5}, {1 + s, 1 + s, 0.5});
  expect(shape_of(pointed), {-0.6, -0.6, -0.5}, {0.6, 0.6, 0.5});
  expect(shape_of(Cone{{0, 0, 0}, {0, 3, 0}, 0.1, 1}), {-1, 0, -1}, {1, 3, 1});
  expect(shape_of(prism), {0.1, 0, -0.1}, {0.9, 1.1, 0.75});
}

TEST(Shape, SurfacesBelong) {
  const double tolerance = 1e-9;
  std::mt19937_64 random(4);
  std::uniform_real_distribution<double> unit(0, 1);
  const auto expect_edge = [&](const Shape& shape, const Vec3& surface, const Vec3& outwards) {
    EXPECT_TRUE(contains(shape, surface, tolerance));
    EXPECT_TRUE(contains(shape, surface - 1e-6 * outwards, 0));
    EXPECT_FALSE(contains(shape, surface + 1e-6 * outwards, tolerance));
  };
  for (int n = 0; n < 200; ++n) {
    const double angle = 2 * pi * unit(random), share = 0.01 + 0.98 * unit(random), height = 2 * unit(random) - 1;
    const double flat = std::sqrt(1 - height * height);
    const Vec3 direction{flat * std::cos(angle), flat * std::sin(angle), height};
    expect_edge(shape_of(Ellipsoid{{1, 2, 3}, {0.4, 0.4, 0.4}}), Vec3{1, 2, 3} + 0.4 * direction, direction);
    const Vec3 round{std::cos(angle), std::sin(angle), 0};
    expect_edge(shape_of(Cylinder{{0, 0, 1}, {0, 0, 3}, 0.5}), 0.5 * round + Vec3{0, 0, 1 + 2 * share}, round);
    expect_edge(shape_of(Cylinder{{0, 0, 1}, {0, 0, 3}, 0.5}), 0.5 * share * round + Vec3{0, 0, 1}, {0, 0, -1});
    expect_edge(shape_of(Cylinder{{0, 0, 1}, {0, 0, 3}, 0.5}), 0.5 * share * round + Vec3{0, 0, 3}, {0, 0, 1});
    expect_edge(shape_of(pointed), 0.6 * share * round + Vec3{0, 0, share - 0.5}, round);
    expect_edge(shape_of(pointed), 0.6 * share * round + Vec3{0, 0, 0.5}, {0, 0, 1});
    expect_edge(shape_of(box), {0.1 + 0.6 * share, 0.5, 0.3 + 0.1 * share}, {0, 1, 0});
    // A right prism of the half square: its hypotenuse, its ends and its legs.
    const Shape half = shape_of(Prism{{{{0, 0, 0}, {1, 0, 0}, {0, 1, 0}}}, {0, 0, 0}, {0, 0, -2}});
    const double inner = 0.99 * share;
    expect_edge(half, {share, 1 - share, -1}, (1 / std::sqrt(2.0)) * Vec3{1, 1, 0});
    expect_edge(half, {inner / 2, 0, -2 * share}, {0, -1, 0});
    expect_edge(half, {0, inner / 2, -2 * share}, {-1, 0, 0});
    expect_edge(half, {inner / 2, 0.4 * (1 - inner) + 1e-3, 0}, {0, 0, 1});
    expect_edge(half, {inner / 2, 0.4 * (1 - inner) + 1e-3, -2}, {0, 0, -1});
  }
  EXPECT_TRUE(contains(shape_of(pointed), {0, 0, -0.5}, tolerance));  // the point itself
  // The tolerance is a distance.
  EXPECT_TRUE(contains(shape_of(cylinder),
                       cylinder.from_m + (-0.9e-3 / distance(cylinder.from_m, cylinder.to_m)) * (cylinder.to_m - cylinder.from_m), 1e-3));
  EXPECT_FALSE(contains(shape_of(cylinder),
                        cylinder.from_m + (-1.1e-3 / distance(cylinder.from_m, cylinder.to_m)) * (cylinder.to_m - cylinder.from_m), 1e-3));
}

TEST(Shape, BoxesMayBeFlat) {
  const Shape plate = shape_of(BoxShape{{0, 0, 0.3}, {1, 1, 0.3}});
  EXPECT_TRUE(contains(plate, {0.5, 0.5, 0.3}, 0));
  EXPECT_TRUE(contains(plate, {0, 1, 3 * 0.1}, 1e-9));  // 0.30000000000000004
  EXPECT_FALSE(contains(plate, {0.5, 0.5, 0.3001}, 1e-9));
  const Shape wire = shape_of(BoxShape{{0.2, 0.2, 0}, {0.2, 0.2, 1}});
  EXPECT_TRUE(contains(wire, {0.2, 0.2, 0.7}, 1e-9));
  EXPECT_FALSE(contains(wire, {0.2, 0.21, 0.7}, 1e-9));
  EXPECT_EQ(bounds_m(plate)[0], (Vec3{0, 0, 0.3}));
  EXPECT_EQ(bounds_m(plate)[1], (Vec3{1, 1, 0.3}));
}

double number(double low, double high) { return low + (high - low) * static_cast<double>(*rc::gen::inRange(0, 1000001)) / 1e6; }
Vec3 point(double size) { return {number(-size, size), number(-size, size), number(-size, size)}; }

/// Coordinates of which many coincide with those of the shapes below: lines along surfaces and edges, tangents, lines through tips.
Vec3 round_point() { return {0.25 * *rc::gen::inRange(-6, 7), 0.25 * *rc::gen::inRange(-6, 7), 0.25 * *rc::gen::inRange(-6, 7)}; }

/// A shape of any kind, large or small, at random or with its corners on quarters.
Shape any_shape() {
  const bool on_quarters = *rc::gen::arbitrary<bool>();
  const auto corner = [&] { return on_quarters ? round_point() : point(1.5); };
  const auto size = [&] { return on_quarters ? 0.25 * *rc::gen::inRange(1, 6) : number(0.01, 1.5); };
  const Vec3 from = corner(), to = corner();
  RC_PRE(distance(from, to) > 1e-2);
  switch (*rc::gen::inRange(0, 5)) {
    case 0: {
      BoxShape s;  // flat ones, too
      for (int a = 0; a < 3; ++a) {
        s.low_m[a] = std::min(from[a], to[a]);
        s.high_m[a] = std::max(from[a], to[a]);
      }
      return shape_of(s);
    }
    case 1:
      return shape_of(Ellipsoid{from, {size(), size(), size()}});
    case 2:
      return shape_of(Cylinder{from, to, size()});
    case 3: {
      const double tip = *rc::gen::arbitrary<bool>() ? 0 : size();
      return *rc::gen::arbitrary<bool>() ? shape_of(Cone{from, to, size(), tip}) : shape_of(Cone{from, to, tip, size()});
    }
    default: {
      const Vec3 p = corner(), q = corner(), r = corner(), e = q - p, f = r - p, d = to - from;
      RC_PRE(std::fabs(d[0] * (e[1] * f[2] - e[2] * f[1]) + d[1] * (e[2] * f[0] - e[0] * f[2]) + d[2] * (e[0] * f[1] - e[1] * f[0])) >
             1e-3);
      return shape_of(Prism{{p, q, r}, from, to});
    }
  }
}

TEST(Spans, AreWhatTheShapeContains) {
  int in = 0, out = 0;
  EXPECT_TRUE(rc::check("a point lies in a span of its line exactly when the shape contains it", [&] {
    const Shape shape = any_shape();
    const int axis = *rc::gen::inRange(0, 3);
    const double tolerance = *rc::gen::element(0.0, 1e-9, 1e-3);
    std::vector<Span> found{{7, 8}};
    for (int line = 0; line < 20; ++line) {
      const Vec3 through = *rc::gen::arbitrary<bool>() ? round_point() : point(1.5);
      spans(shape, axis, through, tolerance, found);
      for (std::size_t i = 0; i < found.size(); ++i) {
        RC_ASSERT(found[i].first_m <= found[i].last_m);
        if (i > 0) RC_ASSERT(found[i - 1].last_m < found[i].first_m);
      }
      const auto check = [&](double at) {
        Vec3 p = through;
        p[axis] = at;
        // Within rounding of the surface the answers may differ.
        if (contains(shape, p, tolerance - 1e-10) != contains(shape, p, tolerance + 1e-10)) return;
        const bool within = std::any_of(found.begin(), found.end(), [&](const Span& s) { return at >= s.first_m && at <= s.last_m; });
        (within ? in : out)++;
        RC_ASSERT(within == contains(shape, p, tolerance));
      };
      for (int n = 0; n < 10; ++n) check(number(-3, 3));
      for (int n = -12; n <= 12; ++n) check(0.25 * n);
      for (const Span& s : found)
        for (const double end : {s.first_m, s.last_m, (s.first_m + s.last_m) / 2})
          for (const double beside : {-1e-2, -1e-5, 1e-5, 1e-2}) check(end + beside);
    }
  }));
  EXPECT_GT(in, 1000);
  EXPECT_GT(out, 1000);
}

TEST(Spans, AddUpToTheVolume) {
  for (const Case& c : cases())
    for (int axis = 0; axis < 3; ++axis) {
      const auto [low, high] = bounds_m(c.shape);
      const int u = (axis + 1) % 3, v = (axis + 2) % 3, lines = 300;
      double volume = 0;
      std::vector<Span> found;
      for (int i = 0; i < lines; ++i)
        for (int j = 0; j < lines; ++j) {
          Vec3 p{};
          p[u] = low[u] + (i + 0.5) / lines * (high[u] - low[u]);
          p[v] = low[v] + (j + 0.5) / lines * (high[v] - low[v]);
          spans(c.shape, axis, p, 0, found);
          for (const Span& s : found) volume += (s.last_m - s.first_m) * (high[u] - low[u]) * (high[v] - low[v]) / lines / lines;
        }
      EXPECT_NEAR(volume / c.volume_m3, 1, 2e-3) << c.name << " along " << axis;
    }
}

TEST(Spans, ShowPlatesAndWires) {
  const Shape plate = shape_of(BoxShape{{0, 0, 0.3}, {1, 1, 0.3}});
  std::vector<Span> found;
  spans(plate, 2, {0.5, 0.5, 9}, 1e-9, found);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_NEAR(found[0].first_m, 0.3 - 1e-9, 1e-15);
  EXPECT_NEAR(found[0].last_m, 0.3 + 1e-9, 1e-15);
  spans(plate, 0, {9, 0.5, 3 * 0.1}, 1e-9, found);  // 0.30000000000000004
  ASSERT_EQ(found.size(), 1u);
  EXPECT_NEAR(found[0].last_m, 1, 2e-9);
  spans(plate, 0, {9, 0.5, 0.3001}, 1e-9, found);
  EXPECT_TRUE(found.empty());
}

TEST(Shape, MovesWithItsPoints) {
  EXPECT_TRUE(rc::check("a shape moved contains a point moved", [] {
    const Vec3 d = point(10), p = point(1.2);
    const auto same = [&](const auto& form) {
      // Only within rounding of the surface may the answers differ.
      const Shape here = shape_of(form), there = moved(form, d);
      if (contains(here, p, 1e-9) == contains(here, p, -1e-9)) RC_ASSERT(contains(there, p + d, 0) == contains(here, p, 0));
      const auto a = bounds_m(here), b = bounds_m(there);
      for (int side = 0; side < 2; ++side) RC_ASSERT(distance(a[side] + d, b[side]) < 1e-12);
    };
    same(box);
    same(ellipsoid);
    same(cylinder);
    same(cone);
    same(prism);
  }));
}

TEST(Shape, EndsMayBeSwapped) {
  EXPECT_TRUE(rc::check("a tube, a cone or a prism does not depend on which end comes first", [] {
    const Vec3 from = point(1), to = point(1), p = point(1.5);
    RC_PRE(distance(from, to) > 1e-3);
    const double r = number(0.05, 1), s = number(0, 1);
    const auto same = [&](const Shape& a, const Shape& b) {
      if (contains(a, p, 1e-9) == contains(a, p, -1e-9)) RC_ASSERT(contains(b, p, 0) == contains(a, p, 0));
      for (int side = 0; side < 2; ++side) RC_ASSERT(distance(bounds_m(a)[side], bounds_m(b)[side]) < 1e-12);
    };
    same(shape_of(Cylinder{from, to, r}), shape_of(Cylinder{to, from, r}));
    same(shape_of(Cylinder{from, to, r}), shape_of(Cone{from, to, r, r}));
    same(shape_of(Cone{from, to, r, s}), shape_of(Cone{to, from, s, r}));
    Prism back = prism;
    std::swap(back.from_m, back.to_m);
    for (Vec3& corner : back.triangle_m) corner = corner + prism.to_m - prism.from_m;
    std::swap(back.triangle_m[0], back.triangle_m[2]);
    same(shape_of(prism), shape_of(back));
  }));
}

TEST(Shape, PrismsHoldTheirMixtures) {
  EXPECT_TRUE(rc::check("a mixture of a prism's corners lies inside, its continuation outside", [] {
    // Edges and sweep near the axes, so that each triangle and sweep span a volume.
    const Vec3 corner = point(1), from = point(1);
    const Prism s{
        {corner, corner + Vec3{1, 0, 0} + point(0.4), corner + Vec3{0, 1, 0} + point(0.4)}, from, from + Vec3{0, 0, -1} + point(0.4)};
    const Vec3 e = s.triangle_m[1] - s.triangle_m[0], f = s.triangle_m[2] - s.triangle_m[0], sweep = s.to_m - s.from_m;
    double u = number(0.001, 0.999), v = number(0.001, 0.999);
    const double w = number(0.001, 0.999);
    RC_PRE(std::fabs(u + v - 1) > 1e-3);
    const auto at = [&](double a, double b, double c) { return s.triangle_m[0] + a * e + b * f + c * sweep; };
    RC_ASSERT(contains(shape_of(s), at(u, v, w), 0) == (u + v < 1));
    if (u + v > 1) {
      u = 1 - u;
      v = 1 - v;
    }
    RC_ASSERT(contains(shape_of(s), at(u, v, w), 0));
    RC_ASSERT(!contains(shape_of(s), at(-u, v, w), 1e-9));
    RC_ASSERT(!contains(shape_of(s), at(u, -v, w), 1e-9));
    RC_ASSERT(!contains(shape_of(s), at(u, v, -w), 1e-9));
    RC_ASSERT(!contains(shape_of(s), at(u, v, 1 + w), 1e-9));
    const auto [low, high] = bounds_m(shape_of(s));
    for (int a = 0; a < 3; ++a) {
      RC_ASSERT(at(u, v, w)[a] >= low[a]);
      RC_ASSERT(at(u, v, w)[a] <= high[a]);
    }
  }));
}

}  // namespace
}  // namespace hilbrick::fdtd
