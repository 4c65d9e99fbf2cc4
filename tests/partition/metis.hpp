// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// METIS (Karypis, Kumar 1998) as a reference: the graph of a tiling's bricks, cut by a partitioner that knows nothing of boxes; and the
// cases on which it is compared with our methods.

#include <metis.h>

#include <algorithm>
#include <hilbrick/partition/error.hpp>
#include <hilbrick/partition/metrics.hpp>
#include <map>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace hilbrick::test {

/// The active bricks of a tiling, numbered x fastest, in the compressed rows that METIS reads: the neighbours of brick v are
/// neighbours[offsets[v]] up to neighbours[offsets[v + 1]], each with the cell faces between the two.
struct BrickGraph {
  std::vector<idx_t> offsets{0}, neighbours, faces;
  std::vector<idx_t> weights;  // of the bricks
};

/// Faces are counted cell by cell, so that this is an oracle for masks too. The sum of the weights stays below 2^31.
inline BrickGraph graph_of(const Tiling& tiling, const Weights& weights) {
  const Grid& grid = tiling.grid();
  std::map<Int3, idx_t> number;
  BrickGraph graph;
  for_each_cell(tiling.brick_box(), [&](Int3 brick) {
    if (weights.active_cells(tiling.cells_of(brick)) == 0) return;
    number.emplace(brick, static_cast<idx_t>(number.size()));
    graph.weights.push_back(static_cast<idx_t>(weights.sum(tiling, {brick, brick + Int3{1, 1, 1}})));
  });
  const auto active = [&](Int3 cell) { return !weights.masked() || weights.active_cells({cell, cell + Int3{1, 1, 1}}) > 0; };
  for (const auto& [brick, unused] : number) {
    std::map<idx_t, idx_t> shared;  // with the bricks around; around a periodic axis of two bricks one of them is met twice
    for (int axis = 0; axis < 3; ++axis)
      for (const bool up : {false, true}) {
        Int3 near = up ? brick + unit(axis) : brick - unit(axis);
        if (!grid.periodic[axis] && (near[axis] < 0 || near[axis] >= tiling.bricks()[axis])) continue;
        near = tiling.wrapped(near);
        const auto found = number.find(near);
        if (found == number.end() || near == brick) continue;
        Box layer = tiling.cells_of(brick);  // of the brick's own cells, the one that touches
        (up ? layer.lo : layer.hi)[axis] = up ? layer.hi[axis] - 1 : layer.lo[axis] + 1;
        const Box other = tiling.cells_of(near);
        for_each_cell(layer, [&](Int3 cell) {
          Int3 beyond = cell;
          beyond[axis] = up ? other.lo[axis] : other.hi[axis] - 1;
          if (active(cell) && active(beyond)) ++shared[found->second];
        });
      }
    for (const auto& [neighbour, faces] : shared) {
      graph.neighbours.push_back(neighbour);
      graph.faces.push_back(faces);
    }
    graph.offsets.push_back(static_cast<idx_t>(graph.neighbours.size()));
  }
  return graph;
}

/// The most that a rank may have where loads are even to a brick: the mean and the heaviest brick.
inline bool even_to_a_brick(const BrickGraph& graph, Index heaviest, int ranks) {
  const Index total = std::accumulate(graph.weights.begin(), graph.weights.end(), Index{0});
  return heaviest * ranks <= total + ranks * Index{*std::max_element(graph.weights.begin(), graph.weights.end())};
}

/// How a partition by METIS came out.
struct MetisCut {
  Index faces = 0;     // between different parts, each once
  Index heaviest = 0;  // weight of the heaviest part
};

/// The fewest faces of `seeds` seeds each of METIS's direct k-way and recursive partitions, 3 % imbalance allowed. Now and then METIS
/// exceeds that by more than a brick: such partitions count only where there are no others. Throws Error where METIS gives up.
inline MetisCut metis(BrickGraph graph, int ranks, int seeds) {
  std::array<idx_t, METIS_NOPTIONS> options{};
  METIS_SetDefaultOptions(options.data());
  options[METIS_OPTION_UFACTOR] = 30;  // thousandths
  auto bricks = static_cast<idx_t>(graph.weights.size()), constraints = idx_t{1}, parts = static_cast<idx_t>(ranks), cut = idx_t{0};
  std::vector<idx_t> part(graph.weights.size());
  const Index total = std::accumulate(graph.weights.begin(), graph.weights.end(), Index{0});
  const Index allowed = total * 103 / (100 * Index{ranks}) + *std::max_element(graph.weights.begin(), graph.weights.end());
  const auto cost = [&](const MetisCut& c) { return std::pair(c.heaviest > allowed, c.faces); };
  std::optional<MetisCut> best;
  for (const auto& partition : {METIS_PartGraphKway, METIS_PartGraphRecursive})
    for (int seed = 0; seed < seeds; ++seed) {
      options[METIS_OPTION_SEED] = seed;
      const int status = partition(&bricks, &constraints, graph.offsets.data(), graph.neighbours.data(), graph.weights.data(), nullptr,
                                   graph.faces.data(), &parts, nullptr, nullptr, options.data(), &cut, part.data());
      if (status != METIS_OK) throw Error("METIS failed with status " + std::to_string(status));
      std::vector<Index> loads(static_cast<std::size_t>(ranks), 0);
      for (std::size_t v = 0; v < part.size(); ++v) loads[static_cast<std::size_t>(part[v])] += graph.weights[v];
      const MetisCut found{cut, *std::max_element(loads.begin(), loads.end())};
      if (!best || cost(found) < cost(*best)) best = found;
    }
  return *best;
}

