// SPDX-License-Identifier: BSD-3-Clause
#include "updates.hpp"

#include <cstring>
#include <memory>

#include "rounds.hpp"
#include "vacuum_box.hpp"

namespace hilbrick::calibrate {
template <class T>
std::vector<BoxTime> time_updates(const Comm& comm, double ranks_per_core, double seconds) {
  // Cubes, and boxes of as many cells whose rows are shorter and longer than the cube's.
  constexpr Int3 shapes[] = {{16, 16, 16},   {32, 32, 32},  {64, 64, 64},  {96, 96, 96},
                             {16, 128, 128}, {32, 64, 128}, {128, 64, 32}, {256, 32, 32}};
  const Comm self(MPI_COMM_SELF);
  std::vector<BoxTime> boxes;
  std::vector<std::unique_ptr<VacuumBox<T>>> solvers;
  std::vector<Round> rounds;
  for (const Int3& cells : shapes) {
    boxes.push_back({cells, 0});
    auto& solver = solvers.emplace_back(std::make_unique<VacuumBox<T>>(self, cells, Method::slab, Machine{}))->solver;
    const Index steps = std::max<Index>(2, (Index{1} << 19) / product(cells));
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
template std::vector<BoxTime> time_updates<float>(const Comm&, double, double);
template std::vector<BoxTime> time_updates<double>(const Comm&, double, double);

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
