// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Moves boxes of values between strided places: between arrays and the buffers of messages, and between arrays. On the host, or by
// kernels in Kokkos::DefaultExecutionSpace where only those reach the arrays; such kernels, and copies between the two memories, are
// asynchronous: who needs their results fences.

#include <Kokkos_Core.hpp>
#include <cstddef>
#include <hilbrick/field.hpp>
#include <vector>

namespace hilbrick {

/// A value and the way to its neighbours, in bytes.
struct Place {
  std::byte* first = nullptr;
  Int3 stride;
};

/// The place of a cell in a box of a field, and that of a cell in a buffer that holds a box of cells, x fastest.
Place place_of(const FieldRef& field, std::size_t box, Int3 cell);
Place place_in(std::byte* buffer, const Box& cells, Int3 cell, int value_bytes);

/// A box of values on its way; axes are sorted by the stride of where it goes, the least first, and those of one value last.
struct Copy {
  Copy() = default;  // for Views of them
  Copy(Place source, Place target, Int3 values, int bytes);

  Place from, to;
  Int3 extent;
  int value_bytes = 0;
};

/// Buffers in shared memory come in pairs: places of the second are so many bytes further on.
struct Shift {
  std::size_t from = 0, to = 0;
};

/// How values are written: for this core to read, or past its caches for another. A line that another core holds must not be fetched first
/// only to be overwritten, which is most of the cost of packing where the two cores share no cache.
enum class Stores : bool { plain, streaming };

/// What threads of a device side by side move: some values of one of the copies, counted along its first axis first.
struct CopyPiece {
  Index copy = 0, first = 0;
};

class Copies {
 public:
  explicit Copies(Memory memory = Memory::host) : memory_(memory) {}

  void add(const Copy& copy) { list_.push_back(copy); }
  /// After the last add(), before the first run.
  void complete();
  bool empty() const { return list_.empty(); }

  /// All copies, in any order, in one launch. On a device there is no shift and no streaming.
  void run(const char* label, Shift shift = {}, Stores stores = Stores::plain) const;
  /// The other way round, and adds: to what it would read, from what it would write. One copy after the other, because several may add to
  /// the same value. T is a float, double, std::int32_t or std::int64_t of which each value has one or, complex, two.
  template <class T>
  void add_back(const char* label, Shift shift = {}) const;

 private:
  using Device = Kokkos::DefaultExecutionSpace;

  Memory memory_;
  std::vector<Copy> list_;
  // On a device.
  Kokkos::View<Copy*, Device::memory_space> copies_;
  Kokkos::View<CopyPiece*, Device::memory_space> pieces_;
};

/// A buffer that kernels in Kokkos::DefaultExecutionSpace reach.
using DeviceBuffer = Kokkos::View<unsigned char*, Kokkos::DefaultExecutionSpace::memory_space>;
std::byte* bytes_of(const DeviceBuffer& buffer);

/// Asynchronous where a device takes part.
void copy_to_device(std::byte* to, const std::byte* from, std::size_t bytes);
void copy_to_host(std::byte* to, const std::byte* from, std::size_t bytes);
void fill_zero(std::byte* to, std::size_t bytes, Memory memory);

/// Waits for all kernels and asynchronous copies. Kokkos labels fences from 3.5 on.
void fence(const char* label);

/// The values of some of a box's cells, x fastest, from and to memory of the host; waits for the device where the field lies there.
void read_values(const FieldRef& field, std::size_t box, const Box& cells, std::byte* to);
void write_values(const FieldRef& field, std::size_t box, const Box& cells, std::byte* from);

}  // namespace hilbrick
