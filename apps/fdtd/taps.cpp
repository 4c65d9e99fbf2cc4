// SPDX-License-Identifier: BSD-3-Clause
#include "taps.hpp"

#include <algorithm>
#include <bit>
#include <hilbrick/partition/error.hpp>

namespace hilbrick::fdtd {

template <class T>
Taps<T>::Taps(const Comm& comm, Index gather_every)
    : comm_(comm), capacity_(static_cast<std::size_t>(std::min<Index>(gather_every, 1000))) {}

template <class T>
void Taps<T>::add(const Field<T>& field, Int3 cell) {
  for (std::size_t b = 0; b < field.blocks().size(); ++b)
    if (field.blocks()[b].owned.contains(cell)) mine_.push_back({count_, &field.at(b, cell)});
  ++count_;
  buffer_.resize(count_ * capacity_, 0);
}

template <class T>
void Taps<T>::record() {
  if (count_ == 0) return;
  HILBRICK_ASSERT(noted_ < capacity_);
  for (const Tap& tap : mine_) buffer_[noted_ * count_ + tap.number] = std::bit_cast<std::uint64_t>(static_cast<double>(*tap.value));
  ++noted_;
}

template <class T>
std::vector<double> Taps<T>::gather() {
  std::vector<double> by_value;
  if (noted_ == 0) return by_value;
  const bool root = comm_.rank() == 0;
  {
    // One rank has each value, the others have zero bits there: "or" gathers without arithmetic.
    const Waiting waiting(comm_, "values at probes and ports");
    MPI_Reduce(root ? MPI_IN_PLACE : buffer_.data(), buffer_.data(), static_cast<int>(noted_ * count_), MPI_UINT64_T, MPI_BOR, 0,
               comm_.get());
  }
  if (root) {
    by_value.resize(noted_ * count_);
    for (std::size_t n = 0; n < noted_; ++n)
      for (std::size_t v = 0; v < count_; ++v) by_value[v * noted_ + n] = std::bit_cast<double>(buffer_[n * count_ + v]);
  }
  std::fill(buffer_.begin(), buffer_.end(), 0);
  noted_ = 0;
  return by_value;
}

template class Taps<float>;
template class Taps<double>;

}  // namespace hilbrick::fdtd
