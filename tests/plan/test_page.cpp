// SPDX-License-Identifier: BSD-3-Clause
// The page of hilbrick-plan --html: what it says is what the program says elsewhere, whatever the case.

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace {

using Json = nlohmann::ordered_json;
using Integers = std::vector<std::int64_t>;
namespace fs = std::filesystem;

constexpr std::size_t most_bytes = 5'000'000;

std::string contents(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The integers that page.hpp describes: base64, 7 bits a byte, zigzag, differences.
Integers unpacked(const Json& text) {
  const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const std::string code = text.get<std::string>();
  EXPECT_EQ(code.size() % 4, 0u);
  std::string bits;
  for (const char c : code.substr(0, code.find('=')))
    for (int b = 5; b >= 0; --b) bits += digits.find(c) >> b & 1 ? '1' : '0';
  Integers values;
  std::uint64_t value = 0;
  int shift = 0;
  std::int64_t before = 0;
  for (std::size_t at = 0; at + 8 <= bits.size(); at += 8) {
    const std::uint64_t byte = std::stoul(bits.substr(at, 8), nullptr, 2);
    value |= (byte & 127) << shift;
    shift += 7;
    if (byte & 128) continue;
    before += value % 2 == 1 ? -static_cast<std::int64_t>(value / 2) - 1 : static_cast<std::int64_t>(value / 2);
    values.push_back(before);
    value = 0;
    shift = 0;
  }
  EXPECT_EQ(shift, 0) << "the last number ends";
  return values;
}

class Page : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "hilbrick-page-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }

  fs::path file(const std::string& name) const { return folder_ / name; }

  /// The exit code; standard output and error go to the files out and err.
  int run(const std::string& arguments) const {
    const int status =
        std::system((std::string("cd '") + folder_.string() + "' && '" + HILBRICK_PLAN + "' " + arguments + " > out 2> err").c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  /// The data of the page for these arguments, and that the page is small, whole and alone.
  Json page(const std::string& arguments) const {
    EXPECT_EQ(run(arguments + " --html page.html"), 0) << arguments << '\n' << contents(file("err"));
    const std::string html = contents(file("page.html"));
    EXPECT_LE(html.size(), most_bytes);
    EXPECT_EQ(html.substr(0, 15), "<!doctype html>");
    EXPECT_EQ(html.substr(html.size() - 8), "</html>\n");
    const std::string opening = "<script type=\"application/json\" id=\"data\">", closing = "</script>";
    const std::size_t from = html.find(opening) + opening.size();
    const std::size_t to = html.find(closing, from);
    return Json::parse(html.substr(from, to - from));
  }

  Json report(const std::string& arguments) const {
    EXPECT_EQ(run(arguments + " --format json"), 0) << arguments << '\n' << contents(file("err"));
    return Json::parse(contents(file("out")));
  }

  /// The owner of each cell by --owners, x fastest.
  std::vector<std::int32_t> owners(const std::string& arguments) const {
    EXPECT_EQ(run(arguments + " --owners owners.npy"), 0) << arguments << '\n' << contents(file("err"));
    const std::string bytes = contents(file("owners.npy"));
    const std::size_t begin = bytes.find('\n') + 1;
    std::vector<std::int32_t> values((bytes.size() - begin) / sizeof(std::int32_t));
    std::memcpy(values.data(), bytes.data() + begin, values.size() * sizeof(std::int32_t));
    return values;
  }

 private:
  fs::path folder_;
};

/// The owner of each cell as a view draws it, x fastest.
std::vector<std::int32_t> drawn(const Json& view) {
  std::vector<std::int32_t> boxes;
  const Integers owners = unpacked(view["owners"]), lengths = unpacked(view["lengths"]);
  EXPECT_EQ(owners.size(), lengths.size());
  for (std::size_t i = 0; i < owners.size(); ++i) {
    EXPECT_TRUE(i == 0 || owners[i] != owners[i - 1]) << "runs are joined";
    boxes.insert(boxes.end(), static_cast<std::size_t>(lengths[i]), static_cast<std::int32_t>(owners[i]));
  }
  std::vector<Integers> box_of(3);  // of each plane of cells, along each axis
  for (std::size_t a = 0; a < 3; ++a) {
    const Integers planes = unpacked(view["planes"][a]);
    EXPECT_EQ(planes.front(), 0);
    for (std::size_t i = 0; i + 1 < planes.size(); ++i) {
      EXPECT_LT(planes[i], planes[i + 1]);
      box_of[a].insert(box_of[a].end(), static_cast<std::size_t>(planes[i + 1] - planes[i]), static_cast<std::int64_t>(i));
    }
  }
  const auto along = [&](std::size_t a) { return box_of[a].back() + 1; };
  EXPECT_EQ(static_cast<std::int64_t>(boxes.size()), along(0) * along(1) * along(2));
  std::vector<std::int32_t> cells;
  for (const auto z : box_of[2])
    for (const auto y : box_of[1])
      for (const auto x : box_of[0]) cells.push_back(boxes.at(static_cast<std::size_t>((z * along(1) + y) * along(0) + x)));
  return cells;
}

/// The row with the details of a result: its own, or the one that `auto` shares.
const Json& details(const Json& data, std::size_t row) {
  const Json& details = data["rows"][row];
  return details.contains("same_as") ? data["rows"][details["same_as"].get<std::size_t>()] : details;
}

TEST_F(Page, SaysWhatTheOtherReportsSay) {
  std::mt19937 random(1);
  const auto below = [&](unsigned n) { return static_cast<int>(random() % n); };
  for (int i = 0; i < 25; ++i) {
    std::string arguments = "--cells " + std::to_string(1 + below(14)) + 'x' + std::to_string(1 + below(14)) + 'x' +
                            std::to_string(8 + below(8)) + " --ranks " + std::to_string(1 + below(9)) + " --brick 1 --ranks-per-node " +
                            std::to_string(1 + below(4));
    if (below(2) == 0) arguments += " --distribution cyclic";
    if (below(3) == 0) arguments += " --periodic z";
    if (below(3) == 0) arguments += " --stencil box:1";
    if (below(2) == 0) {
      std::ofstream(file("mask.csv")) << "0,0,0,1,1,7\n0,0,4,1,1,8\n";
      arguments += " --active mask.csv";
    }
    SCOPED_TRACE(arguments);
    const Json data = page(arguments), expected = report(arguments + " --per-rank");
    ASSERT_EQ(data["rows"].size(), expected["results"].size());
    EXPECT_EQ(data["notes"], Json::array());
    const Json& advice = data["advice"][std::to_string(expected["results"][0]["ranks"].get<int>())];
    ASSERT_EQ(run(arguments), 0);
    const std::string table = contents(file("out"));
    for (const Json& sentence : advice) EXPECT_NE(table.find(sentence.get<std::string>()), std::string::npos) << sentence;
    for (std::size_t r = 0; r < data["rows"].size(); ++r) {
      Json result = expected["results"][r];
      const Json per_rank = result["per_rank"];
      result.erase("per_rank");
      EXPECT_EQ(data["report"]["results"][r], result);
      if (!result["feasible"]) {
        EXPECT_EQ(data["rows"][r], Json::object());
        continue;
      }
      const Json& row = details(data, r);
      EXPECT_TRUE(row["view"]["exact"]);
      EXPECT_EQ(drawn(row["view"]), owners(arguments + " --method " + result["method"].get<std::string>()));

      const Integers nodes = unpacked(data["nodes"][std::to_string(per_rank.size())]);
      ASSERT_EQ(nodes.size(), per_rank.size());
      for (std::size_t rank = 0; rank < nodes.size(); ++rank) EXPECT_EQ(nodes[rank], per_rank[rank]["node"]);
      const std::map<std::string, std::string> columns{{"cells", "cells"},
                                                       {"boxes", "boxes"},
                                                       {"messages", "messages"},
                                                       {"bytes", "bytes_per_step"},
                                                       {"internode", "internode_bytes_per_step"}};
      for (const auto& [ours, theirs] : columns) {
        const Integers values = unpacked(row["ranks"][ours]);
        ASSERT_EQ(values.size(), per_rank.size());
        for (std::size_t rank = 0; rank < values.size(); ++rank)
          EXPECT_EQ(values[rank], per_rank[rank][theirs]) << ours << " of rank " << rank;
      }
      Integers sorted = unpacked(row["ranks"]["bytes"]);
      std::sort(sorted.begin(), sorted.end());
      EXPECT_EQ(unpacked(row["sorted"]), sorted);

      // The peers: who sends to whom, as many of them and as many bytes as the report says.
      const Integers counts = unpacked(row["peers"]["counts"]), ranks = unpacked(row["peers"]["ranks"]),
                     bytes = unpacked(row["peers"]["bytes"]);
      ASSERT_EQ(counts.size(), per_rank.size());
      std::vector<std::set<std::int64_t>> peers(per_rank.size());
      std::size_t at = 0;
      for (std::size_t rank = 0; rank < counts.size(); ++rank) {
        std::int64_t sent = 0, internode = 0;
        for (std::int64_t k = 0; k < counts[rank]; ++k, ++at) {
          const auto peer = static_cast<std::size_t>(ranks.at(at));
          ASSERT_NE(peer, rank);
          peers.at(peer).insert(static_cast<std::int64_t>(rank));
          peers[rank].insert(ranks[at]);
          sent += bytes.at(at);
          if (per_rank[peer]["node"] != per_rank[rank]["node"]) internode += bytes[at];
        }
        EXPECT_EQ(sent, per_rank[rank]["bytes_per_step"]);
        EXPECT_EQ(internode, per_rank[rank]["internode_bytes_per_step"]);
      }
      EXPECT_EQ(at, ranks.size());
      for (std::size_t rank = 0; rank < peers.size(); ++rank) EXPECT_EQ(peers[rank].size(), per_rank[rank]["peers"]);
    }
  }
}

TEST_F(Page, LeavesTheOtherOutputAlone) {
  for (const std::string format : {"table", "json", "csv"}) {
    const std::string arguments = "--cells 32x32x32 --ranks 5,8 --brick 4 --format " + format;
    ASSERT_EQ(run(arguments), 0);
    const std::string without = contents(file("out"));
    ASSERT_EQ(run(arguments + " --html page.html"), 0);
    EXPECT_EQ(contents(file("out")), without);
  }
}

TEST_F(Page, IsTheSameAgain) {
  const std::string arguments = "--cells 32x32x32 --ranks 5,8 --brick 4 --html page.html";
  ASSERT_EQ(run(arguments), 0);
  const std::string once = contents(file("page.html"));
  ASSERT_EQ(run(arguments), 0);
  EXPECT_EQ(contents(file("page.html")), once);
}

TEST_F(Page, LoadsNothing) {
  page("--cells 8x8x8 --ranks 2");
  std::string html = contents(file("page.html"));
  const std::string svg = "http://www.w3.org/2000/svg";  // a name, not an address
  for (std::size_t at = 0; (at = html.find(svg, at)) != std::string::npos;) html.erase(at, svg.size());
  for (const char* word : {"http:", "https:", "//cdn", "src=", "@import", "url(", "fetch(", "XMLHttpRequest", "import("})
    EXPECT_EQ(html.find(word), std::string::npos) << word;
}

TEST_F(Page, WordsFromOutsideEndNoScriptAndShowTheCommand) {
  const std::string mask = "a <!--<script>&'\"\\ \xff{{data}}.csv";
  std::ofstream(file(mask)) << "0,0,0,8,8,4\n";
  const Json data = page("--cells 8x8x8 --ranks 2 --active \"$(echo *{{data}}.csv)\"");
  EXPECT_EQ(data["command"],
            "hilbrick-plan --cells 8x8x8 --ranks 2 --active 'a <!--<script>&'\\''\"\\ \xEF\xBF\xBD{{data}}.csv' --html page.html");
  const std::string html = contents(file("page.html"));
  EXPECT_EQ(html.find("<!--<script>"), std::string::npos);
}

TEST_F(Page, NumbersBeyond32Bits) {
  const Json data = page("--cells 2000000000x2x2 --ranks 3 --brick 2000000 --method slab,hilbert");
  for (std::size_t row = 0; row < 2; ++row) {
    EXPECT_EQ(unpacked(data["rows"][row]["view"]["planes"][0]).back(), 2'000'000'000);
    const Integers cells = unpacked(data["rows"][row]["ranks"]["cells"]);
    EXPECT_EQ(std::accumulate(cells.begin(), cells.end(), std::int64_t{0}), 8'000'000'000);
  }
}

TEST_F(Page, CoarsensWhatIsTooFineAndSaysSo) {
  // A checkered mask has more planes than can be drawn.
  std::ofstream mask(file("mask.csv"));
  for (int z = 0; z < 60; ++z)
    for (int i = 0; i < 60; ++i)
      mask << i << ',' << (i + z) % 60 << ',' << z << ',' << i + 1 << ',' << (i + z) % 60 + 1 << ',' << z + 1 << '\n';
  mask.close();
  const Json data = page("--cells 60x60x60 --ranks 3 --brick 1 --method hilbert --active mask.csv");
  const Json& view = data["rows"][0]["view"];
  EXPECT_FALSE(view["exact"]);
  EXPECT_EQ(drawn(view).size(), 60u * 60 * 60);
  std::size_t boxes = 1;
  for (const Json& planes : view["planes"]) boxes *= unpacked(planes).size() - 1;
  EXPECT_LE(boxes, 131'072u);
  EXPECT_GT(boxes, 10'000u);
}

TEST_F(Page, LeavesOutWhatDoesNotFitAndSaysSo) {
  const Json data = page("--cells 30000x1x1 --ranks 30000,20 --method slab");
  EXPECT_TRUE(data["rows"][0].contains("view"));
  EXPECT_FALSE(data["rows"][0].contains("ranks"));
  EXPECT_FALSE(data["rows"][0].contains("peers"));
  EXPECT_EQ(unpacked(data["rows"][0]["sorted"]).size(), 1001u);
  EXPECT_TRUE(data["rows"][1].contains("peers"));
  ASSERT_EQ(data["notes"].size(), 2u);
  for (const Json& note : data["notes"]) EXPECT_NE(note.get<std::string>().find("slab at 30000"), std::string::npos) << note;
}

TEST_F(Page, AppearsWholeOrNotAtAll) {
  const std::string arguments = "--cells 8x8x8 --ranks 2 --html ";
  for (const char* bad : {"no/such/folder.html", ".", "/dev/null"}) {
    EXPECT_EQ(run(arguments + bad), 2);
    EXPECT_NE(contents(file("err")).find(std::string("--html: cannot write ") + bad), std::string::npos) << contents(file("err"));
  }
  std::ofstream(file("old.html")) << "something else";
  EXPECT_EQ(run(arguments + "old.html"), 0);
  EXPECT_EQ(contents(file("old.html")).substr(0, 15), "<!doctype html>");
  EXPECT_FALSE(fs::exists(file("old.html.part")));
}

}  // namespace
