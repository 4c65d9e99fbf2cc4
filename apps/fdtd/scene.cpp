// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <hilbrick/partition/error.hpp>

#include "scene_reader.hpp"

namespace hilbrick::fdtd {

std::string text_of(const Vec3& v) { return fmt::format("({:g}, {:g}, {:g})", v[0], v[1], v[2]); }

Vec3 extent_m(const Scene& scene) {
  Vec3 e;
  for (int a = 0; a < 3; ++a) e[a] = static_cast<double>(scene.cells[a]) * scene.spacing_m[a];
  return e;
}

void require_inside(const TableReader& t, const std::string& key, const Vec3& point_m, const Scene& scene) {
  const Vec3 e = extent_m(scene);
  for (int a = 0; a < 3; ++a)
    if (point_m[a] < -1e-9 * e[a] || point_m[a] > e[a] * (1 + 1e-9))
      t.reject(key, fmt::format("expected a point inside the grid, (0, 0, 0) to {} m, found {}; move it or make the grid larger",
                                text_of(e), text_of(point_m)));
}

void require_ordered(const TableReader& t, const Vec3& low_m, const Vec3& high_m) {
  for (int a = 0; a < 3; ++a)
    if (low_m[a] > high_m[a])
      t.reject("high_m", fmt::format("expected at least low_m along {}, {:g}, found {:g}; swap the two", "xyz"[a], low_m[a], high_m[a]));
}

void require_touching(const Shape& shape, const std::string& name, const Scene& scene) {
  const Vec3 e = extent_m(scene);
  const auto [low, high] = bounds_m(shape);
  for (int a = 0; a < 3; ++a)
    if (high[a] < -1e-9 * e[a] || low[a] > e[a] * (1 + 1e-9))
      fail(shape.place,
           fmt::format("{}: expected a shape that touches the grid, (0, 0, 0) to {} m, found a shape outside the grid, {} to {} m; move it",
                       name, text_of(e), text_of(low), text_of(high)));
}

std::string file_beside_scene(TableReader& t, const std::string& key) {
  return (std::filesystem::path(t.file()).parent_path() / t.text(key)).string();
}

std::string new_name(TableReader& t, std::set<std::string>& taken) {
  std::string name = t.text("name");
  if (name.empty()) t.reject("name", "expected a name, found an empty string");
  if (!taken.insert(name).second) t.reject("name", fmt::format("expected a name of its own, found \"{}\", which is taken", name));
  return name;
}

std::string new_file_name(TableReader& t, std::set<std::string>& taken) {
  std::string name = new_name(t, taken);
  const bool plain =
      std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) || c == '_' || c == '-' || c == '.'; });
  if (!plain || name[0] == '.' || name.size() > 100)
    t.reject(
        "name",
        fmt::format("expected at most 100 letters, digits, '_', '-' and '.', none of these first a '.', found \"{}\"; it becomes part of "
                    "file names",
                    name));
  return name;
}

const std::vector<std::string>& component_words() {
  static const std::vector<std::string> words(component_names.begin(), component_names.end());
  return words;
}

Component component_from_word(const std::string& word) {
  return static_cast<Component>(std::find(component_words().begin(), component_words().end(), word) - component_words().begin());
}

Scene parse_scene(std::string_view text, const std::string& path, const std::vector<std::string>& overrides, AskedKeys* asked) {
  toml::table root = parse_toml(text, path);
  for (const std::string& override : overrides) apply_override(root, override);

  TableReader reader(root, "", path, asked);
  Scene scene;
  scene.given = flattened(root);
  read_grid(reader.table("grid"), scene);
  read_run(reader.table_or_empty("run"), scene);
  read_partition(reader.table_or_empty("partition"), scene);
  read_materials(reader.tables("material"), scene);
  read_shapes(reader.tables("shape"), scene);
  read_sources(reader.tables("source"), scene);
  read_elements(reader.tables("element"), scene);
  read_ports(reader.tables("port"), scene);
  read_probes(reader.tables("probe"), scene);
  read_snapshots(reader.tables("snapshot"), scene);
  if (reader.given("sweep")) read_sweep(reader.table("sweep"), scene);
  read_dfts(reader.tables("dft"), scene);
  read_fluxes(reader.tables("flux"), scene);
  read_far_fields(reader.tables("far_field"), scene);
  read_checkpoints(reader, scene);
  reader.finish();
  if (may_cut_cells(scene) && scene.courant > 0.99)
    fail(scene.courant_place,
         fmt::format("grid.courant: expected at most 0.99 with conductors that may cut cells, found {:g}; use 0.99, or "
                     "conductors = \"staircase\" in [grid]",
                     scene.courant));
  return scene;
}

}  // namespace hilbrick::fdtd
