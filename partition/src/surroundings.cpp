// SPDX-License-Identifier: BSD-3-Clause
#include "surroundings.hpp"

#include <algorithm>

namespace hilbrick {
namespace {

Box grown(const Box& box, Int3 by) { return {box.lo - by, box.hi + by}; }
Int3 scaled(Int3 a, Int3 b) { return {a.x * b.x, a.y * b.y, a.z * b.z}; }

}  // namespace

Surroundings::Surroundings(const Partition& partition, const Stencil& stencil, Rank rank)
    : grid_(partition.grid()), stencil_(stencil), mine_(boxes_of(partition, rank)) {
  if (mine_.empty()) return;
  const Tiling& tiling = partition.tiling();
  const Int3 reach = max(-stencil.reach_low(), stencil.reach_high()), bricks = tiling.bricks();
  std::vector<Box> near, near_bricks;  // a box each, cells and bricks; beyond the grid on periodic axes
  Box all, all_bricks;
  for (const Box& box : mine_) {
    near.push_back(grown(box, reach));
    near_bricks.push_back(tiling.bricks_touching(near.back()));
    all = hull(all, near.back());
    all_bricks = hull(all_bricks, near_bricks.back());
  }
  Box images{{0, 0, 0}, {1, 1, 1}};
  for (int a = 0; a < 3; ++a)
    if (grid_.periodic[a]) {
      images.lo[a] = floor_div(all_bricks.lo[a], bricks[a]);
      images.hi[a] = ceil_div(all_bricks.hi[a], bricks[a]);
    }
  for_each_cell(images, [&](Int3 at) {
    const Int3 image = scaled(at, grid_.cells), in_bricks = scaled(at, bricks);
    std::vector<Box> wanted;
    for (const Box& box : near_bricks)
      if (const Box inside = intersection(shifted(box, -in_bricks), tiling.brick_box()); !inside.empty()) wanted.push_back(inside);
    const auto meets_any = [&](const Box& block) {
      return std::any_of(wanted.begin(), wanted.end(), [&](const Box& w) { return meet(block, w); });
    };
    if (wanted.empty()) return;
    partition.visit(meets_any, [&](Rank peer, const Box& block) {
      if (peer == rank) return;
      for (const Box& theirs : partition.weights().active_pieces(intersection(tiling.cells_of(block), shifted(all, -image))))
        for (std::size_t i = 0; i < mine_.size(); ++i)
          if (meet(near[i], shifted(theirs, image))) pairs_.push_back({peer, mine_[i], theirs, image});
    });
  });
  std::stable_sort(pairs_.begin(), pairs_.end(), [](const Pair& a, const Pair& b) { return a.peer < b.peer; });
}

void Surroundings::add_crossings(std::span<const Pair> pairs, const Access& access, Direction direction, std::vector<Box>& boxes) const {
  const StencilField& reader = stencil_.fields()[static_cast<std::size_t>(access.reader)];
  const StencilField& read = stencil_.fields()[static_cast<std::size_t>(access.read)];
  const auto closes = [](const StencilField& field) { return field.closing[0] || field.closing[1] || field.closing[2]; };
  const bool plain = !closes(reader) && !closes(read), send = direction == Direction::send;
  for (const Pair& pair : pairs) {
    // The owner's values, and what the reader's cells, as the owner sees them, read.
    const Box& owner = send ? pair.mine : pair.theirs;
    const Box& update = send ? pair.theirs : pair.mine;
    const Int3 image = send ? pair.image : -pair.image;
    const Box owned = plain ? owner : field_box(owner, grid_, read);
    const Box updated = plain ? update : field_box(update, grid_, reader);
    const Box wanted{updated.lo + access.first + image, updated.hi + access.last + image};
    if (meet(owned, wanted)) boxes.push_back(intersection(owned, wanted));
  }
}

}  // namespace hilbrick
