// SPDX-License-Identifier: BSD-3-Clause
// hilbrick-plan as a user runs it.

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <hilbrick/partition/metrics.hpp>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

namespace hilbrick {
namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

std::string contents(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

struct Result {
  int code;
  std::string out, err;
};

class PlanProgram : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "hilbrick-plan-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }

  fs::path file(const std::string& name) const { return folder_ / name; }
  fs::path write(const std::string& name, const std::string& text) const {
    std::ofstream(file(name)) << text;
    return file(name);
  }

  Result run(const std::string& arguments) const {
    const std::string command =
        std::string("'") + HILBRICK_PLAN + "' " + arguments + " > '" + file("out").string() + "' 2> '" + file("err").string() + "'";
    const int status = std::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, contents(file("out")), contents(file("err"))};
  }
  Json json(const std::string& arguments) const {
    const Result result = run(arguments + " --format json");
    EXPECT_EQ(result.code, 0) << arguments << '\n' << result.err;
    return Json::parse(result.out);
  }

  /// The program must refuse: exit code 2, nothing on stdout, and one line on stderr that holds each of the words.
  void expect_refusal(const std::string& arguments, const std::vector<std::string>& words) const {
    const Result result = run(arguments);
    EXPECT_EQ(result.code, 2) << arguments << '\n' << result.err;
    EXPECT_EQ(result.out, "") << arguments;
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
    for (const std::string& word : words) EXPECT_NE(result.err.find(word), std::string::npos) << "no '" << word << "' in: " << result.err;
  }

 private:
  fs::path folder_;
};

constexpr const char* field_names[] = {"method",
                                       "ranks",
                                       "feasible",
                                       "reason",
                                       "chosen",
                                       "exact",
                                       "sample",
                                       "cells_max",
                                       "cells_mean",
                                       "imbalance",
                                       "faces_total",
                                       "faces_max",
                                       "bytes_per_step_max",
                                       "bytes_per_step_mean",
                                       "bytes_per_step_total",
                                       "messages_per_step_max",
                                       "peers_max",
                                       "peers_mean",
                                       "boxes_max",
                                       "internode_bytes_per_step_total",
                                       "internode_bytes_per_step_max",
                                       "vs_slab_max",
                                       "vs_slab_total",
                                       "ideal_ratio",
                                       "model_step_seconds"};

TEST_F(PlanProgram, JsonHasExactlyTheAgreedFields) {
  const Json report = json("--cells 40x30x20 --ranks 6 --per-rank");
  ASSERT_EQ(report.size(), 2u);
  EXPECT_EQ(report["grid"]["cells"], Json::array({40, 30, 20}));
  ASSERT_EQ(report["results"].size(), all_methods.size());
  for (const Json& row : report["results"]) {
    std::vector<std::string> names(std::begin(field_names), std::end(field_names)), found;
    names.emplace_back("per_rank");
    for (const auto& [name, value] : row.items()) found.push_back(name);
    EXPECT_EQ(found, names);
    ASSERT_EQ(row["per_rank"].size(), 6u);
    for (const char* name : {"rank", "node", "cells", "boxes", "peers", "messages", "bytes_per_step", "internode_bytes_per_step"})
      EXPECT_TRUE(row["per_rank"][5].contains(name)) << name;
    EXPECT_EQ(row["per_rank"][5].size(), 8u);
  }
  EXPECT_FALSE(json("--cells 40x30x20 --ranks 6")["results"][0].contains("per_rank"));
}

