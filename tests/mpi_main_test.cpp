// SPDX-License-Identifier: BSD-3-Clause

// What mpi_main.cpp must do when something goes wrong on one rank alone: the failing cases run only by name (tests/CMakeLists.txt).

#include <gtest/gtest.h>
#include <mpi.h>

#include <cmath>
#include <limits>
#include <stdexcept>

namespace {

bool on_last_rank() {
  int rank = 0;
  int ranks = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &ranks);
  return rank == ranks - 1;
}

TEST(MpiMain, AllRanksPass) {
  int ranks = 0;
  const int one = 1;
  int sum = 0;
  MPI_Comm_size(MPI_COMM_WORLD, &ranks);
  MPI_Allreduce(&one, &sum, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
  EXPECT_EQ(sum, ranks);
}

TEST(MpiMain, DISABLED_OneRankFails) { EXPECT_FALSE(on_last_rank()) << "the last rank fails on purpose"; }

TEST(MpiMain, DISABLED_OneRankThrows) {
  if (on_last_rank()) throw std::runtime_error("the last rank throws on purpose");
  MPI_Barrier(MPI_COMM_WORLD);  // never answered
}

TEST(MpiMain, DISABLED_OneRankMakesNaN) {
  volatile double infinity = std::numeric_limits<double>::infinity();
  if (on_last_rank()) {
    EXPECT_FALSE(std::isfinite(infinity - infinity)) << "survived";
  }
  MPI_Barrier(MPI_COMM_WORLD);
}

}  // namespace
