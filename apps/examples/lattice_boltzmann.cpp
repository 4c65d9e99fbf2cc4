// SPDX-License-Identifier: BSD-3-Clause

// A fluid by the lattice Boltzmann method with 19 velocities (D3Q19; Qian, d'Humieres, Lallemand 1992) on a periodic grid, on any number of
// ranks. A step pulls each population q from the cell that it comes from, and relaxes all 19 towards their equilibrium:
//   f_q'(c) = g_q + (equilibrium_q(g) - g_q) / tau,   g_q = f_q(c - e_q),   viscosity = (tau - 1/2) / 3.
// Each is declared to be read at that one offset, so only 5 of the 19 cross a face between two ranks. The program starts from shear waves,
// and prints the viscosity by which they decay.   mpirun -np 4 example_lattice_boltzmann --cells 48x40x36 --steps 200 --method hilbert

#include <cmath>
#include <cstdio>
#include <hilbrick/digest.hpp>
#include <hilbrick/exchange.hpp>
#include <hilbrick/program.hpp>
#include <numbers>
#include <sstream>

using namespace hilbrick;

constexpr int count = 19;
constexpr double tau = 0.8, viscosity = (tau - 0.5) / 3, speed = 1e-4;
constexpr int e[count][3] = {{0, 0, 0},  {1, 0, 0},   {-1, 0, 0},  {0, 1, 0},  {0, -1, 0}, {0, 0, 1},   {0, 0, -1},
                             {1, 1, 0},  {-1, -1, 0}, {1, -1, 0},  {-1, 1, 0}, {1, 0, 1},  {-1, 0, -1}, {1, 0, -1},
                             {-1, 0, 1}, {0, 1, 1},   {0, -1, -1}, {0, 1, -1}, {0, -1, 1}};
constexpr Int3 source(int q) { return {-e[q][0], -e[q][1], -e[q][2]}; }

double equilibrium(int q, double density, const double* u) {
  const double share = q == 0 ? 1.0 / 3 : q < 7 ? 1.0 / 18 : 1.0 / 36;
  const double eu = e[q][0] * u[0] + e[q][1] * u[1] + e[q][2] * u[2], uu = u[0] * u[0] + u[1] * u[1] + u[2] * u[2];
  return share * density * (1 + 3 * eu + 4.5 * eu * eu - 1.5 * uu);
}

void relax(double* g) {
  double density = 0, u[3] = {};
  for (int q = 0; q < count; ++q) {
    density += g[q];
    for (int a = 0; a < 3; ++a) u[a] += e[q][a] * g[q];
  }
  for (double& component : u) component /= density;
  for (int q = 0; q < count; ++q) g[q] += (equilibrium(q, density, u) - g[q]) / tau;
}

