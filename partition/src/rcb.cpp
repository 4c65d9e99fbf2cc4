// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <compare>
#include <hilbrick/partition/tree.hpp>
#include <limits>
#include <optional>

#include "shares.hpp"
#include "sums.hpp"

namespace hilbrick {
namespace {

using Cost = Index;  // picoseconds: faces, each weighed by its axis
constexpr Cost no_limit = std::numeric_limits<Cost>::max();
/// Splits with steps are tried for so many places, at masks with so many planes along an axis.
constexpr int most_places_with_steps = 64;
constexpr std::size_t most_corners = 12;

/// Bisection with look-ahead. Each split is chosen by what it cuts and what the tree below it cuts, which is built for the purpose.
class Bisection {
 public:
  Bisection(const Tiling& tiling, const Weights& weights, const CostModel& model, std::span<const int> node_sizes)
      : tiling_(tiling), model_(model), sums_(tiling, weights), shares_(node_sizes), weight_(weights.sum(tiling, tiling.brick_box())) {
    const Index heaviest = std::max<Index>(weights.heaviest(tiling), 1);
    if (heaviest == 1 || weight_ == heaviest * tiling.brick_count()) one_ = heaviest;
    if (weights.masked() && shares_.places() <= most_places_with_steps) find_corners(weights.active_pieces(tiling.grid().box()));
  }

  /// The cheapest of trees: one with look-ahead, one that follows the factors of the number of places, one whose splits may have steps.
  Tree tree() {
    const Box all = tiling_.brick_box();
    const Part whole{std::span(&all, 1), 0, weight_, {0, shares_.places()}, {}};
    std::vector<Tree::Split> splits(static_cast<std::size_t>(shares_.places()) - 1), others(splits.size());
    Cut least = take(whole, splits.data(), false);
    const auto keep_cheaper = [&](Cut cut) {
      if (cut >= least) return;
      least = cut;
      splits = others;
    };
    keep_cheaper(take_slices(whole, others.data()));
    if (have_corners()) keep_cheaper(take(whole, others.data(), true));
    return Tree(tiling_.bricks(), std::move(splits));
  }

 private:
  /// Slices that a part is still to be divided into, all across one axis.
  struct Slices {
    int count = 1, axis = 0;
  };
  struct Part {
    std::span<const Box> region;
    Index start, weight;  // of the regions before, and of this one
    Run run;
    Slices slices;
  };
  struct Choice {
    Tree::Split split;
    Index low_weight;
    Cost cost;
    std::vector<Box> low, high;
  };
  /// `depth` splits are chosen among all that are offered, with every choice below tried; further down the cheapest cut is taken.
  struct Effort {
    int depth;
    Variety variety;
    Effort below() const { return depth > 1 ? Effort{depth - 1, variety} : Effort{0, Variety::half}; }
  };
  Effort usual_effort(Run run) const {
    // Eight boxes of a mask take about as long as one place.
    const Index all = std::max<Index>(shares_.places(), sums_.mask_boxes() / 8);
    if (all <= 16) return {3, Variety::many};
    if (all <= 64) return {2, Variety::many};
    if (all <= 256) return {1, Variety::many};
    if (all <= 2048 || (all <= 8192 && run.count <= 64) || (all <= 16384 && run.count <= 8)) return {1, Variety::few};
    return {0, Variety::half};
  }

  struct Cut {
    Cost between_nodes, all;
    friend auto operator<=>(const Cut&, const Cut&) = default;
  };

  /// Writes the splits of a part, in preorder, and tells what they cut.
  Cut take(const Part& part, Tree::Split* out, bool steps) const {
    if (part.run.count == 1) return {0, 0};
    Effort effort = usual_effort(part.run);
    if (steps) effort.depth = std::min(effort.depth, 2);  // what is below is looked at without steps: the third split tells little
    const std::vector<Choice> choices = choices_for(part, effort.variety, steps);
    const Choice& best = choices[effort.depth > 0 ? cheapest(part, choices, effort, !shares_.on_one_node(part.run), no_limit).first : 0];
    *out = best.split;
    return sum(part, best, take(low(part, best), out + 1, steps), take(high(part, best), out + best.split.low, steps));
  }

