// SPDX-License-Identifier: BSD-3-Clause

// A user of hilbrick::hilbrick: links it with its MPI, and asks it for this rank. Ends with 0 where it agrees with MPI.

#include <mpi.h>

#include <cstdio>
#include <hilbrick/comm.hpp>

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  int rank = -1;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  bool agrees = false;
  {
    const hilbrick::Comm comm(MPI_COMM_WORLD);
    agrees = comm.rank() == rank;
    if (!agrees) std::fprintf(stderr, "MPI says rank %d, Hilbrick says rank %d\n", rank, static_cast<int>(comm.rank()));
  }
  MPI_Finalize();
  return agrees ? 0 : 1;
}
