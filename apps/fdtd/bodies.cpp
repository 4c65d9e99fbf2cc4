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

MeshParts parts_of(const Mesh& mesh) {
  MeshParts parts;
  for (const Vec3& p : mesh.vertices_m()) parts.vertices_m.insert(parts.vertices_m.end(), p.begin(), p.end());
  for (const Mesh::Triangle& t : mesh.triangles()) parts.triangles.insert(parts.triangles.end(), t.begin(), t.end());
  parts.tolerance_m = mesh.tolerance_m();
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

void make_mesh(StlBody& body, std::string_view bytes, std::vector<std::string>& warnings) {
  std::vector<Solid> solids = read_stl(bytes, body.file);
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

  constexpr double most_m = 1e50;  // so that volumes are finite
  std::vector<Vec3> vertices_m;
  std::vector<Mesh::Triangle> triangles;
  std::vector<Origin> origins;
  const auto name_of = [&](const Solid& solid) {
    return solid.name.empty() ? body.file : fmt::format("{}: solid \"{}\"", body.file, solid.name);
  };
  for (std::size_t i = 0; i < solids.size(); ++i) {
    Surface surface = welded(solids[i], std::ldexp(largest, -21));
    for (Vec3& p : surface.vertices) {
      p = placed(body, p);
      for (const double x : p)
        if (!(std::fabs(x) <= most_m))
          throw Error(fmt::format("{}: expected coordinates of at most {:g} m, found {:g}; the file is damaged, or scale is", body.file,
                                  most_m, x));
    }
    orient(surface, name_of(solids[i]), warnings);
    const auto base = static_cast<std::int32_t>(vertices_m.size());
    vertices_m.insert(vertices_m.end(), surface.vertices.begin(), surface.vertices.end());
    for (const Mesh::Triangle& t : surface.triangles) triangles.push_back({base + t[0], base + t[1], base + t[2]});
    for (const Index number : surface.numbers) origins.push_back({static_cast<int>(i), number});
  }
  // Most STL files hold floats or as many digits: half a unit in their last place, rotated.
  body.mesh = std::make_shared<const Mesh>(std::move(vertices_m), std::move(triangles), std::ldexp(largest, -23) * body.scale);
  if (const auto overlap = find_overlap(*body.mesh, origins))
    warnings.push_back(fmt::format("{}: the surface {}; whatever any part of it encloses counts as inside",
                                   name_of(solids[static_cast<std::size_t>(overlap->first)]), overlap->second));
}

Scene with_bodies(const Comm& comm, Scene scene) {
  for (Shape& shape : scene.shapes) {
    std::string file;
    if (auto* body = std::get_if<StlBody>(&shape.form)) {
      file = body->file;
      MeshParts parts;
      agree_on(comm, [&] {
        if (comm.rank() != 0) return;
        std::vector<std::string> warnings;
        at_place(shape.place, [&] { make_mesh(*body, bytes_of(body->file), warnings); });
        parts = parts_of(*body->mesh);
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
