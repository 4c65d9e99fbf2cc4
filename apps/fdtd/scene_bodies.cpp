// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "numerics.hpp"
#include "scene_reader.hpp"

namespace hilbrick::fdtd {
namespace {

// [[material]], [[shape]]

Vec3 on_planes(const Vec3& point_m, const Scene& scene) {
  Vec3 p;
  for (int a = 0; a < 3; ++a) p[a] = static_cast<double>(nearest_plane(scene.spacing_m[a], point_m[a])) * scene.spacing_m[a];
  return p;
}

/// A plate with no thickness along one axis, on the plane of the grid nearest to it.
BoxShape read_plate(TableReader& t, const Scene& scene) {
  BoxShape s{t.vector("low_m"), t.vector("high_m")};
  require_ordered(t, s.low_m, s.high_m);
  int normals = 0;
  for (int a = 0; a < 3; ++a) {
    if (s.low_m[a] != s.high_m[a]) continue;
    ++normals;
    s.low_m[a] = s.high_m[a] = on_planes(s.low_m, scene)[a];
  }
  if (normals != 1)
    t.reject("high_m",
             fmt::format("expected low_m along exactly one axis, the plate's normal, found it along {}; a body is a box, a line a "
                         "wire",
                         normals));
  return s;
}

/// A line along edges of the grid, from one of its points to the next.
std::vector<Form> read_wire(TableReader& t, const Scene& scene) {
  const std::vector<Vec3> points = t.vectors("points_m");
  if (points.size() < 2) t.reject("points_m", fmt::format("expected at least two points, found {}", points.size()));
  std::vector<Form> segments;
  for (std::size_t i = 0; i + 1 < points.size(); ++i) {
    const Vec3 from = on_planes(points[i], scene), to = on_planes(points[i + 1], scene);
    BoxShape s{from, to};
    int along = 0;
    for (int a = 0; a < 3; ++a) {
      if (from[a] != to[a]) ++along;
      s.low_m[a] = std::min(from[a], to[a]);
      s.high_m[a] = std::max(from[a], to[a]);
    }
    if (along != 1)
      t.reject("points_m",
               fmt::format("expected points that follow each other along one axis of the grid, found {} and {}, which go to {} and "
                           "{} on the grid, {}",
                           text_of(points[i]), text_of(points[i + 1]), text_of(from), text_of(to),
                           along == 0 ? "one place; leave one out" : "not along an axis; add the corners between"));
    segments.emplace_back(s);
  }
  return segments;
}

StlBody read_stl_body(TableReader& t) {
  StlBody s;
  s.file = file_beside_scene(t, "file");
  if (t.given("solid")) s.solid = t.text("solid");
  s.scale = t.number_or("scale", 1, positive);
  s.rotate_deg = t.vector_or("rotate_deg", {});
  s.move_m = t.vector_or("move_m", {});
  return s;
}

std::vector<std::string> material_names(const Scene& scene) {
  std::vector<std::string> names;
  for (const Material& m : scene.materials) names.push_back(m.name);
  return names;
}

int material_of_name(const std::vector<std::string>& names, const std::string& name) {
  return static_cast<int>(std::find(names.begin(), names.end(), name) - names.begin());
}

int read_material(TableReader& t, const Scene& scene) {
  const std::vector<std::string> names = material_names(scene);
  const std::string name = t.text("material");
  const int found = material_of_name(names, name);
  if (found == static_cast<int>(names.size()))
    t.reject("material", fmt::format("expected {}, found \"{}\"; define it by a [[material]] of that name", joined(names), name));
  return found;
}

VoxelGrid read_voxels(TableReader& t, const Scene& scene) {
  VoxelGrid s;
  s.file = file_beside_scene(t, "file");
  s.dataset = t.text("dataset");
  s.low_m = t.vector("low_m");
  s.spacing_m = t.vector("spacing_m", positive);
  const std::vector<std::string> names = material_names(scene);
  for (const std::string& name : t.words("materials", names)) s.materials.push_back(material_of_name(names, name));
  return s;
}

/// What one table stands for: one form, or the pieces of a wire.
std::vector<Form> read_forms(TableReader& t, const std::string& kind, const Scene& scene) {
  const auto require_length = [&](const Vec3& from, const Vec3& to) {
    if (from == to) t.reject("to_m", fmt::format("expected another point than from_m, found {} for both", text_of(to)));
  };
  if (kind == "box") {
    const BoxShape s{t.vector("low_m"), t.vector("high_m")};
    require_ordered(t, s.low_m, s.high_m);
    return {s};
  }
  if (kind == "sphere") {
    const Vec3 center = t.vector("center_m");
    const double r = t.number("radius_m", positive);
    return {Ellipsoid{center, {r, r, r}}};
  }
  if (kind == "ellipsoid") return {Ellipsoid{t.vector("center_m"), t.vector("radii_m", positive)}};
  if (kind == "plate") return {read_plate(t, scene)};
  if (kind == "wire") return read_wire(t, scene);
  if (kind == "stl") return {read_stl_body(t)};
  if (kind == "voxels") return {read_voxels(t, scene)};
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
    return {s};
  }
  const Vec3 from = t.vector("from_m"), to = t.vector("to_m");
  require_length(from, to);
  if (kind == "cylinder") return {Cylinder{from, to, t.number("radius_m", positive)}};
  const double from_radius = t.number("from_radius_m", not_negative), to_radius = t.number_or("to_radius_m", 0, not_negative);
  if (from_radius == 0 && to_radius == 0) t.reject("from_radius_m", "expected a radius above 0 at one end, found 0 at both");
  return {Cone{from, to, from_radius, to_radius}};
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
  std::vector<std::pair<Index, Shape>> by_priority;
  for (TableReader& t : tables) {
    const std::string kind = t.word("kind", {"box", "sphere", "ellipsoid", "cylinder", "cone", "prism", "plate", "wire", "stl", "voxels"});
    Shape shape;
    shape.place = t.place();
    if (kind != "voxels") shape.material = read_material(t, scene);
    const Index priority = t.integer_or("priority", 0, std::numeric_limits<Index>::min());
    for (Form& form : read_forms(t, kind, scene)) {
      shape.form = std::move(form);
      if (kind != "stl" && kind != "voxels") require_touching(shape, t.name(), scene);
      by_priority.emplace_back(priority, shape);
    }
    t.finish();
  }
  std::stable_sort(by_priority.begin(), by_priority.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (auto& [priority, shape] : by_priority) scene.shapes.push_back(std::move(shape));
}

}  // namespace hilbrick::fdtd
