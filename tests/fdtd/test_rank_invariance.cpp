// SPDX-License-Identifier: BSD-3-Clause
// Contract 1: the same bits for every rank count, method and brick; contract 2: predicted == counted, in each of these runs.
// One program of 13 ranks runs everything on its first 1, 2, 3, ... ranks.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "simulation.hpp"

namespace hilbrick::fdtd::testing {
namespace {

constexpr std::array rank_counts{1, 2, 3, 4, 5, 7, 8, 13};
constexpr int any_scenes = 32;

Scene shipped(const char* name, Index steps) {
  const std::string path = std::string(HILBRICK_SCENES) + "/" + name;
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  Scene scene = parse_scene(text.str(), path, {"run.steps=" + std::to_string(steps)});
  scene.stop_below_db.reset();
  return scene;
}

Waveform early_pulse(double frequency_hz) {
  Waveform w;
  w.frequency_hz = frequency_hz;
  w.delay_s = 0.3 / frequency_hz;
  return w;
}

Dipole dipole(Component c, Vec3 position_m) {
  Dipole d;
  d.component = c;
  d.position_m = position_m;
  d.waveform = early_pulse(20e9);
  return d;
}

/// Everything at once, in the worst places: dipoles on corners, edges and faces of bricks and ranks, a body and a material across them and
/// into the layers, a plane wave, every kind of wall.
Scene crowded(std::array<std::array<Boundary, 2>, 3> boundary) {
  const double d = 1e-3;
  Scene s = box_scene({27, 26, 25}, {d, 1.2 * d, 0.9 * d}, Boundary::pml, 30);
  s.boundary = boundary;
  s.pml_cells = 5;
  Material glass, ferrite;
  glass.name = "glass";
  glass.eps_r = 2.5;
  glass.sigma = 0.1;
  ferrite.name = "ferrite";
  ferrite.mu_r = 3;
  ferrite.sigma_m = 100;
  s.materials.insert(s.materials.end(), {glass, ferrite});
  s.shapes.push_back({BoxShape{{0, 0, 0}, {30 * d, 30 * d, 4 * d}}, 2, {}});
  s.shapes.push_back({Ellipsoid{{12 * d, 13 * d, 12 * d}, {4 * d, 3 * d, 4 * d}}, 3, {}});
  s.shapes.push_back({BoxShape{{8 * d, 8 * d, 16 * d}, {16 * d, 16 * d, 16.2 * d}}, 1, {}});
  for (const Component c : {Ex, Ey, Ez, Hx, Hy, Hz}) {
    s.dipoles.push_back(dipole(c, {16 * d, 16 * 1.2 * d, 8 * 0.9 * d}));  // a corner
    s.dipoles.push_back(dipole(c, {4 * d, 8 * 1.2 * d, 5 * 0.9 * d}));    // an edge
    s.dipoles.push_back(dipole(c, {3 * d, 3 * 1.2 * d, 16 * 0.9 * d}));   // a face
    s.dipoles.push_back(dipole(c, {1.6 * d, 25.6 * 1.2 * d, 12 * d}));    // the outermost cells that live
  }
  PlaneWave wave;
  // At an angle, but across periodic axes.
  double length = 0;
  for (int a = 0; a < 3; ++a) {
    wave.direction[a] = boundary[a][0] == Boundary::periodic ? 0 : std::array{0.48, -0.6, -0.64}[a];
    length += wave.direction[a] * wave.direction[a];
  }
  for (double& component : wave.direction) component /= std::sqrt(length);
  wave.polarization = {wave.direction[1], -wave.direction[0], 0};
  for (double& component : wave.polarization) component /= std::hypot(wave.direction[0], wave.direction[1]);
  wave.box_low_m = {6 * d, 6 * 1.2 * d, 8 * 0.9 * d};
  wave.box_high_m = {20 * d, 20 * 1.2 * d, 20 * 0.9 * d};
  wave.waveform = early_pulse(15e9);
  s.plane_waves.push_back(wave);
  return s;
}

enum class Start { zero, noise };

/// The digest of a run on the first `ranks` ranks, on all of them; predicted must equal counted.
template <class T>
std::string digest_of_run(const Comm& world, Scene scene, int ranks, Method method, Index brick, bool flip_a_bit = false,
                          Start start = Start::zero) {
  scene.method = method;
  scene.brick = brick;
  MPI_Comm part = MPI_COMM_NULL;
  MPI_Comm_split(world.get(), world.rank() < ranks ? 0 : 1, world.rank(), &part);
  std::string digest;
  if (world.rank() < ranks) {
    const Comm comm(part);
    Simulation<T> run(comm, scene);
    if (start == Start::noise)
      for (const Component c : {Ex, Ey, Ez, Hx, Hy, Hz}) run.set(c, [&](Int3 cell) { return noise(c, cell); });
    run.steps(*scene.steps);
    if (flip_a_bit) {
      const Field<T>& field = run.solver.field(Hx);
      const Int3 cell{scene.cells.x / 2, scene.cells.y / 2, scene.cells.z / 2};
      for (std::size_t b = 0; b < field.blocks().size(); ++b)
        if (field.blocks()[b].owned.contains(cell)) {
          using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
          field.at(b, cell) = std::bit_cast<T>(std::bit_cast<Bits>(field.at(b, cell)) ^ Bits{1});
        }
    }
    digest = run.solver.digest();
    std::array<char, 32> energy{};  // to the last bit, too
    std::snprintf(energy.data(), energy.size(), " %a J", run.solver.energy().joule);
    digest += energy.data();
    const Exchange& exchange = run.solver.exchange();
    for (std::size_t p = 0; p < 2; ++p) {
      Index values = 0;
      for (const Message& m : exchange.plan().phases[p].sends) values += m.values;
      EXPECT_EQ(exchange.counters().phases[p].bytes_sent, *scene.steps * values * static_cast<Index>(sizeof(T)));
      EXPECT_EQ(exchange.counters().phases[p].messages_sent, *scene.steps * static_cast<Index>(exchange.plan().phases[p].sends.size()));
    }
  }
  MPI_Comm_free(&part);
  return broadcast(world, digest);
}

bool feasible(const Scene& scene, int ranks, Method method) {
  return method == Method::automatic ||
         offer(Tiling(numerics_of(scene).grid, 8), {}, Stencil::yee(), {}, ranks, method).partition.has_value();
}

template <class T>
void same_bits(const Comm& world, const Scene& scene, const std::string& what, bool every_method) {
  const std::string reference = digest_of_run<T>(world, scene, 1, Method::hilbert, 16);
  for (const int ranks : rank_counts)
    EXPECT_EQ(digest_of_run<T>(world, scene, ranks, Method::hilbert, 8), reference) << what << ", ranks " << ranks;
  for (const Index brick : {4, 5, 7, 16})
    EXPECT_EQ(digest_of_run<T>(world, scene, 7, Method::hilbert, brick), reference) << what << ", brick " << brick;
  for (const Method method : {Method::slab, Method::pencil, Method::box, Method::kd, Method::rcb, Method::morton, Method::automatic})
    for (const int ranks : every_method ? std::vector<int>{3, 8, 13} : std::vector<int>{4})
      if (feasible(scene, ranks, method)) {
        EXPECT_EQ(digest_of_run<T>(world, scene, ranks, method, 8), reference) << what << ", " << name_of(method) << ", ranks " << ranks;
      }
  EXPECT_NE(digest_of_run<T>(world, scene, 3, Method::hilbert, 8, true), reference) << what << ": the control, one bit in one cell";
}

constexpr auto pml = Boundary::pml, pec = Boundary::pec, pmc = Boundary::pmc, periodic = Boundary::periodic;

TEST(SameBits, CrowdedSceneInLayers) {
  const Comm world(MPI_COMM_WORLD);
  const Scene scene = crowded({{{pml, pml}, {pml, pml}, {pml, pml}}});
  same_bits<float>(world, scene, "single", true);
  same_bits<double>(world, scene, "double", true);
}

TEST(SameBits, CrowdedSceneBetweenEveryKindOfWall) {
  const Comm world(MPI_COMM_WORLD);
  same_bits<float>(world, crowded({{{periodic, periodic}, {pmc, pmc}, {pml, pec}}}), "periodic, pmc, pml/pec", true);
  same_bits<double>(world, crowded({{{pmc, pml}, {periodic, periodic}, {pec, pmc}}}), "pmc/pml, periodic, pec/pmc", false);
}

TEST(SameBits, LayersOnOneToSixFaces) {
  // Slabs of 13 ranks are thinner than the layers along x, bricks of 3 and 7 thinner and thicker.
  const Comm world(MPI_COMM_WORLD);
  std::array<std::array<Boundary, 2>, 3> boundary{{{pec, pec}, {pec, pec}, {pec, pec}}};
  for (int face = 0; face < 6; ++face) {
    boundary[face / 2][face % 2] = pml;
    const Scene scene = crowded(boundary);
    const std::string reference = digest_of_run<float>(world, scene, 1, Method::hilbert, 16);
    EXPECT_EQ(digest_of_run<float>(world, scene, 13, Method::slab, 16), reference) << face;
    EXPECT_EQ(digest_of_run<float>(world, scene, 8, Method::hilbert, 3), reference) << face;
    EXPECT_EQ(digest_of_run<float>(world, scene, 5, Method::hilbert, 7), reference) << face;
  }
}

/// Conductors, glass, ferrite and water off the grid's planes, with brick corners, edges and faces in their surfaces.
Scene round_bodies(std::array<std::array<Boundary, 2>, 3> boundary) {
  const double d = 1e-3;
  Scene s = box_scene({24, 22, 26}, {d, 1.1 * d, 0.9 * d}, Boundary::pml, 25);
  s.boundary = boundary;
  s.pml_cells = 4;
  Material glass, ferrite, water;
  glass.name = "glass";
  glass.eps_r = 2.5;
  glass.sigma = 0.1;
  ferrite.name = "ferrite";
  ferrite.mu_r = 3;
  ferrite.sigma_m = 100;
  water.name = "water";
  water.eps_r = 2;
  water.poles = {{0, 8e-12, 1, 5}, {1e-22, 1e-12, 1, 1.5}};
  s.materials.insert(s.materials.end(), {glass, ferrite, water});
  s.shapes.push_back({Ellipsoid{{16.1 * d, 16 * 1.1 * d, 16.2 * 0.9 * d}, {3.4 * d, 4.1 * d, 3.7 * d}}, 2, {}});
  s.shapes.push_back({Ellipsoid{{11 * d, 8.2 * d, 9 * d}, {3.9 * d, 3.3 * d, 5.1 * d}}, 3, {}});
  s.shapes.push_back({Ellipsoid{{8.3 * d, 8.7 * d, 7.4 * d}, {3.6 * d, 3.6 * d, 3.6 * d}}, 1, {}});
  s.shapes.push_back({Ellipsoid{{15 * d, 15 * d, 12.5 * d}, {2.6 * d, 2.6 * d, 2.6 * d}}, 1, {}});
  s.shapes.push_back({octahedron({8 * d, 16.3 * d, 15.6 * d}, 3.9 * d), 4, {}});
  s.shapes.push_back({octahedron({7 * d, 17.2 * d, 14.2 * d}, 3.3 * d), 1, {}});
  s.shapes.push_back({Cylinder{{-2 * d, 3 * d, 20 * d}, {26 * d, 20 * d, 22 * d}, 0.7 * d}, 1, {}});  // through layers and walls
  for (const Component c : {Ex, Ey, Ez}) s.dipoles.push_back(dipole(c, {16 * d, 8 * d, 16 * 0.9 * d}));
  s.dipoles.push_back(dipole(Ez, {12 * d, 11 * d, 5 * d}));
  return s;
}

TEST(SameBits, BodiesOffTheGrid) {
  const Comm world(MPI_COMM_WORLD);
  same_bits<float>(world, round_bodies({{{pml, pml}, {pml, pml}, {pml, pml}}}), "round bodies in layers, single", true);
  same_bits<double>(world, round_bodies({{{periodic, periodic}, {pmc, pmc}, {pml, pec}}}), "round bodies between walls, double", true);
  same_bits<float>(world, round_bodies({{{pmc, pec}, {periodic, periodic}, {periodic, periodic}}}), "round bodies, periodic, single",
                   false);
  Scene other = round_bodies({{{pml, pml}, {pml, pml}, {pml, pml}}});
  const std::string fitted = digest_of_run<float>(world, other, 2, Method::hilbert, 8);
  other.conformal_conductors = false;
  const std::string averaged = digest_of_run<float>(world, other, 2, Method::hilbert, 8);
  other.averaged_interfaces = false;
  EXPECT_NE(fitted, averaged);
  EXPECT_NE(averaged, digest_of_run<float>(world, other, 2, Method::hilbert, 8));
}

/// Dielectrics askew to the grid, which couple E's components: across bricks, ends of periods and layers, beside conductors and loss.
Scene oblique_bodies(std::array<std::array<Boundary, 2>, 3> boundary) {
  const double d = 1e-3;
  Scene s = box_scene({24, 22, 26}, {d, 1.1 * d, 0.9 * d}, Boundary::pml, 25);
  s.boundary = boundary;
  s.pml_cells = 4;
  for (const double eps_r : {4.0, 9.0, 2.5}) {
    Material m;
    m.name = "glass";
    m.eps_r = eps_r;
    m.sigma = eps_r == 2.5 ? 0.1 : 0;
    s.materials.push_back(m);
  }
  s.shapes.push_back(
      {Prism{{{{-20 * d, -9 * d, 3 * d}, {40 * d, 5 * d, -9 * d}, {10 * d, 40 * d, 20 * d}}}, {0, 0, 0}, {0, d, 6 * d}}, 2, {}});
  s.shapes.push_back({Ellipsoid{{16.1 * d, 16 * 1.1 * d, 16.2 * 0.9 * d}, {3.4 * d, 4.1 * d, 3.7 * d}}, 2, {}});
  s.shapes.push_back({Ellipsoid{{16.8 * d, 17 * d, 15 * d}, {1.9 * d, 1.8 * d, 2.1 * d}}, 0, {}});
  s.shapes.push_back({octahedron({8 * d, 8.8 * d, 14.4 * d}, 4.3 * d), 3, {}});
  s.shapes.push_back({Ellipsoid{{11 * d, 8.2 * d, 17 * d}, {2.9 * d, 2.3 * d, 3.1 * d}}, 4, {}});
  s.shapes.push_back({Ellipsoid{{8.3 * d, 14.7 * d, 9.4 * d}, {2.6 * d, 2.6 * d, 2.6 * d}}, 1, {}});
  s.shapes.push_back({Cylinder{{-2 * d, 3 * d, 20 * d}, {26 * d, 20 * d, 22 * d}, 1.7 * d}, 3, {}});
  for (const Component c : {Ex, Ey, Ez}) s.dipoles.push_back(dipole(c, {16 * d, 8 * d, 16 * 0.9 * d}));
  return s;
}

TEST(SameBits, DielectricsAskewToTheGrid) {
  const Comm world(MPI_COMM_WORLD);
  const Scene in_layers = oblique_bodies({{{pml, pml}, {pml, pml}, {pml, pml}}});
  EXPECT_TRUE(numerics_of(in_layers).node_stencil);
  same_bits<float>(world, in_layers, "oblique in layers, single", true);
  same_bits<double>(world, oblique_bodies({{{periodic, periodic}, {pmc, pmc}, {pml, pec}}}), "oblique between walls, double", false);
  same_bits<float>(world, oblique_bodies({{{pmc, pec}, {periodic, periodic}, {periodic, periodic}}}), "oblique, periodic, single", false);
}

/// Any bodies between any walls, in a grid of several bricks; many of their corners lie on planes of the grid or halfway between them.
Scene any_bodies(int seed) {
  int drawn = 0;
  const auto draw = [&](double low, double high) { return low + (high - low) * (noise(seed, {drawn++, 3, 5}) + 1) / 2; };
  const auto pick = [&](const auto& choices) { return choices[static_cast<std::size_t>(draw(0, static_cast<double>(choices.size())))]; };
  const double d = 1e-3;
  Scene s = box_scene({20, 18, 19}, {d, pick(std::array{1.0, 1.1}) * d, pick(std::array{1.0, 0.9}) * d}, Boundary::pml, 4);
  for (int a = 0; a < 3; ++a) s.cells[a] += static_cast<Index>(draw(0, 8));
  s.pml_cells = static_cast<Index>(draw(1, 5));
  const std::array walls{pml, pec, pmc};
  for (auto& axis : s.boundary) axis = draw(0, 4) < 1 ? std::array{periodic, periodic} : std::array{pick(walls), pick(walls)};
  for (const double eps_r : {4.0, 2.5, 3.0}) {
    Material m;
    m.name = "matter";
    m.eps_r = eps_r;
    m.sigma = eps_r == 3 ? 0.5 : 0;
    m.mu_r = eps_r == 3 ? 2 : 1;
    s.materials.push_back(m);
  }
  const auto place = [&](int a) {
    const double free = draw(-1, static_cast<double>(s.cells[a] + 1)), kind = draw(0, 1);
    return (kind < 0.4 ? std::round(free) : kind < 0.7 ? std::round(2 * free) / 2 : free) * s.spacing_m[a];
  };
  const auto point = [&] { return Vec3{place(0), place(1), place(2)}; };
  for (int i = static_cast<int>(draw(-3, 2)); i < 2; ++i) {
    Shape shape;
    shape.material = pick(std::array{0, 1, 1, 1, 2, 3, 4});
    const Vec3 low = point(), high = point();
    BoxShape box;
    for (int a = 0; a < 3; ++a) {
      box.low_m[a] = std::min(low[a], high[a]);
      box.high_m[a] = std::max(low[a], high[a]);
    }
    const double radius_m = pick(std::array{1.0, 2.0, 2.5, 4.0, draw(0.5, 6)}) * d;
    switch (static_cast<int>(draw(0, 7))) {
      case 0:
        shape.form = box;
        break;
      case 1:
      case 2: {  // a plate on a plane of the grid
        const int across = pick(std::array{0, 1, 2});
        box.low_m[across] = box.high_m[across] =
            std::clamp(std::round(low[across] / s.spacing_m[across]), 0.0, static_cast<double>(s.cells[across])) * s.spacing_m[across];
        shape.form = box;
        shape.material = 1;
        break;
      }
      case 3:
        shape.form = Ellipsoid{point(), {radius_m, radius_m, pick(std::array{1.0, 1.5}) * radius_m}};
        break;
      case 4:
        shape.form = Cylinder{low, high, radius_m};
        break;
      case 5:
        shape.form = Cone{low, high, radius_m, d};
        break;
      default:
        shape.form = Prism{{point(), point(), point()}, low, high};
    }
    s.shapes.push_back(shape);
  }
  return s;
}

TEST(SameBits, AnyBodies) {
  const Comm world(MPI_COMM_WORLD);
  constexpr std::array methods{Method::hilbert, Method::slab, Method::rcb, Method::morton, Method::kd};
  const auto digest = [&](int seed, int ranks, Method method, Index brick) {
    return seed % 2 == 0 ? digest_of_run<float>(world, any_bodies(seed), ranks, method, brick, false, Start::noise)
                         : digest_of_run<double>(world, any_bodies(seed), ranks, method, brick, false, Start::noise);
  };
  std::set<std::string> found;
  for (int seed = 0; seed < any_scenes; ++seed) {
    const std::string reference = digest(seed, 1, Method::hilbert, 32);
    found.insert(reference);
    const auto s = static_cast<std::size_t>(seed);
    EXPECT_EQ(digest(seed, rank_counts[1 + s % 7], methods[s % 5], 3 + seed % 6), reference) << "seed " << seed;
    EXPECT_EQ(digest(seed, 13, methods[(s + 2) % 5], 4 + seed % 5), reference) << "seed " << seed;
  }
  EXPECT_EQ(found.size(), static_cast<std::size_t>(any_scenes));
}

TEST(SameBits, AnyWeights) {
  const Comm world(MPI_COMM_WORLD);
  Scene scene = crowded({{{pml, pec}, {pml, pml}, {pec, pml}}});
  const std::string reference = digest_of_run<float>(world, scene, 1, Method::hilbert, 8);
  std::set<std::vector<Index>> loads;  // cells of each rank: the weights must do something
  for (const CellCosts& costs : {CellCosts{}, CellCosts{{0, 0, 0}, 0, 0}, CellCosts{{20, 0.1, 7}, 50, 0}, CellCosts{{0, 0, 0}, 0, 1000}}) {
    scene.costs = costs;
    EXPECT_EQ(digest_of_run<float>(world, scene, 7, Method::hilbert, 4), reference) << costs.pml[0] << ", " << costs.incident_value;
    scene.brick = 4;
    const Workload work = workload_of(scene, numerics_of(scene));
    const Partition partition = make_partition(work.tiling, work.weights, work.stencil, {}, 7, Method::hilbert);
    std::vector<Index> cells;
    for (Rank r = 0; r < 7; ++r) {
      cells.push_back(0);
      for (const Box& box : boxes_of(partition, r)) cells.back() += box.volume();
    }
    loads.insert(cells);
  }
  EXPECT_EQ(loads.size(), 4u);
}

TEST(SameBits, ShippedScenes) {
  const Comm world(MPI_COMM_WORLD);
  same_bits<double>(world, shipped("cavity.toml", 20), "cavity", false);
  same_bits<float>(world, shipped("cavity.toml", 20), "cavity, single", false);
  same_bits<float>(world, shipped("dipole.toml", 20), "dipole", false);
  same_bits<double>(world, shipped("dipole.toml", 20), "dipole, double", false);
}

TEST(SameBits, Aircraft) {
  const Comm world(MPI_COMM_WORLD);
  const Scene scene = shipped("aircraft.toml", 6);
  const std::string reference = digest_of_run<float>(world, scene, 1, Method::hilbert, 16);
  for (const int ranks : {2, 3, 4, 5, 7, 8, 13})
    EXPECT_EQ(digest_of_run<float>(world, scene, ranks, Method::hilbert, 16), reference) << ranks;
  EXPECT_EQ(digest_of_run<float>(world, scene, 4, Method::slab, 16), reference);
  EXPECT_EQ(digest_of_run<float>(world, scene, 5, Method::box, 16), reference);
  EXPECT_EQ(digest_of_run<float>(world, scene, 7, Method::morton, 9), reference);
  EXPECT_EQ(digest_of_run<double>(world, scene, 7, Method::hilbert, 16), digest_of_run<double>(world, scene, 2, Method::hilbert, 16));
}

TEST(SameBits, MoreRanksThanBricks) {
  const Comm world(MPI_COMM_WORLD);
  const Scene scene = crowded({{{pml, pml}, {pml, pml}, {pml, pml}}});
  EXPECT_EQ(digest_of_run<float>(world, scene, 13, Method::hilbert, 20), digest_of_run<float>(world, scene, 1, Method::hilbert, 8));
}

TEST(Halo, YeeSendsFourComponentFacesForASharedFace) {
  const Comm world(MPI_COMM_WORLD);
  // Two slabs of 8 x 6 x 10 cells share one face: 2 E components one way, 2 H the other, 16 n m bytes in single precision.
  const Stencil yee = Stencil::yee();
  const Partition slabs = make_partition(Tiling({{8, 6, 20}, {}}, 4), {}, yee, {}, 2, Method::slab);
  EXPECT_EQ(measure(slabs, yee, {}).bytes_per_step_total, 16 * 8 * 6);
}

}  // namespace
}  // namespace hilbrick::fdtd::testing
