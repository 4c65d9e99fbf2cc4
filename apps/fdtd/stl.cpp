// SPDX-License-Identifier: BSD-3-Clause
#include "stl.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <hilbrick/partition/error.hpp>

namespace hilbrick::fdtd {
namespace {

constexpr std::size_t header_bytes = 80, count_bytes = 4, triangle_bytes = 50, normal_bytes = 12;

std::uint32_t word_at(std::string_view bytes, std::size_t at) {
  std::uint32_t word = 0;
  for (std::size_t i = 0; i < 4; ++i) word |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at + i])) << (8 * i);
  return word;
}

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\v' || c == '\f'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// The words of a text, with the lines that they stand on.
class Words {
 public:
  Words(std::string_view text, const std::string& file) : text_(text), file_(file) {}

  /// The next word in lower case; empty at the end.
  std::string next() {
    std::string word(next_as_written());
    std::transform(word.begin(), word.end(), word.begin(), lower);
    return word;
  }
  void expect(std::string_view word) {
    const std::string found = next();
    if (found != word) fail(fmt::format("\"{}\"", word), found);
  }
  double number() {
    std::string_view word = next_as_written();
    const std::string found(word);
    if (word.size() > 1 && word[0] == '+' && word[1] != '-') word.remove_prefix(1);
    double value = 0;
    const auto [end, problem] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (problem != std::errc{} || end != word.data() + word.size() || !std::isfinite(value)) fail("a finite number", found);
    return value;
  }
  /// What is left of the line, without space at both ends.
  std::string rest_of_line() {
    std::size_t end = std::min(text_.find('\n', at_), text_.size());
    std::size_t begin = at_;
    at_ = end;
    while (begin < end && is_space(text_[begin])) ++begin;
    while (end > begin && is_space(text_[end - 1])) --end;
    return std::string(text_.substr(begin, end - begin));
  }
  [[noreturn]] void fail(const std::string& expected, const std::string& found) const {
    std::string shown;
    for (const char c : found.substr(0, 40)) shown += c >= ' ' && c <= '~' ? c : '?';
    throw Error(fmt::format("{}:{}: expected {}, found {}; the file is no whole STL text", file_, line_, expected,
                            found.empty() ? "the end of the file" : "\"" + shown + "\""));
  }

 private:
  std::string_view next_as_written() {
    for (; at_ < text_.size() && is_space(text_[at_]); ++at_)
      if (text_[at_] == '\n') ++line_;
    const std::size_t begin = at_;
    while (at_ < text_.size() && !is_space(text_[at_])) ++at_;
    return text_.substr(begin, at_ - begin);
  }

  std::string_view text_;
  const std::string& file_;
  std::size_t at_ = 0;
  Index line_ = 1;
};

std::vector<Solid> read_text(std::string_view bytes, const std::string& file) {
  std::vector<Solid> solids;
  Words words(bytes, file);
  Index count = 0;
  for (std::string word = words.next(); !word.empty(); word = words.next()) {
    if (word != "solid") words.fail("\"solid\"", word);
    Solid solid;
    solid.name = words.rest_of_line();
    solid.first_number = count + 1;
    for (word = words.next(); word == "facet"; word = words.next()) {
      words.expect("normal");
      for (int i = 0; i < 3; ++i) words.next();  // some programs write nan
      words.expect("outer");
      words.expect("loop");
      Solid::Corners& corners = solid.triangles.emplace_back();
      for (auto& corner : corners) {
        words.expect("vertex");
        for (double& x : corner) x = words.number();
      }
      words.expect("endloop");
      words.expect("endfacet");
      ++count;
    }
    if (word != "endsolid") words.fail("\"facet\" or \"endsolid\"", word);
    words.rest_of_line();
    if (!solid.triangles.empty()) solids.push_back(std::move(solid));
  }
  return solids;
}

std::vector<Solid> read_binary(std::string_view bytes, const std::string& file) {
  if (bytes.size() < header_bytes + count_bytes)
    throw Error(
        fmt::format("{}: byte {}: expected \"solid\" (ASCII STL), or {} bytes and more (binary STL), found the end of the file; it "
                    "is no STL file, or a truncated one",
                    file, bytes.size(), header_bytes + count_bytes));
  const std::size_t count = word_at(bytes, header_bytes);
  const std::size_t expected = header_bytes + count_bytes + count * triangle_bytes;
  if (bytes.size() != expected)
    throw Error(
        fmt::format("{}: byte {}: expected {} triangles as bytes 80 to 83 say, which take {} bytes, found {} bytes; the file is "
                    "{}",
                    file, std::min(bytes.size(), expected), count, expected, bytes.size(),
                    bytes.size() < expected ? "truncated, or no STL" : "no STL, or has something appended"));
  Solid solid;
  for (const char c : bytes.substr(0, header_bytes))
    if (c >= ' ' && c <= '~') solid.name += c;
  solid.name.erase(std::find_if(solid.name.rbegin(), solid.name.rend(), [](char c) { return c != ' '; }).base(), solid.name.end());
  solid.triangles.resize(count);
  std::size_t at = header_bytes + count_bytes;
  for (Solid::Corners& corners : solid.triangles) {
    std::size_t value = at + normal_bytes;
    for (auto& corner : corners)
      for (double& x : corner) {
        x = static_cast<double>(std::bit_cast<float>(word_at(bytes, value)));
        if (!std::isfinite(x))
          throw Error(fmt::format("{}: byte {}: expected a finite coordinate, found {}, in triangle {}; the file is damaged", file, value,
                                  x, (at - header_bytes - count_bytes) / triangle_bytes + 1));
        value += 4;
      }
    at += triangle_bytes;
  }
  if (count == 0) return {};
  return {std::move(solid)};
}

/// ASCII starts with "solid"; so does many a binary header, but then the size fits the count.
bool is_text(std::string_view bytes) {
  const std::size_t at = static_cast<std::size_t>(std::find_if_not(bytes.begin(), bytes.end(), is_space) - bytes.begin());
  const std::string_view word = bytes.substr(at, 5);
  if (!std::equal(word.begin(), word.end(), "solid", [](char a, char b) { return lower(a) == b; }) || word.size() < 5) return false;
  return bytes.size() < header_bytes + count_bytes ||
         bytes.size() != header_bytes + count_bytes + std::size_t{word_at(bytes, header_bytes)} * triangle_bytes;
}

}  // namespace

std::vector<Solid> read_stl(std::string_view bytes, const std::string& file) {
  std::vector<Solid> solids = is_text(bytes) ? read_text(bytes, file) : read_binary(bytes, file);
  if (solids.empty()) throw Error(fmt::format("{}: byte {}: expected at least one triangle, found none", file, bytes.size()));
  return solids;
}

}  // namespace hilbrick::fdtd
