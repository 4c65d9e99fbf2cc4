// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// MPI as the library uses it: a communicator of its own, the few collectives that set-up and output need, and one way for a failure on
// one rank to become everyone's. Nothing here is called inside a step.
//
// MPI waits for ever for a rank that hangs or whose link is cut. So a thread looks at what this rank waits for, in a collective or for
// halos, and where that takes longer than the time-out it says on stderr who waits for whom, for what and since when, and ends the job by
// MPI_Abort with exit code 4. The time-out is 600 s, or HILBRICK_TIMEOUT_S in rank 0's environment; 0: never.
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

class Watchdog;
class Wiring;

class Comm {
 public:
  /// Duplicates the parent, which must stay valid only for this call. Finds which ranks share a node. Throws SharedError where
  /// HILBRICK_TIMEOUT_S is no time-out. Collective over comm (parent).
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
  /// What looks at this rank's waits. Local.
  const std::shared_ptr<Watchdog>& watchdog() const { return watchdog_; }

 private:
  MPI_Comm comm_ = MPI_COMM_NULL;
  int rank_ = 0, size_ = 1, node_ = 0, nodes_ = 1;
  std::shared_ptr<Watchdog> watchdog_;
  mutable std::shared_ptr<Wiring> wiring_;
};

/// As long as this lives, its rank waits for others, and the watchdog looks. The library's own waits are told; this is for collectives of
/// yours. They may nest.
class Waiting {
 public:
  /// `for_what` is a literal, as "the sum of masses". Local.
  Waiting(const Comm& comm, const char* for_what);
  /// The library's own, in a phase of an exchange, for one peer if it is one. Local.
  Waiting(Watchdog& watchdog, const char* for_what, std::size_t phase, Rank peer = -1);
  ~Waiting();
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

 private:
  Watchdog& watchdog_;
  const char* before_;  // what was waited for around this
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
