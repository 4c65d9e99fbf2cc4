// SPDX-License-Identifier: BSD-3-Clause
// Plans against an oracle that visits every cell and every offset, and Yee's halo in bytes.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <hilbrick/partition/plan.hpp>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "traffic.hpp"

namespace hilbrick {
namespace {

using test::any;
using test::any_bool;
using test::any_case;
using test::any_int3;
using test::expected_traffic;
using test::Traffic;
using test::Values;

std::vector<Plan> plans_of(const Partition& partition, const Stencil& stencil) {
  std::vector<Plan> plans;
  plans.reserve(static_cast<std::size_t>(partition.ranks()));
  for (Rank r = 0; r < partition.ranks(); ++r) plans.push_back(make_plan(partition, stencil, r));
  return plans;
}

/// The messages' values in the order in which they travel.
Values values_of(const Message& message) {
  Values values;
  for (const Link& link : message.links) for_each_cell(link.cells, [&](Int3 cell) { values.emplace_back(link.field, cell); });
  return values;
}

void expect_right_plans(const test::Case& c, const Stencil& stencil) {
  const std::vector<Plan> plans = plans_of(c.partition, stencil);
  const Traffic expected = expected_traffic(c, stencil);
  std::size_t received = 0;
  for (Rank rank = 0; rank < c.partition.ranks(); ++rank) {
    const Plan& plan = plans[static_cast<std::size_t>(rank)];
    RC_ASSERT(plan.phases.size() == stencil.phases().size());
    for (int phase = 0; phase < static_cast<int>(plan.phases.size()); ++phase) {
      const PhasePlan& messages = plan.phases[static_cast<std::size_t>(phase)];
      for (const Message& message : messages.receives) {
        ++received;
        Values values = values_of(message);
        RC_ASSERT(message.values == static_cast<Index>(values.size()));
        const auto wanted = expected.find({phase, message.peer, rank});
        RC_ASSERT(wanted != expected.end());
        std::sort(values.begin(), values.end());
        RC_ASSERT(values == wanted->second);  // nothing missing, nothing more, nothing twice
        RC_ASSERT(
            std::is_sorted(message.links.begin(), message.links.end(), [](const Link& a, const Link& b) { return a.field < b.field; }));
      }
      for (const auto* direction : {&messages.sends, &messages.receives})
        RC_ASSERT(std::adjacent_find(direction->begin(), direction->end(),
                                     [](const Message& a, const Message& b) { return a.peer >= b.peer; }) == direction->end());
      // What I send is what the peer expects, link for link.
      for (const Message& message : messages.sends) {
        const auto& peers_receives = plans[static_cast<std::size_t>(message.peer)].phases[static_cast<std::size_t>(phase)].receives;
        const auto same = std::find_if(peers_receives.begin(), peers_receives.end(), [&](const Message& m) { return m.peer == rank; });
        RC_ASSERT(same != peers_receives.end());
        RC_ASSERT(same->links == message.links);
        RC_ASSERT(same->values == message.values);
      }
    }
  }
  RC_ASSERT(received == expected.size());
  std::size_t sent = 0;
  for (const Plan& plan : plans)
    for (const PhasePlan& phase : plan.phases) sent += phase.sends.size();
  RC_ASSERT(sent == received);
}

/// Up to three fields with any closing planes, up to two phases, any offsets up to `reach` away, one-sided ones too.
Stencil any_stencil(Index reach) {
  std::vector<StencilField> fields;
  for (Index n = any(1, 3); n > 0; --n) fields.push_back({"f" + std::to_string(n), test::any_axes()});
  const Index last_field = static_cast<Index>(fields.size()) - 1;
  std::vector<std::vector<Access>> phases(static_cast<std::size_t>(any(1, 2)));
  for (auto& phase : phases)
    for (Index n = any(0, 3); n > 0; --n) {
      const int reader = static_cast<int>(any(0, last_field)), read = static_cast<int>(any(0, last_field));
      const Int3 a = any_int3(-reach, reach), b = any_int3(-reach, reach);
      phase.push_back({reader, read, min(a, b), max(a, b)});
      RC_LOG() << reader << " reads " << read << " at " << test::text(phase.back().first) << ".." << test::text(phase.back().last)
               << std::endl;
    }
  return {std::move(fields), std::move(phases)};
}

RC_GTEST_PROP(Plan, YeeEqualsTheOracle, ()) {
  const auto magnetic_wall = test::any_axes();
  expect_right_plans(any_case(8), Stencil::yee(magnetic_wall));
}

RC_GTEST_PROP(Plan, StarEqualsTheOracle, ()) {
  const Index width = any(1, 5);
  expect_right_plans(any_case(7), Stencil::star(width));
}

RC_GTEST_PROP(Plan, BoxEqualsTheOracle, ()) {
  const Index width = any(1, 3);
  expect_right_plans(any_case(6), Stencil::box(width));
}

RC_GTEST_PROP(Plan, AnyStencilEqualsTheOracle, ()) {
  const Stencil stencil = any_stencil(3);
  expect_right_plans(any_case(6), stencil);
}

/// Reads that go around a periodic grid more than once.
RC_GTEST_PROP(Plan, ReachBeyondTheGridEqualsTheOracle, ()) {
  const Index width = any(4, 9);
  expect_right_plans(any_case(4), any_bool() ? Stencil::star(width) : Stencil::box(width));
}

TEST(Plan, EveryRankCountUpToTwiceTheBricks) {
  const Grid grid{{7, 5, 6}, {true, false, false}};
  for (int ranks = 1; ranks <= 2 * 2 * 2 * 2; ++ranks)
    for (const Method method : making_methods) {
      const Offer offered = offer(Tiling(grid, 4), {}, Stencil::yee(), {}, ranks, method);
      if (!offered.partition) continue;
      const Partition& partition = *offered.partition;
      SCOPED_TRACE(partition.description());
      const std::vector<Plan> plans = plans_of(partition, Stencil::yee());
      Traffic got;
      for (Rank r = 0; r < ranks; ++r)
        for (int phase = 0; phase < 2; ++phase)
          for (const Message& m : plans[static_cast<std::size_t>(r)].phases[static_cast<std::size_t>(phase)].receives) {
            Values values = values_of(m);
            std::sort(values.begin(), values.end());
            got[{phase, m.peer, r}] = std::move(values);
          }
      EXPECT_EQ(got, expected_traffic({{}, partition}, Stencil::yee())) << ranks << " ranks";
    }
}

/// Bytes of float32 that a rank sends in one whole step.
Index sent_bytes(const Plan& plan) {
  Index values = 0;
  for (const PhasePlan& phase : plan.phases)
    for (const Message& message : phase.sends) values += message.values;
  return 4 * values;
}

/// The rank in the middle of 3 x 3 x 3 boxes.
Plan plan_of_inner_box(Int3 box) {
  const Grid grid{{3 * box.x, 3 * box.y, 3 * box.z}};
  const Tiling ranks = Tiling::with_bricks(grid, {3, 3, 3});
  return make_plan(Partition(Method::box, ranks, {}, Cartesian{ranks.bricks()}), Stencil::yee(), 13);
}

// Reference value computed by hand: 6 x 128^2 faces x 2 components x 4 bytes.
TEST(Plan, YeeCubeOf128CellsSends786432Bytes) { EXPECT_EQ(sent_bytes(plan_of_inner_box({128, 128, 128})), 786432); }

TEST(Plan, YeeInteriorBoxReceivesTwelveComponentFacesNotThirtySix) {
  const Int3 box{6, 7, 8};
  const Plan plan = plan_of_inner_box(box);
  std::set<std::tuple<int, Rank, int>> component_faces;  // phase, peer, field
  Index values = 0;
  for (int phase = 0; phase < 2; ++phase)
    for (const Message& message : plan.phases[static_cast<std::size_t>(phase)].receives)
      for (const Link& link : message.links) {
        EXPECT_TRUE(component_faces.insert({phase, message.peer, link.field}).second) << "one link for each component and face";
        values += link.cells.volume();
      }
  EXPECT_EQ(component_faces.size(), 12u);
  EXPECT_EQ(values, 4 * (box.x * box.y + box.y * box.z + box.z * box.x));
  // Phase 0 updates E from H of the low neighbours (fields 3 to 5), phase 1 H from E of the high ones.
  for (const auto& [phase, peer, field] : component_faces) {
    EXPECT_EQ(phase == 0, field >= 3);
    EXPECT_EQ(phase == 0, peer < 13);
  }
}

TEST(Plan, YeeMovesSixteenBytesForEachCellOfASharedFace) {
  for (int axis = 0; axis < 3; ++axis) {
    Grid grid{{9, 11, 13}};
    Int3 halves{1, 1, 1};
    halves[axis] = 2;
    const Partition partition(Method::box, Tiling::with_bricks(grid, halves), {}, Cartesian{halves});
    const Index face = product(grid.cells) / grid.cells[axis];
    const Index low = sent_bytes(make_plan(partition, Stencil::yee(), 0)), high = sent_bytes(make_plan(partition, Stencil::yee(), 1));
    EXPECT_EQ(low + high, 16 * face);
    EXPECT_EQ(low, high);
  }
}

TEST(Plan, OneRankSendsNothingEvenAroundAPeriodicGrid) {
  const Partition partition(Method::box, Tiling::with_bricks({{5, 4, 3}, {true, true, true}}, {1, 1, 1}), {}, Cartesian{{1, 1, 1}});
  for (const Stencil& stencil : {Stencil::yee(), Stencil::star(7), Stencil::box(4)})
    for (const PhasePlan& phase : make_plan(partition, stencil, 0).phases) {
      EXPECT_TRUE(phase.sends.empty());
      EXPECT_TRUE(phase.receives.empty());
    }
}

TEST(Plan, TwoRanksOfAPeriodicAxisShareTwoFacesInOneMessage) {
  const Grid grid{{8, 3, 3}, {true, false, false}};
  const Partition partition(Method::box, Tiling::with_bricks(grid, {2, 1, 1}), {}, Cartesian{{2, 1, 1}});
  const Plan plan = make_plan(partition, Stencil::star(1), 0);
  ASSERT_EQ(plan.phases.size(), 1u);
  ASSERT_EQ(plan.phases[0].receives.size(), 1u);
  const Message& message = plan.phases[0].receives[0];
  EXPECT_EQ(message.peer, 1);
  EXPECT_EQ(message.links, (std::vector<Link>{{0, {{4, 0, 0}, {5, 3, 3}}}, {0, {{7, 0, 0}, {8, 3, 3}}}}));
}

/// The closing plane of a magnetic wall is read by the owner's neighbours like any other value.
TEST(Plan, ClosingPlanesTravel) {
  const Grid grid{{4, 4, 4}};
  const Partition partition(Method::box, Tiling::with_bricks(grid, {2, 1, 1}), {}, Cartesian{{2, 1, 1}});
  const auto values_to_low_rank = [&](const Stencil& stencil) {
    const Plan plan = make_plan(partition, stencil, 0);
    return plan.phases[1].receives.at(0).values;
  };
  // Ey on y x (z + 1), Ez on (y + 1) x z once y and z end in magnetic walls.
  EXPECT_EQ(values_to_low_rank(Stencil::yee()), 4 * 4 + 4 * 4);
  EXPECT_EQ(values_to_low_rank(Stencil::yee({false, true, true})), 4 * 5 + 5 * 4);
}

TEST(Plan, EmptyRanksTakePartInNothing) {
  const Tiling tiling({{4, 4, 4}}, 4);
  const Curve curve(Order::hilbert, Fit::embedded, tiling.bricks());
  const Partition partition(Method::hilbert, tiling, {}, Segments{curve, cut(curve, tiling, {}, 5)});
  for (const Plan& plan : plans_of(partition, Stencil::box(2)))
    for (const PhasePlan& phase : plan.phases) EXPECT_TRUE(phase.sends.empty() && phase.receives.empty());
}

}  // namespace
}  // namespace hilbrick
