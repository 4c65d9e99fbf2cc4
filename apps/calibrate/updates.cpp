// SPDX-License-Identifier: BSD-3-Clause
#include "updates.hpp"

#include <cmath>
#include <cstring>
#include <memory>

#include "rounds.hpp"
#include "vacuum_box.hpp"

namespace hilbrick::calibrate {
template <class T>
std::vector<BoxTime> time_updates(const Comm& comm, Index cells, double ranks_per_core, double seconds) {
  std::vector<BoxTime> boxes;
  for (const Index edge : {16, 32, 64}) boxes.push_back({{edge, edge, edge}, 0, false});
  for (const double longer : {0.25, 0.5, 1.0, 2.0, 4.0}) {
    const double x = std::max(4.0, std::round(longer * std::cbrt(static_cast<double>(cells))));
    const double side = std::max(4.0, std::round(std::sqrt(static_cast<double>(cells) / x)));
    boxes.push_back({{static_cast<Index>(x), static_cast<Index>(side), static_cast<Index>(side)}, 0, true});
  }
  const Comm self(MPI_COMM_SELF);
  std::vector<std::unique_ptr<VacuumBox<T>>> solvers;
  std::vector<Round> rounds;
  for (const BoxTime& box : boxes) {
    auto& solver = solvers.emplace_back(std::make_unique<VacuumBox<T>>(self, box.cells, Method::slab, Machine{}))->solver;
    const Index steps = std::max<Index>(2, (Index{1} << 19) / product(box.cells));
    rounds.emplace_back([&solver, steps, ranks_per_core] {
      solver.step();  // others' data leave the caches
      const double begin = solver.compute_seconds();
      for (Index i = 0; i < steps; ++i) solver.step();
      return (solver.compute_seconds() - begin) * ranks_per_core / static_cast<double>(steps);
    });
  }
  const std::vector<double> step_seconds = medians(comm, rounds, seconds);
  for (std::size_t i = 0; i < boxes.size(); ++i) boxes[i].step_seconds = step_seconds[i];
  return boxes;
}
template std::vector<BoxTime> time_updates<float>(const Comm&, Index, double, double);
template std::vector<BoxTime> time_updates<double>(const Comm&, Index, double, double);

double time_copies(const Comm& comm, double seconds) {
  constexpr std::size_t bytes = std::size_t{1} << 25;
  const std::vector<std::byte> from(bytes, std::byte{1});
  std::vector<std::byte> to(bytes);
  const Round copy = [&] {
    const double begin = MPI_Wtime();
    std::memcpy(to.data(), from.data(), bytes);
    return MPI_Wtime() - begin;
  };
  return static_cast<double>(bytes) / medians(comm, {copy}, seconds).front();
}

}  // namespace hilbrick::calibrate
