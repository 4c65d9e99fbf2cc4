// SPDX-License-Identifier: BSD-3-Clause
#include <Kokkos_Core.hpp>
#include <cstdio>
#include <hilbrick/program.hpp>

namespace hilbrick {
namespace {

int run(const std::string& name, const std::function<int(const Comm&)>& work) {
  const auto refuse = [&](const Error& error, int rank) {
    if (rank == 0) std::fprintf(stderr, "%s: %s\n", name.c_str(), error.what());
    return error.exit_code();
  };
  int size = 1;
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  try {
    check_launcher(size);
  } catch (const Error& error) {
    return refuse(error, launcher_rank());  // each process believes that it is alone
  }
  const Kokkos::ScopeGuard kokkos;
  const Comm comm(MPI_COMM_WORLD);
  try {
    return work(comm);
  } catch (const SharedError& error) {
    return refuse(error, comm.rank());  // all ranks are here: one speaks and all leave
  }
}

}  // namespace

int run_program(const std::string& name, int& argc, char**& argv, const std::function<int(const Comm&)>& work) {
  int provided = 0;
  MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided);
  int exit_code = 0;
  try {
    exit_code = run(name, work);
  } catch (const std::exception& e) {
    int rank = 0;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    const auto* error = dynamic_cast<const Error*>(&e);
    std::fprintf(stderr, "%s: rank %d: %s\n", name.c_str(), rank, e.what());
    std::fflush(stderr);
    MPI_Abort(MPI_COMM_WORLD, error != nullptr ? error->exit_code() : 4);
  }
  MPI_Finalize();
  return exit_code;
}

}  // namespace hilbrick
