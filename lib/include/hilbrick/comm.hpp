// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// MPI as the library uses it: a communicator of its own, the few collectives that set-up and output need, and one way for a failure on
// one rank to become everyone's. Nothing here is called inside a step.
//
// Return codes of MPI are not checked: the duplicate keeps MPI's fatal error handler, which ends the job with MPI's message.

#include <mpi.h>

#include <hilbrick/partition/error.hpp>
#include <hilbrick/partition/grid.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace hilbrick {

class Wiring;

class Comm {
 public:
  /// Duplicates the parent, which must stay valid only for this call. Finds which ranks share a node. Collective over comm (parent).
  explicit Comm(MPI_Comm parent);
  /// Frees the duplicate, unless MPI is already finalised. Never waits for peers that failed: leave by MPI_Abort instead.
  ~Comm();
  Comm(Comm&& other) noexcept;
  Comm& operator=(Comm&&) = delete;
  Comm(const Comm&) = delete;
  Comm& operator=(const Comm&) = delete;

  MPI_Comm get() const { return comm_; }
  Rank rank() const { return rank_; }
  int size() const { return size_; }
  /// The number of this rank's node, counted in the order of the nodes' lowest ranks, and the number of nodes.
  int node() const { return node_; }
  int nodes() const { return nodes_; }
  /// The node of each rank, when the caller needs them all. Collective over comm.
  std::vector<int> gather_nodes() const;
  /// What the exchanges of this communicator share, a second duplicate among it; made at the first call and alive as long as one of them or
  /// this. Collective over comm.
  const std::shared_ptr<Wiring>& wiring() const;

 private:
  MPI_Comm comm_ = MPI_COMM_NULL;
  int rank_ = 0, size_ = 1, node_ = 0, nodes_ = 1;
  mutable std::shared_ptr<Wiring> wiring_;
};

/// An error that every rank of a communicator throws at the same point: all can leave in an orderly way, and one prints it.
class SharedError : public Error {
  using Error::Error;
};

/// Throws SharedError on all ranks, with the error of the lowest rank that has one; returns when none has. Collective over comm.
void agree(const Comm& comm, const std::optional<Error>& local);

/// Runs f, which must not communicate, and makes a failure of any rank everyone's. Collective over comm.
template <class F>
void agree_on(const Comm& comm, F&& f) {
  std::optional<Error> failed;
  try {
    f();
  } catch (const Error& e) {
    failed = e;
  } catch (const std::exception& e) {
    failed = runtime_failure(e.what());
  }
  agree(comm, failed);
}

/// Throws Error when the launcher started more processes than MPI sees: then each runs alone, N times the same job (another
/// MPI's mpirun, or srun without its MPI plug-in). Local; `world_size` is the size of MPI_COMM_WORLD.
void check_launcher(int world_size);
/// The rank that the launcher gave this process, also where MPI sees each process alone; 0 without a launcher. Local.
int launcher_rank();

/// One rank's text, rank 0's by default, on every rank. Collective over comm.
std::string broadcast(const Comm& comm, std::string text, Rank from = 0);
/// Rank 0's values on every rank; the vector's size is rank 0's. Collective over comm.
std::vector<double> broadcast(const Comm& comm, std::vector<double> values);

/// Over all ranks, on all ranks. Collective over comm.
Index sum(const Comm& comm, Index value);
Index max(const Comm& comm, Index value);
double max(const Comm& comm, double value);
Index min(const Comm& comm, Index value);

}  // namespace hilbrick
