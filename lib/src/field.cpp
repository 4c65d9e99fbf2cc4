// SPDX-License-Identifier: BSD-3-Clause
#include <hilbrick/field.hpp>
#include <hilbrick/partition/box_set.hpp>
#include <utility>

namespace hilbrick {

std::vector<Box> footprint(const Stencil& stencil, std::size_t phase, int field, const Box& cells, const Grid& grid) {
  const Box owned = field_box(cells, grid, stencil.fields()[static_cast<std::size_t>(field)]);
  std::vector<Box> read;
  for (const Access& access : stencil.phases()[phase]) {
    if (access.read != field) continue;
    const Box reader = field_box(cells, grid, stencil.fields()[static_cast<std::size_t>(access.reader)]);
    subtract({reader.lo + access.first, reader.hi + access.last}, owned, read);
  }
  return canonical(std::move(read));
}

std::vector<Block> blocks_for(const Domain& domain, std::span<const Stencil> stencils, int field) {
  const Grid& grid = domain.partition.grid();
  std::vector<Block> blocks;
  Index offset = 0;
  for (const Box& cells : domain.boxes) {
    Block block;
    block.owned = field_box(cells, grid, stencils.front().fields()[static_cast<std::size_t>(field)]);
    block.stored = block.owned;
    for (const Stencil& stencil : stencils)
      for (std::size_t phase = 0; phase < stencil.phases().size(); ++phase)
        for (const Box& read : footprint(stencil, phase, field, cells, grid)) block.stored = hull(block.stored, read);
    const Int3 e = block.stored.extent();
    block.offset = offset;
    block.stride_y = e.x;
    block.stride_z = e.x * e.y;
    offset += product(e);
    blocks.push_back(block);
  }
  return blocks;
}

}  // namespace hilbrick
