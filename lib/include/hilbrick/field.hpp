// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Fields on one rank: a block for each of the rank's boxes. A block holds the values that the box owns and the halo that the declared
// stencils read, nothing on the other sides.
//
//        stored                 Value (x, y, z) of the grid stands at
//      +---------+              offset + stride_x (x - lo.x) + stride_y (y - lo.y) + stride_z (z - lo.z), lo = stored.lo.
//      |  +------+              Values beyond the grid are halo that no rank owns: zero unless the caller
//      |  | owned|              sets them (an electric wall wants zero).
//      +--+------+
//
// Field<T> allocates its blocks one after the other, x fastest. Arrays of the caller's own, Views of any layout or pointers with strides,
// in memory of the host or of a device, become what an exchange moves by ref_of:
//
//   std::vector<Kokkos::View<double***>> u;               // one for each box
//   const std::vector<Block> blocks = blocks_for(domain, {&stencil, 1}, 0);
//   for (const Block& b : blocks) u.emplace_back("u", b.stored.extent().x, b.stored.extent().y, b.stored.extent().z);
//   Exchange exchange(comm, domain, stencil, {ref_of(u, blocks)});

#include <Kokkos_Core.hpp>
#include <cstddef>
#include <hilbrick/domain.hpp>
#include <hilbrick/partition/stencil.hpp>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace hilbrick {

/// Where the values of one box stand in an array; counts and offsets in values.
struct Block {
  Box owned;   // the field's values that belong to the box, closing planes included
  Box stored;  // with halo
  Index offset = 0;
  Index stride_y = 0, stride_z = 0, stride_x = 1;

  Index index(Int3 c) const {
    return offset + stride_x * (c.x - stored.lo.x) + stride_y * (c.y - stored.lo.y) + stride_z * (c.z - stored.lo.z);
  }
};

/// What is read of field `field` around a box of cells in a phase and not owned by the box: disjoint boxes, perhaps beyond the grid.
std::vector<Box> footprint(const Stencil& stencil, std::size_t phase, int field, const Box& cells, const Grid& grid);

/// The blocks of one field, one after the other, for all boxes of a domain and all that the stencils read. Local.
std::vector<Block> blocks_for(const Domain& domain, std::span<const Stencil> stencils, int field);

/// Who reaches an array: the host, or only kernels in Kokkos::DefaultExecutionSpace. What both reach counts as the host's.
enum class Memory { host, device };

/// An array, anyone's, with its blocks: what an exchange moves.
struct FieldRef {
  void* data = nullptr;
  int value_bytes = 0;
  std::vector<Block> blocks;  // one for each box of the domain
  Memory memory = Memory::host;

  std::byte* value(std::size_t box, Int3 cell) const { return static_cast<std::byte*>(data) + blocks[box].index(cell) * value_bytes; }
};

/// An array of the caller's own: value (i, j, k) stands stride.x i + stride.y j + stride.z k values after `data`.
struct StridedArray {
  void* data = nullptr;
  Int3 extent, stride;
};

/// A field in one array for each box, whose value (0, 0, 0) is the block's stored.lo. Of the blocks only `owned` and `stored` are read;
/// those of blocks_for are the smallest, wider halos are welcome. Throws Error where an array has not as many values along each axis as
/// `stored`, and where the arrays do not lie whole values apart. Local.
FieldRef ref_of(const std::vector<StridedArray>& arrays, int value_bytes, std::vector<Block> blocks, Memory memory = Memory::host);

/// The same of Views view(i, j, k), of any layout and memory space; the Views must outlive the exchange. One component of a View with four
/// indices is Kokkos::subview(view, Kokkos::ALL, Kokkos::ALL, Kokkos::ALL, component). Local.
template <class View>
FieldRef ref_of(const std::vector<View>& views, std::vector<Block> blocks) {
  static_assert(Kokkos::is_view<View>::value, "expected Views");
  static_assert(View::rank == 3, "expected Views with three indices, x, y and z");
  static_assert(!std::is_const_v<typename View::value_type>, "halos are written: expected Views of values that are not const");
  using Space = typename View::memory_space;
  constexpr bool on_host = Kokkos::SpaceAccessibility<Kokkos::DefaultHostExecutionSpace, Space>::accessible;
  static_assert(on_host || Kokkos::SpaceAccessibility<Kokkos::DefaultExecutionSpace, Space>::accessible,
                "expected Views that the host or Kokkos' default execution space reaches");
  std::vector<StridedArray> arrays;
  for (const View& v : views) {
    const auto along = [&](auto&& f) { return Int3{static_cast<Index>(f(0)), static_cast<Index>(f(1)), static_cast<Index>(f(2))}; };
    arrays.push_back({v.data(), along([&](int a) { return v.extent(a); }), along([&](int a) { return v.stride(a); })});
  }
  return ref_of(arrays, static_cast<int>(sizeof(typename View::value_type)), std::move(blocks), on_host ? Memory::host : Memory::device);
}

template <class T>
class Field {
 public:
  using Space = Kokkos::DefaultHostExecutionSpace::memory_space;
  using BoxView = Kokkos::View<T***, Kokkos::LayoutLeft, Space, Kokkos::MemoryTraits<Kokkos::Unmanaged>>;

  /// Zero everywhere. `name` labels the allocation. Local.
  Field(const std::string& name, const Domain& domain, std::span<const Stencil> stencils, int field)
      : blocks_(blocks_for(domain, stencils, field)), data_(name, length()) {}

  const std::vector<Block>& blocks() const { return blocks_; }
  T* data() const { return data_.data(); }
  Index size() const { return static_cast<Index>(data_.size()); }
  /// The block of a box as view(i, j, k), x fastest, i = x - stored.lo.x and so on.
  BoxView box_view(std::size_t box) const {
    const Block& b = blocks()[box];
    const Int3 e = b.stored.extent();
    return BoxView(data_.data() + b.offset, static_cast<std::size_t>(e.x), static_cast<std::size_t>(e.y), static_cast<std::size_t>(e.z));
  }
  T& at(std::size_t box, Int3 cell) const {
    const Block& b = blocks()[box];
    return data_.data()[b.index({b.stored.lo.x, cell.y, cell.z}) + (cell.x - b.stored.lo.x)];  // x is contiguous
  }
  FieldRef ref() const { return {data_.data(), sizeof(T), blocks_}; }

 private:
  std::size_t length() const {
    if (blocks_.empty()) return 0;
    const Block& last = blocks_.back();
    return static_cast<std::size_t>(last.offset + last.stored.volume());
  }

  std::vector<Block> blocks_;
  Kokkos::View<T*, Space> data_;
};

}  // namespace hilbrick