  /// The same by factors: two, three, five or seven slices across one axis at a time.
  Cut take_slices(const Part& part, Tree::Split* out) const {
    if (part.run.count == 1) return {0, 0};
    const int slices = part.slices.count > 1 ? part.slices.count : shares_.slices(part.run);
    std::vector<Choice> choices;
    add_choices(part, shares_.first(part.run, shares_.units(part.run) / slices * (slices / 2)), choices);
    const Choice* best = nullptr;
    for (const Choice& c : choices)
      if ((part.slices.count == 1 || c.split.axes[0] == part.slices.axis) && (best == nullptr || c.cost < best->cost)) best = &c;
    if (best == nullptr) best = &choices.front();
    *out = best->split;
    Part below = low(part, *best), above = high(part, *best);
    below.slices = {slices / 2, best->split.axes[0]};
    above.slices = {slices - slices / 2, best->split.axes[0]};
    return sum(part, *best, take_slices(below, out + 1), take_slices(above, out + best->split.low));
  }

  Cut sum(const Part& part, const Choice& choice, Cut low, Cut high) const {
    const Cost here = choice.cost, between = shares_.on_one_node(part.run) ? 0 : here;
    return {low.between_nodes + high.between_nodes + between, low.all + high.all + here};
  }

  /// Which choice costs least with the tree below it, the first of equals, and what it costs; `limit` where none costs less.
  std::pair<std::size_t, Cost> cheapest(const Part& part, const std::vector<Choice>& choices, Effort effort, bool nodes, Cost limit) const {
    std::pair<std::size_t, Cost> best{0, limit};
    if (part.run.count == 2) return {0, std::min(limit, choices.front().cost)};
    for (std::size_t i = 0; i < (effort.depth > 0 ? choices.size() : 1) && choices[i].cost < best.second; ++i) {
      Cost all = choices[i].cost;
      all += cost(low(part, choices[i]), effort.below(), nodes, best.second - all);
      if (all < best.second) all += cost(high(part, choices[i]), effort.below(), nodes, best.second - all);
      if (all < best.second) best = {i, all};
    }
    return best;
  }

  /// What the tree below a part cuts: between nodes alone, where that is asked. `limit` where it is not less.
  Cost cost(const Part& part, Effort effort, bool nodes, Cost limit) const {
    if (part.run.count == 1 || part.region.empty() || (nodes && shares_.on_one_node(part.run))) return 0;
    return cheapest(part, choices_for(part, effort.variety), effort, nodes, limit).second;
  }

  static Part low(const Part& part, const Choice& c) { return {c.low, part.start, c.low_weight, part.run.low(c.split.low), {}}; }
  static Part high(const Part& part, const Choice& c) {
    return {c.high, part.start + c.low_weight, part.weight - c.low_weight, part.run.high(c.split.low), {}};
  }

  /// The splits that a variety allows, those that cut least first, of equals those across slower axes. With steps: for each number of
  /// places the best split that has one, too, where it cuts less than those that have none.
  std::vector<Choice> choices_for(const Part& part, Variety offered, bool steps = false) const {
    std::vector<Choice> choices;
    for (const int low : shares_.lows(part.run, offered)) {
      const std::size_t first = choices.size();
      add_choices(part, low, choices);
      if (!steps || choices.size() == first) continue;
      const Cost limit = std::min_element(choices.begin() + static_cast<std::ptrdiff_t>(first), choices.end(), cheaper)->cost;
      if (std::optional<Choice> step = best_step(part, low, limit)) choices.push_back(std::move(*step));
    }
    std::stable_sort(choices.begin(), choices.end(), cheaper);
    return choices;
  }

