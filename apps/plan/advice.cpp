// SPDX-License-Identifier: BSD-3-Clause
#include "advice.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "text.hpp"

namespace hilbrick::plan {
namespace {

// When a number is worth a sentence.
constexpr double mostly_computing = 0.9;     // of a step
constexpr double notable_imbalance = 1.05;   // bricks could do better from here on
constexpr double bricks_that_balance = 100;  // per rank: one more or less is 1 %
constexpr double notable_saving = 0.005;     // of a step; less is "the same"
constexpr int fewest_for_curves = 5;         // ranks; below, flat faces are hard to beat

struct Part {
  std::string_view what;
  double StepSeconds::*seconds;
};
constexpr std::string_view computing = "computing";
constexpr Part parts[] = {{computing, &StepSeconds::compute},
                          {"starting messages", &StepSeconds::messages},
                          {"moving bytes between ranks", &StepSeconds::transfer},
                          {"the node's link", &StepSeconds::link}};

template <class F>
Share largest(F&& seconds) {
  Share share{parts[0].what, seconds(parts[0])};
  for (const Part& part : parts)
    if (seconds(part) > share.seconds) share = {part.what, seconds(part)};
  return share;
}

bool prime(int n) {
  for (int d = 2; d <= n / d; ++d)
    if (n % d == 0) return false;
  return n > 1;
}

const Row* row_of(std::span<const Row> rows, Method method) {
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const Row& row) { return row.method == method; });
  return found == rows.end() ? nullptr : &*found;
}

std::string best(std::span<const Row> rows, const Row& best) {
  const std::string name(name_of(best.chosen.value_or(best.method)));
  const Row* slab = row_of(rows, Method::slab);
  if (!slab) return name + " is best here";
  if (!slab->feasible()) return name + " is best here; slab is infeasible";
  if (slab == &best)
    return best.ranks < fewest_for_curves ? fmt::format("slab is best here: P < {}", fewest_for_curves) : "slab is best here";
  const double saving = 1 - step_time(best.metrics()) / step_time(slab->metrics());
  if (saving < notable_saving)
    return fmt::format("{} is best here, by less than {:.1f} % of a step with slabs", name, notable_saving * 100);
  return fmt::format("{} is best here: a step takes {} less than with slabs", name, percent(saving));
}

std::optional<std::string> limit(const Row& row) {
  const Share share = largest_share(row.metrics());
  const double part = share.seconds / step_time(row.metrics());
  if (share.what != computing)
    return fmt::format("at {} {} is the limit: {} of a step", counted(row.ranks, "rank"), share.what, percent(part));
  if (part >= mostly_computing) return fmt::format("computing is {} of a step: more ranks still pay", percent(part));
  return std::nullopt;
}

std::optional<std::string> balance(const Question& question, std::span<const Row> rows) {
  const Row* best = nullptr;  // of those whose pieces are made of whole bricks
  for (const Row& row : rows)
    if (row.feasible() && row.measured->partition.tiling() == question.tiling() &&
        (!best || step_time(row.metrics()) < step_time(best->metrics())))
      best = &row;
  if (!best || question.brick == 1) return std::nullopt;
  const double imbalance = best->metrics().imbalance, bricks = static_cast<double>(question.tiling().brick_count()) / best->ranks;
  if (imbalance < notable_imbalance || bricks >= bricks_that_balance) return std::nullopt;
  return fmt::format("the fullest rank of {} has {} more than the mean, as there are {:.3g} bricks a rank: try --brick {}",
                     name_of(best->metrics().method), percent(imbalance - 1), bricks, question.brick / 2);
}

}  // namespace

Share largest_share(const Metrics& metrics) {
  return largest([&](const Part& part) { return metrics.slowest.*part.seconds; });
}

Share largest_difference(const Metrics& metrics, const Metrics& less) {
  return largest([&](const Part& part) { return metrics.slowest.*part.seconds - less.slowest.*part.seconds; });
}

std::vector<std::string> advice(const Question& question, std::span<const Row> rows) {
  const Row* won = winner(rows);
  if (!won) return {};
  if (won->ranks == 1) return {"one rank owns every cell and sends nothing"};
  std::vector<std::string> sentences;
  if (rows.size() > 1) sentences.push_back(best(rows, *won));
  const Row* box = row_of(rows, Method::box);
  if (box && box->feasible() && won->ranks >= fewest_for_curves && prime(won->ranks))
    sentences.push_back(fmt::format("P = {} does not factor: box is a slab", won->ranks));
  for (const auto& sentence : {limit(*won), balance(question, rows), idle_ranks(question, rows)})
    if (sentence) sentences.push_back(*sentence);
  return sentences;
}

std::string explanation(const Row& row) {
  const auto chosen = std::find_if(row.tried.begin(), row.tried.end(), [&](const Metrics& m) { return m.method == row.chosen; });
  if (chosen == row.tried.end()) return {};
  std::vector<std::string> others;
  for (const Metrics& other : row.tried) {
    if (&other == &*chosen) continue;
    const double more = step_time(other) / step_time(*chosen) - 1;
    const Share cause = largest_difference(other, *chosen);
    others.push_back(more >= notable_saving ? fmt::format("{} +{:.1f} % ({})", name_of(other.method), more * 100, cause.what)
                                            : fmt::format("{} the same", name_of(other.method)));
  }
  if (others.empty()) return fmt::format("auto took {}, the only one that is feasible", name_of(*row.chosen));
  return fmt::format("auto took {}; a step of the others: {}", name_of(*row.chosen), fmt::join(others, ", "));
}

std::optional<std::string> idle_ranks(const Question& question, std::span<const Row> rows) {
  std::vector<std::string> who;
  for (const Row& row : rows) {
    if (!row.feasible() || row.metrics().idle_ranks == 0) continue;
    const std::string text =
        fmt::format("{} leaves {} of {} ranks without cells", name_of(row.metrics().method), row.metrics().idle_ranks, row.ranks);
    if (std::find(who.begin(), who.end(), text) == who.end()) who.push_back(text);
  }
  if (who.empty()) return std::nullopt;
  return fmt::format("{}; with bricks of {} cells at most {} can have some", fmt::join(who, ", "), question.brick,
                     largest_useful_ranks(question.tiling(), question.weights));
}

}  // namespace hilbrick::plan
