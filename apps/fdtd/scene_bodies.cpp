// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "scene_reader.hpp"

namespace hilbrick::fdtd {
namespace {

// [[material]], [[shape]]

std::variant<BoxShape, Ellipsoid, Cylinder, Cone, Prism> read_form(TableReader& t) {
  const std::string kind = t.word("kind", {"box", "sphere", "ellipsoid", "cylinder", "cone", "prism"});
  const auto require_length = [&](const Vec3& from, const Vec3& to) {
    if (from == to) t.reject("to_m", fmt::format("expected another point than from_m, found {} for both", text_of(to)));
  };
  if (kind == "box") {
    const BoxShape s{t.vector("low_m"), t.vector("high_m")};
    require_ordered(t, s.low_m, s.high_m);
    return s;
  }
  if (kind == "sphere") {
    const Vec3 center = t.vector("center_m");
    const double r = t.number("radius_m", positive);
    return Ellipsoid{center, {r, r, r}};
  }
  if (kind == "ellipsoid") return Ellipsoid{t.vector("center_m"), t.vector("radii_m", positive)};
  if (kind == "prism") {
    const std::vector<Vec3> points = t.vectors("triangle_m", 3);
    const Prism s{{points[0], points[1], points[2]}, t.vector("from_m"), t.vector("to_m")};
    require_length(s.from_m, s.to_m);
    // The volume that the triangle sweeps, against the size of its edges.
    Vec3 e1, e2, d;
    for (int a = 0; a < 3; ++a) {
      e1[a] = s.triangle_m[1][a] - s.triangle_m[0][a];
      e2[a] = s.triangle_m[2][a] - s.triangle_m[0][a];
      d[a] = s.to_m[a] - s.from_m[a];
    }
    const double volume =
        d[0] * (e1[1] * e2[2] - e1[2] * e2[1]) + d[1] * (e1[2] * e2[0] - e1[0] * e2[2]) + d[2] * (e1[0] * e2[1] - e1[1] * e2[0]);
    const double size = std::hypot(e1[0], e1[1], e1[2]) * std::hypot(e2[0], e2[1], e2[2]) * std::hypot(d[0], d[1], d[2]);
    if (!(std::fabs(volume) > 1e-12 * size))
      t.reject("triangle_m",
               "expected three points that span a triangle and a sweep from_m to to_m out of its plane, found a body without volume");
    return s;
  }
  const Vec3 from = t.vector("from_m"), to = t.vector("to_m");
  require_length(from, to);
  if (kind == "cylinder") return Cylinder{from, to, t.number("radius_m", positive)};
  const double from_radius = t.number("from_radius_m", not_negative), to_radius = t.number_or("to_radius_m", 0, not_negative);
  if (from_radius == 0 && to_radius == 0) t.reject("from_radius_m", "expected a radius above 0 at one end, found 0 at both");
  return Cone{from, to, from_radius, to_radius};
}

/// The poles of a material. In their tables' terms, s = j w: Debye delta_eps / (1 + s tau), Drude omega^2 / (s^2 + s gamma), Lorentz
/// delta_eps omega^2 / (s^2 + s gamma + omega^2).
std::vector<Pole> read_poles(TableReader& t) {
  std::vector<Pole> poles;
  for (TableReader& p : t.tables("debye")) {
    poles.push_back({0, p.number("tau_s", positive), 1, p.number("delta_eps", positive)});
    p.finish();
  }
  for (TableReader& p : t.tables("drude")) {
    const double omega = p.number("omega_rad_s", positive);
    poles.push_back({1, p.number_or("gamma_rad_s", 0, not_negative), 0, omega * omega});
    p.finish();
  }
  for (TableReader& p : t.tables("lorentz")) {
    const double omega = p.number("omega_rad_s", positive);
    poles.push_back({1, p.number_or("gamma_rad_s", 0, not_negative), omega * omega, p.number("delta_eps", positive) * omega * omega});
    p.finish();
  }
  return poles;
}

}  // namespace

void read_materials(std::vector<TableReader> tables, Scene& scene) {
  Material vacuum, pec;
  vacuum.name = "vacuum";
  pec.name = "pec";
  pec.pec = true;
  scene.materials = {vacuum, pec};
  std::set<std::string> taken{"vacuum", "pec"};
  for (TableReader& t : tables) {
    Material m;
    m.name = new_name(t, taken);
    if (t.given("eps_r") && t.number("eps_r") < 0)
      t.reject("eps_r",
               "expected a number above 0, found one below: at all frequencies alike that is unstable; give the material a pole (drude or "
               "lorentz) that makes its permittivity negative where you need it");
    m.eps_r = t.number_or("eps_r", 1, positive);
    m.mu_r = t.number_or("mu_r", 1, positive);
    m.sigma = t.number_or("sigma", 0, not_negative);
    m.sigma_m = t.number_or("sigma_m", 0, not_negative);
    m.poles = read_poles(t);
    m.place = t.place();
    t.finish();
    scene.materials.push_back(m);
  }
}

void read_shapes(std::vector<TableReader> tables, Scene& scene) {
  const Vec3 e = extent_m(scene);
  std::vector<std::string> names;
  for (const Material& m : scene.materials) names.push_back(m.name);
  for (TableReader& t : tables) {
    Shape shape;
    shape.form = read_form(t);
    shape.place = t.place();
    const std::string material = t.text("material");
    const auto found = std::find(names.begin(), names.end(), material);
    if (found == names.end())
      t.reject("material", fmt::format("expected {}, found \"{}\"; define it by a [[material]] of that name", joined(names), material));
    shape.material = static_cast<int>(found - names.begin());
    t.finish();
    const auto [low, high] = bounds_m(shape);
    for (int a = 0; a < 3; ++a)
      if (high[a] < -1e-9 * e[a] || low[a] > e[a] * (1 + 1e-9))
        fail(shape.place,
             fmt::format(
                 "{}: expected a shape that touches the grid, (0, 0, 0) to {} m, found a shape outside the grid, {} to {} m; move it",
                 t.name(), text_of(e), text_of(low), text_of(high)));
    scene.shapes.push_back(shape);
  }
}

}  // namespace hilbrick::fdtd
