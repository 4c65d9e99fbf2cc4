// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Who owns what. A partition is a tiling and a rule that gives each brick one owner: P + 1 keys along a curve, P - 1 splits of a tree,
// or two triples of factors for a Cartesian split, whose bricks are the ranks' boxes. Every question is answered by integer arithmetic,
// alike on every rank, without a table of bricks or of ranks' boxes.
//
//   Tiling + Weights + Nodes --> offer(method): the best of the method's variants --> Partition --> boxes_of, make_plan, measure

#include <algorithm>
#include <hilbrick/partition/curve.hpp>
#include <hilbrick/partition/machine.hpp>
#include <hilbrick/partition/nodes.hpp>
#include <hilbrick/partition/stencil.hpp>
#include <hilbrick/partition/tiling.hpp>
#include <hilbrick/partition/tree.hpp>
#include <hilbrick/partition/weights.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace hilbrick {

enum class Method { slab, pencil, box, kd, rcb, morton, hilbert, automatic };

/// The methods in the order in which people list them, `auto` last.
inline constexpr std::array all_methods{Method::slab, Method::pencil, Method::box,     Method::kd,
                                        Method::rcb,  Method::morton, Method::hilbert, Method::automatic};
/// Those that make partitions: all but `auto`.
inline constexpr std::span<const Method> making_methods(all_methods.data(), all_methods.size() - 1);
std::string_view name_of(Method method);
std::optional<Method> method_from_name(std::string_view name);
/// "slab, pencil, ... or auto", for messages.
std::string method_names();

/// Places count the bricks with x fastest: first a grid of nodes, which share the bricks along each axis evenly, then in each node its own.
struct Cartesian {
  Int3 bricks, nodes{1, 1, 1};

  int place(Int3 brick) const;
  Int3 brick(int place) const;
  template <class Enter, class Found>
  void visit(Enter&& enter, Found&& found) const;
};

/// Place p owns the bricks with cuts[p] <= key < cuts[p + 1].
struct Segments {
  Curve curve;
  std::vector<Key> cuts;

  int place(Key key) const { return static_cast<int>(std::upper_bound(cuts.begin(), cuts.end(), key) - cuts.begin()) - 1; }
  template <class Enter, class Found>
  void visit(Enter&& enter, Found&& found) const;
};

using Rule = std::variant<Cartesian, Segments, Tree>;

class Partition {
 public:
  /// The rule is for the tiling's bricks and for as many places as there are ranks.
  Partition(Method method, Tiling tiling, Weights weights, Rule rule, Nodes nodes);
  /// All ranks on one node.
  Partition(Method method, Tiling tiling, Weights weights, Rule rule);

  Method method() const { return method_; }
  int ranks() const { return nodes_.ranks(); }
  const Tiling& tiling() const { return tiling_; }
  const Grid& grid() const { return tiling_.grid(); }
  const Weights& weights() const { return weights_; }
  const Rule& rule() const { return rule_; }
  const Nodes& nodes() const { return nodes_; }
  /// One line for people: "hilbert, stretched key, 24x24x10 bricks".
  std::string description() const;

  /// The owner of a brick of the tiling; nobody where the brick has no active cell.
  Rank owner(Int3 brick) const;
  /// A rank's bricks as few large boxes of bricks, bricks without active cells perhaps among them. May be empty.
  std::vector<Box> brick_boxes(Rank rank) const;
  /// The weight of a rank's bricks.
  Index load(Rank rank) const;

  /// Calls found(rank, bricks) for disjoint boxes of one rank each, which together hold every brick that is of interest: `enter(bricks)`
  /// says whether any brick of a box is. Bricks without active cells count as their neighbours on the curve or in the tree.
  template <class Enter, class Found>
  void visit(Enter&& enter, Found&& found) const {
    std::visit([&](const auto& rule) { rule.visit(enter, [&](int place, const Box& bricks) { found(rank_at(place), bricks); }); }, rule_);
  }