/// What one of our methods makes of the same bricks.
struct MethodCut {
  Method method;
  Index faces = 0;
  Index heaviest = 0;  // load of a rank
};
inline MethodCut cut_of(const Partition& partition) {
  MethodCut cut{.method = partition.method()};
  for (const RankMetrics& rank : measure_ranks(partition, Stencil::yee(), {}, sample_of(partition, partition.ranks()))) {
    cut.faces += rank.faces.x + rank.faces.y + rank.faces.z;
    cut.heaviest = std::max(cut.heaviest, rank.load);
  }
  cut.faces /= 2;  // each was counted on both sides
  return cut;
}

/// Nothing where the method is infeasible.
inline std::optional<Partition> partition_by(Method method, const Tiling& tiling, const Weights& weights, int ranks) {
  try {
    return make_partition(tiling, weights, Stencil::yee(), {}, ranks, method);
  } catch (const Error&) {
    return std::nullopt;
  }
}

/// Of the methods whose loads are even to a brick the one that cuts the fewest faces.
inline MethodCut best_even(const BrickGraph& graph, const std::vector<MethodCut>& cuts, int ranks) {
  std::optional<MethodCut> best;
  for (const MethodCut& cut : cuts)
    if (even_to_a_brick(graph, cut.heaviest, ranks) && (!best || cut.faces < best->faces)) best = cut;
  HILBRICK_ASSERT(best);
  return *best;
}

/// A grid that METIS and our methods are compared on, at several rank counts.
struct ReferenceCase {
  std::string name;
  Tiling tiling;
  Weights weights;
  std::vector<int> ranks;
};

/// The cells of a cube whose centres lie between two radii around its middle, given as parts of half its edge.
inline BoxSet spherical_shell(Index edge, double inner, double outer) {
  std::vector<Box> rows;
  const double half = static_cast<double>(edge) / 2;
  for_each_cell({{0, 0, 0}, {edge, edge, edge}}, [&](Int3 cell) {
    double square = 0;
    for (int a = 0; a < 3; ++a) {
      const double d = (static_cast<double>(cell[a]) + 0.5) / half - 1;
      square += d * d;
    }
    if (square < inner * inner || square > outer * outer) return;
    if (!rows.empty() && rows.back().hi == cell + Int3{0, 1, 1})
      ++rows.back().hi.x;
    else
      rows.push_back({cell, cell + Int3{1, 1, 1}});
  });
  return BoxSet(rows);
}

/// The methods are judged on these: full boxes, masks without and with flat faces, weights.
inline std::vector<ReferenceCase> reference_cases() {
  const std::vector<int> some{2, 3, 5, 8, 13, 24, 31, 64, 100, 128};
  Weights shell, ell, layers;
  shell.active(spherical_shell(40, 0.6, 0.95));
  ell.active(BoxSet({{{0, 0, 0}, {48, 24, 24}}, {{0, 24, 0}, {24, 48, 24}}}));
  layers.boundary_cost(10, 3);
  return {
      {"32x32x32", Tiling({{32, 32, 32}}, 1), {}, {2,  3,  4,   6,   8,   12,  13,  16,  24,   27,  32,
                                                   48, 64, 100, 125, 128, 192, 256, 512, 1000, 1024}},
      {"48x40x20", Tiling({{48, 40, 20}}, 1), {}, {2, 3, 4, 6, 7, 8, 12, 16, 24, 32, 48, 61, 64, 96, 128, 192, 256, 500, 512, 1000, 1024}},
      {"shell", Tiling({{40, 40, 40}}, 1), shell, some},
      {"L", Tiling({{48, 48, 24}}, 1), ell, some},
      {"layers", Tiling({{64, 64, 64}}, 4), layers, some},
  };
}

}  // namespace hilbrick::test
