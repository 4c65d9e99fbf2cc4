// SPDX-License-Identifier: BSD-3-Clause
// STL files, the surfaces that are made of them, and what lies inside: against winding numbers, which know nothing of lines.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <hilbrick/partition/error.hpp>
#include <map>
#include <numbers>
#include <random>
#include <set>

#include "closed_surface.hpp"
#include "mesh.hpp"
#include "stl_writer.hpp"

namespace hilbrick::fdtd::testing {
namespace {

constexpr double pi = std::numbers::pi;

Vec3 minus(const Vec3& a, const Vec3& b) { return {a[0] - b[0], a[1] - b[1], a[2] - b[2]}; }
double dot(const Vec3& a, const Vec3& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }
Vec3 cross(const Vec3& a, const Vec3& b) { return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]}; }

/// How often triangles surround a point: the sum of their solid angles (van Oosterom and Strackee 1983) over 4 pi.
double winding(const std::vector<Corners>& triangles, const Vec3& p) {
  double angle = 0;
  for (const Corners& t : triangles) {
    const Vec3 a = minus(t[0], p), b = minus(t[1], p), c = minus(t[2], p);
    const double la = std::sqrt(dot(a, a)), lb = std::sqrt(dot(b, b)), lc = std::sqrt(dot(c, c));
    angle += 2 * std::atan2(dot(a, cross(b, c)), la * lb * lc + dot(a, b) * lc + dot(b, c) * la + dot(c, a) * lb);
  }
  return angle / (4 * pi);
}

/// A grid of quadrilaterals, n by m, closed in both directions, halved; `at` gives the point of two angles. A row that is one point makes
/// triangles without area there.
std::vector<Corners> torus_like(int n, int m, const std::function<Vec3(double, double)>& at) {
  std::vector<Corners> out;
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < m; ++j) {
      const auto p = [&](int di, int dj) { return at(2 * pi * ((i + di) % n) / n, 2 * pi * ((j + dj) % m) / m); };
      out.push_back({p(0, 0), p(1, 0), p(1, 1)});
      out.push_back({p(0, 0), p(1, 1), p(0, 1)});
    }
  return out;
}

/// A ball of latitudes and longitudes whose radius depends on the direction.
std::vector<Corners> star(int n, int m, const std::function<double(double, double)>& radius) {
  std::vector<Corners> out;
  const auto p = [&](int i, int j) -> Vec3 {
    const double polar = pi * i / n, azimuth = 2 * pi * (j % m) / m;
    const double r = i == 0 || i == n ? radius(polar, 0) : radius(polar, azimuth);
    const double s = i == 0 || i == n ? 0 : std::sin(polar);
    return {r * s * std::cos(azimuth), r * s * std::sin(azimuth), r * std::cos(polar)};
  };
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < m; ++j) {
      if (i > 0) out.push_back({p(i, j), p(i + 1, j), p(i, j + 1)});
      if (i < n - 1) out.push_back({p(i + 1, j), p(i + 1, j + 1), p(i, j + 1)});
    }
  return out;
}

std::vector<Corners> turned(std::vector<Corners> triangles, double about_z, double about_x, const Vec3& move) {
  for (Corners& t : triangles)
    for (auto& p : t) {
      p = {std::cos(about_z) * p[0] - std::sin(about_z) * p[1], std::sin(about_z) * p[0] + std::cos(about_z) * p[1], p[2]};
      p = {p[0] + move[0], std::cos(about_x) * p[1] - std::sin(about_x) * p[2] + move[1],
           std::sin(about_x) * p[1] + std::cos(about_x) * p[2] + move[2]};
    }
  return triangles;
}

Mesh mesh_of(const std::vector<Corners>& triangles, double tolerance_m = 0, std::vector<std::string>* notes = nullptr) {
  Surface s = welded({"", triangles, 1}, 1e-9);
  std::vector<std::string> ignored;
  orient(s, "test", notes ? *notes : ignored);
  return {s.vertices, s.triangles, tolerance_m};
}

