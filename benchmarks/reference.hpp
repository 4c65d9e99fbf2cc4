// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What Hilbrick is measured against: a vacuum Yee solver as a good programmer writes it in an hour. One plain array for each component and
// rank, slabs along z, blocking sends of whole planes, two sweeps. And the memory speed that both are measured against.
//
//   z    | planes + 1 |  halo: Ex, Ey of the rank above; zero on the last rank (electric wall)
//   ^    |  planes    |
//   |    |    ...     |  rows of nx + 1, nx + 1 times ny + 1 values a plane: the closing row and column stay zero (electric wall)
//   |    |     1      |
//        |     0      |  halo: Hx, Hy of the rank below

#include <mpi.h>

#include <array>
#include <hilbrick/partition/grid.hpp>
#include <vector>

namespace hilbrick::benchmarks {

/// A closed box of perfectly conducting walls, filled with vacuum. E is updated first, then H:
///   E += courant curl H,  H -= courant curl E,  courant[a] = c dt / spacing along axis a, H in units of 1/eta0.
template <class T>
class Reference {
 public:
  /// Bytes that a step must move to and from memory for each cell: each sweep reads six fields and writes three.
  static constexpr double bytes_per_cell = 18 * sizeof(T);

  /// Fields are zero. Throws Error where a rank would have no plane. Collective over comm, which must outlive it.
  Reference(MPI_Comm comm, Int3 cells, std::array<double, 3> courant);

  /// Waits for the ranks above and below.
  void step();

  /// The cells of this rank.
  const Box& owned() const { return owned_; }
  /// Component 0..5 (Ex Ey Ez Hx Hy Hz) at an owned cell, by its index in the whole grid. Tangential E on walls must stay zero.
  T& at(int component, Int3 cell) {
    return fields_[static_cast<std::size_t>(component)]
                  [static_cast<std::size_t>(cell.x + stride_y_ * cell.y + stride_z_ * (cell.z - owned_.lo.z + 1))];
  }

 private:
  void update_e();
  void update_h();
  /// A plane of a component to one neighbour, and the other's into the halo.
  void shift(int component, Index sent, int to, Index received, int from);

  MPI_Comm comm_;
  int below_ = MPI_PROC_NULL, above_ = MPI_PROC_NULL;
  Box owned_;
  Index stride_y_ = 0, stride_z_ = 0;
  std::array<T, 3> courant_;
  std::array<std::vector<T>, 6> fields_;
};

/// One array as large as a rank's fields, updated in place by all ranks at once: what memory gives to a loop that reads and writes. Every
/// byte is counted as it moves, one read and one write for each value, and no write allocates, as in the solvers' sweeps.
class Copy {
 public:
  explicit Copy(Index bytes) : values_(static_cast<std::size_t>(bytes) / sizeof(float), 1.0F) {}

  void step();
  double moved_bytes() const { return 2.0 * sizeof(float) * static_cast<double>(values_.size()); }

 private:
  std::vector<float> values_;
};

}  // namespace hilbrick::benchmarks