  static bool cheaper(const Choice& a, const Choice& b) { return a.cost < b.cost; }

  /// Appends splits that give the low side so many places: across each axis that has more than one brick, the slowest first.
  void add_choices(const Part& part, int low, std::vector<Choice>& choices) const {
    const Int3 extent = hull_of(part.region).extent();
    for (int a = 2; a >= 0; --a) {
      if (extent[a] < 2 && product(extent) > 1) continue;
      each_cut(part, {low, axes_from(a, extent), {}, {}}, {part.region.begin(), part.region.end()}, 0,
               [&](const Tree::Split& split, Index low_weight) { choices.push_back(choice(part, split, low_weight)); });
    }
  }

  /// The split with a step at a corner of the mask that gives the low side so many places and cuts least, if it cuts less than the limit.
  std::optional<Choice> best_step(const Part& part, int low, Cost limit) const {
    std::optional<Choice> best;
    const Box all = hull_of(part.region);
    for (int a = 2; a >= 0; --a) {
      std::vector<Index> ends = corners_in(all, a);
      ends.insert(ends.end(), {all.lo[a], all.hi[a]});
      for (const int across : {(a + 2) % 3, (a + 1) % 3})
        for (const Index plane : corners_in(all, across)) {
          const auto [under, over] = divided(part.region, across, plane);
          for (const bool below : {false, true})
            for (const Index end : ends) {
              const Tree::Split::Step step{static_cast<std::int8_t>(across), below, static_cast<std::int32_t>(plane),
                                           static_cast<std::int32_t>(end)};
              each_cut(part, {low, axes_from(a, all.extent()), {}, step}, below ? over : under,
                       sums_.weight_below(below ? under : over, a, end), [&](const Tree::Split& split, Index low_weight) {
                         Choice c = choice(part, split, low_weight);
                         if (c.cost >= limit) return;
                         limit = c.cost;
                         best = std::move(c);
                       });
            }
        }
    }
    return best;
  }

  /// The planes of corners that divide a box.
  std::vector<Index> corners_in(const Box& box, int axis) const {
    std::vector<Index> planes = corners_[static_cast<std::size_t>(axis)];
    std::erase_if(planes, [&](Index plane) { return plane <= box.lo[axis] || plane >= box.hi[axis]; });
    return planes;
  }

  /// The parts of a region below a plane of an axis and from it on.
  static std::pair<std::vector<Box>, std::vector<Box>> divided(std::span<const Box> region, int axis, Index plane) {
    std::pair<std::vector<Box>, std::vector<Box>> parts;
    for (const Box& box : region) {
      Box under = box, over = box;
      under.hi[axis] = over.lo[axis] = std::clamp(plane, box.lo[axis], box.hi[axis]);
      if (!under.empty()) parts.first.push_back(under);
      if (!over.empty()) parts.second.push_back(over);
    }
    return parts;
  }

  Choice choice(const Part& part, const Tree::Split& split, Index low_weight) const {
    Choice c{split, low_weight, 0, {}, {}};
    for (const Box& box : part.region) split.divide(box, c.low, c.high);
    const Int3 faces = sums_.faces_between(c.low, c.high);
    for (int axis = 0; axis < 3; ++axis) c.cost += faces[axis] * model_.face_ps[axis];
    return c;
  }

  static Box hull_of(std::span<const Box> region) {
    Box all;
    for (const Box& box : region) all = hull(all, box);
    return all;
  }

  /// An axis, then the longer of the two others.
  static std::array<std::int8_t, 3> axes_from(int axis, Int3 extent) {
    int u = axis == 0 ? 1 : 0, v = axis == 2 ? 1 : 2;
    if (extent[u] <= extent[v]) std::swap(u, v);
    return {static_cast<std::int8_t>(axis), static_cast<std::int8_t>(u), static_cast<std::int8_t>(v)};
  }