/// Along every axis, at points of the bounds and around them that are not too near the surface.
void expect_like_winding(const std::vector<Corners>& triangles, std::mt19937_64& random, int points) {
  const Mesh mesh = mesh_of(triangles);
  const auto [low, high] = mesh.bounds_m();
  int in = 0;
  for (int n = 0; n < points; ++n) {
    Vec3 p;
    for (int a = 0; a < 3; ++a) {
      const double margin = 0.1 * (high[a] - low[a]);
      p[a] = std::uniform_real_distribution(low[a] - margin, high[a] + margin)(random);
    }
    const double w = winding(triangles, p);
    if (std::fabs(w - std::round(w)) > 1e-6) continue;  // on the surface
    const bool inside = std::round(w) != 0;
    in += inside;
    for (int axis = 0; axis < 3; ++axis) {
      std::vector<Span> spans;
      mesh.spans(axis, p, 0, spans);
      bool found = false;
      for (std::size_t i = 0; i < spans.size(); ++i) {
        found = found || (spans[i].first_m <= p[axis] && p[axis] <= spans[i].last_m);
        EXPECT_LE(spans[i].first_m, spans[i].last_m);
        if (i > 0) {
          EXPECT_GT(spans[i].first_m, spans[i - 1].last_m);
        }
      }
      EXPECT_EQ(found, inside) << "along " << axis << " at " << p[0] << " " << p[1] << " " << p[2] << ", winding " << w;
    }
  }
  EXPECT_GT(in, points / 50);
}

TEST(Mesh, InsideIsWhereTheWindingNumberSays) {
  std::mt19937_64 random(1);
  const auto any = [&](double low, double high) { return std::uniform_real_distribution(low, high)(random); };
  for (int round = 0; round < 6; ++round) {
    const double a = any(0, 6), b = any(0, 6);
    const Vec3 move{any(-1, 1), any(-1, 1), any(-1, 1)};
    expect_like_winding(turned(box_triangles({0, 0, 0}, {any(0.1, 1), any(0.1, 1), any(0.1, 1)}), a, b, move), random, 300);
    expect_like_winding(turned(torus_like(17, 11,
                                          [](double u, double v) {
                                            const double r = 1 + 0.4 * std::cos(v);
                                            return Vec3{r * std::cos(u), r * std::sin(u), 0.4 * std::sin(v)};
                                          }),
                               a, b, move),
                        random, 200);
    const double bumps = any(0, 0.5);
    expect_like_winding(turned(star(12, 16, [&](double t, double p) { return 1 + bumps * std::sin(3 * t) * std::cos(4 * p); }), a, b, move),
                        random, 200);
  }
  // A shell: the inner surface faces the hollow.
  std::vector<Corners> shell = box_triangles({0, 0, 0}, {3, 3, 3});
  for (Corners t : box_triangles({1, 1, 1}, {2, 2, 2})) shell.push_back({t[0], t[2], t[1]});
  expect_like_winding(shell, random, 300);
  // Long thin triangles: a disc as a fan from one point of its rim.
  std::vector<Corners> disc;
  const int n = 200;
  const auto rim = [&](int i, double z) { return Vec3{std::cos(2 * pi * (i % n) / n), std::sin(2 * pi * (i % n) / n), z}; };
  for (int i = 0; i < n; ++i) {
    disc.push_back({rim(i, 0), rim(i + 1, 0), rim(i + 1, 0.3)});
    disc.push_back({rim(i, 0), rim(i + 1, 0.3), rim(i, 0.3)});
    if (i == 0 || i == n - 1) continue;
    disc.push_back({rim(0, 0.3), rim(i, 0.3), rim(i + 1, 0.3)});
    disc.push_back({rim(0, 0), rim(i + 1, 0), rim(i, 0)});
  }
  expect_like_winding(disc, random, 300);
  expect_like_winding(turned(disc, 0.3, 1, {1e3, -1e3, 0}), random, 300);
}