TEST_F(PlanProgram, JsonSaysWhatTheLibraryMeasures) {
  const Json report = json(
      "--cells 40x30x20 --ranks 7 --brick 5 --method hilbert --stencil star:2 --bytes 8 --periodic zx --ranks-per-node 3 --distribution "
      "cyclic");
  const Json& row = report["results"].at(0);
  Machine machine;
  machine.ranks_per_node = 3;
  machine.distribution = Distribution::cyclic;
  const Stencil stencil = Stencil::star(2);
  const Partition partition = make_partition(Tiling({{40, 30, 20}, {true, false, true}}, 5), {}, stencil, machine, 7, Method::hilbert, 8);
  const Metrics m = measure(partition, stencil, machine, 8);
  EXPECT_EQ(row["feasible"], true);
  EXPECT_EQ(row["exact"], true);
  EXPECT_TRUE(row["sample"].is_null());
  EXPECT_TRUE(row["reason"].is_null());
  EXPECT_TRUE(row["chosen"].is_null());
  EXPECT_EQ(row["cells_max"], m.cells_max);
  EXPECT_EQ(row["cells_mean"], m.cells_mean);
  EXPECT_EQ(row["imbalance"], m.imbalance);
  EXPECT_EQ(row["faces_total"], m.faces_total);
  EXPECT_EQ(row["faces_max"], m.faces_max);
  EXPECT_EQ(row["bytes_per_step_max"], m.bytes_per_step_max);
  EXPECT_EQ(row["bytes_per_step_mean"], m.bytes_per_step_mean);
  EXPECT_EQ(row["bytes_per_step_total"], m.bytes_per_step_total);
  EXPECT_EQ(row["messages_per_step_max"], m.messages_per_step_max);
  EXPECT_EQ(row["peers_max"], m.peers_max);
  EXPECT_EQ(row["peers_mean"], m.peers_mean);
  EXPECT_EQ(row["boxes_max"], m.boxes_max);
  EXPECT_EQ(row["internode_bytes_per_step_total"], m.internode_bytes_per_step_total);
  EXPECT_EQ(row["internode_bytes_per_step_max"], m.internode_bytes_per_step_max);
  EXPECT_EQ(row["model_step_seconds"], step_time(m));
  EXPECT_TRUE(row["ideal_ratio"].is_null()) << "the grid is periodic";
  const Metrics slab = measure(make_partition(partition.tiling(), {}, stencil, machine, 7, Method::slab, 8), stencil, machine, 8);
  EXPECT_EQ(row["vs_slab_max"], static_cast<double>(m.bytes_per_step_max) / static_cast<double>(slab.bytes_per_step_max));
  EXPECT_EQ(row["vs_slab_total"], static_cast<double>(m.bytes_per_step_total) / static_cast<double>(slab.bytes_per_step_total));
}

// Reference value: one face of 32^2 cells between two ranks, 16 bytes a cell in all.
TEST_F(PlanProgram, TwoRanksShareOneFace) {
  const Json row = json("--cells 32x32x32 --ranks 2 --method slab --brick 1 --face-cost 1:1:1")["results"][0];
  EXPECT_EQ(row["faces_total"], 1024);
  EXPECT_EQ(row["bytes_per_step_total"], 16 * 1024);
  EXPECT_EQ(row["vs_slab_max"], 1.0);
}

TEST_F(PlanProgram, RowsComeByRanksThenMethodAsAsked) {
  const Json report = json("--cells 16x16x16 --ranks 5,2 --method hilbert,slab,auto --brick 4");
  std::vector<std::string> got;
  for (const Json& row : report["results"]) got.push_back(row["method"].get<std::string>() + std::to_string(row["ranks"].get<int>()));
  EXPECT_EQ(got, (std::vector<std::string>{"hilbert5", "slab5", "auto5", "hilbert2", "slab2", "auto2"}));
}

TEST_F(PlanProgram, AutoTriesEveryMethodAndNamesItsChoice) {
  const Json all = json("--cells 48x40x20 --ranks 6,7,61 --brick 4");
  for (std::size_t first = 0; first < all["results"].size(); first += all_methods.size()) {
    const Json& automatic = all["results"][first + all_methods.size() - 1];
    ASSERT_EQ(automatic["method"], "auto");
    bool found = false;
    for (std::size_t i = first; i < first + all_methods.size() - 1; ++i) {
      const Json& row = all["results"][i];
      if (!row["feasible"].get<bool>()) continue;
      EXPECT_LE(automatic["model_step_seconds"].get<double>(), row["model_step_seconds"].get<double>());
      if (row["method"] != automatic["chosen"]) continue;
      found = true;
      EXPECT_EQ(automatic["bytes_per_step_total"], row["bytes_per_step_total"]);
    }
    EXPECT_TRUE(found);
  }
  const Json alone = json("--cells 48x40x20 --ranks 7 --brick 4 --method auto");
  EXPECT_EQ(alone["results"][0]["chosen"], all["results"][2 * all_methods.size() - 1]["chosen"]);
}