  /// Calls f(split, weight of the low side) for the brick at which the low side's weight is nearest to its share, and for whole planes and
  /// rows beside it where those leave each side a weight that its places can share.
  /// `split` has all but `at`, which falls into `layer`; `before`: the weight that comes before whatever `at` is.
  template <class F>
  void each_cut(const Part& part, Tree::Split split, std::vector<Box> layer, Index before, F&& f) const {
    const int low = split.low;
    // Shares are of the whole, so that errors do not add up on the way down: each start of a run is within half a brick of its due.
    Index target = std::clamp<Index>(share(weight_, part.run.first + low, shares_.places()) - part.start, 0, part.weight);
    Index least = target, most = target;
    if (one_ > 0) {
      // Equal bricks: any number will do that lets each place have the mean, rounded down or up.
      const Index mean = weight_ / one_ / shares_.places(), bricks = part.weight / one_;
      const Index rest = part.run.count - low;
      target = one_ * share(bricks, low, part.run.count);
      least = one_ * std::max(low * mean, bricks - rest * (mean + 1));
      most = one_ * std::min(low * (mean + 1), bricks - rest * mean);
    }
    if (before > most || before + sums_.weight(layer) < least) return;
    for (const int a : split.axes) {
      const Box all = hull_of(layer);
      Index plane = all.lo[a], end = all.hi[a];
      // The last plane with no more than the target below it.
      while (end - plane > 1) {
        const Index middle = plane + (end - plane) / 2;
        (before + sums_.weight_below(layer, a, middle) <= target ? plane : end) = middle;
      }
      const auto cut = [&](Index at, Index low_weight) {
        split.at[static_cast<std::size_t>(a)] = static_cast<std::int32_t>(at);
        f(split, low_weight);
      };
      const Index below = before + sums_.weight_below(layer, a, plane), next = before + sums_.weight_below(layer, a, plane + 1);
      if (below == target) return cut(plane, below);
      if (next == target) return cut(plane + 1, next);
      if (a == split.axes[2]) return next - target < target - below ? cut(plane + 1, next) : cut(plane, below);
      if (below >= least) cut(plane, below);
      if (next <= most) cut(plane + 1, next);
      split.at[static_cast<std::size_t>(a)] = static_cast<std::int32_t>(plane);
      before = below;
      for (Box& box : layer) {
        box.lo[a] = std::max(box.lo[a], plane);
        box.hi[a] = std::min(box.hi[a], plane + 1);
      }
      std::erase_if(layer, [a](const Box& box) { return box.lo[a] >= box.hi[a]; });
    }
  }

  /// The planes of bricks at which the mask's boxes begin and end, along axes that have few of them.
  void find_corners(const std::vector<Box>& mask) {
    for (int a = 0; a < 3; ++a) {
      std::vector<Index>& planes = corners_[static_cast<std::size_t>(a)];
      for (const Box& box : mask)
        for (const Index cell : {box.lo[a], box.hi[a]})
          if (cell < tiling_.grid().cells[a]) planes.push_back(tiling_.brick_at(a, cell));
      std::sort(planes.begin(), planes.end());
      planes.erase(std::unique(planes.begin(), planes.end()), planes.end());
      if (planes.size() > most_corners) planes.clear();
    }
  }
  bool have_corners() const {
    return std::any_of(corners_.begin(), corners_.end(), [](const std::vector<Index>& planes) { return !planes.empty(); });
  }

  const Tiling& tiling_;
  const CostModel& model_;
  Sums sums_;
  Shares shares_;
  Index weight_;
  Index one_ = 0;                              // what every brick weighs that weighs anything, where all weigh the same
  std::array<std::vector<Index>, 3> corners_;  // planes of bricks that splits may have a step at
};

}  // namespace

Tree rcb_tree(const Tiling& tiling, const Weights& weights, const CostModel& model, std::span<const int> node_sizes) {
  return Bisection(tiling, weights, model, node_sizes).tree();
}

}  // namespace hilbrick
