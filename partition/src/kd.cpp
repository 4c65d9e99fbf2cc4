// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <hilbrick/partition/tree.hpp>
#include <limits>
#include <utility>
#include <vector>

#include "factors.hpp"
#include "shares.hpp"
#include "sums.hpp"

namespace hilbrick {
namespace {

using Time = Wide;  // CostModel::of_place

/// The largest integer whose cube is at most n squared: about how many of n equal pieces of a box a face of the box touches.
Index pieces_at_face(Index n) {
  Index root = 1;
  while ((root + 1) * (root + 1) * (root + 1) <= n * n) ++root;
  return root;
}

/// Bisection by whole planes. With look-ahead each split is chosen by the slowest place of the tree below it, else by its own two sides.
class PlaneBisection {
 public:
  PlaneBisection(const Tiling& tiling, const Weights& weights, const CostModel& model, std::span<const int> node_sizes, bool look_ahead)
      : tiling_(tiling),
        model_(model),
        look_ahead_(look_ahead),
        sums_(tiling, weights),
        shares_(node_sizes),
        splits_(static_cast<std::size_t>(shares_.places()) - 1) {}

  Tree tree() {
    const Box all = tiling_.brick_box();
    take({all, sums_.weight(all), {0, shares_.places()}}, splits_.data());
    return Tree(tiling_.bricks(), std::move(splits_));
  }

  /// The tree of a Cartesian split, its planes where the weights want them.
  Tree tree(const Cartesian& grid) {
    const Box all = tiling_.brick_box();
    Slices slices{};
    for (int a = 0; a < 3; ++a) {
      slices[static_cast<std::size_t>(2 - a)] = grid.nodes[a];
      slices[static_cast<std::size_t>(5 - a)] = grid.bricks[a] / grid.nodes[a];
    }
    slice({all, sums_.weight(all), {0, shares_.places()}}, slices, splits_.data());
    return Tree(tiling_.bricks(), std::move(splits_));
  }

  Time slowest_place(const Tree& tree) const {
    Time slowest = 0;
    tree.visit([](const Box&) { return true; },
               [&](int, const Box& box) { slowest = std::max(slowest, model_.of_place(sums_.weight(box), sums_.faces_around(box))); });
    return slowest;
  }

 private:
  /// A box of no fewer bricks than places.
  struct Part {
    Box box;
    Index weight;
    Run run;
  };
  struct Choice {
    int axis;
    Index plane;
    int low;
    Index low_weight;
    Time time;  // of a place, were both sides divided evenly
  };
  struct Effort {
    int depth;
    Variety variety;
    Effort below() const { return depth > 1 ? Effort{depth - 1, variety} : Effort{0, Variety::half}; }
  };

  /// Into how many slices a part is still to be cut, between nodes along z, y, x and then inside them: places count with x fastest.
  using Slices = std::array<Index, 6>;

  /// Writes the splits of a part, in preorder.
  void slice(const Part& part, const Slices& slices, Tree::Split* out) {
    const auto first = std::find_if(slices.begin(), slices.end(), [](Index n) { return n > 1; });
    if (first == slices.end()) return;
    const auto i = static_cast<std::size_t>(first - slices.begin());
    const int axis = 2 - static_cast<int>(i % 3);
    Slices below = slices, above = slices;
    below[i] = *first / 2;
    above[i] = *first - below[i];
    // Each slice to come needs a plane: as many as all slices along this axis.
    const Index per_slice = i < 3 ? slices[i + 3] : 1;
    Choice choice{axis, 0, static_cast<int>(part.run.count / *first * below[i]), 0, 0};
    choice.plane = plane_at(part, axis, choice.low, part.box.lo[axis] + below[i] * per_slice, part.box.hi[axis] - above[i] * per_slice);
    choice.low_weight = sums_.weight_below(std::span(&part.box, 1), axis, choice.plane);
    *out = split_of(choice);
    slice(low(part, choice), below, out + 1);
    slice(high(part, choice), above, out + choice.low);
  }

