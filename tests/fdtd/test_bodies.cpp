// SPDX-License-Identifier: BSD-3-Clause
// Shapes as the grid sees them: bodies from files, plates, wires; whole, in parts and on several ranks.
#include <gtest/gtest.h>
#include <hdf5.h>

#include <bodies.hpp>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <material.hpp>
#include <mesh.hpp>
#include <numbers>
#include <random>

#include "simulation.hpp"
#include "stl_writer.hpp"

namespace hilbrick::fdtd::testing {
namespace {

/// A folder that rank 0 makes and removes, and files in it. Collective, all of it.
class Folder {
 public:
  explicit Folder(const Comm& comm) : comm_(comm) {
    std::string name;
    if (comm.rank() == 0) {
      std::string pattern = (std::filesystem::temp_directory_path() / "hilbrick-bodies-XXXXXX").string();
      name = mkdtemp(pattern.data());
    }
    path_ = broadcast(comm, name);
  }
  ~Folder() {
    MPI_Barrier(comm_.get());
    std::error_code ignored;
    if (comm_.rank() == 0) std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  void put(const std::string& name, const std::string& bytes) const {
    if (comm_.rank() == 0) std::ofstream(path_ / name, std::ios::binary) << bytes;
    MPI_Barrier(comm_.get());
  }
  void put_voxels(const std::string& name, const std::array<hsize_t, 3>& zyx, const std::vector<int>& ids) const {
    if (comm_.rank() == 0) {
      const hid_t file = H5Fcreate((path_ / name).c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
      const hid_t space = H5Screate_simple(3, zyx.data(), nullptr);
      const hid_t set = H5Dcreate2(file, "ids", H5T_STD_I16BE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
      H5Dwrite(set, H5T_NATIVE_INT, H5S_ALL, H5S_ALL, H5P_DEFAULT, ids.data());
      H5Dclose(set);
      H5Sclose(space);
      H5Fclose(file);
    }
    MPI_Barrier(comm_.get());
  }
  /// A scene of 12 x 11 x 10 cells with these tables, its files read.
  Scene scene(const std::string& tables, const std::string& boundary = "\"pec\"") const {
    const std::string grid = "[grid]\ncells = [12, 11, 10]\nspacing_m = [0.1, 0.125, 0.2]\npml_cells = 2\nboundary = { x = " + boundary +
                             ", y = " + boundary + ", z = " + boundary +
                             " }\n[run]\nsteps = 5\n[partition]\nbrick = 4\n"
                             "[[material]]\nname = \"glass\"\neps_r = 4\n[[material]]\nname = \"ferrite\"\nmu_r = 3\n";
    Scene s;
    agree_on(comm_, [&] { s = parse_scene(grid + tables, (path_ / "scene.toml").string()); });
    return with_bodies(comm_, std::move(s));
  }

 private:
  const Comm& comm_;
  std::filesystem::path path_;
};

std::string shape(const std::string& keys) { return "[[shape]]\n" + keys + "\n"; }

/// All media of the grid, in one piece, [component] x fastest, closing planes included.
std::array<std::vector<MediumId>, 6> media_of(const Scene& scene) {
  const Numerics numerics = numerics_of(scene);
  std::vector<ShapeSeen> seen(scene.shapes.size());
  std::array<std::vector<MediumId>, 6> out;
  for (int c = 0; c < 6; ++c) {
    const Box all{{0, 0, 0}, scene.cells + Int3{1, 1, 1}};
    const MediumMap map = map_media(scene, numerics, static_cast<Component>(c), all, seen);
    for_each_cell(all, [&](Int3 cell) { out[c].push_back(map.at(cell)); });
  }
  return out;
}

void expect_same(const Scene& one, const Scene& other, const std::string& what) {
  const auto a = media_of(one), b = media_of(other);
  for (int c = 0; c < 6; ++c) EXPECT_EQ(a[c], b[c]) << what << ": " << component_names[c];
}

class Bodies : public ::testing::Test {
 protected:
  const Comm comm{MPI_COMM_WORLD};
  const Folder folder{comm};
};

TEST_F(Bodies, ACubeOfTrianglesIsABox) {
  // On planes of the grid, high faces at floats that are a little off them.
  const std::string box = shape("kind = \"box\"\nmaterial = \"ferrite\"\nlow_m = [0.3, 0.25, 0.4]\nhigh_m = [0.7, 0.875, 1.4]");
  const std::array<double, 3> low{0.3, 0.25, 0.4}, high{0.7, 0.875, 1.4};
  folder.put("exact.stl", ascii_stl({{"cube", box_triangles(low, high), 1}}));
  folder.put("float.stl", binary_stl(box_triangles(low, high), "cube"));
  folder.put("mm.stl", binary_stl(box_triangles({300, 250, 400}, {700, 875, 1400}), "cube"));
  // Turned back by 90 degrees: about z (x, y, z) goes to (-y, x, z), about x to (x, -z, y), about y to (z, y, -x).
  folder.put("z.stl", binary_stl(box_triangles({250, -700, 400}, {875, -300, 1400}), "cube"));
  folder.put("x.stl", binary_stl(box_triangles({300, 400, -875}, {700, 1400, -250}), "cube"));
  folder.put("y.stl", binary_stl(box_triangles({-1400, 250, 300}, {-400, 875, 700}), "cube"));
  const Scene expected = folder.scene(box);
  const auto stl = [&](const std::string& keys) { return folder.scene(shape("kind = \"stl\"\nmaterial = \"ferrite\"\n" + keys)); };
  expect_same(stl("file = \"exact.stl\""), expected, "exact");
  expect_same(stl("file = \"float.stl\""), expected, "float");
  expect_same(stl("file = \"mm.stl\"\nscale = 0.001"), expected, "mm");
  EXPECT_NE(media_of(stl("file = \"mm.stl\"\nscale = 0.001\nmove_m = [0.001, 0, 0]")), media_of(expected));
  expect_same(stl("file = \"mm.stl\"\nscale = 1e-3\nmove_m = [0, 0, 0]\nrotate_deg = [360, -720, 0]"), expected, "rotated by nothing");
  expect_same(stl("file = \"x.stl\"\nscale = 0.001\nrotate_deg = [90, 0, 0]"), expected, "about x");
  expect_same(stl("file = \"y.stl\"\nscale = 0.001\nrotate_deg = [0, 90, 0]"), expected, "about y");
  expect_same(stl("file = \"z.stl\"\nscale = 0.001\nrotate_deg = [0, 0, 90]"), expected, "about z");
}

TEST_F(Bodies, AreScaledThenTurnedAboutXYZThenMoved) {
  folder.put("box.stl", ascii_stl({{"", box_triangles({0, 0, 0}, {10, 20, 40}), 1}}));
  const Scene s = folder.scene(
      shape("kind = \"stl\"\nmaterial = \"pec\"\nfile = \"box.stl\"\nscale = 0.01\nrotate_deg = [30, 40, 50]\nmove_m = [0.5, 0.6, 0.7]"));
  const auto& mesh = *std::get<StlBody>(s.shapes[0].form).mesh;
  const double x = std::numbers::pi / 6, y = std::numbers::pi * 2 / 9, z = std::numbers::pi * 5 / 18;
  // Rz Ry Rx, written out.
  const std::array<Vec3, 3> r{Vec3{std::cos(z) * std::cos(y), std::cos(z) * std::sin(y) * std::sin(x) - std::sin(z) * std::cos(x),
                                   std::cos(z) * std::sin(y) * std::cos(x) + std::sin(z) * std::sin(x)},
                              Vec3{std::sin(z) * std::cos(y), std::sin(z) * std::sin(y) * std::sin(x) + std::cos(z) * std::cos(x),
                                   std::sin(z) * std::sin(y) * std::cos(x) - std::cos(z) * std::sin(x)},
                              Vec3{-std::sin(y), std::cos(y) * std::sin(x), std::cos(y) * std::cos(x)}};
  ASSERT_EQ(mesh.vertices_m().size(), 8u);
  for (const double i : {0.0, 0.1})
    for (const double j : {0.0, 0.2})
      for (const double k : {0.0, 0.4}) {
        double nearest = 1;
        for (const Vec3& v : mesh.vertices_m()) {
          double d = 0;
          for (std::size_t a = 0; a < 3; ++a)
            d = std::max(d, std::fabs(v[a] - (r[a][0] * i + r[a][1] * j + r[a][2] * k + 0.5 + 0.1 * static_cast<double>(a))));
          nearest = std::min(nearest, d);
        }
        EXPECT_LT(nearest, 1e-14);
      }
}

TEST_F(Bodies, SolidsOfAFileAreOneBodyOrChosenByName) {
  const auto one = box_triangles({0.2, 0.25, 0.4}, {0.5, 0.5, 1.0}), two = box_triangles({0.4, 0.25, 0.6}, {0.9, 0.75, 1.2});
  folder.put("two.stl", ascii_stl({{"one", one, 1}, {"two", two, 13}}));
  const std::string box_one = shape("kind = \"box\"\nmaterial = \"glass\"\nlow_m = [0.2, 0.25, 0.4]\nhigh_m = [0.5, 0.5, 1.0]");
  const std::string box_two = shape("kind = \"box\"\nmaterial = \"glass\"\nlow_m = [0.4, 0.25, 0.6]\nhigh_m = [0.9, 0.75, 1.2]");
  expect_same(folder.scene(shape("kind = \"stl\"\nmaterial = \"glass\"\nfile = \"two.stl\"")), folder.scene(box_one + box_two), "both");
  expect_same(folder.scene(shape("kind = \"stl\"\nmaterial = \"glass\"\nfile = \"two.stl\"\nsolid = \"two\"")), folder.scene(box_two),
              "two");
}

TEST_F(Bodies, HigherPriorityThenLaterWins) {
  const std::string low = "low_m = [0.3, 0.25, 0.4]\nhigh_m = [0.7, 0.875, 1.4]";
  const std::string first = "kind = \"box\"\nmaterial = \"glass\"\n" + low, second = "kind = \"box\"\nmaterial = \"pec\"\n" + low;
  expect_same(folder.scene(shape(first) + shape(second)), folder.scene(shape(second)), "later");
  expect_same(folder.scene(shape(first + "\npriority = 1") + shape(second)), folder.scene(shape(first)), "higher");
  expect_same(folder.scene(shape(first) + shape(second + "\npriority = -1")), folder.scene(shape(first)), "lower");
  expect_same(folder.scene(shape(first + "\npriority = 3") + shape(second + "\npriority = 3")), folder.scene(shape(second)), "equal");
}

/// The cells whose component has a material.
std::vector<Int3> cells_of(const Scene& scene, Component c, MediumId id) {
  std::vector<Int3> out;
  std::vector<ShapeSeen> seen(scene.shapes.size());
  const Box all{{0, 0, 0}, scene.cells + Int3{1, 1, 1}};
  const MediumMap map = map_media(scene, numerics_of(scene), c, all, seen);
  for_each_cell(all, [&](Int3 cell) {
    if (map.at(cell) == id) out.push_back(cell);
  });
  return out;
}

TEST_F(Bodies, WiresLieOnEdgesAndPlatesOnPlanes) {
  // From about plane (2, 3, 4) along x to (5, 3, 4), then down along z.
  const Scene wire = folder.scene(
      shape("kind = \"wire\"\nmaterial = \"pec\"\npoints_m = [[0.21, 0.4, 0.83], [0.48, 0.38, 0.8], [0.5, 0.375, 0.35]]"), "\"pmc\"");
  EXPECT_EQ(cells_of(wire, Ex, pec_id), (std::vector<Int3>{{2, 3, 4}, {3, 3, 4}, {4, 3, 4}}));
  EXPECT_EQ(cells_of(wire, Ey, pec_id), (std::vector<Int3>{}));
  EXPECT_EQ(cells_of(wire, Ez, pec_id), (std::vector<Int3>{{5, 3, 2}, {5, 3, 3}}));
  // Plates at plane 0, at the last plane and between, on every axis; magnetic walls have values there.
  const std::array<Index, 3> n{12, 11, 10};
  const Vec3 d{0.1, 0.125, 0.2};
  for (int axis = 0; axis < 3; ++axis)
    for (const Index plane : {Index{0}, Index{4}, n[static_cast<std::size_t>(axis)]}) {
      const int u = (axis + 1) % 3, v = (axis + 2) % 3;
      Vec3 low{}, high{};
      low[axis] = high[axis] = (static_cast<double>(plane) + (plane == 0 ? 0.3 : -0.3)) * d[axis];
      for (const int a : {u, v}) {
        low[a] = 2 * d[a];
        high[a] = 5 * d[a];
      }
      const Scene plate =
          folder.scene(shape(fmt::format("kind = \"plate\"\nmaterial = \"pec\"\nlow_m = [{}, {}, {}]\nhigh_m = [{}, {}, {}]", low[0],
                                         low[1], low[2], high[0], high[1], high[2])),
                       "\"pmc\"");
      for (const auto& [along, other] : {std::array{u, v}, {v, u}}) {
        Box expected;
        expected.lo[axis] = plane;
        expected.hi[axis] = plane + 1;
        expected.lo[along] = 2;
        expected.hi[along] = 5;
        expected.lo[other] = 2;
        expected.hi[other] = 6;
        std::vector<Int3> cells;
        for_each_cell(expected, [&](Int3 cell) { cells.push_back(cell); });
        EXPECT_EQ(cells_of(plate, static_cast<Component>(along), pec_id), cells) << axis << " " << plane;
      }
      EXPECT_TRUE(cells_of(plate, static_cast<Component>(axis), pec_id).empty());
    }
}

TEST_F(Bodies, OnPeriodicAxesTheLastPlaneIsTheFirst) {
  const auto scene_of = [&](const std::string& low, const std::string& high) {
    return folder.scene(shape("kind = \"box\"\nmaterial = \"pec\"\nlow_m = " + low + "\nhigh_m = " + high), "\"periodic\"");
  };
  const auto owned = [](const Scene& s) {
    const Numerics numerics = numerics_of(s);
    std::vector<ShapeSeen> seen(s.shapes.size());
    std::array<std::vector<MediumId>, 3> out;
    for (int c = 0; c < 3; ++c) {
      const MediumMap map = map_media(s, numerics, static_cast<Component>(c), {{0, 0, 0}, s.cells}, seen);
      for_each_cell(map.owned, [&](Int3 cell) { out[c].push_back(map.at(cell)); });
    }
    return out;
  };
  EXPECT_EQ(owned(scene_of("[1.2, 0.25, 0.4]", "[1.2, 0.5, 0.8]")), owned(scene_of("[0, 0.25, 0.4]", "[0, 0.5, 0.8]")));
  EXPECT_EQ(owned(scene_of("[0.3, 1.375, 0.4]", "[0.5, 1.375, 0.8]")), owned(scene_of("[0.3, 0, 0.4]", "[0.5, 0, 0.8]")));
  EXPECT_EQ(owned(scene_of("[1.2, 1.375, 0.4]", "[1.2, 1.375, 0.8]")), owned(scene_of("[0, 0, 0.4]", "[0, 0, 0.8]")));
  // A block that ends at the last plane has one more plane of values than cells, as any block has.
  const auto count = [&](const Scene& s) {
    Index n = 0;
    for (const auto& values : owned(s)) n += std::count(values.begin(), values.end(), pec_id);
    return n;
  };
  EXPECT_EQ(count(scene_of("[0.9, 1, 1.4]", "[1.2, 1.375, 2]")), count(scene_of("[0.3, 0.5, 0.6]", "[0.6, 0.875, 1.2]")));
}

TEST_F(Bodies, VoxelsAreBoxesPaintedInTheOrderOfMaterials) {
  // 3 x 2 x 2 voxels of 2 x 3 x 1.5 cells from (2, 1, 3) on.
  const std::vector<int> ids{0, 1, 2, 2, 0, 1, 1, 1, 0, 2, 3, 0};  // [z][y][x]
  folder.put_voxels("v.h5", {2, 2, 3}, ids);
  const Scene voxels =
      folder.scene(shape("kind = \"voxels\"\nfile = \"v.h5\"\ndataset = \"ids\"\nlow_m = [0.2, 0.125, 0.6]\nspacing_m = [0.2, 0.375, 0.3]\n"
                         "materials = [\"vacuum\", \"glass\", \"ferrite\", \"pec\"]"));
  std::string boxes;
  for (int id = 0; id < 4; ++id)
    for (int v = 0; v < 12; ++v) {
      if (ids[static_cast<std::size_t>(v)] != id) continue;
      const int x = v % 3, y = v / 3 % 2, z = v / 6;
      boxes += shape(fmt::format("kind = \"box\"\nmaterial = \"{}\"\nlow_m = [{}, {}, {}]\nhigh_m = [{}, {}, {}]",
                                 std::array{"vacuum", "glass", "ferrite", "pec"}[static_cast<std::size_t>(id)], 0.2 + 0.2 * x,
                                 0.125 + 0.375 * y, 0.6 + 0.3 * z, 0.4 + 0.2 * x, 0.5 + 0.375 * y, 0.9 + 0.3 * z));
    }
  expect_same(voxels, folder.scene(boxes), "voxels");
}

TEST_F(Bodies, VoxelsStayStaircasesBesideOthersThatDoNot) {
  folder.put_voxels("v.h5", {2, 2, 3}, {0, 1, 2, 2, 0, 1, 1, 1, 0, 2, 2, 0});
  const std::string voxels = shape(
      "kind = \"voxels\"\nfile = \"v.h5\"\ndataset = \"ids\"\nlow_m = [0.23, 0.1, 0.65]\nspacing_m = [0.2, 0.37, 0.33]\n"
      "materials = [\"vacuum\", \"glass\", \"pec\"]");
  const std::string ball = shape("kind = \"sphere\"\nmaterial = \"pec\"\ncenter_m = [0.83, 0.7, 1.2]\nradius_m = 0.27");
  const auto run_of = [&](const std::string& tables, bool fitted) {
    Scene s = folder.scene(tables);
    s.conformal_conductors = s.averaged_interfaces = fitted;
    auto run = std::make_unique<Simulation<double>>(comm, s);
    for (const Component c : {Ex, Ey, Ez})
      run->set(c, [&](Int3 cell) { return std::sin(static_cast<double>(cell.x + 3 * cell.y + 7 * cell.z + c)); });
    run->steps(2);
    return run;
  };
  EXPECT_EQ(run_of(voxels, true)->solver.digest(), run_of(voxels, false)->solver.digest());
  EXPECT_NE(run_of(voxels + ball, true)->solver.digest(), run_of(voxels + ball, false)->solver.digest());
  EXPECT_NE(run_of(ball + voxels, true)->solver.digest(), run_of(ball + voxels, false)->solver.digest());
  for (const std::string& tables : {voxels + ball, ball + voxels}) {
    const auto run = run_of(tables, true);
    const double energy = run->solver.energy().joule;
    run->steps(400);
    EXPECT_NEAR(run->solver.energy().joule / energy, 1, 1e-9);
  }
}

std::string message_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const SharedError& e) {
    EXPECT_EQ(e.exit_code(), 2);
    const std::string message = e.what();
    return message.substr(message.find("scene.toml"));
  }
  return "no error";
}

TEST_F(Bodies, WhatIsWrongIsSaidOnEveryRank) {
  const auto stl = [&](const std::string& keys) {
    return message_of([&] { folder.scene(shape("kind = \"stl\"\nmaterial = \"pec\"\n" + keys)); });
  };
  const auto has = [](const std::string& message, const std::string& words) {
    EXPECT_NE(message.find(words), std::string::npos) << message << "\nexpected: " << words;
  };
  auto open = box_triangles({0.2, 0.2, 0.2}, {0.5, 0.5, 0.5});
  folder.put("whole.stl", ascii_stl({{"cube", open, 1}}));
  open.pop_back();
  folder.put("open.stl", ascii_stl({{"cube", open, 1}}));
  folder.put("empty.stl", "");
  has(stl("file = \"none.stl\""), "none.stl: expected an STL file, cannot read it (No such file or directory)");
  has(stl("file = \"empty.stl\""), "empty.stl: byte 0: expected");
  has(stl("file = \"open.stl\""), "open.stl: solid \"cube\": expected a closed surface, found 3 edges with a hole beside them");
  has(stl("file = \"whole.stl\"\nsolid = \"ball\""), "whole.stl: expected a solid \"ball\", found \"cube\"");
  has(stl("file = \"whole.stl\"\nscale = 0"), "scale");
  has(stl("file = \"whole.stl\"\nmove_m = [5, 0, 0]"), "expected a shape that touches the grid");
  has(message_of([&] { folder.scene(shape("kind = \"wire\"\nmaterial = \"pec\"\npoints_m = [[0.2, 0.25, 0.4], [0.5, 0.5, 0.4]]")); }),
      "not along an axis; add the corners between");
  has(message_of([&] { folder.scene(shape("kind = \"wire\"\nmaterial = \"pec\"\npoints_m = [[0.2, 0.25, 0.4], [0.21, 0.25, 0.4]]")); }),
      "one place; leave one out");
  has(message_of([&] { folder.scene(shape("kind = \"wire\"\nmaterial = \"pec\"\npoints_m = [[0.2, 0.25, 0.4]]")); }),
      "at least two points");
  has(message_of([&] { folder.scene(shape("kind = \"plate\"\nmaterial = \"pec\"\nlow_m = [0, 0, 0]\nhigh_m = [0.2, 0.2, 0.2]")); }),
      "expected low_m along exactly one axis, the plate's normal, found it along 0");

  folder.put_voxels("v.h5", {1, 1, 2}, {0, 7});
  const auto voxels = [&](const std::string& file, const std::string& dataset) {
    return folder.scene(shape("kind = \"voxels\"\nfile = \"" + file + "\"\ndataset = \"" + dataset +
                              "\"\nlow_m = [0.2, 0.25, 0.4]\nspacing_m = [0.4, 0.5, 0.6]\nmaterials = [\"vacuum\", \"pec\"]"));
  };
  has(message_of([&] { voxels("none.h5", "ids"); }), "none.h5: expected an HDF5 file, cannot read it");
  has(message_of([&] { voxels("v.h5", "other"); }), "v.h5: expected a dataset \"other\", found none of that name");
  const Scene unknown = voxels("v.h5", "ids");
  const std::string message = [&]() -> std::string {
    try {
      Simulation<float> simulation(comm, unknown);
    } catch (const SharedError& e) {
      return e.what();
    }
    return "no error";
  }();
  has(message, "v.h5:ids: expected integers from 0 to 1, one for each name in materials, found 7 in voxel (1, 0, 0)");
}

TEST_F(Bodies, AShapeThatNoValueSeesIsNamed) {
  const Scene s = folder.scene(shape("kind = \"sphere\"\nmaterial = \"pec\"\ncenter_m = [0.43, 0.3, 0.5]\nradius_m = 0.01") +
                               shape("kind = \"box\"\nmaterial = \"pec\"\nlow_m = [0.2, 0.25, 0.4]\nhigh_m = [0.2, 0.6, 0.8]"));
  ::testing::internal::CaptureStderr();
  { Simulation<float> simulation(comm, s); }
  const std::string told = ::testing::internal::GetCapturedStderr();
  if (comm.rank() == 0) {
    EXPECT_NE(told.find("scene.toml:16:1: no field value lies in this shape"), std::string::npos) << told;
    EXPECT_EQ(told.find("warning", told.find("warning") + 1), std::string::npos) << told;
  } else {
    EXPECT_EQ(told, "");
  }
}

TEST_F(Bodies, ConductorsOnElectricWallsAreNotMissed) {
  const auto told_of = [&](const std::string& material, const std::string& boundary) {
    const Scene s =
        folder.scene(shape("kind = \"plate\"\nmaterial = \"" + material + "\"\nlow_m = [1.2, 0, 0.4]\nhigh_m = [1.2, 0.6, 0.8]") +
                         shape("kind = \"plate\"\nmaterial = \"pec\"\nlow_m = [0.2, 0.3, 2]\nhigh_m = [0.4, 0.6, 2]"),
                     boundary);
    ::testing::internal::CaptureStderr();
    { Simulation<float> simulation(comm, s); }
    return ::testing::internal::GetCapturedStderr();
  };
  for (const char* boundary : {"\"pec\"", "\"pml\"", "\"pmc\"", "\"periodic\""}) EXPECT_EQ(told_of("pec", boundary), "") << boundary;
  const std::string glass = told_of("glass", "\"pec\"");
  EXPECT_EQ(glass.find("no field value lies in this shape") != std::string::npos, comm.rank() == 0);
}

TEST_F(Bodies, PartsBetweenThePlanesAreNamed) {
  folder.put("plate.stl", ascii_stl({{"", box_triangles({0.2, 0.25, 0.85}, {0.9, 0.9, 0.87}), 1}}));
  folder.put("cube.stl", ascii_stl({{"", box_triangles({0.23, 0.27, 0.45}, {0.95, 0.9, 1.3}), 1}}));
  const auto told_of = [&](const std::string& file) {
    const Scene s = folder.scene(shape("kind = \"stl\"\nmaterial = \"pec\"\nfile = \"" + file + "\""));
    ::testing::internal::CaptureStderr();
    { Simulation<float> simulation(comm, s); }
    return ::testing::internal::GetCapturedStderr();
  };
  const std::string told = told_of("plate.stl");
  if (comm.rank() == 0) {
    EXPECT_NE(
        told.find("scene.toml:16:1: parts of this shape lie between the grid's planes, as little as 0.02 m thick near (0.25, 0.25, 0.8) m"),
        std::string::npos)
        << told;
  } else {
    EXPECT_EQ(told, "");
  }
  EXPECT_EQ(told_of("cube.stl"), "");
}

// Against a plain array: rows, alike or not, then single values and whole rows changed.
TEST_F(Bodies, RowsThatShareTheirRunsChangeAlone) {
  std::mt19937 random(7);
  const auto below = [&random](Index n) { return static_cast<Index>(random() % static_cast<unsigned>(n)); };
  for (int trial = 0; trial < 50; ++trial) {
    MediumMap map;
    map.owned = {{3, -2, 5}, {3 + 1 + below(9), -2 + 1 + below(6), 5 + 1 + below(6)}};
    const Int3 e = map.owned.extent();
    const auto width = static_cast<std::size_t>(e.x);
    std::vector<MediumId> plain;
    for (Index row = 0; row < e.y * e.z; ++row) {
      std::vector<MediumId> media(width);
      for (MediumId& m : media) m = static_cast<MediumId>(below(2));
      if (row > 0 && below(3) > 0) media.assign(plain.end() - e.x, plain.end());
      plain.insert(plain.end(), media.begin(), media.end());
      map.append(media);
    }
    const auto at = [&](Int3 d) -> MediumId& { return plain[static_cast<std::size_t>(d.x + e.x * (d.y + e.y * d.z))]; };
    const auto same = [&] { for_each_cell({{}, e}, [&](Int3 d) { ASSERT_EQ(map.at(map.owned.lo + d), at(d)) << "trial " << trial; }); };
    same();
    for (int i = 0; i < 20; ++i) {
      const Int3 d{below(e.x), below(e.y), below(e.z)};
      at(d) = static_cast<MediumId>(below(4));
      map.set(map.owned.lo + d, at(d));
      same();
    }
    rewrite_rows(map, [&](Index y, Index z, std::span<MediumId> row) {
      EXPECT_TRUE(std::equal(row.begin(), row.end(), &at({0, y - map.owned.lo.y, z - map.owned.lo.z})));
      if (y == map.owned.lo.y) row.back() = 9;
    });
    for (Index z = 0; z < e.z; ++z) at({e.x - 1, 0, z}) = 9;
    same();
    rewrite_rows(map, [](Index, Index, std::span<MediumId> row) { std::fill(row.begin(), row.end(), 1); });
    EXPECT_EQ(map.runs.size(), 1U);
  }
}

TEST_F(Bodies, EveryRankMapsItsPartOfTheWhole) {
  std::vector<int> ids;
  for (int v = 0; v < 6 * 5 * 4; ++v) ids.push_back(v * 7 % 3);
  folder.put_voxels("v.h5", {4, 5, 6}, ids);
  folder.put("box.stl", binary_stl(box_triangles({-1, -2, -3}, {1, 2, 3}), ""));
  for (const char* boundary : {"\"periodic\"", "\"pmc\"", "\"pml\""}) {
    const Scene s =
        folder.scene(shape("kind = \"voxels\"\nfile = \"v.h5\"\ndataset = \"ids\"\nlow_m = [0.05, 0.1, 0.3]\nspacing_m = [0.17, 0.2, 0.5]\n"
                           "materials = [\"glass\", \"vacuum\", \"ferrite\"]") +
                         shape("kind = \"stl\"\nmaterial = \"pec\"\nfile = \"box.stl\"\nscale = 0.15\nrotate_deg = [10, 20, 30]\nmove_m = "
                               "[0.6, 0.7, 1.1]") +
                         shape("kind = \"wire\"\nmaterial = \"pec\"\npoints_m = [[0, 0, 0], [1.2, 0, 0], [1.2, 1.375, 0]]") +
                         shape("kind = \"plate\"\nmaterial = \"glass\"\nlow_m = [0, 0, 2]\nhigh_m = [0.8, 1.375, 2]"),
                     boundary);
    const Numerics numerics = numerics_of(s);
    const auto whole = media_of(s);
    const Int3 n = s.cells + Int3{1, 1, 1};
    const Domain domain = domain_of(comm, s, numerics);
    for (int c = 0; c < 6; ++c)
      for (const Block& block : blocks_for(domain, numerics.stencils, c)) {
        std::vector<ShapeSeen> seen(s.shapes.size());
        const MediumMap map = map_media(s, numerics, static_cast<Component>(c), block.owned, seen);
        Index wrong = 0;
        for_each_cell(block.owned, [&](Int3 cell) {
          wrong += map.at(cell) != whole[c][static_cast<std::size_t>(cell.x + n.x * (cell.y + n.y * cell.z))];
        });
        EXPECT_EQ(wrong, 0) << component_names[c] << " " << boundary;
      }
  }
}

}  // namespace
}  // namespace hilbrick::fdtd::testing
