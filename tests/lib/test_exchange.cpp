// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <map>

#include "oracle.hpp"

namespace hilbrick::testing {
namespace {

constexpr int untouched = -77;

template <class T>
struct Setting {
  explicit Setting(const Case& c, const Comm& comm) : domain(make_domain(comm, c.tiling, c.weights, c.stencil, {}, c.method, sizeof(T))) {
    for (int f = 0; f < static_cast<int>(c.stencil.fields().size()); ++f)
      fields.emplace_back("field", domain, std::span<const Stencil>(&c.stencil, 1), f);
    for (auto& f : fields) refs.push_back(f.ref());
  }

  /// Owned values by position, all else marked.
  void fill() {
    for (int f = 0; f < static_cast<int>(fields.size()); ++f)
      for (std::size_t b = 0; b < domain.boxes.size(); ++b) {
        const Block& block = fields[static_cast<std::size_t>(f)].blocks()[b];
        for_each_cell(block.stored, [&](Int3 c) { at(f, b, c) = block.owned.contains(c) ? value_at<T>(f, c) : T(untouched); });
      }
  }
  T& at(int field, std::size_t box, Int3 cell) { return fields[static_cast<std::size_t>(field)].at(box, cell); }

  Domain domain;
  std::vector<Field<T>> fields;
  std::vector<FieldRef> refs;
};

/// Every stored value, against brute force: read in the phase and owned by someone: the owner's value; all else as it was.
template <class T>
void check_phase(const Case& c, Setting<T>& s, std::size_t phase, const std::string& what) {
  const Grid& grid = c.tiling.grid();
  Index wrong = 0;
  for (int f = 0; f < static_cast<int>(s.fields.size()); ++f)
    for (std::size_t b = 0; b < s.domain.boxes.size(); ++b) {
      const Block& block = s.fields[static_cast<std::size_t>(f)].blocks()[b];
      std::set<Int3> read;
      for (const Access& a : c.stencil.phases()[phase]) {
        if (a.read != f) continue;
        const Box reader = field_box(s.domain.boxes[b], grid, c.stencil.fields()[static_cast<std::size_t>(a.reader)]);
        for_each_cell({reader.lo + a.first, reader.hi + a.last}, [&](Int3 cell) { read.insert(cell); });
      }
      for_each_cell(block.stored, [&](Int3 cell) {
        T expected = T(untouched);
        const Int3 home = wrapped(cell, grid);
        if (block.owned.contains(cell) || (read.count(cell) != 0 && owned_by_someone(c, f, home))) expected = value_at<T>(f, home);
        if (s.at(f, b, cell) != expected) ++wrong;
      });
      for (const Int3& cell : read) EXPECT_TRUE(block.stored.contains(Box{cell, cell + Int3{1, 1, 1}})) << what;
    }
  EXPECT_EQ(wrong, 0) << what << ", phase " << phase;
}

template <class T>
void run_cases(std::uint32_t first_seed, std::uint32_t count) {
  const Comm comm(MPI_COMM_WORLD);
  for (std::uint32_t seed = first_seed; seed < first_seed + count; ++seed) {
    const Case c = draw(seed, comm.size());
    Setting<T> s(c, comm);
    Exchange exchange(comm, s.domain, c.stencil, s.refs);
    for (int repeat = 0; repeat < 2; ++repeat)
      for (std::size_t phase = 0; phase < c.stencil.phases().size(); ++phase) {
        s.fill();
        exchange.start(phase).finish();
        check_phase(c, s, phase, "seed " + std::to_string(seed));
      }
    // Predicted == counted, per phase and per peer.
    Index to_peers = 0;
    for (std::size_t phase = 0; phase < exchange.plan().phases.size(); ++phase) {
      Index values = 0;
      for (const Message& m : exchange.plan().phases[phase].sends) values += m.values;
      const PhaseCounters& counted = exchange.counters().phases[phase];
      EXPECT_EQ(counted.exchanges, 2);
      EXPECT_EQ(counted.bytes_sent, 2 * values * static_cast<Index>(sizeof(T)));
      EXPECT_EQ(counted.messages_sent, 2 * static_cast<Index>(exchange.plan().phases[phase].sends.size()));
      to_peers += counted.bytes_sent;
    }
    for (const auto& [peer, bytes] : exchange.counters().bytes_to_peer) to_peers -= bytes;
    EXPECT_EQ(to_peers, 0);
  }
}

TEST(Exchange, FillsExactlyWhatIsReadFloat) { run_cases<float>(1, 120); }
TEST(Exchange, FillsExactlyWhatIsReadDouble) { run_cases<double>(1000, 60); }
TEST(Exchange, FillsExactlyWhatIsReadComplex) { run_cases<std::complex<double>>(2000, 30); }

TEST(Exchange, ControlAWrongHaloValueIsSeen) {
  // The oracle must fail when one halo value is off: otherwise the tests above could not.
  const Comm comm(MPI_COMM_WORLD);
  const Case c{Tiling({{8, 6, 4}, {true, true, true}}, 2), {}, Stencil::star(1), Method::hilbert};
  Setting<float> s(c, comm);
  Exchange exchange(comm, s.domain, c.stencil, s.refs);
  s.fill();
  exchange.start(0).finish();
  if (s.domain.boxes.empty()) return;
  const Box halo = footprint(c.stencil, 0, 0, s.domain.boxes[0], c.tiling.grid()).front();
  EXPECT_EQ(s.at(0, 0, halo.lo), value_at<float>(0, wrapped(halo.lo, c.tiling.grid())));
  s.at(0, 0, halo.lo) += 1;
  EXPECT_NE(s.at(0, 0, halo.lo), value_at<float>(0, wrapped(halo.lo, c.tiling.grid())));
}

TEST(Exchange, AllocatesNothingWhileRunning) {
  const Comm comm(MPI_COMM_WORLD);
  const Case c{Tiling({{24, 20, 16}, {true, false, false}}, 4), {}, Stencil::yee(), Method::hilbert};
  Setting<float> s(c, comm);
  Exchange exchange(comm, s.domain, c.stencil, s.refs);
  static int allocations = 0;
  Kokkos::Profiling::Experimental::set_allocate_data_callback(
      [](Kokkos::Profiling::SpaceHandle, const char*, const void*, std::uint64_t) { ++allocations; });
  for (int repeat = 0; repeat < 3; ++repeat)
    for (std::size_t phase = 0; phase < 2; ++phase) exchange.start(phase).finish();
  EXPECT_EQ(allocations, 0);
  Kokkos::View<float*> control("control", 3);
  EXPECT_EQ(allocations, 1) << "the counter must see an allocation";
  Kokkos::Profiling::Experimental::set_allocate_data_callback(nullptr);
}

TEST(Exchange, ManyExchangesShareTheirLimits) {
  // Communicators are few: building and dropping must give them back.
  const Comm comm(MPI_COMM_WORLD);
  const Case c{Tiling({{6, 5, 4}, {false, true, false}}, 2), {}, Stencil::star(1), Method::hilbert};
  Setting<double> s(c, comm);
  for (int i = 0; i < 300; ++i) {
    Exchange exchange(comm, s.domain, c.stencil, s.refs);
    exchange.start(0).finish();
  }
}

TEST(Exchange, RanksThatDisagreeAreTold) {
  const Comm comm(MPI_COMM_WORLD);
  if (comm.size() == 1) return;
  const Case c{Tiling({{8, 6, 4}, {false, false, false}}, 2), {}, Stencil::star(1), Method::hilbert};
  Setting<float> s(c, comm);
  Domain domain = s.domain;
  if (comm.rank() == 1)
    domain.partition = make_partition(Tiling({{8, 6, 4}, {false, false, false}}, 1), {}, c.stencil, {}, comm.size(), Method::hilbert);
  EXPECT_THROW(Exchange(comm, domain, c.stencil, s.refs), SharedError);
}

TEST(Exchange, WrongFieldsAreRefusedEverywhere) {
  const Comm comm(MPI_COMM_WORLD);
  const Case c{Tiling({{8, 6, 4}, {false, false, false}}, 2), {}, Stencil::star(1), Method::hilbert};
  Setting<float> s(c, comm);
  auto refs = s.refs;
  if (comm.rank() == 0) refs[0].value_bytes = 3;
  EXPECT_THROW(Exchange(comm, s.domain, c.stencil, refs), SharedError);
  EXPECT_THROW(Exchange(comm, s.domain, c.stencil, {}), SharedError);
}

}  // namespace
}  // namespace hilbrick::testing
