// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// One rank's boxes and what others own near them: what plans and metrics are made of.

#include <algorithm>
#include <hilbrick/partition/partition.hpp>
#include <hilbrick/partition/stencil.hpp>
#include <span>
#include <vector>

namespace hilbrick {

class Surroundings {
 public:
  /// Everything within the stencil's reach, on either side: who reads me may be as far as what I read. O(surface log P).
  Surroundings(const Partition& partition, const Stencil& stencil, Rank rank);

  /// My active cells, merged.
  const std::vector<Box>& mine() const { return mine_; }

  enum class Direction { send, receive };
  /// Calls f(peer, field, boxes) for the values of each field that cross in one phase between me and each peer, by peer, then field: boxes
  /// in coordinates of the values' owner, which may overlap.
  template <class F>
  void for_each_crossing(std::size_t phase, Direction direction, F&& f) const {
    std::vector<Box> boxes;
    for (auto first = pairs_.begin(); first != pairs_.end();) {
      const auto last = std::find_if(first, pairs_.end(), [&](const Pair& p) { return p.peer != first->peer; });
      for (int field = 0; field < static_cast<int>(stencil_.fields().size()); ++field) {
        boxes.clear();
        for (const Access& access : stencil_.phases()[phase])
          if (access.read == field) add_crossings(std::span(first, last), access, direction, boxes);
        if (!boxes.empty()) f(first->peer, field, boxes);
      }
      first = last;
    }
  }

 private:
  /// A box of mine and one of a peer's within reach of it. Around a periodic grid the peer's is seen from here at `theirs` moved by
  /// `image`.
  struct Pair {
    Rank peer;
    Box mine, theirs;
    Int3 image;
  };
  void add_crossings(std::span<const Pair> pairs, const Access& access, Direction direction, std::vector<Box>& boxes) const;

  const Grid& grid_;
  const Stencil& stencil_;
  std::vector<Box> mine_;
  std::vector<Pair> pairs_;  // by peer
};

}  // namespace hilbrick
