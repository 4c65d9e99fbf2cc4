// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Random small partitions for property tests, and the slow, obvious answer to who owns which cell.

#include <rapidcheck.h>

#include <hilbrick/partition/cut.hpp>
#include <hilbrick/partition/partition.hpp>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

namespace hilbrick::test {

/// Any integer of [low, high]; the whole range from the first case on, which rapidcheck would otherwise widen case by case.
inline Index any(Index low, Index high) { return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange<Index>(low, high + 1)); }
inline bool any_bool() { return *rc::gen::arbitrary<bool>(); }
inline std::array<bool, 3> any_axes() { return {any_bool(), any_bool(), any_bool()}; }
inline Int3 any_int3(Index low, Index high) {
  // One at a time: the order in which arguments are evaluated is not ours to rely on.
  Int3 n;
  for (int a = 0; a < 3; ++a) n[a] = any(low, high);
  return n;
}
/// A box inside [0, cells) that is not empty.
inline Box any_box(Int3 cells) {
  Box box;
  for (int a = 0; a < 3; ++a) {
    box.lo[a] = any(0, cells[a] - 1);
    box.hi[a] = any(box.lo[a] + 1, cells[a]);
  }
  return box;
}

inline std::string text(Int3 n) {
  std::ostringstream out;
  out << '(' << n.x << ' ' << n.y << ' ' << n.z << ')';
  return out.str();
}
inline std::string text(const Box& b) { return text(b.lo) + ".." + text(b.hi); }

inline std::size_t at(Int3 cells, Int3 c) { return static_cast<std::size_t>(c.x + cells.x * (c.y + cells.y * c.z)); }

/// A mask as boxes, as a user gives it; no boxes: every cell is active.
struct Mask {
  std::vector<Box> boxes;
  bool active(Int3 cell) const {
    for (const Box& b : boxes)
      if (b.contains(cell)) return true;
    return boxes.empty();
  }
};

/// What a partition is asked for.
struct Problem {
  Mask mask;
  Tiling tiling;
  Weights weights;
  int ranks;
};

/// A grid of at most `most_cells` along each axis with any periodic axes, brick edge, mask, weights and rank count up to twice the bricks.
inline Problem any_problem(Index most_cells) {
  const Grid grid{any_int3(1, most_cells), any_axes()};
  Problem problem{{}, Tiling(grid, any(1, 4)), {}, 1};
  if (any_bool()) {
    for (Index n = any(1, 4); n > 0; --n) problem.mask.boxes.push_back(any_box(grid.cells));
    problem.weights.active(BoxSet(problem.mask.boxes));
  }
  if (any_bool()) problem.weights.boundary_cost(any(0, 2), any(1, 5));
  if (any(0, 3) == 0) {
    std::vector<Index> table;
    for_each_cell(problem.tiling.brick_box(),
                  [&](Int3 brick) { table.push_back(problem.weights.active_cells(problem.tiling.cells_of(brick)) > 0 ? any(0, 9) : 0); });
    problem.weights.table(problem.tiling, table);
  }
  problem.ranks = static_cast<int>(any(1, std::min<Index>(2 * problem.tiling.brick_count(), 40)));
  RC_LOG() << "grid " << text(grid.cells) << ", bricks " << text(problem.tiling.bricks()) << ", periodic " << grid.periodic[0]
           << grid.periodic[1] << grid.periodic[2] << ", " << problem.ranks << " ranks, mask";
  for (const Box& b : problem.mask.boxes) RC_LOG() << ' ' << text(b);
  RC_LOG() << std::endl;
  return problem;
}

struct Case {
  Mask mask;
  Partition partition;
};

/// Any partition that any method offers for such a problem, on the nodes of a machine.
inline Case any_case(Index most_cells, const Machine& machine = {}) {
  Problem problem = any_problem(most_cells);
  const auto offered = [&](Method m) {
    return offer(problem.tiling, problem.weights, Stencil::yee(), machine, problem.ranks, m).partition;
  };
  std::optional<Partition> partition =
      offered(making_methods[static_cast<std::size_t>(any(0, static_cast<Index>(making_methods.size()) - 1))]);
  if (!partition) partition = offered(Method::hilbert);
  RC_LOG() << partition->description() << std::endl;
  return {std::move(problem.mask), std::move(*partition)};
}

/// The owner of each cell, x fastest; nobody for cells that are not active.
inline std::vector<Rank> owners_of_cells(const Case& c) {
  const Tiling& tiling = c.partition.tiling();
  const Int3 cells = tiling.grid().cells;
  std::vector<Rank> owners(static_cast<std::size_t>(product(cells)), nobody);
  for_each_cell(tiling.grid().box(), [&](Int3 cell) {
    if (!c.mask.active(cell)) return;
    Int3 brick;
    for (int a = 0; a < 3; ++a)
      while (tiling.first_cell(a, brick[a] + 1) <= cell[a]) ++brick[a];
    owners[at(cells, cell)] = c.partition.owner(brick);
  });
  return owners;
}

}  // namespace hilbrick::test
