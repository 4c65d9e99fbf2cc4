// SPDX-License-Identifier: BSD-3-Clause
// Ranks on several nodes, however a launcher deals them out: here one host plays the nodes, for MPI's own answer is wrapped.
#include <gtest/gtest.h>

#include <hilbrick/digest.hpp>
#include <hilbrick/verify.hpp>

#include "oracle.hpp"

namespace {

std::vector<int> node_of;  // of each rank; empty: MPI's answer

}  // namespace

extern "C" int MPI_Comm_split_type(MPI_Comm comm, int type, int key, MPI_Info info, MPI_Comm* part) {
  if (type != MPI_COMM_TYPE_SHARED || node_of.empty()) return PMPI_Comm_split_type(comm, type, key, info, part);
  int rank = 0;
  PMPI_Comm_rank(comm, &rank);
  return PMPI_Comm_split(comm, node_of[static_cast<std::size_t>(rank)], key, part);
}

namespace hilbrick::testing {
namespace {

struct Layout {
  const char* name;
  std::vector<int> slots;
  Distribution distribution;
  int plane = 1;
};

class NodeLayouts : public ::testing::TestWithParam<Layout> {
  void TearDown() override { node_of.clear(); }
};
INSTANTIATE_TEST_SUITE_P(As, NodeLayouts,
                         ::testing::Values(Layout{"block", {2}, Distribution::block}, Layout{"cyclic", {3}, Distribution::cyclic},
                                           Layout{"plane", {4}, Distribution::plane, 2}, Layout{"uneven", {1, 4, 2}, Distribution::block},
                                           Layout{"uneven_cyclic", {1, 4, 2}, Distribution::cyclic},
                                           Layout{"apart", {1}, Distribution::block}),
                         [](const auto& layout) { return std::string(layout.param.name); });

TEST_P(NodeLayouts, AreFoundPlannedForAndCounted) {
  Machine told;
  told.node_slots = GetParam().slots;
  told.distribution = GetParam().distribution;
  told.plane = GetParam().plane;
  int ranks = 0;
  MPI_Comm_size(MPI_COMM_WORLD, &ranks);
  node_of = deal_out(told.node_slots, told.distribution, told.plane, ranks);
  const Comm comm(MPI_COMM_WORLD);
  EXPECT_EQ(comm.gather_nodes(), node_of);

  const Stencil yee = Stencil::yee();
  const Tiling tiling({{14, 11, 9}, {true, false, true}}, 2);
  for (const Method method : {Method::slab, Method::kd, Method::rcb, Method::hilbert}) {
    const std::string what(name_of(method));
    const Domain domain = make_domain(comm, tiling, {}, yee, {}, method, sizeof(float));
    const Partition planned = make_partition(tiling, {}, yee, told, comm.size(), method);
    EXPECT_EQ(digest_of(domain.partition), digest_of(planned)) << what;

    std::vector<Field<float>> fields;
    std::vector<FieldRef> refs;
    for (int f = 0; f < 6; ++f) refs.push_back(fields.emplace_back("field", domain, std::span(&yee, 1), f).ref());
    Exchange exchange(comm, domain, yee, refs);
    EXPECT_NO_THROW(verify(comm, domain, yee, refs, exchange)) << what;
    exchange.reset_counters();
    for (std::size_t phase = 0; phase < 2; ++phase) exchange.start(phase).finish();
    Index bytes = 0;  // to other nodes
    for (const PhaseCounters& phase : exchange.counters().phases)
      for (const auto* messages : {&phase.sends, &phase.receives})
        for (const MessageCounters& m : *messages) {
          const bool same = node_of[static_cast<std::size_t>(m.peer)] == comm.node();
          EXPECT_EQ(m.same_node, same) << what;
          EXPECT_EQ(m.transport, same ? Transport::shared : Transport::message) << what;
          if (!same && messages == &phase.sends) bytes += m.bytes;
        }
    const Metrics metrics = measure(planned, yee, told, sizeof(float));
    EXPECT_EQ(sum(comm, bytes), metrics.internode_bytes_per_step_total) << what;
    Index busiest = 0;
    for (int node = 0; node < comm.nodes(); ++node) busiest = std::max(busiest, sum(comm, node == comm.node() ? bytes : 0));
    EXPECT_EQ(busiest, metrics.internode_bytes_per_step_max) << what;
  }
}

}  // namespace
}  // namespace hilbrick::testing
