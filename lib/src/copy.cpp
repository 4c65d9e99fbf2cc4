// SPDX-License-Identifier: BSD-3-Clause
#include "copy.hpp"

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <tuple>

namespace hilbrick {
namespace {

#if defined(__x86_64__)
/// Places are multiples of 4 bytes.
void stream(std::byte* to, const std::byte* from, std::size_t bytes) {
  const auto word = [&] {
    int value;
    std::memcpy(&value, from, sizeof value);
    _mm_stream_si32(reinterpret_cast<int*>(to), value);
  };
  const auto advance = [&](std::size_t by) {
    to += by;
    from += by;
    bytes -= by;
  };
  for (; bytes > 0 && reinterpret_cast<std::uintptr_t>(to) % 16 != 0; advance(4)) word();
  for (; bytes >= 16; advance(16))
    _mm_stream_si128(reinterpret_cast<__m128i*>(to), _mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
  for (; bytes > 0; advance(4)) word();
}
/// Before a flag says so, what was streamed must be there.
void end_stream() { _mm_sfence(); }
#else
void stream(std::byte* to, const std::byte* from, std::size_t bytes) { std::memcpy(to, from, bytes); }
void end_stream() {}
#endif

/// Calls f(to, from) for each row along the first axis.
template <class F>
void for_each_row(const Copy& c, Shift shift, F&& f) {
  for (Index z = 0; z < c.extent.z; ++z)
    for (Index y = 0; y < c.extent.y; ++y)
      f(c.to.first + shift.to + z * c.to.stride.z + y * c.to.stride.y,
        c.from.first + shift.from + z * c.from.stride.z + y * c.from.stride.y);
}

/// Collects values in the cache and streams them as whole lines: streamed one by one, or in short rows, they would be slow.
template <class Value>
void stream_gathered(const Copy& c, Shift shift) {
  constexpr auto value = static_cast<Index>(sizeof(Value));
  constexpr Index room = 4096;
  alignas(64) std::array<std::byte, room> gathered;
  std::byte* begin = c.to.first + shift.to;  // where what is gathered goes
  Index used = 0;
  const auto flush = [&] {
    stream(begin, gathered.data(), static_cast<std::size_t>(used));
    begin += used;
    used = 0;
  };
  const bool dense = c.from.stride.x == value;
  const Index row_bytes = c.extent.x * value, step = dense ? c.from.stride.y : c.from.stride.x;
  for (Index z = 0; z < c.extent.z; ++z)
    for (Index y = 0; y < c.extent.y;) {
      std::byte* to = c.to.first + shift.to + z * c.to.stride.z + y * c.to.stride.y;
      const std::byte* from = c.from.first + shift.from + z * c.from.stride.z + y * c.from.stride.y;
      if (to != begin + used) {
        flush();
        begin = to;
      }
      if (dense) {  // rows, which are short
        if (room - used < row_bytes) flush();
        const Index rows = c.to.stride.y == row_bytes ? std::min(c.extent.y - y, (room - used) / row_bytes) : 1;
        std::byte* at = gathered.data() + used;
        for (Index i = 0; i < rows; ++i) std::memcpy(at + i * row_bytes, from + i * step, static_cast<std::size_t>(row_bytes));
        used += rows * row_bytes;
        y += rows;
      } else {
        for (Index x = 0; x < c.extent.x;) {
          const Index n = std::min(c.extent.x - x, (room - used) / value);
          std::byte* at = gathered.data() + used;
          for (Index i = 0; i < n; ++i) std::memcpy(at + i * value, from + (x + i) * step, sizeof(Value));
          used += n * value;
          x += n;
          if (used == room) flush();
        }
        ++y;
      }
    }
  flush();
}

/// By value: what is written through a pointer to bytes might otherwise be the strides, which would be read again for each value.
template <class Value>
void run_copy(const Copy c, const Shift shift, Stores stores) {
  constexpr auto value = static_cast<Index>(sizeof(Value));
  const auto row_bytes = static_cast<std::size_t>(c.extent.x) * sizeof(Value);
  const bool dense = c.from.stride.x == value && c.to.stride.x == value;
  if (stores == Stores::streaming && c.to.stride.x == value) {
    if (dense && row_bytes >= 256)
      for_each_row(c, shift, [&](std::byte* to, const std::byte* from) { stream(to, from, row_bytes); });
    else
      stream_gathered<Value>(c, shift);
    end_stream();
  } else if (dense) {
    for_each_row(c, shift, [&](std::byte* to, const std::byte* from) { std::memcpy(to, from, row_bytes); });
  } else {
    for_each_row(c, shift, [&](std::byte* to, const std::byte* from) {
      for (Index x = 0; x < c.extent.x; ++x) std::memcpy(to + x * c.to.stride.x, from + x * c.from.stride.x, sizeof(Value));
    });
  }
}

struct Bytes16 {
  std::byte b[16];
};

/// A row that is as long as a value could be moves like one.
Copy with_short_rows_as_values(Copy c) {
  const Index row_bytes = c.extent.x * c.value_bytes;
  if (c.extent.x == 1 || (row_bytes != 8 && row_bytes != 16) || c.from.stride.x != c.value_bytes || c.to.stride.x != c.value_bytes)
    return c;
  for (Int3* along : {&c.extent, &c.from.stride, &c.to.stride}) *along = {along->y, along->z, 1};
  c.value_bytes = static_cast<int>(row_bytes);
  return c;
}

void run_on_host(const Copy& copy, Shift shift, Stores stores) {
  const Copy c = with_short_rows_as_values(copy);
  switch (c.value_bytes) {
    case 4:
      return run_copy<float>(c, shift, stores);
    case 8:
      return run_copy<double>(c, shift, stores);
    default:
      return run_copy<Bytes16>(c, shift, stores);
  }
}

/// Where a value, counted along the first axis first, comes from and goes to.
struct Way {
  std::byte *from, *to;
};
KOKKOS_INLINE_FUNCTION Way way_of(const Copy& c, Index value) {
  const Index x = value % c.extent.x, yz = value / c.extent.x, y = yz % c.extent.y, z = yz / c.extent.y;
  return {c.from.first + (x * c.from.stride.x + y * c.from.stride.y + z * c.from.stride.z),
          c.to.first + (x * c.to.stride.x + y * c.to.stride.y + z * c.to.stride.z)};
}

KOKKOS_INLINE_FUNCTION void move_value(const Copy& c, Index value) {
  const Way way = way_of(c, value);
  // In a message with values of other sizes an eight-byte value may stand at a multiple of four.
  using Word [[gnu::may_alias]] = std::uint32_t;
  for (int word = 0; word < c.value_bytes / 4; ++word)
    reinterpret_cast<Word*>(way.to)[word] = reinterpret_cast<const Word*>(way.from)[word];
}

/// Numbers of a value are added one by one, which is what adding complex values is.
template <class T>
void add_values_back(const Copy& c, Shift shift) {
  const bool dense = c.from.stride.x == c.value_bytes && c.to.stride.x == c.value_bytes;
  const Index pieces = dense ? 1 : c.extent.x, numbers = c.value_bytes / static_cast<Index>(sizeof(T)) * (dense ? c.extent.x : 1);
  for_each_row(c, shift, [&](std::byte* to, std::byte* from) {
    for (Index x = 0; x < pieces; ++x) {
      const T* values = reinterpret_cast<const T*>(to + x * c.to.stride.x);
      T* sums = reinterpret_cast<T*>(from + x * c.from.stride.x);
      for (Index i = 0; i < numbers; ++i) sums[i] += values[i];
    }
  });
}

template <class Space>
using Bytes = Kokkos::View<unsigned char*, Space, Kokkos::MemoryTraits<Kokkos::Unmanaged>>;
using HostBytes = Bytes<Kokkos::HostSpace>;
using DeviceBytes = Bytes<DeviceBuffer::memory_space>;

/// Of one copy, a multiple of how many threads of a device go together.
constexpr Index piece_values = 128;

template <class T>
Kokkos::View<T*, DeviceBuffer::memory_space> on_device(const std::string& label, const std::vector<T>& values) {
  Kokkos::View<T*, DeviceBuffer::memory_space> view(Kokkos::view_alloc(label, Kokkos::WithoutInitializing), values.size());
  using Unmanaged = Kokkos::MemoryTraits<Kokkos::Unmanaged>;
  Kokkos::deep_copy(view, Kokkos::View<const T*, Kokkos::HostSpace, Unmanaged>(values.data(), values.size()));
  return view;
}

unsigned char* chars(const std::byte* bytes) { return reinterpret_cast<unsigned char*>(const_cast<std::byte*>(bytes)); }

}  // namespace

Place place_of(const FieldRef& field, std::size_t box, Int3 cell) {
  const Block& b = field.blocks[box];
  return {field.value(box, cell), {b.stride_x * field.value_bytes, b.stride_y * field.value_bytes, b.stride_z * field.value_bytes}};
}

Place place_in(std::byte* buffer, const Box& cells, Int3 cell, int value_bytes) {
  const Int3 e = cells.extent(), d = cell - cells.lo;
  const Int3 stride{value_bytes, e.x * value_bytes, e.x * e.y * value_bytes};
  return {buffer + (d.x * stride.x + d.y * stride.y + d.z * stride.z), stride};
}

Copy::Copy(Place source, Place target, Int3 values, int bytes) : from(source), to(target), extent(values), value_bytes(bytes) {
  std::array<int, 3> axes{0, 1, 2};
  std::sort(axes.begin(), axes.end(), [&](int a, int b) {
    return std::tuple(values[a] == 1, std::abs(target.stride[a]), a) < std::tuple(values[b] == 1, std::abs(target.stride[b]), b);
  });
  for (int i = 0; i < 3; ++i) {
    const int a = axes[static_cast<std::size_t>(i)];
    extent[i] = values[a];
    from.stride[i] = source.stride[a];
    to.stride[i] = target.stride[a];
  }
}

void Copies::complete() {
  if (memory_ == Memory::host || empty()) return;
  std::vector<CopyPiece> pieces;
  for (std::size_t i = 0; i < list_.size(); ++i)
    for (Index first = 0; first < product(list_[i].extent); first += piece_values) pieces.push_back({static_cast<Index>(i), first});
  copies_ = on_device("hilbrick::Copies::copies", list_);
  pieces_ = on_device("hilbrick::Copies::pieces", pieces);
}

void Copies::run(const char* label, Shift shift, Stores stores) const {
  if (empty()) return;
  if (memory_ == Memory::host) {
    const Copy* list = list_.data();
    Kokkos::parallel_for(label, Kokkos::RangePolicy<Kokkos::DefaultHostExecutionSpace>(0, list_.size()),
                         [list, shift, stores](std::size_t i) { run_on_host(list[i], shift, stores); });
    return;
  }
  const auto copies = copies_;
  const auto pieces = pieces_;
  Kokkos::parallel_for(
      label, Kokkos::RangePolicy<Device, Kokkos::IndexType<Index>>(0, static_cast<Index>(pieces.extent(0)) * piece_values),
      KOKKOS_LAMBDA(Index i) {
        const CopyPiece piece = pieces(i / piece_values);
        const Copy& c = copies(piece.copy);
        const Index value = piece.first + i % piece_values;
        if (value < c.extent.x * c.extent.y * c.extent.z) move_value(c, value);
      });
}

template <class T>
void Copies::add_back(const char* label, Shift shift) const {
  if (empty()) return;
  if (memory_ == Memory::host) {
    Kokkos::parallel_for(label, Kokkos::RangePolicy<Kokkos::DefaultHostExecutionSpace>(0, 1), [this, shift](std::size_t) {
      for (const Copy& c : list_) add_values_back<T>(c, shift);
    });
    return;
  }
  for (const Copy& c : list_)
    Kokkos::parallel_for(
        label, Kokkos::RangePolicy<Device, Kokkos::IndexType<Index>>(0, product(c.extent)), KOKKOS_LAMBDA(Index i) {
          const Way way = way_of(c, i);
          for (std::size_t n = 0; n < static_cast<std::size_t>(c.value_bytes) / sizeof(T); ++n)
            reinterpret_cast<T*>(way.from)[n] += reinterpret_cast<const T*>(way.to)[n];
        });
}
template void Copies::add_back<float>(const char*, Shift) const;
template void Copies::add_back<double>(const char*, Shift) const;
template void Copies::add_back<std::int32_t>(const char*, Shift) const;
template void Copies::add_back<std::int64_t>(const char*, Shift) const;

void copy_to_device(std::byte* to, const std::byte* from, std::size_t bytes) {
  Kokkos::deep_copy(Kokkos::DefaultExecutionSpace(), DeviceBytes(chars(to), bytes), HostBytes(chars(from), bytes));
}
void copy_to_host(std::byte* to, const std::byte* from, std::size_t bytes) {
  Kokkos::deep_copy(Kokkos::DefaultExecutionSpace(), HostBytes(chars(to), bytes), DeviceBytes(chars(from), bytes));
}
void fill_zero(std::byte* to, std::size_t bytes, Memory memory) {
  if (memory == Memory::host)
    std::memset(to, 0, bytes);
  else
    Kokkos::deep_copy(Kokkos::DefaultExecutionSpace(), DeviceBytes(chars(to), bytes), static_cast<unsigned char>(0));
}

void fence([[maybe_unused]] const char* label) {
#if KOKKOS_VERSION >= 30500
  Kokkos::fence(label);
#else
  Kokkos::fence();
#endif
}

std::byte* bytes_of(const DeviceBuffer& buffer) { return reinterpret_cast<std::byte*>(buffer.data()); }

namespace {

/// A buffer for values of a field where its copies run, x fastest: the caller's own on the host.
struct Packed {
  Packed(const FieldRef& field, const Box& cells, std::byte* on_host)
      : host(chars(on_host), static_cast<std::size_t>(cells.volume() * field.value_bytes)),
        device(Kokkos::view_alloc("hilbrick::Packed", Kokkos::WithoutInitializing), field.memory == Memory::device ? host.size() : 0),
        place(place_in(field.memory == Memory::device ? bytes_of(device) : on_host, cells, cells.lo, field.value_bytes)) {}

