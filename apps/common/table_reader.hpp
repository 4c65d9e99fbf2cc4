// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Reads one table of a TOML tree and knows where everything stands. Each getter says what it expects and marks its key as known; `finish`
// turns a key that nobody asked for into an error that names the nearest known one.

#include <toml++/toml.h>

#include <array>
#include <hilbrick/partition/grid.hpp>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "asked_keys.hpp"
#include "place.hpp"

namespace hilbrick {

/// Throws Error with the place where the text is no TOML.
toml::table parse_toml(std::string_view text, const std::string& file);

struct Range {
  double low = -std::numeric_limits<double>::infinity(), high = std::numeric_limits<double>::infinity();
  bool low_open = false, high_open = false;  // the end itself is not allowed
};
inline constexpr Range any_number{}, positive{.low = 0, .low_open = true}, negative{.high = 0, .high_open = true}, not_negative{.low = 0};

class TableReader {
 public:
  using Vec3 = std::array<double, 3>;

  /// `path`: the table's name in messages ("grid", "shape[2]"). `file`: the name of the text's file. `asked`: gets every key asked for, if
  /// there is one.
  TableReader(const toml::table& table, std::string path, std::string file, AskedKeys* asked = nullptr)
      : table_(table), path_(std::move(path)), file_(std::move(file)), asked_(asked) {}

  Place place() const { return place_of(table_); }
  const std::string& name() const { return path_; }
  std::string name_of(const std::string& key) const { return path_.empty() ? key : path_ + "." + key; }
  const std::string& file() const { return file_; }
  /// Where a key stands; the table's place when it is not there.
  Place place(const std::string& key) const;
  /// Whether a key is there; known from now on either way.
  bool given(const std::string& key) { return node(key) != nullptr; }

  /// Required values.
  double number(const std::string& key, Range range = any_number);
  Index integer(const std::string& key, Index low, Index high = std::numeric_limits<Index>::max());
  bool flag(const std::string& key);
  std::string text(const std::string& key);
  std::string word(const std::string& key, const std::vector<std::string>& words);                     // one of
  std::vector<std::string> words(const std::string& key, const std::vector<std::string>& words);       // at least one of
  std::vector<std::string> words_once(const std::string& key, const std::vector<std::string>& words);  // at least one of, none twice
  Vec3 vector(const std::string& key, Range range = any_number);
  std::vector<Vec3> vectors(const std::string& key, std::size_t count);
  std::vector<Vec3> vectors(const std::string& key);
  std::vector<double> numbers(const std::string& key, Range range = any_number);
  TableReader table(const std::string& key);

  /// Values with a default.
  double number_or(const std::string& key, double fallback, Range range = any_number);
  Index integer_or(const std::string& key, Index fallback, Index low);
  std::string word_or(const std::string& key, const char* fallback, const std::vector<std::string>& words);
  Vec3 vector_or(const std::string& key, const Vec3& fallback) { return given(key) ? vector(key) : fallback; }
  /// A table that may be missing, then empty; the tables of an array of tables, none when it is missing.
  TableReader table_or_empty(const std::string& key);
  std::vector<TableReader> tables(const std::string& key);

  /// For getters of the caller's own: the node of a key, known from now on; null when it is not there.
  const toml::node* node(const std::string& key);
  /// The same, required: fails with what was expected when it is not there.
  const toml::node& required(const std::string& key, const std::string& expected);
  std::string word_of(const std::string& key, const toml::node& found, const std::vector<std::string>& words) const;
  Place place_of(const toml::node& node) const;
  /// Fails at a node that is not what was expected of the key.
  [[noreturn]] void wrong(const std::string& key, const toml::node& found, const std::string& expected,
                          const std::string& remedy = "") const;
  /// Fails at a key whose value does not fit for another reason.
  [[noreturn]] void reject(const std::string& key, const std::string& message) const { fail(place(key), name_of(key) + ": " + message); }

  /// Fails for keys that are not known.
  void finish() const;

 private:
  bool known(std::string_view key) const;
  void note(const std::string& key, const std::string& expected, const std::string& fallback = "");
  [[noreturn]] void unknown(const toml::key& key, const std::string& remedy) const;
  double number_of(const std::string& key, const toml::node& found, Range range) const;
  const toml::array& words_array(const std::string& key, const std::vector<std::string>& words);
  Vec3 vector_of(const std::string& key, const toml::node& found, Range range) const;

  const toml::table& table_;
  std::string path_, file_;
  AskedKeys* asked_;
  std::vector<std::string> known_;
};

/// "a, b or c".
std::string joined(const std::vector<std::string>& words);
/// The word nearest to `found` by edit distance, if any is near.
std::optional<std::string> nearest(const std::string& found, const std::vector<std::string>& words);

}  // namespace hilbrick