TEST_F(PlanProgram, InfeasibleRowsHaveAReasonAndNulls) {
  const Json report = json("--cells 8x8x8 --ranks 11 --brick 2");
  for (const Json& row : report["results"]) {
    const bool cartesian = row["method"] == "slab" || row["method"] == "pencil" || row["method"] == "box";
    EXPECT_EQ(row["feasible"], !cartesian);
    EXPECT_EQ(row["reason"].is_string(), cartesian);
    for (const char* name : {"cells_max", "imbalance", "bytes_per_step_total", "peers_mean", "model_step_seconds", "exact"})
      EXPECT_EQ(row[name].is_null(), cartesian) << row["method"] << ' ' << name;
    EXPECT_TRUE(row["vs_slab_max"].is_null()) << "there is no slab to compare with";
    EXPECT_TRUE(row["vs_slab_total"].is_null());
  }
}

TEST_F(PlanProgram, NothingFeasibleIsExitCode2) {
  const Result result = run("--cells 8x8x8 --ranks 11 --method slab,box --format json");
  EXPECT_EQ(result.code, 2);
  EXPECT_EQ(Json::parse(result.out)["results"].size(), 2u);
  EXPECT_NE(result.err.find("11 ranks"), std::string::npos) << result.err;
  EXPECT_EQ(run("--cells 8x8x8 --ranks 11,8 --method slab").code, 0) << "one row is feasible";
}

TEST_F(PlanProgram, OneRankHasNoSlabToBeat) {
  const Json row = json("--cells 8x8x8 --ranks 1 --method hilbert")["results"][0];
  EXPECT_EQ(row["bytes_per_step_total"], 0);
  EXPECT_TRUE(row["vs_slab_max"].is_null());
}

TEST_F(PlanProgram, PerRankSharesAddUp) {
  const Json row = json("--cells 40x30x20 --ranks 7 --brick 5 --method morton --ranks-per-node 2 --per-rank")["results"][0];
  Index cells = 0, bytes = 0, abroad = 0;
  for (const Json& rank : row["per_rank"]) {
    EXPECT_EQ(rank["node"].get<int>(), rank["rank"].get<int>() / 2);
    cells += rank["cells"].get<Index>();
    bytes += rank["bytes_per_step"].get<Index>();
    abroad += rank["internode_bytes_per_step"].get<Index>();
  }
  EXPECT_EQ(cells, 40 * 30 * 20);
  EXPECT_EQ(bytes, row["bytes_per_step_total"].get<Index>());
  EXPECT_EQ(abroad, row["internode_bytes_per_step_total"].get<Index>());
}

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

TEST_F(PlanProgram, CsvHasTheSameColumnsAndValuesAsJson) {
  const std::string arguments = "--cells 20x12x8 --ranks 4,23 --brick 4 --method slab,hilbert,box";
  const std::vector<std::string> lines = lines_of(run(arguments + " --format csv").out);
  const Json report = json(arguments);
  ASSERT_EQ(lines.size(), 1 + report["results"].size());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::string expected;
    for (const char* name : field_names) {
      if (!expected.empty()) expected += ',';
      if (i == 0) {
        expected += name;
        continue;
      }
      const Json& value = report["results"][i - 1][name];
      expected += value.is_null() ? "" : value.is_string() ? value.get<std::string>() : value.dump();
    }
    EXPECT_EQ(lines[i], expected);
  }
  const std::vector<std::string> ranks = lines_of(run(arguments + " --format csv --per-rank").out);
  ASSERT_FALSE(ranks.empty());
  EXPECT_EQ(ranks[0], "method,ranks,rank,node,cells,boxes,peers,messages,bytes_per_step,internode_bytes_per_step");
  EXPECT_EQ(ranks.size(), 1u + 3 * 4 + 23) << "23 ranks are a prime beyond every axis";
}

TEST_F(PlanProgram, TableNamesEveryMethodTheWinnerAndWhyOthersCannot) {
  const Result result = run("--cells 48x40x20 --ranks 8,61 --brick 4 --ranks-per-node 4 --per-rank");
  EXPECT_EQ(result.code, 0) << result.err;
  for (const Method method : all_methods)
    EXPECT_NE(result.out.find('\n' + std::string("  ") + std::string(name_of(method))), std::string::npos);
  EXPECT_NE(result.out.find("61 ranks on 16 nodes"), std::string::npos) << result.out;
  EXPECT_NE(result.out.find("infeasible: 61 ranks"), std::string::npos) << result.out;
  std::size_t winners = 0;
  for (const std::string& line : lines_of(result.out)) winners += line.find("<-") != std::string::npos ? 1 : 0;
  EXPECT_EQ(winners, 2u) << result.out;
}

