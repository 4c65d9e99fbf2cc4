// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <cctype>
#include <charconv>
#include <cstring>
#include <memory>
#include <utility>

#include "scene_reader.hpp"

namespace hilbrick::fdtd {
namespace {

// --set

/// A table whose one value, "v", is that of an override, with columns as in its text; a bare word is a string.
toml::table parsed_value(const std::string& text, std::size_t equals, const Place& place) {
  const std::string value = text.substr(equals + 1), key = std::string(equals - 1, ' ') + "v=";
  toml::table table;
  try {
    table = toml::parse(key + value, place.file);
  } catch (const toml::parse_error& e) {
    const auto plain = [](unsigned char c) { return std::isalnum(c) || std::strchr("_-+./", c); };
    if (value.empty() || !std::all_of(value.begin(), value.end(), plain))
      fail({place.file, e.source().begin.line, e.source().begin.column}, std::string(e.description()));
    table = toml::parse(key + "'" + value + "'", place.file);
  }
  if (table.size() != 1) fail(place, "expected one value after the '='");
  return table;
}

/// Moves the value "v" to a key, which stands at `place`.
void put(toml::table& table, const std::string& name, toml::table value, const Place& place) {
  const toml::source_position at{place.line, place.column};
  const toml::key key(name, {at, at, std::make_shared<const std::string>(place.file)});
  value.get("v")->visit([&](auto& node) { table.insert_or_assign(key, std::move(node)); });
}

}  // namespace

void apply_override(toml::table& root, const std::string& text) {
  const Place place{"--set " + text, 1, 1};
  const auto equals = text.find('=');
  if (equals == std::string::npos || equals == 0) fail(place, "expected KEY=VALUE, such as grid.spacing_m=0.01");
  std::vector<std::string> keys{""};
  for (const char c : text.substr(0, equals)) {
    if (c == '.')
      keys.emplace_back();
    else
      keys.back() += c;
  }
  toml::table value = parsed_value(text, equals, place);
  // Keys that are new stand where the override does.
  const auto new_key = [file = value.get("v")->source().path](const std::string& key) {
    return toml::key(key, toml::source_region{{1, 1}, {1, 1}, file});
  };
  toml::node* at = &root;
  for (std::size_t i = 0; i + 1 < keys.size(); ++i) {
    if (toml::array* array = at->as_array()) {
      std::size_t index = 0;
      const char* end = keys[i].data() + keys[i].size();
      at = std::from_chars(keys[i].data(), end, index).ptr == end && index < array->size() ? array->get(index) : nullptr;
      if (!at) fail(place, fmt::format("expected a number below {} after {}, found \"{}\"", array->size(), keys[i - 1], keys[i]));
    } else if (toml::table* table = at->as_table()) {
      if (!table->contains(keys[i])) put(*table, keys[i], toml::parse("v={}", place.file), place);
      at = table->get(keys[i]);
    } else {
      fail(place, fmt::format("expected the name of a table before \"{}\", found that of a value, \"{}\"", keys[i], keys[i - 1]));
    }
  }
  toml::table* last = at->as_table();
  if (!last) fail(place, fmt::format("expected the key of a value in a table, found \"{}\" in something else", keys.back()));
  put(*last, keys.back(), std::move(value), place);
}

}  // namespace hilbrick::fdtd
