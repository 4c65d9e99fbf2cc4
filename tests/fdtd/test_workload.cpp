// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <hilbrick/partition/error.hpp>
#include <plane_wave.hpp>
#include <workload.hpp>

namespace hilbrick::fdtd {
namespace {

Index any(Index low, Index high) { return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange<Index>(low, high + 1)); }

Scene scene_of(const std::string& grid, const std::string& rest = "") {
  return parse_scene("[grid]\nspacing_m = 1\n" + grid + "\n[run]\nsteps = 1\n" + rest, "s.toml");
}

Workload workload_of(const Scene& scene) { return workload_of(scene, numerics_of(scene)); }

/// The weight of some cells, in tenths of a cell of vacuum.
Index weight(const Workload& work, const Box& cells) { return work.weights.sum(Tiling(work.tiling.grid(), 1), cells); }
Index weight(const Workload& work, Int3 cell) { return weight(work, {cell, cell + Int3{1, 1, 1}}); }

RC_GTEST_PROP(Workload, WeighsAbsorbingCellsByTheAxesOfTheirLayers, ()) {
  Scene scene = scene_of("cells = [12, 11, 13]\npml_cells = 4\n");
  for (auto& axis : scene.boundary) {
    for (Boundary& face : axis) face = any(0, 1) == 1 ? Boundary::pml : Boundary::pec;
    if (any(0, 3) == 0) axis.fill(Boundary::periodic);
  }
  scene.costs.pml = {0.1 * static_cast<double>(any(0, 50)), 0.1 * static_cast<double>(any(0, 50)), 0.1 * static_cast<double>(any(0, 50))};
  const Workload work = workload_of(scene);
  for_each_cell(work.tiling.grid().box(), [&](Int3 cell) {
    double expected = 1;
    for (int a = 0; a < 3; ++a) {
      const bool low = scene.boundary[a][0] == Boundary::pml && cell[a] < 4;
      const bool high = scene.boundary[a][1] == Boundary::pml && cell[a] >= scene.cells[a] - 4;
      if (low || high) expected += scene.costs.pml[a];
    }
    RC_ASSERT(weight(work, cell) == std::llround(10 * expected));
  });
}

const std::string walls = "boundary = { x = 'pec', y = 'pec', z = 'pec' }\n";

TEST(Workload, SpreadsAShapesEndsOverTheBoxAroundIt) {
  const std::string glass = "[[material]]\nname = 'glass'\neps_r = 2\n", ferrite = "[[material]]\nname = 'ferrite'\nmu_r = 2\n";
  const std::string sphere = "[[shape]]\nkind = 'sphere'\nmaterial = 'glass'\ncenter_m = [10, 10, 10]\nradius_m = 5\n";
  const std::string cells = "cells = [20, 20, 20]\n" + walls;
  const Box around{{5, 5, 5}, {15, 15, 15}};
  const auto extra = [&](const std::string& rest, const Box& box, double change) {
    Scene scene = scene_of(cells, rest);
    scene.costs.material_change = change;
    return weight(workload_of(scene), box) - 10 * box.volume();
  };
  const Box grid{{0, 0, 0}, {20, 20, 20}};
  // Two ends of 5 cells on each of the 100 rows of 10 cells: 10 tenths a cell, and none outside the box.
  EXPECT_EQ(extra(glass + sphere, around, 5), 100 * 2 * 50);
  EXPECT_EQ(extra(glass + sphere, grid, 5), 100 * 2 * 50);
  // A magnetic material somewhere doubles it; a second shape there that costs as much does not.
  EXPECT_EQ(
      extra(glass + sphere + ferrite + "[[shape]]\nkind = 'box'\nmaterial = 'ferrite'\nlow_m = [0, 0, 0]\nhigh_m = [20, 1, 1]\n", grid, 5),
      100 * 2 * 100);
  EXPECT_EQ(extra(glass + sphere + sphere, grid, 5), 100 * 2 * 50);
  // Ends at the grid's faces are none: a slab through the grid costs nothing, one that begins inside it one end.
  const auto slab = [&](const char* from, const char* to) {
    return glass + "[[shape]]\nkind = 'box'\nmaterial = 'glass'\nlow_m = [" + from + ", 2, 2]\nhigh_m = [" + to + ", 4, 4]\n";
  };
  EXPECT_EQ(extra(slab("-1", "30"), grid, 5), 0);
  EXPECT_EQ(extra(slab("10", "30"), grid, 5), 4 * 50);
  // A plate of no thickness is a cell thick; nothing costs nothing.
  EXPECT_EQ(extra(slab("10", "10"), grid, 5), 4 * 2 * 50);
  EXPECT_EQ(extra(glass + sphere, grid, 0), 0);
}

TEST(Workload, WeighsEachValueThatAPlaneWaveCorrects) {
  const Scene scene = scene_of("cells = [12, 12, 12]\n" + walls, R"(
[[source]]
kind = 'plane_wave'
box_low_m = [3, 3, 3]
box_high_m = [9, 8, 7]
direction = [0, 1, 0]
polarization = [3, 0, 4]
waveform = { kind = 'gaussian', frequency_hz = 1e6 }
)");
  const Workload work = workload_of(scene);
  Index values = 0;
  for_each_cell(work.tiling.grid().box(), [&](Int3 cell) {
    Index here = 0;
    for (const FaceCorrection& face : face_corrections(scene, numerics_of(scene), scene.plane_waves.front()))
      here += face.cells.contains(cell) ? 1 : 0;
    EXPECT_EQ(weight(work, cell), 10 + std::llround(10 * scene.costs.incident_value) * here);
    values += here;
  });
  EXPECT_GT(values, 0);
}

TEST(Workload, UniformWeighsEveryCellAlike) {
  const std::string rest = R"(
[[shape]]
kind = 'sphere'
material = 'pec'
center_m = [20, 20, 20]
radius_m = 5
[partition]
weights = )";
  const std::string grid = "cells = [40, 40, 40]\n";
  EXPECT_FALSE(workload_of(scene_of(grid, rest + "'model'\n")).weights.uniform());
  const Workload uniform = workload_of(scene_of(grid, rest + "'uniform'\n"));
  EXPECT_TRUE(uniform.weights.uniform());
  EXPECT_EQ(uniform.weights.unit(uniform.tiling).weight, 10);
  EXPECT_EQ(weight(uniform, {{0, 0, 0}, {40, 40, 40}}), 10 * 40 * 40 * 40);
}