TEST_F(PlanProgram, TableScalesAndExplains) {
  const std::string one = run("--cells 64x64x64 --ranks 8").out;
  EXPECT_EQ(one.find("times as fast"), std::string::npos) << "one number of ranks does not scale";
  EXPECT_NE(one.find("auto took "), std::string::npos) << one;
  EXPECT_NE(one.find("Advice: "), std::string::npos) << one;
  const std::string three = run("--cells 64x64x64 --ranks 64,8,13 --method slab,hilbert").out;
  EXPECT_EQ(three.find("auto took "), std::string::npos) << three;
  EXPECT_NE(three.find("times as fast as on 8 ranks"), std::string::npos) << three;
  const auto heading = three.find("method", three.find("times as fast"));
  EXPECT_LT(three.find("8 ranks", heading), three.find("13 ranks", heading));
  EXPECT_LT(three.find("13 ranks", heading), three.find("64 ranks", heading)) << "fewest first";
  EXPECT_NE(three.find("Sent by the busiest rank"), std::string::npos) << three;
}

TEST_F(PlanProgram, MachineFileIsReadAndOptionsWin) {
  const auto machine =
      write("machine.toml", "seconds_per_cell = 1e-8\nface_cost = [9, 9, 1]\nranks_per_node = [3, 1]\ndistribution = \"cyclic\"\n");
  const std::string with = "--cells 32x32x16 --machine '" + machine.string() + "' --ranks ";
  const Json two = json(with + "2 --method box")["results"][0];
  EXPECT_EQ(two["faces_total"], 32 * 32) << "face_cost";
  EXPECT_GT(two["model_step_seconds"].get<double>(), 1e-8 * 32 * 32 * 8) << "seconds_per_cell";
  const auto nodes = [&](const std::string& arguments) {
    const Json report = json(arguments + " --brick 4 --method hilbert --per-rank");
    std::vector<int> found;
    for (const Json& rank : report["results"][0]["per_rank"]) found.push_back(rank["node"]);
    return found;
  };
  EXPECT_EQ(nodes(with + "6"), (std::vector<int>{0, 1, 2, 3, 0, 0})) << "one by one, until a node is full";
  EXPECT_EQ(nodes(with + "6 --distribution block"), (std::vector<int>{0, 0, 0, 1, 2, 3}));
  EXPECT_EQ(nodes(with + "6 --ranks-per-node 2"), (std::vector<int>{0, 1, 2, 0, 1, 2}));
  EXPECT_EQ(nodes(with + "6 --ranks-per-node 4 --distribution plane:2"), (std::vector<int>{0, 0, 1, 1, 0, 0}));
  EXPECT_EQ(nodes(with + "8 --ranks-per-node 4,3,2 --distribution plane:3"), (std::vector<int>{0, 0, 0, 1, 1, 1, 2, 2}));
  EXPECT_EQ(json(with + "2 --method box --face-cost 1:1:1")["results"][0]["faces_total"], 32 * 16);
}

TEST_F(PlanProgram, WrongMachineFilesAreRefusedByLine) {
  const auto refused = [&](const std::string& text, const std::vector<std::string>& words) {
    expect_refusal("--cells 8x8x8 --ranks 2 --machine '" + write("machine.toml", text).string() + "'", words);
  };
  refused("\nmessage_second = 1\n", {"machine.toml:2:1: message_second: unknown key", "message_seconds"});
  refused("message_seconds = -1\n", {"machine.toml:1:19: message_seconds: expected a number above 0"});
  refused("message_seconds = [\n", {"machine.toml:"});
  expect_refusal("--cells 8x8x8 --ranks 2 --machine /no/such/machine.toml", {"/no/such/machine.toml"});
  expect_refusal("--cells 8x8x8 --ranks 2 --machine /tmp", {"/tmp"});
}

