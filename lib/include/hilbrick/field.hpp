// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// A field on one rank: one allocation, one block of it for each of the rank's boxes. A block holds the values that the box
// owns and the halo that the declared stencils read, nothing on the other sides.
//
//        stored                 LayoutLeft: value (x, y, z) of the grid stands at
//      +---------+              offset + (x - lo.x) + stride_y (y - lo.y) + stride_z (z - lo.z), lo = stored.lo.
//      |  +------+              Values beyond the grid are halo that no rank owns: zero unless the caller
//      |  | owned|              sets them (an electric wall wants zero).
//      +--+------+

#include <Kokkos_Core.hpp>
#include <hilbrick/domain.hpp>
#include <hilbrick/partition/stencil.hpp>
#include <span>
#include <string>
#include <vector>

namespace hilbrick {

/// Where the values of one box stand in an array; counts and offsets in values.
struct Block {
  Box owned;   // the field's values that belong to the box, closing planes included
  Box stored;  // with halo
  Index offset = 0;
  Index stride_y = 0, stride_z = 0;

  Index index(Int3 c) const { return offset + (c.x - stored.lo.x) + stride_y * (c.y - stored.lo.y) + stride_z * (c.z - stored.lo.z); }
};

/// What is read of field `field` around a box of cells in a phase and not owned by the box: disjoint boxes, perhaps beyond the grid.
std::vector<Box> footprint(const Stencil& stencil, std::size_t phase, int field, const Box& cells, const Grid& grid);

/// The blocks of one field, one after the other, for all boxes of a domain and all that the stencils read. Local.
std::vector<Block> blocks_for(const Domain& domain, std::span<const Stencil> stencils, int field);

/// An array with its blocks: what an exchange moves. The array may be anyone's, in memory that the host reaches.
struct FieldRef {
  void* data = nullptr;
  int value_bytes = 0;
  const std::vector<Block>* blocks = nullptr;  // one for each box of the domain; outlives the exchange
};

template <class T>
class Field {
 public:
  using Memory = Kokkos::DefaultHostExecutionSpace::memory_space;
  using BoxView = Kokkos::View<T***, Kokkos::LayoutLeft, Memory, Kokkos::MemoryTraits<Kokkos::Unmanaged>>;

  /// Zero everywhere. `name` labels the allocation. Local.
  Field(const std::string& name, const Domain& domain, std::span<const Stencil> stencils, int field)
      : blocks_(std::make_unique<std::vector<Block>>(blocks_for(domain, stencils, field))), data_(name, length()) {}

  const std::vector<Block>& blocks() const { return *blocks_; }
  T* data() const { return data_.data(); }
  Index size() const { return static_cast<Index>(data_.size()); }
  /// The block of a box as view(i, j, k), x fastest, i = x - stored.lo.x and so on.
  BoxView box_view(std::size_t box) const {
    const Block& b = blocks()[box];
    const Int3 e = b.stored.extent();
    return BoxView(data_.data() + b.offset, static_cast<std::size_t>(e.x), static_cast<std::size_t>(e.y), static_cast<std::size_t>(e.z));
  }
  T& at(std::size_t box, Int3 cell) const { return data_.data()[blocks()[box].index(cell)]; }
  FieldRef ref() const { return {data_.data(), sizeof(T), blocks_.get()}; }

 private:
  std::size_t length() const {
    if (blocks_->empty()) return 0;
    const Block& last = blocks_->back();
    return static_cast<std::size_t>(last.offset + last.stored.volume());
  }

  std::unique_ptr<std::vector<Block>> blocks_;  // stays where it is when the field moves
  Kokkos::View<T*, Memory> data_;
};

}  // namespace hilbrick