  HostBytes host;
  DeviceBuffer device;
  Place place;
};

void run_one(const char* label, Memory memory, const Copy& copy) {
  if (memory == Memory::host) return run_on_host(copy, {}, Stores::plain);
  Kokkos::parallel_for(
      label, Kokkos::RangePolicy<Kokkos::DefaultExecutionSpace, Kokkos::IndexType<Index>>(0, product(copy.extent)),
      KOKKOS_LAMBDA(Index i) { move_value(copy, i); });
}

}  // namespace

void read_values(const FieldRef& field, std::size_t box, const Box& cells, std::byte* to) {
  const Packed packed(field, cells, to);
  run_one("hilbrick::read_values", field.memory, {place_of(field, box, cells.lo), packed.place, cells.extent(), field.value_bytes});
  if (field.memory == Memory::device) Kokkos::deep_copy(packed.host, packed.device);
}

void write_values(const FieldRef& field, std::size_t box, const Box& cells, std::byte* from) {
  const Packed packed(field, cells, from);
  if (field.memory == Memory::device) Kokkos::deep_copy(packed.device, packed.host);
  run_one("hilbrick::write_values", field.memory, {packed.place, place_of(field, box, cells.lo), cells.extent(), field.value_bytes});
  if (field.memory == Memory::device) fence("hilbrick::write_values: values are unpacked");
}

}  // namespace hilbrick