TEST_F(PlanProgram, DeadlineIsMetOrNotByRow) {
  const std::string arguments = "--cells 64x64x64 --ranks 2,61,67 --method slab,hilbert --brick 4 --deadline ";
  const Json plain = json("--cells 64x64x64 --ranks 2,61,67 --method slab,hilbert --brick 4");
  EXPECT_FALSE(plain.contains("deadline_s"));
  const double deadline = plain["results"][3]["model_step_seconds"];  // hilbert's on 61 ranks
  const Json report = json(arguments + std::to_string(deadline * 1.001));
  EXPECT_DOUBLE_EQ(report["deadline_s"], std::stod(std::to_string(deadline * 1.001)));
  for (const Json& row : report["results"]) {
    if (row["feasible"].get<bool>())
      EXPECT_EQ(row["meets_deadline"], row["model_step_seconds"].get<double>() <= report["deadline_s"].get<double>());
    else
      EXPECT_TRUE(row["meets_deadline"].is_null());
  }
  const std::string table = run(arguments + "1e-12").out;
  EXPECT_NE(table.find("too slow: "), std::string::npos) << table;
  EXPECT_NE(table.find("computing alone takes"), std::string::npos) << table;
  EXPECT_NE(run(arguments + "1").out.find("fits on 2, 61 ranks; on 2 communication takes"), std::string::npos);
}

TEST_F(PlanProgram, FailuresCostTime) {
  const std::string arguments =
      "--cells 256x256x256 --ranks 8,512,1021 --ranks-per-node 4 --method slab,hilbert --mtbf-hours 1000 "
      "--checkpoint-seconds 60 --steps 50000000";
  const Json report = json(arguments);
  EXPECT_EQ(report["availability"], Json({{"node_mtbf_seconds", 3.6e6}, {"checkpoint_seconds", 60.0}, {"steps", 50000000}}));
  for (const Json& row : report["results"]) {
    const Json& a = row["availability"];
    EXPECT_EQ(a.size(), 5u);
    EXPECT_EQ(row["feasible"], !a["expected_seconds"].is_null());
    if (!row["feasible"].get<bool>()) continue;
    const int nodes = row["ranks"].get<int>() / 4 + (row["ranks"].get<int>() % 4 > 0 ? 1 : 0);
    EXPECT_EQ(a["nodes"], nodes);
    EXPECT_DOUBLE_EQ(a["mtbf_seconds"], 3.6e6 / nodes);
    const double work = row["model_step_seconds"].get<double>() * 5e7;
    EXPECT_GT(a["expected_seconds"].get<double>(), work);
    EXPECT_NEAR(a["overhead"].get<double>(), a["expected_seconds"].get<double>() / work - 1, 1e-9);
  }
  const std::vector<std::string> lines = lines_of(run(arguments + " --format csv").out);
  ASSERT_EQ(lines.size(), 7u);
  EXPECT_NE(lines[0].find(",availability_nodes,availability_mtbf_seconds,availability_checkpoint_interval_seconds,"), std::string::npos);
  for (const std::string& line : lines)
    EXPECT_EQ(std::count(line.begin(), line.end(), ','), std::count(lines[0].begin(), lines[0].end(), ','));
  EXPECT_NE(run(arguments).out.find("overhead"), std::string::npos);
  const Json never = json("--cells 8x8x8 --ranks 2 --method slab --mtbf-hours 1e-6 --checkpoint-seconds 600")["results"][0]["availability"];
  EXPECT_TRUE(never["expected_seconds"].is_null()) << "it fails before it has read its checkpoint";
  EXPECT_NE(run("--cells 8x8x8 --ranks 2 --method slab --mtbf-hours 1e-6 --checkpoint-seconds 600").out.find("never"), std::string::npos);
}

TEST_F(PlanProgram, RepeatsItselfToTheByte) {
  const std::string arguments = "--cells 48x40x20 --ranks 6,61 --brick 4 --per-rank --deadline 1e-4 --mtbf-hours 9 --checkpoint-seconds 9";
  for (const char* format : {"table", "json", "csv"}) {
    const std::string once = run(arguments + " --format " + format).out;
    EXPECT_EQ(once, run(arguments + " --format " + format).out) << format;
    EXPECT_FALSE(once.empty());
  }
}

TEST_F(PlanProgram, WeightsAndMasksReachThePlan) {
  const auto mask = write("active.csv", "# two boxes that overlap\n0,0,0,8,16,16\r\n\n 4, 0, 0, 12, 16, 16\n");
  const Json report = json("--cells 16x16x16 --ranks 3 --brick 4 --method hilbert --active '" + mask.string() + "' --per-rank");
  EXPECT_EQ(report["grid"]["active_cells"], 12 * 16 * 16);
  EXPECT_EQ(report["results"][0]["cells_mean"], 12 * 16 * 16 / 3);
  const Json plain = json("--cells 32x32x32 --ranks 5 --brick 2 --method hilbert")["results"][0];
  const Json heavy = json("--cells 32x32x32 --ranks 5 --brick 2 --method hilbert --boundary-cost 8:9")["results"][0];
  EXPECT_NE(plain["cells_max"], heavy["cells_max"]);
  EXPECT_LT(heavy["imbalance"].get<double>(), 1.1);
}