/// The boundary of a set of unit cubes, found cube by cube.
std::vector<Corners> boundary_of(const std::set<std::array<int, 3>>& cubes) {
  std::vector<Corners> out;
  for (const auto& c : cubes) {
    const std::array<double, 3> low{double(c[0]), double(c[1]), double(c[2])};
    const auto all = box_triangles(low, {low[0] + 1, low[1] + 1, low[2] + 1});
    for (std::size_t face = 0; face < 6; ++face) {
      auto next = c;
      next[face / 2] += face % 2 == 0 ? -1 : 1;
      if (!cubes.count(next)) out.insert(out.end(), {all[2 * face], all[2 * face + 1]});
    }
  }
  return out;
}

TEST(Mesh, LinesAlongFacesEdgesAndThroughCornersFindTheClosedBody) {
  EXPECT_TRUE(rc::check("cubes that share faces, edges and corners, asked on multiples of half a side", [] {
    const auto bits = *rc::gen::container<std::vector<bool>>(27, rc::gen::arbitrary<bool>());
    std::set<std::array<int, 3>> cubes{{1, 1, 1}};
    for (int i = 0; i < 27; ++i)
      if (bits[static_cast<std::size_t>(i)]) cubes.insert({i % 3, i / 3 % 3, i / 9});
    const Mesh mesh = mesh_of(boundary_of(cubes));
    const double tolerance = 1e-9;
    for (int i = -1; i <= 7; ++i)
      for (int j = -1; j <= 7; ++j)
        for (int axis = 0; axis < 3; ++axis) {
          Vec3 p{};
          p[(axis + 1) % 3] = 0.5 * i;
          p[(axis + 2) % 3] = 0.5 * j;
          std::vector<Span> spans;
          mesh.spans(axis, p, tolerance, spans);
          for (int k = -1; k <= 7; ++k) {
            p[axis] = 0.5 * k;
            bool expected = false;
            for (const auto& c : cubes) {
              bool holds = true;
              for (std::size_t a = 0; a < 3; ++a) holds = holds && p[a] >= c[a] && p[a] <= c[a] + 1;
              expected = expected || holds;
            }
            const bool found =
                std::any_of(spans.begin(), spans.end(), [&](const Span& s) { return s.first_m <= p[axis] && p[axis] <= s.last_m; });
            RC_ASSERT(found == expected);
          }
        }
  }));
}

TEST(Mesh, CrossingsAddUpToNothingEverywhere) {
  std::mt19937_64 random(5);
  const Mesh mesh = mesh_of(star(9, 8, [](double t, double p) { return 1 + 0.3 * std::sin(5 * t) * std::cos(3 * p); }));
  std::vector<Mesh::Crossing> crossed;
  const auto expect_even = [&](int axis, const Vec3& p) {
    mesh.crossings(axis, p, crossed);
    int turns = 0;
    for (const auto& c : crossed) turns += c.turn;
    EXPECT_EQ(turns, 0);
  };
  for (int axis = 0; axis < 3; ++axis) {
    for (const Vec3& v : mesh.vertices_m()) expect_even(axis, v);
    for (const auto& t : mesh.triangles()) {
      const Vec3 &a = mesh.vertices_m()[static_cast<std::size_t>(t[0])], &b = mesh.vertices_m()[static_cast<std::size_t>(t[1])];
      for (const double s : {0.5, 0.25, 0.1}) {
        Vec3 p;
        for (int k = 0; k < 3; ++k) p[k] = a[k] + s * (b[k] - a[k]);
        expect_even(axis, p);
      }
    }
  }
}

