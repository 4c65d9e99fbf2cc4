// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <hilbrick/partition/box_set.hpp>
#include <hilbrick/partition/error.hpp>
#include <hilbrick/partition/plan.hpp>
#include <map>
#include <tuple>
#include <utility>

namespace hilbrick {
namespace {

/// The values of a field that live on a brick (perhaps an image): one box, or several under a mask.
std::vector<Box> field_boxes(const Partition& partition, const StencilField& field, Int3 brick) {
  const Tiling& tiling = partition.tiling();
  const Int3 home = tiling.wrapped(brick);
  const Int3 image = tiling.cells_of(brick).lo - tiling.cells_of(home).lo;
  std::vector<Box> boxes = partition.weights().active_pieces(tiling.cells_of(home));
  for (Box& b : boxes) b = shifted(field_box(b, tiling.grid(), field), image);
  return boxes;
}

/// Calls f(brick) for all bricks, images included, with cells within the reach of a brick.
template <class F>
void for_each_near(const Tiling& tiling, Int3 brick, Int3 reach_low, Int3 reach_high, F&& f) {
  Box cells = tiling.cells_of(brick);
  cells.lo = cells.lo + reach_low;
  cells.hi = cells.hi + reach_high;
  for_each_cell(tiling.bricks_touching(cells), f);
}

/// One cell more each way than the stencil reaches: a closing plane is a cell beyond the brick that owns it.
std::pair<Int3, Int3> reach_between_bricks(const Stencil& stencil) {
  Int3 low = min(stencil.reach_low(), -stencil.reach_high());
  for (const StencilField& field : stencil.fields())
    for (int a = 0; a < 3; ++a)
      if (field.closing[a]) low[a] = std::min<Index>(low[a], -1);
  return {low, -low};
}

}  // namespace

std::vector<Link> links_of(const Partition& partition, const Stencil& stencil, int phase, Int3 brick, Rank reader) {
  const auto& accesses = stencil.phases()[static_cast<std::size_t>(phase)];
  const auto [reach_low, reach_high] = reach_between_bricks(stencil);
  std::vector<std::vector<Box>> read(stencil.fields().size());
  const bool masked = partition.weights().masked();
  const Box brick_cells = partition.tiling().cells_of(brick);

  for_each_near(partition.tiling(), brick, reach_low, reach_high, [&](Int3 near) {
    bool is_readers = false, asked = false;
    for (const Access& access : accesses) {
      const StencilField& from = stencil.fields()[static_cast<std::size_t>(access.read)];
      const StencilField& to = stencil.fields()[static_cast<std::size_t>(access.reader)];
      auto add = [&](const Box& owned, const Box& reading) {
        const Box cells = intersection(owned, {reading.lo + access.first, reading.hi + access.last});
        if (cells.empty()) return;
        if (!asked) {
          is_readers = partition.owner(partition.tiling().wrapped(near)) == reader;
          asked = true;
        }
        if (is_readers) read[static_cast<std::size_t>(access.read)].push_back(cells);
      };
      if (!masked) {
        const Tiling& tiling = partition.tiling();
        const Int3 home = tiling.wrapped(near);
        const Box home_cells = tiling.cells_of(home);
        add(field_box(brick_cells, tiling.grid(), from),
            shifted(field_box(home_cells, tiling.grid(), to), tiling.cells_of(near).lo - home_cells.lo));
      } else {
        for (const Box& owned : field_boxes(partition, from, brick))
          for (const Box& reading : field_boxes(partition, to, near)) add(owned, reading);
      }
      if (asked && !is_readers) break;
    }
  });

  std::vector<Link> links;
  for (std::size_t f = 0; f < read.size(); ++f)
    for (const Box& cells : disjoint(read[f])) links.push_back({brick, static_cast<int>(f), cells});
  return links;
}

std::vector<Int3> surface_bricks(const Partition& partition, Rank rank, Int3 reach_low, Int3 reach_high) {
  const Tiling& tiling = partition.tiling();
  std::vector<Int3> bricks;
  for (const Box& box : partition.brick_boxes(rank)) {
    const Box cells = tiling.cells_of(box);
    // The core: bricks whose cells, grown by the reach, stay inside this box, or beyond a wall of the grid, where nobody is.
    Box core = box;
    for (int a = 0; a < 3; ++a) {
      const bool wall_below = !tiling.grid().periodic[a] && box.lo[a] == 0;
      const bool wall_above = !tiling.grid().periodic[a] && box.hi[a] == tiling.bricks()[a];
      while (!wall_below && core.lo[a] < box.hi[a] && tiling.first_cell(a, core.lo[a]) + reach_low[a] < cells.lo[a]) ++core.lo[a];
      while (!wall_above && core.hi[a] > core.lo[a] && tiling.first_cell(a, core.hi[a]) + reach_high[a] > cells.hi[a]) --core.hi[a];
    }
    std::vector<Box> shell;
    subtract(box, core, shell);
    for (const Box& part : shell) for_each_cell(part, [&](Int3 brick) { bricks.push_back(brick); });
  }
  return bricks;
}

Plan make_plan(const Partition& partition, const Stencil& stencil, Rank rank) {
  const auto [reach_low, reach_high] = reach_between_bricks(stencil);
  // Who may read which of my bricks, and which bricks of others I may read: (peer, brick), each once, in the messages' order.
  std::vector<std::pair<Rank, Int3>> mine, theirs;
  for (const Int3 brick : surface_bricks(partition, rank, reach_low, reach_high)) {
    if (partition.owner(brick) != rank) continue;  // nobody's
    for_each_near(partition.tiling(), brick, reach_low, reach_high, [&](Int3 near) {
      const Int3 home = partition.tiling().wrapped(near);
      const Rank peer = partition.owner(home);
      if (peer == rank || peer == nobody) return;
      mine.emplace_back(peer, brick);
      theirs.emplace_back(peer, home);
    });
  }
  const auto tidy = [](std::vector<std::pair<Rank, Int3>>& pairs) {
    std::sort(pairs.begin(), pairs.end());
    pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
  };
  tidy(mine);
  tidy(theirs);

  Plan plan;
  for (int phase = 0; phase < static_cast<int>(stencil.phases().size()); ++phase) {
    PhasePlan& messages = plan.phases.emplace_back();
    const auto add = [](std::vector<Message>& to, Rank peer, const std::vector<Link>& links) {
      if (links.empty()) return;
      if (to.empty() || to.back().peer != peer) to.push_back({peer, {}, 0});
      for (const Link& link : links) {
        to.back().links.push_back(link);
        to.back().values += link.cells.volume();
      }
    };
    for (const auto& [peer, brick] : mine) add(messages.sends, peer, links_of(partition, stencil, phase, brick, peer));
    for (const auto& [peer, brick] : theirs) add(messages.receives, peer, links_of(partition, stencil, phase, brick, rank));
  }
  return plan;
}

}  // namespace hilbrick