TEST_F(PlanProgram, FaceCostTurnsTheBox) {
  const auto faces = [&](const std::string& cost) {
    return json("--cells 32x32x16 --ranks 2 --method box --face-cost " + cost)["results"][0]["faces_total"].get<Index>();
  };
  EXPECT_EQ(faces("1:1:1"), 32 * 16);
  EXPECT_EQ(faces("9:9:1"), 32 * 32) << "the face normal to z is larger and cheaper";
}

/// A NumPy file of int32, read by its own description of itself.
struct Owners {
  std::array<Index, 3> shape{};  // z, y, x
  std::vector<std::int32_t> values;
  std::int32_t at(Index x, Index y, Index z) const { return values.at(static_cast<std::size_t>(x + shape[2] * (y + shape[1] * z))); }
};
Owners read_owners(const fs::path& file) {
  const std::string bytes = contents(file);
  EXPECT_EQ(bytes.substr(0, 8), std::string("\x93NUMPY\x01\x00", 8));
  const std::size_t length = static_cast<unsigned char>(bytes.at(8)) + 256u * static_cast<unsigned char>(bytes.at(9));
  EXPECT_EQ((10 + length) % 64, 0u);
  const std::string header = bytes.substr(10, length);
  EXPECT_EQ(header.back(), '\n');
  EXPECT_NE(header.find("'descr': '<i4'"), std::string::npos) << header;
  EXPECT_NE(header.find("'fortran_order': False"), std::string::npos) << header;
  Owners owners;
  long long z = 0, y = 0, x = 0;
  EXPECT_EQ(std::sscanf(header.c_str() + header.find("'shape': ("), "'shape': (%lld, %lld, %lld)", &z, &y, &x), 3) << header;
  owners.shape = {z, y, x};
  owners.values.resize(static_cast<std::size_t>(x * y * z));
  EXPECT_EQ(bytes.size(), 10 + length + 4 * owners.values.size());
  if (bytes.size() == 10 + length + 4 * owners.values.size())
    std::memcpy(owners.values.data(), bytes.data() + 10 + length, 4 * owners.values.size());
  return owners;
}

TEST_F(PlanProgram, OwnersAreExactForBricksOfOneCell) {
  const auto mask = write("active.csv", "0,0,0,6,7,5\n3,3,3,9,7,8\n");
  for (const char* method : {"slab", "pencil", "box", "morton", "hilbert", "auto"}) {
    const auto npy = file("owners.npy");
    const Result result = run(std::string("--cells 9x7x8 --ranks 6 --brick 1 --format json --method ") + method + " --active '" +
                              mask.string() + "' --owners '" + npy.string() + "'");
    ASSERT_EQ(result.code, 0) << result.err;
    const Json row = Json::parse(result.out)["results"][0];
    const Owners owners = read_owners(npy);
    EXPECT_EQ(owners.shape, (std::array<Index, 3>{8, 7, 9}));
    // Who owns what, counted from the file alone, is what the report says.
    std::vector<Index> cells(6, 0);
    Index faces = 0;
    for_each_cell(Box{{0, 0, 0}, {9, 7, 8}}, [&](Int3 c) {
      const int owner = owners.at(c.x, c.y, c.z);
      const bool active = Box{{0, 0, 0}, {6, 7, 5}}.contains(c) || Box{{3, 3, 3}, {9, 7, 8}}.contains(c);
      ASSERT_EQ(owner >= 0, active);
      ASSERT_LT(owner, 6);
      if (owner < 0) return;
      ++cells[static_cast<std::size_t>(owner)];
      for (int a = 0; a < 3; ++a) {
        const Int3 next = c + unit(a);
        if (!Box{{0, 0, 0}, {9, 7, 8}}.contains(next)) continue;
        const int other = owners.at(next.x, next.y, next.z);
        faces += other >= 0 && other != owner ? 1 : 0;
      }
    });
    EXPECT_EQ(row["cells_max"], *std::max_element(cells.begin(), cells.end())) << method;
    EXPECT_EQ(row["faces_total"], faces) << method;
    EXPECT_FALSE(fs::exists(npy.string() + ".part"));
  }
}

