// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Single field values, noted after every step on the rank that owns them, and gathered on rank 0 now and then.

#include <cstdint>
#include <hilbrick/comm.hpp>
#include <hilbrick/field.hpp>
#include <vector>

namespace hilbrick::fdtd {

template <class T>
class Taps {
 public:
  /// `gather_every`: the most steps between two gatherings; at most 1000 are kept. Local.
  Taps(const Comm& comm, Index gather_every);

  /// One more value: that of a cell. Alike on every rank, before any step is noted. Local.
  void add(const Field<T>& field, Int3 cell);
  std::size_t count() const { return count_; }

  /// Notes all values. Not when it is full. Local.
  void record();
  /// Steps noted since the last gathering. Alike on every rank. Local.
  std::size_t noted() const { return noted_; }
  bool full() const { return noted_ == capacity_; }
  /// What was noted, [value][step], on rank 0 and nothing elsewhere; begins anew. Collective over comm.
  std::vector<double> gather();

 private:
  struct Tap {
    std::size_t number;
    const T* value;
  };
  const Comm& comm_;
  std::size_t capacity_, count_ = 0, noted_ = 0;
  std::vector<Tap> mine_;              // of values that this rank owns
  std::vector<std::uint64_t> buffer_;  // [step][value]: bits of doubles, zero where another rank owns the value
};

}  // namespace hilbrick::fdtd
