// SPDX-License-Identifier: BSD-3-Clause
// When checkpoints are due by the clock, and what of a scene must stay for a run to go on. What runs do with both: test_restart.py.
#include <gtest/gtest.h>

#include <checkpointing.hpp>
#include <cmath>
#include <setting.hpp>

namespace hilbrick::fdtd {
namespace {

const std::string start = R"([grid]
cells = [20, 16, 12]
spacing_m = 0.01
pml_cells = 4
[run]
steps = 10
)";
const std::string source = R"([[source]]
kind = "dipole"
position_m = [0.1, 0.1, 0.1]
component = "Ez"
waveform = { kind = "table", times_s = [0, 1e-9], values = [0, 1] }
)";

TEST(Interval, IsTheShortestOfThoseAskedFor) {
  constexpr double never = std::numeric_limits<double>::infinity();
  CheckpointRequest request;
  EXPECT_EQ(interval_seconds(request, {}, 1), never);
  request.every = 10;
  EXPECT_EQ(interval_seconds(request, {}, 1), never) << "steps are not counted by the clock";
  request.mtbf_hours = 100;
  EXPECT_EQ(interval_seconds(request, {}, 1), 60) << "the first, to see what one takes";
  // Afterwards about sqrt(2 C M), Young's (1974), less C: C = 10 s in the mean, M = 100 h of 4 nodes.
  Checkpoints::Cost cost;
  cost.count = 3;
  cost.seconds = 30;
  EXPECT_NEAR(interval_seconds(request, cost, 4), std::sqrt(2 * 10 * 90000.0), 10);
  EXPECT_GT(interval_seconds(request, cost, 1), 1.9 * interval_seconds(request, cost, 4));
  request.every_minutes = 0.5;
  EXPECT_EQ(interval_seconds(request, cost, 4), 30);
}

TEST(LastCheckpoint, IsGivenTwiceWhatTheLongestTook) {
  EXPECT_EQ(last_seconds({}, 3, 3600), 6);
  EXPECT_EQ(last_seconds({}, 1e6, 3600), 1800) << "a guess that is longer than the run";
  Checkpoints::Cost cost;
  cost.count = 2;
  cost.seconds = 50;
  cost.longest_seconds = 40;
  EXPECT_EQ(last_seconds(cost, 1e6, 3600), 80);
}

TEST(Setting, IsWhatBitsDependOn) {
  const Comm comm(MPI_COMM_WORLD);
  const auto setting = [&](const std::string& text, const std::vector<std::string>& overrides = {}) {
    return setting_of(comm, parse_scene(text, "s.toml", overrides));
  };
  const auto whole = setting(start + source);
  EXPECT_EQ(whole.at("grid.spacing_m"), "0.01");
  EXPECT_EQ(whole.at("source[0].component"), "\"Ez\"");
  EXPECT_EQ(whole.at("run.precision"), "single");
  for (const char* free : {"run.steps=20", "run.duration_s=1e-9", "run.check_every=3", "run.stop_below_db=-40", "run.deadline_s=1",
                           "run.precision=single", "partition.brick=3", "partition.method=rcb", "checkpoint.every=5"})
    EXPECT_EQ(setting(start + source, {free}), whole) << free;
  EXPECT_EQ(setting("# the same\n" + start + "[[snapshot]]\nname = 's'\nfields = ['Ez']\n" + source), whole);
  EXPECT_EQ(setting(start + source, {"source.0.waveform.times_s=[0.0, 1.0e-9]"}), whole) << "the same numbers";
  for (const char* change : {"grid.cells=[20, 16, 13]", "grid.courant=0.9", "run.precision=double", "source.0.component=Ex",
                             "source.0.waveform.values=[0, 2]", "probe=[{ name = 'p', position_m = [0.1, 0.1, 0.1] }]"})
    EXPECT_NE(setting(start + source, {change}), whole) << change;
}

TEST(Setting, OfASweepSaysWhenItsRunsEnd) {
  const Comm comm(MPI_COMM_WORLD);
  const auto setting = [&](std::vector<std::string> overrides) {
    overrides.emplace_back("grid.cells=[20, 20, 20]");
    return setting_of(comm, parse_scene(start + R"([[source]]
kind = "plane_wave"
box_low_m = [0.08, 0.08, 0.08]
box_high_m = [0.12, 0.12, 0.12]
direction = [1, 0, 0]
polarization = [0, 0, 1]
waveform = { kind = "gaussian", frequency_hz = 1e9 }
[sweep]
phi_deg = [0, 40]
[[far_field]]
name = "far"
frequencies_hz = 1e9
)",
                                        "s.toml", overrides));
  };
  const auto whole = setting({});
  for (const char* free : {"run.steps=10", "run.deadline_s=1", "partition.brick=3"}) EXPECT_EQ(setting({free}), whole) << free;
  for (const char* end : {"run.steps=20", "run.check_every=3", "run.stop_below_db=-40"}) EXPECT_NE(setting({end}), whole) << end;
}

}  // namespace
}  // namespace hilbrick::fdtd