TEST(Surface, IsRepairedOrRefusedWithAPlace) {
  const std::vector<Corners> cube = box_triangles({0, 0, 0}, {1, 1, 1});
  const auto message_of = [](const std::vector<Corners>& triangles) -> std::string {
    try {
      mesh_of(triangles);
    } catch (const Error& e) {
      return e.what();
    }
    return "no error";
  };
  EXPECT_EQ(message_of(cube), "no error");
  std::vector<Corners> open = cube;
  open.erase(open.begin() + 4);  // y = 0, corners (0, 0, 0), (0, 0, 1), (1, 0, 1)
  EXPECT_EQ(
      message_of(open),
      "test: expected a closed surface, found 3 edges with a hole beside them, the first of them of triangle 2 at (0, 0, 0.5) m; close "
      "the surface in the program that made it");
  EXPECT_EQ(message_of({}), "test: expected triangles that enclose a volume, found none with three different corners; is the scale right?");
  EXPECT_NE(message_of({cube[0], {cube[0][0], cube[0][2], cube[0][1]}}).find("encloses none"), std::string::npos);
  // The projective plane: closed, but without sides.
  const std::array<Vec3, 6> p{Vec3{0, 0, 0}, {1, 0, 0.1}, {0, 1, 0.2}, {0, 0.3, 1}, {1, 1, 0.4}, {0.7, 0.1, 0.9}};
  std::vector<Corners> projective;
  for (const auto& [a, b, c] : std::vector<std::array<std::size_t, 3>>{
           {0, 1, 2}, {0, 2, 3}, {0, 3, 4}, {0, 4, 5}, {0, 5, 1}, {1, 2, 4}, {2, 3, 5}, {3, 4, 1}, {4, 5, 2}, {5, 1, 3}})
    projective.push_back({p[a], p[b], p[c]});
  EXPECT_NE(message_of(projective).find("that they cannot at the edge of triangle"), std::string::npos) << message_of(projective);

  const auto expect_cube = [](const std::vector<Corners>& triangles, const std::string& note) {
    std::vector<std::string> notes;
    const Mesh mesh = mesh_of(triangles, 0, &notes);
    EXPECT_TRUE(mesh.contains({0.5, 0.5, 0.5}, 0));
    ASSERT_EQ(notes.size(), 1u);
    EXPECT_EQ(notes[0], note);
    std::vector<Mesh::Crossing> crossed;
    mesh.crossings(0, {0, 0.3, 0.4}, crossed);
    ASSERT_EQ(crossed.size(), 2u);
    EXPECT_EQ(crossed[0].turn, 1);
  };
  std::vector<Corners> one_wrong = cube;
  std::swap(one_wrong[7][0], one_wrong[7][1]);
  expect_cube(
      one_wrong,
      "test: triangles disagree on which side is outside, the first at the edge of triangle 8 at (0.5, 1, 0) m; 1 were turned round");
  std::vector<Corners> all_wrong = cube;
  for (Corners& t : all_wrong) std::swap(t[1], t[2]);
  expect_cube(all_wrong, "test: the triangles face inwards; all were turned round");
}

TEST(Surface, WeldsWhatRoundingSeparates) {
  std::mt19937_64 random(7);
  std::vector<Corners> shaken = star(8, 9, [](double, double) { return 1.0; });
  const std::size_t vertices = welded({"", shaken, 1}, 1e-9).vertices.size();
  EXPECT_EQ(vertices, 7u * 9u + 2u);
  for (Corners& t : shaken)
    for (auto& p : t)
      for (double& x : p) x += std::uniform_real_distribution(-4e-10, 4e-10)(random);
  EXPECT_EQ(welded({"", shaken, 1}, 1e-9).vertices.size(), vertices);
  EXPECT_GT(welded({"", shaken, 1}, 1e-11).vertices.size(), vertices);
  EXPECT_NO_THROW(mesh_of(shaken));
}