  /// The last plane of [first, last] with no more than its due below it.
  Index plane_at(const Part& part, int axis, int low, Index first, Index last) const {
    const Index due = share(part.weight, low, part.run.count);
    Index plane = first, end = last + 1;
    while (end - plane > 1) {
      const Index middle = plane + (end - plane) / 2;
      (sums_.weight_below(std::span(&part.box, 1), axis, middle) <= due ? plane : end) = middle;
    }
    return plane;
  }

  static Tree::Split split_of(const Choice& choice) {
    const auto axis = static_cast<std::int8_t>(choice.axis);
    Tree::Split split{choice.low, {axis, static_cast<std::int8_t>((axis + 1) % 3), static_cast<std::int8_t>((axis + 2) % 3)}, {}};
    split.at[static_cast<std::size_t>(axis)] = static_cast<std::int32_t>(choice.plane);
    return split;
  }

  Effort effort(Run run) const {
    if (!look_ahead_) return {0, Variety::half};
    // Eight boxes of a mask take about as long as one place.
    const Index all = std::max<Index>(shares_.places(), sums_.mask_boxes() / 8);
    if (all <= 128) return {2, Variety::many};
    if (all <= 512) return {1, Variety::many};
    if (all <= 4096 || (all <= 32768 && run.count <= 64)) return {1, Variety::few};
    return {0, Variety::half};
  }

  /// Writes the splits of a part, in preorder.
  void take(const Part& part, Tree::Split* out) {
    if (part.run.count == 1) return;
    const bool nodes = !shares_.on_one_node(part.run);
    const Effort all = effort(part.run);
    const std::vector<Choice> choices = choices_for(part, all.variety);
    const Choice& best = choices[all.depth > 0 ? fastest(part, choices, all, nodes, std::numeric_limits<Time>::max()).first : 0];
    *out = split_of(best);
    take(low(part, best), out + 1);
    take(high(part, best), out + best.low);
  }

  /// Which choice has the fastest slowest place, the first of equals, and its time; `limit` where none is faster.
  std::pair<std::size_t, Time> fastest(const Part& part, const std::vector<Choice>& choices, Effort effort, bool nodes, Time limit) const {
    std::pair<std::size_t, Time> best{0, limit};
    for (std::size_t i = 0; i < (effort.depth > 0 ? choices.size() : 1); ++i) {
      const Time first = slowest(low(part, choices[i]), effort.below(), nodes, best.second);
      if (first >= best.second) continue;
      const Time both = std::max(first, slowest(high(part, choices[i]), effort.below(), nodes, best.second));
      if (both < best.second) best = {i, both};
    }
    return best;
  }

  /// The time of the slowest place of a part, or of the slowest node's mean place, where that is asked; `limit` or more where it is not
  /// less.
  Time slowest(const Part& part, Effort effort, bool nodes, Time limit) const {
    const Index places = part.run.count;
    const Time load = model_.of_load(ceil_div(part.weight, places));
    if (load >= limit) return limit;
    if (places == 1 || (nodes && shares_.on_one_node(part.run))) return load + time(sums_.faces_around(part.box)) / pieces_at_face(places);
    return fastest(part, choices_for(part, effort.variety), effort, nodes, limit).second;
  }

  Time time(Int3 faces) const { return model_.of_faces(faces) * model_.unit.weight; }

  static Part low(const Part& part, const Choice& c) {
    Box box = part.box;
    box.hi[c.axis] = c.plane;
    return {box, c.low_weight, part.run.low(c.low)};
  }
  static Part high(const Part& part, const Choice& c) {
    Box box = part.box;
    box.lo[c.axis] = c.plane;
    return {box, part.weight - c.low_weight, part.run.high(c.low)};
  }

