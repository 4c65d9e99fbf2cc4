// SPDX-License-Identifier: BSD-3-Clause
// What the planner makes of measured rows: advice, explanations, and what failures cost.

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "advice.hpp"
#include "availability.hpp"
#include "output.hpp"
#include "text.hpp"

namespace hilbrick::plan {
namespace {

Question question_of(Int3 cells, Index brick, int ranks, std::vector<Method> methods) {
  Question question;
  question.grid.cells = cells;
  question.brick = brick;
  question.ranks = {ranks};
  question.methods = std::move(methods);
  return question;
}

/// A step of the row's, in seconds.
void set_step(Row& row, const StepSeconds& step) { row.measured->metrics.slowest = step; }

bool says(const Question& question, const std::vector<Row>& rows, const std::string& words) {
  for (const std::string& sentence : advice(question, rows))
    if (sentence.find(words) != std::string::npos) return true;
  return false;
}

TEST(Study, PartsOfAStepAddUp) {
  Question question = question_of({64, 48, 40}, 4, 13, {all_methods.begin(), all_methods.end()});
  question.machine.ranks_per_node = 4;
  for (const Row& row : study(question)) {
    if (!row.feasible()) continue;
    const Metrics& m = row.metrics();
    EXPECT_EQ(m.slowest.compute + m.slowest.messages + m.slowest.transfer + m.slowest.link, step_time(m));
    EXPECT_GT(m.slowest.compute, 0);
    EXPECT_GT(m.slowest.link, 0) << "13 ranks sit on 4 nodes";
  }
}

TEST(Study, WinnerIsTheFastestThatIsNotAuto) {
  std::vector<Row> rows = study(question_of({32, 32, 32}, 4, 8, {Method::automatic, Method::slab, Method::box, Method::hilbert}));
  set_step(rows[0], {.compute = 1});
  set_step(rows[1], {.compute = 2});
  set_step(rows[2], {.compute = 1});
  set_step(rows[3], {.compute = 1});
  EXPECT_EQ(winner(rows), &rows[2]) << "the first of equals, auto aside";
  EXPECT_EQ(winner(std::span(rows).first(1)), rows.data()) << "auto where it is alone";
  for (Row& row : rows) row.measured.reset();
  EXPECT_EQ(winner(rows), nullptr);
  EXPECT_TRUE(advice(question_of({32, 32, 32}, 4, 8, {}), rows).empty());
}

TEST(Study, RowsAreGroupedByRanks) {
  Question question = question_of({16, 16, 16}, 4, 5, {Method::slab, Method::hilbert});
  question.ranks = {5, 2};
  const std::vector<Row> rows = study(question);
  const auto groups = by_ranks(rows);
  ASSERT_EQ(groups.size(), 2u);
  EXPECT_EQ(groups[0].front().ranks, 5);
  EXPECT_EQ(groups[1].size(), 2u);
  EXPECT_TRUE(by_ranks({}).empty());
}

TEST(Advice, OneRank) {
  const Question question = question_of({8, 8, 8}, 4, 1, {Method::slab, Method::hilbert});
  EXPECT_EQ(advice(question, study(question)), (std::vector<std::string>{"one rank owns every cell and sends nothing"}));
}

TEST(Advice, SlabBelowFiveRanks) {
  Question question = question_of({32, 32, 32}, 4, 3, {Method::slab, Method::hilbert});
  std::vector<Row> rows = study(question);
  set_step(rows[0], {.compute = 1});
  set_step(rows[1], {.compute = 1.1});
  EXPECT_TRUE(says(question, rows, "slab is best here: P < 5"));
  set_step(rows[1], {.compute = 0.8});
  EXPECT_FALSE(says(question, rows, "slab is best"));
  EXPECT_TRUE(says(question, rows, "hilbert is best here: a step takes 20 % less than with slabs"));
  set_step(rows[1], {.compute = 0.999});
  EXPECT_TRUE(says(question, rows, "hilbert is best here, by less than 0.5 %"));
  question.ranks = {8};
  rows = study(question);
  set_step(rows[0], {.compute = 1});
  set_step(rows[1], {.compute = 1.1});
  EXPECT_TRUE(says(question, rows, "slab is best here"));
  EXPECT_FALSE(says(question, rows, "P < 5"));
  EXPECT_FALSE(says(question, {rows[0]}, "is best here")) << "there is nothing to compare with";
}

TEST(Advice, InfeasibleSlab) {
  const Question question = question_of({8, 8, 8}, 2, 12, {Method::slab, Method::hilbert});
  EXPECT_TRUE(says(question, study(question), "hilbert is best here; slab is infeasible"));
}

TEST(Advice, PrimesDoNotFactor) {
  const auto told = [](int ranks) {
    const Question question = question_of({64, 64, 64}, 4, ranks, {Method::box, Method::hilbert});
    return says(question, study(question), "does not factor");
  };
  for (const int prime : {5, 7, 13, 61}) EXPECT_TRUE(told(prime)) << prime;
  for (const int other : {2, 3, 4, 6, 9, 15, 25, 49, 64, 67}) EXPECT_FALSE(told(other)) << other << " (67 has no box at all)";
}

TEST(Advice, WhatLimitsAStep) {
  const Question question = question_of({32, 32, 32}, 4, 8, {Method::hilbert});
  std::vector<Row> rows = study(question);
  const auto told = [&](const StepSeconds& step, const std::string& words) {
    set_step(rows[0], step);
    return says(question, rows, words);
  };
  EXPECT_TRUE(told({.compute = 4, .link = 6}, "at 8 ranks the node's link is the limit: 60 % of a step"));
  EXPECT_TRUE(told({.compute = 4, .messages = 6}, "starting messages is the limit"));
  EXPECT_TRUE(told({.compute = 4, .transfer = 6}, "moving bytes between ranks is the limit"));
  EXPECT_FALSE(told({.compute = 6, .link = 4}, "is the limit"));
  EXPECT_FALSE(told({.compute = 6, .link = 4}, "more ranks still pay"));
  EXPECT_TRUE(told({.compute = 95, .link = 5}, "computing is 95 % of a step: more ranks still pay"));
}

TEST(Advice, FewBricksLimitBalance) {
  const auto told = [](Index brick, int ranks, Int3 cells = {64, 64, 64}) {
    const Question question = question_of(cells, brick, ranks, {Method::hilbert});
    return says(question, study(question), "try --brick " + std::to_string(brick / 2));
  };
  EXPECT_TRUE(told(16, 40)) << "64 bricks on 40 ranks: 2 against 1.6";
  EXPECT_FALSE(told(16, 32)) << "2 each";
  EXPECT_FALSE(told(2, 40)) << "819 bricks a rank";
  EXPECT_FALSE(told(1, 511, {8, 8, 8})) << "there are no smaller ones";
  const Question planes = question_of({64, 64, 64}, 16, 40, {Method::slab});
  EXPECT_FALSE(says(planes, study(planes), "try --brick")) << "a slab is made of cell planes";
}

TEST(Advice, IdleRanks) {
  const Question question = question_of({32, 16, 16}, 16, 64, {Method::hilbert, Method::automatic});
  EXPECT_TRUE(
      says(question, study(question), "hilbert leaves 62 of 64 ranks without cells; with bricks of 16 cells at most 2 can have some"));
  const Question busy = question_of({32, 32, 32}, 16, 8, {Method::hilbert});
  EXPECT_FALSE(says(busy, study(busy), "without cells"));
  EXPECT_FALSE(idle_ranks(busy, study(busy)));
}

TEST(Explanation, NamesEachOtherMethodAndWhatItCostsMore) {
  Row row{.method = Method::automatic, .ranks = 8, .chosen = Method::hilbert};
  const auto tried = [&](Method method, double compute, double link) {
    Metrics m;
    m.method = method;
    m.slowest.compute = compute;
    m.slowest.link = link;
    row.tried.push_back(m);
  };
  tried(Method::hilbert, 6, 4);
  EXPECT_EQ(explanation(row), "auto took hilbert, the only one that is feasible");
  tried(Method::slab, 7, 8);
  tried(Method::box, 8, 3);
  tried(Method::morton, 6, 4.001);
  EXPECT_EQ(explanation(row),
            "auto took hilbert; a step of the others: slab +50.0 % (the node's link), box +10.0 % (computing), morton the same");
  EXPECT_EQ(explanation({.method = Method::slab, .ranks = 8}), "");
}

TEST(Output, SampledRowsSayHowManyRanksWereMeasured) {
  const Question question = question_of({32, 32, 32}, 4, 8, {Method::hilbert});
  std::vector<Row> rows = study(question);
  EXPECT_EQ(table(question, rows).find("estimated"), std::string::npos);
  EXPECT_NE(json(question, rows).find("\"exact\": true,\n      \"sample\": null"), std::string::npos);
  rows[0].measured->metrics.sample = 10000;
  EXPECT_NE(table(question, rows).find("estimated from 10000 ranks"), std::string::npos);
  EXPECT_NE(json(question, rows).find("\"exact\": false,\n      \"sample\": 10000"), std::string::npos);
}

/// Where a function with one minimum in [low, high] has it, by golden sections.
template <class F>
double minimum(F&& f, double low, double high) {
  const double golden = (std::sqrt(5.0) - 1) / 2;
  for (int i = 0; i < 200; ++i) {
    const double a = high - golden * (high - low), b = low + golden * (high - low);
    (f(a) < f(b) ? high : low) = f(a) < f(b) ? b : a;
  }
  return (low + high) / 2;
}

TEST(Availability, IntervalIsNearTheExactMinimum) {
  for (const double mtbf : {600.0, 3600.0, 86400.0, 1e7})
    for (const double share : {1e-5, 1e-3, 0.01, 0.1, 0.3, 0.6, 1.0}) {
      const double checkpoint = share * mtbf, work = 100 * mtbf;
      const auto cost = [&](double interval) { return expected_seconds(work, interval, checkpoint, mtbf); };
      const double exact = minimum(cost, 1e-6 * mtbf, 5 * mtbf), daly = best_interval_seconds(checkpoint, mtbf);
      EXPECT_LT(cost(daly), 1.002 * cost(exact)) << mtbf << ' ' << share;
      EXPECT_NEAR(daly / exact, 1, share < 0.05 ? 0.01 : 0.1) << mtbf << ' ' << share;
    }
  EXPECT_EQ(best_interval_seconds(500, 100), 100) << "a checkpoint longer than twice the time between failures";
}

/// Failures one after the other, drawn at random: the model without its formula.
TEST(Availability, ExpectedTimeIsThatOfASimulation) {
  std::uint64_t state = 12345;
  const auto uniform = [&] {  // in (0, 1)
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (static_cast<double>(state >> 11) + 0.5) / 9007199254740992.0;
  };
  const double mtbf = 1000, checkpoint = 50, interval = 300;
  const int pieces = 10, runs = 20000;
  double total = 0;
  for (int run = 0; run < runs; ++run)
    for (int piece = 0; piece < pieces; ++piece) {
      // The first try needs no restart; after a failure, reading the checkpoint may fail too.
      double failure = -mtbf * std::log(uniform());
      double needed = interval + checkpoint;
      while (failure < needed) {
        total += failure;
        failure = -mtbf * std::log(uniform());
        needed = checkpoint + interval + checkpoint;
      }
      total += needed;
    }
  EXPECT_NEAR(expected_seconds(pieces * interval, interval, checkpoint, mtbf) / (total / runs), 1, 0.01);
}

TEST(Availability, MoreNodesFailMoreOften) {
  const Failures failures{.node_mtbf_seconds = 1e6, .checkpoint_seconds = 60, .steps = 1000000};
  const Availability one = availability(failures, 1, 0.1), many = availability(failures, 100, 0.1);
  EXPECT_EQ(one.mtbf_seconds, 1e6);
  EXPECT_EQ(many.mtbf_seconds, 1e4);
  EXPECT_LT(many.interval_seconds, one.interval_seconds);
  EXPECT_GT(many.overhead, one.overhead);
  EXPECT_NEAR(many.overhead, many.expected_seconds / 1e5 - 1, 1e-12);
}

TEST(Availability, ShortRunsAreOnePiece) {
  const Availability a = availability({.node_mtbf_seconds = 1e9, .checkpoint_seconds = 60, .steps = 100}, 1, 0.1);
  EXPECT_EQ(a.interval_seconds, 10);
  EXPECT_NEAR(a.expected_seconds, 70, 1e-4);
}

TEST(Availability, PiecesAreWholeAndAsManyAsCostLeast) {
  for (const double work : {300.0, 900.0, 1000.0, 1500.0, 12345.0}) {
    const Failures failures{.node_mtbf_seconds = 3600, .checkpoint_seconds = 60, .steps = 1000};  // best: 618 s
    const Availability a = availability(failures, 1, work / 1000);
    EXPECT_NEAR(work / a.interval_seconds, std::round(work / a.interval_seconds), 1e-9) << work;
    for (int pieces = 1; pieces < 50; ++pieces)
      EXPECT_LT(a.expected_seconds, 1.005 * expected_seconds(work, work / pieces, 60, 3600)) << work << ' ' << pieces;
  }
}

TEST(Text, NumbersAsPeopleReadThem) {
  EXPECT_EQ(with_prefix(786432, "B"), "786 kB");
  EXPECT_EQ(with_prefix(999.6, "B"), "1.00 kB");
  EXPECT_EQ(count_text(12), "12");
  EXPECT_EQ(counted(1, "rank"), "1 rank");
  EXPECT_EQ(counted(8, "rank"), "8 ranks");
  EXPECT_EQ(duration(6.54e-4), "654 us");
  EXPECT_EQ(duration(0.25), "250 ms");
  EXPECT_EQ(duration(90), "90 s");
  EXPECT_EQ(duration(600), "10 min");
  EXPECT_EQ(duration(36000), "10 h");
  EXPECT_EQ(duration(864000), "10 days");
  EXPECT_EQ(duration(3.1536e8), "10 years");
  EXPECT_EQ(duration(INFINITY), "never");
  EXPECT_EQ(percent(0.125), "12 %");
}

}  // namespace
}  // namespace hilbrick::plan