TEST(Workload, TakesTilingStencilAndValuesFromTheScene) {
  const Workload work = workload_of(scene_of("cells = [20, 30, 40]\nboundary = { x = 'periodic', y = ['pec', 'pmc'], z = 'pec' }\n",
                                             "precision = 'double'\n[partition]\nbrick = 5\n"));
  EXPECT_EQ(work.tiling, Tiling({{20, 30, 40}, {true, false, false}}, 5));
  EXPECT_EQ(work.value_bytes, 8);
  EXPECT_EQ(work.stencil.values_per_face(1), Stencil::yee({false, true, false}).values_per_face(1));
  EXPECT_THROW(workload_of([] {
                 Scene scene = scene_of("cells = [20, 30, 40]\n");
                 scene.brick = 0;
                 return scene;
               }()),
               Error);
}

TEST(Workload, WeightsEvenOutWhatRanksHaveToDo) {
  const std::string two_faces = "boundary = { x = ['pml', 'pec'], y = 'pec', z = ['pec', 'pml'] }\n";
  for (const auto& [grid, ranks] : {std::pair<std::string, int>{"cells = [160, 160, 96]\n", 7},
                                    {"cells = [120, 96, 80]\n", 13},
                                    {two_faces + "cells = [96, 96, 96]\n", 8}}) {
    const Scene scene = scene_of(grid, "[partition]\nbrick = 8\n");
    const Workload work = workload_of(scene);
    /// The largest load of a rank over the mean one.
    const auto spread = [&](const Weights& weights) {
      const Partition partition = make_partition(work.tiling, weights, work.stencil, {}, ranks, Method::hilbert);
      Index largest = 0, total = 0;
      for (Rank r = 0; r < ranks; ++r) {
        Index load = 0;
        for (const Box& box : boxes_of(partition, r)) load += weight(work, box);
        largest = std::max(largest, load);
        total += load;
      }
      return static_cast<double>(largest) * ranks / static_cast<double>(total);
    };
    const double before = spread({}), after = spread(work.weights);
    EXPECT_GT(before, 1.04) << grid << ranks;
    EXPECT_LT(after, 1 + (before - 1) / 3) << grid << ranks;
  }
}

}  // namespace
}  // namespace hilbrick::fdtd
