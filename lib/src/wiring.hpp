// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What all exchanges of a communicator share: a communicator for their messages, its tags, and which ranks were found, by writing and
// reading, to see the same shared memory as this one. Exchanges are many and communicators few, so they take none of their own.

#include <mpi.h>

#include <cstdint>
#include <hilbrick/partition/grid.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace hilbrick {

/// The refusal of a rank that only knows that the other one refused.
inline constexpr const char* second_hand = "the other rank could not";

class Wiring {
 public:
  /// Collective over comm (parent).
  explicit Wiring(MPI_Comm parent);
  ~Wiring();
  Wiring(const Wiring&) = delete;
  Wiring& operator=(const Wiring&) = delete;

  MPI_Comm messages() const { return messages_; }
  /// The ranks that MPI says share memory, and their ranks in messages(), ascending.
  MPI_Comm node() const { return node_; }
  const std::vector<Rank>& node_ranks() const { return node_ranks_; }
  bool on_node(Rank rank) const;

  /// `count` tags in a row that no living exchange of any rank uses; returns the first. Throws SharedError where MPI has no more.
  /// Collective over comm.
  int take_tags(int count);
  /// Local.
  void give_back_tags(int first);

  /// For the ranks of the node, by place in node_ranks(): empty where each reads what the other writes to its shared memory, else why not,
  /// as far as this rank knows. Probes at the first call. Collective over comm.
  const std::vector<std::string>& refusals();
  /// The name of the shared memory that a rank of the node makes for the exchange with this first tag. After refusals().
  std::string segment_name(std::size_t place, int first_tag) const;

  /// Whether MPI takes device memory: where it says so on all ranks, and what each sends to the next is what that receives. Probes at the
  /// first call. Collective over comm.
  bool moves_device_memory();

  /// One value from and to each rank of the node. Collective over the node.
  std::vector<std::int64_t> swap(const std::vector<std::int64_t>& values) const;

 private:
  void probe();

  MPI_Comm messages_ = MPI_COMM_NULL, node_ = MPI_COMM_NULL;
  std::vector<Rank> node_ranks_;
  int place_ = 0;  // mine in node_ranks_
  Index last_tag_ = 0, next_tag_ = 0;
  std::map<Index, Index> taken_;       // first tag -> count
  std::vector<std::uint64_t> nonces_;  // of the node's ranks: part of what their shared memory is called; 0 has none
  std::vector<std::string> refusals_;
  std::optional<bool> moves_device_memory_;
};

}  // namespace hilbrick