TEST(Surface, OverlapsAreFound) {
  const auto overlap = [](const std::vector<Corners>& triangles, int solid_of_others = 0) -> std::string {
    const Mesh mesh = mesh_of(triangles);
    std::vector<Origin> origins;
    for (std::size_t i = 0; i < mesh.triangles().size(); ++i) origins.push_back({i < 12 ? 0 : solid_of_others, static_cast<Index>(i) + 1});
    const auto found = find_overlap(mesh, origins);
    return found ? found->second : "none";
  };
  const auto both = [](std::vector<Corners> a, const std::vector<Corners>& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
  };
  const std::vector<Corners> cube = box_triangles({0, 0, 0}, {1, 1, 1});
  EXPECT_EQ(overlap(cube), "none");
  EXPECT_EQ(overlap(both(cube, box_triangles({1, 0, 0}, {2, 1, 1}))), "none");  // they touch
  EXPECT_EQ(overlap(star(12, 16, [](double, double) { return 1.0; })), "none");
  const std::string found = overlap(both(cube, box_triangles({0.5, 0.25, 0.25}, {2, 0.75, 0.75})));
  EXPECT_EQ(found.substr(0, 42), "overlaps itself between triangles 14 and 4") << found;
  EXPECT_NE(found.find("from (0.5, "), std::string::npos) << found;
  EXPECT_NE(found.find("to (1, "), std::string::npos) << found;
  EXPECT_EQ(overlap(both(cube, box_triangles({0.5, 0.25, 0.25}, {2, 0.75, 0.75})), 1), "none");  // two bodies may
  // All of it is inside all the same.
  const Mesh joined = mesh_of(both(cube, box_triangles({0.5, 0.25, 0.25}, {2, 0.75, 0.75})));
  for (const double x : {0.1, 0.6, 1.5}) EXPECT_TRUE(joined.contains({x, 0.5, 0.5}, 0));
  EXPECT_FALSE(joined.contains({1.5, 0.1, 0.5}, 0));
  std::vector<Corners> small_inside_out = box_triangles({2, 0, 0}, {2.5, 0.5, 0.5});
  for (Corners& t : small_inside_out) std::swap(t[1], t[2]);
  EXPECT_EQ(overlap(both(cube, small_inside_out)).substr(0, 13), "faces inwards");
}

TEST(Stl, TextAndBinarySayTheSame) {
  const std::vector<Corners> ball = star(6, 7, [](double t, double p) { return 1 + 0.1 * std::sin(t + p); });
  const std::vector<Solid> binary = read_stl(binary_stl(ball, "solid a ball"), "ball.stl");  // the header that misleads
  ASSERT_EQ(binary.size(), 1u);
  EXPECT_EQ(binary[0].name, "solid a ball");
  ASSERT_EQ(binary[0].triangles.size(), ball.size());
  for (std::size_t t = 0; t < ball.size(); ++t)
    for (std::size_t i = 0; i < 3; ++i)
      for (std::size_t a = 0; a < 3; ++a) EXPECT_NEAR(binary[0].triangles[t][i][a], ball[t][i][a], 1e-7);
  const std::vector<Solid> text = read_stl(ascii_stl({{"a ball", binary[0].triangles, 1}}), "ball.stl");
  ASSERT_EQ(text.size(), 1u);
  EXPECT_EQ(text[0].name, "a ball");
  EXPECT_EQ(text[0].triangles, binary[0].triangles);
}

TEST(Stl, HoldsSeveralSolids) {
  const std::vector<Corners> cube = box_triangles({0, 0, 0}, {1, 1, 1}), other = box_triangles({2, 0, 0}, {3, 1, 1});
  const std::vector<Solid> solids = read_stl(ascii_stl({{"one", cube, 1}, {"", other, 13}, {"empty", {}, 25}}), "two.stl");
  ASSERT_EQ(solids.size(), 2u);
  EXPECT_EQ(solids[0].name, "one");
  EXPECT_EQ(solids[1].name, "");
  EXPECT_EQ(solids[1].triangles, other);
  EXPECT_EQ(solids[1].first_number, 13);
}

std::string stl_message(std::string_view bytes) {
  try {
    read_stl(bytes, "f.stl");
  } catch (const Error& e) {
    EXPECT_EQ(e.exit_code(), 2);
    return e.what();
  }
  return "";
}

