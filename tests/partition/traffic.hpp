// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What travels between ranks and which faces lie between them, found by visiting every cell and every offset: the oracles of plans and of
// the numbers that are reported.

#include <algorithm>
#include <hilbrick/partition/stencil.hpp>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

#include "random_case.hpp"

namespace hilbrick::test {

/// One value: which field, at which position of the grid.
using Value = std::pair<int, Int3>;
using Values = std::vector<Value>;

/// What travels in each phase from each owner to each reader.
using Traffic = std::map<std::tuple<int, Rank, Rank>, Values>;

inline void sort_unique(Values& values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

/// The owner of a value; nobody where no such value lives. A closing plane belongs to the last cell's owner.
inline Rank owner_of_value(const Grid& grid, const StencilField& field, const std::vector<Rank>& owners, Int3 position) {
  for (int a = 0; a < 3; ++a) {
    if (grid.periodic[a]) {
      position[a] -= floor_div(position[a], grid.cells[a]) * grid.cells[a];
    } else if (position[a] == grid.cells[a] && field.closing[a]) {
      --position[a];
    } else if (position[a] < 0 || position[a] >= grid.cells[a]) {
      return nobody;
    }
  }
  return owners[at(grid.cells, position)];
}

inline Int3 wrapped(const Grid& grid, Int3 position) {
  for (int a = 0; a < 3; ++a)
    if (grid.periodic[a]) position[a] -= floor_div(position[a], grid.cells[a]) * grid.cells[a];
  return position;
}

/// The oracle: each value of a field that is updated reads each of its offsets.
inline Traffic expected_traffic(const Case& c, const Stencil& stencil) {
  const Grid& grid = c.partition.grid();
  const std::vector<Rank> owners = owners_of_cells(c);
  Traffic traffic;
  for (int phase = 0; phase < static_cast<int>(stencil.phases().size()); ++phase)
    for (const Access& access : stencil.phases()[static_cast<std::size_t>(phase)]) {
      const StencilField& reader = stencil.fields()[static_cast<std::size_t>(access.reader)];
      const StencilField& read = stencil.fields()[static_cast<std::size_t>(access.read)];
      Box positions = grid.box();
      for (int a = 0; a < 3; ++a)
        if (reader.closing[a] && !grid.periodic[a]) ++positions.hi[a];
      for_each_cell(positions, [&](Int3 position) {
        const Rank to = owner_of_value(grid, reader, owners, position);
        if (to == nobody) return;
        for_each_cell({position + access.first, position + access.last + Int3{1, 1, 1}}, [&](Int3 source) {
          const Rank from = owner_of_value(grid, read, owners, source);
          if (from != nobody && from != to) traffic[{phase, from, to}].emplace_back(access.read, wrapped(grid, source));
        });
      });
    }
  for (auto& [who, values] : traffic) sort_unique(values);
  return traffic;
}

/// Cell faces between each rank's cells and other ranks', by the axis they are normal to.
inline std::vector<Int3> expected_faces(const Case& c) {
  const Grid& grid = c.partition.grid();
  const std::vector<Rank> owners = owners_of_cells(c);
  std::vector<Int3> faces(static_cast<std::size_t>(c.partition.ranks()));
  for_each_cell(grid.box(), [&](Int3 cell) {
    for (int a = 0; a < 3; ++a) {
      Int3 next = cell + unit(a);
      if (next[a] == grid.cells[a]) {
        if (!grid.periodic[a]) continue;
        next[a] = 0;
      }
      const Rank here = owners[at(grid.cells, cell)], there = owners[at(grid.cells, next)];
      if (here == there || here == nobody || there == nobody) continue;
      ++faces[static_cast<std::size_t>(here)][a];
      ++faces[static_cast<std::size_t>(there)][a];
    }
  });
  return faces;
}

}  // namespace hilbrick::test
