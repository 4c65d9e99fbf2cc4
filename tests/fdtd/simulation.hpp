// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Scenes made in code, a solver on any communicator, and fields gathered whole, so that physics can be checked at any rank count.

#include <functional>
#include <mesh.hpp>
#include <solver.hpp>
#include <workload.hpp>

namespace hilbrick::fdtd::testing {

/// A vacuum box without sources; every face has the same boundary.
inline Scene box_scene(Int3 cells, Vec3 spacing_m, Boundary boundary, Index steps) {
  Scene s;
  s.cells = cells;
  s.spacing_m = spacing_m;
  for (auto& axis : s.boundary) axis = {boundary, boundary};
  s.steps = steps;
  s.precision = Precision::double_;
  Material vacuum, pec;
  vacuum.name = "vacuum";
  pec.name = "pec";
  pec.pec = true;
  s.materials = {vacuum, pec};
  s.brick = 4;
  return s;
}

/// A Gaussian's derivative of amplitude 1, as scenes have it by default.
inline Waveform pulse(double frequency_hz) {
  Waveform w;
  w.kind = Waveform::Kind::gaussian_derivative;
  w.frequency_hz = frequency_hz;
  w.delay_s = 1 / frequency_hz;
  w.amplitude = 1;
  return w;
}

/// The triangles of a box, as a file would hold them.
inline StlBody box_body(const Vec3& low, const Vec3& high, double tolerance_m) {
  std::vector<Vec3> vertices;
  for (std::size_t corner = 0; corner < 8; ++corner) {
    Vec3 p{};
    for (std::size_t a = 0; a < 3; ++a) p[a] = (corner >> a & 1) != 0 ? high[a] : low[a];
    vertices.push_back(p);
  }
  std::vector<Mesh::Triangle> triangles;
  for (int a = 0; a < 3; ++a)
    for (const int top : {0, 1}) {
      const auto corner = [&](int u, int v) { return top << a | u << (a + 1) % 3 | v << (a + 2) % 3; };
      for (const auto& [p, q] : {std::array{corner(1, 0), corner(1, 1)}, {corner(1, 1), corner(0, 1)}})
        triangles.push_back(top ? Mesh::Triangle{corner(0, 0), p, q} : Mesh::Triangle{corner(0, 0), q, p});
    }
  StlBody body;
  body.mesh = std::make_shared<const Mesh>(std::move(vertices), std::move(triangles), tolerance_m);
  return body;
}

/// Eight triangles around a point, turned against the grid, as a file's would be.
inline StlBody octahedron(Vec3 center, double size) {
  std::vector<Vec3> vertices;
  const std::array<Vec3, 3> axes{Vec3{0.8, 0.6, 0}, Vec3{-0.48, 0.64, 0.6}, Vec3{0.36, -0.48, 0.8}};
  for (const Vec3& axis : axes)
    for (const double side : {size, -size})
      vertices.push_back({center[0] + side * axis[0], center[1] + side * axis[1], center[2] + side * axis[2]});
  std::vector<Mesh::Triangle> triangles;
  for (const std::int32_t i : {0, 1})
    for (const std::int32_t j : {2, 3})
      for (const std::int32_t k : {4, 5}) triangles.push_back((i + j + k) % 2 == 0 ? Mesh::Triangle{i, j, k} : Mesh::Triangle{i, k, j});
  StlBody body;
  body.mesh = std::make_shared<const Mesh>(std::move(vertices), std::move(triangles), 1e-10);
  return body;
}

/// A scene's solver with all that it leans on.
template <class T>
struct Simulation {
  Simulation(const Comm& c, const Scene& s)
      : comm(c), scene(s), numerics(numerics_of(scene)), domain(domain_of(comm, scene, numerics)), solver(comm, scene, numerics, domain) {}

  void steps(Index n) {
    for (Index i = 0; i < n; ++i) solver.step();
  }

  /// Sets component c to f(cell) wherever it is owned.
  void set(Component c, const std::function<double(Int3)>& f) {
    const Field<T>& field = solver.field(c);
    for (std::size_t b = 0; b < field.blocks().size(); ++b)
      for_each_cell(field.blocks()[b].owned, [&](Int3 cell) { field.at(b, cell) = static_cast<T>(f(cell)); });
  }

  /// Component c of the whole grid on every rank: value(x, y, z), closing planes included, zero where nothing lives. Collective over comm.
  std::function<double(Int3)> gather(Component c) const {
    const Int3 n = scene.cells + Int3{1, 1, 1};
    auto values = std::make_shared<std::vector<double>>(static_cast<std::size_t>(product(n)), 0.0);
    const auto at = [n](Int3 p) { return static_cast<std::size_t>(p.x + n.x * (p.y + n.y * p.z)); };
    const Field<T>& field = solver.field(c);
    for (std::size_t b = 0; b < field.blocks().size(); ++b)
      for_each_cell(field.blocks()[b].owned, [&](Int3 cell) { (*values)[at(cell)] = static_cast<double>(field.at(b, cell)); });
    MPI_Allreduce(MPI_IN_PLACE, values->data(), static_cast<int>(values->size()), MPI_DOUBLE, MPI_SUM, comm.get());
    return [values, at](Int3 p) { return (*values)[at(p)]; };
  }

  /// One value, on every rank. Collective over comm.
  double value(Component c, Int3 cell) const {
    double v = 0;
    const Field<T>& field = solver.field(c);
    for (std::size_t b = 0; b < field.blocks().size(); ++b)
      if (field.blocks()[b].owned.contains(cell)) v = static_cast<double>(field.at(b, cell));
    MPI_Allreduce(MPI_IN_PLACE, &v, 1, MPI_DOUBLE, MPI_SUM, comm.get());
    return v;
  }

  const Comm& comm;
  const Scene scene;
  const Numerics numerics;
  const Domain domain;
  Solver<T> solver;
};

/// A number of (-1, 1) that depends on its arguments alone.
inline double noise(int component, Int3 cell) {
  std::uint64_t h = 0x9e3779b97f4a7c15u * static_cast<std::uint64_t>(component + 1);
  for (int a = 0; a < 3; ++a) h = (h ^ static_cast<std::uint64_t>(cell[a] + 7)) * 0xff51afd7ed558ccdu, h ^= h >> 32;
  return static_cast<double>(h >> 11) / 4503599627370496.0 - 1;
}

}  // namespace hilbrick::fdtd::testing
