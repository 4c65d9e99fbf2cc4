// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <hilbrick/verify.hpp>

#include "oracle.hpp"

namespace hilbrick::testing {
namespace {

template <class T>
struct Arrays {
  Arrays(const Domain& domain, const Stencil& stencil) {
    for (int f = 0; f < static_cast<int>(stencil.fields().size()); ++f)
      refs.push_back(fields.emplace_back("field", domain, std::span<const Stencil>(&stencil, 1), f).ref());
  }
  std::vector<Field<T>> fields;
  std::vector<FieldRef> refs;
};

TEST(Verify, EveryExchangePassesAndFieldsStay) {
  const Comm comm(MPI_COMM_WORLD);
  for (const Transport transport : {Transport::message, Transport::shared})
    for (std::uint32_t seed = 1; seed <= 60; ++seed) {
      const Case c = draw(seed, comm.size());
      const Domain domain = make_domain(comm, c.tiling, c.weights, c.stencil, {}, c.method, 8);
      Arrays<double> a(domain, c.stencil);
      for (auto& f : a.fields)
        for (Index i = 0; i < f.size(); ++i) f.data()[i] = static_cast<double>(i);
      Exchange exchange(comm, domain, c.stencil, a.refs, {transport});
      EXPECT_NO_THROW(verify(comm, domain, c.stencil, a.refs, exchange)) << "seed " << seed;
      for (auto& f : a.fields)
        for (Index i = 0; i < f.size(); ++i) ASSERT_EQ(f.data()[i], static_cast<double>(i));
    }
}

/// A periodic cube of 26 neighbours, and a way to spoil what one rank received.
class Planted : public ::testing::Test {
 protected:
  template <class Spoil>
  Faults faults(Spoil&& spoil) {
    Index calls = 0;
    return find_faults(
        domain, stencil, arrays.refs, [&](std::size_t phase) { spoil([&] { exchange.start(phase).finish(); }, calls++); }, 1000);
  }
  /// Of the last rank alone: that only it sees a fault is part of the test.
  bool spoiled() const { return comm.rank() == comm.size() - 1; }
  float& at(Int3 cell) { return arrays.fields[0].at(0, cell); }

  const Comm comm{MPI_COMM_WORLD};
  const Stencil stencil = Stencil::box(1);
  const Grid grid{{12, 10, 14}, {true, true, true}};
  const Domain domain = make_domain(comm, Tiling(grid, 4), {}, stencil, {}, Method::kd, 4);
  Arrays<float> arrays{domain, stencil};
  Exchange exchange{comm, domain, stencil, arrays.refs};
  const Box mine = domain.boxes.at(0);
  const Box stored = arrays.fields[0].blocks().at(0).stored;
};

TEST_F(Planted, NothingIsNothing) {
  EXPECT_EQ(faults([](auto&& run, Index) { run(); }).count, 0);
}

TEST_F(Planted, AnothersValue) {
  // What comes from one side lands on the other: the value of a wrong peer.
  const Int3 low{stored.lo.x, mine.lo.y, mine.lo.z}, high{mine.hi.x, mine.lo.y, mine.lo.z};
  const Faults found = faults([&](auto&& run, Index) {
    run();
    if (spoiled()) at(low) = at(high + unit(1));
  });
  EXPECT_EQ(found.count, spoiled() ? 3 : 0);  // in each of three rounds
  if (!spoiled()) return;
  EXPECT_EQ(found.first[0].kind, Fault::Kind::wrong);
  EXPECT_EQ(found.first[0].cell, low);
  Int3 home = low;
  home.x = (home.x + grid.cells.x) % grid.cells.x;
  EXPECT_EQ(found.first[0].owner, domain.partition.owner(domain.partition.tiling().bricks_touching({home, home + Int3{1, 1, 1}}).lo));
}

TEST_F(Planted, ARowThatIsOffByOne) {
  const Faults found = faults([&](auto&& run, Index) {
    run();
    if (!spoiled()) return;
    for (Index x = mine.lo.x; x < mine.hi.x - 1; ++x) at({x, stored.lo.y, mine.lo.z}) = at({x + 1, stored.lo.y, mine.lo.z});
  });
  EXPECT_EQ(found.count, spoiled() ? 3 * (mine.extent().x - 1) : 0);
}

TEST_F(Planted, AStaleBuffer) {
  std::vector<float> before;
  const Box plane{{stored.lo.x, stored.lo.y, stored.lo.z}, {stored.hi.x, stored.hi.y, stored.lo.z + 1}};
  const Faults found = faults([&](auto&& run, Index round) {
    run();
    std::vector<float> now;
    for_each_cell(plane, [&](Int3 c) { now.push_back(at(c)); });
    std::size_t i = 0;
    if (spoiled() && round == 2) for_each_cell(plane, [&](Int3 c) { at(c) = before[i++]; });
    before = now;
  });
  EXPECT_EQ(found.count, spoiled() ? plane.volume() : 0);
  for (const Fault& f : found.first) EXPECT_EQ(f.kind, Fault::Kind::stale);
}

TEST_F(Planted, AMissingCorner) {
  // An exchange that only knows the star brings no edges and corners.
  Exchange star(comm, domain, Stencil::star(1), arrays.refs);
  const Faults found = find_faults(
      domain, stencil, arrays.refs, [&](std::size_t phase) { star.start(phase).finish(); }, 10000);
  const Int3 e = mine.extent();
  EXPECT_EQ(found.count, 3 * (4 * (e.x + e.y + e.z) + 8));
  for (const Fault& f : found.first) EXPECT_EQ(f.kind, Fault::Kind::unset);
}

TEST_F(Planted, ATouchedValue) {
  const Faults found = faults([&](auto&& run, Index) {
    run();
    if (spoiled()) at(mine.lo) = at(mine.lo + unit(0));
  });
  EXPECT_EQ(found.count, spoiled() ? 3 : 0);
  for (const Fault& f : found.first) EXPECT_EQ(f.kind, Fault::Kind::touched);
}

TEST_F(Planted, TheMessageNamesRankPeerFieldAndCell) {
  const Int3 cell{stored.lo.x, mine.lo.y, mine.lo.z};
  try {
    verify(comm, domain, stencil, arrays.refs, [&](std::size_t phase) {
      exchange.start(phase).finish();
      if (spoiled()) at(cell) = 0;
    });
    ADD_FAILURE() << "expected an error";
  } catch (const SharedError& e) {
    const std::string text = e.what();
    EXPECT_NE(text.find("3 wrong values on rank " + std::to_string(comm.size() - 1)), std::string::npos) << text;
    EXPECT_NE(text.find("phase 0, u of cell ("), std::string::npos) << text;
    EXPECT_NE(text.find(") from rank "), std::string::npos) << text;
    EXPECT_EQ(text.find('\n'), std::string::npos);
  }
}

}  // namespace
}  // namespace hilbrick::testing
