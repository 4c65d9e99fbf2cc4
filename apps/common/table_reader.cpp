// SPDX-License-Identifier: BSD-3-Clause
#include "table_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <hilbrick/partition/error.hpp>
#include <numeric>
#include <sstream>
#include <utility>

namespace hilbrick {
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

/// As short as it can be written, and never like an integer.
std::string text_of(double value) {
  std::string text = fmt::format("{}", value);
  if (text.find_first_of(".en") == std::string::npos) text += ".0";
  return text;
}

std::string described(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return fmt::format("an array of {}", node.as_array()->size());
    case toml::node_type::string:
      return fmt::format("the string '{}'", **node.as_string());
    case toml::node_type::integer:
      return fmt::format("the integer {}", **node.as_integer());
    case toml::node_type::floating_point:
      return "the number " + text_of(**node.as_floating_point());
    case toml::node_type::boolean:
      return fmt::format("the boolean {}", **node.as_boolean());
    default: {
      std::ostringstream out;
      node.visit([&](const auto& value) {
        if constexpr (toml::is_value<decltype(value)>) out << value;
      });
      return out.str();  // a date or a time
    }
  }
}

std::string described(Index low) {
  return low == std::numeric_limits<Index>::min() ? "an integer" : fmt::format("an integer of at least {}", low);
}

std::string described(Range range) {
  const std::string low = fmt::format("{} {}", range.low_open ? "above" : "of at least", range.low);
  const std::string high = fmt::format("{} {}", range.high_open ? "below" : "at most", range.high);
  if (std::isinf(range.low) && std::isinf(range.high)) return "a number";
  if (std::isinf(range.high)) return "a number " + low;
  if (std::isinf(range.low)) return "a number " + high;
  return "a number " + low + " and " + high;
}

}  // namespace

std::string to_string(const Place& place) {
  if (place.line == 0) return place.file;
  return fmt::format("{}:{}:{}", place.file, place.line, place.column);
}

void fail(const Place& place, const std::string& message) { throw Error(to_string(place) + ": " + message); }

toml::table parse_toml(std::string_view text, const std::string& file) {
  try {
    return toml::parse(text, file);
  } catch (const toml::parse_error& e) {
    fail({file, e.source().begin.line, e.source().begin.column}, std::string(e.description()));
  }
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) out += (i == 0 ? "" : i + 1 == words.size() ? " or " : ", ") + words[i];
  return out;
}