 private:
  std::vector<Box> unmerged_brick_boxes(Rank rank) const;
  // The naive slab knows nothing of nodes: its places are ranks.
  Rank rank_at(int place) const { return method_ == Method::slab ? place : nodes_.rank_at(place); }
  int place_of(Rank rank) const { return method_ == Method::slab ? rank : nodes_.place_of(rank); }

  Method method_;
  Tiling tiling_;
  Weights weights_;
  Rule rule_;
  Nodes nodes_;
};

/// A rank's active cells as few large disjoint boxes: what a kernel loops over. May be empty.
std::vector<Box> boxes_of(const Partition& partition, Rank rank);

/// What a method offers for these ranks: its best partition, or why there is none.
struct Offer {
  std::optional<Partition> partition;
  std::string reason;  // a sentence, where there is no partition
};

/// The partition of one method (not automatic) for values of so many bytes:
///   slab:            equal cell planes of the longest axis (of equals the slowest), weights ignored
///   pencil, box:     the factorisation that sends the fewest values, each weighed by its axis's face cost, then the fewest between nodes
///   kd:              recursive bisection by whole cell planes, nodes first
///   rcb:             recursive bisection of bricks, nodes first, to the brick
///   morton, hilbert: of every key (embedded, stretched, generalised; six orders of axes) the one that cuts least
/// Integers decide: equal input gives equal partitions everywhere. Local.
Offer offer(const Tiling& tiling, const Weights& weights, const Stencil& stencil, const Machine& machine, int ranks, Method method,
            Index value_bytes = 4);

/// The partition of a method; for `automatic` the one of all offers with the least modelled step time. Throws Error with the reason where
/// there is none. `automatic` visits every rank: a parallel program measures its own share instead (make_domain in lib/).
Partition make_partition(const Tiling& tiling, const Weights& weights, const Stencil& stencil, const Machine& machine, int ranks,
                         Method method, Index value_bytes = 4);

/// From seconds that each rank was measured to take (>= 0, by rank) to cuts after which no rank takes more than (1 + tolerance) of the
/// mean, give or take a brick, if what a rank's bricks took stays what it was. Moves few bricks: a cut that need not move does not. No
/// offer where the rule is no curve's. Throws Error for numbers that make no sense. Local; equal input gives equal cuts everywhere.
Offer repartition(const Partition& old, std::span<const double> seconds, double tolerance = 0.02);

/// The most ranks that a curve or rcb can keep busy: the bricks with active cells.
Index largest_useful_ranks(const Tiling& tiling, const Weights& weights);

// ---------------------------------------------------------------------------------------------------------------------------------

template <class Enter, class Found>
void Cartesian::visit(Enter&& enter, Found&& found) const {
  auto down = [&](auto& self, const Box& block) -> void {
    if (!enter(block)) return;
    const Int3 e = block.extent();
    const int axis = longest_axis(e);
    if (e[axis] == 1) return found(place(block.lo), block);
    Box low = block, high = block;
    low.hi[axis] = high.lo[axis] = block.lo[axis] + e[axis] / 2;
    self(self, low);
    self(self, high);
  };
  down(down, {{0, 0, 0}, bricks});
}

template <class Enter, class Found>
void Segments::visit(Enter&& enter, Found&& found) const {
  // Places first..last are those that the block's keys may belong to.
  auto down = [&](auto& self, const CurveBlock& block, int first, int last) -> void {
    if (!enter(block.bricks)) return;
    const auto narrowed = [&](Key key) {
      const auto begin = cuts.begin() + first + 1, end = cuts.begin() + last + 1;
      return static_cast<int>(std::upper_bound(begin, end, key) - cuts.begin()) - 1;
    };
    const int low = narrowed(block.first), high = narrowed(block.last - 1);
    if (low == high) return found(low, block.bricks);
    std::array<CurveBlock, 8> parts;
    const int n = curve.divide(block, parts);
    if (n == 0) return found(place(curve.key(block.bricks.lo)), block.bricks);
    for (int i = 0; i < n; ++i) self(self, parts[static_cast<std::size_t>(i)], low, high);
  };
  if (cuts.size() > 1) down(down, curve.root(), 0, static_cast<int>(cuts.size()) - 2);
}

}  // namespace hilbrick
