// SPDX-License-Identifier: BSD-3-Clause
#include <cstdint>
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

FieldRef ref_of(const std::vector<StridedArray>& arrays, int value_bytes, std::vector<Block> blocks, Memory memory) {
  if (arrays.size() != blocks.size())
    throw Error("field in arrays of the caller's: expected one for each of the rank's " + std::to_string(blocks.size()) + " boxes, found " +
                std::to_string(arrays.size()));
  FieldRef field{arrays.empty() ? nullptr : arrays.front().data, value_bytes, std::move(blocks), memory};
  for (std::size_t b = 0; b < arrays.size(); ++b) {
    const StridedArray& array = arrays[b];
    Block& block = field.blocks[b];
    const auto text = [](Int3 e) { return std::to_string(e.x) + " x " + std::to_string(e.y) + " x " + std::to_string(e.z); };
    if (array.extent != block.stored.extent())
      throw Error("field in arrays of the caller's: expected array " + std::to_string(b) +
                  " to have the extent of what its block stores, " + text(block.stored.extent()) + " values along x, y, z, found " +
                  text(array.extent));
    // Between allocations of their own a difference of pointers has no meaning, one of addresses has.
    const auto apart = reinterpret_cast<std::intptr_t>(array.data) - reinterpret_cast<std::intptr_t>(field.data);
    if (apart % value_bytes != 0)
      throw Error("field in arrays of the caller's: expected arrays that lie whole values apart, found " + std::to_string(apart) +
                  " bytes between the first and array " + std::to_string(b) + " of values of " + std::to_string(value_bytes) +
                  " bytes; align them by that");
    block.offset = apart / value_bytes;
    block.stride_x = array.stride.x;
    block.stride_y = array.stride.y;
    block.stride_z = array.stride.z;
  }
  return field;
}

}  // namespace hilbrick