std::optional<std::string> nearest(const std::string& found, const std::vector<std::string>& words) {
  std::optional<std::string> best;
  std::size_t least = std::numeric_limits<std::size_t>::max();
  for (const std::string& word : words) {
    const std::size_t distance = edit_distance(found, word);
    // Up to half of the longer word may differ: enough for a forgotten unit, too little for another word.
    if (2 * distance > std::max(found.size(), word.size()) || distance >= least) continue;
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

bool TableReader::known(std::string_view key) const { return std::find(known_.begin(), known_.end(), key) != known_.end(); }

void TableReader::note(const std::string& key, const std::string& expected, const std::string& fallback) {
  if (!asked_) return;
  std::string name;
  bool in_number = false;
  for (const char c : name_of(key)) {
    in_number = in_number ? c != ']' : c == '[';
    if (!in_number && c != ']') name += c;
  }
  AskedKey& asked = (*asked_)[name];
  if (asked.expected.empty()) asked.expected = expected;
  if (asked.fallback.empty()) asked.fallback = fallback;
}

const toml::node* TableReader::node(const std::string& key) {
  if (!known(key)) known_.push_back(key);
  note(key, "");
  return table_.get(key);
}

const toml::node& TableReader::required(const std::string& key, const std::string& expected) {
  note(key, expected);
  if (const toml::node* found = node(key)) return *found;
  // Perhaps it is there, misspelt or without its unit.
  for (const auto& [other, value] : table_) {
    const std::string name(other.str());
    if (!known(name) && (edit_distance(name, key) <= 2 || key.starts_with(name + "_")))
      unknown(other, fmt::format("did you mean {}?", key));
  }
  fail(place(), fmt::format("{}: expected {}, found nothing; add the key", name_of(key), expected));
}

void TableReader::wrong(const std::string& key, const toml::node& found, const std::string& expected, const std::string& remedy) const {
  fail(place_of(found),
       fmt::format("{}: expected {}, found {}{}{}", name_of(key), expected, described(found), remedy.empty() ? "" : "; ", remedy));
}

double TableReader::number_of(const std::string& key, const toml::node& found, Range range) const {
  if (!found.is_number()) wrong(key, found, described(range), found.is_string() ? "write it without quotes" : "");
  const double value = found.is_integer() ? static_cast<double>(**found.as_integer()) : **found.as_floating_point();
  const bool above = range.low_open ? value > range.low : value >= range.low,
             below = range.high_open ? value < range.high : value <= range.high;
  if (!std::isfinite(value) || !above || !below) wrong(key, found, described(range));
  return value;
}

double TableReader::number_or(const std::string& key, double fallback, Range range) {
  note(key, described(range), fmt::format("{}", fallback));
  return given(key) ? number(key, range) : fallback;
}

Index TableReader::integer_or(const std::string& key, Index fallback, Index low) {
  note(key, described(low), fmt::format("{}", fallback));
  return given(key) ? integer(key, low) : fallback;
}

std::string TableReader::word_or(const std::string& key, const char* fallback, const std::vector<std::string>& words) {
  note(key, joined(words), fallback);
  return given(key) ? word(key, words) : fallback;
}

double TableReader::number(const std::string& key, Range range) { return number_of(key, required(key, described(range)), range); }

Index TableReader::integer(const std::string& key, Index low, Index high) {
  const std::string expected =
      high == std::numeric_limits<Index>::max() ? described(low) : fmt::format("an integer from {} to {}", low, high);
  const toml::node& found = required(key, expected);
  if (!found.is_integer())
    wrong(key, found, expected,
          found.is_string()           ? "write it without quotes"
          : found.is_floating_point() ? "write it without point and exponent"
                                      : "");
  const Index value = **found.as_integer();
  if (value < low || value > high) wrong(key, found, expected);
  return value;
}

bool TableReader::flag(const std::string& key) {
  const toml::node& found = required(key, "true or false");
  if (!found.is_boolean()) wrong(key, found, "true or false");
  return **found.as_boolean();
}

std::string TableReader::text(const std::string& key) {
  const toml::node& found = required(key, "a string");
  if (!found.is_string()) wrong(key, found, "a string", "put it in quotes");
  return **found.as_string();
}

std::string TableReader::word_of(const std::string& key, const toml::node& found, const std::vector<std::string>& words) const {
  if (!found.is_string()) wrong(key, found, joined(words), found.is_value() ? "put it in quotes" : "");
  std::string word = **found.as_string();
  if (std::find(words.begin(), words.end(), word) != words.end()) return word;
  const auto near = nearest(word, words);
  wrong(key, found, joined(words), near ? fmt::format("did you mean {}?", *near) : "");
}

std::string TableReader::word(const std::string& key, const std::vector<std::string>& words) {
  return word_of(key, required(key, joined(words)), words);
}

const toml::array& TableReader::words_array(const std::string& key, const std::vector<std::string>& words) {
  const std::string expected = "an array with at least one of " + joined(words);
  const toml::node& found = required(key, expected);
  if (!found.is_array() || found.as_array()->empty()) wrong(key, found, expected);
  return *found.as_array();
}

std::vector<std::string> TableReader::words(const std::string& key, const std::vector<std::string>& words) {
  std::vector<std::string> values;
  for (const toml::node& element : words_array(key, words)) values.push_back(word_of(key, element, words));
  return values;
}

std::vector<std::string> TableReader::words_once(const std::string& key, const std::vector<std::string>& words) {
  std::vector<std::string> values;
  for (const toml::node& element : words_array(key, words)) {
    const std::string word = word_of(key, element, words);
    if (std::find(values.begin(), values.end(), word) != values.end()) wrong(key, element, "each name once", "leave it out here");
    values.push_back(word);
  }
  return values;
}

std::vector<double> TableReader::numbers(const std::string& key, Range range) {
  const toml::node& found = required(key, "an array of numbers");
  if (!found.is_array()) wrong(key, found, "an array of numbers");
  std::vector<double> values;
  for (const toml::node& element : *found.as_array()) values.push_back(number_of(key, element, range));
  return values;
}

TableReader::Vec3 TableReader::vector_of(const std::string& key, const toml::node& found, Range range) const {
  if (!found.is_array() || found.as_array()->size() != 3) wrong(key, found, "three numbers [x, y, z]");
  Vec3 v;
  for (std::size_t a = 0; a < 3; ++a) v[a] = number_of(key, (*found.as_array())[a], range);
  return v;
}

TableReader::Vec3 TableReader::vector(const std::string& key, Range range) {
  return vector_of(key, required(key, "three numbers [x, y, z]"), range);
}

std::vector<TableReader::Vec3> TableReader::vectors(const std::string& key) {
  const std::string expected = "an array of points, each [x, y, z]";
  const toml::node& found = required(key, expected);
  if (!found.is_array()) wrong(key, found, expected);
  std::vector<Vec3> values;
  for (const toml::node& element : *found.as_array()) values.push_back(vector_of(key, element, any_number));
  return values;
}

std::vector<TableReader::Vec3> TableReader::vectors(const std::string& key, std::size_t count) {
  const std::string expected = fmt::format("{} points, each [x, y, z]", count);
  const toml::node& found = required(key, expected);
  if (!found.is_array() || found.as_array()->size() != count) wrong(key, found, expected);
  return vectors(key);
}

TableReader TableReader::table(const std::string& key) {
  const toml::node& found = required(key, "a table");
  if (!found.is_table()) wrong(key, found, "a table");
  return {*found.as_table(), name_of(key), file_, asked_};
}

TableReader TableReader::table_or_empty(const std::string& key) {
  static const toml::table empty;
  if (given(key)) return table(key);
  return {empty, name_of(key), file_, asked_};
}

std::vector<TableReader> TableReader::tables(const std::string& key) {
  std::vector<TableReader> out;
  const toml::node* found = node(key);
  if (!found || (found->is_array() && found->as_array()->empty())) return out;
  if (!found->is_array_of_tables()) wrong(key, *found, fmt::format("tables, each under its own [[{}]]", key));
  for (const toml::node& element : *found->as_array())
    out.emplace_back(*element.as_table(), fmt::format("{}[{}]", name_of(key), out.size()), file_, asked_);
  return out;
}

void TableReader::unknown(const toml::key& key, const std::string& remedy) const {
  const auto& source = key.source();
  fail({source.path ? *source.path : file_, source.begin.line, source.begin.column},
       fmt::format("{}: unknown key; {}", name_of(std::string(key.str())), remedy));
}

void TableReader::finish() const {
  for (const auto& [key, value] : table_) {
    if (known(key.str())) continue;
    const auto near = nearest(std::string(key.str()), known_);
    unknown(key, near ? fmt::format("did you mean {}?", *near) : fmt::format("expected {}", joined(known_)));
  }
}

}  // namespace hilbrick
