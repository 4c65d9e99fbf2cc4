// SPDX-License-Identifier: BSD-3-Clause
// Many exchanges through shared memory with random delays on both sides: a buffer that is overwritten before it was read, or read before it
// was filled, shows as a halo value of another exchange. HILBRICK_STRESS_EXCHANGES sets how many.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <thread>

#include "oracle.hpp"

namespace hilbrick::testing {
namespace {

Index exchanges_wanted() {
  const char* text = std::getenv("HILBRICK_STRESS_EXCHANGES");
  return text != nullptr ? std::atoll(text) : 100000;
}

/// Now and then some microseconds, at times by giving the core away.
void delay(std::mt19937& random) {
  const auto draw = random() % 256;
  if (draw == 0) std::this_thread::sleep_for(std::chrono::microseconds(random() % 200));
  if (draw >= 16) return;
  const auto end = std::chrono::steady_clock::now() + std::chrono::nanoseconds(random() % 8000);
  while (std::chrono::steady_clock::now() < end) {
  }
}

void stress(const Stencil& stencil, const Grid& grid, Method method) {
  const Comm comm(MPI_COMM_WORLD);
  const Domain domain = make_domain(comm, Tiling(grid, 2), {}, stencil, {}, method, 4);
  const int field_count = static_cast<int>(stencil.fields().size());
  const std::size_t phases = stencil.phases().size();
  std::vector<Field<std::uint32_t>> fields;
  std::vector<FieldRef> refs;
  for (int f = 0; f < field_count; ++f)
    refs.push_back(fields.emplace_back("field", domain, std::span<const Stencil>(&stencil, 1), f).ref());
  Exchange exchange(comm, domain, stencil, refs, {Transport::shared});

  // A value is its place's hash plus the number of the exchange.
  struct Value {
    std::uint32_t* at;
    std::uint32_t base;
  };
  std::vector<Value> owned;
  std::vector<std::vector<Value>> halo(phases);
  const Case c{domain.partition.tiling(), {}, stencil, method};
  for (int f = 0; f < field_count; ++f)
    for (std::size_t b = 0; b < domain.boxes.size(); ++b) {
      const auto value = [&](Int3 cell) {
        return Value{&fields[static_cast<std::size_t>(f)].at(b, cell), static_cast<std::uint32_t>(hash_of(f, wrapped(cell, grid)))};
      };
      for_each_cell(fields[static_cast<std::size_t>(f)].blocks()[b].owned, [&](Int3 cell) { owned.push_back(value(cell)); });
      for (std::size_t phase = 0; phase < phases; ++phase)
        for (const Box& read : footprint(stencil, phase, f, domain.boxes[b], grid))
          for_each_cell(read, [&](Int3 cell) {
            if (owned_by_someone(c, f, wrapped(cell, grid))) halo[phase].push_back(value(cell));
          });
    }

  std::mt19937 random(static_cast<std::uint32_t>(comm.rank()));
  const Index wanted = exchanges_wanted();
  Index wrong = 0;
  for (Index n = 0; n < wanted; ++n) {
    const auto phase = static_cast<std::size_t>(n) % phases;
    for (const Value& v : owned) *v.at = v.base + static_cast<std::uint32_t>(n);
    delay(random);
    auto pending = exchange.start(phase);
    delay(random);
    pending.finish();
    for (const Value& v : halo[phase])
      if (*v.at != v.base + static_cast<std::uint32_t>(n)) ++wrong;
  }
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(exchange.transports().message, 0);
}

TEST(ExchangeStress, BothWays) { stress(Stencil::yee(), {{12, 10, 9}, {true, false, true}}, Method::hilbert); }

// Who only sends waits for nobody's halos: nothing but the flag of who reads holds it back.
TEST(ExchangeStress, OneWay) {
  stress(Stencil({{"u"}}, {{{0, 0, {-1, 0, 0}, {0, 0, 0}}}}), {{20, 6, 5}, {false, false, false}}, Method::slab);
}

}  // namespace
}  // namespace hilbrick::testing
