// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <hilbrick/partition/error.hpp>
#include <sstream>
#include <stdexcept>

#include "scene.hpp"

namespace hilbrick::fdtd {
namespace {

const std::string walls = "boundary = { x = 'pec', y = 'pec', z = 'pec' }\n";
const std::string grid = "[grid]\ncells = [20, 16, 12]\nspacing_m = 0.01\n" + walls;  // 0.2 x 0.16 x 0.12 m
const std::string run = "[run]\nsteps = 10\n";
const std::string start = grid + run;
const std::string pulse = "waveform = { kind = 'gaussian', frequency_hz = 1e9 }\n";
const std::string dipole = "[[source]]\nkind = 'dipole'\ncomponent = 'Ez'\n" + pulse;
const std::string wave = "[[source]]\nkind = 'plane_wave'\n" + pulse;
const std::string wave_box = "box_low_m = [0.05, 0.05, 0.05]\nbox_high_m = [0.15, 0.1, 0.1]\n";

std::string text_of_file(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string error_of(const std::string& text, const std::vector<std::string>& overrides = {}, const std::string& path = "s.toml") {
  try {
    parse_scene(text, path, overrides);
  } catch (const Error& e) {
    EXPECT_EQ(e.exit_code(), 2);
    return e.what();
  }
  return "no error";
}

/// The error of a scene that has a '@' where the error is; the '@' is not part of the scene.
void expect_error(std::string text, const std::string& message) {
  const auto at = text.find('@');
  ASSERT_NE(at, std::string::npos) << text;
  text.erase(at, 1);
  const std::string before = text.substr(0, at);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const auto column = at - (before.rfind('\n') + 1) + 1;
  std::ostringstream expected;
  expected << "s.toml:" << line << ":" << column << ": " << message;
  EXPECT_EQ(error_of(text), expected.str()) << text;
}

struct Rejected {
  std::string text, message;
};
void expect_errors(const std::vector<Rejected>& scenes) {
  for (const Rejected& scene : scenes) expect_error(scene.text, scene.message);
}

TEST(Scene, StatesItsDefaults) {
  const Scene s = parse_scene("[grid]\ncells = [40, 50, 60]\nspacing_m = 0.25\n[run]\nsteps = 7\n", "s.toml");
  EXPECT_EQ(s.cells, (Int3{40, 50, 60}));
  EXPECT_EQ(s.spacing_m, (Vec3{0.25, 0.25, 0.25}));
  for (const auto& axis : s.boundary)
    for (const Boundary b : axis) EXPECT_EQ(b, Boundary::pml);
  EXPECT_EQ(s.pml_cells, 10);
  EXPECT_EQ(s.courant, 0.99);
  EXPECT_EQ(s.steps, 7);
  EXPECT_FALSE(s.duration_s);
  EXPECT_EQ(s.precision, Precision::single_);
  EXPECT_EQ(s.check_every, 100);
  EXPECT_FALSE(s.stop_below_db);
  EXPECT_FALSE(s.deadline_s);
  EXPECT_EQ(s.method, Method::hilbert);
  EXPECT_EQ(s.brick, 16);
  ASSERT_EQ(s.materials.size(), 2u);
  EXPECT_EQ(s.materials[0].name, "vacuum");
  EXPECT_FALSE(s.materials[0].pec);
  EXPECT_EQ(s.materials[1].name, "pec");
  EXPECT_TRUE(s.materials[1].pec);
  EXPECT_TRUE(s.shapes.empty() && s.dipoles.empty() && s.plane_waves.empty() && s.probes.empty() && s.snapshots.empty());
}

TEST(Scene, ReadsEveryKey) {
  const Scene s = parse_scene(R"(
[grid]
cells = [40, 30, 20]
spacing_m = [0.1, 0.2, 0.3]
boundary = { x = "periodic", y = ["pmc", "pml"], z = "pec" }
pml_cells = 4
courant = 0.5
[run]
duration_s = 1e-8
precision = "double"
check_every = 25
deadline_s = 1e-3
stop_below_db = -60
[partition]
method = "auto"
brick = 5
[[material]]
name = "fr4"
eps_r = 4.3
mu_r = 2
sigma = 0.02
sigma_m = 3
[[shape]]
kind = "box"
material = "fr4"
low_m = [1, 1, 1]
high_m = [2, 2, 1]
[[source]]
kind = "dipole"
position_m = [1, 2, 3]
component = "Hy"
waveform = { kind = "modulated_gaussian", frequency_hz = 1e9, bandwidth_hz = 2e8, amplitude = -2, phase_rad = 0.5, delay_s = 3e-9 }
[[source]]
kind = "plane_wave"
box_low_m = [-5, 1, 1]
box_high_m = [99, 4, 5]
direction = [0, -3, 0]
polarization = [3, 0, 4]
waveform = { kind = "cw", frequency_hz = 2e8, ramp_periods = 0 }
[[probe]]
name = "p.1-a_B"
position_m = [4, 6, 6]
[[snapshot]]
name = "all"
fields = ["Hz", "Ex"]
[[snapshot]]
name = "some"
low_m = [1, 2, 3]
high_m = [2, 2, 4]
fields = ["Ey"]
every = 3
at = "yee"
)",
                              "s.toml");
  EXPECT_EQ(s.spacing_m, (Vec3{0.1, 0.2, 0.3}));
  EXPECT_EQ(s.boundary[0], (std::array{Boundary::periodic, Boundary::periodic}));
  EXPECT_EQ(s.boundary[1], (std::array{Boundary::pmc, Boundary::pml}));
  EXPECT_EQ(s.boundary[2], (std::array{Boundary::pec, Boundary::pec}));
  EXPECT_EQ(s.pml_cells, 4);
  EXPECT_EQ(s.courant, 0.5);
  EXPECT_EQ(to_string(s.grid_place), "s.toml:3:9");
  EXPECT_EQ(to_string(s.pml_place), "s.toml:6:13");
  EXPECT_EQ(to_string(s.courant_place), "s.toml:7:11");
  EXPECT_FALSE(s.steps);
  EXPECT_EQ(s.duration_s, 1e-8);
  EXPECT_EQ(s.precision, Precision::double_);
  EXPECT_EQ(s.check_every, 25);
  EXPECT_EQ(s.stop_below_db, -60);
  EXPECT_EQ(s.deadline_s, 1e-3);
  EXPECT_EQ(s.method, Method::automatic);
  EXPECT_EQ(s.brick, 5);

  ASSERT_EQ(s.materials.size(), 3u);
  const Material& m = s.materials[2];
  EXPECT_EQ(m.name, "fr4");
  EXPECT_EQ(m.eps_r, 4.3);
  EXPECT_EQ(m.mu_r, 2);
  EXPECT_EQ(m.sigma, 0.02);
  EXPECT_EQ(m.sigma_m, 3);
  EXPECT_FALSE(m.pec);
  EXPECT_EQ(to_string(m.place), "s.toml:17:1");
  ASSERT_EQ(s.shapes.size(), 1u);
  EXPECT_EQ(s.shapes[0].material, 2);

  ASSERT_EQ(s.dipoles.size(), 1u);
  const Dipole& d = s.dipoles[0];
  EXPECT_EQ(d.position_m, (Vec3{1, 2, 3}));
  EXPECT_EQ(d.component, Hy);
  EXPECT_EQ(d.waveform.kind, Waveform::Kind::modulated_gaussian);
  EXPECT_EQ(d.waveform.frequency_hz, 1e9);
  EXPECT_EQ(d.waveform.bandwidth_hz, 2e8);
  EXPECT_EQ(d.waveform.amplitude, -2);
  EXPECT_EQ(d.waveform.phase_rad, 0.5);
  EXPECT_EQ(d.waveform.delay_s, 3e-9);

  ASSERT_EQ(s.plane_waves.size(), 1u);
  const PlaneWave& w = s.plane_waves[0];
  EXPECT_EQ(w.direction, (Vec3{0, -1, 0}));
  EXPECT_DOUBLE_EQ(w.polarization[0], 0.6);
  EXPECT_EQ(w.polarization[1], 0);
  EXPECT_DOUBLE_EQ(w.polarization[2], 0.8);
  EXPECT_EQ(w.waveform.kind, Waveform::Kind::cw);
  EXPECT_EQ(w.waveform.ramp_periods, 0);

  ASSERT_EQ(s.probes.size(), 1u);
  EXPECT_EQ(s.probes[0].name, "p.1-a_B");
  ASSERT_EQ(s.snapshots.size(), 2u);
  EXPECT_EQ(s.snapshots[0].low_m, (Vec3{0, 0, 0}));
  EXPECT_DOUBLE_EQ(s.snapshots[0].high_m[1], 6);
  EXPECT_EQ(s.snapshots[0].fields, (std::vector{Hz, Ex}));
  EXPECT_EQ(s.snapshots[0].every, 100);
  EXPECT_TRUE(s.snapshots[0].at_cell);
  EXPECT_EQ(s.snapshots[1].low_m, (Vec3{1, 2, 3}));
  EXPECT_EQ(s.snapshots[1].high_m, (Vec3{2, 2, 4}));
  EXPECT_EQ(s.snapshots[1].every, 3);
  EXPECT_FALSE(s.snapshots[1].at_cell);
}

TEST(Scene, ReadsEveryShapeInOrder) {
  const Scene s = parse_scene(R"(
shape = [
  { kind = "box", material = "pec", low_m = [0, 0, 0], high_m = [0.1, 0, 0.1] },
  { kind = "sphere", material = "glass", center_m = [0.1, 0.1, 0.1], radius_m = 0.05 },
  { kind = "ellipsoid", material = "pec", center_m = [0, 0, 0.01], radii_m = [0.1, 0.2, 0.3] },
  { kind = "cylinder", material = "pec", from_m = [0, 0, 0], to_m = [0.1, 0, 0], radius_m = 0.02 },
  { kind = "cone", material = "pec", from_m = [0, 0, 0], to_m = [0.1, 0, 0], from_radius_m = 0.02 },
  { kind = "cone", material = "pec", from_m = [0, 0, 0], to_m = [0.1, 0, 0], from_radius_m = 0, to_radius_m = 0.03 },
  { kind = "prism", material = "pec", triangle_m = [[0, 0, 0], [0.1, 0, 0], [0, 0.1, 0]], from_m = [0, 0, 0], to_m = [0, 0, 0.1] },
  { kind = "box", material = "vacuum", low_m = [0, 0, 0], high_m = [0.1, 0, 0.1] },
]
material = [{ name = "glass", eps_r = 2.25 }]
)" + start,
                              "s.toml");
  std::vector<std::size_t> forms;
  std::vector<int> materials;
  for (const Shape& shape : s.shapes) {
    forms.push_back(shape.form.index());
    materials.push_back(shape.material);
  }
  EXPECT_EQ(forms, (std::vector<std::size_t>{0, 1, 1, 2, 3, 3, 4, 0}));
  EXPECT_EQ(materials, (std::vector{1, 2, 1, 1, 1, 1, 1, 0}));
  const auto& box = std::get<BoxShape>(s.shapes[0].form);
  EXPECT_EQ(box.low_m, (Vec3{0, 0, 0}));
  EXPECT_EQ(box.high_m, (Vec3{0.1, 0, 0.1}));
  const auto& sphere = std::get<Ellipsoid>(s.shapes[1].form);
  EXPECT_EQ(sphere.center_m, (Vec3{0.1, 0.1, 0.1}));
  EXPECT_EQ(sphere.radii_m, (Vec3{0.05, 0.05, 0.05}));
  EXPECT_EQ(std::get<Ellipsoid>(s.shapes[2].form).radii_m, (Vec3{0.1, 0.2, 0.3}));
  const auto& cylinder = std::get<Cylinder>(s.shapes[3].form);
  EXPECT_EQ(cylinder.from_m, (Vec3{0, 0, 0}));
  EXPECT_EQ(cylinder.to_m, (Vec3{0.1, 0, 0}));
  EXPECT_EQ(cylinder.radius_m, 0.02);
  EXPECT_EQ(std::get<Cone>(s.shapes[4].form).from_radius_m, 0.02);
  EXPECT_EQ(std::get<Cone>(s.shapes[4].form).to_radius_m, 0);
  EXPECT_EQ(std::get<Cone>(s.shapes[5].form).from_radius_m, 0);
  EXPECT_EQ(std::get<Cone>(s.shapes[5].form).to_radius_m, 0.03);
  const auto& prism = std::get<Prism>(s.shapes[6].form);
  EXPECT_EQ(prism.triangle_m[2], (Vec3{0, 0.1, 0}));
  EXPECT_EQ(prism.to_m, (Vec3{0, 0, 0.1}));
  EXPECT_EQ(to_string(s.shapes[1].place), "s.toml:4:3");
}

TEST(Scene, NamesThePlaceOfATomlError) {
  EXPECT_EQ(error_of("[grid]\ncells = [1, 2\nspacing_m = 3\n").rfind("s.toml:3:", 0), 0u);
  EXPECT_EQ(error_of("[grid]\n[grid]\n").rfind("s.toml:2:", 0), 0u);
  EXPECT_EQ(error_of("a = 'unfinished\n").rfind("s.toml:1:", 0), 0u);
  EXPECT_EQ(error_of("a = \"\xff\"\n").rfind("s.toml:1:", 0), 0u);
}

TEST(Scene, RejectsGrids) {
  const std::string cells = "three integers of at least 1, [x, y, z]";
  expect_errors({
      {"@# empty\n", "grid: expected a table, found nothing; add the key"},
      {"grid = @3\n", "grid: expected a table, found the integer 3"},
      {"@[grid]\nspacing_m = 1\n", "grid.cells: expected " + cells + ", found nothing; add the key"},
      {"[grid]\n@cell = [1, 1, 1]\nspacing_m = 1\n", "grid.cell: unknown key; did you mean cells?"},
      {"[grid]\ncells = @10\nspacing_m = 1\n", "grid.cells: expected " + cells + ", found the integer 10"},
      {"[grid]\ncells = @[1, 2]\nspacing_m = 1\n", "grid.cells: expected " + cells + ", found an array of 2"},
      {"[grid]\ncells = [1, @0, 2]\nspacing_m = 1\n", "grid.cells: expected " + cells + ", found the integer 0"},
      {"[grid]\ncells = [1, 3, @2.0]\nspacing_m = 1\n", "grid.cells: expected " + cells + ", found the number 2.0"},
      {"[grid]\ncells = @[4294967296, 4294967296, 1]\nspacing_m = 1\n",
       "grid.cells: expected fewer than 2^62 cells in all, found an array of 3; make the grid smaller"},
      {"@[grid]\ncells = [1, 1, 1]\n", "grid.spacing_m: expected a number above 0, or three as [dx, dy, dz], found nothing; add the key"},
      {"[grid]\ncells = [1, 1, 1]\n@spacing = 1\n", "grid.spacing: unknown key; did you mean spacing_m?"},
      {"[grid]\ncells = [1, 1, 1]\nspacing_m = @0\n", "grid.spacing_m: expected a number above 0, found the integer 0"},
      {"[grid]\ncells = [1, 1, 1]\nspacing_m = @nan\n", "grid.spacing_m: expected a number above 0, found the number nan"},
      {"[grid]\ncells = [1, 1, 1]\nspacing_m = @inf\n", "grid.spacing_m: expected a number above 0, found the number inf"},
      {"[grid]\ncells = [1, 1, 1]\nspacing_m = @'0.1'\n",
       "grid.spacing_m: expected a number above 0, found the string '0.1'; write it without quotes"},
      {"[grid]\ncells = [1, 1, 1]\nspacing_m = @[1, 2]\n", "grid.spacing_m: expected three numbers [x, y, z], found an array of 2"},
      {"[grid]\ncells = [1, 1, 1]\nspacing_m = [1, 2, @-3]\n", "grid.spacing_m: expected a number above 0, found the integer -3"},
      {"[grid]\ncells = [9, 9, 9]\nspacing_m = 1\ncourant = @1\npml_cells = 1\n[run]\nsteps = 1\n[[shape]]\nkind = 'sphere'\nmaterial = "
       "'pec'\ncenter_m = [4, 4, 4]\nradius_m = 2\n",
       "grid.courant: expected at most 0.99 with conductors that may cut cells, found 1; use 0.99, or conductors = \"staircase\" in "
       "[grid]"},
      {grid + "courant = @1.5\n" + run, "grid.courant: expected a number above 0 and at most 1, found the number 1.5"},
      {grid + "courant = @0\n" + run, "grid.courant: expected a number above 0 and at most 1, found the integer 0"},
      {grid + "@curant = 1\n" + run, "grid.curant: unknown key; did you mean courant?"},
      {grid + "@xyzzy = 1\n" + run,
       "grid.xyzzy: unknown key; expected cells, spacing_m, boundary, pml_cells, courant, interfaces or conductors"},
      {"@gird = 1\n" + start, "gird: unknown key; did you mean grid?"},
      {"@xyzzy = 1\n" + start,
       "xyzzy: unknown key; expected grid, run, partition, material, shape, source, element, port, probe, snapshot, sweep, dft, flux, "
       "far_field or checkpoint"},
  });
  EXPECT_EQ(error_of(""), "s.toml:1:1: grid: expected a table, found nothing; add the key");
}

TEST(Scene, ReadsCheckpoints) {
  const auto request = [](const std::string& table) { return parse_scene(start + table, "s.toml").checkpoint; };
  EXPECT_FALSE(request("").every || request("").every_minutes || request("").mtbf_hours);
  EXPECT_EQ(request("").keep, 2);
  EXPECT_EQ(request("[checkpoint]\nevery = 50\nkeep = 3\n").every, 50);
  EXPECT_EQ(request("[checkpoint]\nevery = 50\nkeep = 3\n").keep, 3);
  EXPECT_EQ(request("[checkpoint]\nevery_minutes = 0.5\n").every_minutes, 0.5);
  EXPECT_EQ(request("[checkpoint]\nevery = 'auto'\nmtbf_hours = 1e4\n").mtbf_hours, 1e4);
  const CheckpointRequest both = request("[[checkpoint]]\nevery = 50\nkeep = 1\n[[checkpoint]]\nevery_minutes = 5\n");
  EXPECT_TRUE(both.every == 50 && both.every_minutes == 5 && both.keep == 1);
  expect_errors({
      {start + "@[checkpoint]\nkeep = 3\n", "checkpoint: expected every or every_minutes, found neither"},
      {start + "[checkpoint]\nevery = @0\n", "checkpoint.every: expected an integer of at least 1, found the integer 0"},
      {start + "[checkpoint]\nevery = @'never'\n", "checkpoint.every: expected auto, found the string 'never'"},
      {start + "@[checkpoint]\nevery = 'auto'\n", "checkpoint.mtbf_hours: expected a number above 0, found nothing; add the key"},
      {start + "[checkpoint]\nevery_minutes = @-1\n", "checkpoint.every_minutes: expected a number above 0, found the integer -1"},
      {start + "[checkpoint]\nevery = 1\nkeep = @0\n", "checkpoint.keep: expected an integer of at least 1, found the integer 0"},
      {start + "[checkpoint]\nevery = 1\n@mtbf_hours = 3\n", "checkpoint.mtbf_hours: unknown key; expected every, every_minutes or keep"},
      {"checkpoint = @3\n" + start, "checkpoint: expected a table, found the integer 3"},
  });
}

TEST(Scene, RejectsBoundaries) {
  const std::string begin = "[grid]\ncells = [20, 16, 12]\nspacing_m = 0.01\n";
  const std::string words = "pec, pmc, periodic or pml";
  expect_errors({
      {begin + "boundary = @'pec'\n" + run, "grid.boundary: expected a table, found the string 'pec'"},
      {begin + "boundary = { x = @'pcm' }\n" + run, "grid.boundary.x: expected " + words + ", found the string 'pcm'"},
      {begin + "boundary = { x = @'absorbing' }\n" + run, "grid.boundary.x: expected " + words + ", found the string 'absorbing'"},
      {begin + "boundary = { x = @1 }\n" + run, "grid.boundary.x: expected " + words + ", found the integer 1; put it in quotes"},
      {begin + "boundary = { x = @['pec'] }\n" + run,
       "grid.boundary.x: expected one boundary for both faces or two as [low, high], found an array of 1"},
      {begin + "boundary = { x = ['pec', @'pm'] }\n" + run,
       "grid.boundary.x: expected " + words + ", found the string 'pm'; did you mean pmc?"},
      {begin + "boundary = { x = @['pec', 'periodic'] }\n" + run,
       "grid.boundary.x: expected \"periodic\" at both faces or at neither, found it at one; a periodic axis has no faces"},
      {begin + "boundary = { @w = 'pec' }\n" + run, "grid.boundary.w: unknown key; expected x, y or z"},
      {begin + walls + "pml_cells = @-1\n" + run, "grid.pml_cells: expected an integer of at least 0, found the integer -1"},
      {begin + "pml_cells = @0\n" + run, "grid.pml_cells: expected an integer of at least 1, found the integer 0"},
      {begin + "pml_cells = @4.5\n" + run,
       "grid.pml_cells: expected an integer of at least 1, found the number 4.5; write it without point and exponent"},
      {begin + "pml_cells = @'4'\n" + run,
       "grid.pml_cells: expected an integer of at least 1, found the string '4'; write it without quotes"},
      // Layers must leave a cell: at both faces ...
      {begin + "pml_cells = @10\n" + run, "grid.pml_cells: expected fewer than half of the 20 cells along x, found 10; use at most 9"},
      {begin + "pml_cells = @6\n" + run, "grid.pml_cells: expected fewer than half of the 12 cells along z, found 6; use at most 5"},
      // ... at one face ...
      {begin + "boundary = { x = 'pec', y = ['pml', 'pec'], z = 'periodic' }\npml_cells = @16\n" + run,
       "grid.pml_cells: expected fewer than the 16 cells along y, found 16; use at most 15"},
      // ... also where the number is the default or no number would do.
      {"@[grid]\ncells = [20, 40, 40]\nspacing_m = 1\n" + run,
       "grid.pml_cells: expected fewer than half of the 20 cells along x, found 10; use at most 9"},
      {"[grid]\ncells = [2, 40, 40]\nspacing_m = 1\npml_cells = @1\n" + run,
       "grid.pml_cells: expected fewer than half of the 2 cells along x, found 1; use another boundary or more cells there"},
  });
  EXPECT_EQ(parse_scene(begin + "pml_cells = 5\n" + run, "s.toml").pml_cells, 5);
  EXPECT_EQ(parse_scene(begin + "boundary = { x = 'pec', y = ['pml', 'pec'], z = 'periodic' }\npml_cells = 15\n" + run, "s.toml").pml_cells,
            15);
}

TEST(Scene, ReadsWeights) {
  const auto costs = [](const std::string& weights) { return parse_scene(start + "[partition]\n" + weights, "s.toml").costs; };
  const CellCosts model = costs("weights = 'model'\n"), uniform = costs("weights = 'uniform'\n"), none_said = costs("");
  EXPECT_EQ(model.pml, CellCosts().pml);
  EXPECT_EQ(none_said.pml, CellCosts().pml);
  EXPECT_EQ(uniform.pml, (std::array{0.0, 0.0, 0.0}));
  EXPECT_EQ(uniform.material_change, 0);
  EXPECT_EQ(uniform.incident_value, 0);
  const CellCosts some = costs("weights = { pml = [1, 0, 2.5], material_change = 7 }\n");
  EXPECT_EQ(some.pml, (std::array{1.0, 0.0, 2.5}));
  EXPECT_EQ(some.material_change, 7);
  EXPECT_EQ(some.incident_value, CellCosts().incident_value);
}

TEST(Scene, RejectsRunAndPartition) {
  expect_errors({
      {grid + "@[run]\n", "run: expected steps or duration_s, found neither; say when the run ends, such as steps = 1000"},
      {grid + "[run]\nsteps = @-1\n", "run.steps: expected an integer of at least 0, found the integer -1"},
      {grid + "[run]\nsteps = @1e3\n",
       "run.steps: expected an integer of at least 0, found the number 1000.0; write it without point and exponent"},
      {grid + "[run]\nduration_s = @-1e-9\n", "run.duration_s: expected a number of at least 0, found the number -1e-09"},
      {grid + "[run]\nsteps = @true\n", "run.steps: expected an integer of at least 0, found the boolean true"},
      {grid + run + "precision = @'float'\n", "run.precision: expected single or double, found the string 'float'"},
      {start + "[[run.@extra]]\n",
       "run.extra: unknown key; expected steps, duration_s, precision, check_every, deadline_s or stop_below_db"},
      {grid + run + "precision = @'singel'\n", "run.precision: expected single or double, found the string 'singel'; did you mean single?"},
      {grid + run + "check_every = @0\n", "run.check_every: expected an integer of at least 1, found the integer 0"},
      {grid + run + "deadline_s = @0\n", "run.deadline_s: expected a number above 0, found the integer 0"},
      {grid + run + "stop_below_db = @0\n", "run.stop_below_db: expected a number below 0, found the integer 0"},
      {grid + run + "@stop_below = -60\n", "run.stop_below: unknown key; did you mean stop_below_db?"},
      {start + "[partition]\nmethod = @'hilbart'\n",
       "partition.method: expected " + method_names() + ", found the string 'hilbart'; did you mean hilbert?"},
      {start + "[partition]\nbrick = @0\n", "partition.brick: expected an integer of at least 1, found the integer 0"},
      {start + "[partition]\nbrick = @2001-01-01\n", "partition.brick: expected an integer of at least 1, found 2001-01-01"},
      {start + "[partition]\n@bricks = 4\n", "partition.bricks: unknown key; did you mean brick?"},
      {start + "[partition]\nweights = @3\n",
       "partition.weights: expected \"model\", \"uniform\" or a table of costs such as { pml = [3, 1, 1] }, found the integer 3"},
      {start + "[partition]\nweights = @'unifrom'\n",
       "partition.weights: expected model or uniform, found the string 'unifrom'; did you mean uniform?"},
      {start + "[partition]\nweights = { pml = @[1, 2] }\n",
       "partition.weights.pml: expected three numbers [x, y, z], found an array of 2"},
      {start + "[partition]\nweights = { pml = [1, 2, @-1] }\n",
       "partition.weights.pml: expected a number of at least 0 and at most 1000, found the integer -1"},
      {start + "[partition]\nweights = { incident_value = @1001 }\n",
       "partition.weights.incident_value: expected a number of at least 0 and at most 1000, found the integer 1001"},
      {start + "[partition]\nweights = { @pmls = 1 }\n", "partition.weights.pmls: unknown key; did you mean pml?"},
  });
  EXPECT_EQ(error_of(grid), "s.toml: run: expected steps or duration_s, found neither; say when the run ends, such as steps = 1000");
}

TEST(Scene, RejectsMaterials) {
  expect_errors({
      {start + "@[material]\nname = 'a'\n", "material: expected tables, each under its own [[material]], found a table"},
      {start + "@[[material]]\n", "material[0].name: expected a string, found nothing; add the key"},
      {start + "[[material]]\nname = @3\n", "material[0].name: expected a string, found the integer 3; put it in quotes"},
      {start + "[[material]]\nname = @''\n", "material[0].name: expected a name, found an empty string"},
      {start + "[[material]]\nname = @'vacuum'\n", "material[0].name: expected a name of its own, found \"vacuum\", which is taken"},
      {start + "[[material]]\nname = 'a'\n[[material]]\nname = @'a'\n",
       "material[1].name: expected a name of its own, found \"a\", which is taken"},
      {start + "[[material]]\nname = 'a'\neps_r = @0\n", "material[0].eps_r: expected a number above 0, found the integer 0"},
      {start + "[[material]]\nname = 'a'\nmu_r = @-1.5\n", "material[0].mu_r: expected a number above 0, found the number -1.5"},
      {start + "[[material]]\nname = 'a'\nsigma = @-1\n", "material[0].sigma: expected a number of at least 0, found the integer -1"},
      {start + "[[material]]\nname = 'a'\nsigma_m = @inf\n", "material[0].sigma_m: expected a number of at least 0, found the number inf"},
      {start + "[[material]]\nname = 'a'\n@eps = 4\n", "material[0].eps: unknown key; did you mean eps_r?"},
  });
}

TEST(Scene, RejectsShapes) {
  const std::string kinds = "box, sphere, ellipsoid, cylinder, cone, prism, plate, wire, stl or voxels";
  const std::string box = "kind = 'box'\nlow_m = [0, 0, 0]\nhigh_m = [0.1, 0.1, 0.1]\n";
  const std::string tube = "material = 'pec'\nfrom_m = [0, 0, 0]\nto_m = [0.1, 0, 0]\n";
  const std::string shape = start + "[[shape]]\n";
  const std::string flat =
      "expected three points that span a triangle and a sweep from_m to to_m out of its plane, found a body without volume";
  expect_errors({
      {start + "@[[shape]]\nmaterial = 'pec'\n", "shape[0].kind: expected " + kinds + ", found nothing; add the key"},
      {shape + "kind = @'spere'\n", "shape[0].kind: expected " + kinds + ", found the string 'spere'; did you mean sphere?"},
      {start + "@[[shape]]\n" + box, "shape[0].material: expected a string, found nothing; add the key"},
      {shape + box + "material = @'gold'\n",
       "shape[0].material: expected vacuum or pec, found \"gold\"; define it by a [[material]] of that name"},
      {shape + box + "material = 'pec'\n@radius_m = 1\n",
       "shape[0].radius_m: unknown key; expected kind, material, priority, low_m or high_m"},
      {shape + "kind = 'box'\nmaterial = 'pec'\nlow_m = @[0, 0]\n",
       "shape[0].low_m: expected three numbers [x, y, z], found an array of 2"},
      {shape + "kind = 'box'\nmaterial = 'pec'\nlow_m = [0, @'a', 0]\n",
       "shape[0].low_m: expected a number, found the string 'a'; write it without quotes"},
      {shape + "kind = 'box'\nmaterial = 'pec'\nlow_m = [0, 0, 0.11]\nhigh_m = @[0.1, 0.1, 0.1]\n",
       "shape[0].high_m: expected at least low_m along z, 0.11, found 0.1; swap the two"},
      {shape + "kind = 'sphere'\nmaterial = 'pec'\ncenter_m = [0, 0, 0]\nradius_m = @0\n",
       "shape[0].radius_m: expected a number above 0, found the integer 0"},
      {shape + "kind = 'ellipsoid'\nmaterial = 'pec'\ncenter_m = [0, 0, 0]\nradii_m = [1, @-1, 1]\n",
       "shape[0].radii_m: expected a number above 0, found the integer -1"},
      {shape + "kind = 'ellipsoid'\nmaterial = 'pec'\ncenter_m = [0, 0, 0]\n@radius_m = 1\n",
       "shape[0].radius_m: unknown key; did you mean radii_m?"},
      {shape + "kind = 'cylinder'\nmaterial = 'pec'\nradius_m = 1\nfrom_m = [0, 0, 0]\nto_m = @[0, 0, 0]\n",
       "shape[0].to_m: expected another point than from_m, found (0, 0, 0) for both"},
      {shape + "kind = 'cylinder'\nradius_m = @0\n" + tube, "shape[0].radius_m: expected a number above 0, found the integer 0"},
      {shape + "kind = 'cone'\nfrom_radius_m = @0\n" + tube,
       "shape[0].from_radius_m: expected a radius above 0 at one end, found 0 at both"},
      {shape + "kind = 'cone'\nfrom_radius_m = 1\nto_radius_m = @-1\n" + tube,
       "shape[0].to_radius_m: expected a number of at least 0, found the integer -1"},
      {shape + "kind = 'prism'\ntriangle_m = @[[0, 0, 0], [1, 0, 0]]\n" + tube,
       "shape[0].triangle_m: expected 3 points, each [x, y, z], found an array of 2"},
      {shape + "kind = 'prism'\ntriangle_m = [[0, 0, 0], [1, 0, 0], @[0, 1]]\n" + tube,
       "shape[0].triangle_m: expected three numbers [x, y, z], found an array of 2"},
      {shape + "kind = 'prism'\ntriangle_m = @[[0, 0, 0], [0, 1, 1], [0, 2, 2]]\n" + tube, "shape[0].triangle_m: " + flat},
      {shape + "kind = 'prism'\ntriangle_m = @[[0, 0, 0], [1, 0, 0], [0, 1, 0]]\n" + tube, "shape[0].triangle_m: " + flat},
      {start + "@[[shape]]\nkind = 'sphere'\nmaterial = 'pec'\ncenter_m = [0.3, 0, 0]\nradius_m = 0.05\n",
       "shape[0]: expected a shape that touches the grid, (0, 0, 0) to (0.2, 0.16, 0.12) m, found a shape outside the grid, (0.25, -0.05, "
       "-0.05) to (0.35, 0.05, 0.05) m; move it"},
      {start + "@[[shape]]\nkind = 'box'\nmaterial = 'pec'\nlow_m = [0, -2, 0]\nhigh_m = [0.1, -1, 0.1]\n",
       "shape[0]: expected a shape that touches the grid, (0, 0, 0) to (0.2, 0.16, 0.12) m, found a shape outside the grid, (0, -2, 0) to "
       "(0.1, -1, 0.1) m; move it"},
  });
}

TEST(Scene, RejectsWaveforms) {
  const std::string begin = start + "[[source]]\nkind = 'dipole'\ncomponent = 'Ez'\nposition_m = [0, 0, 0]\n";
  const std::string kinds = "gaussian, gaussian_derivative, modulated_gaussian, cw or table";
  const std::string name = "source[0].waveform";
  expect_errors({
      {begin + "waveform = @'gaussian'\n", name + ": expected a table, found the string 'gaussian'"},
      {begin + "waveform = @{ frequency_hz = 1 }\n", name + ".kind: expected " + kinds + ", found nothing; add the key"},
      {begin + "waveform = { kind = @'gausian' }\n",
       name + ".kind: expected " + kinds + ", found the string 'gausian'; did you mean gaussian?"},
      {begin + "waveform = @{ kind = 'cw' }\n", name + ".frequency_hz: expected a number above 0, found nothing; add the key"},
      {begin + "waveform = { kind = 'cw', frequency_hz = @-1 }\n", name + ".frequency_hz: expected a number above 0, found the integer -1"},
      {begin + "waveform = { kind = 'cw', @frequency = 1 }\n", name + ".frequency: unknown key; did you mean frequency_hz?"},
      {begin + "waveform = { kind = 'cw', frequency_hz = 1, ramp_periods = @-1 }\n",
       name + ".ramp_periods: expected a number of at least 0, found the integer -1"},
      {begin + "waveform = { kind = 'modulated_gaussian', frequency_hz = 1, bandwidth_hz = @0 }\n",
       name + ".bandwidth_hz: expected a number above 0, found the integer 0"},
      {begin + "waveform = { kind = 'gaussian', frequency_hz = 1, amplitude = @nan }\n",
       name + ".amplitude: expected a number, found the number nan"},
      {begin + "waveform = { kind = 'gaussian', frequency_hz = 1, @bandwidth_hz = 1 }\n",
       name + ".bandwidth_hz: unknown key; expected kind, amplitude, frequency_hz or delay_s"},
      {begin + "waveform = { kind = 'table', times_s = [0, 1], values = @[1] }\n",
       name + ".values: expected as many values as times_s, 2, found 1"},
      {begin + "waveform = { kind = 'table', times_s = @[0, 1, 1], values = [1, 2, 3] }\n",
       name + ".times_s: expected times that grow, found one that is not above the one before"},
      {begin + "waveform = { kind = 'table', times_s = @3, values = [1] }\n",
       name + ".times_s: expected an array of numbers, found the integer 3"},
      {begin + "waveform = { kind = 'table', times_s = [0, @inf], values = [1, 2] }\n",
       name + ".times_s: expected a number, found the number inf"},
      {begin + "waveform = @{ kind = 'table', times_s = [0], values = [1] }\n",
       name + ": expected at least two points in the table, found 1"},
      {begin + "waveform = @{ kind = 'table', times_s = [0] }\n",
       name + ".values: expected an array of numbers, found nothing; add the key"},
      {begin + "waveform = { kind = 'table', file = @'absent.csv' }\n",
       name + ".file: cannot read absent.csv: No such file or directory; paths count from the scene's folder"},
  });
}

Waveform waveform_of(const std::string& table, const std::string& path = "s.toml") {
  return parse_scene(start + "[[source]]\nkind = 'dipole'\ncomponent = 'Ez'\nposition_m = [0, 0, 0]\nwaveform = " + table + "\n", path)
      .dipoles.at(0)
      .waveform;
}

TEST(Scene, WaveformsHaveDefaults) {
  Waveform w = waveform_of("{ kind = 'gaussian', frequency_hz = 4e9 }");
  EXPECT_EQ(w.kind, Waveform::Kind::gaussian);
  EXPECT_EQ(w.amplitude, 1);
  EXPECT_DOUBLE_EQ(w.delay_s, 0.25e-9);
  EXPECT_EQ(waveform_of("{ kind = 'gaussian_derivative', frequency_hz = 4e9 }").kind, Waveform::Kind::gaussian_derivative);
  EXPECT_DOUBLE_EQ(waveform_of("{ kind = 'gaussian_derivative', frequency_hz = 4e9 }").delay_s, 0.25e-9);
  EXPECT_EQ(waveform_of("{ kind = 'gaussian', frequency_hz = 4e9, delay_s = -1 }").delay_s, -1);
  w = waveform_of("{ kind = 'modulated_gaussian', frequency_hz = 4e9 }");
  EXPECT_DOUBLE_EQ(w.bandwidth_hz, 1e9);
  EXPECT_DOUBLE_EQ(w.delay_s, 1e-9);
  EXPECT_EQ(w.phase_rad, 0);
  w = waveform_of("{ kind = 'cw', frequency_hz = 4e9 }");
  EXPECT_EQ(w.kind, Waveform::Kind::cw);
  EXPECT_EQ(w.delay_s, 0);
  EXPECT_EQ(w.ramp_periods, 3);
  w = waveform_of("{ kind = 'table', times_s = [0, 1.5], values = [2, -3] }");
  EXPECT_EQ(w.kind, Waveform::Kind::table);
  EXPECT_EQ(w.delay_s, 0);
  EXPECT_EQ(w.times_s, (std::vector<double>{0, 1.5}));
  EXPECT_EQ(w.values, (std::vector<double>{2, -3}));
}

/// A folder that exists as long as this.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "hilbrick-test-scene-XXXXXX").string();
    if (!mkdtemp(name.data())) throw std::runtime_error("no temporary folder");
    path_ = name;
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

TEST(Scene, ReadsATableFromAFile) {
  const TemporaryFolder folder;
  const std::string table = (folder.path() / "pulse.csv").string(), scene = (folder.path() / "s.toml").string();
  const auto write = [&](const std::string& text) { std::ofstream(table) << text; };
  const auto read = [&] { return waveform_of("{ kind = 'table', file = 'pulse.csv' }", scene); };
  const auto error = [&](const std::string& text) {
    write(text);
    try {
      read();
    } catch (const Error& e) {
      return std::string(e.what());
    }
    return std::string("no error");
  };

  write("# a pulse\r\ntime_s, value\n\n 0 , 1\n1e-9,-2.5  # lowest\n3e-9,0");
  const Waveform w = read();
  EXPECT_EQ(w.times_s, (std::vector<double>{0, 1e-9, 3e-9}));
  EXPECT_EQ(w.values, (std::vector<double>{1, -2.5, 0}));

  const std::string expected = "expected a time in seconds, a comma and a value, found ";
  EXPECT_EQ(error("0,1\n1,2\nabc\n"), table + ":3:1: " + expected + "\"abc\"");
  EXPECT_EQ(error("time,value\nseconds,volts\n0,1\n"), table + ":2:1: " + expected + "\"seconds,volts\"");
  EXPECT_EQ(error("0 1\n1 2\n"), table + ":1:1: " + expected + "\"0 1\"");
  EXPECT_EQ(error("0,1\n1,2,3\n"), table + ":2:1: " + expected + "\"1,2,3\"");
  EXPECT_EQ(error("0,1\n1,nan\n"), table + ":2:1: " + expected + "\"1,nan\"");
  EXPECT_EQ(error("0,1\n\n2,2\n2,3\n"), table + ":4:1: expected a time above 2, that of the line before, found 2");
  EXPECT_EQ(error("# nothing\n"), scene + ":11:12: source[0].waveform: expected at least two points in the table, found 0");
  std::filesystem::remove(table);
  std::filesystem::create_directory(table);
  EXPECT_NE(error("").find("source[0].waveform.file: cannot read " + table + ": "), std::string::npos) << error("");
}

TEST(Scene, PlaneWavesGoByVectorsOrArriveFromAngles) {
  const auto wave_of = [](const std::string& keys) { return parse_scene(start + wave + wave_box + keys, "s.toml").plane_waves.at(0); };
  // Along the axes exactly.
  PlaneWave w = wave_of("theta_deg = 90\nphi_deg = 0\npol = 'theta'\n");
  EXPECT_EQ(w.direction, (Vec3{-1, 0, 0}));
  EXPECT_EQ(w.polarization, (Vec3{0, 0, -1}));
  w = wave_of("theta_deg = 90\nphi_deg = -90\npol = 'phi'\n");
  EXPECT_EQ(w.direction, (Vec3{0, 1, 0}));
  EXPECT_EQ(w.polarization, (Vec3{1, 0, 0}));
  w = wave_of("theta_deg = 180\nphi_deg = 0\npol = 'theta'\n");
  EXPECT_EQ(w.direction, (Vec3{0, 0, 1}));
  EXPECT_EQ(w.polarization, (Vec3{-1, 0, 0}));
  w = wave_of("direction = [2, 1e-12, 0]\npolarization = [1e-7, 0, -2]\n");
  EXPECT_EQ(w.direction, (Vec3{1, 0, 0}));
  EXPECT_EQ(w.polarization, (Vec3{0, 0, -1}));
  // At an angle.
  w = wave_of("theta_deg = 60\nphi_deg = 30\npol = 'theta'\n");
  const Vec3 direction{-0.75, -std::sqrt(3) / 4, -0.5}, theta{std::sqrt(3) / 4, 0.25, -std::sqrt(3) / 2}, phi{-0.5, std::sqrt(3) / 2, 0};
  for (int a = 0; a < 3; ++a) {
    EXPECT_NEAR(w.direction[a], direction[a], 1e-15);
    EXPECT_NEAR(w.polarization[a], theta[a], 1e-15);
    EXPECT_NEAR(wave_of("theta_deg = 60\nphi_deg = 30\npol = 'phi'\n").polarization[a], phi[a], 1e-15);
  }
  w = wave_of("direction = [1, 2, 2]\npolarization = [2, 0, -0.9999]\n");
  EXPECT_NEAR(w.direction[1], 2.0 / 3, 1e-15);
  EXPECT_NEAR(w.polarization[0] * w.direction[0] + w.polarization[1] * w.direction[1] + w.polarization[2] * w.direction[2], 0, 1e-15);
}

TEST(Scene, RejectsSources) {
  const std::string guide =
      "[[source]]\nkind = 'guide_mode'\nlow_m = [0, 0, 0.06]\nhigh_m = [0.2, 0.16, 0.06]\ndirection = [0, 0, 1]\n" + pulse;
  const std::string components = "Ex, Ey, Ez, Hx, Hy or Hz";
  const std::string inside = "expected a point inside the grid, (0, 0, 0) to (0.2, 0.16, 0.12) m, found ";
  const std::string along = wave + "polarization = [0, 0, 1]\ndirection = [1, 0, 0]\n";
  const std::string away = "; the box stays a cell away from walls and absorbing layers";
  const std::string layers = "[grid]\ncells = [40, 40, 40]\nspacing_m = 0.01\npml_cells = 4\n" + run;
  const std::string periodic =
      "[grid]\ncells = [20, 16, 12]\nspacing_m = 0.01\nboundary = { x = 'periodic', y = 'pec', z = 'pec' }\n" + run;
  expect_errors({
      {start + "@[[source]]\n", "source[0].kind: expected dipole, plane_wave or guide_mode, found nothing; add the key"},
      {start + "[[source]]\nkind = @'diple'\n",
       "source[0].kind: expected dipole, plane_wave or guide_mode, found the string 'diple'; did you mean dipole?"},
      {start + guide + "mode = @[0, 0]\n",
       "source[0].mode: expected half waves across an axis for TE, found [0, 0], a mode that does not exist"},
      {start + guide + "mode = @[0, 2]\nfamily = 'tm'\n",
       "source[0].mode: expected half waves across both axes for TM, found [0, 2], a mode that does not exist"},
      {start + guide + "mode = [1, 0]\nfamily = @'tem'\n", "source[0].family: expected te or tm, found the string 'tem'; did you mean te?"},
      {start + guide + "mode = @[1, 0, 0]\n",
       "source[0].mode: expected two integers of at least 0: half waves along the two axes after the guide's, cyclically, such as [1, 0], "
       "found "
       "an array of 3"},
      {start + "@" + dipole, "source[0].position_m: expected three numbers [x, y, z], found nothing; add the key"},
      {start + dipole + "@position = [0, 0, 0]\n", "source[0].position: unknown key; did you mean position_m?"},
      {start + dipole + "position_m = @[0.21, 0, 0]\n",
       "source[0].position_m: " + inside + "(0.21, 0, 0); move it or make the grid larger"},
      {start + dipole + "position_m = @[0, -0.01, 0]\n",
       "source[0].position_m: " + inside + "(0, -0.01, 0); move it or make the grid larger"},
      {start + "[[source]]\nkind = 'dipole'\nposition_m = [0, 0, 0]\ncomponent = @'Jz'\n" + pulse,
       "source[0].component: expected " + components + ", found the string 'Jz'; did you mean Ez?"},
      {start + "@[[source]]\nkind = 'dipole'\nposition_m = [0, 0, 0]\ncomponent = 'Ez'\n",
       "source[0].waveform: expected a table, found nothing; add the key"},
      {start + dipole + "position_m = [0, 0, 0]\n@polarization = [0, 0, 1]\n",
       "source[0].polarization: unknown key; expected kind, position_m, component or waveform"},
      {start + along + wave_box + "@position_m = [0, 0, 1]\n",
       "source[0].position_m: unknown key; expected kind, box_low_m, box_high_m, direction, polarization, theta_deg, phi_deg, "
       "pol or waveform"},
      {start + wave + wave_box + "polarization = [0, 0, 1]\ndirection = @[0, 0, 0]\n",
       "source[0].direction: expected a vector that is not zero, found (0, 0, 0)"},
      {start + "@" + wave + wave_box, "source[0].direction: expected three numbers [x, y, z], found nothing; add the key"},
      {start + "@" + wave + wave_box + "direction = [0, 0, 1]\ntheta_deg = 30\n",
       "source[0]: expected either direction and polarization or theta_deg, phi_deg and pol, found keys of both"},
      {start + "@" + wave + wave_box + "theta_deg = 30\npol = 'phi'\n", "source[0].phi_deg: expected a number, found nothing; add the key"},
      {start + wave + wave_box + "theta_deg = 30\nphi_deg = 20\npol = @'x'\n",
       "source[0].pol: expected theta or phi, found the string 'x'"},
      {start + wave + wave_box + "direction = [1, 1, 0]\npolarization = @[1, -0.99, 0]\n",
       "source[0].polarization: expected a vector at right angles to the direction, found (1, -0.99, 0)"},
      {start + wave + wave_box + "direction = [0, 1, 0]\npolarization = @[0, 1, 1]\n",
       "source[0].polarization: expected a vector at right angles to the direction, found (0, 1, 1)"},
      {start + wave + wave_box + "direction = [0, 1, 0]\npolarization = @[0, 0, 0]\n",
       "source[0].polarization: expected a vector at right angles to the direction, found (0, 0, 0)"},
      {periodic + along.substr(0, along.rfind("[1")) + "@[1, 0, 0]\n" + wave_box,
       "source[0].direction: expected a direction across the periodic axes, found (1, 0, 0), which has a part along x; the wave would not "
       "fit the period: choose another boundary there or a direction without that part"},
      {start + along + "box_low_m = @[0.0, 0.05, 0.05]\nbox_high_m = [0.15, 0.1, 0.1]\n",
       "source[0].box_low_m: expected at least 0.01 m along x, found 0" + away},
      {start + along + "box_low_m = [0.01, 0.05, 0.05]\nbox_high_m = @[0.15, 0.16, 0.1]\n",
       "source[0].box_high_m: expected at most 0.15 m along y, found 0.16" + away},
      {start + along + "box_low_m = [0.05, 0.05, 0.05]\nbox_high_m = @[0.15, 0.1, 0.05]\n",
       "source[0].box_high_m: expected a box of at least one cell along z, found 0.05 to 0.05 m"},
      {layers + along + "box_low_m = @[0.04, 0.1, 0.1]\nbox_high_m = [0.2, 0.2, 0.2]\n",
       "source[0].box_low_m: expected at least 0.05 m along x, found 0.04" + away},
      {layers + along + "box_low_m = [0.05, 0.1, 0.1]\nbox_high_m = @[0.2, 0.2, 0.36]\n",
       "source[0].box_high_m: expected at most 0.35 m along z, found 0.36" + away},
  });
  const Scene s = parse_scene(layers + along + "box_low_m = [0.05, 0.05, 0.05]\nbox_high_m = [0.35, 0.35, 0.35]\n", "s.toml");
  EXPECT_EQ(s.plane_waves.size(), 1u);
}

TEST(Scene, RejectsProbesAndSnapshots) {
  const std::string letters = "expected at most 100 letters, digits, '_', '-' and '.', none of these first a '.', found \"";
  const std::string inside = "expected a point inside the grid, (0, 0, 0) to (0.2, 0.16, 0.12) m, found ";
  const std::string snapshot = start + "[[snapshot]]\nname = 's'\n";
  expect_errors({
      {start + "@[[probe]]\nposition_m = [0, 0, 0]\n", "probe[0].name: expected a string, found nothing; add the key"},
      {start + "[[probe]]\nname = @'a/b'\nposition_m = [0, 0, 0]\n", "probe[0].name: " + letters + "a/b\"; it becomes part of file names"},
      {start + "[[probe]]\nname = @'.a'\nposition_m = [0, 0, 0]\n", "probe[0].name: " + letters + ".a\"; it becomes part of file names"},
      {start + "[[probe]]\nname = 'a'\nposition_m = @[0, 0, 0.13]\n",
       "probe[0].position_m: " + inside + "(0, 0, 0.13); move it or make the grid larger"},
      {start + "[[probe]]\nname = 'a'\nposition_m = [0, 0, 0]\n[[probe]]\nposition_m = [0, 0, 0]\nname = @'a'\n",
       "probe[1].name: expected a name of its own, found \"a\", which is taken"},
      {start + "[[probe]]\nname = 'a'\nposition_m = [0, 0, 0]\n@every = 3\n", "probe[0].every: unknown key; expected name or position_m"},
      {"probe = @[1, 2]\n" + start, "probe: expected tables, each under its own [[probe]], found an array of 2"},
      {start + "@[[snapshot]]\nname = 's'\n",
       "snapshot[0].fields: expected an array with at least one of Ex, Ey, Ez, Hx, Hy or Hz, found nothing; add the key"},
      {snapshot + "fields = @'Ez'\n",
       "snapshot[0].fields: expected an array with at least one of Ex, Ey, Ez, Hx, Hy or Hz, found the string 'Ez'"},
      {snapshot + "fields = @[]\n",
       "snapshot[0].fields: expected an array with at least one of Ex, Ey, Ez, Hx, Hy or Hz, found an array of 0"},
      {snapshot + "fields = ['Ez', @'Bz']\n",
       "snapshot[0].fields: expected Ex, Ey, Ez, Hx, Hy or Hz, found the string 'Bz'; did you mean Ez?"},
      {snapshot + "fields = ['Ez', 'Hx', @'Ez']\n",
       "snapshot[0].fields: expected each name once, found the string 'Ez'; leave it out here"},
      {snapshot + "fields = ['Ez']\nevery = @0\n", "snapshot[0].every: expected an integer of at least 1, found the integer 0"},
      {snapshot + "fields = ['Ez']\nat = @'cells'\n", "snapshot[0].at: expected yee or cell, found the string 'cells'; did you mean cell?"},
      {snapshot + "fields = ['Ez']\nlow_m = @[-1, 0, 0]\n", "snapshot[0].low_m: " + inside + "(-1, 0, 0); move it or make the grid larger"},
      {snapshot + "fields = ['Ez']\nhigh_m = @[1, 0.1, 0.1]\n",
       "snapshot[0].high_m: " + inside + "(1, 0.1, 0.1); move it or make the grid larger"},
      {snapshot + "fields = ['Ez']\nlow_m = [0.1, 0, 0]\nhigh_m = @[0.05, 0.1, 0.1]\n",
       "snapshot[0].high_m: expected at least low_m along x, 0.1, found 0.05; swap the two"},
      {snapshot + "@field = ['Ez']\n", "snapshot[0].field: unknown key; did you mean fields?"},
  });
  // The same name may be a probe's and a snapshot's.
  EXPECT_EQ(error_of(snapshot + "fields = ['Ez']\n[[probe]]\nname = 's'\nposition_m = [0.2, 0.16, 0.12]\n"), "no error");
}

TEST(Scene, OverridesReplaceAndAdd) {
  const std::string text = start + dipole + "position_m = [0, 0, 0]\n" + dipole + "position_m = [0.1, 0, 0]\n";
  const Scene s = parse_scene(text, "s.toml",
                              {"run.steps=42", "run.precision=double", "grid.spacing_m=[0.1, 0.2, 0.3]", "partition.method=\"slab\"",
                               "partition.brick=4", "source.1.waveform.frequency_hz=5e8", "source.1.component=Hy",
                               "grid.boundary.y=['pmc', 'pec']", "run.stop_below_db=-40", "run.steps=43"});
  EXPECT_EQ(s.steps, 43);  // the last one holds
  EXPECT_EQ(s.precision, Precision::double_);
  EXPECT_EQ(s.spacing_m, (Vec3{0.1, 0.2, 0.3}));
  EXPECT_EQ(s.method, Method::slab);
  EXPECT_EQ(s.brick, 4);
  EXPECT_EQ(s.dipoles[0].waveform.frequency_hz, 1e9);
  EXPECT_EQ(s.dipoles[1].waveform.frequency_hz, 5e8);
  EXPECT_EQ(s.dipoles[0].component, Ez);
  EXPECT_EQ(s.dipoles[1].component, Hy);
  EXPECT_EQ(s.boundary[1], (std::array{Boundary::pmc, Boundary::pec}));
  EXPECT_EQ(s.boundary[0], (std::array{Boundary::pec, Boundary::pec}));
  EXPECT_EQ(s.stop_below_db, -40);
}

TEST(Scene, OverridesNameThemselvesInErrors) {
  const std::string text = start + dipole + "position_m = [0, 0, 0]\n";
  const auto error = [&](const std::string& override) { return error_of(text, {override}); };
  EXPECT_EQ(error("run.steps"), "--set run.steps:1:1: expected KEY=VALUE, such as grid.spacing_m=0.01");
  EXPECT_EQ(error("=3"), "--set =3:1:1: expected KEY=VALUE, such as grid.spacing_m=0.01");
  EXPECT_EQ(error("run.steps=abc"),
            "--set run.steps=abc:1:11: run.steps: expected an integer of at least 0, found the string 'abc'; write it without quotes");
  EXPECT_EQ(error("grid.cells=[4, 4, 0]"),
            "--set grid.cells=[4, 4, 0]:1:19: grid.cells: expected three integers of at least 1, [x, y, z], found the integer 0");
  EXPECT_EQ(error("run.step=3"), "--set run.step=3:1:1: run.step: unknown key; did you mean steps?");
  EXPECT_EQ(error("gird.courant=1"), "--set gird.courant=1:1:1: gird: unknown key; did you mean grid?");
  EXPECT_EQ(error("source.1.component=Ez"), "--set source.1.component=Ez:1:1: expected a number below 1 after source, found \"1\"");
  EXPECT_EQ(error("source.first.component=Ez"),
            "--set source.first.component=Ez:1:1: expected a number below 1 after source, found \"first\"");
  EXPECT_EQ(error("run.steps.more=1"),
            "--set run.steps.more=1:1:1: expected the key of a value in a table, found \"more\" in something else");
  EXPECT_EQ(error("run.steps.more.yet=1"),
            "--set run.steps.more.yet=1:1:1: expected the name of a table before \"more\", found that of a value, \"steps\"");
  EXPECT_EQ(error("source.0=1"), "--set source.0=1:1:1: expected the key of a value in a table, found \"0\" in something else");
  EXPECT_EQ(error("run.steps=").rfind("--set run.steps=:1:", 0), 0u) << error("run.steps=");
  EXPECT_EQ(error("run.steps=[1").rfind("--set run.steps=[1:1:", 0), 0u) << error("run.steps=[1");
  EXPECT_EQ(error("run.steps=1\nprecision='double'"), "--set run.steps=1\nprecision='double':1:1: expected one value after the '='");
}

TEST(Scene, ReadsTheCavity) {
  const std::string path = HILBRICK_SCENES "/cavity.toml";
  const Scene s = parse_scene(text_of_file(path), path);
  EXPECT_EQ(s.cells, (Int3{25, 10, 31}));
  EXPECT_NEAR(s.spacing_m[2] * 31, 0.06, 1e-12);
  for (const auto& axis : s.boundary) EXPECT_EQ(axis, (std::array{Boundary::pec, Boundary::pec}));
  EXPECT_EQ(s.precision, Precision::double_);
  EXPECT_EQ(s.steps, 8000);
  ASSERT_EQ(s.dipoles.size(), 1u);
  EXPECT_EQ(s.dipoles[0].component, Ey);
  ASSERT_EQ(s.probes.size(), 1u);
  EXPECT_EQ(s.probes[0].name, "inside");
  EXPECT_EQ(s.snapshots.size(), 1u);
  EXPECT_EQ(s.shapes.size(), 0u);
}

TEST(Scene, ReadsTheDipole) {
  const std::string path = HILBRICK_SCENES "/dipole.toml";
  const Scene s = parse_scene(text_of_file(path), path);
  EXPECT_EQ(s.cells, (Int3{80, 80, 80}));
  EXPECT_EQ(s.pml_cells, 10);
  ASSERT_EQ(s.dipoles.size(), 1u);
  EXPECT_EQ(s.dipoles[0].component, Ez);
  EXPECT_EQ(s.dipoles[0].waveform.kind, Waveform::Kind::gaussian_derivative);
  EXPECT_EQ(s.dipoles[0].waveform.frequency_hz, 1e9);
  EXPECT_EQ(s.probes.size(), 1u);
  ASSERT_EQ(s.snapshots.size(), 1u);
  EXPECT_EQ(s.snapshots[0].fields, (std::vector{Ez, Hy}));
}

TEST(Scene, ReadsTheAircraft) {
  const std::string path = HILBRICK_SCENES "/aircraft.toml";
  const Scene s = parse_scene(text_of_file(path), path);
  EXPECT_EQ(s.cells, (Int3{300, 300, 120}));
  EXPECT_GE(s.shapes.size(), 13u);
  for (const Shape& shape : s.shapes) EXPECT_EQ(shape.material, 1);
  ASSERT_EQ(s.plane_waves.size(), 1u);
  EXPECT_EQ(s.plane_waves[0].direction, (Vec3{-1, 0, 0}));
  EXPECT_EQ(s.plane_waves[0].polarization, (Vec3{0, 1, 0}));
  EXPECT_EQ(s.probes.size(), 2u);
  EXPECT_EQ(s.snapshots.size(), 2u);
  // The body is its own mirror image in the plane y = 15 m.
  const auto inside = [&](const Vec3& p) {
    return std::any_of(s.shapes.begin(), s.shapes.end(), [&](const Shape& shape) { return contains(shape, p, 1e-10); });
  };
  int in = 0;
  for (double x = 2.03; x < 28; x += 0.31)
    for (double y = 0.017; y < 13; y += 0.23)
      for (double z = 2.01; z < 11; z += 0.17) {
        const bool left = inside({x, 15 + y, z});
        EXPECT_EQ(left, inside({x, 15 - y, z})) << x << " " << y << " " << z;
        in += left;
      }
  EXPECT_GT(in, 1000);
}

}  // namespace
}  // namespace hilbrick::fdtd