TEST_F(PlanProgram, OwnersOfSharedBricksAreThoseWhoOwnMost) {
  // 3 ranks of 10 cells each on 4 bricks of 7 or 8: brick 1 is cells 7..14, 3 of rank 0 and 5 of rank 1.
  ASSERT_EQ(run("--cells 1x1x30 --ranks 3 --brick 8 --method slab --owners '" + file("o.npy").string() + "'").code, 0);
  EXPECT_EQ(read_owners(file("o.npy")).values, (std::vector<std::int32_t>{0, 1, 1, 2}));
}

TEST_F(PlanProgram, OwnersReplaceAFileWholeOrRefuse) {
  const auto old = write("owners.npy", "something else");
  ASSERT_EQ(run("--cells 4x4x4 --ranks 2 --brick 2 --method hilbert --owners '" + old.string() + "'").code, 0);
  EXPECT_EQ(read_owners(old).values.size(), 8u);
  const std::string one = "--cells 4x4x4 --ranks 2 --method hilbert --owners ";
  for (const fs::path& bad : {file("no/such/folder.npy"), file("."), fs::path("/dev/null")}) {
    const Result result = run(one + "'" + bad.string() + "'");
    EXPECT_EQ(result.code, 2) << bad;
    EXPECT_NE(result.err.find("--owners: cannot write " + bad.string()), std::string::npos) << result.err;
  }
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
  expect_refusal("--cells 4x4x4 --ranks 2 --owners x.npy", {"--owners", "one method"});
  expect_refusal("--cells 4x4x4 --ranks 2,3 --method box --owners x.npy", {"--owners", "one number of ranks"});
  expect_refusal("--cells 4x4x4 --ranks 2,3 --method box --vtk x.vtr", {"--vtk", "one number of ranks"});
}

