// SPDX-License-Identifier: BSD-3-Clause
// A graph partitioner, which may place every brick where it likes and unbalance the ranks by 3 %, finds nothing better than the best of our
// methods that balance to a brick. benchmarks/partition_metis.cpp makes a table of it.

#include <gtest/gtest.h>

#include <vector>

#include "metis.hpp"

namespace hilbrick {
namespace {

TEST(Metis, GraphHoldsTheFacesThatAreMeasured) {
  Weights masked;
  masked.active(BoxSet({{{0, 0, 0}, {7, 4, 5}}, {{3, 1, 2}, {10, 9, 6}}})).boundary_cost(1, 3);
  const Tiling tiling({{10, 9, 6}, {true, false, true}}, 3);
  for (const Weights& weights : {Weights(), masked}) {
    const test::BrickGraph graph = test::graph_of(tiling, weights);
    std::vector<Int3> bricks;
    for_each_cell(tiling.brick_box(), [&](Int3 brick) {
      if (weights.active_cells(tiling.cells_of(brick)) > 0) bricks.push_back(brick);
    });
    ASSERT_EQ(graph.weights.size(), bricks.size());
    ASSERT_EQ(graph.offsets.size(), bricks.size() + 1);
    for (const int ranks : {2, 5, 9}) {
      const Partition partition = make_partition(tiling, weights, Stencil::yee(), {}, ranks, Method::hilbert);
      Index twice = 0;
      for (std::size_t v = 0; v < bricks.size(); ++v)
        for (auto e = static_cast<std::size_t>(graph.offsets[v]); e < static_cast<std::size_t>(graph.offsets[v + 1]); ++e)
          if (partition.owner(bricks[v]) != partition.owner(bricks[static_cast<std::size_t>(graph.neighbours[e])])) twice += graph.faces[e];
      EXPECT_EQ(twice, 2 * measure(partition, Stencil::yee(), {}).faces_total) << ranks << " ranks";
    }
    EXPECT_EQ(std::accumulate(graph.weights.begin(), graph.weights.end(), Index{0}), weights.sum(tiling, tiling.brick_box()));
  }
}

/// Those of the benchmark that are masked or weighed, and masks with inner corners. METIS's cuts of full boxes stand in test_tree.cpp.
std::vector<test::ReferenceCase> cases() {
  const auto masked = [](const std::vector<Box>& boxes) {
    Weights weights;
    weights.active(BoxSet(boxes));
    return weights;
  };
  const std::vector<int> few{2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13};
  std::vector<test::ReferenceCase> cases = test::reference_cases();
  std::erase_if(cases, [](const test::ReferenceCase& c) { return c.weights.uniform(); });
  cases.push_back({"T", Tiling({{36, 36, 18}}, 1), masked({{{0, 24, 0}, {36, 36, 18}}, {{12, 0, 0}, {24, 24, 18}}}), few});
  cases.push_back({"octants", Tiling({{32, 32, 32}}, 1),
                   masked({{{0, 0, 0}, {32, 32, 16}}, {{0, 0, 16}, {32, 16, 32}}, {{0, 16, 16}, {16, 32, 32}}}), few});
  Weights ball;
  ball.active(test::spherical_shell(32, 0, 1));
  cases.push_back({"ball", Tiling({{32, 32, 32}}, 1), ball, few});
  return cases;
}

class AgainstMetis : public testing::TestWithParam<test::ReferenceCase> {};

TEST_P(AgainstMetis, TheBestBalancedMethodCutsNoMoreFaces) {
  const auto& [name, tiling, weights, all_ranks] = GetParam();
  const test::BrickGraph graph = test::graph_of(tiling, weights);
  for (const int ranks : all_ranks) {
    std::vector<test::MethodCut> cuts;
    for (const Method method : making_methods)
      if (const auto partition = test::partition_by(method, tiling, weights, ranks)) cuts.push_back(test::cut_of(*partition));
    const test::MethodCut best = test::best_even(graph, cuts, ranks);
    const test::MetisCut reference = test::metis(graph, ranks, 3);
    EXPECT_LE(best.faces, reference.faces) << name << ", " << ranks << " ranks: " << name_of(best.method) << " against METIS";
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, AgainstMetis, testing::ValuesIn(cases()), [](const auto& instance) { return instance.param.name; });

}  // namespace
}  // namespace hilbrick