TEST(Stl, TruncatedAnywhereItIsRefused) {
  const std::vector<Corners> few{box_triangles({0, 0, 0}, {1, 1, 1}).front()};
  for (const char* header : {"made by hand", "solid made by hand", "solid"}) {
    const std::string binary = binary_stl(few, header);
    EXPECT_EQ(stl_message(binary), "");
    for (std::size_t n = 0; n < binary.size(); ++n) {
      const std::string message = stl_message(std::string_view(binary).substr(0, n));
      EXPECT_EQ(message.substr(0, 6), "f.stl:") << n << ": " << message;
    }
  }
  const std::string text = ascii_stl({{"one", few, 1}, {"two", few, 2}});
  int whole = 0;
  for (std::size_t n = 0; n <= text.size(); ++n) {
    const std::string message = stl_message(std::string_view(text).substr(0, n));
    if (!message.empty()) {
      EXPECT_EQ(message.substr(0, 6), "f.stl:") << n << ": " << message;
      continue;
    }
    // Whole as far as it goes: behind the word that ends a solid, or its name.
    ++whole;
    const std::size_t word = text.rfind("endsolid", n);
    EXPECT_TRUE(word != std::string::npos && word + 8 <= n && text.substr(word + 8, n - word - 8).find("facet") == std::string::npos) << n;
  }
  EXPECT_LT(whole, 20);
}

TEST(Stl, MessagesNameThePlace) {
  EXPECT_EQ(
      stl_message(""),
      "f.stl: byte 0: expected \"solid\" (ASCII STL), or 84 bytes and more (binary STL), found the end of the file; it is no STL file, "
      "or a truncated one");
  EXPECT_EQ(stl_message("solid x\nendsolid x\n"), "f.stl: byte 19: expected at least one triangle, found none");
  EXPECT_EQ(stl_message(binary_stl({}, "x")), "f.stl: byte 84: expected at least one triangle, found none");
  EXPECT_EQ(stl_message("solid x\n facet normal 0 0 1\n outer loop\n vertex 0 1 z\n"),
            "f.stl:4: expected a finite number, found \"z\"; the file is no whole STL text");
  EXPECT_EQ(stl_message("solid x\n facet normal 0 0 1\n outer loop\n vertex 0 1 inf\n"),
            "f.stl:4: expected a finite number, found \"inf\"; the file is no whole STL text");
  EXPECT_EQ(stl_message("solid x\n triangle\n"),
            "f.stl:2: expected \"facet\" or \"endsolid\", found \"triangle\"; the file is no whole STL text");
  std::string damaged = binary_stl({box_triangles({0, 0, 0}, {1, 1, 1}).front()}, "x");
  for (const std::size_t i : {2u, 3u}) damaged[84 + 12 + 4 * 5 + i] = static_cast<char>(i == 2 ? 0x80 : 0x7f);
  EXPECT_EQ(stl_message(damaged), "f.stl: byte 116: expected a finite coordinate, found inf, in triangle 1; the file is damaged");
  EXPECT_EQ(stl_message(binary_stl({}, "x") + "more"),
            "f.stl: byte 84: expected 0 triangles as bytes 80 to 83 say, which take 84 bytes, found 88 bytes; the file is no STL, or has "
            "something appended");
}

TEST(Stl, AnyBytesAreReadOrRefused) {
  EXPECT_TRUE(rc::check("bytes, some of an STL text", [] {
    std::string bytes = *rc::gen::element<std::string>("", "solid ", "solid a\nfacet normal 0 0 1 outer loop vertex ");
    for (const auto& piece : *rc::gen::container<std::vector<std::string>>(
             rc::gen::element<std::string>("facet", " ", "\n", "vertex", "1", "-2e3", "endsolid", "solid", "normal", "outer loop",
                                           "endloop", "endfacet", "\0x", "nan", "+")))
      bytes += piece;
    stl_message(bytes);
  }));
}

}  // namespace
}  // namespace hilbrick::fdtd::testing
