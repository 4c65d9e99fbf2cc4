// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <cmath>
#include <hilbrick/partition/cut.hpp>
#include <hilbrick/partition/error.hpp>
#include <hilbrick/partition/partition.hpp>
#include <string>
#include <utility>

namespace hilbrick {

Offer repartition(const Partition& old, std::span<const double> seconds, double tolerance) {
  const int ranks = old.ranks();
  if (static_cast<int>(seconds.size()) != ranks)
    throw Error("repartition: expected the seconds of each of " + std::to_string(ranks) + " ranks, found " +
                std::to_string(seconds.size()));
  if (!(tolerance >= 0)) throw Error("repartition: expected a tolerance >= 0, found " + std::to_string(tolerance));
  const auto* segments = std::get_if<Segments>(&old.rule());
  if (!segments) return {{}, "only cuts along a curve can slide: use hilbert or morton"};

  // In nanoseconds along the curve: `end[p]` is where place p ends, each weight of a place taking its share of the place's time.
  std::vector<Wide> load, end{0}, weight_end{0};
  for (int place = 0; place < ranks; ++place) {
    const Rank rank = old.nodes().rank_at(place);
    const double taken = seconds[static_cast<std::size_t>(rank)];
    if (!(taken >= 0) || !std::isfinite(taken))
      throw Error("repartition: expected seconds >= 0, found " + std::to_string(taken) + " of rank " + std::to_string(rank));
    load.push_back(old.load(rank));
    end.push_back(end.back() + (load.back() > 0 ? std::llround(taken * 1e9) : 0));
    weight_end.push_back(weight_end.back() + load.back());
  }
  const Wide total = end.back();
  const auto most = static_cast<Wide>(std::ceil(static_cast<double>(total) * (1 + tolerance) / ranks));

  // Each cut stays where it is, unless a place before or after it would take too long: then it moves no farther than it must.
  constexpr Wide denominator = Wide{1} << 20;  // of a unit of weight
  std::vector<Wide> targets;
  std::vector<std::size_t> moved;
  Wide previous = 0;
  for (int k = 1; k < ranks; ++k) {
    const auto at = static_cast<std::size_t>(k);
    const Wide earliest = std::max(previous, total - (ranks - k) * most), latest = previous + most;
    const Wide wanted = std::clamp(end[at], earliest, std::max(earliest, latest));
    if (wanted != end[at]) {
      const auto after = std::upper_bound(end.begin(), end.end() - 1, wanted);
      const auto place = static_cast<std::size_t>(after - end.begin()) - 1;
      const Wide taken = end[place + 1] - end[place];
      targets.push_back(weight_end[place] * denominator + (taken > 0 ? load[place] * denominator * (wanted - end[place]) / taken : 0));
      moved.push_back(at);
    }
    previous = wanted;
  }
  std::vector<Key> cuts = segments->cuts;
  const std::vector<Key> keys = keys_at(segments->curve, old.tiling(), old.weights(), targets, denominator);
  for (std::size_t i = 0; i < moved.size(); ++i) cuts[moved[i]] = keys[i];
  // A cut that stayed may now lie between two that are nearest to the same brick.
  for (std::size_t k = 1; k < cuts.size(); ++k) cuts[k] = std::max(cuts[k], cuts[k - 1]);
  return {Partition(old.method(), old.tiling(), old.weights(), Segments{segments->curve, std::move(cuts)}, old.nodes()), {}};
}

}  // namespace hilbrick
