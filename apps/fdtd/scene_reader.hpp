// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Reads one table of a TOML tree and knows where everything stands. Each getter says what it expects and marks its key as read; `finish`
// turns a key that nobody read into an error that names the nearest known one.

#include <toml++/toml.h>

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "scene.hpp"

namespace hilbrick::fdtd {

/// Throws Error: "file:line:column: message".
[[noreturn]] void fail(const Place& place, const std::string& message);

struct Range {
  double low = -std::numeric_limits<double>::infinity(), high = std::numeric_limits<double>::infinity();
  bool low_open = false;  // low itself is not allowed
};
inline constexpr Range any_number{}, positive{0, std::numeric_limits<double>::infinity(), true},
    not_negative{0, std::numeric_limits<double>::infinity(), false};

class TableReader {
 public:
  /// `path`: the table's name in messages ("grid", "shape[2]"). `file`: the scene's.
  TableReader(const toml::table& table, std::string path, std::string file)
      : table_(table), path_(std::move(path)), file_(std::move(file)) {}

  Place place() const { return place_of(table_); }
  /// Where a key stands; the table's place when it is not there.
  Place place(const std::string& key) const;
  /// Whether a key is there; known from now on either way.
  bool given(const std::string& key) { return node(key) != nullptr; }

  /// Required values.
  double number(const std::string& key, Range range = any_number);
  Index integer(const std::string& key, Index low, Index high = std::numeric_limits<Index>::max());
  std::string text(const std::string& key);
  std::string word(const std::string& key, const std::vector<std::string>& words);  // one of
  Vec3 vector(const std::string& key, Range range = any_number);
  std::vector<double> numbers(const std::string& key);
  std::vector<std::string> texts(const std::string& key);
  TableReader table(const std::string& key);

  /// Values with a default.
  double number_or(const std::string& key, double fallback, Range range = any_number) { return given(key) ? number(key, range) : fallback; }
  Index integer_or(const std::string& key, Index fallback, Index low) { return given(key) ? integer(key, low) : fallback; }
  std::string word_or(const std::string& key, const char* fallback, const std::vector<std::string>& words) {
    return given(key) ? word(key, words) : fallback;
  }
  Vec3 vector_or(const std::string& key, const Vec3& fallback) { return given(key) ? vector(key) : fallback; }
  /// A table that may be missing, then empty; the tables of an array of tables, none when it is missing.
  TableReader table_or_empty(const std::string& key);
  std::vector<TableReader> tables(const std::string& key);

  /// The node of a key for getters of the caller's own; marks it as read. Null when it is not there.
  const toml::node* node(const std::string& key);
  Place place_of(const toml::node& node) const;
  std::string name_of(const std::string& key) const { return path_.empty() ? key : path_ + "." + key; }
  const std::string& file() const { return file_; }

  /// Fails for keys that were not read.
  void finish() const;

 private:
  const toml::node& required(const std::string& key, const char* expected);
  [[noreturn]] void wrong(const std::string& key, const toml::node& found, const std::string& expected) const;
  double number_of(const std::string& key, const toml::node& node, Range range) const;

  const toml::table& table_;
  std::string path_, file_;
  std::vector<std::string> known_;
};

/// "a, b or c".
std::string joined(const std::vector<std::string>& words);
/// The word nearest to `found` by edit distance, if any is near.
std::optional<std::string> nearest(const std::string& found, const std::vector<std::string>& words);

}  // namespace hilbrick::fdtd