  /// The splits that the variety allows, the most promising first. At least one.
  std::vector<Choice> choices_for(const Part& part, Variety variety) const {
    std::vector<Choice> choices;
    const Int3 extent = part.box.extent();
    const Index all = part.box.volume();
    const Index at_face = pieces_at_face(part.run.count);
    const auto add = [&](int axis, Index plane, int low) {
      for (const Choice& c : choices)
        if (c.axis == axis && c.plane == plane && c.low == low) return;
      Choice c{axis, plane, low, sums_.weight_below(std::span(&part.box, 1), axis, plane), 0};
      const Index worst = std::max(ceil_div(c.low_weight, low), ceil_div(part.weight - c.low_weight, part.run.count - low));
      Box below = part.box, above = part.box;
      below.hi[axis] = above.lo[axis] = plane;
      c.time = model_.of_load(worst) + time(sums_.faces_between(std::span(&below, 1), std::span(&above, 1))) / at_face;
      choices.push_back(c);
    };
    for (const int low : shares_.lows(part.run, variety))
      for (int a = 2; a >= 0; --a) {
        // Each side needs a brick for each place.
        const Index layer = all / extent[a], first = part.box.lo[a] + ceil_div(low, layer),
                    last = part.box.hi[a] - ceil_div(part.run.count - low, layer);
        if (first > last) continue;
        const Index plane = plane_at(part, a, low, first, last);
        add(a, plane, low);
        if (plane < last) add(a, plane + 1, low);
      }
    if (choices.empty() || (variety >= Variety::few && shares_.on_one_node(part.run)))
      for (int a = 2; a >= 0; --a) {
        if (extent[a] < 2) continue;
        const Index layer = all / extent[a];
        for (const Index below : {extent[a] / 2, (extent[a] + 1) / 2}) {
          const Index weight = sums_.weight_below(std::span(&part.box, 1), a, part.box.lo[a] + below);
          const Index due = part.weight > 0 ? share(part.run.count, weight, part.weight) : share(part.run.count, below, extent[a]);
          add(a, part.box.lo[a] + below,
              static_cast<int>(std::clamp(due, std::max<Index>(1, part.run.count - layer * (extent[a] - below)),
                                          std::min<Index>(part.run.count - 1, layer * below))));
        }
      }
    std::stable_sort(choices.begin(), choices.end(), [](const Choice& a, const Choice& b) { return a.time < b.time; });
    return choices;
  }

  const Tiling& tiling_;
  const CostModel& model_;
  bool look_ahead_;
  Sums sums_;
  Shares shares_;
  std::vector<Tree::Split> splits_;
};

}  // namespace

std::optional<Tree> kd_tree(const Tiling& tiling, const Weights& weights, const CostModel& model, std::span<const int> node_sizes) {
  if (Shares(node_sizes).places() > tiling.brick_count()) return std::nullopt;
  const auto bisection = [&](bool look_ahead) { return PlaneBisection(tiling, weights, model, node_sizes, look_ahead); };
  // A short look ahead may miss what halving finds among powers of two, and factors elsewhere. A grid's places have the fewest peers, which
  // the judge does not see: it loses to what is clearly faster only.
  std::vector<Tree> trees;
  const auto grid = best_factors(tiling.grid(), model, node_sizes, 3);
  if (grid && min(grid->bricks, tiling.bricks()) == grid->bricks) trees.push_back(bisection(false).tree(*grid));
  trees.push_back(bisection(true).tree());
  trees.push_back(bisection(false).tree());
  const PlaneBisection judge = bisection(false);
  std::vector<Time> slowest;
  for (const Tree& tree : trees) slowest.push_back(judge.slowest_place(tree));
  if (trees.size() == 3) slowest.front() -= slowest.front() / 100;
  return std::move(trees[static_cast<std::size_t>(std::min_element(slowest.begin(), slowest.end()) - slowest.begin())]);
}

}  // namespace hilbrick