TEST_F(PlanProgram, FullDiskIsExitCode4) {
  if (!fs::is_character_file("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  const int status = std::system((std::string("'") + HILBRICK_PLAN + "' --cells 4x4x4 --ranks 2 > /dev/full 2> /dev/null").c_str());
  EXPECT_EQ(WEXITSTATUS(status), 4);
}

TEST_F(PlanProgram, RanksWithoutCellsAreWarnedOfOnce) {
  const Result result = run("--cells 32x16x16 --ranks 64 --format json");
  EXPECT_EQ(result.code, 0);
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
  EXPECT_NE(result.err.find("hilbert leaves 62 of 64 ranks"), std::string::npos) << result.err;
  EXPECT_NE(result.err.find("at most 2 "), std::string::npos) << result.err;
  EXPECT_EQ(run("--cells 32x32x32 --ranks 8 --format json").err, "");
}

TEST_F(PlanProgram, RefusesWrongValuesInOneLine) {
  const std::string ok = "--cells 8x8x8 --ranks 2 ";
  for (const char* cells : {"8x8", "8x8x8x8", "8", "0x8x8", "8x-8x8", "8x8x8.5", "axbxc", "8,8,8", "8x8x", "99999999999x8x8", "''"})
    expect_refusal(std::string("--ranks 2 --cells ") + cells, {"--cells", "512x512x256", cells[0] == '\'' ? "''" : cells});
  expect_refusal("--ranks 2 --cells 2000000000x2000000000x2", {"--cells", "cells in all"});
  for (const char* ranks : {"0", "-4", "2,0", "2,,4", "x", "4.0", "99999999999999999999", "1000000000", "2/4"})
    expect_refusal(std::string("--cells 8x8x8 --ranks=") + ranks, {"--ranks", "8,64,512"});
  expect_refusal("--cells 8x8x8 --ranks 2,4,2", {"--ranks", "2 stands twice"});
  for (const char* method : {"kdtree", "Hilbert", "all,slab", "''"})
    expect_refusal(ok + "--method " + method, {"--method", "slab, pencil, box, kd, rcb, morton, hilbert or auto"});
  expect_refusal(ok + "--method slab,slab", {"--method", "once"});
  for (const char* stencil : {"yees", "star", "star:0", "star:-1", "box:x", "box:1:2", "star:100000"})
    expect_refusal(ok + "--stencil " + stencil, {"--stencil", "star:W", stencil});
  for (const char* brick : {"0", "-1", "1.5", "x"}) expect_refusal(ok + "--brick=" + brick, {"--brick", "1", brick});
  for (const char* bytes : {"0", "-4", "9999", "x"}) expect_refusal(ok + "--bytes=" + bytes, {"--bytes", bytes});
  for (const char* axes : {"w", "xx", "x,y", "XYZ"}) expect_refusal(ok + "--periodic " + axes, {"--periodic", axes});
  for (const char* cost : {"10", "10:0", "-1:2", "10:2.5", "10:3:1", "10:9999999999999"})
    expect_refusal(ok + "--boundary-cost=" + cost, {"--boundary-cost", cost});
  for (const char* cost : {"1:1", "0:1:1", "1:1:-1", "1:1:1:1", "a:b:c"}) expect_refusal(ok + "--face-cost=" + cost, {"--face-cost", cost});
  for (const char* nodes : {"0", "-1", "x"}) expect_refusal(ok + "--ranks-per-node=" + nodes, {"--ranks-per-node", nodes});
  for (const char* slots : {"4,", "4,0", "4 4", "99999999999"})
    expect_refusal(ok + "--ranks-per-node='" + slots + "'", {"--ranks-per-node", "64,64,32"});
  for (const char* layout : {"plane", "plane:0", "round"})
    expect_refusal(ok + "--distribution " + layout, {"--distribution", "block, cyclic or plane:N", layout});
  for (const char* value : {"0", "-1", "nan", "inf", "1e-3s", "1e999"}) {
    expect_refusal(ok + "--deadline=" + value, {"--deadline", "above 0", value});
    expect_refusal(ok + "--checkpoint-seconds=60 --mtbf-hours=" + value, {"--mtbf-hours", "above 0", value});
    expect_refusal(ok + "--mtbf-hours=100 --checkpoint-seconds=" + value, {"--checkpoint-seconds", "above 0", value});
  }
  expect_refusal(ok + "--mtbf-hours 100", {"--mtbf-hours", "expected --checkpoint-seconds"});
  expect_refusal(ok + "--checkpoint-seconds 60", {"--checkpoint-seconds", "expected --mtbf-hours"});
  expect_refusal(ok + "--steps 60", {"--steps", "expected --mtbf-hours"});
  for (const char* steps : {"0", "-1", "1.5", "x", "9999999999999999"})
    expect_refusal(ok + "--mtbf-hours 100 --checkpoint-seconds 60 --steps=" + steps, {"--steps", steps});
  expect_refusal(ok + "--format xml", {"--format", "table, json or csv", "xml"});
  expect_refusal("--cells 3000000x1x1 --ranks 2 --brick 1", {"2097152 bricks", "along x"});
}

TEST_F(PlanProgram, RefusesWrongMasksByLine) {
  const std::string ok = "--cells 8x8x8 --ranks 2 --active ";
  expect_refusal(ok + "/no/such/file.csv", {"--active", "/no/such/file.csv"});
  expect_refusal(ok + "'" + write("empty.csv", "\n# nothing\n").string() + "'", {"--active", "empty.csv", "found none"});
  for (const char* line :
       {"0,0,0,8,8", "0,0,0,8,8,8,8", "0,0,0,8,8,9", "0,0,0,8,8,0", "-1,0,0,8,8,8", "a,b,c,d,e,f", "0 0 0 8 8 8", "0,0,0,8,8,8,"})
    expect_refusal(ok + "'" + write("bad.csv", std::string("0,0,0,1,1,1\n\n") + line + '\n').string() + "'",
                   {"bad.csv:3:", "x0,y0,z0,x1,y1,z1", line});
}

TEST_F(PlanProgram, UsageErrorsAreExitCode2AndHelpIs0) {
  for (const char* arguments : {"", "--cells 8x8x8", "--ranks 2", "--cells 8x8x8 --ranks 2 --no-such-option",
                                "--cells 8x8x8 --ranks 2 stray", "--cells 8x8x8 --ranks", "--cells 8x8x8 --cells 8x8x8 --ranks 2"}) {
    const Result result = run(arguments);
    EXPECT_EQ(result.code, 2) << arguments;
    EXPECT_EQ(result.out, "") << arguments;
    EXPECT_NE(result.err.find("--help"), std::string::npos) << result.err;
  }
  const Result help = run("--help");
  EXPECT_EQ(help.code, 0);
  EXPECT_NE(help.out.find("hilbrick-plan --cells"), std::string::npos) << "an example";
  EXPECT_EQ(run("--version").code, 0);
}

}  // namespace
}  // namespace hilbrick
