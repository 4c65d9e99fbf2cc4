// SPDX-License-Identifier: BSD-3-Clause
// Recursive bisection: trees of splits, against visits of every brick and cell.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <hilbrick/partition/tree.hpp>
#include <numeric>
#include <optional>

#include "random_case.hpp"

namespace hilbrick::test {
namespace {

constexpr auto everything = [](const Box&) { return true; };

/// The place of each brick, x fastest, by the splits alone.
std::vector<int> places_of_bricks(const Tree& tree, Int3 bricks) {
  std::vector<int> places(static_cast<std::size_t>(product(bricks)), -1);
  for_each_cell({{}, bricks}, [&](Int3 brick) { places[at(bricks, brick)] = tree.place(brick); });
  return places;
}

/// What a tree is made from, and the same in the slow, obvious form.
struct Input {
  Tiling tiling;
  Weights weights;
  Mask mask;
  CostModel model;
  std::vector<int> node_sizes;

  int places() const { return std::accumulate(node_sizes.begin(), node_sizes.end(), 0); }
  /// Faces between active cells of different places, cell by cell.
  Int3 faces(const Tree& tree) const {
    const Grid& grid = tiling.grid();
    const std::vector<int> places = places_of_bricks(tree, tiling.bricks());
    const auto place_of = [&](Int3 cell) {
      Int3 brick;
      for (int a = 0; a < 3; ++a) brick[a] = tiling.brick_at(a, cell[a]);
      return places[at(tiling.bricks(), brick)];
    };
    Int3 faces;
    for_each_cell(grid.box(), [&](Int3 cell) {
      for (int a = 0; a < 3; ++a) {
        Int3 next = cell + unit(a);
        if (next[a] == grid.cells[a]) {
          if (!grid.periodic[static_cast<std::size_t>(a)]) continue;
          next[a] = 0;
        }
        if (mask.active(cell) && mask.active(next) && place_of(cell) != place_of(next)) ++faces[a];
      }
    });
    return faces;
  }
  std::vector<Index> loads(const Tree& tree) const {
    std::vector<Index> loads(static_cast<std::size_t>(places()), 0);
    for_each_cell(tiling.brick_box(), [&](Int3 brick) {
      loads[static_cast<std::size_t>(tree.place(brick))] += weights.sum(tiling, {brick, brick + Int3{1, 1, 1}});
    });
    return loads;
  }
};

/// Any grid of at most 12 cells along an axis, periodic axes, mask, weights, and as many places as twice the bricks, on any nodes.
Input any_input(Index most_places) {
  const Grid grid{any_int3(1, 12), any_axes()};
  const Tiling tiling = Tiling::with_bricks(grid, [&] {
    Int3 bricks;
    for (int a = 0; a < 3; ++a) bricks[a] = any_bool() ? grid.cells[a] : any(1, grid.cells[a]);
    return bricks;
  }());
  Input input{tiling, {}, {}, {}, {}};
  if (any_bool()) {
    for (Index n = any(1, 4); n > 0; --n) input.mask.boxes.push_back(any_box(grid.cells));
    input.weights.active(BoxSet(input.mask.boxes));
  }
  if (any_bool()) input.weights.boundary_cost(any(0, 2), any(1, 5));
  if (any(0, 3) == 0) {
    std::vector<Index> table(static_cast<std::size_t>(tiling.brick_count()));
    for (Index& w : table) w = any(0, 20);
    input.weights.table(tiling, table);
  }
  if (any_bool()) input.model.face_ps = any_int3(0, 5000);
  int left = static_cast<int>(any(1, std::min(2 * tiling.brick_count(), most_places)));
  const bool nodes = any_bool();
  while (left > 0) {
    input.node_sizes.push_back(nodes ? static_cast<int>(any(1, left)) : left);
    left -= input.node_sizes.back();
  }
  RC_LOG() << "cells " << text(grid.cells) << " periodic " << grid.periodic[0] << grid.periodic[1] << grid.periodic[2] << " bricks "
           << text(tiling.bricks()) << " nodes of";
  for (const int n : input.node_sizes) RC_LOG() << ' ' << n;
  RC_LOG() << " mask";
  for (const Box& b : input.mask.boxes) RC_LOG() << ' ' << text(b);
  RC_LOG() << std::endl;
  return input;
}

/// place, boxes and visit tell the same, each brick once.
void check_consistent(const Tree& tree, Int3 bricks) {
  const std::vector<int> places = places_of_bricks(tree, bricks);
  const auto mark = [&](std::vector<int>& seen, int place, const Box& box) {
    RC_ASSERT((Box{{}, bricks}.contains(box) && !box.empty()));
    for_each_cell(box, [&](Int3 brick) {
      RC_ASSERT(seen[at(bricks, brick)] == -1);
      seen[at(bricks, brick)] = place;
    });
  };
  std::vector<int> by_boxes(places.size(), -1), by_visit(places.size(), -1);
  for (int place = 0; place < tree.places(); ++place)
    for (const Box& box : tree.boxes(place)) mark(by_boxes, place, box);
  RC_ASSERT(by_boxes == places);
  tree.visit(everything, [&](int place, const Box& box) { mark(by_visit, place, box); });
  RC_ASSERT(by_visit == places);

  const Box window = any_box(bricks);
  std::vector<int> by_window(places.size(), -1);
  tree.visit([&](const Box& box) { return !intersection(box, window).empty(); },
             [&](int place, const Box& box) {
               RC_ASSERT(!intersection(box, window).empty());
               mark(by_window, place, box);
             });
  for_each_cell(window, [&](Int3 brick) { RC_ASSERT(by_window[at(bricks, brick)] == places[at(bricks, brick)]); });
}

RC_GTEST_PROP(Rcb, SharesAreKept, ()) {
  const Input input = any_input(60);
  const Tree tree = rcb_tree(input.tiling, input.weights, input.model, input.node_sizes);
  RC_ASSERT(tree.places() == input.places());
  check_consistent(tree, input.tiling.bricks());

  const std::vector<Index> loads = input.loads(tree);
  const Index total = std::accumulate(loads.begin(), loads.end(), Index{0});
  Index heaviest = 0;
  bool equal = true;
  std::optional<Index> one;
  for_each_cell(input.tiling.brick_box(), [&](Int3 brick) {
    const Index w = input.weights.sum(input.tiling, {brick, brick + Int3{1, 1, 1}});
    heaviest = std::max(heaviest, w);
    if (w == 0) return;
    equal = equal && (!one || *one == w);
    one = w;
  });
  for (const Index load : loads) {
    RC_ASSERT(load * tree.places() <= total + heaviest * tree.places());
    // Equal bricks, and bricks that weigh nothing: less than one from the mean.
    if (equal) RC_ASSERT(std::abs(load * tree.places() - total) < std::max<Index>(1, heaviest * tree.places()));
  }
}

RC_GTEST_PROP(Kd, EachPlaceHasOneBox, ()) {
  Input input = any_input(60);
  const std::optional<Tree> tree = kd_tree(input.tiling, input.weights, input.model, input.node_sizes);
  RC_ASSERT(tree.has_value() == (input.places() <= input.tiling.brick_count()));
  if (!tree) return;
  RC_ASSERT(tree->places() == input.places());
  check_consistent(*tree, input.tiling.bricks());
  for (int place = 0; place < tree->places(); ++place) RC_ASSERT(tree->boxes(place).size() == 1u);
}

RC_GTEST_PROP(Tree, CutFacesAreThoseOfEveryCell, ()) {
  const Input input = any_input(60);
  const Tree rcb = rcb_tree(input.tiling, input.weights, input.model, input.node_sizes);
  RC_ASSERT(cut_faces(rcb, input.tiling, input.weights) == input.faces(rcb));
  if (const auto kd = kd_tree(input.tiling, input.weights, input.model, input.node_sizes))
    RC_ASSERT(cut_faces(*kd, input.tiling, input.weights) == input.faces(*kd));
}

/// Splits that no method would make: outside the region, any axes, places without bricks.
RC_GTEST_PROP(Tree, AnySplitsMakeATree, ()) {
  const Int3 bricks = any_int3(1, 6);
  const int places = static_cast<int>(any(1, 12));
  constexpr std::int8_t x = 0, y = 1, z = 2;
  constexpr std::array<std::array<std::int8_t, 3>, 6> axis_orders{{{x, y, z}, {x, z, y}, {y, x, z}, {y, z, x}, {z, x, y}, {z, y, x}}};
  std::vector<Tree::Split> splits;
  const auto grow = [&](auto& self, int count) -> void {
    if (count == 1) return;
    Tree::Split s;
    s.low = static_cast<int>(any(1, count - 1));
    s.axes = axis_orders[static_cast<std::size_t>(any(0, 5))];
    for (int a = 0; a < 3; ++a) s.at[static_cast<std::size_t>(a)] = static_cast<std::int32_t>(any(-1, bricks[a] + 1));
    if (any_bool()) {
      const int across = s.axes[static_cast<std::size_t>(any(1, 2))];
      s.step = {static_cast<std::int8_t>(across), any_bool(), static_cast<std::int32_t>(any(-1, bricks[across] + 1)),
                static_cast<std::int32_t>(any(-1, bricks[s.axes[0]] + 1))};
    }
    splits.push_back(s);
    self(self, s.low);
    self(self, count - s.low);
  };
  grow(grow, places);
  const Tree tree(bricks, splits);
  RC_ASSERT(tree.places() == places);
  check_consistent(tree, bricks);
}

RC_GTEST_PROP(Tree, SameInputSameTree, ()) {
  const Input input = any_input(30);
  const auto make = [&](auto method) { return method(input.tiling, input.weights, input.model, input.node_sizes); };
  RC_ASSERT(make(rcb_tree) == make(rcb_tree));
  RC_ASSERT(make(kd_tree) == make(kd_tree));
}

/// Equal weights of any value cut like none.
TEST(Rcb, EqualWeightsCutLikeNone) {
  const Tiling tiling({{9, 7, 5}}, 1);
  Weights sevens;
  sevens.table(tiling, std::vector<Index>(static_cast<std::size_t>(tiling.brick_count()), 7));
  for (int places = 1; places <= 40; places += 3)
    EXPECT_EQ(rcb_tree(tiling, sevens, {}, std::array{places}), rcb_tree(tiling, {}, {}, std::array{places})) << places;
}

/// Faces normal to x cost ten times those normal to y and z: only then does the cut through the longest axis lose.
TEST(Rcb, DearAxesAreSpared) {
  const Tiling tiling({{12, 8, 8}}, 1);
  EXPECT_EQ(cut_faces(rcb_tree(tiling, {}, {}, std::array{2}), tiling, {}), (Int3{64, 0, 0}));
  const CostModel dear{4000, {16000, 1600, 1600}};
  EXPECT_EQ(cut_faces(rcb_tree(tiling, {}, dear, std::array{2}), tiling, {}), (Int3{0, 0, 96}));
  EXPECT_EQ(cut_faces(*kd_tree(tiling, {}, dear, std::array{2}), tiling, {}), (Int3{0, 0, 96}));
}

struct Row {
  int places;
  Index rcb, metis;  // faces between places: of plain bisection into halves, and of METIS 5.1, best of 6
};

/// No row above plain bisection or METIS, and fewer faces on average; counts differ by one at most. Counted cell by cell.
void expect_rows(Int3 bricks, std::span<const Row> rows) {
  const Input input{Tiling({bricks}, 1), {}, {}, {}, {}};
  double ratios = 0;
  for (const auto& [places, rcb, metis] : rows) {
    const Tree tree = rcb_tree(input.tiling, {}, {}, std::array{places});
    const Int3 faces = input.faces(tree);
    const Index total = faces.x + faces.y + faces.z;
    EXPECT_LE(total, rcb) << places << " places";
    EXPECT_LE(total, metis) << places << " places";
    ratios += static_cast<double>(total) / static_cast<double>(rcb);
    std::vector<Index> counts(static_cast<std::size_t>(places), 0);
    tree.visit(everything, [&](int place, const Box& box) { counts[static_cast<std::size_t>(place)] += box.volume(); });
    const auto [least, most] = std::minmax_element(counts.begin(), counts.end());
    EXPECT_LE(*most - *least, 1) << places << " places";
  }
  EXPECT_LT(ratios / static_cast<double>(rows.size()), 0.985);
}

// clang-format off
constexpr Row cube[] = {
    {2, 1024, 1084}, {3, 1746, 1767}, {4, 2048, 2160}, {6, 2788, 2934}, {8, 3072, 3258}, {12, 4232, 4572}, {13, 4510, 4856},
    {16, 5120, 5274}, {24, 6648, 7017}, {27, 6951, 7270}, {32, 7168, 7741}, {48, 8864, 9331}, {64, 9216, 9984}, {100, 12344, 13083},
    {125, 13916, 14122}, {128, 13312, 14238}, {192, 16768, 17368}, {256, 17408, 18920}, {512, 21504, 24414}, {1000, 32000, 33522},
    {1024, 29696, 29696}};
constexpr Row oblong[] = {
    {2, 800, 960}, {3, 1440, 1549}, {4, 1760, 1800}, {6, 2800, 2840}, {7, 3086, 3214}, {8, 3360, 3720}, {12, 4640, 5152},
    {16, 5280, 5750}, {24, 6736, 7125}, {32, 7200, 7544}, {48, 9440, 9741}, {61, 10762, 11376}, {64, 10400, 11549}, {96, 12960, 14373},
    {128, 14240, 15560}, {192, 17824, 18384}, {256, 18080, 19788}, {500, 26500, 27072}, {512, 24480, 27265}, {1000, 35448, 35915},
    {1024, 34208, 36164}};
// clang-format on

TEST(Rcb, KnownRowsOfTheCube) { expect_rows({32, 32, 32}, cube); }
TEST(Rcb, KnownRowsOfTheOblong) { expect_rows({48, 40, 20}, oblong); }

/// Around the inner corner of masks: no cut by planes alone is as small.
TEST(Rcb, CornersAreCutAround) {
  const auto faces_of_two = [](Int3 cells, const std::vector<Box>& mask) {
    Input input{Tiling({cells}, 1), {}, {mask}, {}, {2}};
    input.weights.active(BoxSet(mask));
    const Tree tree = rcb_tree(input.tiling, input.weights, {}, input.node_sizes);
    const std::vector<Index> loads = input.loads(tree);
    EXPECT_LE(std::abs(loads[0] - loads[1]), 1);
    const Int3 faces = input.faces(tree);
    return faces.x + faces.y + faces.z;
  };
  // An L, a T, and a cube without an octant.
  EXPECT_LE(faces_of_two({48, 48, 24}, {{{0, 0, 0}, {48, 24, 24}}, {{0, 24, 0}, {24, 48, 24}}}), 36 * 24);
  EXPECT_LE(faces_of_two({36, 36, 18}, {{{0, 24, 0}, {36, 36, 18}}, {{12, 0, 0}, {24, 24, 18}}}), 24 * 18);
  EXPECT_LE(faces_of_two({32, 32, 32}, {{{0, 0, 0}, {32, 32, 16}}, {{0, 0, 16}, {32, 16, 32}}, {{0, 16, 16}, {16, 32, 32}}}), 896);
}

/// Where the places are boxes of a grid of boxes, that grid is found.
TEST(Rcb, FactorsThatFitMakeBoxes) {
  for (const Index n : {30, 40}) {
    const Tiling tiling({{n, n, n}}, 1);
    for (const int per_axis : {2, 5, 10}) {
      const Tree tree = rcb_tree(tiling, {}, {}, std::array{per_axis * per_axis * per_axis});
      const Index planes = (per_axis - 1) * n * n;
      EXPECT_EQ(cut_faces(tree, tiling, {}), (Int3{planes, planes, planes})) << n << " bricks, " << per_axis << " an axis";
    }
  }
}

/// Faces between nodes of 16 places against those of reference bisections, nodes first.
TEST(Rcb, KnownFacesBetweenNodes) {
  const auto between_nodes = [](Int3 bricks, int places) {
    std::vector<int> node_sizes(static_cast<std::size_t>(places / 16), 16);
    if (places % 16 > 0) node_sizes.push_back(places % 16);
    const Tree tree = rcb_tree(Tiling({bricks}, 1), {}, {}, node_sizes);
    Index faces = 0;
    for_each_cell({{}, bricks}, [&](Int3 brick) {
      for (int a = 0; a < 3; ++a)
        if (const Int3 next = brick + unit(a); next[a] < bricks[a] && tree.place(brick) / 16 != tree.place(next) / 16) ++faces;
    });
    return faces;
  };
  EXPECT_LE(between_nodes({32, 32, 32}, 128), 3072);
  EXPECT_LE(between_nodes({32, 32, 32}, 1000), 9807);
  EXPECT_LE(between_nodes({48, 40, 20}, 512), 7200);
}

/// A plane of a box of 256^3 cells cut into P is about 256 P^(-1/3) cells deep, and no place is more than a plane off along any axis.
TEST(Kd, NearlyBalancedAtAnyNumberOfPlaces) {
  const Grid grid{{256, 256, 256}};
  const Tiling tiling = Tiling::with_bricks(grid, grid.cells);
  double sum = 0;
  for (int places = 2; places <= 200; ++places) {
    const auto tree = kd_tree(tiling, {}, {}, std::array{places});
    ASSERT_TRUE(tree);
    Index most = 0;
    tree->visit(everything, [&](int, const Box& box) { most = std::max(most, box.volume()); });
    const double imbalance = static_cast<double>(most * places) / static_cast<double>(product(grid.cells));
    EXPECT_LT(imbalance, std::pow(1 + std::cbrt(places) / 256, 3)) << places << " places";
    EXPECT_LT(imbalance, 1.04) << places << " places";
    sum += imbalance;
  }
  EXPECT_LT(sum / 199, 1.02);
}

}  // namespace
}  // namespace hilbrick::test
