// SPDX-License-Identifier: BSD-3-Clause

// Heat in a box with cold walls by the explicit seven-point scheme, on any number of ranks:
//
//   u'(c) = u(c) + r (sum of u at the six neighbours - 6 u(c)),   r = diffusivity * time step / spacing^2 = 1/8, u = 0 beyond the grid.
//
// It starts from the slowest mode, a sine along each axis, whose decay rate in this scheme is known exactly, and prints how well each cell
// keeps to that.   mpirun -np 4 example_heat --cells 48x40x36 --steps 200 --method hilbert

#include <cmath>
#include <cstdio>
#include <hilbrick/digest.hpp>
#include <hilbrick/exchange.hpp>
#include <hilbrick/program.hpp>
#include <numbers>
#include <sstream>

using namespace hilbrick;

void solve(const Comm& comm, Int3 cells, int steps, Method method) {
  // 1. What a step reads: one field, one cell away along each axis.
  const Stencil stencil = Stencil::star(1);

  // 2. Who owns what: bricks of at most 8 cells an edge, cells that all cost the same, a machine that we know nothing of.
  const Grid grid{cells};
  const Domain domain = make_domain(comm, Tiling(grid, 8), {}, stencil, {}, method, sizeof(double));

  // 3. Storage with the halo that the stencil reads (zero, and beyond the walls it stays so), and what keeps the halo in step. Two fields
  // take turns, so each has its exchange.
  const Field<double> u[2] = {{"u, even steps", domain, {&stencil, 1}, 0}, {"u, odd steps", domain, {&stencil, 1}, 0}};
  Exchange exchange[2] = {{comm, domain, stencil, {u[0].ref()}}, {comm, domain, stencil, {u[1].ref()}}};

  // Sines are computed once and sent to all, because not every processor's sine has the same last bit.
  std::vector<double> sine[3];
  double factor = 1;  // of the mode in a step: a sine's second difference is -4 sin^2(angle / 2) times itself
  for (int a = 0; a < 3; ++a) {
    const double angle = std::numbers::pi / static_cast<double>(cells[a] + 1);
    for (Index i = 0; i < cells[a]; ++i) sine[a].push_back(std::sin(angle * static_cast<double>(i + 1)));
    sine[a] = broadcast(comm, sine[a]);
    factor -= std::pow(std::sin(angle / 2), 2) / 2;
  }
  const auto mode = [&](Int3 c) { return sine[0][c.x] * sine[1][c.y] * sine[2][c.z]; };
  for_each_cell(domain, [&](std::size_t b, Int3 c) { u[0].at(b, c) = mode(c); });

  for (int step = 0; step < steps; ++step) {
    const Field<double>&from = u[step % 2], &to = u[1 - step % 2];
    exchange[step % 2].start(0).finish();
    for_each_cell(domain, [&](std::size_t b, Int3 c) {
      double around = 0;
      for (int a = 0; a < 3; ++a) around += from.at(b, c - unit(a)) + from.at(b, c + unit(a));
      to.at(b, c) = from.at(b, c) + (around - 6 * from.at(b, c)) / 8;
    });
  }

  const Field<double>& last = u[steps % 2];
  const double expected = -std::log(factor);
  double off = 0;
  for_each_cell(domain, [&](std::size_t b, Int3 c) {
    const double rate = -std::log(last.at(b, c) / mode(c)) / steps;
    off = std::max(off, std::abs(rate / expected - 1));
  });
  off = max(comm, off);

  // Bytes that a step sends between ranks: planned before it ran, counted where they were handed over.
  const long long planned = sum(comm, exchange[0].planned_bytes());
  const long long sent = sum(comm, exchange[0].counters().bytes_sent() + exchange[1].counters().bytes_sent());
  const std::string fingerprint = hex(digest(comm, grid, {last.ref()}));
  if (comm.rank() != 0) return;
  std::printf("heat: ranks %d, steps %d, %s\n", comm.size(), steps, domain.partition.description().c_str());
  std::printf("decay rate a step: expected %.15g, relative difference of the worst cell %.1e\n", expected, off);
  std::printf("halo bytes a step: planned %lld, sent %lld\n", planned, sent / steps);
  std::printf("digest %s\n", fingerprint.c_str());
}

int main(int argc, char** argv) {
  return run_program("heat", argc, argv, [&](const Comm& comm) {
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
