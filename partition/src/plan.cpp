// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <hilbrick/partition/box_set.hpp>
#include <hilbrick/partition/plan.hpp>
#include <tuple>
#include <utility>

namespace hilbrick {
namespace {

/// A box of one field that crosses between this rank and a peer, in coordinates of its owner's brick; boxes may overlap.
struct Crossing {
  Rank peer;
  Int3 brick;
  int field;
  Box cells;

  auto source() const { return std::tie(peer, brick, field); }
  friend auto operator<=>(const Crossing&, const Crossing&) = default;
};

/// Finds what crosses between one of my bricks and others' in one phase.
class Crossings {
 public:
  Crossings(const Partition& partition, const Stencil& stencil, Rank rank) : partition_(partition), stencil_(stencil), rank_(rank) {}

  void add(const SurfaceBrick& mine, const Access& access) {
    const Grid& grid = partition_.grid();
    const StencilField& read = stencil_.fields()[static_cast<std::size_t>(access.read)];
    const StencilField& reader = stencil_.fields()[static_cast<std::size_t>(access.reader)];
    const Box cells = partition_.tiling().cells_of(mine.brick);
    const Box i_read = reads(field_box(cells, grid, reader), access), owned = field_box(cells, grid, read);
    const Box read_me{owned.lo - access.last, owned.hi - access.first};
    for_each_peer(mine, hull(bricks_owning(read, i_read), bricks_owning(reader, read_me)), [&](Rank peer, Int3 home, Int3 image) {
      for (const Box& theirs : partition_.weights().active_pieces(partition_.tiling().cells_of(home)))
        for (const Box& my : partition_.weights().active_pieces(cells)) {
          const Box my_update = shifted(field_box(my, grid, reader), -image),
                    their_update = shifted(field_box(theirs, grid, reader), image);
          note(receives, {peer, home, access.read, intersection(field_box(theirs, grid, read), reads(my_update, access))});
          note(sends, {peer, mine.brick, access.read, intersection(field_box(my, grid, read), reads(their_update, access))});
        }
    });
  }

  std::vector<Crossing> sends, receives;

 private:
  static Box reads(const Box& update, const Access& access) { return {update.lo + access.first, update.hi + access.last}; }
  static void note(std::vector<Crossing>& to, const Crossing& crossing) {
    if (!crossing.cells.empty()) to.push_back(crossing);
  }

  /// Calls f(peer, brick of the tiling, where its image stands) for the bricks that others own.
  template <class F>
  void for_each_peer(const SurfaceBrick& mine, const Box& bricks, F&& f) const {
    if (mine.box.contains(bricks)) return;
    const Tiling& tiling = partition_.tiling();
    for_each_cell(bricks, [&](Int3 brick) {
      const Int3 home = tiling.wrapped(brick);
      if (mine.box.contains(home)) return;
      const Rank peer = partition_.owner(home);
      if (peer == rank_ || peer == nobody) return;
      f(peer, home, home == brick ? Int3{} : tiling.cells_of(brick).lo - tiling.cells_of(home).lo);
    });
  }

  /// The bricks, images included, that may own values of a field in a box.
  Box bricks_owning(const StencilField& field, Box values) const {
    const Grid& grid = partition_.grid();
    for (int a = 0; a < 3; ++a)
      if (field.closing[a] && !grid.periodic[a]) values.lo[a] = std::min(values.lo[a], grid.cells[a] - 1);
    return partition_.tiling().bricks_touching(values);
  }

  const Partition& partition_;
  const Stencil& stencil_;
  Rank rank_;
};

/// The messages of one direction. A function of the set of crossings alone, so that both ends agree.
std::vector<Message> messages_of(std::vector<Crossing> crossings) {
  std::sort(crossings.begin(), crossings.end());
  std::vector<Message> messages;
  std::vector<Box> boxes;
  for (auto first = crossings.begin(); first != crossings.end();) {
    const auto last = std::find_if(first, crossings.end(), [&](const Crossing& c) { return c.source() != first->source(); });
    boxes.clear();
    for (auto c = first; c != last; ++c) boxes.push_back(c->cells);
    if (messages.empty() || messages.back().peer != first->peer) messages.push_back({first->peer, {}, 0});
    for (const Box& cells : disjoint(boxes)) {
      messages.back().links.push_back({first->brick, first->field, cells});
      messages.back().values += cells.volume();
    }
    first = last;
  }
  return messages;
}

}  // namespace

std::vector<SurfaceBrick> surface_bricks(const Partition& partition, Rank rank, Int3 reach_low, Int3 reach_high) {
  const Tiling& tiling = partition.tiling();
  std::vector<SurfaceBrick> bricks;
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
    for (const Box& part : shell)
      for_each_cell(part, [&](Int3 brick) {
        const bool masked_out = partition.weights().masked() && partition.owner(brick) == nobody;
        if (!masked_out) bricks.push_back({brick, box});
      });
  }
  return bricks;
}

Plan make_plan(const Partition& partition, const Stencil& stencil, Rank rank) {
  // Who reads me may be as far to the other side as what I read. Closing planes belong to the last cells: they take nobody farther.
  const Int3 reach = max(-stencil.reach_low(), stencil.reach_high());
  const std::vector<SurfaceBrick> mine = surface_bricks(partition, rank, -reach, reach);
  Plan plan;
  for (const auto& accesses : stencil.phases()) {
    Crossings crossings(partition, stencil, rank);
    for (const SurfaceBrick& brick : mine)
      for (const Access& access : accesses) crossings.add(brick, access);
    plan.phases.push_back({messages_of(std::move(crossings.sends)), messages_of(std::move(crossings.receives))});
  }
  return plan;
}

}  // namespace hilbrick
