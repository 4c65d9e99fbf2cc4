// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Unions of boxes, kept as disjoint boxes under a tree of hulls: a mask of active cells.

#include <hilbrick/partition/grid.hpp>
#include <vector>

namespace hilbrick {

/// Appends a without b to `out`, as up to six disjoint boxes.
void subtract(const Box& a, const Box& b, std::vector<Box>& out);

/// The union of boxes as disjoint boxes that depend on the union alone, in z-y-x order: slabs along z of equal cross-section, in them
/// bands along y of equal runs, in them runs along x, all as large as they can be.
std::vector<Box> canonical(std::vector<Box> boxes);

/// The cells of the union.
Index union_volume(const std::vector<Box>& boxes);

class BoxSet {
 public:
  /// The union of the boxes, which may overlap. Empty boxes add nothing.
  explicit BoxSet(const std::vector<Box>& boxes);

  /// Cells of the set inside a box. O(log n + boxes met).
  Index volume(const Box& within) const;
  /// The set inside a box, as disjoint boxes in an order that depends on the set alone.
  std::vector<Box> pieces(const Box& within) const;
  const std::vector<Box>& boxes() const { return boxes_; }

 private:
  struct Node {
    Box hull;
    std::size_t first, last;  // boxes_[first, last)
    std::size_t right;        // the second child; the first follows its parent; 0 in a leaf
  };
  void build(std::size_t first, std::size_t last);
  template <class F>
  void visit(const Box& within, F&& f) const;

  std::vector<Box> boxes_;
  std::vector<Node> nodes_;
};

}  // namespace hilbrick