void solve(const Comm& comm, Int3 cells, int steps, Method method) {
  // 1. What a step reads: each population one step upstream. For comparison: all of them from all around.
  std::vector<Access> upstream(count), around(count);
  for (int q = 0; q < count; ++q) {
    upstream[q] = {0, q, source(q), source(q)};
    around[q] = {0, q, {-1, -1, -1}, {1, 1, 1}};
  }
  const Stencil stencil({count, StencilField{"f"}}, {upstream}), all_around({count, StencilField{"f"}}, {around});

  // 2. Who owns what: bricks of at most 8 cells an edge, cells that all cost the same, a machine that we know nothing of.
  const Grid grid{cells, {true, true, true}};
  const Domain domain = make_domain(comm, Tiling(grid, 8), {}, stencil, {}, method, sizeof(double));

  // 3. Storage, for each population with the halo on the side that it comes from, and what keeps the halo in step. Two sets take turns.
  std::vector<Field<double>> f[2];
  std::vector<FieldRef> refs[2];
  std::vector<Exchange> exchange;
  for (int turn = 0; turn < 2; ++turn) {
    for (int q = 0; q < count; ++q) refs[turn].push_back(f[turn].emplace_back("f", domain, std::span(&stencil, 1), q).ref());
    exchange.emplace_back(comm, domain, stencil, refs[turn]);
  }

  // Three shear waves: u_y is a sine along z, and so on. Sines come from one rank: not every processor's have the same last bit.
  std::vector<double> sine[3];
  double k[3];
  for (int a = 0; a < 3; ++a) {
    k[a] = 2 * std::numbers::pi / static_cast<double>(cells[a]);
    for (Index i = 0; i < cells[a]; ++i) sine[a].push_back(std::sin(k[a] * static_cast<double>(i)));
    sine[a] = broadcast(comm, sine[a]);
  }
  for_each_cell(domain, [&](std::size_t b, Int3 c) {
    const double u[3] = {speed * sine[1][c.y], speed * sine[2][c.z], speed * sine[0][c.x]};
    for (int q = 0; q < count; ++q) f[0][q].at(b, c) = equilibrium(q, 1, u);
  });

  for (int step = 0; step < steps; ++step) {
    exchange[step % 2].start(0).finish();
    for_each_cell(domain, [&](std::size_t b, Int3 c) {
      double g[count];
      for (int q = 0; q < count; ++q) g[q] = f[step % 2][q].at(b, c + source(q));
      relax(g);
      for (int q = 0; q < count; ++q) f[1 - step % 2][q].at(b, c) = g[q];
    });
  }

  // Means of density, momentum and the waves along x, y, z. The last digits of such sums depend on their order, so on who owns what.
  std::array<double, 7> mean{};
  for_each_cell(domain, [&](std::size_t b, Int3 c) {
    for (int q = 0; q < count; ++q) {
      const double value = f[steps % 2][q].at(b, c) / static_cast<double>(product(cells));
      mean[0] += value;
      for (int a = 0; a < 3; ++a) mean[1 + a] += value * e[q][a], mean[4 + a] += 2 * value * e[q][(a + 2) % 3] * sine[a][c[a]];
    }
  });
  MPI_Allreduce(MPI_IN_PLACE, mean.data(), 7, MPI_DOUBLE, MPI_SUM, comm.get());
  double measured[3];
  for (int a = 0; a < 3; ++a) measured[a] = std::log(speed / mean[4 + a]) / (k[a] * k[a] * steps);
  // Bytes that a step sends between ranks: planned before it ran, counted where they were handed over.
  const long long planned = sum(comm, exchange[0].planned_bytes());
  const long long all = sum(comm, measure_rank(domain.partition, all_around, {}, comm.rank(), sizeof(double)).bytes_per_step);
  const long long sent = sum(comm, exchange[0].counters().bytes_sent() + exchange[1].counters().bytes_sent());
  const std::string fingerprint = hex(digest(comm, grid, refs[steps % 2]));
  if (comm.rank() != 0) return;
  std::printf("lattice_boltzmann: ranks %d, steps %d, %s\n", comm.size(), steps, domain.partition.description().c_str());
  std::printf("viscosity: expected %g, measured along x, y, z %.6g %.6g %.6g\n", viscosity, measured[0], measured[1], measured[2]);
  std::printf("change of mass %.1e, of momentum %.1e of a wave's\n", mean[0] - 1, std::hypot(mean[1], mean[2], mean[3]) / speed);
  std::printf("halo bytes a step: planned %lld, sent %lld; with %lld populations a face in place of %lld: %lld\n", planned, sent / steps,
              static_cast<long long>(all_around.values_per_face(0) / 2), static_cast<long long>(stencil.values_per_face(0) / 2), all);
  std::printf("digest %s\n", fingerprint.c_str());
}

int main(int argc, char** argv) {
  return run_program("lattice_boltzmann", argc, argv, [&](const Comm& comm) {
    Int3 cells{48, 40, 36};
    int steps = 200;
    Method method = Method::hilbert;
    agree_on(comm, [&] {
      for (int i = 1; i < argc; i += 2) {
        const std::string key = argv[i], value = i + 1 < argc ? argv[i + 1] : "";
        std::istringstream in(value);
        char by = 0;
        if (key == "--cells" && in >> cells.x >> by >> cells.y >> by >> cells.z && min(cells, {3, 3, 3}) == Int3{3, 3, 3}) continue;
        if (key == "--steps" && in >> steps && steps > 2) continue;
        if (key != "--method" || !method_from_name(value))
          throw Error("expected --cells XxYxZ, --steps N (from 3 on) or --method " + method_names() + ", found " + argv[i] + " " + value);
        method = *method_from_name(value);
      }
    });
    solve(comm, cells, steps, method);
    return 0;
  });
}
