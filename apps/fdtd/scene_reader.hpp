// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// How the tables of a scene are read, one file for each kind: what parse_scene is made of.

#include <map>
#include <set>
#include <string>
#include <vector>

#include "scene.hpp"
#include "table_reader.hpp"

namespace hilbrick::fdtd {

void read_grid(TableReader grid, Scene& scene);
void read_run(TableReader run, Scene& scene);
/// One [checkpoint] or several [[checkpoint]], which add up.
void read_checkpoints(TableReader& scene_tables, Scene& scene);
void read_partition(TableReader partition, Scene& scene);
void read_materials(std::vector<TableReader> tables, Scene& scene);
void read_shapes(std::vector<TableReader> tables, Scene& scene);
void read_sources(std::vector<TableReader> tables, Scene& scene);
void read_elements(std::vector<TableReader> tables, Scene& scene);
void read_ports(std::vector<TableReader> tables, Scene& scene);
void read_probes(std::vector<TableReader> tables, Scene& scene);
void read_snapshots(std::vector<TableReader> tables, Scene& scene);
/// These after the sources and the probes.
void read_sweep(TableReader sweep, Scene& scene);
void read_dfts(std::vector<TableReader> tables, Scene& scene);
void read_fluxes(std::vector<TableReader> tables, Scene& scene);
void read_far_fields(std::vector<TableReader> tables, Scene& scene);
Waveform read_waveform(TableReader table);
/// A number, a list of them, or evenly spaced ones: {from, to, count} or {from, to, step}.
std::vector<double> read_series(TableReader& t, const std::string& key, Range range);

/// Every value of a tree by its key, in words.
std::map<std::string, std::string> flattened(const toml::table& root);

/// Puts the value at the dotted key of an override, KEY=VALUE; arrays of tables take a number: source.0.waveform.frequency_hz.
void apply_override(toml::table& root, const std::string& text);

// What several of them need.

std::string text_of(const Vec3& v);
Vec3 extent_m(const Scene& scene);
/// Fails unless a point lies in the grid, its surface included.
void require_inside(const TableReader& t, const std::string& key, const Vec3& point_m, const Scene& scene);
/// Fails unless low <= high along each axis.
void require_ordered(const TableReader& t, const Vec3& low_m, const Vec3& high_m);
/// Fails for a shape that lies outside the grid. `name`: the shape's, in the message.
void require_touching(const Shape& shape, const std::string& name, const Scene& scene);
/// A file's name in a scene, which counts from the scene's folder.
std::string file_beside_scene(TableReader& t, const std::string& key);
/// A name that no other of its kind has.
std::string new_name(TableReader& t, std::set<std::string>& taken);
/// A name that also serves as a file's and a dataset's.
std::string new_file_name(TableReader& t, std::set<std::string>& taken);
/// "Ex" to "Hz".
const std::vector<std::string>& component_words();
Component component_from_word(const std::string& word);

}  // namespace hilbrick::fdtd
