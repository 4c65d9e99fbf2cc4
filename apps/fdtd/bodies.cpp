// SPDX-License-Identifier: BSD-3-Clause
#include "bodies.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <numbers>
#include <sstream>

#include "closed_surface.hpp"
#include "mesh.hpp"
#include "scene_reader.hpp"
#include "stl.hpp"
#include "voxels.hpp"

namespace hilbrick::fdtd {
namespace {

std::string bytes_of(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream bytes;
  if (in && in.peek() != std::ifstream::traits_type::eof()) bytes << in.rdbuf();
  if (!in.is_open() || in.bad() || bytes.fail())
    throw Error(fmt::format("{}: expected an STL file, cannot read it ({})", file, std::strerror(errno)));
  return std::move(bytes).str();
}

/// Turns the plane (u, v) by an angle; right angles exactly.
void rotate(Vec3& p, std::size_t u, std::size_t v, double deg) {
  const double quarters = deg / 90;
  double c = std::cos(deg * std::numbers::pi / 180), s = std::sin(deg * std::numbers::pi / 180);
  if (quarters == std::floor(quarters)) {
    c = std::round(c);
    s = std::round(s);
  }
  p = [&] {
    Vec3 q = p;
    q[u] = c * p[u] - s * p[v];
    q[v] = s * p[u] + c * p[v];
    return q;
  }();
}

Vec3 placed(const StlBody& body, const Vec3& p) {
  Vec3 q;
  for (int a = 0; a < 3; ++a) q[a] = body.scale * p[a];
  rotate(q, 1, 2, body.rotate_deg[0]);
  rotate(q, 2, 0, body.rotate_deg[1]);
  rotate(q, 0, 1, body.rotate_deg[2]);
  for (int a = 0; a < 3; ++a) q[a] += body.move_m[a];
  return q;
}

/// What is needed to make a mesh, as numbers that can be sent. Exact: a number of a vertex fits a double.
struct MeshParts {
  std::vector<double> vertices_m, triangles;
  double tolerance_m = 0;
};

std::shared_ptr<const Mesh> mesh_of(const MeshParts& parts) {
  std::vector<Vec3> vertices(parts.vertices_m.size() / 3);
  for (std::size_t i = 0; i < parts.vertices_m.size(); ++i) vertices[i / 3][i % 3] = parts.vertices_m[i];
  std::vector<Mesh::Triangle> triangles(parts.triangles.size() / 3);
  for (std::size_t i = 0; i < parts.triangles.size(); ++i) triangles[i / 3][i % 3] = static_cast<std::int32_t>(parts.triangles[i]);
  return std::make_shared<const Mesh>(std::move(vertices), std::move(triangles), parts.tolerance_m);
}

/// The parts of a body's mesh; makes the mesh, too.
MeshParts read_body(StlBody& body, std::vector<std::string>& warnings) {
  std::vector<Solid> solids = read_stl(bytes_of(body.file), body.file);
  if (body.solid) {
    std::string names;
    for (const Solid& s : solids) names += (names.empty() ? "\"" : ", \"") + s.name + "\"";
    std::erase_if(solids, [&](const Solid& s) { return s.name != *body.solid; });
    if (solids.empty()) throw Error(fmt::format("{}: expected a solid \"{}\", found {}", body.file, *body.solid, names));
  }
  double largest = 0;
  for (const Solid& solid : solids)
    for (const Solid::Corners& corners : solid.triangles)
      for (const auto& corner : corners)
        for (const double x : corner) largest = std::max(largest, std::fabs(x));

  MeshParts parts;
  // Most STL files hold floats or as many digits: half a unit in their last place, rotated.
  parts.tolerance_m = std::ldexp(largest, -23) * body.scale;
  std::vector<Origin> origins;
  const auto name_of = [&](const Solid& solid) {
    return solid.name.empty() ? body.file : fmt::format("{}: solid \"{}\"", body.file, solid.name);
  };
  for (std::size_t i = 0; i < solids.size(); ++i) {
    Surface surface = welded(solids[i], std::ldexp(largest, -21));
    for (Vec3& p : surface.vertices) p = placed(body, p);
    orient(surface, name_of(solids[i]), warnings);
    const auto base = static_cast<double>(parts.vertices_m.size() / 3);
    for (const Vec3& p : surface.vertices) parts.vertices_m.insert(parts.vertices_m.end(), p.begin(), p.end());
    for (const Mesh::Triangle& t : surface.triangles)
      for (const std::int32_t corner : t) parts.triangles.push_back(base + corner);
    for (const Index number : surface.numbers) origins.push_back({static_cast<int>(i), number});
  }
  body.mesh = mesh_of(parts);
  if (const auto overlap = find_overlap(*body.mesh, origins))
    warnings.push_back(fmt::format("{}: the surface {}; whatever any part of it encloses counts as inside",
                                   name_of(solids[static_cast<std::size_t>(overlap->first)]), overlap->second));
  return parts;
}

/// Runs f and puts the place of a shape before the message of what it throws.
template <class F>
void at_place(const Place& place, F&& f) {
  try {
    f();
  } catch (const Error& e) {
    throw Error(to_string(place) + ": " + e.what(), e.exit_code());
  }
}

}  // namespace

Scene with_bodies(const Comm& comm, Scene scene) {
  for (Shape& shape : scene.shapes) {
    std::string file;
    if (auto* body = std::get_if<StlBody>(&shape.form)) {
      file = body->file;
      MeshParts parts;
      agree_on(comm, [&] {
        if (comm.rank() != 0) return;
        std::vector<std::string> warnings;
        at_place(shape.place, [&] { parts = read_body(*body, warnings); });
        for (const std::string& w : warnings) std::fprintf(stderr, "warning: %s: %s\n", to_string(shape.place).c_str(), w.c_str());
      });
      parts.vertices_m = broadcast(comm, std::move(parts.vertices_m));
      parts.triangles = broadcast(comm, std::move(parts.triangles));
      parts.tolerance_m = broadcast(comm, std::vector<double>{parts.tolerance_m}).front();
      agree_on(comm, [&] {
        if (!body->mesh) body->mesh = mesh_of(parts);
      });
    } else if (auto* grid = std::get_if<VoxelGrid>(&shape.form)) {
      file = grid->file;
      agree_on(comm, [&] { at_place(shape.place, [&] { grid->voxels = std::make_shared<const VoxelFile>(grid->file, grid->dataset); }); });
    } else {
      continue;
    }
    agree_on(comm, [&] { require_touching(shape, file, scene); });
  }
  return scene;
}

}  // namespace hilbrick::fdtd
