// SPDX-License-Identifier: BSD-3-Clause

// What does an exchange cost of a field in the memory of Kokkos' default execution space, and how far is that from a copy there of as many
// bytes? Both take turns; one row for each case, medians over the rounds, of the slowest rank. Needs none of the programs, which a Kokkos
// with a GPU does not build: device_times [NXxNYxNZ [BRICK [ROUNDS [EXCHANGES]]]].

#include <mpi.h>

#include <Kokkos_Core.hpp>
#include <algorithm>
#include <cstdio>
#include <hilbrick/exchange.hpp>
#include <hilbrick/program.hpp>
#include <hilbrick/verify.hpp>
#include <string>
#include <vector>

#include "host.hpp"

namespace {

using namespace hilbrick;
using benchmarks::median;
using Device = Kokkos::DefaultExecutionSpace;

struct Options {
  Int3 cells{256, 256, 256};
  Index brick = 32;
  Index rounds = 11, exchanges = 20;
};

std::vector<Box> bricks_of(const Partition& partition, Rank rank) {
  std::vector<Box> boxes;
  const Tiling& tiling = partition.tiling();
  for_each_cell(tiling.brick_box(), [&](Int3 brick) {
    if (partition.owner(brick) == rank) boxes.push_back(tiling.cells_of(brick));
  });
  return boxes;
}

/// Seconds of one of `count` calls, of the slowest rank; all ranks begin together. Collective over comm.
template <class F>
double seconds_each(const Comm& comm, Index count, F&& call) {
  MPI_Barrier(comm.get());
  const double seconds = benchmarks::seconds_of([&] {
    for (Index i = 0; i < count; ++i) call();
  });
  double slowest = seconds / static_cast<double>(count);
  MPI_Allreduce(MPI_IN_PLACE, &slowest, 1, MPI_DOUBLE, MPI_MAX, comm.get());
  return slowest;
}

/// Copies within the device's memory.
class DeviceCopy {
 public:
  explicit DeviceCopy(std::size_t bytes) : from_("from", bytes), to_("to", bytes) {}
  void operator()() const {
    Kokkos::deep_copy(Device(), to_, from_);
    Device().fence();
  }

 private:
  Kokkos::View<unsigned char*, Device::memory_space> from_, to_;
};

/// A field in one View for each box, x fastest, values T.
template <class T>
void measure(const Comm& comm, const Options& options, const std::string& name, const Stencil& stencil, bool bricks_apart) {
  const Tiling tiling(Grid{options.cells, {true, true, true}}, options.brick);
  Domain domain = make_domain(comm, tiling, {}, stencil, {}, Method::hilbert, sizeof(T));
  if (bricks_apart) domain.boxes = bricks_of(domain.partition, comm.rank());
  const std::vector<Block> blocks = blocks_for(domain, {&stencil, 1}, 0);
  std::vector<Kokkos::View<T***, Kokkos::LayoutLeft, Device::memory_space>> views;
  for (const Block& b : blocks) {
    const Int3 e = b.stored.extent();
    views.emplace_back("u", static_cast<std::size_t>(e.x), static_cast<std::size_t>(e.y), static_cast<std::size_t>(e.z));
  }
  const std::vector<FieldRef> refs{ref_of(views, blocks)};
  Exchange exchange(comm, domain, stencil, refs);
  verify(comm, domain, stencil, refs, exchange);
  exchange.reset_counters();
  exchange.start(0).finish();

  const PhaseCounters counted = exchange.counters().phases[0];
  const Index sent = counted.bytes_sent, local = counted.values_copied * static_cast<Index>(sizeof(T));
  Index received = 0;
  for (const MessageCounters& m : counted.receives) received += m.bytes;
  const Index bytes = max(comm, sent + local + received);  // each read and written once by a kernel
  const DeviceCopy copy(static_cast<std::size_t>(bytes));
  Index field_bytes = 0;
  for (const Box& box : domain.boxes) field_bytes += box.volume() * static_cast<Index>(sizeof(T));
  field_bytes = max(comm, field_bytes);
  const DeviceCopy whole(static_cast<std::size_t>(field_bytes));
  std::vector<double> of_exchange, of_copy, of_whole;
  for (Index round = -1; round < options.rounds; ++round) {
    const double all[] = {seconds_each(comm, options.exchanges, [&] { exchange.start(0).finish(); }),
                          seconds_each(comm, options.exchanges, copy), seconds_each(comm, options.exchanges, whole)};
    if (round < 0) continue;  // warm-up
    of_exchange.push_back(all[0]);
    of_copy.push_back(all[1]);
    of_whole.push_back(all[2]);
  }
  const Index boxes = max(comm, static_cast<Index>(domain.boxes.size())), sent_max = max(comm, sent);
  if (comm.rank() != 0) return;
  const auto rate = [](Index moved, double seconds) { return 2e-9 * static_cast<double>(moved) / seconds; };  // read and written
  const auto [least, most] = std::minmax_element(of_exchange.begin(), of_exchange.end());
  std::printf("| %s | %lld | %.2f | %.2f | %.1f [%.1f, %.1f] | %.0f | %.1f | %.0f | %.0f |\n", name.c_str(), static_cast<long long>(boxes),
              1e-6 * static_cast<double>(sent_max), 1e-6 * static_cast<double>(bytes), 1e6 * median(of_exchange), 1e6 * *least, 1e6 * *most,
              rate(bytes, median(of_exchange)), 1e6 * median(of_copy), rate(bytes, median(of_copy)), rate(field_bytes, median(of_whole)));
  std::fflush(stdout);
}

void run(const Comm& comm, const Options& options) {
  if (comm.rank() == 0)
    std::printf(
        "%s, Kokkos space %s, %d ranks, %lld rounds of %lld exchanges\n\n| case | boxes | MB a rank sends | MB it moves | exchange, "
        "microseconds [range] | GB/s | copy of as many, microseconds | GB/s | copy of its field, GB/s "
        "|\n|---|---|---|---|---|---|---|---|---|\n",
        benchmarks::host_facts("unknown").c_str(), Device::name(), comm.size(), static_cast<long long>(options.rounds),
        static_cast<long long>(options.exchanges));
  measure<float>(comm, options, "star:1, float", Stencil::star(1), false);
  measure<float>(comm, options, "star:1, float, bricks kept apart", Stencil::star(1), true);
  measure<double>(comm, options, "star:1, double, bricks kept apart", Stencil::star(1), true);
}

/// A whole number above zero. Throws Error.
Index number_of(const std::string& text) {
  std::istringstream in(text);
  Index number = 0;
  if (!(in >> number) || number < 1 || in.get() != std::char_traits<char>::eof())
    throw Error("device_times: expected [NXxNYxNZ [BRICK [ROUNDS [EXCHANGES]]]], numbers above zero, found \"" + text + "\"");
  return number;
}

Options options_of(int argc, char** argv) {
  Options options;
  if (argc > 1) options.cells = benchmarks::parse_cells(argv[1]);
  Index* const numbers[] = {&options.brick, &options.rounds, &options.exchanges};
  for (int i = 2; i < argc; ++i) {
    if (i > 4) throw Error(std::string("device_times: expected no more than four arguments, found also \"") + argv[i] + "\"");
    *numbers[i - 2] = number_of(argv[i]);
  }
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  return run_program("device_times", argc, argv, [&](const Comm& comm) {
    Options options;
    agree_on(comm, [&] { options = options_of(argc, argv); });
    run(comm, options);
    return 0;
  });
}
