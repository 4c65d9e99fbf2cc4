// SPDX-License-Identifier: BSD-3-Clause
#include "setting.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <hilbrick/digest.hpp>
#include <initializer_list>
#include <sstream>

#include "numerics.hpp"
#include "scene_reader.hpp"

namespace hilbrick::fdtd {
namespace {

/// 1 and 1.0 are the same number, whatever TOML thinks.
std::string text_of(const toml::node& node) {
  if (const toml::array* array = node.as_array()) {
    std::string text;
    for (const toml::node& element : *array) text += (text.empty() ? "" : ", ") + text_of(element);
    return "[" + text + "]";
  }
  if (node.is_string()) return '"' + **node.as_string() + '"';
  if (node.is_integer()) return fmt::format("{}", static_cast<double>(**node.as_integer()));
  if (node.is_floating_point()) return fmt::format("{}", **node.as_floating_point());
  std::ostringstream out;
  node.visit([&](const auto& value) { out << value; });
  return out.str();
}

void flatten(const toml::node& node, const std::string& key, std::map<std::string, std::string>& values) {
  if (const toml::table* table = node.as_table()) {
    for (const auto& [name, value] : *table) flatten(value, (key.empty() ? "" : key + ".") + std::string(name.str()), values);
  } else if (node.is_array_of_tables()) {
    for (std::size_t i = 0; i < node.as_array()->size(); ++i) flatten((*node.as_array())[i], fmt::format("{}[{}]", key, i), values);
  } else {
    values[key] = text_of(node);
  }
}

bool begins_with_any(const std::string& key, std::initializer_list<const char*> starts) {
  return std::any_of(starts.begin(), starts.end(), [&](const char* start) { return key.starts_with(start); });
}

/// Where a key says nothing that a field or a series depends on. Files count by what they hold.
bool is_harmless(const Scene& scene, const std::string& key) {
  // A run may go further than it was to, but not a later run of a sweep than those before it.
  const bool about_the_end = begins_with_any(key, {"run.steps", "run.duration_s", "run.check_every", "run.stop_below_db"});
  return key.ends_with(".file") || (about_the_end && !scene.sweep) ||
         begins_with_any(key, {"run.deadline_s", "partition", "checkpoint", "snapshot"});
}

}  // namespace

std::map<std::string, std::string> flattened(const toml::table& root) {
  std::map<std::string, std::string> values;
  flatten(root, "", values);
  return values;
}

std::map<std::string, std::string> setting_of(const Comm& comm, const Scene& scene) {
  std::map<std::string, std::string> setting = scene.given;
  std::erase_if(setting, [&](const auto& entry) { return is_harmless(scene, entry.first); });
  setting["run.precision"] = scene.precision == Precision::single_ ? "single" : "double";  // also where it goes without saying
  for (std::size_t i = 0; i < scene.shapes.size(); ++i) {
    const auto* body = std::get_if<StlBody>(&scene.shapes[i].form);
    const auto* grid = std::get_if<VoxelGrid>(&scene.shapes[i].form);
    if (body || grid)
      setting[fmt::format("shape[{}].file (digest of its content)", i)] = hex(file_digest(comm, body ? body->file : grid->file));
  }
  int tables = 0;
  for (const Waveform* w : waveforms_of(scene)) {
    if (w->kind != Waveform::Kind::table) continue;
    std::vector<double> numbers = w->times_s;
    numbers.insert(numbers.end(), w->values.begin(), w->values.end());
    setting[fmt::format("table {} of a waveform (digest)", tables++)] = hex(bytes_hash(numbers.data(), numbers.size() * sizeof(double)));
  }
  return setting;
}

}  // namespace hilbrick::fdtd
