// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Who owns what. A partition is a tiling and a rule that gives each brick one owner: P + 1 integers along a curve, or nothing at
// all for a Cartesian split, whose bricks are the ranks' boxes. Every question is answered by integer arithmetic, alike on every
// rank, without a table of bricks or of ranks.
//
//   Tiling + Weights --> candidates(method) --> measured --> the cheapest: Partition --> boxes_of, make_plan, measure

#include <hilbrick/partition/curve.hpp>
#include <hilbrick/partition/machine.hpp>
#include <hilbrick/partition/stencil.hpp>
#include <hilbrick/partition/tiling.hpp>
#include <hilbrick/partition/weights.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace hilbrick {

enum class Method { slab, pencil, box, morton, hilbert, automatic };

/// The methods in the order in which people list them, `auto` last.
inline constexpr std::array all_methods{Method::slab, Method::pencil, Method::box, Method::morton, Method::hilbert, Method::automatic};
std::string_view name_of(Method method);
std::optional<Method> method_from_name(std::string_view name);
/// "slab, pencil, ... or auto", for messages.
std::string method_names();

/// Rank r owns brick r, counted with x fastest.
struct Cartesian {};
/// Rank r owns the bricks with cuts[r] <= key < cuts[r + 1].
struct Segments {
  Curve curve;
  std::vector<Key> cuts;
};

class Partition {
 public:
  /// The tiling has as many bricks as there are ranks.
  Partition(Method method, Tiling tiling, Weights weights, Cartesian rule);
  Partition(Method method, Tiling tiling, Weights weights, Segments rule);

  Method method() const { return method_; }
  int ranks() const { return ranks_; }
  const Tiling& tiling() const { return tiling_; }
  const Grid& grid() const { return tiling_.grid(); }
  const Weights& weights() const { return weights_; }
  const std::variant<Cartesian, Segments>& rule() const { return rule_; }
  /// One line for people: "hilbert, stretched, 24x24x10 bricks".
  std::string description() const;

  /// The owner of a brick of the tiling; nobody where the brick has no active cell.
  Rank owner(Int3 brick) const;
  /// A rank's bricks as few large boxes of bricks, bricks without active cells perhaps among them. May be empty.
  std::vector<Box> brick_boxes(Rank rank) const;
  /// The weight of a rank's bricks.
  Index load(Rank rank) const;

 private:
  std::vector<Box> unmerged_brick_boxes(Rank rank) const;

  Method method_;
  int ranks_;
  Tiling tiling_;
  Weights weights_;
  std::variant<Cartesian, Segments> rule_;
};

/// A rank's active cells as few large disjoint boxes: what a kernel loops over. May be empty.
std::vector<Box> boxes_of(const Partition& partition, Rank rank);

/// What a method offers for these ranks: the partitions it would choose among, or why there is none.
struct Candidates {
  std::vector<Partition> partitions;
  std::string reason;  // a sentence, when there are no partitions
};
/// slab: equal cell planes of the longest axis (ties: the slowest), weights ignored. pencil, box: the factorisation that sends
/// the fewest values for this stencil, each weighed by its axis's face cost. morton: the embedded key; hilbert: embedded and
/// stretched, with x or z first. automatic: the candidates of every method.
Candidates candidates(const Tiling& tiling, const Weights& weights, const Stencil& stencil, const Machine& machine, int ranks,
                      Method method);

/// The partition of a method, the cheapest of its candidates by `cheaper` (metrics.hpp). Throws Error with the reason where there
/// is none. Visits every rank: a parallel program measures its own share instead (Domain in lib/).
Partition make_partition(const Tiling& tiling, const Weights& weights, const Stencil& stencil, const Machine& machine, int ranks,
                         Method method);

/// The most ranks that the curve methods can keep busy: the bricks with active cells.
Index largest_useful_ranks(const Tiling& tiling, const Weights& weights);

}  // namespace hilbrick
