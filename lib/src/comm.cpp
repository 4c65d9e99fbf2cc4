// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <hilbrick/comm.hpp>
#include <utility>

#include "watchdog.hpp"
#include "wiring.hpp"

namespace hilbrick {
namespace {

template <class T>
T reduce(const Comm& comm, T value, MPI_Datatype type, MPI_Op op) {
  const Waiting waiting(comm, "a reduction");
  MPI_Allreduce(MPI_IN_PLACE, &value, 1, type, op, comm.get());
  return value;
}

/// The first of the named environment variables that holds an integer.
std::optional<int> first_integer(std::initializer_list<const char*> names) {
  for (const char* name : names)
    if (const char* text = std::getenv(name)) {
      char* end = nullptr;
      const long value = std::strtol(text, &end, 10);
      if (end != text && *end == '\0') return static_cast<int>(value);
    }
  return std::nullopt;
}

/// Rank 0's, in seconds; negative where its environment says what is no time-out.
double timeout_s(MPI_Comm comm) {
  double timeout = 600;
  if (const char* text = std::getenv(timeout_variable)) {
    char* end = nullptr;
    timeout = std::strtod(text, &end);
    if (end == text || *end != '\0' || !std::isfinite(timeout) || timeout > 1e9) timeout = -1;
  }
  MPI_Bcast(&timeout, 1, MPI_DOUBLE, 0, comm);
  return timeout;
}

}  // namespace

Comm::Comm(MPI_Comm parent) {
  MPI_Comm_dup(parent, &comm_);
  MPI_Comm_set_errhandler(comm_, MPI_ERRORS_ARE_FATAL);
  MPI_Comm_rank(comm_, &rank_);
  MPI_Comm_size(comm_, &size_);
  const double timeout = timeout_s(comm_);
  if (timeout < 0) {
    MPI_Comm_free(&comm_);
    throw SharedError(std::string(timeout_variable) + ": expected how many seconds a rank may wait for others, or 0 for ever");
  }
  watchdog_ = std::make_shared<Watchdog>(rank_, timeout);
  const Waiting waiting(*this, "which ranks share a node");

  MPI_Comm shared = MPI_COMM_NULL;
  MPI_Comm_split_type(comm_, MPI_COMM_TYPE_SHARED, rank_, MPI_INFO_NULL, &shared);
  int rank_on_node = 0;
  MPI_Comm_rank(shared, &rank_on_node);
  const int leads = rank_on_node == 0 ? 1 : 0;
  int before = 0;  // leaders among lower ranks: for a leader, its node's number
  MPI_Exscan(&leads, &before, 1, MPI_INT, MPI_SUM, comm_);
  node_ = rank_ == 0 ? 0 : before;
  MPI_Bcast(&node_, 1, MPI_INT, 0, shared);
  MPI_Allreduce(&leads, &nodes_, 1, MPI_INT, MPI_SUM, comm_);
  MPI_Comm_free(&shared);
}

Comm::~Comm() {
  int finalized = 0;
  MPI_Finalized(&finalized);
  if (comm_ != MPI_COMM_NULL && !finalized) MPI_Comm_free(&comm_);
}

Comm::Comm(Comm&& other) noexcept
    : comm_(std::exchange(other.comm_, MPI_COMM_NULL)),
      rank_(other.rank_),
      size_(other.size_),
      node_(other.node_),
      nodes_(other.nodes_),
      watchdog_(std::move(other.watchdog_)),
      wiring_(std::move(other.wiring_)) {}

const std::shared_ptr<Wiring>& Comm::wiring() const {
  if (!wiring_) wiring_ = std::make_shared<Wiring>(comm_);
  return wiring_;
}

std::vector<int> Comm::gather_nodes() const {
  const Waiting waiting(*this, "the nodes of all ranks");
  std::vector<int> nodes(static_cast<std::size_t>(size_));
  MPI_Allgather(&node_, 1, MPI_INT, nodes.data(), 1, MPI_INT, comm_);
  return nodes;
}

void agree(const Comm& comm, const std::optional<Error>& local) {
  const Index first = min(comm, local ? Index{comm.rank()} : Index{comm.size()});
  if (first == comm.size()) return;
  const Waiting waiting(comm, "the error of a rank");
  const int root = static_cast<int>(first);
  int header[2] = {0, 0};  // exit code, length
  std::string text;
  if (comm.rank() == root) {
    text = local->what();
    header[0] = local->exit_code();
    header[1] = static_cast<int>(text.size());
  }
  MPI_Bcast(header, 2, MPI_INT, root, comm.get());
  text.resize(static_cast<std::size_t>(header[1]));
  MPI_Bcast(text.data(), header[1], MPI_CHAR, root, comm.get());
  throw SharedError(text, header[0]);
}

int launcher_rank() { return first_integer({"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK", "SLURM_PROCID"}).value_or(0); }

void check_launcher(int world_size) {
  const auto meant = first_integer({"OMPI_COMM_WORLD_SIZE", "SLURM_STEP_NUM_TASKS", "PMI_SIZE"});
  if (world_size == 1 && meant.value_or(1) > 1)
    throw Error(
        "launcher: it started " + std::to_string(*meant) +
        " processes, but MPI sees each of them alone: each would run the whole job. The program was built with another MPI than the "
        "launcher's, or srun lacks its MPI plug-in; use the mpirun of the MPI it was built with, or srun --mpi=pmix");
}

std::string broadcast(const Comm& comm, std::string text, Rank from) {
  const Waiting waiting(comm, "a broadcast");
  Index size = static_cast<Index>(text.size());
  MPI_Bcast(&size, 1, MPI_INT64_T, from, comm.get());
  text.resize(static_cast<std::size_t>(size));
  MPI_Bcast(text.data(), static_cast<int>(size), MPI_CHAR, from, comm.get());
  return text;
}

std::vector<double> broadcast(const Comm& comm, std::vector<double> values) {
  const Waiting waiting(comm, "a broadcast");
  Index size = static_cast<Index>(values.size());
  MPI_Bcast(&size, 1, MPI_INT64_T, 0, comm.get());
  values.resize(static_cast<std::size_t>(size));
  constexpr Index chunk = 1 << 27;  // values a call: counts are int
  for (Index at = 0; at < size; at += chunk)
    MPI_Bcast(values.data() + at, static_cast<int>(std::min(chunk, size - at)), MPI_DOUBLE, 0, comm.get());
  return values;
}

Index sum(const Comm& comm, Index value) { return reduce(comm, value, MPI_INT64_T, MPI_SUM); }
Index max(const Comm& comm, Index value) { return reduce(comm, value, MPI_INT64_T, MPI_MAX); }
double max(const Comm& comm, double value) { return reduce(comm, value, MPI_DOUBLE, MPI_MAX); }
Index min(const Comm& comm, Index value) { return reduce(comm, value, MPI_INT64_T, MPI_MIN); }

}  // namespace hilbrick
