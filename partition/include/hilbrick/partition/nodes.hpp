// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Which rank runs on which node. Partitions think in *places*: the ranks node by node, so that neighbours in place are neighbours on
// the machine however the launcher deals ranks out.
//
//   cyclic, 7 ranks on 3 nodes:     rank   0 1 2 3 4 5 6        place  0 1 2 | 3 4 | 5 6
//                                   node   0 1 2 0 1 2 0        rank   0 3 6 | 1 4 | 2 5

#include <hilbrick/partition/machine.hpp>
#include <memory>
#include <span>
#include <vector>

namespace hilbrick {

/// The node of each rank when `slots[n]` ranks fit on node n (nodes beyond the list take as many as the last) and a launcher deals them
/// out. Throws Error for slots or a plane below 1.
std::vector<int> deal_out(std::span<const int> slots, Distribution distribution, int plane, int ranks);

class Nodes {
 public:
  /// All ranks on one node.
  explicit Nodes(int ranks) : ranks_(ranks) {}
  /// Throws Error where node_of_rank is not of as many ranks, or skips a node.
  Nodes(const Machine& machine, int ranks);

  int ranks() const { return ranks_; }
  int count() const {
    return static_cast<int>(dealt_ ? static_cast<Index>(dealt_->first_place.size()) - 1 : per_node_ > 0 ? ceil_div(ranks_, per_node_) : 1);
  }
  int node_of(Rank rank) const { return dealt_ ? dealt_->node[static_cast<std::size_t>(rank)] : per_node_ > 0 ? rank / per_node_ : 0; }
  Rank rank_at(int place) const { return dealt_ ? dealt_->rank_at[static_cast<std::size_t>(place)] : place; }
  int place_of(Rank rank) const { return dealt_ ? dealt_->place_of[static_cast<std::size_t>(rank)] : rank; }
  /// The first place of a node; of count(): the number of ranks.
  int first_place(int node) const;
  /// Ranks on each node.
  std::vector<int> sizes() const;

 private:
  struct Dealt {
    std::vector<int> node, place_of;
    std::vector<Rank> rank_at;
    std::vector<int> first_place;  // nodes + 1
  };
  int ranks_;
  int per_node_ = 0;  // ranks in order; 0: one node
  std::shared_ptr<const Dealt> dealt_;
};

}  // namespace hilbrick
