// SPDX-License-Identifier: BSD-3-Clause

// Sound in a box with rigid walls by leapfrog on a staggered grid, on any number of ranks. Pressure stands in the middle of a cell at full
// steps, each velocity (times density and speed of sound) in the middle of the cell's low face at half steps:
//
//   v_a(c) -= S (p(c) - p(c - e_a)),   p(c) -= S sum_a (v_a(c + e_a) - v_a(c)),   S = speed of sound * time step / spacing = 1/2.
//
// It starts from a standing wave, whose frequency in this scheme is known exactly, and keeps a discrete energy: the program prints both.
//
//   mpirun -np 4 example_wave --cells 48x40x36 --steps 200 --method hilbert

#include <cmath>
#include <cstdio>
#include <hilbrick/digest.hpp>
#include <hilbrick/exchange.hpp>
#include <hilbrick/program.hpp>
#include <numbers>
#include <sstream>

using namespace hilbrick;

constexpr double courant = 0.5;

void solve(const Comm& comm, Int3 cells, int steps, Method method) {
  // 1. What a step reads. Field 0 is the pressure, 1 + a the velocity along axis a; phase 0 updates velocities, phase 1 the pressure.
  std::vector<std::vector<Access>> phases(2);
  for (int a = 0; a < 3; ++a) {
    phases[0].push_back({1 + a, 0, -unit(a), {}});
    phases[1].push_back({0, 1 + a, {}, unit(a)});
  }
  const Stencil stencil({{"p"}, {"vx"}, {"vy"}, {"vz"}}, phases);

  // 2. Who owns what: bricks of at most 8 cells an edge, cells that all cost the same, a machine that we know nothing of.
  const Grid grid{cells};
  const Domain domain = make_domain(comm, Tiling(grid, 8), {}, stencil, {}, method, sizeof(double));

  // 3. Storage with the halo that the stencil reads, and what keeps the halo in step. Beyond the grid it stays zero: walls.
  const auto field = [&](int f) { return Field<double>(stencil.fields()[f].name, domain, {&stencil, 1}, f); };
  const Field<double> p = field(0), v[3] = {field(1), field(2), field(3)};
  const std::vector<FieldRef> fields{p.ref(), v[0].ref(), v[1].ref(), v[2].ref()};
  Exchange exchange(comm, domain, stencil, fields);

  // Cosines are computed once and sent to all, because not every processor's cosine has the same last bit.
  std::vector<double> cosine[3];
  double squares = 0;
  for (int a = 0; a < 3; ++a) {
    const double angle = std::numbers::pi / static_cast<double>(cells[a]);
    for (Index i = 0; i < cells[a]; ++i) cosine[a].push_back(std::cos(angle * (static_cast<double>(i) + 0.5)));
    cosine[a] = broadcast(comm, cosine[a]);
    squares += std::pow(std::sin(angle / 2), 2);
  }
  const double exact = std::asin(courant * std::sqrt(squares)) / std::numbers::pi;  // cycles in a step
  const auto mode = [&](Int3 c) { return cosine[0][c.x] * cosine[1][c.y] * cosine[2][c.z]; };
  for_each_cell(domain, [&](std::size_t b, Int3 c) {
    p.at(b, c) = mode(c);
    // Half a step before the moment at which all is pressure.
    for (int a = 0; a < 3; ++a) v[a].at(b, c) = c[a] == 0 ? 0 : courant / 2 * (mode(c) - mode(c - unit(a)));
  });

  // The velocity half a step after the pressure; none through the wall at the low end.
  const auto next_velocity = [&](std::size_t b, int a, Int3 c) {
    return c[a] == 0 ? 0 : v[a].at(b, c) - courant * (p.at(b, c) - p.at(b, c - unit(a)));
  };
  // What leapfrog keeps: 1/2 sum (p^2 + v before p * v after p). The last digits of a sum depend on its order, so on who owns what.
  const auto energy = [&] {
    exchange.start(0).finish();
    double sum = 0;
    for_each_cell(domain, [&](std::size_t b, Int3 c) {
      sum += p.at(b, c) * p.at(b, c) / 2;
      for (int a = 0; a < 3; ++a) sum += v[a].at(b, c) * next_velocity(b, a, c) / 2;
    });
    MPI_Allreduce(MPI_IN_PLACE, &sum, 1, MPI_DOUBLE, MPI_SUM, comm.get());
    return sum;
  };

  const double energy_before = energy();
  std::vector<double> probe;  // the pressure in cell (0, 0, 0) before each step, on the rank that owns it
  for (int step = 0; step < steps; ++step) {
    for (std::size_t b = 0; b < domain.boxes.size(); ++b)
      if (domain.boxes[b].contains(Int3{})) probe.push_back(p.at(b, {}));
    exchange.start(0).finish();
    for_each_cell(domain, [&](std::size_t b, Int3 c) {
      for (int a = 0; a < 3; ++a) v[a].at(b, c) = next_velocity(b, a, c);
    });
    exchange.start(1).finish();
    for_each_cell(domain, [&](std::size_t b, Int3 c) {
      for (int a = 0; a < 3; ++a) p.at(b, c) -= courant * (v[a].at(b, c + unit(a)) - v[a].at(b, c));
    });
  }

  // An oscillation of angle w a step has p(n + 1) - 2 p(n) + p(n - 1) = -4 sin^2(w / 2) p(n): fitted to all that the probe saw.
  double bend = 0, size = 0;
  for (std::size_t n = 1; n + 1 < probe.size(); ++n) {
    bend -= probe[n] * (probe[n + 1] - 2 * probe[n] + probe[n - 1]);
    size += probe[n] * probe[n];
  }
  const double measured = max(comm, probe.empty() ? 0 : std::asin(std::sqrt(bend / size) / 2) / std::numbers::pi);

  // What one step sends between ranks: planned before it ran, counted where bytes were handed over.
  const long long planned = sum(comm, exchange.planned_bytes());
  const auto& counted = exchange.counters().phases;
  const long long sent = sum(comm, counted[0].bytes_sent / counted[0].exchanges + counted[1].bytes_sent / counted[1].exchanges);
  const double energy_change = energy() / energy_before - 1;
  const std::string fingerprint = hex(digest(comm, grid, fields));
  if (comm.rank() != 0) return;
  std::printf("wave: ranks %d, steps %d, %s\n", comm.size(), steps, domain.partition.description().c_str());
  std::printf("cycles a step: measured %.15g, expected %.15g, relative difference %.1e\n", measured, exact, measured / exact - 1);
  std::printf("energy: relative change %.1e\n", energy_change);
  std::printf("halo bytes a step: planned %lld, sent %lld\n", planned, sent);
  std::printf("digest %s\n", fingerprint.c_str());
}

int main(int argc, char** argv) {
  return run_program("wave", argc, argv, [&](const Comm& comm) {
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
