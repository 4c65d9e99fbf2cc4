// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Recursive bisection: P - 1 splits, each of which divides a region of bricks and the places that own it in two. A split falls between
// two bricks in lexicographic order, so the cut plane itself may be divided to meet a share exactly:
//
//   b b d d d    4 places, 5 x 3 bricks. First split: x before y, at (2, 1), 7 bricks before it and 8 from it on.
//   b b c c d    The low side's: y before x, at (0, 1).
//   a a a c c    The high side's: y before x, at (4, 1).
//
// A split may have a step, where the cut goes around a corner of a mask:
//
//   b b          2 places, 12 bricks. y before x, at (0, 1), for bricks below plane 2 of x; from that plane on all y < 2 come before.
//   b b
//   b b a a
//   a a a a
//
// A region is a short list of boxes, and no question needs more than the regions on the way down to it.

#include <array>
#include <cstdint>
#include <hilbrick/partition/cost_model.hpp>
#include <hilbrick/partition/tiling.hpp>
#include <hilbrick/partition/weights.hpp>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace hilbrick {

class Tree {
 public:
  /// Of the places [first, first + count) that share a region, the first `low` own its bricks that come before the brick `at` with
  /// axes[0] most significant; `at` need not be in the region. In preorder: the low side's splits follow, then the high side's.
  struct Split {
    /// Beside a plane of `axis`, not axes[0], the bricks below the plane `end` of axes[0] come before, whatever `at` is: from `plane` on
    /// or, if `below`, below it.
    struct Step {
      std::int8_t axis = -1;  // -1: no step
      bool below = false;
      std::int32_t plane = 0, end = 0;

      bool governs(Int3 brick) const { return axis >= 0 && (brick[axis] < plane) == below; }
      friend bool operator==(const Step&, const Step&) = default;
    };

    std::int32_t low = 1;
    std::array<std::int8_t, 3> axes{2, 1, 0};
    std::array<std::int32_t, 3> at{};
    Step step{};

    bool before(Int3 brick) const {
      if (step.governs(brick)) return brick[axes[0]] < step.end;
      for (const int a : axes)
        if (brick[a] != at[static_cast<std::size_t>(a)]) return brick[a] < at[static_cast<std::size_t>(a)];
      return false;
    }
    /// Appends the parts of a box on the low side and on the high side, at most three boxes each and one more where there is a step.
    void divide(const Box& box, std::vector<Box>& low_side, std::vector<Box>& high_side) const;

    friend bool operator==(const Split&, const Split&) = default;
  };

  /// One split less than places, for a tiling of `bricks` bricks.
  Tree(Int3 bricks, std::vector<Split> splits) : bricks_(bricks), splits_(std::move(splits)) {}

  int places() const { return static_cast<int>(splits_.size()) + 1; }
  const std::vector<Split>& splits() const { return splits_; }

  /// The place that owns a brick of the tiling.
  int place(Int3 brick) const;
  /// A place's bricks as disjoint boxes. May be empty.
  std::vector<Box> boxes(int place) const;

  /// Calls found(place, box) for boxes of bricks that each belong to one place and together are all bricks of the tiling but those that
  /// lie in boxes for which enter(box) was false: these are not looked into.
  template <class Enter, class Found>
  void visit(Enter&& enter, Found&& found) const {
    descend({Box{{0, 0, 0}, bricks_}}, 0, 0, places(), enter, found);
  }

  friend bool operator==(const Tree&, const Tree&) = default;

 private:
  template <class Enter, class Found>
  void descend(std::vector<Box> region, std::size_t split, int first, int count, Enter& enter, Found& found) const {
    std::erase_if(region, [&](const Box& box) { return !enter(box); });
    if (region.empty()) return;
    if (count == 1) {
      for (const Box& box : region) found(first, box);
      return;
    }
    const Split& s = splits_[split];
    std::vector<Box> low, high;
    for (const Box& box : region) s.divide(box, low, high);
    descend(std::move(low), split + 1, first, s.low, enter, found);
    descend(std::move(high), split + static_cast<std::size_t>(s.low), first + s.low, count - s.low, enter, found);
  }

  Int3 bricks_;
  std::vector<Split> splits_;
};

/// Bisection of bricks, the nodes' shares first, then the places of each node: each place's load is at most the mean plus the heaviest
/// brick. Where all bricks weigh the same, counts differ by one at most. Of the splits tried the ones that cut least are taken, faces
/// weighed by `model.face_ps` and those between nodes first. `node_sizes`: places on each node, in place order. Any number of places.
/// Local.
Tree rcb_tree(const Tiling& tiling, const Weights& weights, const CostModel& model, std::span<const int> node_sizes);

/// Bisection by whole planes of bricks: one box for each place, loads nearly equal. Of the splits tried the ones are taken whose slowest
/// place takes least by `model`. Nothing where there are more places than bricks. Local.
std::optional<Tree> kd_tree(const Tiling& tiling, const Weights& weights, const CostModel& model, std::span<const int> node_sizes);

/// Faces normal to x, y, z between active cells of different places, all splits added up. Local.
Int3 cut_faces(const Tree& tree, const Tiling& tiling, const Weights& weights);

}  // namespace hilbrick
