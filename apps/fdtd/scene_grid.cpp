// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "scene_reader.hpp"

namespace hilbrick::fdtd {
namespace {

// [grid], [run], [partition]

void read_boundary(TableReader& grid, Scene& scene) {
  for (auto& axis : scene.boundary) axis = {Boundary::pml, Boundary::pml};
  TableReader boundary = grid.table_or_empty("boundary");
  const std::vector<std::string> names{"pec", "pmc", "periodic", "pml"};
  for (int a = 0; a < 3; ++a) {
    const std::string key(1, "xyz"[a]);
    const toml::node* node = boundary.node(key);
    if (!node) continue;
    const auto one = [&](const toml::node& face) {
      return static_cast<Boundary>(std::find(names.begin(), names.end(), boundary.word_of(key, face, names)) - names.begin());
    };
    if (const toml::array* both = node->as_array()) {
      if (both->size() != 2) boundary.wrong(key, *node, "one boundary for both faces or two as [low, high]");
      scene.boundary[a] = {one((*both)[0]), one((*both)[1])};
    } else {
      scene.boundary[a].fill(one(*node));
    }
    if ((scene.boundary[a][0] == Boundary::periodic) != (scene.boundary[a][1] == Boundary::periodic))
      boundary.reject(key, "expected \"periodic\" at both faces or at neither, found it at one; a periodic axis has no faces");
  }
  boundary.finish();
}

/// Layers must leave a cell between them.
void read_pml(TableReader& grid, Scene& scene) {
  std::array<Index, 3> layers{};
  for (int a = 0; a < 3; ++a) layers[a] = std::count(scene.boundary[a].begin(), scene.boundary[a].end(), Boundary::pml);
  scene.pml_cells = grid.integer_or("pml_cells", 10, *std::max_element(layers.begin(), layers.end()) > 0 ? 1 : 0);
  scene.pml_place = grid.place("pml_cells");
  for (int a = 0; a < 3; ++a) {
    if (layers[a] == 0) continue;
    const Index n = scene.cells[a], most = (n - 1) / layers[a];
    if (scene.pml_cells > most)
      grid.reject("pml_cells", fmt::format("expected fewer than {}the {} cells along {}, found {}; use {}",
                                           layers[a] == 2 ? "half of " : "", n, "xyz"[a], scene.pml_cells,
                                           most > 0 ? fmt::format("at most {}", most) : "another boundary or more cells there"));
  }
}

/// One of two words, or a table that changes some costs of the model.
void read_weights(TableReader& partition, CellCosts& costs) {
  const toml::node* node = partition.node("weights");
  if (!node) return;
  if (!node->is_table()) {
    const std::string expected = "\"model\", \"uniform\" or a table of costs such as { pml = [3, 1, 1] }";
    if (!node->is_string()) partition.wrong("weights", *node, expected);
    if (partition.word("weights", {"model", "uniform"}) == "uniform") costs = {.pml = {0, 0, 0}, .material_change = 0, .incident_value = 0};
    return;
  }
  TableReader weights = partition.table("weights");
  const Range cost{.low = 0, .high = 1000};
  if (weights.given("pml")) costs.pml = weights.vector("pml", cost);
  costs.material_change = weights.number_or("material_change", costs.material_change, cost);
  costs.incident_value = weights.number_or("incident_value", costs.incident_value, cost);
  weights.finish();
}

}  // namespace

void read_grid(TableReader grid, Scene& scene) {
  const std::string expected = "three integers of at least 1, [x, y, z]";
  const toml::node& cells = grid.required("cells", expected);
  scene.grid_place = grid.place("cells");
  if (!cells.is_array() || cells.as_array()->size() != 3) grid.wrong("cells", cells, expected);
  Index left = (Index{1} << 62) - 1;  // how many cells may still be multiplied in
  for (int a = 0; a < 3; ++a) {
    const toml::node& n = (*cells.as_array())[static_cast<std::size_t>(a)];
    if (!n.is_integer() || **n.as_integer() < 1) grid.wrong("cells", n, expected);
    scene.cells[a] = **n.as_integer();
    left /= scene.cells[a];
  }
  if (left == 0) grid.wrong("cells", cells, "fewer than 2^62 cells in all", "make the grid smaller");
  const toml::node& spacing = grid.required("spacing_m", "a number above 0, or three as [dx, dy, dz]");
  if (spacing.is_array())
    scene.spacing_m = grid.vector("spacing_m", positive);
  else
    scene.spacing_m.fill(grid.number("spacing_m", positive));
  read_boundary(grid, scene);
  read_pml(grid, scene);
  scene.courant = grid.number_or("courant", 0.99, Range{.low = 0, .high = 1, .low_open = true});
  scene.courant_place = grid.place("courant");
  scene.averaged_interfaces = grid.word_or("interfaces", "average", {"average", "staircase"}) == "average";
  scene.conformal_conductors = grid.word_or("conductors", "conformal", {"conformal", "staircase"}) == "conformal";
  grid.finish();
}

void read_run(TableReader run, Scene& scene) {
  if (run.given("steps")) scene.steps = run.integer("steps", 0);
  if (run.given("duration_s")) scene.duration_s = run.number("duration_s", not_negative);
  scene.precision = run.word_or("precision", "single", {"single", "double"}) == "single" ? Precision::single_ : Precision::double_;
  scene.check_every = run.integer_or("check_every", 100, 1);
  if (run.given("deadline_s")) scene.deadline_s = run.number("deadline_s", positive);
  if (run.given("stop_below_db")) scene.stop_below_db = run.number("stop_below_db", negative);
  run.finish();
  if (!scene.steps && !scene.duration_s)
    fail(run.place(), "run: expected steps or duration_s, found neither; say when the run ends, such as steps = 1000");
}

void read_partition(TableReader partition, Scene& scene) {
  if (partition.given("method")) {
    std::vector<std::string> names;
    names.reserve(all_methods.size());
    for (const Method method : all_methods) names.emplace_back(name_of(method));
    scene.method = *method_from_name(partition.word("method", names));
  }
  scene.brick = partition.integer_or("brick", 16, 1);
  read_weights(partition, scene.costs);
  partition.finish();
}

namespace {

void read_checkpoint(TableReader t, Scene& scene) {
  CheckpointRequest& request = scene.checkpoint;
  const toml::node* every = t.node("every");
  if (every && every->is_string()) {
    t.word("every", {"auto"});
    request.mtbf_hours = t.number("mtbf_hours", positive);
  } else if (every) {
    request.every = t.integer("every", 1);
  }
  if (t.given("every_minutes")) request.every_minutes = t.number("every_minutes", positive);
  if (!every && !request.every_minutes) fail(t.place(), t.name() + ": expected every or every_minutes, found neither");
  request.keep = static_cast<int>(t.integer_or("keep", request.keep, 1));
  t.finish();
}

}  // namespace

void read_checkpoints(TableReader& scene_tables, Scene& scene) {
  const toml::node* found = scene_tables.node("checkpoint");
  if (found && !found->is_array())
    read_checkpoint(scene_tables.table("checkpoint"), scene);
  else
    for (TableReader& t : scene_tables.tables("checkpoint")) read_checkpoint(std::move(t), scene);
}

}  // namespace hilbrick::fdtd
