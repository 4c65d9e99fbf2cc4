// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Rows of a component in a box: what lies along one, and the differences that its update takes.

#include "material.hpp"
#include "yee.hpp"

namespace hilbrick::fdtd {

/// Calls f(first, last, coefficients) for the runs of a row in one medium, between `first` and `last`.
template <class T, class F>
inline void by_medium(const MediumMap& map, const std::vector<Coefficients<T>>& table, std::size_t row, Index first, Index last, F&& f) {
  if (map.row_runs.empty()) {
    f(first, last, table[vacuum_id]);
    return;
  }
  const Run* run = map.row(row);
  while (run->last <= first) ++run;
  for (; first < last; ++run) {
    const Index end = std::min<Index>(run->last, last);
    f(first, end, table[static_cast<std::size_t>(run->medium)]);
    first = end;
  }
}

/// The row of a box of values that holds (y, z), counted y fastest.
inline std::size_t row_of(const Box& box, Index y, Index z) {
  return static_cast<std::size_t>(y - box.lo.y + box.extent().y * (z - box.lo.z));
}

inline bool has_row(const Box& box, Index y, Index z) { return y >= box.lo.y && y < box.hi.y && z >= box.lo.z && z < box.hi.z; }

/// The differences along an axis that updates of rows take of a field, from the first of `rows` on: of an electric update between a value
/// and the one below it, of a magnetic one between the one above and itself.
template <class T>
Differences<T> differences(const Field<T>& field, std::size_t box, int axis, bool electric, const Box& rows, T inverse_spacing) {
  const Block& block = field.blocks()[box];
  const Index stride = axis == 0 ? 1 : axis == 1 ? block.stride_y : block.stride_z;
  const T* here = field.data() + block.index(rows.lo);
  const Difference<T> first =
      electric ? Difference<T>{here, here - stride, inverse_spacing} : Difference<T>{here + stride, here, inverse_spacing};
  return {first, block.stride_y, block.stride_z};
}

}  // namespace hilbrick::fdtd
