// SPDX-License-Identifier: BSD-3-Clause
#include "scene_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <hilbrick/partition/error.hpp>
#include <numeric>
#include <sstream>

namespace hilbrick::fdtd {
namespace {

std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j)
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)}));
  }
  return row[b.size()];
}

std::string described(const toml::node& node) {
  std::ostringstream out;
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array: {
      out << "an array of " << node.as_array()->size();
      return out.str();
    }
    case toml::node_type::string:
      out << "the string ";
      break;
    case toml::node_type::integer:
      out << "the integer ";
      break;
    case toml::node_type::floating_point:
      out << "the number ";
      break;
    case toml::node_type::boolean:
      out << "the boolean ";
      break;
    default:
      break;
  }
  node.visit([&](const auto& value) {
    if constexpr (toml::is_value<decltype(value)>) out << value;
  });
  return out.str();
}

std::string described(Range range) {
  if (range.low == 0 && range.low_open && std::isinf(range.high)) return "a number above 0";
  if (range.low == 0 && std::isinf(range.high)) return "a number of at least 0";
  if (std::isinf(range.low) && std::isinf(range.high)) return "a number";
  if (std::isinf(range.low)) return fmt::format("a number of at most {}", range.high);
  return fmt::format("a number {} {} and at most {}", range.low_open ? "above" : "of at least", range.low, range.high);
}

}  // namespace

std::string to_string(const Place& place) {
  if (place.line == 0) return place.file;
  return fmt::format("{}:{}:{}", place.file, place.line, place.column);
}

void fail(const Place& place, const std::string& message) { throw Error(to_string(place) + ": " + message); }

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) out += (i == 0 ? "" : i + 1 == words.size() ? " or " : ", ") + words[i];
  return out;
}

std::optional<std::string> nearest(const std::string& found, const std::vector<std::string>& words) {
  std::optional<std::string> best;
  std::size_t least = std::max<std::size_t>(2, found.size() / 3) + 1;
  for (const std::string& word : words)
    if (const std::size_t distance = edit_distance(found, word); distance < least) {
      least = distance;
      best = word;
    }
  return best;
}

Place TableReader::place_of(const toml::node& node) const {
  const auto& source = node.source();
  return {source.path ? *source.path : file_, source.begin.line, source.begin.column};
}

Place TableReader::place(const std::string& key) const {
  const toml::node* found = table_.get(key);
  return found ? place_of(*found) : place();
}

const toml::node* TableReader::node(const std::string& key) {
  if (std::find(known_.begin(), known_.end(), key) == known_.end()) known_.push_back(key);
  return table_.get(key);
}

const toml::node& TableReader::required(const std::string& key, const char* expected) {
  if (const toml::node* found = node(key)) return *found;
  fail(place(), fmt::format("{}: expected {}, found nothing; add the key", name_of(key), expected));
}

void TableReader::wrong(const std::string& key, const toml::node& found, const std::string& expected) const {
  fail(place_of(found), fmt::format("{}: expected {}, found {}", name_of(key), expected, described(found)));
}

double TableReader::number_of(const std::string& key, const toml::node& found, Range range) const {
  if (!found.is_number()) wrong(key, found, described(range));
  const double value = *found.value<double>();
  const bool in_range = range.low_open ? value > range.low : value >= range.low;
  if (!std::isfinite(value) || !in_range || value > range.high) wrong(key, found, described(range));
  return value;
}

double TableReader::number(const std::string& key, Range range) { return number_of(key, required(key, "a number"), range); }

Index TableReader::integer(const std::string& key, Index low, Index high) {
  const toml::node& found = required(key, "an integer");
  const std::string expected = high == std::numeric_limits<Index>::max() ? fmt::format("an integer of at least {}", low)
                                                                         : fmt::format("an integer from {} to {}", low, high);
  if (!found.is_integer()) wrong(key, found, expected);
  const Index value = **found.as_integer();
  if (value < low || value > high) wrong(key, found, expected);
  return value;
}

std::string TableReader::text(const std::string& key) {
  const toml::node& found = required(key, "a string");
  if (!found.is_string()) wrong(key, found, "a string");
  return **found.as_string();
}

std::string TableReader::word(const std::string& key, const std::vector<std::string>& words) {
  const toml::node& found = required(key, ("one of " + joined(words)).c_str());
  if (!found.is_string() || std::find(words.begin(), words.end(), **found.as_string()) == words.end()) wrong(key, found, joined(words));
  return **found.as_string();
}

std::vector<double> TableReader::numbers(const std::string& key) {
  const toml::node& found = required(key, "an array of numbers");
  if (!found.is_array()) wrong(key, found, "an array of numbers");
  std::vector<double> values;
  for (const toml::node& element : *found.as_array()) values.push_back(number_of(key, element, any_number));
  return values;
}

Vec3 TableReader::vector(const std::string& key, Range range) {
  const toml::node& found = required(key, "three numbers [x, y, z]");
  if (!found.is_array() || found.as_array()->size() != 3) wrong(key, found, "three numbers [x, y, z]");
  Vec3 v;
  for (std::size_t a = 0; a < 3; ++a) v[a] = number_of(key, (*found.as_array())[a], range);
  return v;
}

std::vector<std::string> TableReader::texts(const std::string& key) {
  const toml::node& found = required(key, "an array of strings");
  if (!found.is_array()) wrong(key, found, "an array of strings");
  std::vector<std::string> values;
  for (const toml::node& element : *found.as_array()) {
    if (!element.is_string()) wrong(key, element, "a string");
    values.push_back(**element.as_string());
  }
  return values;
}

TableReader TableReader::table(const std::string& key) {
  const toml::node& found = required(key, "a table");
  if (!found.is_table()) wrong(key, found, "a table");
  return {*found.as_table(), name_of(key), file_};
}

TableReader TableReader::table_or_empty(const std::string& key) {
  static const toml::table empty;
  if (given(key)) return table(key);
  return {empty, name_of(key), file_};
}

std::vector<TableReader> TableReader::tables(const std::string& key) {
  std::vector<TableReader> out;
  const toml::node* found = node(key);
  if (!found) return out;
  if (!found->is_array_of_tables()) wrong(key, *found, fmt::format("tables, each under its own [[{}]]", key));
  for (const toml::node& element : *found->as_array())
    out.emplace_back(*element.as_table(), fmt::format("{}[{}]", name_of(key), out.size()), file_);
  return out;
}

void TableReader::finish() const {
  for (const auto& [key, value] : table_) {
    const std::string name(key.str());
    if (std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
    const auto near = nearest(name, known_);
    const auto& source = key.source();
    const Place place{source.path ? *source.path : file_, source.begin.line, source.begin.column};
    fail(place, fmt::format("{}: unknown key; {}", name_of(name),
                            near ? fmt::format("did you mean {}?", *near) : fmt::format("expected {}", joined(known_))));
  }
}

}  // namespace hilbrick::fdtd
